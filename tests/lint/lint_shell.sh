#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint_shell.sh ROOT: is every shell script clean for shellcheck? Where that is not installed: skipped (77).
set -eu
cd "$1"
if ! command -v shellcheck >/dev/null; then
    echo "no shellcheck: skipped"
    exit 77
fi
# Single quotes are meant (SC2016); -nt is in every sh there is (SC3013).
find deploy tests .ci -name node_modules -prune -o -type f -print 2>/dev/null |
    while read -r path; do
        case $(head -n 1 "$path" | tr -d '\0') in
        '#!'*sh) printf '%s\n' "$path" ;;
        esac
    done | xargs -r shellcheck --external-sources --exclude=SC2016,SC3013
