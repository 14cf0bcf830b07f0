"""What to order and when: the plan with the orders, what both cost, and how near that is proved to be to the best."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from corecar.network.arrays import Floats, Network
from corecar.plan.expansion.orders import Orders
from corecar.plan.plans import Plan, gap_of


@dataclass(frozen=True)
class Expansion:
    """Orders, and the plan that they allow.

    ordered  float64, shape (orders,): whole numbers
    plan     of the network with the extra hours
    cost     margin x the plan's cost + charges
    bound    no orders and plan together cost less
    seconds  that it took; tries: plans that were made
    """

    orders: Orders
    ordered: Floats
    plan: Plan
    cost: float
    bound: float
    seconds: float
    tries: int

    @property
    def gap(self) -> float:
        """(cost - bound) / cost."""
        return gap_of(self.cost, self.bound)

    @property
    def charges(self) -> float:
        """What the orders cost the plan."""
        return float(self.orders.charge @ self.ordered)

    @property
    def spent(self) -> float:
        """What is paid for them within the horizon."""
        orders = self.orders
        return float(sum(
            many * amount
            for option, week, many in zip(orders.option.tolist(), orders.week.tolist(), self.ordered.tolist(),
                                          strict=True) if many
            for _, amount in orders.means.options[option].payments(week, orders.weeks)
        ))  # fmt: skip


def expanded(network: Network, orders: Orders, extra: Floats) -> Network:
    """A network whose groups have extra hours, both planned and at most.

    extra  float64, shape (extras,); may be below 0, where a conversion takes machines away
    """
    more = orders.given(extra, network)
    groups = network.groups
    return replace(
        network,
        groups=replace(
            groups, actual=np.maximum(groups.actual + more, 0.0), maximum=np.maximum(groups.maximum + more, 0.0)
        ),
    )
