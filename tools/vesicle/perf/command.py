# SPDX-License-Identifier: BSD-2-Clause
"""The command line of ./vesicle perf."""

import argparse

from . import exact, record, sample, stat, stock

UNTIL = ["until", "poweroff"]


def _seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds")
    return seconds


def _frequency(text):
    try:
        frequency = float(text)
    except ValueError:
        frequency = 0
    if not 0.1 <= frequency <= sample.MOST:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of samples a second, 0.1 to {sample.MOST}")
    return frequency


def _record(args):
    if args.exact:
        if args.sample or args.symbols or args.event or args.pid:
            args.parser.error("--exact counts what the kernel executes, for whomever: no -p, -e, --sample, --symbols")
        return exact.run(args)
    args.output = args.output or "perf.data"
    if args.sample:
        return sample.run(args)
    if args.flame or args.symbols:
        args.parser.error("--flame is for --sample and --exact, --symbols for --sample")
    return record.run(args)


def _common(sub):
    sub.add_argument("-p", "--pid", action="append", metavar="NAME", help="only this PD or guest (repeatable); a guest's CPU is GUEST/N")
    sub.add_argument("--system", metavar="NAME", help="of which system, if several run")
    sub.add_argument("--seconds", type=_seconds, metavar="N", help="for so long; also after '--' (default: until Ctrl-C, or the system's end)")
    sub.set_defaults(until_gone=False)


def add_parsers(commands, parser_class):
    """Adds `perf` and what it can do."""
    perf = commands.add_parser("perf", help="measure a running system", description="Measures a system that './vesicle run' runs in "
                               "another terminal: what its guests' exits cost, and where its time goes.")
    tools = perf.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=parser_class)

    sub = tools.add_parser("stat", help="exits by reason, and where time goes", description="Counts guests' exits by reason, those that the "
                           "kernel ended and those that the VMM served apart, with how long they took, and tells how much time the "
                           "guest, the kernel, the VMM and others had.")
    _common(sub)
    sub.add_argument("--interval", type=_seconds, metavar="N", help="a table each N seconds, of those alone, and one of all at the end")
    sub.add_argument("--json", nargs="?", const="-", metavar="FILE", help="for other programs, in this file (default: standard output)")
    sub.add_argument("--calls", action="store_true", help="system calls of PDs, too")
    sub.set_defaults(call=stat.run, perf=True)

    sub = tools.add_parser("top", help="the same on the screen, live", description="Shows the table of 'perf stat' again and again.")
    _common(sub)
    sub.add_argument("--interval", type=_seconds, default=2, metavar="N", help="seconds (default: %(default)s)")
    sub.set_defaults(call=stat.top, perf=True, calls=False)

    sub = tools.add_parser("record", help="write a perf.data", description="Records guests' exits and entries, switches of threads, "
                           "faults and interrupts in a file that perf reads (perf script, perf report, perf kvm stat report).")
    _common(sub)
    sub.add_argument("-o", "--output", metavar="FILE", help="where to (default: perf.data; with --exact, which "
                     "prints a table: nowhere; JSON)")
    sub.add_argument("-e", "--event", metavar="EVENTS", help="which, with commas: kvm:*, sched:sched_switch, vesicle:* ...")
    sub.add_argument("--sample", type=_frequency, metavar="FREQ", help="instead, where PDs and guests are so many times a second, and the "
                     "kernel's time by its reason")
    sub.add_argument("--exact", action="store_true", help="instead, how many instructions each function of the kernel executes; for systems "
                     "started with './vesicle run --exact'")
    sub.add_argument("--flame", metavar="FILE", help="with --sample, --exact: a flame graph, too (SVG)")
    sub.add_argument("--symbols", action="append", metavar="[GUEST=]FILE[@DISTANCE]", help="with --sample: a guest's vmlinux, "
                     "System.map or /proc/kallsyms, and how far from there it lies, if that cannot be seen (repeatable)")
    sub.set_defaults(call=_record, perf=True)

    for sub in tools.choices.values():
        sub.usage = sub.format_usage().removeprefix("usage: ").rstrip() + " [-- SECONDS | -- until poweroff]"
        sub.epilog = "After '--': for how many seconds, or 'until poweroff': until the guests and PDs of -p are gone, or the system is."

    sub = tools.add_parser("tool", help="Debian's perf for arm64", description="Runs Debian's perf for arm64, which is fetched the first "
                           "time, with these arguments: for what this machine's own perf cannot do, as 'kvm -i perf.data stat report'.")
    sub.add_argument("words", nargs=argparse.REMAINDER, metavar="ARGUMENTS", help="of perf")
    sub.set_defaults(call=stock.run, perf=True)

    for sub in tools.choices.values():
        sub.set_defaults(parser=sub)


def takes(args):
    """Whether what stands after `--` is for this command: SECONDS, or `until poweroff`."""
    if not getattr(args, "perf", False):
        return False
    extra = args.extra
    if args.call is stock.run:
        return True
    if extra == UNTIL:
        args.until_gone = True
        return True
    if len(extra) != 1:
        args.parser.error(f"after '--' comes the number of seconds, or '{' '.join(UNTIL)}'")
    try:
        args.seconds = _seconds(extra[0])
    except argparse.ArgumentTypeError as error:
        args.parser.error(str(error))
    return True
