#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures Partita beside rapidsnark and snarkjs, by turns in one run, and prints Markdown tables.
# usage: sh tests/bench/peers.sh [--rapidsnark PROVER] [--snarkjs CLI] [OPTION of peers.py...] [-- CIRCUIT...]
# CIRCUIT is NAME_CURVE, NAME of: merkle poseidon sha256 sha256_four full16 full18 bits16 bits18; without any, all on bn254 but sha256_four.
# Needs build/release/partita (deploy/quickstart.sh builds it) and, for the first four, what deploy/test.sh installs.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
out=$top/build/bench
partita=$top/build/release/partita

# Make out/NAME_CURVE with circuit.r1cs and circuit.wtns.
make_circuit() {
    name=${1%%_bn254} name=${name%%_bls12_381}
    curve=${1#"${name}"_}
    [ ! -e "$out/$1/circuit.wtns" ] || return 0
    case $name in
    full16 | full18 | bits16 | bits18)
        witness=${name%??}
        "$partita" bench circuit --quiet --domain "2^${name#????}" --curve "$curve" --witness "$witness" -o "$out/$1" >&2
        ;;
    merkle | poseidon | sha256 | sha256_four)
        node "$top/tests/bench/bench_circuits.mjs" --out "$out" --curve "$curve" --only "$name" >&2
        mkdir -p "$out/$1"
        mv "$out/$1.r1cs" "$out/$1/circuit.r1cs"
        mv "$out/$1.wtns" "$out/$1/circuit.wtns"
        ;;
    *)
        echo "$1: no such circuit; see the head of tests/bench/peers.sh" >&2
        exit 64
        ;;
    esac
}

n_options=0
for argument in "$@"; do
    [ "$argument" != -- ] || break
    n_options=$((n_options + 1))
done
if [ "$n_options" = $# ]; then
    set -- "$@" -- merkle_bn254 poseidon_bn254 sha256_bn254 full16_bn254 bits16_bn254 full18_bn254 bits18_bn254
fi
mkdir -p "$out"
n_left=$#
while [ "$n_left" -gt 0 ]; do # options as they are, circuits as their folders: each argument goes from the front to the back
    argument=$1
    shift
    n_left=$((n_left - 1))
    if [ "$n_options" -gt 0 ]; then
        n_options=$((n_options - 1))
        set -- "$@" "$argument"
    elif [ "$argument" != -- ]; then
        make_circuit "$argument"
        set -- "$@" "$out/$argument"
    fi
done
exec python3 "$top/tests/bench/peers.py" --partita "$partita" "$@"
