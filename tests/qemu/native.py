#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the native system under the hub, types commands into its shell, and looks at what they answer."""

import pathlib
import re
import sys

import hubbed

from vesicle.ui import Failure

CONSOLES = {"native": 10, "brokentree": 9, "starved": 12}
STATUS = 7
PROMPT = b"$ "
CTRL_C = b"\x03"

COUNTS = object()  # of perf stat: what the machine can count

# What is typed, and what has to stand in the answer, in this order. Case names begin with a letter.
STEPS = [
    ("help", b"help\n", [rb"ps .*", rb"run +NAME", rb"log +NAME"]),
    ("ps", b"ps\n", [rb" init\n", rb" console\n", rb" timer\n", rb" shell\n", rb" count\n"]),
    ("mem", b"mem\n", [rb"memory: \d+ MiB, \d+ MiB free"]),
    ("list", b"list\n", [rb"console +runs", rb"count +runs", rb"hello +stopped"]),
    ("process", b"run hello 5 two\n", [rb"hello: PD \d+"]),
    ("its_status", b"wait hello\n", [rb"hello: exited, status 5"]),
    ("its_log", b"log hello\n", [rb"hello: started, PD \d+\n", rb"hello: exited, status 5\n",
                               rb"hello, native world\nargument 0: 5\nargument 1: two\n"]),
    ("log_of_who_runs", b"log count\n", [rb"count: started, PD \d+\n1\n"]),
    ("server_killed", b"kill timer\n", []),
    ("comes_again", b"list\n", [rb"timer +runs +\d+ +2\n"]),
    ("and_its_client", b"log count\n", [rb"count: exited, status 1\n", rb"count: started, PD \d+\n"]),
    ("quota", b"run hog\n", [rb"hog: PD \d+"]),
    ("used_up", b"wait hog\n", [rb"hog: exited, status [12]\n"]),
    ("arguments_of_the_tree", b"run hello\n", [rb"hello: PD \d+"]),
    ("their_status", b"wait hello\n", [rb"hello: exited, status 0"]),
    ("counted", b"perf stat run hello 3\n", [rb"hello: exited, status 3\n", rb"stats for 'hello'", rb"\d+\.\d\d msec task-clock\n", COUNTS]),
    ("threads_counted", b"perf stat run threads\n", [rb"threads: exited, status 0", COUNTS]),
    ("restarts_counted", b"perf stat run crash\n", [rb"crash: faulted\n", rb"stats for 'crash'", COUNTS]),  # three times
    ("counted_is_no_program", b"perf stat run nobody\n", [rb"nobody: "]),
    ("perf_usage", b"perf top count now\n", [rb"usage: perf stat run NAME"]),
    ("thread", b"run threads\n", [rb"threads: PD \d+"]),
    ("its_end", b"wait threads\n", [rb"threads: exited, status 0"]),
    ("isolated_thread", b"run isolated\n", [rb"isolated: PD \d+"]),
    ("isolated_end", b"wait isolated\n", [rb"isolated: exited, status 0"]),
    ("highjmp", b"run highjmp\n", [rb"highjmp: PD \d+"]),
    ("highjmp_end", b"wait highjmp\n", [rb"highjmp: exited, status 0"]),
    ("crash_loop", b"run crash\n", [rb"crash: PD \d+"]),
    ("crash_end", b"wait crash\n", [rb"crash: faulted"]),
    ("crash_log", b"log crash\n", [rb"(started, PD(?s:.*?)faulted(?s:.*?)){3}", rb"restart-limit: 2 times in 30 s"]),
    ("killed", b"kill count\n", []),
    ("not_started_again", b"list\n", [rb"count +stopped +\d+ +2\n"]),
    ("started_again_by_hand", b"run count\n", [rb"count: PD \d+"]),
    ("runs_already", b"run count\n", [rb"count: "]),
    ("no_such_program", b"run nobody\n", [rb"nobody: "]),
    ("no_such_command", b"frobnicate\n", [rb"frobnicate: no such command"]),
    ("usage", b"kill\n", [rb"usage: kill NAME\|ID"]),
    ("backspace", b"helx\x7fp\n", [rb"  ps "]),
    ("line_cleared", b"rubbish\x15help\n", [rb"  ps "]),
    ("ctrl_c", b"rubbish\x03help\n", [rb"\^C\n", rb"  ps "]),
    ("kill_by_hand", b"kill shell\n", [rb"vesicle: native shell"]),
    ("rights", b"kill 1\n", [rb"1: "]),
    ("consoles_stay", b"kill console\n", [rb"console: must not be killed"]),
    ("they_say_why", b"log console\n", [rb"console: is not killed: the host follows one console server"]),
]

# With tests/native/starved.dts, before the last ones: those who call with next to no time are there, in the middle of a call.
STARVED = [
    ("callers", b"list\n", [rb"scarce +runs", rb"spent +runs"]),
    ("caller_killed", b"kill spent\n", []),
    ("scarce_killed", b"kill scarce\n", []),
    ("callers_gone", b"list\n", [rb"scarce +stopped", rb"spent +stopped"]),
]

# Commands that are typed when a console has shown something: the counter's, and its next one when it was started again.
AFTER = {"log_of_who_runs": ("count", b"1\n"), "and_its_client": ("count.2", b"")}

# What init has to say of tests/native/broken.dts: nodes and properties.
MISTAKES = [
    ("no-image", rb"no-image: image: missing"),
    ("unknown", rb"unknown: colour: there is no such property"),
    ("two-mistakes", rb"two-mistakes: arguments: not a list of strings(?s:.*)two-mistakes: restart: \"sometimes\" is none"),
    ("urgent", rb"urgent: priority: 255 is not within"),
    ("no-period", rb"no-period: budget-us: 1000 with a period-us of 0"),
    ("no-stack", rb"no-stack: stack-pages: not within"),
    ("flag", rb"flag: manual: takes no value"),
    ("no-file", rb"no-file: image: \"nothere\": not found"),
    ("no-server", rb"no-server: rights: \"UNICORN\": nobody serves that"),
    ("far-core", rb"far-core: core, .*77"),
    ("chicken", rb"chicken: depends-on: \"egg\": does not run"),
    ("egg", rb"egg: depends-on: \"chicken\": a circle"),
    ("orphan", rb"orphan: depends-on: \"nobody\": there is no such node"),
    ("heir", rb"heir: depends-on: \"no-image\": does not run"),
    ("dead-server", rb"dead-server: server: it does not serve"),
]


class Driver:
    """Types the next command when the prompt has come back."""

    def __init__(self, machine_hub, steps):
        self.steps = steps
        self.hub, self.text, self.answers, self.typed = machine_hub, b"", [], 0
        self.console, self.started, self.prompted, self.exited = None, False, False, False
        self.counted, self.repeated = None, False  # see kill_again

    def look(self):
        """The shell's console, also a new one of a shell that was started again."""
        console = self.hub.find("shell.2") or self.hub.find("shell")
        if console and console is not self.console:
            self.console = console
            console.viewers.append(self)
            self.output(console.recent())
        if self.console and self.prompted:
            self.type()

    def shown(self, name, text):
        """Whether a console is there and has shown a text."""
        console = self.hub.find(name)
        return console is not None and text in console.recent().replace(b"\r", b"")

    def output(self, data):
        """The shell printed."""
        self.text += data.replace(b"\r", b"")
        typed = self.steps[self.typed - 1][1] if 0 < self.typed <= len(self.steps) else b""
        if not self.text.endswith(PROMPT) or self.text.count(PROMPT) < 1 + typed.count(CTRL_C):
            return
        if self.started and not self.repeated:
            self.answers.append(self.text)
        self.started, self.text, self.prompted, self.repeated = True, b"", True, False

    def type(self):
        """The next command, when there is what it asks about."""
        if self.typed < len(self.steps):
            name, line, _ = self.steps[self.typed]
            if name not in AFTER or self.shown(*AFTER[name]):
                self.prompted = False
                self.typed += 1
                self.console.input(line)
            elif name == "and_its_client":
                self.kill_again()
        elif not self.exited and self.shown("count.3", b"1\n2\n"):
            self.exited = True
            self.console.input(b"exit %d\n" % STATUS)

    def kill_again(self):
        """The counter may have been awake when its timer went: then it goes on with the next one, and so must that."""
        count = self.hub.find("count").recent().count(b"\n")
        if self.counted is None:
            self.counted = count
        elif count >= self.counted + 2:  # it has slept in between
            self.counted, self.prompted, self.repeated = None, False, True
            self.console.input(b"kill timer\n")

    def queued(self):
        """Nothing waits here."""
        return 0

    def ended(self, console):
        """The shell is gone."""
        del console
        self.console = None


def log(folder, name):
    """What a console got."""
    path = folder / f"{name}.log"
    return path.read_bytes().replace(b"\r", b"") if path.exists() else b""


def check(driver, folder):
    """All cases: name, and what is wrong."""
    for i, (name, _, patterns) in enumerate(driver.steps):
        answer = driver.answers[i] if i < len(driver.answers) else None
        wrong = "no answer" if answer is None else None
        place = 0
        for pattern in patterns if answer is not None else []:
            found = re.compile(pattern).search(answer, place)
            if not found:
                wrong = f"no {pattern} in {answer!r}"
                break
            place = found.end()
        yield name, wrong
    yield "counts", None if driver.exited else "the counter did not count"
    hello = log(folder, "hello")
    yield "environment", None if b"hello, native world\nargument 0: 5\nargument 1: two\n" in hello else repr(hello)
    status = driver.hub.status
    yield "status", None if status == STATUS else f"the status is {status}"


def check_mistakes(system, folder):
    """The tree with mistakes: each is told, and who made none runs."""
    said = log(folder, "kernel") + log(folder, "init")
    for name, pattern in MISTAKES:
        yield f"broken.{name}", None if re.search(pattern, said) else f"no {pattern} of init"
    good = log(folder, "good")
    yield "broken.good", None if b"hello, the good one\nargument 0: 7\nargument 1: three\n" in good else repr(good)
    yield "broken.status", None if system.status == STATUS else f"the status is {system.status}"


def counts(args):
    """Cycles and instructions; QEMU counts these where it makes time of them."""
    if "pmu=off" in args.cpu:
        return rb" <not supported> +cycles:u\n +<not supported> +instructions:u\n"
    # 330 of a program that crashes at once, each time.
    return rb" ([7-9]\d\d|\d{4,}) +cycles:u\n +\1 +instructions:u\n" if args.icount else rb" [1-9]\d+ +cycles:u\n +<not supported> +instructions:u\n"


def run(args, folder):
    """One boot; all cases."""
    name, counted = pathlib.Path(args.archive).stem, counts(args)
    hubbed.sleep_in_real_time(args)
    system = hubbed.start(args, folder, CONSOLES[name])
    steps = STEPS[:-2] + STARVED + STEPS[-2:] if name == "starved" else STEPS
    steps = [(case, line, [counted if pattern is COUNTS else pattern for pattern in patterns]) for case, line, patterns in steps]
    driver = Driver(system, steps)
    broken = name == "brokentree"
    if not broken:
        system.on_step = driver.look
    try:
        system.run(args.timeout)
    except Failure as failure:
        yield "run", str(failure)
    yield from check_mistakes(system, folder) if broken else check(driver, folder)


if __name__ == "__main__":
    sys.exit(hubbed.report(__doc__, "native", run))
