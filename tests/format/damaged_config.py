# SPDX-License-Identifier: Apache-2.0
"""Damaged configuration files, made from a good one."""
from container import Case


def config_cases(raw):
    lines = raw.split(b"\n")
    keys = [line.split()[0] for line in lines if b" = " in line and not line.startswith((b"#", b";"))]
    for key in keys:
        for i, value in enumerate((b"", b"x", b"-1", b"0", b"1.5", b"auto off", b"on=", b"1" * 100, b"18446744073709551616", b"\xff", b"\x1b[31m")):
            yield Case("configuration: value", f"{key.decode()}-{i}", b"[partita]\n" + key + b" = " + value + b"\n")
        yield Case("configuration: given twice", key.decode(), raw + b"\n" + key + b" = auto\n")
        yield Case("configuration: no value", key.decode(), b"[partita]\n" + key + b"\n")
        yield Case("configuration: unknown key", key.decode(), b"[partita]\n" + key[:-1] + b" = auto\n")
    for i, heading in enumerate((b"[]", b"[prvoe]", b"[partita", b"[Partita]", b"[partita]]", b"[partita] x = 1", b"[" + b"p" * 100 + b"]",
                                 b"[\xff]", b"partita]", b"[[partita]]", b"[partita;]", b"[../bench]")):
        yield Case("configuration: heading", str(i), heading + b"\n")
    yield Case("configuration: no section", "threads", b"threads = 2\n")
    yield Case("configuration: another command's", "workers", b"[verify]\nworkers = 2\n")
    for n in (199, 200, 201, 4096, 60000):
        yield Case("configuration: long line", f"blanks-{n}", b"[partita]\n" + b" " * n + b"threads = 2\n")
        yield Case("configuration: long line", f"comment-{n}", b"[partita]\n#" + b"-" * n + b"\nthreads = 2\n")
    for name, bad in (("nul", b"[partita]\nthreads = 2\0\n"), ("nul-first", b"\0"), ("binary", bytes(range(256))), ("json", b'{"threads": 2}\n'),
                      ("utf-16", "[partita]\nthreads = 2\n".encode("utf-16")), ("two-marks", b"\xef\xbb\xbf" * 2 + b"[partita]\nthreads = 2\n")):
        yield Case("configuration: no text", name, bad)
    yield Case("configuration: too large", "comments", raw + b"\n" + b"#\n" * 40000)
    yield Case("configuration: too large", "9-MiB", b"\n" * (9 << 20))
