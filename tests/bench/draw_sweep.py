#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draw what `partita bench msm --sweep --csv FILE` measured (gnuplot): the mean of every accumulator, a row each, a mark for each MSM."""
import argparse
import csv
import subprocess
import sys

DRAWING = """set terminal svg size 900,{height} noenhanced font 'sans-serif,12' background 'white'
set output '{out}'
set yrange [{n_rows}:-1]
set ytics ({tics}) font ',10'
set grid lc '#dddddd'
set tics nomirror textcolor '#333333'
set xlabel 'ms of all commands of an MSM'
set xrange [0:*]
set key outside top center horizontal
"""
COLOURS = ("#2a6db0", "#d9822b", "#3a9a5b", "#8a4fa3", "#b03a48", "#5b6770", "#0f8b8d", "#c0a000")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", metavar="CSV")
    parser.add_argument("-o", "--out", metavar="SVG", required=True)
    options = parser.parse_args()
    if "'" in options.out:
        parser.error("no quotes in the name of a drawing")
    return options


def main():
    options = parse_arguments()
    msms, names = {}, []
    with open(options.csv, encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["skipped"]:
                continue
            title = f"{row['curve']} {row['group']}, {row['size']} points" + (", tables" if row["tables"] == "1" else "")
            msms.setdefault(title, {})[row["accumulator"]] = float(row["mean_ms"])
            if row["accumulator"] not in names:
                names.append(row["accumulator"])
    if not msms or len(msms) > len(COLOURS):
        sys.exit(f"{options.csv}: {len(msms)} MSMs that were measured, expected 1 to {len(COLOURS)}")
    tics = ", ".join(f"'{name}' {i}" for i, name in enumerate(names))
    script = DRAWING.format(height=120 + 15 * len(names), out=options.out, n_rows=len(names), tics=tics)
    plots = []
    for i, (title, times) in enumerate(msms.items()):
        points = "".join(f"{times[name]} {names.index(name)}\n" for name in names if name in times)
        script += f"$m{i} << END\n{points}END\n"
        plots.append(f"$m{i} using 1:2 with points pt 7 ps 0.6 lc rgb '{COLOURS[i]}' title '{title}'")
    subprocess.run(["gnuplot"], input=script + "plot " + ", ".join(plots) + "\n", text=True, check=True)


if __name__ == "__main__":
    main()
