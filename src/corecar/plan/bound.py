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

A start that has a most of its own may have a negative one: it takes most x that off the bound. Where nothing lies or
arrives, an item's price is no part of the bound and is raised as far as the reduced costs allow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from corecar.compiled import compiled
from corecar.network.arrays import NONE, Flags, Floats, Integers, Network
from corecar.network.counting import counted, variable_of
from corecar.network.model import Model
from corecar.plan.structure import Structure, structure_of

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

    def promises_alone(self, promises: int) -> Prices:
        """Without those of shares that steer a plan, whose floors come behind a network's own promises."""
        return replace(self, floor=self.floor[:promises])


@dataclass(frozen=True)
class Proof:
    """Prices with which no variable has a negative reduced cost but starts with a most, and what they prove.

    bound   what no plan costs less than
    prices  as they were lowered and raised
    demand  float64, shape (demands, weeks): what one more wanted piece costs
    """

    bound: float
    prices: Prices
    demand: Floats


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
    """What no plan of the network costs less than; arguments and errors as of `proved`."""
    return proved(network, prices, limit=limit).bound


def proved(network: Network, prices: Prices, *, limit: Floats | None = None, graph: Structure | None = None) -> Proof:
    """What no plan of the network costs less than, with the prices that prove it.

    prices  of its rows; garbage gives a poor bound, never a wrong one
    limit   float64, shape (groups, weeks): the capacity that plans may use; by default the maximum
    graph   of the network, where it is at hand
    Raises  ArgumentError for a network whose items go round in a circle
    """
    able = network.groups.maximum if limit is None else limit
    graph = structure_of(network) if graph is None else graph
    clean = _cleaned(network, prices)
    found = _proof(network, graph, clean, able) or _proof(network, graph, _without_floors(clean), able)
    assert found is not None
    return found


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


def _proof(network: Network, graph: Structure, prices: Prices, able: Floats) -> Proof | None:
    """The bound; None where the stock of the last week cannot be made right."""
    items, demands = network.items, network.demands
    promised = paid_by_floors(network, prices.floor)
    start = start_cost(network, prices) - promised["started"]
    holding = items.holding[:, None] - promised["stock"]
    given = items.arrivals.copy()
    given[:, 0] += items.opening
    for wanted in (_lifted(network, prices.item, holding), np.maximum(prices.item, 0.0)):
        raised = np.where(_priceless(network, given), _high(network), wanted)
        item = _item_prices(network, graph, raised, start, holding)
        if not (items.kept & (holding[:, -1] + item[:, -1] < -ROUNDING * (1 + np.abs(item[:, -1])))).any():
            break
    else:
        return None
    beta = _demand_prices(network, item[demands.item] - promised["supplied"])
    least = np.array([promise.least for promise in network.floors])
    bound = (demands.wanted * beta).sum() - (given * item).sum() - (able * prices.capacity).sum()
    bound += least @ prices.floor + _limited(network, start, item)
    return Proof(float(bound), replace(prices, item=item), beta)


def _priceless(network: Network, given: Floats) -> Flags:
    """Where an item's price is no part of the bound: nothing lies or arrives, and no start with a most brings any."""
    made = network.activities
    activity, week = np.nonzero(network.startable & np.isfinite(made.most))
    priceless = given == 0
    priceless[made.output[activity], week + made.lead[activity]] = False
    return np.asarray(priceless)


def _high(network: Network) -> float:
    """A price above all that matter, and not so high that rounding would."""
    late = float(network.demands.late.sum(axis=1).max(initial=0.0))
    return 1e4 * (1.0 + late + max((promise.price for promise in network.floors), default=0.0))


def _lifted(network: Network, item: Floats, holding: Floats) -> Floats:
    """Prices that are at least what it costs to let a piece lie until the end, with which no stock asks for more."""
    least = -np.cumsum(holding[:, ::-1], axis=1)[:, ::-1]
    return np.where(network.items.kept[:, None], np.maximum(item, least), item)


def start_cost(network: Network, prices: Prices) -> Floats:
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


def paid_by_floors(network: Network, floor: Floats) -> dict[str, Floats]:
    """What the floors pay for a piece of each variable."""
    weeks = network.weeks
    sizes = {"started": len(network.activities), "supplied": len(network.demands), "stock": len(network.items.names)}
    paid = {kind: np.zeros((size, weeks)) for kind, size in sizes.items()}
    for number, promise in enumerate(network.floors):
        if not promise.weights:
            np.add.at(paid[promise.kind], np.ix_(promise.rows, promise.weeks), floor[number])
            continue
        row, week, values = counted(network, promise)
        np.add.at(paid[variable_of(promise.kind)], (row, week), values * floor[number])
    return paid


def _taken_value(network: Network, item: Floats, activities: Integers, week: int) -> Floats:
    """What the pieces are worth that one start takes in; float64, shape (activities,)."""
    made = network.activities
    lengths = np.diff(made.starts)[activities]
    owner = np.repeat(np.arange(len(activities)), lengths)
    place = np.repeat(made.starts[activities] - np.cumsum(lengths) + lengths, lengths) + np.arange(len(owner))
    value = made.quantities[place] * item[made.items[place], week]
    return np.bincount(owner, value, minlength=len(activities)).astype(np.float64)


def _item_prices(network: Network, graph: Structure, wanted: Floats, start: Floats, holding: Floats) -> Floats:
    """The wanted prices of items, each lowered as far as starts without a most and stocks ask for."""
    made, items = network.activities, network.items
    free = network.startable & np.isinf(made.most)
    item = np.ascontiguousarray(wanted.T, np.float64)
    _lower(
        item, np.ascontiguousarray(start.T), np.ascontiguousarray(holding.T), np.ascontiguousarray(made.yields.T),
        np.ascontiguousarray(free.T), made.lead.astype(np.int64), items.kept.astype(np.bool_),
        graph.items, graph.makers.starts, graph.makers.members, *graph.taken,
    )  # fmt: skip
    return np.ascontiguousarray(item.T)


@compiled
def _lower(
    price: Floats,
    start: Floats,
    holding: Floats,
    yields: Floats,
    free: Flags,
    lead: Integers,
    kept: Flags,
    items: Integers,
    maker_starts: Integers,
    makers: Integers,
    taken_starts: Integers,
    taken: Integers,
    quantity: Floats,
) -> None:
    """Lower prices in place, weeks first in all arrays: pi[t] <= pi[t-1] + h and
    pi[t] <= (cost[t-L] + sum q pi[taken, t-L]) / yield[t-L] of each activity that makes the item.
    """
    for week in range(len(price)):
        for number in range(len(items)):
            item = items[number]
            least = price[week, item]
            if week > 0 and kept[item]:
                least = min(least, price[week - 1, item] + holding[week - 1, item])
            for place in range(maker_starts[item], maker_starts[item + 1]):
                activity = makers[place]
                then = week - lead[activity]
                if then >= 0 and free[then, activity] and yields[then, activity] > 0.0:
                    cost = start[then, activity]
                    for taking in range(taken_starts[activity], taken_starts[activity + 1]):
                        cost += quantity[taking] * price[then, taken[taking]]
                    least = min(least, cost / yields[then, activity])
            price[week, item] = least


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
