"""How long lots take at each cell, how many are there, and what a higher load would do to both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from corecar.chain.chain import Chain
from corecar.chain.weeks import monday
from corecar.errors import ArgumentError
from corecar.plan.expansion.cells import Cell, Measured, cells_of
from corecar.plan.expansion.flow import ASSUMED, Assumed, Flow, Stream, Variation, flows
from corecar.plan.expansion.utilisation import spread
from corecar.plan.plans import Plan
from corecar.plurals import plural

LOADS = (30, 50, 60, 70, 80, 85, 90, 95)
"""Loads whose days are told [%]."""


def flow_told(
    chain: Chain,
    plan: Plan,
    *,
    load: float = 0.9,
    week: str | None = None,
    assumed: Assumed | None = None,
    measured: Mapping[str, Measured] | None = None,
    told: Mapping[str, Variation] | None = None,
) -> dict[str, Any]:
    """Work in process, cycle time and X-factor of each cell in a plan, and the days that other loads would take.

    load      of which the days are told beside today's, below 1
    week      whose pieces come; without it the mean of the plan's weeks
    assumed   what is taken where no tester tells; `Assumed()` by default
    measured  route -> units an hour that testers tell
    told      route -> how its lots differ, as testers tell
    Returns   said, rows (a cell each, the longest first), days_by_load, lots (a cell and route each), notes
    Raises    ArgumentError for numbers out of bounds, a chain without cells, a week that the plan does not have
    """
    guess = assumed or Assumed()
    _check(load, guess)
    cells = cells_of(chain, measured)
    wanted = _wanted(plan, week)
    lying = spread(cells, wanted)
    found = flows(cells, lying, told or {}, guess)
    known = [flow for flow in found.values() if flow is not None]
    known.sort(key=lambda flow: (-_days(flow, flow.load, math.inf), flow.cell.name))  # type: ignore[operator]
    idle = [cell for cell in cells if found[cell.name] is None]
    return {
        "said": _said(known, load),
        "facts": {"load_asked": f"{load:.0%}", "week": week or "mean of the plan"},
        "rows": [*(_row(flow, load) for flow in known), *(_idle(cell) for cell in idle)],
        "days_by_load": [_curve(flow) for flow in known],
        "lots": [_stream(flow, stream) for flow in known for stream in flow.streams],
        "notes": _notes(known, guess),
    }


def assumed_by(lot: float = 2000.0, arrivals: float = 1.0, times: float = 0.5, repair: float = 2.0) -> Assumed:
    """What is taken where no tester tells, by the names that people write: pieces, two coefficients, hours."""
    return Assumed(lot, arrivals, times, repair)


def _check(load: float, guess: Assumed) -> None:
    if not 0.0 < load < 1.0:
        raise ArgumentError(f"A load of {load:g} has no mean time: write one between 0 and 1, such as 0.9.")
    if guess.pieces <= 0:
        raise ArgumentError(f"A lot of {guess.pieces:g} pieces is none: write how many it has, such as 2000.")
    if min(guess.arrival_cv, guess.time_cv, guess.repair_hours) < 0:
        raise ArgumentError("Coefficients of variation and hours of a repair are 0 or more.")


def _wanted(plan: Plan, week: str | None) -> dict[str, float]:
    """Pieces of each route in a week."""
    names, weeks = plan.network.activities.names, plan.network.weeks
    if week is None:
        return {name: float(plan.start[row].sum()) / max(weeks, 1) for row, name in enumerate(names)}
    asked = plan.network.week_name(0), plan.network.week_name(weeks - 1)
    number = (monday(week) - monday(asked[0])).days // 7
    if not 0 <= number < weeks:
        raise ArgumentError(f"The plan has no week {week}: it goes from {asked[0]} to {asked[1]}.")
    return {name: float(plan.start[row, number]) for row, name in enumerate(names)}


def _days(flow: Flow, load: float, beyond: float | None = None) -> float | None:
    """Days of a lot at a load; `beyond` where the queue would grow without end."""
    return flow.days(flow.cycle(load)) if load < 1.0 else beyond


def _row(flow: Flow, asked: float) -> dict[str, Any]:
    load, steady = flow.load, flow.load < 1.0
    lots = flow.in_process(load) if steady else None
    return {
        "cell": flow.cell.name, "cell_load": load, "cycle_days": _days(flow, load),
        "queue_days": flow.days(flow.waiting(load)) if steady else None,
        "x_factor": flow.cycle(load) / flow.raw if steady else None,
        "wip_lots": lots, "wip_pieces": None if lots is None else lots * flow.pieces,
        "days_at_load_asked": _days(flow, asked), "arrival_cv": math.sqrt(flow.arrival_cv2),
        "effective_cv": math.sqrt(flow.cv2), "stations": flow.cell.stations, "lots_a_week": flow.lots,
        "raw_hours": flow.raw, "effective_hours": flow.hours, "group": flow.cell.group,
    }  # fmt: skip


def _idle(cell: Cell) -> dict[str, Any]:
    return {"cell": cell.name, "cell_load": 0.0, "stations": cell.stations, "lots_a_week": 0.0, "group": cell.group}


def _curve(flow: Flow) -> dict[str, Any]:
    loads = {f"at_{load}": _days(flow, load / 100) for load in LOADS}
    return {"cell": flow.cell.name, **loads, "cell_load": flow.load, "cycle_days": _days(flow, flow.load)}


def _stream(flow: Flow, stream: Stream) -> dict[str, Any]:
    return {
        "cell": flow.cell.name, "route": stream.run.route, "lots_a_week": stream.lots, "pieces_a_lot": stream.pieces,
        "raw_hours": stream.hours, "time_cv": math.sqrt(stream.cv2), "arrival_cv": math.sqrt(stream.arrival_cv2),
        "hours_from": stream.run.source, "pieces_from": stream.pieces_from, "times_from": stream.times_from,
        "arrivals_from": stream.arrivals_from, "measured_lots": stream.rests_on,
    }  # fmt: skip


def _said(known: Sequence[Flow], asked: float) -> str:
    if not known:
        return "No cell gets anything in this plan."
    over = [flow for flow in known if flow.load >= 1.0]
    first = known[0]
    if over:
        return (
            f"{plural(len(over), 'cell')} of {len(known):,} cannot do what comes: before {first.cell.name}, "
            f"{first.load:.0%} loaded, the queue grows without end."
        )
    today, then = _days(first, first.load), _days(first, asked)
    return (
        f"A lot takes longest at {first.cell.name}: {today:,.1f} days at a load of {first.load:.0%}, "
        f"{first.cycle(first.load) / first.raw:,.1f} times its raw process time; {asked:.0%} loaded it would take "
        f"{then:,.1f} days."
    )


def _notes(known: Sequence[Flow], guess: Assumed) -> list[str]:
    streams = [stream for flow in known for stream in flow.streams]
    notes = []
    if some := sum(stream.pieces_from == ASSUMED for stream in streams):
        notes.append(
            f"Lots of {some:,} of {plural(len(streams), 'run')} are assumed to have {guess.pieces:,.0f} pieces."
        )
    if some := sum(stream.times_from == ASSUMED for stream in streams):
        notes.append(
            f"Times of lots of {some:,} of {plural(len(streams), 'run')} are assumed to vary by a coefficient of "
            f"{guess.time_cv:g}."
        )
    if some := sum(stream.arrivals_from == ASSUMED for stream in streams):
        notes.append(
            f"Times between lots of {some:,} of {plural(len(streams), 'run')} are assumed to vary by a coefficient of "
            f"{guess.arrival_cv:g}."
        )
    if streams:
        notes.append(
            f"Assumed: what OEE takes away are outages of {guess.repair_hours:g} h on the mean; set-ups grow with the "
            "lots; every machine runs every lot of its cell."
        )
    return notes
