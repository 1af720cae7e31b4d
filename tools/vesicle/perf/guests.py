# SPDX-License-Identifier: BSD-2-Clause
"""The functions of guests' kernels, where these really lie."""

import collections
import hashlib
import pathlib
import re

from .. import attach
from ..ui import Failure, complain
from . import symbols
from .machine import IMAGES

KERNEL_HALF = 1 << 63  # a kernel with its MMU on lies above; what else is in its list is no code
ALIGN = 64 << 10       # where a kernel may be moved to, and more than a function has
PAGE = 4096
IDLE, CALLS = "cpu_do_idle", ("__arm_smccc_hvc", "__arm_smccc_smc")
CALLED = re.compile(r"PSCI +called at (0x[0-9a-f]+)")
ANSWER_SECONDS = 5


def file_of(name, data):
    """A file that perf shall find."""
    folder = IMAGES / hashlib.sha256(data).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    return path


def slide(found, sleeps, call=0):
    """How far a guest's kernel was moved; None if that cannot be seen. Linux sleeps in one function, most of the time, and calls
    PSCI in one: sleeps are the addresses at which it did WFI, call is that of its last PSCI call."""
    asleep = collections.Counter(sleeps).most_common(1)
    for name, pc in [(name, call) for name in CALLS] + [(IDLE, pc) for pc, _ in asleep]:
        address = found.address(name)
        if address is not None and pc >= KERNEL_HALF:
            distance = round((pc - address) / ALIGN) * ALIGN
            if found.find(pc - distance) == name:
                return distance
    return None


def calls_of(folder, names):
    """Where guests that run made their last PSCI call, by their names."""
    out = {}
    for name in names:
        try:
            found = [CALLED.match(line) for line in attach.obey(folder, ["stat", name], ANSWER_SECONDS)]
            out.update({name: int(match[1], 16) for match in found if match})
        except Failure:
            pass  # it does not run
    return out


def parse(words):
    """What somebody gives, [GUEST=]FILE[@DISTANCE], by the guests' names; "" is any guest."""
    out = {}
    for word in words or ():
        guest, _, place = word.rpartition("=")
        file, _, distance = place.partition("@")
        try:
            out[guest] = symbols.of_file(pathlib.Path(file)).moved(int(distance or "0", 0))
        except ValueError:
            raise Failure(f"'{distance}' is no number: how far the code lies from where {file} says") from None
    return out


class Kernels:
    """Of the guests of a machine: what somebody gave, or what is in the files that they were booted from."""

    def __init__(self, machine, folder, given=None):
        """folder: of the system, which runs; None: what guests say is not known."""
        self.machine, self.given = machine, given or {}
        self.calls = calls_of(folder, machine.kernels) if folder else {}
        self.read = {}
        self.unplaced = []

    def _own(self, name):
        file = self.machine.kernels.get(name)
        if file not in self.read:
            self.read[file] = symbols.of_kernel(self.machine.files.get(file, b""))
        return self.read[file]

    def place(self, name, sleeps=()):
        """A guest's; None if they are not known."""
        given = self.given.get(name) or self.given.get("")
        found = given or self._own(name)
        distance = slide(found, sleeps, self.calls.get(name, 0)) if found else None
        if found and distance is None and not given:
            self.unplaced.append(name)
            return None
        return found.moved(distance or 0) if found else None

    def complain(self):
        """Of those that have functions, but it is not known where."""
        for name in self.unplaced:
            complain(f"where {name}'s kernel lies could not be seen, so its functions have no names here; they have once it has slept")


def write_map(writer, pid, found, time):
    """Tells perf where a guest's kernel's functions are."""
    inside = [address for address in found.addresses if address >= KERNEL_HALF] or found.addresses
    start = inside[0] // PAGE * PAGE
    size = (inside[-1] - start) // PAGE * PAGE + PAGE
    writer.map(pid, start, size, 0, file_of("guest-kernel", symbols.make_elf(found, start, size)), time)
