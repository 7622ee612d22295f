# SPDX-License-Identifier: Apache-2.0
"""Requests that come line by line on standard input. One group: python3 stream_test.py Stream"""
import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest
import uuid

from killed_job import MARK, look_at
from program_test import PARTITA, SECONDS_MAX, golden, partita
from rank_environment import environment, mpi_environment
from request_test import CURVES, RequestTest

MPIRUN = os.environ.get("MPIRUN", "mpirun")
PLACES = 4096


def line(identity, curve="bn254", **more):
    return {"id": identity, "key": golden(curve, ".zkey"), "witness": golden(curve, ".wtns"), **more}


def open_when_read(fifo):
    """To write, once somebody has opened it to read."""
    ends = time.monotonic() + SECONDS_MAX
    while time.monotonic() < ends:
        with contextlib.suppress(OSError): # ENXIO: nobody yet
            fd = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            os.set_blocking(fd, True)
            return open(fd, "wb")
        time.sleep(0.01)
    raise AssertionError(f"nobody reads {fifo}")


def as_text(*lines):
    return "".join((item if isinstance(item, str) else json.dumps(item)) + "\n" for item in lines)


class StreamTest(RequestTest):
    """A run that is written to and read from."""

    ranks = 1

    def launcher(self):
        if self.ranks == 1:
            return []
        as_root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
        return [MPIRUN, "--oversubscribe", *as_root, "--bind-to", "none", "--enable-recovery", "-n", str(self.ranks)]

    def environment(self):
        return (mpi_environment if self.ranks > 1 else environment)(**{MARK: self.mark})

    def start(self, *options, stderr=subprocess.PIPE):
        self.mark = uuid.uuid4().hex
        run = subprocess.Popen([*self.launcher(), PARTITA, "prove", "--request", "-", "--out", self.out, "--threads", "1", "--quiet",
                                *map(str, options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
                               env=self.environment())
        self.addCleanup(self.end, run)
        self.run, self.unread = run, b""

    @staticmethod
    def end(run):
        if run.poll() is None:
            run.kill()
        run.wait()
        for stream in filter(None, (run.stdin, run.stdout, run.stderr)):
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    def say(self, *lines):
        self.run.stdin.write(as_text(*lines).encode())
        self.run.stdin.flush()

    def result(self, seconds=SECONDS_MAX):
        """The next one; None if there is none in so many seconds."""
        while b"\n" not in self.unread:
            if not select.select([self.run.stdout], [], [], seconds)[0]:
                return None
            block = os.read(self.run.stdout.fileno(), 1 << 16)
            self.assertNotEqual(block, b"", "results have ended")
            self.unread += block
        text, self.unread = self.unread.split(b"\n", 1)
        return json.loads(text)

    def rest(self):
        return [json.loads(text) for text in (self.unread + self.run.stdout.read()).splitlines()]

    def results(self, n):
        return {(r["line"], r.get("id")): r for r in (self.result() for _ in range(n))}

    def ends(self, code):
        self.run.stdin.close()
        rest = self.rest()
        self.assertEqual(self.run.wait(SECONDS_MAX), code if self.ranks == 1 else 0)
        return rest

    def verifies_all(self, results):
        for r in results.values():
            self.assertEqual(r["status"], 0, r)
            self.verifies("bls12_381" if "bls12_381" in r["key"] else "bn254", r["public"], r["proof"])


class Stream(StreamTest):
    def test_results_come_before_the_input_ends_and_late_keys_are_opened(self):
        self.start()
        self.say(line("a"), line("b"))
        self.verifies_all(self.results(2))
        self.assertIsNone(self.result(0.3))
        self.say(line("c", "bls12_381"), line("d"))
        late = self.results(2)
        self.assertEqual(sorted(late), [(3, "c"), (4, "d")])
        self.verifies_all(late)
        self.assertEqual(self.ends(0), [])
        self.assertEqual([row[0] for row in self.entries()], ["a", "b", "c", "d"])

    def test_a_line_that_is_none_fails_alone(self):
        self.start()
        long = json.dumps({"witness": "x" * 70000, "key": "k"})
        self.say("{", line("a"), line("b", colour=1), line("../c"), "", long, line("d"))
        got = self.results(6)
        self.assertEqual({n: r["status"] for (n, _), r in got.items()}, {1: 65, 2: 0, 3: 65, 4: 65, 6: 65, 7: 0})
        self.assertIn("colour", got[(3, None)]["error"])
        self.assertIn("line 4", got[(4, "../c")]["error"])
        self.assertIn(f"{len(long)} bytes", got[(6, None)]["error"])
        self.assertEqual(self.ends(65), [])

    def test_an_id_is_one_line_s_until_that_has_failed(self):
        self.start()
        self.say(line("a"), line("a"))
        got = self.results(2)
        self.assertEqual((got[(1, "a")]["status"], got[(2, "a")]["status"]), (0, 65))
        self.say(line("a"), line("w", witness=str(self.dir / "late.wtns")))
        self.assertEqual(sorted(r["status"] for r in self.results(2).values()), [65, 66])
        shutil.copyfile(golden("bn254", ".wtns"), self.dir / "late.wtns")
        self.say(line("w", witness=str(self.dir / "late.wtns")))
        self.verifies_all(self.results(1))
        self.assertEqual(self.ends(65), [])

    def test_a_key_that_can_t_be_opened_fails_its_lines_alone(self):
        self.start()
        self.say(line("a", key="none.zkey"), line("b"), line("c", key="none.zkey"), line("d", "bls12_381"))
        got = self.results(4)
        self.assertEqual({i: r["status"] for (_, i), r in got.items()}, {"a": 66, "b": 0, "c": 66, "d": 0})
        self.say(line("e", key="none.zkey"), line("f"))
        self.assertEqual(sorted(r["status"] for r in self.results(2).values()), [0, 66])
        self.assertEqual(self.ends(66), [])

    def test_a_key_and_a_witness_of_two_circuits_fail_alone(self):
        self.start()
        self.say(line("a", witness=golden("bls12_381", ".wtns")), line("b", witness=str(self.wrong_witness())), line("c"))
        got = self.results(3)
        self.assertEqual({i: r["status"] for (_, i), r in got.items()}, {"a": 65, "b": 76, "c": 0})
        self.assertEqual(self.ends(65), [])

    def test_an_output_never_replaces_what_a_line_reads(self):
        witness = self.out / "a.proof.json"
        self.out.mkdir()
        shutil.copyfile(golden("bn254", ".wtns"), witness)
        self.start()
        self.say(line("a", witness=str(witness)))
        self.assertEqual(self.result()["status"], 64)
        self.ends(64)
        self.assertEqual(witness.read_bytes(), pathlib.Path(golden("bn254", ".wtns")).read_bytes())

    def test_the_same_lines_twice_prove_nothing_twice(self):
        self.start()
        self.say(*(line(f"w{i}", curve) for i, curve in enumerate(CURVES)))
        first = self.results(2)
        self.ends(0)
        proofs = {p.name: p.read_bytes() for p in self.out.glob("*.json")}
        (self.out / "w0.proof.json").unlink()
        self.start()
        self.say(*(line(f"w{i}", curve) for i, curve in enumerate(CURVES)), line("new"))
        again = self.results(3)
        self.ends(0)
        new = again.pop((3, "new"))
        self.assertEqual(again, first)
        self.assertEqual({row[0]: row[1] for row in self.entries()}, {"w0": 1, "w1": 1, "new": 2})
        for name, proof in proofs.items():
            self.assertEqual((self.out / name).read_bytes(), proof)
        self.verifies_all({0: new})

    def test_a_signal_ends_what_is_begun_and_says_what_is_not(self):
        fifo = self.dir / "slow.wtns"
        if self.ranks == 1:
            os.mkfifo(fifo)
        self.start()
        self.say(line("a"))
        self.verifies_all(self.results(1))
        if self.ranks == 1:
            self.say(line("slow", witness=str(fifo)))
            time.sleep(0.3)
        self.run.send_signal(signal.SIGTERM)
        rest = self.rest()
        self.run.wait(SECONDS_MAX)
        if self.ranks == 1:
            self.assertEqual(self.run.returncode, 75)
            self.assertEqual([(r["id"], r["status"]) for r in rest], [("slow", 75)])
            self.assertIn("interrupted", self.run.stderr.read().decode())
        self.assertEqual([row[0] for row in self.entries()], ["a"])


class StreamAlone(StreamTest):
    def test_what_was_killed_goes_on_with_the_same_lines(self):
        lines = [line(f"w{i:03}", CURVES[i % 2]) for i in range(100)]
        self.start()
        self.say(*lines)
        told = self.results(20)
        self.run.kill()
        self.run.wait()
        kept = {row[0] for row in self.entries()}
        self.assertTrue({i for _, i in told} <= kept)
        self.start()
        self.say(*lines)
        again = self.results(100)
        self.ends(0)
        self.assertEqual({r["status"] for r in again.values()}, {0})
        self.assertEqual({at: again[at] for at in told}, told)
        self.assertEqual([row[0] for row in self.entries()], [item["id"] for item in lines])
        self.assertEqual({row[0] for row in self.entries() if row[1] == 1}, kept)

    def write_what_is_taken(self, text):
        """Returns how much that is: after a second in which nothing was, nothing will be."""
        os.set_blocking(self.run.stdin.fileno(), False)
        written, taken_at = 0, time.monotonic()
        while written < len(text) and time.monotonic() - taken_at < 1:
            try:
                written += os.write(self.run.stdin.fileno(), text[written:written + 65536])
                taken_at = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
        return written

    def test_an_empty_input_is_no_work_and_no_fault(self):
        self.works("prove", "--request", "-", "--out", self.out, "--quiet")
        self.assertFalse(self.out.exists())

    def test_the_last_line_needs_no_newline(self):
        run = partita("prove", "--request", "-", "--out", self.out, "--quiet", stdin=None, input=as_text(line("a")).rstrip("\n"))
        self.assertEqual((run.returncode, json.loads(run.stdout)["status"]), (0, 0))

    def test_what_needs_an_end_is_refused(self):
        for option in (("--resume",), ("--bundle", "b"), ("--raw", "r"), ("--plan",), ("--stats",), ("--timeline", "t.svg")):
            self.fails(64, "prove", "--request", "-", "--out", self.out, *option, says="--request - has no end")
        self.fails(64, "prove", "--request", "-", says="need --out DIR")

    def test_a_key_that_has_no_room_beside_the_others_fails_its_lines_alone(self):
        """2 MiB are enough for the tiny circuits; 2^13 takes 6.7 MB."""
        large = self.dir / "large"
        self.works("bench", "circuit", "--domain", "2^13", "--curve", "bn254", "-o", large, "--quiet")
        self.works("setup", "--insecure", large / "circuit.r1cs", "-o", large / "key.zkey", "--quiet")
        self.start("--memory", "2M")
        self.say(line("a"))
        self.verifies_all(self.results(1))
        self.say(line("large", key=str(large / "key.zkey"), witness=str(large / "circuit.wtns")), line("b"))
        got = self.results(2)
        self.assertEqual({i: r["status"] for (_, i), r in got.items()}, {"large": 75, "b": 0})
        self.assertIn("proving takes at least", got[(2, "large")]["error"])
        self.ends(75)

    def test_larger_priorities_go_first_among_what_has_come(self):
        fifo = self.dir / "gate.wtns"
        os.mkfifo(fifo)
        self.start("--workers", "1")
        self.say(line("gate", witness=str(fifo)))
        with open_when_read(fifo) as gate:
            self.say(*(line(f"p{n}", priority=n % 3) for n in range(40)))
            time.sleep(1)
            gate.write(pathlib.Path(golden("bn254", ".wtns")).read_bytes())
        order = [self.result()["id"] for _ in range(41)]
        self.ends(0)
        self.assertEqual(order[0], "gate")
        self.assertEqual({int(name[1:]) % 3 for name in order[-6:]}, {0})

    def test_input_is_not_read_while_nothing_has_room(self):
        """The places are full of what waits for a stream that nobody writes: then the writer waits too."""
        fifo = self.dir / "gate.wtns"
        os.mkfifo(fifo)
        self.start("--workers", "1")
        text = as_text(line("gate", witness=str(fifo)), *(line(f"p{n}") for n in range(3 * PLACES))).encode()
        n_lines = text[:self.write_what_is_taken(text)].count(b"\n")
        self.assertGreater(n_lines, PLACES)
        self.assertLess(n_lines, 2 * PLACES)
        self.run.kill()

    def test_who_does_not_read_results_holds_up_the_input_and_not_the_end(self):
        self.start(stderr=subprocess.DEVNULL) # which tells of every line that fails
        missing = str(self.dir / ("x" * 200))
        text = as_text(*(line(f"{n}-" + "i" * 200, witness=missing) for n in range(20000))).encode()
        self.assertLess(self.write_what_is_taken(text), len(text))
        self.run.send_signal(signal.SIGTERM)
        self.assertIsNotNone(self.run.wait(SECONDS_MAX))

    def test_a_reader_that_goes_ends_the_run(self):
        self.start()
        self.say(line("a"))
        self.results(1)
        self.run.stdout.close()
        self.say(line("b"))
        self.assertEqual(self.run.wait(SECONDS_MAX), 74)
        self.assertEqual(self.run.stderr.read().count(b"standard output: write failed"), 1)
        self.assertEqual([row[0] for row in self.entries()], ["a", "b"])


class StreamOfRanks(Stream):
    ranks = 3

    def test_a_late_key_is_opened_by_every_rank(self):
        self.start()
        self.say(line("first"))
        self.verifies_all(self.results(1))
        self.say(*(line(f"w{i:03}", "bls12_381") for i in range(90)))
        self.assertEqual({r["status"] for r in self.results(90).values()}, {0})
        self.ends(0)
        connection = sqlite3.connect(self.journal)
        ranks = connection.execute("select count(distinct rank) from proof where length(proof) = 192").fetchone()[0]
        connection.close()
        self.assertGreater(ranks, 1)
        self.works("verify", golden("bls12_381", "_vkey.json"), "--dir", self.without("first"), "--quiet")

    def rank(self, number):
        mark = f"{MARK}={self.mark}".encode()
        found = filter(None, (look_at(pid, mark) for pid in os.listdir("/proc") if pid.isdigit()))
        return next(process.pid for process in found if process.is_rank and process.rank == number)

    def test_a_rank_that_dies_loses_no_line(self):
        self.start()
        self.say(*(line(f"w{i:03}", CURVES[i % 2]) for i in range(150)))
        results = self.results(30)
        os.kill(self.rank(2), signal.SIGKILL)
        results.update(self.results(120))
        self.assertEqual((len(results), {r["status"] for r in results.values()}), (150, {0}))
        self.say(line("late"))
        self.verifies_all(self.results(1))
        self.ends(0)
        self.assertEqual(len(self.entries()), 151)

    def without(self, identity):
        for path in self.out.glob(f"{identity}.*.json"):
            path.unlink()
        return self.out

    def test_a_stream_as_witness_fails_alone(self):
        fifo = self.dir / "slow.wtns"
        os.mkfifo(fifo)
        self.start()
        self.say(line("f", witness=str(fifo)), line("a"))
        got = self.results(2)
        self.assertEqual({i: r["status"] for (_, i), r in got.items()}, {"f": 66, "a": 0})
        self.ends(66)


if __name__ == "__main__":
    unittest.main(verbosity=2)
