# SPDX-License-Identifier: BSD-2-Clause
"""Who is who: threads by the numbers that records have, as processes and threads of perf, and those that somebody asked for."""

from ..ui import Failure

COMM = 15  # characters of a name that perf takes


class Threads:
    """All that were heard of. Those that came and went unseen have no name."""

    def __init__(self):
        self.known = {}

    def add(self, thread):
        """Perhaps again, with a better name."""
        self.known[thread.number] = thread

    def _parent(self, thread):
        """The thread of the process that a thread belongs to: those are called PROCESS.NAME; None if it is one of its own."""
        if thread.guest or not thread.pd:
            return None
        for other in self.known.values():
            if other.pd == thread.parent and not other.guest and thread.name.startswith(other.name + "."):
                return other
        return None

    def process(self, number):
        """perf's pid: the number of the process's first thread."""
        thread = self.known.get(number)
        if not thread:
            return number
        if thread.guest:
            return min(other.number for other in self.known.values() if other.guest and other.pd == thread.pd)
        parent = self._parent(thread)
        return self.process(parent.number) if parent else number

    def name(self, number):
        """perf's comm."""
        thread = self.known.get(number)
        return "idle" if number == 0 else thread.title()[:COMM] if thread else f"thread-{number}"

    def process_name(self, number):
        """What people call a process."""
        thread = self.known.get(number)
        return thread.name if thread else f"thread-{number}"

    def image_name(self, number):
        """The PD that names a process's program."""
        thread = self.known.get(self.process(number))
        return None if not thread or thread.guest else thread.name

    def guests(self):
        """Numbers of guests' CPUs."""
        return [number for number, thread in sorted(self.known.items()) if thread.guest]

    def vmm_of(self, number):
        """Processes that are the VMM of a guest's CPU."""
        guest = self.known[number]
        return {self.process(other.number) for other in self.known.values() if other.pd == guest.parent}

    def chosen(self, names):
        """Numbers of the threads that are meant: of a PD, its threads, and a guest's CPUs; None if no name was given."""
        if not names:
            return None
        out = set()
        for name in names:
            found = {number for number, thread in self.known.items()
                     if name in (thread.name, str(thread.pd), thread.title()) or thread.name.startswith(name + ".")}
            if not found:
                known = " ".join(sorted({thread.guest_name() for thread in self.known.values() if "." not in thread.guest_name()}))
                raise Failure(f"there is no PD or guest '{name}'; there are: {known}")
            out |= found
        return out
