#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tries docs/deploy.md's host file: four hosts in network namespaces, sshd on three of them, partita-run on the first. A request is proven on
# three hosts; then again while a worker's host, and then the root's, lose their power. Needs root and openssh-server; else 77.
# usage: bash tests/deploy/netns_trial.sh PARTITA [PART...]     parts: whole, worker, root; default: all
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/deploy/namespaces.sh
. "$here/namespaces.sh"
need sshd ssh-keygen mpirun
enter_namespaces "$0" "$@"
partita=$(realpath "${1:?usage: bash tests/deploy/netns_trial.sh PARTITA [PART...]}")
run=$(realpath "$here/../../deploy/partita-run")
room=$(mktemp -d)
trap leave_room EXIT
chmod 755 "$room"
cd "$room"

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

# launch DIR: in the background, standard error to DIR.log
launch() {
    bash "$run" --hostfile hosts.txt --mpi "--mca plm_rsh_args -F$room/ssh.conf" --probe 60 --silence 10 --grace 3 \
        "$partita" prove "$key" "$room"/witnesses/*.wtns --out "$room/$1" --json >"$1.json" 2>"$1.log" &
    launcher=$!
}

# ended DIR: all proofs are there, and right
ended() {
    local code=0
    wait "$launcher" || code=$?
    sed -n 's/^partita-run: /    /p' "$1.log"
    [ "$code" = 0 ]
    check_proofs "$n" "$1"
}

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
n=60
make_hosts login n1 n2 n3
start_sshd
make_request "$n" 2^12
printf '%s\n' '# three hosts' 'n1 slots=1' n2 n3 >hosts.txt

shift
[ $# -gt 0 ] || set -- whole worker root
for part in "$@"; do
    echo "== $part"
    launch "$part"
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
    esac
done
echo "== done"
