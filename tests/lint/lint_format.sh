#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint_format.sh ROOT: is every C file as .clang-format says? Versions of clang-format differ, so another than 14 is skipped (77).
set -eu
cd "$1"
for program in clang-format-14 clang-format; do
    case $($program --version 2>/dev/null || true) in
    *'version 14.'*)
        # shellcheck disable=SC2038 # no name in the tree has a blank
        find kernels gpu node mpi tests docs -type d -name node_modules -prune -o -type f \
            \( -name '*.[ch]' -o -name '*.cl' \) ! -name '*_constants.h' -print 2>/dev/null |
            xargs "$program" --dry-run -Werror
        exit
        ;;
    esac
done
echo "no clang-format 14: skipped"
exit 77
