"""Orders over the weeks of a plan: ordered, delivered, qualified, makes; a line for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from corecar.chain.weeks import monday
from corecar.report.figures.gantt import NAMES, PLACE, WIDTH, weeks_above
from corecar.report.figures.svg import drawing, element, fitted, label, text_width, title

ROW, HEAD, LINE = 18.0, 34.0, 17.0
PARTS = (("unknown", "ordered, not delivered"), ("late", "delivered, in qualification"), ("in-time", "makes"))


def order_line(rows: Sequence[Mapping[str, Any]], first_week: str, weeks: int, alt: str) -> str:
    """Each order as a bar from its order to the end of the plan, or of its rent.

    rows  as `expand_plan` answers them: option, cell, way, count, ordered_in, delivered_in, makes_from, makes_until
    """
    first, cell = monday(first_week), (WIDTH - NAMES - PLACE) / max(weeks, 1)
    drawn = [_bar(row, HEAD + place * ROW, first, weeks, cell) for place, row in enumerate(rows)]
    bottom = HEAD + ROW * len(rows)
    return drawing(
        WIDTH, bottom + 8 + LINE, alt, *weeks_above(first, weeks, cell, bottom), *drawn, *_legend(bottom + LINE)
    )


def _bar(row: Mapping[str, Any], top: float, first: date, weeks: int, cell: float) -> str:
    until = row.get("makes_until")
    ends = (row["ordered_in"], row["delivered_in"], row["makes_from"])
    places = [*((monday(week) - first).days // 7 for week in ends), _after(until, first) if until else weeks]
    parts = [
        element("rect", class_=class_, x=NAMES + begin * cell, y=top + 3, width=(end - begin) * cell, height=ROW - 6)
        for (class_, _), begin, end in zip(PARTS, places, places[1:], strict=False) if end > begin
    ]  # fmt: skip
    name = f"{row['count']} × {row['option']}"
    said = f"{name}: {row['ordered_in']}, {row['delivered_in']}, {row['makes_from']}"
    return element(
        "g", title(said), label(fitted(name, NAMES - 12, 10), NAMES - 8, top + 12, class_="small", anchor="end"), *parts
    )


def _after(week: str, first: date) -> int:
    return (monday(week) - first).days // 7 + 1


def _legend(y: float) -> list[str]:
    drawn, left = [], 8.0
    for class_, text in PARTS:
        drawn.append(element("rect", class_=class_, x=left, y=y - 9, width=14, height=9))
        drawn.append(label(text, left + 20, y, class_="small"))
        left += 40 + text_width(text, 10)
    return drawn
