"""What differs between two plans: a cell per row and week, better or worse, the stronger the more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corecar.report.figures.load_map import HEAD, LABEL, LETTER_FROM, ROW, WIDEST, WIDTH, week_heads
from corecar.report.figures.svg import drawing, element, fitted, label, text_width, title

FOOT = 30.0
FAINTEST = 0.2
"""Opacity of the smallest difference that is one."""
LEAST = 0.5
"""Pieces from which a difference is one."""


@dataclass(frozen=True)
class Differences:
    """One row: its name, the second less the first in each week (more is worse), and what each cell says."""

    name: str
    values: tuple[float, ...]
    told: tuple[str, ...]


def difference_map(rows: Sequence[Differences], weeks: Sequence[str], alt: str, words: tuple[str, str, str]) -> str:
    """Cells coloured around zero; the strongest colour is the largest difference of all, and the legend says it.

    words  what better is, what worse is, and what the strongest colour stands for
    """
    cell = min((WIDTH - LABEL) / max(len(weeks), 1), WIDEST)
    most = max((abs(value) for row in rows for value in row.values), default=0.0)
    drawn = [*week_heads(weeks, cell, len(rows))]
    for place, row in enumerate(rows):
        top = HEAD + place * ROW
        drawn.append(label(fitted(row.name, LABEL - 10, 10), LABEL - 6, top + 10.5, class_="small", anchor="end"))
        drawn += [_cell(row, week, LABEL + week * cell, top, cell, most) for week in range(len(weeks))]
    bottom = HEAD + len(rows) * ROW
    return drawing(WIDTH, bottom + FOOT, alt, *drawn, *_legend(bottom + 17, words))


def _cell(row: Differences, week: int, left: float, top: float, width: float, most: float) -> str:
    value = row.values[week]
    size = {"x": left, "y": top, "width": width - 0.6, "height": ROW - 1}
    inside = [title(f"{row.name}, {row.told[week]}"), element("rect", class_="unknown", **size)]
    if abs(value) >= LEAST:
        strength = FAINTEST + (1 - FAINTEST) * abs(value) / most
        class_, sign = ("worse", "+") if value > 0 else ("better", "−")
        inside.append(element("rect", class_=class_, fill_opacity=round(strength, 2), **size))
        if width >= LETTER_FROM:
            inside.append(label(sign, left + (width - 0.6) / 2, top + 10, class_="small", anchor="middle"))
    return element("g", *inside)


def _legend(y: float, words: tuple[str, str, str]) -> list[str]:
    drawn, left = [], LABEL
    for class_, sign, text in (("better", "−", words[0]), ("worse", "+", words[1])):
        drawn.append(element("rect", class_=class_, x=left, y=y - 10, width=13, height=ROW - 1))
        drawn.append(label(sign, left + 6.5, y, class_="small", anchor="middle"))
        drawn.append(label(text, left + 18, y, class_="small"))
        left += 34 + text_width(text, 10)
    return [*drawn, label(words[2], left, y, class_="small quiet")]
