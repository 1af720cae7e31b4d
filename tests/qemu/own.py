#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A guest of the user's, as ./vesicle run --kernel boots it: its end is the system's. And a system of the user's, a tree."""

import argparse
import pathlib
import sys

import hubbed
import talk

from vesicle import guest, tree
from vesicle.ui import Failure

READY = rb"VESICLE-GUEST-READY bare\r?\nbare> "


# Its kernel lies beside it; the rest comes with the systems that were built.
OWN = """/dts-v1/;
/ {
    console { image = "console"; server; rights = "EP", "RESSPC"; system-rights = "MO", "PD"; };
    guest { compatible = "vesicle,guest"; kernel = "my/kernel"; memory = <0x800000>; ends-system; };
};
"""


def typing(line):
    """What is typed at the prompt."""
    def script(steps):
        yield guest.NAME, READY
        steps.type(guest.NAME, line + "\n")
    return script


def boot(args, folder, line, archive, mem, consoles):
    """One life of the guest; the system's status."""
    system = hubbed.start(argparse.Namespace(**{**vars(args), "archive": archive, "mem": mem}), folder, consoles)
    talk.Talk(system, typing(line))
    system.run(args.timeout)
    return system.status


def boot_guest(args, folder, target, line):
    """Of --kernel."""
    folder.mkdir()
    archive, mem = guest.make(folder, target, target / "guests" / "bare" / "bare.bin", cpus=2, mem=64)
    return boot(args, folder, line, archive, mem, guest.CONSOLES)


def boot_tree(args, folder, target):
    """Of --system FILE.dts."""
    (folder / "my").mkdir(parents=True)
    (folder / "my" / "kernel").write_bytes((target / "guests" / "bare" / "bare.bin").read_bytes())
    (folder / "own.dts").write_text(OWN, encoding="ascii")
    return boot(args, folder, "poweroff", *tree.make(folder, target, folder / "own.dts"))


def refusals(folder, target):
    """What is no system of the user's, and what is said of it."""
    for name, text, why in (("syntax", "/dts-v1/;\n/ {\n    a = ;\n};\n", "syntax.dts:3"),
                            ("missing", OWN, "missing.dts: guest: there is no file 'my/kernel' beside it"),
                            ("no_tree", None, "there is no file")):
        place = folder / f"{name}.dts"
        if text:
            place.write_text(text, encoding="ascii")
        try:
            tree.make(folder, target, place)
            yield name, "it was taken"
        except Failure as failure:
            yield name, None if why in str(failure) else f"not {why!r}: {failure}"


def cases(args, folder):
    """How it ends."""
    target = pathlib.Path(args.archive).resolve().parents[1]
    for name, wanted, run in (("power_off", 0, lambda place: boot_guest(args, place, target, "poweroff")),
                              ("crash", 2, lambda place: boot_guest(args, place, target, "jump")),
                              ("tree", 0, lambda place: boot_tree(args, place, target))):
        try:
            status = run(folder / name)
            yield name, None if status == wanted else f"the status is {status}"
        except Failure as failure:
            yield name, str(failure)
    yield from refusals(folder, target)
    for name, wrong in (("no_file", {"kernel": folder / "nothing"}),
                        ("bad_words", {"kernel": __file__, "append": "two\nlines"})):
        try:
            guest.make(folder, folder, **wrong)
            yield name, "it was taken"
        except Failure:
            yield name, None


if __name__ == "__main__":
    sys.exit(hubbed.report(__doc__, "own", cases))
