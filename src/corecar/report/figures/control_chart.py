"""Control charts: points, centre and limits of each panel; a point that breaks a rule is a diamond with its name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from corecar.report.figures.axes import Plane, reach
from corecar.report.figures.histogram import side_by_side
from corecar.report.figures.point_names import point_names
from corecar.report.figures.svg import drawing, element, figure_number, fitted, label, title
from corecar.report.figures.telling import told, told_in_a_row
from corecar.report.quantities import Display, count, display_for

WIDTH, LEFT, RIGHT, TOP = 720.0, 64.0, 104.0, 34.0
HEIGHTS, GAP, FOOT = (190.0, 104.0), 34.0, 34.0
DOTS_AT_MOST = 120
"""With more points only the line and the signals are drawn: dots would hide both."""
NAMED_AT_MOST = 40
"""With more signals they are small and counted instead of named: a pointer or the table tells which they are."""


def control_chart(chart: Any, name: str, unit: str = "") -> str:
    """A chart with its panels one below the other.

    chart  what `corecar.assess.chart` answers
    name   of the characteristic
    unit   of its readings; drawn with the prefix that fits
    """
    panels = [panel for panel in (chart.location, chart.low_side, chart.spread) if panel is not None]
    last = max(max(panel.points) for panel in panels)
    top, drawn = TOP, [label(fitted(f"{name} · {chart.kind}", 420, 11), LEFT, 14)]
    shown = display_for([*chart.location.values, *chart.location.upper, *chart.location.lower], unit)
    for place, panel in enumerate(panels):
        height = HEIGHTS[min(place, 1)]
        broken = (
            chart.signals
            if place == 0
            else {"beyond": chart.spread_signals}
            if panel is chart.spread
            else {"beyond": panel.beyond()}
        )
        drawn += _panel(panel, broken, top, height, last, shown, lowest=place == len(panels) - 1)
        top += height + GAP
    drawn.append(label(f"n = {count(len(chart.location.points))}", WIDTH - 4, 14, class_="small quiet", anchor="end"))
    drawn.append(
        label("point", (LEFT + WIDTH - RIGHT) / 2, top - GAP + FOOT - 2, class_="small quiet", anchor="middle")
    )
    said = f"{chart.kind} chart of {name}: {len(chart.out)} of {len(chart.location.points)} points break a rule"
    return drawing(WIDTH, top - GAP + FOOT, said, *drawn)


def _panel(
    panel: Any,
    broken: Mapping[str, Sequence[int]],
    top: float,
    height: float,
    last: int,
    shown: Display,
    *,
    lowest: bool,
) -> list[str]:
    low, high = reach([*panel.values, *panel.lower, *panel.upper, panel.center], 0.14)
    box, unit = (LEFT, top, WIDTH - RIGHT, top + height), shown.scale.unit
    axes = Plane.of(box, (0.5, last + 0.5), (low, high), upright_in=shown)
    drawn = [*axes.y_marks(4 if height > 150 else 2), axes.outline(), *(axes.x_marks(10, whole=True) if lowest else ())]
    drawn.append(label(panel.name + (f" ({unit})" if unit else ""), LEFT, top - 6, class_="small quiet"))
    drawn += [
        *_limits(axes, panel, lowest=lowest),
        axes.curve(panel.points, panel.values, "link"),
        *_points(axes, panel, broken),
    ]
    return drawn


def _limits(axes: Plane, panel: Any, *, lowest: bool) -> list[str]:
    """Centre and limits, in steps where they differ from point to point; their names apart, however near they are."""
    shown, foot = axes.upright.display, axes.bottom + (2 if lowest else 12)
    drawn = [axes.across(panel.center, "", "axis")]
    names = [(axes.y(panel.center), f"centre {_figure(panel.center, shown)}")]
    for word, limits in (("LCL", panel.lower), ("UCL", panel.upper)):
        if set(limits) == {panel.center}:
            continue
        names.append((axes.y(limits[-1]), f"{word} {_figure(limits[-1], shown)}"))
        if len({round(limit, 12) for limit in limits}) == 1:
            drawn.append(axes.across(limits[-1], "", "derived"))
        else:
            drawn.append(axes.curve(panel.points, limits, "derived", steps=True))
    names.sort()
    tops = side_by_side([y - 5 for y, _ in names], [10.0] * len(names), axes.top - 8, foot, 2)
    places = zip(tops, names, strict=True)
    return drawn + [label(text, axes.right + 5, top + 8.5, class_="small") for top, (_, text) in places]


def _points(axes: Plane, panel: Any, broken: Mapping[str, Sequence[int]]) -> list[str]:
    """Every point while there are few; each signal as a diamond, with its rule where nothing else is in the way."""
    rules: dict[int, list[str]] = {}
    for rule, points in broken.items():
        for point in points:
            rules.setdefault(point, []).append(rule)
    size = 5.0 if len(rules) <= NAMED_AT_MOST else 2.6
    drawn, signals = [], []
    for point, value in zip(panel.points, panel.values, strict=True):
        x, y = axes.x(point), axes.y(value)
        said = title(
            told_in_a_row([f"point {point}: {axes.upright.display.scale.of(value):.6g}", *rules.get(point, ())])
        )
        if point in rules:
            signals.append((point, x, y))
            drawn.append(_diamond(x, y, size, said))
        elif len(panel.points) <= DOTS_AT_MOST:
            drawn.append(element("circle", said, class_="dot", cx=x, cy=y, r=2.4))
    if len(signals) <= NAMED_AT_MOST:
        named = [
            (x, y, f"{point}: {', '.join(told(_short(rule)) for rule in rules[point])}") for point, x, y in signals
        ]
        drawn += point_names(axes, named)
    elif signals:
        drawn.append(
            label(f"{count(len(signals))} signals", axes.right, axes.top - 6, class_="small quiet", anchor="end")
        )
    return drawn


def _diamond(x: float, y: float, size: float, said: str) -> str:
    side = figure_number(size)
    path = f"M{figure_number(x)} {figure_number(y - size)}l{side} {side}l-{side} {side}l-{side} -{side}z"
    return element("path", said, class_="reject", d=path, stroke_width=1.4 if size > 4 else 0.9)


def _short(rule: str) -> str:
    """A rule of a set by its number; the whole name stands where one points.

    >>> _short("western-electric-1"), _short("beyond")
    ('rule 1', 'beyond')
    """
    tail = rule.rsplit("-", 1)[-1]
    return f"rule {tail}" if tail.isdigit() else rule


def _figure(value: float, shown: Display) -> str:
    """Five digits in the axis's unit, with the minus sign that the scale has.

    >>> _figure(-0.584969, display_for([-0.584969], "")), _figure(1.00059e-05, display_for([1e-05], "A"))
    ('−0.58497', '10.006')
    """
    text = f"{shown.scale.of(value):.5g}"
    return re.sub(r"e([+-])0", r"e\1", text).replace("-", "−")
