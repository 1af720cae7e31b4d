# SPDX-License-Identifier: BSD-2-Clause
"""The terminal: shows one console at a time, and switches with a key."""

import os
import re
import selectors
import signal
import sys
import termios

from .ui import complain, say

KEY = b"\x1d"  # Ctrl-]
READY = b"VESICLE-GUEST-READY"
PROMPT = re.compile(rb"# (\x1b\[6n)?$")  # perhaps the shell asks where the cursor is
END_OF_INPUT = b"\x04"
CHUNK = 1024
HELP = ("Ctrl-] and then: n next console, p previous one, 1-9 by number, k the kernel's, l list, "
        "q quit, Ctrl-] types it, h this help")


class Keys:
    """Finds the switch key in what is typed."""

    def __init__(self):
        self.pending = False

    def feed(self, data):
        """Cuts input into (bytes, command) pairs; either may be None."""
        parts = []
        for byte in (data[i:i + 1] for i in range(len(data))):
            if self.pending:
                self.pending = False
                parts.append((KEY, None) if byte == KEY else (None, byte.decode("latin-1")))
            elif byte == KEY:
                self.pending = True
            elif parts and parts[-1][0] is not None:
                parts[-1] = (parts[-1][0] + byte, None)
            else:
                parts.append((byte, None))
        return parts


def end_by_signals():
    """From now on signals that end this process do so in the ordinary way, which puts the terminal in order."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


class Terminal:
    """Keys come as they are typed, all of them; output is as before. Also a signal that ends this process restores it."""

    def __init__(self):
        self.saved = termios.tcgetattr(0) if os.isatty(0) else None

    def take(self):
        """From now on."""
        if self.saved is None:
            return
        end_by_signals()
        now = termios.tcgetattr(0)
        now[0] &= ~(termios.IXON | termios.INLCR)
        now[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        now[6][termios.VMIN], now[6][termios.VTIME] = 1, 0
        termios.tcsetattr(0, termios.TCSADRAIN, now)

    def restore(self):
        """As it was found."""
        if self.saved is not None:
            termios.tcsetattr(0, termios.TCSADRAIN, self.saved)


class Shell:
    """Watches a guest's output: whether its shell is there (`ready`), and whether it waits for a command."""

    def __init__(self, started=False):
        self.tail, self.started, self.ready, self.waits = b"", started, False, False

    def output(self, data):
        """The guest printed. Whether its shell waits now."""
        self.tail = (self.tail + data)[-4096:]
        self.started = self.started or READY in self.tail
        self.waits = self.started and PROMPT.search(self.tail) is not None
        self.ready = self.ready or self.waits
        return self.waits


class Screen:
    """This process's standard streams.

    What is not typed (a pipe, a file) is read when the system has said by a record which console it is for, and a guest also that
    that its shell waits: before that its kernel throws input away. At its end the console gets an end-of-file character, a guest's
    whenever its shell waits for more.
    """

    def __init__(self, wanted=None, started=False):
        self.started = started   # a guest's shell is there when it prompts: it says nothing before
        self.wanted = wanted     # name of the console to show, when it comes
        self.typed = os.isatty(0)
        self.terminal = Terminal()
        self.shown = None
        self.directed = False    # somebody said which console is to be shown
        self.chosen = False      # the person did
        self.missed = False      # the wanted one was not there when it might have been, and that was said
        self.guest = None        # what looks after a guest's shell, if input is not typed and for a guest
        self.consoles = []
        self.seen = {}           # name: what was printed and not shown yet
        self.waiting = bytearray()
        self.reading = True
        self.quitting = False
        self.keys = Keys()
        self.column = 0

    def __exit__(self, *_):
        self.terminal.restore()
        if self.column:
            print(flush=True)

    def __enter__(self):
        self.terminal.take()
        return self

    # For the hub

    def sources(self):
        """Files to wait for."""
        events = []
        if self.reading and (self.typed or (self.directed and (not self.guest or self.guest.ready))):
            events.append((0, selectors.EVENT_READ))
        if self.waiting:
            events.append((1, selectors.EVENT_WRITE))
        return events

    def ready(self, source, events):
        """One of them is ready."""
        del events
        if source == 1:
            self._write()
            return
        data = os.read(0, 256)
        if data:
            self._typed(data)
            return
        self.reading = False
        if self.shown and not self.typed and (not self.guest or self.guest.waits):
            self.shown.input(END_OF_INPUT)

    def opened(self, console):
        """A console has come."""
        self.consoles.append(console)
        console.viewers.append(_View(self, console))
        first = self.shown is None or (len(self.consoles) == 2 and not self.chosen)
        if console.name == self.wanted:
            self.directed = True
            self.guest = None
            self._show(console)
        elif first and not self.directed:
            self._show(console)

    def focus(self, console, guest):
        """The system wants this one to be shown; what the person chose goes before."""
        if self.wanted and not self.directed and not self.missed:
            self.missed = True
            known = ", ".join(console.name for console in self.consoles)
            complain(f"there is no console '{self.wanted}' yet; it is shown when it comes. There are: {known}")
        if console and not self.chosen and not self.wanted:
            self.directed = True
            self.guest = Shell(self.started) if guest and not self.typed else None
            if self.guest:
                self.guest.output(console.recent())
            self._show(console)

    def output(self, console, data):
        """A console printed."""
        if console is self.shown:
            if self.guest and self.guest.output(data) and not self.reading:
                console.input(END_OF_INPUT)
            self._put(data)
        else:
            self.seen[console.name] = (self.seen.get(console.name, b"") + data)[-CHUNK * 64:]

    def queued(self):
        """Bytes that the terminal did not take yet."""
        return len(self.waiting)

    def ended(self, console):
        """A console's PD is gone."""
        if console is self.shown and self.typed:
            self._note(f"{console.name} has ended; Ctrl-] l lists the others")

    # Inside

    def _put(self, data):
        self.waiting += data
        if data:
            self.column = not data.endswith(b"\n")
        self._write()

    def _write(self):
        """What goes at once: other consoles do not wait for this terminal."""
        while self.waiting:
            with selectors.SelectSelector() as selector:
                selector.register(1, selectors.EVENT_WRITE)
                if not selector.select(0):
                    return
            del self.waiting[:os.write(1, self.waiting[:CHUNK])]

    def _note(self, text):
        self._put((b"\n" if self.column else b"") + f"vesicle: {text}\n".encode())

    def _show(self, console):
        if console is self.shown:
            return
        if self.shown and self.typed:
            self._note(f"console {self._number(console)}: {console.name}")
        self.shown = console
        unseen = self.seen.pop(console.name, b"")
        self._put(unseen)

    def _number(self, console):
        return self.consoles.index(console)

    def _typed(self, data):
        if not self.typed:
            self.shown.input(data)
            return
        for data, command in self.keys.feed(data):
            if command is None:
                self.shown.input(data)
            else:
                self._command(command)

    def _command(self, command):
        if command in "np" and self.consoles:
            live = [console for console in self.consoles if console.port or console is self.shown]
            step = 1 if command == "n" else -1
            self._choose(live[(live.index(self.shown) + step) % len(live)])
        elif command.isdigit() and int(command) < len(self.consoles):
            self._choose(self.consoles[int(command)])
        elif command == "k":
            self._choose(self.consoles[0])
        elif command == "l":
            for number, console in enumerate(self.consoles):
                state = "" if console.port else " (ended)"
                self._note(f"{'>' if console is self.shown else ' '} {number} {console.name}{state}")
        elif command == "q":
            self.quitting = True
        else:
            self._note(HELP)

    def _choose(self, console):
        self.chosen = True
        self._show(console)


class _View:
    """The screen, as one console sees it."""

    def __init__(self, screen, console):
        self.screen, self.console = screen, console

    def output(self, data):
        """It printed."""
        self.screen.output(self.console, data)

    def queued(self):
        """Bytes that wait for the terminal: of interest to the one that is shown."""
        return len(self.screen.waiting) if self.screen.shown is self.console else 0

    def ended(self, console):
        """It has ended."""
        self.screen.ended(console)


def greet(system, cpu, folder):
    """What is said at the start."""
    say(f"booting '{system}' on {cpu}; Ctrl-] switches consoles (Ctrl-] h: help), Ctrl-] q quits; logs: {folder}")
    sys.stdout.flush()
