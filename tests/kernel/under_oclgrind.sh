#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# under_oclgrind.sh "KERNEL..." PROGRAM [ARGUMENT...]: run a test of these kernels on Oclgrind's device, which interprets them and watches
# their memory: no access out of bounds, no two work-items at one place without order. A kernel that the test does not run is a failure.
# Skipped (77) where there is no Oclgrind, but a failure where PARTITA_TEST_DEVICE says that devices are there.
set -eu
kernels=$1
shift
oclgrind=$(command -v oclgrind) || oclgrind=/usr/bin/oclgrind
icd=$(dirname "$(dirname "$oclgrind")")/lib/oclgrind/liboclgrind-rt-icd.so
if [ ! -e "$icd" ]; then
    echo "no Oclgrind"
    [ -n "${PARTITA_TEST_DEVICE:-}" ] && exit 1
    exit 77
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
# Its version 21.10 knows none of the funnel shifts that the compiler's passes make.
export OCLGRIND_BUILD_OPTIONS=-disable-llvm-passes
# Not OCLGRIND_LOG: a second context begins that file anew.
OCL_ICD_VENDORS=$icd PARTITA_TEST_DEVICE=oclgrind OCLGRIND_DATA_RACES=1 OCLGRIND_INST_COUNTS=1 "$@" >"$log" 2>&1 || status=$?
sed "/^Instructions executed for kernel/,/^\$/d" "$log" | head -n 120 # the counts say which kernels have run
faults=$(grep -c '^	Kernel: ' "$log") || true
if [ "$faults" != 0 ]; then
    echo "Oclgrind found $faults faults"
    exit 1
fi
[ "$status" = 0 ] || exit "$status"
for kernel in $kernels; do
    if ! grep -q "^Instructions executed for kernel '$kernel':" "$log"; then
        echo "kernel $kernel was not run"
        exit 1
    fi
done
