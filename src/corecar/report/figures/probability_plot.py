"""Probability plots: readings against the quantiles of a normal, times to failure against those of a Weibull life."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

from corecar.report.figures.axes import Plane, level_marks, reach, upright_marks
from corecar.report.figures.svg import drawing, element, fitted, label, title
from corecar.report.quantities import count

WIDTH, HEIGHT = 560.0, 360.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 16.0, 34.0, 42.0
SHARES = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


def normal_plot(values: Sequence[float], mean: float, sd: float, name: str) -> str:
    """Readings on normal paper with the line of their mean and standard deviation."""
    readings = sorted(value for value in values if math.isfinite(value))
    places = [(reading, (rank - 0.3) / (len(readings) + 0.4)) for rank, reading in enumerate(readings, 1)]
    low, high = reach(readings)
    line = [(end, (end - mean) / sd) for end in (low, high)] if sd > 0 else []
    words = f"{name} · normal, mean {mean:.5g}, sd {sd:.4g}"
    return _plot(places, line, NormalDist().inv_cdf, (low, high), words, name, len(readings))


def weibull_plot(times: Sequence[float], censored: Sequence[bool] | None, found: Any, name: str) -> str:
    """Failures on Weibull paper with the fitted line; units that had not failed move the ranks behind them.

    found  what `corecar.assess.weibull` answers
    """
    places = [(math.log10(time), share) for time, share in _failures(times, censored)]
    low, high = reach([x for x, _ in places], 0.12)
    line = [(end, found.shape * (end * math.log(10) - math.log(found.scale))) for end in (low, high)]
    words = f"{name} · Weibull, shape {found.shape:.4g}, scale {found.scale:.5g}, {found.failures} of {found.n} failed"
    return _plot(places, line, _weibull, (low, high), words, name, found.n, decades=True)


def _weibull(share: float) -> float:
    return math.log(-math.log1p(-share))


def _failures(times: Sequence[float], censored: Sequence[bool] | None) -> list[tuple[float, float]]:
    """Each failure's time and share failed: median ranks (Bernard), adjusted for units taken off (Johnson)."""
    flags = censored if censored is not None else [False] * len(times)
    rows = sorted((time, flag) for time, flag in zip(times, flags, strict=True) if time == time)
    found, rank, n = [], 0.0, len(rows)
    for place, (time, flag) in enumerate(rows):
        if not flag:
            rank += (n + 1 - rank) / (n - place + 1)
            found.append((time, (rank - 0.3) / (n + 0.4)))
    return found


def _plot(
    places: Sequence[tuple[float, float]], line: Sequence[tuple[float, float]], paper: Callable[[float], float],
    ends: tuple[float, float], words: str, name: str, n: int, *, decades: bool = False,
) -> str:  # fmt: skip
    low, high = reach([paper(share) for _, share in places], 0.1)
    axes = Plane.of((LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM), ends, (low, high))
    drawn = [*_shares(axes, paper), axes.outline(), *(_decades(axes) if decades else axes.x_marks())]
    drawn += [_clipped(axes, line)] if line else []
    drawn += [
        element(
            "circle",
            title(f"{10**x if decades else x:.6g}: {share:.2%}"),
            class_="dot",
            cx=axes.x(x),
            cy=axes.y(paper(share)),
            r=2.6,
        )
        for x, share in places
    ]
    drawn.append(label(fitted(words, WIDTH - 110), LEFT, 16))
    drawn.append(label(f"n = {count(n)}", WIDTH - RIGHT, 16, class_="small quiet", anchor="end"))
    drawn.append(label(name, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, class_="small quiet", anchor="middle"))
    return drawing(WIDTH, HEIGHT, words, *drawn)


def _clipped(axes: Plane, line: Sequence[tuple[float, float]]) -> str:
    """The straight line, cut where it leaves the drawing above or below."""
    (x0, y0), (x1, y1) = line
    slope = (y1 - y0) / (x1 - x0)
    ends = [min(max(y, axes.upright.low), axes.upright.high) for y in (y0, y1)]
    return axes.curve([x0 + (y - y0) / slope for y in ends], ends, "derived")


def _shares(axes: Plane, paper: Callable[[float], float]) -> list[str]:
    marks = ((paper(share), f"{share * 100:g} %") for share in SHARES)
    return upright_marks(
        ((axes.y(value), text) for value, text in marks if axes.upright.shows(value)), axes.left, axes.right
    )


def _decades(axes: Plane) -> list[str]:
    """Marks at 1, 2 and 5 times the powers of ten."""
    powers = range(math.floor(axes.along.low), math.ceil(axes.along.high) + 1)
    marks = ((power + math.log10(factor), factor * 10.0**power) for power in powers for factor in (1, 2, 5))
    return level_marks(((axes.x(x), f"{value:g}") for x, value in marks if axes.along.shows(x)), axes.bottom)
