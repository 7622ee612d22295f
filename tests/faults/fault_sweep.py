# SPDX-License-Identifier: Apache-2.0
"""Every call that can fail fails once: allocations, mappings, threads, writes, reads, opens, fsync, rename, mkdir.

A command runs once with fail_nth.c preloaded and nothing failing, which counts its calls and names the place of each; then once more
for each call, which fails; with "all", from each place on all calls of a kind as well. A run must end by itself with one clear line
and the documented code, leave no memory, descriptor, thread or file and no change to a file that was there; or succeed with the same result.

PARTITA is the program, LIBRARY_CALLS the one that calls the library, FAIL_NTH the preloaded library, GOLDEN the folder of tests/golden.

    python3 fault_sweep.py quick|all [COMMAND]   quick: one call of each place (verify: every call); all: every call, both curves, with
    1 and 2 threads where those differ
"""
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

PARTITA, LIBRARY_CALLS, FAIL_NTH = os.environ["PARTITA"], os.environ["LIBRARY_CALLS"], os.environ["FAIL_NTH"]
PREIMAGE = pathlib.Path(os.environ["GOLDEN"]) / "preimage"
SECONDS_LOOK = 30  # after which a run is looked at
PROCESSOR_SECONDS_MAX = 20  # of a run; the longest takes 0.1
MISSED_PART = 50  # of so many faults one may not be met
QUICK_MAX = 24  # calls of one kind in one command
LASTING_LINES_MAX = 3  # two proofs that fail, and the result
OLD = b"an older file"

# The exit codes that a fault of each kind may have; 0 always may, with the whole result.
CODES = {"alloc": {75}, "map": {75}, "advise": {75}, "thread": {75}, "write": {74}, "read": {66}, "open": {66, 73, 74, 75},
         "sync": {74}, "rename": {74}, "mkdir": {73}}
# With a journal: what SQLite can't read is a disk's fault, or a damaged file; a directory for which there is no room is a full disk's.
JOURNAL_CODES = {"read": {65, 66, 74}, "mkdir": {73, 74}}

Command = collections.namedtuple("Command", "name arguments outputs checks code same lines program earlier journal reads",
                                 defaults=((), (), 0, True, 1, PARTITA, None, None, os.devnull))
Result = collections.namedtuple("Result", "code stdout stderr files report n_proven")  # n_proven: in the journal; None: there is none


# Kinds of `bench` and what makes them short.
BENCHES = (("arith",), ("ntt", "--size", "2^8"), ("msm", "--size", "2^6"), ("synth", "--domain", "2^8"), ("prove", "--domain", "2^8"),
           ("verify", "--batch", "2"))


def threads_of(pid):
    """(state, processor seconds, what it waits in) of each thread; none of a process that ended."""
    threads = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        try:
            words = (task / "stat").read_text().rpartition(")")[2].split()
            waits = (task / "wchan").read_text()
        except OSError:
            continue
        threads.append((words[0], (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK"), waits))
    return threads


def hang(pid):
    """How a process hangs, or None: a thread that runs, or would on a machine with time for it, is no hang, unless it has run for long. A
    limit in seconds of the clock would find hangs where many processes run at once, as it did."""
    for _ in range(40):
        threads = threads_of(pid)
        if not threads or any(state in "RDZ" for state, _, _ in threads) and sum(t[1] for t in threads) < PROCESSOR_SECONDS_MAX:
            return None
        time.sleep(0.05)
    return "no end; its threads: " + ", ".join("%s %.1f s %s" % thread for thread in threads)


def ended(arguments, **options):
    """A run to its end: CompletedProcess; its code is None if it hangs, and stderr how."""
    process = subprocess.Popen(arguments, **{"stdin": subprocess.DEVNULL, **options}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               errors="replace")
    while True:
        try:
            out, err = process.communicate(timeout=SECONDS_LOOK)
            return subprocess.CompletedProcess(arguments, process.returncode, out, err)
        except subprocess.TimeoutExpired:
            how = hang(process.pid)
            if how is not None:
                process.kill()
                process.communicate()
                return subprocess.CompletedProcess(arguments, None, "", how)


def link(name):
    return str(pathlib.Path(PARTITA).parent / name)


def commands(curve, inputs):
    """arguments: as given; outputs: which may be there afterwards; checks: commands that accept the outputs; code: without a fault;
    same: does a run that a fault does not fail say the same; lines: how many may be said (of several proofs more than one can be bad);
    program: if it is not partita; earlier: a folder that is there before as `out`; journal: one that may be left once it has entries;
    reads: a file that is its standard input"""
    def at(ending):
        return str(inputs / f"{curve}{ending}")
    key, vkey, witness = at(".zkey"), at("_vkey.json"), at(".wtns")
    pair = ("proof.json", "public.json")
    verified = ("verify", vkey, "public.json", "proof.json")
    two = tuple(f"out/{name}.{what}.json" for name in ("one", "two") for what in ("proof", "public"))
    directory = ("verify", vkey, "--dir", "out")
    yield Command("prove", ("prove", key, witness, *pair), pair, (verified,))
    yield Command("prove-prepared", ("prove", at(".ptkey"), witness, *pair), pair, (verified,))
    yield Command("prove-in-memory", ("prove", "--huge-pages", "on", at(".ptkey"), witness, *pair), pair, (verified,))
    yield Command("prove-full", ("prove", "--check", "full", key, witness, *pair, "--json"), pair, (verified,))
    witnesses = tuple(str(inputs / curve / f"{name}.wtns") for name in ("one", "two"))
    many = dict(outputs=("out",) + two, checks=(directory,), journal="out/.partita/journal.db")
    yield Command("prove-two", ("prove", key, *witnesses, "--out", "out", "--json", "--stats"), **many)
    yield Command("prove-more", ("prove", key, *witnesses, "--out", "out", "--json"), **many, earlier=inputs / curve / "earlier")
    bundles = dict(many, outputs=many["outputs"] + ("all.ptbd", "all.bin"),
                   checks=(directory, ("verify", "--bundle", "all.ptbd", vkey), ("inspect", "all.ptbd")))
    yield Command("prove-request", ("prove", "--request", str(inputs / curve / "request.jsonl"), "--out", "out", "--bundle", "all.ptbd",
                                    "--raw", "all.bin", "--json"), lines=2, **bundles)
    yield Command("prove-lines", ("prove", "--request", "-", "--out", "out"), lines=3, same=False, **many,
                  reads=inputs / curve / "request.jsonl")
    yield Command("verify", ("verify", vkey, at("_public.json"), at("_proof.json")))
    yield Command("verify-json", ("verify", vkey, at("_public.json"), at("_proof.json"), "--json"))
    yield Command("verify-dir", ("verify", vkey, "--dir", str(inputs / curve / "proofs")))
    bad = str(inputs / curve / "bad")
    yield Command("prove-bad", ("prove", key, bad + ".wtns", *pair, "--json"), code=76, lines=2)
    yield Command("prove-two-bad", ("prove", key, witnesses[0], bad + ".wtns", "--out", "out", "--json"), code=76, lines=2,
                  journal="out/.partita/journal.db", outputs=("out",) + two[:2])
    yield Command("verify-bad", ("verify", vkey, bad + "_public.json", at("_proof.json"), "--json"), code=76)
    yield Command("verify-dir-bad", ("verify", vkey, "--dir", bad, "--json"), code=76, same=False, lines=2)
    yield Command("prepare", ("prepare", key, "-o", "key.ptkey"), ("key.ptkey",), (("inspect", "--check", "full", "key.ptkey"),))
    yield Command("setup", ("setup", "--insecure", at(".r1cs"), "-o", "key.zkey", "--vkey", "vkey.json"), ("key.zkey", "vkey.json"),
                  (("inspect", "--check", "full", "key.zkey"), ("inspect", "vkey.json")))
    made = ("circuit/circuit.r1cs", "circuit/circuit.wtns")
    yield Command("bench-circuit", ("bench", "circuit", "--domain", "2^8", "--curve", curve, "-o", "circuit"), ("circuit",) + made,
                  tuple(("inspect", path) for path in made))
    for ending in (".zkey", ".ptkey", ".wtns", ".r1cs", "_vkey.json", "_proof.json", "_public.json"):
        yield Command("inspect" + ending.replace("_", "-"), ("inspect", at(ending)))
    for ending in (".zkey", "_vkey.json"):
        yield Command("inspect-json" + ending.replace("_", "-"), ("inspect", "--json", "--check", "full", at(ending)))
    for ending in (".zkey", ".ptkey", ".r1cs", "_vkey.json"):
        yield Command("lint" + ending.replace("_", "-"), ("inspect", "--lint", at(ending)), code=65 if ending == ".r1cs" else 0)
    yield Command("lint-insecure", ("inspect", "--lint", "--json", str(inputs / curve / "insecure.zkey")), code=65)
    # As rapidsnark's programs, by the links that are installed.
    yield Command("prover", (key, witness, *pair), pair, (verified,), program=link("prover"))
    yield Command("verifier", (vkey, at("_public.json"), at("_proof.json")), program=link("verifier"))
    yield Command("library-prove", ("prove", key, witness), program=LIBRARY_CALLS)
    yield Command("library-prove-prepared", ("prove", at(".ptkey"), witness), program=LIBRARY_CALLS)
    yield Command("library-verify", ("verify", vkey, at("_public.json"), at("_proof.json")), program=LIBRARY_CALLS)
    for name, *arguments in BENCHES:
        yield Command("bench-" + name, ("bench", name, *arguments, "--curve", curve, "--repeats", "1", "--json"), same=False)
    yield Command("bench-prove-key", ("bench", "prove", key, witness, "--repeats", "1", "--json"), same=False)
    yield Command("bench-load", ("bench", "load", key, witness, "--load", "2:2", "--repeats", "1", "--csv", "load.csv"), ("load.csv",), same=False)
    yield Command("bench-soak", ("bench", "soak", "--curve", curve, "--domain", "2^5", "--minutes", "0.006", "-j", "2", "--workers", "1", "--json"), same=False)
    yield Command("simulate", ("simulate", "--partition-seconds", "2", "--nodes", "1,2,3", "--per-rank", "3", "--csv", "nodes.csv"),
                  ("nodes.csv",), same=False)
    yield Command("doctor", ("doctor", "--json"), same=False)
    yield Command("doctor-plan", ("doctor", "--topology", "l3:2 core:2 pu:1", "--svg", "plan.svg"), ("plan.svg",))
    settings = str(inputs / "partita.ini")
    yield Command("config", ("config", "--print", "--config", settings))
    yield Command("config-json", ("config", "--print", "--json", "--for", "bench", "--config", settings))


def make_inputs(folder):
    """Inputs of both curves: the golden ones, a prepared key, a circuit, two witnesses and their proofs."""
    def partita(*args):
        run = ended([PARTITA, *map(str, args), "--quiet"])
        if run.returncode != 0:
            raise SystemExit(f"{args}: {run.returncode}, {run.stderr}")
    (folder / "partita.ini").write_text("[partita]\nthreads = 2\nmemory = 4G\n[bench]\nworkers = 3\n")
    for curve in ("bn254", "bls12_381"):
        for path in PREIMAGE.glob(f"preimage_{curve}*"):
            shutil.copy(path, folder / path.name.replace("preimage_", ""))
        own = folder / curve
        (own / "proofs").mkdir(parents=True)
        witnesses = [own / "one.wtns", own / "two.wtns"]
        for path in witnesses:
            shutil.copy(folder / f"{curve}.wtns", path)
        partita("prove", folder / f"{curve}.zkey", *witnesses, "--out", own / "proofs")
        partita("prove", folder / f"{curve}.zkey", witnesses[0], "--out", own / "earlier")
        (own / "request.jsonl").write_text("".join(
            json.dumps({"key": str(folder / f"{curve}{key}"), "witness": str(path), "priority": i}) + "\n"
            for i, (key, path) in enumerate(zip((".zkey", "_again.zkey"), witnesses))))
        shutil.copy(folder / f"{curve}.zkey", folder / f"{curve}_again.zkey")
        partita("prepare", folder / f"{curve}.zkey")
        partita("bench", "circuit", "--domain", "2^8", "--curve", curve, "-o", own / "circuit")
        shutil.copy(own / "circuit" / "circuit.r1cs", folder / f"{curve}.r1cs")
        partita("setup", "--insecure", folder / f"{curve}.r1cs", "-o", own / "insecure.zkey")
        make_bad(folder, curve, own)


def make_bad(folder, curve, own):
    """A witness whose last value is another, public inputs that are not the proof's, and a directory that holds them beside good ones."""
    witness = bytearray((folder / f"{curve}.wtns").read_bytes())
    witness[-32] ^= 1
    (own / "bad.wtns").write_bytes(witness)
    (own / "bad_public.json").write_text('["1"]')
    shutil.copytree(own / "proofs", own / "bad")
    shutil.copy(own / "bad_public.json", own / "bad" / "one.public.json")


def same_stats(match):
    """What `--stats` adds is figures: their names are the same each time, unless they say that spans were lost."""
    if re.search(r'"lost_spans": [1-9]', match.group(0)):
        return "\"stats\": spans lost"
    return re.sub(r"(: |\[)-?\d[\d.e+-]*", r"\1#", match.group(0))


def same_text(text):
    """What a run prints, without what differs from run to run: times and memory."""
    text = re.sub(r'"stats": \{.*', same_stats, text, flags=re.DOTALL)
    text = re.sub(r'("[a-z_ ]*(?:seconds|bytes|synthesis|quotient|msm [a-z0-9]+|assemble|verify|write|key|witness|read)": )[\d.e-]+',
                  r"\1#", text)
    return re.sub(r"\d+(?:\.\d+)? (?:ms|s)\b", "#", text)


def is_same(text, clean):
    """Two results as same_text() has them; of lost spans the figures tell."""
    ending = '"stats": spans lost'
    return text == clean or text.endswith(ending) and clean.startswith(text.removesuffix(ending))


def n_entries(journal):
    """Of a journal that a run has left; opening it may change it. One without a table has none."""
    with contextlib.closing(sqlite3.connect(journal)) as opened:
        if opened.execute("SELECT count(*) FROM sqlite_master WHERE name = 'proof'").fetchone()[0] == 0:
            return 0
        return opened.execute("SELECT count(*) FROM proof").fetchone()[0]


def snapshot(folder):
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def read_report(path):
    """{"calls alloc": 80, "left blocks": 0, "fired": 1...} and [(kind, number, place)...]; ({}, []) if the program did not end."""
    counts, sites = {}, []
    for line in path.read_text().splitlines() if path.exists() else ():
        words = line.split()
        if words[0] == "site":
            sites.append((words[1], int(words[2]), words[3]))
        else:
            counts[" ".join(words[:-1])] = int(words[-1])
    return counts, sites


def lasting(fault):
    return str(fault[1]).endswith("+")


class Sweep:
    """One command with one number of threads, in folders of its own."""

    def __init__(self, command, n_threads, old, folder):
        self.command, self.n_threads, self.folder, self.old = command, n_threads, folder, old
        self.arguments = [*command.arguments, "--threads", str(n_threads), "--quiet"]
        self.name = f"{command.name}, {n_threads} thread{'s'[:n_threads > 1]}{', old outputs' if old else ''}"
        self.clean = self.run(None)
        counts, self.sites = self.clean.report
        if self.clean.code == 77:
            sys.exit(77)  # no seccomp here
        if self.clean.code != command.code or not counts or any(counts["left " + what] for what in ("blocks", "mapped_bytes", "threads")):
            raise SystemExit(f"{self.name}: the run without a fault: {self.clean.code}, {self.clean.stderr}, {counts}")

    def run(self, fault):
        place = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        report = place.with_suffix(".report")
        for name in self.command.outputs if self.old else ():
            if "." in name:
                (place / name).parent.mkdir(exist_ok=True)
                (place / name).write_bytes(OLD)
        environment = dict(os.environ, LD_PRELOAD=FAIL_NTH, PARTITA_FAULT_REPORT=str(report), LC_ALL="C")
        if fault is not None:
            environment["PARTITA_FAULT"] = "%s:%s" % fault
        if self.command.earlier is not None:
            shutil.copytree(self.command.earlier, place / "out")
        with open(self.command.reads, "rb") as reads:
            run = ended([self.command.program, *self.arguments], env=environment, cwd=place, stdin=reads)
        if run.returncode is None:
            result = Result(None, "", run.stderr, {}, ({}, []), None)
        else:
            result = Result(run.returncode, same_text(run.stdout), run.stderr, *self.left_in(place, read_report(report)))
        if fault is not None and (result.code == self.command.code or self.told_late(result) and not lasting(fault)):
            result = result._replace(stderr=result.stderr + self.refusals(place))
        shutil.rmtree(place)
        report.unlink(missing_ok=True)
        return result

    def left_in(self, place, report):
        """(files, report, proofs in the journal); a journal that holds any, and what is its own, counts as no file."""
        files, journal = snapshot(place), self.command.journal
        if journal is None or journal not in files:
            return files, report, None
        n_proven = n_entries(place / journal)
        if n_proven > 0:
            own = {str(pathlib.Path(journal).parent), journal, journal + "-wal", journal + "-journal"}
            files = {name: text for name, text in files.items() if name not in own}
        return files, report, n_proven

    @staticmethod
    def told_late(result):
        """Did the outputs go well, and then the result or its figures could not be made or printed?"""
        return re.search(r"standard output|the result|(?:list of|figures of|lay out) \d+ spans|timeline's names", result.stderr) is not None

    def n_calls(self):
        return collections.Counter(kind for kind, _, _ in self.sites)

    def refusals(self, place):
        """What the checks of the outputs say against them."""
        runs = (ended([PARTITA, *check, "--quiet"], cwd=place) for check in self.command.checks)
        return "".join(run.stderr for run in runs if run.returncode != 0)

    def lasting_faults(self):
        """From the first call of each place on, all of a kind fail. The library is called again after a fault, and a name that was given
        could not be taken back."""
        if self.n_threads == 2 and self.command.program != LIBRARY_CALLS:
            yield from ((kind, f"{number}+") for kind, number in self.faults(False) if kind != "rename")

    def faults(self, every):
        """(kind, number) of each call, or of each place's first one and the kind's last."""
        for kind in CODES:
            calls = [site for site in self.sites if site[0] == kind]
            chosen = [number for _, number, _ in calls]
            if not every and calls:
                first = {place: number for _, number, place in reversed(calls)}
                chosen = sorted(first.values())
                step = max(1, len(chosen) / QUICK_MAX)
                chosen = sorted({chosen[int(i * step)] for i in range(int(len(chosen) / step))} | {calls[-1][1]})
            yield from ((kind, number) for number in chosen)

    def complaints(self, fault):
        """What is wrong with how the program took this fault; None if it did not come to that call, as with threads may happen."""
        result = self.run(fault)
        counts = result.report[0]
        if not counts:
            return [f"ended with {result.code}: {result.stderr[-300:]}"]
        if not counts["fired"]:
            return None
        said = [f"left {what}: {counts['left ' + what]}" for what in ("blocks", "mapped_bytes", "threads", "descriptors")
                if counts["left " + what] != 0]
        lines = [line for line in result.stderr.splitlines() if "WARNING:" not in line]
        if result.code == self.command.code:
            said += self.same_complaints(fault[0], result)
        else:
            said += self.failure_complaints(fault, result, lines)
        return said

    def same_complaints(self, kind, result):
        if result.stderr != self.clean.stderr and self.command.lines == 1:
            yield f"ended as without a fault, but: {result.stderr!r}"
        unwritten = kind == "write" and result.code != 0  # the first error is the one that is told
        if self.command.same and not is_same(result.stdout, self.clean.stdout) and not unwritten:
            yield f"ended as without a fault with another result: {result.stdout[:600]!r}"
        if set(result.files) != set(self.clean.files) or result.n_proven != self.clean.n_proven:
            yield f"ended as without a fault with other files: {sorted(result.files)}, {result.n_proven} proofs in the journal"

    def delivery_complaints(self, result):
        """Each pair of a failed run is whole or not there, and what an earlier run has left is as it was."""
        names = [name for name in result.files if name != "out"]
        pairs = collections.Counter(name.split(".")[0] for name in names if name.startswith("out/"))
        if any(name not in self.clean.files for name in names) or not self.old and any(n != 2 for n in pairs.values()):
            yield f"exit code {result.code}, left {names}"
        if not names and result.n_proven is None and "out" in result.files:
            yield f"exit code {result.code}, left an empty directory"
        if self.command.earlier is None:
            return
        before = {f"out/{name}": text for name, text in snapshot(self.command.earlier).items() if text is not None and "/" not in name}
        if not result.n_proven or any(result.files.get(name) != text for name, text in before.items()):
            yield f"exit code {result.code}, of an earlier run {result.n_proven} proofs and {names} are left"

    def failure_complaints(self, fault, result, lines):
        if result.code not in (JOURNAL_CODES if self.command.journal is not None else {}).get(fault[0], CODES[fault[0]]):
            yield f"exit code {result.code}: {lines}"
        if not 1 <= len(lines) <= (LASTING_LINES_MAX if lasting(fault) else self.command.lines) or not all(re.fullmatch(r"partita: \S.*", line) for line in lines):
            yield f"exit code {result.code}, not one line: {lines}"
        if self.told_late(result) and set(result.files) == set(self.clean.files):
            return
        if self.command.journal is not None:  # the other witness is proven all the same
            yield from self.delivery_complaints(result)
            return
        before = {name: OLD if "." in name else None for name in self.command.outputs} if self.old else {}
        if result.files != before:
            changed = {name: (text or b"")[:40] for name, text in result.files.items() if name not in before or before[name] != text}
            yield f"exit code {result.code}, left {changed}, lost {sorted(set(before) - set(result.files))}"


def sweeps(every, name, inputs, folder):
    """quick: each command once, with one curve; the next command with the other."""
    for index, curve in enumerate(("bn254", "bls12_381")):
        for i, command in enumerate(commands(curve, inputs)):
            if name not in ("", command.name) or not every and i % 2 != index:
                continue
            for old in (False, True) if command.outputs and command.earlier is None and (every or command.name in ("prove", "setup")) else (False,):
                two = Sweep(command, 2, old, folder)
                one = Sweep(command, 1, old, folder) if every else two
                yield two
                if one.n_calls() != two.n_calls():  # else the command starts no threads for its work
                    yield one


def main(extent, name=""):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="partita_faults_"))
    n_runs = n_bad = n_missed = 0
    begin = time.monotonic()
    try:
        inputs = folder / "inputs"
        inputs.mkdir()
        make_inputs(inputs)
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for sweep in sweeps(extent == "all", name, inputs, folder):
                # jansson's calls come from one place of the program: where JSON is read, all of them.
                faults = list(sweep.faults(extent == "all" or sweep.command.name == "verify"))
                if extent == "all":
                    faults += sweep.lasting_faults()
                for fault, said in zip(faults, pool.map(sweep.complaints, faults)):
                    n_missed += said is None
                    for line in said or ():
                        print(f"{sweep.name}: {fault[0]} {fault[1]}: {line}", flush=True)
                    n_bad += bool(said)
                n_runs += len(faults)
                print(f"{sweep.name}: {len(faults)} faults, {json.dumps(collections.Counter(kind for kind, _ in faults))}", flush=True)
    finally:
        shutil.rmtree(folder)
    print(f"{n_runs} faults, {n_bad} taken badly, {n_missed} never met, {time.monotonic() - begin:.0f} s")
    return 1 if n_bad or n_missed * MISSED_PART >= n_runs else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
