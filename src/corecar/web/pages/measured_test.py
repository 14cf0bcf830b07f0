"""One test of a lot: its distribution before and after part average testing, by site, in order of testing."""

from __future__ import annotations

from starlette.requests import Request

from corecar.web.pages.drawn import draw
from corecar.web.pages.parts import facts, heading, sentence, table
from corecar.web.pages.visitor import Visitor

RECIPE = "aec-q001"
"""By which readings are screened to show what a screen leaves."""


async def measured_test(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    lot, number = f"number:{request.path_params['number']}", request.path_params["test"]
    rows = (await visitor.call("assess_capability", lots=[lot], test=[number]))["rows"]
    row = rows[0] if rows else {}
    name = row.get("name") or ""
    cpk = row.get("cpk")
    told = say("Test {number} {name}", number=number, name=name)
    sentence(told + (say(": Cpk {cpk}.", cpk=f"{cpk:.2f}") if isinstance(cpk, float) else say(".")))
    facts(say, row)
    heading(say("Before and after part average testing, by the recipe {recipe}", recipe=RECIPE))
    await draw(visitor, "pat", lot, test=[number], recipe=RECIPE)
    heading(say("By site"))
    await draw(visitor, "histogram", lot, test=[number])
    heading(say("In the order of testing"))
    await draw(visitor, "trend", lot, test=[number])
    heading(say("Over the wafer"))
    await draw(visitor, "parametric", lot, test=[number])
    readings = await visitor.columns("readings", lot=lot, test=number)
    heading(say("Readings"))
    table(visitor, readings, f"readings-{number}")
