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
    """Whose a core's time is, from record to record."""

    def __init__(self, start):
        self.since, self.owner = start, None

    def charge(self, spent, time, guess):
        """Until now it was the owner's; `guess`: who that was if it is not known."""
        spent[self.owner or guess] += max(0, time - self.since)
        self.since = max(self.since, time)


class Stats:
    """Sums since the beginning, or since clear()."""

    def __init__(self, begin):
        self.begin, self.now = begin, begin.time
        self.clocks = {core: Clock(begin.time) for core in range(begin.cores)}
        self.open = {}          # the Exit that each guest's CPU is in
        self.guests = set()     # threads that are guests' CPUs
        self.first, self.last = {}, {}  # counters
        self.clear()

    def clear(self):
        """Sums begin anew."""
        self.start = self.now
        self.exits = collections.defaultdict(Spread)  # by CPU, what it is called, who ended it
        self.reasons = collections.Counter()          # how many by CPU, reason as counters have it, who ended it
        self.spent = collections.Counter()            # ticks by (what, thread)
        self.lost = 0

    def add(self, other):
        """What another one, of the time behind this one's, has summed up."""
        for key, spread in other.exits.items():
            self.exits[key].ticks.update(spread.ticks)
        self.reasons.update(other.reasons)
        self.spent.update(other.spent)
        self.guests |= other.guests
        self.lost += other.lost
        self.now = other.now

    def seconds(self):
        """Of the system's time."""
        return (self.now - self.start) / self.begin.frequency

    # Records

    def _owner(self, thread):
        return (IDLE, 0) if thread == 0 else (KERNEL if thread in self.guests else NATIVE, thread)

    def _ended(self, thread, reason, by, record, ticks):
        key = thread, exits.name(reason, record), by
        if key not in self.exits and len(self.exits) >= NAMES:
            key = thread, exits.REASONS[reason], by
        self.exits[key].ticks[ticks] += 1
        self.reasons[thread, reason, by] += 1

    def feed(self, core, record, lost):
        """What Merger.ready gives."""
        clock = self.clocks[core]
        if record is None:
            self.lost += lost
            self.open.clear()  # which Entry belongs to which Exit is not known here
            clock.owner = None
            return
        time, thread, _, reason, kind, a, b = record
        if kind == stream.EXIT:
            self._exit(clock, record, time, thread, reason)
        elif kind == stream.ENTRY:
            clock.charge(self.spent, time, (KERNEL, thread))
            clock.owner = (GUEST, thread)
            self.guests.add(thread)
            opened = self.open.pop(thread, None)
            if opened or b or reason:
                self._ended(thread, reason & ~stream.VMM, VMM if reason & stream.VMM else KERNEL, opened, b)
        elif kind == stream.SWITCH:
            clock.charge(self.spent, time, self._owner(a))
            clock.owner = self._owner(thread)
        elif kind == stream.IRQ and clock.owner is None:
            clock.charge(self.spent, time, self._owner(thread))
            clock.owner = self._owner(thread)

    def _exit(self, clock, record, time, thread, reason):
        self.guests.add(thread)
        clock.charge(self.spent, time, (GUEST, thread))
        if reason == exits.CONST:
            clock.owner = (GUEST, thread)
            self._ended(thread, reason, KERNEL, record, 0)
        else:
            clock.owner = (KERNEL, thread)
            self.open[thread] = record

    def reached(self, time):
        """The system's time is that: what every core does now it has done until then."""
        for clock in self.clocks.values():
            if clock.owner:
                clock.charge(self.spent, time, None)
        self.now = max(self.now, time)

    # Counters

    def counters(self, first, thread, values):
        """The kernel's counters of a guest's CPU; what they were at first, or are now."""
        self.guests.add(thread)
        if first:
            self.first[thread] = values
        self.last[thread] = values

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
