#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots the Debian guest to its shell, has a command answered, powers off; then all of it once more."""

import argparse
import sys
import textwrap

import machine

LEAST_MOVES = 50
STATUS = r"vesicle: system ended, status (-?\d+)\s*\r?\n"


def boot(qemu, words):
    """One life of the guest, with the root task's boot arguments; returns its kernel's version."""
    ready = qemu.expect(r"VESICLE-GUEST-READY (\S+)\s*\r?\n", "the guest's init")
    release = ready.group(1)
    qemu.expect(r"[#$] ", "the shell's prompt")
    # The answer is never in what was typed, so an echo cannot be taken for it.
    qemu.send('uname -r; echo "answer=$((6*7))"')
    answer = qemu.expect(r"\r?\n(\S+)\s*\r?\nanswer=42\s*\r?\n", "the shell's answer")
    if answer.group(1) != release:
        raise machine.Failure(f"uname -r says {answer.group(1)}, init said {release}")
    qemu.expect(r"[#$] ", "the shell's second prompt")
    qemu.send("poweroff -f")
    if "wander" in words:
        moves = qemu.expect(r"wander: (\d+) moves\s*\r?\n", "the number of moves").group(1)
        if int(moves) < LEAST_MOVES:
            raise machine.Failure(f"the vCPU was moved only {moves} times")
    status = qemu.expect(STATUS, "the end of the system").group(1)
    qemu.expect_power_off()
    if status != "0":
        raise machine.Failure(f"the system ended with status {status}")
    return release


def main():
    """Reports each boot as a case of the test protocol."""
    parser = argparse.ArgumentParser(description=__doc__)
    machine.add_options(parser)
    parser.add_argument("--boots", type=int, default=2)
    args = parser.parse_args()
    passed = failed = 0
    print(f"TEST-BEGIN debian {args.boots}")
    for number in range(1, args.boots + 1):
        name = f"boot-{number}"
        print(f"CASE {name}")
        with machine.Machine(args, args.timeout) as qemu:
            try:
                boot(qemu, args.append.split())
                verdict = f"PASS {name}"
                passed += 1
            except machine.Failure as failure:
                verdict = f"FAIL {name}: {failure}"
                failed += 1
            print(textwrap.indent(machine.clean(qemu.log), "  | ", lambda line: True))
        print(verdict)
    print(f"TEST-END {passed} {failed} 0")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
