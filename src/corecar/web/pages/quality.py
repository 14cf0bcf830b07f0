"""Quality: one test on a control chart over the lots, what fails most, findings and actions, gauge studies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.errors import CorecarError, NotFound
from corecar.web.pages.action_acts import action_acts, opening
from corecar.web.pages.drawn import drawn_by
from corecar.web.pages.gauges import gauges
from corecar.web.pages.missing import Missing, number_of
from corecar.web.pages.parts import back, empty, heading, notes, select, sentence, show_answer, table
from corecar.web.pages.pictures import figure
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]
CHARTED = 50
"""Lots on a control chart at most, the latest."""
KINDS = ("i-mr", "xbar-r", "xbar-s", "ewma", "cusum", "p")
POINTS = ("lot", "wafer")


async def quality(visitor: Visitor, request: Request) -> None:
    """The page. Test, product, chart and what a point is stand in the address."""
    say, asked = visitor.say, request.query_params
    lots = (await visitor.call("lots", limit=1_000))["rows"]
    if not lots:
        empty(say("No lot yet."), (say("Lots"), "/lots"))
        await gauges(visitor)
        return
    actions = (await visitor.call("action_list"))["rows"]
    sentence(say("Actions kept: {count}.", count=len(actions)) if actions else say("No action is open."))
    table(visitor, actions, "actions", title=say("Findings and actions"), opens="/quality/actions/{}", key="action")
    opening(visitor, sorted({str(row["product"]) for row in lots}))
    await gauges(visitor)
    heading(say("What fails most"))
    table(visitor, (await visitor.call("pareto"))["rows"], "pareto")
    heading(say("One test over the lots"))
    products = {str(row["product"]): str(row["product"]) for row in lots}
    test, product = asked.get("test", ""), asked.get("product", "")
    product = product if product in products else next(iter(products))
    kind = asked.get("kind", "") if asked.get("kind") in KINDS else KINDS[0]
    by = asked.get("by", "") if asked.get("by") in POINTS else POINTS[0]
    fields = (
        f'<div class="field"><label for="test">{escape(say("Test, number or name"))}</label>'
        f'<input id="test" name="test" value="{escape(test, quote=True)}"></div>'
        + select("product", say("Product"), products, product)
        + select("kind", say("Control chart"), {each: each for each in KINDS}, kind)
        + select("by", say("A point is"), {each: say.word(each) for each in POINTS}, by)
    )
    ui.html(
        f'<form method="get" class="row">{fields}'
        f'<button class="btn main-act">{escape(say("Follow it"))}</button></form>',
        sanitize=False,
    )
    if test:
        chosen = [row for row in lots if row["product"] == product][:CHARTED]
        await _charted(visitor, chosen, test, kind, by)
        await _trend(visitor, test, product, by)
    await _measured(visitor)


async def _charted(visitor: Visitor, lots: Sequence[Row], test: str, kind: str, by: str) -> None:
    """One test of some lots on a control chart; where it cannot be drawn, why."""
    names = [f"number:{row['number']}" for row in lots]
    try:
        found, svg = await drawn_by(visitor, "assess_chart", "figure", lots=names, test=test, kind=kind, by=by)
    except CorecarError as error:
        notes([str(error)])
        return
    figure(visitor.say, svg, found["said"])
    table(visitor, found["rows"], f"chart-{_filed(test)}", title=visitor.say("Points of the chart"))
    notes(found["notes"])


async def _trend(visitor: Visitor, test: str, product: str, by: str) -> None:
    try:
        found = await visitor.call("trend", test=test, product=product, by=by)
    except CorecarError as error:
        notes([str(error)])
        return
    table(visitor, found["rows"], f"trend-{_filed(test)}", title=visitor.say("Its figures in the order of testing"))


def _filed(test: str) -> str:
    """A test's name as a part of a file's name."""
    return re.sub(r"[^\w-]+", "-", test)


async def _measured(visitor: Visitor) -> None:
    """What testers measured of the chain; nothing where there is no chain."""
    say = visitor.say
    try:
        measured = await visitor.call("measured")
    except CorecarError:
        return
    table(visitor, measured["rows"], "measured", title=say("Measured, beside what the chain assumes"))
    table(visitor, measured["insertions"], "insertions", title=say("How fast testers are"))


async def action(visitor: Visitor, request: Request) -> None:
    """One action: its finding, its history, before and after."""
    say, text = visitor.say, str(request.path_params["action"])
    told, to_all = say("There is no action {number} that you may see.", number=text), (say("Quality"), "/quality")
    try:
        found = await visitor.call("action_show", action=number_of(text, told, to_all))
    except NotFound:
        raise Missing(told, {}, to_all) from None
    back(visitor.say("Quality"), "/quality")
    show_answer(visitor, found, f"action-{request.path_params['action']}")
    action_acts(visitor, found["facts"])
