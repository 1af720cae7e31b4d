# SPDX-License-Identifier: BSD-2-Clause
"""QEMU's control socket: what a person does to the machine."""

import json
import socket

from vesicle import hub

SOCKET = "qmp.sock"
OPTIONS = ["-qmp", f"unix:{SOCKET},server=on,wait=off"]
SECONDS = 30


class Machine:
    """A machine that was started with OPTIONS, in a hub's folder."""

    def __init__(self, folder):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(SECONDS)
        with hub.inside(folder) as here:
            self.socket.connect(f"{here}/{SOCKET}")
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.lines.readline()  # QEMU's greeting
        self.do("qmp_capabilities")

    def do(self, command):
        """A command without arguments; returns when it is done."""
        self.socket.sendall(json.dumps({"execute": command}).encode() + b"\n")
        while True:
            answer = json.loads(self.lines.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def press(self):
        """The power key."""
        self.do("system_powerdown")
