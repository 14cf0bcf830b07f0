"""One test of a lot: its distribution before and after part average testing, by site, in order of testing."""

from __future__ import annotations

from starlette.requests import Request

from corecar.web.pages.drawn import draw
from corecar.web.pages.lot import lot_of
from corecar.web.pages.lot_tests import tests_of
from corecar.web.pages.missing import Missing, near
from corecar.web.pages.parts import back, facts, heading, sentence, table
from corecar.web.pages.visitor import Visitor

FIRST = ("part", "wafer", "x", "y", "value", "passed")
"""Columns of readings that people look for; the names of run and test come after."""
RECIPE = "aec-q001"
"""By which readings are screened to show what a screen leaves."""


async def measured_test(visitor: Visitor, request: Request) -> None:
    say, found = visitor.say, await lot_of(visitor, request)
    lot, number = f"number:{found['number']}", str(request.path_params["test"])
    to_lot = (say("Lot {lot}", lot=found["lot"]), f"/lots/{found['number']}")
    known = {str(row["number"]): str(row["name"] or "") for row in await tests_of(visitor, found)}
    if number not in {*known, *known.values()}:
        told = say("Lot {lot} has no test {test}.", lot=found["lot"], test=number)
        raise Missing(told, near(number, known, f"/lots/{found['number']}/tests/{{}}"), to_lot)
    back(*to_lot)
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
    there = readings.column_names
    readings = readings.select([*(name for name in FIRST if name in there), *(n for n in there if n not in FIRST)])
    table(visitor, readings, f"readings-{number}")
