#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the console test system under the hub, and compares what each PD's console got with what the PD prints."""

import re
import sys

import hubbed

from vesicle.ui import Failure

CONSOLES = 9
STATUS = 42
LINE = 64
WRITERS, KIB = 4, 2048
VICTIM, VICTIM_BYTES = 5, 100000  # it is killed when it has printed so much
TURNS, TURN_KIB, FIRST_TURN = 12, 8, 100
ECHO = [b"hello", b"", b"x" * 250, b"\x01\x7f\xff odd bytes", *(b"line %d" % i for i in range(200)), b"end"]


def lines(writer, count):
    """What tests/console/writer.c prints."""
    text = bytearray()
    for number in range(count):
        state = (writer * 2654435761 + number) & 0xFFFFFFFF
        text += b"%03d %08d " % (writer, number)
        for _ in range(LINE - 14):
            state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
            text.append(97 + (state >> 24) % 26)
        text.append(10)
    return bytes(text)


class Driver:
    """Types lines for the echo PD, each when the one before has come back, and says when the victim has to go."""

    def __init__(self, machine_hub):
        self.hub, self.left, self.text = machine_hub, list(ECHO), b""
        self.killed = False

    def look(self):
        """Sees whether there is somebody to type for, or to have killed."""
        victim = self.hub.find("victim")
        if victim and victim.log.tell() > VICTIM_BYTES and not self.killed:
            self.killed = True
            self.hub.send_record("victim")
        console = self.hub.find("echo")
        if console and self not in console.viewers and self.left:
            console.viewers.append(self)
            self.output(console.recent())

    def output(self, data):
        """The PD printed."""
        self.text += data
        if self.text.endswith(b"> ") and self.left and self.text.count(b"> ") == len(ECHO) - len(self.left) + 1:
            self.hub.find("echo").input(self.left.pop(0) + b"\n")

    def queued(self):
        """Nothing waits here."""
        return 0

    def ended(self, console):
        """The PD is gone."""


def run(args, folder, greeting):
    """One boot; returns the hub, with the logs in the folder."""
    system = hubbed.start(args, folder, CONSOLES)
    system.send_record(greeting)
    system.on_step = Driver(system).look
    system.run(args.timeout)
    return system


def log(folder, name):
    """What a console got."""
    path = folder / f"{name}.log"
    return path.read_bytes() if path.exists() else None


def same(folder, name, expected):
    """Compares a log."""
    got = log(folder, name)
    if got is None:
        return f"console {name} never came"
    if got != expected:
        place = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b), min(len(got), len(expected)))
        return (f"console {name} got {len(got)} bytes instead of {len(expected)}, different from byte {place} on: "
                f"{got[place:place + 80]!r} instead of {expected[place:place + 80]!r}")
    return None


def victim(folder):
    """A beginning of what it would have printed."""
    got = log(folder, "victim") or b""
    wrong = same(folder, "victim", lines(VICTIM, len(got) // LINE + 1)[:len(got)])
    return wrong or (None if got else "it printed nothing")


def echo(folder):
    """Prompts, and each line once."""
    return same(folder, "echo", b"".join(b"> " + line + b"\n" for line in ECHO[:-1])
                + b"> %d lines\n" % (len(ECHO) - 1))


def told(folder):
    """What init saw."""
    text = (log(folder, "init") or b"").decode(errors="replace")
    wanted = [r"^record of the host: error 0, 'hello, it is the driver'$", r"^hostile0: error 0, reason 0, code 10$",
              r"^hostile1: error 0, reason 0, code 1[01]$", r"^hostile2: error 0, reason 0, code 1[01]$",
              r"^victim: error 0, reason 1,", r"^tiny: error 0, reason 0, code 0$",
              r"^echo: error 0, reason 0, code 0$", r"a line without its end\Z"]
    wanted += [rf"^writer{i}: error 0, reason 0, code 0$" for i in range(WRITERS)]
    wanted += [rf"^turn{i}: error 0, reason 0, code 0$" for i in range(TURNS)]
    missing = [pattern for pattern in wanted if not re.search(pattern, text, re.MULTILINE)]
    return f"init did not print {missing}; it printed:\n{text}" if missing else None


def records(system):
    """The control port."""
    if system.status != STATUS:
        return f"the status is {system.status}"
    if not system.records or system.records[-1] != f"exit {STATUS}":
        return "the last record is not the exit status"
    if "all done" not in system.records:
        return "init's record did not come"
    bad = [text for text in system.records if not re.fullmatch(r"[ -~]+", text)]
    opened = sum(text.startswith("open ") for text in system.records)
    closed = sum(text.startswith("close ") for text in system.records)
    return f"records that are none: {bad}" if bad else f"{opened} opened, {closed} closed" if opened != closed else None


def check(system, folder):
    """All cases: name, and what is wrong."""
    for i in range(WRITERS):
        yield f"writer{i}", same(folder, f"writer{i}", lines(i, KIB * 1024 // LINE))
    yield "tiny_budget", same(folder, "tiny", lines(WRITERS, 64 * 1024 // LINE))
    yield "killed_while_it_prints", victim(folder)
    yield "echo", echo(folder)
    turns = [same(folder, f"turn{i}", lines(FIRST_TURN + i, TURN_KIB * 1024 // LINE)) for i in range(TURNS)]
    yield "ports_go_to_others", next((wrong for wrong in turns if wrong), None)
    yield "init", told(folder)
    yield "records", records(system)


def without_server(system, folder):
    """What is printed when the server was killed: the rest, on the kernel's console."""
    text = (log(folder, "kernel") or b"").replace(b"\r", b"")
    expected = lines(VICTIM, 512 * 1024 // LINE)
    got = log(folder, "victim") or b""
    if system.status is not None:
        return f"the status is {system.status}"
    if len(got) < VICTIM_BYTES or not expected.startswith(got):
        return f"the writer's console got {len(got)} bytes that are not the first ones"
    shown = [line for line in text.splitlines(keepends=True) if line.startswith(b"%03d " % VICTIM) and line in expected]
    if expected[-LINE:] not in shown:
        return "the writer's last line is not on the kernel's console"
    # One at the seam may be cut, and the other PD may print into some.
    if len(got) + len(shown) * LINE < len(expected) - 4 * LINE:
        return f"of {len(expected)} bytes the console got {len(got)}, and the kernel's {len(shown)} lines"
    for pattern in (rb"^writer: error 0, reason 0, code 0$", rb"^echo: error 0, reason 0, code 1$",
                    rb"^control: error [1-9]"):
        if not re.search(pattern, text, re.MULTILINE):
            return f"no {pattern} on the kernel's console"
    return None


def both(args, folder):
    """The cases of two boots."""
    first, second = folder / "busy", folder / "killed"
    first.mkdir()
    second.mkdir()
    try:
        system = run(args, first, "hello, it is the driver")
        yield from check(system, first)
        killed = run(args, second, "kill the server")
        yield "server_killed", without_server(killed, second)
    except Failure as failure:
        yield "run", str(failure)


if __name__ == "__main__":
    sys.exit(hubbed.report(__doc__, "consoles", both))
