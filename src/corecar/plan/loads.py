"""What the full demand would take of each capacity group, week by week, and the light of CX-0128 beside it."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from corecar.chain.comparison import light_of
from corecar.network.arrays import Flags, Floats, Groups, Integers, Network
from corecar.plan.plans import Plan, load_of

SAME = 1e-6
"""Part by which a load may lie above a capacity and count as equal: parts of alternates come from a solver."""


def lights(load: Floats, groups: Groups) -> Integers:
    """The light of each group and week, int64 of the load's shape: an index of `corecar.chain.comparison.LIGHTS`.

    load     float64, shape (groups, weeks) [unit of the group]
    Source   CX-0128 v2.2.1, as `light_of` has it
    """
    return light_of(load, groups.actual, groups.maximum, same=SAME).astype(np.int64)


def asked_load(plan: Plan) -> Floats:
    """Capacity that it would take to supply every demand in its week, float64 of shape (groups, weeks).

    Requirements go from each demand upstream, less stock and what is under way, earlier by each lead time, divided by
    each yield, among alternates in the parts that the plan starts of them; where it starts none, evenly. What would
    have had to be started before the first week is left out: no capacity of the horizon can make it.
    """
    network = plan.network
    return load_of(network, required_starts(network, plan.start))


def required_starts(network: Network, start: Floats) -> Floats:
    """Pieces to start for the full demand, float64 of shape (activities, weeks); alternates in the parts of `start`."""
    made, items, weeks = network.activities, network.items, network.weeks
    need = np.zeros((len(items.names), weeks))
    np.add.at(need, network.demands.item, network.demands.wanted)
    there = np.cumsum(items.arrivals, axis=1) + items.opening[:, None]
    makers = _makers(network)
    found = np.zeros_like(start)
    for item in upstream(network):
        activities = makers.get(item)
        if activities is None:
            continue
        lacking = np.maximum.accumulate(np.maximum(np.cumsum(need[item]) - there[item], 0.0))
        wanted = np.diff(lacking, prepend=0.0)
        given = (made.yields[activities] * start[activities]).sum(axis=1)
        parts = given / given.sum() if given.sum() > 0 else np.full(len(activities), 1 / len(activities))
        for activity, part in zip(activities.tolist(), parts.tolist(), strict=True):
            lead = int(made.lead[activity])
            if part <= 0 or lead >= weeks:
                continue
            begun = found[activity]
            begun[: weeks - lead] = part * wanted[lead:] / made.yields[activity, : weeks - lead]
            taken = slice(made.starts[activity], made.starts[activity + 1])
            np.add.at(need, made.items[taken], made.quantities[taken][:, None] * begun)
    return found


def upstream(network: Network) -> list[int]:
    """Items in an order in which each stands before all that go into it."""
    made, makers = network.activities, _makers(network)
    inputs = {
        activity: made.items[made.starts[activity] : made.starts[activity + 1]].tolist()
        for activities in makers.values()
        for activity in activities.tolist()
    }
    waiting = np.zeros(len(network.items.names), np.int64)
    for taken in inputs.values():
        np.add.at(waiting, taken, 1)
    ready = [item for item in range(len(waiting)) if not waiting[item]]
    for item in ready:
        for activity in makers.get(item, np.zeros(0, np.int64)).tolist():
            for below in inputs[activity]:
                waiting[below] -= 1
                if not waiting[below]:
                    ready.append(below)
    return ready


def _makers(network: Network) -> dict[int, Integers]:
    """The activities that give each item and can be started at all."""
    found: dict[int, list[int]] = defaultdict(list)
    able: Flags = np.asarray(network.startable.any(axis=1))
    for activity, item in enumerate(network.activities.output.tolist()):
        if able[activity]:
            found[item].append(activity)
    return {item: np.array(activities, np.int64) for item, activities in found.items()}
