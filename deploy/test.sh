#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what the tests need, builds, and runs them; ends in ctest's summary, or in a line that names each part that failed.
# usage: sh deploy/test.sh [--long]     --long: the sanitizer and checked builds too, and the tests labelled long
set -eu
cd "$(dirname "$0")/.."
. deploy/packages.sh

case "$*" in
'' | --long) ;;
*)
    echo "usage: sh deploy/test.sh [--long]" >&2
    exit 64
    ;;
esac

good_node() {
    command -v npm >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 18 || (a == 18 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# The tools of the lock file, unless they are there already.
install_interop() {
    installed=tests/interop/node_modules/.package-lock.json
    if [ ! -e "$installed" ] || [ tests/interop/package-lock.json -nt "$installed" ]; then
        (cd tests/interop && npm ci)
    fi
}

# run_preset PRESET: configure, build, quick tests
run_preset() {
    cmake --preset "$1" -DPARTITA_TESTS=ON >/dev/null &&
        cmake --build --preset "$1" --parallel "$(nproc)" &&
        ctest --preset "$1" --parallel "$(nproc)"
}

failed=
# part NAME COMMAND...: what fails is told at the end, for the other parts' sake
part() {
    name=$1
    shift
    echo "== $name"
    "$@" || failed="$failed${failed:+, }$name"
}

# Tests of kernels fail where their device does not open; without this they would be skipped.
export PARTITA_TEST_DEVICE="${PARTITA_TEST_DEVICE:-portable}"

packages="$packages_build $packages_tests $packages_fuzz"
good_node || packages="$packages $packages_node"
[ $# -eq 0 ] || packages="$packages $packages_long"
# shellcheck disable=SC2086 # one word a package
install_missing $packages
install_interop
choose_generator

if [ $# -gt 0 ]; then
    for preset in debug verify tsan; do
        part "$preset" run_preset "$preset"
    done
fi
part fuzz sh deploy/fuzz.sh 20
part release run_preset release
if [ $# -gt 0 ]; then
    part "release, the long tests" ctest --test-dir build/release -L long --output-on-failure --parallel "$(nproc)"
fi
if [ -n "$failed" ]; then
    echo "failed: $failed" >&2
    exit 1
fi
