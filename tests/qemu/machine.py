# SPDX-License-Identifier: BSD-2-Clause
"""One QEMU under pexpect: expects text, fails with words, never outlives its test."""

import pathlib
import re
import signal
import sys
import time

import pexpect

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

from vesicle import qemu  # noqa: E402  (the path comes first)

import irqoff  # noqa: E402

PANIC = r"\bPANIC\b[^\r\n]*"
STOP = PANIC + r'|kernel: thread "roottask" stops[^\r\n]*'  # nothing more is to come
UNPRINTABLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[^\t\n -~]")
POWER_OFF_SECONDS = 30
DRAIN_SECONDS = 2
EXACT_TIME = "exact-time"  # tells the root task that it may assert what time passes


class Failure(Exception):
    """A test failed, for the reason given."""


def clean(text):
    """Text as it can stand in a report."""
    return UNPRINTABLE.sub("", re.sub(r"\r*\n|\r", "\n", text))


class Machine:
    """A running machine. Use it as a context: at the end QEMU is gone, whatever happened."""

    def __init__(self, args, limit, extra=()):
        """args: the namespace of add_options; limit: seconds for everything together; extra: options for QEMU."""
        words = " ".join([qemu.ZEROED_RAM, args.append, EXACT_TIME if args.icount else ""]).strip()
        extra = [*extra, *(["-accel", "tcg,thread=single"] if args.one_thread else [])]
        line = qemu.command(args.kernel, args.archive, args.cpu, args.smp, args.mem, args.icount, extra, append=words)
        self.irq_off = irqoff.Meter(args.irq_off, args.irq_off_max, args.kernel) if args.irq_off else None
        line += self.irq_off.options() if self.irq_off else []
        self.log = ""
        self.deadline = time.monotonic() + limit
        self.limit = limit
        self.child = pexpect.spawn(line[0], line[1:], encoding="utf-8", codec_errors="replace", echo=False,
                                   timeout=limit)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.child.isalive():
            self.child.kill(signal.SIGKILL)
        self.child.close(force=True)
        if self.irq_off:
            self.irq_off.remove()

    def _remember(self):
        after = self.child.after if isinstance(self.child.after, str) else ""
        self.log += (self.child.before or "") + after

    def _drain(self):
        """What follows a panic or a failure, so that the report has it all."""
        until = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < until:
            try:
                self.log += self.child.read_nonblocking(65536, timeout=0.5)
            except pexpect.TIMEOUT:
                continue
            except pexpect.EOF:
                return

    def expect(self, pattern, what):
        """Waits for a pattern, returns the match; an end of kernel, root task or machine and lateness are failures."""
        left = max(self.deadline - time.monotonic(), 0.1)
        found = self.child.expect([pattern, STOP, pexpect.EOF, pexpect.TIMEOUT], timeout=left)
        if found == 3:
            self.log += self.child.before or ""
            raise Failure(f"no {what} within {self.limit} s")
        self._remember()
        if found == 1:
            why = clean(self.child.after).strip()
            self._drain()
            raise Failure(f"{why} (while waiting for {what})")
        if found == 2:
            raise Failure(f"the machine stopped before {what}")
        return self.child.match

    def read_to_end(self):
        """Everything until the machine has switched itself off, a panic included."""
        if self.child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=max(self.deadline - time.monotonic(), 0.1)) == 1:
            self.log += self.child.before or ""
            raise Failure(f"the machine did not power off within {self.limit} s")
        self._remember()
        self._check_status()
        return clean(self.log)

    def _check_status(self):
        self.child.close()
        if self.child.exitstatus != 0:
            raise Failure(f"QEMU ended with status {self.child.exitstatus}, signal {self.child.signalstatus}")
        if self.irq_off:
            text, failure = self.irq_off.judge()
            self.log += text
            if failure:
                raise Failure(failure)

    def send(self, line):
        """Types a line."""
        self.child.send(line + "\r")

    def expect_power_off(self):
        """The machine must switch itself off by now, without a panic on the way."""
        found = self.child.expect([pexpect.EOF, STOP, pexpect.TIMEOUT],
                                  timeout=min(POWER_OFF_SECONDS, max(self.deadline - time.monotonic(), 1)))
        if found == 2:
            self.log += self.child.before or ""
            raise Failure("the machine did not power off")
        self._remember()
        if found == 1:
            why = clean(self.child.after).strip()
            self._drain()
            raise Failure(f"{why} (at the end)")
        self._check_status()


def add_options(parser):
    """The options that every driver takes."""
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--archive", required=True)
    parser.add_argument("--cpu", default=qemu.DEFAULT_CPU, help="one of %s, perhaps with options of QEMU's" % ", ".join(qemu.CPUS))
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--mem", type=int, default=qemu.DEFAULT_MEM, help="MiB")
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one boot")
    parser.add_argument("--icount", action="store_true", help="count instructions: slower, repeatable")
    parser.add_argument("--one-thread", action="store_true", help="all cores take turns on one thread of this machine")
    parser.add_argument("--append", default="", help="boot arguments for the root task")
    parser.add_argument("--irq-off", metavar="PLUGIN", help="measure how long interrupts are masked (tools/plugins)")
    parser.add_argument("--irq-off-max", type=int, default=0, help="instructions; more is a failure (0: no limit)")
