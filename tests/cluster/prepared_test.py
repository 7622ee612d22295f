# SPDX-License-Identifier: Apache-2.0
"""partita prepare, and prepared keys in prove, inspect and bench. One group: python3 prepared_test.py Prepare"""
import json
import os
import signal
import subprocess
import time
import unittest

from program_test import CURVES, PARTITA, SECONDS_MAX, ProgramTest, golden
from rank_environment import environment


def place_of_h(blob):
    """Where H, the array number 10, begins in a prepared key."""
    return int.from_bytes(blob[1416 + 32 * 10 + 8 : 1416 + 32 * 10 + 16], "little")


class Prepare(ProgramTest):
    def prepared(self, curve="bn254", name="k.ptkey"):
        self.works("prepare", golden(curve, ".zkey"), "-o", self.dir / name, "--quiet")
        return self.dir / name

    def test_a_prepared_key_proves(self):
        for curve in CURVES:
            self.works(*self.prove_args(curve, key=self.prepared(curve)))
            self.verifies(curve, self.public, self.proof)
            self.works(*self.prove_args(curve, key=self.prepared(curve)), "--check", "full")

    def test_its_name_is_the_key_s_unless_it_is_given(self):
        key = self.copy_of("bn254", ".zkey", "a.zkey")
        odd = self.copy_of("bn254", ".zkey", "odd")
        self.assertIn("a.ptkey: bn254, 243 signals", self.works("prepare", key).stderr)
        self.works("prepare", odd, "--quiet")
        self.works("prepare", key, "--out", self.dir / "b", "--quiet")
        self.assertEqual(self.names(), ["a.ptkey", "a.zkey", "b", "odd", "odd.ptkey"])
        told = json.loads(self.works("prepare", key, "--json", "--quiet").stdout)
        self.assertEqual((told["prepared_key"], told["curve"], told["log_domain"]), (str(self.dir / "a.ptkey"), "bn254", 8))
        self.assertEqual((self.dir / "a.ptkey").read_bytes(), (self.dir / "b").read_bytes())

    def test_it_replaces_its_own_kind_alone(self):
        key = self.copy_of("bn254", ".zkey", "a.zkey")
        self.works("prepare", key, "--quiet")
        self.works("prepare", key, "--quiet")
        self.fails(64, "prepare", key, "-o", key, says="is both an input and an output")
        self.fails(73, "prepare", key, "-o", self.copy_of("bn254", ".wtns", "w.wtns"), says="is a wtns file")
        self.fails(73, "prepare", key, "-o", self.dir, says="directory")
        self.fails(73, *self.prove_args(proof=self.dir / "a.ptkey"), says="is a ptpk file")
        self.fails(65, "prepare", self.dir / "a.ptkey", "-o", self.dir / "b", says="is prepared already")
        self.assertEqual(self.names(), ["a.ptkey", "a.zkey", "w.wtns"])

    def test_every_point_is_asked_for_its_subgroup(self):
        blob = bytearray((self.copy_of("bls12_381", ".zkey", "k.zkey")).read_bytes())
        at = 12
        while int.from_bytes(blob[at : at + 4], "little") != 9:
            at += 12 + int.from_bytes(blob[at + 4 : at + 12], "little")
        order_3 = (2 << 384) % 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
        blob[at + 12 : at + 12 + 96] = bytes(48) + order_3.to_bytes(48, "little")
        (self.dir / "k.zkey").write_bytes(blob)
        self.fails(65, "prepare", self.dir / "k.zkey", says="section 9 (H): point 0 of 256 is not in the subgroup of order r")
        self.fails(76, *self.prove_args("bls12_381", key=self.dir / "k.zkey"), says="does not verify")
        self.assertEqual(self.names(), ["k.zkey"])

    def test_a_stale_or_damaged_one_is_refused_before_anything_is_written(self):
        key = self.copy_of("bn254", ".zkey", "k.zkey")
        self.works("prepare", key, "--quiet")
        ptkey, blob = self.dir / "k.ptkey", bytearray((self.dir / "k.ptkey").read_bytes())
        self.copy_of("bls12_381", ".zkey", "k.zkey")
        self.fails(65, *self.prove_args(key=ptkey), says="k.zkey is no longer the file that it was prepared from")
        key.unlink()
        blob[place_of_h(blob) + 100] ^= 1
        ptkey.write_bytes(blob)
        self.fails(65, *self.prove_args(key=ptkey), says="k.ptkey: H: MiB 1 of 1: checksum differs")
        blob[4] = 2
        ptkey.write_bytes(blob)
        self.fails(65, *self.prove_args(key=ptkey), says="k.ptkey: stale: version 2")
        self.assertEqual(self.names(), ["k.ptkey"])

    def test_inspect_shows_where_it_came_from_and_what_stands_where(self):
        key = self.prepared()
        told = json.loads(self.works("inspect", key, "--json").stdout)
        holds = told["holds"]
        self.assertEqual((told["kind"], holds["curve"], holds["n_vars"]), ("prepared key", "bn254", 243))
        self.assertEqual((holds["source"], len(holds["source_blake2b"])), ("preimage_bn254.zkey", 64))
        self.assertEqual([p["elements"] for p in holds["layout"] if p["array"] in ("A", "H")], [243, 256])
        self.assertTrue(all(p["offset"] % 4096 == 0 for p in holds["layout"]))
        text = self.works("inspect", key, "--check", "full").stdout
        self.assertRegex(text, r"\nB2 +243 +\d+ +31104\n")
        self.fails(64, "inspect", key, "--check", "all", says="--check is full, quick or none")

    def test_inspect_checks_what_it_is_asked(self):
        key = self.copy_of("bn254", ".zkey", "k.zkey")
        self.works("prepare", key, "--quiet")
        blob = bytearray(key.read_bytes())
        blob[-200] ^= 1 # beyond its header and IC
        key.write_bytes(blob)
        self.works("inspect", self.dir / "k.ptkey", "--check", "quick")
        self.fails(65, "inspect", self.dir / "k.ptkey", "--check", "full", says="stale")
        damaged = bytearray((self.dir / "k.ptkey").read_bytes())
        damaged[place_of_h(damaged)] ^= 1
        (self.dir / "k.ptkey").write_bytes(damaged)
        self.works("inspect", self.dir / "k.ptkey", "--check", "none")
        self.fails(65, "inspect", self.dir / "k.ptkey", "--check", "quick", says="checksum differs")

    def test_bench_takes_one(self):
        key = self.prepared()
        self.works("bench", "synth", key, golden("bn254", ".wtns"), "--repeats", "1")
        self.works("bench", "prove", key, golden("bn254", ".wtns"), "--repeats", "1")

    def test_a_signal_leaves_nothing(self):
        fifo = self.dir / "key.fifo"
        os.mkfifo(fifo)
        command = [PARTITA, "prepare", str(fifo), "-o", str(self.dir / "k.ptkey")]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment()) as process:
            with open(fifo, "wb"): # returns when the program has opened its end
                time.sleep(0.2)
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(SECONDS_MAX), 75)
        self.assertEqual(self.names(), ["key.fifo"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
