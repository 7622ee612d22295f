# SPDX-License-Identifier: Apache-2.0
"""partita inspect --lint. One group: python3 lint_test.py Lint"""
import json
import struct
import unittest

from program_test import CURVES, ProgramTest, golden

PRIMES = {"bn254": 0x30644E72E131A029B85045B68181585D2833E84879B9709143E1F593F0000001,
          "bls12_381": 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001}


def section(number, contents):
    return struct.pack("<IQ", number, len(contents)) + contents


def r1cs(curve, counts, constraints):
    """counts: wires, outputs, public inputs, private inputs; a constraint is three lists of wires, each times 1."""
    header = struct.pack("<I", 32) + PRIMES[curve].to_bytes(32, "little") + struct.pack("<IIIIQI", *counts, counts[0],
                                                                                        len(constraints))
    sides = [side for constraint in constraints for side in constraint]
    terms = b"".join(struct.pack("<I", len(side)) + b"".join(struct.pack("<I", wire) + (1).to_bytes(32, "little")
                                                             for wire in side) for side in sides)
    return (b"r1cs" + struct.pack("<II", 1, 3) + section(1, header) + section(2, terms) +
            section(3, bytes(8 * counts[0])))


class Lint(ProgramTest):
    def lint(self, code, path, *options):
        """The rules that find something in a file, in order, as JSON tells them."""
        told = json.loads((self.works if code == 0 else lambda *a: self.fails(code, *a))(
            "inspect", "--lint", path, "--json", *options).stdout)
        counts = [sum(f["severity"] == s for f in told["findings"]) for s in ("error", "warning", "note")]
        self.assertEqual([told["errors"], told["warnings"], told["notes"]], counts)
        self.assertEqual(told["file"], str(path))
        return [finding["rule"] for finding in told["findings"]]

    def circuit(self, curve):
        """Wire 4 squared is wire 1; wires 2 (a public input), 3 (a private one) and 5 are in no constraint."""
        path = self.dir / "unused.r1cs"
        path.write_bytes(r1cs(curve, (6, 1, 1, 1), [([4], [4], [1])]))
        return path

    def test_keys_of_a_ceremony_and_their_circuit_pass(self):
        for curve in CURVES:
            for ending in (".zkey", "_vkey.json"):
                self.assertEqual(self.lint(0, golden(curve, ending)), [])
                self.assertIn("nothing found", self.works("inspect", "--lint", golden(curve, ending)).stdout)
        self.assertEqual(self.lint(0, golden("bn254", ".r1cs")), [])

    def test_a_prepared_key_passes_with_a_note(self):
        self.works("prepare", golden("bn254", ".zkey"), "-o", self.dir / "k.ptkey", "--quiet")
        self.assertEqual(self.lint(0, self.dir / "k.ptkey"), ["record-in-source"])

    def test_an_insecure_key_and_its_unused_signals_are_told(self):
        for curve in CURVES:
            path, key, vkey = self.circuit(curve), self.dir / f"{curve}.zkey", self.dir / f"{curve}.json"
            self.assertEqual(self.lint(65, path), ["unused-public", "unused-signal"])
            self.works("setup", "--insecure", path, "-o", key, "--vkey", vkey, "--quiet")
            self.assertEqual(self.lint(65, key), ["test-key", "gamma-not-generator", "no-contribution", "unused-signal",
                                                  "unused-public"])
            self.assertEqual(self.lint(65, vkey), ["gamma-not-generator"])
            text = self.fails(65, "inspect", "--lint", key, says=".zkey: lint: 2 errors, 3 warnings").stdout
            self.assertIn("in no constraint, private signals 2 of 3: 3, 5", text)
            self.assertIn("in no constraint, public signals 1 of 2: 2", text)
            self.assertRegex(text, r"(?m)^error +test-key ")

    def test_what_is_allowed_is_shown_and_does_not_count(self):
        path = self.circuit("bn254")
        self.assertEqual(self.lint(65, path, "--allow", "unused-public"), ["unused-public", "unused-signal"])
        self.assertEqual(self.lint(0, path, "--allow", "unused-public", "--allow=unused-signal"),
                         ["unused-public", "unused-signal"])
        text = self.works("inspect", path, "--lint", "--allow", "unused-public", "--allow", "unused-signal").stdout
        self.assertIn("warning (allowed)", text)

    def test_a_malformed_file_is_a_finding_and_65(self):
        path = self.copy_of("bn254", ".zkey", "cut.zkey")
        path.write_bytes(path.read_bytes()[:-100])
        self.assertEqual(self.lint(65, path), ["malformed"])
        vkey = json.loads(self.copy_of("bn254", "_vkey.json", "v.json").read_text())
        vkey["nPublic"] = 7
        (self.dir / "v.json").write_text(json.dumps(vkey))
        self.assertEqual(self.lint(65, self.dir / "v.json"), ["malformed"])

    def test_wrong_use_is_64_and_a_missing_file_66(self):
        key = golden("bn254", ".zkey")
        for args, says in (((golden("bn254", ".wtns"), "--lint"), "a wtns, but --lint takes a key"),
                           ((golden("bn254", "_proof.json"), "--lint"), "a proof, but --lint takes"),
                           ((key, "--lint", "--allow", "no-rule"), "no rule of --lint has this name"),
                           ((key, "--allow", "test-key"), "--allow is for --lint"),
                           ((key, "--lint", "--check", "full"), "it goes without --check")):
            self.fails(64, "inspect", *args, says=says)
        self.fails(66, "inspect", "--lint", self.dir / "none")


if __name__ == "__main__":
    unittest.main(verbosity=2)
