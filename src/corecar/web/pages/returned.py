"""A unit that came back from the field, on one page: its die on the wafer, its values within its lot, what it went
through, where its siblings are, and which screen would have caught it at what cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from nicegui import ui
from starlette.requests import Request

from corecar.errors import CorecarError
from corecar.report.figures.genealogy import address_of
from corecar.report.figures.histogram import Line, histogram
from corecar.report.quantities import display_for
from corecar.web.pages.lot_maps import frame_told, rejected_units
from corecar.web.pages.parts import back, facts, heading, notes, sentence, table
from corecar.web.pages.pictures import figure, pictured
from corecar.web.pages.visitor import Visitor
from corecar.web.pages.wafer import die_at
from corecar.web.pages.wafer_map import BINS, WaferMap, bin_colours, dies_of, fails_by_count, legend, lie_of

Row = Mapping[str, Any]
DRAWN = 6
"""Tests whose distribution is drawn: those in which the unit lies farthest from its lot."""
GRID = "display:grid;grid-template-columns:repeat(auto-fill,minmax(min(300px,100%),1fr));gap:0 32px"
"""How small drawings stand side by side."""


async def returned(visitor: Visitor, request: Request) -> None:
    """The page. In the address: `what` came back."""
    say, what = visitor.say, request.query_params.get("what", "").strip()
    back(say("Trace"), "/trace")
    if not what:
        sentence(say("Which unit came back?"))
    asking(visitor, what)
    if not what:
        return
    answer = await visitor.call("trace_return", what=what, neighbours="24")
    ui.page_title(f"{what} · Corecar")
    sentence(str(answer["said"]))
    facts(say, answer["facts"])
    table(visitor, answer["rows"], "caught-by", title=say("Which screen would have caught it, and what it costs"))
    for part in answer["details"]["parts"][:1]:
        await _on_its_wafer(visitor, part)
    table(visitor, answer["neighbours"], "neighbours", title=say("Die around it"))
    await _within_its_lot(visitor, answer["values"], answer["details"]["parts"])
    table(visitor, answer["values"], "its-values", title=say("Its values, those farthest from its lot first"))
    table(visitor, answer["results"], "its-results", title=say("How it was judged"))
    table(visitor, answer["tools"], "its-tools", title=say("Tools and programs on its way"), opens=_opens)
    table(visitor, answer["material"], "its-material", title=say("Material in it"), opens=_opens)
    table(visitor, answer["siblings"], "siblings", title=say("Where its siblings are"))
    notes([str(each) for each in answer["notes"]])
    with ui.element("p").classes("explanation"):
        ui.link(say("How it got there: graph and timeline"), address_of("", what))


def asking(visitor: Visitor, what: str) -> None:
    """The form that asks by the address."""
    say = visitor.say
    hint = escape(say("VIN1, ecu:K1, unit:U7, wafer:W1@6,1"), quote=True)
    ui.html(
        '<form method="get" action="/trace/returned" class="row no-print">'
        f'<div class="field" style="flex:1 1 320px"><label for="unit">{escape(say("The unit that came back"))}</label>'
        f'<input id="unit" name="what" value="{escape(what, quote=True)}" placeholder="{hint}" required></div>'
        f'<button class="btn main-act">{escape(say("Tell its story"))}</button></form>',
        sanitize=False,
    )


async def _on_its_wafer(visitor: Visitor, part: Row) -> None:
    """The map of its wafer with a ring around its die."""
    say = visitor.say
    if part["wafer"] is None or part["x"] is None:
        return
    number = f"number:{part['number']}"
    found = await visitor.call("lot", lot=number)
    dies = dies_of(part["wafer"], await visitor.columns("wafer", lot=number, wafer=part["wafer"], test=None))
    here = die_at(dies, f"{part['x']},{part['y']}")
    words = say("Die X {x}, Y {y} on wafer {wafer} of lot {lot}", x=part["x"], y=part["y"], wafer=part["wafer"],
                lot=part["lot"])  # fmt: skip
    heading(words)
    mark, fails = dies.marked(rejected_units(found)) & dies.passed, fails_by_count([dies])
    rejected = int(np.sum(mark))
    good = int(np.sum(dies.passed)) - rejected
    ui.html(legend(say, good, fails, {}, rejected if found["gradings"] else None), sanitize=False)
    with pictured(say, words):
        WaferMap(dies, bin_colours(dies, list(fails)), BINS, words, mark=mark, value=dies.hard_bin, big=True,
                 lie=lie_of(frame_told(found, part["wafer"]), [dies]), chosen=-1 if here is None else here,
                 words=(say("bin"), say("passed, and rejected by a screen")))  # fmt: skip


async def _within_its_lot(visitor: Visitor, values: Sequence[Row], parts: Sequence[Row]) -> None:
    """The distribution of its lot in the tests that set it apart most, with its own value marked."""
    say = visitor.say
    lots = {part["insertion"]: part for part in parts}
    shown = [row for row in values if row["z"] is not None][:DRAWN]
    if not shown:
        return
    heading(say("Its values within its lot"))
    with ui.element("div").classes("drawn-small").style(GRID):
        for row in shown:
            svg = await _drawn(visitor, row, lots[row["insertion"]])
            if svg:
                figure(say, svg, say("{test}: {value} from the middle of its lot, in robust sigmas",
                                     test=row["name"], value=f"{row['z']:+.1f}"))  # fmt: skip


async def _drawn(visitor: Visitor, row: Row, part: Row) -> str:
    """One distribution; empty where its readings cannot be had singly."""
    say = visitor.say
    try:
        read = await visitor.columns("readings", lot=f"number:{part['number']}", test=str(row["number"]))
    except CorecarError:
        return ""
    values = np.asarray(read["value"].cast("float64").fill_null(np.nan), dtype=np.float64)
    good = np.asarray(read["passed"].fill_null(False), dtype=bool)
    known = np.isfinite(values)
    if not np.any(known):
        return ""
    display = display_for([*values[known].tolist()[:1000], row["value"]], row["unit"])
    lines = [
        Line(float(row[name]), f"{words} {display.show(row[name])}", words, derived, low)
        for name, words, derived, low in (
            ("low_limit", say("low"), False, True), ("high_limit", say("high"), False, False),
            ("screen_low", say("screen"), True, True), ("screen_high", say("screen"), True, False),
        )
        if row[name] is not None
    ]  # fmt: skip
    name = f"{row['number']} {row['name']}"
    alt = say("{test} of lot {lot}; the returned unit at {value}", test=name, lot=part["lot"],
              value=display.show(row["value"], unit=True))  # fmt: skip
    return histogram(values[known], good[known], np.zeros(int(known.sum()), bool), lines, display, str(row["name"]),
                     alt, apart=np.array([row["value"]], np.float64))  # fmt: skip


def _opens(row: Row) -> str:
    return address_of(str(row["class"]), str(row["id"]))
