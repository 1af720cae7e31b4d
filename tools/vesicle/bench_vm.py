# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle bench vm: what a Debian guest costs, against the same guest straight on QEMU.

Instructions are counted by the plugin tools/plugins/meter.c, which knows whose code is whose. Time is measured in other runs, which
alternate: the plugin then only says when the guest begins and when its init sets the mark. All ratios are of one invocation.
"""

import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from . import build, hub, places, qemu
from .ui import Failure, say

TIMEOUT = 200
GUEST_MIB = 512
CONSOLES = 2
OURS = ("kernel", "vmm", "roottask", "init")  # the console server is counted, but apart
EVENT = re.compile(r"^(first|mark|end) ns=(\d+)(.*)$", re.MULTILINE)


class Systems:
    """The files of a target build."""

    def __init__(self, target):
        self.folder = target / "systems"
        self.kernel = build.require(target / "kernel" / "kernel.img", "the kernel")
        self.meter = build.require(target / "host-tools" / "tools" / "plugins" / "libmeter.so", "the meter")
        guest = build.require(self.folder / "benchvm.guest", "the Debian guest")
        self.image, self.initrd = guest.read_text(encoding="utf-8").split()

    def plugin(self, name, report, count):
        """Options for QEMU; `name` None: straight on QEMU."""
        words = [str(self.meter), f"report={report}", f"count={'on' if count else 'off'}"]
        if name:
            programs = (self.folder / f"benchvm-{name}.programs").read_text(encoding="utf-8").split()
            words += ["before=vmm", *programs] + (places.options(programs) if count else [])
        return ["-plugin", ",".join(words)]

    def bootargs(self, name):
        """The guest's kernel arguments."""
        return (self.folder / f"benchvm-{name}.bootargs").read_text(encoding="utf-8").strip()


def _events(report):
    """What the meter wrote: name, nanoseconds, and executed instructions by program."""
    return [(name, int(ns), {key: int(value) for key, value in (word.split("=") for word in rest.split())})
            for name, ns, rest in EVENT.findall(report.read_text(encoding="utf-8"))]


def _native(systems, name, cpu, count):
    """One run straight on QEMU; when it was started, what the meter wrote, and what the guest printed."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report"
        command = qemu.command(systems.image, systems.initrd, cpu, mem=GUEST_MIB, icount=count,
                               extra=systems.plugin(None, report, count), virtualization=False,
                               append=systems.bootargs(name))
        started = time.monotonic_ns()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT, check=False)
        return started, _events(report), done.stdout.decode(errors="replace")


def _ours(systems, name, cpu, count):
    """The same as our guest."""
    with tempfile.TemporaryDirectory() as folder:
        report, logs = Path(folder) / "report", Path(folder) / "logs"
        logs.mkdir()
        archive = build.require(systems.folder / f"benchvm-{name}.cpio", "the benchmark's system")
        system = hub.Hub(logs, CONSOLES)
        started = time.monotonic_ns()
        system.start(qemu.command(systems.kernel, archive, cpu, icount=count, consoles=CONSOLES,
                                  extra=systems.plugin(name, report, count)))
        system.run(TIMEOUT)
        log = logs / "debian.log"
        return started, _events(report), log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""


def _find(events, what, which=0):
    found = [event for event in events if event[0] == what]
    if len(found) <= which:
        raise Failure(f"the guest did not get as far as its {'first instruction' if what == 'first' else 'mark'}")
    return found[which]


def _ours_between(since, until):
    return sum(until[2].get(name, 0) - since[2].get(name, 0) for name in OURS)


def _count(systems, name, cpu, rows):
    """Shares of instructions, from the guest's first one to its init's mark."""
    say(f"counting instructions, {name}")
    _, events, _ = _ours(systems, name, cpu, True)
    first, mark = _find(events, "first"), _find(events, "mark")
    guest = mark[2]["guest"] - first[2]["guest"]
    rows[f"share_{name}"] = round(100 * _ours_between(first, mark) / guest, 3)
    parts = {key: mark[2][key] - first[2][key] for key in mark[2]
             if mark[2][key] > first[2][key] and not key.startswith("at.")}
    before = sum(value for key, value in first[2].items() if not key.startswith("at."))
    return parts, before, places.by_reason(first[2], mark[2])


def _idle(systems, cpu, rows):
    """Between two marks of a guest that sleeps."""
    say("counting instructions, idle")
    _, events, log = _ours(systems, "idle", cpu, True)
    since, until = _find(events, "mark", 1), _find(events, "mark", 2)
    ticks = [int(number) for number in re.findall(r"^\s*\d+:\s+(\d+)\s.*arch_timer", log, re.MULTILINE)]
    rows["idle_vmm"] = until[2]["vmm"] - since[2]["vmm"]
    if len(ticks) == 2 and ticks[1] > ticks[0]:
        rows["idle_wakeup"] = round(_ours_between(since, until) / (ticks[1] - ticks[0]))


def _memory(systems, cpu, rows):
    """What a guest costs besides its RAM, in MiB, as the running system says (tests/bench/vm/memory.c)."""
    say("asking for memory")
    archive = build.require(systems.folder / "benchvm-memory.cpio", "the benchmark's system")
    done = subprocess.run(qemu.command(systems.kernel, archive, cpu, icount=True), stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=TIMEOUT, check=False)
    found = re.search(r"^BENCH vmm_memory value (\d+) KiB", done.stdout.decode(errors="replace"), re.MULTILINE)
    if found:
        rows["vmm_memory"] = round(int(found.group(1)) / 1024, 2)


def _seconds(times):
    """For people."""
    return f"{statistics.median(times) / 1e9:.2f} s ({min(times) / 1e9:.2f} to {max(times) / 1e9:.2f})"


def _time(systems, name, cpu, rounds, rows):
    """Medians of what runs in turn take here and straight on QEMU: of the ratios, each of two runs one after the other."""
    say(f"measuring time, {name}, {rounds} times each")
    runs = [("native", _native), ("ours", _ours)]
    times = {kind: ([], []) for kind, _ in runs}
    for _ in range(rounds):
        for kind, run in runs:
            started, events, _ = run(systems, name, cpu, False)
            mark = _find(events, "mark")[1]
            times[kind][0].append(mark - _find(events, "first")[1])
            times[kind][1].append(mark - started)
        runs.reverse()  # a machine that grows slower, or faster, does so for both
    notes = []
    for i, (row, since) in enumerate((("boot", "the guest's first instruction"), ("start", "QEMU's start"))):
        ours, native = times["ours"][i], times["native"][i]
        ratios = [mine / its for mine, its in zip(ours, native)]
        rows[f"{row}_{name}"] = round(statistics.median(ratios), 3)
        notes.append(f"{name}: from {since} {_seconds(ours)} here, {_seconds(native)} straight on QEMU, "
                     f"ratios {min(ratios):.2f} to {max(ratios):.2f}")
    return notes


def measure(args, target):
    """All rows, and lines that explain them."""
    systems, rows, notes = Systems(target), {}, []
    for name in ("quiet", "log"):
        parts, before, exits = _count(systems, name, args.cpu, rows)
        notes.append(f"{name}: instructions " + ", ".join(f"{key} {value:,}" for key, value in parts.items()))
        notes.append(f"{name}: {sum(exits.values()):,} exits")
        notes += [f"  {number:7,}  {who:6}  {reason}"
                  for (who, reason), number in sorted(exits.items(), key=lambda item: -item[1])]
        rows.setdefault("before_guest", round(before / 1e6, 1))
    _idle(systems, args.cpu, rows)
    _memory(systems, args.cpu, rows)
    for name in ("quiet", "log"):
        notes += _time(systems, name, args.cpu, args.rounds, rows)
    return rows, notes
