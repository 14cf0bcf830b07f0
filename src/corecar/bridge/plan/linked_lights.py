"""Demand of linked series against capacity by week, as CX-0128 has it: both sides of a link get the same lights."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from corecar.chain.chain import Chain
from corecar.chain.comparison import GREEN, LIGHTS, ORANGE, RED, UNTOLD, Comparison, compared
from corecar.chain.open_demand import first_open_week
from corecar.chain.weeks import monday, week_name
from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.plurals import plural

NAMED = 5
"""Names that a note tells."""


def lights_of(
    chain: Chain, *, first_week: str | None = None, weeks: int | None = None, customer: str | None = None
) -> dict[str, Any]:
    """Each group's light in each week: its linked demand against what is planned to be there and at most.

    first_week  such as `2027-W05`; the first with open demand by default. weeks: how many; as far as demand reaches
    customer    whose demand, against the capacity that is told for it; None for all against what is told for all
    Returns     said, rows (a group each, the worst first), weeks (a group and week that is not green each), notes
    Raises      ArgumentError for a chain without demand, no week of it, or a customer that is none
    Source      CX-0128 v2.2.1: load factor times demand over the linked series, green up to the actual capacity, orange
                up to the maximum, red above it
    """
    if customer is not None and customer not in (known := sorted(set(chain.demand["customer"].to_pylist()) - {None})):
        raise ArgumentError(f'no demand is of a customer "{customer}". {meant(customer, known)}')
    start = monday(first_week) if first_week is not None else first_open_week(chain)
    if start is None:
        raise ArgumentError("the chain has no demand to hold against capacity. Fill in the table demand.")
    count = weeks if weeks is not None else (_last(chain, start) - start).days // 7 + 1
    if count < 1:
        raise ArgumentError(f"no demand is asked for from {week_name(start)} on. Begin earlier.")
    found = compared(chain, first_week=start, weeks=count, customer=customer)
    sites = dict(zip(chain.groups["group"].to_pylist(), chain.groups["site"].to_pylist(), strict=True))
    judged = np.flatnonzero(found.demand.any(axis=1))
    light = found.light
    rows = [_group(found, light[place], int(place), sites, start) for place in judged]
    whose = f" of {customer}" if customer else ""
    return {
        "said": f"{_said(light[judged])} in {plural(len(judged), 'group')} with linked demand{whose}, "
        f"{week_name(start)} to {week_name(_after(start, count - 1))}.",
        "rows": sorted(rows, key=lambda row: (-row["red"], -row["orange"], -row["untold"], row["group"])),
        "weeks": [
            _week(found, int(place), int(week), light[place, week], start) for place, week in _not_green(light, judged)
        ],
        "notes": _not_judged(chain, found, judged),
    }


def _said(light: Any) -> str:
    red, orange, green, untold = (int((light == number).sum()) for number in (RED, ORANGE, GREEN, UNTOLD))
    without = f", {untold:,} without a capacity" if untold else ""
    return f"{plural(red, 'week')} red, {orange:,} orange, {green:,} green{without}"


def _group(found: Comparison, light: Any, place: int, sites: dict[str, str], start: date) -> dict[str, Any]:
    """One group: its weeks by light, and the week in which demand lies farthest above what is planned to be there."""
    over = np.where(np.isnan(found.actual[place]), -np.inf, found.demand[place] - found.actual[place])
    worst = int(np.argmax(over))
    told = bool(np.isfinite(over[worst]))
    return {
        "group": found.groups[place], "site": sites[found.groups[place]], "unit": found.units[place],
        "light": LIGHTS[max((number for number in (GREEN, ORANGE, RED) if (light == number).any()), default=UNTOLD)],
        "red": int((light == RED).sum()), "orange": int((light == ORANGE).sum()), "green": int((light == GREEN).sum()),
        "untold": int((light == UNTOLD).sum()), "worst": week_name(_after(start, worst)) if told else None,
        "demand": float(found.demand[place, worst]), "actual": float(found.actual[place, worst]) if told else None,
        "maximum": float(found.maximum[place, worst]) if told else None,
    }  # fmt: skip


def _not_green(light: Any, judged: Any) -> Any:
    weeks = np.argwhere(light[judged] != GREEN)
    return np.column_stack([judged[weeks[:, 0]], weeks[:, 1]])


def _week(found: Comparison, place: int, week: int, light: int, start: date) -> dict[str, Any]:
    told = light != UNTOLD
    return {
        "group": found.groups[place], "week": week_name(_after(start, week)), "light": LIGHTS[light],
        "demand": float(found.demand[place, week]), "actual": float(found.actual[place, week]) if told else None,
        "maximum": float(found.maximum[place, week]) if told else None,
        "flexible": float(found.flexible[place, week]) if told else None,
        "over": max(float(found.demand[place, week] - found.maximum[place, week]), 0.0) if told else None,
    }  # fmt: skip


def _not_judged(chain: Chain, found: Comparison, judged: Any) -> list[str]:
    """What no light was given for: products without a link, groups without linked demand."""
    if not chain.links.num_rows:
        return ["No demand is linked to a capacity group, so nothing was judged. Fill in the table links."]
    told = []
    if found.unlinked:
        told.append(
            f"Not judged, since no link names it: {_named(found.unlinked)} ({plural(len(found.unlinked), 'product')})."
        )
    idle = [name for place, name in enumerate(found.groups) if place not in set(judged.tolist())]
    if idle:
        told.append(f"Not judged, since no demand is linked to it: {_named(idle)} ({plural(len(idle), 'group')}).")
    return told


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")


def _last(chain: Chain, start: date) -> date:
    return max((week for week in chain.demand["week"].to_pylist()), default=start)


def _after(start: date, weeks: int) -> date:
    return start + timedelta(weeks=weeks)
