"""Offers of laboratories as equipment of a schedule, and what a schedule takes of each, week by week."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from corecar.chain.words import HOUR, PIECE
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.qualify.laboratory import ALWAYS, TESTER, Bench
from corecar.qualify.laboratory_jobs import WEEK, durations
from corecar.qualify.laboratory_load import ANYWHERE, Problem
from corecar.qualify.laboratory_schedule import Schedule

OF_KIND = {"test": TESTER, "burn-in": "burn-in oven"}
"""What an offer of a kind is of where it does not say its equipment."""


def equipment_known() -> list[str]:
    """Every equipment that a test of the tables needs, and the tester of readings."""
    return sorted({row["equipment"] for row in durations().values() if row["equipment"]} | {TESTER})


def bench_of(offer: Mapping[str, Any], equipment: str, taken: Mapping[date, float], start: date, today: date) -> Bench:
    """An offer of the chain as equipment of a laboratory.

    offer      a row of the chain's offers: its quantity is what is there in each week, in hours of its equipment (a
               chamber's week has 168) or in parts that lie in it
    equipment  what it is of, where it does not say so itself
    taken      Monday -> what of its quantity is booked by then
    start      the Monday of the first week of the schedule
    Raises     ArgumentError for an offer that does not say of what it is, how much, or that no longer stands
    """
    name = offer["offer"]
    of = _equipment(name, equipment or offer["equipment"] or OF_KIND.get(offer["kind"], ""))
    if offer["valid_until"] is not None and offer["valid_until"] < today:
        raise ArgumentError(f"offer {name}: it stood until {offer['valid_until']:%Y-%m-%d}.")
    if offer["quantity"] is None or offer["unit"] not in (HOUR, PIECE) or (of == TESTER and offer["unit"] != HOUR):
        told = "nothing" if offer["quantity"] is None else f"{offer['quantity']:,g} {offer['unit']}s"
        unit = "hours a week" if of == TESTER else "hours or pieces a week"
        raise ArgumentError(f"offer {name}: {unit} of the {of} were expected, it says {told}.")
    hours, first, last = offer["unit"] == HOUR, offer["from_week"], offer["until_week"]
    return Bench(
        offer["party"], of, math.floor(offer["quantity"]), max(_week(first, start), 0) if first else 0,
        max(_week(last, start) + 1, 0) if last else ALWAYS, holds=0 if hours else 1, cost_a_week=offer["price"],
        each=WEEK if hours and of != TESTER else 1, offer=name, unit=offer["unit"], currency=offer["currency"] or "",
        taken=tuple((_week(day, start), quantity) for day, quantity in sorted(taken.items())),
    )  # fmt: skip


def _equipment(name: str, said: str) -> str:
    known = {each.casefold(): each for each in equipment_known()}
    if not said:
        raise ArgumentError(f'offer {name}: it does not say of what equipment it is. Say so: --offer "{name}=oven".')
    if said.strip().casefold() not in known:
        raise ArgumentError(f'offer {name}: no test needs a "{said}". {meant(said, known.values())}')
    return known[said.strip().casefold()]


def _week(day: date, start: date) -> int:
    return (day - start).days // 7


@dataclass(frozen=True)
class Taken:
    """What a job takes of an offer: the same quantity in each week from `first` to `last`, in the offer's unit."""

    job: int
    place: int
    first: int
    last: int
    quantity: float


def taken_of_offers(problem: Problem, found: Schedule) -> list[Taken]:
    """What the jobs of a schedule take of offers, job by job; the laboratory's own testers read before offered ones.

    >>> from corecar.qualify.laboratory_jobs import Job
    >>> oven = Bench("LAB", "oven", 336, each=168, offer="O-1", unit="hour")
    >>> problem = Problem([Job(0, "A6", 1, "oven", weeks=3, length=3, units=45)], [oven], 100.0)
    >>> taken_of_offers(problem, Schedule((2,), (0,), 5, 5))
    [Taken(job=0, place=0, first=2, last=4, quantity=168.0)]
    """
    taken = []
    for one, job in enumerate(problem.jobs):
        place = found.places[one]
        if place != ANYWHERE and problem.benches[place].offer:
            start, quantity = found.starts[one], float(problem.benches[place].takes(job.units))
            taken.append(Taken(one, place, start, start + job.weeks - 1, quantity))
    return sorted([*taken, *_readings(problem, found)], key=lambda each: (each.job, each.place, each.first))


def _readings(problem: Problem, found: Schedule) -> list[Taken]:
    """Hours of testers of offers, where the testers of the laboratory's own table do not suffice."""
    testers = [place for place, bench in enumerate(problem.benches) if bench.equipment == TESTER]
    testers.sort(key=lambda place: bool(problem.benches[place].offer))
    wanted: dict[int, list[tuple[int, float]]] = {}
    for one, job in enumerate(problem.jobs):
        for at, hours in job.readings:
            wanted.setdefault(found.starts[one] + at, []).append((one, hours))
    hours_of: dict[tuple[int, int], list[tuple[int, float]]] = {}
    for week, several in sorted(wanted.items()):
        left = {place: float(problem.benches[place].there(week + 1)[week]) * problem.hours_of(problem.benches[place])
                for place in testers}  # fmt: skip
        for one, hours in several:
            for place, part in _shared(hours, left):
                if problem.benches[place].offer:
                    hours_of.setdefault((one, place), []).append((week, part))
    return [taken for (one, place), weeks in hours_of.items() for taken in _runs(one, place, weeks)]


def _shared(hours: float, left: dict[int, float]) -> list[tuple[int, float]]:
    """Hours of a reading by tester, as far as each has some left, which is taken."""
    parts = []
    for place in left:
        part = min(hours, left[place])
        if part > 0:
            parts.append((place, part))
            left[place] -= part
            hours -= part
    return parts


def _runs(one: int, place: int, weeks: Sequence[tuple[int, float]]) -> list[Taken]:
    """Weeks that follow each other with the same hours, as one."""
    found = []
    for _, run in groupby(enumerate(weeks), key=lambda each: (each[1][0] - each[0], each[1][1])):
        own = [each for _, each in run]
        found.append(Taken(one, place, own[0][0], own[-1][0], own[0][1]))
    return found
