#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tries docs/deploy.md's host file: four hosts in network namespaces, sshd on three of them, partita-run on the first. A request is proven on
# three hosts; then again while a worker's host, and then the root's, lose their power. Then two of them see neither key nor witnesses, which
# are shipped: the key along the chain, and again over a slow link whose middle host loses its power. Needs root and openssh-server; else 77.
# usage: bash tests/deploy/netns_trial.sh PARTITA [PART...]     parts: whole, ship, worker, root, in this order, which are the
# default; chain by itself
set -eu
# shellcheck source=tests/deploy/namespaces.sh
. "$(dirname "$0")/namespaces.sh"
need sshd ssh-keygen mpirun tc python3
begin_trial "$0" "$@"

# One key for everyone: hosts and callers.
start_sshd() {
    ssh-keygen -q -t ed25519 -N '' -f "$room/id"
    cat >"$room/sshd.conf" <<END
HostKey $room/id
AuthorizedKeysFile $room/id.pub
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
END
    cat >"$room/ssh.conf" <<END
IdentityFile $room/id
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
LogLevel ERROR
BatchMode yes
ConnectTimeout 5
END
    for host in n1 n2 n3; do
        on "$host" "$(type -P sshd)" -f "$room/sshd.conf" -E "$room/sshd.log"
        wait_until 20 ssh -F "$room/ssh.conf" "$host" true
    done
}

# launch DIR [OPTION...]: in the background, standard error to DIR.log
launch() {
    bash "$tree/deploy/partita-run" --hostfile hosts.txt --mpi "--mca plm_rsh_args -F$room/ssh.conf" --probe 60 --silence 10 --grace 3 \
        "$partita" prove "$key" "$room"/witnesses/*.wtns --out "$room/$1" --json "${@:2}" >"$1.json" 2>"$1.log" &
    launcher=$!
}

# hide: n2 and n3 see no file of the request, and have caches of their own
hide() {
    local host place
    for host in n2 n3; do
        for place in "$room/circuit" "$room/witnesses" /var/tmp; do
            on "$host" mount -t tmpfs tmpfs "$place"
        done
    done
}

unhide() {
    local host
    for host in n2 n3; do
        on "$host" umount "$room/circuit" "$room/witnesses" /var/tmp
    done
}

# fetches HOST: it has begun to
fetches() {
    on "$1" sh -c 'ls /var/tmp/partita-*/*.part'
}

# proved DIR HOST: how many
proved() {
    python3 -c 'import sqlite3, sys
proofs = sqlite3.connect(sys.argv[1])
print(proofs.execute("select count(*) from proof where rank like ?", (sys.argv[2] + ":%",)).fetchone()[0])' "$1/.partita/journal.db" "$2"
}

# slow_down RATE: what the hosts send
slow_down() {
    local host
    for host in n1 n2 n3; do
        on "$host" tc qdisc add dev eth0 root tbf rate "$1" burst 32kbit latency 400ms
    done
}

# sent DIR: how often the root has sent the key
sent() {
    python3 -c 'import json, os, sys
sent = json.load(open(sys.argv[1]))["stats"]["shipped"]["keys"]["bytes"]
print(sent / os.path.getsize(sys.argv[2]))' "$1.json" "$key"
}

# ended DIR: all proofs are there, and right
ended() {
    local code=0
    wait "$launcher" || code=$?
    sed -n 's/^partita-run: /    /p' "$1.log"
    [ "$code" = 0 ]
    check_proofs "$n" "$1"
}

n=60
make_hosts login n1 n2 n3
start_sshd
make_request "$n" 2^12
printf '%s\n' '# three hosts' 'n1 slots=1' n2 n3 >hosts.txt

shift
[ $# -gt 0 ] || set -- whole ship worker root
for part in "$@"; do
    echo "== $part"
    case $part in
    ship) hide && launch "$part" --ship --stats ;;
    chain)
        hide
        slow_down 8mbit
        for ((; n < 600; n++)); do
            cp "$room/circuit/circuit.wtns" "$room/witnesses/w$((n + 1)).wtns"
        done
        launch "$part" --ship --stats
        ;;
    *) launch "$part" ;;
    esac
    case $part in
    whole) ended "$part" ;;
    worker)
        wait_until 60 has_proofs 3 "$part"
        power_off n3
        ended "$part"
        ;;
    root)
        wait_until 60 has_proofs 3 "$part"
        power_off n1
        ended "$part"
        grep -q 'the root was not heard' "$part.log"
        grep -q 'of 3 hosts, the root on n2' "$part.log"
        ;;
    ship)
        ended "$part"
        echo "the key was sent $(sent "$part") times; n2 made $(proved "$part" n2) proofs, n3 $(proved "$part" n3)"
        [ "$(sent "$part")" = 1.0 ]
        [ "$(proved "$part" n2)" -gt 0 ] && [ "$(proved "$part" n3)" -gt 0 ]
        unhide
        ;;
    chain)
        wait_until 60 fetches n2
        wait_until 60 fetches n3
        power_off n2
        ended "$part"
        echo "the key was sent $(sent "$part") times; n2 made $(proved "$part" n2) proofs, n3 $(proved "$part" n3)"
        [ "$(proved "$part" n2)" = 0 ] && [ "$(proved "$part" n3)" -gt 0 ]
        ;;
    esac
done
echo "== done"
