"""Days of a lot over the load of its cell: they rise slowly at first, then without end; today's point on each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corecar.report.figures.axes import Axis, Plane, level_axis, upright_axis
from corecar.report.figures.point_names import point_names
from corecar.report.figures.svg import drawing, element, label, title
from corecar.report.quantities import count, display_for

WIDTH, HEIGHT = 640.0, 280.0
LEFT, TOP, RIGHT, BOTTOM = 60.0, 22.0, 24.0, 46.0
CELLS = 6
"""Lines of one drawing at most: more cannot be told apart."""
AT = "at_"
"""How the columns begin that tell days at a load."""
Row = Mapping[str, Any]


def days_over_load(rows: Sequence[Row], alt: str) -> str:
    """A line for each cell, its dot where it stands today; `rows` as `expand_flow` answers them, the longest first.

    Cells beyond the first `CELLS` are left out, and those that get more than they can do have no dot.
    """
    shown = rows[:CELLS]
    curves = [_points(row) for row in shown]
    highest = max(days for curve in curves for _, days in curve)
    box = (LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM)
    plane = Plane.of(box, (0.0, 100.0), (0.0, highest * 1.08))
    upright = Axis(0.0, plane.upright.high, HEIGHT - BOTTOM, TOP, display_for([highest], None))
    today = [(100.0 * row["cell_load"], row["cycle_days"], row) for row in shown if row["cycle_days"] is not None]
    dots = [
        element("circle", title(f"{row['cell']}: {load:.0f} %, {days:.1f} days"), class_="dot", cx=plane.x(load),
                cy=plane.y(days), r=3.5)
        for load, days, row in today
    ]  # fmt: skip
    names = [(plane.x(load), plane.y(days), f"{row['cell']} {days:.1f}") for load, days, row in today]
    return drawing(
        WIDTH,
        HEIGHT,
        alt,
        *upright_axis(upright, LEFT, WIDTH - RIGHT, "days of a lot"),
        *level_axis(Axis(0.0, 100.0, LEFT, WIDTH - RIGHT), HEIGHT - BOTTOM, "load [%]"),
        *(plane.curve([load for load, _ in curve], [days for _, days in curve], "course") for curve in curves),
        *dots,
        *point_names(plane, names),
        label(f"n = {count(len(shown))} of {count(len(rows))} cells", WIDTH - 2, HEIGHT - 6, class_="small quiet",
              anchor="end"),
    )  # fmt: skip


def _points(row: Row) -> list[tuple[float, float]]:
    """Loads [%] and days of a line, today's among them."""
    points = [(float(name.removeprefix(AT)), days) for name, days in row.items() if name.startswith(AT)]
    if row["cycle_days"] is not None:
        points.append((100.0 * row["cell_load"], row["cycle_days"]))
    return sorted(points)
