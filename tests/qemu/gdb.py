# SPDX-License-Identifier: BSD-2-Clause
"""As much of the GDB remote protocol as a test needs: breakpoints, registers, and letting the machine run."""

import socket
import time

CONNECT_SECONDS = 10
AARCH64_PC = 32


class Remote:
    """A connection to a QEMU started with `-gdb unix:PATH,server=on,wait=off -S`."""

    def __init__(self, path, limit):
        """limit: seconds for each answer."""
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        until = time.monotonic() + CONNECT_SECONDS
        while True:
            try:
                self.socket.connect(str(path))
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        self.socket.settimeout(limit)
        self.buffer = b""
        # QEMU lets single registers be written once it has been asked what registers there are.
        self._send("qXfer:features:read:target.xml:0,ff0")
        self._receive()

    def close(self):
        """Lets the machine go."""
        self.socket.close()

    def _byte(self):
        if not self.buffer:
            self.buffer = self.socket.recv(4096)
            if not self.buffer:
                raise OSError("QEMU closed its debugger's port")
        first, self.buffer = self.buffer[:1], self.buffer[1:]
        return first

    def _send(self, text):
        self.socket.sendall(f"${text}#{sum(text.encode()) % 256:02x}".encode())

    def _receive(self):
        while self._byte() != b"$":
            pass
        packet = b""
        while (byte := self._byte()) != b"#":
            packet += byte
        self._byte()
        self._byte()
        try:
            self.socket.sendall(b"+")
        except BrokenPipeError:
            pass  # the machine was let go, and has ended already
        return packet.decode()

    def _command(self, text):
        self._send(text)
        answer = self._receive()
        if answer != "OK":
            raise OSError(f"the debugger's command {text} was answered '{answer}'")

    def run_to(self, address):
        """Runs until an instruction, which is not executed yet."""
        self._command(f"Z1,{address:x},4")
        self._send("c")
        self._receive()
        self._command(f"z1,{address:x},4")

    def write_register(self, number, value):
        """Sets a register of 64 bits."""
        self._command(f"P{number:x}={value.to_bytes(8, 'little').hex()}")

    def go(self):
        """Lets the machine run on."""
        self._command("D")
