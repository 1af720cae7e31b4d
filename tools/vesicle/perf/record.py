# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle perf record: what cores did, in a file that perf reads."""

import pathlib
import struct
import sys
import tempfile

from .. import attach
from ..ui import Failure, say
from . import exits, guests, stream, tracepoints
from .machine import Machine
from .perfdata import MISC_USER, Writer, raw
from .threads import Threads

NS = 1000000000
ROUND_SAMPLES = 20000
PRIORITY = 120
LARGE = 1 << 23  # bytes of records that take a second or more to convert
INTERRUPT_REASONS = (exits.IRQ, exits.SGI, exits.TIMER, exits.VTIMER, exits.MAINTENANCE)
# What has to be recorded for an event.
KINDS = {
    "kvm:kvm_entry": 1 << stream.ENTRY | 1 << stream.EXIT, "kvm:kvm_exit": 1 << stream.EXIT, "kvm:kvm_mmio": 1 << stream.EXIT,
    "sched:sched_switch": 1 << stream.SWITCH, "vesicle:exit": 1 << stream.EXIT, "vesicle:entry": 1 << stream.ENTRY,
    "vesicle:fault": 1 << stream.FAULT, "vesicle:irq": 1 << stream.IRQ, "vesicle:trap": 1 << stream.TRAP,
    "vesicle:return": 1 << stream.RETURN,
}


class Converter:
    """Makes samples of records."""

    def __init__(self, writer, frequency, threads, names, chosen):
        self.writer, self.frequency, self.threads, self.chosen = writer, frequency, threads, chosen
        self.ids = {name: writer.add_tracepoint(tracepoints.ALL[name]) for name in names}
        self.pids, self.comms = {}, {}
        self.samples = self.missing = 0
        self.counts = dict.fromkeys(names, 0)
        self.makers = {stream.EXIT: self._exit, stream.ENTRY: self._entry, stream.SWITCH: self._switch, stream.FAULT: self._fault,
                       stream.IRQ: self._irq, stream.TRAP: self._trap, stream.RETURN: self._return}

    def time(self, ticks):
        """Nanoseconds."""
        return ticks * NS // self.frequency

    def _pid(self, thread):
        if thread not in self.pids:
            self.pids[thread] = self.threads.process(thread)
        return self.pids[thread]

    def _comm(self, thread):
        if thread not in self.comms:
            self.comms[thread] = self.threads.name(thread).encode()
        return self.comms[thread]

    def _sample(self, name, core, time, thread, ip, *values):
        identifier = self.ids.get(name)
        if identifier:
            self.counts[name] += 1
            self.samples += 1
            self.writer.sample(identifier, MISC_USER, ip, self._pid(thread), thread, self.time(time), core,
                               raw(tracepoints.ALL[name].pack(thread, *values)))
            if self.samples % ROUND_SAMPLES == 0:
                self.writer.round()

    def lost(self, core, count, time):
        """Records are missing."""
        self.missing += count
        self.writer.lost(1, count, self.time(time), core)

    def convert(self, core, record):
        """One record."""
        if self.chosen is None or record[1] in self.chosen or (record[4] == stream.SWITCH and record[5] in self.chosen):
            maker = self.makers.get(record[4])
            if maker:
                maker(core, *record)

    def _exit(self, core, time, thread, detail, reason, kind, pc, b):
        esr, w0 = b & 0xffffffff, b >> 32
        ret = (tracepoints.RET_IRQ if reason in INTERRUPT_REASONS else
               tracepoints.RET_SERROR if reason == exits.SERROR else tracepoints.RET_TRAP)
        if reason == exits.CONST:
            esr = 0x16 << 26  # the kernel does not keep it: an HVC or SMC
        self._sample("kvm:kvm_exit", core, time, thread, pc, ret, esr >> 26, pc)
        address = exits.ipa((time, thread, detail, reason, kind, pc, b))
        self._sample("vesicle:exit", core, time, thread, pc, reason, esr, pc, address or 0, 0 if address is not None else w0)
        if reason == exits.DABORT and esr >> 24 & 1 and address is not None and address < exits.RAM:
            self._sample("kvm:kvm_mmio", core, time, thread, pc, tracepoints.MMIO_WRITE if esr >> 6 & 1 else tracepoints.MMIO_READ,
                         1 << (esr >> 22 & 3), address, 0)
        if reason == exits.CONST:  # goes on at once
            self._sample("kvm:kvm_entry", core, time, thread, pc, pc)

    def _entry(self, core, time, thread, _detail, reason, _kind, pc, ticks):
        self._sample("kvm:kvm_entry", core, time, thread, pc, pc)
        self._sample("vesicle:entry", core, time, thread, pc, reason & ~stream.VMM, int(bool(reason & stream.VMM)), pc, self.time(ticks))

    def _switch(self, core, time, thread, _detail, state, _kind, before, _b):
        word = tracepoints.TASK_RUNNING if state in (1, 7) else tracepoints.TASK_STOPPED if state == 0 else tracepoints.TASK_INTERRUPTIBLE
        self._sample("sched:sched_switch", core, time, before, 0, self._comm(before), before, PRIORITY, word, self._comm(thread), thread,
                     PRIORITY)

    def _fault(self, core, time, thread, _detail, reason, _kind, pc, word):
        self._sample("vesicle:fault", core, time, thread, pc, reason, pc, word)

    def _irq(self, core, time, thread, detail, _reason, _kind, _a, _b):
        self._sample("vesicle:irq", core, time, thread, 0, detail)

    def _trap(self, core, time, thread, detail, reason, _kind, pc, b):
        self._sample("vesicle:trap", core, time, thread, pc, reason, b & 0xffffffff, pc, b >> 32, detail)

    def _return(self, core, time, thread, _detail, _reason, _kind, pc, _b):
        self._sample("vesicle:return", core, time, thread, pc, pc)


def events_of(names):
    """What cores record for these events."""
    return stream.COUNT | sum(1 << bit for bit in range(1, 8) if any(KINDS[name] >> bit & 1 for name in names))


def parse_events(text):
    """Names of events, from a list with commas; SYSTEM:* is all of a system."""
    names = []
    for word in text.split(","):
        found = [name for name in tracepoints.ALL if name == word or (word.endswith(":*") and name.startswith(word[:-1]))]
        if not found:
            raise Failure(f"there is no event '{word}'; there are: " + " ".join(tracepoints.ALL))
        names += [name for name in found if name not in names]
    return names


def write_names(writer, threads, machine, time, kernels=None):
    """Names of all threads, and where the code of processes, of the kernel and of guests' kernels lies."""
    kernel = machine.kernel_code()
    writer.comm(0, 0, "idle", time)
    done = set()
    for number in sorted(threads.known):
        pid = threads.process(number)
        writer.comm(pid, number, threads.name(number), time)
        if pid in done:
            continue
        done.add(pid)
        program = machine.program(threads.image_name(pid))
        for path, segments in [found for found in (program, kernel) if found]:
            for address, size, offset in segments:
                writer.map(pid, address, size, offset, path, time)
        thread = threads.known.get(pid)
        found = kernels.place(thread.guest_name()) if kernels and thread and thread.guest else None
        if found:
            guests.write_map(writer, pid, found, time)


def convert(source, target, machine, names, pids, command, kernels=None):
    """Makes a perf.data of a file of frames; returns the Converter and, if the recording came to its end, the counters' growth."""
    threads, begin, counters = Threads(), None, {}
    for frame in stream.read_frames(source):
        if frame.kind == stream.BEGIN:
            begin = stream.parse_begin(frame.data)
        elif frame.kind == stream.THREAD:
            threads.add(stream.parse_thread(frame.data))
        elif frame.kind == stream.COUNTERS:
            thread, values = stream.parse_counters(frame.data)
            counters.setdefault(thread, [None, None])[frame.core] = values
    if not begin:
        raise Failure("nothing was recorded")
    writer = Writer(target)
    converter = Converter(writer, begin.frequency, threads, names, threads.chosen(pids))
    writer.describe(begin.cores, machine.cpuid(), "6.1.0-vesicle", "6.1", command)
    write_names(writer, threads, machine, converter.time(begin.time), kernels)
    merger = stream.Merger(begin.frequency)
    source.seek(0)
    for frame in stream.read_frames(source):
        if frame.kind == stream.RECORDS:
            merger.add(frame)
        elif frame.kind in (stream.ROUND, stream.END):
            _pass_on(converter, merger.ready(struct.unpack("<Q", frame.data)[0] if frame.kind == stream.ROUND else None))
    _pass_on(converter, merger.ready())
    writer.close()
    return converter, counters


def growth(before, after):
    """How many exits more a guest's CPU has now than it had at first (null: it was not there yet)."""
    def total(values):
        return sum(kernel + vmm for kernel, _, vmm, _ in values or ())
    return total(after) - total(before) if after else 0


def _pass_on(converter, records):
    for time, core, record in records:
        if isinstance(record, int):
            converter.lost(core, record, time)
        else:
            converter.convert(core, record)


def spool(session, file, on_start=lambda: None):
    """Takes a recording into a file, to its end, until somebody interrupts, or the system ends. on_start: all cores record now."""
    started = False
    with stream.until_interrupted(session):
        for frame in session.frames():
            stream.write_frame(file, frame)
            if frame.kind == stream.ROUND and not started:
                started = True
                on_start()
            if frame.kind == stream.ERROR:
                raise Failure(frame.data.split(b"\0", 1)[0].decode())


def run(args):
    """The subcommand."""
    folder = attach.running(args.system)
    names = parse_events(args.event) if args.event else list(tracepoints.DEFAULT)
    machine = Machine(folder)
    output = pathlib.Path(args.output)
    with tempfile.TemporaryFile(dir=output.resolve().parent) as spooled:
        kernels = guests.Kernels(machine, folder)
        session = stream.Session(folder, events_of(names), args.seconds, names=args.pid, until_gone=args.until_gone)
        try:
            spool(session, spooled, lambda: say(f"recording '{folder.name}'{stream.how_long(args)}"))
        finally:
            session.close()
        if spooled.tell() > LARGE:
            say(f"writing {output}")
        spooled.seek(0)
        with open(output, "wb") as target:
            converter, counters = convert(spooled, target, machine, names, args.pid, ["./vesicle", *sys.argv[1:]], kernels)
    lost = f", {converter.missing} records lost" if converter.missing else ""
    if any(after for _, after in counters.values()):
        say(f"the kernel counted {sum(growth(*pair) for pair in counters.values())} exits of all guests")
    say(f"{converter.samples} samples in {output}{lost}; read it with perf script -i {output}, perf report, or "
        f"./vesicle perf tool kvm -i {output} stat report")
    return 0
