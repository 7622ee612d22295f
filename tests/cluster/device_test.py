# SPDX-License-Identifier: Apache-2.0
"""Proofs that an OpenCL device makes: --device. PARTITA_FIXED draws r = s = 0. One group: python3 device_test.py DeviceProofs"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from program_test import CURVES, PARTITA, ProgramTest, golden, partita
from rank_environment import POCL, environment, mpi_environment

FIXED = os.environ["PARTITA_FIXED"]
FAULTY_GPU = os.environ["PARTITA_FAULTY_GPU"]
SECONDS_MAX = 240 # kernels are built by the first


class DeviceProgram(ProgramTest):
    """The driver is PoCL's, whose device is an OpenCL processor; where there is none, all of these are skipped."""

    @classmethod
    def setUpClass(cls):
        if not POCL.exists():
            if os.environ.get("PARTITA_TEST_DEVICE"):
                raise AssertionError("no PoCL, but PARTITA_TEST_DEVICE is set")
            raise unittest.SkipTest("no PoCL")
        cls.cache = tempfile.mkdtemp(prefix="partita_kernels_")
        cls.addClassCleanup(shutil.rmtree, cls.cache)
        cls.own_env = {"XDG_CACHE_HOME": cls.cache, "OCL_ICD_VENDORS": str(POCL)}
        cls.env = environment(**cls.own_env)


class DeviceProofs(DeviceProgram):
    """What one process proves on it."""

    def prove(self, curve, *options, program=PARTITA, key=None):
        run = subprocess.run([program, *map(str, self.prove_args(curve, key=key)), "--stats", "--json", *options], env=self.env, text=True,
                             check=False, timeout=SECONDS_MAX, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        devices = json.loads(run.stdout)["stats"]["devices"]
        return devices[0] if devices else None

    def outputs(self):
        return self.proof.read_bytes(), self.public.read_bytes()

    def refused(self, code, *options, says):
        self.fails(code, *self.prove_args(), *options, says=says, env=self.env, timeout=SECONDS_MAX)
        self.assertEqual(self.names(), [])

    def test_wherever_stages_run_the_proof_is_the_same_bytes(self):
        for curve in CURVES:
            self.assertIsNone(self.prove(curve, program=FIXED))
            alone = self.outputs()
            for options in ([], ["--synthesis", "cpu"], ["--g2", "cpu"], ["--synthesis", "cpu", "--g2", "cpu"], ["--synthesis=gpu", "--g2=gpu"]):
                told = self.prove(curve, "--device", "portable", *options, program=FIXED)
                self.assertEqual((told["partitions"], told["by_processor_instead"]), (1, 0))
                self.assertEqual(self.outputs(), alone, options)

    def opens_opencl(self, *options):
        """Does the process load OpenCL's loader? As its linker tells."""
        log = self.dir / "linked"
        self.works(*self.prove_args(), *options, env={**self.env, "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(log)}, timeout=SECONDS_MAX)
        logs = list(self.dir.glob("linked.*"))
        text = "".join(one.read_text(errors="replace") for one in logs)
        for one in logs:
            one.unlink()
        self.assertIn("libsodium", text)
        return "libOpenCL" in text

    def test_opencl_is_opened_for_a_device_alone(self):
        self.assertTrue(self.opens_opencl("--device", "portable"))
        self.assertFalse(self.opens_opencl("--device", "cpu"))
        self.assertFalse(self.opens_opencl())

    def test_many_partitions_share_the_device(self):
        for i in range(12):
            self.copy_of("bn254", ".wtns", f"w{i:02}.wtns")
        run = self.works("prove", golden("bn254", ".zkey"), *sorted(self.dir.glob("w*.wtns")), "--out", self.dir / "out", "--device", "0",
                         "--gpu-workers", "3", "--workers", "5", "--stats", "--json", "--quiet", env=self.env, timeout=SECONDS_MAX)
        self.assertEqual(json.loads(run.stdout)["stats"]["devices"][0]["partitions"], 12)
        self.works("verify", golden("bn254", "_vkey.json"), "--dir", self.dir / "out", "--quiet")

    def test_a_witness_that_is_wrong_is_the_witness_fault(self):
        self.prove("bn254", "--device", "portable") # builds kernels
        self.proof.unlink()
        self.public.unlink()
        wrong = self.wrong_witness()
        self.fails(76, *self.prove_args(witness=wrong), "--device", "portable", says="wrong.wtns", env=self.env, timeout=SECONDS_MAX)

    def test_a_device_that_can_not_be_had_is_an_error(self):
        self.refused(69, "--device", "no such", says="--device no such: device no such: no device has this in its name")
        self.refused(69, "--device", "7", says="there are 1, counted from 0")
        self.refused(75, "--device", "portable", "--gpu-memory", "64K", says="of 65536")
        self.refused(64, "--device", "", says="--device : expected a name")

    def test_auto_takes_no_opencl_processor_and_says_who_proves(self):
        run = partita(*self.prove_args()[:-1], "--device", "auto", env=self.env)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("partita: --device auto: the processor proves: no GPU or accelerator among 1 OpenCL devices\n", run.stderr)
        self.assertEqual(self.works(*self.prove_args(), "--device", "auto", env=self.env).stderr, "") # --quiet
        self.verifies("bn254", self.public, self.proof)

    def planned(self, *options):
        run = self.works(*self.prove_args(), "--plan", "--json", "--quiet", *options, env=self.env)
        return json.loads(run.stdout)["plan"]["device"]

    def test_a_plan_has_the_device_s_bytes_and_the_least_budget_is_enough(self):
        self.assertIsNone(self.planned())
        plan = self.planned("--device", "portable")
        self.assertEqual((plan["rooms"], plan["synthesis"], plan["g2"]), (2, "gpu", "gpu"))
        parts = ("matrices_bytes", "twiddles_bytes", "points_bytes", "scratch_bytes")
        self.assertEqual(plan["total_bytes"], sum(plan[part] for part in parts) + plan["rooms"] * plan["room_bytes"])
        on_cpu = self.planned("--device", "portable", "--synthesis", "cpu", "--g2", "cpu", "--gpu-workers", "1")
        self.assertEqual((on_cpu["rooms"], on_cpu["synthesis"], on_cpu["g2"], on_cpu["matrices_bytes"]), (1, "cpu", "cpu", 0))
        text = self.works(*self.prove_args(), "--plan", "--device", "portable", env=self.env).stdout
        for part in (*(plan[part] for part in parts), plan["total_bytes"], plan["rooms"] * plan["room_bytes"]):
            self.assertTrue(re.search(rf"^\w[\w ]* +{part}\b", text, re.M), (part, text))
        refused = partita(*self.prove_args(), "--plan", "--device", "portable", "--gpu-memory", "64K", env=self.env)
        self.assertEqual(refused.returncode, 75)
        least = int(re.search(r"at least (\d+) bytes", refused.stderr).group(1))
        self.assertLessEqual(self.planned("--device", "portable", "--gpu-memory", str(least))["total_bytes"], least)
        self.refused(75, "--plan", "--device", "portable", "--gpu-memory", str(least - 1), says=f"at least {least} bytes")
        told = self.prove("bn254", "--device", "portable", "--gpu-memory", str(least))
        self.assertEqual(told["partitions"], 1)

    def test_a_plan_of_several_keys_has_each_in_what_those_before_it_leave(self):
        request, curves = self.dir / "request.jsonl", CURVES[::-1] # the first one's least would do for the second
        request.write_text("".join(json.dumps({"id": curve, "key": str(golden(curve, ".zkey")), "witness": str(golden(curve, ".wtns"))}) + "\n"
                                   for curve in curves))
        command = ["prove", "--request", request, "--out", self.dir / "out", "--plan", "--device", "portable"]
        plan = json.loads(self.works(*command, "--json", env=self.env).stdout)["plan"]["device"]
        self.assertEqual([pathlib.Path(key["key"]).name for key in plan["keys"]], [pathlib.Path(golden(curve, ".zkey")).name for curve in curves])
        for part in ("matrices_bytes", "twiddles_bytes", "points_bytes", "scratch_bytes", "room_bytes", "total_bytes"):
            self.assertEqual(plan[part], sum(key["device"][part] for key in plan["keys"]))
            self.assertTrue(all(key["device"][part] > 0 for key in plan["keys"]))
        text = self.works(*command, env=self.env).stdout
        for total in (plan["total_bytes"], *(key["device"]["total_bytes"] for key in plan["keys"])):
            self.assertTrue(re.search(rf" {total}$", text, re.M), (total, text))
        alone = partita(*self.prove_args(curves[0]), "--plan", "--device", "portable", "--gpu-memory", "64K", env=self.env)
        least = re.search(r"at least (\d+) bytes", alone.stderr).group(1)
        self.fails(75, *command, "--quiet", "--gpu-memory", least, says=f"{golden(curves[1], '.zkey')}: on the device it takes at least", env=self.env)

    def test_text_says_where_it_was_proven(self):
        run = self.works(*self.prove_args(), "--stats", "--device", "portable", env=self.env, timeout=SECONDS_MAX)
        self.assertTrue(re.search(r"^proven on .+: 1; by the processor in its place: 0$", run.stdout + run.stderr, re.M), run.stderr)

    def test_what_proves_nothing_takes_no_device(self):
        for kind in ("verify", "circuit", "synth", "prove"):
            self.fails(64, "bench", kind, "--device", "portable", says=f"bench {kind} takes no --device")

    def test_processes_share_the_device(self):
        """Each proves 20 partitions, at once."""
        for i in range(20):
            self.copy_of("bn254", ".wtns", f"w{i:02}.wtns")
        command = [PARTITA, "prove", golden("bn254", ".zkey"), *sorted(self.dir.glob("w*.wtns")), "--device", "portable", "--threads", "1",
                   "--stats", "--json", "--quiet", "--out"]
        both = [subprocess.Popen([*map(str, command), str(self.dir / out)], env=self.env, text=True, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE) for out in ("one", "two")]
        for process, out in zip(both, ("one", "two")):
            stdout, stderr = process.communicate(timeout=SECONDS_MAX)
            self.assertEqual((process.returncode, stderr), (0, ""))
            self.assertEqual(json.loads(stdout)["stats"]["devices"][0]["partitions"], 20)
            self.assertEqual(len(list((self.dir / out).glob("*.json"))), 40)
            self.works("verify", golden("bn254", "_vkey.json"), "--dir", self.dir / out, "--quiet")


class DeviceFaults(DeviceProgram):
    """PoCL's device says that it is a GPU, and launches of one kernel fail."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = pathlib.Path(tempfile.mkdtemp(prefix="partita_circuit_"))
        cls.addClassCleanup(shutil.rmtree, cls.made)
        for args in (["bench", "circuit", "--domain", "2^10", "--curve", "bn254", "-o", cls.made], # large enough for a device to pay
                     ["setup", "--insecure", cls.made / "circuit.r1cs", "-o", cls.made / "k.zkey", "--vkey", cls.made / "vkey.json", "--quiet"]):
            subprocess.run([PARTITA, *map(str, args)], check=True, timeout=SECONDS_MAX, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def prove(self, *options, faulty=""):
        for i in range(4):
            shutil.copy(self.made / "circuit.wtns", self.dir / f"w{i}.wtns")
        return subprocess.run([FAULTY_GPU, "prove", self.made / "k.zkey", *sorted(self.dir.glob("w*.wtns")), "--out", self.dir / "out",
                               "--threads", "1", "--workers", "1", *options], env={**self.env, "PARTITA_FAULTY_KERNEL": faulty}, text=True,
                              check=False, timeout=SECONDS_MAX, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def all_are_right(self):
        self.assertEqual(len(list((self.dir / "out").glob("*.json"))), 8)
        self.works("verify", self.made / "vkey.json", "--dir", self.dir / "out", "--quiet")

    def told(self, run):
        self.assertEqual(run.returncode, 0, run.stderr)
        device = json.loads(run.stdout)["stats"]["devices"][0]
        return device["partitions"], device["by_processor_instead"]

    def test_auto_takes_a_gpu(self):
        self.assertEqual(self.told(self.prove("--device", "auto", "--stats", "--json")), (4, 0))
        self.all_are_right()

    def warnings(self, run):
        return re.findall(r"^partita: WARNING: the processor proves in the device's place: (.*)$", run.stderr, re.M)

    def test_partitions_that_fail_there_are_proven_elsewhere_and_the_summary_says_so(self):
        run = self.prove("--device", "auto", "--stats", "--json", faulty="spmv_product") # the self-test has none
        self.assertEqual(self.told(run), (0, 4))
        self.all_are_right()
        said = self.warnings(run)
        self.assertEqual(len(said), 3, run.stderr)
        self.assertTrue(all("spmv_product" in line and "CL_OUT_OF_RESOURCES" in line for line in said), said)
        self.assertIn("the device is used no more", said[2])

    def test_text_counts_them_too(self):
        run = self.prove("--device", "auto", "--stats", faulty="spmv_product")
        self.assertTrue(re.search(r"^proven on .+: 0; by the processor in its place: 4$", run.stdout + run.stderr, re.M), run.stderr)

    def test_a_key_that_can_not_be_sent_is_proven_with_elsewhere(self):
        run = self.prove("--device", "auto", "--stats", "--json", faulty="msm_halve") # of the self-test
        self.assertEqual(self.told(run), (0, 4))
        self.all_are_right()
        self.assertEqual(len(self.warnings(run)), 1, run.stderr)
        self.assertIn("msm_halve", self.warnings(run)[0])

    def test_a_device_that_is_wrong_when_it_is_opened_is_a_warning(self):
        run = self.prove("--device", "auto", faulty="probe")
        self.assertEqual(run.returncode, 0, run.stderr)
        self.all_are_right()
        self.assertRegex(run.stderr, "(?m)^partita: WARNING: --device auto: the processor proves: .*probe.*CL_OUT_OF_RESOURCES")

    def test_a_device_that_was_asked_for_fails_the_run(self):
        run = self.prove("--device", "portable", "--quiet", faulty="spmv_product")
        self.assertEqual(run.returncode, 69, run.stderr)
        self.assertIn("spmv_product", run.stderr)
        self.assertEqual(list((self.dir / "out").glob("*.json")), [])


class DeviceRanks(DeviceProgram):
    """Two ranks of this host, which have one device between them."""

    def locks(self):
        """Files of locks that processes of this test have open, and who has."""
        seen = {}
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if str(self.dir).encode() not in (process / "cmdline").read_bytes():
                    continue
                held = {os.readlink(fd) for fd in (process / "fd").iterdir()}
            except OSError: # it ended
                continue
            for path in held:
                if re.fullmatch(r"/tmp/partita-[^/]+\.\w+", path):
                    seen.setdefault(path, set()).add(process.name)
        return seen

    def test_ranks_share_the_device_and_its_lock(self):
        for i in range(20):
            self.copy_of("bn254", ".wtns", f"w{i:02}.wtns")
        command = [os.environ["MPIRUN"], "-n", "2", "--oversubscribe", "--bind-to", "none", "-x", "XDG_CACHE_HOME", "-x", "OCL_ICD_VENDORS",
                   *(["--allow-run-as-root"] if os.geteuid() == 0 else []), PARTITA, "prove", golden("bn254", ".zkey"),
                   *sorted(self.dir.glob("w*.wtns")), "--out", self.dir / "out", "--device", "portable", "--threads", "1", "--stats", "--json",
                   "--quiet"]
        run = subprocess.Popen(list(map(str, command)), env=mpi_environment(**self.own_env), text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        seen = {}
        while run.poll() is None:
            for path, processes in self.locks().items():
                seen.setdefault(path, set()).update(processes)
            time.sleep(0.01)
        stdout, stderr = run.communicate(timeout=SECONDS_MAX)
        told = [line for line in stderr.splitlines() if line.startswith(("partita", "proven"))] # MPI's hwloc speaks where there is no /sys
        self.assertEqual((run.returncode, told), (0, []), stdout)
        devices = json.loads(stdout)["stats"]["devices"] # of both, by rank 0 alone
        self.assertEqual([(device["rank"], device["by_processor_instead"]) for device in devices], [(0, 0), (1, 0)])
        self.assertGreaterEqual(sum(device["partitions"] for device in devices), 20) # the last may be given out twice
        self.assertEqual(len(seen), 3, seen) # the lock, the one of who waits for it, and what is claimed
        for processes in seen.values():
            self.assertGreaterEqual(len(processes), 2, seen) # a child of the driver's, before it runs its linker, has them too
        self.assertEqual(len(list((self.dir / "out").glob("*.json"))), 40)
        self.works("verify", golden("bn254", "_vkey.json"), "--dir", self.dir / "out", "--quiet")

    def second_rank_with(self, setting, program, device, n):
        """Two ranks prove, the second one with this setting in its environment; n witnesses last until it has been heard."""
        for i in range(n):
            self.copy_of("bn254", ".wtns", f"w{i}.wtns")
        prove = [program, "prove", golden("bn254", ".zkey"), *sorted(self.dir.glob("w*.wtns")), "--out", self.dir / "out", "--device", device,
                 "--threads", "1"]
        command = [os.environ["MPIRUN"], "--oversubscribe", "--bind-to", "none", *(["--allow-run-as-root"] if os.geteuid() == 0 else []),
                   "-n", "1", *prove, ":", "-n", "1", "env", setting, *prove]
        run = subprocess.run(list(map(str, command)), env=mpi_environment(**self.own_env), text=True, check=False, timeout=SECONDS_MAX,
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(len(list((self.dir / "out").glob("*.json"))), 2 * n)
        self.works("verify", golden("bn254", "_vkey.json"), "--dir", self.dir / "out", "--quiet")
        return run.stderr

    def test_a_rank_that_has_not_the_device_is_named_and_the_others_prove(self):
        told = self.second_rank_with("OCL_ICD_VENDORS=/nonexistent", PARTITA, "portable", 20)
        self.assertRegex(told, "(?m)^partita: rank 1 on .*: --device portable: .*no device has this in its name")

    def test_a_rank_whose_device_is_wrong_when_it_is_opened_is_named(self):
        told = self.second_rank_with("PARTITA_FAULTY_KERNEL=probe", FAULTY_GPU, "auto", 200)
        self.assertRegex(told, "(?m)^partita: .*rank 1 on .* proves with the processor in the device's place: .*probe")

    @unittest.skipUnless(len(os.sched_getaffinity(0)) >= 2, "needs two processors")
    def test_bench_scale_has_every_rank_on_its_device(self):
        run = self.works("bench", "scale", "--mpirun", os.environ["MPIRUN"], "--dir", self.dir, "--device", "portable", "--domain", "2^6", "--siblings",
                         "--ranks", "1,2", "--per-rank", "6", "--repeats", "1", "--kind", "weak", "--csv", self.dir / "scale.csv", "--json", "--quiet",
                         env=mpi_environment(**self.own_env), timeout=SECONDS_MAX)
        told = json.loads(run.stdout)
        self.assertIn(told["device"], partita("doctor", env=self.env).stdout)
        self.assertEqual([(row["kind"], row["ranks"], row["devices"], row["partitions"]) for row in told["rows"]],
                         [("weak", 1, [0], 6), ("weak", 2, [0, 0], 12)])
        for row in told["rows"]:
            self.assertGreater(row["of_independent"], 0)
        self.assertEqual(told["proofs"], 2 * (6 + 12))
        self.assertIn("\nweak,2,0 x2,12,", (self.dir / "scale.csv").read_text())


if __name__ == "__main__":
    unittest.main(verbosity=2)
