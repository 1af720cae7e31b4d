# SPDX-License-Identifier: BSD-2-Clause
"""An exact profile of the kernel: how many instructions of each of its functions were executed, as the plugin tools/plugins/exact.c counts."""

import collections
import json
import mmap
import pathlib
import select
import struct

from .. import attach, build
from ..ui import Failure, say
from . import flame, stream, symbols
from .machine import PF_X, PT_LOAD, Machine

COUNTS = "kernel.counts"  # in the system's folder
WORD, NUMBER = 4, 8       # bytes of an instruction, and of how often it was executed
SHOWN = 40                # functions in the table


def options(kernel, cores):
    """What QEMU is given, so that it counts; it runs in the system's folder."""
    kernel = pathlib.Path(kernel).resolve()
    plugin = build.require(kernel.parents[1] / "host-tools" / "tools" / "plugins" / "libexact.so", "the plugin that counts")
    return ["-plugin", f"{plugin},kernel={kernel.with_suffix('.elf')},counts={COUNTS},cores={cores}"]


def text_of(elf):
    """Address and words of the code of an ELF file, as the plugin finds it."""
    offset, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for i in range(count):
        kind, flags, _, address, _, length = struct.unpack_from("<IIQQQQ", elf, offset + i * size)
        if kind == PT_LOAD and flags & PF_X:
            return address, length // WORD
    return 0, 0


def snapshot(path):
    """The counts as they are now."""
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as counts:
        return memoryview(bytes(counts)).cast("Q")


def by_function(before, after, address, words, found):
    """Of two snapshots: instructions executed, and how often the first one was, by function; most first. Only of those that were."""
    executed, entered = collections.Counter(), collections.Counter()
    starts = set(found.addresses)
    for i, (old, new) in enumerate(zip(before, after)):
        if new != old:
            at = address + i % words * WORD
            name = found.find(at) or hex(at)
            executed[name] += new - old
            if at in starts:
                entered[name] += new - old
    return [{"function": name, "instructions": count, "entries": entered[name]}
            for name, count in sorted(executed.items(), key=lambda item: (-item[1], item[0]))]


def table(rows):
    """For people."""
    total = sum(row["instructions"] for row in rows)
    lines = [f"{'instructions':>14} {'share':>7} {'entries':>12}  function"]
    for row in rows[:SHOWN]:
        lines.append(f"{row['instructions']:>14} {row['instructions'] / total:>7.2%} {row['entries']:>12}  {row['function']}")
    rest = sum(row["instructions"] for row in rows[SHOWN:])
    if rest:
        lines.append(f"{rest:>14} {rest / total:>7.2%} {'':>12}  ({len(rows) - SHOWN} others)")
    return "\n".join(lines + [f"{total:>14} {'':>7} {'':>12}  all"])


def wait(folder, args):
    """For so long as is asked, until Ctrl-C or the system's end."""
    with attach.connect(folder) as sock:
        try:
            say(f"counting the kernel's instructions in '{folder.name}'{stream.how_long(args)}")
            select.select([sock], [], [], args.seconds)  # the hub says nothing unasked; it goes when the system ends
        except KeyboardInterrupt:
            pass


def run(args):
    """./vesicle perf record --exact."""
    folder = attach.running(args.system)
    machine = Machine(folder)
    if not any(f",counts={COUNTS}," in word for word in machine.words):
        raise Failure(f"'{folder.name}' was started without --exact, and QEMU takes no plugin while it runs: "
                      "start it with './vesicle run --exact'")
    elf = machine.kernel.read_bytes()
    address, words = text_of(elf)
    before = snapshot(folder / COUNTS)
    if not words or len(before) % words:
        raise Failure(f"{machine.kernel} is not the kernel that runs any more")
    wait(folder, args)
    rows = by_function(before, snapshot(folder / COUNTS), address, words, symbols.of_elf(elf))
    print(table(rows))
    if args.output:
        pathlib.Path(args.output).write_text(json.dumps({"functions": rows}, indent=1) + "\n", encoding="utf-8")
    if args.flame:
        stacks = {("[kernel]", row["function"]): row["instructions"] for row in rows}
        pathlib.Path(args.flame).write_text(flame.draw(stacks, "the kernel's instructions by function", "instructions"), encoding="utf-8")
    return 0
