# SPDX-License-Identifier: Apache-2.0
"""partita verify --bundle and inspect of a bundle as their user meets them. One group: python3 bundle_test.py Bundles"""
import json
import os
import pathlib
import sys
import unittest

from program_test import CURVES, TerminalTest, golden, partita

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "format"))
import bundles  # noqa: E402

ENDINGS = ("_vkey.json", "_proof.json", "_public.json")


class Bundles(TerminalTest):
    def setUp(self):
        super().setUp()
        self.file = self.dir / "request.bundle"
        self.vkeys = [golden(curve, "_vkey.json") for curve in CURVES]
        self.bundle = bundles.example(lambda curve: {ending: golden(curve, ending) for ending in ENDINGS})
        self.ids = [name.decode() for _, name, _, _ in self.bundle.partitions]

    def write(self):
        self.file.write_bytes(self.bundle.raw())
        return self.file

    def verify(self, *args, vkeys=None, **kwargs):
        return partita("verify", "--bundle", self.write(), *(self.vkeys if vkeys is None else vkeys), *args, **kwargs)

    def spoil(self, i):
        """Of partition i C becomes A: a point of the curve as well."""
        proof = self.bundle.partitions[i][2]
        self.bundle.partitions[i][2] = proof[:-len(proof) // 4] + proof[:len(proof) // 4]

    def bad_ones(self):
        """Of seven partitions three are bad, each in its own way; the code and the words of each."""
        self.spoil(1)
        self.bundle.partitions[2][3] = bytes([self.bundle.partitions[2][3][0] ^ 1]) + self.bundle.partitions[2][3][1:]
        self.bundle.partitions[5][2] = b"\0" + self.bundle.partitions[5][2][1:]
        return {self.ids[1]: (76, "invalid proof: the pairing equation does not hold"), self.ids[2]: (76, "invalid proof: "),
                self.ids[5]: (65, "point A of the proof: its flags are those of no compressed point")}

    def test_right_proofs_are_counted(self):
        for vkeys in self.vkeys, self.vkeys[::-1], self.vkeys * 2:
            run = self.verify("--quiet", vkeys=vkeys)
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            self.assertTrue(run.stdout.startswith("7 proofs of 2 keys: 7 valid ("), run.stdout)

    def test_a_bundle_of_one_key_and_one_proof(self):
        self.bundle.keys, self.bundle.partitions = self.bundle.keys[:1], self.bundle.partitions[:1]
        self.assertTrue(self.verify(vkeys=self.vkeys[:1]).stdout.startswith("1 proof of 1 key: 1 valid ("))

    def test_more_than_a_batch(self):
        name = self.bundle.partitions[0]
        self.bundle.keys = self.bundle.keys[:1]
        self.bundle.partitions = [[0, b"%d" % i, name[2], name[3]] for i in range(1500)]
        self.bundle.partitions[1200][3] = bytes(32)
        run = self.verify("--json", vkeys=self.vkeys[:1])
        told = json.loads(run.stdout)
        self.assertEqual((run.returncode, told["n"], told["n_valid"], [bad["id"] for bad in told["bad"]]), (76, 1500, 1499, ["1200"]))

    def test_bad_ones_are_named_in_order_and_the_others_verified(self):
        expected = self.bad_ones()
        for n_threads in 1, 3:
            run = self.verify("--quiet", "--threads", n_threads)
            self.assertEqual(run.returncode, 76)
            self.assertTrue(run.stdout.startswith("7 proofs of 2 keys: 4 valid, 3 bad ("), run.stdout)
            self.assertEqual(len(run.stderr.splitlines()), len(expected), run.stderr)
            for line, (name, (_, says)) in zip(run.stderr.splitlines(), expected.items()):
                self.assertTrue(line.startswith(f"partita: {self.file}: {name}: {says}"), line)

    def test_the_exit_code_is_that_of_the_first(self):
        self.bad_ones()
        self.bundle.partitions[0], self.bundle.partitions[5] = self.bundle.partitions[5], self.bundle.partitions[0]
        self.assertEqual(self.verify().returncode, 65)

    def test_json_says_the_same(self):
        expected = self.bad_ones()
        run = self.verify("--json", "--quiet")
        told = json.loads(run.stdout)
        self.assertEqual((run.returncode, told["bundle"], told["n"], told["n_valid"]), (76, str(self.file), 7, 4))
        self.assertEqual([(bad["id"], bad["status"]) for bad in told["bad"]], [(name, code) for name, (code, _) in expected.items()])
        for bad, line in zip(told["bad"], run.stderr.splitlines()):
            self.assertEqual("partita: " + bad["error"], line)
        self.assertEqual([(key["curve"], key["vkey"], key["n_public"], key["n"], key["vkey_hash"]) for key in told["keys"]],
                         [(curve, vkey, 1, n, key[2].hex()) for curve, vkey, n, key in zip(CURVES, self.vkeys, (4, 3), self.bundle.keys)])
        self.assertEqual(set(told["seconds"]), {"read", "verify"})

    def test_a_key_that_is_not_given_is_named(self):
        missing = self.bundle.keys[1][2].hex()
        run = self.fails(65, "verify", "--bundle", self.write(), self.vkeys[0], says=f"the verification key {missing} (bls12_381, 1 public input)")
        self.assertIn("is not given", run.stderr)
        self.bundle.keys[0][2] = bytes(32)
        self.fails(65, "verify", "--bundle", self.write(), *self.vkeys, says="00" * 32 + " (bn254, 1 public input) is not given")

    def test_a_bundle_does_not_say_what_its_key_is(self):
        self.bundle.keys[0][1] = 0
        for partition in self.bundle.partitions:
            partition[3] = partition[3] if partition[0] else b""
        self.fails(65, "verify", "--bundle", self.write(), *self.vkeys,
                   says=f"key 0: 0 public inputs on bn254, but {self.vkeys[0]} has 1 on bn254")

    def test_a_damaged_file_is_refused_before_a_proof_is_looked_at(self):
        self.bad_ones()
        raw = bytearray(self.bundle.raw())
        raw[-1] ^= 1 # of the checksum
        self.file.write_bytes(raw)
        for command in ("verify", "--bundle", self.file, *self.vkeys), ("inspect", self.file):
            self.fails(65, *command, says=f"{self.file}: damaged zstd frame: Restored data doesn't match checksum")

    def test_inspect_shows_keys_partitions_and_sizes(self):
        raw = self.write().read_bytes()
        told = json.loads(self.works("inspect", "--json", self.file).stdout)
        holds = told["holds"]
        self.assertEqual(told["kind"], "bundle")
        self.assertEqual((holds["n_partitions"], holds["file_bytes"], holds["content_bytes"]), (7, len(raw), len(self.bundle.content())))
        self.assertEqual(holds["keys"], [{"vkey_hash": key[2].hex(), "curve": curve, "n_public": 1, "n_partitions": n, "proof_bytes": size}
                                         for curve, key, n, size in zip(CURVES, self.bundle.keys, (4, 3), (128, 192))])
        self.assertEqual(holds["partitions"], [{"id": name, "key": p[0]} for name, p in zip(self.ids, self.bundle.partitions)])
        text = self.works("inspect", self.file).stdout
        for word in (f"{self.file}: bundle", *self.ids, *(key[2].hex() for key in self.bundle.keys)):
            self.assertIn(word, text)

    def test_inspect_of_many_shows_the_first(self):
        name = self.bundle.partitions[0]
        self.bundle.partitions = [[0, b"p%d" % i, name[2], name[3]] for i in range(30)]
        text = self.works("inspect", self.write()).stdout
        self.assertIn(" p19\n", text)
        self.assertNotIn(" p20\n", text)
        self.assertIn("and 10 more (--json has all)\n", text)

    def test_inspect_refuses_a_malformed_proof(self):
        self.bad_ones()
        self.fails(65, "inspect", self.write(), says=f"{self.file}: {self.ids[5]}: point A of the proof: its flags")

    def test_names_of_any_bytes_take_one_line(self):
        self.bundle.partitions[0][1:3] = [b"a\n\x1b\xff", b"\0" + self.bundle.partitions[0][2][1:]]
        run = self.verify("--json", "--quiet", errors="surrogateescape")
        self.assertEqual((run.returncode, run.stderr.count("\n")), (65, 1), run.stderr)
        self.assertEqual(json.loads(run.stdout)["bad"][0]["id"], "a\n\x1b?")
        self.assertNotIn("\x1b", run.stderr)
        self.assertIn(": a???: point A of the proof", run.stderr)

    def test_a_live_line_shows_how_far_it_is_and_goes_away(self):
        name = self.bundle.partitions[0]
        self.bundle.partitions = [[0, b"%d" % i, name[2], name[3]] for i in range(3)]
        command = ("verify", "--bundle", self.write(), *self.vkeys, "--json")
        shown, code = self.on_terminal(*command)
        self.assertEqual((code, self.screen(shown)), (0, [""]))
        self.assertIn("[....................] verifying 0/3", shown)
        self.assertEqual(self.on_terminal(*command, "--quiet"), ("", 0))

    def test_wrong_uses_are_argument_errors(self):
        self.write()
        self.fails(64, "verify", "--bundle", self.file, says="expected VKEY... with --bundle FILE")
        self.fails(64, "verify", "--bundle", self.file, "--dir", self.dir, self.vkeys[0], says="--dir and --bundle: expected one of them")
        self.fails(64, "verify", "--bundle", "", self.vkeys[0], says="--bundle needs the name of a file")
        self.fails(66, "verify", "--bundle", self.dir / "absent", self.vkeys[0], says="absent: No such file")
        fifo = self.dir / "fifo"
        os.mkfifo(fifo)
        self.fails(66, "verify", "--bundle", fifo, self.vkeys[0], says="fifo: expected a regular file")
        self.fails(65, "verify", "--bundle", self.vkeys[0], self.vkeys[0], says="no zstd frame, so no bundle")
        self.fails(64, "inspect", "--lint", self.file, says="a bundle, but --lint takes a key")


if __name__ == "__main__":
    unittest.main(verbosity=2)
