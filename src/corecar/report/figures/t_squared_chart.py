"""Hotelling's T-squared of each row with its limit; rows beyond it say what drove them."""

from __future__ import annotations

import math
from typing import Any

from corecar.report.figures.axes import Plane, upright_marks
from corecar.report.figures.point_names import point_names
from corecar.report.figures.svg import drawing, element, figure_number, fitted, label, title
from corecar.report.quantities import count

WIDTH, HEIGHT = 720.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 90.0, 30.0, 40.0
STRETCHED = 10.0
"""Times the limit above which the upright axis is logarithmic, so that the rows within it can still be seen."""
DOTS_AT_MOST = 1000
"""With more rows their dots are smaller."""
NAMED_AT_MOST = 40
"""With more rows out they are small and not named: a pointer or the table tells which they are."""


def t_squared_chart(found: Any) -> str:
    """What `corecar.assess.hotelling` answers, as a chart."""
    most = max([*found.t_squared, found.limit])
    decades = most > STRETCHED * found.limit
    low, high = (math.log10(found.limit) - 2, math.log10(most) + 0.1) if decades else (0.0, most * 1.08)
    axes = Plane.of((LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM), (0.5, max(found.points) + 0.5), (low, high))
    drawn = [*(_decades(axes) if decades else axes.y_marks()), axes.outline(), *axes.x_marks(10, whole=True)]
    drawn.append(axes.across(_scaled(found.limit, decades), f"limit {found.limit:.4g}", "derived"))
    drawn += _points(axes, found, decades)
    foot = f" · logarithmic, below {10**low:.2g} at the foot" if decades else ""
    drawn.append(label(fitted(f"T² of {', '.join(found.columns)}{foot}", 480), LEFT, 14))
    drawn.append(label(f"n = {count(found.n)}", WIDTH - 4, 14, class_="small quiet", anchor="end"))
    drawn.append(label("row", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5, class_="small quiet", anchor="middle"))
    return drawing(WIDTH, HEIGHT, f"T-squared of {found.n} rows: {len(found.out)} beyond {found.limit:.4g}", *drawn)


def _scaled(value: float, decades: bool) -> float:
    return math.log10(max(value, 1e-300)) if decades else value


def _decades(axes: Plane) -> list[str]:
    """Marks at the powers of ten."""
    powers = range(math.ceil(axes.upright.low), math.floor(axes.upright.high) + 1)
    return upright_marks(((axes.y(power), f"{10.0**power:,g}") for power in powers), axes.left, axes.right)


def _points(axes: Plane, found: Any, decades: bool) -> list[str]:
    """A dot for each row, smaller where they are many; a diamond for one that is out, with the column that drove it."""
    drawn, out, named = [], set(found.out), []
    size = 5 if len(out) <= NAMED_AT_MOST else 2.6
    radius = 2.2 if found.n <= DOTS_AT_MOST else 0.9
    for point, value in zip(found.points, found.t_squared, strict=True):
        x, y = axes.x(point), axes.upright.place(_scaled(value, decades))
        if point not in out:
            drawn.append(element("circle", title(f"row {point}: {value:.4g}"), class_="dot", cx=x, cy=y, r=radius))
            continue
        parts = found.contributions.get(point, {})
        driver = max(parts, key=lambda name: parts[name]) if parts else ""
        said = title(f"row {point}: {value:.4g}; " + ", ".join(f"{name} {part:.3g}" for name, part in parts.items()))
        path = f"M{figure_number(x)} {figure_number(y - size)}l{size} {size}l-{size} {size}l-{size} -{size}z"
        drawn.append(element("path", said, class_="reject", d=path, stroke_width=1.4))
        named.append((value, (x, y, fitted(f"{point}: {driver}", 120, 10))))
    if len(out) <= NAMED_AT_MOST:
        drawn += point_names(axes, [words for _, words in sorted(named, key=lambda each: -each[0])])
    return drawn
