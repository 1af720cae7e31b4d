#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Guests that are controlled while they run: paused, reset, stopped, destroyed, looked at; whatever they do."""

import pathlib
import sys

import hubbed
import talk
from talk import PROMPT, say

from vesicle import attach, cli

CONSOLES = 16
READY = rb"VESICLE-GUEST-READY bare\r?\nbare> "
PAUSE_SECONDS = 2
VM = "--vm"  # FOLDER WORDS: this script is ./vesicle vm of the system with that folder


def nothing(steps, line):
    """A command that succeeds: it answers nothing."""
    steps.type("shell", line + "\n")
    yield "shell", line.encode() + rb"\r?\n\$ "


def state(steps, words, name="bare"):
    """A guest's state in the list."""
    yield from say(steps, "vm list", name.encode() + rb"\b[^\n]*  " + words + rb"\r?\n")


def start(steps, number, name="bare"):
    """Starts a guest for the `number`th time; the name of its console."""
    console = f"{name}.{number}" if number > 1 else name
    yield from nothing(steps, f"vm start {name}")
    yield console, READY
    return console


def free(steps):
    """What is free and in use."""
    match = yield from say(steps, "mem", rb"MiB, (\d+) MiB free\r?\nroot task: (\d+) slots, \d+ handles, (\d+) objects")
    return match.groups()


def pause(steps, bare):
    """Paused guests do nothing, and see no time pass."""
    steps.type(bare, "timer 1000\n")
    yield bare, rb"timer 1000\r?\n"
    yield from nothing(steps, "vm pause bare")
    yield from state(steps, b"paused")
    yield from say(steps, "vm pause bare", rb"bare: is paused already")
    steps.case("paused")
    yield from say(steps, f"sleep {PAUSE_SECONDS}")
    steps.type(bare, "info\n")
    yield from say(steps, "vm stat bare", rb"state +paused(?s:.*)stood still [12]\d\d\d ms")
    if b"slept" not in steps.consoles[bare].text and b"info" not in steps.consoles[bare].text:
        steps.case("does_nothing")
    yield from nothing(steps, "vm resume bare")
    slept = int((yield bare, rb"slept (\d+) ms\r?\nbare> ")[1])
    if 1000 <= slept < 1000 * PAUSE_SECONDS:
        steps.case("no_time_passed")
    yield bare, rb"this is (?s:.*)bare> "
    yield from say(steps, "vm resume bare", rb"bare: is not paused")
    yield from state(steps, b"running")
    steps.type(bare, "cpus 2\n")
    yield bare, rb"2 CPUs answered\r?\nbare> "
    steps.case("goes_on")


def reset(steps, bare):
    """It begins anew."""
    yield from nothing(steps, "vm reset bare")
    yield bare, READY
    yield from nothing(steps, "vm pause bare")
    yield from nothing(steps, "vm reset bare")
    yield bare, READY
    yield from say(steps, "vm stat bare", rb"state +running\r?\nvCPUs +2, on: 0x1\r?\nRAM +8 MiB\r?\n(?s:.*)"
                                          rb"starts +1, resets 2\r?\n(?s:.*)exits +\d+ by HVC")
    steps.case("reset")


def lifecycle(steps):
    """One guest through all states."""
    yield PROMPT
    yield from state(steps, b"off")
    bare = yield from start(steps, 1)
    yield from state(steps, b"running")
    yield from say(steps, "vm start bare", rb"bare: runs already")
    steps.case("started")
    yield from pause(steps, bare)
    yield from reset(steps, bare)
    yield from nothing(steps, "vm stop bare")
    yield from state(steps, b"off")
    yield from say(steps, "vm stop bare", rb"bare: does not run \(off\)")
    yield from say(steps, "log bare", rb"bare: exited, status 0: off")
    steps.case("stopped")
    yield from start(steps, 2)
    yield from nothing(steps, "vm destroy bare")
    before = yield from free(steps)
    yield from state(steps, b"off")
    yield from start(steps, 3)
    yield from nothing(steps, "vm destroy bare")
    if (yield from free(steps)) == before:
        steps.case("destroyed")
    for _ in range(3):  # each command finds what the one before left
        for line in ("start", "pause", "stop"):
            yield from nothing(steps, f"vm {line} bare")
    steps.case("one_after_the_other")
    yield from say(steps, "vm stat nobody", rb"nobody: there is no such guest")
    yield from say(steps, "vm frobnicate bare", rb"bare: does not run \(off\)")
    steps.case("errors_in_words")
    steps.type("shell", "exit 0\n")


# What a guest types to become a nuisance.
NUISANCES = ["mask", "storm hvc", "storm smc", "storm sgi", "storm mmio", "storm wfi"]


def nuisances(steps):
    """Whatever a guest does, it can be looked at, paused, and stopped; and another one beside it works on."""
    yield PROMPT
    yield from start(steps, 1, "other")
    for number, line in enumerate(NUISANCES, 1):
        bare = yield from start(steps, number)
        steps.type(bare, line + "\n")
        yield bare, line.encode() + rb"\r?\n"
        yield from say(steps, "vm stat bare", rb"state +running(?s:.*)exits +\d+ by data abort")
        yield from say(steps, "vm dump bare", rb"vCPU 0: at 4[0-9a-f]+, pstate(?s:.*)x30 (?s:.*)SCTLR_EL1(?s:.*)exit -1: "
                                              rb"(?s:.*)backtrace: 4[0-9a-f]+ [0-9a-f]+\r?\n.* 4[0-9a-f]+\r?\n"
                                              rb"(?s:.*)vCPU 1: off")
        yield from nothing(steps, "vm pause bare")
        yield from state(steps, b"paused")
        yield from nothing(steps, "vm resume bare")
        yield from nothing(steps, "vm pause bare")
        yield from nothing(steps, "vm resume bare")
        yield from nothing(steps, "vm reset bare")
        yield bare, READY
        steps.type(bare, line + "\n")
        yield bare, line.encode() + rb"\r?\n"
        steps.type("other", "timer 100\n")
        yield "other", rb"slept \d+ ms\r?\nbare> "
        yield from nothing(steps, "vm stop bare")
        yield from state(steps, b"off")
        steps.case(line.replace(" ", "_"))
    # Paused in the middle of exits, again and again, it misses nothing.
    bare = yield from start(steps, len(NUISANCES) + 1)
    steps.type(bare, "storm mmio 300000\n")
    yield bare, rb"storm mmio 300000\r?\n"
    for _ in range(20):
        yield from nothing(steps, "vm pause bare")
        yield from nothing(steps, "vm resume bare")
    yield bare, rb"over\r?\nbare> "
    steps.type(bare, "cpus 2\n")
    yield bare, rb"2 CPUs answered\r?\nbare> "
    steps.case("paused_within_exits")
    steps.type("shell", "exit 0\n")


def crashes(steps):
    """Reports, reasons, the watchdog, and how often a guest is started again."""
    yield PROMPT
    bare = yield from start(steps, 1)
    steps.type(bare, "jump\n")
    yield bare, rb"bare: vCPU 0 stopped: instruction abort(?s:.*)x30 (?s:.*)exit -1: (?s:.*)backtrace: "
    yield from say(steps, "wait bare", rb"bare: exited, status 2")
    yield from state(steps, b"crashed: forbidden exit")
    yield from say(steps, "vm pause bare", rb"bare: does not run \(crashed: forbidden exit\)")
    steps.case("forbidden")
    watched = yield from start(steps, 1, "watched")
    steps.type(watched, "timer 4000\n")
    yield watched, rb"slept \d+ ms\r?\nbare> "
    steps.type(watched, "storm hvc 1000000\n")
    yield watched, rb"over\r?\nbare> "
    yield from say(steps, "sleep 4")
    steps.type(watched, "mask\n")
    yield watched, rb"mask\r?\n"
    yield from nothing(steps, "vm pause watched")
    yield from say(steps, "sleep 4")
    yield from nothing(steps, "vm resume watched")
    steps.case("idle_is_no_crash")
    yield watched, rb"watchdog: vCPU 0 is busy, (?s:.*)backtrace: "
    watched = "watched.2"
    yield watched, READY
    steps.case("watchdog")
    steps.type(watched, "mask\n")
    yield watched, rb"watchdog: vCPU 0 is busy, "
    yield from say(steps, "wait watched", rb"watched: exited, status 3")
    yield from state(steps, b"crashed: watchdog", "watched")
    yield from say(steps, "log watched", rb"exited, status 3: crashed: watchdog(?s:.*)restart-limit: 1 times")
    steps.case("restart_limit")
    steps.type("shell", "exit 0\n")


def outside(steps):
    """The same by ./vesicle vm."""
    yield PROMPT
    for words, pattern in (
            (["list"], rb"bare .* off\n(?s:.*)watched .* off\n(?s:.*)status 0"),
            (["start", "bare"], rb"^status 0"),
            (["start", "bare"], rb"bare: runs already\nstatus 1"),
            (["pause", "bare"], rb"^status 0"),
            (["list"], rb"bare .* paused\n(?s:.*)status 0"),
            (["stat", "bare"], rb"state +paused\n(?s:.*)status 0"),
            (["dump", "bare"], rb"vCPU 0: at 4(?s:.*)backtrace(?s:.*)vCPU 1: off\nstatus 0"),
            (["resume", "bare"], rb"^status 0"),
            (["resume", "bare"], rb"bare: is not paused\nstatus 1"),
            (["reset", "bare"], rb"^status 0"),
            (["stop", "bare"], rb"^status 0"),
            (["start", "bare"], rb"^status 0"),
            (["destroy", "bare"], rb"^status 0"),
            (["destroy", "bare"], rb"bare: does not run \(off\)\nstatus 1"),
            (["stat", "nobody"], rb"nobody: there is no such guest\nstatus 1"),
            (["stat"], rb"whom\?(?s:.*)status 1")):
        talk.Outside(steps, __file__, VM, steps.system.folder, *words)
        yield "outside", pattern
        steps.case("_".join(words))
    steps.type("shell", "exit 0\n")


def obey(steps, console, line, pattern):
    """A command of a bare guest, its answer and its prompt."""
    steps.type(console, line + "\n")
    yield console, line.encode() + rb"\r?\n" + pattern + rb"(?s:.*)bare> "


def served(steps):
    """A device in another PD: seen by two guests, and gone with that PD."""
    yield PROMPT
    yield from start(steps, 1, "boxed")
    yield from obey(steps, "boxed", "touch 0xb000000", rb"[^\n]*0x786f626d")
    yield from obey(steps, "boxed", "write 0xb000010", rb"")
    yield from obey(steps, "boxed", "touch 0xb000010", rb"[^\n]*0x12345678")
    steps.case("registers")
    yield from obey(steps, "boxed", "touch 0xb000014", rb"(?s:.*)ESR 0x96000010")
    yield from obey(steps, "boxed", "write 0xb000000", rb"(?s:.*)ESR 0x96000050")
    steps.case("no_such_register")
    yield from start(steps, 1, "boxed2")
    yield from obey(steps, "boxed2", "touch 0xc000010", rb"[^\n]*0x12345678")
    yield from nothing(steps, "vm pause boxed2")
    yield from nothing(steps, "vm resume boxed2")
    yield from obey(steps, "boxed", "spi 52 0xb000020", rb"waiting\r?\ntook it")
    steps.type("boxed", "spi 52\n")
    yield "boxed", rb"waiting\r?\n"
    yield from nothing(steps, "vm pause boxed")
    yield from obey(steps, "boxed2", "spi 53 0xc000020", rb"waiting\r?\ntook it")
    if b"took" not in steps.consoles["boxed"].text[steps.consoles["boxed"].place:]:
        yield from nothing(steps, "vm resume boxed")
        yield "boxed", rb"took it\r?\nbare> "
        steps.case("interrupts")
    yield from nothing(steps, "vm destroy boxed2")
    yield from obey(steps, "boxed", "touch 0xb000010", rb"[^\n]*0x12345678")
    steps.case("two_guests")
    before = yield from free(steps)
    for number in range(2, 5):
        yield from start(steps, number, "boxed2")
        yield from nothing(steps, "vm destroy boxed2")
    after = yield from free(steps)
    if after[2] == before[2]:
        steps.case("all_given_back")
    steps.type("boxed", "again touch 0xb000010\n")
    yield "boxed", rb"0x12345678\r?\n(?s:.*)0x12345678"
    yield from nothing(steps, "kill mailbox")
    yield "boxed", rb"ESR 0x96000010(?s:.*)ESR 0x96000010"
    yield from nothing(steps, "vm reset boxed")
    yield "boxed", READY
    yield from obey(steps, "boxed", "touch 0xb000000", rb"(?s:.*)ESR 0x96000010")
    steps.case("server_ended")
    yield from say(steps, "run mailbox", rb"mailbox: PD \d+")
    yield from obey(steps, "boxed", "touch 0xb000000", rb"[^\n]*0x786f626d")
    yield from obey(steps, "boxed", "spi 52 0xb000020", rb"waiting\r?\ntook it")
    yield from obey(steps, "boxed", "write 0xb000010", rb"")
    steps.type("boxed", "again touch 0xb000010\n")
    yield "boxed", rb"0x12345678\r?\n(?s:.*)0x12345678"
    for _ in range(5):
        yield from nothing(steps, "kill mailbox")
        yield "boxed", rb"ESR 0x96000010(?s:.*)ESR 0x96000010"
        yield from say(steps, "run mailbox", rb"mailbox: PD \d+")
        yield "boxed", rb"is 0x0\r?\n"
        taken = yield from free(steps)
    yield from nothing(steps, "kill mailbox")
    yield from say(steps, "run mailbox", rb"mailbox: PD \d+")
    yield "boxed", rb"is 0x0\r?\n"
    if (yield from free(steps))[2] == taken[2]:
        steps.case("server_comes_back")
    yield from nothing(steps, "vm reset boxed")
    yield "boxed", READY
    steps.type("shell", "vm start unserved\n")
    yield PROMPT
    yield from say(steps, "log unserved", rb"mailbox@b000000: server: \"bare\": is no device that runs")
    yield from nothing(steps, "vm start collides")
    yield "collides", rb"mailbox: no room at 0x9000000"
    yield from say(steps, "wait collides", rb"collides: exited, status 1")
    steps.case("refused")
    steps.type("shell", "exit 0\n")


SCRIPTS = {
    "served": (served, ["registers", "no_such_register", "two_guests", "interrupts", "all_given_back", "server_ended", "server_comes_back", "refused"]),
    "nuisances": (nuisances, [line.replace(" ", "_") for line in NUISANCES] + ["paused_within_exits"]),
    "crashes": (crashes, ["forbidden", "idle_is_no_crash", "watchdog", "restart_limit"]),
    "outside": (outside, ["list", "start_bare", "pause_bare", "stat_bare", "dump_bare", "resume_bare", "reset_bare", "stop_bare",
                          "destroy_bare", "stat_nobody", "stat"]),
    "lifecycle": (lifecycle, ["started", "paused", "does_nothing", "no_time_passed", "goes_on", "reset", "stopped", "destroyed", "one_after_the_other",
                              "errors_in_words"]),
}


def cases(args, folder):
    """All scripts."""
    return talk.cases(args, folder, CONSOLES, SCRIPTS)


if __name__ == "__main__":
    if sys.argv[1:2] == [VM]:
        attach.running = lambda system: pathlib.Path(sys.argv[2])
        sys.exit(cli.main(["vm", *sys.argv[3:]]))
    sys.exit(hubbed.report(__doc__, "control", cases))
