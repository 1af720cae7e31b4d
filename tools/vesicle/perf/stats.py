# SPDX-License-Identifier: BSD-2-Clause
"""Sums of what was recorded: exits by reason, and where each core's time went."""

import collections

from . import exits, stream

NAMES = 1000  # that exits can have in one table; a guest can touch any address
KERNEL, VMM = "kernel", "VMM"
GUEST, NATIVE, IDLE = "guest", "native", "idle"


class Spread:
    """How long something took, each time: exactly, as there are few different times."""

    def __init__(self):
        self.ticks = collections.Counter()

    def count(self):
        """How often."""
        return self.ticks.total()

    def total(self):
        """All together."""
        return sum(ticks * count for ticks, count in self.ticks.items())

    def at(self, *shares):
        """What that share of them took at most, for each of the shares, which grow."""
        out, left, wanted = [], 0, [max(1, -(-self.count() * share // 100)) for share in shares]
        for ticks in sorted(self.ticks):
            left += self.ticks[ticks]
            while len(out) < len(wanted) and left >= wanted[len(out)]:
                out.append(ticks)
        return out


class Clock:
    """Whose a core's time is, from record to record; None: not known."""

    __slots__ = ("since", "owner")

    def __init__(self, start):
        self.since, self.owner = start, None


class Stats:
    """Sums since the beginning, or since clear()."""

    def __init__(self, begin, devices=()):
        """devices: of guests, that have a name of their own (exits.name)."""
        self.begin, self.now, self.devices = begin, begin.time, devices
        self.clocks = {core: Clock(begin.time) for core in range(begin.cores)}
        self.open = {}          # the Exit that each guest's CPU is in
        self.trapped = {}       # the Trap that each native thread is in
        self.guests = set()     # threads that are guests' CPUs
        self.owners = {0: (IDLE, 0)}  # what a thread's time is while it is not in a guest
        self.names = {}         # of exits
        self.first, self.last = {}, {}  # counters
        self.clear()

    def clear(self):
        """Sums begin anew."""
        self.start = self.now
        self.exits = collections.defaultdict(Spread)  # by CPU, what it is called, who ended it
        self.reasons = collections.Counter()          # how many by CPU, reason as counters have it, who ended it
        self.spent = collections.Counter()            # ticks by (what, thread)
        self.calls = collections.defaultdict(Spread)  # by native thread and what its trap is called
        self.runs = collections.Counter()             # how often a thread was switched to
        self.lost = 0

    def add(self, other):
        """What another one, of the time behind this one's, has summed up."""
        for key, spread in other.exits.items():
            self.exits[key].ticks.update(spread.ticks)
        for key, spread in other.calls.items():
            self.calls[key].ticks.update(spread.ticks)
        self.reasons.update(other.reasons)
        self.spent.update(other.spent)
        self.runs.update(other.runs)
        for thread in other.guests:
            self.is_guest(thread)
        self.lost += other.lost
        self.now = other.now

    def seconds(self):
        """Of the system's time."""
        return (self.now - self.start) / self.begin.frequency

    # Records

    def is_guest(self, thread):
        """A thread is a guest's CPU."""
        self.guests.add(thread)
        self.owners[thread] = (KERNEL, thread)

    def _owner(self, thread):
        return self.owners.setdefault(thread, (NATIVE, thread))

    def _name(self, reason, record):
        key = (reason, record[6], record[2]) if record else reason
        name = self.names.get(key)
        if name is None:
            if len(self.names) > 10 * NAMES:
                self.names.clear()
            name = self.names[key] = exits.name(reason, record, self.devices)
        return name

    def _ended(self, thread, reason, by, record, ticks):
        key = thread, self._name(reason, record), by
        if key not in self.exits and len(self.exits) >= NAMES:
            key = thread, exits.REASONS[reason], by
        self.exits[key].ticks[ticks] += 1
        self.reasons[thread, reason, by] += 1

    def _lose(self, clock, count):
        self.lost += count
        self.open.clear()  # which Entry belongs to which Exit is not known here
        self.trapped.clear()
        clock.owner = None

    def _native(self, record):
        time, thread, detail, reason, kind, _, _ = record
        if kind == stream.TRAP:
            self.trapped[thread] = time, reason, detail
        elif kind == stream.RETURN and thread in self.trapped:
            began, reason, number = self.trapped.pop(thread)
            self.calls[thread, exits.trap_name(reason, number)].ticks[time - began] += 1

    def feed(self, batch):
        """What Merger.ready gives. Some hundred thousand records a second come here."""
        clocks, spent, opened, guests, owners, runs = self.clocks, self.spent, self.open, self.guests, self.owners, self.runs
        for time, core, record in batch:
            clock = clocks[core]
            if record.__class__ is int:
                self._lose(clock, record)
                continue
            _, thread, _, reason, kind, a, b = record
            if kind == stream.SWITCH:
                spent[clock.owner or self._owner(a)] += time - clock.since
                clock.owner = owners.get(thread) or self._owner(thread)
                runs[thread] += 1
            elif kind == stream.EXIT:
                if thread not in guests:
                    self.is_guest(thread)
                spent[clock.owner or (GUEST, thread)] += time - clock.since
                if reason == exits.CONST:  # the guest has gone on
                    clock.owner = (GUEST, thread)
                    self._ended(thread, reason, KERNEL, record, 0)
                else:
                    clock.owner = owners[thread]
                    opened[thread] = record
            elif kind == stream.ENTRY:
                spent[clock.owner or (KERNEL, thread)] += time - clock.since
                clock.owner = (GUEST, thread)
                if thread not in guests:
                    self.is_guest(thread)
                began = opened.pop(thread, None)
                if began or b or reason:
                    self._ended(thread, reason & ~stream.VMM, VMM if reason & stream.VMM else KERNEL, began, b)
            elif kind == stream.IRQ and clock.owner is None:
                clock.owner = self._owner(thread)
                spent[clock.owner] += time - clock.since
            else:
                self._native(record)
                continue
            clock.since = time

    def reached(self, time):
        """The system's time is that: what every core does now it has done until then."""
        for clock in self.clocks.values():
            if clock.owner and time > clock.since:
                self.spent[clock.owner] += time - clock.since
                clock.since = time
        self.now = max(self.now, time)

    # Counters

    def counters(self, first, thread, values):
        """The kernel's counters of a guest's CPU; what they were at first, or are at last. A guest that has gone has none then."""
        self.is_guest(thread)
        (self.first if first else self.last)[thread] = values

    def counted(self, thread):
        """How they grew: by reason and who ended it, (exits, ticks)."""
        now = self.last.get(thread, ())
        before = self.first.get(thread) or [(0, 0, 0, 0)] * len(now)
        out = {}
        for reason, (old, new) in enumerate(zip(before, now)):
            grown = [y - x for x, y in zip(old, new)]
            for by, (count, ticks) in ((KERNEL, grown[:2]), (VMM, grown[2:])):
                if count:
                    out[reason, by] = count, ticks
        return out
