"""What a job of a schedule waits for, and the chain of such waits that decides when a product is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from corecar.qualify.laboratory_load import ANYWHERE, Load, Problem
from corecar.qualify.laboratory_schedule import Schedule

Kind = Literal["before", "lot", "equipment", "weeks", "tester", "nothing"]


@dataclass(frozen=True)
class Wait:
    """Why a job begins no earlier.

    kind   `before`: another test of its lot; `lot`: the lot itself; `equipment`: another job is on it; `weeks`: it is
           not there earlier; `tester`: no tester reads it earlier; `nothing`: it could begin earlier, and wins nothing
    other  place of the job that is waited for; None where it is none
    """

    job: int
    kind: Kind
    other: int | None = None


def wait_of(problem: Problem, found: Schedule, one: int, load: Load) -> Wait:
    """Why a job begins no earlier than it does.

    load  of the whole schedule; it is as before when this returns
    """
    job, start = problem.jobs[one], found.starts[one]
    for before in job.after:
        if found.starts[before] + problem.jobs[before].length == start:
            return Wait(one, "before", before)
    if start <= job.ready:
        return Wait(one, "lot")
    load.add(job, start, found.places[one], -1)
    try:
        if load.bench_for(job, start - 1) is None:
            return _of_equipment(problem, found, one)
        return Wait(one, "tester" if load.tester_full(job, start - 1) else "nothing")
    finally:
        load.add(job, start, found.places[one])


def _of_equipment(problem: Problem, found: Schedule, one: int) -> Wait:
    """The job that leaves the equipment when this one begins, the longest of those; its weeks where none does."""
    start, places = found.starts[one], set(problem.places(problem.jobs[one]))
    there = [
        other for other, job in enumerate(problem.jobs)
        if other != one and found.places[other] in places - {ANYWHERE}
        and found.starts[other] < start <= found.starts[other] + job.weeks
    ]  # fmt: skip
    if not there:
        return Wait(one, "weeks")
    ends = {other: found.starts[other] + problem.jobs[other].weeks for other in there}
    return Wait(one, "equipment", min(there, key=lambda other: (ends[other], found.starts[other], other)))


def loaded(problem: Problem, found: Schedule) -> Load:
    """What a whole schedule takes of the laboratory."""
    load = Load(problem)
    for job, start, place in zip(problem.jobs, found.starts, found.places, strict=True):
        load.add(job, start, place)
    return load


def chain(problem: Problem, found: Schedule, product: int, waits: list[Wait]) -> list[Wait]:
    """The waits from a product's last job back to the first, the last one first; jobs of other products too.

    waits  of every job
    """
    own = [one for one, job in enumerate(problem.jobs) if job.product == product]
    at: int | None = max(own, key=lambda one: (found.starts[one] + problem.jobs[one].length, problem.jobs[one].weeks))
    links: list[Wait] = []
    while at is not None:
        links.append(waits[at])
        at = waits[at].other
    return links
