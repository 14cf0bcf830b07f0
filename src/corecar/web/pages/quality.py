"""Quality: charts over lots, what fails most, findings and actions."""

from __future__ import annotations

from html import escape

from nicegui import ui
from starlette.requests import Request

from corecar.errors import CorecarError
from corecar.web.pages.parts import empty, heading, notes, sentence, table
from corecar.web.pages.visitor import Visitor


async def quality(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    lots = (await visitor.call("lots", limit=100))["rows"]
    if not lots:
        empty(say("No lot yet."), (say("Lots"), "/lots"))
        return
    actions = (await visitor.call("action_list"))["rows"]
    sentence(say("Actions kept: {count}.", count=len(actions)) if actions else say("No action is open."))
    heading(say("What fails most"))
    table(visitor, (await visitor.call("pareto"))["rows"], "pareto")
    test = request.query_params.get("test", "")
    heading(say("One test over the lots"))
    ui.html(
        f'<form method="get" class="row"><div class="field">'
        f'<label for="test">{escape(say("Test, number or name"))}</label>'
        f'<input id="test" name="test" value="{escape(test, quote=True)}"></div>'
        f'<button class="btn main-act">{escape(say("Follow it"))}</button></form>',
        sanitize=False,
    )
    if test:
        try:
            table(visitor, (await visitor.call("trend", test=test))["rows"], f"trend-{test}")
        except CorecarError as error:
            notes([str(error)])
    table(visitor, actions, "actions", title=say("Findings and actions"))
    try:
        measured = await visitor.call("measured")
    except CorecarError:
        return
    table(visitor, measured["rows"], "measured", title=say("Measured, beside what the chain assumes"))
    table(visitor, measured["insertions"], "insertions", title=say("How fast testers are"))
