# SPDX-License-Identifier: BSD-2-Clause
"""What the trace PD of a system that runs sends: frames (servers/trace/stream.h), and the records in them in the order of time."""

import collections
import contextlib
import operator
import os
import queue
import signal
import struct
import threading

from .. import attach, hub
from ..ui import Failure
from .threads import Threads

NAME = "trace"
MAGIC = 0x4352545653455655
VERSION = 1
BEGIN, THREAD, RECORDS, COUNTERS, ROUND, END, ERROR = range(1, 8)
HEADER = struct.Struct("<HHIQ")
START = struct.Struct("<Q16s5Q")
THREAD_WORDS = struct.Struct("<6Q")
COUNTS = struct.Struct("<64Q")
RECORD = struct.Struct("<QIHBBQQ")

# Kinds of records, what is to be recorded (sel4/trace.h).
EXIT, ENTRY, SWITCH, FAULT, IRQ, TRAP, RETURN, SAMPLE = range(1, 9)
IN_KERNEL = 0x100  # in the detail of a sample
PERIOD_SHIFT = 32  # of the microseconds from one sample to the next
COUNT = 1
ALL = (1 << 8) - 1
EXITS = COUNT | 1 << EXIT | 1 << ENTRY
SWITCHES = EXITS | 1 << SWITCH | 1 << IRQ
CALLS = SWITCHES | 1 << TRAP | 1 << RETURN
VMM = 0x10        # in the reason of an entry
WAIT_SECONDS = 60
WATCHED = 64       # CPUs whose end can be waited for
BACKLOG = 1 << 15  # frames, of 8 KiB at most
INTERVAL_US = 20000  # between two looks at the rings, if they do not fill in less
SLACK_SECONDS = 0.001  # a record may come to its ring that much after its time was taken

Record = collections.namedtuple("Record", "time thread detail reason kind a b")
Frame = collections.namedtuple("Frame", "kind core lost data")


class Thread(collections.namedtuple("Thread", "cpu number pd parent index guest name")):
    """A thread, or a guest's CPU. `pd` is 0 for the root task."""

    def title(self):
        """What it is called in tables: a guest's CPU after the guest."""
        return f"{self.guest_name()}/{self.index}" if self.guest else self.name

    def guest_name(self):
        """The guest's name in the system tree."""
        return self.name.removesuffix(".guest")


class Begin(collections.namedtuple("Begin", "cores frequency events time")):
    """How a recording began."""


def parse_begin(data):
    """A BEGIN; a Failure if it is another version's."""
    _, _, version, cores, frequency, events, time = START.unpack(data)
    if version != VERSION:
        raise Failure(f"the system speaks version {version} of the trace stream, this command {VERSION}; was one of them built anew?")
    return Begin(cores, frequency, events, time)


def parse_thread(data):
    """A THREAD."""
    words = THREAD_WORDS.unpack_from(data)
    name = data[THREAD_WORDS.size:].split(b"\0", 1)[0].decode("utf-8", errors="replace")
    return Thread(words[0], words[1], words[2], words[3], words[4], bool(words[5]), name)


def parse_counters(data):
    """A COUNTERS: whose, and by reason kernel exits, their ticks, VMM exits, theirs."""
    thread, = struct.unpack_from("<Q", data)
    words = COUNTS.unpack_from(data, 8)
    return thread, [words[i:i + 4] for i in range(0, len(words), 4)]


def read_frames(file):
    """The frames of a file, from its BEGIN to its END; the file may end before."""
    while True:
        head = file.read(HEADER.size)
        if len(head) < HEADER.size:
            return
        kind, core, length, lost = HEADER.unpack(head)
        data = file.read(length)
        if len(data) < length:
            return
        yield Frame(kind, core, lost, data)
        if kind == END:
            return


class Session:
    """A recording of a system that runs."""

    def __init__(self, folder, events, seconds=None, interval_us=INTERVAL_US, names=None, until_gone=False):
        """seconds: of the system, for which it records; None: until stop(). names: of guests and PDs that must be there; until_gone:
        it ends when none of them is any more."""
        self.names, self.until_gone = names, until_gone
        self.sock = attach.connect(folder)
        self.token = os.urandom(8).hex().encode()
        self.sock.settimeout(WAIT_SECONDS)
        self.sock.sendall(hub.STREAM + NAME.encode() + b"\n")
        self.file = self.sock.makefile("rb")
        answer = self.file.readline()
        if answer != b"ok\n":
            self.sock.close()
            raise Failure((answer.decode(errors="replace").strip() or "the system has just ended") +
                          "; its tree (dts/) needs a node for the trace PD, as that of the default system has")
        self.sock.sendall(b"start %s %x %d %d\n" % (self.token, events, interval_us, int((seconds or 0) * 1e6)))
        self._find_begin()

    def _find_begin(self):
        """Leaves the file behind the header of our BEGIN."""
        wanted = struct.pack("<Q", MAGIC) + self.token
        seen = b""
        try:
            while not seen.endswith(wanted):
                byte = self.file.read(1)
                if not byte:
                    raise Failure("the system has just ended")
                seen = (seen + byte)[-len(wanted):]
        except TimeoutError as error:
            raise Failure(f"the system's trace PD did not answer within {WAIT_SECONDS} s") from error
        self.begin = wanted + self.file.read(START.size - len(wanted))

    def _read(self, frames):
        """Takes what comes; in a thread, so that who works slower than the system records does not hold it up at once."""
        try:
            for frame in read_frames(self.file):
                frames.put(frame)
            frames.put(None)
        except (OSError, ValueError) as error:  # ValueError: closed meanwhile
            frames.put(error)

    def frames(self):
        """The frames from BEGIN to END, or to the end of the system."""
        yield Frame(BEGIN, 0, 0, self.begin)
        threads = Threads()
        frames = queue.Queue(BACKLOG)
        threading.Thread(target=self._read, args=(frames,), daemon=True).start()
        while (frame := frames.get()) is not None:
            if isinstance(frame, TimeoutError):
                raise Failure(f"nothing came from the system for {WAIT_SECONDS} s") from frame
            if isinstance(frame, Exception):
                return
            if threads and frame.kind == THREAD:
                threads.add(parse_thread(frame.data))
            elif threads and frame.kind == ROUND:
                self._look_for_names(threads)
                threads = None
            yield frame

    def _look_for_names(self, threads):
        """At the first ROUND, when all that run are known."""
        first = set()
        for name in self.names or ():
            found = threads.chosen([name])
            guests = [number for number in found if threads.known[number].guest]
            first |= {threads.process(number) for number in guests or found}
        for number in sorted(first)[:WATCHED] if self.until_gone else ():
            self.sock.sendall(b"until %d\n" % threads.known[number].cpu)

    def stop(self):
        """Has it end; the rest of the frames comes."""
        with contextlib.suppress(OSError):
            self.sock.sendall(b"stop\n")

    def close(self):
        """Ends the connection; if it still records, that ends too."""
        self.file.close()
        self.sock.close()


def how_long(args):
    """When a command ends, for its first line."""
    if args.seconds:
        return f" for {args.seconds:g} s"
    return (f" until {' and '.join(args.pid or ['the system'])} " + ("are" if len(args.pid or ()) > 1 else "is") + " gone"
            if args.until_gone else "") + "; Ctrl-C ends it"


@contextlib.contextmanager
def until_interrupted(session):
    """Ctrl-C has the recording end in order; the second one ends the command."""
    def stop(number, frame):
        del number, frame
        signal.signal(signal.SIGINT, signal.default_int_handler)
        session.stop()
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def write_frame(file, frame):
    """As read_frames reads it."""
    file.write(HEADER.pack(frame.kind, frame.core, len(frame.data), frame.lost))
    file.write(frame.data)


class Merger:
    """Puts the cores' records into the order of time."""

    def __init__(self, frequency):
        self.slack = int(frequency * SLACK_SECONDS)
        self.pending = []

    def add(self, frame):
        """A RECORDS frame."""
        core = frame.core
        if frame.lost:
            self.pending.append((RECORD.unpack_from(frame.data)[0], core, frame.lost))
        self.pending.extend((record[0], core, record) for record in RECORD.iter_unpack(frame.data))

    def ready(self, time=None):
        """(time, core, record) of all that is older than `time`, or (None) of all that there is. An int for a record: so many were lost."""
        self.pending.sort(key=operator.itemgetter(0))
        count = len(self.pending)
        if time is not None:
            limit = time - self.slack
            while count and self.pending[count - 1][0] >= limit:
                count -= 1
        out, self.pending = self.pending[:count], self.pending[count:]
        return out
