"""Qualify: products and changes that are brought in, each with its tests, gaps and state; a laboratory's weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.chain.weeks import week_name
from corecar.web.pages.file_drop import Asked, FileDrop
from corecar.web.pages.parts import button, empty, heading, notes, sentence, table, tiles
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]
NEW = "/qualify/new"
SHOWN = ("number", "product", "change", "state", "tests_done", "tests", "failed", "gaps", "customer", "route",
         "valid_until", "grade", "package", "wire")  # fmt: skip
"""Columns of the list, in their order."""
TO_DO = ("open", "refused")
"""States in which tests are still to be done."""


async def qualify(visitor: Visitor, request: Request) -> None:
    """The page."""
    say = visitor.say
    rows = (await visitor.call("qualify_list"))["rows"]
    if not rows:
        how = say("A product or a change is shown to be fit for a car: a plan of tests by AEC-Q100, evidence for each "
                  "of them, approval by two people, and a submission (PPAP).")  # fmt: skip
        start = (say("Open a qualification"), NEW) if visitor.may("qualify_open") else None
        empty(say("No qualification yet."), start, how)
        return
    _headline(visitor, rows)
    if visitor.may("qualify_open"):
        with ui.element("div").classes("bar"):
            button(say("Open a qualification"), lambda: ui.navigate.to(NEW), kind="main-act")
    told = [row | {"change": row["change"] or "new product"} for row in rows]
    table(visitor, [{name: row[name] for name in SHOWN} for row in told], "qualifications",
          title=say("Products and changes"), opens="/qualify/{}", key="number")  # fmt: skip
    _laboratory(visitor, [row for row in rows if row["state"] in TO_DO and row["gaps"]])


def _headline(visitor: Visitor, rows: Sequence[Row]) -> None:
    say = visitor.say
    of = {state: sum(row["state"] == state for row in rows) for state in ("open", "proposed", "approved", "lapsed")}
    failed = sum(row["failed"] for row in rows if row["state"] in TO_DO)
    if of["proposed"]:
        sentence(say("Qualifications that wait for a second person: {count}.", count=of["proposed"]))
    else:
        gaps = sum(row["gaps"] for row in rows if row["state"] in TO_DO)
        sentence(say("Gaps to be closed before a submission: {count}.", count=gaps))
    tiles([
        (f"{of['open']:,}", say("gather evidence"), "#"), (f"{of['proposed']:,}", say("wait for approval"), "#"),
        (f"{of['approved']:,}", say("approved"), "#"), (f"{of['lapsed']:,}", say("lapsed"), "#"),
        (f"{failed:,}", say("tests failed"), "#"),
    ])  # fmt: skip


def _laboratory(visitor: Visitor, rows: Sequence[Row]) -> None:
    """Where the table of a laboratory is sent in, which all that are open share."""
    say = visitor.say
    if not rows:
        return
    heading(say("When the laboratory does it"))
    named = say(", ").join(dict.fromkeys(str(row["product"]) for row in rows))
    notes([say("Send in a table of what a laboratory has: laboratory, equipment, number, weeks. The tests of "
               "{products} share it.", products=named)])  # fmt: skip
    start = week_name((datetime.now(UTC) + timedelta(days=14)).date())
    fields = (
        Asked("start", say("Week of the first lot"), start, needed=True),
        Asked("part_price", say("Price of one part"), kind="number"),
    )
    FileDrop(visitor, say("Send a laboratory's table in, or drop it here"), verb="qualify_schedule", field="laboratory",
             fields=fields, fixed={"numbers": [row["number"] for row in rows]}, several=False)  # fmt: skip
