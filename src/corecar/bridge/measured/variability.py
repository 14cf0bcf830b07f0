"""How lots of a route differ, from what testers wrote: their sizes, their times, and the times between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt
from statistics import fmean, variance

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.assess.throughput import touchdowns_of
from corecar.bridge.calls import Call, Store
from corecar.bridge.lot.run_rows import rows_of_runs
from corecar.bridge.measured.insertions import Insertion, TestedLot, insertions
from corecar.bridge.measured.measuring import LEAST_LOTS, parties_of_sites, routes_of
from corecar.chain.chain import Chain
from corecar.plan.expansion.flow import Variation
from corecar.store.catalogue.models import Run

LOTS = 100
"""Lots that a spread rests on at most, the latest; a choice of ours (template, to be confirmed)."""
LEAST = 10
"""Lots from which on a spread is taken; of as few it is known to about a quarter (template, to be confirmed)."""
WALL_CLOCK, TOUCHDOWNS = "wall clock", "touchdowns"


def measured_variation(call: Call, chain: Chain) -> dict[str, Variation]:
    """Route -> what lots tell of it; routes of which too few tell are left out.

    Times are those of the wall clock from start to finish of a lot's runs, else those of its touchdowns. Lots count as
    coming when their first run starts, since no file tells when they came. Raises DamagedSource, SourceMissing
    """
    routes, parties = chain.routes.to_pylist(), parties_of_sites(chain)
    told: dict[str, list[Variation]] = defaultdict(list)
    with call.store.catalogue.reading() as session:
        for each in insertions(session, call.store, call.actor, LOTS):
            found = routes_of(each, routes, parties)[0]
            if found and len(each.lots) >= LEAST_LOTS:
                one = _variation(session, call.store, each)
                for route in found:
                    told[route].append(one)
    return {route: together(several) for route, several in sorted(told.items())}


def variation(pieces: Sequence[int], hours: Sequence[float], starts: Sequence[float], source: str) -> Variation:
    """What lots of one insertion tell.

    pieces  units of each
    hours   of each; fewer where not all tell theirs, and then nothing is told of times
    starts  of each that tells it [week]
    """
    ordered = sorted(starts)
    apart = [after - before for before, after in pairwise(ordered)]
    times = hours if len(hours) == len(pieces) else ()
    return Variation(
        fmean(pieces), fmean(times) if times else None, spread_of(times), spread_of(apart), len(pieces), source
    )


def spread_of(values: Sequence[float]) -> float | None:
    """Coefficient of variation; None of fewer than `LEAST` values, and where all are 0.

    >>> spread_of([1.0, 3.0] * 8)
    0.5163977794943222
    """
    if len(values) < LEAST or not (mean := fmean(values)):
        return None
    return sqrt(variance(values)) / mean


def together(several: Sequence[Variation]) -> Variation:
    """Of several insertions of one route: times and their variances add up; the first says how lots come."""
    if len(several) == 1:
        return several[0]
    first = several[0]
    times = [(each.hours, each.time_cv) for each in several if each.hours is not None and each.time_cv is not None]
    if len(times) < len(several):
        return first._replace(hours=None, time_cv=None, lots=min(each.lots for each in several))
    hours = sum(mean for mean, _ in times)
    time_cv = sqrt(sum((mean * cv) ** 2 for mean, cv in times)) / hours
    return first._replace(hours=hours, time_cv=time_cv, lots=min(each.lots for each in several))


def _variation(session: Session, store: Store, insertion: Insertion) -> Variation:
    lots = insertion.lots
    ids = [run for lot in lots for run in lot.runs]
    clocks = {run.id: _hours(run) for run in session.scalars(select(Run).where(Run.id.in_(ids)))}
    source, hours = WALL_CLOCK, _lot_hours(lots, clocks)
    if len(hours) < len(lots):
        source, hours = TOUCHDOWNS, _lot_hours(lots, _tested_hours(session, store, ids))
    starts = [lot.week for lot in lots if lot.week is not None]
    return variation([lot.tested for lot in lots], hours, starts, source)


def _lot_hours(lots: Sequence[TestedLot], runs: Mapping[str, float | None]) -> list[float]:
    """Hours of each lot of which all runs tell theirs."""
    several = [[runs.get(run) for run in lot.runs] for lot in lots]
    return [sum(hour for hour in each if hour) for each in several if each and all(each)]


def _hours(run: Run) -> float | None:
    if run.start is None or run.finish is None or run.finish <= run.start:
        return None
    return (run.finish - run.start).total_seconds() / 3600.0


def _tested_hours(session: Session, store: Store, ids: Sequence[str]) -> dict[str, float | None]:
    """Run -> hours of its touchdowns, each as long as its slowest part; None where not every touchdown tells."""
    columns = ("run", "part", "wafer", "head", "site", "test_time_ms")
    parts = rows_of_runs(session, store, "parts", list(ids), columns)
    rows = parts.sort_by([("run", "ascending"), ("part", "ascending")]).to_pylist()
    of_run: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in rows:
        of_run[row["run"]].append(row)
    return {run: _touchdown_hours(some) for run, some in of_run.items()}


def _touchdown_hours(rows: Sequence[Mapping[str, object]]) -> float | None:
    where = [(row["wafer"], row["head"]) for row in rows]
    seconds = touchdowns_of(where, [row["site"] for row in rows], [row["test_time_ms"] for row in rows]).seconds  # type: ignore[misc]
    return float(seconds.sum()) / 3600.0 if len(seconds) and bool((seconds > 0).all()) else None
