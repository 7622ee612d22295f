#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# From a fresh Debian to a verified proof: installs what is missing, builds, proves the circuit that ships in the tree.
# usage: sh deploy/quickstart.sh [--deps]     --deps: only install Debian's packages
set -eu
cd "$(dirname "$0")/.."
. deploy/packages.sh

case "$*" in
'' | --deps) ;;
*)
    echo "usage: sh deploy/quickstart.sh [--deps]" >&2
    exit 64
    ;;
esac

# shellcheck disable=SC2086 # one word a package
install_missing $packages_build
[ $# -eq 0 ] || exit 0

choose_generator
echo "building build/release"
cmake --preset release -DPARTITA_TESTS=OFF >/dev/null
cmake --build --preset release --parallel "$(nproc)"

partita=build/release/partita
example=tests/golden/preimage/preimage
mkdir -p build/quickstart
for curve in bn254 bls12_381; do
    proof=build/quickstart/$curve.proof.json
    public=build/quickstart/$curve.public.json
    printf '\n%s: "I know the two numbers behind the commitment in %s"\n' "$curve" "$public"
    (
        set -x
        "$partita" prove "${example}_$curve.zkey" "${example}_$curve.wtns" "$proof" "$public"
        "$partita" verify "${example}_${curve}_vkey.json" "$public" "$proof"
    )
done

cat <<END

Both proofs are verified. They are in build/quickstart/; snarkjs accepts them too.

Next:
  your own circuit, from snarkjs's files
      $partita prove CIRCUIT.zkey WITNESS.wtns proof.json public.json
      $partita verify verification_key.json public.json proof.json
  what a file holds, and every other command
      $partita inspect CIRCUIT.zkey
      $partita --help
  put partita on the path (as root), run the tests
      cmake --install build/release
      sh deploy/test.sh
END
