#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle perf record --exact: the kernel's functions were executed as often as the kernel's own counters say."""

import json
import pathlib
import sys
import xml.etree.ElementTree

import hubbed
import perf
import talk

from vesicle.perf import exact

# All HVCs and SMCs come by here, in whatever table of vectors, and nothing else does.
CALL = "_quick_call"
CALLS = ("HVC", "SMC", "constant call")  # as counters call them


def functions(path):
    """What was counted, by function."""
    return {row["function"]: row for row in json.loads(path.read_text(encoding="utf-8"))["functions"]}


def entries(found, end):
    """How often the functions with names that end so were entered."""
    return sum(row["entries"] for name, row in found.items() if name.endswith(end))


def count(steps, line, *words):
    """A stretch in which the guest does something."""
    process = perf.perf(steps, "record", "--exact", *words)
    yield "outside", rb"counting"
    steps.type("bare", line + "\n")
    yield "bare", perf.OVER
    process.stop()
    yield "outside", rb"instructions +share +entries +function\n(?s:.*) all\n(?s:.*)status 0"


def profile(steps):
    """HVCs of a known number, while the kernel counts them too, and while it does not."""
    yield from perf.ready(steps)
    folder = pathlib.Path(steps.system.folder)
    file, svg, counters = folder / "exact.json", folder / "exact.svg", folder / "stat.json"
    yield from count(steps, f"storm hvc {perf.HVCS}", "-o", str(file), "--flame", str(svg))
    found = functions(file)
    print(found)
    if entries(found, CALL) == perf.HVCS:
        steps.case("known_number")
    # Straight-line code until it is known that the VMM has to be asked: the same for each.
    executed = sum(row["instructions"] for name, row in found.items() if name.endswith(CALL))
    if executed and executed % perf.HVCS == 0:
        steps.case("the_same_each_time")
    titles = [title.text for title in xml.etree.ElementTree.parse(svg).iter("{http://www.w3.org/2000/svg}title")]
    total = sum(row["instructions"] for row in found.values())
    if any(title.startswith(f"all: {total:,} instructions") for title in titles):
        steps.case("flame")
    stat = perf.perf(steps, "stat", "--json", str(counters))
    yield "outside", rb"measuring"
    yield from count(steps, f"storm hvc {perf.HVCS}", "-o", str(file))
    steps.consoles["outside"] = stat
    stat.stop()
    yield "outside", rb"status 0"
    found, data = functions(file), json.loads(counters.read_text(encoding="utf-8"))
    counted = sum(row["count"] for guest in data["guests"].values() for row in guest["counters"] if row["reason"] in CALLS)
    print(counted, {name: row for name, row in found.items() if name.startswith("vectors_")})
    if entries(found, CALL) == counted == perf.HVCS and any("_traced" in name for name in found):
        steps.case("agrees_with_the_counters")
    perf.perf(steps, "record", "--exact", "-p", "bare", "--", "1")
    yield "outside", rb"no -p(?s:.*)status 2"
    steps.case("of_nobody_in_particular")
    perf.perf(steps, "record", "--exact", "--", "0.5")
    yield "outside", rb"for 0.5 s(?s:.*) all\n(?s:.*)status 0"
    steps.case("so_long")
    steps.type("shell", "exit 0\n")


SCRIPTS = {"profile": (profile, ["known_number", "the_same_each_time", "flame", "agrees_with_the_counters", "of_nobody_in_particular", "so_long"])}


def cases(args, folder):
    """All scripts."""
    talk.Talk.cores = args.smp
    args.extra = exact.options(args.kernel, args.smp)
    return talk.cases(args, folder, perf.CONSOLES, SCRIPTS)


if __name__ == "__main__":
    sys.exit(hubbed.report(__doc__, "exact", cases))
