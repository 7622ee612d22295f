# SPDX-License-Identifier: Apache-2.0
"""coverage_report.py BUILD FOLDER LEAST: line coverage of FOLDER's files, over all builds of each; fails below LEAST per cent.

A line of a per-curve source counts as run when one of its builds ran it. (Debian's gcovr refuses a function whose two
definitions, by the instruction set, stand on different lines.)"""
import collections
import json
import os
import subprocess
import sys


def counts(build, folder):
    """{file: {line: most runs in one build}}"""
    lines = collections.defaultdict(lambda: collections.defaultdict(int))
    for place, _, names in os.walk(build):
        for name in names:
            if name.endswith(".gcda"):
                out = subprocess.run(["gcov", "--json-format", "--stdout", os.path.join(place, name)], check=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
                add(lines, out, folder)
    return lines


def add(lines, out, folder):
    for report in map(json.loads, filter(None, out.split(b"\n"))):
        for file in report["files"]:
            path = os.path.relpath(os.path.join(report["current_working_directory"], file["file"]))
            if path.startswith(folder + os.sep):
                for line in file["lines"]:
                    lines[path][line["line_number"]] = max(lines[path][line["line_number"]], line["count"])


def percent(run, n):
    return 100 * run / max(n, 1)


def main():
    build, folder, least = sys.argv[1], sys.argv[2], float(sys.argv[3])
    total = total_run = 0
    for path, lines in sorted(counts(build, folder).items()):
        missed = [number for number, count in sorted(lines.items()) if count == 0]
        total += len(lines)
        total_run += len(lines) - len(missed)
        print(f"{percent(len(lines) - len(missed), len(lines)):5.1f} %  {len(lines):4}  {path}  "
              f"{','.join(map(str, missed[:12]))}{'...' if len(missed) > 12 else ''}")
    print(f"{percent(total_run, total):5.1f} % of {total} lines of {folder}/ (at least {least:g} % wanted)")
    return 0 if total and percent(total_run, total) >= least else 1


if __name__ == "__main__":
    sys.exit(main())
