# SPDX-License-Identifier: Apache-2.0
"""Full-size values of a witness, r and s: are they in these bytes?"""
import os
import re
import struct

MARK, MASK = b"masked r and s:\0", 0x5A  # recorded_blinding.c
SCALAR_BYTES = 32
FULL_SIZE = 1 << 200  # smaller values stand in memory for other reasons


def read_wtns(path):
    """r and the values of a .wtns as snarkjs and `partita bench circuit` write it: section 1, then section 2."""
    with open(path, "rb") as f:
        blob = f.read()
    r = int.from_bytes(blob[28:60], "little")
    n = struct.unpack("<I", blob[60:64])[0]
    values = blob[-n * SCALAR_BYTES:]
    return r, [int.from_bytes(values[i:i + SCALAR_BYTES], "little") for i in range(0, len(values), SCALAR_BYTES)]


class Secrets:
    """What is looked for, by its second word: canonical and in Montgomery form."""

    def __init__(self, r):
        self.r = r
        self.by_word = {}

    def add(self, name, value):
        if min(value, self.r - value) < FULL_SIZE:
            return
        for form, number in (("canonical", value), ("Montgomery", (value << 256) % self.r)):
            needle = number.to_bytes(SCALAR_BYTES, "little")
            self.by_word.setdefault(struct.unpack("<4Q", needle)[1], []).append((f"{name}, {form}", needle))

    def found_in(self, blob):
        """The names of those that stand in blob, at multiples of 4 bytes."""
        names = set()
        for shift in (0, 4):
            words = memoryview(blob)[shift:]
            words = words[:len(words) // 8 * 8].cast("Q")
            for word in self.by_word.keys() & set(words):
                names.update(name for name, needle in self.by_word[word] if needle in blob)
        return names


def witness_secrets(path, public):
    """The full-size values of a witness but for the public ones."""
    r, values = read_wtns(path)
    known = set(public)
    secrets = Secrets(r)
    for i, value in enumerate(values):
        if value not in known:
            secrets.add(f"value {i}", value)
    return secrets


def add_blinding(secrets, blobs):
    """Look for r and s too, as the recording program noted them in one of blobs. Has it drawn them?"""
    for blob in blobs:
        at = blob.find(MARK)
        if at >= 0:
            masked = blob[at + len(MARK):at + len(MARK) + 2 * SCALAR_BYTES]
            if any(masked):
                note = bytes(b ^ MASK for b in masked)
                secrets.add("r", int.from_bytes(note[:SCALAR_BYTES], "little"))
                secrets.add("s", int.from_bytes(note[SCALAR_BYTES:], "little"))
                return True
    return False


def mappings(pid):
    """(is it in a core, its bytes) of each mapping that a process can write to: what it can only read is its files'."""
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as f:
        text = f.read()
    heads = list(re.finditer(r"^([0-9a-f]+)-([0-9a-f]+) (....) .*$", text, re.MULTILINE))
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        for i, head in enumerate(heads):
            fields = text[head.end():heads[i + 1].start() if i + 1 < len(heads) else len(text)]
            begin, end = int(head[1], 16), int(head[2], 16)
            if not head[3].startswith("rw"):
                continue
            dumped = " dd " not in re.search(r"^VmFlags:(.*)$", fields, re.MULTILINE)[1] + " "
            yield dumped, read_range(memory, begin, end)
    finally:
        os.close(memory)


def read_range(memory, begin, end):
    parts = []
    while begin < end:
        part = os.pread(memory, end - begin, begin)
        if not part:
            break
        parts.append(part)
        begin += len(part)
    return b"".join(parts)
