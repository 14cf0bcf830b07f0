"""Money against cars short: the best orders for each sum of money, each point from the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from corecar.network.arrays import Network
from corecar.plan.expansion.expansion import Expansion
from corecar.plan.expansion.options import Limit, Means
from corecar.plan.expansion.orders import Orders, orders_of

Find = Callable[[Orders], Expansion]
TOTAL = "all money"


@dataclass(frozen=True)
class Point:
    """The best orders for a sum.

    money  that may be paid within the horizon; None for as much as the budgets allow
    found  orders, plan, cost, bound, and the seconds that they took
    """

    money: float | None
    found: Expansion

    @property
    def short(self) -> float:
        """Requested and not supplied by the end [piece]."""
        return float(self.found.plan.short.sum())


def frontier(network: Network, means: Means, find: Find, *, points: int) -> tuple[Point, ...]:
    """Points from no money to as much as the budgets allow, by rising money.

    find    the best expansion of some orders, which may begin from what it found before
    points  how many; the free one comes first, the others are parts of what it spends
    """
    free = Point(None, find(orders_of(means, network)))
    spent = free.found.spent
    if points < 2 or not spent:
        return (free,)
    sums = [spent * part / (points - 1) for part in range(points - 1)]
    return (*(Point(money, find(orders_of(within(means, money), network))) for money in sums), free)


def within(means: Means, money: float) -> Means:
    """The same means with no more than a sum over all weeks."""
    weeks = tuple(range(400))
    return replace(means, limits=(*means.limits, Limit("budget", TOTAL, weeks, money)))


def efficient(points: tuple[Point, ...]) -> Iterator[bool]:
    """Of each point whether less money leaves no fewer cars short."""
    least = float("inf")
    for point in points:
        yield point.short < least - 1e-6
        least = min(least, point.short)
