# SPDX-License-Identifier: Apache-2.0
"""partita setup and partita bench as their user meets them. One group: python3 measure_test.py Setup"""
import json
import os
import signal
import subprocess
import time
import unittest

from program_test import CURVES, PARTITA, SECONDS_MAX, ProgramTest, golden, partita


class MeasureTest(ProgramTest):
    def path(self, name):
        return str(self.dir / name)

    def begin(self, args, folder):
        """Start the program and return it once its output is begun in folder."""
        process = subprocess.Popen([PARTITA, *args], stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        while not list(folder.glob(".partita-*.tmp")):
            self.assertIsNone(process.poll())
            time.sleep(0.001)
        return process

    def circuit(self, curve, domain="2^4", witness="full"):
        folder = self.path(f"c_{curve}")
        self.works("bench", "circuit", "--domain", domain, "--curve", curve, "--witness", witness, "-o", folder)
        return f"{folder}/circuit.r1cs", f"{folder}/circuit.wtns"


class Setup(MeasureTest):
    def test_a_key_of_ours_proves_and_is_warned_of(self):
        for curve in CURVES:
            with self.subTest(curve):
                r1cs, wtns = self.circuit(curve)
                key, vkey, proof, public = (self.path(name) for name in (f"{curve}.zkey", f"{curve}.json", "proof.json", "public.json"))
                made = self.works("setup", "--insecure", r1cs, "-o", key, "--vkey", vkey, "--quiet")
                self.assertIn("INSECURE", made.stderr)
                proved = self.works("prove", key, wtns, proof, public, "--quiet")
                self.assertIn("can forge", proved.stderr)
                self.works("verify", vkey, public, proof)
                self.assertTrue(json.loads(self.works("inspect", key, "--json").stdout)["holds"]["insecure"])

    def test_it_is_refused_unless_asked_for_by_name(self):
        done = self.fails(64, "setup", golden("bn254", ".r1cs"), "-o", self.path("k.zkey"))
        self.assertIn("--insecure", done.stderr)
        self.assertFalse(os.path.exists(self.path("k.zkey")))

    def test_json_says_what_was_made(self):
        done = self.works("setup", "--insecure", golden("bn254", ".r1cs"), "-o", self.path("k.zkey"), "--json")
        result = json.loads(done.stdout)
        self.assertEqual((result["curve"], result["log_domain"], result["insecure"]), ("bn254", 8, True))

    def test_wrong_uses_are_argument_errors(self):
        r1cs, key = golden("bn254", ".r1cs"), self.path("k.zkey")
        self.fails(64, "setup", "--insecure", r1cs)
        self.fails(64, "setup", "--insecure", "-o", key)
        self.fails(64, "setup", "--insecure", r1cs, "-o", key, "--vkey", key)
        self.fails(64, "setup", "--insecure", r1cs, "-o", r1cs)
        self.assertEqual(self.names(), [])

    def test_bad_files_leave_nothing(self):
        key = self.path("k.zkey")
        self.fails(65, "setup", "--insecure", golden("bn254", ".wtns"), "-o", key)
        self.fails(66, "setup", "--insecure", self.path("missing.r1cs"), "-o", key)
        self.fails(73, "setup", "--insecure", golden("bn254", ".r1cs"), "-o", self.path(""))
        full = partita("setup", "--insecure", golden("bn254", ".r1cs"), "-o", "/dev/full")
        self.assertEqual(full.returncode, 74, full.stderr)
        self.assertEqual(self.names(), [])

    def test_a_key_is_not_overwritten(self):
        args = "setup", "--insecure", golden("bn254", ".r1cs"), "-o", self.path("k.zkey")
        self.works(*args)
        self.fails(73, *args)

    def test_a_verifying_key_that_fails_leaves_no_key(self):
        done = partita("setup", "--insecure", golden("bn254", ".r1cs"), "-o", self.path("k.zkey"), "--vkey", "/dev/full")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertEqual(self.names(), [])

    def begin_setup(self, curve):
        """Begin a set-up of seconds: the process, writing its key beside the name, and its circuit."""
        r1cs, _ = self.circuit(curve, domain="2^16")
        command = ["setup", "--insecure", r1cs, "-o", self.path("k.zkey"), "--vkey", self.path("vk.json"), "--threads", "1", "--quiet"]
        return self.begin(command, self.dir), r1cs

    def test_two_signals_leave_nothing(self):
        process, _ = self.begin_setup("bls12_381")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(SECONDS_MAX), 75)
        self.assertEqual(len([line for line in process.stderr if "WARNING" not in line]), 1)
        self.assertEqual(self.names(), ["c_bls12_381"])

    def test_a_circuit_that_is_truncated_meanwhile_was_read_before(self):
        process, r1cs = self.begin_setup("bn254")
        os.truncate(r1cs, 0)
        self.assertEqual(process.wait(SECONDS_MAX), 0)
        self.assertEqual(self.names(), ["c_bn254", "k.zkey", "vk.json"])

    def test_no_verifying_key_stays_if_the_key_can_not_be_named(self):
        process, _ = self.begin_setup("bn254")
        os.mkdir(self.path("k.zkey"))
        self.assertEqual(process.wait(SECONDS_MAX), 74)
        self.assertIn("k.zkey: can't be written: Is a directory", process.stderr.read())
        self.assertEqual(self.names(), ["c_bn254", "k.zkey"])


class Bench(MeasureTest):
    def rows(self, *args):
        result = json.loads(self.works("bench", *args, "--repeats", "2", "--json").stdout)
        for row in result["rows"]:
            self.assertTrue(row["checked"])
            self.assertLessEqual(row["min"], row["median"])
            self.assertEqual(row["n"], 2)
        return result["rows"]

    def test_every_kind_measures_both_curves(self):
        for kind, *args in (("arith",), ("ntt", "--size", "2^5"), ("msm", "--size", "2^5"), ("synth", "--domain", "2^5"),
                            ("prove", "--domain", "2^5", "--witness", "bits"), ("verify", "--batch", "3")):
            with self.subTest(kind):
                self.assertEqual({row["curve"] for row in self.rows(kind, *args)}, set(CURVES))

    def test_options_choose_what_is_measured(self):
        rows = self.rows("msm", "--size", "2^4", "--size", "2^6", "--curve", "bn254", "--group", "g2", "--scalars", "bits",
                         "--threads", "1")
        self.assertEqual([(row["name"], row["size"], row["threads"]) for row in rows],
                         [("msm_g2_bits", 16, 1), ("msm_g2_bits", 64, 1)])

    def test_a_key_and_a_witness_can_be_given(self):
        files = golden("bn254", ".zkey"), golden("bn254", ".wtns")
        self.assertEqual(self.rows("prove", *files)[0]["size"], 256)
        self.assertEqual(self.rows("synth", *files)[0]["name"], "synthesis")
        self.fails(65, "bench", "prove", golden("bn254", ".zkey"), golden("bls12_381", ".wtns"))

    def test_a_table_is_for_people(self):
        lines = self.works("bench", "ntt", "--size", "2^4", "--curve", "bn254", "--repeats", "1").stdout.splitlines()
        self.assertIn("median", lines[0])
        self.assertIn("2^4", lines[1])

    def test_wrong_uses_are_argument_errors(self):
        for args in (("nothing",), (), ("ntt", "--size", "100"), ("ntt", "--size", "2^28"), ("arith", "--curve", "secp256k1"),
                     ("msm", "--group", "g3"), ("msm", "--repeats", "0"), ("verify", "--batch", "0"), ("verify", "a", "b"),
                     ("msm", "a", "b"), ("prove", "key"), ("circuit", "--curve", "bn254", "-o", self.path("c_bn254")),
                     ("circuit", "--domain", "2^4", "-o", self.path("c_bn254")),
                     ("circuit", "--domain", "2^4", "--curve", "bn254"),
                     ("circuit", "--domain", "2^4", "--curve", "secp256k1", "-o", self.path("c_bn254"))):
            with self.subTest(args):
                self.fails(64, "bench", *args)
        self.assertEqual(self.names(), [])

    def test_a_signal_leaves_no_circuit(self):
        for witness in ("full", "bits"):
            for folder_is_new in (True, False):
                with self.subTest((witness, folder_is_new)):
                    folder = self.dir / "c"
                    if not folder_is_new:
                        folder.mkdir()
                    process = self.begin(["bench", "circuit", "--domain", "2^22", "--curve", "bn254", "--witness", witness,
                                          "-o", folder], folder)
                    process.send_signal(signal.SIGINT)
                    process.send_signal(signal.SIGTERM)
                    self.assertEqual(process.wait(SECONDS_MAX), 75)
                    self.assertEqual(process.stderr.read().count("\n"), 1)
                    self.assertEqual(self.names(), [] if folder_is_new else ["c"])
                    if not folder_is_new:
                        folder.rmdir() # fails if it has anything

    def test_a_circuit_is_not_overwritten(self):
        self.circuit("bn254")
        self.fails(73, "bench", "circuit", "--domain", "2^4", "--curve", "bn254", "-o", self.path("c_bn254"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
