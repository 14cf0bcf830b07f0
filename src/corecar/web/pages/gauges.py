"""Gauge studies: the list of them, a table of readings sent in, and one study with its drawing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.errors import NotFound
from corecar.web.pages.drawn import drawn_by
from corecar.web.pages.file_drop import Asked, FileDrop
from corecar.web.pages.missing import Missing, near, number_of
from corecar.web.pages.parts import ask_reason, back, button, facts, heading, notes, sentence, table
from corecar.web.pages.pictures import figure
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]


async def gauges(visitor: Visitor) -> None:
    """The studies of the party, and where a table of readings is sent in."""
    say = visitor.say
    rows = (await visitor.call("gauge_list"))["rows"]
    heading(say("Gauge studies"))
    table(visitor, rows, "gauge-studies", opens="/quality/gauges/{}", key="study")
    if visitor.may("gauge_keep"):
        if not rows:
            notes([say("How much of what is seen is the measurement? Send in a table with a row for each reading.")])
        fields = (
            Asked("gauge", say("Gauge: tester, board, instrument"), needed=True),
            Asked("test", say("Columns of readings, commas between"), "value", "list"),
            Asked("part", say("Column of parts"), "part"),
            Asked("operator", say("Column of operators or sites"), "operator"),
            Asked("low", say("Low limit"), kind="number"),
            Asked("high", say("High limit"), kind="number"),
            Asked("unit", say("Unit")),
            Asked("method", say("Method"), "anova", "choice", {name: say.word(name) for name in ("anova", "range")}),
        )
        FileDrop(visitor, say("Send a table of readings in, or drop it here"), verb="gauge_keep", field="sources",
                 fields=fields, opens="/quality/gauges/{}", key="study", several=False)  # fmt: skip


async def gauge_study(visitor: Visitor, request: Request) -> None:
    """One study: verdicts by test, and the test that the address names, or the worst, in full and drawn."""
    say, text, to_all = visitor.say, str(request.path_params["study"]), (visitor.say("Quality"), "/quality")
    nothing = say("There is no gauge study {number} that you may see.", number=text)
    number = number_of(text, nothing, to_all)
    try:
        told = await visitor.call("gauge_show", study=number)
    except NotFound:
        raise Missing(nothing, {}, to_all) from None
    tests = [str(row["test"]) for row in told["rows"]]
    test = request.query_params.get("test", tests[0])
    if test not in tests:
        known = near(test, tests, f"/quality/gauges/{number}?test={{}}")
        raise Missing(say("Study {number} has no test {test}.", number=number, test=test), known, to_all)
    found, svg = await drawn_by(visitor, "gauge_show", "figure", study=number, test=test, readings=True)
    title = say("Gauge study {number}: {gauge}", number=number, gauge=told["facts"]["gauge"])
    ui.page_title(f"{title} · Corecar")
    ui.run_javascript(f"document.querySelector('.top h1').textContent = {json.dumps(title)}")
    back(say("Quality"), "/quality")
    sentence(told["said"])
    figure(say, svg, name=f"gauge-{number}-{test}")
    table(visitor, told["rows"], f"gauge-{number}", title=say("Its tests, the worst first"),
          opens=f"/quality/gauges/{number}?test={{}}", key="test")  # fmt: skip
    _in_full(visitor, found, number, test)
    heading(say("How it was studied"))
    facts(say, told["facts"])
    notes(found["notes"])
    if told["facts"]["state"] == "kept" and visitor.may("gauge_retire"):
        _retiring(visitor, number)


def _in_full(visitor: Visitor, found: Mapping[str, Sequence[Row]], number: int, test: str) -> None:
    """Components, analysis of variance and readings of one test."""
    say = visitor.say
    name = f"gauge-{number}-{test}"
    table(visitor, found["components"], f"{name}-components", title=say("Where {test} varies", test=test))
    table(visitor, found["analysis"], f"{name}-analysis", title=say("Analysis of variance"))
    table(visitor, found["readings"], f"{name}-readings", title=say("Readings of {test}", test=test))


def _retiring(visitor: Visitor, number: int) -> None:
    say = visitor.say

    async def do(reason: str) -> None:
        await visitor.call("gauge_retire", study=number, reason=reason)

    act, told = say("Retire this study"), say("It leaves the list of studies; its readings and figures stay.")
    with ui.element("div").classes("bar no-print"):
        button(act, lambda: ask_reason(visitor, act, told, act, do), kind="danger")
