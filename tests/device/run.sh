#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds, checks and measures on a machine that is lent for minutes: nothing is installed, the libraries that it lacks are carried as
# Debian's packages, and a short table comes last.
# usage: sh tests/device/run.sh [PART...]     parts: load (many partitions beside one process a core), ablation (what each choice is worth),
#          scale (ranks beside independent provers), tsan (threads of the engine under ThreadSanitizer, portable arithmetic; needs
#          libcmocka); default: the first two
#   PACKAGES   a folder of .deb files to unpack into build/device/prefix (libjansson, libsodium, libxxhash, libzstd, libinih and libsqlite3 with their -dev)
#   PREBUILT   a program to measure where the build fails here, which is told
#   OUT        a folder for full logs and figures (default: build/device/out)
#   LOAD_OPTIONS  more options of tests/bench/load.py
#   ABLATION_OPTIONS  more options of tests/bench/ablation.py
#   SCALE_OPTIONS     more options of `partita bench scale`
#   MPI        ON: built with MPI, as scale needs it (default: OFF)
#   STRESS     partitions of tsan's stress test (default: 2000)
#   ROUNDS     turns of each comparison (default: 2)
set -eu
cd "$(dirname "$0")/../.."
top=$(pwd)
out=${OUT:-$top/build/device/out}
prefix=$top/build/device/prefix
mkdir -p "$out" "$prefix"

for package in ${PACKAGES:+"$PACKAGES"/*.deb}; do
    dpkg -x "$package" "$prefix"
done
libraries=$prefix/usr/lib/$(gcc -print-multiarch)
export CPATH="$prefix/usr/include" LIBRARY_PATH="$libraries" LD_LIBRARY_PATH="$libraries" CMAKE_PREFIX_PATH="$prefix/usr"
export PKG_CONFIG_PATH="$libraries/pkgconfig"

build() {
    cmake -S . -B build/device/release -DCMAKE_BUILD_TYPE=Release -DPARTITA_MPI="${MPI:-OFF}" -DPARTITA_TESTS=OFF &&
        cmake --build build/device/release --target partita --parallel "$(nproc)"
}
tsan=$top/build/device/tsan
build_tsan() {
    # shellcheck disable=SC2086 # one word a target
    cmake --preset tsan -B "$tsan" -DPARTITA_MPI=OFF -DPARTITA_TESTS=ON -DPARTITA_PORTABLE=ON &&
        cmake --build "$tsan" --target $threads t_engine_stress --parallel "$(nproc)"
}
partita=$top/build/device/release/partita
if ! build >"$out/build.log" 2>&1; then
    tail -n 15 "$out/build.log"
    [ -n "${PREBUILT:-}" ] || exit 1
    echo "the build fails here: measuring $PREBUILT"
    partita=$PREBUILT
fi

"$partita" --version
"$partita" doctor >"$out/doctor.txt"
"$partita" doctor --svg "$out/topology.svg" >/dev/null
cat "$out/doctor.txt"
golden=tests/golden/preimage/preimage
for curve in bn254 bls12_381; do
    "$partita" prove "${golden}_$curve.zkey" "${golden}_$curve.wtns" "$out/proof.json" "$out/public.json" --quiet
    "$partita" verify "${golden}_${curve}_vkey.json" "$out/public.json" "$out/proof.json"
done

[ $# -gt 0 ] || set -- load ablation
for part in "$@"; do
    case "$part" in
    load)
        # shellcheck disable=SC2086 # one word an option
        python3 tests/bench/load.py --partita "$partita" --circuits build/device/circuits --rounds "${ROUNDS:-2}" ${LOAD_OPTIONS:-} \
            >"$out/load.md"
        cat "$out/load.md"
        ;;
    ablation)
        # shellcheck disable=SC2086 # one word an option
        python3 tests/bench/ablation.py --partita "$partita" --circuits build/device/circuits --rounds "${ROUNDS:-2}" --save "$out/ablation.json" \
            ${ABLATION_OPTIONS:-} >"$out/ablation.md"
        cat "$out/ablation.md"
        ;;
    scale)
        # shellcheck disable=SC2086 # one word an option
        "$partita" bench scale --repeats "${ROUNDS:-2}" --csv "$out/scale.csv" ${SCALE_OPTIONS:-} >"$out/scale.txt"
        cat "$out/scale.txt"
        ;;
    tsan)
        threads="t_crew t_seating t_arena_store t_engine t_engine_end"
        build_tsan >"$out/build-tsan.log" 2>&1 || {
            tail -n 15 "$out/build-tsan.log"
            exit 1
        }
        for test in $threads "t_engine_stress ${STRESS:-2000}"; do
            # Without randomised addresses: ThreadSanitizer of gcc 13 can't place its shadow among them.
            # shellcheck disable=SC2086 # one word an argument
            (cd "$tsan/tests/unit" && TSAN_OPTIONS=halt_on_error=1 setarch -R ./$test) >>"$out/tsan.log" 2>&1 || {
                tail -n 40 "$out/tsan.log"
                exit 1
            }
            echo "$test: clean under ThreadSanitizer, $(nproc) processors"
        done
        grep 'partitions in' "$out/tsan.log"
        ;;
    *)
        echo "$part: no part; expected load, ablation, scale or tsan" >&2
        exit 64
        ;;
    esac
done
