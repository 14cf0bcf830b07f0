"""What jobs take of a laboratory week by week, whether one more finds room, and a list schedule made that way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from corecar.chain.words import HOUR
from corecar.program import Floats
from corecar.qualify.laboratory import TESTER, Bench
from corecar.qualify.laboratory_jobs import Job

ANYWHERE = -1
"""In the place of a bench: the job needs none, or one that no table limits."""
HORIZON = 520
"""Weeks in which a place is looked for."""
TRIES = 40
"""Orders that the list schedule is made in; the best counts."""


@dataclass(frozen=True)
class Problem:
    """Jobs and the laboratory that does them.

    jobs         a job stands behind those that must be done before
    tester_week  hours of one tester in a week
    """

    jobs: Sequence[Job]
    benches: Sequence[Bench]
    tester_week: float

    def places(self, job: Job) -> list[int]:
        """Benches that can do a job at all; `ANYWHERE` where none is needed or none is told."""
        told = [place for place, bench in enumerate(self.benches) if bench.equipment == job.equipment]
        fit = [place for place in told if self.benches[place].takes(job.units) <= self.benches[place].number]
        return fit if told else [ANYWHERE]

    def tester_hours(self, weeks: int) -> Floats:
        """Hours of testers by week; without end where no tester is told."""
        testers = [bench for bench in self.benches if bench.equipment == TESTER]
        there = np.full(weeks, 0.0 if testers else np.inf)
        for bench in testers:
            there += bench.there(weeks) * self.hours_of(bench)
        return there

    def hours_of(self, bench: Bench) -> float:
        """Hours of a tester's week that one of a bench's number is."""
        return 1.0 if bench.unit == HOUR else self.tester_week

    @property
    def products(self) -> list[int]:
        """The products that have jobs."""
        return sorted({job.product for job in self.jobs})

    def earliest(self) -> list[int]:
        """First week in which each job could begin if the laboratory were without limits."""
        found: list[int] = []
        for job in self.jobs:
            found.append(max([job.ready, *(found[one] + self.jobs[one].length for one in job.after)]))
        return found

    def tails(self) -> list[int]:
        """Weeks from each job's end until the last job that waits for it is done."""
        found = [0] * len(self.jobs)
        for place in range(len(self.jobs) - 1, -1, -1):
            for one in self.jobs[place].after:
                found[one] = max(found[one], found[place] + self.jobs[place].length)
        return found

    def at_best(self) -> dict[int, int]:
        """Week after which each product's tests could be done if the laboratory were without limits."""
        return self._ends(self.earliest())

    def _ends(self, starts: Sequence[int]) -> dict[int, int]:
        return {
            product: max(s + job.length for s, job in zip(starts, self.jobs, strict=True) if job.product == product)
            for product in self.products
        }

    def ends(self, starts: Sequence[int]) -> dict[int, int]:
        """Week after which each product's tests are done."""
        return self._ends(starts)

    def worth(self, starts: Sequence[int]) -> tuple[int, int]:
        """What is to be as small as can be: all products' ends together, then all starts together."""
        return sum(self.ends(starts).values()), sum(starts)


@dataclass
class Load:
    """What is taken of a laboratory already."""

    problem: Problem
    weeks: int = HORIZON
    taken: np.ndarray[tuple[int, ...], np.dtype[np.int64]] = field(init=False)
    tested: Floats = field(init=False)
    hours: Floats = field(init=False)
    there: list[Floats] = field(init=False)

    def __post_init__(self) -> None:
        self.there = [bench.there(self.weeks) for bench in self.problem.benches]
        self.taken = np.zeros((len(self.problem.benches), self.weeks), np.int64)
        self.tested = np.zeros(self.weeks)
        self.hours = self.problem.tester_hours(self.weeks) + 1e-9

    def tester_full(self, job: Job, start: int) -> bool:
        """Whether a reading of the job finds no tester."""
        return any(self.tested[start + at] + hours > self.hours[start + at] for at, hours in job.readings)

    def bench_for(self, job: Job, start: int) -> int | None:
        """A bench that has room for the job from a week on; None where there is none."""
        for place in self.problem.places(job):
            if place == ANYWHERE:
                return place
            bench = self.problem.benches[place]
            weeks = slice(start, start + job.weeks)
            if (self.taken[place, weeks] + bench.takes(job.units) <= self.there[place][weeks]).all():
                return place
        return None

    def add(self, job: Job, start: int, place: int, sign: int = 1) -> None:
        """Take what the job takes; with -1 give it back."""
        if place != ANYWHERE:
            takes = self.problem.benches[place].takes(job.units)
            self.taken[place, start : start + job.weeks] += sign * takes
        for at, hours in job.readings:
            self.tested[start + at] += sign * hours


@dataclass(frozen=True)
class Starts:
    """When each job begins, and on which bench."""

    starts: tuple[int, ...]
    places: tuple[int, ...]


def in_order(problem: Problem, rank: Sequence[float]) -> Starts | None:
    """Each job as early as it fits, one after another by rank; None where one fits nowhere."""
    load = Load(problem)
    starts, places = [0] * len(problem.jobs), [ANYWHERE] * len(problem.jobs)
    for one in _by_rank(problem, rank):
        job = problem.jobs[one]
        begin = max([job.ready, *(starts[each] + problem.jobs[each].length for each in job.after)])
        for start in range(begin, HORIZON - job.length):
            place = None if load.tester_full(job, start) else load.bench_for(job, start)
            if place is not None:
                break
        else:
            return None
        load.add(job, start, place)
        starts[one], places[one] = start, place
    return Starts(tuple(starts), tuple(places))


def _by_rank(problem: Problem, rank: Sequence[float]) -> Iterator[int]:
    """Jobs by rank, none before those that must be done before it."""
    waiting = sorted(range(len(problem.jobs)), key=lambda one: (rank[one], one))
    done: set[int] = set()
    while waiting:
        one = next(each for each in waiting if done.issuperset(problem.jobs[each].after))
        waiting.remove(one)
        done.add(one)
        yield one


def list_schedule(problem: Problem) -> Starts | None:
    """The best of some list schedules: those that others wait for longest first, then drawn orders; always the same."""
    tails, earliest = problem.tails(), problem.earliest()
    length = [tail + job.length for tail, job in zip(tails, problem.jobs, strict=True)]
    drawn = np.random.default_rng(0)
    ranks = [
        [-float(each) for each in length],
        [float(each) for each in earliest],
        [float(e - n) for e, n in zip(earliest, length, strict=True)],
        [job.product * 1e4 - n for job, n in zip(problem.jobs, length, strict=True)],
    ]
    ranks += [[n - drawn.exponential(4.0) for n in ranks[0]] for _ in range(TRIES)]
    found = [made for rank in ranks if (made := in_order(problem, rank)) is not None]
    return min(found, key=lambda made: problem.worth(made.starts), default=None)
