# SPDX-License-Identifier: Apache-2.0
"""What a run lets be seen of itself: events as JSON lines, the ranks on a terminal, their timelines in one.

The environment is program_test.py's. One group: python3 watch_test.py Log
"""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import termios
import unittest
import xml.etree.ElementTree as ElementTree

import program_test
from program_test import CURVES, PARTITA, ProgramTest, golden
from rank_environment import mpi_environment


class Log(ProgramTest):
    """Each line of standard error is one JSON object."""

    def events_of(self, stderr):
        for line in stderr.splitlines():
            event = json.loads(line, object_pairs_hook=self.once_each)
            self.assertRegex(event["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertIn(event["level"], ("info", "warning", "error"))
            yield event

    def once_each(self, members):
        self.assertEqual(len(dict(members)), len(members))
        return dict(members)

    def logged(self, code, *args, **kwargs):
        run = program_test.partita(*args, "--log", "json", **kwargs)
        self.assertEqual(run.returncode, code, run.stderr)
        return list(self.events_of(run.stderr))

    def named(self, events, name):
        return [e for e in events if e["event"] == name]

    def request(self, n):
        witnesses = [self.copy_of("bn254", ".wtns", f"w{i}.wtns") for i in range(n)]
        return ("prove", golden("bn254", ".zkey"), *witnesses, "--out", self.dir / "out")

    def test_every_partition_is_told_from_its_assignment_to_its_files(self):
        request = self.request(5)
        events = self.logged(0, *request)
        self.assertEqual({e["rank"] for e in events}, {0})
        self.assertEqual(len({(e["host"], e["request"]) for e in events}), 1)
        self.assertRegex(events[0]["request"], "^[0-9a-f]{16}$")
        for name in ("assigned", "proven", "published"):
            told = self.named(events, name)
            self.assertEqual(sorted((e["partition"], e["id"]) for e in told), [(i, f"w{i}") for i in range(5)], name)
        self.assertTrue(all(e["seconds"] > 0 and e["attempt"] == 1 for e in self.named(events, "published")))
        self.assertEqual({e["stage"] for e in self.named(events, "stage")} & {"key", "quotient", "write"}, {"key", "quotient", "write"})
        for i in range(5):
            order = [e["event"] for e in events if e.get("partition") == i and e["event"] != "stage"]
            self.assertEqual(order, ["assigned", "proven", "published"])
        summary = events[-1]
        self.assertEqual([summary[k] for k in ("event", "status", "partitions", "done", "failed", "left")], ["summary", 0, 5, 5, 0, 0])
        again = self.logged(0, *request)
        self.assertEqual(len(self.named(again, "resumed")), 5)
        self.assertEqual(self.named(again, "assigned"), [])

    def test_a_witness_that_fails_is_an_event_and_no_prose(self):
        wrong = self.wrong_witness()
        events = self.logged(76, *self.request(2)[:-2], wrong, "--out", self.dir / "out")
        failed, = self.named(events, "failed")
        self.assertEqual((failed["level"], failed["partition"], failed["id"], failed["status"]), ("error", 2, "wrong", 76))
        self.assertIn("wrong.wtns: ", failed["text"])
        self.assertEqual([events[-1][k] for k in ("level", "status", "done", "failed")], ["error", 76, 2, 1])

    def test_errors_before_and_in_the_command_line_are_lines_too(self):
        for args, code, says in (((*self.prove_args(proof="/nowhere/p"),), 73, "/nowhere/p"), (("prove",), 64, "KEY WITNESS"),
                                 (("prove", "--log=json", "--bogus"), 64, "--bogus")):
            event, = self.logged(code, *args) if "--bogus" not in args else self.events_of(program_test.partita(*args).stderr)
            self.assertEqual((event["level"], event["event"]), ("error", "error"))
            self.assertIn(says, event["text"])

    def test_a_name_of_any_bytes_is_escaped(self):
        events = self.logged(66, *self.prove_args(witness=self.dir / 'a "b\n\udcff.wtns'))
        failed, = self.named(events, "failed")
        self.assertIn('a "b', failed["text"])
        self.assertIn("?.wtns", failed["text"])

    def test_quiet_leaves_failures_and_the_figures_that_were_asked_for(self):
        self.assertEqual(self.logged(0, *self.request(2), "--quiet"), [])
        stats, = self.logged(0, *self.request(3), "--quiet", "--stats")
        self.assertEqual(stats["event"], "stats")
        self.assertGreater(stats["stats"]["timeline"]["stages"]["quotient"]["n"], 0)

    def test_a_configuration_file_may_ask_for_it(self):
        config = self.dir / "c.ini"
        config.write_text("[prove]\nlog = json\n")
        run = program_test.partita(*self.request(1), "--config", config)
        self.assertEqual([e["event"] for e in self.events_of(run.stderr)][-1], "summary")
        self.fails(64, *self.request(1), "--log", "xml", says="--log xml: expected text or json")

    def test_a_terminal_gets_no_live_line(self):
        terminal = program_test.TerminalTest()
        terminal.dir = self.dir
        shown, code = terminal.on_terminal(*self.prove_args()[:-1], "--log", "json")
        self.assertEqual(code, 0)
        self.assertEqual([e["event"] for e in self.events_of(shown)][-1], "summary")


class LogOfRanks(Log):
    """Of a build with MPI: rank 0 tells of all."""

    mpirun = program_test.Ranks.mpirun

    def rank_of(self, number):
        """The process that is this rank of the job with our folder in its command line."""
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                of = pathlib.Path("/proc", pid)
                words = (of / "cmdline").read_bytes()
                if words.startswith(PARTITA.encode() + b"\0") and str(self.dir).encode() in words:
                    if f"OMPI_COMM_WORLD_RANK={number}".encode() in (of / "environ").read_bytes().split(b"\0"):
                        return int(pid)
        return self.fail(f"there is no rank {number}")

    def of_root(self, stderr):
        """MPI and its launcher say what they like."""
        return list(self.events_of("\n".join(line for line in stderr.splitlines() if line.startswith("{"))))

    def test_ranks_join_get_ready_and_prove(self):
        run = self.mpirun(3, *self.request(40), "--log", "json")
        self.assertEqual(run.returncode, 0, run.stderr)
        events = self.of_root(run.stderr)
        self.assertNotIn("partita:", run.stderr)
        self.assertEqual(sorted(e["rank"] for e in self.named(events, "joined")), [0, 1, 2])
        self.assertEqual(sorted(e["rank"] for e in self.named(events, "ready")), [0, 1, 2])
        assigned = {(e["partition"], e["attempt"]): e for e in events if e["event"] in ("assigned", "assigned_again")}
        published = self.named(events, "published")
        self.assertEqual(sorted(e["partition"] for e in published), list(range(40)))
        for e in published:
            self.assertEqual(e["rank"], assigned[e["partition"], e["attempt"]]["rank"])
            self.assertLessEqual(assigned[e["partition"], e["attempt"]]["time"], e["time"])

    def test_a_rank_that_is_killed_is_lost(self):
        lines = [json.dumps({"witness": golden("bn254", ".wtns"), "key": golden("bn254", ".zkey"), "id": f"p{i}"}) for i in range(4000)]
        request = self.dir / "request.jsonl"
        request.write_text("\n".join(lines))
        command = [os.environ["MPIRUN"], "-n", "2", "--oversubscribe", "--bind-to", "none", "--enable-recovery"]
        command += ["--allow-run-as-root"] * (os.geteuid() == 0)
        command += [PARTITA, "prove", "--request", request, "--out", self.dir / "out", "--log", "json"]
        with subprocess.Popen(command, env=mpi_environment(), text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as job:
            told, killed = [], False
            for line in job.stderr:
                told.append(line)
                if not killed and '"event": "published", "rank": 1' in line:
                    os.kill(self.rank_of(1), signal.SIGKILL)
                    killed = True
                if '"event": "lost"' in line:
                    break
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.rank_of(0), signal.SIGKILL)
            job.kill()
        events = self.of_root("".join(told))
        lost, = self.named(events, "lost")
        self.assertEqual((lost["level"], lost["rank"]), ("warning", 1))
        self.assertIn("was not heard any more", lost["text"])
        second = [e for e in events if e["event"] == "published" and e["time"] > lost["time"]]
        self.assertEqual([e for e in second if e["rank"] == 1], [])


class Screen:
    """What stands on a terminal after what was written to it, and whether it scrolled."""

    def __init__(self, rows, columns):
        self.rows, self.columns, self.lines, self.at, self.column, self.scrolled = rows, columns, [""], 0, 0, 0

    def write(self, text):
        for piece in re.findall(r"\x1b\[\d*[A-Za-z]|\r|\n|[^\x1b\r\n]+|.", text):
            line = self.lines[self.at]
            if piece == "\r":
                self.column = 0
            elif piece == "\n":
                self.at += 1
                if self.at == len(self.lines):
                    self.lines.append("")
                self.scrolled = max(self.scrolled, self.at + 1 - self.rows)
            elif piece == "\x1b[K":
                self.lines[self.at] = line[:self.column]
            elif piece == "\x1b[J":
                self.lines[self.at:] = [line[:self.column]]
            elif re.fullmatch(r"\x1b\[\d+A", piece):
                self.at -= int(piece[2:-1])
            elif not piece.startswith("\x1b"):
                self.lines[self.at] = line[:self.column].ljust(self.column) + piece + line[self.column + len(piece):]
                self.column += len(piece)

    def text(self):
        """But for what MPI says of itself: [host:process] PMIX ERROR ..."""
        return "\n".join(line for line in self.lines if not re.match(r"\[[^ :]+:\d+\] ", line)).strip()


class ViewOfRanks(ProgramTest):
    """Of a build with MPI: the ranks on the terminal that mpirun has."""

    def on_terminal(self, n, *args, rows=24, columns=90, act=None, env=None):
        """Exit code, what was written, the screen at the end. act: called once with the terminal, when a proof is there."""
        ours, theirs = pty.openpty()
        self.resize(ours, rows, columns)
        command = [os.environ["MPIRUN"], "-n", str(n), "--oversubscribe", "--bind-to", "none", "--enable-recovery"]
        command += ["--allow-run-as-root"] * (os.geteuid() == 0)
        job = subprocess.Popen([*command, PARTITA, *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=theirs,
                               env=mpi_environment(**{"TERM": "xterm", **(env or {})}))
        os.close(theirs)
        screen, shown = Screen(rows, columns), ""
        with contextlib.suppress(OSError):  # Linux ends a pty's input with EIO
            while chunk := os.read(ours, 65536).decode(errors="replace"):
                shown += chunk
                if act and re.search(r" [1-9]\d*/\d+ partitions", shown):
                    act(ours)
                    act = None
        os.close(ours)
        screen.write(shown)
        return job.wait(program_test.SECONDS_MAX), shown, screen

    @staticmethod
    def resize(terminal, rows, columns):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def request(self, n):
        witnesses = [self.copy_of("bn254", ".wtns", f"w{i:02}.wtns") for i in range(n)]
        return ("prove", golden("bn254", ".zkey"), *witnesses, "--out", self.dir / "out")

    @staticmethod
    def frames(shown):
        return [re.sub("\x1b\\[[0-9]*[A-Za-z]|\r", "", frame).strip("\n").split("\n") for frame in shown.split("\x1b[J")]

    def test_a_line_for_all_and_a_line_a_rank_that_go_away(self):
        code, shown, screen = self.on_terminal(3, *self.request(60))
        self.assertEqual(code, 0, shown)
        self.assertEqual(screen.text(), "")
        self.assertEqual(screen.scrolled, 0)
        counts = [int(n) for n in re.findall(r"\] (\d+)/60 partitions", shown)]
        self.assertEqual(counts, sorted(counts))
        self.assertIn("ETA", shown)
        frame = next(f for f in reversed(self.frames(shown)) if len(f) > 3)
        self.assertEqual([re.match(r" +(\d)  \S", line).group(1) for line in frame[2:]], ["0", "1", "2"], frame)
        self.assertRegex(frame[1], r"^rank +host +state +proofs +holds +heard +last$")
        self.assertIn("\x1b[32mproving\x1b[0m", shown)
        self.assertNotIn("w00: ", shown)  # no line a stage

    def test_what_is_said_stands_above_and_whole(self):
        request = (*self.request(40)[:-2], self.wrong_witness(), "--out", self.dir / "out")
        code, shown, screen = self.on_terminal(2, *request, env={"NO_COLOR": "1"})
        self.assertIn(code, (0, 76), shown)  # under --enable-recovery mpirun's says nothing
        self.assertRegex(screen.text(), r"^partita: .*wrong\.wtns: [^\n]*$")
        self.assertRegex(shown, "\x1b\\[Jpartita: ")  # or what is longer would be left of the lines
        self.assertNotRegex(shown, "\x1b\\[\\d+m")

    def test_a_low_terminal_has_the_first_and_a_count_of_the_rest(self):
        code, shown, screen = self.on_terminal(4, *self.request(150), rows=6, act=lambda terminal: self.resize(terminal, 5, 40))
        self.assertEqual((code, screen.scrolled), (0, 0), shown)
        frames = self.frames(shown)
        self.assertTrue(all(len(frame) <= 5 for frame in frames))
        self.assertTrue(any(len(frame) == 5 and "and 2 more: " in frame[-1] for frame in frames), frames)
        small = [frame for frame in frames if "and 3 more: " in frame[-1]]
        self.assertTrue(small and all(len(frame) == 4 and len(line) < 40 for frame in small for line in frame), frames)

    def test_where_there_is_no_terminal_or_quiet_nothing_is_drawn(self):
        self.assertEqual(self.on_terminal(2, *self.request(8), "--quiet")[1], "")
        self.assertNotIn("partitions", self.on_terminal(2, *self.request(8), env={"TERM": "dumb"})[1])
        run = program_test.Ranks.mpirun(self, 2, *self.request(8))
        self.assertEqual(run.returncode, 0)
        self.assertNotIn("\x1b", run.stderr)
        self.assertRegex(run.stderr, r"\d/8 w0\d: write\n")


class TimelineOfRanks(ProgramTest):
    """Of a build with MPI: what every rank did when, by one clock."""

    mpirun = program_test.Ranks.mpirun
    rank_of = LogOfRanks.rank_of

    def traced(self, path):
        trace = json.loads(path.read_text())
        return trace["otherData"], [e for e in trace["traceEvents"] if e["ph"] == "X"], trace["traceEvents"]

    def expect_order(self, spans, ranks):
        """What follows from something on another rank does not begin before it, but for what the clocks may be off."""
        for write in (e for e in spans if e["name"] == "write"):
            self.assertEqual(write["pid"], 0)
            ends = [e["ts"] + e["dur"] - ranks[e["pid"]]["clock_error_us"] for e in spans
                    if e["name"] == "verify" and e["args"]["partition"] == write["args"]["partition"]]
            self.assertLessEqual(min(ends), write["ts"], write)
        keys = {e["pid"]: e for e in spans if e["name"] == "key"}
        for e in spans:
            if e["name"] not in ("key", "write"):
                opened = keys[e["pid"]]
                self.assertLessEqual(opened["ts"] + opened["dur"], e["ts"] + 0.002, e)

    def test_the_spans_of_all_ranks_are_in_one_trace_and_picture(self):
        for curve in CURVES:
            witnesses = [self.copy_of(curve, ".wtns", f"w{i:02}.wtns") for i in range(40)]
            trace, picture = self.dir / "t.json", self.dir / "t.svg"
            run = self.mpirun(3, "prove", golden(curve, ".zkey"), *witnesses, "--out", self.dir / curve, "--quiet", "--json", "--stats",
                              "--timeline", trace, "--timeline", picture)
            self.assertEqual(run.returncode, 0, run.stderr)
            about, spans, events = self.traced(trace)
            ranks = about["ranks"]
            self.assertEqual([(r["rank"], r["recorded"], r["lost_spans"]) for r in ranks], [(i, True, 0) for i in range(3)])
            self.assertEqual(ranks[0]["clock_error_us"], 0)
            self.assertTrue(all(0 < r["clock_error_us"] < 5e5 for r in ranks[1:]), ranks)
            self.assertEqual({e["pid"] for e in spans}, {0, 1, 2})
            self.assertEqual({e["args"]["partition"] for e in spans if e["name"] == "write"}, set(range(40)))
            self.assertEqual(sorted(e["pid"] for e in spans if e["name"] == "key"), [0, 1, 2])
            self.assertGreaterEqual(min(e["ts"] for e in spans), 0)
            self.expect_order(spans, ranks)
            names = [e["args"]["name"] for e in events if e["name"] == "process_name"]
            self.assertEqual(names, [f"partita, rank {r['rank']} on {r['host']}" for r in ranks])
            words = ["".join(t.itertext()) for t in ElementTree.parse(picture).getroot().iter("{http://www.w3.org/2000/svg}text")]
            for rank in range(3):
                self.assertIn(f"rank {rank}", words)
            stats = json.loads(run.stdout)["stats"]["timeline"]
            self.assertEqual(stats["stages"]["key"]["n"], 3)
            self.assertEqual(stats["partitions"]["n"], 40)
            self.assertEqual(stats["threads"], sum(r["threads"] for r in ranks))

    def test_a_rank_that_died_is_missing_and_no_more(self):
        witnesses = [self.copy_of("bn254", ".wtns", f"w{i:03}.wtns") for i in range(200)]
        command = [os.environ["MPIRUN"], "-n", "3", "--oversubscribe", "--bind-to", "none", "--enable-recovery"]
        command += ["--allow-run-as-root"] * (os.geteuid() == 0)
        command += [PARTITA, "prove", golden("bn254", ".zkey"), *witnesses, "--out", self.dir / "out", "--log", "json", "--timeline",
                    self.dir / "t.json", "--timeline", self.dir / "t.svg"]
        with subprocess.Popen(command, env=mpi_environment(), text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as job:
            killed, told = False, []
            for line in job.stderr:
                told.append(line)
                if not killed and '"event": "published", "rank": 1' in line:
                    os.kill(self.rank_of(1), signal.SIGKILL)
                    killed = True
        self.assertIn('"done": 200', told[-1] if '"summary"' in told[-1] else "".join(told))
        about, spans, _ = self.traced(self.dir / "t.json")
        self.assertEqual([r["recorded"] for r in about["ranks"]], [True, False, True])
        self.assertEqual({e["pid"] for e in spans}, {0, 2})
        self.assertIn("No timeline came of rank 1.", (self.dir / "t.svg").read_text())
        self.assertTrue(any('"lost", "rank": 1' in line or '"untold", "rank": 1' in line for line in told))


for inherited in [name for name in dir(Log) if name.startswith("test_")]:
    setattr(LogOfRanks, inherited, None) # once is enough


if __name__ == "__main__":
    unittest.main(verbosity=1)
