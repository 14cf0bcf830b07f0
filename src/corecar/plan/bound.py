"""Any prices become a valid lower bound of what a plan costs, whatever made them: no plan costs less.

The prices of the rows are lowered until no variable of the weekly model has a negative reduced cost, in the one order
in which that takes a single pass: forward in weeks, downstream in items. What then remains of each row's right side,
times its price, is the bound (weak duality). With the optimal prices nothing has to be lowered, and it is the optimum.

An item's price pi is what one more piece there saves, a group's mu what one more unit of capacity saves, a demand's
beta what one more wanted piece costs. Of each variable the reduced cost, which may not be negative:

    start of a in t      cost + use mu[groups of a, t] + sum q pi[taken, t] - yield pi[output, t + L] - floors on it
    stock of i in t      holding + pi[i, t] - pi[i, t + 1] - floors on it; in the last week without pi[i, t + 1]
    supplied to d in t   pi[item of d, t] - beta[d, t] - floors on it
    behind of d in t     late[d, t] - beta[d, t] + beta[d, t + 1]

A start that has a most of its own may have a negative one: it takes most x that off the bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from corecar.errors import ArgumentError
from corecar.network.arrays import NONE, Floats, Integers, Network
from corecar.network.model import Model

ROUNDING = 1e-11
"""Part of a price by which a reduced cost may be below 0 and count as 0."""


@dataclass(frozen=True)
class Prices:
    """Prices of a network's rows; any numbers will do.

    item      float64, shape (items, weeks): what one more piece there saves
    capacity  float64, shape (groups, weeks): what one more unit saves; below 0 counts as 0
    share     float64, shape (activities with a share below 1, weeks): below 0 counts as 0
    floor     float64, shape (floors,): what one more promised piece costs, from 0 to the floor's price
    """

    item: Floats
    capacity: Floats
    share: Floats
    floor: Floats


class Steps(NamedTuple):
    """The order in which items are made: activities by the level of what they give, level after level."""

    activities: tuple[Integers, ...]
    items: tuple[Integers, ...]


def prices_of(model: Model, duals: Floats) -> Prices:
    """The prices in the duals of a model's program, float64 of shape (rows,)."""
    network, weeks = model.network, model.network.weeks
    return Prices(
        item=-duals[model.rows["balance"]].reshape(-1, weeks),
        capacity=-duals[model.rows["capacity"]].reshape(-1, weeks),
        share=-duals[model.rows["share"]].reshape(-1, weeks),
        floor=duals[model.rows["floor"]].reshape(len(network.floors)),
    )


def lower_bound(network: Network, prices: Prices, *, limit: Floats | None = None) -> float:
    """What no plan of the network costs less than.

    prices  of its rows; garbage gives a poor bound, never a wrong one
    limit   float64, shape (groups, weeks): the capacity that plans may use; by default the maximum
    Raises  ArgumentError for a network whose items go round in a circle
    """
    able = network.groups.maximum if limit is None else limit
    clean = _cleaned(network, prices)
    found = _bound(network, clean, able)
    if found is None:
        found = _bound(network, _without_floors(clean), able)
    assert found is not None
    return found


def steps_of(network: Network) -> Steps:
    """Items by how many activities lie at most before them. Raises ArgumentError for a circle."""
    made = network.activities
    owner = np.repeat(np.arange(len(made)), np.diff(made.starts))
    level = np.zeros(len(network.items.names), np.int64)
    for _ in range(len(level) + 1):
        risen = level.copy()
        np.maximum.at(risen, made.output[owner], level[made.items] + 1)
        if (risen == level).all():
            break
        level = risen
    else:
        raise ArgumentError("the network's items go round in a circle, so no order of making them exists.")
    ranks = range(int(level.max(initial=0)) + 1)
    return Steps(
        tuple(np.flatnonzero(level[made.output] == rank) for rank in ranks),
        tuple(np.flatnonzero(level == rank) for rank in ranks),
    )


def _cleaned(network: Network, prices: Prices) -> Prices:
    """The prices with what is no number taken as 0, and each within what its row allows."""
    most = np.array([promise.price for promise in network.floors])
    return Prices(
        item=np.nan_to_num(prices.item, posinf=0.0, neginf=0.0),
        capacity=np.maximum(np.nan_to_num(prices.capacity, posinf=0.0), 0.0),
        share=np.maximum(np.nan_to_num(prices.share, posinf=0.0), 0.0),
        floor=np.clip(np.nan_to_num(prices.floor, posinf=0.0), 0.0, most),
    )


def _without_floors(prices: Prices) -> Prices:
    """Prices with which the last week's stock can always be made right: no promise and no share counts."""
    return replace(
        prices, item=np.maximum(prices.item, 0.0), share=np.zeros_like(prices.share), floor=np.zeros_like(prices.floor)
    )


def _bound(network: Network, prices: Prices, able: Floats) -> float | None:
    """The bound; None where the stock of the last week cannot be made right."""
    items, demands = network.items, network.demands
    promised = _promised(network, prices.floor)
    start = _start_cost(network, prices) - promised["started"]
    holding = items.holding[:, None] - promised["stock"]
    for wanted in (_lifted(network, prices.item, holding), np.maximum(prices.item, 0.0)):
        item = _item_prices(network, wanted, start, holding)
        if not (items.kept & (holding[:, -1] + item[:, -1] < -ROUNDING * (1 + np.abs(item[:, -1])))).any():
            break
    else:
        return None
    beta = _demand_prices(network, item[demands.item] - promised["supplied"])
    given = items.arrivals.copy()
    given[:, 0] += items.opening
    least = np.array([promise.least for promise in network.floors])
    bound = (demands.wanted * beta).sum() - (given * item).sum() - (able * prices.capacity).sum()
    return float(bound + least @ prices.floor + _limited(network, start, item))


def _lifted(network: Network, item: Floats, holding: Floats) -> Floats:
    """Prices of which those of the last week are at least what its stock asks for."""
    lifted = item.copy()
    lifted[:, -1] = np.where(network.items.kept, np.maximum(item[:, -1], -holding[:, -1]), item[:, -1])
    return lifted


def _start_cost(network: Network, prices: Prices) -> Floats:
    """Cost of one started piece, with what it takes of groups and shares; float64, shape (activities, weeks)."""
    made, groups = network.activities, network.groups
    cost = made.cost.astype(np.float64, copy=True)
    group = made.group.copy()
    while (group != NONE).any():
        there = np.flatnonzero(group != NONE)
        cost[there] += made.use[there, None] * prices.capacity[group[there]]
        group[there] = groups.part_of[group[there]]
    for row, activity in enumerate(np.flatnonzero(made.share < 1).tolist()):
        cost[activity] += prices.share[row]
        cost[made.output == made.output[activity]] -= made.share[activity] * prices.share[row]
    return cost


def _promised(network: Network, floor: Floats) -> dict[str, Floats]:
    """What the floors pay for a piece of each variable."""
    weeks = network.weeks
    sizes = {"started": len(network.activities), "supplied": len(network.demands), "stock": len(network.items.names)}
    paid = {kind: np.zeros((size, weeks)) for kind, size in sizes.items()}
    for number, promise in enumerate(network.floors):
        paid[promise.kind][np.ix_(promise.rows, promise.weeks)] += floor[number]
    return paid


def _taken_value(network: Network, item: Floats, activities: Integers, week: int) -> Floats:
    """What the pieces are worth that one start takes in; float64, shape (activities,)."""
    made = network.activities
    lengths = np.diff(made.starts)[activities]
    owner = np.repeat(np.arange(len(activities)), lengths)
    place = np.repeat(made.starts[activities] - np.cumsum(lengths) + lengths, lengths) + np.arange(len(owner))
    value = made.quantities[place] * item[made.items[place], week]
    return np.bincount(owner, value, minlength=len(activities)).astype(np.float64)


def _item_prices(network: Network, wanted: Floats, start: Floats, holding: Floats) -> Floats:
    """The wanted prices of items, each lowered as far as starts without a most and stocks ask for."""
    made, items = network.activities, network.items
    free = network.startable & np.isinf(made.most)
    steps = steps_of(network)
    item = np.array(wanted, np.float64)
    for week in range(network.weeks):
        if week:
            item[items.kept, week] = np.minimum(item, np.roll(item + holding, 1, axis=1))[items.kept, week]
        for making in steps.activities:
            begun = week - made.lead[making]
            there = begun >= 0
            chosen, begun = making[there], begun[there]
            opens = free[chosen, begun]
            chosen, begun = chosen[opens], begun[opens]
            for when in np.unique(begun).tolist():
                own = chosen[begun == when]
                cost = start[own, when] + _taken_value(network, item, own, when)
                np.minimum.at(item[:, week], made.output[own], cost / made.yields[own, when])
    return item


def _demand_prices(network: Network, most: Floats) -> Floats:
    """The prices of demands: what a piece is worth where it is wanted, at most what being late costs until the end."""
    late, beta = network.demands.late, np.array(most, np.float64)
    asked = np.cumsum(network.demands.wanted, axis=1) > 0
    beta[~asked] = np.inf
    beta[:, -1] = np.minimum(beta[:, -1], late[:, -1])
    for week in range(network.weeks - 2, -1, -1):
        beta[:, week] = np.minimum(beta[:, week], late[:, week] + beta[:, week + 1])
    return beta


def _limited(network: Network, start: Floats, item: Floats) -> float:
    """What starts that have a most of their own take off the bound; at most 0."""
    made, total = network.activities, 0.0
    limited = network.startable & np.isfinite(made.most)
    for week in range(network.weeks):
        own = np.flatnonzero(limited[:, week])
        gained = made.yields[own, week] * item[made.output[own], week + made.lead[own]]
        reduced = start[own, week] + _taken_value(network, item, own, week) - gained
        total += float((made.most[own, week] * np.minimum(reduced, 0.0)).sum())
    return total
