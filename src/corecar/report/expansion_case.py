"""The case for new machines on two pages: what to buy and when, what it earns, and what limits each cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

from corecar.report.blocks import Block, Column, Document, Picture, Points, Section, Table, Text, Tiles, Tone
from corecar.report.figures.money_frontier import money_frontier
from corecar.report.figures.order_line import order_line
from corecar.report.printable import printable
from corecar.report.quantities import DASH, count

Row = Mapping[str, Any]
ORDERS, CELLS, SUMS = 12, 10, 8
"""Rows of tables and bars of the picture, so that all of it stands on two pages."""
FEW = 6
"""Rows of the tables of the first page where others have a part in the case."""
NOTES = 6
_ORDERS = ("option", "cell", "way", "count", "ordered_in", "makes_from", "paid")
_PARTS = ("utilisation", "fill", "on_time")
_EFFECT = ("plan", "wanted", "supplied", "fill", "on_time", "short", "value", "impact", "worst_stop")
_SUMS = ("spent", "short", "net_present_value", "payback", "expected_cost", "worst_cost", "cvar", "worst_regret")
_SHARED = ("case", "orders", "own_money", "others_money", "public_cost", "vehicles_won", "net_present_value", "payback")
_PARTIES = ("party", "vehicles_won", "margin_won", "paid_more", "exposure_removed", "pays")
_CELLS = ("cell", "limited_by", "busiest_week", "busiest_utilisation", "utilisation", "one_more_hours", "hours_from")


def case_document(answer: Row, *, made: datetime | None = None) -> Document:
    """The document of a case, as the verb `expand_case` answers it; two pages.

    made  when it was made, with time zone; now by default
    """
    moment, details = made or datetime.now().astimezone(), answer["details"]
    return Document(
        title="Expansion case",
        subject=f"{details['first_week']} to {details['last_week']}",
        state=_state(answer),
        answer=printable(answer["said"], 600),
        explanation=f"Money in {details['currency'] or 'one currency'}; the plan is made again with the orders, by "
        f"the rule {details['rule']}.",
        front=(_tiles(answer), *_timeline(answer)),
        sections=(
            Section("What to buy, and when", (_table(answer["rows"], _ORDERS, _most(answer)),) if answer["rows"] else
                    (Text("Nothing."),)),
            Section("What the plan wins by it", (_table(answer["effect"], _EFFECT, ORDERS),)),
            *_others(answer),
            Section("How much money", (*_frontier(answer), _table(answer["sums"], _SUMS, SUMS)), new_page=True),
            Section("What limits each cell today", (_table(answer["cells"], _CELLS, CELLS),)),
            Section("Assumed", (Points(_assumed(answer)),)),
        ),
        made=f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip(),
        author="",
        maker=f"Corecar {version('corecar')}",
    )  # fmt: skip


def _most(answer: Row) -> int:
    """Orders of the first page."""
    return FEW if answer.get("shared") else ORDERS


def _others(answer: Row) -> tuple[Section, ...]:
    """What others change and who benefits, where they do: cases side by side, parties of the last of them."""
    rows = answer.get("shared")
    if not rows:
        return ()
    last = rows[-1]["case"]
    parties = [row for row in answer["parties"] if row["case"] == last]
    return (
        Section("With and without others' money and policies", (_table(rows, _SHARED, FEW),)),
        Section(f"Who benefits, {last} against own money", (_table(parties, _PARTIES, FEW),)),
    )


def _state(answer: Row) -> tuple[Tone, str]:
    if not answer["rows"]:
        return "attention", "Nothing to buy"
    return (
        ("good", "Earns its price")
        if answer["earned"]["net_present_value"] >= 0
        else ("bad", "Costs more than it earns")
    )


def _tiles(answer: Row) -> Tiles:
    details, earned = answer["details"], answer["earned"]
    currency = details["currency"]
    return Tiles((
        (_short(earned["paid"]), f"{currency} paid".strip(), ""),
        (count(earned["won"]), f"{details['piece']}s won", ""),
        (_short(earned["net_present_value"]), f"{currency} net present value".strip(), ""),
        (earned["payback"] or DASH, "paid back", ""),
    ))  # fmt: skip


def _short(value: float) -> str:
    for power, word in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= power:
            return f"{value / power:,.3g} {word}"
    return f"{value:,.0f}"


def _timeline(answer: Row) -> tuple[Block, ...]:
    if not answer["rows"]:
        return ()
    details, said = answer["details"], "Orders over the weeks of the plan"
    drawn = order_line(answer["rows"][: _most(answer)], details["first_week"], details["weeks"], said)
    return (Picture(drawn, said, said),)


def _frontier(answer: Row) -> tuple[Block, ...]:
    details, said = answer["details"], "What stays short for each sum of money"
    if len(answer["sums"]) < 2:
        return ()
    return (Picture(money_frontier(answer["sums"], details["piece"], details["currency"], said), said, said),)


def _assumed(answer: Row) -> tuple[str, ...]:
    return tuple(printable(note, 300) for note in answer["notes"][:NOTES])


def _table(rows: Sequence[Row], names: Sequence[str], most: int) -> Table:
    kept = [name for name in names if any(row.get(name) is not None for row in rows)]
    columns = tuple(
        Column(name.replace("_", " ").capitalize(), "left" if _worded(rows, name) else "right",
               weight=1.0 if name == "limited_by" else 0.0)
        for name in kept
    )  # fmt: skip
    cells = tuple(tuple(_cell(name, row.get(name)) for name in kept) for row in rows[:most])
    return Table(columns, cells, len(rows), most, "committee.xlsx")


def _worded(rows: Sequence[Row], name: str) -> bool:
    return any(isinstance(row.get(name), str) for row in rows)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return DASH
    if isinstance(value, float):
        return f"{value:.1%}" if name.endswith(_PARTS) else f"{value:,.0f}"
    return count(value) if isinstance(value, int) else printable(str(value), 60)
