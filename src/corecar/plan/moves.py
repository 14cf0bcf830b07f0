"""A plan made cheaper by moves that break no row: to cheaper routes, to other weeks, and sooner to who waits.

Which moves are tried follows from reduced costs: a start, a stock or a shortage whose reduced cost is above 0 is in no
best plan of those prices. Whether a move stays follows from what it really costs, with all that it changes further up.
So prices only guide: with any of them the plan becomes no dearer, and it stays within all rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from corecar.compiled import compiled, inner
from corecar.network.arrays import NONE, Flags, Floats, Integers, Network
from corecar.network.counting import variable_of
from corecar.network.model import Model
from corecar.plan.bound import Proof
from corecar.plan.moving import (
    EARLIER,
    LATER,
    NEED,
    STEPS_ROOM,
    SURPLUS,
    TINY,
    begun,
    dearer,
    laid,
    noted,
    room_for,
    settled,
    taken_back,
)
from corecar.plan.plans import Plan
from corecar.plan.reduced import reduced_costs
from corecar.plan.repair import open_of, valued
from corecar.plan.structure import Structure

TRIES = 3
"""Other starts that one start's pieces are tried with."""
PART, PARTS = 0.2, 3
"""What is tried of what could not be supplied sooner as a whole, and how often."""
WORTH = 5e-3
"""Part of a start's own cost below which its reduced cost counts as none."""


def cheaper(model: Model, plan: Plan, proof: Proof, *, graph: Structure) -> Plan:
    """The plan after all moves that make it cheaper; at most as dear. Its bound is not looked at.

    plan   breaks no row
    proof  with the prices that guide, as `corecar.plan.bound.proved` gives it

    A move that is hoped to gain less than a variable's share of what plan and bound are apart is not tried. At the
    large size that is 15 of 16: they took most of the time, and what they gained was in the way of larger gains.
    """
    network, made = model.network, model.network.activities
    reduced = reduced_costs(network, proof)
    start, stock, supplied, behind = (
        np.array(part, np.float64, order="C") for part in (plan.start, plan.stock, plan.supplied, plan.behind)
    )
    facts: tuple[Any, ...] = (
        start, stock, model.able - loaded(network, start),
        *graph.loads, *graph.taken, *graph.makers[:2], made.lead.astype(np.int64),
        *(np.ascontiguousarray(part, np.float64) for part in (made.yields, open_of(model))),
        network.items.kept.astype(np.bool_), _still(network),
        np.ascontiguousarray(made.cost, np.float64), network.items.holding.astype(np.float64), *reduced[:2],
        np.zeros((3, 3, STEPS_ROOM), np.int64), np.zeros((3, STEPS_ROOM)), np.zeros(3, np.int64),
    )  # fmt: skip
    least = (plan.cost - proof.bound) / model.places.count
    _rerouted(graph.items, least, *facts)
    _sooner(
        least, supplied, behind, np.ascontiguousarray(network.demands.late, np.float64), reduced.behind,
        network.demands.item.astype(np.int64), _promised(network), *facts,
    )  # fmt: skip
    for part in (start, stock, supplied, behind):
        np.maximum(part, 0.0, out=part)  # what rounding leaves of a step taken back
    better = valued(network, start, stock, supplied, behind)
    return better if better.cost < plan.cost else plan


def loaded(network: Network, start: Floats) -> Floats:
    """What starts use of each group, those around their own included; float64, shape (groups, weeks)."""
    made, groups = network.activities, network.groups
    load = np.zeros((len(groups), network.weeks))
    group = made.group.copy()
    while (group != NONE).any():
        there = np.flatnonzero(group != NONE)
        np.add.at(load, group[there], made.use[there, None] * start[there])
        group[there] = groups.part_of[group[there]]
    return load


def _still(network: Network) -> Flags:
    """Activities that no move touches: of promised starts, of items with shares or with promised stock."""
    made = network.activities
    items = np.zeros(len(network.items.names), np.bool_)
    items[made.output[made.share < 1]] = True
    still = np.zeros(len(made), np.bool_)
    for floor in network.floors:
        if variable_of(floor.kind) == "started":
            still[list(floor.rows)] = True
        if floor.kind == "stock":
            items[list(floor.rows)] = True
    takes = np.zeros(len(made), np.bool_)
    np.logical_or.at(takes, np.repeat(np.arange(len(made)), np.diff(made.starts)), items[made.items])
    return np.asarray(still | items[made.output] | takes)


def _promised(network: Network) -> Flags:
    """Demands that something is promised to."""
    promised = np.zeros(len(network.demands), np.bool_)
    for floor in network.floors:
        if floor.kind == "supplied":
            promised[list(floor.rows)] = True
    return promised


@inner
def _elsewhere(item: int, week: int, activity: int, before: float, plan: Any, graph: Any, costs: Any) -> Any:
    """Where pieces of an item that an activity gives in a week are cheapest from instead, by reduced costs.

    before  what is to be gained is less than this [money/piece]
    Returns (maker, the week it would give them in); the maker is below 0 where nothing is gained
    """
    start, stock, _ = plan
    maker_starts, makers, lead, yields, most = graph[6], graph[7], graph[8], graph[9], graph[10]
    kept, still = graph[11], graph[12]
    cost, _, reduced, lying = costs
    given = yields[activity, week - lead[activity]]
    own = reduced[activity, week - lead[activity]] / given
    best, chosen, chosen_week = WORTH * abs(cost[activity, week - lead[activity]]) / given, -1, -1
    first = max(week - EARLIER, 0) if kept[item] else week
    last = min(week + LATER, start.shape[1] - 1) if kept[item] else week
    saved = 0.0
    for then in range(week - 1, first - 1, -1):
        saved -= lying[item, then]
    for then in range(first, last + 1):
        if then > first:
            saved += lying[item, then - 1]
        if then > week and stock[item, then - 1] <= TINY:
            break
        for place in range(maker_starts[item], maker_starts[item + 1]):
            maker = makers[place]
            begin = then - lead[maker]
            if begin < 0 or still[maker] or most[maker, begin] <= 0.0 or yields[maker, begin] <= 0.0:
                continue
            gain = own + saved - reduced[maker, begin] / yields[maker, begin]
            if best < gain < before and not (maker == activity and then == week):
                best, chosen, chosen_week = gain, maker, then
    return best, chosen, chosen_week


@inner
def _moved(
    item: int, week: int, activity: int, maker: int, then: int, pieces: float, plan: Any, graph: Any, costs: Any,
    journal: Any,
) -> bool:  # fmt: skip
    """Give pieces of an item by another start, in another week, and settle what follows; False where that fails."""
    taken_starts, taken, quantity, lead, yields = graph[3], graph[4], graph[5], graph[8], graph[9]
    _, _, counts = journal
    counts[0] = counts[1] = counts[2] = 0
    own_week, begin = week - lead[activity], then - lead[maker]
    less, more = pieces / yields[activity, own_week], pieces / yields[maker, begin]
    begun(activity, own_week, -less, plan, graph, journal)
    for part in range(taken_starts[activity], taken_starts[activity + 1]):
        laid(taken[part], own_week, quantity[part] * less, plan, journal)
        noted(SURPLUS, taken[part], own_week, quantity[part] * less, journal)
    begun(maker, begin, more, plan, graph, journal)
    for part in range(taken_starts[maker], taken_starts[maker + 1]):
        noted(NEED, taken[part], begin, quantity[part] * more, journal)
    if then != week:
        laid(item, week, -pieces, plan, journal)
        laid(item, then, pieces, plan, journal)
    return bool(settled(plan, graph, costs[2], journal))


@inner
def _tried(
    item: int, week: int, activity: int, maker: int, then: int, enough: float, plan: Any, graph: Any, costs: Any,
    journal: Any,
) -> None:  # fmt: skip
    """Move as much as can be, if that is cheaper and enough."""
    start, stock, _ = plan
    lead, yields = graph[8], graph[9]
    own_week, begin = week - lead[activity], then - lead[maker]
    pieces = min(
        start[activity, own_week] * yields[activity, own_week],
        room_for(maker, begin, plan, graph) * yields[maker, begin],
    )
    for between in range(week, then):
        pieces = min(pieces, stock[item, between])
    if pieces <= max(TINY, enough):
        return
    could = _moved(item, week, activity, maker, then, pieces, plan, graph, costs, journal)
    if not could or dearer(costs, journal, start.shape[1]) >= 0.0:
        taken_back(plan, graph, journal)


@compiled
def _rerouted(
    items: Integers,
    least: float,
    start: Floats,
    stock: Floats,
    room: Floats,
    load_starts: Integers,
    loads: Integers,
    use: Floats,
    taken_starts: Integers,
    taken: Integers,
    quantity: Floats,
    maker_starts: Integers,
    makers: Integers,
    lead: Integers,
    yields: Floats,
    most: Floats,
    kept: Flags,
    still: Flags,
    cost: Floats,
    holding: Floats,
    reduced: Floats,
    lying: Floats,
    kinds: Integers,
    amounts: Floats,
    counts: Integers,
) -> None:
    """Move starts, those of the last stage first, to where and when their item is cheaper from, in place."""
    plan = (start, stock, room)
    graph = (
        load_starts, loads, use, taken_starts, taken, quantity, maker_starts, makers, lead, yields, most, kept, still,
    )  # fmt: skip
    journal, costs = (kinds, amounts, counts), (cost, holding, reduced, lying)
    for rank in range(len(items) - 1, -1, -1):
        item = items[rank]
        for week in range(start.shape[1]):
            for place in range(maker_starts[item], maker_starts[item + 1]):
                activity = makers[place]
                own_week = week - lead[activity]
                if own_week < 0 or still[activity] or yields[activity, own_week] <= 0.0:
                    continue
                gain = 1e300
                for _ in range(TRIES):
                    if start[activity, own_week] <= TINY:
                        break
                    gain, maker, then = _elsewhere(item, week, activity, gain, plan, graph, costs)
                    if maker < 0:
                        break
                    _tried(item, week, activity, maker, then, least / gain, plan, graph, costs, journal)


@compiled
def _sooner(
    least: float,
    supplied: Floats,
    behind: Floats,
    late: Floats,
    waiting: Floats,
    wanted_item: Integers,
    promised: Flags,
    start: Floats,
    stock: Floats,
    room: Floats,
    load_starts: Integers,
    loads: Integers,
    use: Floats,
    taken_starts: Integers,
    taken: Integers,
    quantity: Floats,
    maker_starts: Integers,
    makers: Integers,
    lead: Integers,
    yields: Floats,
    most: Floats,
    kept: Flags,
    still: Flags,
    cost: Floats,
    holding: Floats,
    reduced: Floats,
    lying: Floats,
    kinds: Integers,
    amounts: Floats,
    counts: Integers,
) -> None:
    """Supply sooner, or at all, what demands wait for beyond what the prices ask for, in place."""
    weeks = start.shape[1]
    plan = (start, stock, room)
    graph = (
        load_starts, loads, use, taken_starts, taken, quantity, maker_starts, makers, lead, yields, most, kept, still,
    )  # fmt: skip
    journal, costs = (kinds, amounts, counts), (cost, holding, reduced, lying)
    for week in range(weeks):
        for demand in range(len(wanted_item)):
            if promised[demand] or behind[demand, week] <= TINY:
                continue
            item = wanted_item[demand]
            until, pieces, worth, hoped = weeks, behind[demand, week], 0.0, 0.0
            for then in range(week, weeks):
                if behind[demand, then] <= TINY:
                    until = then
                    break
                pieces = min(pieces, behind[demand, then])
                worth += late[demand, then]
                hoped += waiting[demand, then]
            if hoped <= WORTH * worth:
                continue
            if until < weeks:
                pieces = min(pieces, supplied[demand, until])
            for _ in range(PARTS):
                if pieces <= max(TINY, least / hoped):
                    break
                counts[0] = counts[1] = counts[2] = 0
                if until < weeks:
                    laid(item, until, pieces, plan, journal)
                    noted(SURPLUS, item, until, pieces, journal)
                noted(NEED, item, week, pieces, journal)
                if settled(plan, graph, reduced, journal) and dearer(costs, journal, weeks) < worth * pieces:
                    supplied[demand, week] += pieces
                    if until < weeks:
                        supplied[demand, until] -= pieces
                    for then in range(week, until):
                        behind[demand, then] -= pieces
                    break
                taken_back(plan, graph, journal)
                pieces *= PART
