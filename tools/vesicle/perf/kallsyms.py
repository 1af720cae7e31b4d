# SPDX-License-Identifier: BSD-2-Clause
"""The list of its own functions that a Linux kernel carries in its Image, for /proc/kallsyms: as good as a System.map.

It is several tables, whose order differs from version to version, and which nothing points to:

    tokens       256 strings that end with 0; those of digits and letters are, as a rule, these themselves
    index        where each of them begins, of 16 bits
    count        of all names, of 32 bits and four zeroes; then
    names        each a length (of 7 bits; with the eighth, of 7 + 8) and so many numbers of tokens. The first letter is the kind
    marks        where each 256th name begins, of 32 bits
    offsets      of 32 bits, of each name's address from that of the least one: before `count`, or behind the index

Each is found by what must be true of it.
"""

import struct

DIGITS = b"".join(b"%d\0" % digit for digit in range(10))
TOKENS = 256
KINDS = b"aAbBdDnNrRtTuUvVwW"
CODE = b"tTwW"
PLAUSIBLE = range(1000, 4000000)  # names
MARKED = 256
FAR = 16 << 20                    # from the count to the tokens
LINKED = 0xffff800008000000       # where the least address is taken to be; the kernel moves when it boots, in any case


def _tokens(image):
    """Of each table of tokens: where it begins, where its index ends, the tokens."""
    at = image.find(DIGITS)
    while at >= 0:
        end = at
        for _ in range(ord("0"), TOKENS):
            end = image.find(b"\0", end) + 1
            if not end:
                return
        for place in range(end, min(end + 8, len(image) - 2 * TOKENS)):
            index = struct.unpack_from(f"<{TOKENS}H", image, place)
            start = at - index[ord("0")]
            if index[0] == 0 and 0 <= start:
                tokens = image[start:end].split(b"\0")[:-1]
                if len(tokens) == TOKENS and all(index[i] + len(tokens[i]) + 1 == index[i + 1] for i in range(TOKENS - 1)):
                    yield start, place + 2 * TOKENS, tokens
                    break
        at = image.find(DIGITS, at + 1)


def _names(image, at, count, tokens):
    """So many names from a place on, if marks follow them; else None."""
    start, names, marks = at, [], []
    for i in range(count):
        if i % MARKED == 0:
            marks.append(at - start)
        length = image[at]
        if length & 0x80:
            at += 1
            length = length & 0x7f | image[at] << 7
        name = b"".join([tokens[number] for number in image[at + 1:at + 1 + length]])
        if name[:1] not in KINDS or len(name) < 2:
            return None
        names.append(name)
        at += 1 + length
        if at >= len(image) - 8:
            return None
    for align in (4, 8):
        place = (at + align - 1) // align * align
        if image[place:place + 4 * len(marks)] == struct.pack(f"<{len(marks)}I", *marks):
            return names
    return None


def _offsets(image, count, before, behind):
    """The names' offsets: those that end a little before one place, or that begin at another."""
    for place in [before - 4 * count - gap for gap in (8, 12, 16)] + [(behind + 7) // 8 * 8]:
        if 0 <= place <= len(image) - 4 * count:
            offsets = struct.unpack_from(f"<{count}I", image, place)
            if offsets[0] < offsets[-1] and all(x <= y for x, y in zip(offsets, offsets[1:])):
                return offsets
    return None


def of_image(image):
    """(address, name) of all functions, the addresses right but for a common distance; none if there is no such list."""
    for start, behind, tokens in _tokens(image):
        low = max(start - FAR, 0) // 8 * 8
        words = memoryview(image)[low:low + (start - low) // 8 * 8].cast("Q")
        for at in reversed([low + 8 * i for i, word in enumerate(words) if word in PLAUSIBLE]):
            count, = struct.unpack_from("<I", image, at)
            names = _names(image, at + 8, count, tokens)
            offsets = names and _offsets(image, count, at, behind)
            if offsets:
                return [(LINKED + offset, name[1:].decode(errors="replace")) for offset, name in zip(offsets, names) if name[0] in CODE]
    return []
