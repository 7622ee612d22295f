# SPDX-License-Identifier: Apache-2.0
"""Proofs that an OpenCL device makes: --device. PARTITA_FIXED draws r = s = 0. One group: python3 device_test.py DeviceProofs"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from program_test import CURVES, PARTITA, ProgramTest, golden, partita
from rank_environment import environment

FIXED = os.environ["PARTITA_FIXED"]
POCL = pathlib.Path("/etc/OpenCL/vendors/pocl.icd")
SECONDS_MAX = 240 # kernels are built by the first


class DeviceProofs(ProgramTest):
    """The driver is PoCL's, whose device is an OpenCL processor; where there is none, all of these are skipped."""

    @classmethod
    def setUpClass(cls):
        if not POCL.exists():
            if os.environ.get("PARTITA_TEST_DEVICE"):
                raise AssertionError("no PoCL, but PARTITA_TEST_DEVICE is set")
            raise unittest.SkipTest("no PoCL")
        cls.cache = tempfile.mkdtemp(prefix="partita_kernels_")
        cls.addClassCleanup(shutil.rmtree, cls.cache)
        cls.env = environment(XDG_CACHE_HOME=cls.cache, OCL_ICD_VENDORS=str(POCL))

    def prove(self, curve, *options, program=PARTITA, key=None):
        run = subprocess.run([program, *map(str, self.prove_args(curve, key=key)), "--stats", "--json", *options], env=self.env, text=True,
                             check=False, timeout=SECONDS_MAX, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return json.loads(run.stdout)["stats"]["device"]

    def outputs(self):
        return self.proof.read_bytes(), self.public.read_bytes()

    def refused(self, code, *options, says):
        self.fails(code, *self.prove_args(), *options, says=says, env=self.env, timeout=SECONDS_MAX)
        self.assertEqual(self.names(), [])

    def test_wherever_stages_run_the_proof_is_the_same_bytes(self):
        for curve in CURVES:
            self.assertIsNone(self.prove(curve, program=FIXED))
            alone = self.outputs()
            for options in ([], ["--synthesis", "cpu"], ["--g2", "cpu"], ["--synthesis", "cpu", "--g2", "cpu"], ["--synthesis=gpu", "--g2=gpu"]):
                told = self.prove(curve, "--device", "portable", *options, program=FIXED)
                self.assertEqual((told["partitions"], told["by_processor_instead"]), (1, 0))
                self.assertEqual(self.outputs(), alone, options)

    def test_many_partitions_share_the_device(self):
        for i in range(12):
            self.copy_of("bn254", ".wtns", f"w{i:02}.wtns")
        run = self.works("prove", golden("bn254", ".zkey"), *sorted(self.dir.glob("w*.wtns")), "--out", self.dir / "out", "--device", "0",
                         "--gpu-workers", "3", "--workers", "5", "--stats", "--json", "--quiet", env=self.env, timeout=SECONDS_MAX)
        self.assertEqual(json.loads(run.stdout)["stats"]["device"]["partitions"], 12)
        self.works("verify", golden("bn254", "_vkey.json"), "--dir", self.dir / "out", "--quiet")

    def test_a_witness_that_is_wrong_is_the_witness_fault(self):
        self.prove("bn254", "--device", "portable") # builds kernels
        self.proof.unlink()
        self.public.unlink()
        wrong = self.wrong_witness()
        self.fails(76, *self.prove_args(witness=wrong), "--device", "portable", says="wrong.wtns", env=self.env, timeout=SECONDS_MAX)

    def test_a_device_that_can_not_be_had_is_an_error(self):
        self.refused(69, "--device", "no such", says="--device no such: device no such: no device has this in its name")
        self.refused(69, "--device", "7", says="there are 1, counted from 0")
        self.refused(75, "--device", "portable", "--gpu-memory", "64K", says="of 65536")
        self.refused(64, "--device", "", says="--device : expected a name")

    def test_auto_takes_no_opencl_processor_and_says_who_proves(self):
        run = partita(*self.prove_args()[:-1], "--device", "auto", env=self.env)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("partita: --device auto: the processor proves: no GPU or accelerator among 1 OpenCL devices\n", run.stderr)
        self.verifies("bn254", self.public, self.proof)

    def test_text_says_where_it_was_proven(self):
        run = self.works(*self.prove_args(), "--stats", "--device", "portable", env=self.env, timeout=SECONDS_MAX)
        self.assertTrue(re.search(r"^proven on .+: 1; by the processor in its place: 0$", run.stdout + run.stderr, re.M), run.stderr)

    def test_what_proves_nothing_takes_no_device(self):
        for kind in ("verify", "circuit", "synth", "prove"):
            self.fails(64, "bench", kind, "--device", "portable", says=f"bench {kind} takes no --device")


if __name__ == "__main__":
    unittest.main(verbosity=2)
