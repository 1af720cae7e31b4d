#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Guests with devices of the machine, whose interrupts are real; with RAM elsewhere; and what is refused."""

import re
import sys
import time

import hubbed
import qmp
import talk
from talk import PROMPT, say

CONSOLES = 28
READY = rb"VESICLE-GUEST-READY bare\r?\nbare> "
DEBIAN = rb"VESICLE-GUEST-READY (\S+)\r?\n(?s:.*?)# "
CLOCK = 300      # seconds that the clock may be off
PRESSES = 20
STARTS = CONSOLES + 3
SECTORS = 2048   # of the disk, 512 bytes each

# What a guest's console, or init, has to say of tests/guest/passthrough.dts.
MISTAKES = {
    "odd-base": rb"odd-base: memory: 8388608 bytes at 0x40001000: the base must be a multiple of 2 MiB",
    "zero-base": rb"zero-base: memory: 8388608 bytes at 0x0: the base must be a multiple of 2 MiB, and not 0",
    "last-base": rb"last-base: memory: 8388608 bytes at 0xffffe00000: it ends behind the 40 bits",
    "behind": rb"behind: more-memory: RAM at 0x10000000000 ends behind the 40 bits",
    "on-gic": rb"on-gic: RAM at 0x8000000 is where the GIC distributor is",
    "on-gpio": rb"on-gpio: memory: RAM at 0x8e00000 is where a passed-through device is",
    "overlapping": rb"overlapping: more-memory: there is RAM at 0x40600000 already",
    "kernels": rb'kernels: pass-through: "pl011@9000000": is the kernel\'s console',
    "dma": rb'dma: pass-through: "virtio_mmio@a000000": \(virtio,mmio\) may do DMA, .* needs trusted-dma',
    "firmware": rb'firmware: pass-through: "fw-cfg@9020000": \(qemu,fw-cfg-mmio\) may do DMA',
    "bus": rb'bus: pass-through: "pcie@10000000": interrupt-map: cannot be passed through',
    "gic": rb'gic: pass-through: "intc@8000000": interrupts: private to a core',
    "consoles": rb"consoles: pass-through: registers at 0xa003000: the kernel or another PD has them",
    "nobody": rb'nobody: pass-through: "pl061@1": the machine has no such device',
    "twice": rb'twice: pass-through: "pl031@9010000": named twice',
    "keys-alone": rb'keys-alone: pass-through: "poweroff": gpios: names /pl061@9030000, which is not passed through',
    "own-place": rb"own-place: trusted-dma: its RAM is where the machine has room",
    "trusts-nothing": rb"trusts-nothing: trusted-dma: has to come with pass-through",
    "program": rb"program: pass-through: devices are passed through to guests",
}


def ask(steps, console, line, pattern):
    """A bare guest's command; the match of its answer."""
    steps.type(console, line + "\n")
    yield console, line.encode() + rb"\r?\n"
    match = yield console, pattern
    yield console, rb"bare> "
    return match


def press(steps, machine, console, line, times=1):
    """A bare guest waits for the key, which is pressed."""
    steps.type(console, line + "\n")
    yield console, rb"press the key\r?\n"
    for _ in range(times):
        machine.press()


def free(steps):
    """What is free and in use."""
    match = yield from say(steps, "mem", rb"MiB, (\d+) MiB free\r?\nroot task: (\d+) slots, \d+ handles, (\d+) objects")
    return match.groups()


def gpio(steps, machine):
    """The PL061 in the hands of a bare guest: its interrupt, while it is paused, over a reset, and to another guest."""
    yield from say(steps, "vm start gpio")
    yield "gpio", READY
    for again in range(PRESSES):
        yield from press(steps, machine, "gpio", "key")
        yield "gpio", rb"key: 1 interrupts, wrong 0x0\r?\nbare> "
    steps.case("interrupts")
    yield from ask(steps, "gpio", "level", rb"level: 10 interrupts, wrong 0x0\r?\n")
    steps.case("level")
    steps.type("gpio", "key\n")
    yield "gpio", rb"press the key\r?\n"
    yield from say(steps, "vm pause gpio")
    machine.press()
    yield from say(steps, "sleep 1")
    if b"wrong" not in steps.consoles["gpio"].text[steps.consoles["gpio"].place:]:
        steps.case("paused")
    yield from say(steps, "vm resume gpio")
    yield "gpio", rb"key: 1 interrupts, wrong 0x0\r?\nbare> "
    steps.case("resumed")
    yield from press(steps, machine, "gpio", "hang")
    yield "gpio", rb"it hangs\r?\nbare> "
    yield from say(steps, "vm reset gpio")
    yield "gpio", READY
    yield from press(steps, machine, "gpio", "key")
    yield "gpio", rb"key: 1 interrupts, wrong 0x0\r?\nbare> "
    steps.case("reset")
    yield from say(steps, "vm start both", rb"both: [^\n]+")
    yield from say(steps, "log both", rb"both: pass-through: a device of it is passed through to gpio")
    steps.case("only_one")


def given_back(steps, machine):
    """What a guest had, another one may have; nothing is left of either."""
    yield from press(steps, machine, "gpio", "hang")
    yield "gpio", rb"it hangs\r?\n"
    yield from say(steps, "vm destroy gpio")
    yield from say(steps, "vm start both")
    yield "both", READY
    date = yield from ask(steps, "both", "date", rb"date (\d+)\r?\n")
    if abs(int(date[1]) - time.time()) < CLOCK:
        steps.case("clock")
    yield from press(steps, machine, "both", "key")
    yield "both", rb"key: 1 interrupts, wrong 0x0\r?\nbare> "
    steps.type("both", "poweroff\n")
    yield from say(steps, "wait both", rb"both: exited, status 0")
    for again in range(2, STARTS):
        yield from say(steps, "vm start gpio")
        yield f"gpio.{again}", READY
        if again == 2:
            yield from ask(steps, f"gpio.{again}", "touch 0x9030410", rb"is 0x0\r?\n")  # GPIOIE
            steps.case("masked")
        yield from press(steps, machine, f"gpio.{again}", "hang" if again < STARTS - 1 else "key")
        yield f"gpio.{again}", rb"it hangs\r?\n|key: 1 interrupts, wrong 0x0\r?\n"
        yield from say(steps, "vm destroy gpio")
        # The console server's books are full when all of its ports were used.
        if again == CONSOLES:
            before = yield from free(steps)
    if (yield from free(steps)) == before:
        steps.case("nothing_is_left")
    steps.case("given_back")


def elsewhere(steps):
    """RAM above 4 GiB and just above 0."""
    place = 0x100200000
    yield from say(steps, "vm start above")
    yield "above", READY
    tree = int((yield from ask(steps, "above", "info", rb" tree (0x[0-9a-f]+) "))[1], 16)
    if place <= tree < place + 0x800000:
        steps.case("above")
    for first, last in ((place, place + 0x7ffffc), (0x40000000, 0x401ffffc), (0x300000000, 0x300000ffc)):
        yield from ask(steps, "above", f"write {last:#x}", b"word at %#x is" % last)
        yield from ask(steps, "above", f"touch {last:#x}", b"word at %#x is 0x12345678" % last)
        yield from ask(steps, "above", f"touch {last + 4:#x}", b"abort at %#x" % (last + 4))
        yield from ask(steps, "above", f"touch {first - 4:#x}", b"abort at %#x" % (first - 4))
    steps.case("several")
    steps.type("above", "reboot\n")
    yield "above", READY
    yield from ask(steps, "above", "touch 0x300000ffc", rb"word at 0x300000ffc is 0x0\r?\n")
    steps.case("clean_after_reset")
    yield from say(steps, "vm destroy above")
    yield from say(steps, "vm start below")
    yield "below", READY
    yield from ask(steps, "below", "touch 0x9ffffc", rb"word at")
    yield from ask(steps, "below", "touch 0x40000000", rb"abort at")
    steps.case("below")
    yield from say(steps, "vm destroy below")


def debian(steps, machine):
    """Debian's own drivers: the key, the clock; RAM elsewhere."""
    yield from say(steps, "vm start debian")
    yield "debian", DEBIAN
    steps.type("debian", "grep 'System RAM' /proc/iomem; echo end=$((6*7))\n")
    yield "debian", rb"90000000-97ffffff : System RAM(?s:.*)end=42\r?\n"
    steps.case("elsewhere_debian")
    steps.type("debian", "cat /sys/class/rtc/rtc0/name; date -u -d \"$(cat /sys/class/rtc/rtc0/date)\" +day=%s; echo end=$((6*7))\n")
    day = yield "debian", rb"\nrtc-pl031 9010000.pl031\r?\nday=(\d+)\r?\nend=42\r?\n"
    if abs(int(day[1]) - time.time()) < CLOCK + 86400:
        steps.case("clock_debian")
    steps.type("debian", "exec 3< /dev/input/event0; echo open=$((6*7))\n")
    yield "debian", rb"\nopen=42\r?\n"
    machine.press()
    steps.type("debian", "hexdump -v -n 24 -e '24/1 \"%02x\" \"\\n\"' <&3; echo end=$((6*7))\n")
    yield "debian", rb"\n[0-9a-f]{32}0100740001000000\r?\nend=42\r?\n"  # EV_KEY, KEY_POWER, down
    steps.case("key_debian")
    steps.type("debian", "poweroff -f\n")
    yield from say(steps, "wait debian", rb"debian: exited, status 0")


def disk(steps, machine):
    """A device that does DMA."""
    yield from say(steps, "vm start disk")
    yield "disk", DEBIAN
    for again in range(2):
        steps.type("disk", "tail -c 12 /dev/vda; echo end=$((6*7))\n")
        yield "disk", rb"\nend of disk\r?\nend=42\r?\n"
        steps.case(("disk", "disk_after_reset")[again])
        if again == 0:
            steps.type("disk", "printf written | dd of=/dev/vda seek=1 conv=fsync; echo end=$((6*7))\n")
            yield "disk", rb"end=42\r?\n"
            steps.type("disk", "reboot -f\n")
            yield "disk", DEBIAN
    steps.type("disk", "poweroff -f\n")
    yield from say(steps, "wait disk", rb"disk: exited, status 0")
    if machine.is_at_rest("virtio-blk"):
        steps.case("at_rest_after_poweroff")
    yield from say(steps, "vm start disk")
    yield "disk.2", DEBIAN
    was_at_rest = machine.is_at_rest("virtio-blk")
    yield from say(steps, "vm destroy disk")
    if machine.is_at_rest("virtio-blk") and not was_at_rest:
        steps.case("at_rest_after_destroy")


def rest(steps):
    """Devices are brought to rest when their guest has ended; those that cannot be stay with it, and its memory with them."""
    before = int((yield from free(steps))[0])
    yield from say(steps, "vm start restless")
    yield "restless", READY
    tree = int((yield from ask(steps, "restless", "info", rb" tree (0x[0-9a-f]+) "))[1], 16)
    word = (tree & ~0x1fffff) + 0x1ff000
    yield from ask(steps, "restless", f"write {word:#x}", b"word at %#x is" % word)
    yield from ask(steps, "restless", f"touch {word:#x}", b"word at %#x is 0x12345678" % word)
    yield from say(steps, "vm destroy restless")
    yield from say(steps, "log restless", rb"its devices may still write into its memory: both are kept for it")
    if before - int((yield from free(steps))[0]) >= 8:
        steps.case("kept")
    yield from say(steps, "vm start same-device", rb"same-device: [^\n]+")
    yield from say(steps, "log same-device", rb"a device of it may still write into the memory of restless")
    yield from say(steps, "vm start restless")
    yield "restless.2", READY
    again = yield from ask(steps, "restless.2", "info", rb" tree (0x[0-9a-f]+) ")
    yield from ask(steps, "restless.2", f"touch {word:#x}", b"word at %#x is 0x0\r?\n" % word)
    if int(again[1], 16) == tree:
        steps.case("kept_for_it")
    yield from say(steps, "vm destroy restless")


def script(folder):
    """All of it."""
    def run(steps):
        yield PROMPT
        machine = qmp.Machine(folder)
        yield from gpio(steps, machine)
        yield from given_back(steps, machine)
        yield from elsewhere(steps)
        yield from debian(steps, machine)
        yield from disk(steps, machine)
        yield from rest(steps)
        steps.type("shell", "exit 0\n")
    return run


NAMES = ["interrupts", "level", "paused", "resumed", "reset", "only_one", "clock", "nothing_is_left", "given_back", "above", "several",
         "clean_after_reset", "below", "elsewhere_debian", "clock_debian", "key_debian", "disk", "disk_after_reset",
         "masked", "at_rest_after_poweroff", "at_rest_after_destroy", "kept", "kept_for_it"]


def log(folder, name):
    """What a console got."""
    path = folder / f"{name}.log"
    return path.read_bytes() if path.exists() else b""


def cases(args, folder):
    """All of the run."""
    image = folder / "disk.img"
    image.write_bytes(bytes(512 * SECTORS - 12) + b"end of disk\n")
    args.extra = [*qmp.OPTIONS, "-drive", f"if=none,id=disk,format=raw,file={image}",
                  "-device", "virtio-blk-device,drive=disk,bus=virtio-mmio-bus.0"]
    talker, wrong = talk.run(args, folder, CONSOLES, script(folder))
    wrong = wrong or f"the status is {talker.system.status}"
    for name in NAMES:
        yield name, None if name in talker.passed else wrong
    yield "disk_written", None if image.read_bytes()[512:519] == b"written" else "the disk was not"
    said = log(folder, "kernel") + log(folder, "init")
    for name, pattern in MISTAKES.items():
        found = re.search(pattern, said + log(folder, name))
        yield f"mistake_{name.replace('-', '_')}", None if found else f"no {pattern} in {log(folder, name)!r}"


if __name__ == "__main__":
    sys.exit(hubbed.report(__doc__, "passthrough", cases))
