"""How a plan and its bound closed in on each other: the gap over time, on a scale of powers of ten."""

from __future__ import annotations

import math
from collections.abc import Sequence

from corecar.report.figures.axes import Axis, Plane, level_axis, upright_marks
from corecar.report.figures.svg import drawing, element, label, title
from corecar.report.quantities import count

WIDTH, HEIGHT = 640.0, 240.0
LEFT, TOP, RIGHT, BOTTOM = 64.0, 18.0, 92.0, 46.0
MOST = 100.0
"""Per cent above which a gap is drawn at the top: its bound lies below 0 and proves nothing."""


def closing_chart(steps: Sequence[tuple[float, float]], asked: float, alt: str) -> str:
    """The gap after each look as steps, what was asked for as a line.

    steps   seconds, growing, and gap, (cost - bound) / cost; two at least
    asked   the gap at which the search ends
    """
    shown = [(seconds, min(100.0 * gap, MOST)) for seconds, gap in steps if gap > 0]
    least = min([value for _, value in shown] + [100.0 * asked or MOST])
    low = max(math.floor(math.log10(least)), -6)
    box = (LEFT, TOP, WIDTH - RIGHT, HEIGHT - BOTTOM)
    plane = Plane.of(box, (0.0, max(steps[-1][0], 1e-3)), (low, math.log10(MOST)))
    marks = [(plane.y(power), f"{10.0**power:g} %") for power in range(low, 3)]
    turned = element(
        "g", label("gap", 0, 0, class_="small quiet", anchor="middle"),
        transform=f"translate(11 {(TOP + HEIGHT - BOTTOM) / 2:g}) rotate(-90)",
    )  # fmt: skip
    return drawing(
        WIDTH,
        HEIGHT,
        alt,
        *upright_marks(marks, LEFT, WIDTH - RIGHT),
        turned,
        *_asked(asked, plane),
        *_course(shown, plane, low),
        *level_axis(Axis(plane.along.low, plane.along.high, LEFT, WIDTH - RIGHT), HEIGHT - BOTTOM, "time [s]"),
        label(f"n = {count(len(steps))} looks", WIDTH - 2, HEIGHT - 6, class_="small quiet", anchor="end"),
    )  # fmt: skip


def _asked(asked: float, plane: Plane) -> list[str]:
    """The line of the gap that was asked for, where the drawing reaches it."""
    level = math.log10(100.0 * asked) if asked > 0 else -math.inf
    return [plane.across(level, f"asked {_part(asked)}", "derived")] if plane.upright.shows(level) else []


def _course(shown: Sequence[tuple[float, float]], plane: Plane, low: int) -> list[str]:
    """The gap, held from one look to the next, its last value beside it, and a place to point at for each look."""
    if not shown:
        return []
    levels = [max(math.log10(value), low) for _, value in shown]
    xs, ys = [shown[0][0]], [levels[0]]
    for (seconds, _), before, level in zip(shown[1:], levels, levels[1:], strict=False):
        xs += [seconds, seconds]
        ys += [before, level]
    dots = [
        element("circle", title(f"{seconds:.1f} s: gap {_part(value / 100)}"), class_="dot", cx=plane.x(seconds),
                cy=plane.y(level), r=1.8)
        for (seconds, value), level in zip(shown, levels, strict=True)
    ]  # fmt: skip
    end = label(_part(shown[-1][1] / 100), plane.x(shown[-1][0]) + 6, plane.y(levels[-1]) - 6, class_="small accent")
    return [plane.curve(xs, ys, "course"), *dots, end]


def _part(part: float) -> str:
    """A part in per cent with two digits that count."""
    return f"{100 * part:.2g} %"
