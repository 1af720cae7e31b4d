# SPDX-License-Identifier: BSD-2-Clause
"""Where a system goes by when a guest exits, for the plugin tools/plugins/meter.c, which counts how often.

Names are those of functions: an exit passes exactly one of what is listed together. What the VMM does in its loop, where it serves the
same system register again, has no name and is not among them.
"""

import subprocess

from .ui import Failure

NM = "aarch64-linux-gnu-nm"

VECTORS = [f"vectors_{cores}{hooks}" for cores in ("one", "many") for hooks in ("", "_counting", "_traced")]
KERNEL = {
    "call": [f"{vectors}_quick_call" for vectors in VECTORS],
    "wfx": ["guest_wfx"],
    "fp": ["guest_fp"],
    "vtimer": ["vcpu_vtimer_irq"],
    "maintenance": ["vcpu_maintenance_irq"],
    "timer": ["sched_tick"],
    "id": [f"{vectors}_quick_id" for vectors in VECTORS],
}
VMM = {
    "vmm.call": ["smccc_handle"],
    "vmm.sysreg": ["sysreg_handle"],
    "vmm.pl011": ["pl011_read", "pl011_write"],
    "vmm.pl031": ["pl031_read", "pl031_write"],
    "vmm.gicd": ["dist_read", "dist_write"],
    "vmm.gicr": ["redist_read", "redist_write"],
    "vmm.refused": ["inject_undefined", "inject_data_abort", "inject_instruction_abort"],
}


def _symbols(path):
    done = subprocess.run([NM, path], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{NM} {path}: {done.stderr.strip()}")
    lines = (line.split() for line in done.stdout.splitlines())
    return {words[2]: words[0] for words in lines if len(words) == 3}


def options(programs):
    """What the plugin is given. programs: name=ELF."""
    files = dict(word.split("=", 1) for word in programs)
    words = []
    for program, places in (("kernel", KERNEL), ("vmm", VMM)):
        symbols = _symbols(files[program])
        for place, functions in places.items():
            missing = [name for name in functions if name not in symbols]
            if missing:
                raise Failure(f"{files[program]} has no {missing[0]}")
            words += [f"at.{place}.{i}={program}:{symbols[name]}" for i, name in enumerate(functions)]
    return words


def by_reason(since, until):
    """Exits between two events of the plugin: who served them and why -> how many. Only what there was."""
    def visits(place):
        return sum(until[key] - since[key] for key in until if key.rsplit(".", 1)[0] == f"at.{place}")
    served = {
        ("kernel", "HVC, SMC (constant)"): visits("call") - visits("vmm.call"),
        ("kernel", "ID register"): visits("id"),
        ("kernel", "WFI, WFE"): visits("wfx"),
        ("kernel", "FP"): visits("fp"),
        ("kernel", "virtual timer"): visits("vtimer"),
        ("kernel", "list registers"): visits("maintenance"),
        ("kernel", "kernel's timer"): visits("timer"),
        ("VMM", "HVC, SMC"): visits("vmm.call"),
        ("VMM", "system register (not that of the last time)"): visits("vmm.sysreg"),
        ("VMM", "PL011"): visits("vmm.pl011"),
        ("VMM", "PL031"): visits("vmm.pl031"),
        ("VMM", "GIC distributor"): visits("vmm.gicd"),
        ("VMM", "GIC redistributor"): visits("vmm.gicr"),
        ("VMM", "refused"): visits("vmm.refused"),
    }
    return {key: n for key, n in served.items() if n}
