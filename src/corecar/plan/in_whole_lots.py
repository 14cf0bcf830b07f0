"""A plan whose starts are whole lots, from one whose starts are of any size.

From the last stage to the first each route's starts are gathered into whole lots, and what a larger or earlier lot
takes in is asked of the stages before it; how early a lot is begun is tried in several ways. Then the repair
(`corecar.plan.repair`) carries them out week by week, in whole lots, so no row breaks. What comes late by that is asked
for in addition, some times over, and the cheapest plan counts. Once a stage of large lots stands, the stages after it
are planned again with what comes of it in each week (relax and fix).
The bound stays that of starts of any size: no plan in whole lots costs less than it either, so the gap says what
rounding can cost at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from corecar.network.arrays import Floats, Floor, Integers, Lots, Network
from corecar.network.model import Limit, Model, weekly_model
from corecar.plan.lot_sizes import ROUNDING
from corecar.plan.plans import Plan, gap_of, load_of
from corecar.plan.repair import feasible
from corecar.plan.structure import Structure, structure_of

AHEAD = (1.0, 0.75, 0.5, 0.25, 0.01, 1e-6)
"""Parts of a lot that have to be wished for until a whole one is begun."""
AGAIN = 4
"""How often what rounding made late is asked for in addition, with the best of those parts."""


Again = Callable[[Model], Plan]
"""Plans a model with starts of any size, in the same way as the plan that is rounded."""


def in_whole_lots(model: Model, plan: Plan, again: Again | None = None) -> Plan:
    """The cheapest plan in whole lots that is found near to a plan; the same plan where its network has no lots.

    again    plans the later stages anew after each stage of large lots, wafers above all, was rounded, so that they
             know what comes in which week; without it every stage is rounded in one go
    Returns  with the bound, prices and history of `plan`, and the gap to that bound
    Raises   ArgumentError for a network whose items go round in a circle, which cannot be simulated week by week; what
             `again` raises
    """
    network = model.network
    if network.activities.lots is None:
        return plan
    graph = structure_of(network)
    best = last = _rounded(model, graph, plan)
    fixed = np.zeros_like(plan.start)
    for upto in _large(network, graph, network.activities.lots) if again is not None else ():
        fixed[upto] += last.start[upto]
        rest = weekly_model(_after(model, fixed, upto))
        last = _rounded(rest, graph, again(rest))  # type: ignore[misc]
        whole = feasible(model, fixed + last.start, last.supplied, graph=graph, in_lots=True)
        best = min(best, whole, key=lambda each: each.cost)
    bound = min(plan.bound, best.cost)
    return replace(best, bound=bound, gap=gap_of(best.cost, bound), prices=plan.prices, history=plan.history)


def _rounded(model: Model, graph: Structure, plan: Plan) -> Plan:
    """All stages in one go."""
    network, lots = model.network, model.network.activities.lots
    assert lots is not None

    def tried(ahead: float) -> Plan:
        wish = gathered(network, graph, lots, plan.start, ahead, missing)
        return feasible(model, wish, graph=graph, in_lots=True)

    missing = np.zeros((len(network.items.names), network.weeks))
    best, ahead = min(((tried(part), part) for part in AHEAD), key=lambda each: each[0].cost)
    last = best
    for _ in range(AGAIN):
        np.add.at(missing, network.demands.item, np.maximum(last.behind - plan.behind, 0.0))
        last = tried(ahead)
        best = min(best, last, key=lambda each: each.cost)
    return best


def _large(network: Network, graph: Structure, lots: Lots) -> Iterator[Integers]:
    """Activities up to each level with lots of more than a piece; as far as what they make can lie."""
    large = (lots.step > 1) | (lots.least > 1)
    begin = 0
    for end in graph.level_ends.tolist():
        upto = graph.order[:end]
        if not network.items.kept[network.activities.output[upto]].all():
            return
        if large[graph.order[begin:end]].any():
            yield upto
        begin = end


def _after(model: Model, fixed: Floats, upto: Integers) -> Network:
    """What is left of a network when some activities start what they start: what comes of them, and what they leave.

    Of an item that lies there, what some later week takes is not there for others before.
    """
    network, made, weeks = model.network, model.network.activities, model.network.weeks
    lying = np.cumsum(network.items.arrivals, axis=1) + network.items.opening[:, None]
    for activity in upto.tolist():
        lead, taken = int(made.lead[activity]), slice(made.starts[activity], made.starts[activity + 1])
        begun = np.cumsum(made.yields[activity] * fixed[activity])
        if lead < weeks:
            lying[made.output[activity], lead:] += begun[: weeks - lead]
        lying[made.items[taken]] -= made.quantities[taken, None] * np.cumsum(fixed[activity])
    free = np.maximum(np.minimum.accumulate(lying[:, ::-1], axis=1)[:, ::-1], 0.0)
    able = np.maximum(model.able - load_of(network, fixed), 0.0)
    most = made.most.copy()
    most[upto] = 0.0
    return replace(
        network,
        items=replace(network.items, opening=free[:, 0], arrivals=np.diff(free, axis=1, prepend=free[:, :1])),
        activities=replace(made, most=most),
        groups=replace(network.groups, actual=able, maximum=able),
    )


def with_whole_capacity(network: Network, limit: Limit = "maximum") -> Network:
    """The network without what no whole lots can use: 340.7 wafers a week are 340, and a route whose least lot is more
    than its most, or than its groups can do in a week, starts nothing in that week.

    limit  up to which groups are planned

    Where all that loads a group takes the same capacity a step, its load is a multiple of that; so plans in whole lots
    stay what they are, and a bound of starts of any size comes nearer to them.
    """
    made, lots = network.activities, network.activities.lots
    if lots is None:
        return network
    loads = structure_of(network).loads
    owner = np.repeat(np.arange(len(made)), np.diff(loads.starts))
    one = loads.values * lots.step[owner]
    least, most = np.full(len(network.groups), np.inf), np.zeros(len(network.groups))
    np.minimum.at(least, loads.members, one)
    np.maximum.at(most, loads.members, one)
    unit = np.where((least > 0) & (most > 0) & (most <= least * (1 + 1e-12)), least, 0.0)[:, None]

    def whole(able: Floats) -> Floats:
        return np.where(unit > 0, np.floor(able / np.where(unit > 0, unit, 1.0) + ROUNDING) * unit, able)

    groups = replace(network.groups, actual=whole(network.groups.actual), maximum=whole(network.groups.maximum))
    able = groups.maximum if limit == "maximum" else groups.actual
    room = made.most.copy()
    taking = loads.values > 0
    np.minimum.at(room, owner[taking], able[loads.members[taking]] / loads.values[taking, None])
    size = np.where(lots.step > 0, lots.step, 1.0)[:, None]
    fewest = np.maximum(lots.least, lots.step)[:, None]
    closed = (lots.step > 0)[:, None] & (room < fewest * (1 - ROUNDING))
    limited = np.isfinite(made.most) & (lots.step > 0)[:, None]
    most = np.where(limited, np.floor(np.where(limited, made.most, 0.0) / size + ROUNDING) * size, made.most)
    return replace(network, groups=groups, activities=replace(made, most=np.where(closed, 0.0, most)))


def gathered(network: Network, graph: Structure, lots: Lots, start: Floats, ahead: float, missing: Floats) -> Floats:
    """Starts gathered into whole lots, float64 of the shape of `start` [piece].

    ahead    the part of a lot from which on a whole one is started: 1 not before all of it is wished for
    missing  float64, shape (items, weeks): what is wanted by each week beyond what the starts give
    """
    made = network.activities
    wish = np.cumsum(start, axis=1)
    more = missing.copy()
    share, found = _shares(network, start), np.zeros_like(start)
    begins = [0, *graph.level_ends[:-1].tolist()]
    for begin, end in reversed(list(zip(begins, graph.level_ends.tolist(), strict=True))):
        level = graph.order[begin:end]
        asked = wish[level] + _when_made(more[made.output[level]], made.lead[level]) * share[level][:, None]
        whole = _in_lots(asked, lots.step[level], lots.least[level], ahead)
        for floor in network.floors:
            if (
                floor.kind == "started"
                and not floor.weights
                and len(floor.rows) == 1
                and (level == floor.rows[0]).any()
            ):
                _keep(floor, whole[int(np.flatnonzero(level == floor.rows[0])[0])], lots)
        found[level] = whole
        beyond = np.maximum.accumulate(np.maximum(np.cumsum(whole, axis=1) - wish[level], 0.0), axis=1)
        for activity, extra in zip(level.tolist(), beyond, strict=True):
            taken = slice(made.starts[activity], made.starts[activity + 1])
            more[made.items[taken]] += made.quantities[taken, None] * extra
    return found


def _keep(floor: Floor, starts: Floats, lots: Lots) -> None:
    """Raise the starts of a route, in place, in the last week of a promise of starts that they would break."""
    row, last = floor.rows[0], floor.weeks[-1]
    missing = floor.least - float(starts[list(floor.weeks)].sum())
    step = float(lots.step[row])
    if missing <= ROUNDING * max(step, 1.0):
        return
    more = np.ceil(missing / step - ROUNDING) * step if step > 0 else missing
    starts[last] = max(starts[last] + more, float(lots.least[row]))


def _shares(network: Network, start: Floats) -> Floats:
    """Starts of each activity for one more piece of its output: all that make it start more in the same proportion."""
    made = network.activities
    given = (made.yields * start).sum(axis=1)
    whole = np.bincount(made.output, given, len(network.items.names))[made.output]
    usual = np.maximum(made.yields.mean(axis=1), 1e-3)
    part: Floats = np.where(whole > 0, given / np.where(whole > 0, whole, 1.0), 0.0) / usual
    return part


def _when_made(needed: Floats, lead: Integers) -> Floats:
    """What is needed by a week, moved to the week in which it is started; what is needed too soon to the first."""
    weeks = needed.shape[1]
    moved: Floats = np.take_along_axis(needed, np.minimum(np.arange(weeks) + lead[:, None], weeks - 1), axis=1)
    return moved


def _in_lots(wish: Floats, step: Floats, least: Floats, ahead: float) -> Floats:
    """Whole lots week by week behind a wish that is summed up; without a step what is wished for."""
    begun, found = np.zeros(len(wish)), np.zeros_like(wish)
    size = np.where(step > 0, step, 1.0)
    for week in range(wish.shape[1]):
        pending = np.maximum(wish[:, week] - begun, 0.0)
        some = np.floor(pending / size + 1.0 - ahead + ROUNDING) * size
        some = np.where(some < least, np.where(pending >= ahead * least, least, 0.0), some)
        found[:, week] = np.where(step > 0, np.where(pending > ROUNDING * size, some, 0.0), pending)
        begun += found[:, week]
    return found
