"""The plan: who gets how much in which week, why not more, and what would change it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from nicegui import ui
from starlette.requests import Request

from corecar.report.figures.load_map import LoadRow, load_map
from corecar.web.pages.frame import guarded
from corecar.web.pages.parts import Field, button, empty, facts, figure, heading, notes, sentence, table, tiles
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]
DRAWN = 40
"""Demands that are drawn; the rest stands in the table."""


async def plan(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    plans = (await visitor.call("plan_list", limit=200))["rows"]
    if not plans:
        sentence(say("No plan yet."))
        with ui.element("div").classes("bar"):
            button(say("Plan now"), _doing(visitor, ui.element("div"), "plan"), kind="main-act")
        empty("", how_to=say("A plan is made of the tables of the chain. Without them: corecar chain template DIR"))
        return
    asked = request.query_params.get("plan", "")
    number = int(asked) if asked.isdigit() else int(plans[0]["plan"])
    shown = await visitor.call("plan_show", number=number)
    supply = (await visitor.call("plan_show", number=number, table="supply"))["rows"]
    figures = shown["details"]["figures"]
    _headline(visitor, figures)
    _acts(visitor, number, request.query_params.get("why", ""), sorted({str(row["demand"]) for row in supply}))
    heading(say("Programs by week"))
    figure(demand_map(visitor, supply))
    table(visitor, shown["rows"], f"plan-{number}", opens=f"/plan?plan={number}&why={{}}", key="demand",
          title=say("Demands, the worst first"))  # fmt: skip
    table(visitor, shown["groups"], f"plan-{number}-groups", title=say("Groups of machines, the fullest first"))
    table(visitor, shown["floors"], f"plan-{number}-promises", title=say("Promises that are broken"))
    table(visitor, shown["left_out"], f"plan-{number}-left-out", title=say("Left out of the plan"))
    notes(shown["notes"])
    heading(say("How it was made"))
    facts(say, shown["facts"])
    table(visitor, plans, "plans", opens="/plan?plan={}", key="plan", title=say("Plans"))


def _headline(visitor: Visitor, figures: Row) -> None:
    say = visitor.say
    sentence(
        say(
            "{supplied} of {wanted} vehicles ({fill}) come from {first} to {last}; {short} are short.",
            supplied=f"{figures['supplied']:,.0f}", wanted=f"{figures['wanted']:,.0f}", fill=f"{figures['fill']:.1%}",
            first=figures["first_week"], last=figures["last_week"], short=f"{figures['short']:,.0f}",
        )
    )  # fmt: skip
    money = f"{figures['value_short']:,.0f} {figures['currency']}".strip()
    tiles(
        [
            (f"{figures['fill']:.1%}", say("of what is wanted"), "#"),
            (f"{figures['on_time']:.1%}", say("on time"), "#"),
            (money, say("value that is short"), "#"),
            (f"{figures['gap']:.2%}", say("at most from the best plan"), "#"),
        ]
    )


def _acts(visitor: Visitor, number: int, why: str, demands: Sequence[str]) -> None:
    say = visitor.say
    place = ui.element("div")
    with ui.element("div").classes("bar"):
        if visitor.may("plan"):
            button(say("Plan again"), _doing(visitor, place, "plan"), kind="main-act")
            button(say("Plan with what was measured"), _doing(visitor, place, "plan", measured=True))
        button(say("What is behind, and why"), _doing(visitor, place, "plan_shortages", plan=number))
        button(say("Needs"), _doing(visitor, place, "plan_needs", plan=number))
        button(say("With and without policies"), _doing(visitor, place, "plan_policy", plan=number))
        button(say("What stopped lots take away"), _doing(visitor, place, "impact", plan=number))
    with ui.element("div").classes("row"):
        demand = Field(say("Why is it short"), value=why, choices={"": say("the worst one")} | {d: d for d in demands})
        button(
            say("What costs it most"),
            lambda: ui.navigate.to(f"/plan/losses?plan={number}&demand={quote(demand.value, safe='')}"),
        )
        button(
            say("Explain"),
            leaving(visitor, place, lambda: ("plan_explain", {"demand": demand.value or None, "plan": number})),
        )
    with ui.element("div").classes("row"):
        more = Field(say("What if demand changes by [%]"), value="20", kind="number")
        site = Field(say("and a site is down"))
        weeks = Field(say("in weeks such as 2027-W10..W13"))

        def scenario() -> tuple[str, dict[str, Any]]:
            percent = float(more.value or 0)
            changes = [f"demand * {percent:+g}%"] if percent else []
            changes += [f"site {site.value.strip()} down {weeks.value.strip()}".strip()] if site.value.strip() else []
            return "plan_whatif", {"scenarios": ["; ".join(changes)], "plan": number}

        button(say("Try it"), leaving(visitor, place, scenario))


def _doing(visitor: Visitor, place: ui.element, verb: str, **how: Any) -> Callable[[], Awaitable[None]]:
    return leaving(visitor, place, lambda: (verb, how))


def leaving(
    visitor: Visitor, place: ui.element, asked: Callable[[], tuple[str, dict[str, Any]]]
) -> Callable[[], Awaitable[None]]:
    """Leave work as a job and look at it; what cannot be left is said in a place of the page."""

    async def leave() -> None:
        verb, how = asked()
        number = await visitor.leave(verb, **how)
        ui.navigate.to(f"/jobs/{number}")

    async def go() -> None:
        place.clear()
        with place:
            await guarded(visitor, leave())

    return go


def demand_map(visitor: Visitor, supply: Sequence[Row]) -> str:
    """Programs by weeks: nothing behind, behind for a while, behind for good; those with most behind above."""
    say = visitor.say
    by_demand: dict[str, dict[str, Row]] = defaultdict(dict)
    weeks = sorted({str(row["week"]) for row in supply})
    for row in supply:
        by_demand[str(row["demand"])][str(row["week"])] = row
    order = sorted(by_demand, key=lambda name: -sum(row["behind"] for row in by_demand[name].values()))
    rows = [_demand_row(say, name, [by_demand[name].get(week) for week in weeks], weeks) for name in order[:DRAWN]]
    words = {"green": say("nothing behind"), "orange": say("behind, and made up for"), "red": say("behind for good")}
    return load_map(rows, weeks, say("Programs by week"), words)


def _demand_row(say: Any, name: str, cells: Sequence[Row | None], weeks: Sequence[str]) -> LoadRow:
    behind = [0.0 if cell is None else float(cell["behind"]) for cell in cells]
    never = behind[-1] if behind else 0.0
    lights, told = [], []
    for place, (much, week) in enumerate(zip(behind, weeks, strict=True)):
        good = never > 0.5 and min(behind[place:]) > 0.5
        lights.append("green" if much <= 0.5 else "red" if good else "orange")
        told.append(say("{week}: {count} behind", week=week, count=f"{much:,.0f}"))
    return LoadRow(name, tuple(lights), tuple(told))


async def compare_plans(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    first, second = (request.query_params.get(name, "") for name in ("first", "second"))
    if not (first.isdigit() and second.isdigit()):
        empty(say("Name two plans."), (say("Plans"), "/plan"))
        return
    found = await visitor.call("plan_compare", first=int(first), second=int(second))
    sentence(found["said"])
    for key in ("rows", "inputs", "options"):
        table(visitor, found[key], f"compare-{key}", title="" if key == "rows" else say.name(key))


async def losses(visitor: Visitor, request: Request) -> None:
    number, demand = request.query_params.get("plan", ""), request.query_params.get("demand") or None
    found = await visitor.call("losses", demand=demand, plan=int(number) if number.isdigit() else None)
    sentence(found["said"])
    table(visitor, found["rows"], "losses")
    notes(found["notes"])
