"""By when at best the products of a laboratory can be done, by its equipment alone: a bound that needs no solver."""

from __future__ import annotations

from collections.abc import Iterable

from corecar.qualify.laboratory import TESTER
from corecar.qualify.laboratory_jobs import Job
from corecar.qualify.laboratory_load import ANYWHERE, Problem


def least_total(problem: Problem) -> int:
    """The sum over products of the week after which their tests are done is never less.

    The k-th product to be done is done no earlier than the k-th of them without limits, and no earlier than a piece of
    equipment has done the work of the k products that bring it the least.
    """
    ends = sorted(problem.at_best().values())
    told = {bench.equipment for bench in problem.benches}
    for equipment in sorted(told):
        own = _tester_ends(problem) if equipment == TESTER else _ends(problem, equipment)
        ends = [max(pair) for pair in zip(ends, own, strict=True)]
    return sum(ends)


def _ends(problem: Problem, equipment: str) -> list[int]:
    """Ends of the products in the order in which they can be done, by one kind of equipment."""
    tails, earliest = problem.tails(), problem.earliest()
    work = dict.fromkeys(problem.products, 0.0)
    first, behind = [], []
    for one, job in enumerate(problem.jobs):
        if job.equipment == equipment:
            work[job.product] += job.weeks * _takes(problem, job)
            first.append(earliest[one])
            behind.append(job.length - job.weeks + tails[one])
    there = sum(bench.number / bench.each for bench in problem.benches if bench.equipment == equipment)
    return _one_by_one(work.values(), there, min(first, default=0), min(behind, default=0))


def _takes(problem: Problem, job: Job) -> float:
    benches = [problem.benches[place] for place in problem.places(job) if place != ANYWHERE]
    return min(bench.takes(job.units) / bench.each for bench in benches)


def _tester_ends(problem: Problem) -> list[int]:
    work = dict.fromkeys(problem.products, 0.0)
    for job in problem.jobs:
        work[job.product] += sum(hours for _, hours in job.readings)
    hours = sum(bench.number * problem.hours_of(bench) for bench in problem.benches if bench.equipment == TESTER)
    return _one_by_one(work.values(), hours, 0, 0)


def _one_by_one(work: Iterable[float], a_week: float, first: int, behind: int) -> list[int]:
    """Ends where all of it works for the product with the least work first.

    >>> _one_by_one([6.0, 2.0, 0.0], 2.0, 1, 3)
    [0, 5, 8]
    """
    done, found = 0.0, []
    for each in sorted(work):
        done += each
        found.append(first + -int(-done // a_week) + behind if done and a_week else 0)
    return found
