"""Money against what stays short: the best orders for each sum, as a falling line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corecar.report.figures.axes import Axis, Plane, level_axis, upright_axis
from corecar.report.figures.stress_charts import amount
from corecar.report.figures.svg import drawing, element, label, title
from corecar.report.quantities import count, display_for

WIDTH, HEIGHT = 640.0, 280.0
LEFT, TOP, RIGHT, BOTTOM = 72.0, 22.0, 40.0, 46.0
MILLION = 1e6


def money_frontier(rows: Sequence[Mapping[str, Any]], piece: str, currency: str, alt: str) -> str:
    """Points by what they spend and what stays short; `rows` as `expand_frontier` answers them, two at least."""
    points = [(row["spent"] / MILLION, float(row["short"]), row) for row in rows]
    points.sort(key=lambda point: point[:2])
    wide, high = max(point[0] for point in points), max(point[1] for point in points)
    box = (LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM)
    plane = Plane.of(box, (0.0, max(wide * 1.05, 1e-3)), (0.0, max(high * 1.08, 1.0)))
    display = display_for([high], None)
    upright = Axis(0.0, plane.upright.high, HEIGHT - BOTTOM, TOP, display)
    dots = [
        element("circle", title(f"{amount(row['spent'])} {currency}: {count(round(short))} {piece}s short"),
                class_="dot", cx=plane.x(spent), cy=plane.y(short), r=3)
        for spent, short, row in points
    ]  # fmt: skip
    return drawing(
        WIDTH,
        HEIGHT,
        alt,
        *upright_axis(upright, LEFT, WIDTH - RIGHT, f"{piece}s short"),
        *level_axis(Axis(0.0, plane.along.high, LEFT, WIDTH - RIGHT), HEIGHT - BOTTOM,
                    f"paid within the plan [million {currency}]".replace(" ]", "]")),
        plane.curve([spent for spent, _, _ in points], [short for _, short, _ in points], "course"),
        *dots,
        label(f"n = {count(len(points))} sums", WIDTH - 2, HEIGHT - 6, class_="small quiet", anchor="end"),
    )  # fmt: skip
