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

    def do(self, command, **arguments):
        """A command; returns when it is done."""
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = json.loads(self.lines.readline())
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']}")
            if "return" in answer:
                return answer["return"]

    def is_at_rest(self, name):
        """Has the virtio device of this name been reset, and nothing since?"""
        path, = [device["path"] for device in self.do("x-query-virtio") if device["name"] == name]
        status = self.do("x-query-virtio-status", path=path)
        return not status["started"] and not status["status"]["statuses"]

    def press(self):
        """The power key."""
        self.do("system_powerdown")
