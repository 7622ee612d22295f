#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ranks beside as many provers that know nothing of each other, on the same cores.

For each number of ranks cluster and provers take turns. The cluster is `mpirun -n RANKS partita prove KEY WITNESS... --out DIR` on so many cores,
which the ranks divide; the provers are one `partita prove` a rank on its cores alone, all at once, each with its part of the
witnesses. Weak: so many partitions for each rank; strong: as many in all as the most ranks have. Outputs go to memory. A rate is counted
between deliveries, from the one that fills what is under way to the last, so that start-up is left out; it is stated beside. Every
proof is verified by the portable build after its turn. Processor time beyond that of the provers is what being a cluster costs: messages, waiting,
the start of mpirun and its ranks. Prints Markdown; the head has machine, commit and command. Circuits and keys are made once, in build/bench.
"""
import argparse
import csv
import json
import os
import pathlib
import platform
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import load
import peers

COLUMNS = ("kind", "ranks", "partitions", "proofs_a_second", "speedup", "efficiency", "of_independent", "beyond_proving", "start_seconds",
           "p50_seconds", "p99_seconds", "independent_proofs_a_second", "independent_start_seconds")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partita", default=str(load.TOP / "build/release/partita"), help="the program (default: build/release/partita)")
    parser.add_argument("--mpirun", default="mpirun", help="what starts ranks")
    parser.add_argument("--circuits", default=str(load.TOP / "build/bench"), metavar="DIR", help="where circuits and keys are, or are made")
    parser.add_argument("--domain", type=int, default=16, metavar="K", help="of 2^K (default: 16)")
    parser.add_argument("--curve", default="bn254")
    parser.add_argument("--witness", default="full", help="full or bits")
    parser.add_argument("--key", choices=("zkey", "ptkey"), default="ptkey")
    parser.add_argument("--ranks", help="a list that begins with 1 (default: 1, 2, 4, as far as there are cores)")
    parser.add_argument("--cores-per-rank", type=int, default=1, metavar="N")
    parser.add_argument("--per-rank", type=int, default=20, metavar="N", help="partitions for each rank (default: 20)")
    parser.add_argument("--kinds", default="strong,weak", help="a list")
    parser.add_argument("--rounds", type=int, default=3, help="turns of cluster and provers")
    parser.add_argument("--siblings", action="store_true", help="every processor of the affinity mask is a core, as the guest of a host may see them")
    parser.add_argument("--csv", metavar="FILE", help="write the figures, with the head as comments")
    parser.add_argument("--plot", metavar="FILE", help="draw them, an SVG, with gnuplot")
    return parser.parse_args()


def powers(most):
    return [1 << i for i in range(most.bit_length()) if 1 << i <= most]


class Outcome:
    """What a prover or a cluster did."""

    def __init__(self, begin, out, told, n_under_way):
        proofs = sorted(path.stat().st_mtime_ns * 1e-9 for path in pathlib.Path(out).glob("*.proof.json"))
        self.n = len(proofs)
        first = min(n_under_way, self.n - 1)
        self.rate = (self.n - first) / (proofs[-1] - proofs[first - 1]) if first > 0 else float("nan")
        self.start_seconds = proofs[0] - begin
        self.seconds = [row["seconds"] for row in told["partitions"]]


def run_all(options, files, commands, n_under_way):
    """Commands, each (arguments, cores, out), all at once: their outcomes, and the processor seconds of all."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.time()
    processes = [load.start(arguments, cores) for arguments, cores, _ in commands]
    said = [process.communicate() for process in processes]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    for (arguments, _, out), process, (_, errors) in zip(commands, processes, said):
        if process.returncode != 0:
            sys.exit(f"{shlex.join(arguments)}: exit code {process.returncode}: {errors}")
        peers.run_checked(options.partita, "verify", files["vkey"], "--dir", out, "--isa", "portable", "--quiet")
    outcomes = [Outcome(begin, out, json.loads(told), n_under_way) for (_, _, out), (told, _) in zip(commands, said)]
    return outcomes, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def prove(options, files, witnesses, out):
    return [options.partita, "prove", files[options.key], *witnesses, "--out", out, "--json", "--quiet"]


def in_memory():
    return tempfile.mkdtemp(prefix="scale-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)


def link_witnesses(files, folder, n):
    names = [os.path.join(folder, f"w{i:05}.wtns") for i in range(n)]
    for name in names:
        os.symlink(os.path.abspath(files["wtns"]), name)
    return names


def cluster(options, files, groups, n, folder):
    out = os.path.join(folder, "cluster")
    root = ["--allow-run-as-root"] if os.geteuid() == 0 else []
    mpirun = [options.mpirun, *root, "--oversubscribe", "--bind-to", "none", "--enable-recovery", "-n", str(len(groups))]
    command = mpirun + prove(options, files, link_witnesses(files, folder, n), out)
    outcomes, cpu = run_all(options, files, [(command, set().union(*groups), out)], len(groups) * options.cores_per_rank)
    return outcomes, cpu


def provers(options, files, groups, n, folder):
    witnesses = link_witnesses(files, folder, n)
    commands = []
    for i, group in enumerate(groups):
        out = os.path.join(folder, f"prover{i}")
        commands.append((prove(options, files, witnesses[i::len(groups)], out), group, out))
    return run_all(options, files, commands, options.cores_per_rank)


def turn(side, options, files, groups, n):
    folder = in_memory()
    try:
        outcomes, cpu = side(options, files, groups, n, folder)
    finally:
        shutil.rmtree(folder)
    if sum(outcome.n for outcome in outcomes) != n:
        sys.exit(f"{sum(outcome.n for outcome in outcomes)} proofs of {n}")
    return {"rate": sum(outcome.rate for outcome in outcomes), "cpu": cpu / n, "start": max(outcome.start_seconds for outcome in outcomes),
            "seconds": [seconds for outcome in outcomes for seconds in outcome.seconds]}


def quantile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def measure(options, files, kind, groups, n):
    clusters, alone = [], []
    for i in range(options.rounds):
        for side in (cluster, provers) if i % 2 == 0 else (provers, cluster):
            (clusters if side is cluster else alone).append(turn(side, options, files, groups, n))
    median = lambda values: statistics.median(list(values))
    seconds = [second for one in clusters for second in one["seconds"]]
    return {"kind": kind, "ranks": len(groups), "partitions": n, "proofs_a_second": median(one["rate"] for one in clusters),
            "of_independent": median(one["rate"] / other["rate"] for one, other in zip(clusters, alone)),
            "beyond_proving": median(1 - other["cpu"] / one["cpu"] for one, other in zip(clusters, alone)),
            "start_seconds": median(one["start"] for one in clusters), "p50_seconds": quantile(seconds, 0.5),
            "p99_seconds": quantile(seconds, 0.99), "independent_proofs_a_second": median(one["rate"] for one in alone),
            "independent_start_seconds": median(one["start"] for one in alone)}


def compare_with_one(rows):
    for row in rows:
        one = next(other for other in rows if other["kind"] == row["kind"])
        row["speedup"] = row["proofs_a_second"] / one["proofs_a_second"] * one["ranks"]
        row["efficiency"] = row["speedup"] / row["ranks"]


# ---- what is shown ----

def head(options, cores):
    build = json.loads(peers.run_checked(options.partita, "doctor", "--json"))["build"]
    return (f"{peers.processor_name()}, {len(cores)} cores ({platform.system()} {platform.release()}), {options.cores_per_rank} a rank; 2^{options.domain}, "
            f"{options.curve}, witness {options.witness}, {options.key}; commit {build['git']}, {build['compiler']}; {time.strftime('%Y-%m-%d')}; "
            + f"python3 tests/bench/scale.py {shlex.join(sys.argv[1:])}".strip())


def show(rows):
    print("| kind | ranks | partitions | proofs/s | speedup | efficiency | of independent provers | processor time beyond theirs | start-up, s (theirs) | p50, s | "
          "p99, s |\n|---|---|---|---|---|---|---|---|---|---|---|")
    for row in rows:
        print(f"| {row['kind']} | {row['ranks']} | {row['partitions']} | {row['proofs_a_second']:.3f} | {row['speedup']:.2f} | {row['efficiency']:.3f} | "
              f"{row['of_independent']:.3f} | {100 * row['beyond_proving']:.1f} % | {row['start_seconds']:.2f} ({row['independent_start_seconds']:.2f}) | "
              f"{row['p50_seconds']:.3f} | {row['p99_seconds']:.3f} |")


def write_csv(path, title, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(f"# {title}\n")
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: f"{row[name]:.6f}" if isinstance(row[name], float) else row[name] for name in COLUMNS} for row in rows)


def draw(path, title, rows):
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    quoted = title.replace("'", "''")
    script = [f"set terminal svg size 1000,560 noenhanced background '#ffffff'\nset title '{quoted}' font ',9'\nset grid\nset key left top\n"
              "set xlabel 'ranks'\nset ylabel 'speedup'\nset yrange [0:*]"]
    for kind in kinds:
        script.append(f"${kind} << END")
        script += [f"{row['ranks']} {row['speedup']:.6f}" for row in rows if row["kind"] == kind]
        script.append("END")
    script.append("plot " + ", ".join([f"${kind} using 1:2 with linespoints linewidth 2 title '{kind}'" for kind in kinds] +
                                      ["x with lines dashtype 2 linecolor rgb '#888888' title 'as many times'"]))
    with open(path, "wb") as file:
        subprocess.run(["gnuplot", "-d"], input="\n".join(script).encode(), stdout=file, check=True)


def main():
    options = parse_arguments()
    cores = load.cores_allowed(options.siblings)
    most = len(cores) // options.cores_per_rank
    ranks = [int(word) for word in options.ranks.split(",")] if options.ranks else powers(most)
    if max(ranks) > most:
        sys.exit(f"{max(ranks)} ranks of {options.cores_per_rank} cores need more than {len(cores)}")
    if options.per_rank < 2 * options.cores_per_rank:
        sys.exit("a rate needs at least twice as many partitions a rank as it has cores")
    files, rows = load.make_files(options, options.witness), []
    for kind in options.kinds.split(","):
        for n_ranks in ranks:
            groups = [set(cores[i * options.cores_per_rank:(i + 1) * options.cores_per_rank]) for i in range(n_ranks)]
            n = options.per_rank * (n_ranks if kind == "weak" else max(ranks))
            rows.append(measure(options, files, kind, groups, n))
    compare_with_one(rows)
    title = head(options, cores)
    print(title + "\n")
    show(rows)
    if options.csv:
        write_csv(options.csv, title, rows)
    if options.plot:
        draw(options.plot, title, rows)


if __name__ == "__main__":
    main()
