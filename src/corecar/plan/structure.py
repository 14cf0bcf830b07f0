"""Who makes, takes and wants each item, and which groups a start loads, as index lists in the order of making.

Lists are rows of one array (CSR): those of row i stand from starts[i] to starts[i + 1].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from corecar.errors import ArgumentError
from corecar.network.arrays import NONE, Flags, Floats, Integers, Network


class Steps(NamedTuple):
    """The order in which items are made: activities by the level of what they give, level after level."""

    activities: tuple[Integers, ...]
    items: tuple[Integers, ...]


class Lists(NamedTuple):
    """Some numbers for each row.

    starts   int64, shape (rows + 1,)
    members  int64, shape (entries,)
    values   float64, shape (entries,): what goes with each
    """

    starts: Integers
    members: Integers
    values: Floats


@dataclass(frozen=True)
class Structure:
    """A network's graph.

    order, level_ends  activities by the level of what they give, and where each level ends in `order`
    items, item_ends   items by level likewise
    taken     of each activity: items that one start takes in, with quantities
    loads     of each activity: capacity groups that one start loads, those around its own included, with its use
    takers    of each item: activities that take it in, with quantities
    makers    of each item: activities that give it
    wanted    of each item: demands that it satisfies, the dearest first
    loaders   of each group: activities that load it, with their use
    """

    order: Integers
    level_ends: Integers
    items: Integers
    item_ends: Integers
    taken: Lists
    loads: Lists
    takers: Lists
    makers: Lists
    wanted: Lists
    loaders: Lists


def structure_of(network: Network) -> Structure:
    """The graph of a network. Raises ArgumentError where its items go round in a circle."""
    made, demands, steps = network.activities, network.demands, steps_of(network)
    taken = Lists(made.starts.astype(np.int64), made.items.astype(np.int64), made.quantities.astype(np.float64))
    loads = _loads(network)
    dearest = np.argsort(-demands.late[:, -1], kind="stable")
    return Structure(
        order=np.concatenate(steps.activities).astype(np.int64),
        level_ends=np.cumsum([len(level) for level in steps.activities], dtype=np.int64),
        items=np.concatenate(steps.items).astype(np.int64),
        item_ends=np.cumsum([len(level) for level in steps.items], dtype=np.int64),
        taken=taken,
        loads=loads,
        takers=turned(taken, len(network.items.names)),
        makers=grouped(made.output, np.arange(len(made)), np.ones(len(made)), len(network.items.names)),
        wanted=grouped(demands.item[dearest], dearest, np.ones(len(dearest)), len(network.items.names)),
        loaders=turned(loads, len(network.groups)),
    )


def steps_of(network: Network) -> Steps:
    """Items by how many activities lie at most before them. Raises ArgumentError that names the items of a circle."""
    made = network.activities
    whole = made.output[np.repeat(np.arange(len(made)), np.diff(made.starts))]
    level = np.zeros(len(network.items.names), np.int64)
    missing = np.bincount(whole, minlength=len(level))
    ready: Flags = missing == 0
    left, rank = ~ready, 0
    while ready.any():
        level[ready] = rank
        missing -= np.bincount(whole, ready[made.items], minlength=len(level)).astype(np.int64)
        ready = left & (missing == 0)
        left &= ~ready
        rank += 1
    if left.any():
        circle = _circle(whole, made.items, left)
        named = " > ".join(network.items.names[item] for item in [*circle, circle[0]])
        raise ArgumentError(
            f"items go round in a circle, each made into the next: {named}. The first-order method and its bound need "
            "an order of making. Take the way back out of the bills and put what is reworked into the yields, or ask "
            'for the plan with the method "interior-point".'
        )
    ranks = range(int(level.max(initial=0)) + 1)
    return Steps(
        tuple(np.flatnonzero(level[made.output] == rank) for rank in ranks),
        tuple(np.flatnonzero(level == rank) for rank in ranks),
    )


def _circle(whole: Integers, part: Integers, left: Flags) -> list[int]:
    """Items each made into the next and the last into the first, the least first; `left` lie in or after circles."""
    before: dict[int, int] = {}
    inside = left[whole] & left[part]
    for item, taken in zip(whole[inside].tolist(), part[inside].tolist(), strict=True):
        before[item] = min(taken, before.get(item, taken))
    path = [int(np.flatnonzero(left)[0])]
    while before[path[-1]] not in path:
        path.append(before[path[-1]])
    circle = path[path.index(before[path[-1]]) :][::-1]
    first = circle.index(min(circle))
    return circle[first:] + circle[:first]


def has_order(network: Network) -> bool:
    """Whether items go round in no circle, not even over weeks."""
    try:
        steps_of(network)
    except ArgumentError:
        return False
    return True


def turned(lists: Lists, rows: int) -> Lists:
    """The same pairs, listed by their members."""
    owner = np.repeat(np.arange(len(lists.starts) - 1), np.diff(lists.starts))
    return grouped(lists.members, owner, lists.values, rows)


def _loads(network: Network) -> Lists:
    """Own group and those around it, of activities that use any of it."""
    made, groups = network.activities, network.groups
    activity = np.flatnonzero((made.group != NONE) & (made.use > 0))
    group = made.group[activity]
    pairs = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    while len(group):
        pairs.append((activity, group))
        around = groups.part_of[group]
        activity, group = activity[around != NONE], around[around != NONE]
    owner, member = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return grouped(owner, member, made.use[owner], len(made))


def grouped(rows: Integers, members: Integers, values: Floats, count: int) -> Lists:
    """Pairs as lists of each row, in the order in which they come."""
    by_row = np.argsort(rows, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=count))))
    return Lists(starts.astype(np.int64), members[by_row].astype(np.int64), values[by_row].astype(np.float64))
