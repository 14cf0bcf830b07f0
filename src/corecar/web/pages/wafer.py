"""One wafer, large: by bin or by the readings of a test; a die that is clicked tells what was measured of it."""

from __future__ import annotations

from html import escape

from nicegui import events, ui
from starlette.requests import Request

from corecar.web.pages.frame import guarded
from corecar.web.pages.parts import facts, heading, select, sentence, table
from corecar.web.pages.visitor import Visitor
from corecar.web.pages.wafer_map import (
    BINS,
    SCALE,
    WaferMap,
    bin_colours,
    fails_by_count,
    legend,
    robust_ends,
    value_colours,
)


async def wafer(visitor: Visitor, request: Request) -> None:
    say, number = visitor.say, f"number:{request.path_params['number']}"
    name, test = request.path_params["wafer"], request.query_params.get("test") or None
    rows = (await visitor.call("wafer", lot=number, wafer=name, test=test))["rows"]
    dies = [row for row in rows if row["x"] is not None]
    good = sum(bool(row["passed"]) for row in dies)
    sentence(say("Wafer {wafer}: {good} of {count} dies good.", wafer=name, good=f"{good:,}", count=f"{len(dies):,}"))
    tests = (await visitor.call("assess_capability", lots=[number]))["rows"]
    chosen = {"": say("bins"), **{str(row["number"]): f"{row['number']} {row['name']}" for row in tests}}
    field = select("test", say("Colour by"), chosen, test or "", sends=True)
    ui.html(f'<form method="get" class="row">{field}</form>', sanitize=False)
    x, y = [row["x"] for row in dies], [row["y"] for row in dies]
    if test is None:
        order = fails_by_count(dies)
        colours, palette = bin_colours(dies, order), BINS
        ui.html(legend(say, dies, order, {}), sanitize=False)
        told = [f"X {row['x']}, Y {row['y']}\n{say('bin')} {row['hard_bin']}" for row in dies]
    else:
        column = next(key for key in ("value", "reading", "result") if key in dies[0]) if dies else "value"
        values = [row.get(column) for row in dies]
        low, high = robust_ends(values)
        colours, palette = value_colours(values, low, high), (*SCALE, "--unknown")
        unit = next((str(row["unit"]) for row in tests if str(row["number"]) == test and row.get("unit")), "")
        bar = "".join(f'<i style="background:{colour}"></i>' for colour in SCALE)
        ends = say("ends are the 1 % and 99 % quantiles")
        ui.html(
            f'<p class="scale-bar">{low:.4g} {escape(unit)} <span>{bar}</span> {high:.4g} {escape(unit)} · '
            f"{escape(ends)}</p>",
            sanitize=False,
        )
        told = [f"X {row['x']}, Y {row['y']}\n{row.get(column)} {unit}" for row in dies]
    made = WaferMap(x, y, colours, palette, say("Map of wafer {wafer}", wafer=name), told=told, big=True)
    sentence("", say("Wheel or + and - zoom, drag or arrows move, 0 shows all, a click tells of a die."))
    place = ui.element("div")

    async def die(event: events.GenericEventArguments) -> None:
        row = dies[int(event.args if not isinstance(event.args, list) else event.args[0])]
        place.clear()
        with place:
            heading(say("Die X {x}, Y {y}", x=row["x"], y=row["y"]))
            facts(say, {key: row[key] for key in row if key not in ("run",)})
            await guarded(visitor, _readings(visitor, number, name, row))

    made.on("die", die)


async def _readings(visitor: Visitor, number: str, wafer: str, row: dict[str, object]) -> None:
    """Every reading of one die."""
    text = str(row["run"]).replace("'", "''")
    found = await visitor.call(
        "sql",
        statement="SELECT t.number, t.name, r.value, t.unit, t.low_limit, t.high_limit, r.passed FROM results r "
        f"JOIN tests t USING (run, test) WHERE r.run = '{text}' AND r.part = {int(str(row['part']))} ORDER BY t.number",
    )
    table(visitor, found["rows"], f"{wafer}-{row['x']}-{row['y']}", opens="?test={}", key="number")
