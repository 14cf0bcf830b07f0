"""Scratches: failed dies in a line, and the good dies that lie on it or on its way out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from corecar.lot import BoolArray, Float64Array, Int64Array
from corecar.screen.clusters import clusters

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Scratch:
    """A line through failed dies of one plane, in rows and columns.

    row, column  its middle
    down, right  its direction, of length 1
    first, last  where it begins and ends along that direction, from the middle [steps]
    size         failed dies that make it
    """

    plane: int
    row: float
    column: float
    down: float
    right: float
    first: float
    last: float
    size: int


def scratches(
    seeds: BoolArray, *, size: int = 6, reach: int = 2, spread: float = 0.6, elongation: float = 4.0
) -> tuple[Scratch, ...]:
    """Groups of failed dies that lie in a straight line.

    seeds       bool, shape (planes, rows, columns): failed dies
    size        fewest dies
    reach       how many rows or columns the next die of the same scratch may be away
    spread      root mean square distance of the dies from the line at most [steps]
    elongation  standard deviation along the line by that across it, at least
    """
    found = clusters(seeds, reach=reach)
    large = np.flatnonzero(found.size >= size)
    places = np.nonzero(found.label >= 0)
    of = found.label[places]
    order = np.argsort(of, kind="stable")
    edges = np.concatenate([[0], np.cumsum(found.size)])
    lines = []
    for cluster in large.tolist():
        own = order[edges[cluster] : edges[cluster + 1]]
        line = _line(int(found.plane[cluster]), places[1][own], places[2][own], spread, elongation)
        if line is not None:
            lines.append(line)
    return tuple(lines)


def _line(plane: int, rows: Int64Array, columns: Int64Array, spread: float, elongation: float) -> Scratch | None:
    """The line of least squares of distances, or None where the dies lie in no line."""
    row, column = rows.mean(), columns.mean()
    down, right = rows - row, columns - column
    a, b, c = float((down**2).mean()), float((down * right).mean()), float((right**2).mean())
    middle, half = (a + c) / 2, math.hypot((a - c) / 2, b)
    along, across = middle + half, max(middle - half, 0.0)
    if across > spread**2 + _ROUNDING or along < elongation**2 * across - _ROUNDING:
        return None
    angle = 0.5 * math.atan2(2 * b, a - c)
    down_1, right_1 = math.cos(angle), math.sin(angle)
    on_line = down * down_1 + right * right_1
    return Scratch(
        plane, float(row), float(column), down_1, right_1, float(on_line.min()), float(on_line.max()), len(rows)
    )


def on_scratch(
    shape: tuple[int, int, int], lines: tuple[Scratch, ...], *, extension: float = 2.0, half_width: float = 0.75
) -> BoolArray:
    """Places on scratches prolonged at both ends, bool, shape (planes, rows, columns).

    extension   how far a scratch is prolonged at each end [steps]
    half_width  distance from the line up to which a place lies on it [steps]
    """
    out = np.zeros(shape, dtype=bool)
    rows, columns = np.mgrid[: shape[1], : shape[2]]
    for line in lines:
        along, across = _from(line, rows, columns)
        inside = (along >= line.first - extension - _ROUNDING) & (along <= line.last + extension + _ROUNDING)
        out[line.plane] |= inside & (np.abs(across) <= half_width + _ROUNDING)
    return out


def _from(line: Scratch, rows: Int64Array, columns: Int64Array) -> tuple[Float64Array, Float64Array]:
    """Distance of places along and across a scratch, from its middle."""
    down, right = rows - line.row, columns - line.column
    return down * line.down + right * line.right, down * line.right - right * line.down
