"""Axes that drawings share: where a value stands, round marks, limits as labelled lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from corecar.report.figures.histogram import Line, nice_step, side_by_side
from corecar.report.figures.svg import element, figure_number, fitted, label, text_width, title
from corecar.report.quantities import Display, number


@dataclass(frozen=True)
class Axis:
    """One axis: values from `low` to `high` [the test's unit] lie from `start` to `end` of the drawing."""

    low: float
    high: float
    start: float
    end: float
    display: Display

    def place(self, value: float) -> float:
        """Where a value stands; one beyond the axis at its end."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * share

    def shows(self, value: float) -> bool:
        """Whether a value lies on the axis."""
        return self.low <= value <= self.high

    def marks(self, about: int = 5) -> list[tuple[float, str]]:
        """Places and texts of round values."""
        low, high = self.display.scale.of(self.low), self.display.scale.of(self.high)
        step, decimals = nice_step(high - low, about)
        span = self.end - self.start
        rounds = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        return [(self.start + span * (at * step - low) / (high - low), number(at * step, decimals)) for at in rounds]


def named(axis: str, display: Display) -> str:
    """The name of an axis with its unit."""
    return f"{axis} ({display.scale.unit})" if display.scale.unit else axis


def upright_axis(axis: Axis, left: float, right: float, name: str) -> list[str]:
    """Grid lines and marks of an axis that goes up, its name along it."""
    drawn = []
    for place, text in axis.marks():
        drawn.append(element("path", class_="grid", d=f"M{figure_number(left)} {figure_number(place)}H{right:g}"))
        drawn.append(label(text, left - 6, place + 3.5, class_="small", anchor="end"))
    middle = (axis.start + axis.end) / 2
    turned = element(
        "g", label(name, 0, 0, class_="small quiet", anchor="middle"), transform=f"translate(11 {middle:g}) rotate(-90)"
    )
    return [*drawn, turned]


def level_axis(axis: Axis, bottom: float, name: str, about: int = 5) -> list[str]:
    """Line and marks of an axis along the foot of a drawing, its name below."""
    drawn = [element("path", class_="axis", d=f"M{axis.start:g} {bottom:g}H{axis.end:g}", stroke_width=0.8)]
    for place, text in axis.marks(about):
        drawn.append(element("path", class_="axis", d=f"M{figure_number(place)} {bottom:g}v4", stroke_width=0.8))
        drawn.append(label(text, place, bottom + 15, class_="small", anchor="middle"))
    drawn.append(label(name, (axis.start + axis.end) / 2, bottom + 29, class_="small quiet", anchor="middle"))
    return drawn


def room_for(lines: Sequence[Line]) -> float:
    """Space at the right of a drawing for the labels of its limits; a longer one is cut."""
    return min(max([60.0, *(text_width(line.short, 10) + 8 for line in lines)]), 140.0)


def limits_across(axis: Axis, lines: Sequence[Line], left: float, right: float) -> list[str]:
    """Limits as lines across a drawing whose values go up; labels at the right, apart from one another."""
    drawn = []
    shown = [line for line in lines if axis.shows(line.value)]
    for line in shown:
        path = f"M{left:g} {figure_number(axis.place(line.value))}H{right:g}"
        drawn.append(element("path", title(line.label), class_="derived" if line.derived else "spec", d=path))
    shown = sorted((line for line in shown if line.short), key=lambda line: -line.value)
    top, bottom = min(axis.start, axis.end), max(axis.start, axis.end)
    wanted = [axis.place(line.value) - 5 for line in shown]
    for line, at in zip(shown, side_by_side(wanted, [10.0] * len(shown), top - 6, bottom + 6, 2), strict=True):
        class_ = "small accent" if line.derived else "small"
        drawn.append(label(fitted(line.short, 134, 10), right + 5, at + 8.5, class_=class_))
    return drawn


def limits_upright(axis: Axis, lines: Sequence[Line], top: float, bottom: float) -> list[str]:
    """Limits as upright lines over a drawing whose values go along it."""
    return [
        element(
            "path",
            title(line.label),
            class_="derived" if line.derived else "spec",
            d=f"M{figure_number(axis.place(line.value))} {top:g}V{bottom:g}",
        )
        for line in lines
        if axis.shows(line.value)
    ]
