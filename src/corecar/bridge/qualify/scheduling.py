"""When laboratories do the tests of qualifications: starts and ends, parts and cost, the earliest submission."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from corecar.bridge.calls import AtLeast, Call, in_session
from corecar.bridge.qualify.kept_qualifications import Kept, one, statuses_of
from corecar.bridge.qualify.offered_equipment import bookable, drawn_on
from corecar.bridge.qualify.scheduled_answers import Asked, schedule_told
from corecar.bridge.travel import Returned, Sent
from corecar.chain.weeks import monday
from corecar.errors import ArgumentError, Conflict, SourceMissing
from corecar.qualify.laboratory import COLUMNS, benches_of
from corecar.qualify.laboratory_jobs import Job, Pace, hours_told, jobs_of
from corecar.qualify.laboratory_load import Problem
from corecar.qualify.laboratory_schedule import scheduled
from corecar.standards import value


def schedule(
    call: Call,
    numbers: Annotated[list[int], "Numbers of the qualifications that share the laboratory."],
    *,
    laboratory: Annotated[
        str | Path | None,
        "A CSV of the laboratory: laboratory, equipment, number, weeks; it may have holds and cost_a_week too.",
        Sent(),
    ] = None,
    offer: Annotated[
        list[str] | None,
        "An offer of the chain to draw on too, `O-7` or `O-7=HAST chamber`; `all` for each that names equipment. "
        "Repeat for more.",
    ] = None,
    start: Annotated[str, "The week in which the first lot is there, such as `2027-W05`."],
    lot_weeks: Annotated[int | None, "Weeks between two lots of a qualification; 2 without it.", AtLeast(1)] = None,
    papers: Annotated[int | None, "Weeks from the last test to the submission; 2 without it.", AtLeast(0)] = None,
    hours: Annotated[list[str] | None, "Hours of a test in place of the table's: `A2=264`. Repeat for more."] = None,
    part_price: Annotated[float | None, "What one part costs; without it parts cost nothing.", AtLeast(0)] = None,
    seconds: Annotated[float, "Seconds that the solver may take.", AtLeast(1)] = 30.0,
    figure: Annotated[str | Path | None, "Draw it into this file: .svg, .png or .html.", Returned()] = None,
) -> dict[str, Any]:
    """Say when a laboratory does the tests of qualifications, so that their submissions (PPAP) are earliest together.

    Durations, read points and equipment stand in the table of durations. Lots are not consecutive; a stress waits for
    the preconditioning of its lot; equipment takes one lot of one test, or several of it where a lot has more parts
    than one holds. Tests that have passed, are left out or claimed are not done again. Of offers only what nobody else
    has booked is taken; `qualify book` books what the schedule takes of them.
    Raises  NotFound; Conflict where nothing is to be done; ArgumentError for a table, offer, week or hours that say
            nothing; Infeasible where the laboratory's weeks are too few; SolverError, Cancelled
    """
    if figure is not None:
        from corecar.report.figures.saved import checked_ending

        checked_ending(figure)
    first = monday(start)
    if laboratory is None and not offer:
        raise ArgumentError("neither a laboratory's table nor an offer is named: --laboratory FILE, --offer NAME.")
    benches = [] if laboratory is None else benches_of(_rows_in(Path(laboratory)), first)
    drawn = drawn_on(call, offer or (), numbers, first)
    benches += drawn.benches
    pace = Pace(int(_constant("lot_weeks", lot_weeks)), hours_told(hours or ()))
    products, jobs = _products(call, numbers, pace)
    problem = Problem(jobs, benches, _constant("tester_week", None))
    found = scheduled(problem, seconds=seconds, stop=call.stopped)
    asked = Asked(first, int(_constant("papers", papers)), part_price, [(each.name, each.number) for each in products])
    answer = schedule_told(problem, found, asked)
    if drawn.benches:
        answer |= bookable(call, drawn, problem, found, asked, answer)
    if figure is not None:
        from corecar.report.answer_pictures import schedule_gantt
        from corecar.report.figures.saved import save_figure

        save_figure(figure, schedule_gantt(answer))
    return answer


@dataclass(frozen=True)
class _Product:
    name: str
    number: int


def _products(call: Call, numbers: list[int], pace: Pace) -> tuple[list[_Product], list[Job]]:
    """The products and all their jobs. Raises  NotFound, ArgumentError, Conflict"""
    if not numbers or len(set(numbers)) < len(numbers):
        raise ArgumentError("numbers: name one qualification or more, each once.")
    products: list[_Product] = []
    jobs: list[Job] = []
    with call.store.catalogue.reading() as session:
        for number in numbers:
            kept = one(in_session(call, session), number)
            grade = int(kept.plan.asked["product"]["grade"])
            own = jobs_of(len(products), grade, kept.rows, statuses_of(kept), pace, first=len(jobs))
            if not own:
                raise Conflict(f"{kept.named} has no test that is still to be done.")
            products.append(_named(kept))
            jobs += own
    _known(jobs, pace)
    return products, jobs


def _named(kept: Kept) -> _Product:
    return _Product(kept.row.product, kept.row.id)


def _known(jobs: list[Job], pace: Pace) -> None:
    """Raises  ArgumentError for hours of a test that is not to be done"""
    lost = sorted(set(pace.hours) - {job.test for job in jobs})
    if lost:
        raise ArgumentError(f"hours: {', '.join(lost)} is not to be done in these qualifications.")


def _rows_in(file: Path) -> list[dict[str, str | None]]:
    if not file.is_file():
        raise SourceMissing(file, "there is no such file.", advice=f"Write a CSV with {', '.join(COLUMNS)}.")
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as opened:
        return [dict(row) for row in csv.DictReader(opened)]


def _constant(parameter: str, told: float | None) -> float:
    return float(value("Qualification", "schedule", parameter)) if told is None else told
