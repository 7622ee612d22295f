#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Stands in for mpirun where the launcher is tested: what it does at its N-th start is line N of $FAKE/mpirun (the last one stands for
# all that follow), a piece of shell that may call `ranks`. A host in $FAKE/down fails its probe, one in $FAKE/frozen never answers.
set -u

hosts_of() {
    local list=''
    while [ $# -gt 0 ]; do
        [ "$1" != --host ] || list=$2
        shift
    done
    echo "$list"
}

# Two ranks of what stands behind the options, each a process group, which gets mpirun's signals as a whole.
ranks() {
    set -m
    OMPI_COMM_WORLD_RANK=1 "${command[@]}" 3<&- &
    OMPI_COMM_WORLD_RANK=0 "${command[@]}" <&3 3<&- &
    root=$!
    trap 'kill -TERM -- -$root' INT TERM
    trap 'echo USR1 >>"$FAKE/signals"' USR1
    while kill -0 $root; do
        wait $root
    done 2>/dev/null
}

if [ "${!#}" = true ]; then
    host=$(hosts_of "$@")
    echo "$host" >>"$FAKE/probes"
    ! grep -qx "$host" "$FAKE/frozen" 2>/dev/null || exec sleep 1000
    ! grep -qx "$host" "$FAKE/down" 2>/dev/null
    exit
fi
printf '%s\0' "$@" >>"$FAKE/starts"
printf '\1' >>"$FAKE/starts"
export FAKE_START
touch "$FAKE/count"
FAKE_START=$(wc -l <"$FAKE/count")
echo >>"$FAKE/count"
while [ "$1" != sh ]; do
    shift
done
command=("$@")
exec 3<&0
mapfile -t plan <"$FAKE/mpirun"
eval "${plan[FAKE_START < ${#plan[@]} ? FAKE_START : -1]}"
