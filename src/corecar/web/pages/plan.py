"""The plan: who gets how much in which week, why not more, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.report.figures.stress_charts import amount
from corecar.web.pages.parts import button, empty, facts, heading, notes, sentence, table, tiles
from corecar.web.pages.pictures import figure
from corecar.web.pages.plan_map import demand_map
from corecar.web.pages.plan_questions import doing, plan_acts, what_if
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]


async def plan(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    plans = (await visitor.call("plan_list", limit=200))["rows"]
    if not plans:
        sentence(say("No plan yet."))
        with ui.element("div").classes("bar"):
            button(say("Plan now"), doing(visitor, ui.element("div"), "plan"), kind="main-act")
        empty("", how_to=say("A plan is made of the tables of the chain. Without them: corecar chain template DIR"))
        return
    asked = request.query_params.get("plan", "")
    number = int(asked) if asked.isdigit() else int(plans[0]["plan"])
    shown = await visitor.call("plan_show", number=number)
    supply = (await visitor.call("plan_show", number=number, table="supply"))["rows"]
    figures = shown["details"]["figures"]
    _headline(visitor, figures)
    plan_acts(visitor, number, request.query_params.get("why", ""), sorted({str(row["demand"]) for row in supply}))
    heading(say("Programs by week"))
    figure(say, demand_map(say, supply))
    load = (await visitor.call("plan_show", number=number, table="load"))["rows"]
    what_if(visitor, request, number, load, sorted({str(row["week"]) for row in supply}))
    table(visitor, shown["rows"], f"plan-{number}", opens=f"/plan?plan={number}&why={{}}", key="demand",
          title=say("Demands, the worst first"))  # fmt: skip
    table(visitor, shown["groups"], f"plan-{number}-groups", title=say("Groups of machines, the fullest first"))
    table(visitor, shown["floors"], f"plan-{number}-promises", title=say("Promises that are broken"))
    table(visitor, shown["left_out"], f"plan-{number}-left-out", title=say("Left out of the plan"))
    notes(shown["notes"])
    heading(say("How it was made"))
    facts(say, shown["facts"])
    table(visitor, plans, "plans", opens="/plan?plan={}", key="plan", title=say("Plans"))
    if len(plans) > 1:
        other = next(row["plan"] for row in plans if row["plan"] != number)
        with ui.element("div").classes("bar"):
            button(say("Compare plans"), lambda: ui.navigate.to(f"/plan/compare?first={other}&second={number}"))


def _headline(visitor: Visitor, figures: Row) -> None:
    say = visitor.say
    sentence(
        say(
            "{supplied} of {wanted} vehicles ({fill}) come from {first} to {last}; {short} are short.",
            supplied=f"{figures['supplied']:,.0f}", wanted=f"{figures['wanted']:,.0f}", fill=f"{figures['fill']:.1%}",
            first=figures["first_week"], last=figures["last_week"], short=f"{figures['short']:,.0f}",
        )
    )  # fmt: skip
    money = f"{amount(figures['value_short'])} {figures['currency']}".strip()
    tiles(
        [
            (f"{figures['fill']:.1%}", say("of what is wanted"), "#"),
            (f"{figures['on_time']:.1%}", say("on time"), "#"),
            (money, say("value that is short"), "#"),
            (f"{figures['gap']:.2%}", say("at most from the best plan"), "#"),
        ]
    )


async def losses(visitor: Visitor, request: Request) -> None:
    number, demand = request.query_params.get("plan", ""), request.query_params.get("demand") or None
    found = await visitor.call("losses", demand=demand, plan=int(number) if number.isdigit() else None)
    sentence(found["said"])
    table(visitor, found["rows"], "losses")
    notes(found["notes"])
