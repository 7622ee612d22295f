# SPDX-License-Identifier: Apache-2.0
"""Whole runs of partita on files mutated at random, by every command that reads them.

    python3 tests/format/mutate_runs.py --partita build/release/partita [--runs N] [--seed TEXT] [--keep DIR]

Each run ends in a documented exit code within 3 s of processor time and the bound on memory, says one line if it fails, and leaves nothing then. A proof that
comes out verifies with the key of the files before they were mutated; what `verify` accepts says the same as the file that it was.
The seed is printed, and taken again from --seed or PARTITA_SEED.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import random
import shutil
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
from bounded_run import INVALID, OTHER, Fault, Program, arguments_of, golden, summary  # noqa: E402
from bundles import Bundle, bundle_of, framed, unframed  # noqa: E402
from container import Container  # noqa: E402
from damaged_prepared import ARRAYS, HEADER_BYTES, Prepared  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "..", "fuzz", "corpus")
FOLDERS = {".zkey": "zkey", ".wtns": "wtns", ".r1cs": "r1cs", "_vkey.json": "vkey", "_proof.json": "proof", "_public.json": "public"}
# Command, ending of the file that is mutated, exit codes.
JOBS = [("prove", ".zkey", (0, 65, 76)), ("prove", ".ptkey", (0, 65, 76)), ("prove", ".wtns", (0, 65, 76)), ("prepare", ".zkey", (0, 65)),
        ("setup", ".r1cs", (0, 65)), ("verify", "_vkey.json", (0, 65, 76)), ("verify", "_proof.json", (0, 65, 76)),
        ("verify", "_public.json", (0, 65, 76)), ("verify_bundle", ".bundle", (0, 65, 76))] * 2 + [
            ("inspect", ending, (0, 65)) for ending in (".zkey", ".ptkey", ".wtns", ".r1cs", ".bundle", "_vkey.json", "_proof.json", "_public.json")]
REFUSED, UNSATISFIED = 65, 76
LEAST_RUNS = 200  # of so many every exit code is seen
NUMBERS = [0, 1, 2, 3, 4, 5, 8, 255, 256, 2**16, 2**27, 2**28, 2**31 - 1, 2**31, 2**32 - 1]
WORDS = [b"0", b"1", b'"', b"[", b"]", b"{", b"}", b",", b":", b"null", b'"0"', b"[]", b"{}", b"\\", b"\0", b"\xff", b"-", b" ", b"\n", b"e9"]

Case = collections.namedtuple("Case", "number command ending codes circuit curve")


# ---- mutations ----


def flip(rng, raw):
    at = rng.randrange(len(raw))
    raw[at] ^= 1 << rng.randrange(8)


def number(rng, raw):
    """A count where one may stand: little-endian, at a multiple of 4."""
    size, at = rng.choice((4, 8)), 4 * rng.randrange(max(len(raw) // 4, 1))
    value = rng.choice(NUMBERS) + (rng.randrange(2**32) << 32 if size == 8 and rng.random() < 0.5 else 0)
    raw[at : at + size] = value.to_bytes(8, "little")[:size]


def nudge(rng, raw):
    at = 4 * rng.randrange(max(len(raw) // 4, 1))
    if at + 4 <= len(raw):
        struct.pack_into("<I", raw, at, (struct.unpack_from("<I", raw, at)[0] + rng.choice((-1, 1))) % 2**32)


def span(rng, raw):
    begin = rng.randrange(len(raw))
    return begin, min(len(raw), begin + rng.choice((1, 2, 4, 12, 32, 64, 1 + rng.randrange(len(raw)))))


def cut(rng, raw):
    begin, end = span(rng, raw)
    del raw[begin:end]


def insert(rng, raw):
    begin, end = span(rng, raw)
    at = rng.randrange(len(raw) + 1)
    raw[at:at] = raw[begin:end] if rng.random() < 0.5 else rng.randbytes(min(end - begin, 100))


def overwrite(rng, raw):
    begin, end = span(rng, raw)
    at = rng.randrange(len(raw))
    raw[at : at + end - begin] = raw[begin:end][: len(raw) - at]


def end_early(rng, raw):
    del raw[rng.randrange(len(raw)) :]


def word(rng, raw):
    at = rng.randrange(len(raw) + 1)
    raw[at : at + rng.randrange(3)] = rng.choice(WORDS)


def header_field(rng, raw):
    """A type, a length or a count at the beginning of a section."""
    try:
        at = rng.choice(Container(bytes(raw)).borders())
    except struct.error:
        return
    if at + 4 <= len(raw):
        struct.pack_into("<I", raw, at, rng.choice(NUMBERS + [len(raw), len(raw) - at]) % 2**32)


BINARY = (flip, number, nudge, cut, insert, overwrite, end_early, header_field, header_field)
BUNDLE = (flip, flip, flip, flip, number, nudge, cut, insert, overwrite, end_early)
WITHIN = (flip, number, nudge, nudge, overwrite)
TEXT = (flip, cut, insert, overwrite, end_early, word, word, word)


def within(rng, raw, ending):
    """In a section or an array, each as likely as the next: the small ones hold what others are counted by."""
    try:
        if ending == ".ptkey":
            begin, size, _ = rng.choice([(0, HEADER_BYTES, 0)] + [Prepared(raw).place(name) for name in ARRAYS])
            end = begin + size
        else:
            borders = Container(bytes(raw)).borders()[4:]
            begin, end = rng.choice(list(zip(borders[1::3], borders[2::3])))
    except (struct.error, IndexError):
        return
    part = raw[begin:end]
    if part:
        rng.choice(WITHIN)(rng, part)
        raw[begin:end] = part[: end - begin]


def mutated(rng, raw, ending, seals):
    """Another file than raw: a mutation may write what stands there, or find no place."""
    out = raw
    while out == raw:
        out = mutated_once(rng, raw, ending, seals)
    return out


def mutated_once(rng, raw, ending, seals):
    framing = ending == ".bundle" and rng.random() < 0.8  # so that what a checksum guards is met
    out = bytearray(unframed(raw) if framing else raw)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if not out:
            break
        if ending.endswith(".json"):
            rng.choice(TEXT)(rng, out)
        elif ending == ".bundle":
            rng.choice(BUNDLE)(rng, out)
        elif rng.random() < 0.6:
            within(rng, out, ending)
        else:
            rng.choice(BINARY)(rng, out)
    if ending == ".ptkey" and rng.random() < 0.7 and seals:  # right sums, so that what they guard is met
        try:
            return Prepared(out).sealed()
        except (struct.error, IndexError, ValueError, MemoryError):
            pass
    return framed(bytes(out)) if framing else bytes(out)


# ---- files ----


def good_files(program, work):
    """The files of every circuit at hand, by (circuit, curve), prepared keys included: {ending: path}."""
    sets = {}
    for curve in ("bn254", "bls12_381"):
        files = golden(curve)
        if curve != "bn254":
            del files[".r1cs"]
        sets["preimage", curve] = files
        for name in ("product", "sums", "private"):
            sets[name, curve] = {ending: f"{CORPUS}/{folder}/{name}_{curve}{'.' + ending[1:] if ending[0] == '_' else ending}"
                                 for ending, folder in FOLDERS.items()}
    for (name, curve), files in sets.items():
        out = os.path.join(work, f"{name}_{curve}")
        os.mkdir(out)
        program.run(arguments_of("prepare", files, out), files[".zkey"], (0,))
        files[".ptkey"], files[".bundle"] = f"{out}/key.ptkey", f"{out}/three.bundle"
        proofs = [(f"p{i}", files["_proof.json"], files["_public.json"]) for i in range(3)]
        with open(files[".bundle"], "wb") as f:
            f.write(bundle_of([(curve, files["_vkey.json"], proofs)]).raw())
    return sets


def load(path):
    with open(path, "rb") as f:
        return f.read()


# ---- runs ----


def statements(raw):
    """What is claimed in a bundle: (key's hash, proof, public inputs)."""
    bundle = Bundle(unframed(raw))
    return {(bundle.keys[key][2], proof, public) for key, _, proof, public in bundle.partitions}


def case_of(number_of_run, rng, sets):
    command, ending, codes = rng.choice(JOBS)
    circuit, curve = rng.choice([key for key, files in sets.items() if ending in files])
    return Case(number_of_run, command, ending, codes, circuit, curve)


def meaning(ending, raw):
    """What a JSON file says, as far as it is read."""
    value = json.loads(raw)
    if ending == "_public.json":
        return value
    curve = {"bn254": "bn128", "bls12_381": "bls12381"}.get(value.get("curve", "bn128"), value.get("curve", "bn128"))
    names = ("pi_a", "pi_b", "pi_c") if ending == "_proof.json" else ("nPublic", "vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2", "IC")
    return [curve] + [value[name] for name in names]


def outcome_faults(program, case, files, out, path):
    """What came out of a run that ended well."""
    own = files.get("_vkey.json")
    if case.command == "prove":
        return program.proof_faults(out, own)
    if case.command == "verify_bundle" and not statements(load(path)) <= statements(load(files[".bundle"])):
        return [Fault(INVALID, "verify accepts what says something else")]
    if case.command == "verify" and meaning(case.ending, load(path)) != meaning(case.ending, load(files[case.ending])):
        return [Fault(INVALID, "verify accepts what says something else")]
    if case.command == "prepare":
        os.mkdir(f"{out}/proven")
        ended = program.run(arguments_of("prove", {**files, ".zkey": f"{out}/key.ptkey"}, f"{out}/proven"), path, (0, 65, 76))
        return ended.faults + (program.proof_faults(f"{out}/proven", own) if ended.code == 0 else [])
    if case.command == "setup":
        return program.run(arguments_of("inspect", {".zkey": f"{out}/key.zkey"}, out), f"{out}/key.zkey", (0,)).faults
    return []


def run_case(program, case, sets, rng, work):
    """Run one case; its faults, and its exit code."""
    files = sets[case.circuit, case.curve]
    out, path = os.path.join(work, "out"), os.path.join(work, "mutated" + case.ending)
    shutil.rmtree(out, ignore_errors=True)
    os.mkdir(out)
    with open(path, "wb") as f:
        f.write(mutated(rng, load(files[case.ending]), case.ending, program.seals))
    given = {**files, ".zkey" if case.ending == ".ptkey" else case.ending: path}
    ended = program.run(arguments_of(case.command, given, out, path), path, case.codes)
    faults = list(ended.faults)
    if ended.code == 0 and not faults:
        faults += outcome_faults(program, case, files, out, path)
    names = (os.path.basename(path), *(os.path.basename(name) for name in files.values()))
    faults += program.output_faults(ended, out, names, several=case.command == "verify_bundle")
    if case.codes == (0, 65) and ended.code == 0 and case.command == "inspect" and os.listdir(out):
        faults.append(Fault(OTHER, "inspect writes a file"))
    return faults, ended.code


def run_all(program, args, work):
    """Run all cases on all processors: what failed, and how often each exit code came."""
    sets, workers = good_files(program, work), len(os.sched_getaffinity(0))

    def run_share(share):
        failed, codes = [], collections.Counter()
        own = os.path.join(work, f"share-{share}")
        os.mkdir(own)
        for number_of_run in range(args.first + share, args.first + args.runs, workers):
            rng = random.Random(f"{args.seed}-{number_of_run}")
            case = case_of(number_of_run, rng, sets)
            faults, code = run_case(program, case, sets, rng, own)
            codes[case.command, code] += 1
            if faults:
                failed.append((case, faults))
                if args.keep:
                    os.makedirs(args.keep, exist_ok=True)
                    shutil.copy(os.path.join(own, "mutated" + case.ending), os.path.join(args.keep, f"run-{number_of_run}{case.ending}"))
        return failed, codes

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        shares = list(pool.map(run_share, range(workers)))
    return sum((failed for failed, _ in shares), []), sum((codes for _, codes in shares), collections.Counter())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--partita", required=True, help="the program")
    parser.add_argument("--runs", type=int, default=3000)
    parser.add_argument("--first", type=int, default=0, help="number of the first run: one run alone with --runs 1")
    parser.add_argument("--seed", default=os.environ.get("PARTITA_SEED") or f"{random.SystemRandom().randrange(2**32):x}")
    parser.add_argument("--keep", help="leave the files of runs that failed here")
    parser.add_argument("--sanitized", action="store_true", help="an ASan build: five times the time, any address space")
    parser.add_argument("--invariants", action="store_true",
                        help="a build that checks invariants: it aborts at a coordinate that is not reduced, for which a prepared key's right sum vouches")
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)
    program = Program(args.partita, args.sanitized)
    program.seals = not args.invariants
    with tempfile.TemporaryDirectory(prefix="partita-mutate-") as work:
        failed, codes = run_all(program, args, work)
    for case, faults in failed:
        for fault in faults:
            print(f"run {case.number}: {case.command} {case.circuit}_{case.curve}{case.ending}: {fault.kind}: {fault.text}")
    for command in sorted({name for name, _ in codes}):
        print(f"{command}: " + ", ".join(f"exit {code}: {n}" for (name, code), n in sorted(codes.items(), key=str) if name == command))
    print(f"{args.runs} runs: {summary([fault for _, faults in failed for fault in faults])}")
    unseen = {0, REFUSED, UNSATISFIED} - {code for _, code in codes}
    if args.runs >= LEAST_RUNS and unseen:
        sys.exit(f"no run ended in {sorted(unseen)}: the mutations are too many or too few")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
