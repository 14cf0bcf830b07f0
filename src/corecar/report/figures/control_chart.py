"""Control charts: points, centre and limits of each panel; a point that breaks a rule is a diamond with its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corecar.report.figures.histogram import side_by_side
from corecar.report.figures.plot_area import Axes, reach
from corecar.report.figures.svg import drawing, element, figure_number, fitted, label, text_width, title
from corecar.report.quantities import count

WIDTH, LEFT, RIGHT, TOP = 720.0, 64.0, 96.0, 34.0
HEIGHTS, GAP, FOOT = (190.0, 104.0), 34.0, 34.0
DOTS_AT_MOST = 120
"""With more points only the line and the signals are drawn: dots would hide both."""


def control_chart(chart: Any, name: str, unit: str = "") -> str:
    """A chart with its panels one below the other.

    chart  what `corecar.assess.chart` answers
    name   of the characteristic
    """
    panels = [panel for panel in (chart.location, chart.low_side, chart.spread) if panel is not None]
    last = max(max(panel.points) for panel in panels)
    top, drawn = TOP, [label(fitted(f"{name} · {chart.kind}", 420, 11), LEFT, 14)]
    for place, panel in enumerate(panels):
        height = HEIGHTS[min(place, 1)]
        broken = (
            chart.signals
            if place == 0
            else {"beyond": chart.spread_signals}
            if panel is chart.spread
            else {"beyond": panel.beyond()}
        )
        drawn += _panel(panel, broken, top, height, last, unit, lowest=place == len(panels) - 1)
        top += height + GAP
    drawn.append(label(f"n = {count(len(chart.location.points))}", WIDTH - 4, 14, class_="small quiet", anchor="end"))
    drawn.append(
        label("point", (LEFT + WIDTH - RIGHT) / 2, top - GAP + FOOT - 2, class_="small quiet", anchor="middle")
    )
    said = f"{chart.kind} chart of {name}: {len(chart.out)} of {len(chart.location.points)} points break a rule"
    return drawing(WIDTH, top - GAP + FOOT, said, *drawn)


def _panel(
    panel: Any, broken: Mapping[str, Sequence[int]], top: float, height: float, last: int, unit: str, *, lowest: bool
) -> list[str]:
    low, high = reach([*panel.values, *panel.lower, *panel.upper, panel.center], 0.14)
    axes = Axes(LEFT, top, WIDTH - RIGHT, top + height, 0.5, last + 0.5, low, high)
    drawn = [*axes.y_marks(4 if height > 150 else 2), axes.outline(), *(axes.x_marks(10, whole=True) if lowest else ())]
    drawn.append(label(panel.name + (f" ({unit})" if unit else ""), LEFT, top - 6, class_="small quiet"))
    drawn += [*_limits(axes, panel), axes.curve(panel.points, panel.values, "link"), *_points(axes, panel, broken)]
    return drawn


def _limits(axes: Axes, panel: Any) -> list[str]:
    """Centre and limits, in steps where they differ from point to point; their names apart, however near they are."""
    drawn = [axes.across(panel.center, "", "axis")]
    names = [(axes.y(panel.center), f"centre {panel.center:.5g}")]
    for word, limits in (("LCL", panel.lower), ("UCL", panel.upper)):
        names.append((axes.y(limits[-1]), f"{word} {limits[-1]:.5g}"))
        if len({round(limit, 12) for limit in limits}) == 1:
            drawn.append(axes.across(limits[-1], "", "derived"))
        else:
            drawn.append(axes.curve(panel.points, limits, "derived", steps=True))
    names.sort()
    tops = side_by_side([y - 5 for y, _ in names], [10.0] * len(names), axes.top - 8, axes.bottom + 12, 2)
    places = zip(tops, names, strict=True)
    return drawn + [label(text, axes.right + 5, top + 8.5, class_="small") for top, (_, text) in places]


def _points(axes: Axes, panel: Any, broken: Mapping[str, Sequence[int]]) -> list[str]:
    rules: dict[int, list[str]] = {}
    for rule, points in broken.items():
        for point in points:
            rules.setdefault(point, []).append(rule)
    drawn, taken = [], -100.0
    for point, value in zip(panel.points, panel.values, strict=True):
        x, y = axes.x(point), axes.y(value)
        said = title(f"point {point}: {value:.6g}" + "".join(f"; {rule}" for rule in rules.get(point, ())))
        if point not in rules:
            if len(panel.points) <= DOTS_AT_MOST:
                drawn.append(element("circle", said, class_="dot", cx=x, cy=y, r=2.4))
            continue
        diamond = f"M{figure_number(x)} {figure_number(y - 5)}l5 5l-5 5l-5 -5z"
        drawn.append(element("path", said, class_="reject", d=diamond, stroke_width=1.4))
        words = f"{point}: {', '.join(map(_short, rules[point]))}"
        if x - text_width(words, 10) / 2 > taken:
            place = y - 9 if y - 16 > axes.top else y + 17
            half = text_width(words, 10) / 2
            drawn.append(
                label(
                    words, min(max(x, axes.left + half), axes.right - half), place, class_="small halo", anchor="middle"
                )
            )
            taken = max(x, axes.left + half) + half + 6
    return drawn


def _short(rule: str) -> str:
    """A rule of a set by its number; the whole name stands where one points.

    >>> _short("western-electric-1"), _short("beyond")
    ('rule 1', 'beyond')
    """
    tail = rule.rsplit("-", 1)[-1]
    return f"rule {tail}" if tail.isdigit() else rule
