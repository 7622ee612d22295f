# SPDX-License-Identifier: Apache-2.0
"""A key, or a prepared key, that is truncated while it is mapped: one line and exit code 66, no output.

    python3 tests/format/truncated_key.py --partita build/partita

The witness is a FIFO, which is opened when the key has been read; so the key can be cut short at a known moment.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden", "preimage", "preimage_bn254")


TRIES = 10  # threads that find the same missing page at once do not do so every time


def check(partita, ending):
    with tempfile.TemporaryDirectory(prefix="partita-truncated-") as work:
        key, fifo, out = (os.path.join(work, name) for name in ("k" + ending, "w.wtns", "out"))
        if ending == ".zkey":
            shutil.copy(GOLDEN + ".zkey", key)
        else:
            subprocess.run([partita, "prepare", "--quiet", GOLDEN + ".zkey", "-o", key], stdin=subprocess.DEVNULL, check=True)
        os.mkfifo(fifo)
        os.mkdir(out)
        command = [partita, "prove", "--quiet", key, fifo, f"{out}/proof.json", f"{out}/public.json"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as run:
            with open(fifo, "wb") as pipe, open(GOLDEN + ".wtns", "rb") as witness:
                os.truncate(key, 0)
                pipe.write(witness.read())
            stderr = run.communicate(timeout=30)[1].decode()
        if run.returncode != 66 or stderr != "partita: a key was truncated while it was read\n" or os.listdir(out):
            sys.exit(f"exit {run.returncode}, stderr {stderr!r}, outputs {os.listdir(out)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--partita", required=True, help="the program")
    partita = os.path.abspath(parser.parse_args().partita)
    for _ in range(TRIES):
        check(partita, ".zkey")
        check(partita, ".ptkey")


if __name__ == "__main__":
    main()
