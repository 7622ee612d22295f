# SPDX-License-Identifier: Apache-2.0
"""With r = s = 0 a proof depends on key and witness alone: however many ranks there are, files and bundle are the same to the last byte.

PARTITA_FIXED is the program that draws r = s = 0. One group: python3 identity_test.py Identity
"""
import contextlib
import json
import os
import subprocess
import unittest

from program_test import CURVES, PARTITA, SECONDS_MAX, ProgramTest
from rank_environment import mpi_environment
from squaring_chain import SquaringChain

FIXED, MPIRUN = os.environ["PARTITA_FIXED"], os.environ["MPIRUN"]
RANKS = (1, 2, 3, 5)
N_OF_A_CURVE, N_SQUARES = (6, 2**6 - 2) if os.environ["SANITIZED"] == "1" else (12, 2**10 - 2) # minutes under ThreadSanitizer
TRIES = 5


class Identity(ProgramTest):
    def request(self):
        """Partitions of both curves by turns, each with a witness of its own: the request file and the verifying keys."""
        lines, vkeys = [], []
        for curve in CURVES:
            chain, room = SquaringChain(curve, N_SQUARES), self.dir / curve
            room.mkdir()
            key, vkey = chain.write_key(PARTITA, room)
            vkeys.append(vkey)
            for i in range(N_OF_A_CURVE):
                witness = room / f"{curve}-{i}.wtns"
                witness.write_bytes(chain.witness(i + 2))
                lines.append((i, json.dumps({"key": str(key), "witness": str(witness)})))
        path = self.dir / "request.jsonl"
        path.write_text("\n".join(line for _, line in sorted(lines)) + "\n")
        return path, vkeys

    def prove(self, program, n, request):
        """By n ranks under mpirun; 0: without it. Every output's bytes by its name, and the ranks that have proven something."""
        out = self.dir / f"out{len(self.names())}"
        out.mkdir()
        mpirun = [MPIRUN, *(["--allow-run-as-root"] if os.geteuid() == 0 else []), "--oversubscribe", "--bind-to", "none", "-n", str(n)]
        run = subprocess.run([*(mpirun if n > 0 else []), program, "prove", "--request", request, "--out", out, "--bundle", out / "all.ptbd", "--log=json",
                              "--threads", "1"], env=mpi_environment(), timeout=SECONDS_MAX, text=True, check=False, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(run.returncode, 0, run.stderr)
        ranks = set()
        for line in run.stderr.splitlines():
            with contextlib.suppress(ValueError): # what launchers say
                told = json.loads(line)
                if told["event"] == "proven":
                    ranks.add(told["rank"])
        return {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}, ranks

    def test_however_many_ranks_the_proofs_are_the_same_bytes(self):
        request, vkeys = self.request()
        alone, _ = self.prove(FIXED, 0, request)
        self.assertEqual(len(alone), 2 * len(CURVES) * N_OF_A_CURVE + 1)
        self.assertEqual(len(set(alone.values())), len(alone)) # each is of its witness
        for n in RANKS:
            for _ in range(TRIES): # a rank that starts late on a busy machine may find nothing left
                files, ranks = self.prove(FIXED, n, request)
                self.assertEqual(sorted(files), sorted(alone))
                self.assertEqual([name for name in alone if files[name] != alone[name]], [], f"{n} ranks")
                if len(ranks) >= min(n, 2):
                    break
            self.assertGreaterEqual(len(ranks), min(n, 2))
        (self.dir / "all.ptbd").write_bytes(alone["all.ptbd"])
        self.works("verify", "--bundle", self.dir / "all.ptbd", *vkeys, "--quiet")

    def test_the_program_itself_blinds_every_proof_anew(self):
        request, _ = self.request()
        first, second = (self.prove(PARTITA, 0, request)[0] for _ in range(2))
        same = {name for name in first if first[name] == second[name]}
        self.assertEqual(same, {name for name in first if name.endswith(".public.json")})


if __name__ == "__main__":
    unittest.main(verbosity=2)
