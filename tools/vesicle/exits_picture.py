# SPDX-License-Identifier: BSD-2-Clause
"""The distribution of what exits cost, as an SVG: a line for each row, a dot for each value, as large as it is frequent."""

import math
from collections import Counter
from html import escape

LEFT, RIGHT, TOP, LINE = 150, 60, 46, 24
WIDTH = 900
FONT = 'font-family="sans-serif" font-size="12"'


def _scale(results, references):
    """Instructions to x, logarithmic."""
    values = [value for row in results for value in row["samples"]]
    values += [references[row["name"]]["limit"] for row in results if references.get(row["name"], {}).get("limit")]
    low = math.log10(max(min(values), 1)) - 0.05
    high = math.log10(max(values)) + 0.05
    return lambda value: LEFT + (math.log10(max(value, 1)) - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def _axis(x, low, high, bottom):
    marks = []
    for power in range(0, 8):
        for step in (1, 2, 5):
            value = step * 10 ** power
            if low <= value <= high:
                marks.append(f'<line x1="{x(value):.1f}" y1="{TOP - 8}" x2="{x(value):.1f}" y2="{bottom}" stroke="#ddd"/>'
                             f'<text x="{x(value):.1f}" y="{TOP - 14}" text-anchor="middle" {FONT}>{value}</text>')
    return marks


def draw(results, references):
    """The picture's text."""
    bottom = TOP + LINE * len(results)
    x = _scale(results, references)
    values = [value for row in results for value in row["samples"]]
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{bottom + 30}">',
             f'<rect width="{WIDTH}" height="{bottom + 30}" fill="white"/>',
             f'<text x="10" y="16" {FONT} font-weight="bold">Instructions of an exit: dots as frequent as they are large; '
             'red lines: limits</text>']
    parts += _axis(x, min(values), max(values), bottom)
    for i, row in enumerate(results):
        y = TOP + LINE * i + LINE / 2
        limit = references.get(row["name"], {}).get("limit")
        parts.append(f'<text x="{LEFT - 10}" y="{y + 4:.1f}" text-anchor="end" {FONT}>{escape(row["name"])}</text>')
        if limit:
            parts.append(f'<line x1="{x(limit):.1f}" y1="{y - 9:.1f}" x2="{x(limit):.1f}" y2="{y + 9:.1f}" '
                         'stroke="#c00" stroke-width="2"/>')
        for value, times in sorted(Counter(row["samples"]).items()):
            radius = 2 + 6 * math.sqrt(times / len(row["samples"]))
            parts.append(f'<circle cx="{x(value):.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#247" fill-opacity="0.7">'
                         f'<title>{escape(row["name"])}: {value} instructions, {times} times</title></circle>')
    return "\n".join(parts + ["</svg>"]) + "\n"
