# SPDX-License-Identifier: BSD-2-Clause
"""./vesicle console, ./vesicle vm: a console of a system that runs, and its guests, from another terminal."""

import os
import select
import socket

from . import hub, paths, screen
from .ui import Failure, say

CHUNK = 65536


def running(system):
    """The folder of the system that runs, or of this name."""
    folders = sorted(folder for folder in paths.RUN.glob("*") if hub.is_running(folder)) if paths.RUN.exists() else []
    if system:
        folders = [folder for folder in folders if folder.name == system]
    if not folders:
        raise Failure(f"system '{system}' does not run" if system else
                      "no system with consoles runs; './vesicle run --system NAME' starts one")
    if len(folders) > 1:
        raise Failure("several systems run; choose one with --system: " + " ".join(folder.name for folder in folders))
    return folders[0]


def connect(folder):
    sock = socket.socket(socket.AF_UNIX)
    with hub.inside(folder) as here:
        sock.connect(f"{here}/{hub.HUB_SOCKET}")
    return sock


def _ask(folder, name):
    sock = connect(folder)
    sock.sendall(name.encode() + b"\n")
    answer = b""
    while b"\n" not in answer:
        data = sock.recv(CHUNK)
        if not data:
            raise Failure("the system has just ended")
        answer += data
    line, rest = answer.split(b"\n", 1)
    if not line.startswith(b"ok "):
        raise Failure(line.decode(errors="replace"))
    return sock, line.split()[1].decode(errors="replace"), rest


def _show(data):
    while data:
        data = data[os.write(1, data):]


def _copy(sock):
    """Until one side ends; true if that is the console."""
    keys, sources = screen.Keys(), [sock, 0]
    while True:
        for source in select.select(sources, [], [])[0]:
            if source is sock:
                data = sock.recv(CHUNK)
                if not data:
                    return True
                _show(data)
                continue
            data = os.read(0, 256)
            if not data:
                sources.remove(0)
                data = b"" if os.isatty(0) else screen.END_OF_INPUT
            for typed, command in keys.feed(data) if os.isatty(0) else [(data, None)]:
                if command:
                    return False
                sock.sendall(typed)


def run(args):
    """The subcommand."""
    folder = running(args.system)
    if not args.name:
        for log in sorted(folder.glob("*.log")):
            print(log.stem)
        return 0
    sock, name, backlog = _ask(folder, args.name)
    terminal = screen.Terminal()
    if os.isatty(0):
        say(f"console {name} of '{folder.name}'; Ctrl-] q leaves")
    with sock:
        try:
            terminal.take()
            _show(backlog)
            ended = _copy(sock)
        finally:
            terminal.restore()
    say("the console has ended" if ended else "left; the system runs on")
    return 0


VM_COMMANDS = ("list", "start", "stop", "pause", "resume", "reset", "destroy", "stat", "dump")


def obey(folder, words, timeout):
    """Has a system obey a command on guests; its answer's lines come as it gives them."""
    with connect(folder) as sock:
        sock.settimeout(timeout)
        sock.sendall(hub.COMMAND + " ".join(words).encode() + b"\n")
        with sock.makefile(encoding="ascii", errors="replace") as answer:
            try:
                for line in answer:
                    line = line.rstrip("\n")
                    if line == "ok":
                        return
                    if line.startswith("error "):
                        raise Failure(line.removeprefix("error "))
                    yield line.removeprefix("| ")
            except TimeoutError as error:
                raise Failure(f"the system did not answer within {timeout:g} s") from error
    raise Failure("the system has just ended")


def vm(args):
    """The subcommand ./vesicle vm."""
    if (args.guest is None) != (args.command == "list"):
        raise Failure("'list' takes no name" if args.guest else f"whom? './vesicle vm {args.command} GUEST'; "
                      "'./vesicle vm list' lists them")
    words = [args.command] + ([args.guest] if args.guest else [])
    if any(word.split() != [word] for word in words):
        raise Failure(f"'{args.guest}' is no name of a guest")
    for line in obey(running(args.system), words, args.timeout):
        print(line, flush=True)
    return 0
