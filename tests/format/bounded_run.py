# SPDX-License-Identifier: Apache-2.0
"""One run of the program on a file that may be damaged, within bounds of time and memory; what was wrong with how it ended."""
import collections
import os
import signal
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "..", "golden")
CRASH, HANG, INVALID, MEMORY, OTHER = "crashes", "hangs", "invalid proofs with exit 0", "allocations over bound", "other faults"
NO_MEMORY, INTERNAL = 75, 70
LIMIT_S = 3  # of processor time, all threads together: whatever else the machine does. Ten times as much in all
MIB = 1 << 20
STEP, SPARE, MOST = 8 * MIB, 16 * MIB, 2048 * MIB  # of address space
SUFFIXES = (".zkey", ".wtns", ".r1cs", "_vkey.json", "_proof.json", "_public.json")

Fault = collections.namedtuple("Fault", "kind text")
Ended = collections.namedtuple("Ended", "code stderr faults")


def golden(curve_name):
    """The shipped example's files by their endings."""
    files = {name: f"{GOLDEN}/preimage/preimage_{curve_name}{name}" for name in SUFFIXES}
    return {**files, ".ini": f"{HERE}/../fuzz/corpus/config/printed.ini"}


def arguments_of(command, files, out, path=None):
    """A command line with these files by their endings, outputs into out; path: what inspect looks at."""
    threads = ["--quiet", "--threads", "2"]
    return {"prove": ["prove", *threads, files.get(".zkey"), files.get(".wtns"), f"{out}/proof.json", f"{out}/public.json"],
            "prepare": ["prepare", *threads, files.get(".zkey"), "-o", f"{out}/key.ptkey"],
            "setup": ["setup", *threads, "--insecure", files.get(".r1cs"), "-o", f"{out}/key.zkey", "--vkey", f"{out}/vkey.json"],
            "verify": ["verify", *threads, files.get("_vkey.json"), files.get("_public.json"), files.get("_proof.json")],
            "verify_bundle": ["verify", *threads, "--bundle", files.get(".bundle"), files.get("_vkey.json")],
            "config": ["config", "--config", files.get(".ini")],
            "inspect": ["inspect", *threads, "--check", "full", path or files.get(".zkey")]}[command]


def text_faults(stderr, names, several=False):
    """What is wrong with the words of a refusal: warnings apart, one printable line, which names one of the files; or several such."""
    lines = stderr.decode("utf-8", "replace").split("\n")
    errors = [line for line in lines[:-1] if not line.startswith("partita: WARNING: ")]
    right = [line.isprintable() and line.startswith("partita: ") for line in errors]
    if not right or not all(right) or lines[-1] != "" or (len(errors) > 1 and not several):
        return [Fault(OTHER, f"{len(errors)} lines on stderr, expected one: {stderr[:300]!r}")]
    return [Fault(OTHER, f"no file is named: {line}") for line in errors if not any(name in line for name in names)]


class Program:
    """The program, and the address space that each of its commands needs for good files: a damaged one may take a little more, and
    a small multiple of its own size."""

    def __init__(self, path, sanitized=False):
        self.path, self.sanitized = os.path.abspath(path), sanitized
        self.limit_s = LIMIT_S * (5 if sanitized else 1)
        self.least = {} if sanitized else {name: self._least(name) for name in ("prove", "prepare", "setup", "verify", "inspect", "config")}

    def _least(self, command):
        curve = "bn254" if command == "setup" else "bls12_381"
        with tempfile.TemporaryDirectory(prefix="partita-bounds-") as out:
            arguments = arguments_of(command, golden(curve), out)
            for space in range(STEP, MOST, STEP):
                if self._start(arguments, space).returncode == 0:
                    return space
        raise SystemExit(f"{command} fails on good files")

    def _start(self, arguments, space):
        limited = ["sh", "-c", 'ulimit -t "$1" && ulimit -v "$2" && shift 2 && exec "$@"', "sh", str(self.limit_s),
                   str(space // 1024) if space else "unlimited"]
        return subprocess.run(limited + [self.path, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=10 * self.limit_s,
                              check=False)

    def space(self, command, path):
        """The bound of docs/formats.md on what is held while such a file is read, and what the command takes for good files."""
        if self.sanitized:
            return None
        size = os.stat(path).st_size if os.path.isfile(path) else 0
        return self.least[command] + SPARE + size * (48 if path.endswith(".json") else 8)

    def run(self, arguments, path, codes):
        """Run; path is the damaged file, whose size bounds memory. Faults: time, memory, how it ended."""
        space, faults = self.space(arguments[0], path), []
        try:
            done = self._start(arguments, space)
        except subprocess.TimeoutExpired:
            return Ended(None, b"", [Fault(HANG, f"over {10 * self.limit_s} s: {' '.join(arguments)}")])
        if -done.returncode in (signal.SIGXCPU, signal.SIGKILL):
            return Ended(None, b"", [Fault(HANG, f"over {self.limit_s} s of processor time: {' '.join(arguments)}")])
        if done.returncode < 0 or done.returncode >= 128 or done.returncode == INTERNAL or b"Sanitizer" in done.stderr:
            faults.append(Fault(CRASH, f"exit {done.returncode}: {done.stderr[-2000:]!r}"))
        elif done.returncode == NO_MEMORY and NO_MEMORY not in codes:
            faults.append(Fault(MEMORY, f"more than {space} bytes of address space: {done.stderr!r}"))
        elif done.returncode not in codes:
            faults.append(Fault(OTHER, f"exit {done.returncode}, expected {codes}: {done.stderr[:300]!r}"))
        return Ended(done.returncode, done.stderr, faults)

    def output_faults(self, ended, out, names, several=False):
        """What a refusal left, or said; several: a line for each bad proof."""
        if ended.code == 0 or ended.code is None or any(fault.kind == CRASH for fault in ended.faults):
            return []
        left = os.listdir(out)
        return text_faults(ended.stderr, names, several) + ([Fault(OTHER, f"left behind: {left}")] if left else [])

    def proof_faults(self, out, vkey):
        """Do the proof and the public inputs in out verify?"""
        done = self._start(["verify", "--quiet", vkey, f"{out}/public.json", f"{out}/proof.json"], None)
        return [] if done.returncode == 0 else [Fault(INVALID, f"a proof that does not verify: {done.stderr!r}")]


def summary(faults):
    """`0 crashes, 0 hangs ...` of a list of faults."""
    count = collections.Counter(fault.kind for fault in faults)
    return ", ".join(f"{count[kind]} {kind}" for kind in (CRASH, HANG, INVALID, MEMORY, OTHER))
