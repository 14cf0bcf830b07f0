"""The case for new machines, as a committee decides it: what to buy and when, what it earns, what limits each cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from corecar.bridge.expand.cell_answers import cells_told
from corecar.bridge.expand.expansion_answers import IMPACT, effect_told, orders_told, removed
from corecar.bridge.expand.exposures import exposure_of
from corecar.bridge.plan.asked_plan import AskedPlan
from corecar.bridge.plan.expanded_plans import MARGIN
from corecar.bridge.plan.money_frontiers import RATE, Sums, sum_notes, sum_rows, sums_of
from corecar.bridge.plan.planning import ChainPlan
from corecar.bridge.plan.ruled_expansions import by_rule
from corecar.bridge.plan.shared_views import has_others, shared_view
from corecar.chain.chain import Chain
from corecar.errors import ArgumentError
from corecar.plan.compare import summary_of
from corecar.plan.expansion.cells import Measured
from corecar.plan.expansion.chosen import broken_limits, chosen_orders
from corecar.plan.expansion.earnings import Earnings, earnings
from corecar.plan.expansion.expansion import Expansion, expanded
from corecar.plan.expansion.nothing import why_nothing
from corecar.plan.expansion.orders import orders_of
from corecar.plan.plans import Plan
from corecar.plan.solving import never, solve
from corecar.plurals import plural

SCENARIOS, DEMAND = 4, 0.15
"""How many scenarios of demand, and within which part of itself each demand moves, where nobody says."""
SHARED = {"shared": "rows", "parties": "parties", "shares": "shares"}
"""Tables of the case that say what others change, and the tables of `expand_shared` that they are."""
UNITS = {"budget": "", "floor": " m2", "staff": " people"}


@dataclass(frozen=True)
class Assumptions:
    """What a case assumes, and of each number where it is from."""

    margin: float
    rate: float
    demand: float
    scenarios: int
    told: tuple[dict[str, Any], ...]


def assumptions_of(
    chain: Chain, margin: float | None, rate: float | None, demand: float | None, scenarios: int | None
) -> Assumptions:
    """What was asked for; where nothing was, what the table `assumptions` says; else numbers of ours."""
    table = {row["assumption"]: row for row in chain.assumptions.to_pylist()}
    asked = {"margin": margin, "interest": rate, "demand": demand, "scenarios": scenarios}
    usual = {"margin": MARGIN, "interest": RATE, "demand": DEMAND, "scenarios": float(SCENARIOS)}
    told, numbers = [], list[float]()
    for name, value in asked.items():
        known = table.get(name)
        taken = value if value is not None else known["value"] if known else usual[name]
        source = "asked for" if value is not None else known["note"] or "the table" if known else "assumed here"
        told.append({"assumption": name, "value": float(taken), "note": source})
        numbers.append(float(taken))
    return Assumptions(numbers[0], numbers[1], numbers[2], round(numbers[3]), tuple(told))


def committee_case(
    made: ChainPlan, *, points: int = 5, margin: float | None = None, rate: float | None = None,
    scenarios: int | None = None, demand: float | None = None, chosen: bool = False, seed: int = 0, gap: float = 0.02,
    time_limit: float = 600.0, measured: Mapping[str, Measured] | None = None, stop: Callable[[], bool] = never,
) -> dict[str, Any]:  # fmt: skip
    """The case for the orders that are found, or for those that a committee chose.

    margin, rate, scenarios, demand  as `money_frontier`; None: as the table `assumptions` says
    chosen   the orders of the table `chosen_orders` instead of the best ones
    Returns  said, earned, rows (an order each), effect, sums (a point of the frontier each), cells, assumptions, notes,
             details; where others have a part in it, with their money or by policies, shared (a case each), parties and
             shares too; every plan by the rule of `made`
    Raises   as `money_frontier`; ArgumentError for chosen orders that are none
    """
    guess = assumptions_of(made.chain, margin, rate, demand, scenarios)
    sums = sums_of(
        made, points=points, margin=guess.margin, rate=guess.rate, scenarios=guess.scenarios, demand=guess.demand,
        seed=seed, gap=gap, time_limit=time_limit, measured=measured, stop=stop,
    )  # fmt: skip
    asked = sums.asked
    ruled = replace(
        sums, without=asked.plan, points=tuple(replace(one, found=by_rule(asked, one.found)) for one in sums.points)
    )
    best = ruled.points[-1].found
    own = _chosen(made, ruled, guess.margin, gap, stop) if chosen else best
    earned = earnings(own, asked.plan, margin=guess.margin, rate=guess.rate)
    why = "" if own.ordered.any() else why_nothing(asked.plan.network, sums.points[-1].found, guess.margin, sums.find)
    plans = [
        (asked.plan, "without"),
        (own.plan, "with the orders"),
        *([(best.plan, "with the best")] if chosen else []),
    ]
    exposed = [exposure_of(plan.network, asked.chain.sites) for plan, _ in plans]
    cells = cells_told(made.chain, made.planned.plan, measured)
    shared: dict[str, Any] = {}
    if has_others(made.chain):
        shared = shared_view(
            made, margin=guess.margin, rate=guess.rate, scenarios=0, gap=gap, time_limit=time_limit, measured=measured,
            stop=stop,
        )  # fmt: skip
    network = asked.plan.network
    return {
        "said": _said(made, own, earned, asked, why),
        "earned": _earned(own, earned, asked) | {"exposure_removed": removed(exposed[0], exposed[1])},
        "rows": orders_told(own),
        "effect": [
            effect_told(summary_of(plan, name, asked.limit), name, each)
            for (plan, name), each in zip(plans, exposed, strict=True)
        ],
        "sums": sum_rows(ruled, margin=guess.margin, rate=guess.rate),
        "cells": cells["rows"],
        **{name: shared[key] for name, key in SHARED.items() if shared},
        "assumptions": list(guess.told),
        "notes": [
            *sum_notes(guess.margin, guess.rate, guess.scenarios, guess.demand, gap), *_limits(own), *_near(own, gap),
            IMPACT, *cells["notes"],
        ],
        "details": {
            "piece": made.piece, "currency": made.currency, "rule": made.options.rule, "weeks": network.weeks,
            "first_week": network.week_name(0), "last_week": network.week_name(network.weeks - 1), "gap": own.gap,
        },
    }  # fmt: skip


def _chosen(made: ChainPlan, sums: Sums, margin: float, gap: float, stop: Callable[[], bool]) -> Expansion:
    """What the committee chose, with what it costs beside the bound of the best."""
    rows = made.chain.chosen_orders.to_pylist()
    if not rows:
        raise ArgumentError("nobody chose orders. Fill in the table chosen_orders, such as in committee.xlsx.")
    asked, best = sums.asked, sums.points[-1].found
    network = asked.plan.network
    orders = orders_of(sums.means, network)
    ordered = chosen_orders(orders, network, rows)
    cheapest: Plan = solve(
        expanded(network, orders, orders.hours(ordered)), limit=asked.limit, gap=gap / 2, start=best.plan, stop=stop
    )
    cost = margin * cheapest.cost + float(orders.charge @ np.asarray(ordered))
    return by_rule(asked, Expansion(orders, ordered, cheapest, cost, min(best.bound, cost), 0.0, 1))


def _earned(found: Expansion, earned: Earnings, asked: AskedPlan) -> dict[str, Any]:
    network = asked.plan.network
    return {
        "paid": round(found.spent), "won": round(float(found.plan.supplied.sum() - asked.plan.supplied.sum())),
        "margin_won": round(float(earned.won.sum())), "net_present_value": round(earned.value),
        "payback": None if earned.payback is None else network.week_name(earned.payback),
        "charged": round(found.charges), "expansion_gap": found.gap,
    }  # fmt: skip


def _said(made: ChainPlan, found: Expansion, earned: Earnings, asked: AskedPlan, why: str) -> str:
    if why:
        return f"Buy nothing, because {why}."
    row = _earned(found, earned, asked)
    back = f"paid back in {row['payback']}" if row["payback"] else "not paid back within the plan"
    return (
        f"{plural(int(found.ordered.sum()), 'order')} for {row['paid']:,} {made.currency} win {row['won']:,} "
        f"{made.piece}s, {back}; net present value {row['net_present_value']:,} {made.currency}."
    )


def _limits(found: Expansion) -> list[str]:
    return [
        f"The orders break a limit: {limit.what} {limit.name} has {limit.most:,.0f}{UNITS[limit.what]}, they take "
        f"{taken:,.0f}."
        for limit, taken in broken_limits(found.orders, found.ordered)
    ]


def _near(found: Expansion, gap: float) -> list[str]:
    if found.gap <= gap + 1e-9:
        return []
    return [f"The orders may be up to {found.gap:.2%} from the best, more than the {gap:.2%} asked."]
