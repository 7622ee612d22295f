# SPDX-License-Identifier: Apache-2.0
"""Bundles of proofs, made and taken apart by the definitions in docs/formats.md, with libzstd itself."""
import ctypes
import hashlib
import json
import struct

from curves import CURVES

ZSTD = ctypes.CDLL("libzstd.so.1")
for function in (ZSTD.ZSTD_createCCtx, ZSTD.ZSTD_compress2, ZSTD.ZSTD_decompress, ZSTD.ZSTD_compressBound):
    function.restype = ctypes.c_size_t if function is not ZSTD.ZSTD_createCCtx else ctypes.c_void_p
WINDOW_LOG, CHECKSUM_FLAG = 101, 201  # ZSTD_cParameter
CONTENT_MAX = 1 << 24
HEAD, KEY, PLACE = struct.Struct("<4sIII"), struct.Struct("<32sI32s"), struct.Struct("<IH")


def framed(content, checksum=True, window_log=18):
    """One zstd frame."""
    room = ZSTD.ZSTD_compressBound(ctypes.c_size_t(len(content)))
    out, context = ctypes.create_string_buffer(room), ctypes.c_void_p(ZSTD.ZSTD_createCCtx())
    for parameter, value in ((CHECKSUM_FLAG, int(checksum)), (WINDOW_LOG, window_log)):
        ZSTD.ZSTD_CCtx_setParameter(context, parameter, value)
    n = ZSTD.ZSTD_compress2(context, out, ctypes.c_size_t(room), content, ctypes.c_size_t(len(content)))
    ZSTD.ZSTD_freeCCtx(context)
    return out.raw[:n]


def unframed(raw):
    out = ctypes.create_string_buffer(CONTENT_MAX)
    n = ZSTD.ZSTD_decompress(out, ctypes.c_size_t(CONTENT_MAX), bytes(raw), ctypes.c_size_t(len(raw)))
    if n > CONTENT_MAX:
        raise ValueError("no zstd frame")
    return out.raw[:n]


def fq_bytes(curve):
    return 48 if curve == "bls12_381" else 32


def numbers(value):
    """A coordinate in Fq or Fq2 as a list of integers, c0 first."""
    return [int(v) for v in value] if isinstance(value, list) else [int(value)]


def compressed_point(curve, point):
    q, size = CURVES[curve][0], fq_bytes(curve)
    x, y = numbers(point[0]), numbers(point[1])
    smaller, larger = (0x80, 0xC0) if curve == "bn254" else (0x80, 0xA0)
    out = bytearray(b"".join(v.to_bytes(size, "big") for v in reversed(x)))
    out[0] |= larger if next(v for v in reversed(y) if v) > q // 2 else smaller
    return bytes(out)


def compressed_proof(curve, proof):
    """The bytes of a proof.json's value."""
    return b"".join(compressed_point(curve, proof[name]) for name in ("pi_a", "pi_b", "pi_c"))


def public_bytes(values):
    """Those of a public.json's value."""
    return b"".join(int(v).to_bytes(32, "little") for v in values)


def vkey_hash(curve, vkey):
    """The hash of a verification_key.json's value."""
    points = [vkey["vk_alpha_1"], vkey["vk_beta_2"], vkey["vk_gamma_2"], vkey["vk_delta_2"], *vkey["IC"]]
    told = curve.encode() + b"\0" + struct.pack("<I", vkey["nPublic"])
    told += b"".join(v.to_bytes(fq_bytes(curve), "little") for p in points for c in p[:2] for v in numbers(c))
    return hashlib.blake2b(told, digest_size=32).digest()


def key_of(curve, vkey):
    """What a bundle says of a key."""
    return [CURVES[curve][1].to_bytes(32, "little"), vkey["nPublic"], vkey_hash(curve, vkey)]


class Bundle:
    """Keys [r, number of public inputs, hash] and partitions [key, id, proof, public inputs], all of them bytes and numbers."""

    def __init__(self, content=b""):
        self.magic, self.version, self.counts = b"ptbd", 1, None
        self.keys, self.partitions = [], []
        if content:
            self._read(content)

    def _read(self, content):
        self.magic, self.version, n_keys, n_partitions = HEAD.unpack_from(content)
        at, sizes = HEAD.size, {CURVES[name][1]: 4 * fq_bytes(name) for name in CURVES}
        for _ in range(n_keys):
            self.keys.append(list(KEY.unpack_from(content, at)))
            at += KEY.size
        for _ in range(n_partitions):
            key, length = PLACE.unpack_from(content, at)
            parts = []
            at += PLACE.size
            for size in (length, sizes[int.from_bytes(self.keys[key][0], "little")], 32 * self.keys[key][1]):
                parts.append(content[at : at + size])
                at += size
            self.partitions.append([key, *parts])

    def content(self):
        n_keys, n_partitions = self.counts or (len(self.keys), len(self.partitions))
        out = HEAD.pack(self.magic, self.version, n_keys, n_partitions) + b"".join(KEY.pack(*key) for key in self.keys)
        return out + b"".join(PLACE.pack(key, len(name)) + name + proof + public for key, name, proof, public in self.partitions)

    def raw(self):
        return framed(self.content())


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def bundle_of(statements):
    """A bundle of (curve, path of the verification key, [(id, path of the proof, path of the public inputs)])."""
    bundle = Bundle()
    for i, (curve, vkey, proofs) in enumerate(statements):
        bundle.keys.append(key_of(curve, load(vkey)))
        for name, proof, public in proofs:
            bundle.partitions.append([i, name.encode(), compressed_proof(curve, load(proof)), public_bytes(load(public))])
    return bundle


def example(golden):
    """Seven partitions of the shipped examples of both curves, the keys taking turns; golden(curve): its files by their endings."""
    statements = [(curve, golden(curve)["_vkey.json"], [(f"{curve}-{i}", golden(curve)["_proof.json"], golden(curve)["_public.json"])
                                                        for i in range(n)]) for curve, n in (("bn254", 4), ("bls12_381", 3))]
    bundle = bundle_of(statements)
    bundle.partitions = [p for pair in zip(bundle.partitions[:4], bundle.partitions[4:] + [None]) for p in pair if p]
    return bundle
