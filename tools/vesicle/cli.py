# SPDX-License-Identifier: BSD-2-Clause
"""The command line."""

import argparse
import os
import sys

from . import attach, bench, build, guest, qemu, run, test
from .perf import command as perf
from .ui import Failure, complain


class Parser(argparse.ArgumentParser):
    """Wrong usage gets the reason and where help is."""

    def error(self, message):
        complain(f"{message}\nTry '{self.prog} --help'.")
        sys.exit(2)


def _machine_options(parser):
    parser.add_argument("--cpu", choices=qemu.CPUS, default=qemu.DEFAULT_CPU,
                        help="CPU model of the machine (default: %(default)s)")


def _positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 up")
    return int(text)


def _cores(text):
    if _positive(text) > qemu.MAX_CORES:
        raise argparse.ArgumentTypeError(f"the kernel runs on at most {qemu.MAX_CORES} cores")
    return int(text)


def _build(args):
    build.host()
    build.target(args.debug)
    return 0


def _parser():
    parser = Parser(prog="./vesicle", description="Builds, runs, tests and measures Vesicle. Debian packages "
                    "that are missing are installed first (tools/packages.txt lists them).")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)

    sub = commands.add_parser("run", help="boot a system on this terminal",
                              description="Builds everything and boots a system with this terminal as its "
                              "console. Ends when the system ends, with its status. By hand it is ended with "
                              "Ctrl-A x, or Ctrl-] q where the system's PDs have consoles of their own.")
    _machine_options(sub)
    sub.add_argument("--mem", type=_positive, metavar="MIB",
                     help=f"memory of the machine (default: {qemu.DEFAULT_MEM}); with --kernel of the guest "
                     f"(default: {guest.DEFAULT_MEM})")
    sub.add_argument("--smp", type=_cores, default=1, metavar="N", help="cores (default: %(default)s)")
    sub.add_argument("--kernel", metavar="IMAGE", help="boot this guest kernel (arm64 Image), alone, instead of a system; "
                     "ends with 0 when it powers off, with 1 when it crashes")
    sub.add_argument("--initrd", metavar="FILE", help="with --kernel: its initial file system")
    sub.add_argument("--append", metavar="WORDS", help=f"with --kernel: its arguments (default: {guest.DEFAULT_APPEND})")
    sub.add_argument("--cpus", type=_cores, metavar="N", help="with --kernel: its CPUs (default: 1)")
    sub.add_argument("--system", metavar="SYSTEM", help="which system: a name, or FILE.dts, a system tree (default: default)")
    sub.add_argument("--console", metavar="NAME", help="show this console first (systems whose PDs have consoles)")
    sub.add_argument("--exact", action="store_true", help="count the kernel's instructions, for './vesicle perf record --exact'")
    sub.add_argument("--debug", action="store_true", help="the build with assertions")
    sub.epilog = "Arguments after '--' go to QEMU."
    sub.usage = sub.format_usage().removeprefix("usage: ").rstrip() + " [-- QEMU-ARGUMENT ...]"
    sub.set_defaults(call=run.run)

    sub = commands.add_parser("console", help="attach to a console of a running system",
                              description="Attaches this terminal to a console of a system that './vesicle run' "
                              "runs elsewhere. Without a name it lists the consoles.")
    sub.add_argument("name", nargs="?", metavar="NAME", help="whose console")
    sub.add_argument("--system", metavar="NAME", help="of which system, if several run")
    sub.set_defaults(call=attach.run)

    sub = commands.add_parser("vm", help="control guests of a running system",
                              description="Controls guests of a system that './vesicle run' runs elsewhere: start, stop (by the "
                              "power switch), pause, resume, reset, destroy, stat (what it did so far), dump (registers, last "
                              "exits, backtraces). The status is 0 if that was done.")
    sub.add_argument("command", choices=attach.VM_COMMANDS, metavar="COMMAND", help=", ".join(attach.VM_COMMANDS))
    sub.add_argument("guest", nargs="?", metavar="GUEST", help="its name in the system tree")
    sub.add_argument("--system", metavar="NAME", help="of which system, if several run")
    sub.add_argument("--timeout", type=float, default=60, metavar="SECONDS", help="for an answer (default: %(default)s)")
    sub.set_defaults(call=attach.vm)

    perf.add_parsers(commands, Parser)

    sub = commands.add_parser("test", help="run the tests", description="Builds everything and runs the tests "
                              "in four rings: host (unit tests on this machine), kernel (test root tasks "
                              "in QEMU), pd (PDs under the root task), guest (guest operating systems). "
                              "The summary comes last.")
    sub.add_argument("--long", action="store_true", help="the long tests too")
    sub.add_argument("--ring", choices=test.RINGS, action="append", help="only this ring (repeatable)")
    sub.add_argument("-k", metavar="PATTERN", dest="pattern", help="only tests whose name matches (a regex)")
    sub.set_defaults(call=test.run)

    sub = commands.add_parser("bench", help="measure costs", description="Boots a benchmark once counting "
                              "instructions and once measuring time, the kernel's also on two cores, and prints a table.")
    sub.add_argument("suite", choices=bench.SUITES, help="what to measure")
    _machine_options(sub)
    sub.add_argument("--json", metavar="FILE", help="also write the results to this file")
    sub.add_argument("--check", action="store_true", help="fail if a row is above its limit")
    sub.add_argument("--against", metavar="FILE", help="exits: ratios to a run that --json saved")
    sub.add_argument("--svg", metavar="FILE", help="exits: a picture of the distributions")
    sub.add_argument("--rounds", type=_positive, default=5, metavar="N", help="vm: how often times are measured, of which the median is taken (default: %(default)s)")
    sub.add_argument("--counted", action="store_true", help="exits: instructions only, which are the same each time")
    sub.set_defaults(call=bench.run)

    sub = commands.add_parser("build", help="build only", description="Builds the host side and the target side.")
    sub.add_argument("--debug", action="store_true", help="the target side with assertions")
    sub.set_defaults(call=_build)
    for sub in commands.choices.values():
        sub.set_defaults(parser=sub)
    return parser


def main(argv):
    """Runs the command; returns its exit status."""
    parser = _parser()
    split = argv.index("--") if "--" in argv else len(argv)
    own, extra = argv[:split], argv[split + 1:]
    args, unknown = parser.parse_known_args(own)
    if unknown:
        args.parser.error("unrecognized arguments: " + " ".join(unknown))
    args.qemu = args.extra = extra
    if extra and args.call is not run.run and not perf.takes(args):
        parser.error("only 'run' and 'perf' take arguments after '--'")
    if sys.stdin is None:
        os.open(os.devnull, os.O_RDONLY)  # standard input was closed: nothing will be typed
    try:
        return args.call(args)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nobody reads on; nor is the rest for anybody
        return 141
    except Failure as failure:
        complain(str(failure))
        return 1
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
