"""Bars on a logarithmic scale, as SVG: what is ten times dearer is one step longer."""

from __future__ import annotations

from html import escape
from math import log10
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

STEP = 110
"""Pixels for a factor of ten."""
LEAST = 0.01
"""Where the scale begins: a hundredth of a millisecond."""
THICK, GAP, TOP, LEFT = 14, 8, 30, 450
COLOURS = ("#3a6ea5", "#c9803a")
STYLE = "text{fill:#444}@media(prefers-color-scheme:dark){text{fill:#bbb}}"

Bars = tuple[str, "Sequence[tuple[str, float]]"]
"""What is measured, and its values, each with a word before it."""


def draw(path: Path, title: str, rows: Sequence[Bars]) -> None:
    """Write a plot of *rows*; every row has the same number of values."""
    y, parts = TOP, list[str]()
    for name, values in rows:
        middle = y + THICK * len(values) / 2 + 4
        parts.append(f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end">')
        parts.append(f"{escape(name)}</text>")
        for number, (word, value) in enumerate(values):
            parts.append(bar(y + THICK * number, word, value, COLOURS[number]))
        y += THICK * len(values) + GAP
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="1100" height="{y + 10}" '
        f'font-family="sans-serif" font-size="12"><style>{STYLE}</style>'
        f'<text x="{LEFT}" y="18">{escape(title)}</text>{"".join(parts)}</svg>\n'
    )


def bar(y: int, word: str, value: float, colour: str) -> str:
    """One bar, and its value behind it."""
    length = max(1.0, STEP * log10(max(value, LEAST) / LEAST))
    said = escape(f"{word} {value:.2f}".strip())
    return (
        f'<rect x="{LEFT}" y="{y}" width="{length:.0f}" height="{THICK - 1}" fill="{colour}"/>'
        f'<text x="{LEFT + 5 + length:.0f}" y="{y + 11}">{said}</text>'
    )
