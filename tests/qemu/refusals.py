#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Machines and boot archives the kernel cannot use: each gets a message that names the problem, and an end."""

import argparse
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import gdb
import machine
import protocol

NEWC_HEADER = 110
NEWC_NAME_SIZE = 94
PAGE = 4096
NOWHERE = 0xFFFF_EEEE_DDDD_C000


class Archives:
    """Unusable archives, made of a good one."""

    def __init__(self, good, folder):
        self.good = pathlib.Path(good).read_bytes()
        self.folder = folder

    def _first_data(self):
        name_size = int(self.good[NEWC_NAME_SIZE:NEWC_NAME_SIZE + 8], 16)
        return -(-(NEWC_HEADER + name_size) // 4) * 4

    def _write(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def _with_first(self, name, offset, replacement):
        at = self._first_data() + offset
        return self._write(name, self.good[:at] + replacement + self.good[at + len(replacement):])

    def cut_in_first(self):
        """Ends in the root task."""
        return self._write("cut", self.good[:len(self.good) // 2])

    def cut_at_end(self):
        """Has the whole root task, but no end."""
        return self._write("cut_at_end", self.good[:self.good.rindex(b"070701")])

    def garbage(self):
        """Is nothing at all."""
        return self._write("garbage", random.Random(1).randbytes(64 * PAGE))

    def empty(self):
        """Holds no file."""
        return self._write("empty", self.good[self.good.rindex(b"070701"):])

    def not_elf(self):
        """The first file is a text."""
        return self._with_first("not_elf", 0, b"hello, world\n")

    def other_machine(self):
        """The first file is for another processor: EM_X86_64."""
        return self._with_first("other_machine", 18, b"\x3e\x00")

    def wild_entry(self):
        """The first file begins nowhere."""
        return self._with_first("wild_entry", 24, (0x7777_0000_0000).to_bytes(8, "little"))


def cases(args, archives):
    """Name: (archive, options for QEMU, words the message must have)."""
    good = args.archive
    return {
        "refusal_not_at_el2": (good, ["-M", "virtualization=off"], r"started at EL1.*virtualization=on"),
        "refusal_no_vhe": (good, ["-cpu", "cortex-a57"], r"no Virtualization Host Extensions"),
        "refusal_gicv2": (good, ["-M", "gic-version=2"], r"needs a GICv3"),
        "refusal_no_archive": (None, [], r"no boot archive"),
        "refusal_cut_in_first_file": (archives.cut_in_first(), [], r"bad boot archive: .*damaged in its first file"),
        "refusal_cut_at_end": (archives.cut_at_end(), [], r"bad boot archive: it is damaged or cut off"),
        "refusal_garbage": (archives.garbage(), [], r"bad boot archive: it is no cpio archive"),
        "refusal_empty_archive": (archives.empty(), [], r"bad boot archive: it is empty"),
        "refusal_root_task_no_elf": (archives.not_elf(), [], r"roottask.*not an ELF file"),
        "refusal_root_task_other_machine": (archives.other_machine(), [],
                                            r"roottask.*not an ELF file for little-endian AArch64"),
        "refusal_root_task_wild_entry": (archives.wild_entry(), [], r"roottask.*entry point"),
    }


def refusal(args, archive, options, words):
    """One boot; returns what was wrong, None if nothing, and the machine's text."""
    own = argparse.Namespace(**{**vars(args), "archive": archive})
    with machine.Machine(own, args.timeout, options) as qemu:
        try:
            text = qemu.read_to_end()
        except machine.Failure as failure:
            return str(failure), machine.clean(qemu.log)
    if re.search(machine.PANIC, text):
        return "a panic instead of a message", text
    message = re.search(r"^vesicle: cannot boot: (.*)$", text, re.MULTILINE)
    if not message:
        return "no message", text
    if not re.search(words, message[1]):
        return f"the message is '{message[1]}'", text
    return None, text


def symbol(elf, name):
    """A symbol's address."""
    listing = subprocess.run(["aarch64-linux-gnu-nm", str(elf)], capture_output=True, text=True, check=True).stdout
    return int(re.search(rf"^([0-9a-f]+) \w {name}$", listing, re.MULTILINE)[1], 16)


def panic_screen(args, folder):
    """Sends the kernel to an address where nothing is, and reads the panic screen; returns the same."""
    port = folder / "gdb"
    with machine.Machine(args, args.timeout, ["-S", "-gdb", f"unix:{port},server=on,wait=off"]) as qemu:
        try:
            remote = gdb.Remote(port, args.timeout)
            remote.run_to(symbol(pathlib.Path(args.kernel).with_suffix(".elf"), "boot_root_task"))
            remote.write_register(19, 0x1234_5678_9ABC_DEF0)
            remote.write_register(gdb.AARCH64_PC, NOWHERE)
            remote.go()
            text = qemu.read_to_end()
            remote.close()
        except (machine.Failure, OSError) as failure:
            return str(failure), machine.clean(qemu.log)
    for what, pattern in {"headline": r"^PANIC: exception in the kernel: \S",
                          "syndrome": r"ESR 86\w+: .*\(.*fault, level \d",
                          "fault address": rf"FAR {NOWHERE:016x}",
                          "place": r"core 0, EL2, thread \S",
                          "program counter": rf"PC +{NOWHERE:016x}",
                          "register x19": r"x19 123456789abcdef0",
                          "backtrace": r"x30 names +ffff\w+"}.items():
        if not re.search(pattern, text, re.MULTILINE):
            return f"the panic screen shows no {what}", text
    return None, text


def main():
    """Reports each refusal as a case of the test protocol."""
    parser = argparse.ArgumentParser(description=__doc__)
    machine.add_options(parser)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tests = {case: (refusal, (args, *rest)) for case, rest in cases(args, Archives(args.archive, folder)).items()}
        tests["panic_screen"] = (panic_screen, (args, folder))
        return protocol.report("refusals", ((case, *test(*arguments)) for case, (test, arguments) in tests.items()),
                               len(tests))


if __name__ == "__main__":
    sys.exit(main())
