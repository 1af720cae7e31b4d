#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle perf of small guests that make known numbers of exits: counted exactly, read by stock perf, lost ones told."""

import json
import pathlib
import re
import subprocess
import sys

import hubbed
import talk
from talk import PROMPT

from vesicle import attach, cli
from vesicle.perf import stock, stream

CONSOLES = 12
PERF = "--perf"    # FOLDER WORDS: this script is ./vesicle perf of the system with that folder
SLOW = "--slow"    # FOLDER: it begins to record, and reads on when it is told to
READY = rb"VESICLE-GUEST-READY bare\r?\nbare> "
OVER = rb"over\r?\nbare> "
HVCS, MMIOS, SGIS, STORM = 1000, 500, 200, 300000


def perf(steps, *words):
    """./vesicle perf."""
    return talk.Outside(steps, __file__, PERF, steps.system.folder, *words)


def ready(steps):
    """Guests and shell have begun."""
    yield PROMPT
    yield "bare", READY
    yield "other", READY


def storms(steps):
    """Exits of known numbers."""
    for line in (f"storm hvc {HVCS}", f"storm mmio {MMIOS}", f"storm sgi {SGIS}"):
        steps.type("bare", line + "\n")
        yield "bare", OVER


def row(data, name, guest="bare"):
    """How many exits of that name."""
    return sum(row["count"] for row in data["guests"][guest]["exits"] if row["reason"] == name)


def reason_of(name):
    """As counters call it."""
    if name.startswith("MMIO"):
        return "data abort"
    if name.startswith(("SGI ", "MSR ", "MRS ")):
        return "system register"
    if name.startswith("HVC"):
        return "HVC"
    if name.startswith("constant"):
        return "constant call"
    return "WFx" if name in ("WFI", "WFE") else name


def sums(rows):
    """Counts by who ended it and reason."""
    out = {}
    for what in rows:
        key = what["by"], reason_of(what["reason"])
        out[key] = out.get(key, 0) + what["count"]
    return out


def stat(steps):
    """perf stat: what is known is counted exactly, and the table agrees with the kernel's counters."""
    yield from ready(steps)
    file = pathlib.Path(steps.system.folder) / "stat.json"
    process = perf(steps, "stat", "--json", str(file))
    yield "outside", rb"measuring"
    yield from storms(steps)
    process.stop()
    yield "outside", rb"status 0"
    data = json.loads(file.read_text(encoding="utf-8"))
    print(data)
    if (row(data, "HVC unknown call"), row(data, "MMIO PL031 read"), row(data, "SGI ICC_SGI1R_EL1")) == (HVCS, MMIOS, SGIS):
        steps.case("known_numbers")
    if all(sums(guest["exits"]) == sums(guest["counters"]) and guest["exits"] for guest in data["guests"].values()
           if guest["counters"] or guest["exits"]) and data["lost"] == 0 and data["guests"]["bare"]["counters"]:
        steps.case("agrees_with_the_counters")
    spent = [sum(guest["time"].values()) for guest in data["guests"].values()]
    whole = data["seconds"] * 1e9 * steps.cores
    if spent and all(abs(ns - whole) < whole / 20 for ns in spent):
        steps.case("time_adds_up")
    pds = {row["name"]: row for row in data["pds"]}
    if abs(sum(row["share"] for row in data["pds"]) - 1) < 0.05 and pds["bare"]["runs"] >= HVCS and "trace" in pds:
        steps.case("time_of_pds")
    perf(steps, "stat", "-p", "trace", "--calls", "--", "0.5")
    yield "outside", rb"\n +trace +Call +[^\n]*\n(?s:.*)status 0"
    steps.case("system_calls")
    perf(steps, "stat", "-p", "trace", "--", "0.5")
    yield "outside", rb"runs\n +trace [^\n]*\n(?!  )(?s:.*)status 0"
    steps.case("time_of_one_pd")
    process = perf(steps, "stat", "-p", "other", "--interval", "0.5", "--", "2")
    yield "outside", rb"(?s:other: 1 CPU.*){3}status 0"
    if b"bare" not in process.text:
        steps.case("of_one_guest_at_intervals")
    perf(steps, "stat", "-p", "nobody", "--", "1")
    yield "outside", rb"no PD or guest 'nobody'; there are: (?s:.*)status 1"
    steps.case("unknown_name")
    steps.type("shell", "exit 0\n")


def read_by_stock_perf(*words):
    """Output of Debian's perf."""
    done = subprocess.run(stock.command([str(word) for word in words]), capture_output=True, text=True, check=False, timeout=100)
    return done.stdout + done.stderr


def pairs(script):
    """Of what perf script says: exits that an entry came before (those perf kvm stat counts), and that one came after (the kernel)."""
    inside, before, after = {}, 0, 0
    for thread, event in re.findall(r"^\s*\S+\s+(\d+) .* kvm:kvm_(entry|exit): ", script, re.M):
        before += event == "exit" and thread in inside
        after += event == "entry" and inside.get(thread) is False
        inside[thread] = event == "entry"
    return before, after


def record(steps):
    """perf record: what stock perf reads out of the file is what the kernel counted."""
    yield from ready(steps)
    file = pathlib.Path(steps.system.folder) / "perf.data"
    process = perf(steps, "record", "-o", str(file))
    yield "outside", rb"recording"
    yield from storms(steps)
    process.stop()
    counted = int((yield "outside", rb"counted (\d+) exits")[1])
    yield "outside", rb"samples(?s:.*)status 0"
    report = read_by_stock_perf("kvm", "-i", file, "stat", "report")
    print(report)
    rows = {name: int(count) for name, count in re.findall(r"^\s+(\w+)\s+(\d+)\s+[\d.]+%", report, re.M)}
    total = re.search(r"Total Samples:(\d+)", report)
    script = read_by_stock_perf("script", "-i", file)
    before, after = pairs(script)
    if after == counted and before > 0:
        steps.case("script_agrees_with_the_counters")
    if total and int(total[1]) == sum(rows.values()) == before:
        steps.case("kvm_stat_counts_all")
    if rows.get("HVC64") == HVCS and rows.get("DABT_LOW", 0) >= MMIOS and rows.get("SYS64", 0) >= SGIS:
        steps.case("kvm_stat_knows_the_reasons")
    if len(re.findall(r"bare/0 .* kvm:kvm_exit: TRAP: HSR_EC: 0x0016 \(HVC64\)", script)) == HVCS:
        steps.case("script")
    if len(re.findall(r"kvm:kvm_mmio: mmio read len 4 gpa 0x9010000", script)) == MMIOS:
        steps.case("script_mmio")
    if "sched:sched_switch: prev_comm=bare/0" in script and "next_comm=bare.vcpu0" in script:
        steps.case("script_switches")
    if re.search(r"Event count \(approx.\): \d+(?s:.*)bare/0", read_by_stock_perf("report", "-i", file, "--stdio", "-s", "comm")):
        steps.case("report")
    perf(steps, "record", "-o", str(file), "-p", "init", "-e", "vesicle:trap", "--", "0.2")
    yield "outside", rb"status 0"
    perf(steps, "record", "-o", str(file), "-e", "vesicle:trap,vesicle:return", "--", "1")
    yield "outside", rb"status 0"
    if re.search(r"\btrace\s.*\b(gpi|seL4|main|trace)\w*\b", read_by_stock_perf("script", "-i", file, "-F", "comm,ip,sym")):
        steps.case("symbols_of_programs")
    steps.type("shell", "exit 0\n")


def lost(steps):
    """A host that does not read holds up nobody, and what it misses is counted."""
    yield from ready(steps)
    process = talk.Outside(steps, __file__, SLOW, steps.system.folder)
    yield "outside", rb"recording"
    steps.type("bare", f"storm hvc {STORM}\n")
    yield "bare", OVER
    steps.type("other", "info\n")
    yield "other", rb"this is (?s:.*)bare> "
    steps.case("nobody_is_held_up")
    perf(steps, "stat", "--", "1")
    yield "outside", rb"is in use by somebody else(?s:.*)status 1"
    steps.case("one_at_a_time")
    steps.consoles["outside"] = process
    process.go_on()
    match = yield "outside", rb"received (\d+) lost (\d+) counted (\d+)\n(?s:.*)status 0"
    received, missing, counted = (int(word) for word in match.groups())
    print(received, missing, counted)
    if missing > 0 and counted >= STORM:
        steps.case("some_are_lost")
    if 0 <= received + missing - 2 * counted <= 6:  # of three CPUs an exit that began before, and one that had not ended
        steps.case("lost_ones_are_counted")
    process = perf(steps, "stat", "--", "1")
    yield "outside", rb"bare: 2 CPUs(?s:.*)status 0"
    steps.case("the_next_one")
    process = perf(steps, "stat")
    yield "outside", rb"measuring"
    process.process.kill()
    yield "outside", rb"status -9"
    perf(steps, "stat", "--", "0.5")
    yield "outside", rb"bare: 2 CPUs(?s:.*)status 0"
    steps.case("after_one_that_was_killed")
    steps.type("shell", "kill trace\n")
    yield PROMPT
    perf(steps, "stat", "--", "0.5")
    yield "outside", rb"status \d"
    steps.case("after_the_trace_pd_was_killed")
    steps.type("shell", "exit 0\n")


def until(steps):
    """perf stat and record end with the guests that they are for, and nobody else does."""
    yield from ready(steps)
    file = pathlib.Path(steps.system.folder) / "stat.json"
    perf(steps, "stat", "-p", "nobody", "--", "until", "poweroff")
    yield "outside", rb"no PD or guest 'nobody'(?s:.*)status 1"
    perf(steps, "stat", "--", "until", "sunset")
    yield "outside", rb"the number of seconds, or 'until poweroff'(?s:.*)status 2"
    steps.case("errors_in_words")
    perf(steps, "stat", "-p", "bare", "--json", str(file), "--", "until", "poweroff")
    yield "outside", rb"measuring until bare is gone"
    steps.type("bare", "reboot\n")
    yield "bare", READY
    yield from storms(steps)
    steps.type("bare", "poweroff\n")
    yield "outside", rb"status 0"
    data = json.loads(file.read_text(encoding="utf-8"))
    print(data)
    if row(data, "HVC unknown call") == HVCS and row(data, "HVC PSCI SYSTEM_RESET") == 1 and list(data["guests"]) == ["bare"]:
        steps.case("all_that_it_did")
    yield from talk.say(steps, "vm list", rb"bare +[^\n]*off\r?\n(?s:.*)other +[^\n]*running")
    yield from talk.say(steps, "vm start bare")
    yield "bare.2", READY
    perf(steps, "record", "-p", "bare", "-p", "other", "-o", str(file), "--", "until", "poweroff")
    yield "outside", rb"recording [^\n]* until bare and other are gone"
    yield from talk.say(steps, "vm destroy other")
    steps.type("bare.2", "poweroff\n")
    yield "outside", rb"samples (?s:.*)status 0"
    steps.case("of_two")
    perf(steps, "stat", "-p", "timer", "--", "until", "poweroff")
    yield "outside", rb"measuring until timer is gone"
    yield from talk.say(steps, "kill timer")
    yield "outside", rb"timer (?s:.*)status 0"
    steps.case("of_a_pd")
    yield "init", rb"trace: exited, status 1\n(?s:.*)trace: started"
    perf(steps, "stat", "--", "0.5")
    yield "outside", rb"time of each PD(?s:.*)status 0"
    steps.case("after_the_timer_was_killed")
    steps.type("shell", "exit 0\n")


def be_slow(folder):
    """Begins to record exits and entries, does not read until standard input ends, then to the end."""
    session = stream.Session(folder, stream.EXITS, interval_us=1000)
    frames = stream.read_frames(session.file)  # nobody else reads meanwhile
    counters, received, missing = {}, 0, 0
    for frame in frames:
        if frame.kind == stream.ROUND:
            break
        if frame.kind == stream.COUNTERS:
            thread, values = stream.parse_counters(frame.data)
            counters[thread] = [values, values]
    print("recording", flush=True)
    sys.stdin.read()
    session.stop()
    for frame in frames:
        if frame.kind == stream.RECORDS:
            received += len(frame.data) // stream.RECORD.size
            missing += frame.lost
        elif frame.kind == stream.COUNTERS:
            thread, values = stream.parse_counters(frame.data)
            counters[thread][1] = values
    counted = sum(x[0] + x[2] - y[0] - y[2] for first, last in counters.values() for x, y in zip(last, first))
    print(f"received {received} lost {missing} counted {counted}", flush=True)


SCRIPTS = {
    "stat": (stat, ["known_numbers", "agrees_with_the_counters", "time_adds_up", "time_of_pds", "time_of_one_pd", "system_calls", "of_one_guest_at_intervals", "unknown_name"]),
    "record": (record, ["script_agrees_with_the_counters", "kvm_stat_counts_all", "kvm_stat_knows_the_reasons", "script", "script_mmio", "script_switches",
                        "report", "symbols_of_programs"]),
    "until": (until, ["errors_in_words", "all_that_it_did", "of_two", "of_a_pd", "after_the_timer_was_killed"]),
    "lost": (lost, ["nobody_is_held_up", "one_at_a_time", "some_are_lost", "lost_ones_are_counted", "the_next_one",
                    "after_one_that_was_killed", "after_the_trace_pd_was_killed"]),
}


def cases(args, folder):
    """All scripts."""
    talk.Talk.cores = args.smp
    return talk.cases(args, folder, CONSOLES, SCRIPTS)


if __name__ == "__main__":
    if sys.argv[1:2] == [PERF]:
        attach.running = lambda system: pathlib.Path(sys.argv[2])
        sys.exit(cli.main(["perf", *sys.argv[3:]]))
    if sys.argv[1:2] == [SLOW]:
        sys.exit(be_slow(pathlib.Path(sys.argv[2])))
    sys.exit(hubbed.report(__doc__, "perf", cases))
