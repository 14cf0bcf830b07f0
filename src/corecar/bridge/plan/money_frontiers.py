"""Sums of money beside each other: what stays short, what is earned, and how it fares when demand moves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from corecar.bridge.plan.asked_plan import AskedPlan, asked_plan
from corecar.bridge.plan.expanded_plans import MARGIN, means_for
from corecar.bridge.plan.planning import ChainPlan
from corecar.errors import ArgumentError
from corecar.network.arrays import Network
from corecar.network.model import Limit
from corecar.plan.chances import Chance
from corecar.plan.expansion.cells import Measured
from corecar.plan.expansion.choosing import find_expansion
from corecar.plan.expansion.earnings import Earnings, Regret, earnings, regrets
from corecar.plan.expansion.expansion import Expansion
from corecar.plan.expansion.frontier import Point, efficient, frontier
from corecar.plan.expansion.kept import Kept
from corecar.plan.expansion.options import Means
from corecar.plan.expansion.orders import Orders
from corecar.plan.plans import Plan
from corecar.plan.solving import never, solve
from corecar.plurals import plural

RATE = 0.08
"""Interest of a year where nobody says; an assumption, told in the notes."""
TAIL = 0.1
"""Part of the scenarios that counts as the worst."""


@dataclass
class Finder:
    """Finds orders point by point; cuts, orders and plans of one point are where the next begins."""

    network: Network
    margin: float
    limit: Limit
    gap: float
    seconds: float
    stop: Callable[[], bool]
    kept: Kept = field(default_factory=Kept)

    def __call__(self, orders: Orders) -> Expansion:
        return find_expansion(
            self.network, orders, margin=self.margin, limit=self.limit, gap=self.gap, time_limit=self.seconds,
            stop=self.stop, kept=self.kept,
        )  # fmt: skip


def money_frontier(
    made: ChainPlan, *, points: int = 5, margin: float = MARGIN, rate: float = RATE, scenarios: int = 0,
    demand: float = 0.15, seed: int = 0, gap: float = 0.02, time_limit: float = 600.0,
    measured: Mapping[str, Measured] | None = None, stop: Callable[[], bool] = never,
) -> dict[str, Any]:  # fmt: skip
    """The best orders for each of several sums of money.

    points      how many sums, from none to as much as the budgets allow
    rate        of interest, a year
    scenarios   of demand, in which all points are compared; each demand is drawn within `demand` of itself
    gap, time_limit  of each point
    Returns     said, facts, rows (a point each, by money), notes, details
    Raises      as `expanded_plan`
    """
    sums = sums_of(
        made, points=points, margin=margin, rate=rate, scenarios=scenarios, demand=demand, seed=seed, gap=gap,
        time_limit=time_limit, measured=measured, stop=stop,
    )  # fmt: skip
    rows = sum_rows(sums, margin=margin, rate=rate)
    return {
        "said": _said(made, rows),
        "facts": {"margin": margin, "interest": f"{rate:.1%} a year", "currency": made.currency,
                  "scenarios": scenarios or None},
        "rows": rows,
        "notes": sum_notes(margin, rate, scenarios, demand, gap),
        "details": {"piece": made.piece, "currency": made.currency},
    }  # fmt: skip


@dataclass(frozen=True)
class Sums:
    """Sums of money as they were planned.

    points   by rising money; without: the plan without orders
    fares    of each point, where scenarios were asked for
    """

    asked: AskedPlan
    means: Means
    points: tuple[Point, ...]
    without: Plan
    fares: tuple[Regret | None, ...]
    find: Finder


def sums_of(
    made: ChainPlan, *, points: int, margin: float, rate: float, scenarios: int, demand: float, seed: int, gap: float,
    time_limit: float, measured: Mapping[str, Measured] | None, stop: Callable[[], bool],
) -> Sums:  # fmt: skip
    """The best orders for each of several sums; parameters and errors as of `money_frontier`."""
    if points < 1 or scenarios < 0 or not rate > -1:
        raise ArgumentError(f"points={points}, scenarios={scenarios}, rate={rate}: expected 1, 0 and above -1 or more.")
    asked = asked_plan(made, stop)
    network = asked.plan.network
    means = means_for(made, network, measured)
    find = Finder(network, margin, asked.limit, gap, time_limit, stop)
    found = frontier(network, means, find, points=points)
    without = found[0].found.plan if not found[0].found.ordered.any() else asked.plan

    def planner(moved: Network, begun: Plan) -> Plan:
        return solve(moved, limit=asked.limit, gap=gap / 2, start=begun, stop=stop)

    fares: tuple[Regret | None, ...] = (None,) * len(found)
    if scenarios:
        fares = regrets(
            [point.found for point in found], network, planner, margin=margin, chance=Chance(demand, 0.0, 1),
            scenarios=scenarios, seed=seed, part=TAIL,
        )  # fmt: skip
    return Sums(asked, means, found, without, fares, find)


def sum_rows(sums: Sums, *, margin: float, rate: float) -> list[dict[str, Any]]:
    """A row for each sum: what is spent, what stays short, what is earned, how it fares."""
    network = sums.asked.plan.network
    return [
        _row(network, point, earnings(point.found, sums.without, margin=margin, rate=rate), fare, best)
        for point, fare, best in zip(sums.points, sums.fares, efficient(sums.points), strict=True)
    ]


def _row(network: Network, point: Point, earned: Earnings, fare: Regret | None, best: bool) -> dict[str, Any]:
    found = point.found
    row: dict[str, Any] = {
        "spent": round(found.spent), "orders": int(found.ordered.sum()), "short": round(point.short),
        "net_present_value": round(earned.value),
        "payback": None if earned.payback is None else network.week_name(earned.payback),
        "margin_won": round(float(earned.won.sum())), "efficient": best, "point_gap": found.gap,
        "seconds": round(found.seconds, 2),
    }  # fmt: skip
    if fare is not None:
        row |= {
            "expected_cost": round(fare.expected), "worst_cost": round(fare.worst), "cvar": round(fare.tail),
            "expected_regret": round(float(fare.regrets.mean())), "worst_regret": round(float(fare.regrets.max())),
        }  # fmt: skip
    return row


def _said(made: ChainPlan, rows: list[dict[str, Any]]) -> str:
    first, last = rows[0], rows[-1]
    if not last["orders"]:
        return f"No money would be spent: {first['short']:,} {made.piece}s stay short whatever is ordered."
    best = max(rows, key=lambda row: row["net_present_value"])
    return (
        f"From nothing to {last['spent']:,} {made.currency}: {first['short']:,} {made.piece}s short fall to "
        f"{last['short']:,}; the most is earned with {best['spent']:,} {made.currency}, a net present value of "
        f"{best['net_present_value']:,}."
    )


def sum_notes(margin: float, rate: float, scenarios: int, demand: float, gap: float) -> list[str]:
    """What was assumed, and what regret is over."""
    notes = [
        f"Assumed: {margin:.0%} of the value of what is won is earned, interest of {rate:.1%} a year, machines are "
        "worth their written-off price when the plan ends; no margin after that is counted.",
    ]
    if scenarios:
        notes.append(
            f"Regret is over the best of these sums in each of {plural(scenarios, 'scenario')}; each demand moves "
            f"within {demand:.0%}, and each plan may be {gap / 2:.1%} from its best."
        )
    return notes
