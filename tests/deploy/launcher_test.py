# SPDX-License-Identifier: Apache-2.0
"""deploy/partita-run with a fake mpirun and a fake partita, for every way in which a start can end; and with the real mpirun."""
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
LAUNCHER = os.path.join(HERE, "..", "..", "deploy", "partita-run")
FAKE_MPIRUN = os.path.join(HERE, "fake_mpirun.sh")
FAKE_PARTITA = os.path.join(HERE, "fake_partita.sh")
JOURNAL = "mkdir -p out/.partita && echo proof >>out/.partita/journal.db; "
FINAL = (64, 65, 66, 73, 76)
SHORT_PAUSE = ["--pause", "0"]
ALLOCATIONS = ("SLURM_JOB_NODELIST", "PBS_NODEFILE", "OMPI_MCA_orte_default_hostfile", "OMPI_COMM_WORLD_RANK")


def heed_interrupts():
    """A shell can't trap what was ignored when it began, as SIGINT is below a shell's background job."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Launched(unittest.TestCase):
    def setUp(self):
        self.room = tempfile.TemporaryDirectory()
        self.addCleanup(self.room.cleanup)
        self.addCleanup(self.kill_what_is_left)
        self.dir = self.room.name
        os.mkdir(self.path("tmp"))
        self.write("mpirun", "ranks")
        self.write("partita", "exit 0")
        self.env = {name: value for name, value in os.environ.items() if name not in ALLOCATIONS}
        self.env.update(FAKE=self.dir, TMPDIR=self.path("tmp"))

    def kill_what_is_left(self):
        """Of a launcher that failed its test: all that was started for it knows the room by name."""
        mark = f"FAKE={self.room.name}\0".encode()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/environ", "rb") as file:
                    if mark in file.read():
                        os.kill(int(pid), signal.SIGKILL)
            except OSError:
                pass

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, *lines):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.writelines(line + "\n" for line in lines)

    def lines(self, name):
        if not os.path.exists(self.path(name)):
            return []
        with open(self.path(name), encoding="utf-8") as file:
            return file.read().splitlines()

    def start(self, *options, program=None, stdin=subprocess.DEVNULL):
        program = program or [FAKE_PARTITA, "prove", "k.zkey", "w.wtns", "--out", "out"]
        return subprocess.Popen(["bash", LAUNCHER, "--mpirun", FAKE_MPIRUN, *options, *program], cwd=self.dir, env=self.env, text=True,
                                stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heed_interrupts)

    def ends(self, expected, process, within=60, stdin=None):
        try:
            self.out, self.err = process.communicate(stdin, timeout=within)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        self.assertEqual(process.returncode, expected, self.err)
        self.assertEqual(os.listdir(self.path("tmp")), [])
        for line in self.err.splitlines():
            self.assertNotIn("line ", line if "partita-run:" in line else "", "the shell's own message")

    def run_to(self, expected, *options, **more):
        self.ends(expected, self.start(*options, **more))

    def again(self):
        """As if nothing had been started yet."""
        for name in ("starts", "count"):
            self.write(name)
        shutil.rmtree(self.path("out"), ignore_errors=True)

    def starts(self):
        """The arguments of every start."""
        if not os.path.exists(self.path("starts")):
            return []
        with open(self.path("starts"), encoding="utf-8") as file:
            return [start.split("\0")[:-1] for start in file.read().split("\1")[:-1]]

    def hosts(self):
        return [words[words.index("--host") + 1] for words in self.starts()]

    def programs(self):
        return [words[words.index("partita-rank") + 3:] for words in self.starts()]

    def wait_for(self, name, n_lines=1):
        for _ in range(300):
            if len(self.lines(name)) >= n_lines:
                return self.lines(name)
            time.sleep(0.1)
        return self.fail(f"nobody wrote {name}")

    def is_gone(self, pid):
        for _ in range(50):
            if not os.path.exists(f"/proc/{pid}"):
                return True
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
        return False


class Endings(Launched):
    def test_a_complete_request_is_started_once(self):
        self.run_to(0)
        self.assertEqual(len(self.starts()), 1)
        self.assertNotIn("restart", self.err)

    def test_mpirun_is_told_what_a_lost_rank_needs(self):
        self.run_to(0, "--hosts", "n1,n2", "--mpi", "--mca a b", "--mpi", "-x C")
        words = self.starts()[0]
        self.assertEqual(words[:8], ["--host", "n1:1,n2:1", "--map-by", "ppr:1:node", "--bind-to", "none", "--enable-recovery", "--mca"])
        self.assertEqual(words[10:16], ["--mca", "a", "b", "-x", "C", "sh"])
        self.assertEqual(self.programs(), [[FAKE_PARTITA, "prove", "k.zkey", "w.wtns", "--out", "out"]])

    def test_a_root_that_was_killed_is_started_again_and_resumes(self):
        self.write("partita", JOURNAL + "kill -KILL $$", "kill -KILL $$", "exit 0")
        self.run_to(0, *SHORT_PAUSE)
        self.assertEqual([words[2:3] == ["--resume"] for words in self.programs()], [False, True, True])
        self.assertIn("the root ended with 137; restart 1 of 10", self.err)
        self.assertIn("complete after 2 restarts", self.err)

    def test_without_a_journal_there_is_nothing_to_resume(self):
        self.write("partita", "kill -KILL $$", "exit 0")
        self.run_to(0, *SHORT_PAUSE)
        self.assertEqual([words[1:3] for words in self.programs()], [["prove", "k.zkey"]] * 2)

    def test_a_journal_that_was_there_before_is_not_resumed(self):
        """It may be of another request; of the same one nothing is proven again either way."""
        subprocess.run(JOURNAL + "true", shell=True, cwd=self.dir, check=True)
        self.run_to(0)
        self.assertNotIn("--resume", self.programs()[0])

    def test_the_journal_may_lie_elsewhere(self):
        self.write("partita", "echo proof >elsewhere; exit 70", "exit 0")
        for option in (["--journal", "elsewhere"], ["--journal=elsewhere"], ["--jo", "elsewhere"], ["--jo=elsewhere"]):
            self.again()
            self.run_to(0, *SHORT_PAUSE, program=[FAKE_PARTITA, "prove", "--out", "out", *option, "k", "w"])
        self.assertIn("--resume", self.programs()[-1])

    def test_options_may_be_shortened_as_partita_reads_them(self):
        self.write("partita", JOURNAL + "exit 70", "exit 0")
        self.run_to(0, *SHORT_PAUSE, program=[FAKE_PARTITA, "prove", "--o", "out", "k", "w"])
        self.assertIn("--resume", self.programs()[-1])
        self.again()
        self.run_to(0, *SHORT_PAUSE, program=[FAKE_PARTITA, "prove", "--resu", "--ou=out", "k", "w"])
        self.assertEqual(self.programs(), [[FAKE_PARTITA, "prove", "--resu", "--ou=out", "k", "w"]] * 2)

    def test_a_journal_that_holds_nothing_is_passed_over_once(self):
        self.write("partita", JOURNAL + "exit 70", "exit 66", "exit 0")
        self.run_to(0, *SHORT_PAUSE)
        self.assertEqual(["--resume" in words for words in self.programs()], [False, True, False])
        self.write("partita", JOURNAL + "exit 70", "exit 66", "exit 66")
        self.again()
        self.run_to(66, *SHORT_PAUSE)
        self.assertEqual(len(self.starts()), 3)

    def test_what_a_restart_would_not_change_ends_it(self):
        for code in FINAL:
            self.write("partita", f"exit {code}")
            self.again()
            self.run_to(code)
            self.assertEqual(len(self.starts()), 1)
            self.assertIn(f"ended with {code}, which a restart would not change", self.err)

    def test_the_limit_of_restarts_holds(self):
        for code, expected in ((70, 70), (74, 74), (75, 75), (137, 75)):
            self.write("partita", f"exit {code}")
            self.again()
            self.run_to(expected, "--restarts", "2", *SHORT_PAUSE)
            self.assertEqual(len(self.starts()), 3)
            self.assertIn(f"the root ended with {code}; gave up after 2 restarts", self.err)

    def test_a_pause_grows(self):
        self.write("partita", "exit 70", "exit 70", "exit 0")
        began = time.monotonic()
        self.run_to(0)
        self.assertGreater(time.monotonic() - began, 2)
        self.assertIn("restart 1 of 10 in 1 s", self.err)
        self.assertIn("restart 2 of 10 in 2 s", self.err)

    def test_an_mpirun_that_fails_is_started_again(self):
        self.write("mpirun", "exit 213", "ranks")
        self.run_to(0, *SHORT_PAUSE)
        self.assertIn("mpirun ended with 213 without the root's end", self.err)

    def test_a_root_that_is_lost_with_its_shell_is_started_again(self):
        self.write("partita", "kill -KILL $PPID $$", "exit 0")
        self.run_to(0, *SHORT_PAUSE)
        self.assertIn("without the root's end", self.err)

    def test_a_program_that_the_root_can_not_run_is_told(self):
        self.write("partita", "exit 127")
        self.run_to(69)
        self.assertEqual(len(self.starts()), 1)


class Hangs(Launched):
    def test_an_mpirun_that_does_not_end_is_killed(self):
        self.write("mpirun", 'ranks; trap "" TERM; echo $$ >pid; sleep 1000')
        self.run_to(0, "--grace", "2")
        self.assertIn("did not end within 2 s of the root", self.err)
        self.assertTrue(self.is_gone(int(self.lines("pid")[0])))

    def test_what_mpirun_leaves_is_killed(self):
        self.write("partita", "set -m; sleep 1000 & echo $! >pid; exit 0")
        self.run_to(0)
        self.assertTrue(self.is_gone(int(self.lines("pid")[0])))

    def test_a_root_that_is_not_heard_is_lost(self):
        self.write("mpirun", "ranks 2>/dev/null", "ranks")
        self.write("partita", "echo $$ >pid; sleep 1000", "exit 0")
        self.run_to(0, "--silence", "1", *SHORT_PAUSE)
        self.assertIn("the root was not heard for 4 s", self.err)
        self.assertTrue(self.is_gone(int(self.lines("pid")[0])))

    def test_a_root_that_falls_silent_is_lost(self):
        self.write("mpirun", "exec 4> >(head -n 1 >&2; exec cat >/dev/null); ranks 2>&4", "ranks")
        self.write("partita", "sleep 1000", "exit 0")
        self.run_to(0, "--silence", "2", *SHORT_PAUSE)
        self.assertIn("the root was not heard for 2 s", self.err)

    def test_a_root_that_works_long_is_heard(self):
        self.write("partita", JOURNAL + "sleep 7")
        self.run_to(0, "--silence", "5")
        self.assertEqual(len(self.starts()), 1)

    def test_a_root_without_results_hangs(self):
        self.write("partita", JOURNAL + "sleep 1000", "exit 0")
        self.run_to(0, "--stall", "3", *SHORT_PAUSE)
        self.assertIn("no result for 3 s", self.err)

    def test_a_root_with_results_does_not(self):
        self.write("partita", f"for i in 1 2 3 4 5 6 7 8; do {JOURNAL} sleep 1; done")
        self.run_to(0, "--stall", "5")
        self.assertEqual(len(self.starts()), 1)


class Hosts(Launched):
    def test_a_lost_host_is_left_out_and_comes_back(self):
        self.write("partita", "echo n2 >$FAKE/down; exit 75", ": >$FAKE/down; exit 75", "exit 0")
        self.run_to(0, "--hosts", "n1,n2,n3", *SHORT_PAUSE)
        self.assertEqual(self.hosts(), ["n1:1,n2:1,n3:1", "n1:1,n3:1", "n1:1,n2:1,n3:1"])
        self.assertIn("1 of 3 hosts do not answer: n2", self.err)
        self.assertIn("start 2 on 2 of 3 hosts, the root on n1", self.err)

    def test_a_host_that_hangs_is_left_out(self):
        self.write("frozen", "n1")
        self.ends(0, self.start("--hosts", "n1,n2", "--probe", "1"), within=40)
        self.assertEqual(self.hosts(), ["n2:1"])

    def test_no_host_at_all_is_waited_for(self):
        self.write("down", "n1", "n2")
        self.run_to(75, "--hosts", "n1,n2", "--restarts", "1", *SHORT_PAUSE)
        self.assertIn("no host answers; gave up after 1 restarts", self.err)
        self.assertEqual(self.starts(), [])

    def test_many_hosts_are_probed(self):
        names = [f"n{i}" for i in range(70)]
        self.write("down", "n69", "n0")
        self.run_to(0, "--hosts", ",".join(names))
        self.assertEqual(self.hosts(), [",".join(f"{name}:1" for name in names[1:-1])])

    def test_a_host_file_is_read(self):
        self.write("hosts", "# the cluster", "", "n1 slots=4 # fast", "  n2", "n1")
        self.run_to(0, "--hostfile", "hosts", "--ranks-per-host", "2")
        self.assertEqual(self.hosts(), ["n1:2,n2:2"])
        self.assertIn("ppr:2:node", self.starts()[0])

    def test_an_allocation_is_read(self):
        self.write("nodes", "p1", "p1", "p2")
        os.mkdir(self.path("bin"))
        self.write("bin/scontrol", "#!/bin/sh", 'printf "%s\\n" "$@"')
        os.chmod(self.path("bin/scontrol"), 0o755)
        self.env["PATH"] = self.path("bin") + ":" + self.env["PATH"]
        for name, value, expected in (("OMPI_MCA_orte_default_hostfile", "nodes", "p1:1,p2:1"), ("PBS_NODEFILE", "nodes", "p1:1,p2:1"),
                                      ("SLURM_JOB_NODELIST", "s[1-2]", "show:1,hostnames:1,s[1-2]:1")):
            self.env[name] = value
            self.run_to(0)
            self.assertEqual(self.hosts()[-1], expected)

    def test_without_any_it_is_this_host(self):
        self.run_to(0)
        self.assertEqual(self.hosts(), ["localhost:1"])
        self.assertEqual(self.lines("probes"), [])


class Streams(Launched):
    def test_streams_go_through(self):
        self.write("partita", "cat; echo first >&2; printf 'no end' >&2")
        self.ends(0, self.start(stdin=subprocess.PIPE), stdin="in\n")
        self.assertEqual(self.out, "in\n")
        self.assertIn("first\nno end\n", self.err)
        self.assertNotIn("ended 0", self.err)

    def test_a_last_line_without_its_end_is_shown(self):
        self.write("mpirun", "ranks; printf 'last words' >&2")
        self.run_to(0)
        self.assertIn("last words", self.err)

    def test_standard_input_can_not_be_read_twice(self):
        for words in (["--request", "-"], ["--request=-"], ["--req", "-"], ["--req=-"], ["k", "/dev/stdin"]):
            self.write("partita", "exit 70")
            self.again()
            self.run_to(70, program=[FAKE_PARTITA, "prove", *words, "--out", "out"])
            self.assertEqual(len(self.starts()), 1)
            self.assertIn("no restarts", self.err)

    def test_dry_run_prints_a_line_for_a_shell(self):
        self.run_to(0, "--dry-run", "--hosts", "n1,n2", program=[FAKE_PARTITA, "prove", "a key", "w"])
        self.assertEqual(self.starts() + self.lines("probes"), [])
        words = subprocess.run(["bash", "-c", f"set -- {self.out.strip()}; printf '%s\\0' \"$@\""], capture_output=True, text=True,
                               check=True).stdout.split("\0")
        self.assertEqual(words[:3], [FAKE_MPIRUN, "--host", "n1:1,n2:1"])
        self.assertEqual(words[-4:-1], ["prove", "a key", "w"])


class Signals(Launched):
    def interrupted(self, number, expected=75):
        process = self.start("--grace", "60")
        self.wait_for("ready")
        process.send_signal(number)
        self.ends(expected, process, within=40)

    def test_a_signal_ends_the_ranks_and_can_be_gone_on_from(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self.write("partita", 'trap "echo heard >$FAKE/heard; exit 75" TERM; echo >$FAKE/ready; while :; do sleep 0.1; done')
            self.interrupted(number)
            self.assertEqual(self.lines("heard"), ["heard"])
            self.assertIn("interrupted; the same command goes on", self.err)
            os.remove(self.path("ready"))
            os.remove(self.path("heard"))

    def test_a_request_that_is_complete_all_the_same_is(self):
        self.write("partita", 'trap "exit 0" TERM; echo >$FAKE/ready; while :; do sleep 0.1; done')
        self.interrupted(signal.SIGTERM, 0)

    def test_a_second_signal_waits_for_nobody(self):
        self.write("mpirun", 'trap "" INT TERM; echo >$FAKE/ready; while :; do sleep 1; done')
        process = self.start("--grace", "60")
        self.wait_for("ready")
        process.send_signal(signal.SIGINT)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        self.ends(75, process, within=40)

    def test_a_signal_ends_a_pause(self):
        self.write("partita", "echo >$FAKE/ready; exit 70")
        process = self.start("--pause", "1000")
        self.wait_for("ready")
        for line in process.stderr:
            if "restart 4" in line:
                break
        process.send_signal(signal.SIGTERM)
        self.ends(75, process, within=7)

    def test_others_are_passed_on(self):
        self.write("partita", "echo >$FAKE/ready; while [ ! -e $FAKE/signals ]; do sleep 0.1; done")
        self.interrupted(signal.SIGUSR1, 0)


class Usage(Launched):
    def refused(self, code, text, *words):
        result = subprocess.run(["bash", LAUNCHER, *words], cwd=self.dir, env=self.env, capture_output=True, text=True, timeout=20, check=False)
        self.assertEqual((result.returncode, result.stdout), (code, ""), result.stderr)
        self.assertIn(text, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1)

    def test_wrong_use_is_refused(self):
        self.refused(64, "expected partita prove")
        self.refused(64, "expected partita prove", FAKE_PARTITA, "verify")
        self.refused(64, "--cores is no option", "--cores", "2", FAKE_PARTITA, "prove")
        self.refused(64, "or needs a value", "--hosts")
        self.refused(64, "--restarts needs a whole number, not 'many'", "--restarts", "many", FAKE_PARTITA, "prove")
        self.refused(64, "--silence needs a number above 0", "--silence=0", "--mpirun", FAKE_MPIRUN, FAKE_PARTITA, "prove")

    def test_what_is_missing_is_named(self):
        self.refused(69, "no_mpirun: no such program", "--mpirun", "no_mpirun", FAKE_PARTITA, "prove")
        self.refused(69, "no_partita: no such program", "--mpirun", FAKE_MPIRUN, "no_partita", "prove")
        self.refused(66, "no_hosts: can't be read", "--hostfile", "no_hosts", "--mpirun", FAKE_MPIRUN, FAKE_PARTITA, "prove")
        self.write("empty", "# nobody")
        self.refused(66, "empty names no host", "--hostfile", "empty", "--mpirun", FAKE_MPIRUN, FAKE_PARTITA, "prove")

    def test_help_names_every_exit_code(self):
        result = subprocess.run(["bash", LAUNCHER, "--help"], capture_output=True, text=True, check=True)
        for code in ("0", "64", "65", "66", "69", "70", "73", "74", "75", "76"):
            self.assertRegex(result.stdout, rf"\b{code}\b")


@unittest.skipUnless(shutil.which(os.environ.get("MPIRUN", "mpirun")), "no mpirun")
class Mpirun(Launched):
    def setUp(self):
        super().setUp()
        self.env.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")

    def real(self, expected, *options):
        process = subprocess.Popen(["bash", LAUNCHER, "--mpirun", os.environ.get("MPIRUN", "mpirun"), "--ranks-per-host", "2", *options,
                                    FAKE_PARTITA, "prove", "k", "w", "--out", "out"], cwd=self.dir, env=self.env, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return self.ends(expected, process) if expected is not None else process

    def test_the_root_is_killed_twice_and_the_request_complete(self):
        self.write("partita", JOURNAL + "kill -KILL $$", "kill -KILL $PPID $$", "echo $@")
        self.real(0, *SHORT_PAUSE)
        self.assertEqual(self.out, "prove --resume k w --out out\n")

    def test_the_roots_code_is_known_though_mpirun_ends_with_0(self):
        self.write("partita", "exit 65")
        self.real(65)

    def test_a_signal_reaches_the_root(self):
        self.write("partita", 'trap "echo heard >$FAKE/heard; exit 75" TERM; echo >$FAKE/ready; while :; do sleep 0.1; done')
        process = self.real(None)
        self.wait_for("ready")
        process.send_signal(signal.SIGTERM)
        self.ends(75, process)
        self.assertEqual(self.lines("heard"), ["heard"])


if __name__ == "__main__":
    unittest.main()
