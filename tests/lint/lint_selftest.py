# SPDX-License-Identifier: Apache-2.0
"""Each rule of the lints is shown to fail on a planted breach, and to pass without it."""
import os
import shutil
import subprocess
import tempfile
import unittest

import lint_layers
import lint_names

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SKIPPED = 77
SPDX_C = "/* SPDX-License-Identifier: Apache-2.0 */\n"
CLEAN = {
    "kernels/shared/status.h": SPDX_C + "typedef int pt_status;\n",
    "gpu/device.c": SPDX_C + '#include "kernels/shared/status.h"\n#include <CL/cl.h>\nint n = clFlush(q);\n',
    "node/curve.h": SPDX_C + '#include "gpu/device.h"\n/* MPI_Send and getenv("X") in a comment */\n',
    "gpu/device.h": SPDX_C + "enum { WINDOW_BITS };\n",
    "node/topo/pin.c": SPDX_C + "#include <numa.h>\nint n = numa_max_node();\n",
    "mpi/cli.c": SPDX_C + '#include "node/curve.h"\nconst char *s = getenv("MPI_x");\n',
    "mpi/transport_mpi.c": SPDX_C + "#include <mpi.h>\nint n = MPI_Init(0, 0);\n",
    "tests/unit/t_curve.c": SPDX_C + '#include "mpi/transport.h"\nchar *s = getenv("PARTITA_SEED");\n',
    "mpi/transport.h": SPDX_C,
    "README.md": "metadata, datasheet and data are words of prose\n",
    "docs/README.md": "a second file of that name\n",
    "tests/golden/a/proof.json": "{}\n",
    "tests/golden/b/proof.json": "{}\n",
}


class Planted(unittest.TestCase):
    def breaches(self, lint, path=None, text=None):
        with tempfile.TemporaryDirectory() as root:
            tree = dict(CLEAN)
            if path is not None:
                tree[path] = text
            for name, content in tree.items():
                os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
                with open(os.path.join(root, name), "w", encoding="utf-8") as file:
                    file.write(content)
            return list(lint.check(root))

    def finds(self, lint, rule, path, text=SPDX_C):
        found = self.breaches(lint, path, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(f": {rule}: ", found[0])
        self.assertTrue(found[0].startswith(path), found[0])

    def test_a_clean_tree_passes(self):
        self.assertEqual(self.breaches(lint_layers), [])
        self.assertEqual(self.breaches(lint_names), [])

    def test_an_include_does_not_go_up(self):
        for folder, target in (("kernels", "gpu/device.h"), ("gpu", "node/curve.h"), ("node", "mpi/transport.h")):
            self.finds(lint_layers, "include-down", f"{folder}/new.c", SPDX_C + f'#include "{target}"\n')

    def test_a_layer_does_not_include_the_tests(self):
        self.finds(lint_layers, "include-down", "mpi/new.c", SPDX_C + '#include "tests/unit/t_curve.c"\n')

    def test_an_include_is_written_from_the_root(self):
        for target in ("curve.h", "../node/curve.h", "node/../node/curve.h", "node/missing.h"):
            self.finds(lint_layers, "include-from-root", "node/new.c", SPDX_C + f'#include "{target}"\n')

    def test_opencl_stays_in_gpu(self):
        self.finds(lint_layers, "opencl-in-gpu", "node/new.c", SPDX_C + "int n = clFlush(q);\n")
        self.finds(lint_layers, "opencl-in-gpu", "mpi/new.c", SPDX_C + "#include <CL/cl.h>\n")

        self.finds(lint_layers, "opencl-in-gpu", "node/new.c", SPDX_C + "static cl_mem buffer;\n")
        self.finds(lint_layers, "finish-in-queue", "gpu/new.c", SPDX_C + "int n = cl->clFinish(q);\n")

    def test_the_device_that_is_tested_is_opened_in_one_place(self):
        call = SPDX_C + "int n = gpu_device_open(cl);\n"
        self.finds(lint_layers, "test-device", "tests/kernel/t_new.c", call)
        self.assertEqual(self.breaches(lint_layers, "tests/kernel/test_device.h", call), [])

    def test_private_headers_stay_in_their_folder(self):
        self.finds(lint_layers, "private-header", "node/new.c", SPDX_C + '#include "gpu/opencl_calls.h"\n')

    def test_mpi_stays_in_its_transport(self):
        self.finds(lint_layers, "mpi-in-transport", "mpi/worker.c", SPDX_C + "int n = MPI_Barrier(c);\n")
        self.finds(lint_layers, "mpi-in-transport", "node/new.c", SPDX_C + "#include <mpi.h>\n")

    def test_topology_libraries_stay_in_topo(self):
        self.finds(lint_layers, "numa-in-topo", "node/new.c", SPDX_C + "int n = hwloc_topology_init(t);\n")
        self.finds(lint_layers, "numa-in-topo", "mpi/new.c", SPDX_C + "int n = mbind(p);\n")
        self.finds(lint_layers, "numa-in-topo", "node/new.c", SPDX_C + "#include <hwloc.h>\n")
        self.finds(lint_layers, "numa-in-topo", "node/pipeline/new.c", SPDX_C + "int n = syscall(SYS_move_pages, 0);\n")
        self.finds(lint_layers, "numa-in-topo", "node/pipeline/new.c", SPDX_C + "int n = sched_setaffinity(0, 8, m);\n")

    def test_sqlite_stays_in_the_journal(self):
        self.finds(lint_layers, "sqlite-in-journal", "mpi/cmd_new.c", SPDX_C + "int n = sqlite3_step(s);\n")
        self.finds(lint_layers, "sqlite-in-journal", "node/new.c", SPDX_C + "#include <sqlite3.h>\n")

    def test_the_environment_is_read_by_the_command_line_alone(self):
        self.finds(lint_layers, "getenv-in-cli", "mpi/main.c", SPDX_C + 'char *s = getenv("X");\n')
        self.finds(lint_layers, "getenv-in-cli", "node/new.c", SPDX_C + 'char *s = secure_getenv ("X");\n')
        self.finds(lint_layers, "getenv-in-cli", "node/new.c", SPDX_C + 'int n = setenv("X", "", 1);\n')

    def test_no_name_begins_as_mpi_own(self):
        for name in ("mpi_send", "Mpi_send"):
            self.finds(lint_layers, "mpi-prefix", "mpi/transport_mpi.c", SPDX_C + f"int {name};\n")
        self.finds(lint_layers, "mpi-prefix", "tests/new.c", SPDX_C + "int mpi_send;\n")

    def test_no_file_is_called_as_mpi_own_header(self):
        self.finds(lint_layers, "mpi-header", "mpi/mpi.h")

    def test_the_top_level_holds_what_the_design_says(self):
        self.finds(lint_names, "top-level", "notes.txt", "")
        self.assertEqual(len(self.breaches(lint_names, "scripts/notes.txt", "")), 1)

    def test_a_file_name_is_unique(self):
        self.finds(lint_names, "unique-name", "node/topo/device.c")

    def test_a_vague_noun_is_no_name(self):
        self.finds(lint_names, "banned-word", "node/curve_utils.h")
        for name in ("point_data", "dataOf", "PointManager", "MISC_FLAG", "helpers"):
            self.finds(lint_names, "banned-word", "node/new.c", SPDX_C + f"int {name};\n")

    def test_a_word_that_only_holds_a_vague_noun_is_a_name(self):
        self.assertEqual(self.breaches(lint_names, "node/new.c", SPDX_C + "int metadata, sa_handler, database;\n"), [])

    def test_a_source_names_its_licence(self):
        for path in ("node/new.c", "kernels/new.cl", "deploy/new.sh", "tests/new.py", "tests/new.mjs", "gpu/CMakeLists.txt"):
            self.finds(lint_names, "licence-line", path, "\n")

    def test_a_file_has_one_subject(self):
        self.assertEqual(self.breaches(lint_names, "node/new.c", SPDX_C + "\n" * 699), [])
        self.finds(lint_names, "length", "node/new.c", SPDX_C + "\n" * 700)

    def test_no_host_of_packages_is_named(self):
        for host in ("registry" + ".example.org", "DEB" + ".example.org", "files.python" + ".example.io"):
            self.finds(lint_names, "package-host", "docs/new.md", f"see https://{host}/x\n")

    def test_no_path_of_a_machine_is_named(self):
        for path in ("/wo" + "rk/main", "/ro" + "ot/x", "/ho" + "me/me/x", "/tmp/w" + "t/x"):
            self.finds(lint_names, "machine-path", "docs/new.md", f"cd {path}\n")
        self.assertEqual(self.breaches(lint_names, "docs/new.md", "cd $TOP/wo" + "rk/x; ls build/wo" + "rk/x\n"), [])

    def test_the_format_is_that_of_the_tree(self):
        for text, expected in (("int n;\n", 0), ("int   n;\n", 123)):  # 123: xargs's word for a command that failed
            with tempfile.TemporaryDirectory() as root:
                shutil.copy(os.path.join(TOP, ".clang-format"), root)
                os.mkdir(os.path.join(root, "node"))
                with open(os.path.join(root, "node", "new.c"), "w", encoding="utf-8") as file:
                    file.write(text)
                code = subprocess.run(["sh", os.path.join(TOP, "tests", "lint", "lint_format.sh"), root],
                                      capture_output=True, check=False).returncode
                if code == SKIPPED:
                    self.skipTest("no clang-format 14")
                self.assertEqual(code, expected)

    @unittest.skipUnless(shutil.which("shellcheck"), "no shellcheck")
    def test_a_shell_script_is_clean(self):
        for text, expected in (("#!/bin/sh\necho $0\n", 123), ('#!/bin/sh\necho "$0"\n', 0), ("echo $0\n", 0)):
            with tempfile.TemporaryDirectory() as root:
                os.mkdir(os.path.join(root, "deploy"))
                with open(os.path.join(root, "deploy", "start"), "w", encoding="utf-8") as file:
                    file.write(text)
                code = subprocess.run(["sh", os.path.join(TOP, "tests", "lint", "lint_shell.sh"), root],
                                      capture_output=True, check=False).returncode
                self.assertEqual(code, expected, text)


if __name__ == "__main__":
    unittest.main()
