# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle bench exits: what each kind of exit costs in the whole system, with the real VMM.

The guest (guests/bench) makes each of them many times, between marks. In one run the plugin tools/plugins/meter.c counts what kernel,
VMM, other programs and guest execute from mark to mark: the same numbers each time. In another one, without counting, the guest says
how long they took; what is told of that is the ratio to an exit that the kernel ends at once, of the same run.
"""

import json
import re
import statistics
import subprocess
import tempfile
from pathlib import Path

from . import build, exits_picture, qemu
from .ui import Failure, say

TIMEOUT = 120
SYSTEMS = {"one": 1, "pair": 1, "cross": 2, "counted": 1}  # cores
UNIT = "hvc_const"  # the time of which all others are told in
PREFIX = {"one": "", "pair": "two.", "cross": "cross.", "counted": "counted."}
UNTIMED = ("counted",)
TOUCH = "page_in"  # of which the load itself is no cost
COMPARED = ("kvm", "xen", "sel4")
ROW = re.compile(r"^ROW (?P<name>\S+) warm-up (?P<warm>\d+) times (?P<times>\d+) marks (?P<marks>\d+) from (?P<begin>\d+)"
                 r" to (?P<end>\d+) (?P<kind>\w+) ticks (?P<ticks>\d+)\s*$", re.MULTILINE)
EVENT = re.compile(r"^(mark|idle) ns=\d+(.*)$", re.MULTILINE)


class Row:
    """What the guest says of a row."""

    def __init__(self, match):
        self.name = match["name"]
        self.warm, self.times, self.marks = int(match["warm"]), int(match["times"]), int(match["marks"])
        self.begin, self.end = int(match["begin"]), int(match["end"])
        self.from_idle = match["kind"] == "idle"
        self.ticks = int(match["ticks"])


def _boot(target, name, cpu, report=None):
    """One run; the rows that the guest printed. With a report the plugin counts into it."""
    kernel = build.require(target / "kernel" / "kernel.img", "the kernel")
    archive = build.require(target / "systems" / f"benchexits-{name}.cpio", "the benchmark's system")
    extra = []
    if report is not None:
        meter = build.require(target / "host-tools" / "tools" / "plugins" / "libmeter.so", "the meter")
        programs = (target / "systems" / f"benchexits-{name}.programs").read_text(encoding="utf-8").split()
        words = [str(meter), f"report={report}", "count=on", "exact=on", "before=vmm"]
        extra = ["-plugin", ",".join(words + [word for word in programs if not word.startswith("guests/")])]
    command = qemu.command(kernel, archive, cpu, smp=SYSTEMS[name], icount=report is not None, extra=extra)
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failure("the benchmark did not end; it printed:\n" + (error.stdout or b"").decode(errors="replace")) from None
    output = done.stdout.decode(errors="replace").replace("\r", "")
    if "ROWS-END" not in output:
        raise Failure("the benchmark did not reach its end; it printed:\n" + output + done.stderr.decode(errors="replace"))
    return [Row(match) for match in ROW.finditer(output)]


def _events(report):
    """Marks in their order: what each program had executed then, and when the last core had gone to sleep before."""
    marks, idle = [], None
    for what, rest in EVENT.findall(report.read_text(encoding="utf-8")):
        executed = {key: int(value) for key, value in (word.split("=") for word in rest.split())}
        if what == "idle":
            idle = executed
        else:
            marks.append((executed, idle))
            idle = None
    return marks


def _between(since, until):
    """Instructions by program; the mark itself is none of them."""
    parts = {name: until[name] - since[name] for name in until if until[name] != since[name]}
    parts["guest"] = parts.get("guest", 0) - 1
    return parts


def _cost(row, since, until):
    parts = _between(since, until)
    if row.name == TOUCH:
        parts["guest"] -= 1
    return {name: number for name, number in parts.items() if number}


def _samples(row, marks):
    """Instructions by program, of each time but the first ones."""
    samples = []
    for i in range(row.warm, row.warm + row.times):
        mine = marks[i * row.marks:(i + 1) * row.marks]
        since, until = mine[row.begin][0], mine[row.end][0]
        if row.from_idle:
            since = mine[row.end][1]
            if since is None:
                continue  # somebody else ran when its time came
        samples.append(_cost(row, since, until))
    return samples


def _summary(samples):
    """The distribution, and who executed how much in a typical one."""
    totals = [sum(sample.values()) for sample in samples]
    typical = statistics.median_low(totals)
    parts = next(sample for sample, total in zip(samples, totals) if total == typical)
    ordered = sorted(totals)
    return {"insns": typical, "min": ordered[0], "p99": ordered[len(ordered) * 99 // 100], "max": ordered[-1],
            "parts": parts, "samples": totals}


def count(target, name, cpu, results):
    """Adds the rows of a system to the results, by their names."""
    say(f"counting instructions, {name}")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        rows = _boot(target, name, cpu, report)
        marks = _events(report)
    expected = sum((row.warm + row.times) * row.marks for row in rows)
    if len(marks) != expected:
        raise Failure(f"{len(marks)} marks, and not {expected}: an interrupt came where none should")
    for row in rows:
        count = (row.warm + row.times) * row.marks
        samples = _samples(row, marks[:count])
        marks = marks[count:]
        if row.name != "nothing" and samples:
            results[PREFIX[name] + row.name] = {"name": PREFIX[name] + row.name, **_summary(samples)}


def _time(target, name, cpu, results):
    say(f"measuring time, {name}")
    rows = {row.name: row.ticks / row.times for row in _boot(target, name, cpu)}
    look = rows.get("nothing", 0)
    for row, ticks in rows.items():
        if PREFIX[name] + row in results:
            results[PREFIX[name] + row]["ticks"] = ticks - look
    return rows


def measure(args, target):
    """All rows, as dictionaries in the order in which they were measured."""
    results = {}
    for name in SYSTEMS:
        count(target, name, args.cpu, results)
    if not args.counted:
        for name in (name for name in SYSTEMS if name not in UNTIMED):
            _time(target, name, args.cpu, results)
        unit = results[UNIT]["ticks"]
        for row in results.values():
            if "ticks" in row:
                row["ratio"] = round(row.pop("ticks") / unit, 1)
    return list(results.values())


def _cells(row, reference, before):
    limit = reference.get("limit")
    over = limit is not None and row["insns"] > limit
    cells = [row["name"], *(reference.get(name, "-") for name in COMPARED), "-" if limit is None else str(limit),
             str(row["insns"]), str(row["min"]), str(row["p99"]), str(row["max"]), str(row.get("ratio", "-"))]
    if before is not None:
        cells.append(f"{row['insns'] / before['insns']:.2f}" if before.get("insns") else "-")
    parts = ", ".join(f"{name} {number}" for name, number in row["parts"].items())
    return cells + [parts + ("   above the limit" if over else "")], over


def _saved(path):
    try:
        with open(path, encoding="utf-8") as file:
            return {row["name"]: row for row in json.load(file)["results"]}
    except (OSError, ValueError, KeyError) as error:
        raise Failure(f"cannot read {path}: {error}") from None


def table(args, references, results):
    """Prints the table; the names of rows that are missing, and of rows above their limit."""
    saved = _saved(args.against) if args.against else None
    head = ["row", "KVM", "Xen", "seL4", "limit", "ours", "min", "p99", "max", "time"]
    lines, above = [head + (["against"] if saved is not None else []) + ["of which"]], []
    for row in results:
        cells, over = _cells(row, references.get(row["name"], {}),
                             None if saved is None else saved.get(row["name"], {}))
        lines.append(cells)
        above += [row["name"]] if over else []
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]) - 1)]
    for line in lines:
        print("  ".join([line[0].ljust(widths[0])] + [line[i].rjust(widths[i]) for i in range(1, len(widths))]
                        + [line[-1]]))
    found = {row["name"] for row in results}
    return [name for name in references if name not in found], above


def picture(path, references, results):
    """An SVG of the distributions."""
    try:
        Path(path).write_text(exits_picture.draw(results, references), encoding="utf-8")
    except OSError as error:
        raise Failure(f"cannot write {path}: {error.strerror}") from None
