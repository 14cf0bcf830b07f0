"""Hotelling's T-squared of each row with its limit; rows beyond it say what drove them."""

from __future__ import annotations

from typing import Any

from corecar.report.figures.plot_area import Axes
from corecar.report.figures.svg import drawing, element, figure_number, fitted, label, text_width, title
from corecar.report.quantities import count

WIDTH, HEIGHT = 720.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 90.0, 30.0, 40.0
NAMED_AT_MOST = 40
"""With more rows out they are small and not named: a pointer or the table tells which they are."""


def t_squared_chart(found: Any) -> str:
    """What `corecar.assess.hotelling` answers, as a chart."""
    most = max([*found.t_squared, found.limit]) * 1.08
    axes = Axes(LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM, 0.5, max(found.points) + 0.5, 0.0, most)
    drawn = [*axes.y_marks(), axes.outline(), *axes.x_marks(10, whole=True)]
    drawn.append(axes.across(found.limit, f"limit {found.limit:.4g}", "derived"))
    drawn += _points(axes, found)
    drawn.append(label(fitted(f"T² of {', '.join(found.columns)}", 480), LEFT, 14))
    drawn.append(label(f"n = {count(found.n)}", WIDTH - 4, 14, class_="small quiet", anchor="end"))
    drawn.append(label("row", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5, class_="small quiet", anchor="middle"))
    return drawing(WIDTH, HEIGHT, f"T-squared of {found.n} rows: {len(found.out)} beyond {found.limit:.4g}", *drawn)


def _points(axes: Axes, found: Any) -> list[str]:
    drawn, taken, out = [], -100.0, set(found.out)
    named = len(out) <= NAMED_AT_MOST
    size = 5 if named else 2.6
    for point, value in zip(found.points, found.t_squared, strict=True):
        x, y = axes.x(point), axes.y(value)
        if point not in out:
            drawn.append(element("circle", title(f"row {point}: {value:.4g}"), class_="dot", cx=x, cy=y, r=2.2))
            continue
        parts = found.contributions.get(point, {})
        driver = max(parts, key=lambda name: parts[name]) if parts else ""
        said = title(f"row {point}: {value:.4g}; " + ", ".join(f"{name} {part:.3g}" for name, part in parts.items()))
        drawn.append(
            element(
                "path",
                said,
                class_="reject",
                d=f"M{figure_number(x)} {figure_number(y - size)}l{size} {size}l-{size} {size}l-{size} -{size}z",
                stroke_width=1.4,
            )
        )
        words = fitted(f"{point}: {driver}", 120, 10)
        if named and x - 8 > taken:
            room = x + 9 + text_width(words, 10) < axes.right
            drawn.append(
                label(words, x + 9 if room else x - 9, y + 3.5, class_="small halo", anchor="start" if room else "end")
            )
            taken = x + 9 + text_width(words, 10) if room else x
    return drawn
