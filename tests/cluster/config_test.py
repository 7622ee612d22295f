# SPDX-License-Identifier: Apache-2.0
"""--config and partita config as their user meets them. One group: python3 config_test.py Config"""
import json
import os
import unittest

from program_test import ProgramTest, golden, partita


class Config(ProgramTest):
    def file(self, text, name="partita.ini"):
        path = self.dir / name
        path.write_text(text)
        return str(path)

    def knobs(self, *args):
        """What `config --print` tells, by name."""
        shown = json.loads(self.works("config", "--print", "--json", *args).stdout)
        return {knob["name"]: knob for knob in shown["knobs"]}

    def test_everything_is_at_its_default_until_it_is_given(self):
        knobs = self.knobs()
        self.assertEqual({k["source"] for name, k in knobs.items() if name != "json"}, {"default"})
        self.assertEqual({k["value"] for name, k in knobs.items() if name != "json"}, {"auto", "off", "quick", "kept", "kernels", "text", "cpu"})
        self.assertLess({"threads", "isa", "workers", "memory", "throttle", "queue-depth"}, set(knobs))

    def test_the_command_line_goes_before_the_file_and_the_command_before_all(self):
        path = self.file("[bench]\nworkers = 3\nthreads = 2\n[partita]\nworkers = 4\nthreads = 5\npin = off\nmemory = 2G\n")
        knobs = self.knobs("--for", "bench", "--config", path, "--threads", 7, "--memory=3G")
        told = {name: (k["value"], k["source"], k.get("line")) for name, k in knobs.items() if k["source"] != "default" and name != "json"}
        self.assertEqual(told, {"threads": ("7", "command line", None), "workers": ("3", "file", 2), "pin": ("off", "file", 7),
                                "memory": ("3GiB", "command line", None)})
        self.assertEqual(knobs["pin"]["file"], path)
        self.assertEqual(self.knobs("--config", path)["workers"]["value"], "4")
        self.assertEqual(self.knobs("--config", path, "--for", "verify")["threads"]["value"], "5")

    def test_what_is_printed_is_a_configuration(self):
        widest = "\n" * 60000 + f"[partita]\nmemory = {2**60 - 1}\ncheck = full\n"
        given = self.file(widest + "threads = 2\nisa = portable\nquiet = on\nallow-core = on\njson = on\nthrottle = off\n"
                          "[bench]\nqueue-depth = 2^4\nrepeats = 3\n", "a name that is long enough to be shortened when it is shown.ini")
        for command in ("bench", "prove", "config"):
            with self.subTest(command):
                first = self.works("config", "--print", "--config", given, "--for", command).stdout
                saved = self.file(first, "saved.ini")
                again = self.works("config", "--print", "--config", saved, "--for", command).stdout
                self.assertEqual([line.split(";")[0].split() for line in first.splitlines()[2:]],
                                 [line.split(";")[0].split() for line in again.splitlines()[2:]])
                self.assertEqual(again.count("saved.ini:"), len(again.splitlines()) - 2)
                self.assertIn("[partita]" if command == "config" else f"[{command}]", first)

    def test_every_command_reads_its_section(self):
        commands = [line.split()[0] for line in partita("--help").stdout.split("Commands:\n")[1].split("\n\n")[0].splitlines()]
        commands.remove("help")
        self.assertIn("prove", commands)
        for command in commands:
            with self.subTest(command):
                path = self.file(f"[{command}]\nthreads = 9\n")
                self.assertEqual(self.knobs("--config", path, "--for", command)["threads"]["value"], "9")
                self.fails(65, command, "--config", self.file(f"[{command}]\nthreads = 0\n"), says="partita.ini: line 2: threads = 0: expected")

    def test_a_run_does_what_the_file_says(self):
        path = self.file("[partita]\njson = on\n[bench]\nrepeats = 2\nthreads = 1\n[doctor]\nthreads = 1\n")
        rows = json.loads(self.works("bench", "ntt", "--size", "2^4", "--curve", "bn254", "--config", path).stdout)["rows"]
        self.assertEqual([(row["n"], row["threads"]) for row in rows], [(2, 1)] * len(rows))
        self.assertEqual(json.loads(self.works("doctor", f"--config={path}").stdout)["machine"]["threads"], 1)
        self.assertNotIn("{", self.works("doctor", "--config", path, "--json=off").stdout)
        proved = self.works("prove", golden("bn254", ".zkey"), golden("bn254", ".wtns"), self.proof, self.public, "--config", path)
        self.assertEqual(json.loads(proved.stdout)["command"], "prove")
        self.assertNotIn("stats", json.loads(proved.stdout))
        path = self.file("[prove]\njson = on\nstats = on\ncheck = full\nworkers = 2\n")
        proved = self.works("prove", golden("bn254", ".zkey"), golden("bn254", ".wtns"), self.proof, self.public, "--config", path)
        self.assertIn("stats", json.loads(proved.stdout))
        path = self.file("[partita]\nisa = portable\n[prepare]\nquiet = on\n")
        rows = json.loads(self.works("bench", "ntt", "--size", "2^4", "--repeats", "1", "--config", path, "--json").stdout)["rows"]
        self.assertEqual({row["isa"] for row in rows}, {"portable"})
        for quiet, told in (((), False), (("--quiet=off",), True)):
            prepared = self.works("prepare", golden("bn254", ".zkey"), "-o", self.dir / "k.ptkey", "--config", path, *quiet)
            self.assertEqual(prepared.stdout + prepared.stderr != "", told)

    def test_a_bad_file_is_one_line_and_its_code(self):
        for text, says in (("[prove]\nthreads = 2\nthreads = 2\n", "line 3: threads: given in line 2 already"),
                           ("[prove]\nout = proofs\n", "line 2: out: no such key"),
                           ("[nothing]\n", "line 1: [nothing]: expected [partita] or the name of a command"),
                           ("[verify]\nmemory = lots\n", "line 2: memory: no key of [verify]"),
                           ("[partita]\nmemory = lots\n", "line 2: memory = lots: expected bytes (4096, 512M, 16GiB) from 1 to 1048576TiB, or auto"),
                           ("[partita]\nisa = quantum\n", "line 2: isa = quantum: expected auto, portable, adx or ifma"),
                           ("[partita]\nthreads\n", "line 2: expected [SECTION] or KEY = VALUE"),
                           ("[partita]\n" + "#" * 199, "line 2: expected at most 198 bytes")):
            with self.subTest(says):
                path = self.file(text)
                self.fails(65, "config", "--config", path, says=f"{path}: {says}")
                self.fails(65, "prove", "key", "witness", "proof", "public", "--config", path, says=says)

    def test_a_file_that_can_not_be_read_is_code_66(self):
        for path in (str(self.dir), str(self.dir / "missing.ini")):
            self.fails(66, "config", "--config", path, says=path)
        self.fails(65, "config", "--config", "/dev/zero", says="larger than 65536 bytes")

    def test_a_stream_is_as_good_as_a_file(self):
        near, far = os.pipe()
        os.write(far, b"[partita]\nworkers = 6\n")
        os.close(far)
        shown = self.works("config", "--print", "--config", "/dev/stdin", stdin=near)
        os.close(near)
        self.assertIn("= 6 ", shown.stdout)

    def test_wrong_uses_are_argument_errors(self):
        for args, says in ((("config", "--for", "partita"), "--for partita: expected the name of a command"),
                           (("config", "extra"), "expected no operands"),
                           (("config", "--memory", "1X"), "--memory 1X: expected bytes"),
                           (("config", "--pin"), "--pin needs a value"),
                           (("config", "--pin", "maybe"), "--pin maybe: expected auto, on or off"),
                           (("config", "--config"), "--config needs a value"),
                           (("verify", "--workers", "2", "a", "b", "c"), "unknown option --workers")):
            with self.subTest(args):
                self.fails(64, *args, says=says)

    def test_without_print_a_file_is_checked_and_nothing_else(self):
        done = self.works("config", "--config", self.file("[partita]\nthreads = 2\n"))
        self.assertEqual((done.stdout, done.stderr), ("", ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
