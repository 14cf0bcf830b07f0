"""What a change takes out of a chain: pieces by product and week, and what that does to every demand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corecar.network.arrays import NONE, Floats, Network
from corecar.plan.plans import Plan

SAME = 1e-6
"""Part of what is wanted up to which two plans count as the same."""


@dataclass(frozen=True)
class Lost:
    """Pieces of one item that no longer come in one week.

    finished  good finished pieces of the product that they would have become, by the yields of the stages ahead
    """

    product: str
    stage: str
    week: int
    pieces: float
    finished: float


@dataclass(frozen=True)
class Worse:
    """What becomes of one demand.

    first, last  weeks in which more is behind than before
    most         pieces that are behind in the week in which that is most, beyond those that were; at_week that week
    never        pieces that do not come at all, beyond those that did not; below 0 where more come
    value        of those
    """

    demand: str
    customer: str
    first: int
    last: int
    most: float
    at_week: int
    never: float
    value: float


def lost_supply(before: Network, after: Network) -> list[Lost]:
    """What arrives or lies there before a change and not after it, by item and week; both of the same items."""
    given = [_given(network) for network in (before, after)]
    rows = {name: row for row, name in enumerate(after.items.names)}
    there = np.array([rows.get(name, NONE) for name in before.items.names])
    gone = given[0] - np.where(there[:, None] == NONE, 0.0, given[1][there])
    part, items = finished_part(before), before.items
    return [
        Lost(
            items.product[item], items.stage[item], week, float(gone[item, week]), float(gone[item, week] * part[item])
        )
        for item, week in zip(*(found.tolist() for found in np.nonzero(gone > SAME)), strict=True)
    ]


def finished_part(network: Network) -> Floats:
    """Good finished pieces of its product that a piece of each item becomes, float64 of shape (items,).

    By the best yield of the first week among the routes that take it on, stage after stage.
    """
    made, items = network.activities, network.items
    best = made.yields[:, 0] if network.weeks else np.ones(len(made))
    after: dict[int, list[tuple[int, float]]] = {}
    for activity in range(len(made)):
        for item in made.items[made.starts[activity] : made.starts[activity + 1]].tolist():
            output = int(made.output[activity])
            if items.product[item] == items.product[output] and item != output:
                after.setdefault(item, []).append((output, float(best[activity])))
    part = np.ones(len(items.names))
    for _ in range(len(set(items.stage)) + 1):
        for item, ways in after.items():
            part[item] = max(good * part[output] for output, good in ways)
    return part


def worse_off(before: Plan, after: Plan) -> Iterator[Worse]:
    """Every demand of which more is behind in some week, or which gets more; the one that loses most value first."""
    demands = after.network.demands
    names = {name: row for row, name in enumerate(before.network.demands.names)}
    found = []
    for row, name in enumerate(demands.names):
        if name not in names:
            continue
        more = after.behind[row] - before.behind[names[name]]
        worse = np.flatnonzero(more > SAME * (1.0 + demands.total[row]))
        never = float(more[-1])
        if not len(worse) and abs(never) <= SAME * (1.0 + demands.total[row]):
            continue
        at = int(more.argmax())
        first, last = (int(worse[0]), int(worse[-1])) if len(worse) else (NONE, NONE)
        found.append(
            Worse(name, demands.customer[row], first, last, max(float(more[at]), 0.0), at, never,
                  never * float(demands.value[row]))
        )  # fmt: skip
    yield from sorted(found, key=lambda each: (-each.value, -each.most, each.demand))


def _given(network: Network) -> Floats:
    given = network.items.arrivals.copy()
    given[:, 0] += network.items.opening
    return given
