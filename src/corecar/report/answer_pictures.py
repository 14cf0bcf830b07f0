"""Pictures that belong to an answer: what is short in a plan, what stopped lots or stops of the chain cost, and when a
laboratory runs which test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from corecar.chain.weeks import monday
from corecar.report.blocks import Picture
from corecar.report.figures.gantt import Bar, Lane, gantt
from corecar.report.figures.lost_bars import lost_bars, lost_of
from corecar.report.figures.stress_charts import impact_bars
from corecar.report.figures.supply_bars import Supply, supply_bars
from corecar.report.printable import printable

BARS = 20
"""Rows of a picture."""
Answer = Mapping[str, Any]


def pictures_of(verb: str, answer: Answer) -> list[Picture]:
    """The pictures of a verb's answer; none for most verbs, or where there is nothing to draw."""
    draw = PICTURES.get(verb)
    return [] if draw is None else draw(answer)


def _plan(answer: Answer) -> list[Picture]:
    rows = [row for row in answer.get("rows") or () if row.get("wanted")][:BARS]
    bars = [Supply(printable(row["demand"], 60), row["wanted"], row["late"], row["short"]) for row in rows]
    return _bars(bars, "Supplied against wanted, the worst first")


def _impact(answer: Answer) -> list[Picture]:
    lost, title = lost_of(answer.get("rows") or ())[:BARS], "What stopped lots take from each program"
    return [Picture(lost_bars(lost, title), title, title)] if lost else []


def _bars(bars: list[Supply], title: str) -> list[Picture]:
    return [Picture(supply_bars(bars, "pieces", title), title, title)] if bars else []


def _stress(answer: Answer) -> list[Picture]:
    rows = (answer.get("rows") or ())[:BARS]
    title = "What each stop costs"
    return [Picture(impact_bars(rows, str(answer["said"])), title, title)] if rows else []


def schedule_gantt(answer: Answer) -> str:
    """The schedule of a laboratory as bars, product by product."""
    first = min(monday(row["start"]) for row in answer["rows"])

    def week(name: str) -> int:
        return (monday(name) - first).days // 7

    def bar(row: Mapping[str, Any]) -> Bar:
        start = week(row["start"])
        return Bar(
            name=printable(f"{row['test']} · {row['lot']} {row['name']}", 60),
            start=start,
            busy=week(row["equipment_until"]) - start + 1 if row["equipment"] else 0,
            length=week(row["end"]) - start + 1,
            readings=tuple(week(each) - start for each in row["readings"]),
            decides=row["decides"],
            said=f"{row['test']}, lot {row['lot']}: {row['start']} to {row['end']}",
        )

    lanes = []
    for product in answer["products"]:
        bars = [bar(row) for row in answer["rows"] if row["qualification"] == product["qualification"]]
        lanes.append(Lane(printable(product["product"], 60), bars, week(product["ppap"])))
    return gantt(lanes, first, str(answer["said"]))


def _schedule(answer: Answer) -> list[Picture]:
    title = "Which test runs when"
    return [Picture(schedule_gantt(answer), title, title)] if answer.get("rows") else []


PICTURES: Mapping[str, Callable[[Answer], list[Picture]]] = {
    "plan": _plan, "plan_show": _plan, "impact": _impact, "stress": _stress,
    "qualify_schedule": _schedule,
}  # fmt: skip
