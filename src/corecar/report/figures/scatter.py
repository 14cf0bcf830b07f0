"""Two tests of the same parts against each other: a dot per part or, of many, how many parts lie in each cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corecar.lot import BoolArray, Float64Array
from corecar.report.figures.axes import Axis, level_axis, named, upright_axis
from corecar.report.figures.histogram import Line, view_of
from corecar.report.figures.limit_lines import labels_above, limits_across, limits_upright, room_for
from corecar.report.figures.palette import SCALE_CLASSES
from corecar.report.figures.svg import drawing, element, label, title
from corecar.report.quantities import Display, count

WIDTH, HEIGHT = 480.0, 420.0
LEFT, TOP, BOTTOM = 66.0, 16.0, 46.0
POINTS_AT_MOST = 2000
CELLS = 60


@dataclass(frozen=True)
class Side:
    """One of the two tests: its readings [its unit], limits, display and name."""

    value: Float64Array
    lines: Sequence[Line]
    display: Display
    name: str


def scatter(across: Side, up: Side, good: BoolArray, alt: str) -> str:
    """Readings of two tests of the same parts; failed parts as crosses.

    good    bool, shape (parts,): the tester called the part good
    """
    right = WIDTH - room_for(up.lines)
    along, upright = _axes(across, up, right)
    drawn = [
        *upright_axis(upright, LEFT, right, named(up.name, up.display)),
        *limits_across(upright, up.lines, LEFT, right),
        *limits_upright(along, across.lines, TOP, HEIGHT - BOTTOM),
        *labels_above(along, across.lines, 10, WIDTH),
    ]
    x, y = across.value, up.value
    if len(x) > POINTS_AT_MOST:
        drawn += _cells(x, y, along, upright)
    else:
        drawn += [
            element("circle", class_="dot", cx=along.place(one), cy=upright.place(other), r=1.7, fill_opacity=0.6)
            for one, other in zip(x[good].tolist(), y[good].tolist(), strict=True)
        ]
        drawn += _crosses(x[~good], y[~good], along, upright)
    beyond = int((~((x >= along.low) & (x <= along.high) & (y >= upright.low) & (y <= upright.high))).sum())
    said = f"{beyond:,} beyond, at the ends" if beyond else ""
    return drawing(
        WIDTH,
        HEIGHT,
        alt,
        *drawn,
        *level_axis(along, HEIGHT - BOTTOM, named(across.name, across.display)),
        label(f"n = {count(len(x))}", WIDTH - 2, HEIGHT - 6, class_="small quiet", anchor="end"),
        *([label(said, 2, HEIGHT - 6, class_="small quiet")] if said else []),
    )


def _axes(across: Side, up: Side, right: float) -> tuple[Axis, Axis]:
    wide = view_of(across.value, [line.value for line in across.lines])
    high = view_of(up.value, [line.value for line in up.lines])
    along = Axis(wide.low, wide.high, LEFT, right, across.display)
    return along, Axis(high.low, high.high, HEIGHT - BOTTOM, TOP, up.display)


def _cells(x: Float64Array, y: Float64Array, along: Axis, upright: Axis) -> list[str]:
    """Parts in each cell by the colour scale of their logarithm, so that a single one is still seen."""
    at = np.clip(((x - along.low) / (along.high - along.low) * CELLS).astype(np.int64), 0, CELLS - 1)
    up = np.clip(((y - upright.low) / (upright.high - upright.low) * CELLS).astype(np.int64), 0, CELLS - 1)
    counts = np.zeros((CELLS, CELLS), dtype=np.int64)
    np.add.at(counts, (up, at), 1)
    width, height = (along.end - along.start) / CELLS, (upright.start - upright.end) / CELLS
    steps = np.log1p(counts) / np.log1p(counts.max()) * (SCALE_CLASSES - 1)
    return [
        element(
            "rect",
            title(f"{counts[row, column]:,} parts"),
            class_=f"scale-{int(steps[row, column])}",
            x=along.start + column * width,
            y=upright.start - (row + 1) * height,
            width=width,
            height=height,
        )
        for row, column in np.argwhere(counts).tolist()
    ]


def _crosses(x: Float64Array, y: Float64Array, along: Axis, upright: Axis) -> list[str]:
    return [
        element("path", class_="cross", d=f"M{along.place(one) - 2.6:.1f} {upright.place(other) - 2.6:.1f}"
                "l5.2 5.2m0 -5.2l-5.2 5.2")
        for one, other in zip(x.tolist(), y.tolist(), strict=True)
    ]  # fmt: skip
