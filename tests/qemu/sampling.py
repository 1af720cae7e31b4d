#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle perf record --sample: guests, PDs and the kernel in one profile, read by stock perf and as a flame graph."""

import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

import hubbed
import perf
import talk

from vesicle.perf import stock

# Exits, samples a second: several cores share what the build machine has.
ONE_CORE, SEVERAL = (100000, 5000), (60000, 2000)
GUEST_CODE = pathlib.Path("guests/bare/bare")  # in the build folder
SHARE = re.compile(r"^(.*): ([\d,]+) \w+, ([\d.]+) %$")


def read(*words):
    """Output of Debian's perf."""
    done = subprocess.run(stock.command([str(word) for word in words]), capture_output=True, text=True, check=False, timeout=100)
    return done.stdout


def shares(path):
    """Of a flame graph: percent by frame, boxes of one name together."""
    out = {}
    for title in xml.etree.ElementTree.parse(path).iter("{http://www.w3.org/2000/svg}title"):
        name, _, percent = SHARE.match(title.text).groups()
        out[name] = out.get(name, 0) + float(percent)
    return out


def sample(steps, symbols, *words):
    """A recording while a guest makes exits; the files."""
    storm_size, frequency = SEVERAL if steps.cores > 1 else ONE_CORE
    folder = pathlib.Path(steps.system.folder)
    data, svg = folder / "perf.data", folder / "flame.svg"
    process = perf.perf(steps, "record", "--sample", str(frequency), "-o", str(data), "--flame", str(svg), "--symbols", f"bare={symbols}@0x40000000", *words)
    yield "outside", rb"sampling"
    steps.type("bare", f"storm hvc {storm_size}\n")
    yield "bare", perf.OVER
    process.stop()
    yield "outside", rb"samples in (?s:.*)status 0"
    return data, svg


def storm(steps):
    """A guest that makes exits without end: guest, kernel and VMM are seen, each with functions."""
    yield from perf.ready(steps)
    symbols = Talk.build / GUEST_CODE
    data, svg = yield from sample(steps, symbols)
    found = shares(svg)
    print(found)
    if found.get("bare/0 kernel", 0) > 1 and found.get("hostile_storm", 0) > 0.5:
        steps.case("guest")
    if found.get("bare.vcpu0", 0) > 1 and found.get("vcpu_kernel_serve", 0) > 0.5:
        steps.case("vmm")
    # Half of the round where instructions make time. Elsewhere QEMU's timer is often later than the kernel is fast: then it is not known.
    if found.get("[kernel] HVC", 0) > 10 if Talk.counted else found.get("[kernel] system call", 0) + found.get("[kernel] HVC", 0) > 0:
        steps.case("kernel")
    report = read("report", "-i", data, "--stdio", "-s", "comm,sym")
    print(report)
    if re.search(r"bare/0\s+\[\.\] hostile_storm", report) and re.search(r"\s\[\.\] \[kernel\] (HVC|system call)", report):
        steps.case("stock_perf")
    data, svg = yield from sample(steps, symbols, "-p", "other")
    if "bare/0 kernel" not in shares(svg):
        steps.case("one_guest")
    perf.perf(steps, "stat", "--", "0.5")  # nobody samples any more
    yield "outside", rb"bare: 2 CPUs(?s:.*)status 0"
    perf.perf(steps, "record", "--sample", "1000000")
    yield "outside", rb"not a number of samples(?s:.*)status 2"
    steps.case("after_it")
    perf.perf(steps, "record", "--exact", "--", "1")
    yield "outside", rb"'./vesicle run --exact'(?s:.*)status 1"
    steps.case("exact_is_for_others")
    steps.type("shell", "exit 0\n")


class Talk:
    """What all scripts know."""

    build, counted = None, False


SCRIPTS = {"storm": (storm, ["guest", "vmm", "kernel", "stock_perf", "one_guest", "after_it", "exact_is_for_others"])}


def cases(args, folder):
    """All scripts."""
    talk.Talk.cores = args.smp
    Talk.build, Talk.counted = pathlib.Path(args.kernel).parents[1], args.icount
    hubbed.sleep_in_real_time(args)
    return talk.cases(args, folder, perf.CONSOLES, SCRIPTS)


if __name__ == "__main__":
    sys.exit(hubbed.report(__doc__, "sampling", cases))
