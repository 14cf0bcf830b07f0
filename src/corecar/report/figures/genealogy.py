"""Which thing became which: things as boxes in columns from the die to the car, the steps between them as lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from corecar.report.figures.svg import drawing, element, fitted, label, text_width, title

WIDTH, NARROWEST, WIDEST, BOX, ROW, EDGE, LEGEND = 1040.0, 112.0, 170.0, 40.0, 52.0, 8.0, 22.0
ACROSS = 0.76
"""Part of a column that its boxes take."""
SWEEPS = 4


@dataclass(frozen=True)
class Box:
    """A thing. layer: its column, from 0; state: asked, sure or maybe; below: a second line; said: all of it."""

    name: str
    layer: int
    state: str
    held: bool
    below: str
    said: str
    to: str = ""


@dataclass(frozen=True)
class Line:
    """A step between two boxes, by their places in the list. sure: whether it is known which pieces went."""

    from_: int
    to: int
    sure: bool
    said: str


def genealogy(boxes: Sequence[Box], lines: Sequence[Line], alt: str) -> str:
    """The drawing; boxes of a column in the order in which their lines cross least."""
    columns = _ordered(boxes, lines)
    cell = max(NARROWEST, min(WIDEST, (WIDTH - 2 * EDGE) / len(columns)))
    tallest = max(len(column) for column in columns)
    spots: dict[int, tuple[float, float]] = {}
    for at, column in enumerate(columns):
        top = EDGE + (tallest - len(column)) * ROW / 2
        for row, place in enumerate(column):
            spots[place] = (EDGE + at * cell, top + row * ROW)
    wide = cell * ACROSS
    drawn = [_line(line, spots, wide) for line in lines]
    drawn += [_box(box, *spots[place], wide) for place, box in enumerate(boxes)]
    bottom = EDGE + tallest * ROW + LEGEND
    width = max(2 * EDGE + cell * (len(columns) - 1) + wide, 620.0)
    return drawing(width, bottom, alt, *drawn, *_legend(boxes, bottom - 6), links=any(box.to for box in boxes))


def _ordered(boxes: Sequence[Box], lines: Sequence[Line]) -> list[list[int]]:
    """Boxes of each column from top to bottom: each near the mean of what it is tied to."""
    columns: list[list[int]] = [[] for _ in range(1 + max((box.layer for box in boxes), default=0))]
    for place, box in enumerate(boxes):
        columns[box.layer].append(place)
    tied: dict[int, list[int]] = {place: [] for place in range(len(boxes))}
    for line in lines:
        tied[line.from_].append(line.to)
        tied[line.to].append(line.from_)
    for sweep in range(SWEEPS):
        rows = {place: (row + 0.5) / len(column) for column in columns for row, place in enumerate(column)}
        for column in columns if sweep % 2 == 0 else columns[::-1]:
            column.sort(key=lambda place: _mean([rows[other] for other in tied[place]], rows[place]))
            rows |= {place: (row + 0.5) / len(column) for row, place in enumerate(column)}
    return columns


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _line(line: Line, spots: Mapping[int, tuple[float, float]], wide: float) -> str:
    (left, top), (right, bottom) = spots[line.from_], spots[line.to]
    x, y, to_x, to_y = left + wide, top + BOX / 2, right, bottom + BOX / 2
    bend = max((to_x - x) / 2, 18.0)
    path = f"M{x:.1f} {y:.1f}C{x + bend:.1f} {y:.1f} {to_x - bend:.1f} {to_y:.1f} {to_x:.1f} {to_y:.1f}"
    return element("g", title(line.said), element("path", class_="link" if line.sure else "link-maybe", d=path))


OUTLINES = {"asked": "node-asked", "sure": "node", "maybe": "node-maybe"}


def _box(box: Box, x: float, y: float, wide: float) -> str:
    drawn = [
        title(box.said),
        element("rect", class_=OUTLINES[box.state], x=x, y=y, width=wide, height=BOX, rx=3),
        label(fitted(box.name, wide - 12 - 10 * box.held), x + 6, y + 16),
        label(fitted(box.below, wide - 12, 10), x + 6, y + 31, class_="small quiet"),
    ]
    if box.held:
        drawn.append(_held(x + wide - 9, y + 9))
    return element("a", *drawn, href=box.to) if box.to else element("g", *drawn)


def _held(x: float, y: float) -> str:
    return element("path", class_="light-orange", d=f"M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z")


def _legend(boxes: Sequence[Box], y: float) -> list[str]:
    """What the marks mean that are in the drawing."""
    known = (("asked", "asked about"), ("sure", "these pieces"), ("maybe", "may hold them: pieces mixed"))
    marks = [(state, text) for state, text in known if any(box.state == state for box in boxes)]
    marks += [("held", "held")] if any(box.held for box in boxes) else []
    drawn, left = [], EDGE
    for state, text in marks:
        mark = (
            _held(left + 7, y - 4.5) if state == "held"
            else element("rect", class_=OUTLINES[state], x=left, y=y - 10, width=14, height=11, rx=2)
        )  # fmt: skip
        drawn += [mark, label(text, left + 20, y, class_="small quiet")]
        left += 20 + text_width(text, 10) + 20
    return drawn


def address_of(kind: str, name: str) -> str:
    """Where a page tells more of a thing. kind: its class; empty where the name says all"""
    return f"/trace?what={quote(f'{kind}:{name}' if kind else name, safe='')}"
