# SPDX-License-Identifier: Apache-2.0
"""The binary container of snarkjs's files, taken apart and put together again, also wrongly."""
import struct


class Container:
    """A zkey, wtns or r1cs: its sections as a list of [type, contents, length to write or None for the true one]."""

    def __init__(self, raw):
        self.magic = raw[:4]
        self.version, self.announced = struct.unpack_from("<II", raw, 4)
        self.sections = []
        at = 12
        while at < len(raw):
            kind, length = struct.unpack_from("<IQ", raw, at)
            self.sections.append([kind, bytearray(raw[at + 12 : at + 12 + length]), None])
            at += 12 + length

    def get(self, kind):
        return next(s[1] for s in self.sections if s[0] == kind)

    def index(self, kind):
        return next(i for i, s in enumerate(self.sections) if s[0] == kind)

    def u32(self, kind, offset):
        return struct.unpack_from("<I", self.get(kind), offset)[0]

    def put(self, kind, offset, contents):
        """Overwrite bytes of a section; an int is a u32."""
        if isinstance(contents, int):
            contents = struct.pack("<I", contents)
        self.get(kind)[offset : offset + len(contents)] = contents
        return self

    def raw(self):
        out = bytearray(self.magic + struct.pack("<II", self.version, self.announced))
        for kind, contents, length in self.sections:
            out += struct.pack("<IQ", kind, len(contents) if length is None else length) + contents
        return bytes(out)

    def borders(self):
        """Offsets at which a header or a section begins or ends."""
        at, out = 12, [0, 4, 8, 12]
        for _, contents, _ in self.sections:
            out += [at + 4, at + 12, at + 12 + len(contents)]
            at += 12 + len(contents)
        return out


class Case:
    """One damaged input: what was done to it, and the exit codes that the program may end with."""

    def __init__(self, kind, name, raw, codes=(65,), others=None):
        self.kind, self.name, self.raw, self.codes, self.others = kind, name, raw, tuple(codes), others or {}


LENGTHS = [("2^63", 1 << 63), ("2^64-1", (1 << 64) - 1), ("2^64-12", (1 << 64) - 12), ("2^32", 1 << 32)]


def container_cases(raw):
    """What can be wrong with any of these files, whatever its sections hold."""
    for border in sorted(set(Container(raw).borders())):
        for cut in (border - 1, border, border + 1):
            if 0 <= cut < len(raw):
                yield Case("truncated", f"cut-at-{cut}", raw[:cut])
    for name, at, value in [("magic", 0, b"ZKEY"), ("magic", 0, b"\0\0\0\0"), ("magic", 3, b"\n"), ("version", 4, 0), ("version", 4, 99),
                            ("version", 4, 2**32 - 1), ("sections", 8, 0), ("sections", 8, 2**32 - 1), ("sections", 8, 65)]:
        bad = bytearray(raw)
        value = struct.pack("<I", value) if isinstance(value, int) else value
        bad[at : at + len(value)] = value
        yield Case("wrong " + name, f"{name}-{value.hex()}", bytes(bad))
    for change in (-1, 1):
        bad = Container(raw)
        bad.announced += change
        yield Case("wrong sections", f"sections{change:+}", bad.raw())
    yield Case("trailing bytes", "one-more-byte", raw + b"\0")
    yield Case("trailing bytes", "twice", raw + raw)
    for i, (kind, contents, _) in enumerate(Container(raw).sections):
        for name, length in LENGTHS + [("one-more", len(contents) + 1), ("one-less", max(len(contents), 1) - 1)]:
            bad = Container(raw)
            bad.sections[i][2] = length
            yield Case("wrong length", f"section-{kind}-length-{name}", bad.raw())
        bad = Container(raw)
        bad.sections.append([kind, contents, None])
        bad.announced += 1
        yield Case("duplicated section", f"section-{kind}-twice", bad.raw())
        if i + 1 < len(bad.sections) - 1:
            bad = Container(raw)
            bad.sections[i][2] = len(contents) + 12 + len(bad.sections[i + 1][1])
            yield Case("overlapping sections", f"section-{kind}-over-the-next", bad.raw())
            bad.announced -= 1
            yield Case("overlapping sections", f"section-{kind}-holds-the-next", bad.raw())
