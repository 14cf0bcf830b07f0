"""A laboratory's schedule as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from corecar.chain.weeks import week_name
from corecar.chain.words import PIECE
from corecar.plurals import plural
from corecar.qualify.laboratory import TESTER, Bench
from corecar.qualify.laboratory_jobs import Job, unconfirmed
from corecar.qualify.laboratory_load import ANYWHERE, Problem
from corecar.qualify.laboratory_schedule import Schedule
from corecar.qualify.laboratory_waits import Wait, chain, loaded, wait_of
from corecar.standards.tabled import UNCONFIRMED

SHARED_PARTS = "A1"
"""Preconditioning: its parts are those of the stresses behind it."""


@dataclass(frozen=True)
class Asked:
    """What the words hang on.

    first     the Monday of the first week
    papers    weeks from the last test to the submission
    products  name and number of the qualification of each
    """

    first: date
    papers: int
    part_price: float | None
    products: Sequence[tuple[str, int]]

    def week(self, number: int) -> str:
        """A week's name, counted from the first."""
        return week_name(self.first + timedelta(weeks=number))


def schedule_told(problem: Problem, found: Schedule, asked: Asked) -> dict[str, Any]:
    """Returns  said, facts, products, rows (a test of a lot each), chain (what each submission waits for), laboratory,
    notes
    """
    load = loaded(problem, found)
    waits = [wait_of(problem, found, one, load) for one in range(len(problem.jobs))]
    chains = {product: chain(problem, found, product, waits) for product in problem.products}
    deciding = {wait.job for links in chains.values() for wait in links}
    order = sorted(range(len(problem.jobs)), key=lambda one: (problem.jobs[one].product, one))
    rows = [_row(problem, found, asked, waits[one], one in deciding) for one in order]
    products = [_product(problem, found, asked, product, links, rows) for product, links in chains.items()]
    return {
        "said": _said(products, problem),
        "facts": {"proved": found.proved, "weeks_at_most_from_best": found.total - found.bound},
        "products": products,
        "rows": rows,
        "chain": [_link(problem, found, asked, product, wait) for product, links in chains.items() for wait in links],
        "laboratory": [_bench(problem, found, asked, place) for place in range(len(problem.benches))],
        "notes": _notes(problem, found),
    }


def _said(products: Sequence[dict[str, Any]], problem: Problem) -> str:
    ends = ", ".join(f"{row['product']} in {row['ppap']}" for row in products)
    jobs = len(problem.jobs)
    first = products[0]
    return f"PPAP at the earliest: {ends}. {first['product']} waits for {first['waits_for']}; {plural(jobs, 'job')}."


def _row(problem: Problem, found: Schedule, asked: Asked, wait: Wait, decides: bool) -> dict[str, Any]:
    job, start = problem.jobs[wait.job], found.starts[wait.job]
    bench = _bench_of(problem, found, wait.job)
    offer = {"offer": bench.offer if bench and bench.offer else None} if _offered(problem) else {}
    return {
        "product": asked.products[job.product][0], "test": job.test, "lot": job.lot, "start": asked.week(start),
        "end": asked.week(start + job.length - 1), "equipment": job.equipment or None,
        "laboratory": bench.laboratory if bench else None, **offer, "decides": decides,
        "waits_for": _why(problem, asked, wait), "name": job.name, "qualification": asked.products[job.product][1],
        "equipment_until": asked.week(start + job.weeks - 1),
        "readings": [asked.week(start + at) for at, _ in job.readings], "parts": job.units,
        "cost": _cost(job, bench), "clause": job.clause, "to_confirm": job.to_confirm,
    }  # fmt: skip


def _offered(problem: Problem) -> bool:
    """Whether offers of the chain are drawn on beside the laboratory's own table."""
    return any(bench.offer for bench in problem.benches)


def _bench_of(problem: Problem, found: Schedule, one: int) -> Bench | None:
    place = found.places[one]
    return None if place == ANYWHERE else problem.benches[place]


def _cost(job: Job, bench: Bench | None) -> float | None:
    """What the equipment costs for a job; None where no cost is told."""
    if bench is None or bench.cost_a_week is None:
        return None
    return bench.cost_a_week * bench.takes(job.units) * job.weeks


def _called(problem: Problem, asked: Asked, one: int, beside: int) -> str:
    """A job's name; with its product where that is another one."""
    job = problem.jobs[one]
    product = "" if job.product == beside else f"{asked.products[job.product][0]} "
    return f"{product}{job.test}, lot {job.lot}"


def _why(problem: Problem, asked: Asked, wait: Wait) -> str:
    job = problem.jobs[wait.job]
    other = "" if wait.other is None else _called(problem, asked, wait.other, job.product)
    return {
        "before": f"the end of {other}",
        "lot": f"lot {job.lot}",
        "equipment": f"the {job.equipment}, taken by {other}",
        "weeks": f"weeks of the {job.equipment}",
        "tester": "a tester",
        "nothing": "nothing that decides",
    }[wait.kind]


def _product(
    problem: Problem, found: Schedule, asked: Asked, product: int, links: Sequence[Wait], rows: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    name, number = asked.products[product]
    end = problem.ends(found.starts)[product]
    own = [row for row in rows if row["qualification"] == number]
    parts = sum(row["parts"] for row in own if row["test"] != SHARED_PARTS)
    costs = [row["cost"] for row in own if row["cost"] is not None]
    costs += [] if asked.part_price is None else [asked.part_price * parts]
    costs = [] if len({bench.currency for bench in problem.benches if bench.currency}) > 1 else costs
    return {
        "product": name, "qualification": number, "ppap": asked.week(end + asked.papers - 1),
        "tests_end": asked.week(end - 1), "waits_for": _called(problem, asked, links[0].job, product),
        "without_limits": asked.week(problem.at_best()[product] + asked.papers - 1), "jobs": len(own), "parts": parts,
        "cost": sum(costs) if costs else None,
    }  # fmt: skip


def _link(problem: Problem, found: Schedule, asked: Asked, product: int, wait: Wait) -> dict[str, Any]:
    job, start = problem.jobs[wait.job], found.starts[wait.job]
    return {
        "product": asked.products[product][0], "job": _called(problem, asked, wait.job, product),
        "start": asked.week(start), "end": asked.week(start + job.length - 1), "waits_for": _why(problem, asked, wait),
    }  # fmt: skip


def _pieces(bench: Bench, job: Job) -> int:
    """Pieces of equipment that a lot fills; one where an offer counts the parts that lie in it."""
    return 1 if bench.unit == PIECE else bench.takes(job.units) // bench.each


def _bench(problem: Problem, found: Schedule, asked: Asked, place: int) -> dict[str, Any]:
    bench = problem.benches[place]
    own = [one for one in range(len(problem.jobs)) if found.places[one] == place]
    used = sum(problem.jobs[one].weeks * _pieces(bench, problem.jobs[one]) for one in own)
    starts = [found.starts[one] for one in own]
    ends = [found.starts[one] + problem.jobs[one].weeks for one in own]
    offer = {"offer": bench.offer or None, "unit": bench.unit or None} if _offered(problem) else {}
    return {
        "laboratory": bench.laboratory, "equipment": bench.equipment, "number": bench.number, **offer,
        "jobs": None if bench.equipment == TESTER else len(own), "weeks_used": used or None,
        "first_used": asked.week(min(starts)) if own else None,
        "last_used": asked.week(max(ends) - 1) if own else None,
    }  # fmt: skip


def _notes(problem: Problem, found: Schedule) -> list[str]:
    told = {bench.equipment for bench in problem.benches}
    free = sorted({job.equipment for job in problem.jobs if job.equipment} - told)
    read = sum(hours for job in problem.jobs for _, hours in job.readings)
    notes = [f"Readings take {read:,.0f} tester hours in all."] if TESTER in told else []
    if free:
        listed = ", ".join(free)
        notes.append(
            f"Neither in a table nor at an offer, so without limit: {listed}." if _offered(problem) else
            f"Not in the laboratory's table, so without limit: {listed}."
        )  # fmt: skip
    if TESTER not in told:
        notes.append("No tester is listed: readings are without limit.")
    currencies = sorted({bench.currency for bench in problem.benches if bench.currency})
    if len(currencies) > 1:
        notes.append(f"Offers are priced in {', '.join(currencies)}: no cost is added up over them.")
    if not found.proved:
        more = plural(found.total - found.bound, "week")
        notes.append(f"Not proved to be the earliest: all products together may be done up to {more} earlier.")
    unsure = unconfirmed(problem.jobs)
    if unsure:
        notes.append(f"Durations, read points or equipment of {', '.join(unsure)}: {UNCONFIRMED}.")
    return notes
