#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whole processes side by side: key and witness in, proof out, by Partita, rapidsnark and snarkjs.

The provers take turns, so that what else the machine does meets all of them; each is confined to the same processors. Every
proof is verified by Partita. A peer whose path is not given is left out; rapidsnark is left out on BLS12-381, which it refuses.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partita", required=True, help="the program")
    parser.add_argument("--rapidsnark", help="its program `prover`")
    parser.add_argument("--snarkjs", help="its cli.cjs")
    parser.add_argument("--node", default="node", help="what runs snarkjs")
    parser.add_argument("--r1cs", help="a circuit; needs --wtns. Without it one is generated")
    parser.add_argument("--wtns")
    parser.add_argument("--domain", default="2^14", help="of a generated circuit")
    parser.add_argument("--witness", default="full", choices=["full", "bits"], help="of a generated circuit")
    parser.add_argument("--curve", default="bn254", choices=["bn254", "bls12_381"], help="of a generated circuit")
    parser.add_argument("--threads", default="1,2", help="processors to confine each prover to, a list")
    parser.add_argument("--runs", type=int, default=7, help="of each prover, after one that is not counted")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser.parse_args()


def run_checked(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}: {done.stdout}")


def measure(command, processors):
    """Seconds and the peak resident MiB of one process."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: os.sched_setaffinity(0, processors))
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


def make_inputs(options, folder):
    """r1cs, wtns, key and vkey; what is not given is generated."""
    r1cs, wtns = options.r1cs, options.wtns
    if not r1cs:
        run_checked(options.partita, "bench", "circuit", "--domain", options.domain, "--curve", options.curve,
                    "--witness", options.witness, "-o", folder)
        r1cs, wtns = os.path.join(folder, "circuit.r1cs"), os.path.join(folder, "circuit.wtns")
    key, vkey = os.path.join(folder, "key.zkey"), os.path.join(folder, "vkey.json")
    run_checked(options.partita, "setup", "--insecure", r1cs, "-o", key, "--vkey", vkey)
    return key, vkey, wtns


def provers(options, vkey, key, wtns, proof, public):
    """Name and command of each prover that is given."""
    with open(vkey, encoding="utf-8") as file:
        curve = json.load(file)["curve"]
    yield "partita", [options.partita, "prove", "--quiet", key, wtns, proof, public]
    if options.rapidsnark and curve == "bn128":
        yield "rapidsnark", [options.rapidsnark, key, wtns, proof, public]
    if options.snarkjs:
        yield "snarkjs", [options.node, options.snarkjs, "groth16", "prove", key, wtns, proof, public]


def summary(samples):
    times = sorted(seconds for seconds, _ in samples)
    low, median, high = statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
    return {"median_ms": 1e3 * median, "p25_ms": 1e3 * low, "p75_ms": 1e3 * high, "min_ms": 1e3 * times[0],
            "peak_mib": max(mib for _, mib in samples), "n": len(times)}


def compare(options, folder, n_threads):
    key, vkey, wtns = make_inputs(options, folder)
    proof, public = os.path.join(folder, "proof.json"), os.path.join(folder, "public.json")
    processors = sorted(os.sched_getaffinity(0))[:n_threads]
    samples = {}
    for turn in range(options.runs + 1):
        for name, command in provers(options, vkey, key, wtns, proof, public):
            for output in (proof, public):
                if os.path.exists(output):
                    os.remove(output)
            sample = measure(command, processors)
            run_checked(options.partita, "verify", vkey, public, proof)
            if turn > 0:
                samples.setdefault(name, []).append(sample)
    return {name: summary(values) for name, values in samples.items()}


def show(options, n_threads, results):
    for name, row in results.items():
        if options.json:
            print(json.dumps({"prover": name, "threads": n_threads, **row}))
        else:
            print(f"{name:<12}{n_threads:>8}{row['median_ms']:>12.1f}{row['p25_ms']:>10.1f}{row['p75_ms']:>10.1f}"
                  f"{row['min_ms']:>10.1f}{row['peak_mib']:>10.1f}{row['n']:>6}")


def main():
    options = parse_arguments()
    if bool(options.r1cs) != bool(options.wtns):
        sys.exit("--r1cs and --wtns go together")
    if not options.json:
        print(f"{'prover':<12}{'threads':>8}{'median ms':>12}{'p25':>10}{'p75':>10}{'min':>10}{'peak MiB':>10}{'n':>6}")
    for n_threads in (int(text) for text in options.threads.split(",")):
        with tempfile.TemporaryDirectory(prefix="peers-") as folder:
            show(options, n_threads, compare(options, folder, n_threads))


if __name__ == "__main__":
    main()
