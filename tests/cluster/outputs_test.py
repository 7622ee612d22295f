# SPDX-License-Identifier: Apache-2.0
"""What partita prove leaves behind: outputs, several partitions, signals. One group: python3 outputs_test.py Signals"""
import json
import os
import pathlib
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
import unittest

from program_test import PARTITA, SECONDS_MAX, ProgramTest, golden, partita
from rank_environment import environment


class Outputs(ProgramTest):
    def test_nothing_but_the_two_outputs_is_left(self):
        self.works(*self.prove_args())
        self.assertEqual(self.names(), ["proof.json", "public.json"])

    def test_existing_files_are_replaced_and_unwritable_places_are_73(self):
        self.proof.write_text("old")
        self.works(*self.prove_args())
        self.verifies("bn254", self.public, self.proof)
        self.fails(73, *self.prove_args(proof=self.dir))
        self.fails(73, *self.prove_args(public=self.dir / "none" / "public.json"))

    def test_an_output_that_cannot_be_is_refused_before_the_work(self):
        self.fails(73, *self.prove_args(key=self.dir / "none.zkey", proof=self.dir))

    def test_an_output_that_is_an_input_is_refused(self):
        witness = self.copy_of("bn254", ".wtns", "w.wtns")
        link = self.dir / "link.json"
        link.symlink_to(witness)
        for path in (witness, link):
            before = witness.read_bytes()
            self.fails(64, *self.prove_args(witness=witness, proof=path))
            self.assertEqual(witness.read_bytes(), before)

    def test_an_output_that_looks_like_a_key_witness_or_circuit_is_refused(self):
        for ending in (".zkey", ".wtns", ".r1cs"):
            path = self.copy_of("bn254", ending, "precious" + ending)
            before = path.read_bytes()
            self.fails(73, *self.prove_args(public=path))
            self.assertEqual(path.read_bytes(), before)

    def test_both_outputs_in_one_file_are_refused(self):
        self.fails(64, *self.prove_args(public=self.proof))
        self.proof.write_text("old")
        os.link(self.proof, self.public)
        self.fails(64, *self.prove_args())

    def test_a_link_to_a_file_stays_a_link_or_becomes_the_file(self):
        target = self.dir / "target.json"
        target.write_text("old")
        self.proof.symlink_to(target)
        self.works(*self.prove_args())
        self.verifies("bn254", self.public, self.proof)

    def test_a_fifo_is_written_in_place(self):
        os.mkfifo(self.proof)
        got = []
        reader = threading.Thread(target=lambda: got.append(self.proof.read_text()))
        reader.start()
        self.works(*self.prove_args())
        reader.join()
        self.assertTrue(stat.S_ISFIFO(self.proof.stat().st_mode))
        self.assertIn("pi_a", json.loads(got[0]))

    def test_two_fifos_may_be_read_one_after_the_other(self):
        os.mkfifo(self.proof)
        os.mkfifo(self.public)
        got = []
        reader = threading.Thread(target=lambda: got.extend([self.public.read_text(), self.proof.read_text()]))
        reader.start()
        self.works(*self.prove_args())
        reader.join()
        self.assertEqual([type(json.loads(text)) for text in got], [list, dict])

    def test_dev_stdout_takes_the_proof(self):
        run = self.works(*self.prove_args(proof="/dev/stdout"))
        self.assertIn("pi_a", json.loads(run.stdout))

    def test_a_full_disk_is_74_and_leaves_nothing(self):
        self.fails(74, *self.prove_args(proof="/dev/full"))
        self.assertEqual(self.names(), [])
        self.fails(74, *self.prove_args(public="/dev/full"))
        self.assertEqual(self.names(), [])

    def without_counts(self):
        """For a process that may not write a coverage build's counts: they go where they are lost, and nothing is said of it."""
        counts = tempfile.mkdtemp(prefix="partita_counts_")
        self.addCleanup(shutil.rmtree, counts)
        os.chmod(counts, 0o777)
        return environment(GCOV_PREFIX=counts, GCOV_ERROR_FILE="/dev/null")

    def test_a_file_that_may_not_grow_is_74_and_leaves_nothing(self):
        self.fails(74, *self.prove_args(), env=self.without_counts(),
                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50)))
        self.assertEqual(self.names(), [])

    @unittest.skipIf(os.geteuid() != 0, "needs a file of another user")
    def test_public_inputs_go_again_if_the_proof_can_not_be_named(self):
        """In a sticky directory another user's file may be written and not renamed over."""
        program = shutil.copy(PARTITA, self.dir / "partita")
        key, witness = self.copy_of("bn254", ".zkey", "k.zkey"), self.copy_of("bn254", ".wtns", "w.wtns")
        self.proof.write_text("old")
        self.proof.chmod(0o666)
        self.dir.chmod(0o1777)
        before = self.names()
        run = subprocess.run([program, *self.prove_args(key=key, witness=witness)], stderr=subprocess.PIPE, text=True, check=False,
                             user=65534, env=self.without_counts())
        self.assertEqual((run.returncode, run.stderr.count("\n")), (74, 1), run.stderr)
        self.assertIn("proof.json: can't be written", run.stderr)
        self.assertEqual((self.names(), self.proof.read_text()), (before, "old"))

    def test_both_outputs_under_two_names_of_one_file_are_refused(self):
        self.fails(64, *self.prove_args(public=f"{self.dir}/./proof.json"))
        self.assertEqual(self.names(), [])

    def test_a_full_or_closed_standard_output_is_74(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            self.fails(74, "--version", stdout=full)
            self.fails(74, "doctor", "--json", stdout=full)
        read_end, write_end = os.pipe()
        os.close(read_end)
        self.fails(74, "--help", stdout=write_end)
        os.close(write_end)
        run = subprocess.run(["sh", "-c", '"$0" --version >&-', PARTITA], stderr=subprocess.PIPE, text=True, check=False,
                             env=environment())
        self.assertEqual((run.returncode, run.stderr.count("\n")), (74, 1), run.stderr)

    def test_closed_standard_streams_do_not_get_into_the_files(self):
        command = '"$0" prove "$1" "$2" "$3" "$4" <&- >&- 2>&-'
        run = subprocess.run(["sh", "-c", command, PARTITA, golden("bn254", ".zkey"), golden("bn254", ".wtns"), self.proof,
                              self.public], check=False, env=environment())
        self.assertEqual(run.returncode, 0)
        self.verifies("bn254", self.public, self.proof)


class Partitions(ProgramTest):
    def setUp(self):
        super().setUp()
        self.out = self.dir / "out"
        self.key = golden("bn254", ".zkey")

    def witnesses(self, *names):
        return [self.copy_of("bn254", ".wtns", name) for name in names]

    def outputs(self):
        return sorted(p.name for p in self.out.iterdir() if p.name != ".partita")

    def test_each_witness_gets_its_two_files(self):
        self.works("prove", self.key, *self.witnesses("one.wtns", "two.wtns", "three"), "--out", self.out, "--quiet")
        self.assertEqual(self.outputs(), sorted(f"{n}.{k}.json" for n in ("one", "two", "three") for k in ("proof", "public")))
        for name in ("one", "two", "three"):
            self.verifies("bn254", self.out / f"{name}.public.json", self.out / f"{name}.proof.json")

    def test_others_are_proven_and_the_first_failure_gives_the_code(self):
        good = self.witnesses("a.wtns", "z.wtns")
        short = self.dir / "short.wtns"
        short.write_bytes(good[0].read_bytes()[:100])
        for order, code in (((short, self.wrong_witness()), 65), ((self.wrong_witness(), short), 76)):
            shutil.rmtree(self.out, ignore_errors=True)
            run = partita("prove", self.key, good[0], *order, good[1], "--out", self.out, "--quiet", "--json")
            self.assertEqual(run.returncode, code)
            self.assertEqual([line.split(": ")[0] for line in run.stderr.splitlines()], ["partita"] * 2)
            self.assertEqual(self.outputs(), ["a.proof.json", "a.public.json", "z.proof.json", "z.public.json"])
            told = [p["status"] for p in json.loads(run.stdout)["partitions"]]
            self.assertEqual(sorted(told), [0, 0, 65, 76])
            self.assertEqual(next(s for s in told if s != 0), code)

    def test_two_witnesses_of_one_name_are_refused(self):
        (self.dir / "other").mkdir()
        twin = self.dir / "other" / "one.wtns"
        shutil.copyfile(golden("bn254", ".wtns"), twin)
        self.fails(64, "prove", self.key, *self.witnesses("one.wtns"), twin, "--out", self.out, says="would both write")
        self.fails(64, "prove", self.key, *self.witnesses(".wtns"), "--out", self.out, says="no name")

    def test_a_directory_made_for_nothing_is_removed(self):
        witness = self.witnesses("one.wtns")
        self.fails(66, "prove", self.dir / "none.zkey", *witness, "--out", self.out, "--quiet")
        self.fails(76, "prove", self.key, self.wrong_witness(), "--out", self.out, "--quiet")
        self.assertFalse(self.out.exists())
        self.out.mkdir()
        self.fails(66, "prove", self.dir / "none.zkey", *witness, "--out", self.out, "--quiet")
        self.assertTrue(self.out.exists())

    def test_names_may_hold_any_byte(self):
        names = [os.fsencode(self.dir) + b"/caf\xe9.wtns", os.fsencode(self.dir) + b"/two\nlines\x1b[31m.wtns"]
        for name in names:
            shutil.copyfile(golden("bn254", ".wtns"), name)
        run = subprocess.run([PARTITA, "prove", self.key, *names, "--out", self.out, "--json"], capture_output=True, check=False,
                             timeout=SECONDS_MAX, env=environment())
        self.assertEqual(run.returncode, 0, run.stderr)
        told = json.loads(run.stdout)["partitions"]
        self.assertEqual([pathlib.Path(p["witness"]).name for p in told], ["caf?.wtns", "two\nlines\x1b[31m.wtns"])
        self.assertEqual(len(self.outputs()), 4)
        self.assertEqual(len(run.stderr.splitlines()), 1 + 9 * 2)
        self.assertNotIn(b"\x1b", run.stderr)
        os.unlink(names[1])
        run = subprocess.run([PARTITA, "inspect", names[1]], capture_output=True, check=False, env=environment())
        self.assertEqual((run.returncode, run.stderr.count(b"\n")), (66, 1), run.stderr)

    def test_out_is_a_directory_or_is_made(self):
        witness = self.witnesses("one.wtns")
        self.fails(73, "prove", self.key, *witness, "--out", witness[0])
        self.fails(73, "prove", self.key, *witness, "--out", self.dir / "no" / "parent")


class Signals(ProgramTest):
    def start(self, *args):
        process = subprocess.Popen([PARTITA, *map(str, args)], stderr=subprocess.PIPE, text=True, env=environment())
        self.addCleanup(process.stderr.close)
        return process

    def test_a_signal_while_waiting_for_a_witness_is_75(self):
        fifo = self.dir / "witness.fifo"
        os.mkfifo(fifo)
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start(*self.prove_args(witness=fifo))
            with open(fifo, "wb"): # returns when the program has opened its end
                time.sleep(0.2)
                process.send_signal(number)
                self.assertEqual(process.wait(SECONDS_MAX), 75)
            self.assertIn("partita: interrupted", process.stderr.read())
            self.assertEqual(self.names(), ["witness.fifo"])

    def test_what_ends_the_process_before_a_proof_leaves_no_directory(self):
        fifo = self.dir / "witness.fifo"
        os.mkfifo(fifo)
        for number, code, left in ((signal.SIGINT, 75, ["witness.fifo"]), (signal.SIGKILL, -signal.SIGKILL, ["out", "witness.fifo"])):
            process = self.start("prove", golden("bn254", ".zkey"), fifo, "--out", self.dir / "out")
            with open(fifo, "wb"):
                time.sleep(0.2)
                process.send_signal(number)
                self.assertEqual(process.wait(SECONDS_MAX), code)
            self.assertEqual(self.names(), left)
        self.assertEqual([p.name for p in (self.dir / "out").iterdir()], [".partita"]) # what a run that can be resumed needs

    def test_a_signal_while_a_fifo_waits_for_its_reader_is_75(self):
        for outputs in ({"proof": self.dir / "fifo"}, {"public": self.dir / "fifo"}):
            os.mkfifo(self.dir / "fifo")
            process = self.start(*self.prove_args(**outputs)[:-1])
            for line in process.stderr:
                if line.endswith(": write\n"):
                    break
            time.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            try:
                self.assertEqual(process.wait(5), 75)
            finally:
                process.kill()
            self.assertEqual(self.names(), ["fifo"])
            os.unlink(self.dir / "fifo")

    def test_a_signal_between_partitions_leaves_whole_proofs_alone(self):
        good = [self.copy_of("bn254", ".wtns", f"w{i:03}.wtns") for i in range(200)]
        out = self.dir / "out"
        process = self.start("prove", golden("bn254", ".zkey"), *good, "--out", out, "--quiet")
        while not (out / "w001.proof.json").exists():
            time.sleep(0.01)
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(SECONDS_MAX), 75)
        told = process.stderr.read().splitlines()
        self.assertRegex(told[-1], r"^partita: interrupted: [0-9]+ of 200 partitions were not begun$")
        self.assertLessEqual(len(told), 2) # and the one that was in work
        names = {p.name for p in out.iterdir()} - {".partita"}
        self.assertLess(len(names), 400)
        self.assertEqual({n for n in names if not n.endswith((".proof.json", ".public.json"))}, set())
        for name in names:
            if name.endswith(".proof.json"):
                self.assertIn(name.replace(".proof.", ".public."), names)


if __name__ == "__main__":
    unittest.main(verbosity=2)
