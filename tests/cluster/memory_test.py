# SPDX-License-Identifier: Apache-2.0
"""The memory that prove plans is the memory that it takes. One group: python3 memory_test.py Memory"""
import json
import os
import shutil
import unittest

from program_test import CURVES, ProgramTest, golden

LOG_DOMAIN = 15
TOLERANCE = 0.03
RUN_SECONDS_MAX = 300  # counted by gcov on a busy machine, eight partitions took more than a minute
SANITIZED = os.environ["SANITIZED"] == "1"  # a sanitizer's shadow is in no plan


class Memory(ProgramTest):
    def works(self, *args, **kwargs):
        return super().works(*args, timeout=RUN_SECONDS_MAX, **kwargs)

    def made(self, curve, kind):
        """A prepared key and a witness of a circuit made up."""
        place = self.dir / curve
        self.works("bench", "circuit", "--domain", f"2^{LOG_DOMAIN}", "--curve", curve, "--witness", kind, "-o", place, "--quiet")
        self.works("setup", "--insecure", place / "circuit.r1cs", "-o", place / "circuit.zkey", "--quiet")
        self.works("prepare", place / "circuit.zkey", "-o", place / "circuit.ptkey", "--quiet")
        return place / "circuit.ptkey", place / "circuit.wtns"

    def planned(self, key, witnesses, *options):
        run = self.works("prove", key, *witnesses, "--out", self.dir / "out", "--plan", "--json", "--quiet", *options)
        return json.loads(run.stdout)["plan"]["memory"]

    def copies(self, witness, n):
        paths = [self.dir / f"w{i}.wtns" for i in range(n)]
        for path in paths:
            shutil.copy(witness, path)
        return paths

    @unittest.skipIf(SANITIZED, "under a sanitizer")
    def test_what_is_planned_is_taken(self):
        for curve, kind in zip(CURVES, ("full", "bits")):
            key, witness = self.made(curve, kind)
            for n in (1, 3, 8):
                witnesses = self.copies(witness, n)
                plan = self.planned(key, witnesses, "--workers", n)
                self.assertEqual(plan["partitions_in_flight"], n)
                run = self.works("prove", key, *witnesses, "--out", self.dir / "out", "--workers", n, "--json", "--stats", "--quiet")
                stats = json.loads(run.stdout)["stats"]
                taken = stats["peak_memory_bytes"] - stats["peak_memory_before_bytes"]
                self.assertAlmostEqual(taken / plan["total_bytes"], 1, delta=TOLERANCE, msg=f"{curve}, {n} in flight")
                self.assertLessEqual(stats["arenas_mapped"], n)

    def test_the_least_budget_is_enough_and_a_byte_less_is_refused(self):
        key, witness = golden("bn254", ".zkey"), golden("bn254", ".wtns")
        witnesses = self.copies(witness, 4)
        least = self.planned(key, witnesses)["least_bytes"]
        plan = self.planned(key, witnesses, "--memory", least)
        self.assertEqual((plan["total_bytes"], plan["partitions_in_flight"]), (least, 1))
        self.works("prove", key, *witnesses, "--out", self.dir / "out", "--memory", least, "--quiet")
        self.assertEqual(len(list((self.dir / "out").glob("*.json"))), 8)
        shutil.rmtree(self.dir / "out")
        self.fails(75, "prove", key, *witnesses, "--out", self.dir / "out", "--memory", least - 1, "--quiet",
                   says=f"at least {least} bytes")
        self.assertFalse((self.dir / "out").exists())

    def test_a_plan_is_shown_and_nothing_proven(self):
        run = self.works("prove", golden("bn254", ".zkey"), golden("bn254", ".wtns"), self.proof, self.public, "--plan", "--quiet")
        for word in ("points", "matrices", "arenas", "1 in flight", "least", "budget"):
            self.assertIn(word, run.stdout)
        self.assertFalse(self.proof.exists() or self.public.exists())


if __name__ == "__main__":
    unittest.main()
