# SPDX-License-Identifier: Apache-2.0
"""A job of the cluster whose processes can be found, killed and frozen, by mpirun itself or by partita-run."""
import contextlib
import os
import pathlib
import signal
import subprocess
import time
import uuid

from rank_environment import mpi_environment

HERE = pathlib.Path(__file__).resolve().parent
LAUNCHER = HERE.parent.parent / "deploy" / "partita-run"
MARK = "PARTITA_KILLED_JOB"
POLL_S = 0.002
HELD_UP_S = 10       # that mpirun has when there is nothing left to wait for

# What a rank runs: its exit code is written to a file, for mpirun's says nothing under --enable-recovery.
RANK_SCRIPT = 'codes=$1; shift; "$@"; echo $? >"$codes/$OMPI_COMM_WORLD_RANK"'


class Process:
    """One that runs, as /proc shows it."""

    def __init__(self, pid, program, words, rank):
        self.pid, self.words, self.rank = pid, words, rank
        self.is_rank = rank is not None and program == os.path.realpath(os.environ["PARTITA"])
        self.is_mpirun = rank is None and bool(words) and os.path.basename(words[0]).startswith(("mpirun", "orterun"))

    def __str__(self):
        with contextlib.suppress(OSError):
            state = pathlib.Path("/proc", str(self.pid), "status").read_text(encoding="utf-8").split("State:", 1)[1].split("\n", 1)[0]
            return f"{self.pid} rank {self.rank} {state.strip()}: {' '.join(self.words)[:100]}"
        return f"{self.pid}: gone"


def look_at(pid, mark):
    """The process, if it has this mark."""
    with contextlib.suppress(OSError):
        of = pathlib.Path("/proc", pid)
        settings = (of / "environ").read_bytes().split(b"\0")
        if mark in settings:
            ranks = [s.split(b"=", 1)[1] for s in settings if s.startswith(b"OMPI_COMM_WORLD_RANK=")]
            words = [w.decode(errors="replace") for w in (of / "cmdline").read_bytes().split(b"\0")[:-1]]
            return Process(int(pid), os.readlink(of / "exe"), words, int(ranks[0]) if ranks else None)
    return None


class Job:
    """mpirun or partita-run with n_ranks ranks, one thread each."""

    def __init__(self, room, n_ranks, arguments, launched, command="prove"):
        self.mark, self.codes, self.said = uuid.uuid4().hex, room / "codes", room / "said"
        self.codes.mkdir()
        common = ["--allow-run-as-root", "--oversubscribe"] if os.geteuid() == 0 else ["--oversubscribe"]
        program = [os.environ["PARTITA"], command, *map(str, arguments), "--threads", "1", "--quiet"]
        mpirun = os.environ.get("MPIRUN", "mpirun")
        if launched:
            line = ["bash", str(LAUNCHER), "--mpirun", mpirun, "--hosts", "localhost", "--ranks-per-host", str(n_ranks), "--grace", "3",
                       "--mpi", " ".join(common), *program]
        else:
            line = [mpirun, *common, "--bind-to", "none", "--enable-recovery", "-n", str(n_ranks), "sh", "-c", RANK_SCRIPT, "rank",
                       str(self.codes), *program]
        self.began, self.frozen, self.was_held_up = time.time(), set(), False
        with open(self.said, "wb") as said:
            self.process = subprocess.Popen(line, env=mpi_environment(**{MARK: self.mark}), stdin=subprocess.DEVNULL, stdout=said,
                                            stderr=said, start_new_session=True)

    def processes(self):
        mark = f"{MARK}={self.mark}".encode()
        return [p for p in (look_at(pid, mark) for pid in os.listdir("/proc") if pid.isdigit()) if p]

    def ranks(self):
        return [p for p in self.processes() if p.is_rank]

    def is_over(self):
        return self.process.poll() is not None

    def wait(self, seconds):
        """Its exit code; TimeoutError if it does not end, with what it still runs.

        mpirun by itself waits for a rank that was frozen when all was done, and at times for nobody at all when ranks end at once. Then the
        root's end is the job's: what is left is killed, as partita-run does.
        """
        end, held_since = time.monotonic() + seconds, None
        while time.monotonic() < end:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(0.2)
            if self.root_code() is None or any(p.pid not in self.frozen for p in self.ranks()):
                held_since = None
            elif held_since is None:
                held_since = time.monotonic()
            elif time.monotonic() - held_since > HELD_UP_S:
                self.was_held_up = True
                self.end()
                return self.root_code()
        raise TimeoutError("does not end:\n" + "\n".join(map(str, self.processes())) + f"\n{self.text()}")

    def left_behind(self, within=3):
        """Processes that are still there."""
        end = time.monotonic() + within
        while (left := self.processes()) and time.monotonic() < end:
            time.sleep(0.05)
        return left

    def root_code(self):
        """Of a job by mpirun."""
        with contextlib.suppress(FileNotFoundError):
            return int(code) if (code := (self.codes / "0").read_text(encoding="utf-8").strip()) else None
        return None

    def text(self):
        return self.said.read_text(encoding="utf-8", errors="replace")

    def end(self):
        for process in self.processes():
            send(process.pid, signal.SIGKILL)
        self.process.wait()


def send(pid, number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
