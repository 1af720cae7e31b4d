# SPDX-License-Identifier: BSD-2-Clause
"""How QEMU is started, in one place."""

CPUS = ("neoverse-n1", "cortex-a76", "max")
DEFAULT_CPU = CPUS[0]
DEFAULT_MEM = 1024
MAX_CORES = 8  # of the kernel

# Boot argument: programs and guests may use the machine's PMU as they like, and so count what the kernel does.
OPEN_PMU = "open-pmu"
# Boot argument: RAM is zero but where something was loaded. QEMU's is, until the machine is reset, which ends our QEMU (-no-reboot).
ZEROED_RAM = "zeroed-ram"

KERNEL_SOCKET = "kernel.sock"
CONTROL_SOCKET = "control.sock"


def port_socket(port):
    """Name of the socket that a port of the console device is connected to."""
    return f"port{port}.sock"


def console_device(consoles):
    """Options for a serial line and a console device whose ports are sockets in the current folder, which exist already.

    Ports 1 and up are consoles; the last one is the control port, and its name says how many consoles there are.
    """
    line = ["-display", "none", "-monitor", "none", "-global", "virtio-mmio.force-legacy=false",
            "-chardev", f"socket,id=kernel,path={KERNEL_SOCKET}", "-serial", "chardev:kernel",
            "-device", f"virtio-serial-device,max_ports={consoles + 2}"]
    sockets = {port: (port_socket(port), f"vesicle.console.{port}") for port in range(1, consoles + 1)}
    sockets[consoles + 1] = (CONTROL_SOCKET, f"vesicle.control.{consoles}")
    for port, (path, name) in sockets.items():
        line += ["-chardev", f"socket,id=port{port},path={path}",
                 "-device", f"virtserialport,chardev=port{port},nr={port},name={name}"]
    return line


def command(kernel, archive, cpu=DEFAULT_CPU, smp=1, mem=DEFAULT_MEM, icount=False, extra=(), consoles=0,
            virtualization=True, append=ZEROED_RAM):
    """The command line for one machine.

    mem is in MiB; without an archive (None) the machine gets none. With icount the machine counts instructions, the same
    on every run, and time is made of them.
    consoles: how many ports a console device has (see console_device); 0: there is none, and the serial line is on the
    standard streams.
    virtualization: the kernel begins at EL2; without, as a guest's does.
    append: the kernel's boot arguments.
    Semihosting stays off: it would open this machine's files to guests.
    """
    machine = f"virt,virtualization={'on' if virtualization else 'off'},gic-version=3"
    if icount:
        machine += ",dtb-randomness=off"
    if cpu == "max":
        cpu = "max,pauth-impdef=on"
    line = ["qemu-system-aarch64", "-M", machine, "-cpu", cpu, "-smp", str(smp), "-m", str(mem),
            "-nic", "none", "-no-reboot", "-kernel", str(kernel)]
    line += console_device(consoles) if consoles else ["-nographic"]
    if append:
        line += ["-append", append]
    if archive is not None:
        line += ["-initrd", str(archive)]
    if icount:
        line += ["-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "clock=vm"]
    return line + list(extra)
