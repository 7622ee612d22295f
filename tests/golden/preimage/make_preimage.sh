#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the example's keys, witnesses and snarkjs's own proofs anew, by a snarkjs ceremony on each curve. Needs `npm ci` in tests/interop.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tools=$(cd "$here/../../interop/node_modules" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
beacon=$(printf 'partita example ceremony' | sha256sum | cut -d ' ' -f 1)
entropy() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
snarkjs() { node "$tools/snarkjs/build/cli.cjs" "$@"; }

# make CURVE NAME: CURVE as circom and snarkjs call it, NAME as Partita does
make() {
    out=$here/preimage_$2
    mkdir "$work/$1"
    # circom2 reads nothing outside its working directory
    (cd / && node "$tools/circom2/cli.js" "$here/preimage.circom" --r1cs --wasm --O2 -p "$1" -l "$tools" -o "$work/$1")
    cd "$work/$1"
    snarkjs powersoftau new "$1" 8 tau_0.ptau
    snarkjs powersoftau contribute tau_0.ptau tau_1.ptau --name=partita -e="$(entropy)"
    snarkjs powersoftau beacon tau_1.ptau tau_2.ptau "$beacon" 10
    snarkjs powersoftau prepare phase2 tau_2.ptau tau.ptau
    snarkjs groth16 setup preimage.r1cs tau.ptau key_0.zkey
    snarkjs zkey contribute key_0.zkey key_1.zkey --name=partita -e="$(entropy)"
    snarkjs zkey beacon key_1.zkey "$out.zkey" "$beacon" 10
    snarkjs zkey verify preimage.r1cs tau.ptau "$out.zkey"
    snarkjs zkey export verificationkey "$out.zkey" "${out}_vkey.json"
    snarkjs wtns calculate preimage_js/preimage.wasm "$here/preimage_input.json" "$out.wtns"
    snarkjs wtns calculate preimage_js/preimage.wasm "$here/preimage_other_input.json" "$here/preimage_other_$2.wtns"
    snarkjs groth16 prove "$out.zkey" "$out.wtns" "${out}_proof.json" "${out}_public.json"
    snarkjs groth16 verify "${out}_vkey.json" "${out}_public.json" "${out}_proof.json"
}

make bn128 bn254
cp "$work/bn128/preimage.r1cs" "$here/preimage_bn254.r1cs"
make bls12381 bls12_381
