#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole processes side by side: key and witness in, proof out, by Partita, rapidsnark and snarkjs.

The provers take turns, so that what else the machine does meets all of them; each is confined to the same processors. Every
proof is verified by Partita. A peer whose path is not given is left out; rapidsnark is left out on BLS12-381, which it refuses.
Prints Markdown: the machine and the commit, then a table of medians with quartiles, peak memory, and time as a part of rapidsnark's.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

SNARKJS_RUNS_MAX = 3  # it takes ten times as long


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("circuits", nargs="+", metavar="FOLDER",
                        help="with circuit.r1cs and circuit.wtns; keys are made there when they are missing")
    parser.add_argument("--partita", required=True, help="the program")
    parser.add_argument("--partita-option", action="append", default=[], help="of its `prove`, such as --isa=adx")
    parser.add_argument("--rapidsnark", help="its program `prover`")
    parser.add_argument("--snarkjs", help="its cli.cjs")
    parser.add_argument("--node", default="node", help="what runs snarkjs")
    parser.add_argument("--threads", default="1,2", help="processors to confine each prover to, a list")
    parser.add_argument("--runs", type=int, default=7, help=f"of each prover, after one that is not counted (snarkjs: {SNARKJS_RUNS_MAX} at most)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line in place of the tables")
    return parser.parse_args()


def run_checked(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}: {done.stdout}")
    return done.stdout.strip()


def measure(command, processors):
    """Seconds and the peak resident MB of one process."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: os.sched_setaffinity(0, processors))
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    return seconds, usage.ru_maxrss * 1024 / 1e6


def make_keys(options, folder):
    """The folder's files by what they are; keys that are missing are made."""
    names = {"r1cs": "circuit.r1cs", "wtns": "circuit.wtns", "zkey": "key.zkey", "vkey": "vkey.json", "ptkey": "key.ptkey"}
    files = {what: os.path.join(folder, name) for what, name in names.items()}
    if not os.path.exists(files["zkey"]):
        run_checked(options.partita, "setup", "--insecure", files["r1cs"], "-o", files["zkey"], "--vkey", files["vkey"])
    if not os.path.exists(files["ptkey"]):
        run_checked(options.partita, "prepare", files["zkey"], "-o", files["ptkey"])
    with open(files["vkey"], encoding="utf-8") as file:
        files["curve"] = json.load(file)["curve"]
    return files


def provers(options, files, proof, public):
    """Name and command of each prover that is given."""
    prove = [options.partita, "prove", "--quiet", *options.partita_option]
    yield "partita", [*prove, files["zkey"], files["wtns"], proof, public]
    yield "partita, prepared key", [*prove, files["ptkey"], files["wtns"], proof, public]
    if options.rapidsnark and files["curve"] == "bn128":
        yield "rapidsnark", [options.rapidsnark, files["zkey"], files["wtns"], proof, public]
    if options.snarkjs:
        yield "snarkjs", [options.node, options.snarkjs, "groth16", "prove", files["zkey"], files["wtns"], proof, public]


def summary(samples):
    times = sorted(seconds for seconds, _ in samples)
    low, median, high = statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
    return {"median_ms": 1e3 * median, "p25_ms": 1e3 * low, "p75_ms": 1e3 * high, "min_ms": 1e3 * times[0],
            "peak_mb": max(mb for _, mb in samples), "n": len(times)}


def compare(options, files, n_threads):
    processors = sorted(os.sched_getaffinity(0))[:n_threads]
    samples = {}
    with tempfile.TemporaryDirectory(prefix="peers-") as folder:
        proof, public = os.path.join(folder, "proof.json"), os.path.join(folder, "public.json")
        for turn in range(options.runs + 1):
            for name, command in provers(options, files, proof, public):
                if name == "snarkjs" and turn > SNARKJS_RUNS_MAX:
                    continue
                for output in (proof, public):
                    if os.path.exists(output):
                        os.remove(output)
                sample = measure(command, processors)
                run_checked(options.partita, "verify", files["vkey"], public, proof)
                if turn > 0:
                    samples.setdefault(name, []).append(sample)
    return {name: summary(values) for name, values in samples.items()}


def processor_name():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def show_head(options):
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
    commit = run_checked("git", "-C", top, "describe", "--always", "--dirty", "--abbrev=12")
    print(f"{processor_name()}, {len(os.sched_getaffinity(0))} processors, {platform.system()} {platform.release()}; commit {commit}; "
          f"`partita prove {' '.join(options.partita_option)}`\n".replace(" `\n", "`\n"))
    print("| circuit | processors | prover | median ms | quartiles | least | peak MB | runs | of rapidsnark's time |")
    print("|---|---|---|---|---|---|---|---|---|")


def show(options, circuit, n_threads, results):
    peer = results.get("rapidsnark")
    for name, row in results.items():
        if options.json:
            print(json.dumps({"circuit": circuit, "prover": name, "threads": n_threads, **row}), flush=True)
            continue
        part = f"{row['median_ms'] / peer['median_ms']:.2f}" if peer else ""
        print(f"| {circuit} | {n_threads} | {name} | {row['median_ms']:.0f} | {row['p25_ms']:.0f} to {row['p75_ms']:.0f} | "
              f"{row['min_ms']:.0f} | {row['peak_mb']:.0f} | {row['n']} | {part} |", flush=True)


def main():
    options = parse_arguments()
    if not options.json:
        show_head(options)
    for folder in options.circuits:
        files = make_keys(options, folder)
        for n_threads in (int(text) for text in options.threads.split(",")):
            show(options, os.path.basename(os.path.normpath(folder)), n_threads, compare(options, files, n_threads))


if __name__ == "__main__":
    main()
