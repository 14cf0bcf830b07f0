"""One lot: maps of its wafers, yields, tests with Cpk, verdicts, what was decided, and what it takes along."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.errors import CorecarError, NotFound
from corecar.store.lot_states import STEPS
from corecar.web.pages.columns import in_order
from corecar.web.pages.frame import guarded
from corecar.web.pages.lot_maps import lot_maps
from corecar.web.pages.lot_studies import lot_studies
from corecar.web.pages.missing import Missing, number_of
from corecar.web.pages.override_acts import override_acts
from corecar.web.pages.parts import ask_reason, button, heading, notes, sentence, table, tiles
from corecar.web.pages.sharing import sharing
from corecar.web.pages.visitor import Visitor

ACTS = ("hold", "release", "quarantine", "ship", "scrap")
"""What people decide of a lot."""
TESTS_FIRST = ("number", "name", "pin", "cpk", "mean", "low_limit", "high_limit", "sd", "n")
YIELDS_FIRST = ("stage", "temperature", "test_code", "first_yield", "final_yield", "runs")
"""Columns by which tests and insertions are judged; the rest comes after."""


async def lot(visitor: Visitor, request: Request) -> None:
    say, found = visitor.say, await lot_of(visitor, request)
    number = f"number:{found['number']}"
    insertions = found["insertions"]
    final = insertions[-1] if insertions else {}
    title = say("Lot {lot}", lot=found["lot"])
    ui.page_title(f"{title} · Corecar")
    ui.run_javascript(f"document.querySelector('.top h1').textContent = {json.dumps(title)}")
    told = say(
        "{lot} of {product} is {state}", lot=found["lot"], product=found["product"], state=say.word(found["state"])
    )
    reason = str(found["history"][-1].get("reason") or "") if found["history"] else ""
    sentence(told + say("."), say.told(reason))
    _acts(visitor, found)
    shippable = found["gradings"][0] if found["gradings"] else None
    tiles(
        [
            (_percent(final.get("first_yield")), say("first yield"), "#yields"),
            (_percent(final.get("final_yield")), say("final yield, retests resolved"), "#yields"),
            (
                "–" if shippable is None else f"{shippable['shippable']:,}",
                say("may ship after all screens") if shippable else say("not graded yet"),
                "#verdicts",
            ),
            (f"{final.get('final_tested') or 0:,}", say("units tested"), "#yields"),
        ]
    )
    wafers = wafers_of(found)
    tests, why = await _tests(visitor, number)
    if wafers:
        await lot_maps(visitor, found, wafers, tests, request.query_params.get("test", ""))
    heading(say("Yields"))
    table(visitor, in_order(insertions, YIELDS_FIRST), f"{found['lot']}-yields")
    notes([why] if why else [])
    table(visitor, in_order(tests, TESTS_FIRST), f"{found['lot']}-tests", title=say("Tests, the lowest Cpk first"),
          opens=f"/lots/{found['number']}/tests/{{}}", key="number")  # fmt: skip
    for name, rows in found["by_bin"].items():
        table(visitor, rows, f"{found['lot']}-{name}-bins", title=say("Bins, {insertion}", insertion=name))
    await lot_studies(visitor, found, request.query_params.get("study", ""))
    if found["gradings"]:
        table(visitor, found["gradings"], f"{found['lot']}-verdicts", title=say("Verdicts of screens"))
    overrides = (await visitor.call("override_list", lot=number))["rows"]
    table(visitor, overrides, f"{found['lot']}-overrides", title=say("Overrides by two persons"))
    if found["details"]["owner"] == visitor.party:
        override_acts(visitor, found, overrides)
    table(visitor, found["history"], f"{found['lot']}-history", title=say("What was decided"))
    table(visitor, found["runs"], f"{found['lot']}-runs", title=say("Runs"))
    notes(found["notes"])
    if found["details"]["owner"] == visitor.party:
        await sharing(visitor, ("share", "unshare"), {"lot": number}, found["details"]["shared_with"])


def wafers_of(found: Mapping[str, Any]) -> list[str]:
    """The wafers of a lot, in order."""
    return sorted({row["wafer"] for rows in found["by_wafer"].values() for row in rows if row.get("wafer")})


async def lot_of(visitor: Visitor, request: Request) -> dict[str, Any]:
    """The lot that an address names by its number. Raises Missing, and what the verb raises."""
    say, text, back = visitor.say, str(request.path_params["number"]), (visitor.say("All lots"), "/lots")
    told = say("There is no lot of the number {number} that you may see.", number=text)
    number = number_of(text, told, back)
    try:
        found: dict[str, Any] = await visitor.call("lot", lot=f"number:{number}")
    except NotFound:
        raise Missing(told, {}, back) from None
    return found


def _percent(part: float | None) -> str:
    return "–" if part is None else f"{part:.1%}"


def _acts(visitor: Visitor, found: Mapping[str, Any]) -> None:
    say, number = visitor.say, f"number:{found['number']}"

    def act(verb: str) -> Callable[[], None]:
        async def do(reason: str) -> None:
            await visitor.call(verb, lot=number, reason=reason)

        title = say("{verb} {lot}", verb=say.name(verb), lot=found["lot"])
        told = say("Everybody who sees this lot sees this, with your name and the reason.")
        return lambda: ask_reason(visitor, title, told, title, do)

    async def grade() -> None:
        job = await visitor.leave("grade", lot=number)
        ui.navigate.to(f"/jobs/{job}")

    async def impact() -> None:
        job = await visitor.leave("impact", lots=[found["lot"]])
        ui.navigate.to(f"/jobs/{job}")

    def guard(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        async def go() -> None:
            with place:
                await guarded(visitor, work())

        return go

    with ui.element("div").classes("bar"):
        for verb in (step.action for step in STEPS if step.now == found["state"] and step.action in ACTS):
            if visitor.may(verb):
                button(say.name(verb), act(verb), kind="danger" if verb == "scrap" else "")
        if visitor.may("grade"):
            button(say("Grade"), guard(grade), kind="main-act" if not found["gradings"] else "")
        button(say("Impact on the plan"), guard(impact))
    place = ui.element("div")


async def _tests(visitor: Visitor, number: str) -> tuple[list[dict[str, Any]], str]:
    """The figures of a lot's tests; or none, and why."""
    try:
        rows: list[dict[str, Any]] = (await visitor.call("assess_capability", lots=[number]))["rows"]
    except CorecarError as error:
        return [], str(error)
    return rows, ""
