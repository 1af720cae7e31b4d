#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A guest of the user's, as ./vesicle run --kernel boots it: its end is the system's."""

import argparse
import pathlib
import sys

import hubbed
import talk

from vesicle import guest
from vesicle.ui import Failure

READY = rb"VESICLE-GUEST-READY bare\r?\nbare> "


def typing(line):
    """What is typed at the prompt."""
    def script(steps):
        yield guest.NAME, READY
        steps.type(guest.NAME, line + "\n")
    return script


def boot(args, folder, line):
    """One life of the guest; the system's status."""
    folder.mkdir()
    target = pathlib.Path(args.archive).resolve().parents[1]
    archive, mem = guest.make(folder, target, target / "guests" / "bare" / "bare.bin", cpus=2, mem=64)
    system = hubbed.start(argparse.Namespace(**{**vars(args), "archive": archive, "mem": mem}), folder, guest.CONSOLES)
    talk.Talk(system, typing(line))
    system.run(args.timeout)
    return system.status


def cases(args, folder):
    """How it ends."""
    for name, line, wanted in (("power_off", "poweroff", 0), ("crash", "jump", 2)):
        try:
            status = boot(args, folder / name, line)
            yield name, None if status == wanted else f"the status is {status}"
        except Failure as failure:
            yield name, str(failure)
    for name, wrong in (("no_file", {"kernel": folder / "nothing"}),
                        ("bad_words", {"kernel": __file__, "append": "two\nlines"})):
        try:
            guest.make(folder, folder, **wrong)
            yield name, "it was taken"
        except Failure:
            yield name, None


if __name__ == "__main__":
    sys.exit(hubbed.report(__doc__, "own", cases))
