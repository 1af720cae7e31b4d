#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots the first-light guest to its shell, has a command answered, powers off; then all of it once more."""

import argparse
import sys

import machine
import protocol

LEAST_MOVES = 50
STATUS = r"vesicle: system ended, status (-?\d+)\s*\r?\n"


def hotplug(qemu, cpus):
    """All CPUs are there and run what is bound to them; all but the first go and come back."""
    others = " ".join(str(cpu) for cpu in range(1, cpus))
    online = "/sys/devices/system/cpu/cpu$c/online"
    for turn in ("first", "second"):
        qemu.send(f'for c in 0 {others}; do taskset -c $c sh -c "echo ran-$c"; done; echo "cpus=$(nproc)"')
        for cpu in range(cpus):
            qemu.expect(rf"ran-{cpu}\s", f"CPU {cpu}'s {turn} process")
        qemu.expect(rf"cpus={cpus}\s", "the number of CPUs")
        qemu.expect(r"[#$] ", "the shell's prompt")
        if turn == "first":
            qemu.send(f'for c in {others}; do echo 0 >{online}; done; echo "left=$(nproc)"; '
                      f'for c in {others}; do echo 1 >{online}; done')
            qemu.expect(r"left=1\s", "one CPU alone")
            qemu.expect(r"[#$] ", "the shell's prompt")


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
    for word in words:
        if word.startswith("guest-cpus="):
            hotplug(qemu, int(word.removeprefix("guest-cpus=")))
    qemu.send("poweroff -f")
    if "wander" in words:
        moves = qemu.expect(r"wander: (\d+) moves\s*\r?\n", "the number of moves").group(1)
        if int(moves) < LEAST_MOVES:
            raise machine.Failure(f"the vCPU was moved only {moves} times")
    if "pause" in words:
        pauses = qemu.expect(r"pauses: (\d+)\s*\r?\n", "the number of pauses").group(1)
        if int(pauses) < LEAST_MOVES:
            raise machine.Failure(f"the guest was paused only {pauses} times")
    status = qemu.expect(STATUS, "the end of the system").group(1)
    qemu.expect_power_off()
    if status != "0":
        raise machine.Failure(f"the system ended with status {status}")
    return release


def boots(args):
    """Each boot as a case."""
    for number in range(1, args.boots + 1):
        wrong = None
        with machine.Machine(args, args.timeout) as qemu:
            try:
                boot(qemu, args.append.split())
            except machine.Failure as failure:
                wrong = str(failure)
        yield f"boot-{number}", wrong, machine.clean(qemu.log)


def main():
    """Reports each boot as a case of the test protocol."""
    parser = argparse.ArgumentParser(description=__doc__)
    machine.add_options(parser)
    parser.add_argument("--boots", type=int, default=2)
    args = parser.parse_args()
    return protocol.report("firstlight", boots(args), args.boots)


if __name__ == "__main__":
    sys.exit(main())
