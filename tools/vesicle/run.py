# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle run: boots a system with this terminal as its console."""

import errno
import os
import pathlib
import pty
import re
import select
import signal
import sys
import tempfile
import termios
import tty

from . import build, guest, hub, paths, qemu, screen, tree
from .perf import exact
from .ui import Failure, complain, say

ENDED = re.compile(rb"vesicle: system ended, status (-?\d+)")
TESTED = re.compile(rb"^TEST-END \d+ (\d+) \d+\r?$", re.MULTILINE)  # of a suite of the tests
END_OF_INPUT = b"\x04"


class Console:
    """Copies bytes between this process's standard streams and the machine's terminal.

    Input that is not typed (a pipe, a file) is held until the guest's shell waits for it; at its end the shell gets an
    end-of-file character whenever it waits for more. (It loses one that comes while it or a command does other things.)
    """

    def __init__(self, machine):
        self.machine = machine
        self.typed = os.isatty(0)
        self.reading = True
        self.shell = screen.Shell()
        self.ready = self.typed
        self.tail = b""
        self.status = None

    def output(self, data):
        """Shows what the machine printed and looks for the lines that mean something here."""
        os.write(1, data)
        self.tail = (self.tail + data)[-4096:]
        if self.shell.output(data) and not self.typed:
            self.ready = True
            if not self.reading:
                os.write(self.machine, END_OF_INPUT)
        for match in ENDED.finditer(self.tail):
            self.status = int(match.group(1))
        for match in TESTED.finditer(self.tail):
            self.status = 1 if int(match.group(1)) else 0

    def input(self):
        """Passes on what stands on standard input."""
        data = os.read(0, 256)
        if not data:
            self.reading = False
            data = b"" if self.typed else END_OF_INPUT
        os.write(self.machine, data)

    def loop(self):
        """Until the machine closes its terminal."""
        while True:
            sources = [self.machine] + ([0] if self.reading and self.ready else [])
            for source in select.select(sources, [], [])[0]:
                if source == 0:
                    self.input()
                    continue
                try:
                    data = os.read(self.machine, 65536)
                except OSError as error:
                    if error.errno != errno.EIO:
                        raise
                    data = b""
                if not data:
                    return
                self.output(data)


def attach(command):
    """Runs a machine on this terminal; returns the system's status, None if it gave none."""
    pid, machine = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    console = Console(machine)
    saved = termios.tcgetattr(0) if console.typed else None
    try:
        if saved:
            screen.end_by_signals()
            tty.setraw(0)
        console.loop()
    except KeyboardInterrupt:
        os.kill(pid, signal.SIGTERM)
    finally:
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)
    os.waitpid(pid, 0)
    return console.status


def run_consoles(args, kernel, archive, consoles):
    """Runs a system whose PDs have consoles of their own; returns its status, None if it told none."""
    folder, lock = hub.take_folder(args.system)
    extra = args.qemu + (exact.options(kernel, args.smp) if args.exact else [])
    command = qemu.command(kernel, archive, args.cpu, args.smp, args.mem, extra=extra, consoles=consoles)
    screen.greet(args.system, args.cpu, folder)
    with lock, screen.Screen(args.console, started=args.kernel is not None) as shown:
        machine = hub.Hub(folder, consoles, shown)
        try:
            machine.start(command)
            status = machine.run()
        finally:
            machine.end()
    if machine.output:
        complain("QEMU said:\n" + machine.output.decode(errors="replace"))
    if status is None and not shown.quitting:
        last = (folder / f"{hub.KERNEL}.log").read_bytes()[-4096:].decode(errors="replace")
        complain("the last words on the kernel's console were:\n" + last)
    return status


def run_guest(args, target, kernel):
    """Runs a guest of the user's, alone; returns the system's status, None if it told none."""
    with tempfile.TemporaryDirectory() as name:
        archive, needed = guest.make(pathlib.Path(name), target, args.kernel, args.initrd, args.append or guest.DEFAULT_APPEND,
                                     args.mem or guest.DEFAULT_MEM, args.cpus or 1)
        args.system, args.mem = guest.NAME, needed
        return run_consoles(args, kernel, archive, guest.CONSOLES)


def boot(args, kernel, archive, consoles):
    """Runs a system; returns its status, None if it told none."""
    if args.console and not consoles:
        raise Failure(f"system '{args.system}' has no consoles but the serial line; leave out --console")
    if args.exact and not consoles:
        raise Failure(f"system '{args.system}' has no consoles but the serial line, and cannot be measured; leave out --exact")
    if consoles:
        return run_consoles(args, kernel, archive, consoles)
    say(f"booting '{args.system}' on {args.cpu}; Ctrl-A x ends the machine, Ctrl-A h lists more keys")
    sys.stdout.flush()
    status = attach(qemu.command(kernel, archive, args.cpu, args.smp, args.mem, extra=args.qemu))
    print()
    return status


def run_tree(args, target, kernel):
    """Runs a system of the user's; returns its status, None if it told none."""
    with tempfile.TemporaryDirectory() as name:
        archive, needed, consoles = tree.make(pathlib.Path(name), target, args.system)
        args.system, args.mem = pathlib.Path(args.system).stem, args.mem or needed
        return boot(args, kernel, archive, consoles)


def check(args):
    """Options that only go together, or do not."""
    if args.kernel and args.system is not None:
        raise Failure("--kernel boots one guest alone, --system a system: not both")
    for name in ("initrd", "append", "cpus"):
        if getattr(args, name) is not None and not args.kernel:
            raise Failure(f"--{name}: only with --kernel; guests of a system have it in their tree")
    args.system = "default" if args.system is None else args.system


def _ended(status):
    if status is None:
        complain("the machine stopped before its system ended (quit by hand, or a failure shown above)")
        return 1
    return status


def run(args):
    """The subcommand."""
    check(args)
    target = build.target(args.debug)
    kernel = build.require(paths.kernel(target), "the kernel")
    if args.kernel:
        return _ended(run_guest(args, target, kernel))
    if tree.is_file(args.system):
        return _ended(run_tree(args, target, kernel))
    args.mem = args.mem or qemu.DEFAULT_MEM
    archive = paths.system(target, args.system)
    if "/" in args.system or not archive.exists():
        raise Failure(f"there is no system '{args.system}'; there are: {', '.join(paths.systems(target, False)) or 'none'}\n"
                      f"(and those of the tests: {', '.join(paths.systems(target, True)) or 'none'})")
    return _ended(boot(args, kernel, archive, paths.consoles(archive)))
