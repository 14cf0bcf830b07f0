"""Curves over one axis: each in a panel of its own, one above the other, with bounds, points and one place marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from corecar.report.figures.svg import drawing, element, figure_number, label, title

WIDTH, PANEL = 640.0, 170.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 12.0, 24.0, 34.0
MARKS = 4
"""Lines of an axis at about which its numbers stand."""


@dataclass(frozen=True)
class Curve:
    """One panel.

    name        what it shows, with its unit
    values      at each place of the axis, None where there is none
    low, high   bounds of them, empty without any
    dots        a second row of values that are drawn as dots; `dots_name` says what they are
    """

    name: str
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()
    dots: Sequence[float | None] = ()
    dots_name: str = ""


@dataclass(frozen=True)
class Mark:
    """A place of the axis that is named."""

    value: float
    label: str


@dataclass(frozen=True)
class _Panel:
    """The frame of one panel in the drawing."""

    low_x: float
    high_x: float
    high_y: float
    top: float

    def x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.low_x) / (self.high_x - self.low_x)

    def y(self, value: float) -> float:
        height = PANEL - TOP - BOTTOM
        return self.top + TOP + height * (1 - min(value, self.high_y) / self.high_y)


def curves(axis: Sequence[float], panels: Sequence[Curve], axis_name: str, alt: str, mark: Mark | None = None) -> str:
    """Inline SVG of curves that share an axis; every panel begins at 0.

    axis  places of the values, ascending; two at the least
    """
    drawn = [_panel(axis, one, place, mark) for place, one in enumerate(panels)]
    height = PANEL * len(panels) + 12
    foot = label(axis_name, (LEFT + WIDTH) / 2, height - 3, class_="quiet small", anchor="middle")
    return drawing(WIDTH, height, alt, *drawn, foot)


def _panel(axis: Sequence[float], curve: Curve, place: int, mark: Mark | None) -> str:
    known = [value for row in (curve.values, curve.high, curve.dots) for value in row if value is not None]
    step = _step(max(known, default=0.0) or 1.0)
    top = math.ceil((max(known, default=0.0) or 1.0) / step) * step
    frame = _Panel(axis[0], axis[-1], top, PANEL * place)
    names = f"{curve.name}{f'; dots: {curve.dots_name}' if curve.dots else ''}"
    return element(
        "g",
        *_grid(frame, axis, step),
        _band(frame, axis, curve),
        *_lines(frame, axis, curve.values),
        *_dots(frame, axis, curve),
        *_mark(frame, mark),
        label(names, LEFT, frame.top + 14),
    )


def _grid(frame: _Panel, axis: Sequence[float], step: float) -> list[str]:
    out = []
    for i in range(round(frame.high_y / step) + 1):
        y = frame.y(i * step)
        out.append(element("path", class_="grid", d=f"M{LEFT:g} {figure_number(y)}H{WIDTH - RIGHT:g}"))
        out.append(label(f"{i * step:g}", LEFT - 6, y + 3.5, class_="quiet small", anchor="end"))
    across = _step(axis[-1] - axis[0], 8)
    first = math.ceil(axis[0] / across - 1e-9)
    for i in range(first, math.floor(axis[-1] / across + 1e-9) + 1):
        x, y = frame.x(i * across), frame.y(0) + 14
        out.append(label(f"{i * across:g}", x, y, class_="quiet small", anchor="middle"))
    return out


def _band(frame: _Panel, axis: Sequence[float], curve: Curve) -> str:
    rows = [
        (x, low, high)
        for x, low, high in zip(axis, curve.low, curve.high, strict=False)
        if low is not None and high is not None
    ]
    if len(rows) < 2:
        return ""
    there = [_point(frame, x, high) for x, _, high in rows]
    back = [_point(frame, x, low) for x, low, _ in reversed(rows)]
    return element("path", class_="band", d=f"M{'L'.join((*there, *back))}Z")


def _lines(frame: _Panel, axis: Sequence[float], values: Sequence[float | None]) -> list[str]:
    points = [_point(frame, x, value) for x, value in zip(axis, values, strict=True) if value is not None]
    line = element("path", class_="spec", d=f"M{'L'.join(points)}") if len(points) > 1 else ""
    return [line]


def _dots(frame: _Panel, axis: Sequence[float], curve: Curve) -> list[str]:
    rows = [(x, value) for x, value in zip(axis, curve.dots, strict=False) if value is not None]
    said = [title(f"{curve.dots_name} at {x:g}: {value:g}") for x, value in rows]
    return [
        element("circle", text, class_="dot", cx=frame.x(x), cy=frame.y(value), r=2.4)
        for text, (x, value) in zip(said, rows, strict=True)
    ]


def _mark(frame: _Panel, mark: Mark | None) -> list[str]:
    if mark is None or not frame.low_x <= mark.value <= frame.high_x:
        return []
    x = frame.x(mark.value)
    line = element("path", class_="derived", d=f"M{figure_number(x)} {figure_number(frame.y(0))}V{frame.top + TOP:g}")
    end = x > WIDTH * 0.75
    text = label(mark.label, x - 4 if end else x + 4, frame.top + TOP + 8, class_="accent small halo",
                 anchor="end" if end else "start")  # fmt: skip
    return [line, text]


def _point(frame: _Panel, x: float, y: float) -> str:
    return f"{figure_number(frame.x(x))} {figure_number(frame.y(y))}"


def _step(span: float, marks: int = MARKS) -> float:
    """A round step that divides a span into about so many pieces."""
    rough = span / marks
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough - 1e-12)
