# SPDX-License-Identifier: BSD-2-Clause
"""A system of one guest of the user's: its tree, its boot archive, how much memory the machine needs for it."""

import pathlib
import subprocess

from . import build
from .ui import Failure

NAME = "guest"
CONSOLES = 4
DEFAULT_MEM = 512
DEFAULT_APPEND = "console=ttyAMA0"
SPARE_MEM = 192  # MiB: kernel, root task, native PDs
MIB = 1 << 20

TREE = """/dts-v1/;
/ {{
    compatible = "vesicle,system";
    console {{
        image = "console";
        server;
        rights = "EP", "RESSPC";
        system-rights = "MO", "PD";
    }};
    timer {{
        image = "timer";
        server;
        rights = "EP", "RESSPC";
        system-rights = "PD";
        restart = "always";
    }};
    trace {{
        image = "trace";
        console;
        stream;
        rights = "PD", "CPU", "EP", "TIMER";
        system-rights = "PD";
        depends-on = "timer";
        priority = <140>;
        restart = "always";
    }};
    guest {{
        compatible = "vesicle,guest";
        kernel = "kernel";
        {initrd}
        bootargs = "{append}";
        memory = <{high:#x} {low:#x}>;
        small-pages;
        cpus = <{cpus}>;
        focus;
        ends-system;
    }};
}};
"""


def _quoted(text):
    if not text.isprintable() or not text.isascii():
        raise Failure(f"--append: {text!r} is not a line of ASCII text")
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _file(path, option):
    path = pathlib.Path(path)
    if not path.is_file():
        raise Failure(f"{option}: there is no file '{path}'")
    return path.resolve()


def tool(command):
    """Runs a program that has to succeed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{pathlib.Path(command[0]).name}: {done.stderr.strip()}")


def make(folder, target, kernel, initrd=None, append=DEFAULT_APPEND, mem=DEFAULT_MEM, cpus=1):
    """Makes the boot archive in a folder; returns it, and the MiB that the machine needs."""
    kernel = _file(kernel, "--kernel")
    initrd = _file(initrd, "--initrd") if initrd else None
    source, tree, archive = folder / "system.dts", folder / "system.dtb", folder / f"{NAME}.cpio"
    source.write_text(TREE.format(initrd='initrd = "initrd";' if initrd else "", append=_quoted(append),
                                  high=mem * MIB >> 32, low=mem * MIB & 0xffffffff, cpus=cpus), encoding="ascii")
    tool(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o", str(tree), str(source)])
    programs = {"roottask": "roottask/roottask", "init": "servers/init/init", "console": "servers/console/console",
                "timer": "servers/timer/timer_server", "trace": "servers/trace/trace",
                "vmm": "vmm/pd/vmm_pd"}
    files = [f"{build.require(target / path, name)}={name}" for name, path in programs.items()]
    files += [f"{tree}=system.dtb", f"{kernel}=kernel"] + ([f"{initrd}=initrd"] if initrd else [])
    tool([str(build.require(target / "host-tools/tools/mkarchive/mkarchive", "mkarchive")), "-o", str(archive)] + files)
    return archive, mem + archive.stat().st_size // MIB + SPARE_MEM
