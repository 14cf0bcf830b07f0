"""A rectangle with two axes: where a value stands in it, its marks, limits across it and curves in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corecar.report.figures.histogram import nice_step
from corecar.report.figures.svg import element, figure_number, label, text_width
from corecar.report.quantities import number


@dataclass(frozen=True)
class Axes:
    """A rectangle [the drawing's units] and the stretch of each axis that it shows.

    left, top, right, bottom  the rectangle
    x_low, x_high             at its left and right side
    y_low, y_high             at its bottom and top
    """

    left: float
    top: float
    right: float
    bottom: float
    x_low: float
    x_high: float
    y_low: float
    y_high: float

    def x(self, value: float) -> float:
        """Where a value of the lower axis stands."""
        return self.left + (self.right - self.left) * (value - self.x_low) / (self.x_high - self.x_low)

    def y(self, value: float) -> float:
        """Where a value of the upright axis stands."""
        return self.bottom - (self.bottom - self.top) * (value - self.y_low) / (self.y_high - self.y_low)

    def outline(self) -> str:
        """The two axes as lines."""
        path = f"M{figure_number(self.left)} {figure_number(self.top)}V{figure_number(self.bottom)}"
        return element("path", class_="axis", d=f"{path}H{figure_number(self.right)}", stroke_width=0.8)

    def y_marks(self, marks: int = 4) -> list[str]:
        """Values and faint lines of the upright axis."""
        drawn = []
        for value, text in ticks(self.y_low, self.y_high, marks):
            at = figure_number(self.y(value))
            drawn.append(
                element("path", class_="grid", d=f"M{figure_number(self.left)} {at}H{figure_number(self.right)}")
            )
            drawn.append(label(text, self.left - 5, self.y(value) + 3.5, class_="small quiet", anchor="end"))
        return drawn

    def x_marks(self, marks: int = 6, *, whole: bool = False) -> list[str]:
        """Values of the lower axis; of numbers of points only whole ones."""
        drawn = []
        for value, text in ticks(self.x_low, self.x_high, marks, whole=whole):
            at = figure_number(self.x(value))
            drawn.append(element("path", class_="axis", d=f"M{at} {figure_number(self.bottom)}v4", stroke_width=0.8))
            drawn.append(label(text, self.x(value), self.bottom + 15, class_="small quiet", anchor="middle"))
        return drawn

    def across(self, value: float, text: str, class_: str) -> str:
        """A line over the whole width, named at its right end where it has a name."""
        at = figure_number(self.y(value))
        line = element("path", class_=class_, d=f"M{figure_number(self.left)} {at}H{figure_number(self.right)}")
        return line + (label(text, self.right + 5, self.y(value) + 3.5, class_="small") if text else "")

    def upright(self, value: float, text: str, class_: str) -> str:
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


def ticks(low: float, high: float, marks: int, *, whole: bool = False) -> list[tuple[float, str]]:
    """Round values between two ends, and how they are written.

    >>> ticks(0.0, 10.0, 5)
    [(0.0, '0'), (2.0, '2'), (4.0, '4'), (6.0, '6'), (8.0, '8'), (10.0, '10')]
    """
    step, decimals = nice_step(high - low, marks)
    if whole and step < 1:
        step, decimals = 1.0, 0
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [(place * step, number(place * step, decimals)) for place in range(first, last + 1)]


def reach(values: Sequence[float], room: float = 0.06) -> tuple[float, float]:
    """The ends of an axis that shows all finite values with some room beyond them."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite), max(finite)
    span = (high - low) or abs(low) * 0.02 or 1.0
    return low - room * span, high + room * span
