"""The plan: who gets how much in which week, why not more, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui
from starlette.requests import Request

from corecar.errors import NotFound
from corecar.web.pages.agreement_links import drafting, memoranda_here
from corecar.web.pages.missing import NEAR, Missing, number_of
from corecar.web.pages.money import money
from corecar.web.pages.parts import button, empty, facts, heading, notes, sentence, table, tiles
from corecar.web.pages.pictures import figure
from corecar.web.pages.plan_map import demand_map
from corecar.web.pages.plan_questions import doing, options_told, plan_acts, what_if
from corecar.web.pages.plan_tiles import gap_tile
from corecar.web.pages.sharing import sharing
from corecar.web.pages.visitor import Visitor

Row = Mapping[str, Any]


async def plan(visitor: Visitor, request: Request) -> None:
    say = visitor.say
    plans = (await visitor.call("plan_list", limit=200))["rows"]
    if not plans:
        await _no_plan(visitor)
        return
    shown = await _asked(visitor, request.query_params.get("plan", ""), [int(row["plan"]) for row in plans])
    number = int(shown["facts"]["plan"])
    supply = (await visitor.call("plan_show", number=number, table="supply"))["rows"]
    figures = shown["details"]["figures"]
    _headline(visitor, figures)
    tables = {str(row["table"]): int(row["rows"]) for row in (await visitor.call("chain_tables"))["rows"]}
    demands = sorted({str(row["demand"]) for row in supply})
    plan_acts(visitor, number, request.query_params.get("why", ""), demands, policies=bool(tables.get("policies")))
    options_told(visitor, number, shown["options"])
    heading(say("Programs by week"))
    figure(say, demand_map(say, supply))
    load = (await visitor.call("plan_show", number=number, table="load"))["rows"]
    what_if(visitor, request, number, load, sorted({str(row["week"]) for row in supply}))
    table(visitor, shown["rows"], f"plan-{number}", opens=f"/plan?plan={number}&why={{}}", key="demand",
          title=say("Demands, the worst first"), currency=figures["currency"])  # fmt: skip
    table(visitor, shown["groups"], f"plan-{number}-groups", title=say("Groups of machines, the fullest first"))
    table(visitor, shown["floors"], f"plan-{number}-promises", title=say("Promises that are broken"))
    table(visitor, shown.get("agreements") or [], f"plan-{number}-breaches", opens="/agreements/{}", key="memorandum",
          title=say("Signed memoranda that this plan would breach"))  # fmt: skip
    await memoranda_here(visitor, "plan", plan=number)
    drafting(visitor, say("Demand"), {name: {"plan": number, "demand": name} for name in demands})
    table(visitor, shown["left_out"], f"plan-{number}-left-out", title=say("Left out of the plan"))
    notes(shown["notes"])
    heading(say("How it was made"))
    facts(say, shown["facts"], figures["currency"])
    table(visitor, plans, "plans", opens="/plan?plan={}", key="plan", title=say("Plans"),
          currency=figures["currency"])  # fmt: skip
    await _sharing(visitor, number, plans)
    if len(plans) > 1:
        other = next(row["plan"] for row in plans if row["plan"] != number)
        with ui.element("div").classes("bar"):
            button(say("Compare plans"), lambda: ui.navigate.to(f"/plan/compare?first={other}&second={number}"))


async def _sharing(visitor: Visitor, number: int, plans: Sequence[Row]) -> None:
    """Who else sees a plan of one's own."""
    own = next((row for row in plans if row["plan"] == number and row["owner"] == visitor.party), None)
    if own is not None:
        await sharing(visitor, ("plan_share", "plan_unshare"), {"number": number}, own["shared_with"])


async def _asked(visitor: Visitor, text: str, known: Sequence[int]) -> Row:
    """The plan that an address names, else the latest. Raises Missing."""
    say, back = visitor.say, (visitor.say("The last plan"), "/plan")
    told = say("There is no plan {number} that you may see.", number=text)
    number = number_of(text, told, back) if text else known[0]
    try:
        shown: Row = await visitor.call("plan_show", number=number)
    except NotFound:
        raise Missing(told, {str(each): f"/plan?plan={each}" for each in known[:NEAR]}, back) from None
    return shown


async def _no_plan(visitor: Visitor) -> None:
    """What starts the first plan: planning, or the tables of the chain where there are none."""
    say = visitor.say
    if not (await visitor.call("chain_tables"))["rows"]:
        empty(say("No plan yet."), (say("To the chain"), "/chain"), say("A plan is made of the tables of the chain."))
        return
    sentence(say("No plan yet."))
    if visitor.may("plan"):
        with ui.element("div").classes("bar"):
            button(say("Plan now"), doing(visitor, ui.element("div"), "plan"), kind="main-act")


def _headline(visitor: Visitor, figures: Row) -> None:
    say = visitor.say
    if not round(figures["wanted"]):
        sentence(say("No vehicle is asked for from {first} to {last}, so there is nothing to plan.",
                     first=figures["first_week"], last=figures["last_week"]))  # fmt: skip
        return
    sentence(
        say(
            "{supplied} of {wanted} vehicles ({fill}) come from {first} to {last}; {short} are short.",
            supplied=f"{figures['supplied']:,.0f}", wanted=f"{figures['wanted']:,.0f}", fill=f"{figures['fill']:.1%}",
            first=figures["first_week"], last=figures["last_week"], short=f"{figures['short']:,.0f}",
        )
    )  # fmt: skip
    tiles(
        [
            (f"{figures['fill']:.1%}", say("of what is wanted"), "#"),
            (f"{figures['on_time']:.1%}", say("on time"), "#"),
            (money(say, figures["value_short"], figures["currency"]), say("value that is short"), "#"),
            gap_tile(say, figures["gap"], figures.get("objective")),
        ]
    )


async def losses(visitor: Visitor, request: Request) -> None:
    number, demand = request.query_params.get("plan", ""), request.query_params.get("demand") or None
    found = await visitor.call("losses", demand=demand, plan=int(number) if number.isdigit() else None)
    sentence(found["said"])
    table(visitor, found["rows"], "losses")
    notes(found["notes"])
