"""When a laboratory does the tests of several qualifications, so that all are done as early as can be.

Minimised is the sum over products of the week after which their tests are done. An integer program with a variable for
each job, bench and week of its start says it exactly; a list schedule bounds the weeks that are looked at, and is what
is answered, with the bound, where the program takes too long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from corecar.errors import ArgumentError, Cancelled, Infeasible, SolverError
from corecar.program import Entries, Program, by_rows
from corecar.qualify.laboratory_bounds import least_total
from corecar.qualify.laboratory_load import ANYWHERE, HORIZON, Problem, Starts, in_order, list_schedule
from corecar.solve import Stop, solve

LONGEST = 156
"""Weeks that are looked at where no list schedule was found."""


@dataclass(frozen=True)
class Schedule:
    """When each job begins.

    total   the sum over products of the week after which their tests are done; bound: no schedule has less
    """

    starts: tuple[int, ...]
    places: tuple[int, ...]
    total: int
    bound: int

    @property
    def proved(self) -> bool:
        """Whether no schedule is better."""
        return self.total <= self.bound


def scheduled(problem: Problem, *, seconds: float = 30.0, stop: Stop | None = None) -> Schedule:
    """The schedule in which all products together are done earliest.

    seconds  the solver's time
    Raises   ArgumentError for a lot that no bench holds; Infeasible where the weeks of the laboratory are too few;
             Cancelled
    """
    _check(problem)
    listed = list_schedule(problem)
    least = least_total(problem)
    most = None if listed is None else problem.worth(listed.starts)[0]
    if listed is not None and most == least:
        return Schedule(listed.starts, listed.places, least, least)
    try:
        found, bound = _solved(problem, most, seconds, stop)
    except (Infeasible, Cancelled):
        raise
    except SolverError:
        found, bound = None, least
    known = [each for each in (listed, found, _earlier(problem, found)) if each is not None]
    if not known:
        raise SolverError(f"The laboratory's schedule was not found in {seconds:g} s. Give it more time.")
    best = min(known, key=lambda each: problem.worth(each.starts))
    return Schedule(best.starts, best.places, problem.worth(best.starts)[0], max(bound, least))


def _check(problem: Problem) -> None:
    for job in problem.jobs:
        if not problem.places(job):
            raise ArgumentError(
                f"{job.test}: a lot of {job.units} parts fits into no {job.equipment} of the table and the offers. "
                "List more of them."
            )


def _earlier(problem: Problem, found: Starts | None) -> Starts | None:
    """The same order with each job as early as it fits."""
    return None if found is None else in_order(problem, [float(start) for start in found.starts])


@dataclass(frozen=True)
class _Columns:
    """The variables: one for each job, bench and start, then one for each product and the week it is done after."""

    job: list[int]
    place: list[int]
    start: list[int]
    product: list[int]
    done: list[int]


def _solved(problem: Problem, most: int | None, seconds: float, stop: Stop | None) -> tuple[Starts, int]:
    columns = _columns(problem, most)
    entries, low, high = _rows(problem, columns)
    width = len(columns.job) + len(columns.product)
    starts, places, values = by_rows(Entries(*(np.array(part) for part in zip(*entries, strict=True))), len(low))
    cost = np.array([0.0] * len(columns.job) + [float(done) for done in columns.done])
    made = Program(cost, np.zeros(width), np.ones(width), np.array(low), np.array(high), starts, places, values,
                   whole=np.ones(width, bool))  # fmt: skip
    found = solve(made, time_limit=seconds, gap=1e-6, what="the laboratory's schedule", stop=stop)
    chosen = np.flatnonzero(found.x[: len(columns.job)] > 0.5)
    by_job = {columns.job[one]: (columns.start[one], columns.place[one]) for one in chosen.tolist()}
    picked = [by_job[one] for one in range(len(problem.jobs))]
    return (
        Starts(tuple(start for start, _ in picked), tuple(place for _, place in picked)),
        math.ceil(found.bound - 1e-4),
    )


def _columns(problem: Problem, most: int | None) -> _Columns:
    """Starts between the earliest and those after which no better schedule is left."""
    least, earliest, tails = problem.at_best(), problem.earliest(), problem.tails()
    slack = LONGEST if most is None else most - sum(least.values())
    found = _Columns([], [], [], [], [])
    there = [bench.there(HORIZON) for bench in problem.benches]
    for one, job in enumerate(problem.jobs):
        last = least[job.product] + slack - tails[one] - job.length
        for place in problem.places(job):
            for start in range(earliest[one], last + 1):
                if place != ANYWHERE:
                    room = there[place][start : start + job.weeks]
                    if len(room) < job.weeks or room.min() < problem.benches[place].takes(job.units):
                        continue
                found.job.append(one)
                found.place.append(place)
                found.start.append(start)
    for product, end in least.items():
        found.product.extend([product] * (slack + 1))
        found.done.extend(range(end, end + slack + 1))
    return found


class _Rows:
    """Rows of the program as they are written: triples, and the bounds of each row."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, int, float]] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, terms: list[tuple[int, float]], low: float, high: float) -> None:
        self.entries += [(len(self.low), column, value) for column, value in terms]
        self.low.append(low)
        self.high.append(high)


def _rows(problem: Problem, columns: _Columns) -> tuple[list[tuple[int, int, float]], list[float], list[float]]:
    rows = _Rows()
    of_job: dict[int, list[int]] = {one: [] for one in range(len(problem.jobs))}
    for column, one in enumerate(columns.job):
        of_job[one].append(column)
    shift = len(columns.job)
    of_product: dict[int, list[int]] = {product: [] for product in problem.products}
    for column, product in enumerate(columns.product):
        of_product[product].append(shift + column)
    for one, job in enumerate(problem.jobs):
        if not of_job[one]:
            raise Infeasible(f"{job.test}, lot {job.lot}: the weeks of {job.equipment} in the table are too few.")
    for each in (*of_job.values(), *of_product.values()):
        rows.add([(column, 1.0) for column in each], 1.0, 1.0)
    _orders(problem, columns, of_job, of_product, rows)
    _limits(problem, columns, rows)
    return rows.entries, rows.low, rows.high


def _orders(
    problem: Problem, columns: _Columns, of_job: dict[int, list[int]], of_product: dict[int, list[int]], rows: _Rows
) -> None:
    """What begins by a week has what must be done before it done by then; so has the end of a product."""
    ahead = {one for job in problem.jobs for one in job.after}
    for one, job in enumerate(problem.jobs):
        begun = [(columns.start[column], column) for column in of_job[one]]
        for before in job.after:
            _after(columns, of_job[before], problem.jobs[before].length, begun, rows)
        if one not in ahead:
            shift = len(columns.job)
            done = [(columns.done[column - shift], column) for column in of_product[job.product]]
            _after(columns, of_job[one], job.length, done, rows)


def _after(columns: _Columns, before: list[int], length: int, begun: list[tuple[int, int]], rows: _Rows) -> None:
    """sum of x[later, s <= week] <= sum of x[earlier, s <= week - length], for every week."""
    last = max(columns.start[column] for column in before) + length
    for week in sorted({at for at, _ in begun}):
        if week >= last:
            break
        later = [(column, 1.0) for at, column in begun if at <= week]
        earlier = [(column, -1.0) for column in before if columns.start[column] <= week - length]
        rows.add(later + earlier, -np.inf, 0.0)


def _limits(problem: Problem, columns: _Columns, rows: _Rows) -> None:
    """What runs in a week on a bench is no more than there is; so are the hours of testers."""
    used: dict[tuple[int, int], list[tuple[int, float]]] = {}
    tested: dict[int, list[tuple[int, float]]] = {}
    for column, (one, place, start) in enumerate(zip(columns.job, columns.place, columns.start, strict=True)):
        job = problem.jobs[one]
        if place != ANYWHERE:
            takes = float(problem.benches[place].takes(job.units))
            for week in range(start, start + job.weeks):
                used.setdefault((place, week), []).append((column, takes))
        for at, hours in job.readings:
            tested.setdefault(start + at, []).append((column, hours))
    room = [bench.there(HORIZON) for bench in problem.benches]
    for (place, week), terms in sorted(used.items()):
        rows.add(terms, -np.inf, float(room[place][week]))
    there = problem.tester_hours(max(tested, default=0) + 1)
    for week, terms in sorted(tested.items()):
        if np.isfinite(there[week]):
            rows.add(terms, -np.inf, float(there[week]))
