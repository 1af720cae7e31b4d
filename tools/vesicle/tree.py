# SPDX-License-Identifier: BSD-2-Clause
"""A system of the user's: a system tree (docs/user-guide.md) becomes a boot archive with the files that it names."""

import pathlib
import subprocess

from . import build, guest, paths, qemu
from .ui import Failure

SUFFIXES = (".dts", ".dtb")
MOST_CONSOLES = 28
FILES = ("image", "kernel", "initrd", "overlay")  # properties that name files of the archive
GUEST = "vesicle,guest"


def is_file(name):
    """Is this the file of a system tree, not the name of a system?"""
    return name.endswith(SUFFIXES)


class Tree:
    """A compiled system tree; fdtget reads it."""

    def __init__(self, path):
        self.path = path
        self.nodes = self._ask("-l", str(path), "/")

    @staticmethod
    def _ask(*words):
        done = subprocess.run(["fdtget", *words], capture_output=True, text=True, check=False)
        return done.stdout.split("\n")[:-1] if done.returncode == 0 else []

    def string(self, node, name):
        """A property of one string; None if it is not there."""
        said = self._ask("-t", "s", str(self.path), f"/{node}", name)
        return said[0] if said else None

    def number(self, node, name):
        """A property of one or two cells; 0 if it is not there."""
        said = self._ask("-t", "x", str(self.path), f"/{node}", name)
        value = 0
        for cell in said[0].split() if said else ():
            value = value << 32 | int(cell, 16)
        return value

    def is_guest(self, node):
        """Or a program?"""
        return self.string(node, "compatible") == GUEST

    def files(self):
        """Each file that is named, with the node that does it first."""
        named = {"roottask": None, "init": None}
        for node in self.nodes:
            if self.is_guest(node):
                named.setdefault("vmm", node)
            for name in FILES:
                value = self.string(node, name)
                if value:
                    named.setdefault(value, node)
        return named

    def memory(self):
        """MiB of all guests."""
        return sum(self.number(node, "memory") for node in self.nodes if self.is_guest(node)) // guest.MIB

    def consoles(self):
        """How many there may have to be: each program may be started again."""
        if not any(self.string(node, "image") == "console" for node in self.nodes):
            return 0
        return min(2 * len(self.nodes) + 2, MOST_CONSOLES)


def known_files(target):
    """Files of the systems that come with the tree, by their names in boot archives."""
    known = {}
    for name in paths.systems(target, False):
        listed = paths.system(target, name).with_suffix(".cpio.files")
        for line in listed.read_text(encoding="utf-8").split("\n") if listed.exists() else ():
            path, _, entry = line.rpartition("=")
            if entry and entry != "system.dtb":
                known.setdefault(entry, path)
    return known


def compile_tree(source, to):
    """By dtc, whose complaints name file and line."""
    kind = source.suffix[1:]
    done = subprocess.run(["dtc", "-q", "-I", kind, "-O", "dtb", "-o", str(to), str(source)], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise Failure(f"--system: {done.stderr.strip() or 'dtc cannot read it'}")


def make(folder, target, source):
    """Makes the boot archive in a folder; returns it, the MiB that the machine needs, and the number of its consoles."""
    source = pathlib.Path(source)
    if not source.is_file():
        raise Failure(f"--system: there is no file '{source}'")
    compiled, archive = folder / "system.dtb", folder / "system.cpio"
    compile_tree(source, compiled)
    tree, known, entries = Tree(compiled), known_files(target), []
    for name, node in tree.files().items():
        beside = source.parent / name
        path = beside if node and beside.is_file() else known.get(name)
        if not path:
            raise Failure(f"--system: {source}: {node}: there is no file '{name}' beside it, nor in the systems of this tree, which have: "
                          f"{', '.join(sorted(known))}")
        entries.append(f"{path}={name}")
    entries.insert(1, f"{compiled}=system.dtb")
    guest.tool([str(build.require(target / "host-tools/tools/mkarchive/mkarchive", "mkarchive")), "-o", str(archive)] + entries)
    needed = tree.memory() + archive.stat().st_size // guest.MIB + guest.SPARE_MEM
    return archive, max(needed, qemu.DEFAULT_MEM), tree.consoles()
