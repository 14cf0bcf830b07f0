"""Pictures that belong to an answer: what is short in a plan, what stopped lots or stops of the chain cost, when a
laboratory runs which test, and which thing became which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from corecar.chain.weeks import monday
from corecar.report.blocks import Picture
from corecar.report.figures.event_line import Happened, event_line
from corecar.report.figures.gantt import Bar, Lane, gantt
from corecar.report.figures.genealogy import Box, Line, address_of, genealogy
from corecar.report.figures.lost_bars import lost_bars, lost_of
from corecar.report.figures.stress_charts import impact_bars
from corecar.report.figures.supply_bars import Supply, supply_bars
from corecar.report.figures.telling import told
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


def genealogy_drawn(answer: Answer, *, links: bool = False) -> str:
    """Which thing became which. links: whether a thing leads to its page"""
    boxes = [
        Box(
            name=printable(row["id"], 60),
            layer=row["layer"] - 1,
            state="asked" if row["asked"] else "sure" if row["sure"] else "maybe",
            held=row["held"],
            below=_below(row),
            said=_thing_said(row),
            to=address_of(row["class"], row["id"]) if links and _has_page(row) else "",
        )
        for row in answer["things"]
    ]
    lines = [
        Line(row["from_number"] - 1, row["to_number"] - 1, row["sure"],
             f"{row['kind']} {row['event']}, {_moment(row['at']):%Y-%m-%d %H:%M}: {row['pieces']:,}")
        for row in answer["rows"]
    ]  # fmt: skip
    return genealogy(boxes, lines, printable(str(answer["said"]), 300))


def _moment(value: datetime | str) -> datetime:
    """A moment as an answer has it, also one that went through JSON."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _has_page(row: Mapping[str, Any]) -> bool:
    return row["things"] == 1 and row["class"] not in ("pool", "scrap")


def _below(row: Mapping[str, Any]) -> str:
    kind = told(row["class"])
    if row["class"] == "shipment" and row["party"]:
        return printable(f"{kind} → {row['party']}", 80)
    place = f" · {row['places']}" if row["pieces"] == 1 and row["places"] else f" · {row['pieces']:,}"
    return printable(kind + place, 60)


def _thing_said(row: Mapping[str, Any]) -> str:
    parts = (f"{told(row['class'])} {row['id']}", row["places"], f"{row['pieces']:,}", row["party"], row["owner"])
    return ", ".join(part for part in parts if part)


def timeline_drawn(answer: Answer) -> str:
    """The events of a genealogy over time."""
    events = [
        Happened(_moment(row["at"]), row["kind"], printable(row["things"], 60),
                 f"{_moment(row['at']):%Y-%m-%d %H:%M} {row['kind']} {row['event']}: {row['things']}"
                 + (f" ({row['used']})" if row["used"] else ""))
        for row in answer["events"]
    ]  # fmt: skip
    return event_line(events, printable(str(answer["said"]), 300))


def _graph(answer: Answer) -> list[Picture]:
    graph, line = "Which thing became which", "What happened, in order of time"
    if not answer.get("events"):
        return [Picture(genealogy_drawn(answer), graph, graph)]
    return [Picture(genealogy_drawn(answer), graph, graph), Picture(timeline_drawn(answer), line, line)]


PICTURES: Mapping[str, Callable[[Answer], list[Picture]]] = {
    "plan": _plan, "plan_show": _plan, "impact": _impact, "stress": _stress,
    "qualify_schedule": _schedule, "trace_graph": _graph,
}  # fmt: skip
