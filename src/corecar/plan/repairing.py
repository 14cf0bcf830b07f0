"""Cuts of one week's starts, compiled: to what is there, to shares, to what is taken at once."""

from __future__ import annotations

from corecar.compiled import inlined
from corecar.network.arrays import Floats, Integers


@inlined
def cut_to_stock(activity: int, want: Floats, ratio: Floats, starts: Integers, taken: Integers) -> float:
    """What can be started of a wish: times the least ratio of what it takes in."""
    part = 1.0
    for place in range(starts[activity], starts[activity + 1]):
        part = min(part, ratio[taken[place]])
    return float(part * want[activity])


@inlined
def cut_to_shares(item: int, starts: Integers, makers: Integers, share: Floats, start: Floats, more: Floats) -> None:
    """Cut `more` of an item's makers so that start + more of each is at most its share of all of them.

    The largest total T with T = sum of min(most, share T), where most = start + more: by Newton's steps from above, at
    most one a maker, since that sum is concave in T and what is at its share stays there.
    """
    limited = False
    for place in range(starts[item], starts[item + 1]):
        limited |= share[makers[place]] < 1.0
    if limited:
        total = 0.0
        for place in range(starts[item], starts[item + 1]):
            total += start[makers[place]] + more[makers[place]]
        for _ in range(starts[item + 1] - starts[item] + 1):
            fixed = 0.0
            parts = 0.0
            for place in range(starts[item], starts[item + 1]):
                maker = makers[place]
                most = start[maker] + more[maker]
                if share[maker] < 1.0 and most > share[maker] * total:
                    parts += share[maker]
                else:
                    fixed += most
            if parts < 1.0:
                total = min(total, fixed / (1.0 - parts))
        for place in range(starts[item], starts[item + 1]):
            maker = makers[place]
            if share[maker] < 1.0:
                more[maker] = max(min(more[maker], share[maker] * total - start[maker]), 0.0)


@inlined
def no_surplus(item: int, gone: float, starts: Integers, makers: Integers, yields: Floats, more: Floats) -> None:
    """Cut what makes an item in the same proportion, to give no more than what is gone at once."""
    made = 0.0
    for place in range(starts[item], starts[item + 1]):
        made += yields[makers[place]] * more[makers[place]]
    if made > gone:
        for place in range(starts[item], starts[item + 1]):
            more[makers[place]] *= gone / made
