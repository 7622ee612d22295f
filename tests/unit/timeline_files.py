# SPDX-License-Identifier: Apache-2.0
"""timeline_files.py SAMPLE: what timeline_sample writes is what it says that it recorded, by Python's own JSON and XML readers."""
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict

NO_PARTITION, NO_DOMAIN = 2**32 - 1, 2**16 - 1
NAMES = {0: "plain", 1: "<&>\"'", 2: "back\\slash", 3: "tab\tnew\nline", 4: "\u00e9 \U0001f3b5", 5: "??? bad"}
STAGES = ["key", "witness", "synthesis", "quotient", "msm h", "msm g1", "msm g2", "assemble", "verify", "write"]
SVG = "{http://www.w3.org/2000/svg}"
WIDTH, LEFT, PLOT = 1200, 150, 1026


def read_spans(text):
    kinds = (str, int, int, int, int, float, float, float, int)
    keys = ("stage", "partition", "row", "domain", "rank", "start", "end", "cpu", "bytes")
    return [dict(zip(keys, (kind(cell) for kind, cell in zip(kinds, line.split("\t"))))) for line in text.splitlines()]


def check(holds, *what):
    if not holds:
        raise AssertionError(" ".join(str(part) for part in what))


def near(a, b, tolerance):
    return abs(a - b) <= tolerance


def partition_name(number):
    return "whole run" if number == NO_PARTITION else NAMES.get(number, f"partition {number}")


# ---- the trace ----

def nanoseconds(microseconds):
    """Whole, from a decimal that json kept as text."""
    check(re.fullmatch(r"\d+\.\d{3}", microseconds), "a time with three decimals", microseconds)
    return int(microseconds.replace(".", ""))


def check_spans(spans, events):
    check(len(spans) == len(events), len(spans), "spans but", len(events), "events")
    for span, event in zip(spans, events):
        start, end = round(span["start"] * 1e9), round(span["end"] * 1e9)
        own, args = nanoseconds(event["ts"]), event["args"]
        check(event["name"] == span["stage"], event, span)
        check(near(own, start, 1) and near(own + nanoseconds(event["dur"]), end, 1), event, span)
        check(event["pid"] == span["rank"] and int(args["bytes"]) == span["bytes"], event, span)
        check(near(float(args["cpu_ms"]), span["cpu"] * 1e3, 1e-6), event, span)
        check(args.get("l3_domain", NO_DOMAIN) == span["domain"], event, span)
        check(args.get("partition", NO_PARTITION) == span["partition"], event, span)
        if span["partition"] != NO_PARTITION:
            check(args["partition_name"] == partition_name(span["partition"]), event)


def check_threads(spans, events, meta):
    """Every thread has one name, that of its row, and its events do not overlap."""
    names = defaultdict(list)
    for event in meta:
        if event["name"] == "thread_name":
            names[event["pid"], event["tid"]].append(event["args"]["name"])
    for thread, own in names.items():
        check(len(own) == 1, thread, "has names", own)
    last = {}
    for span, event in zip(spans, events):
        thread = event["pid"], event["tid"]
        check(names[thread][0].split(",")[0] == f"driver {span['row']}", names[thread], span)
        check(nanoseconds(event["ts"]) >= last.get(thread, 0), "overlap on", thread, event)
        last[thread] = nanoseconds(event["ts"]) + nanoseconds(event["dur"])
    check(set(last) == set(names), "names without events")
    check(len([e for e in meta if e["name"] == "process_name"]) == len({e["pid"] for e in events}), "process names")


def check_partitions(spans, edges):
    open_at = {}
    for event in edges:
        own = [span for span in spans if span["partition"] == event["id"]]
        at = nanoseconds(event["ts"])
        check(event["name"] == partition_name(event["id"]) and event["cat"] == "partition", event)
        if event["ph"] == "b":
            check(event["id"] not in open_at, "begun twice", event)
            check(near(at, min(span["start"] for span in own) * 1e9, 1), event)
            open_at[event["id"]] = at
        else:
            check(open_at[event["id"]] <= at and near(at, max(span["end"] for span in own) * 1e9, 1), event)
    n = len({span["partition"] for span in spans} - {NO_PARTITION})
    check(Counter(event["ph"] for event in edges) == Counter({"b": n, "e": n}), "partitions", n, len(edges))


def check_ranks(told, n_ranks):
    """Those of the sample, and one whose timeline did not come."""
    for number, rank in enumerate(told[:-1]):
        check(rank == {"rank": number, "host": "node <&>", "threads": number + 1, "lost_spans": 0,
                       "clock_error_us": f"{number * 100}.000", "recorded": True}, rank)
    check(told[-1] == {"rank": n_ranks, "host": "gone", "recorded": False} and len(told) == n_ranks + 1, told)


def check_trace(path, spans, n_rows, n_ranks):
    with open(path, encoding="utf-8") as file:
        trace = json.load(file, parse_float=str)  # times stay exact
    phases = defaultdict(list)
    for event in trace["traceEvents"]:
        phases["edge" if event["ph"] in "be" else event["ph"]].append(event)
    check(set(phases) <= {"X", "M", "edge"}, "phases", set(phases))
    n_partitions = len({span["partition"] for span in spans} - {NO_PARTITION})
    if n_ranks:
        check_ranks(trace["otherData"].pop("ranks"), n_ranks)
    processes = {e["pid"]: e["args"]["name"] for e in phases["M"] if e["name"] == "process_name"}
    check(processes == {r: f"partita, rank {r}" + " on node <&>" * (n_ranks > 0) for r in range(max(n_ranks, 1))}, processes)
    check(trace["otherData"] == {"circuit": 'circuit <"&?>.zkey', "threads": n_rows, "partitions": n_partitions,
                                 "lost_spans": 0}, trace["otherData"])
    check_spans(spans, phases["X"])
    check_threads(spans, phases["X"], phases["M"])
    check_partitions(spans, phases["edge"])


# ---- the picture ----

def box(element):
    return tuple(float(element.get(key)) for key in ("x", "y", "width", "height"))


def by_class(root, name):
    return [element for element in root.iter(SVG + "rect") if element.get("class") == name]


def gaps(spans, start, end, shortest):
    """Times between start and end in which nothing runs, by adding up edges."""
    edges = sorted([(s["start"], 1) for s in spans if s["end"] > s["start"]] + [(s["end"], -1) for s in spans if s["end"] > s["start"]],
                   key=lambda edge: (edge[0], -edge[1]))
    running, since, found = 0, start, []
    for at, step in edges:
        if running == 0 and since is not None and at > since and at - since >= shortest and start <= since and at <= end:
            found.append((since, at))
        running += step
        since = at if running == 0 else None
    return found


def check_inside(root, height):
    for element in root.iter(SVG + "rect"):
        if element.get("class") is None:
            continue  # of the clip path
        x, y, width, tall = box(element)
        check(width >= 0 and tall > 0, "a rectangle of no size", element.attrib)
        check(x >= 0 and y >= 0 and x + width <= WIDTH + 0.01 and y + tall <= height + 0.01, "outside", element.attrib)


def check_bars(root, spans):
    """Each span twice, once a panel, in place and in proportion."""
    start, end = 0, max(s["end"] for s in spans)  # the axis begins at 0: little is before the first span
    scale = PLOT / (end - start)
    for number, stage in enumerate(STAGES):
        own = [s for s in spans if s["stage"] == stage]
        bars = [bar for bar in by_class(root, f"s{number}") if bar.find(SVG + "title") is not None]
        check(len(bars) == 2 * len(own), stage, len(own), "spans", len(bars), "bars")
        for panel in (bars[:len(own)], bars[len(own):]):
            for span, bar in zip(own, panel):
                x, _, width, _ = box(bar)
                check(near(x, LEFT + (span["start"] - start) * scale, 0.01), "start of", span, bar.attrib)
                check(near(width, (span["end"] - span["start"]) * scale, 0.01), "width of", span, bar.attrib)
                title = bar.find(SVG + "title").text
                name = re.sub("[\t\n]", "?", partition_name(span["partition"]))
                check(title.startswith(f"{stage}, {name}\n"), title, span)


def check_rows(root, spans):
    """Bars of one class lie at one height only if they are of one row or partition: no two of a panel cover each other."""
    bars = [bar for number in range(len(STAGES)) for bar in by_class(root, f"s{number}") if bar.find(SVG + "title") is not None]
    boxes = sorted((round(y, 3), x, width, height) for x, y, width, height in map(box, bars))
    check(len(boxes) == 2 * len(spans), "bars", len(boxes))
    for (y, x, width, height), (next_y, next_x, _, _) in zip(boxes, boxes[1:]):
        check(y != next_y or x + width <= next_x + 0.003, "bars cover each other at", x, y)
        check(y == next_y or y + height <= next_y + 0.003, "rows cover each other at", y, next_y)


def check_idle(root, spans):
    own = [s for s in spans if s["partition"] != NO_PARTITION]
    found = gaps(spans, min(s["start"] for s in own), max(s["end"] for s in own), 1e-3)
    check(found, "the sample has no gap")
    start, end = 0, max(s["end"] for s in spans)  # the axis begins at 0: little is before the first span
    bands = [band for band in by_class(root, "idle") if band.find(SVG + "title") is not None]
    check(len(bands) == 2 * len(found), len(found), "gaps", len(bands), "bands")
    for gap, band in zip(found * 2, bands):
        check(near(box(band)[2], (gap[1] - gap[0]) / (end - start) * PLOT, 0.01), gap, band.attrib)
    seconds = sum(b - a for a, b in found)
    amount = f"{seconds:.3f} s" if seconds >= 1 else f"{seconds * 1e3:.2f} ms"
    plural = "" if len(found) == 1 else "s"
    return f"no stage ran in {len(found)} gap{plural}, {amount} in all."


def check_words(root, spans, n_rows, idle):
    words = ["".join(text.itertext()) for text in root.iter(SVG + "text")]
    own = [s for s in spans if s["partition"] != NO_PARTITION]
    n = len({s["partition"] for s in own})
    seconds = max(s["end"] for s in own) - min(s["start"] for s in own)
    check(words[0] == 'circuit <"&?>.zkey', words[0])
    check(words[1].startswith(f"{n} partition{'' if n == 1 else 's'} in ") and f": {n / seconds:.3f} proofs/s, " in words[1], words[1])
    check(f"{n_rows} thread" in words[1] and words[1].endswith(idle), words[1], idle)
    all_seconds = sum(s["end"] - s["start"] for s in spans)
    for stage in {s["stage"] for s in spans}:
        share = 100 * sum(s["end"] - s["start"] for s in spans if s["stage"] == stage) / all_seconds
        check(any(near(float(m.group(1)), share, 0.051) for m in (re.fullmatch(rf"{stage} (\d+\.\d) %", w) for w in words) if m),
              "legend of", stage, share)
    ticks = [text for text in root.iter(SVG + "text") if text.get("class") == "tick"]
    check(8 <= len(ticks) <= 24, len(ticks), "ticks")
    steps = {round(float(b.get("x")) - float(a.get("x")), 1) for a, b in zip(ticks, ticks[1:]) if a.get("y") == b.get("y")}
    check(max(steps) - min(steps) < 0.2, "ticks at uneven distances", steps)


def check_use(root, spans, n_rows):
    """The area of the highest line is the processor time of all spans."""
    start, end = 0, max(s["end"] for s in spans)  # the axis begins at 0: little is before the first span
    paths = [p for p in root.iter(SVG + "path") if p.get("d", "").endswith("Z")]
    steps = re.findall(r"V([\d.]+)H(\d+)", paths[0].get("d"))
    x, bottom = (float(part) for part in re.match(r"M(\d+) ([\d.]+)", paths[0].get("d")).groups())
    area = 0
    for y, right in steps:
        area += (bottom - float(y)) * (float(right) - x)
        x = float(right)
    limit = next(line for line in root.iter(SVG + "line") if line.get("class") == "limit")
    threads = area / (bottom - float(limit.get("y1"))) * n_rows
    check(near(threads * (end - start) / PLOT, sum(s["cpu"] for s in spans), 0.02 * sum(s["cpu"] for s in spans)), "area", threads)


def check_wide(path, n_partitions):
    """Of very many partitions the first are drawn."""
    root = ElementTree.parse(path).getroot()
    height = float(root.get("height"))
    check(height < 4000, "height", height)
    check_inside(root, height)
    headings = [text.text for text in root.iter(SVG + "text") if text.get("class") == "heading"]
    check(headings[2] == f"partitions: the first 1000 of {n_partitions + 1}", headings)
    writes = [bar for bar in by_class(root, f"s{STAGES.index('write')}") if bar.find(SVG + "title") is not None]
    check(len(writes) == n_partitions + 999, len(writes), "bars")  # the first is the key's


def check_rank_names(root, spans, n_ranks):
    """A name beside each rank's bars, and blocks that have a gap between them."""
    names = [text for text in root.iter(SVG + "text") if text.get("class") == "rank"]
    check([name.text for name in names] == [f"rank {r}" for r in range(n_ranks)], [name.text for name in names])
    line = next(t.text for t in root.iter(SVG + "text") if "clocks" in (t.text or ""))
    most = f"{(n_ranks - 1) * 100:.1f} us" if n_ranks < 11 else f"{(n_ranks - 1) / 10:.2f} ms"
    check(line == f"{n_ranks + 1} ranks, their clocks aligned to within {most}. No timeline came of rank {n_ranks}.", line)
    blocks = [box(b) for b in by_class(root, "back")][1:1 + n_ranks]  # behind the threads at work
    for (_, y, _, height), (_, below, _, _) in zip(blocks, blocks[1:]):
        check(near(below - y - height, 6, 0.01), "blocks of ranks at", y, below)
    for bar in (bar for number in range(len(STAGES)) for bar in by_class(root, f"s{number}")):
        title = bar.find(SVG + "title")
        rank = re.search(r" of rank (\d+)", title.text) if title is not None else None
        check(title is None or rank, "a bar without its rank", title)
        if title is not None and box(bar)[1] < blocks[-1][1] + blocks[-1][3]:
            _, y, _, height = blocks[int(rank.group(1))]
            check(y <= box(bar)[1] and box(bar)[1] + box(bar)[3] <= y + height, "a bar outside of its rank", title.text)
    check({s["rank"] for s in spans} == set(range(n_ranks)), "ranks")


def check_picture(path, spans, n_rows, n_ranks):
    root = ElementTree.parse(path).getroot()
    check(root.tag == SVG + "svg", root.tag)
    check(not list(root.iter(SVG + "script")), "a script")
    height = float(root.get("height"))
    check(root.get("viewBox") == f"0 0 {WIDTH} {root.get('height')}" and height < 3000, root.attrib)
    check_inside(root, height)
    check_bars(root, spans)
    check_rows(root, spans)
    check_words(root, spans, n_rows, check_idle(root, spans))
    check_use(root, spans, n_rows)
    if n_ranks:
        check_rank_names(root, spans, n_ranks)


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))


def check_full_disk(sample, folder):
    """A write that fails leaves what was there, and nothing else."""
    before = {name: open(os.path.join(folder, name), "rb").read() for name in os.listdir(folder)}
    quiet_gcov = {**os.environ, "GCOV_ERROR_FILE": os.devnull}  # whose own files can't be written either
    for name in before:
        run = subprocess.run([sample, "20", "2", "1", os.path.join(folder, name)], capture_output=True, text=True, check=False,
                             env=quiet_gcov, preexec_fn=limit_files, restore_signals=False)  # SIGXFSZ stays ignored: the write fails
        check(run.returncode == 74 and run.stderr.count("\n") == 1 and name in run.stderr, run.returncode, run.stderr)
    check({name: open(os.path.join(folder, name), "rb").read() for name in os.listdir(folder)} == before, "files changed")


def main():
    sample = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        trace, picture = os.path.join(folder, "run.json"), os.path.join(folder, "run.svg")
        for n_partitions, n_rows, n_ranks, seed in ((20, 2, 0, 1), (9, 1, 0, 2), (60, 7, 0, 3), (500, 16, 0, 4), (60, 7, 3, 6), (99, 16, 16, 7)):
            command = [sample, str(n_partitions), f"{n_rows}:{n_ranks}" if n_ranks else str(n_rows), str(seed), trace, picture]
            spans = read_spans(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            check(len(spans) == n_partitions * (len(STAGES) - 1) + 1, len(spans), "spans")
            check_trace(trace, spans, n_rows, n_ranks)
            check_picture(picture, spans, n_rows, n_ranks)
            check(sorted(os.listdir(folder)) == ["run.json", "run.svg"], os.listdir(folder))
            check_full_disk(sample, folder)
            print(f"{n_partitions} partitions, {n_rows} rows, {n_ranks} ranks: {len(spans)} spans in trace and picture")
        subprocess.run([sample, "1100", "16", "5", picture], check=True, capture_output=True)
        check_wide(picture, 1100)


if __name__ == "__main__":
    main()
