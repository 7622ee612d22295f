# SPDX-License-Identifier: Apache-2.0
"""partita setup and partita bench as their user meets them. gnuplot is a script here. One group: python3 measure_test.py Setup"""
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest
import xml.etree.ElementTree

from program_test import CURVES, PARTITA, SECONDS_MAX, ProgramTest, files_now, golden, partita
from rank_environment import environment

SANITIZED = os.environ["SANITIZED"] == "1"


class MeasureTest(ProgramTest):
    def path(self, name):
        return str(self.dir / name)

    def begin(self, args, folder):
        """Start the program and return it once its output is begun in folder."""
        process = subprocess.Popen([PARTITA, *args], stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.kill)
        while not files_now(folder, ".partita-*.tmp"):
            self.assertIsNone(process.poll())
            time.sleep(0.001)
        return process

    def circuit(self, curve, domain="2^4", witness="full"):
        folder = self.path(f"c_{curve}")
        self.works("bench", "circuit", "--domain", domain, "--curve", curve, "--witness", witness, "-o", folder)
        return f"{folder}/circuit.r1cs", f"{folder}/circuit.wtns"


class Setup(MeasureTest):
    def test_a_key_of_ours_proves_and_is_warned_of(self):
        for curve in CURVES:
            with self.subTest(curve):
                r1cs, wtns = self.circuit(curve)
                key, vkey, proof, public = (self.path(name) for name in (f"{curve}.zkey", f"{curve}.json", "proof.json", "public.json"))
                made = self.works("setup", "--insecure", r1cs, "-o", key, "--vkey", vkey, "--quiet")
                self.assertIn("INSECURE", made.stderr)
                proved = self.works("prove", key, wtns, proof, public, "--quiet")
                self.assertIn("can forge", proved.stderr)
                self.works("verify", vkey, public, proof)
                self.assertTrue(json.loads(self.works("inspect", key, "--json").stdout)["holds"]["insecure"])

    def test_it_is_refused_unless_asked_for_by_name(self):
        done = self.fails(64, "setup", golden("bn254", ".r1cs"), "-o", self.path("k.zkey"))
        self.assertIn("--insecure", done.stderr)
        self.assertFalse(os.path.exists(self.path("k.zkey")))

    def test_json_says_what_was_made(self):
        done = self.works("setup", "--insecure", golden("bn254", ".r1cs"), "-o", self.path("k.zkey"), "--json")
        result = json.loads(done.stdout)
        self.assertEqual((result["curve"], result["log_domain"], result["insecure"]), ("bn254", 8, True))

    def test_wrong_uses_are_argument_errors(self):
        r1cs, key = golden("bn254", ".r1cs"), self.path("k.zkey")
        self.fails(64, "setup", "--insecure", r1cs)
        self.fails(64, "setup", "--insecure", "-o", key)
        self.fails(64, "setup", "--insecure", r1cs, "-o", key, "--vkey", key)
        self.fails(64, "setup", "--insecure", r1cs, "-o", r1cs)
        self.assertEqual(self.names(), [])

    def test_bad_files_leave_nothing(self):
        key = self.path("k.zkey")
        self.fails(65, "setup", "--insecure", golden("bn254", ".wtns"), "-o", key)
        self.fails(66, "setup", "--insecure", self.path("missing.r1cs"), "-o", key)
        self.fails(73, "setup", "--insecure", golden("bn254", ".r1cs"), "-o", self.path(""))
        full = partita("setup", "--insecure", golden("bn254", ".r1cs"), "-o", "/dev/full")
        self.assertEqual(full.returncode, 74, full.stderr)
        self.assertEqual(self.names(), [])

    def test_a_key_is_not_overwritten(self):
        args = "setup", "--insecure", golden("bn254", ".r1cs"), "-o", self.path("k.zkey")
        self.works(*args)
        self.fails(73, *args)

    def test_a_verifying_key_that_fails_leaves_no_key(self):
        done = partita("setup", "--insecure", golden("bn254", ".r1cs"), "-o", self.path("k.zkey"), "--vkey", "/dev/full")
        self.assertEqual(done.returncode, 74, done.stderr)
        self.assertEqual(self.names(), [])

    def begin_setup(self, curve):
        """Begin a set-up of seconds: the process, writing its key beside the name, and its circuit."""
        r1cs, _ = self.circuit(curve, domain="2^16")
        command = ["setup", "--insecure", r1cs, "-o", self.path("k.zkey"), "--vkey", self.path("vk.json"), "--threads", "1", "--quiet"]
        return self.begin(command, self.dir), r1cs

    def test_two_signals_leave_nothing(self):
        process, _ = self.begin_setup("bls12_381")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(SECONDS_MAX), 75)
        self.assertEqual(len([line for line in process.stderr if "WARNING" not in line]), 1)
        self.assertEqual(self.names(), ["c_bls12_381"])

    def test_a_circuit_that_is_truncated_meanwhile_was_read_before(self):
        process, r1cs = self.begin_setup("bn254")
        os.truncate(r1cs, 0)
        self.assertEqual(process.wait(SECONDS_MAX), 0)
        self.assertEqual(self.names(), ["c_bn254", "k.zkey", "vk.json"])

    def test_no_verifying_key_stays_if_the_key_can_not_be_named(self):
        process, _ = self.begin_setup("bn254")
        os.mkdir(self.path("k.zkey"))
        self.assertEqual(process.wait(SECONDS_MAX), 74)
        self.assertIn("k.zkey: can't be written: Is a directory", process.stderr.read())
        self.assertEqual(self.names(), ["c_bn254", "k.zkey"])


class Bench(MeasureTest):
    def rows(self, *args):
        result = json.loads(self.works("bench", *args, "--repeats", "2", "--json").stdout)
        for row in result["rows"]:
            self.assertTrue(row["checked"])
            self.assertLessEqual(row["min"], row["median"])
            self.assertEqual(row["n"], 2)
        return result["rows"]

    def test_every_kind_measures_both_curves(self):
        for kind, *args in (("arith",), ("ntt", "--size", "2^5"), ("msm", "--size", "2^5"), ("synth", "--domain", "2^5"),
                            ("prove", "--domain", "2^5", "--witness", "bits"), ("verify", "--batch", "3")):
            with self.subTest(kind):
                self.assertEqual({row["curve"] for row in self.rows(kind, *args)}, set(CURVES))

    def test_options_choose_what_is_measured(self):
        rows = self.rows("msm", "--size", "2^4", "--size", "2^6", "--curve", "bn254", "--group", "g2", "--scalars", "bits",
                         "--threads", "1")
        self.assertEqual([(row["name"], row["size"], row["threads"]) for row in rows],
                         [("msm_g2_bits", 16, 1), ("msm_g2_bits", 64, 1)])

    def test_a_key_and_a_witness_can_be_given(self):
        files = golden("bn254", ".zkey"), golden("bn254", ".wtns")
        self.assertEqual(self.rows("prove", *files)[0]["size"], 256)
        self.assertEqual(self.rows("synth", *files)[0]["name"], "synthesis")
        self.fails(65, "bench", "prove", golden("bn254", ".zkey"), golden("bls12_381", ".wtns"))

    def test_what_says_what_to_generate_is_refused_beside_a_key(self):
        files = golden("bn254", ".zkey"), golden("bn254", ".wtns")
        for option, value in (("--curve", "bn254"), ("--domain", "2^8"), ("--witness", "full")):
            for kind in ("synth", "prove", "load", "soak"):
                with self.subTest((kind, option)):
                    self.fails(64, "bench", kind, *files, option, value, says=option)

    def test_an_option_of_another_kind_is_refused(self):
        for kind, option, value in (("ntt", "--domain", "2^4"), ("arith", "--size", "2^4"), ("circuit", "--size", "2^4"), ("msm", "--batch", "2"),
                                    ("prove", "--group", "g1"), ("verify", "--witness", "bits"), ("ntt", "--scalars", "bits"), ("load", "--minutes", "1"),
                                    ("soak", "--load", "2:2"), ("soak", "-c", "2"), ("soak", "-p", "2"), ("prove", "-j", "2"), ("soak", "--csv", "x.csv"),
                                    ("soak", "--plot", "x.svg"), ("load", "-o", "x")):
            with self.subTest(kind=kind, option=option):
                self.fails(64, "bench", kind, option, value, says=f"bench {kind} takes no {option}")

    def test_memory_of_a_device_is_planned_without_one(self):
        args = "bench", "msm", "--memory-map", "--size", "2^20", "--curve", "bn254", "--group", "g1"
        result = json.loads(self.works(*args, "--assume", "48K,35G,140G", "--json").stdout)
        self.assertEqual((result["device"], result["rows"]), ("cpu", []))
        self.assertEqual([one["tables"] for one in result["memory_maps"]], [False, True])
        for one in result["memory_maps"]:
            self.assertEqual((one["curve"], one["group"], one["size"], one["slices"]), ("bn254", "g1", 1 << 20, 1))
            self.assertEqual(sum(row["bytes"] * row["number"] for row in one["buffers"]), one["total_bytes"])
            self.assertEqual(one["buffers"][0], {"name": "scalars", "number": 1, "bytes": 32 << 20, "holds": "all scalars"})
        lines = self.works(*args, "--assume", "48K,35G").stdout.splitlines()
        total = next(line for line in lines if line.startswith("all"))
        self.assertIn(str(result["memory_maps"][0]["total_bytes"]), total)
        batches = json.loads(self.works(*args, "--assume", "48K,35G", "--batches", "1,2,4", "--json").stdout)["memory_maps"]
        self.assertEqual([one["batches"] for one in batches if not one["tables"]], [1, 2, 4])
        self.assertEqual(sorted((one["total_bytes"] for one in batches if not one["tables"]), reverse=True),
                         [one["total_bytes"] for one in batches if not one["tables"]])

    def test_what_a_device_would_lack_is_refused_with_what_it_takes(self):
        args = "bench", "msm", "--memory-map", "--size", "2^16", "--curve", "bn254", "--group", "g1"
        floor = self.fails(75, *args, "--assume", "48K,35G,1M", says="needs ").stderr.split("needs ")[1].split(" ")[0]
        memory = -(-int(floor) // 9) * 10
        self.works(*args, "--assume", f"48K,35G,{memory}")
        self.fails(75, *args, "--assume", f"48K,35G,{memory - 10}", says=f"needs {floor} bytes on the device")
        bounded = *args, "--assume", "48K,35G", "--json", "--gpu-memory"
        least, *more = json.loads(self.works(*bounded, floor).stdout)["memory_maps"]
        self.assertEqual((least["total_bytes"], more), (int(floor), []))  # no tables in so little
        self.fails(75, *bounded, str(int(floor) - 1), says=f"needs {floor} bytes on the device, but may have {int(floor) - 1}")
        for one in json.loads(self.works(*bounded, "8M").stdout)["memory_maps"]:
            self.assertLessEqual(one["total_bytes"], 8 << 20)
        self.fails(69, *args, "--assume", "16K,35G", says="18576 bytes of local memory, but the device has 16384")

    def test_options_of_a_device_need_one(self):
        for option in (("--batches", "1,2"), ("--force-batches", "2"), ("--memory-map",), ("--gpu-memory", "1G"), ("--sweep",), ("--tune",)):
            self.fails(64, "bench", "msm", *option, says=f"{option[0]}: of which device?")
        for option in (("--batches", "1,2"), ("--force-batches", "2"), ("--memory-map",), ("--sweep",), ("--tune",)):
            self.fails(64, "bench", "ntt", *option, says=f"bench ntt takes no {option[0]}")
        self.fails(64, "bench", "msm", "--assume", "48K,35G", says="--assume is for --memory-map")
        self.fails(64, "bench", "msm", "--memory-map", "--assume", "48K,35G", "--batches", "1", "--force-batches", "2", says="exclude each other")
        self.fails(64, "bench", "msm", "--plot", "x.svg", says="--plot draws what --batches")
        for wrong in ("48K", "48K,", "48K,35G,140G,1", "0,35G", "48K,much", "auto,35G"):
            self.fails(64, "bench", "msm", "--memory-map", "--assume", wrong, says="--assume takes LOCAL,MAXALLOC")
        for wrong in ("", "0", "65", "1,,2", "1,2,", "two"):
            self.fails(64, "bench", "msm", "--memory-map", "--assume", "48K,35G", "--batches", wrong, says="--batches takes")
        self.fails(64, "bench", "msm", "--memory-map", "--assume", "48K,35G", "--force-batches", "1,2", says="--force-batches takes a number")

    def test_a_table_is_for_people(self):
        lines = self.works("bench", "ntt", "--size", "2^4", "--curve", "bn254", "--repeats", "1").stdout.splitlines()
        self.assertIn("median", lines[0])
        self.assertIn("2^4", lines[1])

    def test_wrong_uses_are_argument_errors(self):
        for args in (("nothing",), (), ("ntt", "--size", "100"), ("ntt", "--size", "2^28"), ("arith", "--curve", "secp256k1"),
                     ("msm", "--group", "g3"), ("msm", "--repeats", "0"), ("verify", "--batch", "0"), ("verify", "a", "b"),
                     ("msm", "a", "b"), ("prove", "key"), ("circuit", "--curve", "bn254", "-o", self.path("c_bn254")),
                     ("circuit", "--domain", "2^4", "-o", self.path("c_bn254")),
                     ("circuit", "--domain", "2^4", "--curve", "bn254"),
                     ("circuit", "--domain", "2^4", "--curve", "secp256k1", "-o", self.path("c_bn254"))):
            with self.subTest(args):
                self.fails(64, "bench", *args)
        self.assertEqual(self.names(), [])

    def test_a_signal_leaves_no_circuit(self):
        for witness in ("full", "bits"):
            for folder_is_new in (True, False):
                with self.subTest((witness, folder_is_new)):
                    folder = self.dir / "c"
                    if not folder_is_new:
                        folder.mkdir()
                    process = self.begin(["bench", "circuit", "--domain", "2^22", "--curve", "bn254", "--witness", witness,
                                          "-o", folder], folder)
                    process.send_signal(signal.SIGINT)
                    process.send_signal(signal.SIGTERM)
                    self.assertEqual(process.wait(SECONDS_MAX), 75)
                    self.assertEqual(process.stderr.read().count("\n"), 1)
                    self.assertEqual(self.names(), [] if folder_is_new else ["c"])
                    if not folder_is_new:
                        folder.rmdir() # fails if it has anything

    def test_a_circuit_is_not_overwritten(self):
        self.circuit("bn254")
        self.fails(73, "bench", "circuit", "--domain", "2^4", "--curve", "bn254", "-o", self.path("c_bn254"))


class Load(MeasureTest):
    few = ("--repeats", "2", "--quiet")
    small = ("--domain", "2^5", *few)

    def loads(self, *args, options=small, **kwargs):
        return json.loads(self.works("bench", "load", *args, *options, "--json", **kwargs).stdout)

    def gnuplot(self, text):
        """An environment in which gnuplot is a shell script of this text; None: in which there is none."""
        folder = self.dir / "bin"
        folder.mkdir()
        if text is not None:
            (folder / "gnuplot").write_text("#!/bin/sh\n" + text)
            (folder / "gnuplot").chmod(0o755)
        return environment(PATH=str(folder))

    def test_every_load_is_compared_with_one_proof_at_a_time(self):
        for curve in CURVES:
            with self.subTest(curve):
                result = self.loads("--load", "5:2,3:4", "-p", "2", "--curve", curve, "--witness", "bits")
                self.assertEqual((result["curve"], result["domain"]), (curve, 32))
                self.assertEqual([(row["proofs"], row["at_once"], row["partitions"]) for row in result["loads"]], [(2, 1, 2), (5, 2, 2), (3, 4, 2)])
                for row in result["loads"]:
                    self.assertEqual(row["failed"], 0)
                    self.assertEqual(row["timeline"]["stages"]["msm g2"]["n"], 2 * row["proofs"])
                    self.assertGreater(row["peak_memory_bytes"], row["arena_bytes"])
                self.assertEqual(result["loads"][0]["inflation"], 1)

    def test_one_load_can_be_given_by_its_numbers(self):
        self.assertEqual([(row["proofs"], row["at_once"]) for row in self.loads("-c", "4", "-j", "3")["loads"]], [(2, 1), (4, 3)])

    def test_a_key_and_a_witness_can_be_given(self):
        for curve in CURVES:
            result = self.loads("-c", "2", "-j", "2", golden(curve, ".zkey"), golden(curve, ".wtns"), options=self.few)
            self.assertEqual((result["curve"], result["domain"], result["circuit"]), (curve, 256, golden(curve, ".zkey")))
            self.assertGreater(result["loads"][0]["timeline"]["stages"]["witness"]["bytes"], 0)

    def test_partitions_in_flight_are_bounded_by_workers(self):
        arenas = [self.loads("-c", "12", "-j", "12", "--workers", n)["loads"][1]["arena_bytes"] for n in (1, 3)]
        self.assertIn(arenas[1] / arenas[0], (2, 3)) # 3, unless the first was done before the third was begun

    def test_tables_are_for_people_and_csv_has_the_same_rows(self):
        path = self.path("load.csv")
        lines = self.works("bench", "load", "--load", "3:3", "--csv", path, *self.small).stdout.splitlines()
        self.assertEqual([line.split("  ")[0] for line in lines[:3]], ["load", "c=2 j=1 p=1", "c=3 j=3 p=1"])
        self.assertIn("5 of 5 proofs are right", lines[-1])
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["proofs"], row["at_once"], row["failed"]) for row in rows], [("2", "1", "0"), ("3", "3", "0")])
        self.assertGreater(float(rows[1]["msm_g2_cpu_seconds"]), 0)

    def test_a_plot_is_what_gnuplot_makes_of_the_figures(self):
        path = self.path("load.svg")
        self.loads("--load", "3:3", "--plot", path, env=self.gnuplot("exec /bin/cat\n"))
        with open(path, encoding="utf-8") as file:
            script = file.read()
        self.assertIn("set terminal svg", script)
        self.assertIn('\n"3:3" ', script)

    @unittest.skipUnless(shutil.which("gnuplot"), "needs gnuplot")
    def test_gnuplot_draws_every_load_and_stage(self):
        path = self.path("load.svg")
        self.loads("--load", "3:3,4:2", "--plot", path)
        texts = {text.strip() for text in xml.etree.ElementTree.parse(path).getroot().itertext()}
        self.assertLessEqual({"2:1", "3:3", "4:2", "s/proof", "msm g2", "verify"}, texts)

    def test_without_gnuplot_there_is_no_measuring(self):
        self.fails(69, "bench", "load", "--plot", self.path("load.svg"), *self.small, env=self.gnuplot(None), says="gnuplot-nox")
        self.assertEqual(self.names(), ["bin"])

    def test_a_gnuplot_that_fails_leaves_no_plot(self):
        path = self.path("load.svg")
        self.fails(69, "bench", "load", "--plot", path, *self.small, env=self.gnuplot("echo no; exit 3\n"), says="exit code 3")
        (self.dir / "bin" / "gnuplot").write_text('#!/bin/sh\n[ "$1" = --version ] || kill -9 $$\n')
        self.fails(69, "bench", "load", "--plot", path, *self.small, env=environment(PATH=str(self.dir / "bin")), says="signal 9")
        self.assertEqual(self.names(), ["bin"])

    def test_a_witness_of_another_curve_ends_the_run(self):
        self.fails(65, "bench", "load", golden("bn254", ".zkey"), golden("bls12_381", ".wtns"), *self.few)
        self.fails(76, "bench", "load", golden("bn254", ".zkey"), self.wrong_witness(), *self.few)

    def test_wrong_uses_are_argument_errors(self):
        for args in (("--load", "5"), ("--load", "5:0"), ("--load", "5:5,"), ("--load", "5:5:5"), ("--load", ""), ("--load", ",".join(["1:1"] * 15)),
                     ("-c", "5"), ("-j", "5"), ("-c", "5", "-j", "5", "--load", "5:5"), ("-p", "0"), ("--minutes", "1"), ("key",),
                     ("--csv", self.path("a"), "--plot", self.path("a")), ("--curve", "secp256k1")):
            with self.subTest(args):
                self.fails(64, "bench", "load", *args)
        key, witness = golden("bn254", ".zkey"), golden("bn254", ".wtns")
        self.fails(64, "bench", "load", key, witness, "--csv", witness)
        for args in (("--minutes", "0"), ("--minutes", "1x"), ("--minutes", "-1"), ("--minutes", "nan"), ("--load", "5:5"), ("-p", "2"),
                     ("--csv", self.path("a")), ("--plot", self.path("a")), ("-c", "5")):
            with self.subTest(args):
                self.fails(64, "bench", "soak", *args)
        self.assertEqual(self.names(), [])


class Soak(MeasureTest):
    small = ("--domain", "2^5", "--quiet", "--json")

    def ends_well(self, code, err):
        """A sanitizer keeps freed memory: with one the process may grow, and that is told last."""
        if SANITIZED and re.fullmatch(r"partita: soak: memory grew from \d+ to \d+ bytes\n", err):
            code, err = code - 70, ""
        self.assertEqual((code, err), (0, ""))

    def soaks(self, *args):
        done = partita("bench", "soak", *args)
        self.ends_well(done.returncode, done.stderr)
        return done

    def test_a_short_soak_shows_that_nothing_grows(self):
        done = self.soaks("--minutes", "0.02", *self.small, "--workers", "3")
        result = json.loads(done.stdout)
        self.assertEqual(result["failed"], 0)
        self.assertGreaterEqual(result["end"]["seconds"], 1.2)
        self.assertGreater(result["end"]["proofs"], result["settled"]["proofs"])
        self.assertGreaterEqual(result["proofs"], result["end"]["proofs"])
        self.assertEqual(result["end"]["arenas_mapped"], 3)
        self.assertGreater(result["end"]["clock"], result["settled"]["clock"])

    def test_a_table_is_for_people(self):
        done = self.soaks("--minutes", "0.01", golden("bn254", ".zkey"), golden("bn254", ".wtns"))
        self.assertIn("arenas mapped", done.stdout)
        self.assertRegex(done.stdout, r"(\d+) of \1 proofs are right")

    def test_wrong_proofs_end_it_with_their_code(self):
        done = partita("bench", "soak", "--minutes", "0.005", golden("bn254", ".zkey"), self.wrong_witness(), "--quiet", "--json")
        self.assertEqual((done.returncode, json.loads(done.stdout)["proofs"]), (76, 0))
        self.assertIn("partitions failed, the first: ", done.stderr)

    def soak_until(self, number, seconds, *args):
        process = subprocess.Popen([PARTITA, "bench", "soak", *args, *self.small], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        time.sleep(seconds)
        process.send_signal(number)
        out, err = process.communicate(timeout=SECONDS_MAX)
        return process.returncode, out, err

    def test_the_first_signal_ends_it_with_its_summary(self):
        for seconds in (2, 8): # a slow build or machine has settled later
            code, out, err = self.soak_until(signal.SIGINT, seconds, "--minutes", "0.2", "-j", "2")
            if code != 75:
                break
        self.ends_well(code, err)
        self.assertLess(json.loads(out)["end"]["seconds"], 11)

    def test_a_signal_before_it_settled_says_so(self):
        code, _, err = self.soak_until(signal.SIGTERM, 1)
        self.assertEqual((code, err.count("\n")), (75, 1))


if __name__ == "__main__":
    unittest.main(verbosity=2)
