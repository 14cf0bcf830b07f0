"""When a laboratory does which test: small cases held against every schedule there is."""

from __future__ import annotations

from datetime import date
from itertools import product

import numpy as np
import pytest

from corecar.errors import ArgumentError, Infeasible
from corecar.qualify.evidence import Evidence, Result, Status, status
from corecar.qualify.laboratory import ALWAYS, Bench, benches_of
from corecar.qualify.laboratory_bounds import least_total
from corecar.qualify.laboratory_jobs import Job, Pace, durations, hours_told, jobs_of
from corecar.qualify.laboratory_load import ANYWHERE, Problem, in_order
from corecar.qualify.laboratory_offers import taken_of_offers
from corecar.qualify.laboratory_schedule import Schedule, scheduled
from corecar.qualify.planning import Asked, PlanRow, plan
from corecar.qualify.product import Product
from corecar.standards.tabled import table

PACE = Pace(lot_weeks=2, hours={})


def fits(problem: Problem, starts: tuple[int, ...], places: tuple[int, ...]) -> bool:
    """Whether a schedule keeps every limit; written without anything of the scheduler."""
    taken: dict[tuple[int, int], int] = {}
    tested: dict[int, float] = {}
    for job, start, place in zip(problem.jobs, starts, places, strict=True):
        if start < job.ready or any(starts[one] + problem.jobs[one].length > start for one in job.after):
            return False
        if place != ANYWHERE:
            bench = problem.benches[place]
            if bench.equipment != job.equipment or start < bench.first or start + job.weeks > bench.end:
                return False
            for week in range(start, start + job.weeks):
                taken[place, week] = taken.get((place, week), 0) + (-(-job.units // bench.holds) if bench.holds else 1)
        for at, hours in job.readings:
            tested[start + at] = tested.get(start + at, 0.0) + hours
    if any(many > problem.benches[place].number for (place, _), many in taken.items()):
        return False
    testers = [bench for bench in problem.benches if bench.equipment == "tester"]
    there = {week: sum(bench.number for bench in testers if bench.first <= week < bench.end) * problem.tester_week
             for week in tested}  # fmt: skip
    return not testers or all(hours <= there[week] + 1e-9 for week, hours in tested.items())


def by_trying(problem: Problem, weeks: int) -> int | None:
    """The least sum of the products' ends over every schedule there is."""
    ways = []
    for job in problem.jobs:
        own = [place for place, bench in enumerate(problem.benches) if bench.equipment == job.equipment]
        ways.append([(start, place) for start in range(weeks) for place in own or [ANYWHERE]])
    found = None
    for chosen in product(*ways):
        starts, places = tuple(start for start, _ in chosen), tuple(place for _, place in chosen)
        ends: dict[int, int] = {}
        for job, start in zip(problem.jobs, starts, strict=True):
            ends[job.product] = max(ends.get(job.product, 0), start + job.length)
        total = sum(ends.values())
        if (found is None or total < found) and fits(problem, starts, places):
            found = total
    return found


def drawn(seed: int) -> Problem:
    """A small laboratory and four jobs of two products."""
    by = np.random.default_rng(seed)
    jobs: list[Job] = []
    for place in range(4):
        weeks = int(by.integers(1, 3))
        length = weeks + int(by.integers(0, 2))
        same = [one for one, job in enumerate(jobs) if job.product == place % 2]
        readings = tuple((week, 8.0) for week in sorted({0, length - 1})) if by.random() < 0.7 else ()
        jobs.append(Job(place % 2, f"T{place}", 1, str(by.choice(["oven", "chamber"])), weeks, length, 77, readings,
                        int(by.integers(0, 2)), tuple(same) if by.random() < 0.4 else ()))  # fmt: skip
    benches = [Bench("A", "oven", 1), Bench("A", "chamber", 2, holds=int(by.choice([0, 40]))),
               Bench("B", "oven", 1, first=2, end=int(by.choice([4, ALWAYS]))), Bench("A", "tester", 1)]  # fmt: skip
    return Problem(jobs, benches, tester_week=float(by.choice([8.0, 16.0])))


@pytest.mark.parametrize("seed", range(12))
def test_no_schedule_is_better_than_the_one_that_is_found(seed: int) -> None:
    problem = drawn(seed)
    found = scheduled(problem)
    assert fits(problem, found.starts, found.places)
    assert (found.total, found.proved) == (by_trying(problem, 9), True)
    assert least_total(problem) <= found.total


def test_a_list_schedule_alone_would_not_do() -> None:
    assert any(
        made is None or problem.worth(made.starts)[0] > scheduled(problem).total
        for problem in map(drawn, range(12))
        for made in [in_order(problem, [0.0] * 4)]
    )


def test_weeks_that_are_too_few_are_told() -> None:
    jobs = [Job(0, "B1", lot, "oven", 3, 3, 77) for lot in (1, 2)]
    with pytest.raises(Infeasible):
        scheduled(Problem(jobs, [Bench("A", "oven", 1, end=5)], 120.0))
    with pytest.raises(ArgumentError, match="77 parts fits into no oven"):
        scheduled(Problem(jobs, [Bench("A", "oven", 1, holds=50)], 120.0))


def asked(wire: str = "gold", change: str | None = None) -> tuple[list[PlanRow], dict[str, Status]]:
    rows = plan(Asked(Product("P", 1, "leaded", wire), change=change))
    return rows, {row.test: status(row, Evidence()) for row in rows}


def test_three_lots_are_not_consecutive_and_stresses_wait_for_preconditioning() -> None:
    rows, states = asked()
    jobs = jobs_of(0, 1, rows, states, PACE)
    lots = [job for job in jobs if job.test == "B1"]
    assert [job.ready for job in lots] == [0, 2, 4]
    for job in jobs:
        if job.test in ("A2", "A3", "A4"):
            assert [(jobs[one].test, jobs[one].lot) for one in job.after] == [("A1", job.lot)]
    (life,) = {(job.weeks, job.length, job.readings) for job in lots}
    assert life == (7, 7, ((0, 8.0), (1, 8.0), (3, 8.0), (6, 8.0)))


def test_copper_wire_goes_on_to_twice_the_stress_in_three_lots() -> None:
    rows, states = asked("copper")
    storage = [job for job in jobs_of(0, 1, rows, states, PACE) if job.test == "A6"]
    assert len(storage) == 3
    assert storage[0].weeks == 13  # 2000 h and two times 24 h out of the oven


def test_what_is_there_already_is_not_done_again() -> None:
    rows, states = asked(change="die-scribe-separate")
    (row,) = [row for row in rows if row.test == "A4"]
    states["A4"] = status(row, Evidence([Result("L1", 77)]))
    states["A3"] = status(row, Evidence([Result(lot, 77) for lot in "abc"]))
    jobs = jobs_of(0, 1, rows, states, PACE)
    assert [job.lot for job in jobs if job.test == "A4"] == [2, 3]
    assert "A3" not in {job.test for job in jobs}


def test_every_test_of_the_tables_has_a_duration() -> None:
    tests = {row["test"] for row in (*table("q100_tests"), *table("q104_tests"))} - {"E1"}
    assert tests == set(durations())


def test_hours_and_tables_that_say_nothing_are_refused() -> None:
    with pytest.raises(ArgumentError, match="of no test"):
        hours_told(["X9=3"])
    with pytest.raises(ArgumentError, match="hours above 0"):
        hours_told(["A2=soon"])
    row: dict[str, str | None] = {
        "laboratory": "LAB",
        "equipment": "oven",
        "number": "2",
        "weeks": "2027-W05..2027-W04",
    }
    with pytest.raises(ArgumentError, match=r"row 2: weeks .* end before"):
        benches_of([row], date(2027, 1, 4))
    with pytest.raises(ArgumentError, match='number "many"'):
        benches_of([{**row, "weeks": "", "number": "many"}], date(2027, 1, 4))
    with pytest.raises(ArgumentError, match="lacks weeks"):
        benches_of([{"laboratory": "LAB", "equipment": "oven", "number": "2"}], date(2027, 1, 4))


def test_two_products_share_a_laboratory() -> None:
    rows, states = asked(change="die-scribe-separate")
    first = jobs_of(0, 1, rows, states, PACE)
    both = [*first, *jobs_of(1, 1, rows, states, PACE, first=len(first))]
    benches = [Bench("LAB", "thermal cycling chamber", 1), Bench("LAB", "HAST chamber", 1), Bench("LAB", "tester", 1)]
    found: Schedule = scheduled(Problem(both, benches, 120.0), seconds=20)
    assert fits(Problem(both, benches, 120.0), found.starts, found.places)
    alone = scheduled(Problem(first, benches, 120.0), seconds=20)
    assert found.total > 2 * alone.total
    assert found.bound <= found.total


def test_what_is_booked_of_an_offer_is_not_scheduled_and_the_own_oven_comes_first() -> None:
    jobs = [Job(0, "A6", lot, "oven", weeks=2, length=2, units=45) for lot in (1, 2, 3)]
    offer = Bench("LAB", "oven", 336, each=168, offer="O-1", unit="hour", taken=((0, 336.0), (1, 168.0)))
    problem = Problem(jobs, [Bench("OWN", "oven", 1), offer], 100.0)
    found = scheduled(problem)
    assert found.proved
    assert sorted(zip(found.starts, found.places, strict=True)) == [(0, 0), (1, 1), (2, 0)]
    assert [(each.job, each.first, each.last, each.quantity) for each in taken_of_offers(problem, found)] == [
        (found.places.index(1), 1, 2, 168.0)
    ]


def test_readings_that_the_own_testers_have_no_hours_for_are_shared_out_over_offers() -> None:
    jobs = [Job(0, "A6", 1, weeks=1, length=1, readings=((0, 30.0),)), Job(0, "B1", 1, weeks=1, length=1,
                                                                          readings=((0, 20.0),))]  # fmt: skip
    benches = [Bench("LAB", "tester", 40, offer="O-1", unit="hour"), Bench("OWN", "tester", 1)]
    problem = Problem(jobs, benches, 35.0)
    found = scheduled(problem)
    assert found.starts == (0, 0)
    assert [(each.job, each.place, each.quantity) for each in taken_of_offers(problem, found)] == [(1, 0, 15.0)]
