"""Products of the scaled weekly matrix with prices and with variables, row by row, compiled; it is never stored.

Rows of variables and of prices as in `corecar.plan.scaled`; `part` is the row of `room` that a result is put into.
"""

from __future__ import annotations

import numpy as np

from corecar.compiled import inlined
from corecar.network.arrays import Integers
from corecar.plan.fused import fused
from corecar.plan.scaled import Singles


@inlined
def of_prices(
    row: int,
    part: int,
    room: Singles,
    y: Singles,
    floors: Singles,
    gives: Singles,
    output: Integers,
    lead: Integers,
    taken_starts: Integers,
    taken: Integers,
    quantity: Singles,
    load_starts: Integers,
    loads: Integers,
    use: Singles,
    demand_item: Integers,
    satisfies: Singles,
    shared_starts: Integers,
    shared: Integers,
    shared_value: Singles,
    floored_starts: Integers,
    floored: Integers,
    floored_value: Singles,
    items: int,
    groups: int,
) -> None:
    """A^T y of one variable's weeks."""
    weeks = y.shape[1]
    activities, demands = len(gives), len(satisfies)
    if row < activities:
        for week in range(weeks):
            room[part, week] = 0.0
        shift, item = lead[row], output[row]
        for week in range(weeks - shift):
            room[part, week] = fused(-gives[row, week], y[item, week + shift], room[part, week])
        for place in range(taken_starts[row], taken_starts[row + 1]):
            item, value = taken[place], quantity[place]
            for week in range(weeks):
                room[part, week] = fused(value, y[item, week], room[part, week])
        for place in range(load_starts[row], load_starts[row + 1]):
            group, value = items + demands + loads[place], use[place]
            for week in range(weeks):
                room[part, week] = fused(value, y[group, week], room[part, week])
        for place in range(shared_starts[row], shared_starts[row + 1]):
            share, value = items + demands + groups + shared[place], shared_value[place]
            for week in range(weeks):
                room[part, week] = fused(value, y[share, week], room[part, week])
    elif row < activities + items or row >= activities + items + demands:
        line = row - activities if row < activities + items else row - activities - demands
        for week in range(weeks - 1):
            room[part, week] = y[line, week] - y[line, week + 1]
        room[part, weeks - 1] = y[line, weeks - 1]
    else:
        demand = row - activities - items
        item, value = demand_item[demand], satisfies[demand]
        for week in range(weeks):
            room[part, week] = value * y[item, week] + y[items + demand, week]
    for place in range(floored_starts[row], floored_starts[row + 1]):
        floor = floored[place] // weeks
        room[part, floored[place] - floor * weeks] += floored_value[place] * floors[floor]


@inlined
def of_variables(
    row: int,
    part: int,
    room: Singles,
    x: Singles,
    gives: Singles,
    lead: Integers,
    maker_starts: Integers,
    makers: Integers,
    taker_starts: Integers,
    takers: Integers,
    quantity: Singles,
    loader_starts: Integers,
    loaders: Integers,
    use: Singles,
    want_starts: Integers,
    wants: Integers,
    satisfies: Singles,
    share_starts: Integers,
    sharing: Integers,
    share_value: Singles,
    items: int,
    groups: int,
) -> None:
    """A x of one price's weeks."""
    weeks = x.shape[1]
    activities, demands = len(gives), len(satisfies)
    if row < items:
        stock = activities + row
        room[part, 0] = x[stock, 0]
        for week in range(1, weeks):
            room[part, week] = x[stock, week] - x[stock, week - 1]
        for place in range(maker_starts[row], maker_starts[row + 1]):
            activity = makers[place]
            shift = lead[activity]
            for week in range(weeks - shift):
                room[part, week + shift] = fused(-gives[activity, week], x[activity, week], room[part, week + shift])
        for place in range(taker_starts[row], taker_starts[row + 1]):
            activity, value = takers[place], quantity[place]
            for week in range(weeks):
                room[part, week] = fused(value, x[activity, week], room[part, week])
        for place in range(want_starts[row], want_starts[row + 1]):
            demand = wants[place]
            supplied, value = activities + items + demand, satisfies[demand]
            for week in range(weeks):
                room[part, week] = fused(value, x[supplied, week], room[part, week])
    elif row < items + demands:
        supplied = activities + row
        behind = supplied + demands
        room[part, 0] = x[behind, 0] + x[supplied, 0]
        for week in range(1, weeks):
            room[part, week] = x[behind, week] - x[behind, week - 1] + x[supplied, week]
    else:
        for week in range(weeks):
            room[part, week] = 0.0
        line = row - items - demands
        if line < groups:
            for place in range(loader_starts[line], loader_starts[line + 1]):
                activity, value = loaders[place], use[place]
                for week in range(weeks):
                    room[part, week] = fused(value, x[activity, week], room[part, week])
        else:
            for place in range(share_starts[line - groups], share_starts[line - groups + 1]):
                activity, value = sharing[place], share_value[place]
                for week in range(weeks):
                    room[part, week] = fused(value, x[activity, week], room[part, week])


@inlined
def in_metric(
    row: int, part: int, sigma: np.float32, room: Singles, ways: Singles, below: Singles, pivot: Singles
) -> None:
    """Put (L D L^T)^-1 of a row of `room` in its place; add the square of sigma times it in that metric to `ways`."""
    weeks = below.shape[1]
    for week in range(1, weeks):
        room[part, week] = fused(-below[row, week], room[part, week - 1], room[part, week])
    for week in range(weeks):
        solved = room[part, week] * pivot[row, week]
        ways[part, week] += sigma * sigma * room[part, week] * solved
        room[part, week] = solved
    for week in range(weeks - 2, -1, -1):
        room[part, week] = fused(-below[row, week + 1], room[part, week + 1], room[part, week])
