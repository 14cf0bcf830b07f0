"""What is agreed week by week, drawn: with what was called off, delivered, late and short; and a place to tell it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from nicegui import ui

from corecar.agree.fulfilment import BY_ROLE
from corecar.errors import ArgumentError
from corecar.report.figures.agreed_weeks import Agreed, agreed_weeks_chart
from corecar.web.pages.agreement_acts import guarding, moment_of
from corecar.web.pages.agreement_view import View
from corecar.web.pages.file_drop import FileDrop
from corecar.web.pages.parts import Field, button, heading, notes, sentence, table
from corecar.web.pages.pictures import figure
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]
HELD = ("signed", "ended")
"""States of memoranda that hold or held, so that something is called off under them."""
DRAWN = 60
"""Weeks of a drawing at most; the table has all."""


async def weeks(visitor: Visitor, view: View) -> None:
    """Agreed volumes by week; where it holds, what came of them, and a place to tell what happened."""
    if not view.volumes:
        return
    heading(visitor.say("What is agreed, week by week"))
    place = ui.element("div")

    async def draw() -> None:
        place.clear()
        with place:
            await _rows(visitor, view)

    await draw()
    if view.state == "signed" and view.party:
        _telling(visitor, view, draw)


async def _rows(visitor: Visitor, view: View) -> None:
    """Each volume drawn, then a row for each week."""
    held = view.state in HELD and view.is_party
    kept = await visitor.call("agree_kept", number=view.number) if held else None
    sentence("", kept["said"] if kept is not None else "")
    rows = kept["rows"] if kept is not None else view.volumes
    for volume in dict.fromkeys(int(row["volume"]) for row in rows):
        own = [row for row in rows if row["volume"] == volume]
        agreed = next(row for row in view.volumes if row["volume"] == volume)
        _drawn(visitor, view, own, agreed)
    table(visitor, rows, f"{view.number}-weeks")


def _drawn(visitor: Visitor, view: View, rows: Sequence[Row], agreed: Row) -> None:
    say = visitor.say
    what = agreed["product"] or agreed["group"] or view.title(say)
    unit = say.word(str(agreed["unit"]))
    caption = say("{what}: {supplier} for {customer} [{unit}]", what=what, supplier=agreed["supplier"],
                  customer=agreed["customer"], unit=unit)  # fmt: skip
    if len(rows) > DRAWN:
        caption += say("; the first {shown} of {count} weeks", shown=DRAWN, count=len(rows))
    svg = agreed_weeks_chart([_week(row) for row in rows[:DRAWN]], unit, caption)
    figure(say, svg, caption, name=f"{view.number}-volume-{rows[0]['volume']}")


def _week(row: Row) -> Agreed:
    least = row.get("may_be_least", row.get("minimum")) or 0.0
    most = row.get("may_be_most", row.get("maximum"))
    return Agreed(
        str(row["week"]), row["agreed"], least, row["agreed"] if most is None else most, row.get("called_off"),
        row.get("delivered") or 0.0, row.get("late") or 0.0, row.get("short") or 0.0,
    )  # fmt: skip


def _telling(visitor: Visitor, view: View, again: Callable[[], Awaitable[None]]) -> None:
    """Tell a call-off, its answer, a delivery, defects: what is for the own party to tell.

    again  draws what came of it anew
    """
    say = visitor.say
    volumes = view.terms.get("volumes") or []
    kinds = [str(kind) for kind, role in BY_ROLE.items() if any(each[role] == view.party for each in volumes)]
    if not kinds or not visitor.may("agree_told"):
        return
    heading(say("Tell what happened"))
    labels = {"call-off": say("We call off"), "answer": say("We confirm"), "delivery": say("We delivered"),
              "defects": say("We found defective")}  # fmt: skip
    place = ui.element("div").props('aria-live="polite"')
    with ui.element("div").classes("row"):
        kind = Field(say("What"), value=kinds[0], choices={each: labels[each] for each in kinds})
        names = {str(at): f"{at}: {each['supplier']} → {each['customer']}" for at, each in enumerate(volumes, 1)}
        volume = Field(say("Volume"), value="1", choices=names) if len(volumes) > 1 else None
        every = dict.fromkeys(str(row["week"]) for row in view.volumes)
        week = Field(say("Week"), value=next(iter(every)), choices={each: each for each in every})
        quantity = Field(say("Quantity"), kind="number")
        day = Field(say("On"), value=f"{datetime.now(UTC).date()}", kind="date")

        async def tell() -> None:
            if not quantity.value:
                raise ArgumentError(say("Say how much."))
            told = await visitor.call(
                "agree_told", number=view.number, party=view.party, kind=kind.value, week=week.value,
                quantity=float(quantity.value), volume=int(volume.value) if volume else 1, day=moment_of(day.value),
            )  # fmt: skip
            notes([told["said"], *told["notes"]])
            await again()

        button(say("Tell it"), guarding(visitor, place, tell), kind="main-act")
    FileDrop(visitor, say("Or send a CSV file in: kind, week, quantity, day, volume"), verb="agree_told", field="file",
             fixed={"number": view.number, "party": view.party}, opens="/agreements/{}", key="number",
             several=False)  # fmt: skip
