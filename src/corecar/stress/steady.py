"""A network in a steady state, for any length of time: what is lost while something stands still, and how long nothing is.

Source: Simchi-Levi, Schmidt, Wei, Zhang, Combs, Ge, Gusikhin, Sanders and Zhang, "Identifying risks and mitigating
disruptions in the automotive supply chain", Interfaces 45(5), 2015 (time to recover, time to survive). Capacity and
demand are weekly rates times the weeks that pass; stock and what is under way are there from the beginning. In a
shortage, where the undisturbed network loses too, only the loss beyond that one counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from corecar.errors import ArgumentError
from corecar.network.arrays import Floats, Integers, Network
from corecar.network.model import Model, weekly_model
from corecar.solve import INFINITE, Entries, Method, Program, Solver, by_rows

LONGEST = 999.0
"""Weeks that are looked ahead; what survives them survives for ever."""
NOTHING = 1e-6
"""Part of a week's demand by value that counts as no loss."""


class Segment(NamedTuple):
    """From `begin` to `end` weeks the undisturbed network loses `loss` + `slope` x (weeks - begin)."""

    begin: float
    end: float
    loss: float
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
    """

    def __init__(self, network: Network, *, method: Method = "simplex") -> None:
        if not network.demands.total.any():
            raise ArgumentError("the chain demands nothing, so nothing can be lost. Fill in the table demand.")
        self.network, self.method = network, method
        self.weight = network.demands.value
        self.model = weekly_model(_rates(network))
        self.program = _over_time(self.model)
        self.own, self.time = self.model.places.count, self.model.places.count
        self.behind = self.model.places.behind[:, 0]
        self.solver = Solver(self.program, what="the stress of the chain")
        self.least = NOTHING * float(self.weight @ network.demands.wanted.mean(axis=1))
        self.undisturbed = self._segments()

    def loss(self, closed: Integers, weeks: float) -> Loss:
        """What is lost when some activities stand still for some weeks: the performance impact of that time to recover.

        closed  int64: activities without output
        weeks   time to recover
        """
        value, lost, _ = self._least_loss(closed, weeks)
        beyond = value - self._undisturbed_at(weeks)
        return Loss(beyond if beyond > self.least else 0.0, lost)

    def survival(self, closed: Integers) -> float:
        """Weeks for which nothing is lost beyond what the undisturbed network loses; infinite when that never ends."""
        self._goal(np.zeros(self.own), -1.0)
        survived = 0.0
        with _Closed(self, closed):
            for begin, end, loss, slope in self.undisturbed:
                allowed = self.least if loss or slope else 0.0
                self._cap_loss(loss - slope * begin + allowed, slope)
                self.solver.change_columns(np.array([self.time]), np.array([begin]), np.array([end]))
                self.solver.forget()
                survived = float(self.solver.run(method=self.method).x[self.time])
                if survived < end * (1 - 1e-9):
                    break
        self._cap_loss(INFINITE, 0.0)
        return INFINITE if survived >= LONGEST * (1 - 1e-9) else survived

    def _least_loss(self, closed: Integers, weeks: float) -> tuple[float, Floats, float]:
        """The value of what is lost, the pieces, and by how much the value rises in a further week."""
        cost = np.zeros(self.own)
        cost[self.behind] = self.weight
        self._goal(cost, 0.0)
        with _Closed(self, closed):
            self.solver.change_columns(np.array([self.time]), np.array([weeks]), np.array([weeks]))
            self.solver.forget()
            found = self.solver.run(method=self.method)
        return found.objective, found.x[self.behind], float(found.reduced[self.time])

    def _goal(self, own: Floats, time: float) -> None:
        self.solver.change_cost(np.arange(self.own + 1), np.append(own, time))

    def _cap_loss(self, loss: float, slope: float) -> None:
        """The last row: value of what is lost - slope x weeks <= loss."""
        row = np.array([len(self.program.row_low) - 1])
        self.solver.change_rows(row, np.array([-INFINITE]), np.array([loss]))
        self.solver.change_coefficient(int(row[0]), self.time, -slope)

    def _undisturbed_at(self, weeks: float) -> float:
        segment = next(each for each in self.undisturbed if weeks <= each.end or each.end >= LONGEST)
        return segment.loss + segment.slope * (weeks - segment.begin)

    def _segments(self) -> list[Segment]:
        """The undisturbed loss over time, convex and piecewise linear, from tangents where they meet."""
        nobody = np.zeros(0, np.int64)

        def tangent(weeks: float) -> tuple[float, float, float]:
            value, _, slope = self._least_loss(nobody, weeks)
            return weeks, value, slope

        def between(
            left: tuple[float, float, float], right: tuple[float, float, float]
        ) -> list[tuple[float, float, float]]:
            (a, at_a, rise_a), (b, at_b, rise_b) = left, right
            if rise_b - rise_a <= 1e-9 * (1 + abs(rise_b)):
                return []
            meet = (at_a - rise_a * a - at_b + rise_b * b) / (rise_b - rise_a)
            if not a + 1e-6 < meet < b - 1e-6:
                return []
            middle = tangent(meet)
            if middle[1] <= at_a + rise_a * (meet - a) + self.least:
                return [(meet, middle[1], rise_b)]
            return [*between(left, middle), middle, *between(middle, right)]

        first, last = (0.0, 0.0, 0.0), tangent(LONGEST)
        if last[1] <= self.least:
            return [Segment(0.0, LONGEST, 0.0, 0.0)]
        points = [first, *between(first, last), last]
        return [
            Segment(a, b, at_a, (at_b - at_a) / (b - a))
            for (a, at_a, _), (b, at_b, _) in zip(points, points[1:], strict=False)
        ]


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
    """The program with a variable for the weeks that pass: capacity and demand grow with it; last, the loss' own row."""
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
    last = rows + len(finite)
    behind = model.places.behind[:, 0]
    grown.append(Entries(np.full(len(behind), last), behind, model.network.demands.value))
    grown.append(Entries(np.array([last]), np.array([time]), np.zeros(1)))
    low, high = program.row_low.copy(), program.row_high.copy()
    high[capacity], low[demand], high[demand] = 0.0, 0.0, 0.0
    extra = len(finite) + 1
    entries = Entries(*(np.concatenate([piece[part] for piece in grown]) for part in range(3)))
    starts, columns, values = by_rows(entries, last + 1)
    return Program(
        cost=np.zeros(time + 1),
        low=np.append(program.low, 0.0),
        high=np.append(np.full(time, INFINITE), LONGEST),
        row_low=np.append(low, np.full(extra, -INFINITE)),
        row_high=np.append(high, np.append(np.zeros(len(finite)), INFINITE)),
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
