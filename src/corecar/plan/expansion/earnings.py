"""What orders earn: margin won by week, payback, net present value; and regret over scenarios of demand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from corecar.network.arrays import Floats, Network
from corecar.plan.chances import Chance, drawn, tail_mean
from corecar.plan.expansion.expansion import Expansion, expanded
from corecar.plan.plans import Plan

WEEKS_A_YEAR = 365.25 / 7
Planner = Callable[[Network, Plan], Plan]


@dataclass(frozen=True)
class Earnings:
    """Money by week and what it comes to.

    won      float64, shape (weeks,): margin won, the plan with the orders less the one without
    paid     float64, shape (weeks,): for the orders
    left     what the machines are still worth when the plan ends, at written-off prices
    value    net present value on the plan's first Monday
    payback  week of the horizon in which what was won covers what was paid for good; None where it does not
    """

    won: Floats
    paid: Floats
    left: float
    value: float
    payback: int | None


def earnings(found: Expansion, without: Plan, *, margin: float, rate: float) -> Earnings:
    """What orders earn within a plan.

    without  the plan without them
    margin   part of a piece's value that is earned
    rate     of interest, a year; 0.08 for 8 %
    Source   NPV = sum of flows / (1 + rate)^(weeks / weeks a year)
    """
    orders, weeks = found.orders, found.orders.weeks
    worth = found.plan.network.demands.value
    won = margin * (worth @ (found.plan.supplied - without.supplied))
    paid = np.zeros(weeks)
    left = 0.0
    for place in np.flatnonzero(found.ordered).tolist():
        option, week = orders.means.options[orders.option[place]], int(orders.week[place])
        amounts = option.payments(week, weeks)
        for when, amount in amounts:
            paid[when] += found.ordered[place] * amount
        left += found.ordered[place] * (sum(amount for _, amount in amounts) - float(orders.charge[place]))
    factor = (1.0 + rate) ** (-np.arange(weeks + 1) / WEEKS_A_YEAR)
    value = float((won - paid) @ factor[:weeks] + left * factor[-1])
    return Earnings(won, paid, left, value, _payback(won, paid))


def _payback(won: Floats, paid: Floats) -> int | None:
    """The first week from which the sum of what was won covers the sum of what was paid, until the end."""
    if not paid.any():
        return None
    covered = np.cumsum(won - paid) >= 0
    if not covered[-1]:
        return None
    open_ = np.flatnonzero(~covered)
    return int(open_[-1]) + 1 if len(open_) else 0


@dataclass(frozen=True)
class Regret:
    """How some orders fare over scenarios of demand.

    costs     float64, shape (scenarios,): margin x the plan's cost + charges
    regrets   float64, shape (scenarios,): over the best of all that were compared
    expected, worst, tail  means of the costs, the dearest, the mean of the dearest part (CVaR)
    """

    costs: Floats
    regrets: Floats
    expected: float
    worst: float
    tail: float


def regrets(
    several: Sequence[Expansion], network: Network, planner: Planner, *, margin: float, chance: Chance,
    scenarios: int, seed: int, part: float,
) -> tuple[Regret, ...]:  # fmt: skip
    """Some expansions over scenarios of demand, each planned with each.

    planner  the plan of a network, begun from another
    chance   what is drawn; scenarios: how many, from `seed`; part: that counts as the dearest
    """
    chance.check(network)
    costs = np.zeros((len(several), scenarios))
    for scenario in range(scenarios):
        moved = drawn(network, chance, seed, scenario)
        for place, each in enumerate(several):
            plan = planner(expanded(moved, each.orders, each.orders.hours(each.ordered)), each.plan)
            costs[place, scenario] = margin * plan.cost + each.charges
    best = costs.min(axis=0)
    return tuple(
        Regret(row, row - best, float(row.mean()), float(row.max()), tail_mean(row, part)) for row in costs
    )  # fmt: skip
