"""A plan checked by plain arithmetic: week by week, item by item, without the model that it came from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.errors import SolverError
from corecar.network.arrays import Floats, Integers
from corecar.plan.plans import Plan, load_of

MOST = 1e-5
"""Part by which a plan may be wrong at most; solvers keep their rows to 1e-7 or so of scaled amounts."""


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


def checked(plan: Plan, *, whole_lots: bool = False) -> None:
    """Raises SolverError for a plan that breaks its network by more than `MOST`, or is not in whole lots as it says."""
    errors = vars(errors_of(plan)) | {"lots": _off_whole_lots(plan) if whole_lots else 0.0}
    name = max(errors, key=lambda each: errors[each])
    if not errors[name] <= MOST:
        raise SolverError(
            f"the plan does not add up: its {name} is wrong by {errors[name]:.2g} of what passes there. "
            "Plan again by another method (--method)."
        )


def _off_whole_lots(plan: Plan) -> float:
    """The largest part of a lot by which a start is off a whole one or below the least; 0 without lots."""
    lots = plan.network.activities.lots
    if lots is None:
        return 0.0
    step = np.where(lots.step > 0, lots.step, 1.0)[:, None]
    whole = np.where((lots.step > 0)[:, None], np.abs(plan.start / step - np.round(plan.start / step)), 0.0)
    started = plan.start > 1e-9 * (1.0 + lots.least[:, None])
    few = np.where(started, (lots.least[:, None] - plan.start) / np.maximum(lots.least, 1.0)[:, None], 0.0)
    return float(max(whole.max(initial=0.0), few.max(initial=0.0)))


def _flow(plan: Plan) -> float:
    network, made, items = plan.network, plan.network.activities, plan.network.items
    coming = items.arrivals.copy()
    for lead in np.unique(made.lead).tolist():
        rows = np.flatnonzero(made.lead == lead)
        given = made.yields[rows] * plan.start[rows]
        coming[:, lead:] += _summed(made.output[rows], given[:, : max(network.weeks - lead, 0)], len(coming))
    activity = np.repeat(np.arange(len(made)), np.diff(made.starts))
    leaving = _summed(made.items, made.quantities[:, None] * plan.start[activity], len(coming))
    leaving += _summed(network.demands.item, plan.supplied, len(coming))
    kept = np.where(items.kept[:, None], plan.stock, 0.0)
    before = np.column_stack([items.opening, kept[:, :-1]])
    return float(np.abs(before + coming - leaving - kept).max(initial=0.0))


def _summed(rows: Integers, values: Floats, count: int) -> Floats:
    """The values of rows of one number added up, float64 of shape (count, weeks)."""
    out = np.empty((count, values.shape[1]))
    for week in range(values.shape[1]):
        out[:, week] = np.bincount(rows, values[:, week], count)
    return out


def _behind(plan: Plan) -> float:
    owed = np.cumsum(plan.network.demands.wanted - plan.supplied, axis=1)
    return float(np.abs(owed - plan.behind).max(initial=0.0))


def _shares(plan: Plan) -> float:
    made = plan.network.activities
    shared = np.flatnonzero(made.share < 1)
    if not len(shared):
        return 0.0
    filled = _summed(made.output, plan.start, len(plan.network.items.opening))
    over = plan.start[shared] - made.share[shared, None] * filled[made.output[shared]]
    return float(over.max(initial=0.0))


def _cost(plan: Plan) -> float:
    network = plan.network
    parts = [
        (network.activities.cost * plan.start).sum(),
        (network.items.holding[:, None] * plan.stock).sum(),
        (network.demands.late * plan.behind).sum(),
        sum(promise.price * short for promise, short in zip(network.floors, plan.breach, strict=True)),
    ]
    return float(sum(parts))
