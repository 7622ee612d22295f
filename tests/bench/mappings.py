#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""System calls that change a process's mappings, while `partita bench soak` keeps an engine full: there should be none.

strace counts them, in every thread, whoever makes them: the program, a library or malloc. (A preloaded library would not see libc's own.)
By a seccomp filter all other calls run at full speed. What is counted lies between the times at which the soak says that it had settled and
that it ended, of the system's clock. madvise is told, but maps nothing. Ends with 1 if there was a call, 77 without strace.

    python3 tests/bench/mappings.py PARTITA [OPTION of bench soak...]
"""
import collections
import json
import re
import shutil
import subprocess
import sys
import tempfile

CHANGES = ("mmap", "munmap", "mremap", "brk")
CALLS = CHANGES + ("madvise",)
LINE = re.compile(r"(\d+) +(\d+\.\d+) (?:<\.\.\. )?(\w+)(.*)")


def calls_of(path, first, last):
    """(name, text) of each call that began in [first, last]; a call in two pieces counts where it began."""
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            match = LINE.match(line)
            if match and match[3] in CALLS and "resumed>" not in line and first <= float(match[2]) <= last:
                yield match[3], line.rstrip()


def main(partita, *options):
    if shutil.which("strace") is None:
        print("strace is not there")
        return 77
    with tempfile.NamedTemporaryFile(prefix="mappings-") as record:
        run = subprocess.run(["strace", "-f", "--seccomp-bpf", "-qq", "-ttt", "-e", "trace=" + ",".join(CALLS), "-e", "signal=none", "-o", record.name,
                              partita, "bench", "soak", "--json", *options], stdout=subprocess.PIPE, text=True, check=False)
        if run.returncode != 0:
            return run.returncode
        soak = json.loads(run.stdout)
        steady = list(calls_of(record.name, soak["settled"]["clock"], soak["end"]["clock"]))
        whole = collections.Counter(name for name, _ in calls_of(record.name, 0, float("inf")))
    counts = collections.Counter(name for name, _ in steady)
    n_proofs = soak["end"]["proofs"] - soak["settled"]["proofs"]
    print(f"{n_proofs} partitions in {soak['end']['seconds'] - soak['settled']['seconds']:.1f} s of steady state, {soak['threads']} threads, "
          f"domain {soak['domain']}, {soak['curve']}; all {soak['proofs']} proofs right\n")
    print("| call | whole run | steady state | a partition |\n|---|---|---|---|")
    for name in CALLS:
        print(f"| {name} | {whole[name]} | {counts[name]} | {counts[name] / max(1, n_proofs):.3f} |")
    for _, line in [call for call in steady if call[0] in CHANGES][:20]:
        print(line, file=sys.stderr)
    return 1 if any(counts[name] for name in CHANGES) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
