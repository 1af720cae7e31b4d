# SPDX-License-Identifier: BSD-2-Clause
"""A flame graph as one SVG file: who had how much time. It needs nothing but a browser; a tip on each box tells its share."""

import html
import zlib

WIDTH, ROW, TEXT, MARGIN = 1200, 18, 7, 10
LEAST = 0.3  # narrower boxes are not drawn
KERNEL_HUES, OTHER_HUES = (200, 230), (10, 55)


class Node:
    """A frame, what it took, and what was called from it."""

    def __init__(self):
        self.value, self.children = 0, {}

    def add(self, stack, value):
        """So much was spent in a stack, outermost first."""
        node = self
        node.value += value
        for name in stack:
            node = node.children.setdefault(name, Node())
            node.value += value

    def depth(self):
        """Rows that it takes."""
        return 1 + max((child.depth() for child in self.children.values()), default=0)


def _colour(name):
    low, high = KERNEL_HUES if name.startswith("[") else OTHER_HUES
    seed = zlib.crc32(name.encode())
    return f"hsl({low + seed % (high - low)},{60 + seed // 256 % 30}%,{60 + seed // 65536 % 15}%)"


def _box(out, name, node, total, x, row, rows, unit):
    width = node.value / total * (WIDTH - 2 * MARGIN)
    if width < LEAST:
        return
    y = MARGIN + (rows - 1 - row) * ROW + 2 * ROW
    letters = int(width / TEXT)
    text = name if len(name) <= letters else name[:max(letters - 2, 0)] + ".." if letters > 4 else ""
    tip = html.escape(f"{name}: {node.value:,} {unit}, {100 * node.value / total:.2f} %")
    out.append(f'<g><title>{tip}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" fill="{_colour(name)}" rx="1"/>'
               f'<text x="{x + 3:.1f}" y="{y + ROW - 5}">{html.escape(text)}</text></g>')
    for child, below in sorted(node.children.items()):
        _box(out, child, below, total, x, row + 1, rows, unit)
        x += below.value / total * (WIDTH - 2 * MARGIN)


def draw(stacks, title, unit):
    """The picture; stacks: what each, a tuple of names, outermost first, took."""
    root = Node()
    for stack, value in stacks.items():
        root.add(stack, value)
    rows = root.depth()
    height = 2 * MARGIN + (rows + 2) * ROW
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
           'font-family="monospace" font-size="11">', f'<rect width="{WIDTH}" height="{height}" fill="#fffdf8"/>',
           f'<text x="{MARGIN}" y="{MARGIN + 8}" font-size="13">{html.escape(title)}</text>']
    if root.value:
        _box(out, "all", root, root.value, MARGIN, 0, rows, unit)
    return "\n".join(out + ["</svg>", ""])
