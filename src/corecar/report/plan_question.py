"""An answer about a plan as a page and on paper: the sentence, a picture of what it comes to, then its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

from corecar.report.blocks import Block, Column, Document, Facts, Picture, Points, Section, Table
from corecar.report.figures.days_over_load import days_over_load
from corecar.report.figures.gain_bars import Gain, gain_bars
from corecar.report.figures.money_frontier import money_frontier
from corecar.report.figures.supply_bars import Supply, supply_bars
from corecar.report.printable import printable
from corecar.report.quantities import DASH, count

PAPER = 40
"""Rows of a table on paper."""
PARTS = frozenset(
    {
        "fill",
        "on_time",
        "fill_before",
        "fill_now",
        "on_time_change",
        "change",
        "share",
        "fill_at_least",
        "scenarios_up_to",
        "demand_change",
        "plan_gap",
        "cell_load",
    }
)
TIMES = frozenset({"response_weeks", "cycle_weeks", "cycle_days", "queue_days", "days_at_load_asked"})
PROSE = frozenset({"reason", "remedy", "sets", "weeks", "item", "clause"})
NAMED = ("scenario", "plan")
"""Columns that name a plan of those that stand side by side."""

Row = Mapping[str, Any]


def question_document(
    answer: Mapping[str, Any], title: str, tables: Mapping[str, Sequence[Row]], *, made: datetime | None = None
) -> Document:
    """The document of an answer about a plan.

    answer  said, facts and notes of the verb
    title   what was asked
    tables  its lists of rows by the titles that they get
    made    when it was made, with time zone; now by default
    """
    moment = made or datetime.now().astimezone()
    facts = tuple(
        (name.replace("_", " ").capitalize(), printable(str(value)))
        for name, value in answer.get("facts", {}).items()
        if value is not None
    )
    pictures = _pictures(tables)
    notes = tuple(printable(note, 600) for note in answer["notes"])
    return Document(
        title="Plan of the chain",
        subject=title,
        state=("attention", "Question"),
        answer=printable(answer["said"], 600),
        explanation="",
        front=(*pictures, *((Facts(facts),) if facts else ())),
        sections=(
            *(Section(name, (_table(rows),)) for name, rows in tables.items()),
            *((Section("Notes", (Points(notes),)),) if notes else ()),
        ),
        made=f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip(),
        author="",
        maker=f"Corecar {version('corecar')}",
    )


def _pictures(tables: Mapping[str, Sequence[Row]]) -> tuple[Block, ...]:
    """Plans side by side as bars of supply; blocking points and remedies as bars of what they gain."""
    found: list[Block] = []
    for rows in tables.values():
        name = next((key for key in NAMED if key in rows[0] and "supplied" in rows[0]), None)
        if name is not None:
            said = "Supplied against wanted, plan beside plan"
            found.append(Picture(supply_bars([_supply(row, name) for row in rows], "pieces", said), said, said))
        elif "spent" in rows[0] and "net_present_value" in rows[0] and len(rows) > 1:
            said = "What stays short for each sum of money"
            found.append(Picture(money_frontier(rows, "piece", "", said), said, said))
        elif "at_90" in rows[0]:
            said = "Days of a lot over the load of its cell"
            found.append(Picture(days_over_load(rows, said), said, said))
        elif "price_x_range" in rows[0]:
            said = "What more of each blocking point gains: its price times its range"
            bars = [Gain(printable(row["name"], 60), row["price_x_range"], row["all_gained"]) for row in rows]
            found.append(Picture(gain_bars(bars, ("at its first price", "all that it can give"), said), said, said))
        elif "in_time" in rows[0]:
            said = "What each remedy gains in time, planned again"
            bars = [Gain(printable(row["remedy"], 90), max(row["in_time"], 0), row["if_reserved"]) for row in rows]
            found.append(Picture(gain_bars(bars, ("in time", "if reserved for it"), said), said, said))
    return tuple(found)


def _supply(row: Row, name: str) -> Supply:
    short = max(row["wanted"] - row["supplied"], 0)
    late = max(row["wanted"] * (1 - row["on_time"]) - short, 0.0)
    return Supply(printable(row[name], 60), row["wanted"], late, short)


def _table(rows: Sequence[Row]) -> Table:
    names = [name for name in dict.fromkeys(key for row in rows for key in row) if _filled(rows, name)]
    columns = tuple(
        Column(
            name.replace("_", " ").capitalize(),
            "right" if all(_is_number(row.get(name)) for row in rows) else "left",
            weight=1.0 if name in PROSE else 0.0,
        )
        for name in names
    )
    cells = tuple(tuple(_cell(name, row.get(name)) for name in names) for row in rows)
    return Table(columns, cells, len(cells), PAPER, "summary.json")


def _filled(rows: Sequence[Row], name: str) -> bool:
    return any(row.get(name) not in (None, {}, "") for row in rows)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(name: str, value: Any) -> str:
    if value is None or value == {}:
        return DASH
    if isinstance(value, Mapping):
        return printable("; ".join(f"{key} {_cell(key, each)}" for key, each in value.items()), 200)
    if isinstance(value, list | tuple):
        return printable(", ".join(str(each) for each in value), 200)
    if isinstance(value, float):
        if name in PARTS:
            return f"{value:.1%}"
        return f"{value:.2f}" if name in TIMES else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return count(value) if isinstance(value, int) else printable(str(value), 200)
