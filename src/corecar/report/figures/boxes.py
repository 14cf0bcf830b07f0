"""Box plots side by side: quartiles, whiskers and what lies beyond, of each wafer or site."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from corecar.lot import Float64Array
from corecar.report.figures.axes import Axis, named, upright_axis
from corecar.report.figures.histogram import Line, view_of
from corecar.report.figures.limit_lines import limits_across, room_for
from corecar.report.figures.svg import drawing, element, figure_number, fitted, label, text_width, title
from corecar.report.quantities import Display, count

WIDTH, HEIGHT = 640.0, 260.0
LEFT, TOP, BOTTOM = 64.0, 16.0, 40.0
WHISKER = 1.5
"""Interquartile ranges from the box that a whisker reaches at most (Tukey)."""

BEYOND_AT_MOST = 20
"""Points beyond the whiskers drawn of each side of a group; the farthest."""


@dataclass(frozen=True)
class Group:
    """The readings of one wafer or site, float64, finite [the test's unit]."""

    name: str
    values: Float64Array


def box_plots(groups: Sequence[Group], lines: Sequence[Line], display: Display, axis: str, what: str, alt: str) -> str:
    """A box per group: quartiles, whiskers to the farthest reading within 1.5 interquartile ranges, dots beyond.

    groups  with at least one reading each, in the order drawn
    what    what a group is, named below
    """
    everything = np.concatenate([group.values for group in groups])
    view = view_of(everything, [line.value for line in lines])
    upright = Axis(view.low, view.high, HEIGHT - BOTTOM, TOP, display)
    right = WIDTH - room_for(lines)
    room = (right - LEFT) / len(groups)
    every = math.ceil((max(min(text_width(group.name, 10), 110.0) for group in groups) + 4) / room)
    drawn = [
        _box(group, LEFT + (place + 0.5) * room, room, upright, named_below=place % every == 0, width=room * every - 3)
        for place, group in enumerate(groups)
    ]
    return drawing(
        WIDTH,
        HEIGHT,
        alt,
        *upright_axis(upright, LEFT, right, named(axis, display)),
        *limits_across(upright, lines, LEFT, right),
        *drawn,
        label(what, (LEFT + right) / 2, HEIGHT - 6, class_="small quiet", anchor="middle"),
        label(f"n = {count(len(everything))}", WIDTH - 2, HEIGHT - 6, class_="small quiet", anchor="end"),
    )


def _box(group: Group, x: float, room: float, axis: Axis, *, named_below: bool, width: float) -> str:
    values = np.sort(group.values)
    q1, median, q3 = (float(v) for v in np.quantile(values, (0.25, 0.5, 0.75)))
    reach = WHISKER * (q3 - q1)
    inside = values[(values >= q1 - reach) & (values <= q3 + reach)]
    low, high = float(inside.min()), float(inside.max())
    half = min(room * 0.34, 14.0)
    show = axis.display.show
    said = (
        f"{group.name}: median {show(median, unit=True)}, quartiles {show(q1)} and {show(q3)}, "
        f"lowest {show(float(values[0]))}, highest {show(float(values[-1]))}, n = {count(len(values))}"
    )
    top, bottom = axis.place(q3), axis.place(q1)
    stem = f"M{x:.2f} {axis.place(low):.2f}V{bottom:.2f}M{x:.2f} {top:.2f}V{axis.place(high):.2f}"
    caps = "".join(f"M{x - half / 2:.2f} {axis.place(end):.2f}h{half:.2f}" for end in (low, high))
    shapes = [
        title(said),
        element("path", class_="link", d=stem + caps),
        element("rect", class_="box", x=x - half, y=top, width=2 * half, height=max(bottom - top, 0.8)),
        element("path", class_="middle", d=f"M{x - half:.2f} {axis.place(median):.2f}h{2 * half:.2f}"),
        *_beyond(values[values < low][:BEYOND_AT_MOST], x, axis),
        *_beyond(values[values > high][-BEYOND_AT_MOST:], x, axis),
    ]
    if named_below:
        shapes.append(label(fitted(group.name, width, 10), x, HEIGHT - BOTTOM + 14, class_="small", anchor="middle"))
    return element("g", *shapes)


def _beyond(values: Float64Array, x: float, axis: Axis) -> list[str]:
    """Dots; a small arrow head where a reading lies beyond the axis."""
    drawn = []
    for value in values.tolist():
        y = axis.place(value)
        if axis.shows(value):
            drawn.append(element("circle", class_="ring", cx=x, cy=y, r=2.4, stroke_width=1.0))
        else:
            tip = 4 if value < axis.low else -4
            path = f"M{figure_number(x - 2.5)} {figure_number(y - tip)}h5l-2.5 {tip}z"
            drawn.append(element("path", class_="failed", d=path))
    return drawn
