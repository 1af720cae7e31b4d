# SPDX-License-Identifier: BSD-2-Clause
"""How QEMU is started, in one place."""

CPUS = ("neoverse-n1", "cortex-a76", "max")
DEFAULT_CPU = CPUS[0]
DEFAULT_MEM = 1024


def command(kernel, archive, cpu=DEFAULT_CPU, smp=1, mem=DEFAULT_MEM, icount=False, extra=()):
    """The command line for one machine.

    mem is in MiB; without an archive (None) the machine gets none. With icount the machine counts instructions the same on every run and time is made of them.
    Semihosting stays off: it would open this machine's files to guests.
    """
    machine = "virt,virtualization=on,gic-version=3"
    if icount:
        machine += ",dtb-randomness=off"
    if cpu == "max":
        cpu = "max,pauth-impdef=on"
    line = ["qemu-system-aarch64", "-M", machine, "-cpu", cpu, "-smp", str(smp), "-m", str(mem),
            "-nographic", "-nic", "none", "-no-reboot", "-kernel", str(kernel)]
    if archive is not None:
        line += ["-initrd", str(archive)]
    if icount:
        line += ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "clock=vm"]
    return line + list(extra)
