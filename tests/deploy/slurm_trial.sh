#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tries deploy/partita.sbatch: slurmctld and munge here, slurmd on two hosts that are network namespaces. A request is proven on two nodes;
# one is refused, with partita's exit code as the job's; then one is proven while its second node loses its power.
# Needs root, slurmctld, slurmd, slurm-client and munge; else 77.
# usage: bash tests/deploy/slurm_trial.sh PARTITA [PART...]     parts: whole, refused, node; default: all
set -eu
# shellcheck source=tests/deploy/namespaces.sh
. "$(dirname "$0")/namespaces.sh"
need slurmctld slurmd sbatch munged mpirun
begin_trial "$0" "$@"

start_munge() {
    head -c 128 /dev/urandom >"$room/munge.key"
    chmod 400 "$room/munge.key"
    munged --force --socket="$room/munge.socket" --key-file="$room/munge.key" --pid-file="$room/munge.pid" --log-file="$room/munge.log" \
        --seed-file="$room/munge.seed"
}

write_configuration() {
    mkdir -p "$room/state"
    export SLURM_CONF=$room/slurm.conf
    cat >"$SLURM_CONF" <<END
ClusterName=trial
SlurmctldHost=login
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$room/munge.socket
CredType=cred/munge
StateSaveLocation=$room/state
SlurmdSpoolDir=$room/spool.%n
SlurmctldPidFile=$room/slurmctld.pid
SlurmdPidFile=$room/slurmd.%n.pid
SlurmctldLogFile=$room/slurmctld.log
SlurmdLogFile=$room/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/linear
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SlurmdParameters=config_overrides
SlurmdTimeout=10
KillWait=5
ReturnToService=2
NodeName=n[1-2] CPUs=2 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
END
}

start_slurm() {
    local host
    slurmctld
    for host in n1 n2; do
        on "$host" "$(type -P slurmd)" -N "$host"
    done
    wait_until 60 both_are_idle
}

both_are_idle() {
    [ "$(sinfo --noheader --format '%D %t')" = '2 idle' ]
}

# submit PART WITNESS...: in the background. Where a job follows another one on its nodes srun may wait 60 s before it begins a step: a probe
# of 60 s took its node for lost.
submit() {
    wait_until 60 both_are_idle
    PARTITA_RUN="$tree/deploy/partita-run --probe 120 --silence 10 --grace 3" PARTITA="$partita" \
        sbatch --wait --nodes=2 --output="$1.log" "$tree/deploy/partita.sbatch" "$key" "${@:2}" --out "$room/$1" --json >"$1.job" 2>&1 &
    job=$!
}

# began_on_both PART: or its part tries nothing
began_on_both() {
    grep -q 'partita-run: start 1 on 2 of 2 hosts' "$1.log" || { echo "$1 did not begin on both hosts" >&2; return 1; }
}

# ended PART CODE
ended() {
    local code=0
    wait "$job" || code=$?
    sed -n 's/^partita-run: /    /p' "$1.log"
    [ "$code" = "$2" ] || { echo "exit code $code, not $2: $(cat "$1.job")" >&2; return 1; }
}

n=60
make_hosts login n1 n2
start_munge
write_configuration
start_slurm
make_request "$n" 2^12
shift
[ $# -gt 0 ] || set -- whole refused node
for part in "$@"; do
    echo "== $part"
    case $part in
    whole)
        submit "$part" "$room"/witnesses/*.wtns
        ended "$part" 0
        began_on_both "$part"
        check_proofs "$n" "$part"
        ;;
    refused)
        submit "$part" "$room/witnesses/missing.wtns"
        ended "$part" 66
        began_on_both "$part"
        ;;
    node)
        submit "$part" "$room"/witnesses/*.wtns
        wait_until 180 has_proofs 3 "$part"
        began_on_both "$part"
        power_off n2
        ended "$part" 0
        check_proofs "$n" "$part"
        ;;
    esac
done
echo "== done"
