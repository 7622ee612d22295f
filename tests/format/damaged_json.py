# SPDX-License-Identifier: Apache-2.0
"""Damaged verification_key.json, proof.json and public.json, made from good ones."""
import copy
import json

from container import Case

REFUSED, INVALID = (65,), (76,)

# Faults that show in the file by itself, whatever it should be.
SEEN_ALONE = {"truncated JSON", "not JSON", "nested JSON", "huge JSON", "duplicated member"}


def text(value):
    return json.dumps(value, indent=1).encode()


def replaced(value, path, new):
    """A copy with the element at path replaced, or deleted when new is DELETED."""
    out = copy.deepcopy(value)
    at = out
    for step in path[:-1]:
        at = at[step]
    if new is DELETED:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return out


DELETED = object()


def raw_cases(raw):
    """What is wrong with any text."""
    for i in range(12):
        yield Case("truncated JSON", f"cut-{i}-of-12", raw[: len(raw) * i // 12])
    yield Case("truncated JSON", "without-the-last-bracket", raw[:-1])
    for name, bad in [("trailing-text", raw + b"x"), ("twice", raw + raw), ("bom", b"\xef\xbb\xbf" + raw), ("nul", raw + b"\0"),
                      ("not-utf-8", raw.replace(b"1", b"\xff", 1)), ("binary", bytes(range(256))), ("lines", b"\n\r\n\x1b[31m" + b"\n" * 50),
                      ("string", b'"groth16"'), ("number", b"7"), ("null", b"null"), ("single-quotes", raw.replace(b'"', b"'"))]:
        yield Case("not JSON", name, bad)
    for depth in (100, 3000, 1000000):
        yield Case("nested JSON", f"lists-{depth}", b"[" * depth)
        yield Case("nested JSON", f"closed-lists-{depth}", b"[" * depth + b"]" * depth)
        yield Case("nested JSON", f"objects-{depth}", b'{"a":' * depth + b"1" + b"}" * depth)
    yield Case("huge JSON", "9-MiB-of-spaces", raw + b" " * (9 << 20))
    yield Case("huge JSON", "a-lot-of-lists", b"[" + b"[]," * 300000 + b"[]]")
    yield Case("huge JSON", "a-number-of-a-million-digits", b"[" + b"1" * 1000000 + b"]")
    yield Case("huge JSON", "a-string-of-a-million-digits", b'["' + b"1" * 1000000 + b'"]')


def number_cases(value, path, modulus, label):
    """What is wrong with a number that should be a decimal string below the modulus."""
    old = int(copy_at(value, path))
    bad = [str(modulus), str(modulus + old), str(2**256 + old), str(2**384), "-1", "+1", " 1", "1 ", "1\n", "01", "", "0x1f", "1e3", "1.0", "one",
           "١", "\x00", "1" * 5000, 1, 1.5, True, None, [], {}, ["1"]]
    for i, new in enumerate(bad):
        yield Case("not a decimal string below the modulus", f"{label}-{i}", text(replaced(value, path, new)))


def copy_at(value, path):
    for step in path:
        value = value[step]
    return value


def point_cases(value, name, at, curve, group, small):
    """What is wrong with a point; small: only the faults that differ from point to point."""
    x, y = copy_at(value, at)[0], copy_at(value, at)[1]
    zero, one = ("0", "1") if group == 1 else (["0", "0"], ["1", "0"])
    yield Case("point off the curve", f"{name}-exchanged", text(replaced(value, at, [y, x, one])))
    yield Case("point off the curve", f"{name}-x-is-5", text(replaced(value, at, ["5" if group == 1 else ["5", x[1]], y, one])))
    yield Case("point off the curve", f"{name}-zero-zero", text(replaced(value, at, [zero, zero, one])))
    yield Case("point not affine", f"{name}-z-is-2", text(replaced(value, at, [x, y, "2" if group == 1 else ["2", "0"]])))
    yield Case("point not affine", f"{name}-z-is-0", text(replaced(value, at, [x, y, zero])))
    if small:
        return
    for i, bad in enumerate([[], [x], [x, y], [x, y, one, one], "1", 1, None, {}, [[x, y, one]], x]):
        yield Case("wrong shape", f"{name}-{i}", text(replaced(value, at, bad)))
    yield from number_cases(value, at + [0] + ([1] if group == 2 else []), curve.q, name)


def member_cases(value, names):
    for name in names:
        yield Case("missing member", f"no-{name}", text(replaced(value, [name], DELETED)))
        for i, bad in enumerate([None, 7, [], {}, "x"]):
            yield Case("wrong shape", f"{name}-{i}", text(replaced(value, [name], bad)))
        again = f'"{name}": {json.dumps(value[name])},\n '.encode()
        yield Case("duplicated member", f"{name}-twice", text(value).replace(b"{\n ", b"{\n " + again, 1))


def vkey_cases(raw, curve):
    value = json.loads(raw)
    yield from raw_cases(raw)
    yield from member_cases(value, ["protocol", "nPublic", "vk_alpha_1", "vk_beta_2", "vk_gamma_2", "vk_delta_2", "IC"])
    for n in (-1, 0, 2, 2**32 + 1, 2**63 - 1, "1", 1.0):
        yield Case("wrong count", f"nPublic-{n}", text(replaced(value, ["nPublic"], n)))
    yield Case("wrong count", "one-point-less", text(replaced(value, ["IC"], value["IC"][:-1])))
    yield Case("wrong curve", "curve", text(replaced(value, ["curve"], "bn128" if curve.name != "bn254" else "bls12381")))
    yield Case("wrong curve", "no-such-curve", text(replaced(value, ["curve"], "secp256k1")))
    for name, at, group, small in [("vk_alpha_1", ["vk_alpha_1"], 1, False), ("vk_beta_2", ["vk_beta_2"], 2, False),
                                   ("vk_gamma_2", ["vk_gamma_2"], 2, True), ("vk_delta_2", ["vk_delta_2"], 2, True), ("IC", ["IC", 1], 1, True)]:
        yield from point_cases(value, name, at, curve, group, small)
        outside = curve.g1_outside if group == 1 else curve.g2_outside
        for i, point in enumerate(outside[:1]):
            strings = [[str(c) for c in x] if group == 2 else str(x) for x in point] + [["1", "0"] if group == 2 else "1"]
            yield Case("point outside the subgroup", f"{name}-outside-{i}", text(replaced(value, at, strings)))
    for name in ("vk_alpha_1", "vk_gamma_2"):
        infinity = ["0", "1", "0"] if name[-1] == "1" else [["0", "0"], ["1", "0"], ["0", "0"]]
        yield Case("infinity forbidden", f"{name}-infinity", text(replaced(value, [name], infinity)))
    yield Case("another key", "gamma-is-delta", text(replaced(value, ["vk_gamma_2"], value["vk_delta_2"])), INVALID)
    yield Case("another key", "ic-exchanged", text(replaced(value, ["IC"], value["IC"][::-1])), INVALID)


def proof_cases(raw, curve):
    value = json.loads(raw)
    yield from raw_cases(raw)
    yield from member_cases(value, ["protocol", "pi_a", "pi_b", "pi_c"])
    yield Case("wrong curve", "curve", text(replaced(value, ["curve"], "bn128" if curve.name != "bn254" else "bls12381")))
    for name, group, small in (("pi_a", 1, False), ("pi_b", 2, False), ("pi_c", 1, True)):
        yield from point_cases(value, name, [name], curve, group, small)
        outside = curve.g1_outside if group == 1 else curve.g2_outside
        for i, point in enumerate(outside[:2]):
            strings = [[str(c) for c in x] if group == 2 else str(x) for x in point] + [["1", "0"] if group == 2 else "1"]
            yield Case("point outside the subgroup", f"{name}-outside-{i}", text(replaced(value, [name], strings)), INVALID)
    negated = value["pi_a"][:1] + [str(curve.q - int(value["pi_a"][1]))] + ["1"]
    yield Case("false proof", "a-negated", text(replaced(value, ["pi_a"], negated)), INVALID)
    yield Case("false proof", "a-is-c", text(replaced(value, ["pi_a"], value["pi_c"])), INVALID)
    for name, infinity in (("pi_a", ["0", "1", "0"]), ("pi_b", [["0", "0"], ["1", "0"], ["0", "0"]]), ("pi_c", ["0", "1", "0"])):
        yield Case("false proof", f"{name}-infinity", text(replaced(value, [name], infinity)), INVALID)


def public_cases(raw, curve):
    value = json.loads(raw)
    yield from raw_cases(raw)
    yield from number_cases(value, [0], curve.r, "input-0")
    yield Case("wrong count", "no-input", b"[]")
    yield Case("wrong count", "one-more", text(value + ["0"]))
    yield Case("wrong count", "a-hundred-thousand-more", text(value + ["0"] * 100000))
    yield Case("wrong shape", "object", b"{}")
    yield Case("wrong shape", "object-in-list", b'[{"0": "1"}]')
    for i, other in enumerate([0, 1, curve.r - 1, (int(value[0]) + 1) % curve.r]):
        yield Case("false input", f"input-{i}", text([str(other)]), INVALID)
