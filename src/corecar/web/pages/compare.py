"""Two lots beside each other, test by test."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from nicegui import ui
from starlette.requests import Request

from corecar.errors import CorecarError
from corecar.web.pages.columns import in_order
from corecar.web.pages.lot_studies import of_testers
from corecar.web.pages.missing import Missing
from corecar.web.pages.parts import button, empty, heading, notes, select, sentence, show_answer, table
from corecar.web.pages.visitor import Visitor

SHOWN = 500
FIRST = (
    "number", "name", "pin", "shift", "mean_a", "mean_b", "sd_a", "sd_b", "cpk_a", "cpk_b", "cpk_change",
    "fail_rate_a", "fail_rate_b", "fail_rate_change", "sd_ratio",
)  # fmt: skip
"""Columns by which two lots are judged; what stands behind them comes after."""


async def compare(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    lots = (await visitor.call("lots", limit=10_000))["rows"]
    if len(lots) < 2:
        empty(say("Two lots are needed to compare."), (say("Lots"), "/lots"))
        return
    names = {f"number:{row['number']}": f"{row['lot']} ({row['product']})" for row in lots}
    first, second = list(names)[:2]
    a, b = request.query_params.get("a") or first, request.query_params.get("b") or second

    for name in (a, b):
        if name not in names:
            told = say("There is no lot {lot} that you may see.", lot=name.removeprefix("number:"))
            raise Missing(told, {}, (say("All lots"), "/lots"))
    chosen = select("a", say("This lot"), names, a) + select("b", say("against"), names, b)
    ui.html(
        f'<form method="get" class="row">{chosen}<button class="btn main-act">{escape(say("Compare"))}</button></form>',
        sanitize=False,
    )
    found = await visitor.call("compare", a=a, b=b, limit=SHOWN)
    rows = found["rows"]
    if rows:
        worst = rows[0]
        told = say("Test {number} {name} differs most.", number=worst["number"], name=worst["name"] or "")
        sentence(told, say("Columns a are those of {a}, b those of {b}.", a=names.get(a, a), b=names.get(b, b)))
    table(visitor, in_order(rows, FIRST), "compare")
    notes(found.get("notes") or [])
    await _changed(visitor, a, b, asked=bool(request.query_params.get("changed")))


async def _changed(visitor: Visitor, a: str, b: str, *, asked: bool) -> None:
    """What changed from the second lot to the first in few lines, where the address asks for it; else what asks."""
    say = visitor.say
    heading(say("What changed"))
    if not asked:
        to = "/compare?" + urlencode({"a": a, "b": b, "changed": 1})
        button(say("Say in ten lines what changed"), lambda: ui.navigate.to(to))
        return
    try:
        answer = await visitor.call("what_changed", now=[a], before=[b])
    except CorecarError as error:
        notes([say.told(str(error))])
        return
    show_answer(visitor, of_testers(answer), "what-changed")
