"""Laboratories on the page Qualify: their tables and offers, when they do the tests, what is booked, cancelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nicegui import ui

from corecar.chain.weeks import week_name
from corecar.web.pages.file_drop import Asked, FileDrop
from corecar.web.pages.forms import Ask, form
from corecar.web.pages.parts import heading, notes, table
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]
BOOKED = ("booking", "state", "product", "test", "lot", "offer", "equipment", "first_week", "last_week", "quantity",
          "unit", "laboratory", "booked_by", "by", "at", "why", "schedule")  # fmt: skip
"""Columns of the table of bookings, in their order."""


def laboratory(visitor: Visitor, rows: Sequence[Row]) -> None:
    """Where tests are scheduled: at a laboratory whose table is sent in, at offers of the chain, or both.

    rows  the open qualifications that have gaps
    """
    say = visitor.say
    if not rows:
        return
    heading(say("When the laboratory does it"))
    named = say(", ").join(dict.fromkeys(str(row["product"]) for row in rows))
    notes([say("Send in a table of what a laboratory has: laboratory, equipment, number, weeks. The tests of "
               "{products} share it.", products=named)])  # fmt: skip
    start, numbers = week_name((datetime.now(UTC) + timedelta(days=14)).date()), [row["number"] for row in rows]
    first, price = say("Week of the first lot"), say("Price of one part")
    offers = say("Offers of the chain, commas between; all: each that names its equipment")
    fields = (
        Asked("start", first, start, needed=True), Asked("part_price", price, kind="number"),
        Asked("offer", offers, kind="list"),
    )  # fmt: skip
    FileDrop(visitor, say("Send a laboratory's table in, or drop it here"), verb="qualify_schedule", field="laboratory",
             fields=fields, fixed={"numbers": numbers}, several=False)  # fmt: skip
    asked = (
        Ask("offer", offers, "all", "words", needed=True), Ask("start", first, start, needed=True),
        Ask("part_price", price, kind="decimal"),
    )  # fmt: skip
    form(
        visitor,
        say("Schedule at offers alone"),
        "qualify_schedule",
        asked,
        fixed={"numbers": numbers},
        told=say("Nothing is booked yet: the schedule says what it takes of each offer, and can be booked."),
    )


async def booked_table(visitor: Visitor, name: str, number: int | None = None) -> Sequence[Row]:
    """The table of bookings, of one qualification where it is named; nothing where there are none. Returns the rows."""
    of = {} if number is None else {"number": number}
    rows: Sequence[Row] = (await visitor.call("qualify_bookings", every=True, **of))["rows"]
    ui.html('<span id="bookings"></span>', sanitize=False)
    table(visitor, [{column: row[column] for column in BOOKED} for row in rows], name,
          title=visitor.say("Booked at laboratories' offers"))  # fmt: skip
    return rows


async def bookings(visitor: Visitor) -> None:
    """What is booked at offers, and the forms to book a schedule and to cancel; nothing where nothing ever was."""
    say = visitor.say
    rows = await booked_table(visitor, "bookings")
    with ui.element("div"):
        form(visitor, say("Book a schedule"), "qualify_book", [
            Ask("schedule", say("Number of the schedule"), kind="number", needed=True),
            Ask("offer", say("Only these offers, commas between"), kind="words"),
        ], told=_what_booking_does(visitor))  # fmt: skip
        if any(row["state"] == "booked" for row in rows):
            form(
                visitor,
                say("Cancel bookings"),
                "qualify_cancel",
                [
                    Ask("bookings", say("Numbers of bookings, commas between"), kind="numbers", needed=True),
                    Ask("reason", say("Why"), kind="long", needed=True),
                ],
                danger=True,
                told=say("What they took is free for everybody again. Whoever offers sees the reason."),
            )


def _what_booking_does(visitor: Visitor) -> str:
    """What booking does, and who sees it."""
    return visitor.say("What is booked is gone for everybody else. Whoever offers sees who booked, for which product "
                       "and tests; earlier bookings of the same tests move.")  # fmt: skip


def book_form(visitor: Visitor, schedule: Any, rows: Sequence[Row]) -> None:
    """The form below a schedule that takes something of offers."""
    if schedule is None or not rows:
        return
    form(visitor, visitor.say("Book it at the offers"), "qualify_book", [], fixed={"schedule": int(schedule)},
         stays=True, told=_what_booking_does(visitor))  # fmt: skip
