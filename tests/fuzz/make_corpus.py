# SPDX-License-Identifier: Apache-2.0
"""Make the corpus of the fuzz targets anew: files of the smallest circuits, on both curves, and a frame or two of each type.

    python3 tests/fuzz/make_corpus.py --partita build/release/partita

Writes tests/fuzz/corpus/<parser>/<circuit>_<curve>.<ending> and leaves every other file there (inputs that once were findings) as it is. Keys and
proofs are random, so that two runs differ. Every wire of these circuits may be 1: the target proves with that witness.
"""
import argparse
import os
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "format"))
from bundles import bundle_of  # noqa: E402
from container import Container  # noqa: E402
from curves import CURVES  # noqa: E402
from damaged_prepared import ARRAYS, HEADER_BYTES, Prepared  # noqa: E402

# Wires, outputs, public inputs, private inputs; then the constraints A, B, C, each {wire: coefficient}.
CIRCUITS = {
    "product": (4, 1, 0, 2, [({2: 1}, {3: 1}, {1: 1})]),
    "sums": (6, 1, 2, 1, [({1: 2, 2: -1}, {3: 1}, {5: 1}), ({4: 1}, {0: 3, 4: -2}, {1: 1}), ({}, {2: 1}, {})]),
    "private": (3, 0, 0, 1, [({1: 1}, {1: 1}, {2: 1})]),
}
WIRE_VERSION = 3  # mpi/cluster/wire.h; the test of frames (t_wire) reads what is made here
RECORD = 10  # section of a zkey: its ceremony
AS_CONTENT, AS_FILE = b"\1", b"\0"  # fuzz_bundle.c puts a content into a frame
RIGHT_ALL = 7  # fuzz_prepared_key.c puts layout, sums and the header's hash right


def container(magic, version, sections):
    out = magic + struct.pack("<II", version, len(sections))
    return out + b"".join(struct.pack("<IQ", kind, len(contents)) + contents for kind, contents in sections)


def r1cs_of(circuit, r):
    n_wires, n_outputs, n_public, n_private, constraints = circuit
    header = struct.pack("<I", 32) + r.to_bytes(32, "little")
    header += struct.pack("<IIIIQI", n_wires, n_outputs, n_public, n_private, n_wires, len(constraints))
    body = b""
    for terms in (terms for constraint in constraints for terms in constraint):
        body += struct.pack("<I", len(terms))
        body += b"".join(struct.pack("<I", wire) + (value % r).to_bytes(32, "little") for wire, value in terms.items())
    return container(b"r1cs", 1, [(1, header), (2, body), (3, struct.pack(f"<{n_wires}Q", *range(n_wires)))])


def wtns_of(circuit, r):
    header = struct.pack("<I", 32) + r.to_bytes(32, "little") + struct.pack("<I", circuit[0])
    return container(b"wtns", 2, [(1, header), (2, (1).to_bytes(32, "little") * circuit[0])])


def short_form(raw):
    """A prepared key as the target takes it: without the zeros between its arrays."""
    key = Prepared(raw)
    places = [key.place(name) for name in ARRAYS]
    return bytes([RIGHT_ALL]) + raw[:HEADER_BYTES] + b"".join(raw[offset : offset + n_bytes] for offset, n_bytes, _ in places)


def with_record(raw, curve):
    """A key with the record of the shipped example's ceremony: two contributions and a beacon, which is not this key's."""
    key, shipped = Container(raw), Container(load(os.path.join(HERE, "..", "golden", "preimage", f"preimage_{curve}.zkey")))
    key.sections = [section for section in key.sections if section[0] != RECORD] + [[RECORD, shipped.get(RECORD), None]]
    key.announced = len(key.sections)
    return key.raw()


def load(path):
    with open(path, "rb") as f:
        return f.read()


def write(target, name, contents):
    folder = os.path.join(HERE, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(contents)


def files_of(partita, circuit, r, work):
    """Every file of a circuit by its parser: (ending, contents)."""
    def run(*arguments):
        subprocess.run([partita, arguments[0], "--quiet", *arguments[1:]], cwd=work, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def made(name):
        return load(os.path.join(work, name))

    for name, contents in (("c.r1cs", r1cs_of(circuit, r)), ("w.wtns", wtns_of(circuit, r))):
        with open(os.path.join(work, name), "wb") as f:
            f.write(contents)
    run("setup", "--insecure", "c.r1cs", "-o", "k.zkey", "--vkey", "vkey.json")
    run("prove", "k.zkey", "w.wtns", "proof.json", "public.json")
    run("verify", "vkey.json", "public.json", "proof.json")
    run("prepare", "k.zkey", "-o", "k.ptkey")
    return {"r1cs": ("r1cs", made("c.r1cs")), "wtns": ("wtns", made("w.wtns")), "zkey": ("zkey", made("k.zkey")),
            "prepared_key": ("short", short_form(made("k.ptkey"))), "vkey": ("vkey.json", made("vkey.json")),
            "proof": ("proof.json", made("proof.json")), "public": ("public.json", made("public.json"))}


def zstd_frame(*blocks):
    """Bytes as they are, or (byte, number) for that many of it: a frame of one segment that says its length."""
    kinds = [(0, len(b), b) if isinstance(b, bytes) else (1, b[1], b[0]) for b in blocks]
    out = b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", sum(n for _, n, _ in kinds))
    for i, (kind, n, content) in enumerate(kinds):
        out += struct.pack("<I", (i + 1 == len(kinds)) | kind << 1 | n << 3)[:3] + content
    return out


def frame(kind, payload, attempt=(0, 0), epoch=3, packed=None):
    """docs/protocol.md; the sum is left to the target."""
    sent = payload if packed is None else packed
    header = b"ptwf" + struct.pack("<HBBII", WIRE_VERSION, kind, packed is not None, len(sent), len(payload))
    return header + struct.pack("<QQII", epoch, 0x1122334455667788 if epoch else 0, *attempt) + sent + bytes(8)


def text(value):
    return struct.pack("<H", len(value) + 1) + value.encode() + b"\0"


def frames():
    """(name, frame)"""
    some = (7, 2)
    proof = bytes(range(128))
    result = struct.pack("<dII", 1.5, 128, 40) + proof
    public = b"".join(i.to_bytes(32, "little") for i in range(40))
    yield "hello", frame(1, struct.pack("<QI", 4711, 8) + text("0.1.0-12-gabcdef") + text("node-1"), epoch=0)
    yield "welcome", frame(2, struct.pack("<I", 2) + text("keys/a.zkey") + text("keys/b.ptkey"))
    yield "ready", frame(3, struct.pack("<II", 0, 0) + bytes(range(32)) + text(""))
    yield "not_ready", frame(3, struct.pack("<II", 1, 66) + bytes(32) + text("b.ptkey: no such file"))
    report = struct.pack("<QQIIII", 9, 5, 2, 2, 4, 3) + struct.pack("<6I", 1, 1, 7, 2, 3, 1)
    yield "report", frame(4, report + text(""))
    yield "report_of_fault", frame(4, report + text("H200: msm_accumulate: CL_OUT_OF_RESOURCES (-5)"))
    yield "assign", frame(5, struct.pack("<Ii", 1, -5) + text("w7") + text("witnesses/w7.wtns"), some)
    yield "cancel", frame(6, b"", some)
    yield "result", frame(7, struct.pack("<dII", 0.25, 128, 1) + proof + public[:32], some)
    yield "result_packed", frame(7, result + bytes(1280), some, packed=zstd_frame(result, (b"\0", 1280)))
    skippable = struct.pack("<II", 0x184D2A50, 4) + bytes(4)
    yield "result_and_more", frame(7, result + bytes(1280), some, packed=zstd_frame(result, (b"\0", 1280)) + skippable)
    yield "result_long", frame(7, result + public, some)
    yield "failure", frame(8, struct.pack("<dI", 0.5, 76) + text("w7.wtns: not satisfied or miscomputed"), some)
    yield "ack", frame(9, b"", some)
    yield "alive", frame(10, b"")
    yield "again", frame(11, b"")
    yield "stop", frame(12, struct.pack("<I", 0) + text(""))
    yield "refused", frame(12, struct.pack("<I", 69) + text("is of another build"))
    yield "want", frame(13, struct.pack("<IIIQI", 1, 7, 2, 1 << 20, 1 << 20))
    yield "which_key", frame(14, struct.pack("<IIIIQQI", 0, 2, 0, 0, 5000, 0, 0) + bytes(range(32)) + text(""))
    yield "chunk", frame(14, struct.pack("<IIIIQQI", 1, 7, 2, 0, 5000, 4900, 100) + bytes(32) + text("") + bytes(range(100)))
    yield "no_chunk", frame(14, struct.pack("<IIIIQQI", 1, 7, 2, 66, 0, 0, 0) + bytes(32) + text("w7.wtns: no such file"))
    yield "ping", frame(15, struct.pack("<d", 3.25))
    yield "pong", frame(16, struct.pack("<dd", 3.25, 1000.5))
    yield "tell", frame(17, struct.pack("<I", 1024))
    span = struct.pack("<dddQIHHH", 1000.5, 1000.75, 0.25, 4096, 7, 3, 1, 0)
    spans = struct.pack("<IIIQI", 1024, 1027, 8, 0, 2) + 2 * span
    yield "spans", frame(18, spans + struct.pack("<IQQ", 0, 0, 0) + 2 * text(""))
    yield "spans_of_device", frame(18, spans + struct.pack("<IQQ", 2, 40, 1) + text("H200") + text("0000:3b:00.0"))


def bundle_with(curve, work, n):
    """A bundle of the proof in work, so many times."""
    proofs = [(f"p{i}", f"{work}/proof.json", f"{work}/public.json") for i in range(n)]
    return bundle_of([(curve, f"{work}/vkey.json", proofs)])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--partita", required=True, help="the program")
    partita = os.path.abspath(parser.parse_args().partita)
    for name, contents in frames():
        write("frame", f"{name}.frame", contents)
    for curve, (_, r) in CURVES.items():
        for name, circuit in CIRCUITS.items():
            with tempfile.TemporaryDirectory(prefix="partita-corpus-") as work:
                files = files_of(partita, circuit, r, work)
                write("bundle", f"{name}_{curve}.content", AS_CONTENT + bundle_with(curve, work, 3).content())
                write("bundle", f"{name}_{curve}.file", AS_FILE + bundle_with(curve, work, 1).raw())
            for target, (ending, contents) in files.items():
                write(target, f"{name}_{curve}.{ending}", contents)
            if name == "private":
                write("zkey", f"record_{curve}.zkey", with_record(files["zkey"][1], curve))


if __name__ == "__main__":
    main()
