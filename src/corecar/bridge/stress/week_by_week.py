"""The worst stops again week by week, and which signed memoranda stops would breach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.bridge.agree.signed_volumes import breach_notes, breached_of, newly_breached
from corecar.bridge.stress.large_recheck import WeeklyByPrices, is_large
from corecar.errors import ArgumentError
from corecar.network.arrays import Network
from corecar.network.model import weekly_model
from corecar.plan.solving import SMALL, never
from corecar.plurals import plural
from corecar.solve import Stop
from corecar.stress.recheck import Weekly, Weeks
from corecar.stress.sweep import Advance, Stress

AT_THE_END = (
    "Week by week: the weekly loss is what is still missing at the end of the horizon, where much of the impact may "
    "have been made good; most behind is the value of the largest backlog on the way."
)
MOST_HELD = 30
"""Stops of a small chain, the worst first, that are held against signed memoranda without being asked for."""


@dataclass(frozen=True)
class Again:
    """How stops are planned week by week.

    network  with the volumes of signed memoranda as floors
    start    the week of the horizon in which a stop begins; seconds: that one plan may take
    agreed   those volumes, as of `corecar.network.agreements.SignedVolume`
    """

    network: Network
    start: int
    seconds: float
    agreed: Sequence[Mapping[str, Any]] = ()
    advance: Advance | None = None
    stop: Stop = never


def weekly_stops(again: Again, order: Sequence[Stress], recheck: int) -> dict[str, Any]:
    """Stops planned week by week: those that are asked for, and where memoranda were signed those that may breach one.

    order    the stops, the worst first
    recheck  so many of those that lose something are told week by week
    Returns  week_by_week and weeks (rows and details, where asked for), agreements (what is breached), notes
    Raises   ArgumentError for a week beyond the horizon; SolverError where a plan takes too long; Cancelled
    """
    network, start = again.network, again.start
    if start >= network.weeks:
        raise ArgumentError(f"week {start} is beyond the horizon of {plural(network.weeks, 'week')}. Begin earlier.")
    worst = [each for each in order if each.impact > 0][:recheck]
    held = order[:MOST_HELD] if again.agreed and _is_small(network) else []
    stops = {each.scenario.name: each for each in (*worst, *held)}
    found, gap = _planned(again, list(stops.values()))
    broken = [row for name, weeks in found.items() for row in _breached(name, weeks, again)]
    return {
        "week_by_week": [_again(network, each, found[each.scenario.name], start) for each in worst],
        "weeks": [_by_week(network, each.scenario.name, found[each.scenario.name]) for each in worst],
        "agreements": broken,
        "notes": [*_breach_notes(broken), *_notes(again, bool(worst), gap, len(found), len(order))],
    }


def _is_small(network: Network) -> bool:
    return weekly_model(network).places.count <= SMALL


def _planned(again: Again, stops: Sequence[Stress]) -> tuple[dict[str, Weeks], float | None]:
    """Each stop's weeks, and the widest gap where plans are near the best and not at it."""
    if not stops:
        return {}, None
    weekly = _weekly(again)
    found = {}
    for number, each in enumerate(stops, 1):
        found[each.scenario.name] = weekly.stop(each.scenario, again.start)
        if again.advance is not None:
            again.advance(number, len(stops))
    return found, weekly.gap if isinstance(weekly, WeeklyByPrices) else None


def _weekly(again: Again) -> Weekly | WeeklyByPrices:
    if is_large(again.network):
        return WeeklyByPrices(again.network, seconds=again.seconds, cancelled=again.stop)
    return Weekly(again.network, seconds=again.seconds)


def _breached(stop: str, weeks: Weeks, again: Again) -> Iterator[dict[str, Any]]:
    before, after = (
        breached_of(weeks.network, missing, again.agreed, price)
        for missing, price in zip(weeks.missing, weeks.price, strict=True)
    )
    return ({"stop": stop} | row for row in newly_breached(before, after))


def _breach_notes(broken: Sequence[Mapping[str, Any]]) -> list[str]:
    told = breach_notes(broken)
    return [f"{row['stop']} stopped: {note}" for row, note in zip(broken, told, strict=True)]


def _notes(again: Again, rechecked: bool, gap: float | None, held: int, stops: int) -> Iterator[str]:
    if rechecked:
        yield AT_THE_END
    if gap is not None:
        yield f"Weekly plans of this size are near the best, not at it: the widest gap of these is {gap:.2%}."
    if again.agreed and held < stops:
        yield (
            f"{held:,} of {plural(stops, 'stop')} were held against the signed memoranda, each from "
            f"{again.network.week_name(again.start)} on. For more, plan more of them again: --recheck N"
        )


def _again(network: Network, each: Stress, found: Weeks, start: int) -> dict[str, Any]:
    at = found.first_week
    return {
        "stop": each.scenario.name,
        "impact": each.impact,
        "weekly_loss": found.value,
        "first_short": None if at is None else network.week_name(at),
        "weeks_until_short": None if at is None else at - start,
        "short_pieces": float(np.maximum(found.short, 0.0).sum()),
        "most_behind": float(found.by_week.max(initial=0.0)),
    }


def _by_week(network: Network, stop: str, found: Weeks) -> dict[str, Any]:
    """What programs say: pieces that do not come by demand, and value behind by week."""
    names = network.demands.names
    return {
        "stop": stop,
        "short": {name: pieces for name, pieces in zip(names, found.short.tolist(), strict=True) if pieces > 0},
        "behind": {network.week_name(week): value for week, value in enumerate(found.by_week.tolist()) if value > 0},
    }
