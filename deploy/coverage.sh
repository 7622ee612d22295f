#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints how many of node/'s lines and branches the quick tests run; fails below 92 % of the lines and 80 % of the branches.
# What counts as a branch stands in coverage_report.py. Needs what deploy/test.sh installs.
set -eu
cd "$(dirname "$0")/.."
. deploy/packages.sh

# shellcheck disable=SC2086 # one word a package
install_missing $packages_build $packages_tests
choose_generator
cmake --preset coverage >/dev/null
cmake --build --preset coverage --parallel "$(nproc)"
find build/coverage -name '*.gcda' -delete
ctest --preset coverage --parallel "$(nproc)"
python3 deploy/coverage_report.py build/coverage node 92 80
