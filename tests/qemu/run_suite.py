#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots one test root task and judges its report (see protocol.py)."""

import argparse
import sys

import machine
import protocol


def run(args):
    """One boot; returns the machine's text and what went wrong, if anything."""
    with machine.Machine(args, args.timeout) as qemu:
        try:
            qemu.expect(r"TEST-END \d+ \d+ \d+\s*\r?\n", "TEST-END")
            qemu.expect_power_off()
        except machine.Failure as failure:
            return machine.clean(qemu.log), str(failure)
        return machine.clean(qemu.log), None


def main():
    """Status 0 if every case passed or was skipped with a reason."""
    parser = argparse.ArgumentParser(description=__doc__)
    machine.add_options(parser)
    text, failure = run(parser.parse_args())
    print(text)
    wrong = protocol.check(text)
    if failure:
        wrong.append(failure)
    for message in wrong:
        print(f"error: {message}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
