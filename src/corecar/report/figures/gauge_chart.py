"""A gauge study in three panels: shares of the variation, readings by part, readings by operator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, isnan
from statistics import fmean
from typing import Any

from corecar.report.figures.axes import Plane, reach
from corecar.report.figures.svg import drawing, element, figure_number, fitted, label, text_width, title

WIDTH, HEIGHT = 760.0, 480.0
LEFT, NAMES, BARS = 60.0, 150.0, 600.0
NAMED = ("gauge", "repeatability", "reproducibility", "part")


def gauge_chart(table: Mapping[str, Sequence[Any]], found: Any, name: str, unit: str = "") -> str:
    """A study with its readings.

    table  part, operator and value, one row per reading
    found  what `corecar.assess.gauge_study` answers
    unit   of the readings
    """
    head = f"{name} · %GRR {found.percent_grr:.2f}, ndc {found.ndc} ({found.method}): {found.verdict}"
    if isnan(found.percent_grr):
        head = f"{name} · no variation at all"
    low, high = reach([value for value in table["value"] if value == value])
    by_part = Plane.of((LEFT, 186.0, WIDTH - 12, 306.0), (0.0, 1.0), (low, high))
    by_operator = Plane.of((LEFT, 346.0, WIDTH - 12, 446.0), (0.0, 1.0), (low, high))
    return drawing(
        WIDTH, HEIGHT, head, label(fitted(head, WIDTH - 8), 8, 14), *_shares(found),
        *_grouped(by_part, table, "part", unit), *_grouped(by_operator, table, "operator", unit),
    )  # fmt: skip


def _shares(found: Any) -> list[str]:
    """Each component's share of the total standard deviation, as a bar."""
    drawn = []
    rows = [(key, found.components[key]) for key in NAMED if key in found.components]
    for place, (key, component) in enumerate(rows):
        y = 34.0 + 28.0 * place
        if isnan(component.percent_study):
            continue
        width = max((BARS - NAMES) * component.percent_study / 100, 0.6)
        told = f"{component.percent_study:.2f} % of study, {component.percent_contribution:.2f} % of variance"
        bar = element(
            "rect",
            title(f"{key}: {told}"),
            class_="failed" if key == "gauge" else "pass",
            x=NAMES,
            y=y,
            width=width,
            height=16,
        )
        drawn += [label(key, NAMES - 8, y + 12, anchor="end"), bar]
        inside = NAMES + width > 500
        drawn.append(label(told, NAMES + 8 if inside else NAMES + width + 6, y + 12, class_="small"))
    return drawn


def _grouped(axes: Plane, table: Mapping[str, Sequence[Any]], by: str, unit: str) -> list[str]:
    """Readings as dots over their group, the groups' means joined by a line; of many groups every so many is named."""
    names = list(dict.fromkeys(table[by]))
    room = (axes.right - axes.left) / len(names)
    every = ceil(max(min(text_width(str(name), 10), 60) for name in names) / room)
    drawn = [
        *axes.y_marks(3),
        axes.outline(),
        label(f"readings by {by}" + (f" [{unit}]" if unit else ""), axes.left, axes.top - 6, class_="small quiet"),
    ]
    means = []
    for place, name in enumerate(names):
        x = axes.left + (place + 0.5) * room
        values = [
            value for group, value in zip(table[by], table["value"], strict=True) if group == name and value == value
        ]
        drawn += [
            element("circle", title(f"{name}: {value:.6g}"), class_="dot", cx=x, cy=axes.y(value), r=2.2)
            for value in values
        ]
        means.append((x, axes.y(fmean(values))))
        if place % every == 0:
            text = fitted(str(name), every * room - 3, 10)
            drawn.append(label(text, x, axes.bottom + 15, class_="small quiet", anchor="middle"))
    line = "L".join(f"{figure_number(x)} {figure_number(y)}" for x, y in means)
    return [*drawn, element("path", class_="axis", d=f"M{line}", stroke_width=1.2)]
