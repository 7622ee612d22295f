#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Stands in for partita where the launcher is tested: what the root does at the N-th start is line N of $FAKE/partita, a piece of shell;
# other ranks end at once.
set -u
[ "$OMPI_COMM_WORLD_RANK" = 0 ] || exit 0
mapfile -t plan <"$FAKE/partita"
touch "$FAKE/begun"
: "${FAKE_START:=$(wc -l <"$FAKE/begun")}"
echo >>"$FAKE/begun"
eval "${plan[FAKE_START < ${#plan[@]} ? FAKE_START : -1]}"
