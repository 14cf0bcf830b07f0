"""A plan with machines that are ordered: `corecar expand plan`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from corecar.bridge.expand.expansion_answers import Asked, expansion_told
from corecar.bridge.expand.exposures import Exposure, exposure_of
from corecar.bridge.plan.asked_plan import AskedPlan, asked_plan
from corecar.bridge.plan.planning import ChainPlan
from corecar.errors import ArgumentError
from corecar.network.arrays import Network
from corecar.plan.compare import Summary, summary_of
from corecar.plan.expansion.cells import Measured, cells_of, to_buy_first
from corecar.plan.expansion.choosing import find_expansion
from corecar.plan.expansion.expansion import Expansion, expanded
from corecar.plan.expansion.nothing import why_nothing
from corecar.plan.expansion.options import Means, means_of
from corecar.plan.expansion.orders import Orders, orders_of
from corecar.plan.solving import never

MARGIN = 0.1
"""Part of the plan's cost that counts beside money where nobody says: of a lost piece's value, about what is earned."""


def expanded_plan(
    made: ChainPlan, *, margin: float = MARGIN, gap: float = 0.02, time_limit: float = 600.0, method: str = "choose",
    measured: Mapping[str, Measured] | None = None, stop: Callable[[], bool] = never,
) -> dict[str, Any]:  # fmt: skip
    """What to order for the cells of a plan's chain, and when; the plan is made again with it, by its own rule.

    margin      part of the plan's cost that counts beside money, above 0
    gap         part by which the cost of orders and plan may lie above its bound
    time_limit  seconds for finding the orders
    method      `choose`, `exact` for one integer program, or `prices`
    Returns     said, facts, rows (an order each, by week), effect (without and with), demands, notes, details
    Raises      ArgumentError for a chain without cells or machines to order, or numbers that are none; SolverError for
                a static plan; Cancelled
    """
    if not margin > 0 or not gap >= 0 or not time_limit > 0:
        raise ArgumentError(f"margin={margin}, gap={gap}, time_limit={time_limit}: expected more than 0, a gap of 0.")
    asked = asked_plan(made, stop)
    network = asked.plan.network
    orders = orders_of(means_for(made, network, measured), network)
    find = partial(
        find_expansion, network, margin=margin, limit=asked.limit, gap=gap, time_limit=time_limit, method=method,
        stop=stop,
    )  # fmt: skip
    found = find(orders)
    why = "" if found.ordered.any() else why_nothing(network, found, margin, find)
    plans, exposures = _plans(asked, orders, found)
    answer = expansion_told(found, Asked(margin, gap, made.piece, made.currency), plans, exposures, why)
    answer["notes"] += to_buy_first(made.chain, orders.means.cells)
    return answer


def means_for(made: ChainPlan, network: Network, measured: Mapping[str, Measured] | None) -> Means:
    """What can be ordered for the cells of a plan's chain. Raises ArgumentError, also where currencies differ."""
    means = means_of(made.chain, network, cells_of(made.chain, measured))
    if means.currency and made.currency and means.currency != made.currency:
        raise ArgumentError(
            f"prices of machines are in {means.currency}, values of products in {made.currency}. Write all of them in "
            "one currency."
        )
    return means


def _plans(
    asked: AskedPlan, orders: Orders, found: Expansion
) -> tuple[tuple[Summary, Summary], tuple[Exposure | None, Exposure | None]]:
    """Without and with the orders: the plan in a few numbers, and how exposed its network is."""
    network, sites = asked.plan.network, asked.chain.sites
    before, exposed = summary_of(asked.plan, "without", asked.limit), exposure_of(network, sites)
    if not found.ordered.any():
        return (before, before), (exposed, exposed)
    more = expanded(network, orders, orders.hours(found.ordered))
    after = summary_of(asked.planner(more), "with the orders", asked.limit)
    return (before, after), (exposed, exposure_of(more, sites))
