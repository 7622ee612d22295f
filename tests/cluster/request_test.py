# SPDX-License-Identifier: Apache-2.0
"""Requests of many partitions: several keys, bundles, the journal, going on. One group: python3 request_test.py Journal"""
import json
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest

from program_test import PARTITA, SECONDS_MAX, ProgramTest, files_now, golden
from rank_environment import environment

CURVES = ("bn254", "bls12_381")
PROOF_BYTES = {"bn254": 128, "bls12_381": 192}


class RequestTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.out = self.dir / "out"
        self.journal = self.out / ".partita" / "journal.db"

    def witnesses(self, curve, n):
        return [self.copy_of(curve, ".wtns", f"w{i}.wtns") for i in range(n)]

    def request(self, *lines):
        path = self.dir / "request.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        return path

    def both_curves(self):
        return self.request(*({"id": curve, "key": golden(curve, ".zkey"), "witness": golden(curve, ".wtns"), "priority": i}
                              for i, curve in enumerate(CURVES)))

    def entries(self, journal=None):
        connection = sqlite3.connect(journal or self.journal)
        rows = connection.execute("select id, epoch, length(proof) from proof order by id").fetchall()
        connection.close()
        return rows


class Request(RequestTest):
    def test_one_request_may_have_keys_of_both_curves(self):
        self.works("prove", "--request", self.both_curves(), "--out", self.out, "--quiet")
        for curve in CURVES:
            self.verifies(curve, self.out / f"{curve}.public.json", self.out / f"{curve}.proof.json")
        self.assertEqual([(row[0], row[2]) for row in self.entries()], sorted(PROOF_BYTES.items()))

    def test_a_bad_line_is_named_before_anything_is_proven(self):
        good = {"key": golden("bn254", ".zkey"), "witness": golden("bn254", ".wtns")}
        for lines, code, says in ((({**good, "keys": "x"},), 65, "line 1"), ((good, {**good}), 65, "line 2"), ((), 65, "request.jsonl"),
                                  (({**good, "id": "a/b"},), 65, "line 1")):
            self.fails(code, "prove", "--request", self.request(*lines), "--out", self.out, "--quiet", says=says)
            self.assertFalse(self.out.exists())

    def test_what_belongs_to_many_partitions_needs_a_directory(self):
        for option in (("--resume",), ("--journal", "j.db"), ("--bundle", "b"), ("--raw", "r")):
            self.fails(64, *self.prove_args(), *option, says="need --out DIR")
        self.fails(64, "prove", golden("bn254", ".zkey"), "--request", self.both_curves(), "--out", self.out, says="no KEY")

    def test_a_pattern_is_every_file_that_it_matches(self):
        self.witnesses("bn254", 3)
        self.works("prove", golden("bn254", ".zkey"), self.dir / "w[0-9].wtns", "--out", self.out, "--quiet")
        self.assertEqual(len(list(self.out.glob("*.proof.json"))), 3)
        self.fails(66, "prove", golden("bn254", ".zkey"), self.dir / "none*.wtns", "--out", self.out, "--quiet", says="none*.wtns")


class Bundle(RequestTest):
    def test_a_bundle_has_every_proof_and_no_key(self):
        bundle = self.dir / "all.ptbd"
        self.works("prove", "--request", self.both_curves(), "--out", self.out, "--bundle", bundle, "--quiet")
        vkeys = [golden(curve, "_vkey.json") for curve in CURVES]
        self.works("verify", "--bundle", bundle, *vkeys, "--quiet")
        self.fails(65, "verify", "--bundle", bundle, vkeys[0], "--quiet")

    def test_raw_proofs_lie_one_behind_the_other(self):
        raw = self.dir / "all.raw"
        for curve in CURVES:
            shutil.rmtree(self.out, ignore_errors=True)
            self.works("prove", golden(curve, ".zkey"), *self.witnesses(curve, 3), "--out", self.out, "--raw", raw, "--quiet")
            self.assertEqual(raw.stat().st_size, 3 * PROOF_BYTES[curve])
            raw.unlink()
        self.fails(64, "prove", "--request", self.both_curves(), "--out", self.dir / "two", "--raw", raw, "--quiet", says="one curve")
        self.assertFalse((self.dir / "two").exists())

    def test_without_every_proof_there_is_no_bundle(self):
        bundle = self.dir / "all.ptbd"
        run = subprocess.run([PARTITA, "prove", golden("bn254", ".zkey"), *self.witnesses("bn254", 1), self.wrong_witness(), "--out", self.out,
                              "--bundle", bundle, "--quiet"], capture_output=True, text=True, check=False, env=environment())
        self.assertEqual(run.returncode, 76)
        self.assertIn(f"{bundle} is not written", run.stderr)
        self.assertFalse(bundle.exists())
        self.assertEqual([row[0] for row in self.entries()], ["w0"])


class Journal(RequestTest):
    def test_the_same_command_twice_proves_nothing_twice(self):
        command = ("prove", golden("bn254", ".zkey"), *self.witnesses("bn254", 4), "--out", self.out)
        self.works(*command, "--quiet")
        before, proofs = self.entries(), {p.name: p.read_bytes() for p in self.out.glob("*.json")}
        (self.out / "w2.proof.json").unlink()
        run = self.works(*command)
        self.assertNotIn("synthesis", run.stderr)
        self.assertEqual(self.entries(), before)
        self.assertEqual({p.name: p.read_bytes() for p in self.out.glob("*.json")}, proofs)

    def test_a_witness_that_changed_is_proven_again(self):
        witnesses = self.witnesses("bn254", 2)
        command = ("prove", golden("bn254", ".zkey"), *witnesses, "--out", self.out)
        self.works(*command, "--quiet")
        time.sleep(0.01)
        self.copy_of("bn254", ".wtns", "w1.wtns")
        run = self.works(*command)
        self.assertEqual(run.stderr.count(": synthesis\n"), 1)
        self.assertIn("w1: synthesis", run.stderr)

    def test_a_failure_is_tried_again_and_the_rest_is_not(self):
        good, bad = self.witnesses("bn254", 3), self.dir / "x.wtns"
        shutil.copyfile(self.wrong_witness(), bad)
        command = ("prove", golden("bn254", ".zkey"), *good, bad, "--out", self.out)
        run = subprocess.run([PARTITA, *command, "--quiet"], capture_output=True, text=True, check=False, env=environment())
        self.assertEqual(run.returncode, 76)
        shutil.copyfile(golden("bn254", ".wtns"), bad)
        run = self.works(*command, "--resume")
        self.assertEqual(run.stderr.count(": synthesis\n"), 1)
        self.assertEqual([row[0] for row in self.entries()], ["w0", "w1", "w2", "x"])

    def test_resume_goes_on_with_this_request_alone(self):
        witnesses = self.witnesses("bn254", 3)
        key = golden("bn254", ".zkey")
        self.fails(66, "prove", key, *witnesses, "--out", self.out, "--resume", "--quiet", says="no journal to resume")
        self.works("prove", key, *witnesses[:2], "--out", self.out, "--quiet")
        self.fails(64, "prove", key, *witnesses, "--out", self.out, "--resume", "--quiet", says="can't be resumed")
        self.works("prove", key, *witnesses[:2], "--out", self.out, "--resume", "--quiet")

    def test_a_second_run_in_the_same_place_is_refused_at_once(self):
        fifo = self.dir / "slow.wtns"
        subprocess.run(["mkfifo", fifo], check=True)
        first = subprocess.Popen([PARTITA, "prove", golden("bn254", ".zkey"), fifo, "--out", self.out, "--quiet"], env=environment())
        with open(fifo, "wb"):
            self.fails(75, "prove", self.dir / "none.zkey", *self.witnesses("bn254", 1), "--out", self.out, "--quiet",
                       says=f"process {first.pid}")
            first.send_signal(signal.SIGTERM)
            self.assertEqual(first.wait(SECONDS_MAX), 75)

    def test_a_killed_run_goes_on_where_it_was(self):
        command = ("prove", golden("bn254", ".zkey"), *self.witnesses("bn254", 60), "--out", self.out)
        first = subprocess.Popen([PARTITA, *command, "--quiet"], env=environment())
        while len(files_now(self.out, "*.proof.json")) < 10:
            time.sleep(0.005)
            self.assertIsNone(first.poll())
        first.kill()
        first.wait()
        kept = {row[0] for row in self.entries()}
        self.assertGreaterEqual(len(kept), 10)
        run = self.works(*command, "--resume")
        self.assertEqual(run.stderr.count(": synthesis\n"), 60 - len(kept))
        self.assertEqual(len(self.entries()), 60)
        self.works("verify", golden("bn254", "_vkey.json"), "--dir", self.out, "--quiet")

    def test_the_journal_may_lie_elsewhere(self):
        journal = self.dir / "kept" / "j.db"
        self.works("prove", golden("bn254", ".zkey"), *self.witnesses("bn254", 2), "--out", self.out, "--journal", journal, "--quiet")
        self.assertEqual(len(self.entries(journal)), 2)
        self.assertFalse((self.out / ".partita").exists())

    def test_one_partition_with_named_outputs_makes_no_journal(self):
        self.works(*self.prove_args())
        self.assertEqual(self.names(), ["proof.json", "public.json"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
