"""Expand: limits of cells, orders over the weeks, money against what stays short, who benefits, two cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.plurals import signed
from corecar.web.pages.answers_drawn import drawn_answer
from corecar.web.pages.case_drawn import timeline
from corecar.web.pages.currency import currency_of
from corecar.web.pages.jobs import leaving
from corecar.web.pages.money import money
from corecar.web.pages.parts import Field, button, empty, heading, notes, select, tiles
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]
BEST, CHOSEN = "best", "chosen"


async def expand(visitor: Visitor, request: Request) -> None:
    """The page: what can be asked of the last plan, the last case, and two cases side by side."""
    say = visitor.say
    _asking(visitor)
    rows = (await visitor.call("jobs_list", every=True, limit=500))["rows"]
    done = [row for row in rows if row["verb"].replace(" ", "_") == "expand_case" and row["state"] == "done"]
    shared = [row for row in rows if row["verb"].replace(" ", "_") == "expand_shared" and row["state"] == "done"]
    if not (done or shared):
        told = say(
            "A case says what to buy and when, what it earns, and what limits each cell. It needs a plan, cells and "
            "machines."
        )
        empty(say("No case was made yet."), how_to=told)
        return
    currency = await currency_of(visitor)
    if done:
        found = await visitor.call("jobs_show", job=done[0]["job"])
        drawn_answer(visitor, "expand_case", found["result"], currency)
    if shared:
        heading(say("With others' money, policies and memoranda"))
        found = await visitor.call("jobs_show", job=shared[0]["job"])
        drawn_answer(visitor, "expand_shared", found["result"], currency)
    if len(done) > 1:
        await _compared(visitor, request, done)


def _asking(visitor: Visitor) -> None:
    say = visitor.say
    place = ui.element("div")
    with ui.element("div").classes("row no-print"):
        which = Field(
            say("Orders"), value=BEST, choices={BEST: say("the best ones"), CHOSEN: say("those that were chosen")}
        )
        points = Field(say("Sums of money"), value="5", kind="number")
        button(
            say("Make the case"),
            leaving(visitor, place, lambda: ("expand_case", _asked(which.value, points.value))),
            kind="main-act",
        )
        button(say("Who benefits, and who pays"), leaving(visitor, place, lambda: ("expand_shared", {})))
        button(say("What limits each cell"), leaving(visitor, place, lambda: ("expand_cells", {})))
        button(say("Days of a lot at each load"), leaving(visitor, place, lambda: ("expand_flow", {})))


def _asked(which: str, points: str) -> dict[str, Any]:
    return {"chosen": which == CHOSEN, "points": int(points or 5)}


async def _compared(visitor: Visitor, request: Request, done: Sequence[Row]) -> None:
    """Two cases that were made, chosen by the address; without it the last two."""
    say = visitor.say
    names = {str(row["job"]): f"{row['job']} · {str(row['asked'])[:16].replace('T', ' ')}" for row in done}
    asked = [request.query_params.get(name, "") for name in ("first", "second")]
    first, second = (
        job if job in names else str(done[at]["job"]) for job, at in zip(asked, (1, 0), strict=True)
    )  # fmt: skip
    heading(say("Two cases side by side"))
    chosen = select("first", say("This case"), names, first) + select("second", say("against"), names, second)
    ui.html(
        f'<form method="get" class="row">{chosen}<button class="btn">{escape(say("Compare"))}</button></form>',
        sanitize=False,
    )
    cases = [(await visitor.call("jobs_show", job=int(job)))["result"] for job in (first, second)]
    tiles(_differences(say, cases[0], cases[1]))
    with ui.element("div").classes("side-by-side"):
        for job, case in zip((first, second), cases, strict=True):
            with ui.element("div"):
                heading(say("Case {number}", number=job))
                notes([visitor.say.told(str(case["said"]))])
                timeline(say, case)


def _differences(say: Words, first: Row, second: Row) -> list[tuple[str, str, str]]:
    one, other, currency = first["earned"], second["earned"], second["details"]["currency"]
    return [
        (money(say, other["paid"] - one["paid"], currency, signed=True), say("paid"), "#"),
        (signed(other["won"] - one["won"]).replace("-", "−"), say("vehicles won"), "#"),
        (money(say, other["net_present_value"] - one["net_present_value"], currency, signed=True),
         say("net present value"), "#"),
    ]  # fmt: skip
