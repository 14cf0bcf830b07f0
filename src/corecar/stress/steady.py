"""A network in a steady state: what is lost while something stands still for some time, and how long nothing is.

Source: Simchi-Levi, Schmidt, Wei, Zhang, Combs, Ge, Gusikhin, Sanders and Zhang, "Identifying risks and mitigating
disruptions in the automotive supply chain", Interfaces 45(5), 2015 (time to recover, time to survive). Capacity and
demand are weekly rates times the weeks that pass; stock and what is under way are there from the beginning. In a
shortage, where the undisturbed network loses too, only the loss beyond that one counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from corecar.errors import ArgumentError
from corecar.network.arrays import Floats, Integers, Network
from corecar.network.model import Model, weekly_model
from corecar.program import Basis, Entries, Program, by_rows
from corecar.solve import INFINITE, Solver
from corecar.stress.beginnings import TOLERANCE, Beginnings, Relaxed

LONGEST = 999.0
"""Weeks that are looked ahead; what survives them survives for ever."""
SHORTEST = 1e-6
"""Weeks that count as none: nothing lies there to live on."""
NOTHING = 1e-6
"""Part of a week's demand by value that counts as no loss."""
SAME_SLOPE = 1e-4
"""Part by which two slopes of the undisturbed loss may differ and count as one."""
MOST_KNOTS = 24
"""Places at which the undisturbed loss is known, at most; between two it counts as straight: never too little."""
MOST_BENDS = 8
"""Bends of the undisturbed loss, at most, of which each is looked at before a time to survive counts."""
CLOSE = 0.1
"""Part by which weeks of two runs of one stop may differ for the second to begin where the first ended."""
NEARER = 0.25
"""Part of the way to weeks in which more may be lost at which that is looked for first."""
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


class Knot(NamedTuple):
    """The undisturbed network after some weeks, and the basis of its solution."""

    weeks: float
    point: Point
    basis: Basis | None


@dataclass(frozen=True)
class Loss:
    """What is lost by the end of some weeks.

    value     of the pieces that do not come, beyond what the undisturbed network loses
    lost      float64, shape (demands,): pieces that do not come, the undisturbed network's among them
    more      float64, shape (demands,): lost beyond those; below 0 where a demand gains
    """

    value: float
    lost: Floats
    more: Floats


class Steady:
    """One network, asked about many disruptions.

    network  its weekly rates are the means over its horizon, its stock all that lies or is under way
    Raises   ArgumentError for a network in which nothing is demanded

    Each question starts from what the stop itself says (`corecar.stress.beginnings`), so answers do not depend on what
    was asked before.
    """

    def __init__(self, network: Network) -> None:
        if not network.demands.total.any():
            raise ArgumentError("the chain demands nothing, so nothing can be lost. Fill in the table demand.")
        self.network = network
        self.weight = network.demands.value
        self.model = weekly_model(_rates(network))
        wanted = self.model.network.demands.wanted[:, 0]
        self.unit, self.price = float(wanted[wanted > 0].mean()), float(self.weight.max(initial=0.0)) or 1.0
        self.program = _per_week(self.model, self.unit, self.price)
        self.stock = self.model.places.count
        self.behind = self.model.places.behind[:, 0]
        self.solver = self._solver()
        self.ran: float | None = None  # weeks of the last run since something stood still
        self.least = NOTHING * float(self.weight @ network.demands.wanted.mean(axis=1))
        self.beginnings = Beginnings(self.model, self.program, self.unit)
        self.knots = self._knots()
        self.undisturbed = self._straight()
        self.calm: dict[float, Knot] = {}

    def prepare(self, weeks: Iterable[float]) -> None:
        """Solve the undisturbed network for times that will be asked about, so that those questions take less time."""
        self.calm = self.calm | {each: self._calm(each) for each in sorted({*weeks} - self.calm.keys())}

    def twin(self) -> Steady:
        """The same with a solver of its own, for another thread."""
        other = copy(self)
        other.solver = self._solver()
        return other

    def _solver(self) -> Solver:
        return Solver(self.program, what="the stress of the chain", tolerance=TOLERANCE)

    def loss(self, closed: Integers, weeks: float) -> Loss:
        """What is lost when some activities stand still for some weeks: the performance impact of that time to recover.

        closed  int64: activities without output
        weeks   time to recover
        """
        self.prepare([weeks])
        with StandingStill(self, closed):
            return self._loss(self.beginnings.of(closed), weeks)

    def survival(self, closed: Integers) -> float:
        """Weeks for which nothing is lost beyond what the undisturbed network loses; infinite when that never ends."""
        with StandingStill(self, closed):
            return self._survival(self.beginnings.of(closed), LONGEST)

    def answer(self, closed: Integers, weeks: float) -> tuple[Loss, float]:
        """Both, of which the second takes less time when the first is known."""
        self.prepare([weeks])
        with StandingStill(self, closed):
            relaxed = self.beginnings.of(closed)
            loss = self._loss(relaxed, weeks)
            return loss, self._survival(relaxed, weeks if loss.value > 0 else LONGEST)

    def _loss(self, relaxed: Relaxed, weeks: float) -> Loss:
        point = self._begun(relaxed, weeks)
        calm = self.calm[weeks]
        beyond = point.value - calm.point.value
        return Loss(beyond if beyond > self.least else 0.0, point.lost, point.lost - calm.point.lost)

    def _begun(self, relaxed: Relaxed, weeks: float) -> Point:
        """The loss after some weeks, from the stop's own basis; in a shortage, when the stop would lose no more if
        groups had no limits, from a basis that has mended the overloaded groups already."""
        point = self._point(weeks, *relaxed.at(weeks))
        short = len(self.undisturbed) > 1 and weeks >= self.knots[0].weeks
        if short and point.value <= self.undisturbed_at(weeks) + self.least:
            return self._near(weeks)
        return self.at(weeks, basis=relaxed.basis())

    def _near(self, weeks: float) -> Point:
        """The same from where this stop was looked at last, where those weeks are close, else from the undisturbed
        network after weeks as near as are known."""

        def apart(other: float) -> float:
            return abs(math.log(other / weeks))

        known = self.calm.get(weeks) or min(self.knots, key=lambda knot: apart(knot.weeks))
        if self.ran is not None and apart(self.ran) <= max(CLOSE, apart(known.weeks)):
            return self._run(weeks)
        return self.at(weeks, basis=known.basis)

    def _survival(self, relaxed: Relaxed, latest: float) -> float:
        """The loss is convex in the weeks, so each tangent of it leads to an earlier week in which something more is
        lost, until none is (Newton's method from the right): first with the loss that needs no group, which is never
        more, then with the whole one. That holds from the beginning when it holds wherever the undisturbed loss bends,
        for between two bends that is a straight line. Of many bends only the loss that needs no group is looked at:
        a further loss at one of them that is made good again by the end is then not seen.
        """
        bound = self.last(self._without_groups(relaxed), latest, self.undisturbed)
        bends = self.undisturbed

        def whole(weeks: float) -> Point:
            return self._begun(relaxed, weeks)

        if len(bends) > MOST_BENDS:
            bound, bends = self._nearer(whole, bound), bends[:1]
        found = self.last(whole, bound, bends)
        return INFINITE if found >= LONGEST else found

    def _nearer(self, loss: Callable[[float], Point], latest: float) -> float:
        """Weeks before `latest` in which something more is lost, found from the place before them where the undisturbed
        network is known; else `latest`. They end near the answer, where a run takes a few steps of the solver alone."""
        before = max((knot.weeks for knot in self.knots if knot.weeks < latest), default=None)
        if before is None:
            return latest
        for weeks in (before, before + (latest - before) * NEARER):
            if loss(weeks).value - self.undisturbed_at(weeks) > self.least:
                return weeks
        return latest

    def last(self, loss: Callable[[float], Point], latest: float, bends: Sequence[Segment] = ()) -> float:
        """The last weeks, `latest` at most, up to which a loss is no more than the undisturbed one."""
        if latest <= SHORTEST:
            return 0.0
        point = loss(latest)
        if point.value - self.undisturbed_at(latest) > self.least:
            latest = self._back(loss, latest, point)
        for segment in bends:
            if 0 < segment.begin < latest:
                point = loss(segment.begin)
                if point.value - segment.loss > self.least:
                    return self._back(loss, segment.begin, point)
        return latest

    def _back(self, loss: Callable[[float], Point], weeks: float, point: Point) -> float:
        """From weeks in which more is lost to the last ones before them in which it is not."""
        for _ in range(MOST_STEPS):
            before = self._meets(weeks, point)
            if before <= SHORTEST:
                return 0.0
            if before >= weeks * (1 - 1e-12):
                return before
            weeks, point = before, loss(before)
            if point.value - self.undisturbed_at(weeks) <= self.least:
                return weeks
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

    def at(self, weeks: float, *, basis: Basis | None = None) -> Point:
        """The least loss after some weeks, as the network stands, begun at a basis or from nothing."""
        if basis is None:
            self.solver.forget()
        else:
            self.solver.resume(basis)
        return self._run(weeks)

    def _run(self, weeks: float) -> Point:
        """The least loss after some weeks, begun where the solver stands."""
        part = np.array([1.0 / weeks])
        self.solver.change_columns(np.array([self.stock]), part, part)
        found = self.solver.run(method="simplex")
        self.ran = weeks
        return self._point(weeks, found.objective, found.x[self.behind], float(found.reduced[self.stock]))

    def _point(self, weeks: float, loss: float, lost: Floats, rise: float) -> Point:
        """A point from the loss of a week on average, and its rise with the part of the stock that a week may use."""
        worth = self.unit * self.price
        return Point(worth * weeks * loss, self.unit * weeks * lost, worth * (loss - rise / weeks))

    def _without_groups(self, relaxed: Relaxed) -> Callable[[float], Point]:
        """The loss if groups had no limits."""
        return lambda weeks: self._point(weeks, *relaxed.at(weeks))

    def undisturbed_at(self, weeks: float) -> float:
        """What the undisturbed network loses by then."""
        segment = next(each for each in self.undisturbed if weeks <= each.end or each.end >= LONGEST)
        return segment.loss + segment.slope * (weeks - segment.begin)

    def _knots(self) -> list[Knot]:
        """The undisturbed loss where it bends: convex and piecewise linear, so its tangents are followed to where they
        meet, the place where most may hide first, until nothing hides or there are enough of them.
        """
        last = self._calm(LONGEST)
        if last.point.value <= self.least:
            return [last]
        nothing = Knot(0.0, Point(0.0, np.zeros(0), 0.0), None)
        found, hidden = [nothing, last], [self._hidden(nothing, last)]
        while max(hidden)[0] > 0 and len(found) < MOST_KNOTS:
            place = hidden.index(max(hidden))
            middle = self._calm(hidden[place][1])
            left, right = found[place], found[place + 1]
            found.insert(place + 1, middle)
            hidden[place : place + 1] = [self._hidden(left, middle), self._hidden(middle, right)]
        return found[1:]

    def _hidden(self, left: Knot, right: Knot) -> tuple[float, float]:
        """By how much of a week's demand the loss may lie below the chord of two knots, at most, and where."""
        (a, at_a, _), (b, at_b, _) = left, right
        bend = at_b.slope - at_a.slope
        if bend <= SAME_SLOPE * (1 + abs(at_b.slope)):
            return 0.0, a
        meet = (at_a.value - at_a.slope * a - at_b.value + at_b.slope * b) / bend
        if not a + 1e-6 < meet < b - 1e-6:
            return 0.0, a
        chord = at_a.value + (at_b.value - at_a.value) * (meet - a) / (b - a)
        gap = chord - at_a.value - at_a.slope * (meet - a)
        return (gap / meet if gap > self.least else 0.0), meet

    def _calm(self, weeks: float) -> Knot:
        """The undisturbed network after some weeks."""
        nothing = self.beginnings.of(np.zeros(0, np.int64))
        nothing.at(weeks)
        return Knot(weeks, self.at(weeks, basis=nothing.basis()), self.solver.basis())

    def _straight(self) -> list[Segment]:
        """What lies between the knots."""
        if self.knots[-1].point.value <= self.least:
            return [Segment(0.0, LONGEST, 0.0, 0.0)]
        ends = [(0.0, 0.0), *((knot.weeks, knot.point.value) for knot in self.knots)]
        return [Segment(a, b, at_a, (at_b - at_a) / (b - a)) for (a, at_a), (b, at_b) in pairwise(ends)]


class StandingStill:
    """Some activities stand still while this is entered."""

    def __init__(self, steady: Steady, closed: Integers) -> None:
        columns = steady.model.places.start[closed, 0]
        self.steady, self.solver, self.columns = steady, steady.solver, columns[columns >= 0]
        self.high = steady.program.high[self.columns]

    def __enter__(self) -> None:
        self.steady.ran = None
        if len(self.columns):
            self.solver.change_columns(self.columns, np.zeros(len(self.columns)), np.zeros(len(self.columns)))

    def __exit__(self, *_: object) -> None:
        if len(self.columns):
            self.solver.change_columns(self.columns, np.zeros(len(self.columns)), self.high)


def _rates(network: Network) -> Network:
    """Weekly rates in one week; what arrives is there at once, no floor counts, and no lead time closes a route."""
    at_once = replace(network.activities, lead=np.zeros(len(network.activities), np.int64))
    whole, weeks = replace(network, activities=at_once).over_the_horizon(), network.weeks
    groups, demands, made = whole.groups, whole.demands, whole.activities
    return replace(
        whole,
        groups=replace(groups, actual=groups.actual / weeks, maximum=groups.maximum / weeks),
        demands=replace(demands, wanted=demands.wanted / weeks),
        activities=replace(made, most=made.most / weeks),
        floors=(),
    )


def _per_week(model: Model, unit: float, price: float) -> Program:
    """The program of what happens in a week on average, with a variable for the part of all stock that a week may use.

    After t weeks that part is 1/t. Bounds in units of some pieces, and only loss costs, in units of a price: so numbers
    stay near 1 however long the time is.
    """
    program, stock = model.program, model.places.count
    balance = model.rows["balance"]
    rows, spans = len(program.row_low), np.diff(program.starts)
    lying = program.row_low[balance] / unit
    grown = [
        Entries(np.repeat(np.arange(rows), spans), program.columns, program.values),
        Entries(np.arange(balance.start, balance.stop), np.full(len(lying), stock), -lying),
    ]
    low, high = program.row_low / unit, program.row_high / unit
    low[balance], high[balance] = 0.0, 0.0
    cost = np.zeros(stock + 1)
    cost[model.places.behind[:, 0]] = model.network.demands.value / price
    entries = Entries(*(np.concatenate([piece[part] for piece in grown]) for part in range(3)))
    starts, columns, values = by_rows(entries, rows)
    return Program(
        cost=cost,
        low=np.append(program.low / unit, 0.0),
        high=np.append(program.high / unit, INFINITE),
        row_low=low,
        row_high=high,
        starts=starts,
        columns=columns,
        values=values,
    )


def activities_at(network: Network, sites: Sequence[str]) -> Integers:
    """The activities of some sites."""
    wanted = set(sites)
    return np.array([a for a, site in enumerate(network.activities.site) if site in wanted], np.int64)
