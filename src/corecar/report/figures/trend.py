"""Readings in the order in which parts were tested, with the limits that each part was held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corecar.lot import BoolArray, Float64Array, Int64Array
from corecar.report.figures.axes import Axis, level_axis, named, upright_axis
from corecar.report.figures.histogram import Line, view_of
from corecar.report.figures.limit_lines import limits_across, room_for
from corecar.report.figures.svg import drawing, element, label, title
from corecar.report.quantities import Display, count

WIDTH, HEIGHT = 640.0, 260.0
LEFT, TOP, BOTTOM = 64.0, 16.0, 46.0
POINTS_AT_MOST = 1500
"""Points drawn one by one; of more, each column of the drawing shows the lowest, middle and highest of its parts."""

COLUMNS = 250
MARKED_AT_MOST = 300


@dataclass(frozen=True)
class Course:
    """Readings of one test over the parts.

    order       place of each part in the order of testing, from 1, growing
    value       float64, finite [the test's unit]
    good        the test passed, by the tester's flag
    low, high   the limits of each reading; NaN where there is none
    """

    order: Int64Array
    value: Float64Array
    good: BoolArray
    low: Float64Array
    high: Float64Array


def trend(course: Course, lines: Sequence[Line], display: Display, axis: str, alt: str) -> str:
    """Readings as dots or, of many, as columns from lowest to highest with the middle; failed ones marked.

    lines   limits that hold for all parts; limits that change from part to part are drawn as steps
    """
    limits = [line.value for line in lines] + [
        float(v) for side in (course.low, course.high) for v in np.unique(side[np.isfinite(side)])[:20]
    ]
    view = view_of(course.value, limits)
    upright = Axis(view.low, view.high, HEIGHT - BOTTOM, TOP, display)
    right = WIDTH - room_for(lines)
    along = Axis(float(course.order[0]) - 0.5, float(course.order[-1]) + 0.5, LEFT, right)
    many = len(course.value) > POINTS_AT_MOST
    return drawing(
        WIDTH,
        HEIGHT,
        alt,
        *upright_axis(upright, LEFT, right, named(axis, display)),
        *limits_across(upright, lines, LEFT, right),
        *_steps(course, upright, along),
        *(_columns(course, upright, along) if many else _points(course, upright, along)),
        *_failed(course, upright, along),
        *level_axis(along, HEIGHT - BOTTOM, "part, in the order of testing", 8),
        label(f"n = {count(len(course.value))}", WIDTH - 2, HEIGHT - 6, class_="small quiet", anchor="end"),
    )


def _points(course: Course, upright: Axis, along: Axis) -> list[str]:
    return [
        element("circle", class_="dot", cx=along.place(at), cy=upright.place(value), r=1.5)
        for at, value in zip(course.order[course.good].tolist(), course.value[course.good].tolist(), strict=True)
    ]


def _columns(course: Course, upright: Axis, along: Axis) -> list[str]:
    """A band from lowest to highest of each column's parts, and a line through their medians."""
    edges = np.linspace(along.low, along.high, COLUMNS + 1)
    starts = np.searchsorted(course.order, edges)
    tops, feet, middles = [], [], []
    for left, right, first, last in zip(edges[:-1], edges[1:], starts[:-1], starts[1:], strict=True):
        values = course.value[first:last][course.good[first:last]]
        if not len(values):
            continue
        x = along.place((left + right) / 2)
        tops.append((x, upright.place(float(values.max()))))
        feet.append((x, upright.place(float(values.min()))))
        middles.append((x, upright.place(float(np.median(values)))))
    if not tops:
        return []
    return [
        element("path", title("lowest to highest"), class_="band-strong", d=_joined(tops + feet[::-1]) + "Z"),
        element("path", title("median"), class_="course", d=_joined(middles)),
    ]


def _joined(points: list[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _failed(course: Course, upright: Axis, along: Axis) -> list[str]:
    """A cross for each reading that failed, the farthest first; as many as can be told apart."""
    at = np.flatnonzero(~course.good)
    far = np.argsort(-np.abs(course.value[at] - np.median(course.value)), kind="stable")
    drawn = []
    for row in at[far][:MARKED_AT_MOST].tolist():
        x, y = along.place(float(course.order[row])), upright.place(float(course.value[row]))
        said = f"part {course.order[row]:,}: {upright.display.show(float(course.value[row]), unit=True)}, failed"
        path = f"M{x - 2.6:.1f} {y - 2.6:.1f}l5.2 5.2m0 -5.2l-5.2 5.2"
        drawn.append(element("path", title(said), class_="cross", d=path))
    return drawn


def _steps(course: Course, upright: Axis, along: Axis) -> list[str]:
    """Limits that change from part to part, as steps; nothing where they do not."""
    sides = [side for side in (course.low, course.high) if len(np.unique(side)) > 1]
    paths = [_stepped(course.order, side, upright, along) for side in sides]
    return [element("path", title("limit of each part"), class_="spec", d=path) for path in paths if path]


def _stepped(order: Int64Array, limits: Float64Array, upright: Axis, along: Axis) -> str:
    """A line that goes level from limit to limit, with gaps where there is none on the axis."""
    path: list[str] = []
    before: float | None = None
    for at, limit in zip(order.tolist(), limits.tolist(), strict=True):
        there = limit if upright.shows(limit) else None
        if there == before:
            continue
        x = f"{along.place(at - 0.5):.1f}"
        if before is not None:
            path.append(f"H{x}")
        if there is not None:
            path.append(f"M{x} {upright.place(there):.1f}" if before is None else f"V{upright.place(there):.1f}")
        before = there
    return "".join(path) + (f"H{along.end:.1f}" if before is not None else "")
