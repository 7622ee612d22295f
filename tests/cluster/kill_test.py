# SPDX-License-Identifier: Apache-2.0
"""Ranks and mpirun are killed or frozen while a request is proven: nothing may be lost, wrong or doubled.

    kill_test.py [N] [--seed TEXT] [--only NUMBER] [--jobs N] [--keep DIR]     N random instants
    kill_test.py --every 16                                                    a kill each time 16 more of 64 partitions are done

The seed is printed; with --seed the same choices are made again, and with --only NUMBER only one of them. PARTITA is the program, MPIRUN the
launcher, SANITIZED=1 says that it is a slow build; files are made below TMPDIR.
"""
import argparse
import concurrent.futures
import contextlib
import copy
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

from killed_job import POLL_S, Job, send
from rank_environment import environment
from squaring_chain import FIELD_BYTES, SquaringChain

TRIAL_S = 180        # that a request may take, however often it is started
START_S = 1.5        # in which ranks start, about
HEARTBEAT_S = 1      # between two signs of life
GOES_ON_S = 5        # within which work goes on once one is missed
COMMAND_S = 60
FAULTS = ("worker killed", "worker frozen", "worker frozen for a while", "root killed", "mpirun killed")
NEEDS_LAUNCHER = ("root killed", "mpirun killed")
SECOND_ROOT, OTHER_REQUEST = 75, 64
SANITIZED = os.environ.get("SANITIZED") == "1"
GOES_ON_S = 20 if SANITIZED else 5 # within which work goes on once a sign of life is missed
N_ALONE = 12 if SANITIZED else 48  # partitions of which one process proves nearly all within COMMAND_S


class Failure(Exception):
    pass


def expect(truth, what):
    if not truth:
        raise Failure(what)


class Circuit:
    """A key with witnesses, each with an output of its own."""

    def __init__(self, room, curve, n_squares, n_witnesses):
        self.chain, self.ids = SquaringChain(curve, n_squares), [f"p{i:03}" for i in range(n_witnesses)]
        self.key, self.vkey = self.chain.write_key(os.environ["PARTITA"], room)
        self.outputs = {id: self.chain.output(i + 2) for i, id in enumerate(self.ids)}
        self.witnesses = [room / f"{id}.wtns" for id in self.ids]
        for i, path in enumerate(self.witnesses):
            path.write_bytes(self.chain.witness(i + 2))

    def first(self, n):
        few = copy.copy(self)
        few.ids, few.witnesses = self.ids[:n], self.witnesses[:n]
        few.outputs = {id: self.outputs[id] for id in few.ids}
        return few


class Fault:
    """What is done to whom, once n_results are there; 0: while the ranks start."""

    def __init__(self, rng, kind, n_results, is_start=False):
        self.kind, self.n_results = kind, n_results
        self.delay_s = rng.uniform(0, START_S if is_start else 0.03)
        self.victim, self.frozen_s = rng.random(), rng.uniform(0.2, 6)
        self.at = None

    def __str__(self):
        pause = f" ({self.frozen_s:.1f} s)" if self.kind.endswith("while") else ""
        return f"{self.kind}{pause} after {self.n_results} results and {1000 * self.delay_s:.0f} ms"

    def pick(self, job):
        if self.kind == "mpirun killed":
            found = [p for p in job.processes() if p.is_mpirun]
        else:
            found = sorted((p for p in job.ranks() if (p.rank == 0) == (self.kind == "root killed")), key=lambda p: p.rank)
        return found[int(self.victim * len(found))] if found else None

    def strike(self, job):
        """Returns false if there is nobody (any more)."""
        process = self.pick(job)
        self.at = time.time()
        if process is None:
            return False
        send(process.pid, signal.SIGSTOP if "frozen" in self.kind else signal.SIGKILL)
        if self.kind == "worker frozen":
            job.frozen.add(process.pid)
        if self.kind.endswith("while"):
            time.sleep(self.frozen_s)
            send(process.pid, signal.SIGCONT)
        return True


class Trial:
    def __init__(self, room, circuit, n_ranks, faults):
        self.circuit, self.n_ranks, self.faults, self.out, self.room = circuit, n_ranks, faults, room / "out", room
        self.launched = any(f.kind in NEEDS_LAUNCHER or f.n_results == 0 for f in faults)
        self.n_struck, self.longest_s, self.was_held_up = 0, 0, False

    def arguments(self, *more):
        return [self.circuit.key, *self.circuit.witnesses, "--out", self.out, *more]

    def n_results(self):
        try:
            return sum(name.endswith(".proof.json") for name in os.listdir(self.out))
        except FileNotFoundError:
            return 0

    def wait_for(self, job, fault):
        while not job.is_over() and self.n_results() < fault.n_results:
            expect(time.time() - job.began < TRIAL_S, f"hangs before {fault.n_results} results:\n{job.text()}")
            time.sleep(POLL_S)
        time.sleep(fault.delay_s)

    def run(self):
        job = Job(self.room, self.n_ranks, self.arguments(), self.launched)
        try:
            for fault in self.faults:
                self.wait_for(job, fault)
                self.n_struck += not job.is_over() and fault.strike(job)
            code = job.wait(TRIAL_S)
            expect(code == 0, f"ended with {code}:\n{job.text()}")
            expect(self.launched or job.root_code() == 0, f"the root ended with {job.root_code()}:\n{job.text()}")
            left = job.left_behind()
            expect(not left, "left behind:\n" + "\n".join(map(str, left)))
        except TimeoutError as error:
            raise Failure(str(error)) from None
        finally:
            job.end()
        self.was_held_up = job.was_held_up
        self.longest_s = self.longest_silence()
        self.check_all()
        expect(self.launched or self.longest_s < HEARTBEAT_S + GOES_ON_S, f"nothing was proven for {self.longest_s:.1f} s:\n{job.text()}")

    def longest_silence(self):
        """Without a result, after the first fault, in seconds."""
        if self.n_struck == 0:
            return 0
        names = [self.out / f"{id}.proof.json" for id in self.circuit.ids]
        times = [os.stat(name).st_mtime for name in names if name.exists()]
        times = [self.faults[0].at, *sorted(t for t in times if t > self.faults[0].at)]
        return max((b - a for a, b in zip(times, times[1:])), default=0)

    def partita(self, *arguments):
        return subprocess.run([os.environ["PARTITA"], *map(str, arguments)], env=environment(), timeout=COMMAND_S, text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def check_files(self):
        names = {f"{id}.{kind}.json" for id in self.circuit.ids for kind in ("proof", "public")}
        there = {name for name in os.listdir(self.out) if name.endswith(".json")}
        expect(there == names, f"files missing: {sorted(names - there)}, too many: {sorted(there - names)}")
        for id, output in self.circuit.outputs.items():
            public = json.loads((self.out / f"{id}.public.json").read_text(encoding="utf-8"))
            expect(public == [str(output)], f"{id}: the public inputs of another partition")
        run = self.partita("verify", self.circuit.vkey, "--dir", self.out, "--quiet")
        expect(run.returncode == 0 and f"{len(self.circuit.ids)} valid" in run.stdout, run.stdout)

    def journal(self):
        with contextlib.closing(sqlite3.connect(self.out / ".partita" / "journal.db")) as db:
            return db.execute("SELECT id, public_inputs, proof, epoch FROM proof ORDER BY id").fetchall()

    def check_journal(self):
        rows = self.journal()
        ids = [row[0] for row in rows]
        expect(ids == self.circuit.ids, f"the journal has {len(ids)} entries, {len(set(ids))} of them different")
        for id, public, _, _ in rows:
            expect(public == self.circuit.outputs[id].to_bytes(FIELD_BYTES, "little"), f"journal: {id}: another's public inputs")

    def check_all(self):
        """And once more with what the journal alone has, which nobody proves anew."""
        self.check_files()
        self.check_journal()
        before = self.journal()
        for path in self.out.glob("*.json"):
            path.unlink()
        run = self.partita("prove", *self.arguments("--resume", "--quiet"))
        expect(run.returncode == 0, f"a resume of what is complete ended with {run.returncode}: {run.stdout}")
        expect(self.journal() == before, "a resume of what is complete changed the journal")
        self.check_files()


def refusals(room, circuit):
    """While a request is proven, and after its end by a signal: who is refused, and how; it goes on afterwards."""
    trial = Trial(room, circuit, 2, [])
    job = Job(room, 2, trial.arguments(), False)
    try:
        while trial.n_results() < 1:
            expect(not job.is_over() and time.time() - job.began < TRIAL_S, f"no result:\n{job.text()}")
            time.sleep(POLL_S)
        for rank in job.ranks():
            send(rank.pid, signal.SIGSTOP)
        expect(trial.n_results() < len(circuit.ids), "complete before it could be looked at")
        began = time.monotonic()
        second = trial.partita("prove", *trial.arguments("--quiet"))
        took = time.monotonic() - began
        expect(second.returncode == SECOND_ROOT and f"host {os.uname().nodename}" in second.stdout and " UTC" in second.stdout,
               f"a second root: {second.returncode} {second.stdout}")
        expect(took < GOES_ON_S, f"a second root is refused after {took:.1f} s")
        for rank in job.ranks():
            send(rank.pid, signal.SIGCONT)
            send(rank.pid, signal.SIGTERM)
        job.wait(TRIAL_S)
        expect(job.root_code() == 75, f"after SIGTERM the root ended with {job.root_code()}:\n{job.text()}")
        expect(not job.left_behind(), "left behind after SIGTERM")
    finally:
        job.end()
    other = trial.partita("prove", circuit.key, *circuit.witnesses[1:], "--out", trial.out, "--resume", "--quiet")
    expect(other.returncode == OTHER_REQUEST, f"a resume of another request: {other.returncode} {other.stdout}")
    run = trial.partita("prove", *trial.arguments("--resume", "--quiet"))
    expect(run.returncode == 0, f"the resume after SIGTERM ended with {run.returncode}: {run.stdout}")
    trial.check_all()


def random_faults(seed, number, n_partitions, starts):
    """Of trial `number`: one fault, or a second one later. starts: the share of those while ranks start."""
    rng = random.Random(f"{seed}-{number}")
    n_results = 0 if rng.random() < starts else rng.randrange(1, n_partitions)
    faults = [Fault(rng, rng.choice(FAULTS), n_results, n_results == 0)]
    if rng.random() < 0.25:
        faults.append(Fault(rng, rng.choice(FAULTS), rng.randrange(n_results, n_partitions)))
    return faults


def step_faults(seed, kind, step, n_partitions):
    rng = random.Random(f"{seed}-{kind}")
    return [Fault(rng, kind, n) for n in range(step, n_partitions, step)]


class Run:
    """All trials, and what came of them."""

    def __init__(self, args, room):
        self.args, self.room, self.n_failed, self.longest_s = args, room, 0, 0

    def tell(self, name, text, failed=False):
        self.n_failed += failed
        print(f"{name}: {text}", flush=True)

    def place(self, name):
        place = self.room / name
        place.mkdir()
        return place

    def try_one(self, name, circuit, n_ranks, faults):
        began, told = time.monotonic(), "; ".join(map(str, faults))
        try:
            trial = Trial(self.place(name), circuit, n_ranks, faults)
            trial.run()
        except Exception as failure: # whatever it is: else its thread keeps it to itself
            self.tell(name, f"FAILED: {told}: {type(failure).__name__}: {failure}", True)
            return
        self.longest_s = max(self.longest_s, 0 if trial.launched else trial.longest_s)
        met = "" if trial.n_struck == len(faults) else f", {len(faults) - trial.n_struck} came too late"
        held = ", mpirun did not end by itself" if trial.was_held_up else ""
        self.tell(name, f"{told}: {trial.longest_s:.1f} s without a result, all in {time.monotonic() - began:.1f} s{met}{held}")

    def refuse_all(self, circuit):
        try:
            refusals(self.place("refusals"), circuit)
            self.tell("refusals", "a second root, another request, SIGTERM and a resume: as documented")
        except Exception as failure:
            self.tell("refusals", f"FAILED: {type(failure).__name__}: {failure}", True)

    def random_instants(self):
        circuit = Circuit(self.room, self.args.curve, 2**10 - 2, self.args.partitions or 48)
        numbers = range(self.args.instants) if self.args.only is None else [self.args.only]
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            if self.args.only is None:
                pool.submit(self.refuse_all, circuit.first(N_ALONE))
            for i in numbers:
                pool.submit(self.try_one, f"{i}", circuit, self.args.ranks or 3, random_faults(self.args.seed, i, len(circuit.ids), self.args.starts))

    def steps(self):
        circuit = Circuit(self.room, self.args.curve, 2**14 - 2, self.args.partitions or 64)
        for kind in ("worker killed", "root killed", "mpirun killed"):
            self.try_one(kind.replace(" ", "_"), circuit, self.args.ranks or 4, step_faults(self.args.seed, kind, self.args.every, len(circuit.ids)))


def read_arguments():
    parser = argparse.ArgumentParser(description="Ranks and mpirun are killed or frozen while a request is proven.")
    parser.add_argument("instants", nargs="?", type=int, default=10, help="random instants (default 10)")
    parser.add_argument("--every", type=int, help="in place of random instants: one each time so many more partitions are done")
    parser.add_argument("--seed", default=os.environ.get("PARTITA_SEED") or f"{random.SystemRandom().randrange(2**32):x}")
    parser.add_argument("--starts", type=float, default=0, help="share of instants while ranks start, each of which may take a minute")
    parser.add_argument("--only", type=int, help="only the instant of this number")
    parser.add_argument("--jobs", type=int, default=2, help="trials at once (default 2)")
    parser.add_argument("--ranks", type=int, help="default 3, with --every 4")
    parser.add_argument("--partitions", type=int, help="default 48, with --every 64")
    parser.add_argument("--curve", choices=("bn254", "bls12_381"), default="bn254")
    parser.add_argument("--keep", type=pathlib.Path, help="leave all files in this new directory")
    return parser.parse_args()


def main():
    args = read_arguments()
    if not shutil.which(os.environ.get("MPIRUN", "mpirun")):
        print("no mpirun: skipped")
        return 77
    print(f"seed {args.seed}", flush=True)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        if args.keep:
            args.keep.mkdir()
        run = Run(args, args.keep or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="partita_kill_"))))
        if args.every:
            run.steps()
        else:
            run.random_instants()
    print(f"{run.n_failed} failed, {run.longest_s:.1f} s at most without a result of a job that went on; {time.monotonic() - began:.0f} s")
    return 1 if run.n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
