# SPDX-License-Identifier: Apache-2.0
"""Ranks that wait while rank 0 does a command by itself. One group: python3 waiting_test.py Waiting"""
import os
import pathlib
import shutil
import signal
import tempfile
import time
import unittest

from killed_job import Job, send
from program_test import golden

N_RANKS = 3
PATIENCE_S = 15      # that they have with a rank 0 which is not heard
LATE_S = 45          # what a busy machine may add


class Waiting(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="partita_test_"))
        self.addCleanup(shutil.rmtree, self.dir)

    def start(self, name):
        """A job whose rank 0 works until its FIFO is written to."""
        room, fifo = self.dir / name, self.dir / f"{name}.fifo"
        room.mkdir()
        os.mkfifo(fifo)
        job = Job(room, N_RANKS, [golden("bn254", "_vkey.json"), fifo, golden("bn254", "_proof.json")], False, command="verify")
        self.addCleanup(job.end)
        return job, fifo

    def wait_for(self, job, what, seconds=LATE_S):
        end = time.monotonic() + seconds
        while not what():
            self.assertLess(time.monotonic(), end, job.text())
            time.sleep(0.1)

    @staticmethod
    def codes(job):
        return {path.name: path.read_text(encoding="utf-8").strip() for path in job.codes.iterdir()}

    def test_they_wait_as_long_as_rank_0_is_there_and_end_when_it_is_not(self):
        (lost, _), (kept, fifo) = self.start("lost"), self.start("kept")
        for job in (lost, kept):
            self.wait_for(job, lambda job=job: len(job.ranks()) == N_RANKS)
        time.sleep(PATIENCE_S + 4)
        for job in (lost, kept):
            self.assertEqual((len(job.ranks()), self.codes(job)), (N_RANKS, {}), job.text())
        send(next(rank.pid for rank in lost.ranks() if rank.rank == 0), signal.SIGKILL)
        fifo.write_bytes(pathlib.Path(golden("bn254", "_public.json")).read_bytes())
        self.wait_for(kept, lambda: self.codes(kept) == {"0": "0", "1": "0", "2": "0"})
        self.wait_for(lost, lambda: self.codes(lost) == {"0": "137", "1": "75", "2": "75"}, PATIENCE_S + LATE_S)


if __name__ == "__main__":
    unittest.main(verbosity=2)
