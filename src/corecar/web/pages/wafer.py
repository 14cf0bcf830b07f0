"""One wafer, large: by bin or by the readings of a test; a die that is clicked tells what was measured of it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from nicegui import events, ui
from starlette.requests import Request

from corecar.web.pages.frame import guarded
from corecar.web.pages.lot import lot_of, wafers_of
from corecar.web.pages.lot_maps import frame_told, readings_of, rejected_units, scaled, unit_of
from corecar.web.pages.lot_tests import tests_of
from corecar.web.pages.missing import Missing, near
from corecar.web.pages.parts import back, facts, heading, notes, select, sentence, table
from corecar.web.pages.pictures import pictured
from corecar.web.pages.visitor import Visitor
from corecar.web.pages.wafer_map import (
    BINS,
    SCALE,
    Dies,
    WaferMap,
    bin_colours,
    dies_of,
    fails_by_count,
    legend,
    lie_of,
    lie_told,
    robust_ends,
    scale_bar,
    value_colours,
)


async def wafer(visitor: Visitor, request: Request) -> None:
    say, found = visitor.say, await lot_of(visitor, request)
    number, name = f"number:{found['number']}", str(request.path_params["wafer"])
    to_lot = (say("Lot {lot}", lot=found["lot"]), f"/lots/{found['number']}")
    if name not in wafers_of(found):
        told = say("Lot {lot} has no wafer {wafer}.", lot=found["lot"], wafer=name)
        raise Missing(told, near(name, wafers_of(found), f"/lots/{found['number']}/wafers/{{}}"), to_lot)
    tests = await tests_of(visitor, found)
    test = request.query_params.get("test") or None
    if test and test not in {str(row["number"]) for row in tests}:
        raise Missing(say("Lot {lot} has no test {test}.", lot=found["lot"], test=test), {}, to_lot)
    dies = dies_of(name, await visitor.columns("wafer", lot=number, wafer=name, test=test))
    good = f"{int(np.sum(dies.passed)):,}"
    sentence(say("Wafer {wafer}: {good} of {count} dies good.", wafer=name, good=good, count=f"{len(dies):,}"))
    back(*to_lot)
    chosen = {"": say("bins"), **{str(row["number"]): f"{row['number']} {row['name']}" for row in tests}}
    field = select("test", say("Colour by"), chosen, test or "", sends=True)
    ui.html(f'<form method="get" class="row">{field}</form>', sanitize=False)
    how: dict[str, Any] = {"mark": dies.marked(rejected_units(found)) & dies.passed, "big": True}
    how["lie"] = lie_of(frame_told(found, name), [dies])
    asked = die_at(dies, request.query_params.get("die", ""))
    how["chosen"] = -1 if asked is None else asked
    how["words"] = (say("bin") if test is None else "", say("passed, and rejected by a screen"))
    if test is None:
        fails, rejected = fails_by_count([dies]), int(np.sum(how["mark"]))
        told = legend(say, int(np.sum(dies.passed)) - rejected, fails, {}, rejected if found["gradings"] else None)
        colours, palette, how["value"] = bin_colours(dies, list(fails)), BINS, dies.hard_bin
    else:
        (values,), unit = scaled([readings_of(dies)], unit_of(tests, test))
        low, high = robust_ends(values)
        told = scale_bar(f"{low:.4g} {unit}", f"{high:.4g} {unit}", say("ends are the 1 % and 99 % quantiles"))
        colours, palette = value_colours(values, low, high), (*SCALE, "--unknown")
        how |= {"value": values, "unit": unit}
    ui.html(told, sanitize=False)
    with pictured(say, f"{found['lot']} {name} {test or ''}"):
        made = WaferMap(dies, colours, palette, say("Map of wafer {wafer}", wafer=name), **how)
    sentence("", say("Wheel or + and - zoom, drag or arrows move, 0 shows all, a click tells of a die."))
    told = lie_told(say, frame_told(found, name))
    notes([told] if told else [])
    place = ui.element("div")

    async def tell(die: int) -> None:
        row = dies.rows.slice(die, 1).to_pylist()[0]
        place.clear()
        with place:
            heading(say("Die X {x}, Y {y}", x=row["x"], y=row["y"]))
            facts(say, {key: row[key] for key in row if key not in ("run",)})
            await guarded(visitor, _readings(visitor, name, row))

    async def clicked(event: events.GenericEventArguments) -> None:
        die = int(event.args if not isinstance(event.args, list) else event.args[0])
        at = f"{dies.x[die]},{dies.y[die]}"
        keep = f"const u = new URL(location.href); u.searchParams.set('die', '{at}'); history.replaceState(null, '', u)"
        ui.run_javascript(keep)
        await tell(die)

    made.on("die", clicked)
    if asked is not None:
        await tell(asked)
    elif request.query_params.get("die"):
        notes([say("Wafer {wafer} has no die at {at}.", wafer=name, at=request.query_params["die"][:30])])


def die_at(dies: Dies, at: str) -> int | None:
    """The die at a place as an address has it, `X,Y`; None where there is none."""
    found = re.fullmatch(r"(-?\d{1,6}),(-?\d{1,6})", at)
    if found is None:
        return None
    there = np.flatnonzero((dies.x == int(found[1])) & (dies.y == int(found[2])))
    return int(there[-1]) if len(there) else None


async def _readings(visitor: Visitor, wafer: str, row: dict[str, Any]) -> None:
    """Every reading of one die."""
    text = str(row["run"]).replace("'", "''")
    found = await visitor.call(
        "sql",
        statement="SELECT t.number, t.name, r.value, t.unit, t.low_limit, t.high_limit, r.passed FROM results r "
        f"JOIN tests t USING (run, test) WHERE r.run = '{text}' AND r.part = {int(row['part'])} ORDER BY t.number",
    )
    table(visitor, found["rows"], f"{wafer}-{row['x']}-{row['y']}", opens="?test={}", key="number")
