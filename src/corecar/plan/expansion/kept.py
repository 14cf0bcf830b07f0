"""What a search for orders leaves to the next one over the same network and options, whose limits may differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from corecar.network.arrays import Floats
from corecar.plan.expansion.orders import Orders
from corecar.plan.plans import Plan

MOST = 12
"""Orders with their plans that are kept; the dearest go first, but never those without any order."""


class Tried(NamedTuple):
    """Whole orders that were planned: margin x the plan's cost + charges, how many of each order, the plan."""

    cost: float
    ordered: Floats
    plan: Plan


@dataclass
class Kept:
    """Cuts, which hold whatever the limits are, and orders that were planned.

    scale  of the plan's cost in cuts
    """

    scale: float = 0.0
    cuts: list[tuple[Floats, float]] = field(default_factory=list)
    tried: list[Tried] = field(default_factory=list)

    def add(self, cost: float, ordered: Floats, plan: Plan) -> None:
        """Keep orders with their plan."""
        self.tried.append(Tried(cost, ordered, plan))
        others = sorted((each for each in self.tried if each.ordered.any()), key=lambda each: each.cost)
        none = [each for each in self.tried if not each.ordered.any()]
        self.tried = [*none[:1], *others[:MOST]]

    def best(self, orders: Orders) -> Tried | None:
        """The cheapest of those that the limits of some orders allow; None where none is."""
        there = [each for each in self.tried if len(each.ordered) == len(orders) and not orders.broken(each.ordered)]
        return min(there, key=lambda each: each.cost, default=None)
