"""Two kept plans side by side: what is behind in each, and where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.report.figures.difference_map import LEAST, Differences, difference_map
from corecar.web.pages.currency import currency_of
from corecar.web.pages.missing import NEAR, Missing
from corecar.web.pages.money import money
from corecar.web.pages.parts import empty, heading, select, sentence, table, tiles
from corecar.web.pages.pictures import figure
from corecar.web.pages.plan_map import DRAWN, demand_map
from corecar.web.pages.visitor import Visitor
from corecar.words import Words

Row = Mapping[str, Any]


async def compare_plans(visitor: Visitor, request: Request) -> None:
    """The page. Without two plans in the address: the two latest."""
    say = visitor.say
    plans = (await visitor.call("plan_list", limit=200))["rows"]
    if len(plans) < 2:
        empty(say("Two plans are needed to compare."), (say("Plan"), "/plan"))
        return
    names = {str(row["plan"]): _name(say, row) for row in plans}
    first, second = (request.query_params.get(name, "") for name in ("first", "second"))
    for number in (first, second):
        if number and number not in names:
            known = {each: f"/plan?plan={each}" for each in list(names)[:NEAR]}
            told = say("There is no plan {number} that you may see.", number=number)
            raise Missing(told, known, (say("Compare plans"), "/plan/compare"))
    first = first if first in names else str(plans[1]["plan"])
    second = second if second in names else str(plans[0]["plan"])
    chosen = select("first", say("This plan"), names, first) + select("second", say("against"), names, second)
    ui.html(
        f'<form method="get" class="row">{chosen}<button class="btn main-act">{escape(say("Compare"))}</button></form>',
        sanitize=False,
    )
    found = await visitor.call("plan_compare", first=int(first), second=int(second))
    sentence(found["said"])
    await _totals(visitor, int(first), int(second))
    supply = [(await visitor.call("plan_show", number=int(each), table="supply"))["rows"] for each in (first, second)]
    heading(say("Where they differ"))
    weeks, rows = differences(say, *supply)
    if rows:
        words = (say("less behind"), say("more behind"), say("strongest: the largest difference"))
        caption = say("Behind in plan {second} less behind in plan {first}, by program and week [piece]",
                      first=first, second=second)  # fmt: skip
        figure(say, difference_map(rows[:DRAWN], weeks, caption, words), caption)
    else:
        sentence("", say("No program is behind by more or less in any week."))
    with ui.element("div").classes("side-by-side"):
        for number, each in zip((first, second), supply, strict=True):
            with ui.element("div"):
                heading(say("Plan {number}", number=number))
                figure(say, demand_map(say, each))
    currency = await currency_of(visitor)
    for key in ("rows", "inputs", "options"):
        title = say("Demands that differ") if key == "rows" else say.name(key)
        table(visitor, without_same(found[key]), f"plans-{first}-{second}-{key}", title=title, currency=currency)


def without_same(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows in which what is the same before and now in all of them is told once.

    >>> without_same([{"demand": "A", "wanted_before": 3, "wanted_now": 3, "short_before": 0, "short_now": 1}])
    [{'demand': 'A', 'wanted': 3, 'short_before': 0, 'short_now': 1}]
    """
    names = [name.removesuffix("_before") for name in (rows[0] if rows else ()) if name.endswith("_before")]
    same = {name for name in names if all(row.get(f"{name}_before") == row.get(f"{name}_now") for row in rows)}
    once = {f"{name}_before": name for name in same}
    dropped = {f"{name}_now" for name in same}
    return [{once.get(name, name): value for name, value in row.items() if name not in dropped} for row in rows]


def _name(say: Words, row: Row) -> str:
    told = f"{row['plan']} · {row['at'][:16].replace('T', ' ')} · {row['fill']:.1%}"
    return f"{told} · {row['note']}" if row["note"] else told


async def _totals(visitor: Visitor, first: int, second: int) -> None:
    """What the second has more or less of than the first."""
    say = visitor.say
    one, other = [(await visitor.call("plan_show", number=each))["details"]["figures"] for each in (first, second)]
    tiles(
        [
            (
                f"{other['supplied'] - one['supplied']:+,.0f}".replace("-", "−"),
                say("vehicles supplied"),
                f"/plan?plan={second}",
            ),
            (money(say, other["value"] - one["value"], other["currency"], signed=True), say("output value"), "#"),
            (_points(other["fill"] - one["fill"]), say("points of what is wanted"), "#"),
            (_points(other["on_time"] - one["on_time"]), say("points on time"), "#"),
        ]
    )


def _points(part: float) -> str:
    return f"{100 * part:+.1f}".replace("-", "−")


def differences(say: Words, first: Sequence[Row], second: Sequence[Row]) -> tuple[list[str], list[Differences]]:
    """Weeks, and a row for each program that differs in one: pieces behind in the second less those in the first.

    A program or week that one of them does not have counts as nothing behind. Those that differ most come first.
    """
    weeks = sorted({str(row["week"]) for row in (*first, *second)})
    one, other = ({(str(row["demand"]), str(row["week"])): float(row["behind"]) for row in rows}
                  for rows in (first, second))  # fmt: skip
    made = []
    for demand in sorted({str(row["demand"]) for row in (*first, *second)}):
        pairs = [(one.get((demand, week), 0.0), other.get((demand, week), 0.0)) for week in weeks]
        values = tuple(after - before for before, after in pairs)
        told = tuple(
            say("{week}: {before} behind, then {after}", week=week, before=f"{before:,.0f}", after=f"{after:,.0f}")
            for week, (before, after) in zip(weeks, pairs, strict=True)
        )
        if any(abs(value) >= LEAST for value in values):
            made.append(Differences(demand, values, told))
    return weeks, sorted(made, key=lambda row: -sum(map(abs, row.values)))
