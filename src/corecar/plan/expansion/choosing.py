"""Which method finds the orders: one integer program at small size, prices of capacity beyond."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.network.arrays import Network
from corecar.network.model import Limit, weekly_model
from corecar.plan.expansion.by_prices import expansion_by_prices
from corecar.plan.expansion.exact import best_expansion
from corecar.plan.expansion.expansion import Expansion
from corecar.plan.expansion.kept import Kept
from corecar.plan.expansion.orders import Orders
from corecar.plan.solving import never
from corecar.solve import Stop

SMALL = 20_000
"""Variables of plan and orders up to which one integer program is asked."""


@dataclass(frozen=True)
class Way:
    """A method, and in a few words what it does."""

    does: str
    run: Callable[..., Expansion]


METHODS: dict[str, Way] = {
    "exact": Way("orders and plan in one integer program", best_expansion),
    "prices": Way("plans tell prices of hours, orders follow them, at any size", expansion_by_prices),
}
"""Methods by name."""


def find_expansion(
    network: Network, orders: Orders, *, margin: float, limit: Limit = "maximum", gap: float = 0.0,
    time_limit: float = 120.0, method: str = "choose", stop: Stop = never,
    kept: Kept | None = None,
) -> Expansion:  # fmt: skip
    """The orders with the least margin x cost of the plan + charges, or some that are proved to be near them.

    kept    what earlier searches over the same network and options left, to begin from; this one's is added
    method  `choose` by size, or a key of `METHODS`
    Raises  ArgumentError for a method that is none; SolverError, Cancelled
    """
    if method != "choose" and method not in METHODS:
        raise ArgumentError(f'there is no method "{method}". {meant(method, ("choose", *METHODS))}')
    name = method
    if method == "choose":
        count = weekly_model(network, limit=limit).places.count + orders.columns
        name = "exact" if count <= SMALL else "prices"
    return METHODS[name].run(
        network, orders, margin=margin, limit=limit, gap=gap, time_limit=time_limit, stop=stop, kept=kept
    )  # fmt: skip
