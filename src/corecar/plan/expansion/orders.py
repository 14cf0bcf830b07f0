"""Orders as arrays: which option in which week, what it costs and takes, the hours that it gives to which group.

Variables: `order[o, t]`, whole, how many of an option are ordered in a week; `have[o, t]`, how many of it work;
`extra[c, t]`, hours that a cell gives more than today. Rows: `have`, `part` (a cell's hours are the least of its
parts), `budget`, `floor`, `staff`, `most`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from corecar.network.arrays import NONE, Floats, Integers, Network
from corecar.plan.expansion.cells import PARTS
from corecar.plan.expansion.options import Limit, Means
from corecar.program import Entries
from corecar.solve import INFINITE

Triple = tuple[int, int, float]


@dataclass(frozen=True)
class Orders:
    """The orders that a horizon has room for.

    option, week  int64, shape (orders,): what is ordered when
    charge        float64, shape (orders,): what one costs the plan
    cell, when    int64, shape (extras,): whose hours and in which week
    least         float64, shape (extras,): the hours of today, taken away
    group         which groups have the hours of an extra, own and around it: entries (groups x weeks, extras)
    haves         how many `have` there are; they stand between orders and extras
    rows, low, high  of all rows over orders, haves, extras
    parts         int64, shape (rows,): the extra that a row is a part of, or -1
    limits        of each row the limit that it is, or None
    """

    means: Means
    weeks: int
    option: Integers
    week: Integers
    charge: Floats
    cell: Integers
    when: Integers
    least: Floats
    group: Entries
    haves: int
    rows: Entries
    low: Floats
    high: Floats
    parts: Integers
    limits: tuple[Limit | None, ...]

    def __len__(self) -> int:
        return len(self.option)

    @property
    def most(self) -> Floats:
        """How many of each order at most, float64 of shape (orders,)."""
        return np.array([self.means.options[option].most for option in self.option.tolist()], np.float64)

    @property
    def columns(self) -> int:
        """Variables: orders, haves, extras."""
        return len(self) + self.haves + len(self.cell)

    def have(self, ordered: Floats) -> Floats:
        """How many of each option work in each week, float64 of shape (options x weeks,)."""
        working = np.zeros(self.haves)
        for order, many in enumerate(ordered.tolist()):
            if many:
                option = self.means.options[self.option[order]]
                span = option.working(int(self.week[order]), self.weeks)
                working[self.option[order] * self.weeks + np.array(span, np.int64)] += many
        return working

    def hours(self, ordered: Floats) -> Floats:
        """Extra hours of each cell and week, float64 of shape (extras,): the least of its parts, by plain arithmetic.

        ordered  float64, shape (orders,): how many of each
        """
        return self._least(ordered, self.have(ordered))

    def most_hours(self) -> Floats:
        """Extra hours that no orders exceed, float64 of shape (extras,): as if nothing limited them or took away."""
        have = np.zeros((len(self.means.options), self.weeks))
        for number, week in zip(self.option.tolist(), self.week.tolist(), strict=True):
            option = self.means.options[number]
            have[number, np.array(option.working(week, self.weeks), np.int64)] = option.most
        return self._least(np.zeros(len(self)), have.ravel())

    def _least(self, ordered: Floats, have: Floats) -> Floats:
        """Extra hours by what is ordered, which takes from other cells, and by what works."""
        x = np.concatenate([ordered, have, np.zeros(len(self.cell))])
        taken = np.bincount(self.rows.row, self.rows.value * x[self.rows.column], minlength=len(self.high))
        extra = np.full(len(self.cell), np.inf)
        own = self.parts != NONE
        np.minimum.at(extra, self.parts[own], (self.high - taken)[own])
        return extra

    def broken(self, ordered: Floats) -> tuple[Limit, ...]:
        """Limits that some orders break."""
        x = np.concatenate([ordered, self.have(ordered), np.zeros(len(self.cell))])
        taken = np.bincount(self.rows.row, self.rows.value * x[self.rows.column], minlength=len(self.high))
        return tuple(
            limit for limit, over in zip(self.limits, taken > self.high * (1 + 1e-9) + 1e-6, strict=True)
            if limit is not None and over
        )  # fmt: skip

    def given(self, extra: Floats, network: Network) -> Floats:
        """Extra hours by group and week, float64 of shape (groups, weeks)."""
        hours = np.zeros(len(network.groups) * network.weeks)
        np.add.at(hours, self.group.row, self.group.value * extra[self.group.column])
        return hours.reshape(len(network.groups), network.weeks)


class _Rows:
    """Rows as they are written down."""

    def __init__(self) -> None:
        self.entries: list[Triple] = []
        self.low: list[float] = []
        self.high: list[float] = []
        self.parts: list[int] = []
        self.limits: list[Limit | None] = []

    def add(self, parts: Iterable[tuple[int, float]], low: float, high: float, part: int = NONE,
            limit: Limit | None = None) -> None:  # fmt: skip
        self.entries.extend((len(self.low), column, value) for column, value in parts)
        self.low.append(low)
        self.high.append(high)
        self.parts.append(part)
        self.limits.append(limit)


def orders_of(means: Means, network: Network) -> Orders:
    """Every order that makes before the horizon ends."""
    weeks, options = network.weeks, means.options
    pairs = [
        (number, week)
        for number, option in enumerate(options) if option.most > 0
        for week in range(option.first, option.last + 1) if week + option.delay < weeks
    ]  # fmt: skip
    touched = sorted({options[number].cell for number, _ in pairs}
                     | {source for number, _ in pairs if (source := options[number].source) is not None})  # fmt: skip
    haves, first = len(options) * weeks, len(pairs)
    extra = {cell: place * weeks for place, cell in enumerate(touched)}
    rows = _Rows()
    _having(rows, means, pairs, first, weeks)
    _parts(rows, means, pairs, touched, first, weeks)
    _limited(rows, means, pairs, weeks)
    least = np.array([-means.cells[cell].stations * means.cells[cell].each for cell in touched])
    triples = zip(*rows.entries, strict=True) if rows.entries else ((), (), ())
    row, column, value = (np.array(part) for part in triples)
    return Orders(
        means=means,
        weeks=weeks,
        option=np.array([number for number, _ in pairs], np.int64),
        week=np.array([week for _, week in pairs], np.int64),
        charge=np.array([options[number].charge(week, weeks) for number, week in pairs]),
        cell=np.repeat(np.array(touched, np.int64), weeks),
        when=np.tile(np.arange(weeks), len(touched)),
        least=np.repeat(least, weeks),
        group=_groups(means, network, extra),
        haves=haves,
        rows=Entries(row.astype(np.int64), column.astype(np.int64), value.astype(np.float64)),
        low=np.array(rows.low),
        high=np.array(rows.high),
        parts=np.array(rows.parts, np.int64),
        limits=tuple(rows.limits),
    )


def _having(rows: _Rows, means: Means, pairs: list[tuple[int, int]], first: int, weeks: int) -> None:
    """have[o,t] = have[o,t-1] + what is ready in t - what is given back in t."""
    change: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for place, (number, week) in enumerate(pairs):
        span = means.options[number].working(week, weeks)
        change.setdefault((number, span.start), []).append((place, -1.0))
        if span.stop < weeks:
            change.setdefault((number, span.stop), []).append((place, 1.0))
    for number in range(len(means.options)):
        for week in range(weeks):
            own = first + number * weeks + week
            before = [(own - 1, -1.0)] if week else []
            rows.add([(own, 1.0), *before, *change.get((number, week), [])], 0.0, 0.0)


def _parts(
    rows: _Rows, means: Means, pairs: list[tuple[int, int]], touched: list[int], first: int, weeks: int
) -> None:  # fmt: skip
    """extra[c,t] <= each (there are of a part - the least of the parts + have of it - given away of it)."""
    haves = len(means.options) * weeks
    for place, number in enumerate(touched):
        cell = means.cells[number]
        for part in PARTS:
            count = cell.parts[part]
            if count is None:
                continue
            gives = [(at, one) for at, one in enumerate(means.options) if one.cell == number and part in one.parts]
            away = [
                (order, means.options[option].there(week, weeks).start, 1.0)
                for order, (option, week) in enumerate(pairs)
                if means.options[option].source == number and part in means.options[option].parts
            ]
            for week in range(weeks):
                extra = place * weeks + week
                entries = [(first + haves + extra, 1.0)]
                entries += [(first + at * weeks + week, -cell.each * one.works) for at, one in gives]
                entries += [(order, cell.each * many) for order, since, many in away if since <= week]
                rows.add(entries, -INFINITE, cell.each * (count - cell.stations), extra)


def _limited(rows: _Rows, means: Means, pairs: list[tuple[int, int]], weeks: int) -> None:
    """Money of a budget's weeks; floor and staff of a site in every week; most of each option."""
    for limit in means.limits:
        if limit.what == "budget":
            inside = set(limit.weeks)
            paid = [
                (place, sum(amount for when, amount in means.options[number].payments(week, weeks) if when in inside))
                for place, (number, week) in enumerate(pairs) if means.options[number].name not in limit.apart
            ]  # fmt: skip
            rows.add([(place, value) for place, value in paid if value], -INFINITE, limit.most, limit=limit)
            continue
        here = [(place, number, week) for place, (number, week) in enumerate(pairs)
                if means.sites[means.options[number].cell] == limit.name]  # fmt: skip
        stays = all(means.options[number].kept is None for _, number, _ in here)
        for when in (weeks - 1,) if stays else range(weeks):
            taken = [
                (place, getattr(means.options[number], limit.what))
                for place, number, week in here if when in means.options[number].there(week, weeks)
            ]  # fmt: skip
            rows.add([(place, value) for place, value in taken if value], -INFINITE, limit.most, limit=limit)
    for number, option in enumerate(means.options):
        rows.add([(place, 1.0) for place, (own, _) in enumerate(pairs) if own == number], -INFINITE, option.most)


def _groups(means: Means, network: Network, extra: dict[int, int]) -> Entries:
    """Which groups have the hours of an extra: the cell's own, and those around it."""
    weeks, triples = network.weeks, list[Triple]()
    for cell, begin in extra.items():
        group = network.groups.names.index(means.cells[cell].group)
        while group != NONE:
            triples += [(group * weeks + week, begin + week, 1.0) for week in range(weeks)]
            group = int(network.groups.part_of[group])
    row, column, value = (np.array(part) for part in (zip(*triples, strict=True) if triples else ((), (), ())))
    return Entries(row.astype(np.int64), column.astype(np.int64), value.astype(np.float64))
