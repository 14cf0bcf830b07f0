"""How long things take in a plan: from the first start to the vehicle, and from the request to the delivery."""

from __future__ import annotations

import numpy as np

from corecar.network.arrays import Floats, Network
from corecar.plan.plans import Plan

NOTHING = 1e-9


def response_times(plan: Plan) -> Floats:
    """Weeks from request to delivery by demand, mean over the pieces that come, the oldest request served first.

    Returns  float64, shape (demands,); 0 where all come in their week, NaN where nothing comes
    """
    asked, came = plan.network.demands.wanted.cumsum(axis=1), plan.supplied.cumsum(axis=1)
    total = came[:, -1:]
    waited = np.maximum(np.minimum(asked, total) - came, 0.0).sum(axis=1)
    mean = np.divide(waited, total[:, 0], out=np.full(len(total), np.nan), where=total[:, 0] > NOTHING)
    return np.asarray(mean)


def cycle_times(plan: Plan) -> Floats:
    """Weeks from the first start until the piece is supplied, by demand, along the slowest part of each bill.

    Returns  float64, shape (demands,); NaN where nothing flows, or an item goes into itself

    Lead times of what is started, each alternate by what it gives, and waiting in stock (`waiting_times`). What lay
    there or was under way as the plan began counts from that moment on.
    """
    network, made, items = plan.network, plan.network.activities, plan.network.items
    weeks, waiting = network.weeks, waiting_times(plan)
    age = np.full(len(items.names), np.nan)
    ends = np.arange(weeks)[None, :] + made.lead[:, None] < weeks
    given = np.where(ends, made.yields * plan.start, 0.0).sum(axis=1)
    for item in _downstream(network):
        makers = np.flatnonzero(made.output == item)
        began = float(items.opening[item] + items.arrivals[item].sum())
        flow, total = began, 0.0
        for activity in makers[given[makers] > NOTHING].tolist():
            parts = age[made.items[made.starts[activity] : made.starts[activity + 1]]]
            total += given[activity] * (float(made.lead[activity]) + float(np.max(parts, initial=0.0)))
            flow += given[activity]
        if flow > NOTHING:
            age[item] = total / flow + waiting[item]
    return np.where(plan.supplied.sum(axis=1) > NOTHING, age[network.demands.item], np.nan)


def mean_over_supplies(plan: Plan, times: Floats) -> float | None:
    """Mean of a time by demand over the pieces that are supplied; None where nothing is, or no time is known."""
    pieces = np.where(np.isnan(times), 0.0, plan.supplied.sum(axis=1))
    total = float(pieces.sum())
    return float((pieces * np.nan_to_num(times)).sum() / total) if total > NOTHING else None


def waiting_times(plan: Plan) -> Floats:
    """Weeks that a piece lies in stock before it is taken, mean over what leaves, the oldest first.

        sum over t of min(stock at the end of t, what leaves after t) / all that leaves

    Stock that nothing takes before the plan ends is not waiting for anything: it lies behind what leaves, and counts
    for nothing.

    Returns  float64, shape (items,); 0 where nothing leaves
    Source   Little, "A proof for the queuing formula L = lambda W", Operations Research 9 (1961): mean stock over
             throughput, of those pieces alone that pass through
    """
    leaves = leaving_of(plan)
    total = leaves.sum(axis=1)
    passing = np.minimum(plan.stock, total[:, None] - leaves.cumsum(axis=1)).clip(min=0.0).sum(axis=1)
    return np.asarray(np.divide(passing, total, out=np.zeros(len(total)), where=total > NOTHING))


def leaving_of(plan: Plan) -> Floats:
    """Pieces of each item that are taken or supplied in each week, float64 of shape (items, weeks)."""
    network, made = plan.network, plan.network.activities
    leaving = np.zeros((len(network.items.names), network.weeks))
    np.add.at(leaving, network.demands.item, plan.supplied)
    owner = np.repeat(np.arange(len(made)), np.diff(made.starts))
    np.add.at(leaving, made.items, made.quantities[:, None] * plan.start[owner])
    return leaving


def _downstream(network: Network) -> list[int]:
    """Items, each behind all that goes into it; those that go into themselves are left out."""
    made = network.activities
    owner = np.repeat(np.arange(len(made)), np.diff(made.starts))
    pairs = set(zip(made.items.tolist(), made.output[owner].tolist(), strict=True))
    waits = np.zeros(len(network.items.names), np.int64)
    feeds: dict[int, list[int]] = {}
    for part, whole in sorted(pairs):
        waits[whole] += 1
        feeds.setdefault(part, []).append(whole)
    order = np.flatnonzero(waits == 0).tolist()
    for part in order:
        for whole in feeds.get(part, ()):
            waits[whole] -= 1
            if not waits[whole]:
                order.append(whole)
    return order
