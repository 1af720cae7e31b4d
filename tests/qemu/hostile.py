#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Hostile guests beside such as answer and native PDs; what a guest cannot reach; many guests at once, and large ones."""

import sys

import hubbed
import talk
from talk import PROMPT, say

CONSOLES = 24
READY = rb"VESICLE-GUEST-READY bare\r?\nbare> "
DEBIAN = rb"VESICLE-GUEST-READY (\S+)\r?\n(?s:.*?)# "
# What each hostile guest does for ever.
DEEDS = ["again cpus 2", "again scribble", "again sysregs", "storm hvc", "storm smc", "storm mmio", "storm sgi", "mask", "storm wfi"]
HOSTILE = [f"hostile{number}" for number in range(len(DEEDS))]
BUDGET, PERIOD = 500, 10000  # microseconds, of each vCPU in tests/guest/hostile.dts
RAM, RAM_END, WORD = 0x40000000, 0x40800000, 0x12345678
KILLS = 100
SLEEPS = 300
SAMPLES = 20
MIB = 1 << 20
# A core of the machine that the build machine lets stand still is charged for that; what is too much is taken off later.
TRIES = 5
LARGE = 4096  # MiB of the machine where there is room for large guests


def nothing(steps, line):
    """A command that succeeds: it answers nothing."""
    steps.type("shell", line + "\n")
    yield "shell", line.encode() + rb"\r?\n\$ "


def free(steps):
    """What is free and in use."""
    match = yield from say(steps, "mem", rb"MiB, (\d+) MiB free\r?\nroot task: (\d+) slots, \d+ handles, (\d+) objects")
    return match.groups()


class Guests:
    """Guests that are started again and again: each run has a console of its own."""

    def __init__(self, steps):
        self.steps, self.runs = steps, {}

    def console(self, name):
        """Of the last run."""
        return f"{name}.{self.runs[name]}" if self.runs[name] > 1 else name

    def start(self, names, ready=READY):
        """Starts them all, then waits for each."""
        for name in names:
            self.runs[name] = self.runs.get(name, 0) + 1
            yield from say(self.steps, f"run {name}", b"%s: PD \\d+" % name.encode())
        for name in names:
            yield self.console(name), ready

    def kill(self, names):
        """Ends them all."""
        for name in names:
            yield from nothing(self.steps, f"kill {name}")

    def ask(self, name, line, pattern):
        """A bare guest's command; the match of its answer."""
        self.steps.type(self.console(name), line + "\n")
        yield self.console(name), line.encode() + rb"\r?\n"
        match = yield self.console(name), pattern
        yield self.console(name), rb"bare> "
        return match


def clock(guests):
    """The guest's counter in milliseconds."""
    return int((yield from guests.ask("good", "info", rb"counter (\d+) ms"))[1])


def consumed(steps, name):
    """Milliseconds that a guest had."""
    return int((yield from say(steps, f"vm stat {name}", rb"time +(\d+) ms"))[1])


def beside(steps, guests):
    """The good guest, the shell and the native PD go on."""
    counted = int((yield "count", rb"(?m:^)(\d+)\r?\n")[1])
    yield from guests.ask("good", "timer 20", rb"slept \d+ ms")
    yield from guests.ask("good", "cpus 2", rb"2 CPUs answered")
    yield from say(steps, "ps", rb" hostile0\.guest\r?\n(?s:.*) hostile8\.guest\r?\n")
    yield "count", b"(?m:^)%d\r?\n" % (counted + 1)


def start_hostile(steps, guests):
    """All hostile guests are there, and do what they do."""
    yield from guests.start(HOSTILE)
    yield from start_deeds(steps, guests)


def start_deeds(steps, guests):
    """They do what they do."""
    for name, deed in zip(HOSTILE, DEEDS):
        steps.type(guests.console(name), deed + "\n")
        yield guests.console(name), deed.encode() + rb"\r?\n"


def measure(steps, guests):
    """Milliseconds that each hostile guest had in a while, and how many passed; both by the system's counter."""
    had = {}
    began = yield from clock(guests)
    for name in HOSTILE:
        had[name] = yield from consumed(steps, name)
    yield from guests.ask("good", "timer 1000", rb"slept \d+ ms")
    yield from beside(steps, guests)
    for name in HOSTILE:
        had[name] = (yield from consumed(steps, name)) - had[name]
    return had, (yield from clock(guests)) - began


def hostile(steps):
    """Guests that do what they should not, all at once, each on little time."""
    guests = Guests(steps)
    yield PROMPT
    yield from guests.start(["good"])
    yield from guests.start(HOSTILE)
    yield from guests.kill(HOSTILE)
    before = yield from free(steps)
    yield from start_hostile(steps, guests)
    yield from beside(steps, guests)
    steps.case("others_go_on")
    for _ in range(TRIES):
        had, passed = yield from measure(steps, guests)
        # Each vCPU's share of what passed, and what it had saved.
        limit = passed * BUDGET // PERIOD + 2
        if all(time <= limit * (2 if name == HOSTILE[0] else 1) for name, time in had.items()):
            steps.case("within_their_budgets")
            break
    if all(had[name] > 0 for name, deed in zip(HOSTILE, DEEDS) if deed != "storm wfi"):
        steps.case("they_ran")
    yield from guests.kill(HOSTILE)
    if (yield from free(steps)) == before:
        steps.case("nothing_is_left")
    yield from guests.ask("good", "timer 20", rb"slept \d+ ms")
    yield from guests.start(["small0"])
    steps.type(guests.console("small0"), "jump\n")
    yield guests.console("small0"), rb"stopped: instruction abort(?s:.*)pc "
    yield from say(steps, "wait small0", rb"small0: exited, status 2")
    yield from guests.ask("good", "info", rb"this is")
    steps.case("crash")
    steps.type("shell", "exit 0\n")


def latency(steps):
    """Where time is made of instructions: how long those wait that are to go on, in milliseconds of the guest's counter."""
    guests = Guests(steps)
    yield PROMPT
    yield from guests.start(["good"])
    yield from guests.start(HOSTILE)
    yield from start_deeds(steps, guests)
    slept, waited = [], []
    for _ in range(SAMPLES):
        slept.append(int((yield from guests.ask("good", "timer 20", rb"slept (\d+) ms"))[1]))
        steps.type("good", "info\ninfo\n")
        first = int((yield "good", rb"counter (\d+) ms")[1])
        waited.append(int((yield "good", rb"counter (\d+) ms")[1]) - first)
    if max(slept) <= 20 + PERIOD // 1000:
        steps.case("timers_in_time")
    if max(waited) <= 2 * PERIOD // 1000:
        steps.case("console_in_time")
    steps.type("shell", "exit 0\n")


def isolation(steps):
    """What a guest cannot reach: another's memory at the same address, what lies behind its own, our devices."""
    guests = Guests(steps)
    yield PROMPT
    yield from guests.start(["small0", "small1"])
    place, last = f"{RAM + 0x600000:#x}", f"{RAM_END - 4:#x}"
    word = b"word at %s is %s"
    for address in (place, last):
        yield from guests.ask("small0", f"write {address}", word % (address.encode(), hex(WORD).encode()))
        yield from guests.ask("small1", f"touch {address}", word % (address.encode(), b"0x0"))
        yield from guests.ask("small0", f"touch {address}", word % (address.encode(), hex(WORD).encode()))
    steps.case("own_memory")
    # Before and behind the RAM; where the real machine has PL061, virtio, its PCI windows, and RAM; the end of the space.
    for address in (0, RAM - 4, RAM_END, 0x09030000, 0x0a000000, 0x0a003e00, 0x10000000, 0x3eff0000, 0x50000000, 0x7ffffffc,
                    0x4010000000, 0xfffffffffc):
        for command in ("touch", "write"):
            yield from guests.ask("small0", f"{command} {address:#x}", b"abort at %s ESR 0x9[26]" % hex(address).encode())
    steps.case("nothing_else")
    yield from guests.ask("small1", "info", rb"this is")
    steps.type("small0", "reboot\n")
    yield "small0", READY
    yield from guests.ask("small0", f"touch {place}", word % (place.encode(), b"0x0"))
    steps.case("clean_after_reset")
    # Its memory goes to the next one, which finds nothing in it.
    yield from guests.ask("small0", f"write {place}", rb"word at")
    yield from guests.kill(["small0"])
    yield from guests.start(["small0"])
    yield from guests.ask("small0", f"touch {place}", word % (place.encode(), b"0x0"))
    steps.case("clean_after_another")
    steps.type("shell", "exit 0\n")


def timers(steps):
    """The physical timer, for which the VMM has to be woken: by itself, of several guests at once, and over a pause."""
    guests = Guests(steps)
    names = ["small0", "small1", "small2"]
    yield PROMPT
    yield from guests.start(names)
    for ms in (20, 1, 0, 50):
        slept = int((yield from guests.ask("small0", f"ptimer {ms}", rb"slept (\d+) ms"))[1])
        if slept >= ms:
            steps.case(f"ptimer_{ms}")
    for number, name in enumerate(names):
        steps.type(name, f"ptimer {300 - 100 * number}\n")
    for name in names:
        yield name, rb"slept \d+ ms\r?\nbare> "
    steps.case("at_once")
    steps.type("small0", "ptimer 500\n")
    yield "small0", rb"ptimer 500\r?\n"
    yield from nothing(steps, "vm pause small0")
    yield from say(steps, "sleep 2")
    yield from nothing(steps, "vm resume small0")
    if 500 <= int((yield "small0", rb"slept (\d+) ms\r?\nbare> ")[1]) < 2000:
        steps.case("paused")
    steps.type("small0", "reboot\n")
    yield "small0", READY
    yield from guests.ask("small0", "ptimer 20", rb"slept \d+ ms")
    steps.case("after_reset")
    for name in names:
        steps.type(name, "again ptimer 1\n")
    for name in names:
        yield name, b"(slept \\d+ ms\\r?\\n){%d}" % SLEEPS
    steps.case("many_times")
    steps.type("shell", "exit 0\n")


def many(steps):
    """Eight small guests at once, and one with more vCPUs than there are cores."""
    guests = Guests(steps)
    names = [f"small{number}" for number in range(8)]
    yield PROMPT
    yield from guests.start(names)
    for name in names:
        steps.type(name, "timer 20\n")
    for name in names:
        yield name, rb"slept \d+ ms\r?\nbare> "
    for number, name in enumerate(names):
        cpus = 1 + number % 2
        yield from guests.ask(name, f"cpus {cpus}", b"%d CPUs answered" % cpus)
    steps.case("eight_small")
    yield from guests.kill(names)
    yield from guests.start(["wide"])
    for _ in range(3):
        yield from guests.ask("wide", "cpus 8", rb"8 CPUs answered")
    yield from guests.ask("wide", f"write {RAM + 64 * MIB - 4:#x}", rb"word at")
    yield from guests.ask("wide", f"touch {RAM + 64 * MIB:#x}", rb"abort at")
    steps.case("eight_vcpus")
    steps.type("shell", "exit 0\n")


def kills(steps):
    """VMMs are ended in the middle of a storm, and leave nothing."""
    guests = Guests(steps)
    storms = ["storm hvc", "storm mmio", "storm sgi", "storm smc", "storm wfi", "again timer 1", "again cpus 2", "mask"]
    yield PROMPT
    before = None
    for again in range(KILLS):
        yield from guests.start(["good"])
        storm = storms[again % len(storms)]
        steps.type(guests.console("good"), storm + "\n")
        yield guests.console("good"), storm.encode() + rb"\r?\n"
        yield from guests.kill(["good"])
        # The console server's books are full when all of its ports were used.
        if again == CONSOLES:
            before = yield from free(steps)
    steps.case("killed")
    if (yield from free(steps)) == before:
        steps.case("nothing_is_left")
    steps.type("shell", "exit 0\n")


def large(steps):
    """A guest of 3 GiB; four Debians, and what others do beside them."""
    guests = Guests(steps)
    yield PROMPT
    yield from guests.start(["large"])
    end = RAM + 3072 * MIB
    for address in (RAM + 1024 * MIB, RAM + 2048 * MIB, end - 4):
        yield from guests.ask("large", f"write {address:#x}", b"word at %s" % hex(address).encode())
        yield from guests.ask("large", f"touch {address:#x}", b"word at %s is %s" % (hex(address).encode(), hex(WORD).encode()))
    yield from guests.ask("large", f"touch {end:#x}", rb"abort at")
    steps.case("3_gib")
    yield from guests.kill(["large"])
    debians = [f"debian{number}" for number in range(4)]
    yield from guests.start(debians, DEBIAN)
    for name in debians:
        steps.type(name, 'echo "answer=$((6*7))"\n')
    for name in debians:
        yield name, rb"\nanswer=42\r?\n"
    steps.case("four_debians")
    # One of them forks without end, and bare guests do their worst; the others go on.
    yield from start_hostile(steps, guests)
    steps.type("debian0", "f() { f & f & }; echo begin=$((6*7)); f\n")
    yield "debian0", rb"begin=42\r?\n"
    for again in range(3):
        for name in debians[1:]:
            steps.type(name, f'sleep 1; echo "answer=$((6*7+{again}))"\n')
        for name in debians[1:]:
            yield name, b"\nanswer=%d\r?\n" % (42 + again)
        yield from say(steps, "ps", rb" debian0\.guest\r?\n")
    yield from guests.kill(["debian0"])
    yield from guests.kill(HOSTILE)
    steps.type("debian1", "poweroff -f\n")
    yield from say(steps, "wait debian1", rb"debian1: exited, status 0")
    steps.case("fork_bomb")
    steps.type("shell", "exit 0\n")


SCRIPTS = {
    "hostile": (hostile, ["others_go_on", "within_their_budgets", "they_ran", "nothing_is_left", "crash"]),
    "isolation": (isolation, ["own_memory", "nothing_else", "clean_after_reset", "clean_after_another"]),
    "timers": (timers, ["ptimer_20", "ptimer_1", "ptimer_0", "ptimer_50", "at_once", "paused", "after_reset", "many_times"]),
    "many": (many, ["eight_small", "eight_vcpus"]),
    "kills": (kills, ["killed", "nothing_is_left"]),
}
COUNTED_SCRIPTS = {"latency": (latency, ["timers_in_time", "console_in_time"])}
LARGE_SCRIPTS = {"large": (large, ["3_gib", "four_debians", "fork_bomb"])}


def cases(args, folder):
    """All scripts for such a machine."""
    scripts = COUNTED_SCRIPTS if args.icount else LARGE_SCRIPTS if args.mem >= LARGE else SCRIPTS
    return talk.cases(args, folder, CONSOLES, scripts)


if __name__ == "__main__":
    sys.exit(hubbed.report(__doc__, "hostile", cases))
