"""Qualify: products and changes that are brought in, each with its tests, gaps and state; laboratories' weeks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.web.pages.laboratory import bookings, laboratory
from corecar.web.pages.parts import button, empty, sentence, table, tiles
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
        if (await visitor.call("qualify_bookings", every=True))["rows"]:
            await bookings(visitor)
        return
    _headline(visitor, rows)
    if visitor.may("qualify_open"):
        with ui.element("div").classes("bar"):
            button(say("Open a qualification"), lambda: ui.navigate.to(NEW), kind="main-act")
    told = [row | {"change": row["change"] or "new product"} for row in rows]
    table(visitor, [{name: row[name] for name in SHOWN} for row in told], "qualifications",
          title=say("Products and changes"), opens="/qualify/{}", key="number")  # fmt: skip
    laboratory(visitor, [row for row in rows if row["state"] in TO_DO and row["gaps"]])
    await bookings(visitor)


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
