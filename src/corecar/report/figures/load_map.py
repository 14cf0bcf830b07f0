"""Capacity groups by week in the lights of CX-0128: a colour and a letter for each week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corecar.report.figures.svg import drawing, element, fitted, label, text_width, title

LABEL = 178.0
WIDTH = 640.0
ROW = 14.0
HEAD = 22.0
FOOT = 30.0
LETTERS = {"green": "G", "orange": "O", "red": "R"}
WIDEST = 26.0
"""Width of a cell at most, so that a plan of few weeks does not become a wall."""
LETTER_FROM = 6.5
"""Width of a cell from which a letter has room."""


@dataclass(frozen=True)
class LoadRow:
    """One group: its name, its light in each week, what each cell says to who points at it, and where it leads."""

    name: str
    lights: tuple[str, ...]
    told: tuple[str, ...]
    to: tuple[str, ...] = ()


CAPACITY = {"green": "up to the actual capacity", "orange": "up to the maximum", "red": "above the maximum"}
"""What the lights say of a group of machines."""


def load_map(rows: Sequence[LoadRow], weeks: Sequence[str], alt: str, words: Mapping[str, str] | None = None) -> str:
    """A cell per group and week, coloured by its light, with its letter; weeks along the top, years named once.

    words  what each light says; by default of a group of machines
    """
    cell = min((WIDTH - LABEL) / max(len(weeks), 1), WIDEST)
    drawn = [*week_heads(weeks, cell, len(rows))]
    for place, row in enumerate(rows):
        top = HEAD + place * ROW
        drawn.append(label(fitted(row.name, LABEL - 10, 10), LABEL - 6, top + 10.5, class_="small", anchor="end"))
        drawn += [_cell(row, week, LABEL + week * cell, top, cell) for week in range(len(weeks))]
    bottom = HEAD + len(rows) * ROW
    links = any(row.to for row in rows)
    return drawing(WIDTH, bottom + FOOT, alt, *drawn, *_legend(bottom + 17, words or CAPACITY), links=links)


def _cell(row: LoadRow, week: int, left: float, top: float, width: float) -> str:
    light = row.lights[week]
    shape = element("rect", class_=f"light-{light}", x=left, y=top, width=width - 0.6, height=ROW - 1)
    inside = [title(f"{row.name}, {row.told[week]}"), shape]
    if width >= LETTER_FROM:
        class_ = f"letter on-{light}"
        inside.append(label(LETTERS[light], left + (width - 0.6) / 2, top + 9.5, class_=class_, anchor="middle"))
    return element("a", *inside, href=row.to[week]) if row.to else element("g", *inside)


def week_heads(weeks: Sequence[str], cell: float, rows: int) -> list[str]:
    """Weeks above a map: as many by their numbers as have room, the year where it begins.

    cell  width of a week [px]; rows: below it
    """
    step = max(1, round(30 / cell))
    drawn = []
    year = ""
    for place, week in enumerate(weeks):
        left = LABEL + place * cell
        if week[:4] != year:
            year = week[:4]
            drawn.append(label(year, left, 8, class_="small quiet"))
            drawn.append(
                element("path", class_="axis", d=f"M{left - 0.3:.2f} 10V{HEAD + rows * ROW:g}", stroke_width=0.6)
            )
        if place % step == 0:
            drawn.append(label(week[5:8], left + 1, 19, class_="small quiet"))
    return drawn


def _legend(y: float, words: Mapping[str, str]) -> list[str]:
    drawn, left = [], LABEL
    for light, text in words.items():
        drawn.append(element("rect", class_=f"light-{light}", x=left, y=y - 10, width=13, height=ROW - 1))
        drawn.append(label(LETTERS[light], left + 6.5, y - 0.5, class_=f"letter on-{light}", anchor="middle"))
        drawn.append(label(text, left + 18, y, class_="small"))
        left += 34 + text_width(text, 10)
    return drawn
