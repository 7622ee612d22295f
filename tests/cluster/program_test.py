# SPDX-License-Identifier: Apache-2.0
"""The program as its user meets it: commands, exit codes, help, mpirun.

PARTITA is the program, GOLDEN the folder of tests/golden, INIT_COUNTER the object of count_mpi_init.c, MPIRUN the launcher.
One group: python3 program_test.py Usage
"""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

from rank_environment import environment, mpi_environment

PARTITA = os.environ["PARTITA"]
PREIMAGE = pathlib.Path(os.environ["GOLDEN"]) / "preimage"
CURVES = ("bn254", "bls12_381")
SECONDS_MAX = 60
KERNEL_SECONDS_MAX = 240 # both curves' kernels take PoCL 12 s of a processor that is free


def golden(curve, ending):
    return str(PREIMAGE / f"preimage_{curve}{ending}")


def files_now(folder, pattern):
    """What matches under a folder, while another process makes, fills and removes folders there."""
    try:
        return list(folder.glob(pattern))
    except FileNotFoundError:
        return []


def partita(*args, env=None, **kwargs):
    kwargs = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": SECONDS_MAX, **kwargs}
    return subprocess.run([PARTITA, *map(str, args)], env=env or environment(), text=True, check=False, **kwargs)


class ProgramTest(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="partita_test_"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.proof, self.public = self.dir / "proof.json", self.dir / "public.json"

    def fails(self, code, *args, says="", **kwargs):
        """The command ends with this code and exactly one line on stderr."""
        run = partita(*args, **kwargs)
        self.assertEqual((run.returncode, run.stderr.count("\n")), (code, 1), run.stderr)
        self.assertTrue(run.stderr.startswith("partita: "), run.stderr)
        self.assertIn(says, run.stderr)
        return run

    def works(self, *args, **kwargs):
        run = partita(*args, **kwargs)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run

    def prove_args(self, curve="bn254", key=None, witness=None, proof=None, public=None):
        return ("prove", key or golden(curve, ".zkey"), witness or golden(curve, ".wtns"), proof or self.proof,
                public or self.public, "--quiet")

    def verifies(self, curve, public, proof):
        self.assertIn("OK", self.works("verify", golden(curve, "_vkey.json"), public, proof).stdout)

    def wrong_witness(self, curve="bn254", name="wrong.wtns"):
        """A well-formed witness that does not satisfy the circuit: its last value is another."""
        blob = bytearray(pathlib.Path(golden(curve, ".wtns")).read_bytes())
        blob[-32] ^= 1
        path = self.dir / name
        path.write_bytes(blob)
        return path

    def copy_of(self, curve, ending, name):
        path = self.dir / name
        shutil.copyfile(golden(curve, ending), path)
        return path

    def names(self):
        return sorted(p.name for p in self.dir.iterdir())


class Usage(ProgramTest):
    commands = ("prove", "prepare", "verify", "inspect", "setup", "bench", "simulate", "doctor")

    def test_every_command_has_a_help_with_examples(self):
        for command in self.commands:
            run = self.works(command, "--help")
            self.assertIn("Usage: partita " + command, run.stdout)
            self.assertIn("Examples:", run.stdout)
            self.assertEqual(run.stderr, "")

    def test_help_of_a_command_is_the_same_by_both_ways(self):
        for command in self.commands:
            self.assertEqual(self.works("help", command).stdout, self.works(command, "--help").stdout)

    def test_help_names_every_command(self):
        text = self.works("--help").stdout
        self.assertEqual(text, self.works("help").stdout)
        for command in self.commands:
            self.assertIn(f"\n  {command} ", text)

    def test_no_help_line_is_wider_than_a_terminal(self):
        for command in self.commands:
            for line in self.works(command, "--help").stdout.splitlines():
                self.assertLessEqual(len(line), 100, line)

    def test_version_names_the_build_options(self):
        text = self.works("--version").stdout
        for word in ("partita 0", "bn254", "bls12_381", "portable", "MPI", "compiler", "git"):
            self.assertIn(word, text)
        self.assertEqual(text, self.works("prove", "--version").stdout)

    def test_wrong_use_is_one_line_and_code_64(self):
        key, witness = golden("bn254", ".zkey"), golden("bn254", ".wtns")
        for args, says in (
                ((), "expected a command"),
                (("frobnicate",), "unknown command frobnicate"),
                (("--frobnicate",), "unknown option --frobnicate"),
                (("help", "frobnicate"), "unknown command frobnicate"),
                (("prove",), "expected KEY WITNESS PROOF PUBLIC"),
                (("prove", key, witness, self.proof), "got 3 arguments"),
                (("prepare",), "expected KEY [-o FILE]"),
                (("prove", key, "--out", self.dir), "WITNESS..."),
                (("prove", key, witness, self.proof, self.public, "--check", "all"), "--check all: expected quick, full or none"),
                (("prove", key, witness, self.proof, self.public, "--frobnicate"), "unknown option --frobnicate"),
                (("prove", "-x", key, witness), "unknown option -x"),
                (("prove", key, witness, "--threads"), "--threads needs a value"),
                (("prove", key, witness, "--threads", "0"), "--threads 0: expected a number"),
                (("prove", key, witness, "--threads", "two"), "--threads two: expected a number"),
                (("prove", key, witness, "--threads=-1"), "--threads -1: expected a number"),
                (("prove", key, witness, "--isa", "quantum"), "--isa quantum: expected"),
                (("prove", "--version=2", key), "--version takes no value"),
                (("prove", "--quiet=yes", key), "--quiet yes: expected off or on"),
                (("verify", "a", "b"), "expected VKEY PUBLIC PROOF"),
                (("verify", "a", "b", "c", "d"), "got 4 arguments"),
                (("inspect",), "expected FILE"),
                (("doctor", "extra"), "expected no operands")):
            with self.subTest(args=args):
                self.fails(64, *args, says=says)

    def test_options_may_stand_anywhere_behind_the_command(self):
        self.works("prove", "--quiet", golden("bn254", ".zkey"), "--threads", 1, golden("bn254", ".wtns"), self.proof,
                   self.public)
        self.verifies("bn254", self.public, self.proof)


class Prove(ProgramTest):
    def test_a_proof_of_each_curve_verifies_with_every_instruction_set(self):
        for curve in CURVES:
            for isa in (("--isa", "portable"), ()):
                with self.subTest(curve=curve, isa=isa):
                    self.works(*self.prove_args(curve), *isa)
                    self.verifies(curve, self.public, self.proof)
                    self.assertEqual(self.public.read_text(), pathlib.Path(golden(curve, "_public.json")).read_text())

    def test_a_proof_by_snarkjs_verifies(self):
        for curve in CURVES:
            self.verifies(curve, golden(curve, "_public.json"), golden(curve, "_proof.json"))

    def test_two_proofs_of_one_witness_differ(self):
        self.works(*self.prove_args())
        first = self.proof.read_text()
        self.works(*self.prove_args())
        self.assertNotEqual(first, self.proof.read_text())

    def test_a_fifo_is_as_good_a_witness(self):
        fifo = self.dir / "witness.fifo"
        os.mkfifo(fifo)
        feeder = threading.Thread(target=lambda: fifo.write_bytes(pathlib.Path(golden("bn254", ".wtns")).read_bytes()))
        feeder.start()
        self.works(*self.prove_args(witness=fifo))
        feeder.join()
        self.verifies("bn254", self.public, self.proof)

    def test_progress_is_one_line_a_stage_and_none_when_quiet(self):
        run = self.works(*self.prove_args()[:-1])
        stages = [line.rsplit(": ", 1)[1] for line in run.stderr.splitlines()]
        self.assertEqual(stages, ["key", "witness", "synthesis", "quotient", "msm h", "msm g1", "msm g2", "assemble", "verify",
                                  "write"])
        self.assertEqual(self.works(*self.prove_args()).stderr, "")

    def test_stats_show_every_stage_and_the_peak_memory(self):
        text = self.works(*self.prove_args(), "--stats").stderr
        for word in ("synthesis", "quotient", "msm h", "whole run", "peak memory"):
            self.assertIn(word, text)

    def test_a_timeline_is_a_trace_or_a_picture_of_every_stage(self):
        trace, picture = self.dir / "run.json", self.dir / "run.svg"
        self.works(*self.prove_args(), "--timeline", trace, "--timeline", picture)
        spans = [event for event in json.loads(trace.read_text())["traceEvents"] if event["ph"] == "X"]
        self.assertEqual([span["name"] for span in spans], ["key", "witness", "synthesis", "quotient", "msm h", "msm g1", "msm g2",
                                                            "assemble", "verify", "write"])
        self.assertEqual([span["args"].get("partition_name") for span in spans], [None] + 9 * ["preimage_bn254"])
        titles = re.findall(r"<title>([a-z0-9 ]+), (preimage_bn254|whole run)\n", picture.read_text())
        self.assertEqual(sorted(titles), sorted(2 * [(span["name"], span["args"].get("partition_name", "whole run")) for span in spans]))

    def test_a_timeline_that_could_not_be_written_is_refused_before_the_work(self):
        for path, code in ((self.dir / "run.png", 64), (self.proof, 64), (self.dir / "missing" / "run.svg", 73)):
            self.fails(code, *self.prove_args(), "--timeline", path)
        self.assertFalse(self.proof.exists())

    def test_json_tells_the_outputs_and_the_stats(self):
        run = self.works(*self.prove_args(), "--json", "--stats")
        told = json.loads(run.stdout)
        self.assertEqual([(p["status"], p["proof"], p["public"]) for p in told["partitions"]],
                         [(0, str(self.proof), str(self.public))])
        self.assertGreater(told["stats"]["peak_memory_bytes"], 1 << 20)
        timeline = told["stats"]["timeline"]
        self.assertEqual((timeline["partitions"]["n"], timeline["lost_spans"], len(timeline["stages"])), (1, 0, 10))
        self.assertEqual(set(told["stats"]["stage_seconds"]), {"key", "witness", "synthesis", "quotient", "msm h", "msm g1", "msm g2",
                                                                "assemble", "verify", "write"})


class TerminalTest(ProgramTest):
    def on_terminal(self, *args, act=None):
        """What a run shows on a terminal, and its exit code. act: called with the process."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        process = subprocess.Popen([PARTITA, *map(str, args)], stdout=subprocess.DEVNULL, stderr=theirs,
                                   env=environment())
        os.close(theirs)
        if act:
            act(process)
        shown = b""
        with contextlib.suppress(OSError): # Linux ends a pty's input with EIO
            while chunk := os.read(ours, 4096):
                shown += chunk
        os.close(ours)
        return shown.decode(), process.wait(SECONDS_MAX)

    @staticmethod
    def screen(shown):
        """The lines that stand there at the end."""
        lines, column = [""], 0
        for piece in re.findall(r"\x1b\[K|\r|\n|[^\x1b\r\n]+", shown):
            if piece == "\n":
                lines.append("")
            elif piece == "\r":
                column = 0
            elif piece == "\x1b[K":
                lines[-1] = lines[-1][:column]
            else:
                lines[-1] = lines[-1][:column] + piece + lines[-1][column + len(piece):]
                column += len(piece)
        return lines


class Terminal(TerminalTest):
    def test_a_live_line_shows_stage_and_eta_and_goes_away(self):
        shown, code = self.on_terminal(*self.prove_args()[:-1])
        self.assertEqual(code, 0)
        self.assertIn("1/1 quotient  ETA", shown)
        self.assertEqual(self.screen(shown), [""])
        for line in re.split(r"[\r\n]", shown.replace("\x1b[K", "")):
            self.assertLess(len(line), 60)

    def test_the_live_line_is_not_in_the_way_of_an_error(self):
        shown, code = self.on_terminal(*self.prove_args(witness=self.wrong_witness())[:-1])
        self.assertEqual(code, 76)
        self.assertRegex("\n".join(self.screen(shown)), "^partita: .*wrong.wtns: .*\n$")

    def test_a_message_shorter_than_the_live_line_erases_it(self):
        fifo = self.dir / "witness_of_a_long_name.fifo"
        os.mkfifo(fifo)

        def interrupt(process):
            with open(fifo, "wb"):
                time.sleep(0.5)
                process.send_signal(signal.SIGINT)
                process.wait(SECONDS_MAX)

        shown, code = self.on_terminal(*self.prove_args(witness=fifo)[:-1], act=interrupt)
        self.assertEqual(code, 75)
        self.assertIn("witness_of_a_long_name", shown)
        self.assertEqual(self.screen(shown), ["partita: interrupted: 1 of 1 partitions were not begun", ""])

    def test_quiet_shows_nothing(self):
        self.assertEqual(self.on_terminal(*self.prove_args()), ("", 0))


class BadInput(ProgramTest):
    def nothing_left(self):
        self.assertFalse(self.proof.exists() or self.public.exists())

    def test_inputs_that_cannot_be_read_are_66(self):
        for key, witness in ((self.dir / "none.zkey", None), (None, self.dir / "none.wtns"), (self.dir, None)):
            self.fails(66, *self.prove_args(key=key, witness=witness))
            self.nothing_left()

    def test_a_witness_without_end_is_read_as_far_as_the_key_s_circuit_goes(self):
        fifo, header, sent = self.dir / "witness.fifo", pathlib.Path(golden("bn254", ".wtns")).read_bytes()[:76], []

        def feed():
            with contextlib.suppress(BrokenPipeError), open(fifo, "wb", buffering=0) as pipe:
                pipe.write(header)
                while len(sent) < 64:
                    pipe.write(bytes(1 << 20))
                    sent.append(1 << 20)

        os.mkfifo(fifo)
        feeder = threading.Thread(target=feed)
        feeder.start()
        self.fails(65, *self.prove_args(witness=fifo), says="witness.fifo: larger than 73312 bytes, the most that is expected")
        feeder.join()
        self.assertLess(len(sent), 4)
        sparse = self.dir / "sparse.wtns"
        sparse.write_bytes(header)
        os.truncate(sparse, 1 << 30)
        self.fails(65, *self.prove_args(witness=sparse), says="sparse.wtns: larger than")
        self.nothing_left()

    def test_files_of_another_kind_are_65(self):
        key, witness = golden("bn254", ".zkey"), golden("bn254", ".wtns")
        for pair in ((witness, witness), (key, key), (golden("bn254", "_proof.json"), witness)):
            self.fails(65, *self.prove_args(key=pair[0], witness=pair[1]))
            self.nothing_left()

    def test_a_witness_of_the_other_curve_is_65(self):
        self.fails(65, *self.prove_args(witness=golden("bls12_381", ".wtns")))
        self.nothing_left()

    def test_a_truncated_key_is_65(self):
        path = self.dir / "cut.zkey"
        path.write_bytes(pathlib.Path(golden("bn254", ".zkey")).read_bytes()[:-100])
        self.fails(65, *self.prove_args(key=path), says="cut.zkey")
        self.nothing_left()

    def test_a_witness_that_does_not_satisfy_the_circuit_is_76(self):
        for curve in CURVES:
            self.fails(76, *self.prove_args(curve, witness=self.wrong_witness(curve)), says="wrong.wtns")
            self.nothing_left()

    def test_a_wrong_public_input_is_76(self):
        for curve in CURVES:
            values = json.loads(pathlib.Path(golden(curve, "_public.json")).read_text())
            self.public.write_text(json.dumps([str(int(values[0]) + 1)]))
            self.fails(76, "verify", golden(curve, "_vkey.json"), self.public, golden(curve, "_proof.json"))

    def test_a_wrong_number_of_public_inputs_is_the_fault_of_their_file(self):
        self.public.write_text('["1", "2"]')
        self.fails(65, "verify", golden("bn254", "_vkey.json"), self.public, golden("bn254", "_proof.json"),
                   says="public.json: 2 public inputs, but")

    def test_a_verdict_is_json_too_and_the_code_stays(self):
        self.public.write_text('["1"]')
        run = self.fails(76, "verify", "--json", golden("bn254", "_vkey.json"), self.public, golden("bn254", "_proof.json"))
        self.assertIs(json.loads(run.stdout)["valid"], False)
        run = self.works("verify", "--json", *(golden("bn254", e) for e in ("_vkey.json", "_public.json", "_proof.json")))
        self.assertIs(json.loads(run.stdout)["valid"], True)

    def test_a_key_with_gamma_equal_to_delta_is_warned_of(self):
        path = self.dir / "forgeable.json"
        vkey = json.loads(pathlib.Path(golden("bn254", "_vkey.json")).read_text())
        vkey["vk_delta_2"] = vkey["vk_gamma_2"]
        path.write_text(json.dumps(vkey))
        run = partita("verify", path, golden("bn254", "_public.json"), golden("bn254", "_proof.json"))
        self.assertEqual(run.returncode, 76)
        self.assertIn("partita: WARNING: ", run.stderr)


class Inspect(ProgramTest):
    def test_every_kind_is_found_by_content(self):
        for curve in CURVES:
            for ending, kind in ((".zkey", "zkey"), (".wtns", "wtns"), ("_vkey.json", "verification key"),
                                 ("_proof.json", "proof"), ("_public.json", "public inputs")):
                with self.subTest(curve=curve, kind=kind):
                    nameless = self.copy_of(curve, ending, "nameless")
                    told = json.loads(self.works("inspect", "--json", nameless).stdout)
                    self.assertEqual(told["kind"], kind)
                    self.assertIn(curve, json.dumps(told["holds"]))
                    self.assertIn(kind, self.works("inspect", nameless).stdout)

    def test_a_circuit_is_counted(self):
        holds = json.loads(self.works("inspect", "--json", golden("bn254", ".r1cs")).stdout)["holds"]
        self.assertEqual((holds["n_constraints"], holds["n_wires"], holds["n_public"]), (240, 243, 1))

    def test_other_files_are_65_and_missing_ones_66(self):
        odd = self.dir / "odd"
        for text in ("", "zk", "no json", "{}", '"text"'):
            odd.write_text(text)
            self.fails(65, "inspect", odd, says="odd")
        self.fails(66, "inspect", self.dir / "none")
        self.fails(66, "inspect", self.dir)


class Doctor(ProgramTest):
    def test_every_curve_and_instruction_set_computes_right(self):
        told = json.loads(self.works("doctor", "--json").stdout)
        self.assertTrue(all(test["right"] for test in told["self_test"]))
        tested = {(test["curve"], test["instruction_set"]) for test in told["self_test"]}
        self.assertLessEqual({(curve, "portable") for curve in CURVES}, tested)
        machine = told["machine"]
        adx = machine["adx"] and machine["bmi2"]
        self.assertEqual(len(tested), 2 + (2 if adx else 0) + (2 if adx and machine["avx512_ifma"] else 0))

    def test_threads_follow_the_affinity_mask(self):
        one = {sorted(os.sched_getaffinity(0))[0]}
        run = self.works("doctor", "--json", preexec_fn=lambda: os.sched_setaffinity(0, one))
        self.assertEqual(json.loads(run.stdout)["machine"]["threads"], 1)

    def test_text_shows_build_machine_and_self_test(self):
        text = self.works("doctor").stdout
        for word in ("jansson", "libsodium", "hwloc 2.", "machine", "memory", "self-test", "right"):
            self.assertIn(word, text)


class Devices(ProgramTest):
    """What doctor tells of OpenCL. The driver for tests is PoCL's; where there is none, the tests of a device are skipped, or
    fail if PARTITA_TEST_DEVICE is set: then it should be there."""

    def doctor(self, *args, **more):
        env = environment(XDG_CACHE_HOME=str(self.dir), **more)
        return self.works("doctor", *args, env=env, timeout=KERNEL_SECONDS_MAX).stdout

    def opencl(self, **more):
        return json.loads(self.doctor("--json", **more))["opencl"]

    def drivers(self):
        """The environment in which the machine's own drivers are found, if PoCL is one of them."""
        pocl = pathlib.Path("/etc/OpenCL/vendors/pocl.icd")
        if not pocl.exists():
            (self.fail if "PARTITA_TEST_DEVICE" in os.environ else self.skipTest)("no PoCL")
        return {"OCL_ICD_VENDORS": str(pocl)}

    def test_a_machine_without_devices_is_told_of(self):
        told = self.opencl()
        self.assertEqual(told["devices"], [])
        self.assertEqual(self.doctor().split("OpenCL devices\n")[1].split()[0], "none")

    def test_a_driver_that_is_not_there_is_no_error(self):
        (self.dir / "gone.icd").write_text("libnowhere.so\n")
        self.assertEqual(self.opencl(OCL_ICD_VENDORS=str(self.dir / "gone.icd"))["devices"], [])

    def test_a_device_is_shown_with_what_it_can_do_and_its_self_test(self):
        device, = self.opencl(**self.drivers())["devices"]
        self.assertEqual((device["index"], device["platform"], device["kind"]), (0, "Portable Computing Language", "cpu"))
        self.assertEqual((device["usable"], device["reason"]), (True, None))
        self.assertGreater(device["memory_bytes"], device["buffer_bytes_max"] / 2)
        text = self.doctor(**self.drivers())
        for word in (device["name"], device["driver"], "compute units", "self-test right"):
            self.assertIn(word, text)

    def test_a_device_that_is_named_is_asked_for_or_refused(self):
        self.assertFalse(self.opencl(**self.drivers())["devices"][0]["curves_tested"])
        no_such = {"env": environment(XDG_CACHE_HOME=str(self.dir), **self.drivers())}
        self.fails(69, "doctor", "--device", "no such", says="device no such: no device has this in its name", **no_such)
        self.fails(69, "doctor", "--device", "1", says="there are 1, counted from 0", **no_such)
        self.fails(69, "doctor", "--device", "0", says="there are 0")

    def test_a_device_that_is_named_is_tested_in_both_curves(self):
        device, = json.loads(self.doctor("--json", "--device", "portable", **self.drivers()))["opencl"]["devices"]
        self.assertEqual((device["usable"], device["curves_tested"]), (True, True))
        self.assertIn("self-test right, both curves", self.doctor("--device", "0", **self.drivers()))

    def test_built_kernels_are_kept_in_the_cache_folder(self):
        self.opencl(**self.drivers())
        kernels = list((self.dir / "partita" / "kernels").iterdir())
        self.assertGreaterEqual(len(kernels), 1)
        self.assertTrue(all(kernel.suffix == ".kernel" for kernel in kernels), kernels)
        self.doctor(**self.drivers())
        self.assertEqual(set((self.dir / "partita" / "kernels").iterdir()), set(kernels))


class Ranks(ProgramTest):
    """Of a build with MPI."""

    def mpirun(self, n, *args, env=None, **kwargs):
        command = [os.environ["MPIRUN"], "-n", str(n), "--oversubscribe", "--bind-to", "none"]
        if os.geteuid() == 0:
            command.append("--allow-run-as-root")
        for name in env or {}:
            command += ["-x", name]
        return subprocess.run([*command, PARTITA, *map(str, args)], timeout=SECONDS_MAX, env=mpi_environment(**(env or {})), text=True, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)

    def test_ranks_prove_one_request_and_rank_0_alone_speaks(self):
        for curve in CURVES:
            witnesses = [self.copy_of(curve, ".wtns", f"w{i:02}.wtns") for i in range(24)]
            out = self.dir / curve
            run = self.mpirun(3, "prove", golden(curve, ".zkey"), *witnesses, "--out", out, "--quiet", "--json")
            told = [line for line in run.stderr.splitlines() if line.startswith("partita")] # MPI's hwloc speaks where there is no /sys
            self.assertEqual((run.returncode, told), (0, []), run.stderr)
            self.assertEqual([p["status"] for p in json.loads(run.stdout)["partitions"]], [0] * 24)
            self.works("verify", golden(curve, "_vkey.json"), "--dir", out, "--quiet")
            self.assertEqual(len(list(out.glob("*.json"))), 48)

    def test_where_one_rank_is_enough_it_says_so_once(self):
        run = self.mpirun(2, "verify", golden("bn254", "_vkey.json"), golden("bn254", "_public.json"), golden("bn254", "_proof.json"))
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(run.stderr.count("rank 0 does the work"), 1)

    def test_an_error_is_told_once_and_its_code_is_the_job_s(self):
        run = self.mpirun(2, *self.prove_args(witness=self.wrong_witness()))
        self.assertEqual(run.returncode, 76, run.stderr)
        self.assertEqual(run.stderr.count("partita: "), 1)
        self.assertEqual(self.mpirun(2, "prove").returncode, 64)

    @staticmethod
    def cpu_seconds(name):
        """CPU time of each running process whose command line has this word."""
        seconds = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):
                words = pathlib.Path("/proc", pid, "cmdline").read_bytes().split(b"\0")
                if words[0] == PARTITA.encode() and name.encode() in words:
                    fields = pathlib.Path("/proc", pid, "stat").read_text().rsplit(")", 1)[1].split()
                    seconds[pid] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return seconds

    def test_idle_ranks_do_not_burn_a_core(self):
        fifo = self.dir / "witness.fifo"
        os.mkfifo(fifo)
        samples = []

        def feed():
            with open(fifo, "wb") as pipe: # rank 0 waits at its end
                for _ in range(2):
                    time.sleep(1)
                    samples.append(self.cpu_seconds(str(fifo)))
                pipe.write(pathlib.Path(golden("bn254", ".wtns")).read_bytes())

        feeder = threading.Thread(target=feed, daemon=True)
        feeder.start()
        run = self.mpirun(2, *self.prove_args(witness=fifo))
        self.assertEqual(run.returncode, 0, run.stderr)
        feeder.join()
        self.assertEqual([len(sample) for sample in samples], [2, 2])
        for pid, before in samples[0].items():
            self.assertLess(samples[1][pid] - before, 0.3) # of a second; it takes 0.02 where nothing else runs

    def init_calls(self, start):
        marks = self.dir / "marks"
        marks.write_text("")
        preload = {"LD_PRELOAD": os.environ["INIT_COUNTER"], "PARTITA_INIT_MARKS": str(marks)}
        self.assertEqual(start(preload).returncode, 0)
        return len(marks.read_text())

    def test_without_mpirun_mpi_is_not_begun(self):
        self.assertEqual(self.init_calls(lambda env: partita(*self.prove_args(), env=mpi_environment(**env))), 0)
        self.assertEqual(self.init_calls(lambda env: self.mpirun(2, *self.prove_args(), env=env)), 2)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        unittest.main(argv=[sys.argv[0], *sys.argv[1:]], verbosity=2)
