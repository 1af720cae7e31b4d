# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle bench: costs in instructions and in nanoseconds, as a table and as JSON."""

import json
import re
import subprocess

from . import bench_exits, bench_vm, build, paths, qemu
from .ui import Failure, say

SUITES = ("kernel", "pd", "vm", "exits")
SYSTEMS = {"kernel": "bench", "pd": "benchpd"}
COMPARED = {"kernel": "seL4", "pd": "Linux", "vm": "Xen"}
LINE = re.compile(r"^BENCH (\S+) (?:(insns|ns|value) (-?[0-9.]+)(?: (\S+))?|(none) (.*?))\s*$", re.MULTILINE)
END = re.compile(r"^BENCH-END\s*$", re.MULTILINE)
TIMEOUT = 300
CORES = 2  # of the machine on which what happens between cores is measured


def _boot(what, kernel, archive, cpu, **machine):
    """One run of the machine; returns the (name, kind, number, unit) tuples it printed, a reason where there is no number."""
    say(what)
    command = qemu.command(kernel, archive, cpu, append=qemu.OPEN_PMU, **machine)
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode(errors="replace")
        raise Failure(f"the benchmark did not end within {TIMEOUT} s; it printed:\n{output}") from None
    output = done.stdout.decode(errors="replace").replace("\r", "")
    if not END.search(output):
        raise Failure("the benchmark did not reach its end; it printed:\n" + output
                      + done.stderr.decode(errors="replace"))
    return [(name, kind or none, why or number, unit) for name, kind, number, unit, none, why in LINE.findall(output)]


def _number(text):
    return float(text) if "." in text else int(text)


def _results(counted, timed, several):
    """One dictionary a row, in the order of the first run. What only several cores have takes the place of "none"."""
    rows = {}
    for name, kind, number, unit in counted:
        if kind == "insns":
            rows.setdefault(name, {"name": name, "insns": None, "ns": None})["insns"] = _number(number)
        elif kind == "value":
            rows[name] = {"name": name, "value": _number(number), "unit": unit}
        elif kind == "none":
            rows[name] = {"name": name, "none": number}
    for name, kind, number, _ in timed:
        if kind == "ns" and not {"value", "none"} & rows.get(name, {}).keys():
            rows.setdefault(name, {"name": name, "insns": None, "ns": None})["ns"] = _number(number)
    for name, kind, number, unit in several:
        if "none" not in rows.get(name, {}):
            continue
        if kind == "ns":
            rows[name] = {"name": name, "insns": None, "ns": _number(number)}
        elif kind == "value":
            rows[name] = {"name": name, "value": _number(number), "unit": unit}
    return list(rows.values())


def _cell(number, unit=""):
    return "-" if number is None else f"{number}{' ' + unit if unit else ''}"


def _table(references, results, compared):
    """Prints the table; returns the names of rows that are missing and of rows above their limit."""
    found = {row["name"]: row for row in results}
    names = list(references) + [row["name"] for row in results if row["name"] not in references]
    lines = [("row", compared, "limit", "ours", "ns", "")]
    missing, above = [], []
    for name in names:
        reference = references.get(name, {})
        limit = reference.get("limit")
        row = found.get(name)
        if row is None:
            missing.append(name)
            row = {"insns": None}
        ours = row.get("insns", row.get("value", row.get("none")))
        over = limit is not None and isinstance(ours, (int, float)) and ours > limit
        if over:
            above.append(name)
        lines.append((name, reference.get(compared.lower(), "-"), _cell(limit), _cell(ours, row.get("unit", "")),
                      _cell(row.get("ns")), "above the limit" if over else ""))
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    for line in lines:
        cells = [line[0].ljust(widths[0])] + [line[i].rjust(widths[i]) for i in range(1, 5)]
        print("  ".join(cells + [line[5]]).rstrip())
    return missing, above


def _boots(args, target):
    """Results of a suite that is a system."""
    kernel = build.require(paths.kernel(target), "the kernel")
    archive = build.require(paths.system(target, SYSTEMS[args.suite]), "the benchmark")
    counted = _boot("counting instructions", kernel, archive, args.cpu, icount=True)
    timed = _boot("measuring time", kernel, archive, args.cpu)
    several = (_boot(f"measuring time between {CORES} cores", kernel, archive, args.cpu, smp=CORES)
               if args.suite == "kernel" else [])
    return _results(counted, timed, several)


def run(args):
    """The subcommand."""
    reference_file = paths.BENCH_ROWS / f"{args.suite}.json"
    references = json.loads(reference_file.read_text(encoding="utf-8"))["rows"]
    target = build.target()
    if args.suite == "vm":
        rows, notes = bench_vm.measure(args, target)
        results = [{"name": name, "value": value, "unit": ""} for name, value in rows.items()]
        print("\nA Debian guest on " + args.cpu, *notes, sep="\n  ")
    elif args.suite == "exits":
        results = bench_exits.measure(args, target)
        print(f"\nInstructions of an exit on {args.cpu}; time: over that of {bench_exits.UNIT}, without counting")
    else:
        results = _boots(args, target)
        print(f"\nInstructions (and nanoseconds, without counting) on {args.cpu}")
    if args.suite == "exits":
        missing, above = bench_exits.table(args, references, results)
    else:
        missing, above = _table(references, results, COMPARED[args.suite])
    if args.suite == "exits" and args.svg:
        bench_exits.picture(args.svg, references, results)
    if args.json:
        try:
            with open(args.json, "w", encoding="utf-8") as file:
                json.dump({"suite": args.suite, "results": results}, file, indent=2)
                file.write("\n")
        except OSError as error:
            raise Failure(f"cannot write {args.json}: {error.strerror}") from None
    if missing:
        raise Failure("the benchmark did not report: " + " ".join(missing))
    return 1 if args.check and above else 0
