# SPDX-License-Identifier: BSD-2-Clause
"""The process that runs QEMU: owns its sockets, keeps the logs, and lets others look on."""

import contextlib
import ctypes
import fcntl
import json
import os
import re
import selectors
import signal
import socket
import subprocess
import time

from . import paths, qemu
from .console import Console, Port, Records, Stream
from .ui import Failure

HUB_SOCKET = "hub.sock"
MACHINE = "machine.json"  # the command line of QEMU, for who wants to know what runs
KERNEL = "kernel"    # the console that is the serial line
CONNECT_SECONDS = 30
GRACE_SECONDS = 5    # for QEMU to end, and for what it sent to arrive
CHUNK = 65536
RECORD_SIZE = 256    # of a record on the control port


@contextlib.contextmanager
def inside(folder):
    """Paths of sockets are short; those of folders are not."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)


def take_folder(system):
    """A folder for one run of a system, which no other run has at the time; and what keeps it ours."""
    for number in range(1, 1000):
        folder = paths.RUN / (system if number == 1 else f"{system}-{number}")
        folder.mkdir(parents=True, exist_ok=True)
        lock = open(folder / "lock", "w", encoding="utf-8")  # pylint: disable=consider-using-with
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        for old in [*folder.glob("*.log"), *folder.glob("*.sock")]:
            old.unlink()
        return folder, lock
    raise Failure("too many systems run at once")


def is_running(folder):
    """Whether a hub has this folder."""
    if not (folder / "lock").exists():
        return False
    with open(folder / "lock", "r", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def _end_with_parent():
    """In the new process: it does not outlive this one, however that ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Line:
    """A socket with what still has to go out on it."""

    def __init__(self, hub, sock, receive, gone):
        self.hub, self.sock, self.receive, self.gone = hub, sock, receive, gone
        self.waiting = bytearray()
        self.paused = lambda: False
        sock.setblocking(False)
        hub.lines.append(self)

    def send(self, data):
        """Sends as soon as the other side takes it."""
        self.waiting += data
        self.write()

    def write(self):
        """Sends what goes."""
        try:
            while self.waiting:
                del self.waiting[:self.sock.send(self.waiting[:CHUNK])]
        except BlockingIOError:
            pass
        except OSError:
            self.waiting.clear()

    def read(self):
        """Reads what there is; at its end the line goes."""
        try:
            data = self.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.receive(data)
        else:
            self.close()

    def close(self):
        """Ends it."""
        if self in self.hub.lines:
            self.hub.lines.remove(self)
            self.sock.close()
            self.gone()

    def events(self):
        """What to wait for."""
        return (0 if self.paused() else selectors.EVENT_READ) | (selectors.EVENT_WRITE if self.waiting else 0)


COMMAND = b"!"  # begins a line of ./vesicle vm; no console's name does
STREAM = b"<"   # before the name of a PD's stream (./vesicle perf)


class Guest:
    """Somebody at another terminal (./vesicle console, ./vesicle vm, ./vesicle perf)."""

    def __init__(self, hub, sock):
        self.hub = hub
        self.asked = b""
        self.console = None
        self.ending = False
        self.line = Line(hub, sock, self._receive, self._gone)

    def _receive(self, data):
        if self.console:
            self.console.input(data)
            return
        self.asked += data
        if b"\n" not in self.asked:
            return
        name, rest = self.asked.split(b"\n", 1)
        if name.startswith(COMMAND):
            self.asked = rest
            self.hub.ask(name[len(COMMAND):].decode("ascii", errors="replace"), self)
            return
        if name.startswith(STREAM):
            self._attach_stream(name[len(STREAM):].decode("utf-8", errors="replace"))
        else:
            self._attach(name.decode("utf-8", errors="replace"))
        if self.console and rest:
            self.console.input(rest)

    def _refuse(self, why):
        self.line.send(f"{why}\n".encode())
        self.ending = True

    def _attach_stream(self, name):
        stream = self.hub.streams.get(name)
        if not stream or not stream.port:
            self._refuse(f"the system has no '{name}' now")
        elif stream.viewers:
            self._refuse(f"'{name}' is in use by somebody else")
        else:
            self._look_at(stream)

    def _attach(self, name):
        console = self.hub.current(name)
        if not console:
            known = " ".join(console.name for console in self.hub.consoles) or "none"
            self._refuse(f"no console '{name}'; there are: {known}")
            return
        self._look_at(console, f"ok {console.name}\n")
        self.ending = not console.port

    def _look_at(self, console, answer="ok\n"):
        self.console = console
        self.line.send(answer.encode() + console.recent())
        console.viewers.append(self)

    def _gone(self):
        if self.console:
            self.console.viewers.remove(self)
            self.console.left()

    def output(self, data):
        """The console printed."""
        self.line.send(data)

    def answered(self, line, last):
        """The system answers what was asked."""
        self.line.send(line.encode() + b"\n")
        self.ending = last

    def queued(self):
        """Bytes that were not taken yet."""
        return len(self.line.waiting)

    def ended(self, console):
        """The console's PD is gone."""
        del console
        self.ending = True


class Hub:
    """One run of a system. `screen`: who shows it here (see screen.py); None: nobody."""

    def __init__(self, folder, consoles, screen=None):
        self.folder, self.count, self.screen = folder, consoles, screen
        self.lines, self.consoles, self.guests = [], [], []
        self.streams = {}      # by name; the console of a PD named so is none for people
        self.status = None
        self.records = []      # all that came, for who tests
        self.on_record = lambda words: None  # those that mean nothing here
        self.on_step = lambda: None
        self.asked = {}        # who waits for an answer of the system's, by number
        self.numbers = 0
        self.focused = None  # the console that the system wants to be shown, and whether it is a guest's
        self.machine = None
        self.ports = {}
        self.control = None
        self.output = b""      # what QEMU itself said
        self.listener = None

    # Names

    def find(self, name):
        """The youngest console of this name."""
        return next((console for console in reversed(self.consoles) if console.name == name), None)

    def current(self, name):
        """The console of this name; where that has ended, of a PD that was started after it with the same name, if there is one."""
        console = self.find(name)
        if not console or console.port:
            return console
        later = (other for other in reversed(self.consoles) if other.port and re.fullmatch(re.escape(name) + r"\.\d+", other.name))
        return next(later, console)

    def _new_console(self, name):
        unique, number = name, 1
        while self.find(unique):
            number += 1
            unique = f"{name}.{number}"
        console = Console(unique, self.folder)
        self.consoles.append(console)
        if self.screen:
            self.screen.opened(console)
        return console

    def _opened(self, name):
        if name in self.streams:
            self.streams[name] = Stream(name)
            return self.streams[name]
        return self._new_console(name)

    # Beginning

    def start(self, command):
        """Starts QEMU (a command line made with `consoles`); returns when it is connected."""
        (self.folder / MACHINE).write_text(json.dumps(command), encoding="utf-8")
        wanted = {qemu.KERNEL_SOCKET: self._take_kernel, qemu.CONTROL_SOCKET: self._take_control}
        for number in range(1, self.count + 1):
            wanted[qemu.port_socket(number)] = lambda sock, number=number: self._take_port(number, sock)
        with inside(self.folder) as here, contextlib.ExitStack() as stack:
            listeners = {}
            for name in wanted:
                listeners[name] = stack.enter_context(socket.socket(socket.AF_UNIX))
                listeners[name].bind(f"{here}/{name}")
                listeners[name].listen(1)
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(f"{here}/{HUB_SOCKET}")
            self.listener.listen(8)
            self.machine = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL,  # pylint: disable=consider-using-with
                                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                            start_new_session=True, preexec_fn=_end_with_parent)
            for name, take in wanted.items():
                take(self._accept(listeners[name]))

    def _accept(self, listener):
        listener.settimeout(0.2)
        limit = time.monotonic() + CONNECT_SECONDS
        while time.monotonic() < limit:
            try:
                return listener.accept()[0]
            except TimeoutError:
                if self.machine.poll() is not None:
                    break
        self.end()
        raise Failure("QEMU did not start:\n" + self.output.decode(errors="replace"))

    def _take_kernel(self, sock):
        port = self._add_port(KERNEL, sock)
        port.open(self._new_console(KERNEL), 0)

    def _take_port(self, number, sock):
        self._add_port(number, sock)

    def _add_port(self, number, sock):
        port = Port(done=lambda: self.send_record(f"closed {number}"))
        line = Line(self, sock, port.feed, lambda: setattr(port, "closed", True))
        line.paused = port.full
        port.send = line.send
        self.ports[number] = port
        return port

    def _take_control(self, sock):
        records = Records()
        self.control = Line(self, sock, lambda data: [self._record(line) for line in records.feed(data)], lambda: None)

    # Records

    def send_record(self, text):
        """Tells the system something."""
        self.control.send(text.encode("ascii") + b"\n")

    def ask(self, words, who):
        """Has the system obey a command on guests; who.answered() gets its lines, the last of which is "ok" or "error ..."."""
        record = f"vm {self.numbers + 1} {words}"
        if len(record) >= RECORD_SIZE or not record.isascii() or not record.isprintable():
            who.answered("error this is no command", True)
            return
        self.numbers += 1
        self.asked[str(self.numbers)] = who
        self.send_record(record)

    def _answer(self, text):
        _, number, line = text.split(" ", 2)
        last = not line.startswith("|")
        who = self.asked.pop(number) if last else self.asked[number]
        who.answered(line, last)

    def _record(self, text):
        words = text.split()
        self.records.append(text)
        try:
            if words[0] == "open":
                console = self._opened(words[3].replace("/", "_"))
                self.ports[int(words[1])].open(console, int(words[2]))
                if self.focused and words[3] == self.focused[0] and self.screen:
                    self.screen.focus(console, *self.focused[1:])
            elif words[0] == "vm":
                self._answer(text)
            elif words[0] == "stream":
                self.streams.setdefault(words[1], None)
            elif words[0] == "close":
                self.ports[int(words[1])].finish(int(words[2]))
            elif words[0] == "exit":
                self.status = int(words[1]) & 0xff
            elif words[0] == "focus":
                self.focused = words[1], words[2:] == ["guest"]  # perhaps there is none yet
                if self.screen:
                    self.screen.focus(self.find(words[1]), self.focused[1])
            else:
                self.on_record(words)
        except (IndexError, KeyError, ValueError):
            self.on_record(words)

    # Running

    def _settled(self):
        return all(port.settled() for port in self.ports.values())

    def _wait(self, timeout):
        with selectors.SelectSelector() as selector:
            for line in self.lines:
                if line.events():
                    selector.register(line.sock, line.events(), line)
            selector.register(self.listener, selectors.EVENT_READ, None)
            for source, events in self.screen.sources() if self.screen else ():
                selector.register(source, events, self.screen)
            for key, events in selector.select(timeout):
                if key.data is None:
                    self.guests.append(Guest(self, self.listener.accept()[0]))
                elif key.data is self.screen:
                    self.screen.ready(key.fileobj, events)
                else:
                    if events & selectors.EVENT_WRITE:
                        key.data.write()
                    if events & selectors.EVENT_READ:
                        key.data.read()
        for guest in list(self.guests):
            if guest.ending and not guest.line.waiting:
                guest.line.close()
            if guest.line not in self.lines:
                self.guests.remove(guest)

    def step(self, timeout=0.5):
        """One round. False when the system has ended and everything of it is here, or QEMU is gone."""
        self._wait(timeout)
        self.on_step()
        if self.status is not None and self._settled():
            return False
        return any(isinstance(number, int) and not port.closed for number, port in self.ports.items())

    def run(self, limit=None):
        """Until the end; returns the system's status, None if it told none."""
        until = time.monotonic() + limit if limit else None
        try:
            while self.step():
                if self.screen and self.screen.quitting:
                    break
                if until and time.monotonic() > until:
                    raise Failure(f"the system did not end within {limit} s")
        finally:
            self.end()
        return self.status

    def end(self):
        """Ends QEMU if it still runs, and reads what is left."""
        if self.listener is None:
            return
        if self.machine and self.machine.poll() is None:
            self.machine.terminate()
        until = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < until and any(not port.closed for port in self.ports.values()):
            self._wait(0.1)
        if self.machine and self.machine.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.machine.wait(GRACE_SECONDS)
            self.machine.kill()
            self.machine.wait()
        if self.machine and not self.output:
            # That it was ended from here is no news.
            self.output = b"".join(line for line in self.machine.stdout if b"terminating on signal 15 " not in line)
        for guest in self.guests:
            guest.ending = True
        while time.monotonic() < until and (any(guest.queued() for guest in self.guests)
                                            or (self.screen and self.screen.queued())):
            self._wait(0.1)
        for line in list(self.lines):
            line.close()
        for console in self.consoles:
            console.close()
        self.listener.close()
        self.listener = None
        for path in self.folder.glob("*.sock"):
            path.unlink()
