# SPDX-License-Identifier: Apache-2.0
"""Ranks that see neither key nor witness: --ship. One group: python3 ship_test.py Ship"""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import unittest

from program_test import PARTITA, SECONDS_MAX, ProgramTest, golden
from rank_environment import mpi_environment

CURVES = ("bn254", "bls12_381")
RANK = 'if [ "$OMPI_COMM_WORLD_RANK" = 0 ]; then cd "$1"; else cd "$2"; fi; shift 2; exec "$@"'
N = 20 if os.environ["SANITIZED"] == "1" else 120 # a rank alone takes all of them: seconds each under ThreadSanitizer


class Alone(ProgramTest):
    def test_one_rank_ships_to_nobody(self):
        self.works(*self.prove_args(), "--ship")
        self.verifies("bn254", self.public, self.proof)

    def test_a_cache_is_for_what_is_shipped(self):
        for option in (("--cache", self.dir), ("--cache-size", "1G")):
            self.fails(64, *self.prove_args(), *option, says="need --ship")
        self.fails(64, *self.prove_args(), "--ship", "--cache", "", says="--cache needs the name of a directory")


class Ship(ProgramTest):
    """Rank 0 stands where the files are, by relative paths; the others somewhere else."""

    def setUp(self):
        super().setUp()
        self.here, self.away, self.cache = self.dir / "here", self.dir / "away", self.dir / "cache"
        for path in (self.here, self.away):
            path.mkdir()
        for curve in CURVES:
            shutil.copyfile(golden(curve, ".zkey"), self.here / f"{curve}.zkey")
        for i in range(N):
            shutil.copyfile(golden("bn254", ".wtns"), self.here / f"w{i:03}.wtns")

    def mpirun(self, n, *args, lines=""):
        command = [os.environ["MPIRUN"], "-n", str(n), "--oversubscribe", "--bind-to", "none", "--enable-recovery"]
        if os.geteuid() == 0:
            command.append("--allow-run-as-root")
        command += ["sh", "-c", RANK, "rank", str(self.here), str(self.away), PARTITA, *map(str, args)]
        return subprocess.run(command, timeout=SECONDS_MAX, env=mpi_environment(), text=True, check=False, input=lines,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ship(self, *more, ranks=3):
        """Prove all; returns what was shipped, and lines of the program on stderr."""
        shutil.rmtree(self.here / "out", ignore_errors=True)
        run = self.mpirun(ranks, "prove", "bn254.zkey", "w*.wtns", "--out", "out", "--ship", "--cache", self.cache, "--stats", "--json",
                          "--quiet", *more)
        said = [line for line in run.stderr.splitlines() if line.startswith("partita: ")]
        result = json.loads(run.stdout)
        self.assertEqual({p["status"] for p in result["partitions"]}, {0}, run.stderr)
        return result["stats"]["shipped"], said

    def proven_elsewhere(self):
        connection = sqlite3.connect(self.here / "out" / ".partita" / "journal.db")
        n = connection.execute("select count(*) from proof where rank not like '%:0'").fetchone()[0]
        connection.close()
        return n

    def keys(self):
        return sorted(self.cache.glob("*.key"))

    def test_ranks_that_see_no_file_prove(self):
        shipped, said = self.ship()
        self.assertEqual(said, [])
        self.works("verify", golden("bn254", "_vkey.json"), "--dir", self.here / "out", "--quiet")
        self.assertGreater(self.proven_elsewhere(), 0)
        n_key, n_witness = ((self.here / name).stat().st_size for name in ("bn254.zkey", "w000.wtns"))
        self.assertEqual((shipped["keys"]["pieces"], shipped["keys"]["bytes"]), (1, n_key)) # two ranks of one host
        self.assertGreaterEqual(shipped["witnesses"]["pieces"], self.proven_elsewhere())
        self.assertEqual(shipped["witnesses"]["bytes"], shipped["witnesses"]["pieces"] * n_witness)
        self.assertEqual(self.keys()[0].read_bytes(), (self.here / "bn254.zkey").read_bytes())
        self.assertEqual(list(self.away.iterdir()), [])

    def test_without_it_they_do_not(self):
        run = self.mpirun(2, "prove", "bn254.zkey", "w000.wtns", "--out", "out", "--quiet")
        self.assertIn("rank 1 on", run.stderr)
        self.assertIn("can't open its key", run.stderr)

    def test_a_key_is_sent_once_and_found_the_next_time(self):
        self.assertEqual(self.ship()[0]["keys"]["pieces"], 1)
        self.assertEqual(self.ship()[0]["keys"]["pieces"], 0)

    def test_a_key_that_was_damaged_in_the_cache_is_sent_anew(self):
        self.ship()
        blob = bytearray(self.keys()[0].read_bytes())
        blob[len(blob) // 2] ^= 1
        self.keys()[0].write_bytes(blob)
        self.assertEqual(self.ship()[0]["keys"]["pieces"], 1)
        self.assertEqual(self.keys()[0].read_bytes(), (self.here / "bn254.zkey").read_bytes())

    def test_a_cache_that_is_too_small_costs_its_rank_alone(self):
        shipped, said = self.ship("--cache-size", "1000", ranks=2)
        self.assertEqual(shipped["keys"]["pieces"], 0)
        self.assertEqual(len(said), 1, said)
        self.assertRegex(said[0], "rank 1 on .* can't open its key: .*: a key of [0-9]+ bytes, but --cache-size is 1000")

    def test_a_cache_that_can_t_be_made_costs_its_rank_alone(self):
        self.cache = "/dev/null/cache"
        said = self.ship(ranks=2)[1]
        self.assertEqual(len(said), 1, said)
        self.assertIn("/dev/null/cache: can't make the directory", said[0])

    def test_keys_of_both_curves_and_priorities(self):
        shutil.copyfile(golden("bls12_381", ".wtns"), self.here / "b.wtns")
        lines = [{"key": "bls12_381.zkey", "witness": "b.wtns", "id": f"b{i}", "priority": i % 3} for i in range(N // 3)]
        lines += [{"key": "bn254.zkey", "witness": f"w{i:03}.wtns"} for i in range(N // 3)]
        (self.here / "request.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        run = self.mpirun(3, "prove", "--request", "request.jsonl", "--out", "out", "--ship", "--cache", self.cache, "--quiet", "--json")
        self.assertEqual({p["status"] for p in json.loads(run.stdout)["partitions"]}, {0}, run.stderr)
        self.assertEqual(len(self.keys()), 2)

    def test_lines_that_come_while_they_are_proven_are_shipped(self):
        """Their places are used again and again, and keys join."""
        shutil.copyfile(golden("bls12_381", ".wtns"), self.here / "b.wtns")
        lines = [{"key": "bn254.zkey", "witness": f"w{i:03}.wtns"} for i in range(N)]
        lines += [{"key": "bls12_381.zkey", "witness": "b.wtns", "id": f"b{i}"} for i in range(30)]
        run = self.mpirun(3, "prove", "--request", "-", "--out", "out", "--ship", "--cache", self.cache, "--quiet",
                          lines="".join(json.dumps(line) + "\n" for line in lines))
        self.assertEqual(len(list((self.here / "out").glob("*.proof.json"))), N + 30, run.stderr)
        self.assertGreater(self.proven_elsewhere(), 0)
        self.assertEqual(len(self.keys()), 2)

    def test_a_witness_that_fails_is_named_and_the_others_are_proven(self):
        for name, content in (("bad1.wtns", b"wtns, not really"), ("bad2.wtns", b"")):
            (self.here / name).write_bytes(content)
        run = self.mpirun(3, "prove", "bn254.zkey", "w00*.wtns", "bad1.wtns", "bad2.wtns", "--out", "out", "--ship", "--cache", self.cache,
                          "--quiet", "--json")
        status = {p["id"]: p["status"] for p in json.loads(run.stdout)["partitions"]}
        self.assertEqual(sorted(status.values()), [0] * 10 + [65, 65], run.stderr)
        self.assertEqual((status["bad1"], status["bad2"]), (65, 65))


if __name__ == "__main__":
    unittest.main(verbosity=2)
