"""Axes that drawings share: where a value stands, round marks, and the plane that two of them span."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corecar.report.figures.histogram import nice_step
from corecar.report.figures.svg import element, figure_number, label, text_width
from corecar.report.quantities import Display, Scale, number

PLAIN = Display(Scale(0, ""), 0)
"""Numbers without a unit."""

_MARKS_AT_MOST = 10
"""How finely an axis is divided to have two marks."""


@dataclass(frozen=True)
class Axis:
    """One axis: values from `low` to `high` [the test's unit] lie from `start` to `end` of the drawing."""

    low: float
    high: float
    start: float
    end: float
    display: Display = PLAIN

    def at(self, value: float) -> float:
        """Where a value stands, beyond the ends too."""
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)

    def place(self, value: float) -> float:
        """Where a value stands; one beyond the axis at its end."""
        return self.at(min(max(value, self.low), self.high))

    def shows(self, value: float) -> bool:
        """Whether a value lies on the axis."""
        return self.low <= value <= self.high

    def marks(self, about: int = 5, *, whole: bool = False) -> list[tuple[float, str]]:
        """Places and texts of about so many round values, two at least; only `whole` numbers of points.

        >>> Axis(0.0, 10.0, 0.0, 100.0).marks(4)
        [(0.0, '0'), (50.0, '5'), (100.0, '10')]
        >>> [text for _, text in Axis(-1.2, 9.9, 0.0, 100.0).marks(2)]
        ['0', '5']
        """
        scale = self.display.scale
        low, high = scale.of(self.low), scale.of(self.high)
        step, decimals = nice_step(high - low, about)
        if whole and step < 1:
            step, decimals = 1.0, 0
        span = self.end - self.start
        rounds = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        if len(rounds) < 2 and about < _MARKS_AT_MOST and not whole:
            return self.marks(about + 1)
        return [(self.start + span * (at * step - low) / (high - low), number(at * step, decimals)) for at in rounds]


@dataclass(frozen=True)
class Plane:
    """What two axes span, and the lines that are drawn in it."""

    along: Axis
    upright: Axis

    @classmethod
    def of(
        cls,
        box: tuple[float, float, float, float],
        along: tuple[float, float],
        upright: tuple[float, float],
        *,
        along_in: Display = PLAIN,
        upright_in: Display = PLAIN,
    ) -> Plane:
        """The plane of a rectangle (left, top, right, bottom), the ends of its axes, and the units of their marks."""
        left, top, right, bottom = box
        return cls(Axis(*along, left, right, along_in), Axis(*upright, bottom, top, upright_in))

    @property
    def left(self) -> float:
        """Where the lower axis begins."""
        return self.along.start

    @property
    def right(self) -> float:
        """Where the lower axis ends."""
        return self.along.end

    @property
    def top(self) -> float:
        """Where the upright axis ends."""
        return self.upright.end

    @property
    def bottom(self) -> float:
        """Where the upright axis begins."""
        return self.upright.start

    def x(self, value: float) -> float:
        """Where a value of the lower axis stands."""
        return self.along.at(value)

    def y(self, value: float) -> float:
        """Where a value of the upright axis stands."""
        return self.upright.at(value)

    def outline(self) -> str:
        """The two axes as lines."""
        path = f"M{figure_number(self.left)} {figure_number(self.top)}V{figure_number(self.bottom)}"
        return element("path", class_="axis", d=f"{path}H{figure_number(self.right)}", stroke_width=0.8)

    def y_marks(self, about: int = 4) -> list[str]:
        """Values and faint lines of the upright axis."""
        return upright_marks(self.upright.marks(about), self.left, self.right)

    def x_marks(self, about: int = 6, *, whole: bool = False) -> list[str]:
        """Values of the lower axis."""
        return level_marks(self.along.marks(about, whole=whole), self.bottom)

    def across(self, value: float, text: str, class_: str) -> str:
        """A line over the whole width, named at its right end where it has a name."""
        at = figure_number(self.y(value))
        line = element("path", class_=class_, d=f"M{figure_number(self.left)} {at}H{figure_number(self.right)}")
        return line + (label(text, self.right + 5, self.y(value) + 3.5, class_="small") if text else "")

    def over(self, value: float, text: str, class_: str) -> str:
        """A line over the whole height, named above it."""
        at = figure_number(self.x(value))
        line = element("path", class_=class_, d=f"M{at} {figure_number(self.top)}V{figure_number(self.bottom)}")
        half = text_width(text, 10) / 2
        place = min(max(self.x(value), self.left + half), self.right - half)
        return line + label(text, place, self.top - 5, class_="small", anchor="middle")

    def curve(self, xs: Iterable[float], ys: Iterable[float], class_: str, *, steps: bool = False) -> str:
        """A line through points, or steps that stand around each."""
        places = [(self.x(x), self.y(y)) for x, y in zip(xs, ys, strict=True)]
        if steps:
            half = (self.x(1.0) - self.x(0.0)) / 2
            places = [(x + side, y) for x, y in places for side in (-half, half)]
        told = "L".join(f"{figure_number(x)} {figure_number(y)}" for x, y in places)
        return element("path", class_=class_, d=f"M{told}")


Marks = Iterable[tuple[float, str]]
"""Places along an axis, and what is written there."""


def upright_marks(marks: Marks, left: float, right: float) -> list[str]:
    """Texts left of a drawing with a faint line across it at each."""
    drawn = []
    for place, text in marks:
        path = f"M{figure_number(left)} {figure_number(place)}H{figure_number(right)}"
        drawn.append(element("path", class_="grid", d=path))
        drawn.append(label(text, left - 6, place + 3.5, class_="small", anchor="end"))
    return drawn


def level_marks(marks: Marks, bottom: float) -> list[str]:
    """Texts below a drawing with a tick at each."""
    drawn = []
    for place, text in marks:
        path = f"M{figure_number(place)} {figure_number(bottom)}v4"
        drawn.append(element("path", class_="axis", d=path, stroke_width=0.8))
        drawn.append(label(text, place, bottom + 15, class_="small", anchor="middle"))
    return drawn


def named(axis: str, display: Display) -> str:
    """The name of an axis with its unit."""
    return f"{axis} ({display.scale.unit})" if display.scale.unit else axis


def upright_axis(axis: Axis, left: float, right: float, name: str) -> list[str]:
    """Grid lines and marks of an axis that goes up, its name along it."""
    middle = (axis.start + axis.end) / 2
    turned = element(
        "g", label(name, 0, 0, class_="small quiet", anchor="middle"), transform=f"translate(11 {middle:g}) rotate(-90)"
    )
    return [*upright_marks(axis.marks(), left, right), turned]


def level_axis(axis: Axis, bottom: float, name: str, about: int = 5) -> list[str]:
    """Line and marks of an axis along the foot of a drawing, its name below."""
    return [
        element("path", class_="axis", d=f"M{axis.start:g} {bottom:g}H{axis.end:g}", stroke_width=0.8),
        *level_marks(axis.marks(about), bottom),
        label(name, (axis.start + axis.end) / 2, bottom + 29, class_="small quiet", anchor="middle"),
    ]


def reach(values: Sequence[float], room: float = 0.06) -> tuple[float, float]:
    """The ends of an axis that shows all finite values with some room beyond them."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite), max(finite)
    span = (high - low) or abs(low) * 0.02 or 1.0
    return low - room * span, high + room * span
