# SPDX-License-Identifier: BSD-2-Clause
"""The test protocol: what a test root task or a driver prints, and what makes a report sound.

    TEST-BEGIN <suite> [<number of cases>]
    CASE <name> ...
    PASS <name>   |   FAIL <name>: <why>   |   SKIP <name>: <why>
    TEST-END <passed> <failed> <skipped>

Other lines may stand anywhere between these. Each case has one verdict, before the next case begins.
"""

import re
import textwrap

BEGIN = re.compile(r"^TEST-BEGIN (\S+)(?: (\d+))?\s*$")
CASE = re.compile(r"^CASE (\S+)")
VERDICT = re.compile(r"^(PASS|FAIL|SKIP) ([^\s:]+)(?:: *(.*))?")
END = re.compile(r"^TEST-END (\d+) (\d+) (\d+)\s*$")

UNKNOWN = -1  # how many cases there are: the suite's programs know only their own


def check(text):
    """Returns what is wrong with a report, a list of messages; failed cases are among them."""
    wrong = []
    counts = {"PASS": 0, "FAIL": 0, "SKIP": 0}
    announced = None
    ended = None
    case = None
    for line in text.splitlines():
        if match := BEGIN.match(line):
            if announced is not None:
                wrong.append("TEST-BEGIN twice: the suite started over")
            announced = int(match[2]) if match[2] else UNKNOWN
        elif match := CASE.match(line):
            if case is not None:
                wrong.append(f"case {case} has no verdict")
            case = match[1]
        elif match := VERDICT.match(line):
            verdict, name, why = match.groups()
            if name != case:
                wrong.append(f"verdict for {name}, but the case is {case}")
            if verdict != "PASS" and not why:
                wrong.append(f"{verdict} {name} without a reason")
            if verdict == "FAIL":
                wrong.append(f"case {name} failed")
            counts[verdict] += 1
            case = None
        elif match := END.match(line):
            ended = tuple(int(number) for number in match.groups())
    return wrong + _check_counts(announced, ended, case, counts)


def _check_counts(announced, ended, case, counts):
    wrong = []
    seen = tuple(counts[verdict] for verdict in ("PASS", "FAIL", "SKIP"))
    if case is not None:
        wrong.append(f"case {case} has no verdict")
    if announced is None:
        wrong.append("no TEST-BEGIN line")
    elif announced not in (UNKNOWN, sum(seen)):
        wrong.append(f"{announced} cases announced, {sum(seen)} verdicts given")
    if ended is None:
        wrong.append("no TEST-END line")
    elif ended != seen:
        wrong.append("TEST-END says %d passed, %d failed, %d skipped; " % ended
                     + "the verdicts say %d, %d, %d" % seen)
    if sum(seen) == 0:
        wrong.append("no case was executed")
    return wrong


def report(suite, cases, count=None):
    """Prints a driver's own report, and returns its status: 0 if all cases passed.

    cases: of each its name and what is wrong, None if nothing, and, where there is one, a text that goes with it;
    count: how many.
    """
    passed = failed = 0
    print(f"TEST-BEGIN {suite}" if count is None else f"TEST-BEGIN {suite} {count}")
    for name, wrong, *text in cases:
        print(f"CASE {name}")
        for part in text:
            print(textwrap.indent(part, "  | ", lambda line: True))
        print(f"PASS {name}" if wrong is None else f"FAIL {name}: {wrong}")
        passed += wrong is None
        failed += wrong is not None
    print(f"TEST-END {passed} {failed} 0")
    return 1 if failed else 0
