#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Debian's perf in a guest: it counts a loop whose instructions are known, and samples it."""

import argparse
import re
import sys

import machine
import protocol

LOOP = 200_000_000  # instructions of guests/debian/loop.S
TOLERANCE = 0.01
LEAST_SAMPLES = 20
STAT = "perf stat -x, -e cycles:u,instructions:u loop"
RECORD = "perf record -q -e cycles:u -c 1000000 -o /tmp/data loop"
REPORT = "perf report -i /tmp/data --stdio --sort comm -n 2>/dev/null | grep -v '^#'"
CASES = ("boot", "driver", "stat", "record", "stops")


class Wrong(Exception):
    """A case failed; the others go on."""


class Guest:
    """The guest's shell."""

    def __init__(self, qemu, icount):
        self.qemu = qemu
        self.icount = icount
        self.turn = 0

    def run(self, command):
        """What a command prints. The mark behind it is never in what was typed."""
        self.turn += 1
        self.qemu.send(f"{command}; echo end-$((100+{self.turn}))")
        match = self.qemu.expect(rf"(?s)(.*?)end-{100 + self.turn}\s", f"the end of {command}")
        self.qemu.expect(r"# ", "the shell's prompt")
        return machine.clean(match[1])

    def driver(self):
        """Linux found the PMU, with an interrupt."""
        text = self.run("dmesg | grep 'PMU driver'; grep pmu /proc/interrupts")
        if not re.search(r"\b7 counters available", text) or "arm-pmu" not in text:
            raise Wrong(f"no PMU of 7 counters with an interrupt: {text}")

    def stat(self):
        """The loop's instructions, where they can be counted; cycles."""
        counts = {}
        for line in self.run(STAT).splitlines():
            words = line.split(",")
            if len(words) > 3 and ":" in words[2]:
                counts[words[2].split(":")[0]] = words[0]
        if not counts.get("cycles", "").isdigit() or int(counts["cycles"]) < LOOP // 1000:
            raise Wrong(f"cycles: {counts}")
        instructions = counts.get("instructions", "")
        if self.icount and not (instructions.isdigit() and abs(int(instructions) / LOOP - 1) < TOLERANCE):
            raise Wrong(f"instructions: {counts}, the loop has {LOOP}")

    def record(self):
        """Samples by overflow interrupts."""
        self.run(RECORD)
        text = self.run(REPORT)
        match = re.search(r"(\d+)\s+loop\s*$", text, re.MULTILINE)
        if not match or int(match[1]) < LEAST_SAMPLES:
            raise Wrong(f"samples: {text}")

    def stops(self):
        """Nobody counts any more: no overflow interrupts come, and another program's counts are its own."""
        before = self.run("grep pmu /proc/interrupts")
        self.run("loop")
        after = self.run("grep pmu /proc/interrupts")
        if before != after:
            raise Wrong(f"interrupts of counters that are off: {before} {after}")
        for line in self.run("perf stat -x, -e cycles:u,instructions:u true").splitlines():
            words = line.split(",")
            if words[0].isdigit() and "instructions" in line and int(words[0]) > LOOP // 2:
                raise Wrong(f"true counts as much as loop: {line}")


def cases(args):
    """Each with what was wrong, if anything."""
    with machine.Machine(args, args.timeout) as qemu:
        failure = None
        guest = Guest(qemu, args.icount)
        for name in CASES:
            wrong = failure
            try:
                if failure is None and name == "boot":
                    qemu.expect(r"VESICLE-GUEST-READY (\S+)\s*\r?\n", "the guest's init")
                    qemu.expect(r"# ", "the shell's prompt")
                    guest.run("stty -echo; echo 3 >/proc/sys/kernel/printk")
                elif failure is None:
                    getattr(guest, name)()
            except Wrong as error:
                wrong = str(error)
            except machine.Failure as error:
                wrong = failure = str(error)
            yield name, wrong, *([machine.clean(qemu.log)] if wrong else [])


def main():
    """Reports cases of the test protocol."""
    parser = argparse.ArgumentParser(description=__doc__)
    machine.add_options(parser)
    args = parser.parse_args()
    return protocol.report("guestperf", cases(args), len(CASES))


if __name__ == "__main__":
    sys.exit(main())
