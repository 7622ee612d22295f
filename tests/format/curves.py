# SPDX-License-Identifier: Apache-2.0
"""The numbers of both curves that damaged files are made of, from the golden answers of the arithmetic."""
import json


class Curve:
    def __init__(self, name, golden):
        with open(f"{golden}/arith_{name}.json", encoding="utf-8") as f:
            answers = json.load(f)
        self.name = name
        self.q, self.r = CURVES[name]
        self.fq_bytes = 48 if name == "bls12_381" else 32
        self.g1_outside = self._outside(answers["g1"])
        self.g2_outside = self._outside(answers["g2"])

    @staticmethod
    def _outside(group):
        """Points of the curve that are not in the subgroup, as nested integers."""

        def number(x):
            return [number(y) for y in x] if isinstance(x, list) else int(x, 16)

        return [number(e["p"]) for e in group["subgroup"] if not e["member"]]

    def mont(self, *values):
        """Elements of Fq as they lie in a key."""
        flat = [x for v in values for x in (v if isinstance(v, list) else [v])]
        return b"".join((x * (1 << (8 * self.fq_bytes)) % self.q).to_bytes(self.fq_bytes, "little") for x in flat)


CURVES = {
    "bn254": (0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47,
              0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001),
    "bls12_381": (0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB,
                  0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001),
}
