#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fuzzes every reader of files and of frames with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, several at a time; fails on a finding,
# whose input is left in build/fuzz/findings/, and on an input that takes over 3 s of processor time or more memory than
# docs/formats.md allows.
# usage: sh deploy/fuzz.sh [SECONDS [PARSER...]]     20 s for each of: zkey prepared_key wtns r1cs vkey proof public config request frame bundle
set -eu
cd "$(dirname "$0")/.."
. deploy/packages.sh

seconds=${1:-20}
[ $# -eq 0 ] || shift
case "$seconds" in
'' | *[!0-9]*)
    echo "usage: sh deploy/fuzz.sh [SECONDS [PARSER...]]" >&2
    exit 64
    ;;
esac

[ $# -gt 0 ] || set -- zkey prepared_key wtns r1cs vkey proof public config request frame bundle
for parser in "$@"; do
    if [ ! -d "tests/fuzz/corpus/$parser" ]; then
        echo "no parser is called $parser" >&2
        exit 64
    fi
done

# shellcheck disable=SC2086 # one word a package
install_missing $packages_build $packages_tests $packages_fuzz
choose_generator
cmake --preset fuzz -DPARTITA_TESTS=ON >/dev/null
cmake --build --preset fuzz --parallel "$(nproc)"

# fuzz_one SECONDS PARSER: what is found new joins build/fuzz/corpus, the tree's corpus stays as it is
fuzz_one='
    case "$2" in vkey | proof | public) words=json ;; config | request | frame) words=$2 ;; *) words=binary ;; esac
    mkdir -p "build/fuzz/corpus/$2" build/fuzz/findings
    log=build/fuzz/$2.log
    if UBSAN_OPTIONS=print_stacktrace=1 "build/fuzz/tests/fuzz/fuzz_$2" -max_total_time="$1" -timeout=60 -rss_limit_mb=2048 \
        -max_len=8192 -print_final_stats=1 -dict="tests/fuzz/$words.dict" -artifact_prefix="build/fuzz/findings/$2-" \
        "build/fuzz/corpus/$2" "tests/fuzz/corpus/$2" >"$log" 2>&1; then
        echo "fuzz $2: $(grep -o "^Done [0-9]* runs in [0-9]*" "$log") s, no finding"
    else
        echo "fuzz $2: a finding" >&2
        tail -n 60 "$log" >&2
        exit 255
    fi
'
printf '%s\n' "$@" | xargs -n 1 -P "$(nproc)" sh -c "$fuzz_one" fuzz "$seconds"
