# SPDX-License-Identifier: Apache-2.0
"""A circuit of any size whose witnesses are quickly made: x is squared n times, and the last square is public."""
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "format"))
from curves import CURVES  # noqa: E402

FIELD_BYTES = 32
OUTPUT, FIRST = 1, 2  # wires: 0 is 1, then the last square, x, and the squares between


def container(magic, version, sections):
    out = magic + struct.pack("<II", version, len(sections))
    return out + b"".join(struct.pack("<IQ", kind, len(contents)) + contents for kind, contents in sections)


class SquaringChain:
    """n_squares may be domain - 2: the 1 and the output have a row each."""

    def __init__(self, curve, n_squares):
        self.curve, self.n_squares, self.r = curve, n_squares, CURVES[curve][1]

    def wire(self, i):
        """Of x squared i times."""
        return OUTPUT if i == self.n_squares else FIRST + i

    def field(self):
        return struct.pack("<I", FIELD_BYTES) + self.r.to_bytes(FIELD_BYTES, "little")

    def r1cs(self):
        n_wires = self.n_squares + 2
        header = self.field() + struct.pack("<IIIIQI", n_wires, 1, 0, 1, n_wires, self.n_squares)
        one = (1).to_bytes(FIELD_BYTES, "little")
        rows = (struct.pack("<II", 1, self.wire(j)) + one for i in range(self.n_squares) for j in (i, i, i + 1))
        return container(b"r1cs", 1, [(1, header), (2, b"".join(rows)), (3, struct.pack(f"<{n_wires}Q", *range(n_wires)))])

    def squares(self, x):
        values = [x % self.r]
        for _ in range(self.n_squares):
            values.append(values[-1] * values[-1] % self.r)
        return values

    def output(self, x):
        return self.squares(x)[-1]

    def witness(self, x):
        values = self.squares(x)
        wires = [1, values[-1], *values[:-1]]
        body = b"".join(value.to_bytes(FIELD_BYTES, "little") for value in wires)
        return container(b"wtns", 2, [(1, self.field() + struct.pack("<I", len(wires))), (2, body)])

    def write_key(self, partita, directory):
        """Returns the paths of the key and the verifying key."""
        r1cs, key, vkey = (os.path.join(directory, name) for name in ("chain.r1cs", "chain.zkey", "chain_vkey.json"))
        with open(r1cs, "wb") as file:
            file.write(self.r1cs())
        subprocess.run([partita, "setup", "--insecure", r1cs, "-o", key, "--vkey", vkey, "--quiet"], check=True, stdin=subprocess.DEVNULL)
        return key, vkey
