# SPDX-License-Identifier: Apache-2.0
"""transport_test.py GROUP: frames between the ranks of an MPI job, over shared memory and TCP, with ranks that die."""
import os
import re
import subprocess
import sys
import time
import unittest

from rank_environment import mpi_environment

RANK = os.environ["TRANSPORT_RANK"]
MPIRUN = os.environ.get("MPIRUN", "")
SECONDS_MAX = 100
BTLS = {"shared memory": [], "TCP": ["--mca", "btl", "tcp,self"]}


def mpirun(n, mode, *options):
    command = [MPIRUN, "-n", str(n), "--oversubscribe", "--bind-to", "none", *options]
    if os.geteuid() == 0:
        command.append("--allow-run-as-root")
    return subprocess.run([*command, RANK, mode], timeout=SECONDS_MAX, env=mpi_environment(), text=True, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class TransportTest(unittest.TestCase):
    def ends_well(self, n, mode, *options):
        """Returns what was printed; mpirun's own exit code says nothing under --enable-recovery."""
        begin = time.monotonic()
        run = mpirun(n, mode, *options)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn(f"{mode}: {n} ranks, {n} here, {n} with these processors: all right\n", run.stdout, run.stderr)
        print(f"{mode} {n} {' '.join(options)}: {time.monotonic() - begin:.1f} s", flush=True)
        return run.stdout


class Exchange(TransportTest):
    def test_frames_of_every_size_arrive_whole_and_in_order(self):
        for name, btl in BTLS.items():
            for n in (1, 2, 4):
                with self.subTest(name, n=n):
                    self.ends_well(n, "exchange", *btl)


class Death(TransportTest):
    def test_the_others_go_on_when_a_rank_is_killed_in_a_frame(self):
        for name, btl in BTLS.items():
            for n in (2, 4):
                with self.subTest(name, n=n):
                    self.ends_well(n, "kill", "--enable-recovery", *btl)

    def test_the_others_go_on_and_end_when_a_rank_is_frozen_in_a_frame(self):
        for name, btl in BTLS.items():
            with self.subTest(name):
                self.ends_well(4, "stop", "--enable-recovery", *btl)


class Idle(TransportTest):
    def test_who_waits_does_not_burn_a_core(self):
        for name, btl in BTLS.items():
            with self.subTest(name):
                told = self.ends_well(4, "idle", *btl)
                print(f"{name}: {told}", end="")
                self.assertEqual(len(re.findall("waiting takes", told)), 4)


if __name__ == "__main__":
    if not os.path.isfile(MPIRUN):
        print("no mpirun: skipped")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=2)
