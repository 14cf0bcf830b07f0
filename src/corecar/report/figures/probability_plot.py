"""Probability plots: readings against the quantiles of a normal, times to failure against those of a Weibull life."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

from corecar.report.figures.axes import PLAIN, Plane, level_marks, reach, upright_marks
from corecar.report.figures.svg import drawing, element, fitted, label, title
from corecar.report.quantities import Display, count, display_for

WIDTH, HEIGHT = 560.0, 360.0
LEFT, RIGHT, TOP, BOTTOM = 58.0, 16.0, 34.0, 42.0
FACTORS = ((1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0))
MARKS_LEAST, MANY = 4, 1e6
"""Fewest marks that show a scale to be logarithmic; values from which powers of ten are written."""
SHARES = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)


def normal_plot(values: Sequence[float], mean: float, sd: float, name: str, unit: str = "") -> str:
    """Readings on normal paper with the line of their mean and standard deviation.

    unit  of the readings; drawn with the prefix that fits
    """
    readings = sorted(value for value in values if math.isfinite(value))
    places = [(reading, (rank - 0.3) / (len(readings) + 0.4)) for rank, reading in enumerate(readings, 1)]
    low, high = reach(readings)
    line = [(end, (end - mean) / sd) for end in (low, high)] if sd > 0 else []
    shown = display_for([low, high], unit)
    words = f"{name} · normal, mean {shown.scale.of(mean):.5g}, sd {shown.scale.of(sd):.4g}".replace("-", "−")
    axis = f"{name} ({shown.scale.unit})" if shown.scale.unit else name
    return _plot(places, line, NormalDist().inv_cdf, (low, high), words, axis, len(readings), shown)


def weibull_plot(times: Sequence[float], censored: Sequence[bool] | None, found: Any, name: str) -> str:
    """Failures on Weibull paper with the fitted line; units that had not failed move the ranks behind them.

    found  what `corecar.assess.weibull` answers
    """
    places = [(math.log10(time), share) for time, share in _failures(times, censored)]
    low, high = reach([x for x, _ in places], 0.12)
    line = [(end, found.shape * (end * math.log(10) - math.log(found.scale))) for end in (low, high)]
    words = f"{name} · Weibull, shape {found.shape:.4g}, scale {found.scale:.5g}, {found.failures} of {found.n} failed"
    return _plot(places, line, _weibull, (low, high), words, f"{name} (logarithmic)", found.n, PLAIN, decades=True)


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
    ends: tuple[float, float], words: str, axis: str, n: int, shown: Display, *,
    decades: bool = False,
) -> str:  # fmt: skip
    low, high = reach([paper(share) for _, share in places], 0.1)
    axes = Plane.of((LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM), ends, (low, high), along_in=shown)
    drawn = [*_shares(axes, paper), axes.outline(), *(_decades(axes) if decades else axes.x_marks())]
    drawn += [_clipped(axes, line)] if line else []
    drawn += [
        element(
            "circle",
            title(f"{10**x if decades else shown.scale.of(x):.6g}: {share:.2%}"),
            class_="dot",
            cx=axes.x(x),
            cy=axes.y(paper(share)),
            r=2.6,
        )
        for x, share in places
    ]
    drawn.append(label(fitted(words, WIDTH - 110), LEFT, 16))
    drawn.append(label(f"n = {count(n)}", WIDTH - RIGHT, 16, class_="small quiet", anchor="end"))
    drawn.append(label(axis, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, class_="small quiet", anchor="middle"))
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
    """Marks at 1, 2 and 5 times the powers of ten; more where those are fewer than four."""
    powers = range(math.floor(axes.along.low), math.ceil(axes.along.high) + 1)
    for factors in FACTORS:
        marks = [(power + math.log10(factor), factor * 10.0**power) for power in powers for factor in factors]
        seen = [(axes.x(x), value) for x, value in marks if axes.along.shows(x)]
        if len(seen) >= MARKS_LEAST:
            break
    return level_marks(((x, f"{value:,g}" if value < MANY else f"{value:g}") for x, value in seen), axes.bottom)
