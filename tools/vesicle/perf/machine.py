# SPDX-License-Identifier: BSD-2-Clause
"""What runs: the machine of a hub's folder, its kernel, the programs in its boot archive; for symbols, and for what times mean."""

import hashlib
import json
import pathlib
import struct

from .. import hub, paths

CPUIDS = {"cortex-a76": "0x00000000413fd0b0", "neoverse-n1": "0x00000000413fd0c0", "max": "0x00000000000f0510"}
IMAGES = paths.TOP / "build" / "perf"  # programs of boot archives, where perf finds them
CPIO_HEADER, PAGE = 110, 4096
PT_LOAD, PF_X = 1, 1
LEVELS = (2, 3)  # of nodes of a system tree: programs and guests, devices of guests that programs serve
FDT_BEGIN, FDT_END, FDT_PROP, FDT_NOP = 1, 2, 3, 4


def _aligned(at, to=4):
    return (at + to - 1) // to * to


def _name_end(data, start):
    return data.index(b"\0", start)


def archive_files(data):
    """The files of a newc archive, by name; None for what is no such archive from some byte on."""
    files, at = {}, 0
    while data[at:at + 6] in (b"070701", b"070702"):
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        size, name_size = fields[6], fields[11]
        name = data[at + CPIO_HEADER:at + CPIO_HEADER + name_size].split(b"\0", 1)[0].decode(errors="replace")
        start = _aligned(at + CPIO_HEADER + name_size)
        if name == "TRAILER!!!":
            break
        files[name] = data[start:start + size]
        at = _aligned(start + size)
    return files


def tree_nodes(blob):
    """The nodes under the root of a device tree, and those under them as PARENT/NAME, each a dictionary of its properties."""
    if len(blob) < 40:
        return {}
    _, _, structs, strings = struct.unpack_from(">4I", blob)
    nodes, path, at = {}, [], structs
    while at + 4 <= len(blob):
        token, = struct.unpack_from(">I", blob, at)
        at += 4
        if token == FDT_BEGIN:
            end = _name_end(blob, at)
            path.append(blob[at:end].decode(errors="replace"))
            if len(path) in LEVELS:
                nodes["/".join(path[1:])] = {}
            at = _aligned(end + 1)
        elif token == FDT_END:
            path.pop()
        elif token == FDT_PROP:
            size, name = struct.unpack_from(">2I", blob, at)
            if len(path) in LEVELS:
                key = blob[strings + name:_name_end(blob, strings + name)].decode(errors="replace")
                nodes["/".join(path[1:])][key] = blob[at + 8:at + 8 + size]
            at = _aligned(at + 8 + size)
        elif token != FDT_NOP:
            break
    return nodes


def code_segments(elf):
    """(address, size, offset in the file) of what is executed of an ELF file."""
    if elf[:4] != b"\x7fELF" or len(elf) < 64:
        return []
    offset, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    out = []
    for i in range(count):
        kind, flags, place, address, _, length = struct.unpack_from("<IIQQQQ", elf, offset + i * size)
        if kind == PT_LOAD and flags & PF_X:
            start = address // PAGE * PAGE
            out.append((start, _aligned(address + length, PAGE) - start, place - (address - start)))
    return out


def _string(value):
    return value.split(b"\0", 1)[0].decode(errors="replace")


class Machine:
    """The machine of a folder under build/run."""

    def __init__(self, folder):
        path = folder / hub.MACHINE
        self.words = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        self.counts = "-icount" in self.words
        self.cpu = (self._option("-cpu") or "").split(",")[0]
        self.cores = int(self._option("-smp") or 1)
        self.kernel = pathlib.Path(self._option("-kernel") or "").with_suffix(".elf")
        archive = self._option("-initrd")
        self.files = archive_files(pathlib.Path(archive).read_bytes()) if archive and pathlib.Path(archive).exists() else {}
        self.images = {"roottask": "roottask", "init": "init"}  # of programs, by what their PDs are called
        self.kernels = {}  # files of guests' kernels, by the guests' names
        self.devices = []  # of guests, that other programs serve: first address, size, name
        for node, properties in tree_nodes(self.files.get("system.dtb", b"")).items():
            if "/" in node:
                self._add_device(node.split("/")[1].split("@")[0], properties.get("reg", b""))
                continue
            guest = _string(properties.get("compatible", b"")) == "vesicle,guest"
            self.images[_string(properties.get("console", b"")) or node] = "vmm" if guest else _string(properties.get("image", b""))
            if guest:
                self.kernels[node] = _string(properties.get("kernel", b""))

    def _add_device(self, name, reg):
        half = len(reg) // 2
        if half in (4, 8):  # one cell each, or two
            device = int.from_bytes(reg[:half], "big"), int.from_bytes(reg[half:], "big"), name
            self.devices += [device] if device not in self.devices else []

    def _option(self, name):
        return self.words[self.words.index(name) + 1] if name in self.words[:-1] else None

    def cpuid(self):
        """MIDR_EL1, as perf writes it."""
        return CPUIDS.get(self.cpu, "0x00000000410fd000")

    def unit(self):
        """What a nanosecond of this machine is: with instructions counted, one of them."""
        return "instructions" if self.counts else "ns"

    def program(self, name):
        """Where the program of the PD of this name lies for perf, and its code; None if it is not known."""
        elf = self.files.get(self.images.get(name, ""))
        if elf is None or not code_segments(elf):
            return None
        folder = IMAGES / hashlib.sha256(elf).hexdigest()[:12]
        path = folder / self.images[name]
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(elf)
        return path, code_segments(elf)

    def kernel_code(self):
        """The same of the kernel."""
        if not self.kernel.is_file():
            return None
        return self.kernel, code_segments(self.kernel.read_bytes())
