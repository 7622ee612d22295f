# SPDX-License-Identifier: Apache-2.0
"""The tree as the lints see it: its files, and C with comments and strings blanked out."""
import os
import re
import sys

LAYERS = ("kernels", "gpu", "node", "mpi")  # lowest first
C_SUFFIXES = (".c", ".h", ".cl")
NOT_OURS = re.compile(r"build(-.*)?|node_modules|__pycache__|\.git")
COMMENT_OR_STRING = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b[^\n]*", re.MULTILINE)


def files(root):
    """Paths of the tree's files from the root, sorted; build folders and installed packages are not of the tree."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not NOT_OURS.fullmatch(name))
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names if name != ".git"]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def blank(match):
    """The same lines and columns, without the text."""
    return re.sub(r"[^\n]", " ", match.group())


def c_code(text):
    """C without comments, strings and the operands of #include: what names and calls are looked for in."""
    return INCLUDE.sub(blank, COMMENT_OR_STRING.sub(blank, text))


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def main(check):
    """Print what check(root) yields, one breach a line; the exit status says whether there was one."""
    root = sys.argv[1]
    breaches = list(check(root))
    for breach in breaches:
        print(breach)
    print(f"{len(breaches)} breaches in {len(files(root))} files")
    return 1 if breaches else 0
