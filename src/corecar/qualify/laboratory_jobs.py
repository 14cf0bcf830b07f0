"""The work that a qualification brings a laboratory: each test of each lot, how long, on what, after what."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from corecar.errors import ArgumentError
from corecar.qualify.evidence import DONE, Status
from corecar.qualify.planning import PlanRow
from corecar.standards import value
from corecar.standards.tabled import UNCONFIRMED, table

WEEK = 168
"""Hours of a week in which a chamber runs."""


@dataclass(frozen=True)
class Job:
    """One test of one lot.

    product    which of the products that are scheduled together
    lot        from 1; equipment: empty where none is needed
    weeks      that the equipment is taken
    length     weeks from its start until the last reading, and what is looked at after it, is done
    readings   weeks after the start in which a tester is needed, with its hours
    ready      the first week in which the lot is there
    after      places of the jobs that must be done before
    """

    product: int
    test: str
    lot: int
    equipment: str = ""
    weeks: int = 1
    length: int = 1
    units: int = 0
    readings: tuple[tuple[int, float], ...] = ()
    ready: int = 0
    after: tuple[int, ...] = ()
    name: str = ""
    clause: str = ""
    to_confirm: str = ""


@dataclass(frozen=True)
class Pace:
    """What the durations hang on beside the tables.

    lot_weeks  weeks between two lots, so that they are not consecutive
    hours      test -> hours, in place of the table's
    """

    lot_weeks: int
    hours: Mapping[str, float]


def durations() -> dict[str, dict[str, str]]:
    """Equipment, hours by grade, read points and predecessors of every test."""
    return {row["test"]: row for row in table("test_durations")}


def jobs_of(
    product: int, grade: int, rows: Sequence[PlanRow], statuses: Mapping[str, Status], pace: Pace, first: int = 0
) -> list[Job]:
    """The jobs of one product: tests that are to be done and are not, for each lot that is missing.

    statuses  where each test stands
    first     the place of its first job among all jobs
    Raises    ArgumentError for hours of a test that is not to be done
    """
    twice = {row.test.split("-")[0] for row in rows if row.group == "Q006" and "-2X-" in row.test}
    found: list[Job] = []
    known = durations()
    for row in rows:
        if row.group == "Q006" or row.test not in known or statuses[row.test].state in DONE:
            continue
        copper = [each for each in rows if each.group == "Q006" and each.test.startswith(f"{row.test}-")]
        lots = max([row.lots, 1, *(each.lots for each in copper)])
        there = statuses[row.test].lots if statuses[row.test].state == "incomplete" else 0
        job = _job(row, known[row.test], grade, pace, twice=row.test in twice)
        job = replace(job, units=max([row.units, *(each.units for each in copper)]))
        found += [
            replace(job, product=product, lot=lot, ready=(lot - 1) * pace.lot_weeks)
            for lot in range(min(there, lots - 1) + 1, lots + 1)
        ]
    places = {(job.test, job.lot): first + place for place, job in enumerate(found)}
    return [
        replace(job, after=tuple(places[test, job.lot] for test in known[job.test]["after"].split()
                                 if (test, job.lot) in places))
        for job in found
    ]  # fmt: skip


def _job(row: PlanRow, told: Mapping[str, str], grade: int, pace: Pace, *, twice: bool) -> Job:
    hours = pace.hours.get(row.test, float(told[f"grade_{grade}"]))
    points = [float(point) for point in told["read_points"].split()]
    if twice:
        points, hours = [*points, hours], hours * _constant("copper_times")
    points = [point for point in points if point < hours]
    readings, out, taken = [], _constant("out"), _constant("reading")
    if told["tested"] == "yes":
        times = [0.0, *points, hours]
        offsets = [0, *(int((time + out * place) // WEEK) for place, time in enumerate(times[1:], 1))]
        readings = [(offset, taken) for offset in offsets]
    busy = math.ceil((hours + out * len(points)) / WEEK)
    length = max(busy, *(offset + 1 for offset, _ in readings), 1) if readings else max(busy, 1)
    length += math.ceil(_constant("copper_analysis") / WEEK) if twice else 0
    return Job(
        0, row.test, 1, told["equipment"], max(busy, 1), length, row.units, _added(readings), name=row.name,
        clause=told["clause"], to_confirm=_to_confirm(told, grade, told_hours=row.test in pace.hours),
    )  # fmt: skip


def _added(readings: Sequence[tuple[int, float]]) -> tuple[tuple[int, float], ...]:
    """Readings of one week together."""
    weeks = sorted({week for week, _ in readings})
    return tuple((week, sum(hours for at, hours in readings if at == week)) for week in weeks)


def _to_confirm(told: Mapping[str, str], grade: int, *, told_hours: bool) -> str:
    names = [("hours" if name.startswith("grade_") else name.replace("_", " ")) for name in told["unconfirmed"].split()
             if not name.startswith("grade_") or (name == f"grade_{grade}" and not told_hours)]  # fmt: skip
    return f"{', '.join(names)}: {UNCONFIRMED}" if names else ""


def _constant(parameter: str) -> float:
    return float(value("Qualification", "schedule", parameter))


def hours_told(texts: Sequence[str]) -> dict[str, float]:
    """Hours of tests from texts such as `A2=264`.

    Raises  ArgumentError for a test that no table knows, and for what is no number of hours

    >>> hours_told(["A2=264"])
    {'A2': 264.0}
    """
    found: dict[str, float] = {}
    for text in texts:
        test, _, hours = (part.strip() for part in text.partition("="))
        if test not in durations():
            raise ArgumentError(f'hours: "{text}" is of no test. Write it like A2=264.')
        try:
            found[test] = float(hours)
        except ValueError:
            found[test] = 0.0
        if not 0 < found[test] <= 20_000:
            raise ArgumentError(f'hours: "{text}": hours above 0 and up to 20,000 were expected.')
    return found


def unconfirmed(jobs: Sequence[Job]) -> list[str]:
    """Tests of which something is to be confirmed."""
    return list(dict.fromkeys(job.test for job in jobs if job.to_confirm))
