# SPDX-License-Identifier: Apache-2.0
"""Run partita on damaged files: each must end in its documented exit code, one line on stderr and no output, within 3 s of processor
time and the bound on memory.

    python3 tests/format/hostile_files.py --partita build/partita [--only TEXT] [--keep DIR]

The damaged files are made here from tests/golden/preimage (a prepared key by the program itself); --keep leaves those that failed in DIR.
"""
import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import bundles  # noqa: E402
import damaged_binaries as binaries  # noqa: E402
import damaged_bundles  # noqa: E402
import damaged_config  # noqa: E402
import damaged_json as texts  # noqa: E402
import damaged_prepared as prepared  # noqa: E402
from bounded_run import GOLDEN, Program, arguments_of, golden, summary  # noqa: E402
from container import Case  # noqa: E402
from curves import Curve  # noqa: E402

LEAST_CASES, LEAST_KINDS = 400, 12


class Check:
    """One run of the program: a case, and where its file stands among the arguments."""

    def __init__(self, curve, case, suffix, command, fixed):
        self.curve, self.case, self.suffix, self.command, self.fixed = curve, case, suffix, command, fixed

    def label(self):
        return f"{self.curve.name}/{self.suffix}/{self.command}/{self.case.kind}/{self.case.name}"

    def arguments(self, path, out):
        files = golden(self.curve.name)
        files.update(self.fixed)
        files[".zkey" if self.suffix == ".ptkey" else self.suffix] = path
        return arguments_of(self.command, files, out, path)


def prepared_key(partita, curve):
    """What the program makes of the golden key."""
    with tempfile.TemporaryDirectory(prefix="partita-hostile-") as work:
        command = [partita.path, "prepare", "--quiet", f"{GOLDEN}/preimage/preimage_{curve.name}.zkey", "-o", f"{work}/k.ptkey"]
        subprocess.run(command, stdin=subprocess.DEVNULL, check=True)
        with open(f"{work}/k.ptkey", "rb") as f:
            return f.read()


def bundle_checks(curve, n_flips):
    """A bundle of three partitions of one key. Only `verify` knows that a proof is false or its key another one."""
    files = golden(curve.name)
    good = bundles.bundle_of([(curve.name, files["_vkey.json"], [(f"p{i}", files["_proof.json"], files["_public.json"]) for i in range(3)])])
    for case in damaged_bundles.bundle_cases(good.raw(), curve, n_flips):
        yield Check(curve, case, ".bundle", "verify_bundle", {})
        if case.codes == texts.REFUSED and case.kind != "wrong key":
            yield Check(curve, case, ".bundle", "inspect", {})


def checks_of(curve, partita, n_flips):
    """Every check of one curve, by the file that is damaged."""
    def load(name):
        with open(f"{GOLDEN}/preimage/preimage_{curve.name}{name}", "rb") as f:
            return f.read()

    for case in binaries.zkey_cases(load(".zkey"), curve, n_flips):
        yield Check(curve, case, ".zkey", "prove", {})
    ptkey = prepared_key(partita, curve)
    for case in prepared.prepared_cases(ptkey, curve, n_flips):
        yield Check(curve, case, ".ptkey", "prove", {})
    for case in prepared.inspected_cases(ptkey, curve):
        yield Check(curve, case, ".ptkey", "inspect", {})
    for case in binaries.wtns_cases(load(".wtns"), curve, n_flips):
        yield Check(curve, case, ".wtns", "prove", {})
    if curve.name == "bn254":
        for case in binaries.r1cs_cases(load(".r1cs"), curve, n_flips):
            yield Check(curve, case, ".r1cs", "setup" if case.kind == "flipped bit" else "inspect", {})
    yield from bundle_checks(curve, n_flips)
    for suffix, cases in (("_vkey.json", texts.vkey_cases), ("_proof.json", texts.proof_cases), ("_public.json", texts.public_cases)):
        for case in cases(load(suffix), curve):
            yield Check(curve, case, suffix, "verify", {})
            if case.codes == texts.REFUSED and case.kind in texts.SEEN_ALONE:
                yield Check(curve, case, suffix, "inspect", {})


def config_checks(curve):
    """Configuration files, which are of no curve."""
    with open(golden(curve.name)[".ini"], "rb") as f:
        for case in damaged_config.config_cases(f.read()):
            yield Check(curve, case, ".ini", "config", {})
    for path, code in ((".", 66), ("/nothing/here", 66), ("/dev/zero", 65)):
        yield Check(curve, Case("no file" if code == 66 else "endless stream", path, None, (code,)), ".ini", "config", {".ini": path})


def misplaced_checks(curve):
    """Good files where others belong, and what is no file at all."""
    other = "bls12_381" if curve.name == "bn254" else "bn254"

    def load(name):
        with open(f"{GOLDEN}/preimage/preimage_{name}", "rb") as f:
            return f.read()

    for suffix, command in ((".zkey", "prove"), (".wtns", "prove"), ("_vkey.json", "verify"), ("_proof.json", "verify")):
        yield Check(curve, Case("another curve", f"{other}{suffix}", load(other + suffix)), suffix, command, {})
    for suffix, name, command in ((".zkey", ".wtns", "prove"), (".wtns", ".zkey", "prove"), ("_proof.json", "_vkey.json", "verify"),
                                  ("_vkey.json", "_proof.json", "verify"), ("_public.json", "_proof.json", "verify"),
                                  ("_proof.json", ".zkey", "verify"), (".zkey", "_proof.json", "prove")):
        yield Check(curve, Case("another kind of file", f"{name}-as-{suffix}", load(curve.name + name)), suffix, command, {})
    for suffix, command in ((".zkey", "prove"), (".wtns", "prove"), ("_vkey.json", "verify"), ("_public.json", "verify"), ("_proof.json", "verify")):
        for path in (".", "/", "/nothing/here"):
            yield Check(curve, Case("no file", path, None, (66,)), suffix, command, {suffix: path})
        yield Check(curve, Case("endless stream", "/dev/zero", None), suffix, command, {suffix: "/dev/zero"})
        yield Check(curve, Case("empty file", "/dev/null", None), suffix, command, {suffix: "/dev/null"})


def spread(checks, most):
    """At most so many checks of each kind of fault in each file, spread evenly."""
    groups = {}
    for check in checks:
        groups.setdefault((check.curve.name, check.suffix, check.command, check.case.kind), []).append(check)
    return [g[i * len(g) // min(len(g), most)] for g in groups.values() for i in range(min(len(g), most))]


def faults_of(check, partita, work):
    """Run one check; what was wrong with how the program ended."""
    out, path = os.path.join(work, "out"), os.path.join(work, "damaged" + check.suffix.replace("_", "."))
    shutil.rmtree(out, ignore_errors=True)
    os.mkdir(out)
    if check.case.raw is None:
        path = check.fixed[check.suffix]
    else:
        with open(path, "wb") as f:
            f.write(check.case.raw)
    ended = partita.run(check.arguments(path, out), path, check.case.codes)
    faults = ended.faults + partita.output_faults(ended, out, (os.path.basename(path), path, "preimage_"))
    if ended.code == 0 and check.command == "prove":
        faults += partita.proof_faults(out, golden(check.curve.name)["_vkey.json"])
    return faults


def run_all(checks, partita, keep):
    """Run the checks on all processors; the labels and faults of those that failed."""
    workers = len(os.sched_getaffinity(0))

    def run_share(share):
        failed = []
        with tempfile.TemporaryDirectory(prefix="partita-hostile-") as work:
            for check in checks[share::workers]:
                faults = faults_of(check, partita, work)
                if faults:
                    failed.append((check.label(), faults))
                    if keep and check.case.raw is not None:
                        os.makedirs(keep, exist_ok=True)
                        with open(os.path.join(keep, check.label().replace("/", "_").replace(" ", "-")), "wb") as f:
                            f.write(check.case.raw)
        return failed

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(run_share, range(workers)), [])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--partita", required=True, help="the program")
    parser.add_argument("--only", default="", help="run the checks whose label holds this text")
    parser.add_argument("--keep", help="leave the files that failed here")
    parser.add_argument("--flips", type=int, default=80, help="single bits flipped in each binary file")
    parser.add_argument("--most", type=int, default=10**9, help="at most so many of each kind in each file, spread evenly")
    parser.add_argument("--sanitized", action="store_true", help="an ASan build: five times the time, any address space")
    args = parser.parse_args()
    checks, partita = [], Program(args.partita, args.sanitized)
    for name in ("bn254", "bls12_381"):
        curve = Curve(name, GOLDEN)
        checks += list(checks_of(curve, partita, args.flips)) + list(misplaced_checks(curve))
    checks += list(config_checks(Curve("bn254", GOLDEN)))
    checks = spread(checks, args.most)
    kinds = {c.case.kind for c in checks}
    if len(checks) < LEAST_CASES or len(kinds) < LEAST_KINDS:
        sys.exit(f"only {len(checks)} damaged files of {len(kinds)} kinds")
    chosen = [c for c in checks if args.only in c.label()]
    begin = time.monotonic()
    failed = run_all(chosen, partita, args.keep)
    for label, faults in failed:
        for fault in faults:
            print(f"{label}: {fault.kind}: {fault.text}")
    found = [fault for _, faults in failed for fault in faults]
    print(f"{len(chosen)} damaged files of {len(kinds)} kinds in {time.monotonic() - begin:.1f} s: {summary(found)}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
