"""Measured, not assumed: yields and pieces an hour of a chain's routes, from what testers wrote."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from corecar.assess.throughput import Throughput
from corecar.assess.yield_level import YieldLevel, yield_level
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.chain.kept_chains import chain_in, seen_tables
from corecar.bridge.measured.insertions import Insertion, insertions, throughput_of
from corecar.chain.chain import Chain
from corecar.chain.measured import Measured
from corecar.chain.words import HOUR, STAGES, WAFER_STAGE
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.plurals import plural

LEAST_LOTS = 3
"""Lots from which on a plan takes a measured number; a choice of ours (template, to be confirmed)."""
LAST_LOTS = 20
"""Lots that a number rests on, the latest; a choice of ours (template, to be confirmed)."""
SORT, TEST, BURN_IN = "sort", "test", "burn-in"
_FLOORS = (
    (SORT, re.compile(r"(?:wafer|sort|probe|ews|eds|ws|cp)", re.I)),
    (BURN_IN, re.compile(r"(?:burn|bi\d*$)", re.I)),
    (TEST, re.compile(r"(?:final|package|test|ft)", re.I)),
)
"""The stage of a chain by how the word that testers write begins."""

LeastLots = Annotated[int, "How many lots a number must rest on for a plan to take it.", AtLeast(1)]
LastLots = Annotated[int, "How many lots a number rests on at most, the latest.", AtLeast(1)]


@dataclass(frozen=True)
class Found:
    """What was measured of one number of one route.

    low, high  bounds at 95 %; None for what has none
    taken      whether a plan takes it; `why` says why not, or on what it rests
    """

    measured: Measured
    low: float | None
    high: float | None
    lots: int
    units: int
    trend: float | None
    taken: bool
    why: str


def measured(call: Call, *, least_lots: LeastLots = LEAST_LOTS, last_lots: LastLots = LAST_LOTS) -> dict[str, Any]:
    """Say what tester files tell of the chain's routes, beside what the tables assume.

    Yields are those after all screens, with bounds that know the spread between lots; pieces an hour come from
    touchdowns and the wall clock, so retests, index time and multi-site efficiency are in them once. `plan --measured`
    plans with what is taken here.
    Raises  ArgumentError for an empty chain; DamagedSource, SourceMissing
    """
    tables = seen_tables(call.session, call.actor.party_id)
    if not tables:
        raise ArgumentError("the chain is empty: there is nothing to measure. Begin with: corecar chain template DIR")
    chain = chain_in(call.store, tables)
    several = insertions(call.session, call.store, call.actor, last_lots)
    speeds = [throughput_of(call.session, call.store, each) for each in several]
    found, elsewhere = found_of(chain, several, speeds, least_lots)
    rows = [_row(each) for each in found]
    return {
        "said": _said(found, chain.routes.num_rows),
        "rows": rows,
        "insertions": [_insertion_row(each, speed) for each, speed in zip(several, speeds, strict=True)],
        "notes": elsewhere,
    }


def _said(found: Sequence[Found], routes: int) -> str:
    known, taken = len({each.measured.route for each in found}), sum(each.taken for each in found)
    if not found:
        return f"No lot tells anything of the {plural(routes, 'route')} of the chain: all are as assumed."
    return (
        f"{plural(len(found), 'number')} of {plural(known, 'route')} measured, {taken:,} of them sure enough for a "
        f"plan; the other {routes - known:,} of {plural(routes, 'route')} are as assumed."
    )


def measured_numbers(call: Call, chain: Chain, assumed: Sequence[str] = ()) -> list[Measured]:
    """What a plan takes in place of what a chain assumes, but for the numbers that are to stay as assumed.

    assumed  names such as `MCU-T.yield`, or a route's name for both of its numbers
    Raises   ArgumentError for one that was not measured; DamagedSource, SourceMissing
    """
    with call.store.catalogue.reading() as session:
        several = insertions(session, call.store, call.actor, LAST_LOTS)
        speeds = [throughput_of(session, call.store, each) for each in several]
    found = [each.measured for each in found_of(chain, several, speeds, LEAST_LOTS)[0] if each.taken]
    names = {each.name for each in found} | {each.route for each in found}
    for name in assumed:
        if name not in names:
            raise ArgumentError(f'"{name}" was not measured, so it is assumed anyway. {meant(name, names)}'.rstrip())
    return [each for each in found if not {each.name, each.route} & set(assumed)]


def found_of(
    chain: Chain, several: Sequence[Insertion], speeds: Sequence[Throughput], least_lots: int
) -> tuple[list[Found], list[str]]:
    """Measured numbers by route and number, and what was measured of no route."""
    by_route: dict[str, list[tuple[Insertion, Throughput, str]]] = defaultdict(list)
    notes = []
    routes = chain.routes.to_pylist()
    parties = parties_of_sites(chain)
    for insertion, speed in zip(several, speeds, strict=True):
        found, how = routes_of(insertion, routes, parties)
        for route in found:
            by_route[route].append((insertion, speed, how))
        if not found:
            floor = f"{insertion.product} at {insertion.stage}"
            notes.append(f"{floor}: {how}, so what was measured there is of no route.")
    hours = {row["group"] for row in chain.groups.to_pylist() if row["unit"] == HOUR}
    rows = {row["route"]: row for row in routes}
    numbers: list[Found] = []
    for route in sorted(by_route):
        numbers += _numbers(rows[route], by_route[route], rows[route]["group"] in hours, least_lots)
    return numbers, notes


def stage_of(word: str) -> str | None:
    """The stage of a chain that a tester's word means; None for one that is not known.

    >>> stage_of("CP2"), stage_of("Final Test"), stage_of("weigh")
    ('sort', 'test', None)
    """
    return next((stage for stage, begins in _FLOORS if begins.match(word.strip())), None)


def parties_of_sites(chain: Chain) -> dict[str, str]:
    """The party of each site, by its name in full."""
    names = {row["party"]: row["name"] or row["party"] for row in chain.parties.to_pylist()}
    return {row["site"]: names.get(row["party"], row["party"]) for row in chain.sites.to_pylist()}


def routes_of(
    insertion: Insertion, routes: Sequence[Mapping[str, Any]], parties: Mapping[str, str]
) -> tuple[list[str], str]:
    """The routes that an insertion measures, and how they were found or why there is none."""
    stage = stage_of(insertion.stage)
    if stage is None:
        return [], f"no stage of a chain is called so; there are {', '.join(STAGES['chip'])}"
    own = [row for row in routes if row["product"] == insertion.product]
    if not own:
        return [], "the chain has no route of this product"
    there = [row for row in own if row["stage"] == stage]
    if not there and stage == SORT:
        there = [row for row in own if row["stage"] == WAFER_STAGE]
    if not there:
        return [], f"the chain has no route of this product with the stage {stage}"
    for how, some in (
        (
            "by party and platform",
            [row for row in there if _is_own(row, insertion, parties) and _runs_on(row, insertion)],
        ),
        ("by party", [row for row in there if _is_own(row, insertion, parties)]),
        ("by platform", [row for row in there if _runs_on(row, insertion)]),
    ):
        if some:
            return [row["route"] for row in some], how
    return [row["route"] for row in there], "by product and stage, since files name no site"


def _is_own(row: Mapping[str, Any], insertion: Insertion, parties: Mapping[str, str]) -> bool:
    return parties.get(row["site"]) == insertion.owner


def _runs_on(row: Mapping[str, Any], insertion: Insertion) -> bool:
    return row["tester_platform"] in insertion.platforms


def _numbers(
    row: Mapping[str, Any], seen: Sequence[tuple[Insertion, Throughput, str]], in_hours: bool, least_lots: int
) -> Iterable[Found]:
    """The numbers of one route; of several insertions its yield is their product, its hours their sum."""
    how = seen[0][2]
    levels = [level_of(insertion) for insertion, _, _ in seen]
    known = [level for level in levels if level is not None]
    if known and len(known) == len(levels):
        screened = all(lot.screened for insertion, _, _ in seen for lot in insertion.lots)
        yield _yield(row, known, screened, how, least_lots)
    per_hour = [speed.per_hour for _, speed, _ in seen]
    if in_hours and per_hour and all(per_hour):
        hours = sum(1.0 / each for each in per_hour if each)
        lots = min(len(insertion.lots) for insertion, _, _ in seen)
        units = min(speed.units for _, speed, _ in seen)
        why = f"{how}; wall clock of the runs, set-up between runs is not in it"
        taken, why = _sure(lots, least_lots, why)
        yield Found(Measured(row["route"], "use", hours, row["use"]), None, None, lots, units, None, taken, why)


def level_of(insertion: Insertion) -> YieldLevel | None:
    """The yield of an insertion: of its screened lots where there are any."""
    screened = [lot for lot in insertion.lots if lot.screened] or list(insertion.lots)
    return yield_level([lot.tested for lot in screened], [lot.good for lot in screened], [lot.week for lot in screened])


def _yield(row: Mapping[str, Any], levels: Sequence[YieldLevel], screened: bool, how: str, least_lots: int) -> Found:
    value, low, high = 1.0, 1.0, 1.0
    for level in levels:
        value, low, high = value * level.value, low * level.low, high * level.high
    lots, units = min(level.lots for level in levels), min(level.tested for level in levels)
    trends = [level.trend for level in levels if level.moves and level.trend is not None]
    why = f"{how}; {'after all screens' if screened else 'some lots by their bins alone: grade them'}"
    if len(levels) > 1:
        why += f"; product of {len(levels)} insertions"
    taken, why = _sure(lots, least_lots, why)
    return Found(
        Measured(row["route"], "yield", value, row["yield"]), low, high, lots, units, sum(trends) if trends else None,
        taken, why,
    )  # fmt: skip


def _sure(lots: int, least: int, why: str) -> tuple[bool, str]:
    return (True, why) if lots >= least else (False, f"{plural(lots, 'lot')}, a plan asks for {least}; {why}")


def _row(found: Found) -> dict[str, Any]:
    one = found.measured
    return {
        "route": one.route, "number": one.number, "assumed": one.assumed, "measured": one.value, "low": found.low,
        "high": found.high, "trend_a_week": found.trend, "lots": found.lots, "units": found.units,
        "taken": found.taken, "why": found.why,
    }  # fmt: skip


def _insertion_row(insertion: Insertion, speed: Throughput) -> dict[str, Any]:
    tested = sum(lot.tested for lot in insertion.lots)
    level = level_of(insertion)
    return {
        "product": insertion.product, "stage": insertion.stage, "temperature": insertion.temperature,
        "owner": insertion.owner, "lots": len(insertion.lots),
        "screened": sum(lot.screened for lot in insertion.lots), "units": tested,
        "yield": None if level is None else level.value,
        "retest_rate": sum(lot.retested for lot in insertion.lots) / tested if tested else None,
        "units_per_hour": speed.per_hour, "index_s": speed.index, "sites": speed.sites,
        "parallel": speed.parallel or None, "multi_site_efficiency": speed.efficiency,
    }  # fmt: skip
