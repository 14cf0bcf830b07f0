"""Any starts become a plan that can be carried out, by simulating them week by week (list scheduling in time order).

Each week follows what was to be started so far, less what was: first every group cuts what wants it to its capacity,
then, downstream from level to level, every item cuts what takes it to what is there, each cutting all in the same
proportion. A start gets the least of its parts, so no row is broken; two further rounds give out what the first left.
What has to be used up at once (a position of a bill) is made no more than it is taken, all that fills it cut in the
same proportion, so shares still hold. At last, what lies there beyond what was to lie there is supplied, the dearest
demand first.

Where lots are asked for, each start is cut down to whole ones as soon as it is known what there is for it; and since
cutting all in the same proportion may leave nobody a whole lot, what is left of a week is then given out one after
the other, beginning with another one each week.

So rows hold whatever is put in, and starts of a feasible plan come back as they are.
"""

from __future__ import annotations

import math

import numpy as np

from corecar.compiled import compiled, inlined
from corecar.network.arrays import Floats, Integers, Lots, Network
from corecar.network.counting import kept_of
from corecar.network.model import Model
from corecar.network.start_caps import within_caps
from corecar.plan.lot_sizes import whole_lots
from corecar.plan.plans import Plan
from corecar.plan.repairing import cut_to_shares, cut_to_stock, no_surplus
from corecar.plan.structure import Structure, structure_of

ROUNDS = 3
"""How often a week's starts are cut to what is left."""
MOST = 1e12
"""Pieces a week above which a wish counts as this."""


def feasible(
    model: Model, start: Floats, supplied: Floats | None = None, *, graph: Structure | None = None,
    in_lots: bool = False,
) -> Plan:  # fmt: skip
    """A plan that breaks no row of a model, near to some starts.

    start     float64, shape (activities, weeks): any numbers; what is no number counts as 0 [piece]
    supplied  float64, shape (demands, weeks): what was to be supplied; by default as much as possible at once [piece]
    graph     of the model's network, where it is at hand
    in_lots   starts come in whole lots, those of the network's activities; what is wished for waits until it is one
    Returns   its bound is -inf, so its gap is infinite: see `corecar.plan.bound`
    """
    network, weeks = model.network, model.network.weeks
    graph = structure_of(network) if graph is None else graph
    items, groups, demands = len(network.items.names), len(network.groups), len(network.demands)
    given = network.items.arrivals.copy()
    given[:, 0] += network.items.opening
    ship = network.demands.wanted if supplied is None else supplied
    lots = network.activities.lots
    if not in_lots or lots is None:
        lots = Lots(np.zeros(len(network.activities)), np.zeros(len(network.activities)))
    begun, lying = np.zeros((weeks, len(network.activities))), np.zeros((weeks, items))
    came, owed = np.zeros((weeks, demands)), np.zeros((weeks, demands))
    _simulate(
        _wishes(within_caps(network, start)), _wishes(ship),
        by_week(open_of(model)), by_week(network.activities.yields), by_week(model.able),
        by_week(given), by_week(network.demands.wanted), network.activities.lead.astype(np.int64),
        network.activities.output.astype(np.int64), network.activities.share.astype(np.float64),
        network.items.kept.astype(np.bool_), network.demands.item.astype(np.int64),
        graph.order, graph.level_ends, graph.items, graph.item_ends, *graph.taken, *graph.loads, *graph.takers,
        graph.makers.starts, graph.makers.members, graph.wanted.starts, graph.wanted.members,
        lots.step.astype(np.float64), lots.least.astype(np.float64),
        begun, lying, came, owed, np.zeros((weeks, items)), np.zeros((3, len(network.activities))),
        np.zeros((4, items)), np.zeros((2, groups)), np.zeros((3, demands)),
    )  # fmt: skip
    return valued(network, *(np.ascontiguousarray(part.T) for part in (begun, lying, came, owed)))


def valued(network: Network, start: Floats, stock: Floats, supplied: Floats, behind: Floats) -> Plan:
    """A plan with what it breaks of promises and what it costs; nothing is known of its bound."""
    kept = [kept_of(network, floor, start, stock, supplied) for floor in network.floors]
    least = np.array([floor.least for floor in network.floors])
    breach = np.maximum(least - np.array(kept), 0.0)
    cost = (
        float((network.activities.cost * start).sum())
        + float((network.items.holding[:, None] * stock).sum())
        + float((network.demands.late * behind).sum())
        + float(sum(floor.price * short for floor, short in zip(network.floors, breach.tolist(), strict=True)))
    )
    return Plan(network, start, stock, supplied, behind, breach, cost, -math.inf, math.inf)


def open_of(model: Model) -> Floats:
    """The largest start of each activity and week, float64 of shape (activities, weeks); 0 where there can be none.

    What gives an item that cannot lie, weeks later, is not started: nobody could promise to take it at once then.
    """
    network, made = model.network, model.network.activities
    later = ~network.items.kept[made.output] & (made.lead > 0)
    return np.where((model.places.start >= 0) & ~later[:, None], made.most, 0.0)


def by_week(values: Floats) -> Floats:
    """An array with weeks first, contiguous."""
    return np.ascontiguousarray(values.T, np.float64)


def _wishes(values: Floats) -> Floats:
    """What is wished for, summed up to each week; float64, weeks first."""
    clean = np.clip(np.nan_to_num(values, nan=0.0, posinf=MOST, neginf=0.0), 0.0, MOST)
    return np.ascontiguousarray(np.cumsum(clean.T, axis=0), np.float64)


@inlined
def _wished_stock(
    item: int,
    week: int,
    start_wish: Floats,
    ship_wish: Floats,
    yields: Floats,
    lead: Integers,
    taker_starts: Integers,
    takers: Integers,
    taker_quantity: Floats,
    maker_starts: Integers,
    makers: Integers,
    want_starts: Integers,
    wants: Integers,
    wished: Floats,
) -> float:
    """Add this week's wishes to the stock of an item that they lead to, kept in `wished`; at least 0."""
    for place in range(maker_starts[item], maker_starts[item + 1]):
        activity = makers[place]
        then = week - lead[activity]
        if then >= 0:
            before = start_wish[then - 1, activity] if then > 0 else 0.0
            wished[item] += yields[then, activity] * (start_wish[then, activity] - before)
    for place in range(taker_starts[item], taker_starts[item + 1]):
        before = start_wish[week - 1, takers[place]] if week > 0 else 0.0
        wished[item] -= taker_quantity[place] * (start_wish[week, takers[place]] - before)
    for place in range(want_starts[item], want_starts[item + 1]):
        before = ship_wish[week - 1, wants[place]] if week > 0 else 0.0
        wished[item] -= ship_wish[week, wants[place]] - before
    return float(max(wished[item], 0.0))


@inlined
def _begin(
    activity: int,
    week: int,
    amount: float,
    lead: Integers,
    output: Integers,
    yields: Floats,
    load_starts: Integers,
    loads: Integers,
    use: Floats,
    taken_starts: Integers,
    taken: Integers,
    quantity: Floats,
    start: Floats,
    begun: Floats,
    free: Floats,
    there: Floats,
    coming: Floats,
) -> None:
    """Start some pieces: take their capacity and what goes in, and give what comes out in its week."""
    start[week, activity] += amount
    begun[activity] += amount
    for place in range(load_starts[activity], load_starts[activity + 1]):
        free[loads[place]] = max(free[loads[place]] - use[place] * amount, 0.0)
    for place in range(taken_starts[activity], taken_starts[activity + 1]):
        there[taken[place]] -= quantity[place] * amount
    if lead[activity] == 0:
        there[output[activity]] += yields[week, activity] * amount
    else:
        coming[week + lead[activity], output[activity]] += yields[week, activity] * amount


@compiled
def _simulate(
    start_wish: Floats,
    ship_wish: Floats,
    opens: Floats,
    yields: Floats,
    able: Floats,
    given: Floats,
    wanted: Floats,
    lead: Integers,
    output: Integers,
    share: Floats,
    kept: Integers,
    demand_item: Integers,
    order: Integers,
    level_ends: Integers,
    items: Integers,
    item_ends: Integers,
    taken_starts: Integers,
    taken: Integers,
    quantity: Floats,
    load_starts: Integers,
    loads: Integers,
    use: Floats,
    taker_starts: Integers,
    takers: Integers,
    taker_quantity: Floats,
    maker_starts: Integers,
    makers: Integers,
    want_starts: Integers,
    wants: Integers,
    step: Floats,
    least: Floats,
    start: Floats,
    stock: Floats,
    supplied: Floats,
    behind: Floats,
    coming: Floats,
    of_activities: Floats,
    of_items: Floats,
    of_groups: Floats,
    of_demands: Floats,
) -> None:
    """Fill start, stock, supplied, behind, all weeks first. The last five arrays are room to work in."""
    weeks = len(start)
    begun, want, more = of_activities[0], of_activities[1], of_activities[2]
    there, asked, ratio, wished = of_items[0], of_items[1], of_items[2], of_items[3]
    free, load = of_groups[0], of_groups[1]
    came, ship, owed = of_demands[0], of_demands[1], of_demands[2]
    for week in range(weeks):
        for item in range(len(there)):
            there[item] += given[week, item] + coming[week, item]
            wished[item] += given[week, item]
        for demand in range(len(owed)):
            owed[demand] += wanted[week, demand]
        for group in range(len(free)):
            free[group] = able[week, group]
        for _ in range(ROUNDS):
            for group in range(len(free)):
                load[group] = 0.0
            for item in range(len(there)):
                asked[item] = 0.0
            for activity in range(len(begun)):
                wish = whole_lots(
                    start[week, activity], start_wish[week, activity] - begun[activity], step[activity], least[activity]
                )
                want[activity] = max(min(wish, opens[week, activity] - start[week, activity]), 0.0)
                for place in range(load_starts[activity], load_starts[activity + 1]):
                    load[loads[place]] += use[place] * want[activity]
            for activity in range(len(begun)):
                part = 1.0
                for place in range(load_starts[activity], load_starts[activity + 1]):
                    group = loads[place]
                    if load[group] > free[group]:
                        part = min(part, free[group] / load[group])
                want[activity] *= part
                for place in range(taken_starts[activity], taken_starts[activity + 1]):
                    asked[taken[place]] += quantity[place] * want[activity]
            for demand in range(len(owed)):
                ship[demand] = max(min(ship_wish[week, demand] - came[demand], owed[demand]), 0.0)
                asked[demand_item[demand]] += ship[demand]
            begin = begin_item = 0
            for level in range(len(level_ends)):
                for place in range(begin, level_ends[level]):
                    activity = order[place]
                    more[activity] = whole_lots(
                        start[week, activity],
                        cut_to_stock(activity, want, ratio, taken_starts, taken),
                        step[activity],
                        least[activity],
                    )
                for place in range(begin_item, item_ends[level]):
                    item = items[place]
                    cut_to_shares(item, maker_starts, makers, share, start[week], more)
                    made = there[item]
                    for maker in range(maker_starts[item], maker_starts[item + 1]):
                        activity = makers[maker]
                        if lead[activity] == 0:
                            made += yields[week, activity] * more[activity]
                    ratio[item] = min(1.0, made / asked[item]) if asked[item] > 0.0 else 1.0
                begin, begin_item = level_ends[level], item_ends[level]
            for demand in range(len(owed)):
                ship[demand] *= ratio[demand_item[demand]]
            for place in range(len(items) - 1, -1, -1):
                item = items[place]
                if not kept[item]:
                    gone = 0.0
                    for demand in range(want_starts[item], want_starts[item + 1]):
                        gone += ship[wants[demand]]
                    for taker in range(taker_starts[item], taker_starts[item + 1]):
                        gone += taker_quantity[taker] * more[takers[taker]]
                    no_surplus(item, gone, maker_starts, makers, yields[week], more)
            for activity in range(len(begun)):
                if more[activity] > 0.0:
                    _begin(
                        activity, week, more[activity], lead, output, yields, load_starts, loads, use, taken_starts,
                        taken, quantity, start, begun, free, there, coming,
                    )  # fmt: skip
            for demand in range(len(owed)):
                supplied[week, demand] += ship[demand]
                came[demand] += ship[demand]
                owed[demand] -= ship[demand]
                there[demand_item[demand]] -= ship[demand]
            for item in range(len(there)):
                there[item] = max(there[item], 0.0) if kept[item] else 0.0
        first = 0
        for level in range(len(level_ends)):
            many = level_ends[level] - first
            for turn in range(many):
                activity = order[first + (turn + week) % many]
                if step[activity] > 0.0:
                    amount = whole_lots(
                        start[week, activity],
                        start_wish[week, activity] - begun[activity],
                        step[activity],
                        least[activity],
                    )
                    amount = min(amount, opens[week, activity] - start[week, activity])
                    for place in range(load_starts[activity], load_starts[activity + 1]):
                        if use[place] > 0.0:
                            amount = min(amount, free[loads[place]] / use[place])
                    for place in range(taken_starts[activity], taken_starts[activity + 1]):
                        if quantity[place] > 0.0:
                            amount = min(amount, there[taken[place]] / quantity[place])
                    amount = whole_lots(start[week, activity], amount, step[activity], least[activity])
                    if amount > 0.0 and kept[output[activity]]:
                        _begin(
                            activity, week, amount, lead, output, yields, load_starts, loads, use, taken_starts,
                            taken, quantity, start, begun, free, there, coming,
                        )  # fmt: skip
                        for place in range(taken_starts[activity], taken_starts[activity + 1]):
                            there[taken[place]] = max(there[taken[place]], 0.0)
            first = level_ends[level]
        for item in range(len(there)):
            keep = (
                _wished_stock(
                    item,
                    week,
                    start_wish,
                    ship_wish,
                    yields,
                    lead,
                    taker_starts,
                    takers,
                    taker_quantity,
                    maker_starts,
                    makers,
                    want_starts,
                    wants,
                    wished,
                )
                if week < weeks - 1
                else 0.0
            )
            for place in range(want_starts[item], want_starts[item + 1]):
                demand = wants[place]
                last = max(min(there[item] - keep, owed[demand]), 0.0)
                supplied[week, demand] += last
                came[demand] += last
                owed[demand] -= last
                there[item] -= last
        for demand in range(len(owed)):
            owed[demand] = max(owed[demand], 0.0)
            behind[week, demand] = owed[demand]
        for item in range(len(there)):
            stock[week, item] = there[item]
