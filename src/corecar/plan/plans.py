"""What a plan is: starts, stocks, supplies and what is behind, by week, with how good it is proved to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.network.arrays import NONE, Floats, Network
from corecar.network.model import Model
from corecar.plan.bound import Prices, prices_of
from corecar.program import Basis, Solution


@dataclass(frozen=True)
class Step:
    """What a method had after some time.

    seconds     since it began
    iterations  so far
    cost        of the best plan so far; infinite before there is any
    bound       the best so far
    weight      between steps of the plan and of the prices, of a first-order method
    """

    seconds: float
    iterations: int
    cost: float
    bound: float
    weight: float = 1.0

    @property
    def gap(self) -> float:
        """(cost - bound) / cost."""
        return gap_of(self.cost, self.bound)


def gap_of(cost: float, bound: float) -> float:
    """(cost - bound) / |cost|, at least 0; infinite without a bound."""
    return max(cost - bound, 0.0) / max(abs(cost), 1e-300) if np.isfinite(bound) and np.isfinite(cost) else np.inf


@dataclass(frozen=True)
class Plan:
    """A plan of a network.

    start     float64, shape (activities, weeks): pieces started
    stock     float64, shape (items, weeks): pieces that lie there at the end of a week
    supplied  float64, shape (demands, weeks); behind likewise
    breach    float64, shape (floors,): pieces that each promise is short of
    cost      the objective's value; no plan costs less than `bound`
    gap       (cost - bound) / cost
    prices    of the network's rows: what the plan was found by, and what its bound is proved with
    history   how cost and bound closed in on each other, where the method tells
    corner    of what can be done, where the method ended at one: a plan of nearly the same network begins there
    """

    network: Network
    start: Floats
    stock: Floats
    supplied: Floats
    behind: Floats
    breach: Floats
    cost: float
    bound: float
    gap: float
    prices: Prices | None = None
    history: tuple[Step, ...] = ()
    corner: Basis | None = None

    @property
    def fill(self) -> Floats:
        """Supplied over requested by demand, float64 of shape (demands,); 1 where nothing is requested."""
        total = self.network.demands.total
        came = self.supplied.sum(axis=1)
        return np.where(total > 0, came / np.where(total > 0, total, 1.0), 1.0)

    @property
    def short(self) -> Floats:
        """Requested and not supplied by the end, float64 of shape (demands,) [piece]."""
        return self.behind[:, -1]

    @property
    def load(self) -> Floats:
        """Capacity taken, float64 of shape (groups, weeks) [unit of the group]."""
        return load_of(self.network, self.start)


def load_of(network: Network, start: Floats) -> Floats:
    """Capacity that starts take by group and week, those of nested groups included."""
    made, groups = network.activities, network.groups
    load = np.zeros((len(groups), network.weeks))
    taken = made.use[:, None] * start
    group = made.group.copy()
    while (group != NONE).any():
        there = group != NONE
        np.add.at(load, group[there], taken[there])
        group[there] = groups.part_of[group[there]]
    return load


def plan_of(model: Model, solution: Solution, corner: Basis | None = None) -> Plan:
    """A solution of a model as a plan."""
    places, x = model.places, np.append(np.maximum(solution.x, 0.0), 0.0)
    return Plan(
        network=model.network,
        start=x[places.start],
        stock=x[places.stock],
        supplied=x[places.supplied],
        behind=x[places.behind],
        breach=x[places.breach],
        cost=solution.objective,
        bound=solution.bound,
        gap=solution.gap,
        prices=prices_of(model, solution.prices),
        corner=corner,
    )
