# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle test: both sides' CTest, and a summary that counts cases."""

import os
import re
import subprocess
import xml.etree.ElementTree

from . import build
from .ui import Failure, say

RINGS = ("host", "kernel", "pd", "guest")
RING_PLACE = {"host": "host", "kernel": "target", "pd": "target", "guest": "target"}
CASE_FAILED = re.compile(r"case \S+ failed$")
VERDICT = re.compile(r"^(PASS|FAIL|SKIP) (.*)$", re.MULTILINE)


class Tally:
    """What became of one ring's tests."""

    def __init__(self):
        self.counts = {"PASS": 0, "FAIL": 0, "SKIP": 0}
        self.remarks = []

    def add(self, verdict, remark=None):
        """Counts one case; the remark, if any, appears in the summary."""
        self.counts[verdict] += 1
        if remark:
            self.remarks.append(f"{verdict} {remark}")

    def add_test(self, element):
        """Counts a test of CTest's report: its cases if it tells them, else itself."""
        name = element.get("name")
        output = element.findtext("system-out") or ""
        failed = element.get("status") == "fail"
        skipped = not failed and (element.find("skipped") is not None or element.get("status") != "run")
        before = dict(self.counts)
        for verdict, text in VERDICT.findall(output):
            self.add(verdict, None if verdict == "PASS" else f"{name}: {text}")
        if skipped:
            told = [line for line in output.splitlines() if line.strip()]
            self.add("SKIP", f"{name}: {told[-1] if told else 'no reason given'}")
        elif failed:
            self._add_failure(name, element, output, told=self.counts["FAIL"] != before["FAIL"])
        elif self.counts == before:
            self.add("PASS")

    def _add_failure(self, name, element, output, told):
        """A failed test counts once more for what is not the failure of a case it told."""
        errors = [line.removeprefix("error: ") for line in output.splitlines() if line.startswith("error: ")]
        errors = [error for error in errors if not CASE_FAILED.match(error)]
        failure = element.find("failure")
        if errors or not told:
            why = "; ".join(errors) or (failure.get("message") if failure is not None else None) or "failed"
            self.add("FAIL", f"{name}: {why}")


def _ctest(folder, ring, args):
    """Runs one ring; returns its tally."""
    report = folder / f"report-{ring}.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", str(folder), "-L", f"^{ring}$", "--output-on-failure",
               "--output-junit", str(report), "--test-output-size-passed", "4000000",
               "--test-output-size-failed", "4000000", "-j", str(os.cpu_count() or 1), "--no-tests=ignore"]
    if args.pattern:
        command += ["-R", args.pattern]
    command += ["-C", "long"] if args.long else ["-LE", "^long$"]
    say(f"testing: {ring}")
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    tally = Tally()
    if report.exists():
        for element in xml.etree.ElementTree.parse(report).getroot().iter("testcase"):
            tally.add_test(element)
    if code != 0 and tally.counts["FAIL"] == 0:
        tally.add("FAIL", f"{ring}: ctest ended with status {code}")
    return tally


def _summary(tallies):
    print("\nSummary")
    for ring, tally in tallies.items():
        counts = tally.counts
        print(f"  {ring:<8}{counts['PASS']:>6} passed {counts['FAIL']:>6} failed {counts['SKIP']:>6} skipped")
    for tally in tallies.values():
        for remark in tally.remarks:
            print("  " + remark)
    total = {key: sum(tally.counts[key] for tally in tallies.values()) for key in ("PASS", "FAIL", "SKIP")}
    print(f"{total['PASS']} passed, {total['FAIL']} failed, {total['SKIP']} skipped", flush=True)
    return 1 if total["FAIL"] else 0


def run(args):
    """The subcommand."""
    rings = [ring for ring in RINGS if not args.ring or ring in args.ring]
    builders = {"host": build.host, "target": build.target}
    folders = {place: builders[place]() for place in sorted({RING_PLACE[ring] for ring in rings})}
    tallies = {ring: _ctest(folders[RING_PLACE[ring]], ring, args) for ring in rings}
    if args.pattern and not any(sum(tally.counts.values()) for tally in tallies.values()):
        raise Failure(f"no test matches '{args.pattern}'; './vesicle test' runs them all")
    for ring, tally in tallies.items():
        if not args.pattern and tally.counts["PASS"] + tally.counts["FAIL"] == 0:
            tally.add("FAIL", f"{ring}: no test of this ring was executed")
    return _summary(tallies)
