"""What can be added to cells, and within which means: machines, boards and conversions; budgets, floor and staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from corecar.chain.chain import Chain
from corecar.chain.weeks import week_numbers
from corecar.errors import ArgumentError
from corecar.network.arrays import Network
from corecar.plan.expansion.cells import PARTS, Cell

BUY, USED, RENT, CONVERT = "buy", "used", "rent", "convert"
STATION = "station"
"""One of each part that a cell is the least of."""


@dataclass(frozen=True)
class Option:
    """One way to add to a cell.

    cell, parts    which cell, and what of `PARTS` one unit of the option adds
    way            `buy`, `used` (second hand), `rent`, `convert` (taken from `source`, another cell)
    price          of one; of `rent` for one week
    lead           weeks from order to delivery; qualifying: weeks from delivery until it makes
    works          part of the hours of a machine of the cell that it works
    kept           weeks that it is rented for; None for as long as the plan lasts
    life           weeks over which its price is written off
    most           of it, over the horizon
    floor, staff   that one takes from delivery on [m2, persons]
    first, last    weeks of the horizon in which it can be ordered
    """

    name: str
    cell: int
    parts: tuple[str, ...]
    way: str
    price: float
    lead: int
    qualifying: int
    works: float
    kept: int | None
    life: int
    most: int
    floor: float
    staff: float
    first: int
    last: int
    source: int | None

    @property
    def delay(self) -> int:
        """Weeks from order until it makes."""
        return self.lead + self.qualifying

    def charge(self, week: int, weeks: int) -> float:
        """What one that is ordered in a week costs a plan of so many weeks: rent, or its price less what it is worth
        when the plan ends, written off evenly over its life from the week in which it makes."""
        if self.way == RENT:
            return self.price * len(self.working(week, weeks))
        used = min(weeks - week - self.delay, self.life)
        return self.price * used / self.life

    def working(self, week: int, weeks: int) -> range:
        """Weeks in which one makes that is ordered in a week."""
        ready = week + self.delay
        return range(ready, weeks if self.kept is None else min(weeks, ready + self.kept))

    def there(self, week: int, weeks: int) -> range:
        """Weeks in which one stands there, makes or not."""
        return range(min(week + self.lead, weeks), max(self.working(week, weeks).stop, min(week + self.lead, weeks)))

    def payments(self, week: int, weeks: int) -> list[tuple[int, float]]:
        """Weeks and amounts: the price when it is ordered, rent in each week in which it makes."""
        if self.way == RENT:
            return [(each, self.price) for each in self.working(week, weeks)]
        return [(week, self.price)]


@dataclass(frozen=True)
class Limit:
    """No more than so much: money over some weeks, floor or staff of a site in each week.

    what   `budget`, `floor` or `staff`; name: of the budget, or the site
    weeks  of the horizon it counts over
    most   currency, m2 or persons
    apart  names of options that do not count: others pay for them
    """

    what: str
    name: str
    weeks: tuple[int, ...]
    most: float
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Means:
    """Cells, what can be added to them, and within which limits.

    sites  of each cell
    """

    cells: tuple[Cell, ...]
    sites: tuple[str, ...]
    options: tuple[Option, ...]
    limits: tuple[Limit, ...]
    currency: str


def means_of(chain: Chain, network: Network, cells: Sequence[Cell]) -> Means:
    """The options and limits of a chain's tables `machines`, `budgets` and `rooms` over a plan's horizon.

    Raises  ArgumentError for a chain without options, and for prices in several currencies
    """
    rows = chain.machines.to_pylist()
    if not rows:
        raise ArgumentError("the chain has no machines to order. Fill in the table machines.")
    priced = [*rows, *chain.budgets.to_pylist(), *chain.co_investments.to_pylist()]
    currencies = sorted({row["currency"] for row in priced if row["currency"]})
    if len(currencies) > 1:
        raise ArgumentError(
            f"prices and budgets are in {' and '.join(currencies)}; nothing says what one is in the other. "
            "Write all of them in one currency."
        )
    place = {cell.name: number for number, cell in enumerate(cells)}
    sites = dict(zip(chain.groups["group"].to_pylist(), chain.groups["site"].to_pylist(), strict=True))
    return Means(
        cells=tuple(cells),
        sites=tuple(sites[cell.group] for cell in cells),
        options=tuple(_option(row, place, cells, network) for row in rows),
        limits=tuple(_limits(chain, network)),
        currency=currencies[0] if currencies else "",
    )


def _option(row: Mapping[str, Any], place: Mapping[str, int], cells: Sequence[Cell], network: Network) -> Option:
    cell = cells[place[row["cell"]]]
    counted = tuple(part for part in PARTS if cell.parts[part] is not None)
    return Option(
        name=row["option"],
        cell=place[row["cell"]],
        parts=counted if row["part"] == STATION else (row["part"],),
        way=row["way"],
        price=float(row["price"]),
        lead=int(row["lead_weeks"]),
        qualifying=int(row["qualification_weeks"]),
        works=float(row["works"]),
        kept=None if row["rent_weeks"] is None else int(row["rent_weeks"]),
        life=int(row["life_weeks"]),
        most=int(row["most"]),
        floor=float(row["floor_m2"]),
        staff=float(row["staff"]),
        first=max(_week(row["from_week"], network, 0), 0),
        last=min(_week(row["until_week"], network, network.weeks - 1), network.weeks - 1),
        source=None if row["from_cell"] is None else place[row["from_cell"]],
    )


def _limits(chain: Chain, network: Network) -> list[Limit]:
    limits = []
    for row in chain.budgets.to_pylist():
        first, last = (_week(row[name], network, 0) for name in ("from_week", "until_week"))
        weeks = tuple(week for week in range(network.weeks) if first <= week <= last)
        limits.append(Limit("budget", row["budget"], weeks, float(row["amount"])))
    every = tuple(range(network.weeks))
    for row in chain.rooms.to_pylist():
        for what, column in (("floor", "floor_m2"), ("staff", "staff")):
            if row[column] is not None:
                limits.append(Limit(what, row["site"], every, float(row[column])))
    return limits


def _week(day: date | None, network: Network, untold: int) -> int:
    """A week as a number of the horizon; negative before it."""
    if day is None:
        return untold
    import numpy as np

    return int(week_numbers(np.array([day], "datetime64[D]"))[0]) - network.first_week
