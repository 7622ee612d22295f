# SPDX-License-Identifier: Apache-2.0
"""libpartita as whoever installs it meets it: its names, its manual, what is installed, and programs built against that.

SOURCE is the tree, BUILD its build folder, CMAKE and COMPILER the programs that made it. One group: python3 library_test.py Symbols
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE, BUILD = pathlib.Path(os.environ["SOURCE"]), pathlib.Path(os.environ["BUILD"])
CMAKE, COMPILER = os.environ["CMAKE"], os.environ["COMPILER"]
PREIMAGE = SOURCE / "tests" / "golden" / "preimage"
EXAMPLE = SOURCE / "docs" / "examples" / "prove_and_verify.c"
HEADER = (SOURCE / "node" / "partita.h").read_text()
SHARED, STATIC = BUILD / "libpartita.so", BUILD / "libpartita.a"
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Werror")


def run(*args, **kwargs):
    kwargs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **kwargs}
    return subprocess.run([str(a) for a in args], text=True, check=False, timeout=200, stdin=subprocess.DEVNULL, **kwargs)


def output(*args, **kwargs):
    done = run(*args, **kwargs)
    if done.returncode != 0:
        raise AssertionError(f"{args}: exit {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def public_functions():
    return set(re.findall(r"^PARTITA_API [^(;]*?\b(partita_\w+)\(", HEADER, re.MULTILINE))


class Symbols(unittest.TestCase):
    def defined(self, *args):
        return {line.split()[-1] for line in output("nm", "--defined-only", *args).splitlines() if len(line.split()) == 3}

    def test_the_shared_library_has_the_header_s_functions_and_no_others(self):
        self.assertGreater(len(public_functions()), 15)
        self.assertEqual(self.defined("--dynamic", SHARED), public_functions())

    def test_the_archive_has_the_header_s_functions_and_no_others(self):
        self.assertEqual(self.defined("--extern-only", STATIC), public_functions())

    def test_there_is_no_global_state(self):
        """What is writable once the library is loaded is the compiler's."""
        compilers = {"completed.0", "__dso_handle", "__TMC_END__", "__cpu_model", "__cpu_features2"}
        symbols = re.findall(r"\s\.(?:data|bss|tdata|tbss)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$",
                             output("objdump", "--syms", SHARED), re.MULTILINE)
        own = {name for name in symbols if not name.startswith(".")}
        self.assertIn("completed.0", own)  # else the pattern finds nothing
        self.assertEqual(own - compilers, set())

    def test_the_shared_library_says_its_version_and_needs_no_mpi(self):
        dynamic = output("readelf", "--dynamic", SHARED)
        self.assertIn("soname: [libpartita.so.0]", dynamic)
        needed = re.findall(r"Shared library: \[(\w+)", dynamic)
        self.assertLessEqual(set(needed), {"libjansson", "libsodium", "libxxhash", "libhwloc", "libc", "libgcc_s"})


class Manual(unittest.TestCase):
    pages = (SOURCE / "docs" / "man" / "partita.1", SOURCE / "docs" / "man" / "libpartita.3")

    @staticmethod
    def text(page):
        return page.read_text().replace("\\-", "-").replace("\\fR", "").replace("\\fB", "")

    def test_pages_are_set_without_a_warning(self):
        if shutil.which("groff") is None:
            self.skipTest("no groff")
        for page in self.pages:
            done = run("groff", "-man", "-Tutf8", "-ww", "-z", page)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_every_option_and_command_is_in_the_page(self):
        page = self.text(self.pages[0])
        commands = re.findall(r"^  ([a-z]+) +[a-z]", output(BUILD / "partita", "--help").split("Examples:")[0], re.MULTILINE)
        self.assertIn("prove", commands)
        for command in commands:
            self.assertIn(f"\n.B {command}\n", page)
            if command == "help":
                continue
            section = re.search(rf"\n\.SS {command}\n(.*?)(\n\.S[SH]|$)", page, re.DOTALL)
            shared = "".join(re.findall(r"\n\.SS Of [^\n]*\n(.*?)(?=\n\.S[SH])", page, re.DOTALL))
            told = shared + (section.group(1) if section else "")
            options = re.findall(r"--[a-z][a-z0-9-]*", output(BUILD / "partita", command, "--help").split("\nExamples:")[0])
            self.assertIn("--help", options)
            self.assertEqual(set(options) - set(re.findall(r"--[a-z][a-z0-9-]*", told)), set(), command)

    def test_every_exit_code_is_in_the_page(self):
        page = self.text(self.pages[0])
        codes = re.findall(r"(?:PT_E_\w+ = |PT_OK = )(\d+)", (SOURCE / "kernels" / "shared" / "status.h").read_text())
        self.assertGreater(len(codes), 8)
        for code in codes:
            self.assertIn(f"\n.B {code}\n", page)

    def test_every_function_and_status_is_in_the_page(self):
        page = self.text(self.pages[1])
        statuses = set(re.findall(r"\b(PARTITA_(?:E|CHECK)_\w+) = ", HEADER))
        self.assertGreater(len(statuses), 6)
        self.assertGreater(len(public_functions()), 15)
        for name in public_functions() | statuses:
            self.assertRegex(page, rf"\b{name}\b")


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="partita_library_"))
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        output(CMAKE, "--install", BUILD, "--prefix", "/opt/partita", env={**os.environ, "DESTDIR": str(cls.dir)})
        cls.prefix = cls.dir / "opt" / "partita"
        cls.lib = next(cls.prefix.glob("**/libpartita.a")).parent

    def pkg_config(self, *args):
        env = {**os.environ, "PKG_CONFIG_PATH": str(self.lib / "pkgconfig")}
        return output("pkg-config", *args, "partita", env=env).split()

    def proves(self, program):
        """The example, built as program, makes proofs that the installed partita accepts."""
        env = {**os.environ, "LD_LIBRARY_PATH": str(self.lib)}
        for curve in ("bn254", "bls12_381"):
            work = pathlib.Path(tempfile.mkdtemp(dir=self.dir))
            key, witness = PREIMAGE / f"preimage_{curve}.zkey", PREIMAGE / f"preimage_{curve}.wtns"
            output(program, key, witness, cwd=work, env=env)
            output(self.prefix / "bin" / "partita", "verify", PREIMAGE / f"preimage_{curve}_vkey.json", work / "public.json",
                   work / "proof.json")
            self.assertEqual(run(program, key, witness, "no such", cwd=work, env=env).returncode, 1)
            wrong = run(program, key, PREIMAGE / "no.wtns", cwd=work, env=env)
            self.assertEqual(wrong.returncode, 1)
            self.assertIn("no.wtns: No such file", wrong.stderr)

    def test_the_header_is_c99(self):
        (self.dir / "h.c").write_text("#include <partita.h>\n")
        output(COMPILER, "-std=c99", *STRICT, "-fsyntax-only", *self.pkg_config("--cflags"), self.dir / "h.c")

    def test_the_example_is_built_by_pkg_config(self):
        program = self.dir / "by_pkg_config"
        output(COMPILER, "-std=c99", *STRICT, EXAMPLE, *self.pkg_config("--cflags", "--libs"), "-o", program)
        self.assertIn("libpartita.so.0", output("readelf", "--dynamic", program))
        self.proves(program)

    def test_the_example_is_built_with_the_archive(self):
        program = self.dir / "by_archive"
        libraries = ["-l:libpartita.a" if flag == "-lpartita" else flag for flag in self.pkg_config("--static", "--libs")]
        output(COMPILER, "-std=c99", *STRICT, EXAMPLE, *self.pkg_config("--cflags"), *libraries, "-o", program)
        self.assertNotIn("libpartita", output("readelf", "--dynamic", program))
        self.proves(program)

    def test_the_example_is_cxx_too(self):
        if shutil.which("c++") is None:
            self.skipTest("no C++ compiler")
        program = self.dir / "by_cxx"
        output("c++", "-std=c++11", *STRICT, "-x", "c++", EXAMPLE, "-x", "none", *self.pkg_config("--cflags", "--libs"), "-o",
               program)
        self.proves(program)

    def test_cmake_finds_the_package(self):
        (self.dir / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.16)\nproject(user C)\nfind_package(Partita 0.1 REQUIRED COMPONENTS static)\n"
            f"add_executable(shared {EXAMPLE})\ntarget_link_libraries(shared Partita::partita)\n"
            f"add_executable(static {EXAMPLE})\ntarget_link_libraries(static Partita::partita_static)\n")
        work = self.dir / "cmake"
        output(CMAKE, "-S", self.dir, "-B", work, f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_C_COMPILER={COMPILER}")
        output(CMAKE, "--build", work)
        self.proves(work / "shared")
        self.proves(work / "static")

    def test_prover_and_verifier_take_rapidsnark_s_arguments(self):
        bin_dir = self.prefix / "bin"
        prover, verifier = bin_dir / "prover", bin_dir / "verifier"
        for program in (prover, verifier):
            self.assertEqual(os.readlink(program), "partita")
        key, witness, vkey = (PREIMAGE / f"preimage_bn254{end}" for end in (".zkey", ".wtns", "_vkey.json"))
        proof, public = self.dir / "p.json", self.dir / "i.json"
        output(prover, key, witness, proof, public)
        self.assertIn("OK", output(verifier, vkey, public, proof))
        public.write_text('["1"]')
        self.assertEqual(run(verifier, vkey, public, proof).returncode, 76)
        self.assertEqual(run(prover, key, self.dir / "no.wtns", proof, public).returncode, 66)
        usage = run(prover, key, witness)
        self.assertEqual(usage.returncode, 64)
        self.assertIn("see prover --help", usage.stderr)
        # A name that only ends so is no such name.
        other = self.dir / "myprover"
        other.symlink_to(bin_dir / "partita")
        self.assertIn("unknown command", run(other, key, witness, proof, public).stderr)

    def test_manual_pages_are_installed(self):
        man = self.prefix / "share" / "man"
        for page in ("man1/partita.1", "man1/prover.1", "man1/verifier.1", "man3/libpartita.3"):
            self.assertTrue((man / page).is_file(), page)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[1:]])
