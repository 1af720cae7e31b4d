# SPDX-License-Identifier: BSD-2-Clause
"""Samples of where time goes, in all layers: in PDs and guests by address, in the kernel by why it was entered."""

import collections
import pathlib
import struct
import sys
import tempfile

from .. import attach
from ..ui import Failure, say
from . import exits, flame, guests, record, stream, symbols
from .machine import Machine
from .perfdata import MISC_USER, TYPE_SOFTWARE, Writer
from .threads import Threads

US = 1000000
MOST = 100000  # samples a second
CPU_CLOCK = 0  # PERF_COUNT_SW_CPU_CLOCK
# The kernel's frames lie where nobody's code is, one a reason.
KERNEL_BASE, KERNEL_STEP = 0xffff900000000000, 16
PAGE = 4096
MODE_EL = 12  # of PSTATE's mode


def events_of(frequency, exits_too):
    """What cores record: samples; and exits, where it has to be found out where guests' kernels lie."""
    return stream.COUNT | (1 << stream.EXIT if exits_too else 0) | max(round(US / frequency), 1) << stream.PERIOD_SHIFT


def kernel_frame(reason):
    """What the kernel's time is called."""
    return f"[kernel] {exits.REASONS[reason] if reason < len(exits.REASONS) else reason}"


class Profile:
    """Takes all records, and knows at last where the time went."""

    def __init__(self, threads, machine, frequency, period_us, kernels):
        self.threads, self.machine, self.kernels = threads, machine, kernels
        self.placed = None                                 # symbols of guests' kernels, by process
        self.period = max(period_us * frequency // US, 1)  # ticks
        self.frequency = frequency
        self.samples = []                                  # core, time, thread, pc, the kernel's reason or None, mode
        self.sleeps = collections.defaultdict(list)        # thread: where it did WFI
        self.count = self.missing = 0
        self.event = None

    def take(self, records):
        """Records, in the order of time."""
        for _, core, words in records:
            if isinstance(words, int):
                self.missing += words
            else:
                self.add(core, words)

    def add(self, core, words):
        """One record."""
        time, thread, detail, reason, kind, pc, _ = words
        if kind == stream.EXIT and reason == exits.WFX:
            self.sleeps[thread].append(pc)
        elif kind == stream.SAMPLE and detail & stream.IN_KERNEL:
            self.samples.append((core, time, thread, KERNEL_BASE + reason * KERNEL_STEP, reason, 0))
        elif kind == stream.SAMPLE:
            self.samples.append((core, time, thread, pc, None, detail))

    # What addresses mean

    def _guest_symbols(self, chosen):
        """By process, of those that were sampled."""
        if self.placed is None:
            self.placed = {}
            cpus = collections.defaultdict(list)
            for number in self.threads.guests():
                cpus[self.threads.process(number)].append(number)
            sampled = {thread for _, _, thread, *_ in self.samples if chosen is None or thread in chosen}
            for pid, threads in cpus.items():
                if not sampled.isdisjoint(threads):
                    sleeps = [pc for thread in threads for pc in self.sleeps[thread]]
                    self.placed[pid] = self.kernels.place(self.threads.known[pid].guest_name(), sleeps)
        return self.placed

    def _program_symbols(self, pid):
        program = self.machine.program(self.threads.image_name(pid))
        return symbols.of_elf(program[0].read_bytes()) if program else symbols.Symbols([])

    # Results

    def stacks(self, chosen=None):
        """Nanoseconds, or instructions, by who, in what and where."""
        kernels, programs, out = self._guest_symbols(chosen), {}, collections.Counter()
        each = self.period * 10**9 // self.frequency
        for _, _, thread, pc, reason, mode in self.samples:
            if chosen is not None and thread not in chosen:
                continue
            pid, known = self.threads.process(thread), self.threads.known.get(thread)
            whose = known.guest_name() if known and known.guest else self.threads.name(pid)
            if reason is not None:
                out[(whose, self.threads.name(thread), kernel_frame(reason))] += each
            elif known and known.guest:
                layer = "user" if mode & MODE_EL == 0 else "kernel"
                found = kernels.get(pid) if layer == "kernel" else None
                out[(whose, f"{known.title()} {layer}", (found.find(pc) if found else None) or hex(pc))] += each
            else:
                if pid not in programs:
                    programs[pid] = self._program_symbols(pid)
                out[(whose, self.threads.name(thread), programs[pid].find(pc) or hex(pc))] += each
        return out

    def write(self, writer, convert_time, chosen=None):
        """The samples into a perf.data: after add_events, once everything was added."""
        for core, time, thread, pc, *_ in self.samples:
            if chosen is None or thread in chosen:
                writer.sample(self.event, MISC_USER, pc, self.threads.process(thread), thread, convert_time(time), core,
                              period=self.period * 10**9 // self.frequency)
                self.count += 1

    def add_event(self, writer):
        """The samples' event; before the first record is written."""
        self.event = writer.add_event(TYPE_SOFTWARE, CPU_CLOCK)

    def write_maps(self, writer, time, chosen=None):
        """Where the frames of the kernel and the code of guests' kernels lie, for perf; before the samples."""
        frames = symbols.Symbols([(KERNEL_BASE + i * KERNEL_STEP, kernel_frame(i)) for i in range(len(exits.REASONS))])
        kernel = guests.file_of("kernel-time", symbols.make_elf(frames, KERNEL_BASE, PAGE))
        kernels = self._guest_symbols(chosen)
        for pid in sorted({self.threads.process(number) for number in self.threads.known} | {0}):
            writer.map(pid, KERNEL_BASE, PAGE, 0, kernel, time)
            if kernels.get(pid):
                guests.write_map(writer, pid, kernels[pid], time)

    def draw(self, path, chosen=None):
        """The flame graph."""
        stacks = self.stacks(chosen)
        path.write_text(flame.draw(stacks, "where time went: guests, PDs, kernel", self.machine.unit()), encoding="utf-8")


def profile(source, machine, period_us, kernels):
    """The Profile of a file of frames, and how it began; lost records are counted in it."""
    threads, begin = Threads(), None
    for frame in stream.read_frames(source):
        if frame.kind == stream.BEGIN:
            begin = stream.parse_begin(frame.data)
        elif frame.kind == stream.THREAD:
            threads.add(stream.parse_thread(frame.data))
    if not begin:
        raise Failure("nothing was recorded")
    found, merger = Profile(threads, machine, begin.frequency, period_us, kernels), stream.Merger(begin.frequency)
    source.seek(0)
    for frame in stream.read_frames(source):
        if frame.kind == stream.RECORDS:
            merger.add(frame)
        elif frame.kind in (stream.ROUND, stream.END):
            found.take(merger.ready(struct.unpack("<Q", frame.data)[0] if frame.kind == stream.ROUND else None))
    found.take(merger.ready())
    return found, begin


def convert(found, begin, target, machine, chosen, command):
    """Writes a perf.data of it."""
    def nanoseconds(ticks):
        return ticks * 10**9 // begin.frequency
    writer = Writer(target)
    found.add_event(writer)
    writer.describe(begin.cores, machine.cpuid(), "6.1.0-vesicle", "6.1", command)
    record.write_names(writer, found.threads, machine, nanoseconds(begin.time))
    found.write_maps(writer, nanoseconds(begin.time), chosen)
    found.write(writer, nanoseconds, chosen)
    writer.close()


def run(args):
    """./vesicle perf record --sample."""
    given = guests.parse(args.symbols)
    period = max(round(US / args.sample), 1)
    folder = attach.running(args.system)
    machine = Machine(folder)
    output = pathlib.Path(args.output)
    with tempfile.TemporaryFile(dir=output.resolve().parent) as spooled:
        kernels = guests.Kernels(machine, folder, given)
        session = stream.Session(folder, events_of(args.sample, machine.kernels), args.seconds, names=args.pid, until_gone=args.until_gone)
        try:
            record.spool(session, spooled, lambda: say(f"sampling '{folder.name}' every {period} us{stream.how_long(args)}"))
        finally:
            session.close()
        spooled.seek(0)
        found, begin = profile(spooled, machine, period, kernels)
    chosen = found.threads.chosen(args.pid)
    with open(output, "wb") as target:
        convert(found, begin, target, machine, chosen, ["./vesicle", *sys.argv[1:]])
    if args.flame:
        found.draw(pathlib.Path(args.flame), chosen)
    kernels.complain()
    lost = f", {found.missing} records lost" if found.missing else ""
    say(f"{found.count} samples in {output}{lost}; read it with perf report -i {output}"
        + (f"; flame graph in {args.flame}" if args.flame else ""))
    return 0
