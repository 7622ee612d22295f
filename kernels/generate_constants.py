#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generate kernels/shared/<curve>_constants.h: every number that host and device arithmetic share.

usage: generate_constants.py bn254|bls12_381 > kernels/shared/<curve>_constants.h

All field elements are in Montgomery form (x * 2^(64 n) mod p), little-endian 64-bit limbs, unless a name
ends in _CANON. What devices use stands once more in 32-bit words: the same bytes, _WORDS at the name's end.
The equations named in comments stand in docs/math.md.
"""
import sys

CURVES = {
    # x: the curve family's parameter; b: y^2 = x^3 + b; xi = xi0 + u: Fq6 = Fq2[v] / (v^3 - xi).
    # twist: D has b' = b / xi, M has b' = b * xi.
    "bn254": dict(
        family="BN", x=4965661367192848881,
        q=lambda x: 36 * x**4 + 36 * x**3 + 24 * x**2 + 6 * x + 1,
        r=lambda x: 36 * x**4 + 36 * x**3 + 18 * x**2 + 6 * x + 1,
        b=3, xi0=9, twist="D",
        g1=(1, 2),
        g2=((10857046999023057135944570762232829481370756359578518086990519993285655852781,
             11559732032986387107991004021392285783925812861821192530917403151452391805634),
            (8495653923123431417604973247489272438418190587263600148770280649306958101930,
             4082367875863433681332203403145435568316851327593401208105741076214120093531)),
    ),
    "bls12_381": dict(
        family="BLS", x=-0xD201000000010000,
        q=lambda x: (x - 1)**2 * (x**4 - x**2 + 1) // 3 + x,
        r=lambda x: x**4 - x**2 + 1,
        b=4, xi0=1, twist="M",
        g1=(0x17F1D3A73197D7942695638C4FA9AC0FC3688C4F9774B905A14E3A3F171BAC586C55E83FF97A1AEFFB3AF00ADB22C6BB,
            0x08B3F481E3AAA0F1A09E30ED741D8AE4FCF5E095D5D00AF600DB18CB2C04B3EDD03CC744A2888AE40CAA232946C5E7E1),
        g2=((0x024AA2B2F08F0A91260805272DC51051C6E47AD4FA403B02B4510B647AE3D1770BAC0326A805BBEFD48056C8C121BDB8,
             0x13E02B6052719F607DACD3A088274F65596BD0D09920B61AB5DA61BBDC7F5049334CF11213945D57E5AC7D055D042B7E),
            (0x0CE5D527727D6E118CC9CDC6DA2E351AADFD9BAA8CBDD3A76D429A695160D12C923AC9CC3BACA289E193548608B82801,
             0x0606C4A02EA734CC32ACD2B02BC28B99CB3E287E85A763AF267492AB572E99AB3F370D275CEC1DA1AAA9075FF05F79BE)),
    ),
}


def limbs_of(bits):
    return (bits + 63) // 64


def device_words(value, n):
    return "{" + ", ".join(f"0x{(value >> (32 * i)) & (2**32 - 1):08x}" for i in range(2 * n)) + "}"


def words(value, n):
    return "{" + ", ".join(f"0x{(value >> (64 * i)) & (2**64 - 1):016x}" for i in range(n)) + "}"


class Fq2:
    """Fq[u] / (u^2 + 1)."""

    def __init__(self, q, c0, c1):
        self.q, self.c0, self.c1 = q, c0 % q, c1 % q

    def __mul__(self, o):
        return Fq2(self.q, self.c0 * o.c0 - self.c1 * o.c1, self.c0 * o.c1 + self.c1 * o.c0)

    def inverse(self):
        norm = pow(self.c0**2 + self.c1**2, -1, self.q)
        return Fq2(self.q, self.c0 * norm, -self.c1 * norm)

    def __pow__(self, e):
        result, base = Fq2(self.q, 1, 0), self
        while e:
            if e & 1:
                result = result * base
            base, e = base * base, e >> 1
        return result


class Header:
    """One generated header; put() writes numbers in Montgomery form of the named field."""

    def __init__(self, fields):
        self.fields, self.lines = fields, []

    def say(self, line=""):
        self.lines.append(line)

    def define(self, name, value):
        self.say(f"#define {name} {value}")

    def mont(self, field, value):
        p, n = self.fields[field]
        return words(value * 2**(64 * n) % p, n)

    def put(self, name, field, value):
        self.define(name, "{" + self.mont(field, value) + "}")

    def put_words(self, name, field, value):
        p, n = self.fields[field]
        self.define(name, "{" + device_words(value * 2**(64 * n) % p, n) + "}")

    def put_fq2(self, name, value):
        self.define(name, "{{" + self.mont("FQ", value.c0) + "}, {" + self.mont("FQ", value.c1) + "}}")


def put_field(h, name):
    p, n = h.fields[name]
    h.say(f"/* {name}: {p.bit_length()} bits */")
    h.define(f"{name}_LIMBS", n)
    h.define(f"{name}_BITS", p.bit_length())
    h.define(f"{name}_MODULUS", "{" + words(p, n) + "}")
    if name == "FR":
        h.define("FR_TWICE_MODULUS", "{" + words(2 * p, n) + "}")
    h.define(f"{name}_N0", f"0x{-pow(p, -1, 2**64) % 2**64:016x} /* -p^-1 mod 2^64 */")
    h.put(f"{name}_ONE", name, 1)
    h.define(f"{name}_R2", "{" + words(2**(128 * n) % p, n) + "} /* 2^(128 n) mod p: canonical to Montgomery */")
    h.define(f"{name}_HALF", "{" + h.mont(name, pow(2, -1, p)) + "}")
    h.define(f"{name}_P_MINUS_2", "{" + words(p - 2, n) + "}")
    h.say()
    h.say(f"/* {name} on devices */")
    h.define(f"{name}_WORDS", 2 * n)
    h.define(f"{name}_MODULUS_WORDS", "{" + device_words(p, n) + "}")
    h.define(f"{name}_LIMIT_IS_2P", f"{int(4 * p < 2**(64 * n))} /* lazy values lie below 2p: 4p < 2^(64 n); else below p */")
    h.define(f"{name}_LIMIT_WORDS", "{" + device_words(2 * p if 4 * p < 2**(64 * n) else p, n) + "}")
    h.define(f"{name}_N0_WORD", f"0x{-pow(p, -1, 2**32) % 2**32:08x} /* -p^-1 mod 2^32 */")
    h.define(f"{name}_MODULUS_SPARSE", f"{int(p % 2**64 == 2**64 - 2**32 + 1)} /* p = 1 - 2^32 mod 2^64 */")
    h.put_words(f"{name}_ONE_WORDS", name, 1)
    h.put_words(f"{name}_HALF_WORDS", name, pow(2, -1, p))
    h.define(f"{name}_R2_WORDS", "{" + device_words(2**(128 * n) % p, n) + "}")
    h.say()


def root_of_unity(r):
    """(s, w): w generates the 2^s-th roots of unity of snarkjs's domain, w = (least quadratic non-residue)^((r-1)/2^s)."""
    s = ((r - 1) & -(r - 1)).bit_length() - 1
    residue = 2
    while pow(residue, (r - 1) // 2, r) == 1:
        residue += 1
    return s, pow(residue, (r - 1) >> s, r)


def put_roots(h, r):
    s, root = root_of_unity(r)
    h.say("/* Fr's roots of unity: the generator of order 2^FR_TWO_ADICITY, and its inverse */")
    h.define("FR_TWO_ADICITY", s)
    h.put("FR_ROOT", "FR", root)
    h.put("FR_ROOT_INV", "FR", pow(root, -1, r))
    h.put_words("FR_ROOT_WORDS", "FR", root)
    h.put_words("FR_ROOT_INV_WORDS", "FR", pow(root, -1, r))
    h.say()


def point_add(p, a, b):
    """Affine addition on y^2 = x^3 + b over Fp; None is infinity."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % p == 0:
        return None
    slope = 3 * a[0]**2 * pow(2 * a[1], -1, p) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, p)
    x = (slope**2 - a[0] - b[0]) % p
    return x, (slope * (a[0] - x) - a[1]) % p


def point_mul(p, k, a):
    total = None
    for bit in bin(k)[2:]:
        total = point_add(p, total, total)
        if bit == "1":
            total = point_add(p, total, a)
    return total


def endomorphism(c, q, r):
    """(beta, lambda): phi(x, y) = (beta x, y) is multiplication by lambda in G1."""
    x = c["x"]
    eigenvalue = (36 * x**3 + 18 * x**2 + 6 * x + 1 if c["family"] == "BN" else -x**2) % r
    image = point_mul(q, eigenvalue, c["g1"])
    assert image[1] == c["g1"][1], "lambda is a cube root of unity mod r"
    return image[0] * pow(c["g1"][0], -1, q) % q, eigenvalue


def put_curve(h, c, q, r):
    xi = Fq2(q, c["xi0"], 1)
    b_twist = Fq2(q, c["b"], 0) * (xi.inverse() if c["twist"] == "D" else xi)
    h.say("/* the curve y^2 = x^3 + B over Fq and its sextic twist y^2 = x^3 + B_TWIST over Fq2 */")
    h.define("CURVE_X_ABS", f"0x{abs(c['x']):016x} /* the parameter's absolute value */")
    h.define("CURVE_X_NEGATIVE", int(c["x"] < 0))
    h.define("CURVE_FAMILY_BN", f"{int(c['family'] == 'BN')} /* Barreto-Naehrig; 0: Barreto-Lynn-Scott, k = 12 */")
    h.define("CURVE_TWIST_D", int(c["twist"] == "D"))
    h.define("FQ2_XI_C0", str(c["xi0"]) + " /* xi = FQ2_XI_C0 + u */")
    h.put("G1_B", "FQ", c["b"])
    h.put_fq2("G2_B", b_twist)
    h.define("G1_GENERATOR", "{{" + h.mont("FQ", c["g1"][0]) + "}, {" + h.mont("FQ", c["g1"][1]) + "}}")
    h.define("G2_GENERATOR_X", "{{" + h.mont("FQ", c["g2"][0][0]) + "}, {" + h.mont("FQ", c["g2"][0][1]) + "}}")
    h.define("G2_GENERATOR_Y", "{{" + h.mont("FQ", c["g2"][1][0]) + "}, {" + h.mont("FQ", c["g2"][1][1]) + "}}")
    h.say()
    h.say("/* Frobenius: FROBENIUS<k>_<i> = xi^(i (q^k - 1) / 6), in Fq2 */")
    for k in (1, 2, 3):
        for i in range(1, 6):
            h.put_fq2(f"FROBENIUS{k}_{i}", xi ** (i * (q**k - 1) // 6))
    h.say()
    h.say("/* psi(x, y) = (conj(x) PSI_X, conj(y) PSI_Y): untwist, Frobenius, twist */")
    untwist = xi if c["twist"] == "D" else xi.inverse()
    h.put_fq2("PSI_X", untwist ** ((q - 1) // 3))
    h.put_fq2("PSI_Y", untwist ** ((q - 1) // 2))
    h.say()
    h.say("/* phi(x, y) = (G1_BETA x, y) is multiplication by G1_LAMBDA_CANON in G1:")
    h.say(" * 36 x^3 + 18 x^2 + 6 x + 1 on a BN curve, -x^2 on a BLS curve */")
    beta, eigenvalue = endomorphism(c, q, r)
    h.put("G1_BETA", "FQ", beta)
    h.define("G1_LAMBDA_CANON", "{" + words(eigenvalue, h.fields["FR"][1]) + "}")


def generate(name):
    c = CURVES[name]
    q, r = c["q"](c["x"]), c["r"](c["x"])
    h = Header({"FQ": (q, limbs_of(q.bit_length())), "FR": (r, limbs_of(r.bit_length()))})
    guard = f"PT_{name.upper()}_CONSTANTS_H"
    h.say("/* SPDX-License-Identifier: Apache-2.0 */")
    h.say(f"/* {name}: constants. Generated by kernels/generate_constants.py {name}; do not edit.")
    h.say(" * One curve a translation unit: the names are the same for every curve. Initialisers of fr, fq and fq2, Montgomery form. */")
    h.say("/* clang-format off */")
    h.say(f"#ifndef {guard}\n#define {guard}\n")
    put_field(h, "FQ")
    put_field(h, "FR")
    put_roots(h, r)
    put_curve(h, c, q, r)
    h.say("\n#endif")
    return "\n".join(h.lines) + "\n"


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in CURVES:
        sys.exit("usage: generate_constants.py " + "|".join(CURVES))
    sys.stdout.write(generate(sys.argv[1]))


if __name__ == "__main__":
    main()
