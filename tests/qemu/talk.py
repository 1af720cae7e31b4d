# SPDX-License-Identifier: BSD-2-Clause
"""Talks with the consoles of a system under the hub, as a script says.

A script is a generator: it yields (console, pattern), waits like that until the pattern has come there, and gets the match. What a
console printed before an earlier match is behind it.
"""

import re
import signal
import subprocess
import sys
import threading

import hubbed

from vesicle.ui import Failure

PROMPT = ("shell", rb"\$ ")
SHOWN = 500  # bytes of an Outside that failed


class Console:
    """What one console printed; a viewer of the hub's."""

    def __init__(self, console):
        self.console, self.text, self.place = console, console.recent(), 0
        console.viewers.append(self)

    def output(self, data):
        """It printed."""
        self.text += data

    def queued(self):
        """Nothing waits here."""
        return 0

    def ended(self, console):
        """Its PD is gone; what it printed stays."""


class Talk:
    """Runs a script; `passed` has the names of what it got done."""

    def __init__(self, system, script):
        self.system, self.consoles, self.passed = system, {}, []
        self.script = script(self)
        self.wanted = next(self.script)
        self.ended = False
        system.on_step = self.look

    def type(self, console, text):
        """Types for a console that has printed something."""
        self.consoles[console].console.input(text.encode())

    def case(self, name):
        """Something is done."""
        self.passed.append(name)

    def look(self):
        """Goes on for as long as what is waited for is there."""
        for console in self.system.consoles:
            if console.name not in self.consoles:
                self.consoles[console.name] = Console(console)
        while not self.ended:
            name, pattern = self.wanted
            console = self.consoles.get(name)
            match = console and re.compile(pattern).search(console.text, console.place)
            if not match:
                return
            console.place = match.end()
            try:
                self.wanted = self.script.send(match)
            except StopIteration:
                self.ended = True

    def missing(self):
        """What is waited for, for people; of what no log has, its end."""
        if self.ended:
            return None
        console = self.consoles.get(self.wanted[0])
        printed = f", but {console.text[-SHOWN:]!r}" if isinstance(console, Outside) else ""
        return f"{self.wanted[0]} did not print {self.wanted[1]!r}{printed}"


def say(steps, line, pattern=None):
    """A command of the native shell; the match of its answer, and the prompt after it."""
    steps.type("shell", line + "\n")
    yield "shell", line.encode() + rb"\r?\n"
    match = (yield "shell", pattern) if pattern else None
    yield PROMPT
    return match


class Outside:
    """A Python script in a process of its own; to a script here it is one more console, which shows its output and its status."""

    def __init__(self, steps, *words):
        self.text, self.place = b"", 0
        self.process = subprocess.Popen([sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        steps.consoles["outside"] = self
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.text += line
        self.text += b"status %d\n" % self.process.wait()

    def stop(self):
        """Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def go_on(self):
        """It waits for its input to end."""
        self.process.stdin.close()


def run(args, folder, consoles, script):
    """One boot, in which a script is run; returns the talk and what is wrong, None if nothing but what its cases say."""
    system = hubbed.start(args, folder, consoles)
    talk = Talk(system, script)
    failure = None
    try:
        system.run(args.timeout)
    except Failure as error:
        failure = str(error)
    return talk, talk.missing() or failure


def cases(args, folder, consoles, scripts):
    """Scripts by name, each with the names of its cases, and each in a boot of its own."""
    for name, (script, names) in scripts.items():
        (folder / name).mkdir()
        talk, wrong = run(args, folder / name, consoles, script)
        wrong = wrong or f"the status is {talk.system.status}"
        for case in names:
            yield f"{name}.{case}", None if case in talk.passed else wrong
        yield f"{name}.status", None if talk.system.status == 0 else wrong
