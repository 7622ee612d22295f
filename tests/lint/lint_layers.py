# SPDX-License-Identifier: Apache-2.0
"""lint_layers.py ROOT: includes go down kernels <- gpu <- node <- mpi, and each library is called in its own place."""
import os
import re
import sys

import lint_tree

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)', re.MULTILINE)

# rule, the names in the code, the system headers, where both may stand. tests/ may use all of it.
PLACES = (
    ("opencl-in-gpu", r"\bcl[A-Z]\w*(?=\s*\()|\bcl_(context|device_id|event|kernel|mem|program|command_queue|u?int|u?long)\b",
     r"CL/.*", r"gpu/.*"),
    ("finish-in-queue", r"\bclFinish\b", None, r"gpu/(queue\.c|opencl_calls\.h)"),
    ("mpi-in-transport", r"\bP?MPI_\w+", r"mpi\.h", r"mpi/(transport_mpi|transport_start|main)\.c"),
    ("numa-in-topo", r"\b(hwloc|numa)_\w+|\bSYS_(mbind|move_pages|\w*mempolicy|sched_setaffinity)\b"
                     r"|\b(mbind|move_pages|set_mempolicy|sched_setaffinity|pthread_setaffinity_np)(?=\s*\()",
     r"hwloc.*|numa(if)?\.h|linux/mempolicy\.h", r"node/topo/.*"),
    ("sqlite-in-journal", r"\bsqlite3_\w+", r"sqlite3(ext)?\.h",
     r"mpi/(cluster/journal(_parts\.h|(_entries|_sql|_tables)?\.c)|build_info\.c)"),
    ("getenv-in-cli", r"\b((secure_)?get|set|put|unset)env(?=\s*\()", None, r"mpi/cli\.c"),
)
PRIVATE = ("gpu/opencl_calls.h", "gpu/device_state.h")  # of their folder
TEST_DEVICE = re.compile(r"\bgpu_device_open(?=\s*\()")  # test_device_of heeds PARTITA_TEST_DEVICE and PARTITA_TEST_PORTABLE
OPENS_DEVICE = ("tests/kernel/test_device.h", "tests/kernel/t_device.c")
MPI_NAME = re.compile(r"\b(?!MPI_)[Mm][Pp][Ii]_\w*")


def layer_of(path):
    folder = path.split("/")[0]
    return lint_tree.LAYERS.index(folder) if folder in lint_tree.LAYERS else None


def check_include(root, path, target):
    """Why an include of the tree's own file may not stand in path, or None."""
    if target in PRIVATE and layer_of(path) not in (None, layer_of(target)):
        return f"private-header: {target} is {target.split('/')[0]}/'s own"
    if not os.path.isfile(os.path.join(root, target)) or target != os.path.normpath(target):
        return f"include-from-root: {target} is no file of the tree, written from its root"
    own, other = layer_of(path), layer_of(target)
    if own is not None and (other is None or other > own):
        return f"include-down: {path.split('/')[0]}/ may not include {target}"
    return None


def check_includes(root, path, text):
    for match in INCLUDE.finditer(text):
        at = f"{path}:{lint_tree.line_of(text, match.start(1) if match.group(1) else match.start(2))}"
        if match.group(1):
            breach = check_include(root, path, match.group(1))
            if breach:
                yield f"{at}: {breach}"
        elif layer_of(path) is not None:
            for rule, _, headers, place in PLACES:
                if headers and re.fullmatch(headers, match.group(2)) and not re.fullmatch(place, path):
                    yield f"{at}: {rule}: <{match.group(2)}> belongs to {place}"


def check_names(path, text):
    code = lint_tree.c_code(text)
    for rule, names, _, place in PLACES:
        if layer_of(path) is not None and not re.fullmatch(place, path):
            for match in re.finditer(names, code):
                yield f"{path}:{lint_tree.line_of(code, match.start())}: {rule}: {match.group()} belongs to {place}"
    if path.startswith("tests/kernel/") and path not in OPENS_DEVICE:
        for match in TEST_DEVICE.finditer(code):
            yield f"{path}:{lint_tree.line_of(code, match.start())}: test-device: test_device_of opens the device that is tested"
    for match in MPI_NAME.finditer(code):
        yield f"{path}:{lint_tree.line_of(code, match.start())}: mpi-prefix: {match.group()}: the standard reserves it"


def check(root):
    for path in lint_tree.files(root):
        if os.path.basename(path).lower() == "mpi.h":
            yield f"{path}: mpi-header: the name is MPI's own"
        if path.endswith(lint_tree.C_SUFFIXES):
            text = lint_tree.read(root, path)
            yield from check_includes(root, path, text)
            yield from check_names(path, text)


if __name__ == "__main__":
    sys.exit(lint_tree.main(check))
