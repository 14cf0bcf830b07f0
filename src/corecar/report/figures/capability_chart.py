"""A capability histogram: readings as bars, the fitted normal curves, limits solid, target dashed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from corecar.report.figures.axes import Plane, reach
from corecar.report.figures.svg import drawing, element, fitted, label, title
from corecar.report.quantities import Display, count, display_for, plural

WIDTH, HEIGHT = 640.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 16.0, 62.0, 42.0


def capability_chart(values: Sequence[float], found: Any, name: str, unit: str = "") -> str:
    """Readings against limits.

    values  the readings; those that are not finite are left out
    found   what `corecar.assess.capability` answers
    unit    of the readings; drawn with the prefix that fits
    """
    readings = np.asarray(values, float)
    readings = readings[np.isfinite(readings)]
    spread = found.sd or abs(found.mean) * 0.01 or 1.0
    near = [
        limit
        for limit in (found.low, found.high, found.target)
        if limit is not None and abs(limit - found.mean) < 20 * spread
    ]
    low, high = reach([*_middle(readings), *near], 0.04)
    beyond = int(((readings < low) | (readings > high)).sum())
    classes = _classes(readings, high - low)
    counts, edges = np.histogram(readings[(readings >= low) & (readings <= high)], np.linspace(low, high, classes + 1))
    grid = np.linspace(low, high, 481)
    curves = [
        (
            sd,
            len(readings)
            * (edges[1] - edges[0])
            * np.exp(-0.5 * ((grid - found.mean) / sd) ** 2)
            / sd
            / math.sqrt(2 * math.pi),
            class_,
        )
        for sd, class_ in ((found.sd, "axis"), (found.sigma_within, "derived"))
        if sd > 0
    ]
    most = max([float(counts.max()), *(float(curve.max()) for _, curve, _ in curves)])
    shown = display_for([low, high], unit)
    axes = Plane.of((LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM), (low, high), (0.0, most * 1.05), along_in=shown)
    drawn = [*axes.y_marks(), *_bars(axes, counts, edges), axes.outline(), *axes.x_marks()]
    drawn += [axes.curve(grid, curve, class_) for _, curve, class_ in curves]
    drawn += [
        axes.over(limit, f"{word} {_figure(limit, shown)}", class_)
        for limit, word, class_ in _lines(found)
        if low <= limit <= high
    ]
    drawn += _words(
        found, name, shown.scale.unit, [word for limit, word, _ in _lines(found) if not low <= limit <= high], beyond
    )
    return drawing(
        WIDTH, HEIGHT, f"{name}: {found.n} readings, Cpk {_index(found.cpk)}, Ppk {_index(found.ppk)}", *drawn
    )


def _middle(readings: Any) -> Any:
    """The readings that the drawing must show: those within 12 robust sigmas of the middle half, as in a histogram."""
    low, median, high = np.percentile(readings, (25, 50, 75))
    within = 12 * (high - low) / 1.35
    return readings[np.abs(readings - median) <= within] if within > 0 else readings


def _classes(readings: Any, span: float) -> int:
    """How many bars, as wide as Freedman and Diaconis advise; a far outlier makes more of them, not wider ones."""
    middle = float(np.subtract(*np.percentile(readings, (75, 25))))
    width = 2 * middle / len(readings) ** (1 / 3)
    return int(min(max(span / width, 12), 240)) if width > 0 else 24


def _bars(axes: Plane, counts: Any, edges: Any) -> list[str]:
    bars = []
    for place in np.flatnonzero(counts):
        left, right, top = axes.x(edges[place]), axes.x(edges[place + 1]), axes.y(float(counts[place]))
        ends = (f"{axes.along.display.scale.of(float(edge)):.6g}" for edge in edges[place : place + 2])
        said = title(f"{' to '.join(ends)}: {counts[place]:,} readings")
        bars.append(
            element(
                "rect", said, class_="pass", x=left, y=top, width=max(right - left - 0.6, 0.6), height=axes.bottom - top
            )
        )
    return bars


def _lines(found: Any) -> list[tuple[float, str, str]]:
    lines = ((found.low, "low", "spec"), (found.target, "target", "derived"), (found.high, "high", "spec"))
    return [(limit, word, class_) for limit, word, class_ in lines if limit is not None]


def _words(found: Any, name: str, unit: str, beyond: list[str], left_out: int) -> list[str]:
    indices = "  ·  ".join(f"{word} {_index(value)}" for word, value in _named(found))
    axis = fitted(name, 360, 10) + (f" ({unit})" if unit else "")
    outside = f"; {' and '.join(beyond)} beyond the drawing" if beyond else ""
    outside += f"; {plural(left_out, 'reading')} beyond the drawing" if left_out else ""
    return [
        label(indices, LEFT, 14),
        label("dashed curve: sigma within, solid: overall" + outside, LEFT, 31, class_="small quiet"),
        label(f"n = {count(found.n)}", WIDTH - RIGHT, 14, class_="small quiet", anchor="end"),
        label(axis, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, class_="small quiet", anchor="middle"),
        label("readings", LEFT - 4, TOP - 5, class_="small quiet", anchor="end"),
    ]


def _named(found: Any) -> list[tuple[str, float | None]]:
    return [("Cp", found.cp), ("Cpk", found.cpk), ("Pp", found.pp), ("Ppk", found.ppk), ("Cpm", found.cpm)]


def _index(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _figure(value: float, shown: Display) -> str:
    """A limit in the axis's unit.

    >>> _figure(-9.6e-06, display_for([1e-05], "A"))
    '−9.6'
    """
    return f"{shown.scale.of(value):.6g}".replace("-", "−")
