# SPDX-License-Identifier: Apache-2.0
"""Damaged zkey, wtns and r1cs files, made from good ones: every kind of fault that docs/formats.md says is found."""
import random
import struct

from container import Case, Container, container_cases

U32_MAX = 2**32 - 1
REFUSED, UNSATISFIED = (65,), (76,)


def flipped_bits(raw, n, seed, codes):
    """Single bits flipped all over a file. Where no check can see one, the proof must still be right, or not come out."""
    rng = random.Random(seed)
    for _ in range(n):
        bit = rng.randrange(8 * len(raw))
        bad = bytearray(raw)
        bad[bit // 8] ^= 1 << bit % 8
        yield Case("flipped bit", f"bit-{bit}", bytes(bad), codes)


# ---- zkey ----


class ZkeyLayout:
    """Where things lie in the sections of a key."""

    def __init__(self, curve):
        n = curve.fq_bytes
        self.g1, self.g2 = 2 * n, 4 * n
        self.q, self.n8r, self.r = 4, 4 + n, 8 + n
        self.n_vars = 8 + n + 32
        self.n_public, self.domain = self.n_vars + 4, self.n_vars + 8
        at, self.points = self.n_vars + 12, {}
        for name, size in [("alpha1", self.g1), ("beta1", self.g1), ("beta2", self.g2), ("gamma2", self.g2),
                           ("delta1", self.g1), ("delta2", self.g2)]:
            self.points[name] = (at, size)
            at += size
        self.queries = {3: self.g1, 5: self.g1, 6: self.g1, 7: self.g2, 8: self.g1, 9: self.g1}


def zkey_header_cases(raw, curve):
    at = ZkeyLayout(curve)
    good = Container(raw)
    n_vars, n_public, domain = (good.u32(2, o) for o in (at.n_vars, at.n_public, at.domain))
    fields = [("protocol", 1, 0, [0, 2, 10, U32_MAX]), ("n8q", 2, 0, [0, 31, 64, U32_MAX]), ("n8r", 2, at.n8r, [0, 33, 48, U32_MAX]),
              ("nVars", 2, at.n_vars, [0, n_public, n_vars - 1, n_vars + 1, 2**31, U32_MAX]),
              ("nPublic", 2, at.n_public, [0, n_public + 1, n_vars - 1, n_vars, U32_MAX]),
              ("domainSize", 2, at.domain, [0, 1, 3, domain - 1, domain + 1, 2 * domain, domain // 2, 2**27, 2**28, 2**31, U32_MAX])]
    for name, section, offset, values in fields:
        for value in values:
            yield Case("wrong count" if name[0] == "n" else "wrong " + name, f"{name}-{value}", Container(raw).put(section, offset, value).raw())
    for name, offset in (("q", at.q), ("r", at.r)):
        for bit in (0, 7, 40):
            bad = Container(raw)
            bad.get(2)[offset + bit // 8] ^= 1 << bit % 8
            yield Case("wrong prime", f"prime-{name}-bit-{bit}", bad.raw())


def zkey_coefficient_cases(raw, curve):
    at = ZkeyLayout(curve)
    good = Container(raw)
    n, n_vars, domain = good.u32(4, 0), good.u32(2, at.n_vars), good.u32(2, at.domain)
    for value in (0, 1, n - 1, n + 1, 2**27, 2**31, U32_MAX):
        yield Case("wrong count", f"coefficients-{value}", Container(raw).put(4, 0, value).raw())
    for i in (0, n // 2, n - 1):
        record = 4 + 44 * i
        for name, offset, values in [("matrix", 0, [2, 3, U32_MAX]), ("constraint", 4, [domain, U32_MAX]), ("signal", 8, [n_vars, U32_MAX])]:
            for value in values:
                yield Case("index out of range", f"coefficient-{i}-{name}-{value}", Container(raw).put(4, record + offset, value).raw())
        for name, value in (("r", curve.r), ("all-ones", 2**256 - 1)):
            yield Case("value not reduced", f"coefficient-{i}-{name}", Container(raw).put(4, record + 12, value.to_bytes(32, "little")).raw())
    empty = Container(raw)
    empty.get(4)[:] = bytes(4)
    yield Case("no constraint", "no-coefficient", empty.raw())
    n_public = good.u32(2, at.n_public)
    public_rows = b"".join(struct.pack("<III", 0, s, s) + (1).to_bytes(32, "little") for s in range(n_public + 1))
    empty.get(4)[:] = struct.pack("<I", n_public + 1) + public_rows
    yield Case("no constraint", "public-rows-alone", empty.raw())
    other = Container(raw)
    for i in range(n):
        other.put(4, 4 + 44 * i + 12, (i + 2).to_bytes(32, "little"))
    yield Case("another circuit's values", "other-coefficients", other.raw(), UNSATISFIED)


def zkey_point_cases(raw, curve):
    at = ZkeyLayout(curve)
    for section, size in at.queries.items():
        n = len(Container(raw).get(section)) // size
        for i in sorted({0, n // 2, n - 1}):
            for name, x in [("x-is-5", (5).to_bytes(curve.fq_bytes, "little")), ("x-is-q", curve.q.to_bytes(curve.fq_bytes, "little")),
                            ("all-ones", b"\xff" * size)]:
                yield Case("point off the curve", f"section-{section}-point-{i}-{name}", Container(raw).put(section, size * i, x).raw())
        bad = Container(raw)
        points = bad.get(section)
        points[:] = b"".join(bytes(points[size * i : size * (i + 1)]) for i in reversed(range(n)))
        yield Case("points exchanged", f"section-{section}-reversed", bad.raw(), UNSATISFIED)
    for name, (offset, size) in at.points.items():
        yield Case("point off the curve", f"{name}-x-is-5", Container(raw).put(2, offset, 5).raw())
        yield Case("infinity forbidden", f"{name}-infinity", Container(raw).put(2, offset, bytes(size)).raw())
        outside = curve.g1_outside if size == at.g1 else curve.g2_outside
        for i, point in enumerate(outside[:2]):
            yield Case("point outside the subgroup", f"{name}-outside-{i}", Container(raw).put(2, offset, curve.mont(*point)).raw())
    for i, point in enumerate(curve.g1_outside[:2]):
        yield Case("point outside the subgroup", f"ic-outside-{i}", Container(raw).put(3, 0, curve.mont(*point)).raw())
    header = Container(raw).get(2)
    for to, source in (("alpha1", "beta1"), ("beta2", "gamma2"), ("gamma2", "beta2"), ("delta2", "gamma2"), ("delta1", "alpha1")):
        offset, size = at.points[source]
        yield Case("points exchanged", f"{to}-is-{source}", Container(raw).put(2, at.points[to][0], header[offset : offset + size]).raw(), UNSATISFIED)


def zkey_cases(raw, curve, n_flips):
    yield from container_cases(raw)
    for section in range(1, 10):
        bad = Container(raw)
        bad.sections[bad.index(section)][0] = 1000
        yield Case("missing section", f"no-section-{section}", bad.raw())
    yield from zkey_header_cases(raw, curve)
    yield from zkey_coefficient_cases(raw, curve)
    yield from zkey_point_cases(raw, curve)
    # Section 10 is not read: a bit flipped there may well end in a proof.
    yield from flipped_bits(raw, n_flips, 254, (0, 65, 76))


# ---- wtns ----


def wtns_cases(raw, curve, n_flips):
    yield from container_cases(raw)
    n = Container(raw).u32(1, 36)
    for value in (0, 1, n - 1, n + 1, 2**27, 2**31, U32_MAX):
        yield Case("wrong count", f"values-{value}", Container(raw).put(1, 36, value).raw())
    for value in (0, 31, 33, 48, U32_MAX):
        yield Case("wrong count", f"n8-{value}", Container(raw).put(1, 0, value).raw())
    yield Case("wrong prime", "prime-bit-0", Container(raw).put(1, 4, bytes([Container(raw).get(1)[4] ^ 1])).raw())
    for i in (0, 1, n // 2, n - 1):
        for name, value in (("r", curve.r), ("r+1", curve.r + 1), ("all-ones", 2**256 - 1)):
            yield Case("value not reduced", f"value-{i}-{name}", Container(raw).put(2, 32 * i, value.to_bytes(32, "little")).raw())
    for value in (0, 2, curve.r - 1):
        yield Case("wire 0 is not 1", f"wire-0-{value:x}"[:20], Container(raw).put(2, 0, value.to_bytes(32, "little")).raw())
    for i in (1, 2, n // 2, n - 1):
        old = int.from_bytes(Container(raw).get(2)[32 * i : 32 * i + 32], "little")
        for change in (1, -1, 1 << 200):
            value = ((old + change) % curve.r).to_bytes(32, "little")
            yield Case("unsatisfying witness", f"wire-{i}-{change}", Container(raw).put(2, 32 * i, value).raw(), UNSATISFIED)
    shorter = Container(raw).put(1, 36, n - 1)
    del shorter.get(2)[-32:]
    yield Case("another circuit's witness", "one-value-less", shorter.raw())
    longer = Container(raw).put(1, 36, n + 1)
    longer.get(2).extend(bytes(32))
    yield Case("another circuit's witness", "one-value-more", longer.raw())
    yield from flipped_bits(raw, n_flips, 381, (65, 76))


# ---- r1cs ----


def r1cs_cases(raw, curve, n_flips):
    yield from container_cases(raw)
    for name, offset in (("n8", 0), ("nWires", 36), ("nPubOut", 40), ("nPubIn", 44), ("nConstraints", 60)):
        old = Container(raw).u32(1, offset)
        for value in {0, old + 1, 2**31, U32_MAX} - {old}:
            if name == "nPubIn" and value == 1 or name == "nPubOut" and value <= old + 1:
                continue  # one input more or less is another circuit, not a damaged one
            yield Case("wrong count", f"{name}-{value}", Container(raw).put(1, offset, value).raw())
    n_wires = Container(raw).u32(1, 36)
    n_terms = Container(raw).u32(2, 0)
    for value in (n_terms + 1, 2**27, U32_MAX):
        yield Case("wrong count", f"terms-{value}", Container(raw).put(2, 0, value).raw())
    for value in (n_wires, U32_MAX):
        yield Case("index out of range", f"wire-{value}", Container(raw).put(2, 4, value).raw())
    for name, value in (("r", curve.r), ("all-ones", 2**256 - 1)):
        yield Case("value not reduced", f"term-{name}", Container(raw).put(2, 8, value.to_bytes(32, "little")).raw())
    for section in (4, 5):
        bad = Container(raw)
        bad.sections.append([section, struct.pack("<I", 1) + bytes(20), None])
        bad.announced += 1
        yield Case("custom gates", f"section-{section}", bad.raw())
    yield from flipped_bits(raw, n_flips, 1, (0, 65))
