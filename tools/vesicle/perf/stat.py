# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle perf stat, ./vesicle perf top: what guests' exits cost, by reason, and where time goes; live."""

import collections
import json
import struct
import sys

from .. import attach
from ..ui import Failure, complain, say
from . import exits, stream
from .machine import Machine
from .stats import GUEST, IDLE, KERNEL, NATIVE, VMM, Spread, Stats
from .threads import Threads

NS = 1000000000
CLEAR = "\x1b[H\x1b[2J"
COLUMNS = ("count", "share", "min", "mean", "p50", "p99", "max")
CALL_COLUMNS = ("count", "min", "mean", "p50", "p99", "max")
SLEEPS = ("WFI", "WFE")


class Report:
    """Tables, and the same for other programs, of Stats."""

    def __init__(self, stats, threads, machine, chosen):
        self.stats, self.threads, self.machine, self.chosen = stats, threads, machine, chosen

    def _ns(self, ticks):
        return ticks * NS // self.stats.begin.frequency

    def _cpus(self):
        """CPUs of each guest, by its name."""
        guests = collections.defaultdict(list)
        for number in sorted(self.stats.guests):
            thread = self.threads.known.get(number)
            if self.chosen is None or number in self.chosen or (thread and self.threads.vmm_of(number) & self.chosen):
                guests[thread.guest_name() if thread else f"thread-{number}"].append(number)
        return guests

    def _times(self, spread):
        """Cells of a table."""
        count, (least, half, most, top) = spread.count(), spread.at(0, 50, 99, 100)
        return {"count": count, "min": self._ns(least), "mean": self._ns(spread.total()) // count, "p50": self._ns(half),
                "p99": self._ns(most), "max": self._ns(top), "total": self._ns(spread.total())}

    def _calls(self):
        """Of each PD its threads' system calls and other traps."""
        merged = collections.defaultdict(Spread)
        for (thread, name), spread in self.stats.calls.items():
            if self.chosen is None or thread in self.chosen:
                merged[self.threads.process_name(self.threads.process(thread)), name].ticks.update(spread.ticks)
        return [{"pd": pd, "call": name, **self._times(spread)}
                for (pd, name), spread in sorted(merged.items(), key=lambda item: (item[0][0], -item[1].count()))]

    def _rows(self, cpus):
        merged = collections.defaultdict(Spread)
        for (thread, name, by), spread in self.stats.exits.items():
            if thread in cpus:
                merged[by, name].ticks.update(spread.ticks)
        total = sum(spread.count() for spread in merged.values())
        rows = []
        for (by, name), spread in sorted(merged.items(), key=lambda item: (item[0][0], -item[1].count(), item[0][1])):
            rows.append({"by": by, "reason": name, "share": spread.count() / total, **self._times(spread)})
        return rows

    def _counters(self, cpus):
        out = collections.Counter()
        for thread in cpus:
            for (reason, by), (count, _) in self.stats.counted(thread).items():
                out[by, exits.REASONS[reason]] += count
        return [{"by": by, "reason": reason, "count": count} for (by, reason), count in sorted(out.items())]

    def _time(self, cpus):
        vmms = set()
        for number in cpus:
            vmms |= self.threads.vmm_of(number) if number in self.threads.known else set()
        spent = collections.Counter()
        for (what, thread), ticks in self.stats.spent.items():
            if what in (GUEST, KERNEL) and thread in cpus:
                spent[what] += ticks
            elif what == NATIVE and self.threads.process(thread) in vmms:
                spent[VMM] += ticks
            else:
                spent[IDLE if what == IDLE else "others"] += ticks
        return {what: self._ns(spent[what]) for what in (GUEST, KERNEL, VMM, "others", IDLE)}

    def _processes(self):
        """Time of each PD with its threads, of each guest, and of nobody; the busiest first."""
        spent, runs = collections.Counter(), collections.Counter()
        for (what, thread), ticks in self.stats.spent.items():
            if self.chosen is None or thread in self.chosen:
                spent[IDLE if what == IDLE else self.threads.process(thread)] += ticks
        for thread, count in self.stats.runs.items():
            runs[self.threads.process(thread)] += count
        whole = self.stats.seconds() * self.stats.begin.frequency * self.stats.begin.cores or 1
        return [{"name": number if number == IDLE else self.threads.process_name(number), "time": self._ns(ticks),
                 "share": ticks / whole, "runs": runs[0 if number == IDLE else number]} for number, ticks in spent.most_common()]

    def data(self):
        """All of it, as a dictionary."""
        guests = {name: {"cpus": len(cpus), "exits": self._rows(cpus), "counters": self._counters(cpus), "time": self._time(cpus)}
                  for name, cpus in self._cpus().items()}
        return {"unit": self.machine.unit(), "seconds": self.stats.seconds(), "lost": self.stats.lost, "guests": guests,
                "pds": self._processes(), "calls": self._calls()}

    def lines(self):
        """For people."""
        data = self.data()
        for name, guest in data["guests"].items():
            yield f"{name}: {guest['cpus']} CPU{'s' if guest['cpus'] > 1 else ''}, {data['seconds']:.3f} s, times in {data['unit']}"
            yield ""
            for by in (KERNEL, VMM):
                rows = [row for row in guest["exits"] if row["by"] == by]
                if not rows:
                    continue
                yield f"{'  ended by the kernel' if by == KERNEL else '  served by the VMM':34}" + "".join(f"{c:>11}" for c in COLUMNS)
                for row in rows:
                    cells = [str(row["count"]), f"{100 * row['share']:.2f}%"] + [str(row[c]) for c in COLUMNS[2:]]
                    yield f"    {row['reason']:30}" + "".join(f"{cell:>11}" for cell in cells)
                yield f"    {'all':30}{sum(row['count'] for row in rows):>11}"
            yield "" if guest["exits"] else "  no exits"
            total = sum(guest["time"].values()) or 1
            yield "  time      " + ", ".join(f"{what} {100 * ns / total:.2f}%" for what, ns in guest["time"].items())
            if any(row["reason"] in SLEEPS for row in guest["exits"]):
                yield "            (WFI and WFE take as long as the guest sleeps)"
            if guest["counters"]:
                counted = {by: sum(c["count"] for c in guest["counters"] if c["by"] == by) for by in (KERNEL, VMM)}
                yield f"  counters  {counted[KERNEL]} ended by the kernel, {counted[VMM]} served by the VMM"
            yield ""
        yield f"{'time of each PD':34}{'share':>11}{'time':>16}{'runs':>11}"
        for row in data["pds"]:
            yield f"    {row['name']:30}{100 * row['share']:>10.2f}%{row['time']:>16}{row['runs']:>11}"
        if data["calls"]:
            yield ""
            yield f"{'system calls and other traps':34}" + "".join(f"{c:>11}" for c in CALL_COLUMNS)
        for row in data["calls"]:
            yield f"    {row['pd']:14.14} {row['call']:15.15}" + "".join(f"{row[c]:>11}" for c in CALL_COLUMNS)
        if data["lost"]:
            yield f"{data['lost']} records were lost: this machine was too slow; the counters count all exits, the tables do not"


class Live:
    """Follows a recording; at each interval, and at the end, somebody is told."""

    def __init__(self, session, machine, names, interval):
        self.session, self.machine, self.names = session, machine, names
        self.interval = interval
        self.threads, self.stats, self.merger = Threads(), None, None
        self.whole = None   # of all intervals that are over

    def report(self):
        """Of what there is now."""
        return Report(self.stats, self.threads, self.machine, self.threads.chosen(self.names))

    def _begin(self, frame):
        begin = stream.parse_begin(frame.data)
        self.stats, self.merger = Stats(begin, self.machine.devices), stream.Merger(begin.frequency)
        self.whole = Stats(begin, self.machine.devices)
        self.step = int(self.interval * begin.frequency) if self.interval else None
        self.due = begin.time + (self.step or 0)

    def _reached(self, frame, on_interval):
        time, = struct.unpack("<Q", frame.data)
        upto = time if frame.kind == stream.ROUND else None
        self.stats.feed(self.merger.ready(upto))
        self.stats.reached(time - (self.merger.slack if upto else 0))
        if self.step and time >= self.due and frame.kind == stream.ROUND:
            self.due += self.step * max(1, -(-(time - self.due) // self.step))
            on_interval(self.report())
            self.whole.add(self.stats)
            self.stats.clear()

    def _take(self, frame, on_interval):
        if frame.kind == stream.BEGIN:
            self._begin(frame)
        elif frame.kind == stream.THREAD:
            thread = stream.parse_thread(frame.data)
            self.threads.add(thread)
            if thread.guest:
                self.stats.is_guest(thread.number)
        elif frame.kind == stream.COUNTERS:
            self.whole.counters(frame.core == 0, *stream.parse_counters(frame.data))
        elif frame.kind == stream.RECORDS:
            self.merger.add(frame)
        elif frame.kind in (stream.ROUND, stream.END):
            self._reached(frame, on_interval)
        elif frame.kind == stream.ERROR:
            raise Failure(frame.data.split(b"\0", 1)[0].decode())

    def run(self, on_interval=None, on_start=lambda: None):
        """Until it is over. on_start: called when all cores record."""
        started = False
        with stream.until_interrupted(self.session):
            for frame in self.session.frames():
                self._take(frame, on_interval)
                if frame.kind == stream.ROUND and not started:
                    started = True
                    on_start()
        if self.stats:
            self.stats.feed(self.merger.ready())  # if the system ended before the recording
            self.whole.add(self.stats)
            self.stats = self.whole


def _print(report):
    for line in report.lines():
        print(line)
    sys.stdout.flush()


def _start(args, interval):
    folder = attach.running(args.system)
    session = stream.Session(folder, stream.CALLS if args.calls else stream.SWITCHES, args.seconds, names=args.pid, until_gone=args.until_gone)
    return session, Live(session, Machine(folder), args.pid, interval)


def _say_start(args):
    (complain if args.json else say)(f"measuring{stream.how_long(args)}")


def run(args):
    """The subcommand `stat`."""
    session, live = _start(args, args.interval)
    shots = []

    def shot(report):
        if args.json:
            shots.append(report.data())
        else:
            _print(report)

    try:
        live.run(shot, lambda: _say_start(args))
    finally:
        session.close()
    if live.stats is None:
        raise Failure("the system ended before it began to measure")
    if not args.json:
        _print(live.report())
        return 0
    text = json.dumps({**live.report().data(), **({"intervals": shots} if args.interval else {})}, indent=1)
    if args.json == "-":
        print(text)
    else:
        with open(args.json, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    return 0


def top(args):
    """The subcommand `top`."""
    session, live = _start(args, args.interval)

    def show(report):
        print(CLEAR if sys.stdout.isatty() else "", end="")
        _print(report)

    try:
        live.run(show)
    finally:
        session.close()
    return 0
