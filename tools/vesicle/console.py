# SPDX-License-Identifier: BSD-2-Clause
"""Consoles of a running system as the host has them: whose bytes are whose, logs, who looks on."""

import collections

BACKLOG = 64 * 1024      # bytes of a console that who comes later still sees
HELD = 1024 * 1024       # bytes of a port that may wait for the record that says whose they are
QUEUED = 256 * 1024      # bytes that may wait for one who looks on; beyond that the console waits, too


class Console:
    """What one PD prints, and what is typed for it."""

    def __init__(self, name, folder):
        self.name = name
        self.log = open(folder / f"{name}.log", "wb")  # pylint: disable=consider-using-with
        self.backlog = collections.deque()
        self.kept = 0
        self.port = None     # where input goes; None: nowhere any more
        self.viewers = []

    def output(self, data):
        """The PD printed."""
        self.log.write(data)
        self.log.flush()
        self.backlog.append(data)
        self.kept += len(data)
        while self.kept - len(self.backlog[0]) >= BACKLOG:
            self.kept -= len(self.backlog.popleft())
        for viewer in list(self.viewers):
            viewer.output(data)

    def recent(self):
        """The last of what it printed."""
        return b"".join(self.backlog)[-BACKLOG:]

    def input(self, data):
        """Something was typed for it. Who has ended gets nothing."""
        if self.port:
            self.port.send(data)

    def held_up(self):
        """Whether somebody who looks on does not keep up."""
        return any(viewer.queued() > QUEUED for viewer in self.viewers)

    def end(self):
        """The PD has closed it, and everything has arrived."""
        self.port = None
        for viewer in list(self.viewers):
            viewer.ended(self)

    def left(self):
        """Who looked on is gone: it does not matter."""

    def close(self):
        """Closes the log."""
        self.log.close()


class Stream:
    """Bytes of a PD for a program that looks on, not for people: one at a time, nothing is kept, and when it goes the PD hears `stop`."""

    def __init__(self, name):
        self.name = name
        self.port = None
        self.viewers = []

    def output(self, data):
        """The PD sent something: for who looks on, or for nobody."""
        for viewer in list(self.viewers):
            viewer.output(data)

    def recent(self):
        """Nothing of what went before."""
        return b""

    def input(self, data):
        """For the PD."""
        if self.port:
            self.port.send(data)

    def left(self):
        """Who looked on is gone."""
        self.input(b"stop\n")

    held_up = Console.held_up
    end = Console.end

    def close(self):
        """There is nothing to close."""


class Port:
    """Bytes of one port, cut into what belongs to one console after the other.

    Records say from which byte to which a port is whose. They come over another socket: bytes may be here before it is known
    whose they are, and are held until then; and an owner may be known to have ended before its last bytes are here. The
    system gives the port to the next one when it has heard (`done`) that this side has everything of the one before.
    """

    def __init__(self, send=lambda data: None, done=lambda: None):
        self.send, self.done = send, done
        self.position = 0     # of the first byte held, counted from the first the port ever sent
        self.held = bytearray()
        self.owners = collections.deque()  # [console, start, end or None], in the order of time
        self.closed = False   # nothing more will come

    def open(self, console, start):
        """From `start` on it is this console's."""
        self.owners.append([console, start, None])
        self._deliver()

    def finish(self, end):
        """Up to `end` it was the last owner's."""
        if self.owners:
            self.owners[-1][2] = end
        self._deliver()

    def feed(self, data):
        """Bytes came."""
        self.held += data
        self._deliver()

    def full(self):
        """Whether no more should be read now."""
        return len(self.held) > HELD or bool(self.owners and self.owners[0][0].held_up())

    def settled(self):
        """Whether nothing is missing of what consoles that were closed have sent."""
        return not any(end is not None for _, _, end in self.owners)

    def _take(self, count):
        data = bytes(self.held[:count])
        del self.held[:count]
        self.position += len(data)
        return data

    def _deliver(self):
        while self.owners:
            console, start, end = self.owners[0]
            if self.position < start:
                if not self.held:
                    return
                self._take(start - self.position)  # nobody's: cannot be, by the protocol
                continue
            console.port = self if end is None else None
            data = self._take(len(self.held) if end is None else end - self.position)
            if data:
                console.output(data)
            if end is None or self.position < end:
                return
            self.owners.popleft()
            console.end()
            self.done()


class Records:
    """Cuts the control port's bytes into lines."""

    def __init__(self):
        self.rest = b""

    def feed(self, data):
        """The complete lines so far, as text."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        return [line.decode("ascii", errors="replace") for line in lines]
