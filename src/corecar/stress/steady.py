"""A network in a steady state, for any length of time: what is lost while something stands still, how long nothing is.

Source: Simchi-Levi, Schmidt, Wei, Zhang, Combs, Ge, Gusikhin, Sanders and Zhang, "Identifying risks and mitigating
disruptions in the automotive supply chain", Interfaces 45(5), 2015 (time to recover, time to survive). Capacity and
demand are weekly rates times the weeks that pass; stock and what is under way are there from the beginning. In a
shortage, where the undisturbed network loses too, only the loss beyond that one counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from corecar.errors import ArgumentError
from corecar.network.arrays import Floats, Integers, Network
from corecar.network.model import Model, weekly_model
from corecar.solve import INFINITE, Entries, Program, Solver, by_rows

LONGEST = 999.0
"""Weeks that are looked ahead; what survives them survives for ever."""
NOTHING = 1e-6
"""Part of a week's demand by value that counts as no loss."""
FIRST = 4.0
"""Weeks at which the undisturbed network is solved first."""
SAME_SLOPE = 1e-4
"""Part by which two slopes of the undisturbed loss may differ and count as one."""
MOST_STEPS = 60
"""Tangents that are followed at most."""


class Segment(NamedTuple):
    """From `begin` to `end` weeks the undisturbed network loses `loss` + `slope` x (weeks - begin)."""

    begin: float
    end: float
    loss: float
    slope: float


class Point(NamedTuple):
    """The least loss after some weeks: its value, the pieces by demand, the rise of the value in a week more."""

    value: float
    lost: Floats
    slope: float


@dataclass(frozen=True)
class Loss:
    """What is lost by the end of some weeks.

    value     of the pieces that do not come, beyond what the undisturbed network loses
    lost      float64, shape (demands,): pieces that do not come, the undisturbed network's among them
    """

    value: float
    lost: Floats


class Steady:
    """One network, asked about many disruptions.

    network  its weekly rates are the means over its horizon, its stock all that lies or is under way
    Raises   ArgumentError for a network in which nothing is demanded

    Each question starts from the solution of the undisturbed network, which a stop changes a little only, so answers do
    not depend on what was asked before.
    """

    def __init__(self, network: Network) -> None:
        if not network.demands.total.any():
            raise ArgumentError("the chain demands nothing, so nothing can be lost. Fill in the table demand.")
        self.network = network
        self.weight = network.demands.value
        self.model = weekly_model(_rates(network))
        self.program = _over_time(self.model)
        self.time = self.model.places.count
        self.behind = self.model.places.behind[:, 0]
        self.solver = Solver(self.program, what="the stress of the chain")
        self.least = NOTHING * float(self.weight @ network.demands.wanted.mean(axis=1))
        self.at(FIRST)
        self.basis = self.solver.basis()
        self.undisturbed = self._segments()

    def loss(self, closed: Integers, weeks: float) -> Loss:
        """What is lost when some activities stand still for some weeks: the performance impact of that time to recover.

        closed  int64: activities without output
        weeks   time to recover
        """
        with _Closed(self, closed):
            point = self.at(weeks, basis=self.basis)
        beyond = point.value - self.undisturbed_at(weeks)
        return Loss(beyond if beyond > self.least else 0.0, point.lost)

    def survival(self, closed: Integers, *, begin: float = LONGEST) -> float:
        """Weeks for which nothing is lost beyond what the undisturbed network loses; infinite when that never ends.

        begin  weeks at which something more is lost, if they are known

        The loss is convex in the weeks, so each tangent of it leads to an earlier week in which something more is lost,
        until none is (Newton's method from the right). That holds from the beginning when it holds wherever the
        undisturbed loss bends, for between two bends that is a straight line.
        """
        with _Closed(self, closed):
            weeks, point = begin, self.at(begin, basis=self.basis)
            if point.value - self.undisturbed_at(weeks) <= self.least:
                return INFINITE if begin >= LONGEST else self._survival_before(begin, begin)
            return self._survival_before(self._back(weeks, point), weeks)

    def _back(self, weeks: float, point: Point) -> float:
        """From weeks in which more is lost to the last ones before them in which it is not."""
        for _ in range(MOST_STEPS):
            before = self._meets(weeks, point)
            if before >= weeks * (1 - 1e-12) or before <= 0:
                return max(before, 0.0)
            weeks, point = before, self.at(before)
            if point.value - self.undisturbed_at(weeks) <= self.least:
                return weeks
        return weeks

    def _survival_before(self, weeks: float, above: float) -> float:
        """The same, with a look at each bend of the undisturbed loss before it."""
        for segment in self.undisturbed:
            if 0 < segment.begin < min(weeks, above):
                point = self.at(segment.begin)
                if point.value - self.undisturbed_at(segment.begin) > self.least:
                    return self._back(segment.begin, point)
        return weeks

    def _meets(self, weeks: float, point: Point) -> float:
        """Where the tangent of a loss meets the undisturbed loss, before some weeks."""
        for begin, end, loss, slope in reversed(self.undisturbed):
            if begin >= weeks:
                continue
            rise = point.slope - slope
            gap = point.value + point.slope * (begin - weeks) - loss
            if gap <= 0:
                return min(begin - gap / rise, end, weeks) if rise > 0 else weeks
        return 0.0

    def at(self, weeks: float, *, basis: Any = None) -> Point:
        """The least loss after some weeks, as the network stands.

        basis  where to begin; without one where the last run ended
        """
        self.solver.change_columns(np.array([self.time]), np.array([weeks]), np.array([weeks]))
        if basis is not None:
            self.solver.resume(basis)
        found = self.solver.run(method="simplex")
        return Point(found.objective, found.x[self.behind], float(found.reduced[self.time]))

    def undisturbed_at(self, weeks: float) -> float:
        """What the undisturbed network loses by then."""
        segment = next(each for each in self.undisturbed if weeks <= each.end or each.end >= LONGEST)
        return segment.loss + segment.slope * (weeks - segment.begin)

    def _segments(self) -> list[Segment]:
        """The undisturbed loss over time, convex and piecewise linear, from tangents where they meet."""
        last = self.at(LONGEST)
        bases = self.basis, self.solver.basis()
        if last.value <= self.least:
            return [Segment(0.0, LONGEST, 0.0, 0.0)]
        ends = (0.0, Point(0.0, np.zeros(0), 0.0)), (LONGEST, last)
        points = [ends[0], *self._bends(*ends, *bases), ends[1]]
        return [
            Segment(a, b, at_a.value, (at_b.value - at_a.value) / (b - a)) for (a, at_a), (b, at_b) in pairwise(points)
        ]

    def _bends(
        self, left: tuple[float, Point], right: tuple[float, Point], basis: Any, last: Any
    ) -> list[tuple[float, Point]]:
        """Points between two at which the undisturbed loss bends; bases where they were solved."""
        (a, at_a), (b, at_b) = left, right
        if at_b.slope - at_a.slope <= SAME_SLOPE * (1 + abs(at_b.slope)):
            return []
        meet = (at_a.value - at_a.slope * a - at_b.value + at_b.slope * b) / (at_b.slope - at_a.slope)
        if not a + 1e-6 < meet < b - 1e-6:
            return []
        middle = self.at(meet, basis=basis if meet - a < b - meet else last)
        found = self.solver.basis()
        if middle.value <= at_a.value + at_a.slope * (meet - a) + self.least:
            return [(meet, middle)]
        here = meet, middle
        return [*self._bends(left, here, basis, found), here, *self._bends(here, right, found, last)]


class _Closed:
    """Some activities stand still while this is entered."""

    def __init__(self, steady: Steady, closed: Integers) -> None:
        columns = steady.model.places.start[closed, 0]
        self.solver, self.columns = steady.solver, columns[columns >= 0]
        self.high = steady.program.high[self.columns]

    def __enter__(self) -> None:
        if len(self.columns):
            self.solver.change_columns(self.columns, np.zeros(len(self.columns)), np.zeros(len(self.columns)))

    def __exit__(self, *_: object) -> None:
        if len(self.columns):
            self.solver.change_columns(self.columns, np.zeros(len(self.columns)), self.high)


def _rates(network: Network) -> Network:
    """Weekly rates in one week; what arrives is there at once, and no floor counts."""
    whole, weeks = network.over_the_horizon(), network.weeks
    groups, demands, made = whole.groups, whole.demands, whole.activities
    return replace(
        whole,
        groups=replace(groups, actual=groups.actual / weeks, maximum=groups.maximum / weeks),
        demands=replace(demands, wanted=demands.wanted / weeks),
        activities=replace(made, most=made.most / weeks),
        floors=(),
    )


def _over_time(model: Model) -> Program:
    """The program with a variable for the weeks that pass; capacity and demand grow with it, and only loss costs."""
    program, time = model.program, model.places.count
    capacity, demand = model.rows["capacity"], model.rows["demand"]
    rows, spans = len(program.row_low), np.diff(program.starts)
    finite = np.flatnonzero(np.isfinite(program.high))
    grown = [
        Entries(np.repeat(np.arange(rows), spans), program.columns, program.values),
        _column(capacity, time, -program.row_high[capacity]),
        _column(demand, time, -program.row_low[demand]),
        Entries(rows + np.arange(len(finite)), finite, np.ones(len(finite))),
        Entries(rows + np.arange(len(finite)), np.full(len(finite), time), -program.high[finite]),
    ]
    low, high = program.row_low.copy(), program.row_high.copy()
    high[capacity], low[demand], high[demand] = 0.0, 0.0, 0.0
    cost = np.zeros(time + 1)
    cost[model.places.behind[:, 0]] = model.network.demands.value
    entries = Entries(*(np.concatenate([piece[part] for piece in grown]) for part in range(3)))
    starts, columns, values = by_rows(entries, rows + len(finite))
    return Program(
        cost=cost,
        low=np.append(program.low, 0.0),
        high=np.append(np.full(time, INFINITE), LONGEST),
        row_low=np.append(low, np.full(len(finite), -INFINITE)),
        row_high=np.append(high, np.zeros(len(finite))),
        starts=starts,
        columns=columns,
        values=values,
    )


def _column(rows: slice, column: int, values: Floats) -> Entries:
    return Entries(np.arange(rows.start, rows.stop), np.full(len(values), column), values)


def activities_at(network: Network, sites: Sequence[str]) -> Integers:
    """The activities of some sites."""
    wanted = set(sites)
    return np.array([a for a, site in enumerate(network.activities.site) if site in wanted], np.int64)
