#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle without a machine: what it refuses, and what it passes on. This script also plays ./vesicle run (--run) and a guest (--guest)."""

import contextlib
import io
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import termios
import threading
import tty
import types

import pexpect

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[2] / "tools"))

from vesicle import build, cli, hub, run, screen  # noqa: E402  (the path comes first)

import protocol  # noqa: E402

LIMIT = 60
BUSY = 0.3  # seconds for which the guest's shell does not wait for input
END = b"\x04"


# A guest whose shell loses what is sent while it does other things.

def be_guest():
    """Repeats lines until an end of input."""
    tty.setraw(0)
    os.write(1, b"booting # 1\r\nVESICLE-GUEST-READY 6.1\r\n")
    while True:
        while select.select([0], [], [], BUSY)[0]:
            os.read(0, 256)
        os.write(1, b"/ # ")
        line = b""
        while not line.endswith((b"\n", b"\r", END)):
            line += os.read(0, 1)
        os.write(1, b"<" + line.strip().strip(END) + b">\r\n")
        if line.endswith(END):
            os.write(1, b"vesicle: system ended, status 5\r\n")
            return


def be_run():
    """What ./vesicle run does with a system that has the serial line only."""
    print(f"status {run.attach([sys.executable, str(HERE), '--guest'])}")


# Tests

def complaint(*words):
    """What ./vesicle says when it is called so, and its status."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            status = cli.main(list(words))
        except SystemExit as end:
            status = end.code
    return status, said.getvalue()


def wrong_arguments():
    """Are named, and it is said which help tells more."""
    for words, name, place in ((["run", "--smp", "9"], "at most 8 cores", "./vesicle run"),
                               (["run", "--smp", "0"], "'0'", "./vesicle run"),
                               (["run", "--mem", "much"], "'much'", "./vesicle run"),
                               (["test", "host"], "host", "./vesicle test"),
                               (["build", "--fast"], "--fast", "./vesicle build"),
                               (["build", "--", "-s"], "'--'", "./vesicle"),
                               (["go"], "'go'", "./vesicle")):
        status, said = complaint(*words)
        assert status == 2 and name in said and f"Try '{place} --help'." in said, (words, status, said)


def wrong_systems():
    """Systems that are not there, and a console of one that has none."""
    real = build.target
    with tempfile.TemporaryDirectory() as folder:
        target = pathlib.Path(folder)
        for path in ("kernel/kernel.img", "systems/one.cpio", "systems/two.cpio",
                     "systems/suite.cpio", "systems/suite.test"):
            (target / path).parent.mkdir(exist_ok=True)
            (target / path).touch()
        build.target = lambda debug: target
        try:
            for name in ("three", "../systems/one", ""):
                status, said = complaint("run", "--system", name)
                assert status == 1 and f"no system '{name}'" in said, (name, said)
                assert "there are: one, two\n" in said and "of the tests: suite)" in said, said
            status, said = complaint("run", "--system", "one", "--console", "shell")
            assert status == 1 and "'one' has no consoles" in said, said
        finally:
            build.target = real


def wrong_together():
    """Options that do not go together."""
    for words, why in ((("--kernel", "a", "--system", "b"), "not both"), (("--initrd", "a"), "--initrd: only with --kernel"),
                       (("--append", "a"), "--append: only with --kernel"), (("--cpus", "2", "--system", "b"), "--cpus: only with --kernel")):
        status, said = complaint("run", *words)
        assert status == 1 and why in said, (words, status, said)


def wrong_console():
    """One that does not come is told, once; input that is not typed waits for it."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        shown = screen.Screen("nobody")
        shown.typed = False
        shown.consoles.append(types.SimpleNamespace(name="shell"))
        shown.focus(shown.consoles[0], False)
        shown.focus(shown.consoles[0], False)
    assert said.getvalue().count("no console 'nobody' yet") == 1 and "There are: shell" in said.getvalue(), said.getvalue()
    assert not shown.directed and shown.shown is None


def status_of_a_suite():
    """Tests say by their report how they ended."""
    for report, status in ((b"TEST-END 12 0 1\r\n", 0), (b"TEST-END 12 1 0\r\n", 1), (b"vesicle: system ended, status 3\r\n", 3)):
        machine = run.Console(1)
        read, machine.machine = os.pipe()
        with contextlib.redirect_stdout(io.StringIO()), open(os.devnull, "wb") as nothing:
            kept = os.dup(1)
            os.dup2(nothing.fileno(), 1)
            try:
                machine.output(report)
            finally:
                os.dup2(kept, 1)
                os.close(kept)
        os.close(read)
        os.close(machine.machine)
        assert machine.status == status, (report, machine.status)


def qemu_that_does_not_start():
    """What it said is told."""
    with tempfile.TemporaryDirectory() as folder:
        machine = hub.Hub(pathlib.Path(folder), 1)
        try:
            machine.start([sys.executable, "-c", "print('cannot do that')"])
        except run.Failure as failure:
            assert "cannot do that" in str(failure), failure
        else:
            raise AssertionError("it started")


def one_build_at_a_time():
    """The second one waits."""
    told, order, real = threading.Event(), [], build.say
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "build" / "host"

        def second():
            with build.alone(path, "host"):
                order.append("second")

        build.say = lambda text: told.set()
        try:
            other = threading.Thread(target=second)
            with build.alone(path, "host"):
                other.start()
                assert told.wait(LIMIT)
                order.append("first")
            other.join(LIMIT)
        finally:
            build.say = real
        assert order == ["first", "second"], order


def piped(data):
    """What comes of such input."""
    done = subprocess.run([sys.executable, str(HERE), "--run"], input=data, capture_output=True, timeout=LIMIT,
                          check=False)
    return done.stdout.replace(b"\r", b"")


def input_that_is_not_typed():
    """Comes when the shell waits for it, and so does its end."""
    end = b"/ # <>\nvesicle: system ended, status 5\nstatus 5\n"
    nothing = piped(b"")
    assert nothing.endswith(b"READY 6.1\n" + end), nothing
    line = piped(b"uname\n")
    assert line.endswith(b"READY 6.1\n/ # <uname>\n" + end), line


def signals():
    """The terminal is put in order."""
    command = pexpect.spawn(sys.executable, [str(HERE), "--run"], timeout=LIMIT)
    before = termios.tcgetattr(command.child_fd)
    command.expect_exact("/ # ")
    assert termios.tcgetattr(command.child_fd)[3] != before[3]
    command.kill(15)
    command.expect(pexpect.EOF)
    assert termios.tcgetattr(command.child_fd)[:4] == before[:4]


def outcome(test):
    """What is wrong, None if nothing."""
    try:
        test()
        return None
    except (AssertionError, pexpect.ExceptionPexpect, subprocess.TimeoutExpired) as error:
        return repr(error)


def main():
    """Prints the protocol."""
    tests = [wrong_arguments, wrong_systems, wrong_together, wrong_console, status_of_a_suite, qemu_that_does_not_start, one_build_at_a_time,
             input_that_is_not_typed, signals]
    return protocol.report("command", ((test.__name__, outcome(test)) for test in tests), len(tests))


if __name__ == "__main__":
    ROLES = {"--run": be_run, "--guest": be_guest}
    sys.exit(ROLES[sys.argv[1]](*sys.argv[2:]) if len(sys.argv) > 1 else main())
