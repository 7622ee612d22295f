#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the coordinator's thread takes of a core while a stream of requests (`partita prove --request -`) has nothing to do, rank 0 being alone.

Linux alone: time on the processor by /proc. Afterwards a line is sent, whose proof must come: whoever slept so well still listens."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = TOP / "tests/golden/preimage/preimage_bn254"
SETTLE_SECONDS = 2


def processor_seconds(pid):
    """Of the first thread, which coordinates."""
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def percent_of_a_core(run, seconds):
    time.sleep(SETTLE_SECONDS)
    begin, before = time.monotonic(), processor_seconds(run.pid)
    time.sleep(seconds)
    return 100 * (processor_seconds(run.pid) - before) / (time.monotonic() - begin)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partita", default=str(TOP / "build/release/partita"), help="the program (default: build/release/partita)")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    line = json.dumps({"id": "awake", "key": f"{GOLDEN}.zkey", "witness": f"{GOLDEN}.wtns"})
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as out:
            command = [options.partita, "prove", "--request", "-", "--out", out, "--quiet"]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
                percent = percent_of_a_core(run, options.seconds)
                results, _ = run.communicate(line + "\n")
        if run.returncode != 0 or json.loads(results)["status"] != 0:
            sys.exit(f"no proof came from who was idle: exit code {run.returncode}, {results}")
        print(f"{percent:.2f} % of a core over {options.seconds:g} s")


if __name__ == "__main__":
    main()
