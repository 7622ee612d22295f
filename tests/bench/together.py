#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Processes that know nothing of each other prove on one device at once, each on its part of the cores, beside one that has the device to itself.

Each is `partita prove KEY WITNESS... --out DIR --device D`. Every proof is to be the device's, and is verified by the portable build. Rates are
counted from a process's first partition on, without opening the key. Prints Markdown: machine, commit, and a line a number of processes.
"""
import argparse
import os
import sys
import tempfile

import load
import peers


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partita", default=str(load.TOP / "build/release/partita"), help="the program (default: build/release/partita)")
    parser.add_argument("--partita-option", action="append", default=[], help="of every `prove`, such as --gpu-workers=1")
    parser.add_argument("--device", required=True, metavar="D", help="as `prove` takes it")
    parser.add_argument("--circuits", default=str(load.TOP / "build/bench"), metavar="DIR", help="where circuits and keys are, or are made")
    parser.add_argument("--domain", type=int, default=20, metavar="K", help="of 2^K (default: 20)")
    parser.add_argument("--curve", default="bn254")
    parser.add_argument("--proofs", type=int, default=20, help="of each process (default: 20)")
    parser.add_argument("--processes", default="1,2", metavar="N,...", help="at once (default: 1,2)")
    parser.add_argument("--siblings", action="store_true", help="every processor of the affinity mask is a core, as the guest of a host may see them")
    return parser.parse_args()


def parts_of(cores, n):
    """The cores dealt out to n processes; where there are fewer, all for each."""
    each = len(cores) // n
    return [set(cores[i * each:(i + 1) * each]) if each > 0 else set(cores) for i in range(n)]


def run(options, files, cores, n):
    """So many processes at once: what each told of itself."""
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.TemporaryDirectory(prefix="together-", dir=memory) as folder:
        witnesses = [os.path.join(folder, f"w{i}.wtns") for i in range(options.proofs)]
        for witness in witnesses:
            os.symlink(os.path.abspath(files["wtns"]), witness)
        outs = [os.path.join(folder, f"out{i}") for i in range(n)]
        commands = [([options.partita, "prove", files["ptkey"], *witnesses, "--out", out, "--device", options.device, "--threads", str(len(part)),
                      "--stats", "--json", "--quiet", *options.partita_option], part) for out, part in zip(outs, parts_of(cores, n))]
        results, _, _ = load.run_all(commands)
        for out in outs:
            peers.run_checked(options.partita, "verify", files["vkey"], "--dir", out, "--isa", "portable", "--quiet")
    for result in results:
        devices = result["stats"]["devices"]
        if [(device["partitions"], device["by_processor_instead"]) for device in devices] != [(options.proofs, 0)]:
            sys.exit(f"{options.proofs} proofs were to be the device's: {devices}")
    return results


def main():
    options = parse_arguments()
    cores = load.cores_allowed(options.siblings)
    files = load.make_files(options, "full")
    load.show_head(options, cores)
    run(options, files, cores, 1) # it builds kernels
    alone, rows = None, []
    for n in map(int, options.processes.split(",")):
        results = run(options, files, cores, n)
        rates = [result["stats"]["timeline"]["partitions_per_second"] for result in results]
        alone = alone or sum(rates)
        rows.append(f"| {n} | {n * options.proofs}, all right | {', '.join(f'{rate:.2f}' for rate in rates)} | {sum(rates):.2f} | {sum(rates) / alone:.2f} |")
    print(f"{results[0]['stats']['devices'][0]['name']}, 2^{options.domain}, {options.curve}, {options.proofs} proofs a process\n")
    print("| processes | proofs | proofs/s of each | together | of the first |\n|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
