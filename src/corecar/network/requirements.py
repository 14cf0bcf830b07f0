"""What the full demand asks of every activity, week by week: requirements followed upstream, without any limit."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from corecar.network.arrays import Flags, Floats, Integers, Network


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
