#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Guests that are controlled while they run: paused, reset, stopped, destroyed, looked at; whatever they do."""

import sys

import hubbed
import talk

from vesicle.ui import Failure

CONSOLES = 16
PROMPT = ("shell", rb"\$ ")
READY = rb"VESICLE-GUEST-READY bare\r?\nbare> "
PAUSE_SECONDS = 2


def say(steps, line, pattern=None):
    """A command of the native shell; the match of its answer, and the prompt after it."""
    steps.type("shell", line + "\n")
    yield "shell", line.encode() + rb"\r?\n"
    match = (yield "shell", pattern) if pattern else None
    yield PROMPT
    return match


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
    yield from say(steps, "vm stat nobody", rb"nobody: there is no such guest")
    yield from say(steps, "vm frobnicate bare", rb"bare: does not run \(off\)")
    steps.case("errors_in_words")
    steps.type("shell", "exit 0\n")


SCRIPTS = {
    "lifecycle": (lifecycle, ["started", "paused", "does_nothing", "no_time_passed", "goes_on", "reset", "stopped", "destroyed",
                              "errors_in_words"]),
}


def cases(args, folder):
    """All scripts, each in a run of its own."""
    for name, (script, names) in SCRIPTS.items():
        (folder / name).mkdir()
        system = hubbed.start(args, folder / name, CONSOLES)
        talker = talk.Talk(system, script)
        wrong = None
        try:
            system.run(args.timeout)
        except Failure as failure:
            wrong = str(failure)
        wrong = talker.missing() or wrong or f"the status is {system.status}"
        for case in names:
            yield f"{name}.{case}", None if case in talker.passed else wrong
        yield f"{name}.status", None if system.status == 0 else wrong


if __name__ == "__main__":
    sys.exit(hubbed.report(__doc__, "control", cases))
