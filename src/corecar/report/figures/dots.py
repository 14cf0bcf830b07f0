"""Yield of each wafer or site before and after screening, as two marks on one scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

from corecar.report.figures.svg import drawing, element, figure_number, fitted, label, text_width, title
from corecar.report.quantities import count, share

WIDTH, HEIGHT = 640.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 8.0, 12.0, 34.0
STEPS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


@dataclass(frozen=True)
class Pair:
    """One wafer or site: tested, good at the tester, good after screening [parts]."""

    name: str
    tested: int
    good: int
    shippable: int


def yield_dots(pairs: list[Pair], alt: str, axis: str) -> str:
    """A ring for the tester's yield and a dot for what may ship, per wafer or site."""
    low, high, step = _scale([p.good / p.tested for p in pairs] + [p.shippable / p.tested for p in pairs])
    room = (WIDTH - LEFT - RIGHT) / len(pairs)

    def place(fraction: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - fraction) / (high - low)

    lines = []
    for i in range(round((high - low) / step) + 1):
        mark = low + i * step
        lines.append(element("path", class_="grid", d=f"M{LEFT:g} {figure_number(place(mark))}H{WIDTH - RIGHT:g}"))
        text = f"{mark * 100:.{1 if step < 0.01 else 0}f} %"
        lines.append(label(text, LEFT - 6, place(mark) + 3.5, class_="quiet small", anchor="end"))
    every = math.ceil((max(min(text_width(p.name, 10), 120.0) for p in pairs) + 6) / room)
    marks = [
        _pair(
            pair,
            LEFT + (i + 0.5) * room,
            place(pair.good / pair.tested),
            place(pair.shippable / pair.tested),
            room * every if i % every == 0 else 0.0,
        )
        for i, pair in enumerate(pairs)
    ]
    foot = label(axis, (LEFT + WIDTH) / 2, HEIGHT - 3, class_="quiet small", anchor="middle")
    return drawing(WIDTH, HEIGHT, alt, *lines, *marks, foot)


def _pair(pair: Pair, x: float, before: float, after: float, room: float) -> str:
    """Ring and dot at their heights; the name below them where there is room for it."""
    said = (
        f"{pair.name}: {share(pair.good, pair.tested)} good at the tester, {share(pair.shippable, pair.tested)} "
        f"may ship, n = {count(pair.tested)}"
    )
    return element(
        "g",
        title(said),
        element("path", class_="link", d=f"M{figure_number(x)} {figure_number(before)}V{figure_number(after)}"),
        element("circle", class_="ring", cx=x, cy=before, r=4),
        element("circle", class_="dot", cx=x, cy=after, r=2.6),
        label(fitted(pair.name, room - 3, 10), x, HEIGHT - BOTTOM + 16, class_="small", anchor="middle")
        if room
        else "",
    )


def _scale(fractions: list[float]) -> tuple[float, float, float]:
    """Ends and step of the axis, in fractions: four to seven lines, never above 100 %."""
    low, high = min(fractions), max(fractions)
    step = next((s for s in STEPS if (high - low) / s <= 4), 0.25)
    bottom = max(int(low / step) * step - (step if low > step else 0), 0.0)
    top = min(-(-high // step) * step, 1.0)
    return bottom, max(top, bottom + step), step
