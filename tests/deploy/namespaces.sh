# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Several hosts on one machine: network, host name and mounts of each are a namespace of its own, a bridge joins them, and all of it is
# gone with the script that sources this. Files are shared, as on a cluster.

subnet=10.77.0 # exists inside of the namespaces alone

# need PROGRAM...: skips the trial where one is missing
need() {
    local program
    [ "$(id -u)" = 0 ] || { echo "not root: skipped"; exit 77; }
    PATH=$PATH:/usr/sbin:/sbin
    for program in ip unshare nsenter "$@"; do
        command -v "$program" >/dev/null || { echo "no $program: skipped"; exit 77; }
    done
    unshare --net --uts --mount --pid --fork true 2>/dev/null || { echo "no namespaces here: skipped"; exit 77; }
}

# enter_namespaces SCRIPT ARGUMENT...: runs the script again as the first process of namespaces, so that its end is every other's
enter_namespaces() {
    [ "${IN_NAMESPACES:-}" != yes ] || return 0
    export IN_NAMESPACES=yes
    exec unshare --net --uts --mount --pid --fork --kill-child --mount-proc --propagation private bash "$@"
}

# begin_trial SCRIPT PARTITA [PART...]: in its namespaces and in a room of its own; partita, tree and room are for the script
begin_trial() {
    enter_namespaces "$@"
    partita=$(realpath "${2:?usage: bash tests/deploy/$(basename "$1") PARTITA [PART...]}")
    # shellcheck disable=SC2034 # it is the script's
    tree=$(realpath "$(dirname "$1")/../..")
    room=$(mktemp -d)
    trap leave_room EXIT
    chmod 755 "$room"
    cd "$room" || exit
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
}

# At the end: the room is cleared, its logs are shown if the trial failed.
leave_room() {
    [ $? -eq 0 ] || tail -n 20 "$room"/*.log
    rm -rf "$room"
}

# make_hosts NAME...: the first is this one
make_hosts() {
    local name number=0
    mount -t tmpfs tmpfs /run
    mkdir -p /run/sshd "$room/holder"
    printf '127.0.0.1 localhost\n' >"$room/hosts"
    for name in "$@"; do
        number=$((number + 1))
        echo "$subnet.$number $name" >>"$room/hosts"
    done
    mount --bind "$room/hosts" /etc/hosts
    ip link set lo up
    ip link add bridge0 type bridge
    ip address add "$subnet.1/24" dev bridge0
    ip link set bridge0 up
    hostname "$1"
    shift
    number=1
    for name in "$@"; do
        number=$((number + 1))
        make_host "$name" "$number"
    done
}

# make_host NAME NUMBER
make_host() {
    local name=$1
    unshare --net --uts --mount --propagation private sleep infinity &
    echo $! >"$room/holder/$name"
    until [ "$(readlink "/proc/$!/ns/net")" != "$(readlink /proc/self/ns/net)" ] && on "$name" true; do
        sleep 0.1
    done
    ip link add "to-$name" type veth peer name eth0 netns "$!"
    ip link set "to-$name" master bridge0 up
    on "$name" hostname "$name"
    on "$name" ip link set lo up
    on "$name" ip address add "$subnet.$2/24" dev eth0
    on "$name" ip link set eth0 up
}

# on HOST COMMAND...
on() {
    nsenter --target "$(cat "$room/holder/$1")" --net --uts --mount --wd="$PWD" "${@:2}"
}

# power_off HOST: nothing comes from it any more, not even the end of a connection, and all that ran there is dead
power_off() {
    local net process holder
    holder=$(cat "$room/holder/$1")
    disown "$holder"
    ip link set "to-$1" down
    net=$(readlink "/proc/$holder/ns/net")
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/ns/net" 2>/dev/null)" != "$net" ] || kill -KILL "${process#/proc/}"
    done
}

# wait_until SECONDS COMMAND...
wait_until() {
    local end=$((SECONDS + $1))
    until "${@:2}" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || { echo "not within $1 s: ${*:2}" >&2; return 1; }
        sleep 0.2
    done
}

# make_request N DOMAIN: a circuit, and N witnesses of it as w1.wtns ...
make_request() {
    local i
    "$partita" bench circuit --domain "$2" --curve bn254 -o "$room/circuit" >/dev/null
    key=$room/circuit/circuit.zkey
    vkey=$room/circuit/circuit_vkey.json
    "$partita" setup --insecure "$room/circuit/circuit.r1cs" -o "$key" --vkey "$vkey" >/dev/null 2>&1
    mkdir -p "$room/witnesses"
    for ((i = 1; i <= $1; i++)); do
        cp "$room/circuit/circuit.wtns" "$room/witnesses/w$i.wtns"
    done
}

n_proofs() {
    find "$1" -maxdepth 1 -name '*.proof.json' 2>/dev/null | wc -l
}

# has_proofs N DIR: at least
has_proofs() {
    [ "$(n_proofs "$2")" -ge "$1" ]
}

# check_proofs N DIR: all are there, and right
check_proofs() {
    [ "$(n_proofs "$2")" = "$1" ] || { echo "$(n_proofs "$2") proofs of $1 in $2" >&2; return 1; }
    "$partita" verify "$vkey" --dir "$2" --quiet
}
