# SPDX-License-Identifier: Apache-2.0
"""coverage_report.py BUILD FOLDER LINES BRANCHES: how much of FOLDER ran, over all builds of each file; fails below so many per cent.

A line of a per-curve source counts as run when one of its builds ran it. A branch is one way out of a condition of the compiled
program: of `a && b` there are four, of a switch one a case, of a loop two. It counts when it was taken at least once, in one of its builds.
Conditions that the compiler decides, so that only one way is left, are none. Those of an assert, whose one way is a bug, are left out;
nothing else is. A macro's conditions stand on the line that uses it, as gcov has them. The preset keeps copies apart: no function is
inlined before it is counted, so that a condition is one, however many callers its function has.

(Debian's gcovr refuses a function whose two definitions, by the instruction set, stand on different lines.)"""
import collections
import json
import os
import re
import subprocess
import sys

ASSERT = re.compile(r"\s*(?:assert|PT_ALWAYS)\(")


class Counts:
    """Most runs in one build: of each line, and of each branch of its conditions."""

    def __init__(self):
        self.lines = collections.defaultdict(int)
        self.branches = {}  # (line, which of its functions, number of branches): the counts

    def add(self, lines):
        places = collections.Counter()  # a macro's functions stand on one line
        for line in lines:
            number, branches = line["line_number"], [branch["count"] for branch in line["branches"]]
            self.lines[number] = max(self.lines[number], line["count"])
            if branches:
                key = number, places[number], len(branches)
                places[number] += 1
                self.branches[key] = list(map(max, branches, self.branches.get(key, branches)))

    def without_asserts(self, path):
        with open(path, encoding="utf-8") as file:
            asserts = {number for number, text in enumerate(file, 1) if ASSERT.match(text)}
        self.branches = {key: counts for key, counts in self.branches.items() if key[0] not in asserts}


def counts_of(build, folder):
    """{file: Counts}"""
    files = collections.defaultdict(Counts)
    for place, _, names in os.walk(build):
        for name in names:
            if name.endswith(".gcno"):  # of what never ran there is no .gcda
                out = subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--stdout", os.path.join(place, name)],
                                     check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
                add(files, out, folder)
    for path, counts in files.items():
        counts.without_asserts(path)
    return files


def add(files, out, folder):
    for report in map(json.loads, filter(None, out.split(b"\n"))):
        for file in report["files"]:
            path = os.path.relpath(os.path.join(report["current_working_directory"], file["file"]))
            if path.startswith(folder + os.sep):
                files[path].add(file["lines"])


def percent(run, n):
    return 100 * run / max(n, 1)


def some(numbers):
    return ",".join(map(str, numbers[:12])) + ("..." if len(numbers) > 12 else "")


def main():
    build, folder, least = sys.argv[1], sys.argv[2], {"lines": float(sys.argv[3]), "branches": float(sys.argv[4])}
    total, run = collections.Counter(), collections.Counter()
    print(" lines          branches       file: lines that never ran; lines with a branch that was never taken")
    for path, counts in sorted(counts_of(build, folder).items()):
        missed = sorted(number for number, count in counts.lines.items() if count == 0)
        half = sorted({key[0] for key, taken in counts.branches.items() if 0 in taken} - set(missed))
        taken = [count for branches in counts.branches.values() for count in branches]
        own = {"lines": len(counts.lines), "branches": len(taken)}
        own_run = {"lines": own["lines"] - len(missed), "branches": len(taken) - taken.count(0)}
        total.update(own)
        run.update(own_run)
        print("  ".join(f"{percent(own_run[what], own[what]):5.1f} % {own[what]:5}" if own[what] else " " * 13 for what in own) +
              f"  {path}: {some(missed)}; {some(half)}")
    for what, bar in least.items():
        print(f"{percent(run[what], total[what]):5.1f} % of {total[what]} {what} of {folder}/ (at least {bar:g} % wanted)")
    return 0 if all(total[what] and percent(run[what], total[what]) >= bar for what, bar in least.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
