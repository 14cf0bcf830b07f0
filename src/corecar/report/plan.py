"""A plan as a page and on paper: the answer, who gets how much, how full each group is in which week, what to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

from corecar.report.blocks import Block, Column, Document, Facts, Picture, Points, Section, Table, Text, Tiles, Tone
from corecar.report.figures.closing_chart import closing_chart
from corecar.report.figures.load_map import LoadRow, load_map
from corecar.report.figures.supply_bars import Supply, supply_bars
from corecar.report.printable import printable
from corecar.report.quantities import count

BARS = 30
"""Programs of the picture; all of them stand in the table."""
MAPPED = 40
"""Groups of the picture; all of them stand in the table."""
PAPER = 40
"""Rows of a table on paper."""
CAPACITY = "Capacity by week"
"""The chapter that has a page of its own."""

Rows = Sequence[Mapping[str, Any]]


def plan_document(
    answer: Mapping[str, Any], programs: Rows, groups: Rows, load: Any, *, made: datetime | None = None
) -> Document:
    """The document of one plan.

    answer    of the verb `plan`
    programs  every demand, the worst first; groups: every capacity group, the fullest first
    load      the plan's table `load`
    made      when it was made, with time zone; now by default
    """
    moment = made or datetime.now().astimezone()
    figures = answer["details"]["figures"]
    return Document(
        title="Plan of the chain",
        subject=f"{figures['first_week']} to {figures['last_week']}",
        state=_state(figures, answer["floors"]),
        answer=answer["said"],
        explanation=_explanation(figures),
        front=(_tiles(figures), *_supply_picture(figures, programs), Facts(_facts(answer))),
        sections=tuple(
            Section(title, blocks, new_page=title == CAPACITY)
            for title, blocks in (
                ("Programs", _programs(programs)),
                (CAPACITY, _load_picture(groups, load)),
                ("Promises that are not kept", promise_table(answer["floors"])),
                ("Capacity groups", _groups(groups)),
                ("Left out of the plan", _left_out(answer)),
                ("How near to the best plan", _closing(figures)),
                ("Notes", _notes(answer)),
            )
            if blocks
        ),
        made=f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip(),
        author="",
        maker=f"Corecar {version('corecar')}",
    )


def _state(figures: Mapping[str, Any], floors: Rows) -> tuple[Tone, str]:
    if round(figures["short"]):
        return "bad", "Short"
    if floors:
        return "attention", "Promises broken"
    return ("attention", "Late") if round(figures["late"]) else ("good", "All on time")


def _explanation(figures: Mapping[str, Any]) -> str:
    kind = (
        "Static plan: all weeks taken as one, without lead times."
        if figures["kind"] == "static"
        else f"Weekly plan of {figures['weeks']} weeks."
    )
    return f"{kind} Shared out by {figures['rule']}, up to the {figures['limit']} capacity; {_near(figures)}."


def _near(figures: Mapping[str, Any]) -> str:
    if figures["gap"] <= 1e-9:
        return "no plan is better"
    costs = abs(figures.get("objective", 1.0)) >= 0.5
    return f"it is at most {figures['gap']:.2%} from the best plan" if costs else "nothing in it costs anything"


def _tiles(figures: Mapping[str, Any]) -> Tiles:
    piece = f"{figures['piece']}s"
    late = ((count(round(figures["late"])), "late", f"{figures['fill'] - figures['on_time']:.1%}"),)
    return Tiles(
        (
            (count(round(figures["wanted"])), f"{piece} wanted", ""),
            (count(round(figures["supplied"])), "supplied", f"{figures['fill']:.1%}"),
            *(late if figures["kind"] == "weekly" else ()),
            (count(round(figures["short"])), "short", f"{1 - figures['fill']:.1%}"),
            (_amount(figures["value"]), f"{figures['currency'] or 'value'} supplied", ""),
        )
    )


def _amount(value: float) -> str:
    for power, word in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= power:
            return f"{value / power:,.3g} {word}"
    return f"{value:,.0f}"


def _facts(answer: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.replace("_", " ").capitalize(), printable(str(value))) for name, value in answer["facts"].items()
    )


def _supply_picture(figures: Mapping[str, Any], programs: Rows) -> tuple[Block, ...]:
    rows = [
        Supply(printable(row["demand"], 60), row["wanted"], row["late"], row["short"])
        for row in programs[:BARS]
        if row["wanted"]
    ]
    if not rows:
        return ()
    more = f" The {len(rows)} worst of {len(programs)} are drawn." if len(programs) > len(rows) else ""
    said = f"Supplied against wanted, the worst first.{more}"
    return (Picture(supply_bars(rows, f"{figures['piece']}s", said), said, said.rstrip(".")),)


def _load_picture(groups: Rows, load: Any) -> tuple[Block, ...]:
    shown = [row["group"] for row in groups[:MAPPED]]
    if not shown:
        return ()
    weeks = load["week"].unify_dictionaries().combine_chunks().dictionary.to_pylist()
    of_group: dict[str, list[Mapping[str, Any]]] = {name: [] for name in shown}
    for row in load.to_pylist():
        if row["group"] in of_group:
            of_group[row["group"]].append(row)
    rows = [
        LoadRow(
            printable(name, 60),
            tuple(row["light"] for row in cells),
            tuple(
                f"{row['week']}: {row['asked']:,.0f} asked, {row['load']:,.0f} planned, {row['actual']:,.0f} actual, "
                f"{row['maximum']:,.0f} maximum [{row['unit']}]: {row['light']}"
                for row in cells
            ),
        )
        for name, cells in of_group.items()
    ]
    more = f" The {len(shown)} fullest of {len(groups)} groups are drawn." if len(groups) > len(shown) else ""
    text = "What it would take to supply every demand in its week, against the capacity of each group (CX-0128)."
    return (Text(text + more, "note"), Picture(load_map(rows, weeks, text), text))


def _programs(programs: Rows) -> tuple[Block, ...]:
    columns = (
        Column("Demand", weight=1.0), Column("Priority", "right"), Column("Wanted", "right"),
        Column("Supplied", "right"), Column("Short", "right"), Column("Fill", "decimal"), Column("On time", "decimal"),
        Column("Weeks behind", "decimal"), Column("Value short", "right"),
    )  # fmt: skip
    rows = tuple(
        (
            printable(row["demand"], 60), str(row["priority"]), count(round(row["wanted"])),
            count(round(row["supplied"])), count(round(row["short"])), f"{row['fill']:.1%}", f"{row['on_time']:.1%}",
            f"{row['weeks_behind']:.2f}", count(round(row["value_short"])),
        )
        for row in programs
    )  # fmt: skip
    return (Table(columns, rows, len(rows), PAPER, "supply.parquet"),)


def _groups(groups: Rows) -> tuple[Block, ...]:
    if not groups:
        return ()
    columns = (
        Column("Group", weight=1.0), Column("Site"), Column("Unit"), Column("Light"), Column("Red weeks", "right"),
        Column("Orange weeks", "right"), Column("Full weeks", "right"), Column("Use", "decimal"), Column("Fullest"),
    )  # fmt: skip
    rows = tuple(
        (
            printable(row["group"], 60), printable(row["site"], 40), row["unit"], row["light"], count(row["red"]),
            count(row["orange"]), count(row["full"]), f"{row['use']:.1%}", row["fullest"] or "–",
        )
        for row in groups
    )  # fmt: skip
    return (Table(columns, rows, len(rows), PAPER, "load.parquet"),)


def promise_table(floors: Rows) -> tuple[Block, ...]:
    """Promises that are not kept, each in its unit, amounts as the answer tells them; nothing where all are kept."""
    if not floors:
        return ()
    columns = (Column("Clause", weight=1.0), Column("From"), Column("Until"), Column("Promised", "right"),
               Column("Missing", "right"), Column("Unit"))  # fmt: skip
    rows = tuple(
        (printable(row["clause"], 80), row["from_week"], row["until_week"], _as_told(row["promised"]),
         _as_told(row["missing"]), row["unit"])
        for row in floors
    )  # fmt: skip
    return (Table(columns, rows, len(rows), PAPER, "floors.parquet"),)


def _as_told(amount: float) -> str:
    return f"{amount:,}".removesuffix(".0")


def _left_out(answer: Mapping[str, Any]) -> tuple[Block, ...]:
    if not answer["left_out"]:
        return ()
    columns = (Column("Reason", weight=1.0), Column("Left out", "right"), Column("Such as", weight=2.0))
    rows = tuple(
        (printable(row["reason"], 120), count(row["left_out"]), printable(row["such_as"], 200))
        for row in answer["left_out"]
    )
    return (Table(columns, rows, len(rows), PAPER, "summary.json"),)


def _closing(figures: Mapping[str, Any]) -> tuple[Block, ...]:
    """Gap over time, of a method that tells it."""
    steps = [(seconds, gap) for seconds, _, _, gap in figures.get("closing", ())]
    if len(steps) < 2:
        return ()
    said = (
        "The gap between the best plan so far and the bound that no plan's cost lies below, in parts of the cost, "
        "over the time of the search."
    )
    return (Text(said, "note"), Picture(closing_chart(steps, figures["gap_asked"], said), said))


def _notes(answer: Mapping[str, Any]) -> tuple[Block, ...]:
    return (Points(tuple(printable(note, 600) for note in answer["notes"])),) if answer["notes"] else ()
