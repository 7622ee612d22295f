# SPDX-License-Identifier: Apache-2.0
"""Where a witness, r and s are while a proof is made, and where they are not afterwards.

PARTITA is the program, PARTITA_RECORDING the same with recorded_blinding.c, GOLDEN the folder of tests/golden.
One group: python3 secret_test.py AfterAProof
"""
import ctypes
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import secret_scan

PARTITA, RECORDING = os.environ["PARTITA"], os.environ["PARTITA_RECORDING"]
PREIMAGE = pathlib.Path(os.environ["GOLDEN"]) / "preimage"
CURVES = ("bn254", "bls12_381")
STAGES = ("witness", "synthesis", "quotient", "msm h", "msm g1", "msm g2", "assemble", "verify", "write")
SECONDS_MAX = 60
SKIPPED = 77  # what ctest shows as skipped


def instruction_sets():
    doctor = subprocess.run([PARTITA, "doctor", "--json"], check=True, capture_output=True, timeout=SECONDS_MAX)
    return sorted({t["instruction_set"] for t in json.loads(doctor.stdout)["self_test"]})


def cores_allowed():
    """In a child that is about to be the program."""
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class SecretTest(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="partita_secrets_"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.fifo = self.dir / "second.wtns"
        os.mkfifo(self.fifo)

    def preimage(self, curve):
        return PREIMAGE / f"preimage_{curve}.zkey", PREIMAGE / f"preimage_{curve}.wtns"

    def generated(self, curve, log_domain):
        """A key and a witness of full-size values, large enough for every thread to have its part of each stage."""
        def run(*args):
            subprocess.run([PARTITA, *map(str, args)], check=True, capture_output=True, timeout=SECONDS_MAX)
        files = self.dir / curve
        run("bench", "circuit", "--domain", f"2^{log_domain}", "--witness", "full", "--curve", curve, "-o", files)
        run("setup", "--insecure", files / "circuit.r1cs", "-o", files / "circuit.zkey", "--vkey", files / "vkey.json")
        return files / "circuit.zkey", files / "circuit.wtns"

    def public_of(self, key, witness):
        """The public values, by an ordinary proof."""
        proof, public = self.dir / "p.json", self.dir / "q.json"
        subprocess.run([PARTITA, "prove", key, witness, proof, public, "--quiet"], check=True, capture_output=True,
                       timeout=SECONDS_MAX)
        return [int(x) for x in json.loads(public.read_text())]

    def secrets_of(self, witness, public):
        secrets = secret_scan.witness_secrets(witness, public)
        self.assertGreater(len(secrets.by_word), 200)
        return secrets

    def start(self, key, witness, *options, core="--allow-core"):
        """Prove a witness, then one from a FIFO that nobody writes to: there the program waits."""
        command = [RECORDING, "prove", key, witness, self.fifo, "--out", self.dir / "out", *options] + ([core] if core else [])
        run = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=self.dir,
                               preexec_fn=cores_allowed)
        self.addCleanup(self.end, run)
        return run

    @staticmethod
    def end(run):
        if run.poll() is None:
            run.kill()
        run.wait(SECONDS_MAX)
        run.stderr.close()

    def wait_for(self, run, line):
        """Until progress says so. Returns what was said before."""
        said = []
        for text in run.stderr:
            said.append(text)
            if text.rstrip("\n").endswith(line):
                return said
        self.fail(f"the program ended before {line!r}: {''.join(said)}")

    def wait_for_first(self, run, witness):
        """Until the first witness is proven and published, or has failed. Returns what was said meanwhile."""
        said = []
        for text in run.stderr:
            said.append(text)
            if text.startswith(f"partita: {witness}: "):
                return said
            if text.rstrip("\n").endswith(f"{pathlib.Path(witness).stem}: write"):
                break
        published = self.dir / "out" / (pathlib.Path(witness).stem + ".proof.json")
        for _ in range(SECONDS_MAX * 100):
            if published.exists():
                return said
            time.sleep(0.01)
        self.fail(f"no proof: {''.join(said)}")

    def stop(self, run):
        os.kill(run.pid, signal.SIGSTOP)
        os.waitpid(run.pid, os.WUNTRACED)


class AfterAProof(SecretTest):
    """The program has proven one witness and waits for the next: the crew's threads, the key and the heap are still there."""

    def none_is_left(self, key, witness, secrets, *options, blinding=True):
        run = self.start(key, witness, *options)
        said = self.wait_for_first(run, witness)
        blobs = [blob for _, blob in secret_scan.mappings(run.pid)]
        self.assertEqual(secret_scan.add_blinding(secrets, blobs), blinding)
        left = set().union(*(secrets.found_in(blob) for blob in blobs))
        self.assertEqual(left, set(), f"{options}, {len(left)} values")
        self.end(run)
        shutil.rmtree(self.dir / "out", ignore_errors=True)
        return said

    def test_no_value_nor_r_nor_s_is_left_by_any_build(self):
        for curve in CURVES:
            key, witness = self.preimage(curve)
            public = self.public_of(key, witness)
            for isa in instruction_sets():
                for n_threads in ("1", "3"):
                    secrets = self.secrets_of(witness, public)
                    self.none_is_left(key, witness, secrets, "--isa", isa, "--threads", n_threads)

    def test_nothing_is_left_by_many_tasks(self):
        for curve in CURVES:
            key, witness = self.generated(curve, 12)
            public = self.public_of(key, witness)
            for isa in instruction_sets():
                self.none_is_left(key, witness, self.secrets_of(witness, public), "--isa", isa, "--threads", "2")

    def test_nothing_is_left_by_a_witness_that_fails(self):
        key, witness = self.preimage("bn254")
        public = self.public_of(key, witness)
        blob = witness.read_bytes()
        r = secret_scan.read_wtns(witness)[0]
        cases = (("does not verify", blob[:-32] + bytes([blob[-32] ^ 1]) + blob[-31:], True),
                 ("is not below r", blob[:-32] + r.to_bytes(32, "little"), False),
                 ("section 2", blob[:-1], False),
                 ("values", blob[:60] + (242).to_bytes(4, "little") + blob[64:], False))
        for says, damaged, blinding in cases:
            first = self.dir / "first.wtns"
            first.write_bytes(damaged)
            said = self.none_is_left(key, first, self.secrets_of(witness, public), blinding=blinding)
            self.assertIn(says, "".join(said))


class Stages(SecretTest):
    """The program is stopped within each stage: which mappings would be in a core?"""

    def test_secrets_are_in_mappings_that_no_core_has(self):
        for curve in CURVES:
            key, witness = self.generated(curve, 12)
            public = self.public_of(key, witness)
            for stage in STAGES:
                secrets = self.secrets_of(witness, public)
                run = self.start(key, witness, "--threads", "2")
                self.wait_for(run, "circuit: " + stage)
                self.stop(run)
                found = list(secret_scan.mappings(run.pid))
                secret_scan.add_blinding(secrets, [blob for _, blob in found])
                self.assertEqual(set().union(*(secrets.found_in(blob) for dumped, blob in found if dumped)), set(), stage)
                if stage in STAGES[1:6]:  # it is read, and not yet zeroed
                    kept = set().union(*(secrets.found_in(blob) for dumped, blob in found if not dumped))
                    self.assertGreater(len(kept), 1000, stage)
                self.end(run)
                shutil.rmtree(self.dir / "out", ignore_errors=True)


class Cores(SecretTest):
    """The program crashes."""

    def setUp(self):
        super().setUp()
        with open("/proc/sys/kernel/core_pattern", encoding="ascii") as f:
            pattern = f.read().strip()
        if "/" in pattern or pattern.startswith("|"):
            self.skipTest(f"cores go to {pattern}")

    def cores(self):
        return [path for path in self.dir.iterdir() if path.name.startswith("core")]

    def crash(self, run, number, thread=0):
        """One thread crashes: main's, the one that waits for signals, the crew's, the one that proves."""
        threads = sorted(map(int, os.listdir(f"/proc/{run.pid}/task")))
        if ctypes.CDLL(None).tgkill(run.pid, threads[thread % len(threads)], number) != 0:
            os.kill(run.pid, number)  # that thread has just ended
        run.stderr.read()
        self.assertEqual(run.wait(SECONDS_MAX), -number)
        shutil.rmtree(self.dir / "out", ignore_errors=True)

    def test_there_is_no_core_by_default(self):
        key, witness = self.preimage("bn254")
        run = self.start(key, witness, core=None)
        self.wait_for_first(run, witness)
        with open(f"/proc/{run.pid}/limits", encoding="ascii") as f:
            limits = next(line for line in f if line.startswith("Max core file size"))
        self.assertEqual(limits.split()[4:6], ["0", "0"])
        self.crash(run, signal.SIGSEGV)
        self.assertEqual(self.cores(), [])

    def test_a_core_has_no_secret(self):
        for curve in CURVES:
            key, witness = self.generated(curve, 12)
            public = self.public_of(key, witness)
            for i, stage in enumerate(STAGES):
                secrets = self.secrets_of(witness, public)
                run = self.start(key, witness, "--threads", "2")
                self.wait_for(run, "circuit: " + stage)
                self.crash(run, signal.SIGSEGV if i % 2 == 0 else signal.SIGABRT, thread=i)
                core, = self.cores()
                blob = core.read_bytes()
                self.assertIn(b"partita_recording", blob)
                drawn = secret_scan.add_blinding(secrets, [blob])
                self.assertTrue(drawn or stage not in ("verify", "write"))
                self.assertEqual(secrets.found_in(blob), set(), f"{curve}, {stage}")
                core.unlink()


if __name__ == "__main__":
    done = unittest.main(exit=False).result
    skipped = done.testsRun == len(done.skipped) > 0
    sys.exit(SKIPPED if skipped else 0 if done.wasSuccessful() else 1)
