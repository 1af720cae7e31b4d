#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle perf record, --sample of a Debian guest: its kernel's functions have their names, though nobody said where they lie."""

import collections
import pathlib
import re
import subprocess
import sys

import hubbed
import perf
import talk
from talk import PROMPT

from vesicle.perf import stock

CONSOLES = 10
READY = rb"VESICLE-GUEST-READY \S+\r?\n(?s:.*?)# "
FREQUENCY = 2000
WORK = "while :; do ls -lR /proc/sys > /dev/null; done &"
COMPARED = 5


def script(file, fields):
    """What Debian's perf says of each sample."""
    words = ["script", "-i", str(file), "-F", fields]
    return subprocess.run(stock.command(words), capture_output=True, text=True, check=False, timeout=100).stdout


def functions(file):
    """Of the guest's kernel: where each begins, as perf has it, those of most samples first."""
    found = re.findall(r"^\s*debian/0\s+(ffff[0-9a-f]+) (\w+)\+0x([0-9a-f]+)", script(file, "comm,ip,sym,symoff"), re.M)
    return [key for key, _ in collections.Counter((name, int(ip, 16) - int(offset, 16)) for ip, name, offset in found).most_common()]


def compare(steps, file, turn):
    """Whether the guest says the same in /proc/kallsyms."""
    found = functions(file)[:COMPARED]
    words = " ".join(f"-e '^{address:016x} . {name}$'" for name, address in found)
    steps.type("debian", f"echo found=$((100*{turn}+$(grep -c {words} /proc/kallsyms)))\n")
    count = int((yield "debian", rb"found=(\d+)\r?\n")[1]) - 100 * turn
    print(found, count)
    return len(found) == COMPARED and count >= COMPARED  # one address may have several names


def profile(steps):
    """While it works; and after a reboot, when it lies elsewhere."""
    yield PROMPT
    yield "debian", READY
    folder = pathlib.Path(steps.system.folder)
    file, svg = folder / "perf.data", folder / "flame.svg"
    steps.type("debian", WORK + "\n")
    for turn, case in enumerate(("working", "rebooted")):
        perf.perf(steps, "record", "--sample", str(FREQUENCY), "-p", "debian", "-o", str(file), "--flame", str(svg), "--", "1")
        yield "outside", rb"samples in (?s:.*)status 0"
        same = yield from compare(steps, file, turn + 1)
        if same and "debian/0 kernel" in svg.read_text(encoding="utf-8"):
            steps.case(case)
        if turn == 0:
            process = perf.perf(steps, "record", "-p", "debian", "-o", str(file))
            yield "outside", rb"recording"
            steps.type("debian", "ls -l /bin\n")
            yield "debian", rb"-> busybox"
            process.stop()
            yield "outside", rb"samples in (?s:.*)status 0"
            if re.search(r"debian/0 +kvm:kvm_exit: +ffff[0-9a-f]+ pl011_\w+\n", script(file, "comm,event,ip,sym")):
                steps.case("exits")
            steps.type("debian", "reboot -f\n")
            yield "debian", READY
            steps.type("debian", WORK + "\n")
    steps.type("debian", "poweroff -f\n")


SCRIPTS = {"profile": (profile, ["working", "exits", "rebooted"])}


def cases(args, folder):
    """All scripts."""
    talk.Talk.cores = args.smp
    return talk.cases(args, folder, CONSOLES, SCRIPTS)


if __name__ == "__main__":
    sys.exit(hubbed.report(__doc__, "symbols", cases))
