#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle perf without a machine: what it makes of records whose sums are known."""

import argparse
import io
import json
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from unittest import mock

import protocol

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

from vesicle import hub  # noqa: E402  (the path comes first)
from vesicle.perf import exact, exits, guests, machine, perfdata, record, stat, stats, stream, symbols, threads, tracepoints  # noqa: E402  (the path comes first)

FREQUENCY = 62500000
START, END = 1000, 500000
GUEST, VMM, OTHER = 5, 6, 7
HVC = 0x16 << 26
MMIO_READ = 0x24 << 26 | 1 << 24 | 2 << 22 | 1 << 25


def thread(number, pd, name, parent=1, index=0, guest=False):
    """A THREAD's data."""
    return struct.pack("<6Q64s", number, number, pd, parent, index, guest, name.encode())


def counters(number, hvcs, timers):
    """A COUNTERS' data."""
    values = [[0] * 4 for _ in range(exits.NUMBER)]
    values[exits.HVC][2:] = hvcs, 10 * hvcs
    values[exits.TIMER][:2] = timers, 10 * timers
    return struct.pack("<Q64Q", number, *[word for row in values for word in row])


def leave(time, reason=exits.HVC, b=HVC, detail=0):
    """An Exit."""
    return time, GUEST, detail, reason, stream.EXIT, 0x1000, b


def enter(time, ticks, reason=exits.HVC | stream.VMM):
    """An Entry."""
    return time, GUEST, 0, reason, stream.ENTRY, 0x1004, ticks


def switch(time, before, after, state=4):
    """A Switch."""
    return time, after, 0, state, stream.SWITCH, before, 0


def stream_of(rounds, first=(0, 0), last=(0, 0)):
    """A stream: each round is (time, {core: [lost, records]})."""
    file = io.BytesIO()
    begin = stream.START.pack(stream.MAGIC, b"0" * 16, stream.VERSION, 2, FREQUENCY, stream.SWITCHES, START)
    frames = [stream.Frame(stream.BEGIN, 0, 0, begin)]
    for data in (thread(GUEST, 3, "linux.guest", 2, guest=True), thread(VMM, 2, "linux"), thread(OTHER, 4, "other")):
        frames.append(stream.Frame(stream.THREAD, 0, 0, data))
    frames.append(stream.Frame(stream.COUNTERS, 0, 0, counters(GUEST, *first)))
    for time, cores in rounds:
        for core, (lost, records) in cores.items():
            frames.append(stream.Frame(stream.RECORDS, core, lost, b"".join(stream.RECORD.pack(*r) for r in records)))
        frames.append(stream.Frame(stream.ROUND, 0, 0, struct.pack("<Q", time)))
    frames.append(stream.Frame(stream.COUNTERS, 1, 0, counters(GUEST, *last)))
    frames.append(stream.Frame(stream.END, 0, 0, struct.pack("<Q", END)))
    for frame in frames:
        stream.write_frame(file, frame)
    file.seek(0)
    return file


class Recorded:
    """A session that was."""

    def __init__(self, file):
        self.file = file

    def frames(self):
        """Its frames."""
        return stream.read_frames(self.file)

    def stop(self):
        """It is over anyway."""


class Nowhere(machine.Machine):
    """A machine of which nothing is known."""

    def __init__(self, words=()):
        self.words, self.counts, self.cpu, self.files, self.images, self.devices = list(words), "-icount" in words, "max", {}, {}, []
        self.kernel = pathlib.Path("none.elf")


def measured(rounds, interval=None, chosen=(), **counted):
    """What perf stat tells."""
    shots = []
    live = stat.Live(Recorded(stream_of(rounds, **counted)), Nowhere(), list(chosen), interval)
    live.run(shots.append)
    return live.report().data()


# A guest on core 0 makes an HVC, which its VMM serves; then it moves to core 1, where its next one ends.
MOVES = [(200000, {0: [0, [leave(2000), switch(2010, GUEST, VMM), switch(2030, VMM, GUEST), enter(2040, 40),
                           leave(3000), switch(3005, GUEST, 0)]],
                   1: [0, [switch(3100, 0, VMM), switch(3200, VMM, GUEST), enter(3200, 200)]]})]


def exits_that_move():
    """Records of two cores are put in order; times are who had them."""
    data = measured(MOVES, last=(2, 0))
    guest = data["guests"]["linux"]
    assert [(row["reason"], row["by"], row["count"], row["min"], row["max"]) for row in guest["exits"]] == \
        [("HVC unknown call", stats.VMM, 2, 40 * 16, 200 * 16)], guest["exits"]
    assert guest["counters"] == [{"by": stats.VMM, "reason": "HVC", "count": 2}], guest["counters"]
    time = guest["time"]
    assert time["VMM"] == (20 + 100) * 16 and time["kernel"] == (10 + 10 + 5) * 16, time
    assert sum(time.values()) == 2 * (END - START) * 16, time


def names():
    """What exits are called."""
    def name(reason, b, detail=0):
        return exits.name(reason, (0, GUEST, detail, reason, stream.EXIT, 0, b))
    assert name(exits.HVC, 0xc4000003 << 32 | HVC) == "HVC PSCI CPU_ON"
    assert name(exits.SMC, 0x84000053 << 32) == "SMC TRNG_RND"
    assert name(exits.HVC, HVC | 7) == "HVC #7"
    assert name(exits.DABORT, 0x9000 << 32 | MMIO_READ | 0x40, 0x18) == "MMIO PL011 write"
    assert name(exits.DABORT, 0x9010 << 32 | MMIO_READ) == "MMIO PL031 read"
    assert name(exits.DABORT, 0x12345 << 32 | MMIO_READ) == "MMIO 0x12345000 read"
    assert exits.name(exits.DABORT, (0, GUEST, 4, exits.DABORT, stream.EXIT, 0, 0xb000 << 32 | MMIO_READ),
                      [(0xb000000, 0x1000, "mailbox")]) == "MMIO mailbox read"
    assert name(exits.DABORT, 0x40000 << 32 | MMIO_READ) == "stage-2 fault"
    assert name(exits.DABORT, MMIO_READ | 0x0d) == "stage-2 fault"  # a permission fault has no address
    assert name(exits.WFX, 1) == "WFE" and name(exits.WFX, 0) == "WFI"
    assert name(exits.SYSREG, 3 << 20 | 5 << 17 | 12 << 10 | 11 << 1) == "SGI ICC_SGI1R_EL1"
    assert name(exits.SYSREG, 3 << 20 | 6 << 14 | 1) == "MRS S3_6_C0_C0_0"


TREE = """/dts-v1/; / { mailbox { image = "mailbox"; }; linux { compatible = "vesicle,guest"; kernel = "Image";
    mailbox@b000000 { reg = <0x0b000000 0x1000>; server = "mailbox"; }; }; other { compatible = "vesicle,guest"; kernel = "raw"; console = "tty";
    box@1c000000 { reg = <1 0x1c000000 0 0x2000>; server = "mailbox"; }; }; };"""


def what_a_tree_says():
    """Programs, guests' kernels, devices that programs serve."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tree = subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb"], input=TREE.encode(), capture_output=True, check=True).stdout
        head = "070701" + "%08x" * 13 % (0, 0o100644, 0, 0, 1, 0, len(tree), 0, 0, 0, 0, len("system.dtb") + 1, 0)
        (folder / "archive").write_bytes(head.encode() + b"system.dtb\0" + bytes(3) + tree)
        (folder / hub.MACHINE).write_text(json.dumps(["qemu", "-kernel", "kernel.img", "-initrd", str(folder / "archive")]), encoding="utf-8")
        found = machine.Machine(folder)
    assert found.devices == [(0xb000000, 0x1000, "mailbox"), (0x11c000000, 0x2000, "box")], found.devices
    assert found.kernels == {"linux": "Image", "other": "raw"} and found.images["mailbox"] == "mailbox" and found.images["tty"] == "vmm", found.images


def numbers_are_the_kernels():
    """Names stand where the kernel's headers have them."""
    top = pathlib.Path(__file__).resolve().parents[2]
    headers = top / "kernel" / "api" / "include" / "sel4"
    calls = re.search(r"enum vesicle_syscall \{(.*?)vesicle_NumSyscalls", (headers / "invocation.h").read_text(encoding="utf-8"), re.S)[1]
    assert tuple(re.findall(r"vesicle_Sys(\w+)(?: = 0)?,", calls)) == exits.CALLS
    trace = (headers / "trace.h").read_text(encoding="utf-8")
    reasons = re.search(r"enum vesicle_exit_reason \{(.*?)vesicle_NumExitReasons", trace, re.S)[1]
    assert len(re.findall(r"vesicle_Exit_\w+(?: = 0)?,", reasons)) == exits.NUMBER
    kinds = re.search(r"enum vesicle_trace_kind \{(.*?)vesicle_NumTraceKinds", trace, re.S)[1]
    assert re.findall(r"vesicle_Trace_(\w+)", kinds)[:7] == ["Exit", "Entry", "Switch", "Fault", "IRQ", "Trap", "Return"]


def system_calls():
    """From the trap to the return of the thread that made it, whoever ran in between."""
    records = [(2000, OTHER, 8, exits.SYSCALL, stream.TRAP, 0x100, 0), switch(2005, OTHER, VMM),
               (2010, VMM, 0, 0, stream.RETURN, 0x200, 0), switch(2040, VMM, OTHER), (2050, OTHER, 0, 0, stream.RETURN, 0x104, 0)]
    calls = measured([(200000, {0: [0, records]})])["calls"]
    assert [(row["pd"], row["call"], row["count"], row["min"]) for row in calls] == [("other", "Wait", 1, 50 * 16)], calls


def lost_ones():
    """Exits and entries on both sides of a gap are not put together; how many are missing is told."""
    data = measured([(200000, {0: [0, [leave(2000)]]}), (300000, {0: [17, [enter(250000, 40)]]})], last=(9, 0))
    rows = data["guests"]["linux"]["exits"]
    assert data["lost"] == 17 and [(row["reason"], row["count"]) for row in rows] == [("HVC", 1)], data


def exits_before_it_began():
    """An entry whose exit was not seen counts for nothing."""
    data = measured([(200000, {0: [0, [enter(2000, 0, 0), leave(3000), enter(3010, 10)]]})], last=(1, 0))
    assert sum(row["count"] for row in data["guests"]["linux"]["exits"]) == 1, data


def many_names():
    """A guest that touches all there is does not fill this machine's memory."""
    records = []
    for i in range(3 * stats.NAMES):
        records += [leave(2000 + 2 * i, exits.DABORT, i << 32 | MMIO_READ), enter(2001 + 2 * i, 1, exits.DABORT | stream.VMM)]
    rows = measured([(200000, {0: [0, records]})])["guests"]["linux"]["exits"]
    assert len(rows) <= stats.NAMES + 1 and sum(row["count"] for row in rows) == 3 * stats.NAMES


def percentiles():
    """Of a hundred and one times."""
    spread = stats.Spread()
    for i in range(101):
        spread.ticks[i] += 1
    assert spread.at(0, 50, 99, 100) == [0, 50, 99, 100], spread.at(0, 50, 99, 100)


def who_is_who():
    """Processes, threads, guests; names that somebody asks for."""
    all_of_them = threads.Threads()
    for data in (thread(1, 0, "roottask", 0), thread(2, 2, "linux"), thread(3, 3, "linux.vcpu0", 2),
                 thread(9, 5, "linux.guest", 2, 1, True), thread(8, 5, "linux.guest", 2, 0, True), thread(4, 6, "shell")):
        all_of_them.add(stream.parse_thread(data))
    assert [all_of_them.process(n) for n in (1, 2, 3, 8, 9, 4, 99)] == [1, 2, 2, 8, 8, 4, 99]
    assert [all_of_them.name(n) for n in (0, 3, 9, 99)] == ["idle", "linux.vcpu0", "linux/1", "thread-99"]
    assert all_of_them.chosen(["linux"]) == {2, 3, 8, 9} and all_of_them.chosen(["linux/1"]) == {9}
    assert all_of_them.vmm_of(9) == {2} and all_of_them.chosen([]) is None


def formats():
    """Tracepoints are laid out as on Linux for arm64."""
    def offsets(point):
        return [(int(o), int(s)) for o, s in re.findall(r"offset:(\d+);\tsize:(\d+)", point.format())][4:]
    assert offsets(tracepoints.KVM_EXIT) == [(8, 4), (12, 4), (16, 8)]
    assert offsets(tracepoints.KVM_MMIO) == [(8, 4), (12, 4), (16, 8), (24, 8)]
    assert offsets(tracepoints.SCHED_SWITCH) == [(8, 16), (24, 4), (28, 4), (32, 8), (40, 16), (56, 4), (60, 4)]
    for point in tracepoints.ALL.values():
        assert (point.raw.size + 4) % 4 == 0 and len(perfdata.raw(bytes(point.raw.size))) % 8 == 0


def own_perf(*words):
    """What this machine's own perf says."""
    done = subprocess.run(["perf", *map(str, words)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def perf_reads_it():
    """This machine's own perf: samples, lost records, names; the exits of each guest's CPU."""
    rounds = [*MOVES, (300000, {0: [17, [leave(250000), enter(250100, 100)]]})]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "perf.data"
        with open(path, "wb") as file:
            converter, _ = record.convert(stream_of(rounds), file, Nowhere(), list(tracepoints.DEFAULT), None, ["test"])
        assert converter.missing == 17 and converter.counts["kvm:kvm_exit"] == 3
        assert shutil.which("perf"), "there is no perf: it is in Debian's package linux-perf"
        text = own_perf("script", "--show-lost-events", "-i", path)
        assert len(re.findall(r"linux/0 .*kvm_exit: TRAP: HSR_EC: 0x0016 \(HVC64\)", text)) == 3, text
        assert re.search(r"linux/0 +5 \[001\] +0.000051: +kvm:kvm_entry", text), text
        assert "PERF_RECORD_LOST lost 17" in text, text
        text = own_perf("report", "--stdio", "-n", "-s", "comm", "-i", path)
        assert re.search(r"of event 'kvm:kvm_exit'(?s:.*?)\b3 +linux/0\n", text), text


def linux_image(names, offsets_first):
    """What looks like a kernel with its list of names, (kind and name, offset), in the order of Linux 6.1 or of later ones."""
    words = {0: b"function_", 1: b"long", 2: b"_name"}
    tokens = [words.get(i, bytes([i]) if chr(i).isalnum() or chr(i) in "_." else b"%dx" % i) for i in range(256)]
    by_token = {token: number for number, token in enumerate(tokens)}
    listed, marks = b"", []
    for i, (name, _) in enumerate(names):
        if i % 256 == 0:
            marks.append(len(listed))
        parts = re.findall(r"function_|long|_name|.", name)
        length = bytes([len(parts)]) if len(parts) < 128 else bytes([len(parts) & 127 | 128, len(parts) >> 7])
        listed += length + bytes(by_token[part.encode()] for part in parts)

    def padded(data):
        return data + bytes(-len(data) % 8)
    offsets = padded(b"".join(struct.pack("<I", offset) for _, offset in names)) + bytes(8)  # and the base, which is not in the file
    index = struct.pack("<256H", *[sum(len(token) + 1 for token in tokens[:i]) for i in range(256)])
    body = padded(struct.pack("<I", len(names))) + padded(listed) + padded(struct.pack(f"<{len(marks)}I", *marks))
    body += padded(b"".join(token + b"\0" for token in tokens)) + index
    code = bytes(range(256)) * 64 + b"0\0001\0002\0003\0004\0005\0006\0007\0008\0009\0" + bytes(6)
    return padded(code) + (offsets + body if offsets_first else body + offsets) + code


def names_in_a_kernel():
    """A Linux Image's own list of functions is found, in either order; other files have none."""
    names = [(f"{'T' if i % 3 else 'd'}function_{i}_name" + "long" * (i % 7 * 25), 16 * i + 64) for i in range(3000)]
    for first in (True, False):
        found = symbols.of_kernel(linux_image(names, first))
        assert len(found.pairs) == 2000 and found.pairs[0] == (found.address("function_1_name" + "long" * 25), "function_1_name" + "long" * 25)
        for i in (1, 255, 256, 257, 1300, 2999):
            address = found.addresses[0] + 16 * (i - 1)
            assert found.find(address + 15) == names[i - (i % 3 == 0)][0][1:], i
    assert not symbols.of_kernel(bytes(range(256)) * 4096) and not symbols.of_kernel(b"")
    assert not symbols.of_kernel(linux_image(names, True)[:-20000])


def where_a_kernel_lies():
    """By where it sleeps, or calls PSCI; if neither is what it looks like, it is not known."""
    linked, moved = 0xffff800008000000, 0x29458a7d0000
    found = symbols.Symbols([(linked, "_stext"), (linked + 0x1234560, "cpu_do_idle"), (linked + 0x1234600, "schedule"),
                             (linked + 0x8640, "__arm_smccc_hvc"), (linked + 0x8660, "after")])
    idle, call = linked + moved + 0x1234568, linked + moved + 0x8644
    assert guests.slide(found, [idle] * 3 + [idle + 0x5000]) == moved
    assert guests.slide(found, [], call) == moved == guests.slide(found, [idle + 0x5000], call)
    assert guests.slide(found, [idle + 0x1000]) is None and guests.slide(found, [], call + 0x100) is None
    assert guests.slide(found, [], 0x40200644) is None  # with its MMU off


def exact_functions():
    """Instructions of two cores are added up by function; entries are those of its first instruction."""
    code = symbols.make_elf(symbols.Symbols([(0x1000, "first"), (0x1008, "second")]), 0x1000, 16)
    rows = exact.by_function([5, 5, 1, 0, 0, 0, 0, 0], [7, 6, 1, 0, 1, 0, 3, 9], 0x1000, 4, symbols.of_elf(code))
    assert rows == [{"function": "second", "instructions": 12, "entries": 3}, {"function": "first", "instructions": 4, "entries": 3}], rows
    assert "75.00%" in exact.table(rows) and exact.table([]).endswith("all")


def exact_interrupted_at_once():
    """Ctrl-C that comes with the line which says that it may come ends the counting, and not the command."""
    here, there = socket.socketpair()
    args = argparse.Namespace(seconds=None, until_gone=False)
    try:
        with there, mock.patch.object(exact.attach, "connect", return_value=here), mock.patch.object(exact, "say", side_effect=KeyboardInterrupt):
            exact.wait(pathlib.Path("system"), args)
    except KeyboardInterrupt as error:
        raise AssertionError("the command ends") from error


def outcome(test):
    """What is wrong, None if nothing."""
    try:
        test()
        return None
    except AssertionError as error:
        return repr(error)


def main():
    """Prints the protocol."""
    tests = [exits_that_move, names, what_a_tree_says, numbers_are_the_kernels, system_calls, lost_ones, exits_before_it_began, many_names, percentiles, who_is_who, formats, names_in_a_kernel,
             where_a_kernel_lies, exact_functions, exact_interrupted_at_once,
             perf_reads_it]
    return protocol.report("perf", ((test.__name__, outcome(test)) for test in tests), len(tests))


if __name__ == "__main__":
    sys.exit(main())
