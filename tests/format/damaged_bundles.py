# SPDX-License-Identifier: Apache-2.0
"""Damaged bundles of proofs: faults of the frame, and faults of the content in a frame that is right."""
import random
import struct

from bundles import HEAD, KEY, PLACE, Bundle, framed, unframed
from container import Case

U32_MAX = 2**32 - 1
SUMMED = "flipped bit in a right frame"  # of the content, framed again: a proof may be another's, or nobody's


def frame_cases(raw, n_flips):
    content = unframed(raw)
    for cut in list(range(16)) + [len(raw) // 2, len(raw) - 5, len(raw) - 4, len(raw) - 1]:
        yield Case("truncated", f"cut-at-{cut}", raw[:cut])
    yield Case("trailing bytes", "one-more-byte", raw + b"\0")
    yield Case("trailing bytes", "twice", raw + raw)
    yield Case("trailing bytes", "a-skippable-frame-behind", raw + struct.pack("<II", 0x184D2A50, 0))
    yield Case("wrong frame", "a-skippable-frame-before", struct.pack("<II", 0x184D2A50, 0) + raw)
    yield Case("wrong frame", "no-checksum", framed(content, checksum=False))
    yield Case("wrong frame", "large-window", framed(content + bytes(1 << 19), window_log=27))
    yield Case("wrong frame", "nothing-in-it", framed(b""))
    rng = random.Random("bundle-flips")
    for _ in range(n_flips):
        bit = rng.randrange(8 * 6, 8 * len(raw))
        bad = bytearray(raw)
        bad[bit // 8] ^= 1 << bit % 8
        yield Case("flipped bit", f"bit-{bit}", bytes(bad), (0, 65))


def count_cases(content, n_keys, n_partitions):
    fields = [("version", 4, [0, 2, U32_MAX]), ("keys", 8, [0, n_keys - 1, n_keys + 1, 4096, 4097, U32_MAX]),
              ("partitions", 12, [0, n_partitions - 1, n_partitions + 1, 300, 2**31, U32_MAX])]
    fields += [(f"public inputs of key {i}", HEAD.size + KEY.size * i + 32, [0, 2, 2**27, U32_MAX]) for i in range(n_keys)]
    fields += [("key of a partition", HEAD.size + KEY.size * n_keys, [n_keys, U32_MAX])]
    for name, at, values in fields:
        for value in values:
            bad = bytearray(content)
            struct.pack_into("<I", bad, at, value)
            yield Case("wrong count", f"{name}-{value}".replace(" ", "-"), framed(bytes(bad)))
    for length in (0, 1, 256, 65535):
        bad = bytearray(content)
        struct.pack_into("<H", bad, HEAD.size + KEY.size * n_keys + 4, length)
        yield Case("wrong length", f"id-of-{length}", framed(bytes(bad)))


def content_cases(content, curve):
    def changed(change):
        bundle = Bundle(content)
        change(bundle, bundle.partitions[0])
        return bundle.raw()

    def put(place, value):
        return lambda _, partition: partition.__setitem__(place, value)

    for name, change in (("slash", put(1, b"a/b")), ("byte-0", put(1, b"a\0b")), ("empty", put(1, b"")),
                         ("twice", put(1, Bundle(content).partitions[1][1]))):
        yield Case("wrong id", name, changed(change))
    for name, value in (("r", curve.r), ("2^256-1", 2**256 - 1)):
        yield Case("value not below r", name, changed(put(3, value.to_bytes(32, "little"))))
    for name, key in (("curve", [curve.q.to_bytes(48, "little")[:32], 1, bytes(32)]), ("hash", [curve.r.to_bytes(32, "little"), 1, bytes(32)])):
        yield Case("wrong key", name, changed(lambda bundle, _, key=key: bundle.keys.__setitem__(0, key)))
    zeros = changed(lambda bundle, _: setattr(bundle, "magic", b"ptpk"))
    yield Case("wrong magic", "ptpk", zeros)
    proof = bytearray(Bundle(content).partitions[0][2])
    for name, at, value in (("no-flags", 0, proof[0] & 0x1F), ("infinity-with-x", 0, 0x40 if curve.name == "bn254" else 0xC0)):
        bad = bytearray(proof)
        bad[at] = value
        yield Case("malformed point", name, changed(put(2, bytes(bad))))
    bad = bytes([proof[0] & (0xC0 if curve.name == "bn254" else 0xE0) | curve.q.to_bytes(curve.fq_bytes, "big")[0]])
    yield Case("malformed point", "x-is-q", changed(put(2, bad + curve.q.to_bytes(curve.fq_bytes, "big")[1:] + bytes(proof[curve.fq_bytes:]))))
    infinity = (b"\x40" if curve.name == "bn254" else b"\xc0") + bytes(curve.fq_bytes - 1)
    yield Case("false proof", "A-is-infinity", changed(put(2, infinity + bytes(proof[curve.fq_bytes:]))), (76,))
    yield Case("false proof", "other-input", changed(put(3, bytes(31) + b"\1")), (76,))


def bundle_cases(raw, curve, n_flips):
    """raw: a bundle whose first two partitions are of one key of this curve."""
    content = unframed(raw)
    good = Bundle(content)
    yield from frame_cases(raw, n_flips)
    yield from count_cases(content, len(good.keys), len(good.partitions))
    yield from content_cases(content, curve)
    for cut in (0, 1, 4, HEAD.size - 1, HEAD.size, HEAD.size + KEY.size + PLACE.size, len(content) - 1):
        yield Case("truncated content", f"cut-at-{cut}", framed(content[:cut]))
    yield Case("trailing content", "one-more-byte", framed(content + b"\0"))
    yield Case("bomb", "64-MiB-of-public-inputs", framed(content[:HEAD.size] + bytes(1 << 26)))
    rng = random.Random("content-flips")
    for _ in range(n_flips):
        bit = rng.randrange(8 * len(content))
        bad = bytearray(content)
        bad[bit // 8] ^= 1 << bit % 8
        yield Case(SUMMED, f"bit-{bit}", framed(bytes(bad)), (0, 65, 76))
