#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The host side of the consoles without a machine: this script also plays the machine (--machine) and ./vesicle run (--run)."""

import os
import pathlib
import random
import signal
import socket
import sys
import tempfile
import termios
import time

import pexpect

import protocol

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))

from vesicle import attach, console, hub, paths, qemu, screen  # noqa: E402  (the path comes first)

CONSOLES = 3
STATUS = 7
BETA = b"beta says %d\n" * 20 % tuple(range(20))


# The machine: two consoles. "alpha" prints lines back in capitals; "beta" prints much and ends; "exit" typed to alpha is the end.

def connect(name):
    """One of the hub's sockets, which are in the current folder."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(name)
    return sock


def be_machine():
    """What QEMU would do."""
    pathlib.Path("pid").write_text(str(os.getpid()), encoding="ascii")
    kernel = connect(qemu.KERNEL_SOCKET)
    control = connect(qemu.CONTROL_SOCKET)
    ports = [connect(qemu.port_socket(number)) for number in range(1, CONSOLES + 1)]
    kernel.sendall(b"kernel speaks\r\n")
    ports[0].sendall(b"alpha is here\n")  # before it is said whose it is
    control.sendall(b"open 1 0 alpha\nopen 2 0 beta\n")
    ports[1].sendall(BETA)
    file = ports[0].makefile("rb")
    sent = len(b"alpha is here\n")
    while True:
        line = file.readline()
        answer = b"<" + line.strip().upper() + b">\n"
        ports[0].sendall(answer)
        sent += len(answer)
        if line.strip() == b"again":
            control.sendall(b"close 2 %d\nopen 3 0 beta\n" % len(BETA))
            ports[2].sendall(b"beta again\n")
        if line.strip() == b"exit":
            control.sendall(b"close 1 %d\nexit %d\n" % (sent, STATUS))
            control.recv(1)  # until it is ended
            return


def be_run(folder):
    """What ./vesicle run does."""
    paths.RUN = pathlib.Path(folder)
    here, lock = hub.take_folder("demo")
    with lock, screen.Screen() as shown:
        machine = hub.Hub(here, CONSOLES, shown)
        machine.start([sys.executable, str(pathlib.Path(__file__).resolve()), "--machine"])
        status = machine.run()
    print(f"status {status}")


class Args:
    """Of ./vesicle console."""

    system = None

    def __init__(self, name):
        self.name = name


def be_console(folder, name):
    """What ./vesicle console does."""
    paths.RUN = pathlib.Path(folder)
    attach.run(Args(name))


# Tests

def ports_are_cut_exactly():
    """Bytes and records of one owner in every order give the same logs."""
    text = {"a": b"A" * 1000, "b": b"B" * 500, "c": b"C" * 700, "d": b""}
    generator = random.Random(1)
    for _ in range(200):
        with tempfile.TemporaryDirectory() as folder:
            done, at = [], 0
            port = console.Port(done=lambda: done.append(at))
            named = {name: console.Console(name, pathlib.Path(folder)) for name in text}
            for name, data in text.items():
                events = [lambda name=name, at=at: port.open(named[name], at),
                          lambda end=at + len(data): port.finish(end)]
                stream = data
                while events or stream:
                    if events and (not stream or generator.random() < 0.3):
                        events.pop(0)()
                    else:
                        size = generator.randrange(1, 400)
                        port.feed(stream[:size])
                        stream = stream[size:]
                at += len(data)
                assert len(done) == list(text).index(name) + 1  # only now the next one begins
            assert port.settled() and not port.held
            for name, data in text.items():
                named[name].close()
                assert (pathlib.Path(folder) / f"{name}.log").read_bytes() == data, name
                assert named[name].port is None


def input_goes_to_the_owner():
    """Not to one that has ended, nor to one that is still to come."""
    with tempfile.TemporaryDirectory() as folder:
        sent = []
        port = console.Port(sent.append)
        one, two = (console.Console(name, pathlib.Path(folder)) for name in ("one", "two"))
        port.open(one, 0)
        one.input(b"1")
        port.finish(5)
        one.input(b"lost")
        port.feed(b"12345")
        two.input(b"early")
        port.open(two, 5)
        two.input(b"2")
        one.input(b"lost")
        one.close()
        two.close()
        assert sent == [b"1", b"2"], sent


def records_are_lines():
    """However they are cut."""
    records = console.Records()
    assert records.feed(b"open 1") == [] and records.feed(b" 0 x\nexit 0\nhal") == ["open 1 0 x", "exit 0"]
    assert records.feed(b"f\n") == ["half"]


def backlog_is_bounded():
    """And has the end."""
    with tempfile.TemporaryDirectory() as folder:
        noisy = console.Console("noisy", pathlib.Path(folder))
        for number in range(100000):
            noisy.output(b"%07d\n" % number)
        assert noisy.recent().endswith(b"0099999\n") and len(noisy.recent()) == console.BACKLOG
        noisy.close()


def keys():
    """The switch key, alone, twice, and cut in two."""
    finder = screen.Keys()
    assert finder.feed(b"ab\x1dncd\x1d") == [(b"ab", None), (None, "n"), (b"cd", None)]
    assert finder.feed(b"\x1d") == [(b"\x1d", None)]


def spawn(*words):
    """This script as something else, on a terminal of its own."""
    return pexpect.spawn(sys.executable, [str(pathlib.Path(__file__).resolve()), *words], encoding="utf-8", timeout=20,
                         echo=True)


def terminal():
    """Switching, attaching from another terminal, the end, and the terminal as it was."""
    with tempfile.TemporaryDirectory() as folder:
        run = spawn("--run", folder)
        before = termios.tcgetattr(run.child_fd)
        run.expect("kernel speaks")
        run.expect("alpha is here\r\n")
        run.send("hello\r")
        run.expect_exact("<HELLO>\r\n")
        run.send("\x1dn")
        run.expect("console 2: beta\r\n")
        run.expect("beta says 0\r\n.*beta says 19\r\n")
        run.send("\x1dl")
        run.expect("0 kernel\r\n.*1 alpha\r\n.*> 2 beta\r\n")
        run.send("\x1d1")
        run.expect("console 1: alpha\r\n")
        other = spawn("--console", folder, "alpha")
        other.expect("alpha is here\r\n<HELLO>\r\n")
        other.send("from there\r")
        other.expect_exact("<FROM THERE>\r\n")
        run.expect_exact("<FROM THERE>\r\n")
        other.send("\x1dq")
        other.expect("the system runs on")
        nobody = spawn("--console", folder, "nobody")
        nobody.expect("no console 'nobody'; there are: kernel alpha beta")
        run.send("again\r")
        run.expect_exact("<AGAIN>\r\n")
        again = spawn("--console", folder, "beta")
        again.expect("console beta.2 of (?s:.*)beta again\r\n")
        again.send("\x1dq")
        again.expect("the system runs on")
        run.send("exit\r")
        run.expect_exact("<EXIT>\r\n")
        run.expect(f"status {STATUS}\r\n")
        run.expect(pexpect.EOF)
        now = termios.tcgetattr(run.child_fd)
        assert now[:4] == before[:4], (before, now)
        logs = {path.stem: path.read_bytes() for path in (pathlib.Path(folder) / "demo").glob("*.log")}
        assert logs["alpha"] == b"alpha is here\n<HELLO>\n<FROM THERE>\n<AGAIN>\n<EXIT>\n", logs
        assert logs["beta"].count(b"\n") == 20 and logs["kernel"] == b"kernel speaks\r\n", logs


def is_gone(process):
    """Waits until there is no such process."""
    for _ in range(200):
        try:
            os.kill(process, 0)
            state = pathlib.Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def killed_at_once():
    """The machine does not outlive the command."""
    with tempfile.TemporaryDirectory() as folder:
        run = spawn("--run", folder)
        run.expect("alpha is here\r\n")
        machine = int((pathlib.Path(folder) / "demo" / "pid").read_text(encoding="ascii"))
        assert pathlib.Path(f"/proc/{machine}").exists()
        run.kill(signal.SIGKILL)
        assert is_gone(machine)


def killed():
    """A signal that ends the command restores the terminal, and ends the machine."""
    with tempfile.TemporaryDirectory() as folder:
        run = spawn("--run", folder)
        before = termios.tcgetattr(run.child_fd)
        run.expect("alpha is here\r\n")
        assert termios.tcgetattr(run.child_fd)[3] != before[3]
        run.kill(15)
        run.expect(pexpect.EOF)
        assert termios.tcgetattr(run.child_fd)[:4] == before[:4]
        assert not hub.is_running(pathlib.Path(folder) / "demo")


def outcome(test):
    """What is wrong, None if nothing."""
    try:
        test()
        return None
    except (AssertionError, pexpect.ExceptionPexpect) as error:
        return repr(error)


def main():
    """Prints the protocol."""
    tests = [ports_are_cut_exactly, input_goes_to_the_owner, records_are_lines, backlog_is_bounded, keys, terminal, killed,
             killed_at_once]
    return protocol.report("hub", ((test.__name__, outcome(test)) for test in tests), len(tests))


if __name__ == "__main__":
    ROLES = {"--machine": be_machine, "--run": be_run, "--console": be_console}
    sys.exit(ROLES[sys.argv[1]](*sys.argv[2:]) if len(sys.argv) > 1 else main())
