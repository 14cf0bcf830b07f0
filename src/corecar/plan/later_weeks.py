"""What is left of a plan from a week on: what was started before is under way, what is owed is asked for at once."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from corecar.network.arrays import Floats, Floor, Network
from corecar.network.counting import counted, variable_of
from corecar.network.model import weekly_model
from corecar.plan.bound import Prices, proved
from corecar.plan.plans import Plan, gap_of
from corecar.plan.repair import valued


def from_week(plan: Plan, week: int) -> Plan:
    """The part of a plan from a week on, a plan of the network that is left then.

    week     of the horizon, 0 for the whole plan
    Returns  its cost is that of the weeks that are left; its bound is what the plan's own prices of those weeks prove
    """
    if week == 0:
        return plan
    network = _left(plan, week)
    parts = (part[:, week:].copy() for part in (plan.start, plan.stock, plan.supplied, plan.behind))
    rest = valued(network, *parts)
    if plan.prices is None:
        return replace(rest, bound=-math.inf, gap=math.inf)
    old = plan.prices
    prices = Prices(old.item[:, week:], old.capacity[:, week:], old.share[:, week:], np.zeros(len(network.floors)))
    bound = min(proved(network, prices, limit=weekly_model(network).able).bound, rest.cost)
    return replace(rest, bound=bound, gap=gap_of(rest.cost, bound), prices=prices)


def _left(plan: Plan, week: int) -> Network:
    network, weeks = plan.network, plan.network.weeks - week
    made, items, groups, demands = network.activities, network.items, network.groups, network.demands
    arrivals = items.arrivals[:, week:].copy()
    for begun in range(week):
        then = begun + made.lead - week
        coming = np.flatnonzero((then >= 0) & (then < weeks) & (plan.start[:, begun] > 0))
        np.add.at(arrivals, (made.output[coming], then[coming]), made.yields[coming, begun] * plan.start[coming, begun])
    wanted = demands.wanted[:, week:].copy()
    wanted[:, 0] += plan.behind[:, week - 1]
    return replace(
        network,
        first_week=network.first_week + week,
        weeks=weeks,
        items=replace(items, opening=plan.stock[:, week - 1].copy(), arrivals=arrivals),
        activities=replace(made, yields=made.yields[:, week:], cost=made.cost[:, week:], most=made.most[:, week:]),
        groups=replace(groups, actual=groups.actual[:, week:], maximum=groups.maximum[:, week:]),
        demands=replace(demands, wanted=wanted, late=demands.late[:, week:]),
        floors=tuple(left for floor in network.floors if (left := _floor_left(plan, floor, week)) is not None),
    )


def _floor_left(plan: Plan, floor: Floor, week: int) -> Floor | None:
    """What is left of a promise; None where its weeks are over."""
    later = tuple(each - week for each in floor.weeks if each >= week)
    if not later:
        return None
    parts: dict[str, Floats] = {"started": plan.start, "supplied": plan.supplied, "stock": plan.stock}
    if not floor.weights:
        over = [each for each in floor.weeks if each < week]
        came = float(parts[floor.kind][np.ix_(floor.rows, over)].sum()) if over else 0.0
        return replace(floor, weeks=later, least=max(floor.least - came, 0.0))
    row, begun, values = counted(plan.network, floor)
    before = begun < week
    least = floor.least - float((values * parts[variable_of(floor.kind)][row, begun])[before].sum())
    return replace(floor, weeks=later, least=min(least, 0.0) if floor.is_cap else max(least, 0.0))
