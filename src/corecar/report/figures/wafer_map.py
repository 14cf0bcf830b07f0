"""Wafer maps: dies in their real proportions inside the wafer, with its notch or flat, one scale for a gallery."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corecar.lot import BoolArray, Int64Array
from corecar.report.figures.svg import drawing, element, figure_number, title
from corecar.wafer_frame import WaferFrame

SIZE = 200.0
"""Width and height of a map's drawing."""

RADIUS = 94.0
"""Radius of the wafer in it."""

GAPS_UP_TO = 2500
"""Dies up to which each one is drawn with a gap around it; above, neighbours of one colour are drawn as one strip."""


@dataclass(frozen=True)
class Grid:
    """Where the dies of a wafer are drawn; columns, rows and so the scale are those of all wafers of a gallery.

    left, top        column and row shown at the left and at the top
    columns, rows    dies across and down
    aspect           die width / die height
    frame            which way x and y grow, and where the notch or flat stands
    """

    left: int
    top: int
    columns: int
    rows: int
    aspect: float
    frame: WaferFrame


@dataclass(frozen=True)
class Dies:
    """The dies of one wafer.

    x, y      coordinates as the tester gives them
    kind      index into `classes`
    classes   CSS class and what to say when pointed at, for each kind
    struck    good at the tester, rejected by a screen: drawn as an outlined die with a stroke through it
    notes     what to say about each struck die, in the order of `struck`
    marked    dies to point at: drawn in their colour with a line around; None for none
    """

    x: Int64Array
    y: Int64Array
    kind: Int64Array
    classes: tuple[tuple[str, str], ...]
    struck: BoolArray
    notes: tuple[str, ...]
    marked: BoolArray | None = None


def grid_aspect(columns: int, rows: int, dies: int) -> float:
    """Die width / height when the file does not say: such that a well filled map comes out round, else square.

    >>> grid_aspect(20, 40, 640), grid_aspect(5, 1, 5)
    (2.0, 1.0)
    """
    if min(columns, rows) < 8 or not 0.6 <= dies / (columns * rows) <= 0.9:
        return 1.0
    return min(max(rows / columns, 0.2), 5.0)


def swatch(class_: str, *, struck: bool = False) -> str:
    """One die for the legend."""
    if struck:
        return drawing(12, 12, "", _struck_die(1, 1, 10, 10, 1.2))
    if class_ == "mark":
        return drawing(12, 12, "", _mark_at(2, 2, 8, 8))
    return drawing(12, 12, "", element("rect", class_=class_, x=1, y=1, width=10, height=10))


def wafer_map(dies: Dies, grid: Grid, alt: str) -> str:
    """One wafer as SVG, 200 by 200; grids of as many columns and rows give wafers the same scale."""
    width, height = _die_size(grid)
    left = SIZE / 2 - grid.columns * width / 2
    top = SIZE / 2 - grid.rows * height / 2
    column = (dies.x - grid.left) * grid.frame.step_x
    row = (dies.y - grid.top) * grid.frame.step_y
    move = f"translate({figure_number(left)} {figure_number(top)}) scale({width:.4f} {height:.4f})"
    gap = 0.1 if len(dies.x) <= GAPS_UP_TO else 0.0
    painted = [
        element("path", title(words), class_=class_, d=_path(column[chosen], row[chosen], gap))
        for kind, (class_, words) in enumerate(dies.classes)
        if (chosen := (dies.kind == kind) & ~dies.struck).any()
    ]
    at = np.flatnonzero(dies.struck)
    struck = [
        _struck_at(left + column[die] * width, top + row[die] * height, width, height, note)
        for die, note in zip(at, dies.notes, strict=True)
    ]
    pointed = np.zeros(0, dtype=np.int64) if dies.marked is None else np.flatnonzero(dies.marked)
    marks = [_mark_at(left + column[die] * width, top + row[die] * height, width, height) for die in pointed]
    return drawing(SIZE, SIZE, alt, _outline(grid), element("g", *painted, transform=move), *struck, *marks)


def _die_size(grid: Grid) -> tuple[float, float]:
    """Width and height of a die on the page, so that the farthest corner lies inside the wafer."""
    reach = math.hypot(grid.columns * grid.aspect, grid.rows) / 2
    if min(grid.columns, grid.rows) >= 8:
        reach = max(grid.columns * grid.aspect, grid.rows) / 2 * 1.04
    height = RADIUS / reach
    return height * grid.aspect, height


def _path(column: Int64Array, row: Int64Array, gap: float) -> str:
    """Path data of dies in units of one die; without a gap, runs in a row become one strip."""
    order = np.lexsort((column, row))
    column, row = column[order], row[order]
    if gap:
        inner = figure_number(1 - gap)
        shape = f"h{inner}v{inner}h-{inner}z"
        half = gap / 2
        return "".join(
            f"M{figure_number(c + half)} {figure_number(r + half)}{shape}"
            for c, r in zip(column.tolist(), row.tolist(), strict=True)
        )
    starts = np.flatnonzero(np.r_[True, (np.diff(row) != 0) | (np.diff(column) != 1)])
    lengths = np.diff(np.r_[starts, len(column)])
    runs = zip(column[starts].tolist(), row[starts].tolist(), lengths.tolist(), strict=True)
    return "".join(f"M{c} {r}h{n}v1h-{n}z" for c, r, n in runs)


def _struck_at(x: float, y: float, width: float, height: float, note: str) -> str:
    """A struck die at its place, never too small to be seen."""
    least = 4.0
    wide, high = max(width, least), max(height, least)
    line = min(max(min(wide, high) * 0.16, 0.55), 1.4)
    return _struck_die(x + (width - wide) / 2, y + (height - high) / 2, wide, high, line, note)


def _mark_at(x: float, y: float, width: float, height: float) -> str:
    """A line around a die, never too small to be seen."""
    wide, high = max(width, 4.0), max(height, 4.0)
    box = {"x": x + (width - wide) / 2, "y": y + (height - high) / 2, "width": wide, "height": high}
    return element("rect", class_="cross", **box, stroke_width=1.2)


def _struck_die(x: float, y: float, width: float, height: float, line: float, note: str = "") -> str:
    inset = line / 2
    box = element(
        "rect",
        class_="reject",
        x=x + inset,
        y=y + inset,
        width=width - line,
        height=height - line,
        stroke_width=line,
    )
    stroke = element(
        "path",
        class_="reject-line",
        d=f"M{figure_number(x + inset)} {figure_number(y + height - inset)}"
        f"L{figure_number(x + width - inset)} {figure_number(y + inset)}",
        stroke_width=line,
    )
    return element("g", *([title(note)] if note else []), box, stroke)


def _outline(grid: Grid) -> str:
    """The wafer's edge with its notch or flat on the side the file names; a plain circle when it names none."""
    middle = SIZE / 2
    edge = RADIUS + 4
    if not grid.frame.known_flat:
        return element("circle", class_="wafer", cx=middle, cy=middle, r=edge)
    half = 4.0 if grid.frame.notched else edge * 0.3
    ends = figure_number(middle + math.sqrt(edge**2 - half**2))
    right, left, radius = (figure_number(value) for value in (middle + half, middle - half, edge))
    cut = f"L{figure_number(middle)} {figure_number(float(ends) - 5)}" if grid.frame.notched else ""
    path = f"M{right} {ends}A{radius} {radius} 0 1 0 {left} {ends}{cut}Z"
    return element("path", class_="wafer", d=path, transform=f"rotate({grid.frame.turn} {middle:g} {middle:g})")


def common_columns(count: int) -> int:
    """Maps a row for so many wafers."""
    steps: Sequence[tuple[int, int]] = ((1, 1), (2, 2), (6, 3), (12, 4))
    return next((columns for most, columns in steps if count <= most), 5)
