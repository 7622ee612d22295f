# SPDX-License-Identifier: Apache-2.0
"""partita verify VKEY --dir DIR as its user meets it. One group: python3 verify_test.py VerifyDir"""
import functools
import json
import os
import shutil
import signal
import time
import unittest

from program_test import CURVES, SECONDS_MAX, TerminalTest, golden, partita


class VerifyDir(TerminalTest):
    def setUp(self):
        super().setUp()
        self.proofs = self.dir / "proofs"
        self.proofs.mkdir()

    def put(self, name, curve="bn254"):
        for kind in ("proof", "public"):
            shutil.copyfile(golden(curve, f"_{kind}.json"), self.proofs / f"{name}.{kind}.json")

    def edit(self, name, change):
        path = self.proofs / name
        value = json.loads(path.read_text())
        path.write_text(json.dumps(change(value)))

    def verify(self, *args, curve="bn254"):
        return partita("verify", golden(curve, "_vkey.json"), "--dir", self.proofs, *args)

    def test_right_proofs_are_counted(self):
        for curve in CURVES:
            for name in ("a", "b", "c"):
                self.put(name, curve)
            (self.proofs / "a.txt").write_text("no proof")
            (self.proofs / ".proof.json").write_text("a name is missing")
            run = self.verify(curve=curve)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertTrue(run.stdout.startswith("3 proofs: 3 valid (" + curve), run.stdout)
            self.assertEqual(run.stderr.splitlines(),
                             [f"{self.proofs}: reading 3 proofs", f"{self.proofs}: verifying 3 proofs"])

    def bad_ones(self):
        """Twenty proofs, of which b03 to b08 are bad, each in its own way; the code and the words of each."""
        for i in range(20):
            self.put(f"b{i:02}")
        self.edit("b03.proof.json", lambda proof: {**proof, "pi_c": proof["pi_a"]})
        (self.proofs / "b04.proof.json").write_text("{")
        (self.proofs / "b05.public.json").unlink()
        self.edit("b06.public.json", lambda inputs: inputs + ["1"])
        self.put("b07", "bls12_381")
        self.edit("b08.public.json", lambda inputs: [str(int(inputs[0]) ^ 1)] + inputs[1:])
        return {"b03.proof": (76, "invalid proof: the pairing equation does not hold"), "b04.proof": (65, "not JSON"),
                "b05.public": (66, "No such file"), "b06.public": (65, "public inputs, but the verifying key has"),
                "b07.proof": (65, "a proof of curve bls12_381"), "b08.proof": (76, "invalid proof")}

    def test_bad_ones_are_named_in_order_and_the_others_verified(self):
        expected = self.bad_ones()
        for n_threads in 1, 2, 3:
            run = self.verify("--quiet", "--threads", n_threads)
            self.assertEqual(run.returncode, 76)
            self.assertTrue(run.stdout.startswith("20 proofs: 14 valid, 6 bad"), run.stdout)
            lines = run.stderr.splitlines()
            self.assertEqual(len(lines), len(expected), run.stderr)
            for line, (name, (_, says)) in zip(lines, expected.items()):
                self.assertTrue(line.startswith(f"partita: {self.proofs}/{name}.json: "), line)
                self.assertIn(says, line)

    def test_the_exit_code_is_that_of_the_first(self):
        self.bad_ones()
        for name, code in ("b03", 65), ("b04", 66), ("b05", 65):
            (self.proofs / f"{name}.proof.json").unlink()
            self.assertEqual(self.verify().returncode, code)

    def test_json_says_the_same(self):
        expected = self.bad_ones()
        run = self.verify("--json", "--quiet")
        result = json.loads(run.stdout)
        self.assertEqual((run.returncode, result["n"], result["n_valid"], result["curve"]), (76, 20, 14, "bn254"))
        self.assertEqual([bad["status"] for bad in result["bad"]], [code for code, _ in expected.values()])
        self.assertEqual([bad["proof"] for bad in result["bad"]],
                         [f"{self.proofs}/{name.split('.')[0]}.proof.json" for name in expected])
        for bad, line in zip(result["bad"], run.stderr.splitlines()):
            self.assertEqual("partita: " + bad["error"], line)
        self.assertEqual(set(result["seconds"]), {"read", "verify"})

    def on_terminal_verify(self, *args, **kwargs):
        return self.on_terminal("verify", golden("bn254", "_vkey.json"), "--dir", self.proofs, "--json", *args, **kwargs)

    def test_a_live_line_shows_both_stages_and_goes_away(self):
        for name in ("a", "b", "c"):
            self.put(name)
        shown, code = self.on_terminal_verify()
        self.assertEqual((code, self.screen(shown)), (0, [""]))
        self.assertIn("[....................] reading 0/3", shown)
        self.assertIn("[######..............] verifying 0/3  ETA ", shown)
        self.assertEqual(self.on_terminal_verify("--quiet"), ("", 0))

    def test_the_live_line_is_not_in_the_way_of_the_bad_ones(self):
        self.put("a")
        (self.proofs / "b.proof.json").write_text("{")
        shown, code = self.on_terminal_verify()
        self.assertEqual(code, 65)
        self.assertRegex("\n".join(self.screen(shown)), r"^partita: [^\n]*b.proof.json: [^\n]*\n$")

    def test_a_signal_ends_it_at_once(self):
        for name in ("a", "b", "c"):
            self.put(name)
        fifo = self.proofs / "c.public.json" # its reader waits; the others are read meanwhile
        fifo.unlink()
        os.mkfifo(fifo)

        def send(number, process):
            with open(fifo, "wb"): # returns when the program has opened its end
                time.sleep(0.5)
                process.send_signal(number)
                process.wait(SECONDS_MAX)

        for number, name in ((signal.SIGINT, "Interrupt"), (signal.SIGTERM, "Terminated")):
            shown, code = self.on_terminal_verify("--threads", 2, act=functools.partial(send, number))
            self.assertEqual(code, 75)
            self.assertIn("[####................] reading 2/3  ETA", shown)
            self.assertEqual(self.screen(shown), [f"partita: interrupted ({name})", ""])

    def test_no_proofs_are_no_input(self):
        vkey = golden("bn254", "_vkey.json")
        self.fails(66, "verify", vkey, "--dir", self.proofs, says=f"{self.proofs}: no NAME.proof.json in it")
        self.fails(66, "verify", vkey, "--dir", self.dir / "missing", says="No such file")
        self.fails(66, "verify", vkey, "--dir", vkey, says="Not a directory")

    def test_wrong_uses_are_argument_errors(self):
        vkey = golden("bn254", "_vkey.json")
        self.fails(64, "verify", "--dir", self.proofs, says="expected VKEY with --dir DIR")
        self.fails(64, "verify", vkey, "a", "b", "--dir", self.proofs, says="got 3 arguments")
        self.fails(64, "verify", vkey, "--dir", "", says="--dir needs the name of a directory")


if __name__ == "__main__":
    unittest.main(verbosity=2)
