#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds, checks and measures on a machine that is lent for minutes: nothing is installed, the libraries that it lacks are carried as
# Debian's packages, and a short table comes last.
# usage: sh tests/device/run.sh [PART...]     of processors: load (many partitions beside one process a core), ablation (what each choice is
#          worth), scale (ranks beside independent provers), tsan (threads of the engine under ThreadSanitizer, portable arithmetic; needs
#          libcmocka); default: the first two
#          of GPUs, and of PoCL's device where there is none, at most 9 minutes each: checks (tests of kernels, with PTX and without, but
#          for those that let each of some thousand calls fail; needs libcmocka), arith (rates of products and additions),
#          ntt (transforms), msm and msm-g2 (sums of points in G1 and G2), memory (what these take there against their time), proof (whole ones, one at a time and ten),
#          windows (widths of windows of sums in G1, with tables and without), sweep (every accumulator of sums in G1 of BN254; three of them on PoCL's device), gpu-load (one, two, five,
#          ten and twenty proofs at a time), gpu-ablation (what each choice of a device is worth), gpu-scale (a rank a GPU beside as many provers; needs MPI=ON),
#          two (two processes on one GPU)
#   PACKAGES   a folder of .deb files to unpack into build/device/prefix (libjansson, libsodium, libxxhash, libzstd, libinih and libsqlite3 with their -dev;
#              opencl-c-headers, and ocl-icd-libopencl1 where the driver brings no loader)
#   DEVICE     what --device takes (default: auto, or else portable)
#   PREBUILT   a program to measure where the build fails here, which is told
#   OUT        a folder for full logs and figures (default: build/device/out)
#   LOAD_OPTIONS  more options of tests/bench/load.py
#   ABLATION_OPTIONS  more options of tests/bench/ablation.py, TWO_OPTIONS of tests/bench/together.py
#   SCALE_OPTIONS     more options of `partita bench scale`
#   MPI        ON: built with MPI, as scale needs it (default: OFF)
#   LOGS       sizes of proof and of gpu-load on a GPU, 2^K each (default: 20 22, and 20)
#   SIZES      those of ntt, msm, msm-g2, memory and sweep, 2^K each (default: each part's own)
#   CURVE      the one that ntt, msm and msm-g2 measure (default: both)
#   STRESS     partitions of tsan's stress test (default: 2000)
#   ROUNDS     turns of each comparison (default: 2, of gpu-ablation 1)
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

[ $# -gt 0 ] || set -- load ablation
targets=partita
case " $* " in
*" checks "*) targets="partita kernel_tests" ;;
esac
build() {
    # shellcheck disable=SC2086 # one word a target
    cmake -S . -B build/device/release -DCMAKE_BUILD_TYPE=Release -DPARTITA_MPI="${MPI:-OFF}" \
        -DPARTITA_TESTS="$([ "$targets" = partita ] && echo OFF || echo ON)" &&
        cmake --build build/device/release --target $targets --parallel "$(nproc)"
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

# NVIDIA's driver brings its OpenCL, but a container may lack the line that tells the loader of it.
vendors=/etc/OpenCL/vendors
if ! grep -qs nvidia "$vendors"/* && ldconfig -p | grep -q 'libnvidia-opencl\.so\.1'; then
    mkdir -p "$vendors" && echo libnvidia-opencl.so.1 >"$vendors/nvidia.icd"
fi
export XDG_CACHE_HOME="$top/build/device/cache" POCL_CACHE_DIR="$top/build/device/cache/pocl"

"$partita" --version
"$partita" doctor >"$out/doctor.txt"
"$partita" doctor --svg "$out/topology.svg" >/dev/null
cat "$out/doctor.txt"
golden=tests/golden/preimage/preimage
for curve in bn254 bls12_381; do
    "$partita" prove "${golden}_$curve.zkey" "${golden}_$curve.wtns" "$out/proof.json" "$out/public.json" --quiet
    "$partita" verify "${golden}_${curve}_vkey.json" "$out/public.json" "$out/proof.json"
done

# The OpenCL device that is measured, by its name.
device=
try_device() {
    "$partita" bench arith --device "$1" --curve bn254 --repeats 1 >"$out/device.txt" 2>"$out/device.err"
}
find_device() {
    [ -z "$device" ] || return 0
    if ! try_device "${DEVICE:-auto}" && ! { [ -z "${DEVICE:-}" ] && try_device portable; }; then
        cat "$out/device.err"
        exit 69
    fi
    device=$(head -n 1 "$out/device.txt")
    echo "device: $device"
    case "$device" in
    *"Portable Computing Language"*) on_processor=1 ;;
    *) on_processor= ;;
    esac
    device=${device%%, *}
}
check_kernels() {
    PARTITA_TEST_DEVICE=$device timeout "$((part_ends - $(date +%s)))" ctest --test-dir build/device/release -L kernel -E '[.]oclgrind$|_all$' --parallel "$(nproc)" --output-on-failure >"$out/$1.log" 2>&1 || {
        tail -n 60 "$out/$1.log"
        exit 1
    }
    echo "$1: $(grep 'tests passed' "$out/$1.log")"
}
# --size 2^K for each K of SIZES, or of the first list on a GPU, of the second on PoCL's device.
sizes_of() {
    logs=$1
    [ -z "$on_processor" ] || logs=$2
    logs=${SIZES:-$logs}
    for log in $logs; do
        printf ' --size 2^%s' "$log"
    done
}
# One size for what takes a circuit of its own, and a few of its options: on a GPU, on PoCL's device.
choose() {
    if [ -n "$on_processor" ]; then echo "$2"; else echo "$1"; fi
}
# What issue and docs ask of loads, by names of columns.
load_summary() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
        NR == 2 { alone = $c["seconds_a_proof"]; device = $c["device_seconds"] }
        NR > 1 { printf "%2d proofs, %2d at a time: %8.2f ms a proof, %.3f of one at a time; device busy %5.1f %%, its time a proof %.3f of that alone\n",
            $c["proofs"], $c["at_once"], 1e3 * $c["seconds_a_proof"], $c["seconds_a_proof"] / alone, 100 * $c["device_busy"],
            $c["device_seconds"] / device }' "$1"
}
on_device() {
    name=$1
    shift
    timeout "$((part_ends - $(date +%s)))" "$partita" bench "$@" --device "$device" --repeats 5 >"$out/$name.txt"
    cat "$out/$name.txt"
}

for part in "$@"; do
    part_ends=$(($(date +%s) + 540))
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
    checks)
        find_device
        check_kernels checks
        (export PARTITA_TEST_PORTABLE=1 && check_kernels checks-portable)
        ;;
    arith)
        find_device
        on_device arith arith
        ;;
    ntt)
        find_device
        # shellcheck disable=SC2046 # one word an option
        on_device ntt ntt ${CURVE:+--curve "$CURVE"} $(sizes_of "16 18 20 22 24 26" "10 12 14")
        ;;
    msm)
        find_device
        for curve in ${CURVE:-bn254 bls12_381}; do
            # shellcheck disable=SC2046 # one word an option
            on_device "msm-$curve" msm --group g1 --scalars full --curve "$curve" $(sizes_of "16 18 20 22 24" "10 14")
        done
        ;;
    msm-g2)
        find_device
        # shellcheck disable=SC2046 # one word an option
        on_device msm-g2 msm --group g2 --scalars full ${CURVE:+--curve "$CURVE"} $(sizes_of "18 20 22" "10 12")
        ;;
    memory)
        find_device
        points="--group g1 --scalars full --curve bn254 $(sizes_of 20 11)"
        plot=
        ! command -v gnuplot >"$out/gnuplot.txt" || plot="--plot $out/memory.svg"
        # shellcheck disable=SC2086 # one word an option
        on_device memory msm $points --batches 1,2,3,4,8,16 --csv "$out/memory.csv" $plot | sed '1,/^$/d'
        budgets="256M 120M 80M"
        [ -z "$on_processor" ] || budgets=400K
        for budget in $budgets; do
            echo "--gpu-memory $budget"
            # shellcheck disable=SC2086 # one word an option
            on_device "memory-$budget" msm $points --gpu-memory "$budget" | sed '1,/^$/d'
        done
        ;;
    proof)
        find_device
        logs=${LOGS:-20 22}
        [ -z "$on_processor" ] || logs=10
        for log in $logs; do
            timeout "$((part_ends - $(date +%s)))" "$partita" bench load --device "$device" --domain "2^$log" -c 20 -j 10 --quiet \
                --csv "$out/proof-$log.csv" >"$out/proof-$log.txt"
            cat "$out/proof-$log.txt"
        done
        ;;
    gpu-load)
        find_device
        for log in $(choose "${LOGS:-20}" 8); do
            timeout "$((part_ends - $(date +%s)))" "$partita" bench load --device "$device" --domain "2^$log" --repeats "$(choose 20 3)" \
                --load "$(choose 20:2,20:5,20:10,20:20 4:2,4:4)" --quiet --csv "$out/gpu-load-$log.csv" >"$out/gpu-load-$log.txt"
            cat "$out/gpu-load-$log.txt"
        done
        for log in $(choose "${LOGS:-20}" 8); do
            echo "2^$log"
            load_summary "$out/gpu-load-$log.csv"
        done
        ;;
    gpu-ablation)
        find_device
        # shellcheck disable=SC2046,SC2086 # one word an option
        timeout "$((part_ends - $(date +%s)))" python3 tests/bench/ablation.py --partita "$partita" --circuits build/device/circuits --device "$device" \
            --rounds "${ROUNDS:-1}" --seconds 360 --save "$out/gpu-ablation.json" $(choose "" "--domain 8 --proofs 3 --at-once 3 --siblings") ${ABLATION_OPTIONS:-} \
            >"$out/gpu-ablation.md"
        cat "$out/gpu-ablation.md"
        ;;
    gpu-scale)
        find_device
        # shellcheck disable=SC2046,SC2086 # one word an option
        timeout "$((part_ends - $(date +%s)))" "$partita" bench scale --device "$device" --kind weak --repeats "${ROUNDS:-2}" --csv "$out/gpu-scale.csv" \
            $(choose "--domain 2^20" "--domain 2^6 --per-rank 6 --ranks 1,2 --siblings") ${SCALE_OPTIONS:-} >"$out/gpu-scale.txt"
        cat "$out/gpu-scale.txt"
        ;;
    two)
        find_device
        # shellcheck disable=SC2046,SC2086 # one word an option
        timeout "$((part_ends - $(date +%s)))" python3 tests/bench/together.py --partita "$partita" --circuits build/device/circuits --device "$device" \
            $(choose "" "--domain 8 --siblings") ${TWO_OPTIONS:-} >"$out/two.md"
        cat "$out/two.md"
        ;;
    windows)
        find_device
        asked="16:12,13,14,15,16 18:13,14,15,16,17 20:15,16,17,20 22:16,17,20 24:17,20,22"
        [ -z "$on_processor" ] || asked="8:7,9"
        for curve in bn254 bls12_381; do
            for pair in $asked; do
                table=$out/windows-$curve-${pair%%:*}.txt
                timeout "$((part_ends - $(date +%s)))" "$partita" bench msm --device "$device" --group g1 --scalars full --curve "$curve" \
                    --size "2^${pair%%:*}" --window "${pair#*:}" --repeats 3 >"$table"
                sed -n '/bytes planned/,$p' "$table"
            done
        done
        ;;
    sweep)
        find_device
        accumulators=--sweep
        [ -z "$on_processor" ] || accumulators=--sweep=tasks_g64,walk_g64_s8_private_alone,walk_g64_s8_local_shared
        # shellcheck disable=SC2046 # one word an option
        timeout "$((part_ends - $(date +%s)))" "$partita" bench msm --device "$device" --group g1 --curve bn254 $(sizes_of "18 20" 8) \
            "$accumulators" --repeats 5 --csv "$out/sweep.csv" >"$out/sweep.txt"
        cat "$out/sweep.txt"
        ;;
    *)
        echo "$part: no part; expected load, ablation, scale, tsan, checks, arith, ntt, msm, msm-g2, memory, proof, windows, sweep, gpu-load, gpu-ablation, gpu-scale or two" >&2
        exit 64
        ;;
    esac
done
