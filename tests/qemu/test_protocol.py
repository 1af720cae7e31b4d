#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The judge of test reports, with sound reports and with every way of being unsound."""

import contextlib
import io
import sys

import protocol

SOUND = """boot text
TEST-BEGIN demo 3
CASE a first
PASS a
CASE b
chatter
SKIP b: no second core
CASE c
PASS c
TEST-END 2 0 1
"""

# name: (text replaced, replacement, words expected among the complaints)
UNSOUND = {
    "failed_case": ("PASS a", "FAIL a: 1 != 2", "case a failed"),
    "no_end": ("TEST-END 2 0 1\n", "", "no TEST-END"),
    "no_begin": ("TEST-BEGIN demo 3\n", "", "no TEST-BEGIN"),
    "wrong_end": ("TEST-END 2 0 1", "TEST-END 3 0 0", "TEST-END says 3"),
    "too_few": ("demo 3", "demo 4", "4 cases announced"),
    "no_verdict": ("PASS a\n", "", "case a has no verdict"),
    "last_without_verdict": ("PASS c\n", "", "case c has no verdict"),
    "wrong_name": ("PASS a", "PASS z", "verdict for z"),
    "silent_skip": ("SKIP b: no second core", "SKIP b", "SKIP b without a reason"),
    "twice": ("CASE c", "TEST-BEGIN demo 3\nCASE c", "twice"),
}


def own():
    """Whether a driver's own report is sound, and its failed case is one."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        good = protocol.report("demo", [("a", None), ("b", None, "PASS b")])
        bad = protocol.report("demo", [("a", None), ("b", "1 != 2", "FAIL a: no verdict")], 2)
    first, second = printed.getvalue().split("TEST-BEGIN")[1:]
    return (good == 0 and not protocol.check("TEST-BEGIN" + first) and bad == 1
            and protocol.check("TEST-BEGIN" + second) == ["case b failed"])


def main():
    """Prints the protocol it tests."""
    results = {"sound": not protocol.check(SOUND),
               "empty": "no case was executed" in protocol.check("TEST-BEGIN demo 0\nTEST-END 0 0 0\n")}
    for name, (old, new, words) in UNSOUND.items():
        results[name] = any(words in message for message in protocol.check(SOUND.replace(old, new)))
    results["own"] = own()
    return protocol.report("protocol", ((name, None if good else "not recognised") for name, good in results.items()),
                           len(results))


if __name__ == "__main__":
    sys.exit(main())
