#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What each choice of the engine is worth: the same load with one thing changed, every variant in turn, round after round.

A run is one `partita bench load KEY WITNESS`, which verifies every proof again by another build. Rates are told as parts of the rate that
the first variant of the group had in the same round. A tail crew and its throttle need several shared-L3 domains: where the machine shows
one, hwloc is given the same cores dealt out to several (HWLOC_SYNTHETIC), for that group alone, and the table says so.
With --device the choices are those of a device, and its share of the time in which it was busy stands beside.
Prints Markdown: machine, commit, command, medians and spread. --save keeps the figures; --draw makes a plot of such files (gnuplot).
"""
import argparse
import json
import math
import os
import pathlib
import platform
import resource
import shlex
import statistics
import subprocess
import sys
import time

import load
import peers

DRAWING = """set terminal svg size 900,{height} noenhanced font 'sans-serif,12' background 'white'
set output '{out}'
set yrange [{lowest}:0.7]
set xrange [{least}:{most}]
set xtics 0.1
set ytics ({tics})
set grid xtics lc '#dddddd'
set border 3 lc '#888888'
set tics nomirror textcolor '#333333'
set xlabel 'proofs/s as a part of those of the first of each group'
set key outside top center horizontal
set arrow 1 from 1,{lowest} to 1,0.7 nohead lc '#888888' dt 2
"""
PROCESSOR_GROUPS = ("arenas", "pages", "pins", "tails")
DEVICE_GROUPS = ("workers", "g2", "synthesis", "lock", "tails")
SIDES = (("gpu", "device"), ("cpu", "processor"))
COLOURS = ("#2a6db0", "#d9822b", "#3a9a5b")


def parse_arguments():
    many = len(os.sched_getaffinity(0)) >= load.MANY_CORES
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partita", default=str(load.TOP / "build/release/partita"), help="the program (default: build/release/partita)")
    parser.add_argument("--partita-option", action="append", default=[], help="of every `bench load`, such as --isa=adx")
    parser.add_argument("--device", metavar="D", help="choices of a device, as `bench load --device` takes it, in place of the processor's")
    parser.add_argument("--circuits", default=str(load.TOP / "build/bench"), metavar="DIR", help="where circuits and keys are, or are made")
    parser.add_argument("--domain", type=int, metavar="K", help="of 2^K (default: 18 with 16 cores or more, else 16; with --device 20)")
    parser.add_argument("--curve", default="bn254")
    parser.add_argument("--witness", choices=("full", "bits"), help="its values (default: bits; with --device full)")
    parser.add_argument("--proofs", type=int, help="in each run (default: 40 with 16 cores or more, else 20; with --device 20)")
    parser.add_argument("--at-once", type=int, help="proofs at a time (default: one and a quarter a core; with --device 10)")
    parser.add_argument("--domains", type=int, help="shared-L3 domains to deal the cores out to, for the tail crew (default: 4, or one a core)")
    parser.add_argument("--groups", help=f"a list (default: {','.join(PROCESSOR_GROUPS)}; with --device {','.join(DEVICE_GROUPS)})")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=math.inf, help="begin no group of variants after so long (default: no end)")
    parser.add_argument("--siblings", action="store_true", help="every processor of the affinity mask is a core, as the guest of a host may see them")
    parser.add_argument("--save", metavar="FILE", help="keep the figures, as JSON")
    parser.add_argument("--draw", nargs="+", metavar="FILE", help="draw what was kept, beside one another, and measure nothing")
    parser.add_argument("-o", "--out", metavar="FILE", help="of --draw: an SVG")
    options = parser.parse_args()
    usual = {"domain": 20, "witness": "full", "proofs": 20, "at_once": 10, "groups": ",".join(DEVICE_GROUPS)} if options.device else {
        "domain": 18 if many else 16, "witness": "bits", "proofs": 40 if many else 20, "groups": ",".join(PROCESSOR_GROUPS)}
    for name, value in usual.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    known = DEVICE_GROUPS if options.device else PROCESSOR_GROUPS
    for group in options.groups.split(","):
        if group not in known:
            parser.error(f"--groups takes some of {','.join(known)}, not {group}")
    return options


def tails_of(domains, options):
    """G2 MSMs on a crew of their own, which synthesis gives way to or not; by the processor, both."""
    tails = [("no tail crew", options, domains)]
    for n in sorted({1, 2, domains}):
        name = f"tail crew of {'all' if n == domains else n}"
        tails += [(name, [*options, f"--tail-domains={n}", "--throttle=off"], domains),
                  (f"{name}, throttle", [*options, f"--tail-domains={n}", "--throttle=on"], domains)]
    return tails


def device_groups_of(device, domains):
    """The same of a device. What is first is the default, but for tails, which need stages that the processor runs."""
    on = [f"--device={device}"]
    return {
        "workers": [(f"{n} gpu-worker{'s' if n > 1 else ''}", [*on, f"--gpu-workers={n}"], 0) for n in (2, 1, 3, 4)],
        "g2": [(f"G2 MSMs on the {side}", [*on, f"--g2={word}"], 0) for word, side in SIDES],
        "synthesis": [(f"synthesis on the {side}", [*on, f"--synthesis={word}"], 0) for word, side in SIDES],
        "lock": [("lock around kernels", [*on, "--gpu-lock=kernels"], 0), ("around all of a partition there", [*on, "--gpu-lock=partition"], 0)],
        "tails": tails_of(domains, [*on, "--g2=cpu", "--synthesis=cpu"]),
    }


def groups_of(domains):
    """Of each group its variants: a name, options, and the shared-L3 domains that are pretended (0: those that the machine shows)."""
    return {
        "arenas": [("recycled", [], 0), ("freed by one thread", ["--arenas=freed-by-one"], 0),
                   ("freed by a thread each", ["--arenas=freed-apart"], 0)],
        "pages": [("huge pages for arenas", [], 0), ("for the key too", ["--huge-pages=on"], 0), ("none", ["--huge-pages=off"], 0)],
        "pins": [("pinned", ["--pin=on"], 0), ("not pinned", ["--pin=off"], 0)],
        "tails": tails_of(domains, []),
    }


def children_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(options, files, cores, variant):
    """One run: its figures."""
    _, extra, domains = variant
    environment = dict(os.environ)
    if domains:
        environment |= {"HWLOC_SYNTHETIC": f"pack:1 l3:{domains} core:{len(cores) // domains} pu:1", "HWLOC_THISSYSTEM": "1"}
    command = [options.partita, "bench", "load", files["ptkey"], files["wtns"], "--load", f"{options.proofs}:{options.at_once}",
               "--repeats", "1", "--threads", str(len(cores)), "--json", "--quiet", *options.partita_option, *extra]
    before = children_seconds()
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          preexec_fn=lambda: os.sched_setaffinity(0, cores))
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)}: exit code {done.returncode}: {done.stderr}")
    full = json.loads(done.stdout)["loads"][-1]
    return {"rate": 1 / full["seconds_a_proof"], "cpu": children_seconds() - before, "mean": full["mean_proof_seconds"],
            "p99": full["p99_proof_seconds"], "peak_bytes": full["peak_memory_bytes"],
            "busy": full["device_busy"], "device": full["device_seconds"]}


def measure(options, files, cores, groups):
    """Of every variant the figures of each round, in the order of rounds. Groups that --seconds left no time for are left out."""
    figures = {group: {variant[0]: [] for variant in variants} for group, variants in groups.items()}
    began = time.monotonic()
    for turn in range(options.rounds):
        for group, variants in groups.items():
            if time.monotonic() - began > options.seconds:
                continue
            first = turn % len(variants)
            for variant in variants[first:] + variants[:first]:
                figures[group][variant[0]].append(run(options, files, cores, variant))
    return {group: variants for group, variants in figures.items() if all(variants.values())}


def parts(rows, first, what):
    return load.median_and_spread([row[what] / base[what] for row, base in zip(rows, first)])


def median(rows, what):
    return statistics.median(row[what] for row in rows)


def device_cells(saved, rows):
    """Of a device how long its kernels took a partition, and the part of the time that they ran."""
    return f" {median(rows, 'device') * 1e3:.2f} | {median(rows, 'busy') * 100:.1f} % |" if saved.get("device") else ""


def show(saved):
    more, lines = (" device ms | device busy |", "---|---|") if saved.get("device") else ("", "")
    print(f"{saved['machine']}; {saved['load']}: medians of {saved['rounds']} rounds (least to most)\n")
    print(f"| group | variant | proofs/s | of the group's first | processor time of the process | mean ms | p99 ms | peak MB |{more}\n"
          f"|---|---|---|---|---|---|---|---|{lines}")
    for group, variants in saved["figures"].items():
        first = next(iter(variants.values()))
        for name, rows in variants.items():
            print(f"| {group} | {name} | {median(rows, 'rate'):.2f} | {load.spread(parts(rows, first, 'rate'), '.3f')} | "
                  f"{load.spread(parts(rows, first, 'cpu'), '.3f')} | {median(rows, 'mean') * 1e3:.0f} | {median(rows, 'p99') * 1e3:.0f} | "
                  f"{max(row['peak_bytes'] for row in rows) / 1e6:.0f} |{device_cells(saved, rows)}")
    if saved.get("left_out"):
        print(f"\nThere was no time for: {', '.join(saved['left_out'])}.")
    if "tails" in saved["figures"]:
        where = ", G2 MSMs and synthesis to the processor" if saved.get("device") else ""
        print(f"\nTail crews: the cores dealt out to {saved['domains']} shared-L3 domains, whatever the machine has{where}.")


def lines_of(saved):
    """Of every variant its line in the plot, counted from the top, its label, and its part of the rate."""
    line, lines = 0, []
    for group, variants in saved["figures"].items():
        first = next(iter(variants.values()))
        for name, rows in variants.items():
            lines.append((line, f"{group}: {name}", parts(rows, first, "rate")))
            line += 1
        line += 1
    return lines


def draw(paths, out):
    """One plot of all files; the one with the most variants has the labels."""
    all_saved = [json.loads(pathlib.Path(path).read_text(encoding="utf-8")) for path in paths]
    all_lines = [lines_of(saved) for saved in all_saved]
    labels = {label: line for line, label, _ in max(all_lines, key=len)}
    values = [value for lines in all_lines for _, _, rate in lines for value in rate.values()]
    n_lines = max(labels.values()) + 1
    script = DRAWING.format(height=110 + 26 * n_lines, out=out, lowest=0.3 - n_lines, least=min(values) - 0.03, most=max(values) + 0.03,
                            tics=", ".join(f"'{label}' {-line}" for label, line in labels.items()))
    plots = []
    for i, (saved, lines) in enumerate(zip(all_saved, all_lines)):
        shift = 0.15 * (i - (len(all_saved) - 1) / 2)
        rows = [f"{rate['median']} {-labels[label] - shift} {rate['least']} {rate['most']}" for _, label, rate in lines]
        script += f"$rows{i} << EOD\n" + "\n".join(rows) + "\nEOD\n"
        plots.append(f"$rows{i} using 1:2:3:4 with xerrorbars pt 7 ps 0.6 lw 1.5 lc '{COLOURS[i % len(COLOURS)]}' title '{saved['title']}'")
    subprocess.run(["gnuplot"], input=script + "plot " + ", ".join(plots) + "\n", text=True, check=True)


def main():
    options = parse_arguments()
    if options.draw:
        if not options.out:
            sys.exit("--draw needs --out")
        draw(options.draw, options.out)
        return
    cores = load.cores_allowed(options.siblings)
    options.at_once = options.at_once or len(cores) * 5 // 4 + 1
    domains = options.domains or min(4, len(cores))
    if len(cores) % domains:
        sys.exit(f"{len(cores)} cores can't be dealt out to {domains} domains evenly")
    all_groups = device_groups_of(options.device, domains) if options.device else groups_of(domains)
    groups = {name: variants for name, variants in all_groups.items() if name in options.groups.split(",")}
    files = load.make_files(options, options.witness)
    if options.device: # the first one builds kernels
        run(options, files, cores, next(iter(groups.values()))[0])
    build = json.loads(peers.run_checked(options.partita, "doctor", "--json"))["build"]
    figures = measure(options, files, cores, groups)
    saved = {"machine": f"{peers.processor_name()}, {len(cores)} cores ({platform.system()} {platform.release()}); commit {build['git']}, "
                        f"{build['compiler']}; {time.strftime('%Y-%m-%d')}; `python3 tests/bench/ablation.py {shlex.join(sys.argv[1:])}`",
             "title": f"{len(cores)} cores, 2^{options.domain}, {options.witness}",
             "device": options.device,
             "load": f"{options.device + ', ' if options.device else ''}2^{options.domain}, {options.curve}, witness `{options.witness}`, prepared key, {options.proofs} proofs, {options.at_once} at a time",
             "rounds": options.rounds, "domains": domains, "figures": figures,
             "left_out": [name for name in groups if name not in figures]}
    show(saved)
    if options.save:
        pathlib.Path(options.save).write_text(json.dumps(saved, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
