# SPDX-License-Identifier: Apache-2.0
"""partita bench scale as its user meets it. Where faults are to be seen a script stands for mpirun, which starts one rank. python3 scale_test.py Scale"""
import csv
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree

from program_test import CURVES, PARTITA, SECONDS_MAX, ProgramTest, files_now, golden, partita
from rank_environment import POCL, mpi_environment

MPIRUN = os.environ.get("MPIRUN")
N_PROCESSORS = len(os.sched_getaffinity(0))

# mpirun of one rank: its own options end with -n N.
ONE_RANK = """#!/bin/sh
[ "$1" = --version ] && { echo 'one rank 1.0'; exit; }
while [ "$1" != -n ]; do shift; done
shift 2
for word in "$@"; do [ "$last" = --out ] && out=$word; last=$word; done
"""


# The command in "$@" without --device.
NO_DEVICE = 'for word; do shift; [ "${word#--device=}" = "$word" ] && set -- "$@" "$word"; done'


@unittest.skipUnless(MPIRUN, "a build without MPI")
class Scale(ProgramTest):
    def setUp(self):
        super().setUp()
        self.ground = self.dir / "ground"
        self.ground.mkdir()
        self.env = mpi_environment()

    def words(self, *args, mpirun=MPIRUN, domain=("--domain", "2^6")):
        return ["bench", "scale", "--mpirun", mpirun, "--dir", self.ground, "--per-rank", "4", "--quiet", *domain, *args]

    def one_rank(self, then='"$@"'):
        path = self.dir / "one_rank"
        path.write_text(ONE_RANK + then + "\n")
        path.chmod(0o755)
        return path

    def scales(self, *args, **kwargs):
        run = self.works(*self.words(*args, **kwargs), env=self.env)
        self.assertEqual(os.listdir(self.ground), [])
        return run.stdout

    def refused(self, code, *args, says, **kwargs):
        self.fails(code, *self.words(*args, **kwargs), env=self.env, says=says)
        self.assertEqual(os.listdir(self.ground), [])

    @unittest.skipUnless(N_PROCESSORS >= 2, "needs two processors")
    def test_ranks_and_provers_prove_both_kinds_and_all_is_verified(self):
        told = json.loads(self.scales("--ranks", "1,2", "--siblings", "--repeats", "1", "--json"))
        self.assertEqual([(row["kind"], row["ranks"], row["partitions"]) for row in told["rows"]],
                         [("strong", 1, 8), ("strong", 2, 8), ("weak", 1, 4), ("weak", 2, 8)])
        self.assertEqual((told["proofs"], told["turns"], told["device"]), (2 * (8 + 8 + 4 + 8), 1, "cpu"))
        self.assertIn("2^6", told["circuit"])
        self.assertIn("git", told["build"])
        for row in told["rows"]:
            self.assertGreater(row["proofs_a_second_min"], 0)
            self.assertLessEqual(row["of_independent_min"], row["of_independent"])
            self.assertLessEqual(row["of_independent"], row["of_independent_max"])
            self.assertAlmostEqual(row["efficiency"] * row["ranks"], row["speedup"])
            self.assertLessEqual(row["p50_seconds"], row["p99_seconds"])
            self.assertGreater(row["start_seconds"], 0)
            for share in (row["communication"], row["independent_communication"]):
                self.assertTrue(share is None or 0 <= share < 1, share)
        self.assertEqual([row["speedup"] for row in told["rows"] if row["ranks"] == 1], [1, 1])

    def test_provers_have_a_key_s_own_files_and_each_its_processor(self):
        masks = self.dir / "masks"
        then = f'grep Cpus_allowed_list /proc/self/status >>{masks}\n"$@"'
        for curve in CURVES:
            text = self.scales("--ranks", "1", "--kind", "weak", "--repeats", "1", golden(curve, ".zkey"), golden(curve, ".wtns"), domain=(),
                               mpirun=self.one_rank(then))
            self.assertIn("8 proofs, all right", text)
            self.assertIn(f"domain 2^8, {curve}", text)
            self.assertIn("one rank 1.0", text)
        for line in masks.read_text().splitlines():
            self.assertRegex(line, r":\s*\d+$")

    def test_what_is_set_is_set_for_every_rank(self):
        told = self.dir / "told"
        self.scales("--ranks", "1", "--kind", "weak", "--repeats", "1", "--isa", "portable", "--memory", "3G",
                    mpirun=self.one_rank(f'echo "$@" >{told}\n"$@"'))
        self.assertIn(" --isa=portable ", told.read_text() + " ")
        self.assertIn(" --memory=", told.read_text())

    def test_csv_has_the_same_rows_below_its_head_and_a_plot_is_drawn(self):
        table, plot = self.dir / "scale.csv", self.dir / "scale.svg"
        files = ("--csv", table, "--plot", plot) if shutil.which("gnuplot") else ("--csv", table)
        told = json.loads(self.scales("--ranks", "1", "--kind", "strong", "--repeats", "1", "--json", *files, mpirun=self.one_rank()))
        lines = table.read_text().splitlines()
        self.assertTrue(all(line.startswith("# ") for line in lines[:2]))
        self.assertIn(told["machine"], lines[0])
        self.assertIn(told["build"]["git"], lines[0])
        rows = list(csv.DictReader(lines[2:]))
        self.assertEqual([(row["kind"], row["ranks"], row["partitions"]) for row in rows], [("strong", "1", "4")])
        for name, value in told["rows"][0].items():
            if isinstance(value, float):
                self.assertAlmostEqual(float(rows[0][name]), value, 5)
        if plot.exists():
            texts = {text.strip() for text in xml.etree.ElementTree.parse(plot).getroot().itertext()}
            self.assertLessEqual({"strong", "as many times", "strong: communication"}, texts)

    def test_a_relative_folder_is_as_good(self):
        run = self.works(*self.words("--ranks", "1", "--kind", "weak", "--repeats", "1", "--dir", "ground", mpirun=self.one_rank()), env=self.env, cwd=self.dir)
        self.assertIn("8 proofs, all right", run.stdout)
        self.assertEqual(os.listdir(self.ground), [])

    def test_without_mpirun_nothing_is_begun(self):
        self.refused(69, mpirun=self.dir / "none", says="none can't be started")
        broken = self.dir / "broken"
        broken.write_text("#!/bin/sh\necho no such option >&2; exit 3\n")
        broken.chmod(0o755)
        self.refused(69, mpirun=broken, says="exit code 3: no such option")

    def test_proofs_that_are_wrong_or_missing_end_it(self):
        for what, says in (('cp "$out"/w00000.public.json "$out"/w00001.public.json; sed -i s/1/2/ "$out"/w00001.public.json', "partita verify ended with"),
                           ('rm "$out"/w00002.proof.json', "3 proofs of 4")):
            with self.subTest(what):
                self.refused(70, "--ranks", "1", "--repeats", "1", mpirun=self.one_rank(f'"$@"\n{what}'), says=says)

    def test_an_mpirun_that_fails_ends_it_with_what_was_said(self):
        self.refused(69, "--ranks", "1", mpirun=self.one_rank("echo no slots >&2; exit 1"), says="exit code 1: no slots")
        self.refused(75, "--ranks", "1", mpirun=self.one_rank("echo 'partita: memory is short' >&2; echo bye >&2; exit 75"), says="75: memory is short")
        self.refused(76, "--ranks", "1", golden("bn254", ".zkey"), self.wrong_witness(), domain=(), says="exit code 76")

    def test_wrong_uses_are_refused(self):
        self.refused(69, "--device", "gpu", says="--device gpu")
        for args, says in ((("--ranks", "2,1"), "--ranks takes"), (("--ranks", "0"), "--ranks takes"), (("--ranks", ""), "--ranks takes"),
                           (("--ranks", str(N_PROCESSORS + 1), "--siblings"), "more than the"), (("--kind", "both"), "--kind takes"),
                           (("--cores-per-rank", "3"), "--per-rank: a rate needs"), (("--per-rank", "0"), "--per-rank takes"), (("-c", "1"), "takes no -c"),
                           (("--csv", "/dev/null/x"), None), (("--csv", self.dir / "a", "--plot", self.dir / "a"), "the same file")):
            with self.subTest(args):
                self.refused(64 if says else 73, *args, says=says or "x")
        self.fails(64, "bench", "load", "--ranks", "1", says="bench load takes no --ranks")
        (self.dir / "a*").mkdir()
        self.fails(64, *self.words("--dir", self.dir / "a*"), env=self.env, says="--dir")
        self.fails(73, *self.words("--dir", self.dir / "none"), env=self.env, says="none")

    def test_a_signal_ends_the_ranks_and_leaves_nothing(self):
        for mpirun in (MPIRUN, self.one_rank()):
            mark = f"mark-{tempfile.mktemp(dir='')}.zkey"
            shutil.copyfile(golden("bn254", ".zkey"), self.dir / mark)
            process = subprocess.Popen([PARTITA, *map(str, self.words("--per-rank", "5000", "--ranks", "1", self.dir / mark, golden("bn254", ".wtns"),
                                                                       domain=(), mpirun=mpirun))],
                                       env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(process.kill)
            while not files_now(self.ground, "*/turn/*.out/*.proof.json"):
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=SECONDS_MAX)
            self.assertEqual((process.returncode, said), (75, "partita: interrupted\n"))
            self.assertEqual(os.listdir(self.ground), [])
            end = time.monotonic() + 5
            while (left := self.running(mark)) and time.monotonic() < end:
                time.sleep(0.05)
            self.assertEqual(left, [])

    @staticmethod
    def running(word):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if word.encode() in pathlib.Path("/proc", pid, "cmdline").read_bytes():
                    found.append(pid)
            except OSError:
                pass
        return found

    def test_it_is_not_run_under_mpirun(self):
        root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
        run = subprocess.run([MPIRUN, *root, "-n", "1", PARTITA, *map(str, self.words())], env=self.env, timeout=SECONDS_MAX, text=True, check=False,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(run.returncode, 64)
        self.assertIn("can't be run under it", run.stderr)


    @unittest.skipUnless(POCL.exists(), "no PoCL")
    def test_ranks_that_prove_on_no_device_end_it(self):
        self.env["OCL_ICD_VENDORS"] = str(POCL)
        told = self.dir / "told"
        self.refused(70, "--device", "portable", "--per-rank", "6", "--ranks", "1", "--repeats", "1",
                     mpirun=self.one_rank(f'echo "$@" >{told}\n{NO_DEVICE}\n"$@"'),
                     says="rank 0 was to prove on device 0, and told of none")
        self.assertIn(" --device=portable ", told.read_text())
        for args, says in ((("--device", "auto"), "takes no --device auto"), (("--device", "portable", "--per-rank", "5"), "under way on its device, 6"),
                           (("--device", "portable", "--gpu-workers", "4", "--per-rank", "9"), "under way on its device, 10")):
            self.refused(64, *args, says=says)


class WithoutMpi(ProgramTest):
    @unittest.skipIf(MPIRUN, "a build with MPI")
    def test_a_build_without_mpi_refuses(self):
        self.fails(69, "bench", "scale", says="a build with MPI")


if __name__ == "__main__":
    unittest.main(verbosity=2)
