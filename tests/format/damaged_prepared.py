# SPDX-License-Identifier: Apache-2.0
"""Damaged prepared keys, made from good ones: by accident, and by someone who can compute every sum and hash."""
import ctypes
import ctypes.util
import hashlib
import random
import struct

from container import Case

U32_MAX, U64_MAX = 2**32 - 1, 2**64 - 1
REFUSED, UNSATISFIED = (65,), (76,)
HEADER_BYTES, PAGE, CHUNK, HASH = 1928, 4096, 1 << 20, 32
ARRAYS = ("IC", "values", "rows-A", "entries-A", "rows-B", "entries-B", "A", "B1", "B2", "C", "H", "infinite-A", "infinite-B1", "infinite-B2",
          "infinite-C", "infinite-H")
POINTS = ("A", "B1", "B2", "C", "H")
# Offset and size of what the header holds.
FIELDS = {"version": (4, 4), "byte_order": (8, 4), "file_bytes": (16, 8), "header_bytes": (24, 8), "n8q": (32, 4), "n8r": (36, 4), "q": (40, 48),
          "r": (88, 32), "nVars": (120, 4), "nPublic": (124, 4), "domainSize": (128, 4), "nValues": (132, 4), "entries-A": (136, 8),
          "entries-B": (144, 8), "infinite-A": (152, 8), "infinite-H": (184, 8), "content": (1384, 32)}
VKEY = {"alpha1": (192, 1), "beta1": (288, 1), "delta1": (384, 1), "beta2": (480, 2), "gamma2": (672, 2), "delta2": (864, 2)}
PLACES = 1416


def xxh3(contents):
    """XXH3-64 by the library that the program is linked with."""
    library = ctypes.CDLL(ctypes.util.find_library("xxhash"))
    library.XXH3_64bits.restype = ctypes.c_uint64
    library.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return library.XXH3_64bits(contents, len(contents))


class Prepared:
    """A prepared key in memory."""

    def __init__(self, raw):
        self.raw = bytearray(raw)

    def u32(self, name):
        return struct.unpack_from("<I", self.raw, FIELDS[name][0])[0]

    def place(self, name):
        """Offset, bytes and number of the first sum of an array."""
        return struct.unpack_from("<QQQ", self.raw, PLACES + 32 * ARRAYS.index(name) + 8)

    def put(self, offset, contents):
        self.raw[offset : offset + len(contents)] = contents
        return self

    def put_field(self, name, value):
        offset, size = FIELDS[name]
        return self.put(offset, value.to_bytes(size, "little"))

    def put_in(self, name, at, contents):
        """Into an array, at a byte of it; an int is a u32."""
        return self.put(self.place(name)[0] + at, struct.pack("<I", contents) if isinstance(contents, int) else contents)

    def sealed(self, header_bytes=None):
        """The file with right sums and hashes."""
        raw = self.raw
        for name in ARRAYS:
            offset, n_bytes, first = self.place(name)
            for i in range(-(-n_bytes // CHUNK)):
                chunk = bytes(raw[offset + i * CHUNK : min(offset + (i + 1) * CHUNK, offset + n_bytes)])
                struct.pack_into("<Q", raw, HEADER_BYTES + 8 * (first + i), xxh3(chunk))
        offset, size = FIELDS["content"]
        raw[offset : offset + size] = hashlib.blake2b(raw[self.place("IC")[0] :], digest_size=HASH).digest()
        return self.sealed_header(header_bytes)

    def sealed_header(self, header_bytes=None):
        """The file with a right hash of its header: all that a fault in the header needs."""
        end = (header_bytes or struct.unpack_from("<Q", self.raw, FIELDS["header_bytes"][0])[0]) - HASH
        self.raw[end : end + HASH] = hashlib.blake2b(self.raw[:end], digest_size=HASH).digest()
        return bytes(self.raw)


def accident_cases(raw, n_flips):
    good = Prepared(raw)
    header_bytes = struct.unpack_from("<Q", raw, FIELDS["header_bytes"][0])[0]
    borders = {4, HEADER_BYTES, header_bytes, PAGE, len(raw)} | {good.place(name)[0] for name in ARRAYS}
    for border in sorted(borders):
        for cut in (border - 1, border, border + 1):
            if 0 <= cut < len(raw):
                yield Case("truncated", f"cut-at-{cut}", raw[:cut])
    for name, more in (("one-more-byte", b"\0"), ("a-page", bytes(PAGE)), ("twice", raw)):
        yield Case("trailing bytes", name, raw + more)
    for name, value in (("version", 0), ("version", 2), ("version", U32_MAX), ("byte_order", 0x04030201), ("byte_order", 0)):
        yield Case("wrong " + name.replace("_", " "), f"{name}-{value}", bytes(Prepared(raw).put_field(name, value).raw))
    for magic in (b"PTPK", b"kptp", b"\0\0\0\0", b"zkey", b"wtns"):
        yield Case("wrong magic", magic.hex(), magic + raw[4:])
    for at in range(32, header_bytes, 61):
        yield Case("damaged header", f"byte-{at}", raw[:at] + bytes([raw[at] ^ 8]) + raw[at + 1 :])
    for name in ARRAYS[: ARRAYS.index("infinite-A")]:
        offset, n_bytes, _ = good.place(name)
        for at in sorted({0, n_bytes // 2, n_bytes - 1}):
            bad = Prepared(raw)
            bad.raw[offset + at] ^= 1
            yield Case("damaged array", f"{name}-byte-{at}", bytes(bad.raw))
    rng = random.Random(4096)
    for _ in range(n_flips):  # prove does not read the lists of points at infinity
        bit = rng.randrange(8 * len(raw))
        bad = bytearray(raw)
        bad[bit // 8] ^= 1 << bit % 8
        yield Case("flipped bit", f"bit-{bit}", bytes(bad), (0, 65))


def crafted_header_cases(raw):
    good = Prepared(raw)
    for name, values in (("n8q", (0, 31, 49, U32_MAX)), ("n8r", (0, 31, 33, U32_MAX)), ("nVars", (0, 1, good.u32("nVars") - 1, U32_MAX)),
                         ("nPublic", (0, good.u32("nVars"), U32_MAX)), ("domainSize", (0, 3, 1 << 27, 1 << 28, U32_MAX)),
                         ("nValues", (0, 1, U32_MAX)), ("entries-A", (0, 1, U32_MAX, 1 << 60, U64_MAX)), ("entries-B", (0, U64_MAX)),
                         ("infinite-A", (0, 1 << 31, U64_MAX)), ("infinite-H", (1, U32_MAX, U64_MAX)),
                         ("file_bytes", (0, len(raw) - PAGE, U64_MAX)), ("header_bytes", (0, HEADER_BYTES, len(raw), len(raw) + 1, U64_MAX))):
        for value in values:
            bad = Prepared(raw).put_field(name, value)
            inside = 0 < value - HASH < len(raw) - HASH if name == "header_bytes" else True
            yield Case("crafted count", f"{name}-{value}", bad.sealed_header() if inside else bytes(bad.raw))
    for name in ("q", "r"):
        yield Case("crafted prime", name, Prepared(raw).put(FIELDS[name][0] + 1, b"\xab").sealed_header())
    for i, name in enumerate(ARRAYS):
        for field, at, form in (("number", 0, "<I"), ("element", 4, "<I"), ("offset", 8, "<Q"), ("bytes", 16, "<Q"), ("sum", 24, "<Q")):
            for value in (99, U32_MAX if form == "<I" else U64_MAX):
                bad = Prepared(raw).put(PLACES + 32 * i + at, struct.pack(form, value))
                yield Case("crafted layout", f"{name}-{field}-{value}", bad.sealed_header())
    for name in (b"../" * 80, b"/etc/passwd", b"preimage\nx", b"\xff" * 255):
        yield Case("crafted source name", name[:12].hex(), Prepared(raw).put(1128, name + bytes(256 - len(name))).sealed_header(), (0,))
    yield Case("crafted source name", "endless", Prepared(raw).put(1128, b"x" * 256).sealed_header())


def crafted_array_cases(raw, curve):
    good = Prepared(raw)
    n_vars, n_values, domain = good.u32("nVars"), good.u32("nValues"), good.u32("domainSize")
    for name in ("rows-A", "rows-B"):
        for row, value in ((0, 1), (1, U64_MAX), (domain // 2, 1 << 40), (domain, 0), (domain, U32_MAX)):
            yield Case("crafted rows", f"{name}-{row}-{value}", Prepared(raw).put_in(name, 8 * row, struct.pack("<Q", value)).sealed())
    for name in ("entries-A", "entries-B"):
        n = good.place(name)[1] // 8
        for i in (0, n // 2, n - 1):
            for at, value in ((0, n_vars), (0, U32_MAX), (4, n_values), (4, U32_MAX)):
                yield Case("crafted index", f"{name}-{i}-{at}-{value}", Prepared(raw).put_in(name, 8 * i + at, value).sealed())
    for i in (0, n_values // 2, n_values - 1):
        for name, value in (("r", curve.r), ("all-ones", 2**256 - 1)):
            yield Case("crafted value", f"value-{i}-{name}", Prepared(raw).put_in("values", 32 * i, value.to_bytes(32, "little")).sealed())
    for name in ARRAYS[: ARRAYS.index("infinite-A")]:
        offset, n_bytes, _ = good.place(name)
        if n_bytes % PAGE != 0:
            yield Case("crafted padding", name, Prepared(raw).put(offset + n_bytes, b"\1").sealed())


def crafted_point_cases(raw, curve):
    """Wrong points with right sums: prove does not ask them, the proof's verification does."""
    good = Prepared(raw)
    for name in POINTS:
        size = (4 if name == "B2" else 2) * curve.fq_bytes
        offset, n_bytes, _ = good.place(name)
        points = raw[offset : offset + n_bytes]
        turned = b"".join(points[i : i + size] for i in range(n_bytes - size, -1, -size))
        for fault, contents in (("reversed", turned), ("all-ones", b"\xff" * n_bytes), ("all-5", (5).to_bytes(size, "little") * (n_bytes // size)),
                                ("all-infinite", bytes(n_bytes))):
            yield Case("crafted points", f"{name}-{fault}", Prepared(raw).put_in(name, 0, contents).sealed(), UNSATISFIED)
    for name, (offset, group) in VKEY.items():
        size = 2 * group * curve.fq_bytes
        outside = curve.g1_outside if group == 1 else curve.g2_outside
        for fault, contents in [("infinity", bytes(size)), ("all-ones", b"\xff" * size), ("x-is-5", (5).to_bytes(curve.fq_bytes, "little"))] + [
                (f"outside-{i}", curve.mont(*point)) for i, point in enumerate(outside[:2])]:
            yield Case("crafted verifying key", f"{name}-{fault}", Prepared(raw).put(offset, contents).sealed_header())
    yield Case("crafted verifying key", "ic-x-is-5", Prepared(raw).put_in("IC", 0, (5).to_bytes(curve.fq_bytes, "little")).sealed())


def prepared_cases(raw, curve, n_flips):
    yield from accident_cases(raw, n_flips)
    yield from crafted_header_cases(raw)
    yield from crafted_array_cases(raw, curve)
    yield from crafted_point_cases(raw, curve)


def inspected_cases(raw, curve):
    """What only inspect reads or asks."""
    good = Prepared(raw)
    n_vars = good.u32("nVars")
    for name in ("infinite-B1", "infinite-B2"):
        n = good.place(name)[1] // 4
        for i, value in ((0, n_vars), (n - 1, U32_MAX), (n - 1, 0), (n // 2, n_vars - 1)):
            yield Case("crafted list", f"{name}-{i}-{value}", Prepared(raw).put_in(name, 4 * i, value).sealed())
        yield Case("damaged list", name, bytes(Prepared(raw).put_in(name, 0, U32_MAX).raw))
    for name in POINTS:
        yield Case("crafted points", f"{name}-x-is-5", Prepared(raw).put_in(name, 0, (5).to_bytes(curve.fq_bytes, "little")).sealed())
