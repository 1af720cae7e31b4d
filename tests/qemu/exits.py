#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a guest's exits cost (./vesicle bench exits): all rows are there, below their limits, and the same in a second run."""

import argparse
import json
import pathlib
import sys
import tempfile

import machine
import protocol

from vesicle import bench_exits, exits_picture, paths, ui

SAME = ("insns", "min", "p99", "max", "samples")


def _compare(rows, again):
    """The first row that differs between two runs; None: none does."""
    for name, row in rows.items():
        if any(row[key] != again[name][key] for key in SAME):
            return f"{name}: {row['insns']}, then {again[name]['insns']}"
    return None


def _cases(target, cpu):
    references = json.loads((paths.BENCH_ROWS / "exits.json").read_text(encoding="utf-8"))["rows"]
    rows = {}
    try:
        for name in bench_exits.SYSTEMS:
            bench_exits.count(target, name, cpu, rows)
    except ui.Failure as failure:
        yield "runs", str(failure)
        return
    yield "runs", None
    for name, reference in references.items():
        row = rows.get(name)
        limit = reference.get("limit")
        over = row and limit is not None and row["insns"] > limit
        yield name, "is not there" if row is None else f"{row['insns']} instructions, {limit} at most" if over else None
    again = {}
    bench_exits.count(target, "one", cpu, again)
    yield "same_again", _compare({name: rows[name] for name in again}, again)
    with tempfile.TemporaryDirectory() as folder:
        saved = pathlib.Path(folder) / "saved.json"
        saved.write_text(json.dumps({"results": list(rows.values())}), encoding="utf-8")
        args = argparse.Namespace(against=str(saved))
        missing, _ = bench_exits.table(args, references, list(rows.values()))
    picture = exits_picture.draw(list(rows.values()), references)
    yield "shown", None if not missing and picture.count("<circle") >= len(rows) else "the table or the picture lacks rows"


def main():
    """The driver."""
    parser = argparse.ArgumentParser(description=__doc__)
    machine.add_options(parser)
    args = parser.parse_args()
    return protocol.report("exits", _cases(pathlib.Path(args.kernel).resolve().parents[1], args.cpu))


if __name__ == "__main__":
    sys.exit(main())
