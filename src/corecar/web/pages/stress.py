"""Stress: what happens when a site, route, region or party stops, and what one site alone can do."""

from __future__ import annotations

from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.web.pages.answers_drawn import drawn_answer
from corecar.web.pages.currency import currency_of
from corecar.web.pages.jobs import leaving
from corecar.web.pages.parts import Field, button, empty
from corecar.web.pages.visitor import Visitor


def _asked(by: str, years: str, risk: str) -> dict[str, Any]:
    return {"by": by, "years": int(years or 0), "measured": risk == "measured"}


async def stress(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    place = ui.element("div")
    kinds = {kind: say.word(kind) for kind in ("site", "route", "region", "party")}
    with ui.element("div").classes("row"):
        by = Field(say("What stops"), value="site", choices=kinds)
        risk = Field(
            say("Risk of routes"), value="assumed",
            choices={"assumed": say("as assumed"), "measured": say("as measured on lots")},
        )  # fmt: skip
        years = Field(say("Years drawn by chance, for the tail"), value="0", kind="number")
        button(
            say("Stop each in turn"),
            leaving(visitor, place, lambda: ("stress", _asked(by.value, years.value, risk.value))),
            kind="main-act",
        )
        button(say("What one site alone can do"), leaving(visitor, place, lambda: ("concentration", {})))
        button(say("Indicators over time"), leaving(visitor, place, lambda: ("indicators", {})))
    rows = (await visitor.call("jobs_list", every=True, limit=500))["rows"]
    last = next((row for row in rows if row["verb"] == "stress" and row["state"] == "done"), None)
    if last is None:
        empty(say("Nothing was stressed yet."), how_to=say("Each stop is planned against the chain without it."))
    else:
        found = await visitor.call("jobs_show", job=last["job"])
        drawn_answer(visitor, "stress", found["result"], await currency_of(visitor))
