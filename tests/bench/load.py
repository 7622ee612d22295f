#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An engine under load beside the machine's ceiling: one prover process a core, each pinned, with one thread, nothing shared, all at once.

Reference and engine take turns, and so does one process of the reference with the machine to itself: what a stage costs more among as
many processes as cores than there, it costs where nothing is shared but the machine. A process of the reference is `partita prove KEY
WITNESS... --out DIR --threads 1`; its rate is counted from its first partition on, without opening the key, and outputs go to memory, so
that it is the most that the cores can do. The engine is one `partita bench load KEY WITNESS` with its key resident, on the same cores.
Proofs of the reference are verified by Partita's portable build after each turn, those of the engine by `bench load` itself. Prints
Markdown: machine, commit, command, medians and spread.
Circuits and keys are made once, in build/bench.
"""
import argparse
import json
import os
import pathlib
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import peers

TOP = pathlib.Path(__file__).resolve().parents[2]
SAMPLE_SECONDS = 0.1
MANY_CORES = 16


def parse_arguments():
    many = len(os.sched_getaffinity(0)) >= MANY_CORES
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partita", default=str(TOP / "build/release/partita"), help="the program (default: build/release/partita)")
    parser.add_argument("--partita-option", action="append", default=[], help="of `prove` and `bench load`, such as --isa=adx")
    parser.add_argument("--engine-option", action="append", default=[], help="of `bench load` alone, such as --workers=4")
    parser.add_argument("--circuits", default=str(TOP / "build/bench"), metavar="DIR", help="where circuits and keys are, or are made")
    parser.add_argument("--domain", type=int, default=18 if many else 16, metavar="K", help="of 2^K (default: 18 with 16 cores or more, else 16)")
    parser.add_argument("--curve", default="bn254")
    parser.add_argument("--witness", default="full,bits", help="kinds, a list")
    parser.add_argument("--key", choices=("zkey", "ptkey"), default="zkey", help="a zkey, or a prepared key (default: zkey)")
    parser.add_argument("--proofs", type=int, default=40 if many else 20, help="in each run (default: 40 with 16 cores or more, else 20)")
    parser.add_argument("--at-once", default="5,10,15,20", help="proofs at a time, a list")
    parser.add_argument("--alone", type=int, default=7, help="proofs of the engine one at a time, in each run")
    parser.add_argument("--rounds", type=int, default=3, help="turns of reference and engine")
    parser.add_argument("--siblings", action="store_true", help="every processor of the affinity mask is a core, as the guest of a host may see them")
    parser.add_argument("--json", action="store_true", help="one JSON object a witness kind in place of the tables")
    return parser.parse_args()


def cores_allowed(siblings_too):
    """The first allowed processor of each core in the affinity mask, or all."""
    allowed, cores = sorted(os.sched_getaffinity(0)), []
    if siblings_too:
        return allowed
    seen = set()
    for processor in allowed:
        try:
            siblings = pathlib.Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list").read_text().strip()
        except OSError:
            siblings = str(processor)
        if siblings not in seen:
            cores.append(processor)
        seen.add(siblings)
    return cores


def memory_of(pid):
    """(resident, own) bytes of a process now; zeroes once it has ended."""
    figures = {"VmRSS": 0, "RssAnon": 0}
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in figures:
                figures[name] = int(rest.split()[0]) * 1024
    except OSError:
        pass
    return figures["VmRSS"], figures["RssAnon"]


class Watch:
    """The most that processes have had together, resident and of their own, looked at ten times a second."""

    def __init__(self, processes):
        self.processes, self.resident, self.own, self.done = processes, 0, 0, threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.done.wait(SAMPLE_SECONDS):
            now = [memory_of(process.pid) for process in self.processes]
            self.resident = max(self.resident, sum(resident for resident, _ in now))
            self.own = max(self.own, sum(own for _, own in now))

    def end(self):
        self.done.set()
        self.thread.join()


def start(command, processors):
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            preexec_fn=lambda: os.sched_setaffinity(0, processors))


def run_all(commands):
    """Commands with the processors of each, all at once: their JSON results, seconds, and a Watch of them."""
    begin = time.monotonic()
    processes = [start(*command) for command in commands]
    watch = Watch(processes)
    outputs = [process.communicate() for process in processes]
    seconds = time.monotonic() - begin
    watch.end()
    for (command, _), process, (_, said) in zip(commands, processes, outputs):
        if process.returncode != 0:
            sys.exit(f"{shlex.join(command)}: exit code {process.returncode}: {said}")
    return [json.loads(out) for out, _ in outputs], seconds, watch


def reference(options, files, cores, each):
    """One turn of a process a core, each proving as many."""
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="load-", dir=memory) as folder:
        witnesses = [os.path.join(folder, f"w{i}.wtns") for i in range(each)]
        for witness in witnesses:
            os.symlink(os.path.abspath(files["wtns"]), witness)
        outs = [os.path.join(folder, f"out{core}") for core in cores]
        commands = [([options.partita, "prove", files[options.key], *witnesses, "--out", out, "--threads", "1", "--workers", "1", "--stats",
                      "--json", "--quiet", *options.partita_option], {core}) for core, out in zip(cores, outs)]
        results, seconds, watch = run_all(commands)
        for out in outs:
            peers.run_checked(options.partita, "verify", files["vkey"], "--dir", out, "--isa", "portable", "--quiet")
        peaks = [result["stats"]["peak_memory_bytes"] for result in results]
        timelines = [result["stats"]["timeline"] for result in results]
        return {"rate": sum(timeline["partitions_per_second"] for timeline in timelines), "timelines": timelines,
                "whole_rate": each * len(cores) / seconds, "peak_bytes": sum(peaks), "own_bytes": watch.own, "proofs": each * len(cores)}


def engine(options, files, cores):
    """One turn of the engine: every width, and one proof at a time before them."""
    loads = ",".join(f"{options.proofs}:{width}" for width in options.at_once.split(","))
    command = [options.partita, "bench", "load", files[options.key], files["wtns"], "--load", loads, "--repeats", str(options.alone),
               "--threads", str(len(cores)), "--json", "--quiet", *options.partita_option, *options.engine_option]
    (result,), _, watch = run_all([(command, set(cores))])
    peak = max([watch.resident] + [row["peak_memory_bytes"] for row in result["loads"]])
    return {"loads": result["loads"], "peak_bytes": peak, "own_bytes": watch.own}


def median_and_spread(values):
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def cpu_ms(timelines, name):
    """Processor ms a partition of a stage."""
    spans = [timeline["stages"][name] for timeline in timelines]
    return 1e3 * sum(span["cpu_seconds"] for span in spans) / sum(span["n"] for span in spans)


def stages_of(apart, references, rows):
    """Median processor ms a partition of each stage: of a process with the machine to itself; of the reference, and of each width, with
    its part of that of the same alone."""
    stages = {}
    for name in rows[0]["loads"][0]["cpu_inflation"]:
        alone = [cpu_ms(turn["timelines"], name) for turn in apart]
        beside = [cpu_ms(turn["timelines"], name) for turn in references]
        stages[name] = [{"cpu_ms": statistics.median(alone)},
                        {"cpu_ms": statistics.median(beside), "times_alone": statistics.median(b / a for a, b in zip(alone, beside))}]
        for width in range(len(rows[0]["loads"])):
            stages[name].append({"cpu_ms": statistics.median(cpu_ms([row["loads"][width]["timeline"]], name) for row in rows),
                                 "times_alone": statistics.median(row["loads"][width]["cpu_inflation"][name] for row in rows)})
    return stages


def summary(apart, references, engines):
    widths = []
    for i, load in enumerate(engines[0]["loads"]):
        rates = [1 / row["loads"][i]["seconds_a_proof"] for row in engines]
        parts = [rate / turn["rate"] for rate, turn in zip(rates, references)]
        widths.append({"at_once": load["at_once"], "proofs": load["proofs"], "rate": median_and_spread(rates),
                       "of_reference": median_and_spread(parts)})
    return {"reference": {"rate": median_and_spread([turn["rate"] for turn in references]),
                          "whole_rate": median_and_spread([turn["whole_rate"] for turn in references]),
                          "proofs": references[0]["proofs"],
                          "peak_bytes": max(turn["peak_bytes"] for turn in references),
                          "own_bytes": max(turn["own_bytes"] for turn in references)},
            "engine": {"widths": widths, "peak_bytes": max(turn["peak_bytes"] for turn in engines),
                       "own_bytes": max(turn["own_bytes"] for turn in engines)},
            "stages": stages_of(apart, references, engines)}


def make_files(options, kind):
    folder = pathlib.Path(options.circuits) / f"{kind}{options.domain}_{options.curve}"
    if not (folder / "circuit.wtns").exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        peers.run_checked(options.partita, "bench", "circuit", "--quiet", "--domain", f"2^{options.domain}", "--curve", options.curve,
                          "--witness", kind, "-o", str(folder))
    return peers.make_keys(options, str(folder))


def measure(options, kind, cores):
    files = make_files(options, kind)
    each = -(-options.proofs // len(cores))
    apart, references, engines = [], [], []
    for turn in range(options.rounds):
        sides = [lambda: apart.append(reference(options, files, cores[:1], options.alone)),
                 lambda: references.append(reference(options, files, cores, each)),
                 lambda: engines.append(engine(options, files, cores))]
        for side in sides if turn % 2 == 0 else reversed(sides):
            side()
    return summary(apart, references, engines)


# ---- Markdown ----

def show_head(options, cores):
    build = json.loads(peers.run_checked(options.partita, "doctor", "--json"))["build"]
    print(f"{peers.processor_name()}, {len(cores)} cores ({platform.system()} {platform.release()}); commit {build['git']}, {build['compiler']}; "
          f"{time.strftime('%Y-%m-%d')}; `python3 tests/bench/{os.path.basename(sys.argv[0])} {shlex.join(sys.argv[1:])}`\n".replace(" `\n", "`\n"))


def part(value, whole):
    return f"{value / whole:.2f}" if whole > 0 else "not seen"


def spread(figures, form):
    return f"{figures['median']:{form}} ({figures['least']:{form}} to {figures['most']:{form}})"


def show(options, kind, cores, result):
    ref, own = result["reference"], result["engine"]
    print(f"2^{options.domain}, {options.curve}, witness `{kind}`, {options.key}: medians of {options.rounds} turns (least to most)\n")
    print("| what | proofs | proofs/s | of the reference | peak MB | own MB |\n|---|---|---|---|---|---|")
    print(f"| {len(cores)} processes of one thread | {ref['proofs']} | {spread(ref['rate'], '.3f')} | 1 | {ref['peak_bytes'] / 1e6:.0f} | "
          f"{ref['own_bytes'] / 1e6:.0f} |")
    print(f"| the same from start to end, key included | {ref['proofs']} | {spread(ref['whole_rate'], '.3f')} | "
          f"{ref['whole_rate']['median'] / ref['rate']['median']:.3f} | | |")
    for width in own["widths"]:
        print(f"| engine, {width['at_once']} at a time | {width['proofs']} | {spread(width['rate'], '.3f')} | "
              f"{spread(width['of_reference'], '.3f')} | | |")
    print(f"| engine, all | | | | {own['peak_bytes'] / 1e6:.0f} ({part(own['peak_bytes'], ref['peak_bytes'])}) | {own['own_bytes'] / 1e6:.0f} "
          f"({part(own['own_bytes'], ref['own_bytes'])}) |\n")
    widths = [width["at_once"] for width in own["widths"]]
    print("| processor ms a partition (times that alone) | one process alone | reference | "
          + " | ".join(f"{n} at a time" for n in widths) + " |")
    print("|---" * (len(widths) + 3) + "|")
    for name, (process, *cells) in result["stages"].items():
        print(f"| {name} | {process['cpu_ms']:.2f} | " + " | ".join(f"{cell['cpu_ms']:.2f} ({cell['times_alone']:.3f})" for cell in cells) + " |")
    print(flush=True)


def main():
    options = parse_arguments()
    cores = cores_allowed(options.siblings)
    if not options.json:
        show_head(options, cores)
    for kind in options.witness.split(","):
        result = measure(options, kind, cores)
        if options.json:
            print(json.dumps({"witness": kind, "domain": options.domain, "curve": options.curve, "cores": len(cores), **result}), flush=True)
        else:
            show(options, kind, cores, result)


if __name__ == "__main__":
    main()
