#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The judge of test reports, with sound reports and with every way of being unsound."""

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


def main():
    """Prints the protocol it tests."""
    results = {"sound": not protocol.check(SOUND),
               "empty": "no case was executed" in protocol.check("TEST-BEGIN demo 0\nTEST-END 0 0 0\n")}
    for name, (old, new, words) in UNSOUND.items():
        results[name] = any(words in message for message in protocol.check(SOUND.replace(old, new)))
    print(f"TEST-BEGIN protocol {len(results)}")
    for name, good in results.items():
        print(f"CASE {name}")
        print(f"PASS {name}" if good else f"FAIL {name}: not recognised")
    failed = sum(not good for good in results.values())
    print(f"TEST-END {len(results) - failed} {failed} 0")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
