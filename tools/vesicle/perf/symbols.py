# SPDX-License-Identifier: BSD-2-Clause
"""Functions by address: of ELF files, and of lists as System.map and /proc/kallsyms are. And ELF files of nothing but symbols, for perf."""

import bisect
import re
import struct

from ..ui import Failure
from . import kallsyms

FUNCTION, NOTYPE = 2, 0
SHT_SYMTAB = 2
LINE = re.compile(r"^([0-9a-fA-F]{8,16}) ([A-Za-z]) (\S+)(?:\s.*)?$")
CODE = "tTwW"
ROOM = 1 << 20  # how far behind its beginning a function reaches that has no successor
EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
PHDR = struct.Struct("<IIQQQQQQ")
SHDR = struct.Struct("<IIQQQQIIQQ")
SYM = struct.Struct("<IBBHQQ")
EM_AARCH64, ET_EXEC = 183, 2


class Symbols:
    """Names of functions."""

    def __init__(self, pairs):
        """pairs: (address, name), in no order."""
        self.pairs = sorted(set(pairs))
        self.addresses = [address for address, _ in self.pairs]

    def __bool__(self):
        return bool(self.pairs)

    def find(self, address):
        """The function an address lies in; None if there is none."""
        at = bisect.bisect_right(self.addresses, address) - 1
        if at < 0 or address - self.addresses[at] >= ROOM:
            return None
        return self.pairs[at][1]

    def address(self, name):
        """Of a function; None if there is none."""
        return next((address for address, found in self.pairs if found == name), None)

    def moved(self, distance):
        """The same elsewhere."""
        return Symbols([(address + distance, name) for address, name in self.pairs])


def of_elf(data):
    """What the symbol table of an ELF file of 64 bits says."""
    pairs = []
    if data[:4] != b"\x7fELF" or len(data) < EHDR.size:
        return Symbols(pairs)
    offset, = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    sections = [SHDR.unpack_from(data, offset + i * size) for i in range(count) if offset + (i + 1) * size <= len(data)]
    for _, kind, _, _, start, length, link, *_ in sections:
        if kind != SHT_SYMTAB or link >= len(sections):
            continue
        strings = sections[link][4]
        for at in range(start, start + length, SYM.size):
            name, info, _, section, value, _ = SYM.unpack_from(data, at)
            text = data[strings + name:data.index(b"\0", strings + name)].decode(errors="replace")
            if section and value and text and not text.startswith("$") and info & 15 in (FUNCTION, NOTYPE):
                pairs.append((value, text))
    return Symbols(pairs)


def of_kernel(data):
    """What a guest's kernel knows of its own functions: an ELF file's, or a Linux Image's."""
    return of_elf(data) if data[:4] == b"\x7fELF" else Symbols(kallsyms.of_image(data))


def of_file(path):
    """An ELF file's, or those that a System.map or kallsyms lists."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Failure(f"cannot read {path}: {error.strerror}") from None
    if data[:4] == b"\x7fELF":
        found = of_elf(data)
    else:
        lines = (LINE.match(line) for line in data.decode(errors="replace").splitlines())
        found = Symbols([(int(line[1], 16), line[3]) for line in lines if line and line[2] in CODE and int(line[1], 16)])
    if not found:
        raise Failure(f"{path} has no functions: neither an ELF file with symbols nor a System.map or kallsyms "
                      "(whose addresses only root may read)")
    return found


def make_elf(symbols, start, size):
    """An ELF file of code that is not there, [start, start + size), and symbols in it."""
    strings, table, inside = bytearray(b"\0"), [bytes(SYM.size)], [pair for pair in symbols.pairs if start <= pair[0] < start + size]
    ends = [address for address, _ in inside[1:]] + [start + size]
    for (address, name), end in zip(inside, ends):
        table.append(SYM.pack(len(strings), 0x10 | FUNCTION, 0, 1, address, max(end - address, 1)))
        strings += name.encode() + b"\0"
    names = b"\0.text\0.symtab\0.strtab\0.shstrtab\0"
    at = EHDR.size + PHDR.size
    symtab, strtab = at, at + SYM.size * len(table)
    shstrtab = strtab + len(strings)
    sections_at = (shstrtab + len(names) + 7) // 8 * 8
    sections = [bytes(SHDR.size), SHDR.pack(1, 8, 6, start, 0, size, 0, 0, 4, 0),
                SHDR.pack(7, SHT_SYMTAB, 0, 0, symtab, SYM.size * len(table), 3, 1, 8, SYM.size),
                SHDR.pack(15, 3, 0, 0, strtab, len(strings), 0, 0, 1, 0), SHDR.pack(23, 3, 0, 0, shstrtab, len(names), 0, 0, 1, 0)]
    head = EHDR.pack(b"\x7fELF\x02\x01\x01", ET_EXEC, EM_AARCH64, 1, start, EHDR.size, sections_at, 0, EHDR.size, PHDR.size, 1, SHDR.size,
                     len(sections), 4)
    body = head + PHDR.pack(1, 5, 0, start, start, 0, size, 4096) + b"".join(table) + bytes(strings) + names
    return body + bytes(sections_at - len(body)) + b"".join(sections)
