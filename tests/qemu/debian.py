#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A Debian guest beside native PDs: its shell, reboot, power off. And guests that are ended, started again, or cannot be."""

import pathlib
import re
import sys
import time

import hubbed
import talk
from talk import PROMPT

CONSOLES = 20
READY = rb"VESICLE-GUEST-READY (\S+)\r?\n(?s:.*?)# "
BARE = rb"VESICLE-GUEST-READY bare\r?\nbare> "
CLOCK = 300  # seconds that its clock may be off
REBOOTS = STARTS = 100
DEBIAN_TIMES = 10

# What a guest's console, or init, has to say of tests/guest/guests.dts.
MISTAKES = {
    "no-kernel": rb"no-kernel: kernel: missing",
    "no-file": rb"no-file: kernel: \"guests/nobody/Image\": not found",
    "no-image": rb"no-image: kernel: (too short|not an arm64 Image)",
    "no-initrd": rb"no-initrd: initrd: \"nothing\": not found",
    "small": rb"small: (kernel|initrd): does not fit into the RAM|small: no room",
    "on-devices": rb"on-devices: RAM at 0x8000000 is where the ",
    "raw-elsewhere": rb"raw-elsewhere: kernel: .*RAM",
    "odd": rb"odd: memory: 134221824 bytes at 0x40000000: the size must be a multiple",
    "vast": rb"vast: memory: a guest of 131072 MiB cannot be made: no memory",
    "crowd": rb"crowd: cpus: 9, 1 to 8 are possible",
    "far-core": rb"far-core: vCPU 0: cores: 77",
    "no-period": rb"no-period: budget-us: has to come with",
    "wrong-words": rb"wrong-words: memory: not so many cells",
    "so-small": rb"so-small: small-pages: takes no value",
    "no-memory": rb"no-memory: memory: missing",
    "urgent": rb"urgent: priority: 205 is not within",
    "unknown": rb"unknown: colour: there is no such property",
}


def beside(steps):
    """A guest beside native PDs."""
    yield PROMPT
    release = (yield "debian", READY)[1]
    steps.case("boot")
    # The answer is never in what was typed, so an echo cannot be taken for it.
    steps.type("debian", 'uname -r; echo "answer=$((6*7))"\n')
    answer = yield "debian", rb"\n(\S+)\r?\nanswer=42\r?\n"
    if answer[1] == release:
        steps.case("answer")
    steps.type("debian", "echo now=$(date +%s)\n")
    if abs(int((yield "debian", rb"now=(\d+)\r?\n")[1]) - time.time()) < CLOCK:
        steps.case("clock")
    counted = int((yield "count", rb"(\d+)\r?\n")[1])
    steps.type("shell", "ps\n")
    yield "shell", rb" debian\r?\n(?s:.*) debian\.guest\r?\n"
    yield PROMPT
    steps.type("debian", "touch /marker; sleep 2; ls /marker\n")
    yield "debian", rb"\n/marker\r?\n"
    yield "count", b"(?m:^)%d\r?\n" % (counted + 2)
    steps.case("beside_native_pds")
    steps.type("debian", "reboot -f\n")
    yield "debian", READY
    steps.type("debian", "ls /marker\n")
    yield "debian", rb"/marker: No such file"
    steps.case("reboot")
    steps.type("debian", "poweroff -f\n")


def free(steps):
    """What is free and in use, asked of the native shell. Handles are not: the console server keeps one for each port that was used."""
    steps.type("shell", "mem\n")
    match = yield "shell", rb"MiB, (\d+) MiB free\r?\nroot task: (\d+) slots, \d+ handles, (\d+) objects"
    yield PROMPT
    return match.groups()


def run_bare(steps, number):
    """The bare guest is started for the `number`th time; its console."""
    name = f"bare.{number}" if number > 1 else "bare"
    steps.type("shell", "run bare\n")
    yield "shell", rb"bare: PD \d+"
    yield PROMPT
    yield name, BARE
    return name


def many_times(steps):
    """The bare guest, of two CPUs, is reset and powered off many times; then it crashes, and comes again once."""
    number = 1
    name = yield from run_bare(steps, number)
    for again in range(REBOOTS):
        if again % 10 == 0:
            steps.type(name, "cpus 2\n")
            yield name, rb"2 CPUs answered\r?\nbare> "
        steps.type(name, "reboot\n")
        yield name, BARE
    steps.case("reboots")
    before = None
    for again in range(STARTS):
        steps.type(name, "poweroff\n")
        steps.type("shell", "wait bare\n")
        yield "shell", rb"bare: exited, status 0"
        yield PROMPT
        # The console server's books are full when all of its ports were used.
        if again == CONSOLES:
            before = yield from free(steps)
        elif again == STARTS - 1 and (yield from free(steps)) == before:
            steps.case("power_offs")
        number += 1
        name = yield from run_bare(steps, number)
    steps.type(name, "jump\n")
    yield name, rb"stopped: instruction abort(?s:.*)pc (?s:.*)exits by instruction abort"
    number += 1
    name = f"bare.{number}"
    yield name, BARE
    steps.case("crash_and_restart")
    steps.type(name, "jump\n")
    steps.type("shell", "wait bare\n")
    yield "shell", rb"bare: exited, status 2"
    yield PROMPT
    steps.type("shell", "log bare\n")
    yield "shell", rb"restart-limit"
    steps.case("crash_loop")
    yield PROMPT


def debian_many_times(steps, number):
    """Debian is rebooted and powered off many times, from inside; it was started so often already."""
    for again in range(DEBIAN_TIMES):
        number += 1
        steps.type("shell", "run debian\n")
        yield "shell", rb"debian: PD \d+"
        yield PROMPT
        yield f"debian.{number}", READY
        if again == 0:
            for _ in range(DEBIAN_TIMES):
                steps.type(f"debian.{number}", "reboot -f\n")
                yield f"debian.{number}", READY
            steps.case("debian_reboots")
        steps.type(f"debian.{number}", "poweroff -f\n")
        steps.type("shell", "wait debian\n")
        yield "shell", rb"debian: exited, status 0"
        yield PROMPT
    steps.case("debian_power_offs")


def lifecycle(steps):
    """A guest that is ended from outside, and such as cannot be made."""
    yield PROMPT
    yield "debian", READY
    steps.type("debian", "cat /proc/device-tree/vesicle-test/text\n")
    yield "debian", rb"\nby the overlay"
    steps.case("overlay")
    steps.type("shell", "run raw\n")
    yield "raw", BARE
    steps.type("raw", "info\n")
    yield "raw", rb" tree 0x40000000 "
    steps.case("raw")
    for address, last in ((0x80000000, 0x80000ffc), (0x100000000, 0x1001ffffc)):
        for at in (address, last):
            steps.type("raw", f"write {at:#x}\n")
            yield "raw", b"word at %#x is" % at
        steps.type("raw", f"touch {address:#x}\n")
        yield "raw", b"word at %#x is 0x12345678\r?\n" % address
        steps.type("raw", f"touch {last + 4:#x}\n")
        yield "raw", b"abort at %#x" % (last + 4)
    steps.case("more_memory")
    steps.type("raw", "poweroff\n")
    yield PROMPT
    steps.type("shell", "kill debian\n")
    yield "shell", rb"kill debian\r?\n\$ "
    before = yield from free(steps)
    steps.case("killed")
    steps.type("shell", "run debian\n")
    yield "shell", rb"debian: PD \d+"
    yield PROMPT
    yield "debian.2", READY
    steps.case("started_again")
    steps.type("shell", "kill debian\n")
    yield "shell", rb"kill debian\r?\n\$ "
    if (yield from free(steps)) == before:
        steps.case("nothing_is_left")
    steps.type("shell", "run debian\n")
    yield "debian.3", READY
    steps.type("debian.3", "poweroff -f\n")
    steps.type("shell", "wait debian\n")
    yield "shell", rb"debian: exited, status 0"
    steps.case("powered_off")
    yield PROMPT
    yield from many_times(steps)
    yield from debian_many_times(steps, 3)
    steps.type("shell", "exit 0\n")


def pair(steps):
    """Two guests, one of which has two CPUs."""
    yield PROMPT
    yield "debian0", READY
    yield "debian1", READY
    steps.case("both_boot")
    for name, cpus in (("debian0", 1), ("debian1", 2)):
        steps.type(name, 'echo "cpus=$(nproc)"\n')
        yield name, b"cpus=%d\r?\n" % cpus
    steps.case("their_cpus")
    # Both CPUs work at once, and talk to each other; then one goes, and comes back.
    steps.type("debian1", "for cpu in 1 2; do taskset $cpu sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; "
                          "echo worked=$i' & done; wait; echo joined=$?\n")
    yield "debian1", rb"worked=20000(?s:.*)worked=20000(?s:.*)joined=0\r?\n"
    steps.case("both_work")
    for round in range(3):
        for state in (0, 1):
            steps.type("debian1", f"echo {state} > /sys/devices/system/cpu/cpu1/online; echo online=$(nproc)\n")
            yield "debian1", b"online=%d\r?\n" % (1 + state)
    steps.case("cpu_off_and_on")
    steps.type("debian0", "echo answer=$((6*7))\n")
    yield "debian0", rb"answer=42\r?\n"
    steps.type("debian1", "reboot -f\n")
    yield "debian1", READY
    steps.type("debian1", 'echo "cpus=$(nproc)"\n')
    yield "debian1", rb"cpus=2\r?\n"
    steps.case("reboot_of_both_cpus")
    for name in ("debian0", "debian1"):
        steps.type(name, "poweroff -f\n")
        steps.type("shell", f"wait {name}\n")
        yield "shell", b"%s: exited, status 0" % name.encode()
        yield PROMPT
    steps.case("powered_off")
    steps.type("shell", "exit 0\n")


def firmware(steps):
    """U-Boot: its prompt, a reset, the power switch."""
    for again in range(2):
        yield "uboot", rb"U-Boot 20(?s:.*)DRAM:  128 MiB(?s:.*)autoboot"
        steps.type("uboot", "\n")
        yield "uboot", rb"\n=> "
        steps.case("prompt")
        if again == 0:
            steps.type("uboot", "reset\n")
    steps.case("reset")
    steps.type("uboot", "poweroff\n")


SCRIPTS = {
    "uboot": (firmware, ["prompt", "reset", "system_ends"]),
    "default": (pair, ["both_boot", "their_cpus", "both_work", "cpu_off_and_on", "reboot_of_both_cpus", "powered_off",
                       "system_ends"]),
    "debian": (beside, ["boot", "answer", "clock", "beside_native_pds", "reboot", "system_ends"]),
    "guesttest": (lifecycle, ["overlay", "raw", "more_memory", "killed", "started_again", "nothing_is_left", "powered_off", "reboots", "power_offs",
                              "crash_and_restart", "crash_loop", "debian_reboots", "debian_power_offs", "system_ends"]),
}


def log(folder, name):
    """What a console got."""
    path = folder / f"{name}.log"
    return path.read_bytes() if path.exists() else b""


def mistakes(folder):
    """Each guest that cannot be says why, and its VMM exits with 1, or is not even started."""
    init = log(folder, "kernel") + log(folder, "init")
    for name, pattern in MISTAKES.items():
        said = init + log(folder, name)
        wrong = None if re.search(pattern, said) else f"no {pattern} in {log(folder, name)!r}"
        if f"{name}: started".encode() in init and f"{name}: exited, status 1".encode() not in init:
            wrong = wrong or "it did not exit with status 1"
        yield f"mistake_{name.replace('-', '_')}", wrong


def cases(args, folder):
    """All of the run."""
    name = pathlib.Path(args.archive).stem
    script, names = SCRIPTS[name]
    talker, wrong = talk.run(args, folder, CONSOLES, script)
    if talker.ended and talker.system.status == 0:
        talker.case("system_ends")
    wrong = wrong or f"the status is {talker.system.status}"
    for case in names:
        yield case, None if case in talker.passed else wrong
    if name == "guesttest":
        yield from mistakes(folder)


if __name__ == "__main__":
    sys.exit(hubbed.report(__doc__, "debian", cases))
