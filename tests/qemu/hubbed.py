# SPDX-License-Identifier: BSD-2-Clause
"""A system under the hub, and the report of a driver that looks at its consoles."""

import argparse
import pathlib
import tempfile

import machine
import protocol

from vesicle import hub, qemu

SHOWN = 2000  # bytes of each log of a driver that failed


def start(args, folder, consoles):
    """Starts the machine of add_options' namespace (`extra`: more options for QEMU); returns its hub, whose logs are in the folder."""
    system = hub.Hub(folder, consoles)
    words = f"{qemu.ZEROED_RAM} {args.append}".strip()
    kernel, archive = pathlib.Path(args.kernel).resolve(), pathlib.Path(args.archive).resolve()
    system.start(qemu.command(kernel, archive, args.cpu, args.smp, args.mem, args.icount, getattr(args, "extra", []),
                              consoles=consoles, append=words))
    return system


def sleep_in_real_time(args):
    """A machine that counts instructions does so without skipping the time it sleeps: while QEMU skips, it may take no input."""
    if args.icount:
        args.icount, args.extra = False, ["-icount", "shift=0"]


def report(description, suite, cases):
    """A driver's main: reports what cases(args, folder) yields; where that failed, the end of each log follows."""
    parser = argparse.ArgumentParser(description=description)
    machine.add_options(parser)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        status = protocol.report(suite, cases(args, folder))
        for path in sorted(folder.rglob("*.log")) if status else ():
            print(f"--- {path.relative_to(folder)}\n" + machine.clean(path.read_bytes()[-SHOWN:].decode(errors="replace")))
    return status
