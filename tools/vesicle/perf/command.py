# SPDX-License-Identifier: BSD-2-Clause
"""The command line of ./vesicle perf."""

import argparse

from . import record


def _seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 1e6:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of seconds")
    return seconds


def _common(sub):
    sub.add_argument("-p", "--pid", action="append", metavar="NAME", help="only this PD or guest (repeatable); a guest's CPU is GUEST/N")
    sub.add_argument("--system", metavar="NAME", help="of which system, if several run")
    sub.add_argument("--seconds", type=_seconds, metavar="N", help="for so long; also after '--' (default: until Ctrl-C, or the system's end)")


def add_parsers(commands, parser_class):
    """Adds `perf` and what it can do."""
    perf = commands.add_parser("perf", help="measure a running system", description="Measures a system that './vesicle run' runs in "
                               "another terminal: what its guests' exits cost, and where its time goes.")
    tools = perf.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=parser_class)

    sub = tools.add_parser("record", help="write a perf.data", description="Records guests' exits and entries, switches of threads, "
                           "faults and interrupts in a file that perf reads (perf script, perf report, perf kvm stat report).")
    _common(sub)
    sub.add_argument("-o", "--output", default="perf.data", metavar="FILE", help="where to (default: %(default)s)")
    sub.add_argument("-e", "--event", metavar="EVENTS", help="which, with commas: kvm:*, sched:sched_switch, vesicle:* ...")
    sub.set_defaults(call=record.run, perf=True)

    for sub in tools.choices.values():
        sub.epilog = "SECONDS can stand after '--', too."
        sub.set_defaults(parser=sub)


def takes(args):
    """Whether what stands after `--` is for this command; it is the number of seconds."""
    if not getattr(args, "perf", False):
        return False
    extra = args.extra
    if len(extra) != 1:
        args.parser.error("after '--' comes the number of seconds")
    try:
        args.seconds = _seconds(extra[0])
    except argparse.ArgumentTypeError as error:
        args.parser.error(str(error))
    return True
