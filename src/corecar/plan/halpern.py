"""Iterations of the reflected Halpern method on the scaled weekly model, compiled, on all cores.

T is one step of the primal-dual hybrid gradient method (PDHG). With an anchor z0 and k steps since it was set,
z+ = (k+1)/(k+2) (2 T(z) - z) + z0 / (k+2); the anchor moves to z when |T(z) - z| has fallen enough, and the weight om
between primal and dual steps follows the way gone since, unless it is held (Lu and Yang 2024; Chen and others 2024).
Lengths are those of the steps' own metric: of variables in T^-1, of prices in Sigma^-1.

Rows are cut into parts that do not depend on the number of threads. Squares are added row by row into one place for
each week (`ways`), those then week by week and part by part; so each sum has one order, however wide the vector unit
is, and the bits depend on neither threads nor processor. Short loops of few arrays each fill that unit.
"""

from __future__ import annotations

import math

import numpy as np

from corecar.compiled import inlined, parallel, prange
from corecar.network.arrays import Floats, Integers
from corecar.plan.products import in_metric, of_prices, of_variables
from corecar.plan.scaled import Singles

OMEGA, SINCE, DONE, FIRST, BEFORE, INTEGRAL, ETA, HELD, LEAST = range(9)
"""Places of the state: weight, steps since the anchor, steps in all, residual at the anchor and of the last step, sum
of the errors of the weight, length of a step, 1 while the weight is held, the least weight."""
STATE = 9
NOTHING = np.float32(1e-12)
"""Part of what usually passes, or of what it is worth, that counts as 0. What dies away would else become ever smaller
numbers, and a processor reckons with those below 1e-38 many times as slowly."""


@inlined
def emptied(ways: Singles, part: int) -> None:
    """Begin a sum anew."""
    for week in range(ways.shape[1]):
        ways[part, week] = 0.0


@inlined
def added_up(ways: Singles, part: int) -> float:
    """The sum over weeks, in their order."""
    total = 0.0
    for week in range(ways.shape[1]):
        total += np.float64(ways[part, week])
    return total


@parallel
def advance(
    steps: int,
    priced: float,
    adapt: bool,
    state: Floats,
    norms: Floats,
    room: Singles,
    ways: Singles,
    x: Singles,
    x_anchor: Singles,
    x_bar: Singles,
    y: Singles,
    y_anchor: Singles,
    floors: Singles,
    floors_anchor: Singles,
    cost: Singles,
    most: Singles,
    step: Singles,
    gives: Singles,
    output: Integers,
    lead: Integers,
    taken_starts: Integers,
    taken: Integers,
    quantity: Singles,
    load_starts: Integers,
    loads: Integers,
    use: Singles,
    taker_starts: Integers,
    takers: Integers,
    taker_quantity: Singles,
    loader_starts: Integers,
    loaders: Integers,
    loader_use: Singles,
    maker_starts: Integers,
    makers: Integers,
    want_starts: Integers,
    wants: Integers,
    demand_item: Integers,
    satisfies: Singles,
    share_starts: Integers,
    sharing: Integers,
    share_value: Singles,
    shared_starts: Integers,
    shared: Integers,
    shared_value: Singles,
    side: Singles,
    dual: Singles,
    below: Singles,
    pivot: Singles,
    floor_starts: Integers,
    floor_places: Integers,
    floor_value: Singles,
    floored_starts: Integers,
    floored: Integers,
    floored_value: Singles,
    promised: Singles,
    x_parts: Integers,
    y_parts: Integers,
    items: int,
    groups: int,
) -> None:
    """Some steps, in place: x, y, floors, their anchors, and the state.

    priced  1, or 0 for steps towards any plan
    adapt   whether anchor and weight may move
    """
    weeks = x.shape[1]
    parts = len(x_parts) - 1
    demands = len(satisfies)
    for _ in range(steps):
        keep = (state[SINCE] + 1.0) / (state[SINCE] + 2.0)
        now, was = np.float32(keep), np.float32(1.0 - keep)
        primal, sigma = state[ETA] / state[OMEGA], np.float32(state[ETA] * state[OMEGA])
        scale = np.float32(priced)
        for part in prange(parts):
            emptied(ways, part)
            for row in range(x_parts[part], x_parts[part + 1]):
                of_prices(
                    row, part, room, y, floors, gives, output, lead, taken_starts, taken, quantity, load_starts,
                    loads, use, demand_item, satisfies, shared_starts, shared, shared_value, floored_starts, floored,
                    floored_value, items, groups,
                )  # fmt: skip
                tau, light = np.float32(primal * step[row]), np.float32(1.0) / step[row]
                for week in range(weeks):
                    new = x[row, week] - tau * (scale * cost[row, week] - room[part, week])
                    room[part, week] = max(min(new, most[row, week]), np.float32(0.0)) - x[row, week]
                for week in range(weeks):
                    bar = x[row, week] + room[part, week] + room[part, week]
                    x_bar[row, week] = bar if abs(bar) > NOTHING else np.float32(0.0)
                    next_x = now * bar + was * x_anchor[row, week]
                    x[row, week] = next_x if abs(next_x) > NOTHING else np.float32(0.0)
                for week in range(weeks):
                    ways[part, week] += room[part, week] * room[part, week] * light
            norms[0, part] = added_up(ways, part)
        for part in prange(parts):
            emptied(ways, part)
            for row in range(y_parts[part], y_parts[part + 1]):
                of_variables(
                    row, part, room, x_bar, gives, lead, maker_starts, makers, taker_starts, takers, taker_quantity,
                    loader_starts, loaders, loader_use, want_starts, wants, satisfies, share_starts, sharing,
                    share_value, items, groups,
                )  # fmt: skip
                for week in range(weeks):
                    room[part, week] = side[row, week] - room[part, week]
                if row < items + demands:
                    in_metric(row, part, sigma, room, ways, below, pivot)
                    for week in range(weeks):
                        change = sigma * room[part, week]
                        next_y = now * (y[row, week] + change + change) + was * y_anchor[row, week]
                        y[row, week] = next_y if abs(next_y) > NOTHING else np.float32(0.0)
                else:
                    length = sigma * dual[row - items - demands]
                    light = np.float32(1.0) / dual[row - items - demands]
                    for week in range(weeks):
                        old = y[row, week]
                        change = min(old + length * room[part, week], np.float32(0.0)) - old
                        next_y = now * (old + change + change) + was * y_anchor[row, week]
                        y[row, week] = next_y if abs(next_y) > NOTHING else np.float32(0.0)
                        ways[part, week] += change * change * light
            norms[1, part] = added_up(ways, part)
        floors_moved = 0.0
        for floor in range(len(floors)):
            kept = 0.0
            for place in range(floor_starts[floor], floor_starts[floor + 1]):
                at = floor_places[place]
                kept += floor_value[place] * x_bar[at // weeks, at % weeks]
            old = floors[floor]
            new = old + sigma * promised[1, floor] * np.float32(promised[0, floor] - kept)
            change = max(min(new, promised[2, floor]), np.float32(0.0)) - old
            floors[floor] = now * (old + change + change) + was * floors_anchor[floor]
            floors_moved += change * change / promised[1, floor]
        primal_moved, dual_moved = 0.0, floors_moved
        for part in range(parts):
            primal_moved += norms[0, part]
            dual_moved += norms[1, part]
        left = math.sqrt(state[OMEGA] * primal_moved + dual_moved / state[OMEGA])
        if state[SINCE] == 0.0:
            state[FIRST] = left
        state[SINCE] += 1.0
        state[DONE] += 1.0
        fallen = left <= 0.2 * state[FIRST] or (left <= 0.8 * state[FIRST] and left > state[BEFORE])
        if adapt and ((fallen and state[SINCE] > 1.0) or state[SINCE] >= 0.36 * state[DONE]):
            for part in prange(parts):
                emptied(ways, part)
                for row in range(x_parts[part], x_parts[part + 1]):
                    light = np.float32(1.0) / step[row]
                    for week in range(weeks):
                        way = x[row, week] - x_anchor[row, week]
                        ways[part, week] += way * way * light
                        x_anchor[row, week] = x[row, week]
                norms[0, part] = added_up(ways, part)
                emptied(ways, part)
                for row in range(y_parts[part], y_parts[part + 1]):
                    for week in range(weeks):
                        room[part, week] = y[row, week] - y_anchor[row, week]
                        y_anchor[row, week] = y[row, week]
                    if row < items + demands:
                        for week in range(weeks):
                            own = room[part, week]
                            if week < weeks - 1:
                                own += below[row, week + 1] * room[part, week + 1]
                            ways[part, week] += own * own / pivot[row, week]
                    else:
                        light = np.float32(1.0) / dual[row - items - demands]
                        for week in range(weeks):
                            ways[part, week] += room[part, week] * room[part, week] * light
                norms[1, part] = added_up(ways, part)
            primal_way, dual_way = 0.0, 0.0
            for floor in range(len(floors)):
                far = floors[floor] - floors_anchor[floor]
                dual_way += far * far / promised[1, floor]
                floors_anchor[floor] = floors[floor]
            for part in range(parts):
                primal_way += norms[0, part]
                dual_way += norms[1, part]
            if state[HELD] == 0.0 and primal_way > 0.0 and dual_way > 0.0:
                error = math.log(state[OMEGA]) + 0.5 * math.log(primal_way / dual_way)
                state[INTEGRAL] = 0.3 * state[INTEGRAL] + error
                weight = state[OMEGA] * math.exp(-0.5 * error - 0.01 * state[INTEGRAL])
                state[OMEGA] = max(weight, state[LEAST])
            state[SINCE] = 0.0
        state[BEFORE] = left


@parallel
def stretched(
    room: Singles,
    ways: Singles,
    norms: Floats,
    x: Singles,
    y: Singles,
    floors: Singles,
    most: Singles,
    step: Singles,
    gives: Singles,
    output: Integers,
    lead: Integers,
    taken_starts: Integers,
    taken: Integers,
    quantity: Singles,
    load_starts: Integers,
    loads: Integers,
    use: Singles,
    taker_starts: Integers,
    takers: Integers,
    taker_quantity: Singles,
    loader_starts: Integers,
    loaders: Integers,
    loader_use: Singles,
    maker_starts: Integers,
    makers: Integers,
    want_starts: Integers,
    wants: Integers,
    demand_item: Integers,
    satisfies: Singles,
    share_starts: Integers,
    sharing: Integers,
    share_value: Singles,
    shared_starts: Integers,
    shared: Integers,
    shared_value: Singles,
    dual: Singles,
    below: Singles,
    pivot: Singles,
    floor_starts: Integers,
    floor_places: Integers,
    floor_value: Singles,
    floored_starts: Integers,
    floored: Integers,
    floored_value: Singles,
    promised: Singles,
    x_parts: Integers,
    y_parts: Integers,
    items: int,
    groups: int,
) -> float:
    """How much one round of the power iteration stretches x, in place: x = T A^T Sigma A x in the norm of T^-1.

    Variables that can only be 0 (a stock of what cannot lie, a start that is closed) do not count: no step moves them.
    """
    weeks = x.shape[1]
    parts = len(x_parts) - 1
    demands = len(satisfies)
    for part in prange(parts):
        for row in range(y_parts[part], y_parts[part + 1]):
            of_variables(
                row, part, room, x, gives, lead, maker_starts, makers, taker_starts, takers, taker_quantity,
                loader_starts, loaders, loader_use, want_starts, wants, satisfies, share_starts, sharing,
                share_value, items, groups,
            )  # fmt: skip
            if row < items + demands:
                in_metric(row, part, np.float32(0.0), room, ways, below, pivot)
                for week in range(weeks):
                    y[row, week] = room[part, week]
            else:
                for week in range(weeks):
                    y[row, week] = dual[row - items - demands] * room[part, week]
    for floor in range(len(floors)):
        kept = 0.0
        for place in range(floor_starts[floor], floor_starts[floor + 1]):
            kept += floor_value[place] * x[floor_places[place] // weeks, floor_places[place] % weeks]
        floors[floor] = np.float32(promised[1, floor] * kept)
    for part in prange(parts):
        before, after = 0.0, 0.0
        for row in range(x_parts[part], x_parts[part + 1]):
            of_prices(
                row, part, room, y, floors, gives, output, lead, taken_starts, taken, quantity, load_starts,
                loads, use, demand_item, satisfies, shared_starts, shared, shared_value, floored_starts, floored,
                floored_value, items, groups,
            )  # fmt: skip
            for week in range(weeks):
                before += x[row, week] * x[row, week] / step[row]
                x[row, week] = step[row] * room[part, week] if most[row, week] > 0 else np.float32(0.0)
                after += x[row, week] * x[row, week] / step[row]
        norms[0, part] = before
        norms[1, part] = after
    before, after = 0.0, 0.0
    for part in range(parts):
        before += norms[0, part]
        after += norms[1, part]
    size = math.sqrt(after / before) if before > 0.0 else 0.0
    if after > 0.0:
        shrink = np.float32(1.0 / math.sqrt(after))
        for part in prange(parts):
            for row in range(x_parts[part], x_parts[part + 1]):
                for week in range(weeks):
                    x[row, week] *= shrink
    return size
