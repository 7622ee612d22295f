# SPDX-License-Identifier: Apache-2.0
"""partita bench --device as its user meets it: bench_device_test.py PROGRAM. The device is PoCL's, or what PARTITA_TEST_DEVICE names."""
import csv
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = sys.argv[1]
DEVICE = os.environ.get("PARTITA_TEST_DEVICE", "portable")
SKIPPED = 77
CACHE = tempfile.TemporaryDirectory(prefix="partita_bench_")  # of built kernels: nothing of the user's is read or written


def bench(*args, **more):
    more = {"XDG_CACHE_HOME": CACHE.name, **more}
    return subprocess.run([PROGRAM, "bench", *args], capture_output=True, text=True, check=False, timeout=500, env={**os.environ, **more})


def start(args):
    return subprocess.Popen([PROGRAM, "bench", *args, "--device", DEVICE, "--repeats", "1", "--quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                            env={**os.environ, "XDG_CACHE_HOME": CACHE.name})


def lock_of(process):
    """The file of the device's lock, which a process has open; None when it has ended without."""
    while process.poll() is None:
        for name in os.listdir(f"/proc/{process.pid}/fd"):
            try:
                path = os.readlink(f"/proc/{process.pid}/fd/{name}")
            except OSError:
                continue
            if path.endswith(".device"):
                return path
        time.sleep(0.001)
    return None


class BenchDevice(unittest.TestCase):
    def rows(self, *args, **more):
        done = bench(*args, "--device", DEVICE, "--repeats", "2", "--json", **more)
        self.assertEqual(done.returncode, 0, done.stderr)
        result = json.loads(done.stdout)
        self.assertNotEqual(result["device"], "cpu")
        for row in result["rows"]:
            self.assertTrue(row["checked"])
            self.assertLessEqual(row["min"], row["median"])
            self.assertGreater(row["median"], 0)
            self.assertEqual((row["n"], row["threads"]), (2, 0))
        return result["rows"]

    def fails(self, code, says, *args):
        done = bench(*args)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(says, done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def waits_for_the_device(self, args):
        with start(args) as alone:
            path = lock_of(alone)
            self.assertEqual(alone.wait(timeout=500), 0, alone.stderr.read())
        self.assertIsNotNone(path)
        began = time.monotonic()
        self.assertEqual(bench(*args, "--device", DEVICE, "--repeats", "1").returncode, 0) # its kernels are built
        took = time.monotonic() - began
        with open(path, "rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            with start(args) as waiting:
                with self.assertRaises(subprocess.TimeoutExpired):
                    waiting.wait(timeout=1 + 3 * took)
                fcntl.flock(lock, fcntl.LOCK_UN)
                self.assertEqual(waiting.wait(timeout=500), 0, waiting.stderr.read())

    def test_kernels_run_while_the_device_is_nobody_else_s(self):
        for args in (["arith"], ["ntt", "--size", "2^6"], ["msm", "--size", "2^6", "--group", "g1", "--scalars", "full"]):
            with self.subTest(args[0]):
                self.waits_for_the_device([*args, "--curve", "bn254"])

    def test_products_and_additions_have_rates(self):
        rows = self.rows("arith")
        names = ["fr_mul", "fq_mul", "g1_add_mixed", "g2_add_mixed"]
        self.assertEqual([(row["curve"], row["name"]) for row in rows],
                         [(curve, name) for curve in ("bn254", "bls12_381") for name in names])
        self.assertEqual({row["unit"] for row in rows}, {"G/s"})

    def test_transforms_have_times_and_shares_of_kernels(self):
        rows = self.rows("ntt", "--size", "2^11")
        names = {(row["curve"], row["name"], row["size"]) for row in rows}
        for curve in ("bn254", "bls12_381"):
            for name in ("ntt_forward", "ntt_forward.ntt_pass", "quotient", "quotient.ntt_pass", "quotient.ntt_quotient"):
                self.assertIn((curve, name, 2048), names)

    def test_each_width_of_a_window_has_its_rows(self):
        rows = self.rows("msm", "--curve", "bn254", "--group", "g1", "--scalars", "full", "--size", "2^6", "--window", "7,9")
        names = [row["name"] for row in rows if "." not in row["name"]]
        self.assertEqual(names, ["msm_g1_full_window_7", "msm_g1_full_tables_window_7", "msm_g1_full_window_9", "msm_g1_full_tables_window_9"])
        self.fails(64, "--window takes bits of a window, as 15,16, from 4 to 24, not 25", "msm", "--device", DEVICE, "--window", "25")
        self.fails(64, "--window: of which device? It needs --device", "msm", "--window", "9")

    def test_sums_of_points_have_times_by_kernel(self):
        rows = self.rows("msm", "--curve", "bn254", "--group", "g1", "--scalars", "full", "--size", "2^6")
        names = {row["name"] for row in rows}
        for name in ("msm_g1_full", "msm_g1_full.msm_accumulate", "msm_g1_full_tables", "msm_g1_full_tables.msm_accumulate"):
            self.assertIn(name, names)

    def test_sums_are_compared_with_the_processor_s_and_bytes_with_the_plan(self):
        args = "msm", "--curve", "bn254", "--group", "g1", "--scalars", "full", "--size", "2^6"
        done = bench(*args, "--device", DEVICE, "--memory-map", "--batches", "1,3", "--repeats", "2", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        mapped = json.loads(done.stdout)
        rows = [row for row in mapped["rows"] if "." not in row["name"]]
        self.assertEqual([row["name"] for row in rows], ["msm_g1_full_batches_1", "msm_g1_full_tables_batches_1",
                                                         "msm_g1_full_batches_3", "msm_g1_full_tables_batches_3"])
        for row, one in zip(rows, mapped["memory_maps"], strict=True):
            room = row["device_memory"]
            self.assertEqual(row["checked"], "the processor's MSM")
            self.assertEqual((room["planned_bytes"], room["taken_bytes"]), (one["total_bytes"], one["total_bytes"]))
            for key in ("window_bits", "windows", "batches", "slices", "tables"):
                self.assertEqual(room[key], one[key])
        forced = bench(*args, "--device", DEVICE, "--force-batches", "3", "--repeats", "1")
        self.assertIn("What was taken of the device equals the plan to the byte.", forced.stdout)
        self.assertIn("msm_g1_full_tables_batches_3", forced.stdout)

    def test_points_go_in_slices_where_memory_is_short(self):
        args = "msm", "--curve", "bn254", "--group", "g1", "--scalars", "full", "--size", "2^11"
        refused = bench(*args, "--device", DEVICE, "--gpu-memory", "4K")
        self.assertEqual(refused.returncode, 75, refused.stderr)
        floor = int(refused.stderr.split("needs ")[1].split(" ")[0])
        self.fails(75, f"needs {floor} bytes", *args, "--device", DEVICE, "--gpu-memory", str(floor - 1))
        rows = self.rows(*args, "--gpu-memory", str(floor))
        room = rows[0]["device_memory"]
        self.assertEqual((room["planned_bytes"], room["taken_bytes"], room["slices"]), (floor, floor, 2))
        self.assertEqual({row["name"].split(".")[0] for row in rows}, {"msm_g1_full"})

    def test_memory_and_time_go_to_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            plot = ["--plot", folder + "/curve.svg"] if shutil.which("gnuplot") else []
            rows = self.rows("msm", "--curve", "bn254", "--group", "g1", "--scalars", "full", "--size", "2^5", "--batches", "1,2",
                             "--csv", folder + "/curve.csv", *plot)
            with open(folder + "/curve.csv", encoding="utf-8") as file:
                written = list(csv.DictReader(file))
            self.assertEqual([row["name"] for row in written], [row["name"] for row in rows])
            for line, row in zip(written, rows, strict=True):
                self.assertEqual(int(line["taken_bytes"]), row["device_memory"]["taken_bytes"])
                self.assertEqual(int(line["batches"]), row["device_memory"]["batches"])
                self.assertAlmostEqual(float(line["median"]), row["median"], delta=1e-6)
            if plot:
                with open(plot[1], encoding="utf-8") as file:
                    self.assertIn("bn254 msm_g1_full_tables, 2^5", file.read())

    def test_accumulators_are_swept_twice_and_the_best_is_kept(self):
        args = "msm", "--curve", "bn254", "--group", "g1", "--size", "2^4", "--device", DEVICE, "--repeats", "2"
        names = ["tasks_g64", "walk_g4_s2_local_shared"]
        with tempfile.TemporaryDirectory() as folder:
            done = bench(*args, "--tune", "--sweep=" + ",".join(names), "--json", "--csv", folder + "/sweep.csv")
            self.assertEqual(done.returncode, 0, done.stderr)
            said = done.stderr.splitlines()
            self.assertEqual(len(said), 8)  # a line each, for points and for tables, in both passes
            self.assertRegex(said[7], r"^partita: 16 points with tables, pass 2 of 2: walk_g4_s2_local_shared, [0-9.e+]+ ms$")
            with open(folder + "/sweep.csv", encoding="utf-8") as file:
                written = list(csv.DictReader(file))
        rows = json.loads(done.stdout)["sweep"]
        self.assertEqual([(row["accumulator"], row["tables"]) for row in rows], [(name, tables) for tables in (False, True) for name in names])
        self.assertEqual([line["accumulator"] for line in written], [row["accumulator"] for row in rows])
        for row, line in zip(rows, written, strict=True):
            self.assertEqual((row["n"], row["checked"], len(row["pass_ms"])), (4, "the processor's MSM", 2))
            self.assertAlmostEqual(sum(row["pass_ms"]) / 2, row["mean_ms"])
            self.assertAlmostEqual(sum(row["kernels_ms"].values()), row["mean_ms"])
            self.assertIn("msm_walk" if row["accumulator"].startswith("walk") else "msm_accumulate", row["kernels_ms"])
            self.assertEqual(row["local_bytes"], (2 + 2) * 4 * 32 if row["accumulator"].startswith("walk") else 0)
            self.assertAlmostEqual(float(line["mean_ms"]), row["mean_ms"], delta=1e-6)
            self.assertEqual((line["best"], line["differs"]), (str(int(row["best"])), str(int(row["differs"]))))
        self.assertEqual([sum(row["best"] for row in rows[i:i + 2]) for i in (0, 2)], [1, 1])
        choices = [name for name in os.listdir(CACHE.name + "/partita/kernels") if os.path.getsize(CACHE.name + "/partita/kernels/" + name) < 400]
        self.assertEqual(len(choices), 2)  # for points and for tables

    def test_what_a_device_can_t_hold_is_skipped_with_its_reason(self):
        args = "msm", "--curve", "bn254", "--group", "g1", "--size", "2^4", "--device", DEVICE, "--repeats", "1", "--gpu-memory"
        floors = {}
        for name in ("tasks_g64", "walk_g4_s2_local_shared"):
            refused = bench(*args, "1K", "--sweep=" + name)
            self.assertEqual(refused.returncode, 69, refused.stderr)
            self.assertIn("no accumulator could be measured: an MSM of 16 points needs ", refused.stderr)
            floors[name] = int(refused.stderr.split("needs ")[1].split(" ")[0])
        (_, low), (most, high) = sorted(floors.items(), key=lambda floor: floor[1])
        self.assertLess(low, high)
        done = bench(*args, str(high - 1), "--sweep=" + ",".join(floors), "--quiet")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        line = next(line for line in done.stdout.splitlines() if line.startswith(most))
        self.assertIn(f"skipped: an MSM of 16 points needs {high} bytes on the device, but may have {high - 1}", line)

    def test_a_sweep_goes_with_its_own_options_alone(self):
        for option in (("--window", "9"), ("--batches", "1,2"), ("--memory-map",)):
            self.fails(64, "--sweep goes with no --memory-map", "msm", "--device", DEVICE, "--sweep", *option)
        self.fails(64, "--tune measures full scalars alone", "msm", "--device", DEVICE, "--tune", "--scalars", "bits")
        done = bench("msm", "--device", DEVICE, "--sweep=tasks_g64,walk_g48_s2_local_shared")
        self.assertEqual(done.returncode, 64)
        self.assertIn("no accumulator walk_g48_s2_local_shared", done.stderr)

    def test_binaries_of_kernels_are_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            self.rows("arith", "--curve", "bn254", XDG_CACHE_HOME=folder)
            self.assertEqual(len(os.listdir(folder + "/partita/kernels")), 5)  # with the self-test's

    def test_the_processor_is_no_device(self):
        result = json.loads(bench("arith", "--device", "cpu", "--repeats", "1", "--json").stdout)
        self.assertEqual({row["threads"] for row in result["rows"]}, {1})
        self.assertEqual(result["device"], "cpu")

    def test_a_device_that_is_not_there_is_an_error(self):
        self.fails(69, "no such device here", "arith", "--device", "no such device here")

    def test_kinds_that_no_device_runs_take_none(self):
        self.fails(64, "bench verify takes no --device", "verify", "--device", DEVICE)


if __name__ == "__main__":
    if "PARTITA_TEST_PORTABLE" in os.environ:
        print("skipped: the program builds its kernels with PTX where it can")
        sys.exit(SKIPPED)
    there = bench("arith", "--device", DEVICE, "--repeats", "1", "--curve", "bn254")
    if there.returncode == 69 and "PARTITA_TEST_DEVICE" not in os.environ:
        print(f"skipped: {there.stderr}")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
