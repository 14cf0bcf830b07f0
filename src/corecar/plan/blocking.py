"""Blocking points: what one more unit of something scarce is worth, and up to how many more units.

The price of a row is one of many where a solution is degenerate, as most plans are. So each price is measured on both
sides by solving again with a little more and a little less, and followed to where it ends. Points are ranked by price
times range: a high price that ends at once is worth less than a low one that goes far.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from corecar.errors import ArgumentError, Infeasible
from corecar.network.arrays import NONE, Floats, Integers, Network
from corecar.network.model import Limit, Model, weekly_model
from corecar.solve import INFINITE, Method, Solver
from corecar.standards import value

TOUCHED = 1e-7
"""From which worth on something counts as scarce."""
SAME = 1e-5
"""Part by which two prices may differ and count as one."""
HOLDS = 0.05
"""Part by which the mean gain of a unit may fall below that of the first ones while the price counts as holding."""
HALVINGS = 6
"""Steps by which the end of a price is closed in on."""

NEARLY = 0.99
"""Part of all that can be gained which counts as all."""

MANY = 5_000
"""Variables from which on the first run goes through the inside and then to a corner: to explain a weekly plan of
16,000 took 14 s with the simplex method alone, and 5 so."""

Kind = Literal["capacity", "most per week", "stock"]


@dataclass(frozen=True)
class Point:
    """Something scarce.

    kind     `capacity` of a group, `most per week` of a route, or `stock` of an item
    name     of the group, route or item
    site     where; empty where there is none
    unit     in which it is counted
    weeks    of the horizon in which it is scarce
    amount   there in those weeks [unit]
    more     gained by one more unit, spread over the weeks as what is there is, measured with 1 % more
    less     lost with one unit less, measured likewise; NaN where there is nothing to take away, infinite where others
             could not keep what they have
    reach    units up to which `more` holds, to 5 % in the mean
    useful   units from which on nothing is gained any more, about; `best`: all that they gain
    dual     the solver's price of a unit, one of many between `more` and `less` where they differ
    """

    kind: Kind
    name: str
    site: str
    unit: str
    weeks: tuple[int, ...]
    amount: float
    more: float
    less: float
    reach: float
    useful: float
    best: float
    dual: float

    @property
    def gain(self) -> float:
        """Price times range: what all those units gain together."""
        return self.more * self.reach

    @property
    def degenerate(self) -> bool:
        """Does one more unit gain less than one unit less loses?"""
        return bool(self.less > self.more + SAME * max(abs(self.less), abs(self.more)) + TOUCHED)


@dataclass(frozen=True)
class Lever:
    """Bounds of a program that are raised together.

    rows or columns   int64: which; rows are raised on both sides where they are equalities
    part              float64: how one unit is spread over them; sums to 1
    """

    kind: Kind
    place: int
    weeks: tuple[int, ...]
    amount: float
    step: float
    rows: Integers
    columns: Integers
    part: Floats
    dual: float


class Probe:
    """A model with an objective of its own, solved once and asked what changes with a little more of something.

    cost      float64, shape (columns,): the objective
    high      upper bounds of all variables, float64 of that shape
    Each question starts from the first solution, so answers do not depend on what was asked before.
    """

    def __init__(self, model: Model, cost: Floats, high: Floats, *, what: str = "the explanation") -> None:
        self.model, self.high = model, high
        self.program = replace(model.program, cost=cost, high=high)
        self.solver = Solver(self.program, what=what)
        self.base = self.solver.run(method=self._from_nothing)
        self.basis = self.solver.basis()

    @property
    def _from_nothing(self) -> Method:
        """How a run begins that has no basis to go on from."""
        return "interior-point" if self.program.shape[1] > MANY else "choose"

    @cached_property
    def items(self) -> Floats:
        """What one more piece of an item in a week gains, shape (items, weeks)."""
        return self._worth("balance", len(self.model.network.items.names))

    @cached_property
    def groups(self) -> Floats:
        """What one more unit of a group in a week gains, shape (groups, weeks)."""
        return self._worth("capacity", len(self.model.network.groups))

    @cached_property
    def shares(self) -> Floats:
        """What one more piece that an alternate may fill gains, shape (activities, weeks)."""
        made = self.model.network.activities
        found = np.zeros((len(made), self.model.network.weeks))
        found[made.share < 1] = self._worth("share", int((made.share < 1).sum()))
        return found

    @cached_property
    def most(self) -> Floats:
        """What a larger start of a week gains, shape (activities, weeks)."""
        return self._bounds(self.model.places.start)

    @cached_property
    def behind(self) -> Floats:
        """What is gained by one piece that a demand may be behind more, shape (demands, weeks)."""
        return self._bounds(self.model.places.behind)

    def _worth(self, family: str, rows: int) -> Floats:
        return -self.base.prices[self.model.rows[family]].reshape(rows, self.model.network.weeks)

    def _bounds(self, places: Integers) -> Floats:
        there = np.isfinite(np.append(self.high, INFINITE)[places]) & (places >= 0)
        return np.where(there, np.maximum(-np.append(self.base.reduced, 0.0)[places], 0.0), 0.0)

    def gain(self, lever: Lever, units: float, *, far: bool = False) -> float:
        """By how much the objective falls with so many units more; infinite is as many as help.

        Minus infinity where units less leave what the program must keep without a solution.

        far  so many units that starting from nothing is quicker than from the first solution
        """
        extra = lever.part * units if np.isfinite(units) else np.full(len(lever.part), INFINITE)
        low, high = self.program.row_low[lever.rows], self.program.row_high[lever.rows]
        most, zero = self.high[lever.columns], np.zeros(len(lever.columns))
        equal = (low == high) & np.isfinite(units)
        raised = low + np.where(equal, extra[: len(low)], 0.0)
        self.solver.change_rows(lever.rows, raised, high + extra[: len(high)])
        self.solver.change_columns(lever.columns, zero, np.maximum(most + extra[: len(most)], 0.0))
        self.solver.forget() if far else self.solver.resume(self.basis)
        try:
            found = self.solver.run(method=self._from_nothing if far else "choose").objective
        except Infeasible:
            found = INFINITE
        self.solver.change_rows(lever.rows, low, high)
        self.solver.change_columns(lever.columns, zero, most)
        return self.base.objective - found

    def point(self, lever: Lever) -> Point:
        """A lever, measured."""
        network, kind, place = self.model.network, lever.kind, lever.place
        more = max(self.gain(lever, lever.step) / lever.step, 0.0)
        less = -self.gain(lever, -lever.step) / lever.step if lever.amount >= lever.step else np.nan
        nothing = max(TOUCHED, SAME * max(lever.dual, float(np.nan_to_num(less, posinf=0.0))))
        more = more if more > nothing else 0.0
        best = self.gain(lever, INFINITE, far=True) if more else 0.0
        names = {"capacity": network.groups.names, "most per week": network.activities.names}
        sites = {"capacity": network.groups.site, "most per week": network.activities.site}
        return Point(
            kind=kind,
            name=names.get(kind, network.items.names)[place],
            site=sites[kind][place] if kind in sites else "",
            unit=network.groups.unit[place] if kind == "capacity" else "piece",
            weeks=lever.weeks,
            amount=lever.amount,
            more=more,
            less=less,
            reach=self._reach(lever, more, best) if more else 0.0,
            useful=self._useful(lever, more, best) if more else 0.0,
            best=best,
            dual=lever.dual,
        )

    def _reach(self, lever: Lever, more: float, best: float) -> float:
        """Units up to which each gains nearly as much as the first: the gain is concave in them."""
        low, high = lever.step, best / more
        if high <= low or self._holds(lever, high, more):
            return max(low, high)
        for _ in range(HALVINGS):
            middle = float(np.sqrt(low * high))
            low, high = (middle, high) if self._holds(lever, middle, more) else (low, middle)
        return low

    def _useful(self, lever: Lever, more: float, best: float) -> float:
        """Units that gain nearly all that can be gained, to a factor of two; fewer than `best / more` cannot."""
        units = max(best / more, lever.step)
        for doubled in range(HALVINGS):
            if self.gain(lever, units, far=doubled > 0) >= NEARLY * best:
                break
            units *= 2
        return units

    def _holds(self, lever: Lever, units: float, more: float) -> bool:
        return self.gain(lever, units) >= more * units * (1 - HOLDS)

    def capacity(self, group: int, weeks: Iterable[int]) -> Lever:
        """More of a group in some weeks."""
        chosen = np.array(sorted(weeks), np.int64)
        rows = self.model.rows["capacity"].start + group * self.model.network.weeks + chosen
        there = self.program.row_high[rows]
        usual = float(self.model.network.groups.maximum[group].max(initial=0.0))
        return self._lever("capacity", group, chosen, there, usual, rows=rows, worth=self.groups[group, chosen])

    def most_of(self, activity: int, weeks: Iterable[int]) -> Lever:
        """Larger starts of a route in some weeks."""
        chosen = np.array(sorted(weeks), np.int64)
        columns = self.model.places.start[activity, chosen]
        there = self.high[columns]
        return self._lever(
            "most per week", activity, chosen, there, 1.0, columns=columns, worth=self.most[activity, chosen]
        )

    def stock(self, item: int, week: int) -> Lever:
        """More of an item in a week."""
        rows = np.array([self.model.rows["balance"].start + item * self.model.network.weeks + week])
        usual = float(self.model.network.demands.wanted.mean() or 1.0)
        worth = self.items[item, [week]]
        return self._lever("stock", item, np.array([week]), self.program.row_high[rows], usual, rows=rows, worth=worth)

    def _lever(
        self, kind: Kind, place: int, weeks: Integers, there: Floats, usual: float, *, worth: Floats,
        rows: Integers | None = None, columns: Integers | None = None,
    ) -> Lever:  # fmt: skip
        total = float(there.sum())
        part = there / total if total > 0 else np.full(len(there), 1.0 / len(there))
        none = np.zeros(0, np.int64)
        return Lever(
            kind=kind,
            place=place,
            weeks=tuple(weeks.tolist()),
            amount=total,
            step=float(value("Planning", "blocking", "step")) * (total if total > 0 else usual * len(there) or 1.0),
            rows=none if rows is None else rows,
            columns=none if columns is None else columns,
            part=part,
            dual=float(worth @ part),
        )


def blocking_points(network: Network, *, limit: Limit = "maximum", most: int = 10) -> tuple[Point, ...]:
    """What holds a whole plan back most, in cost that it would save, by price times range.

    limit   up to which groups are planned (`corecar.network.model.weekly_model`)
    most    points that are measured; those with the highest prices times what is there come first
    Raises  ArgumentError for a network that cannot be planned on

    A price is that of the rule `cost`: what is late or lost counts by its value.
    """
    if most < 1:
        raise ArgumentError(f"{most} points are asked for; at least one was expected.")
    model = weekly_model(network, limit=limit)
    probe = Probe(model, model.program.cost, model.program.high, what="the plan")
    levers = [
        probe.capacity(group, np.flatnonzero(probe.groups[group] > TOUCHED).tolist())
        for group in np.flatnonzero((probe.groups > TOUCHED).any(axis=1)).tolist()
    ]
    levers += [
        probe.most_of(activity, np.flatnonzero(probe.most[activity] > TOUCHED).tolist())
        for activity in np.flatnonzero((probe.most > TOUCHED).any(axis=1)).tolist()
    ]
    levers.sort(key=lambda lever: -lever.dual * max(lever.amount, lever.step))
    return ranked(probe.point(lever) for lever in levers[:most])


def ranked(points: Iterable[Point]) -> tuple[Point, ...]:
    """Points by price times range, then by what less of them would lose."""
    return tuple(sorted(points, key=lambda point: (-point.gain, -np.nan_to_num(point.less), point.name)))


def groups_of(network: Network, activity: int) -> list[int]:
    """The group that an activity loads, and those in which that one is nested."""
    found, group = [], int(network.activities.group[activity])
    while group != NONE:
        found.append(group)
        group = int(network.groups.part_of[group])
    return found
