# SPDX-License-Identifier: Apache-2.0
"""What Partita is deployed by: each file is read by its own reader where that is installed, and held to what the tree needs."""
import os
import re
import shutil
import subprocess
import tempfile
import types
import unittest

try:
    import yaml
except ImportError:
    yaml = None

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FINAL = [64, 65, 66, 73, 76]
# What pkg-config calls a library, and what Spack and Debian's running system call it.
LIBRARIES = {
    "jansson": ("jansson", "libjansson4"), "sodium": ("libsodium", "libsodium23"), "xxhash": ("xxhash", "libxxhash0"),
    "hwloc": ("hwloc@2.8:", "libhwloc15"), "inih": ("inih", "libinih1"), "sqlite3": ("sqlite@3.37:", "libsqlite3-0"),
    "zstd": ("zstd", "libzstd1"),
}


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as file:
        return file.read()


class Recipes(unittest.TestCase):
    def test_libraries_are_those_of_the_build(self):
        asked = set(re.findall(r"^pkg_check_modules\((\w+)", read("CMakeLists.txt"), re.MULTILINE))
        self.assertEqual(asked, set(LIBRARIES))
        spack, container = read("deploy", "spack", "packages", "partita", "package.py"), read("deploy", "Containerfile").split()
        for spack_name, debian_name in LIBRARIES.values():
            self.assertIn(f'depends_on("{spack_name}")', spack)
            self.assertIn(debian_name, container)

    def test_the_spack_recipe_makes_a_package(self):
        """Run with what it takes from Spack in place."""
        told = []
        base = type("CMakePackage", (), {"define": staticmethod(lambda name, on: f"-D{name}={on}"),
                                         "define_from_variant": staticmethod(lambda name, variant: f"-D{name}={variant}")})
        names = {name: (lambda *words, name=name, **more: told.append((name, words, more)))
                 for name in ("license", "version", "variant", "depends_on")}
        text = read("deploy", "spack", "packages", "partita", "package.py").replace("from spack.package import *", "")
        module = types.ModuleType("package")
        vars(module).update(names, CMakePackage=base)
        exec(compile(text, "package.py", "exec"), vars(module))
        self.assertEqual(module.Partita().cmake_args(), ["-DPARTITA_MPI=mpi", "-DPARTITA_TESTS=False"])
        for option in ("PARTITA_MPI", "PARTITA_TESTS"):
            self.assertIn(f"option({option} ", read("CMakeLists.txt"))
        version = re.search(r"project\(partita VERSION (\S+)", read("CMakeLists.txt")).group(1)
        self.assertIn(("version", (version,), {}), told)

    def test_the_batch_script_tells_slurm_before_its_first_command(self):
        lines = read("deploy", "partita.sbatch").splitlines()
        first = next(i for i, line in enumerate(lines) if not line.startswith("#"))
        options = [line for line in lines if line.startswith("#SBATCH ")]
        self.assertEqual([line for line in lines[:first] if line.startswith("#SBATCH ")], options)
        for option in ("--ntasks-per-node=1", "--no-kill", "--requeue", "--signal=B:TERM@60"):
            self.assertIn(f"#SBATCH {option}", options)

    def test_the_batch_script_outwaits_srun(self):
        """Which may wait 60 s before it begins a step on a node that is well."""
        probe = re.search(r"PARTITA_RUN:-partita-run --probe ([0-9]+)}", read("deploy", "partita.sbatch"))
        self.assertGreater(int(probe[1]) if probe else 0, 60)

    def test_the_example_of_a_host_file_is_read(self):
        launcher = os.path.join(TOP, "deploy", "partita-run")
        result = subprocess.run(["bash", launcher, "--dry-run", "--mpirun", "true", "--hostfile", os.path.join(TOP, "deploy", "hosts.example"),
                                 "true", "prove"], capture_output=True, text=True, check=True)
        self.assertIn("node1:1\\,node2:1\\,node3:1", result.stdout)

    def test_the_container_has_what_the_launcher_needs(self):
        text = read("deploy", "Containerfile")
        self.assertEqual(re.findall(r"^FROM (\S+)", text, re.MULTILINE), ["debian:12", "debian:12"])
        for word in ("openmpi-bin", "openssh-server", "OMPI_ALLOW_RUN_AS_ROOT=1"):
            self.assertIn(word, text)
        for path in re.findall(r"sh (deploy/\S+)", text + read("deploy", "partita.def")):
            self.assertTrue(os.path.exists(os.path.join(TOP, path)))

    def test_the_apptainer_definition_has_its_sections(self):
        text = read("deploy", "partita.def")
        self.assertEqual(re.findall(r"^%(\w+)", text, re.MULTILINE), ["files", "post", "test", "runscript"])
        self.assertIn('exec partita "$@"', text)

    def test_deploy_md_marks_each_as_tried_or_not(self):
        marks = dict(re.findall(r"^\| `deploy/([^`]*)` \|.*\| (tried|untried)[^|]*\|$", read("docs", "deploy.md"), re.MULTILINE))
        self.assertEqual(set(marks), {"partita-run", "hosts.example", "partita.sbatch", "mpijob.yaml", "Containerfile", "partita.def",
                                      "partita.modulefile", "spack/", "partita@.service"})


class Manifest(unittest.TestCase):
    def setUp(self):
        if yaml is None:
            self.skipTest("no yaml for Python")
        self.job = yaml.safe_load(read("deploy", "mpijob.yaml"))

    def test_it_is_an_mpijob(self):
        self.assertEqual((self.job["apiVersion"], self.job["kind"]), ("kubeflow.org/v2beta1", "MPIJob"))
        self.assertEqual(self.job["spec"]["slotsPerWorker"], 1)
        self.assertEqual(set(self.job["spec"]["mpiReplicaSpecs"]), {"Launcher", "Worker"})

    def test_all_pods_share_the_request(self):
        for replica in self.job["spec"]["mpiReplicaSpecs"].values():
            pod = replica["template"]["spec"]
            self.assertEqual(pod["volumes"], [{"name": "request", "persistentVolumeClaim": {"claimName": "partita-request"}}])
            (container,) = pod["containers"]
            self.assertEqual(container["volumeMounts"], [{"name": "request", "mountPath": "/request"}])
            self.assertEqual(container["resources"]["requests"], container["resources"]["limits"])

    def test_the_launcher_takes_its_line(self):
        (container,) = self.job["spec"]["mpiReplicaSpecs"]["Launcher"]["template"]["spec"]["containers"]
        self.assertEqual(container["command"], ["partita-run"])
        words = ["true" if word == "partita" else word for word in container["args"]]
        result = subprocess.run(["bash", os.path.join(TOP, "deploy", "partita-run"), "--dry-run", "--mpirun", "true", "--hosts", "a,b", *words],
                                capture_output=True, text=True, check=True)
        self.assertIn("--out /request/proofs", result.stdout)


class Unit(unittest.TestCase):
    def test_a_restart_is_not_tried_where_it_would_change_nothing(self):
        codes = re.search(r"^RestartPreventExitStatus=(.*)$", read("deploy", "partita@.service"), re.MULTILINE).group(1)
        self.assertEqual([int(code) for code in codes.split()], FINAL)
        launcher = re.search(r"^    64 \| 65 \| 73 \| 76\)", read("deploy", "partita-run"), re.MULTILINE)
        self.assertIsNotNone(launcher)  # and 66, of which a resume is told apart

    @unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd-analyze")
    def test_systemd_has_nothing_to_say(self):
        with tempfile.TemporaryDirectory() as room:
            path = os.path.join(room, "partita@.service")
            with open(path, "w", encoding="utf-8") as file:
                file.write(read("deploy", "partita@.service").replace("/usr/local/bin/partita", "/bin/true"))
            result = subprocess.run(["systemd-analyze", "verify", "--man=no", path.replace("@", "@name")], capture_output=True, text=True, check=False)
            self.assertEqual((result.returncode, result.stderr), (0, ""))


class Module(unittest.TestCase):
    @unittest.skipUnless(shutil.which("tclsh"), "no tclsh")
    def test_tcl_reads_it(self):
        stubs = "proc module-whatis {text} {}\nproc conflict {name} {}\nproc prepend-path {name path} {puts \"$name=$path\"}\n"
        result = subprocess.run(["tclsh"], input=stubs + read("deploy", "partita.modulefile"), capture_output=True, text=True, check=True)
        self.assertEqual(result.stderr, "")
        self.assertIn("PATH=/opt/partita/bin\n", result.stdout)

    def test_it_begins_as_a_modulefile_does(self):
        self.assertTrue(read("deploy", "partita.modulefile").startswith("#%Module1.0\n"))


if __name__ == "__main__":
    unittest.main()
