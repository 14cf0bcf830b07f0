"""Programs by weeks as a plan leaves them: what is behind, and whether it is made up for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from corecar.report.figures.load_map import LoadRow, load_map
from corecar.words import Words

Row = Mapping[str, Any]
DRAWN = 40
"""Demands that are drawn; the rest stands in the table."""


def demand_map(say: Words, supply: Sequence[Row]) -> str:
    """Programs by weeks: nothing behind, behind for a while, behind for good; those with most behind above."""
    by_demand: dict[str, dict[str, Row]] = defaultdict(dict)
    weeks = sorted({str(row["week"]) for row in supply})
    for row in supply:
        by_demand[str(row["demand"])][str(row["week"])] = row
    order = sorted(by_demand, key=lambda name: -sum(row["behind"] for row in by_demand[name].values()))
    rows = [_demand_row(say, name, [by_demand[name].get(week) for week in weeks], weeks) for name in order[:DRAWN]]
    words = {"green": say("nothing behind"), "orange": say("behind, and made up for"), "red": say("behind for good")}
    return load_map(rows, weeks, say("Programs by week"), words)


def _demand_row(say: Words, name: str, cells: Sequence[Row | None], weeks: Sequence[str]) -> LoadRow:
    behind = [0.0 if cell is None else float(cell["behind"]) for cell in cells]
    never = behind[-1] if behind else 0.0
    lights, told = [], []
    for place, (much, week) in enumerate(zip(behind, weeks, strict=True)):
        good = never > 0.5 and min(behind[place:]) > 0.5
        lights.append("green" if much <= 0.5 else "red" if good else "orange")
        told.append(say("{week}: {count} behind", week=week, count=f"{much:,.0f}"))
    return LoadRow(name, tuple(lights), tuple(told))
