# SPDX-License-Identifier: Apache-2.0
"""lint_names.py ROOT: names of files and identifiers, lengths, licence lines, and what may not be named in the tree."""
import os
import re
import sys

import lint_tree

TOP_LEVEL = set(lint_tree.LAYERS) | {
    "tests", "deploy", "docs", ".ci", ".clang-format", ".clang-tidy", ".gitignore", "CHANGELOG.md", "CMakeLists.txt",
    "CMakePresets.json", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md",
}
MAY_REPEAT = {"CMakeLists.txt", "README.md", "SECURITY.md", ".gitignore", ".npmrc"}  # SECURITY.md says how, docs/security.md what
FIXTURES = ("tests/golden/",)
BANNED = {"data", "handler", "handlers", "manager", "managers", "util", "utils", "helper", "helpers", "misc"}
NOT_OUR_NAMES = {"sa_handler", "seccomp_data"}  # the system's
N_LINES_MAX = 700  # a file's subject fits in 600; beyond this it is two
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

SPDX = "SPDX-License-Identifier: Apache-2.0"
SOURCE_SUFFIXES = lint_tree.C_SUFFIXES + (".py", ".sh", ".mjs", ".js", ".circom", ".cmake")

# Hosts that serve packages, by the words in their names, so that none stands here either.
HOST = re.compile(r"\b(registry|deb|security|snapshot|ftp|mirrors?|proxy|pypi|crates|npmjs|files)"
                  r"\.([a-z0-9-]+\.)*(org|com|io|net|dev)\b", re.IGNORECASE)
MACHINE_PATH = re.compile(r"(?<![\w.$}*-])/(?:work|farm|root|home|Users|tmp/wt)/")


def banned_in(name):
    return [word for word in WORD.findall(name) if word.lower() in BANNED]


def check_top_level(paths):
    for name in sorted({path.split("/")[0] for path in paths} - TOP_LEVEL):
        yield f"{name}: top-level: only the folders and files of docs/architecture.md stand there"


def check_file_names(paths):
    first = {}
    for path in paths:
        name = os.path.basename(path)
        for word in banned_in(path):
            yield f"{path}: banned-word: {word}"
        if name in MAY_REPEAT or path.startswith(FIXTURES):
            continue
        if name.lower() in first:
            yield f"{path}: unique-name: {first[name.lower()]} has it too"
        first.setdefault(name.lower(), path)


def check_identifiers(path, text):
    code = lint_tree.c_code(text)
    for match in re.finditer(r"\b[A-Za-z_]\w*", code):
        name = match.group()
        for word in [] if name in NOT_OUR_NAMES else banned_in(name):
            yield f"{path}:{lint_tree.line_of(code, match.start())}: banned-word: {word} in {name}"


def is_source(path):
    return path.endswith(SOURCE_SUFFIXES) or os.path.basename(path) == "CMakeLists.txt"


def check_source(path, text):
    if SPDX not in "\n".join(text.split("\n")[:2]):
        yield f"{path}:1: licence-line: {SPDX}"
    n_lines = text.count("\n")
    if n_lines > N_LINES_MAX:
        yield f"{path}: length: {n_lines} lines"


def check_text(path, text):
    for rule, pattern in (("package-host", HOST), ("machine-path", MACHINE_PATH)):
        for match in pattern.finditer(text):
            yield f"{path}:{lint_tree.line_of(text, match.start())}: {rule}: {match.group()}"


def check(root):
    paths = lint_tree.files(root)
    yield from check_top_level(paths)
    yield from check_file_names(paths)
    for path in paths:
        text = lint_tree.read(root, path)
        yield from check_text(path, text)
        if is_source(path):
            yield from check_source(path, text)
        if path.endswith(lint_tree.C_SUFFIXES):
            yield from check_identifiers(path, text)


if __name__ == "__main__":
    sys.exit(lint_tree.main(check))
