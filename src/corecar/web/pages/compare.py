"""Two lots beside each other, test by test."""

from __future__ import annotations

from html import escape

from nicegui import ui
from starlette.requests import Request

from corecar.web.pages.parts import empty, notes, select, sentence, table
from corecar.web.pages.visitor import Visitor

SHOWN = 500


async def compare(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    lots = (await visitor.call("lots", limit=10_000))["rows"]
    if len(lots) < 2:
        empty(say("Two lots are needed to compare."), (say("Lots"), "/lots"))
        return
    names = {f"number:{row['number']}": f"{row['lot']} ({row['product']})" for row in lots}
    first, second = list(names)[:2]
    a, b = request.query_params.get("a") or first, request.query_params.get("b") or second

    chosen = select("a", say("This lot"), names, a) + select("b", say("against"), names, b)
    ui.html(
        f'<form method="get" class="row">{chosen}<button class="btn main-act">{escape(say("Compare"))}</button></form>',
        sanitize=False,
    )
    found = await visitor.call("compare", a=a, b=b, limit=SHOWN)
    rows = found["rows"]
    if rows:
        worst = rows[0]
        sentence(say("Test {number} {name} differs most.", number=worst["number"], name=worst["name"] or ""))
    table(visitor, rows, "compare")
    notes(found.get("notes") or [])
