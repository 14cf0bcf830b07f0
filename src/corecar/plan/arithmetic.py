"""A plan checked by plain arithmetic: week by week, item by item, without the model that it came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.plan.plans import Plan, load_of


@dataclass(frozen=True)
class Errors:
    """The largest amounts by which a plan breaks its network, each relative to what passes there; 0 is exact.

    flow       pieces that appear or vanish
    demand     pieces behind that do not add up
    capacity   load above the maximum
    negative   pieces below 0
    closed     starts on routes that are not open, or above the most of a week
    share      alternates above their share
    cost       the plan's cost against what it costs when it is added up
    """

    flow: float
    demand: float
    capacity: float
    negative: float
    closed: float
    share: float
    cost: float

    @property
    def worst(self) -> float:
        """The largest of them."""
        return float(max(vars(self).values()))


def errors_of(plan: Plan) -> Errors:
    """What a plan breaks, each error as in `Errors`."""
    network, made = plan.network, plan.network.activities
    scale = 1.0 + max(
        float(plan.start.max(initial=0)), float(plan.supplied.max(initial=0)), float(plan.stock.max(initial=0))
    )
    limit = network.groups.maximum
    over = load_of(network, plan.start) - limit
    parts = (plan.start, plan.stock, plan.supplied, plan.behind, plan.breach)
    open_ = np.where(network.startable, made.most, 0.0)
    return Errors(
        flow=_flow(plan) / scale,
        demand=_behind(plan) / scale,
        capacity=float((over / (1.0 + limit)).max(initial=0.0)),
        negative=-min(0.0, *(float(part.min(initial=0.0)) for part in parts)) / scale,
        closed=float((plan.start - open_).max(initial=0.0)) / scale,
        share=_shares(plan) / scale,
        cost=abs(_cost(plan) - plan.cost) / (1.0 + abs(plan.cost)),
    )


def _flow(plan: Plan) -> float:
    network, made, items = plan.network, plan.network.activities, plan.network.items
    there, worst = items.opening.copy(), 0.0
    coming = items.arrivals.copy()
    for activity in range(len(made)):
        lead = int(made.lead[activity])
        for week in range(network.weeks - lead):
            coming[made.output[activity], week + lead] += made.yields[activity, week] * plan.start[activity, week]
    for week in range(network.weeks):
        there = there + coming[:, week]
        for activity in range(len(made)):
            taken = slice(made.starts[activity], made.starts[activity + 1])
            np.subtract.at(there, made.items[taken], made.quantities[taken] * plan.start[activity, week])
        np.subtract.at(there, network.demands.item, plan.supplied[:, week])
        kept = np.where(items.kept, plan.stock[:, week], 0.0)
        worst = max(worst, float(np.abs(there - kept).max(initial=0.0)))
        there = kept
    return worst


def _behind(plan: Plan) -> float:
    owed = np.cumsum(plan.network.demands.wanted - plan.supplied, axis=1)
    return float(np.abs(owed - plan.behind).max(initial=0.0))


def _shares(plan: Plan) -> float:
    made, worst = plan.network.activities, 0.0
    for activity in np.flatnonzero(made.share < 1).tolist():
        filled = plan.start[made.output == made.output[activity]].sum(axis=0)
        worst = max(worst, float((plan.start[activity] - made.share[activity] * filled).max(initial=0.0)))
    return worst


def _cost(plan: Plan) -> float:
    network = plan.network
    parts = [
        (network.activities.cost * plan.start).sum(),
        (network.items.holding[:, None] * plan.stock).sum(),
        (network.demands.late * plan.behind).sum(),
        sum(promise.price * short for promise, short in zip(network.floors, plan.breach, strict=True)),
    ]
    return float(sum(parts))
