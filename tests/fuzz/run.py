#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs a fuzzer from its kept corpus, as one case of the test protocol (tests/qemu/protocol.py).

With --runs N it makes N runs, the same ones every time, and leaves nothing behind. With --seconds S it goes on for so long, and keeps
what it finds in --found DIR for the next time. An input that fails is left in --failures DIR.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import time

STATUS = re.compile(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+)")
INPUT_TIMEOUT = 20  # seconds for one input


def fuzz(args, found):
    """Returns the fuzzer's status and what it said."""
    args.failures.mkdir(parents=True, exist_ok=True)
    found.mkdir(parents=True, exist_ok=True)
    how = [f"-runs={args.runs}", "-seed=1"] if args.runs else [f"-max_total_time={args.seconds}"]
    command = [str(args.program), *how, f"-timeout={INPUT_TIMEOUT}", "-len_control=0", f"-max_len={args.max_len}",
               f"-artifact_prefix={args.failures}/", str(found), str(args.corpus)]
    run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                         errors="replace", check=False)
    return run.returncode, run.stdout


def report(args, found):
    """Runs it and prints what came of it; returns the program's status."""
    start = time.monotonic()
    code, output = fuzz(args, found)
    seconds = time.monotonic() - start
    status = [match for match in map(STATUS.match, output.splitlines()) if match]
    if status:
        runs, coverage, features = map(int, status[-1].groups())
        print(f"  {runs} runs, {runs / seconds:.0f} in a second, {coverage} edges, {features} features")
    if code == 0:
        print(f"PASS {args.name}")
        return 0
    print(output[-20000:])
    where = re.search(r"Test unit written to (\S+)", output)
    print(f"FAIL {args.name}: " + (f"{args.program} {where[1]}" if where else f"status {code}"))
    return 1


def main():
    """Status 0: it ran without a failure, or was skipped."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--corpus", type=pathlib.Path)
    parser.add_argument("--failures", type=pathlib.Path)
    parser.add_argument("--found", type=pathlib.Path)
    parser.add_argument("--max-len", type=int, default=1024)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--skip", metavar="WHY")
    args = parser.parse_args()
    print(f"TEST-BEGIN fuzz 1\nCASE {args.name}")
    failed = 0
    if args.skip:
        print(f"SKIP {args.name}: {args.skip}")
    elif args.runs:
        with tempfile.TemporaryDirectory() as found:
            failed = report(args, pathlib.Path(found))
    else:
        failed = report(args, args.found)
    skipped = 1 if args.skip else 0
    print(f"TEST-END {1 - failed - skipped} {failed} {skipped}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
