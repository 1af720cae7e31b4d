# SPDX-License-Identifier: BSD-2-Clause
"""How long the kernel kept interrupts masked: the plugin tools/plugins/irqoff.c, and what it reports."""

import os
import pathlib
import subprocess
import tempfile

SYMBOLS = "aarch64-linux-gnu-addr2line"


def _function(elf, address):
    """The kernel's function at an address; the address itself if nobody knows."""
    try:
        run = subprocess.run([SYMBOLS, "-f", "-e", str(elf), address], capture_output=True, text=True, check=False)
    except OSError:
        return address
    return run.stdout.partition("\n")[0] or address


class Meter:
    """One boot's measurement."""

    def __init__(self, plugin, limit, kernel):
        self.plugin = plugin
        self.limit = limit
        self.elf = pathlib.Path(kernel).with_suffix(".elf")
        handle, self.report = tempfile.mkstemp(prefix="irqoff-")
        os.close(handle)

    def options(self):
        """For QEMU's command line."""
        return ["-plugin", f"{self.plugin},report={self.report}"]

    def judge(self):
        """What was measured, as text, and what is wrong with it, if anything. After QEMU has ended."""
        longest, lines = None, []
        for line in pathlib.Path(self.report).read_text(encoding="ascii").splitlines():
            words = line.split()
            if words[0] == "irq_off_max":
                longest = int(words[1])
            if words[0] == "stretch":
                words[5] = _function(self.elf, words[5])
            lines.append("irq-off: " + " ".join(words))
        text = "\n".join(lines[:8]) + "\n"
        if longest is None:
            return text, "how long interrupts were masked is not known: the plugin did not report"
        if self.limit and longest > self.limit:
            return text, f"interrupts were masked for {longest} instructions, more than {self.limit}"
        return text, None

    def remove(self):
        """Nothing stays behind."""
        pathlib.Path(self.report).unlink(missing_ok=True)
