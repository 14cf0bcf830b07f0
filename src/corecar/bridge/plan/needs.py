"""What each need asked for and gets, what is worth a question, and demand that has moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from corecar.bridge.plan.asked_plan import asked_plan
from corecar.bridge.plan.planning import ChainPlan
from corecar.chain.chain import Chain
from corecar.chain.comparison import linked_demand
from corecar.chain.doubts import above_history, booked_twice, without_history
from corecar.chain.open_demand import first_open_week
from corecar.chain.volatility import alerts_of
from corecar.chain.weeks import monday, week_name, week_numbers
from corecar.errors import ArgumentError
from corecar.plan.flow_times import cycle_times, response_times
from corecar.plan.needs_met import needs_met
from corecar.plan.plans import Plan
from corecar.plan.punctuality import not_in_time, on_time_part
from corecar.plurals import plural

BROKEN = (
    "Unkept: committed, and not there at the end of the plan. Broken: the most that is missing of what was committed "
    "or called off by a week; corecar plan names each."
)
NAMED = 5
"""Groups or products that a note names."""


def needs_of(made: ChainPlan) -> dict[str, Any]:
    """Requested, committed, delivered and planned of each need, its times, and demand that is worth a question.

    Returns  said, rows (a need each, the most short first), questions, notes
    Raises   SolverError for a static plan
    """
    plan = asked_plan(made).plan
    wanted, missed = plan.network.demands.wanted, not_in_time(plan.behind, plan.network.demands.wanted)
    times = zip(wanted.sum(axis=1), missed.sum(axis=1), response_times(plan), cycle_times(plan), strict=True)
    broken = _broken(plan)
    rows: list[dict[str, Any]] = [
        {
            "demand": need.demand,
            "customer": need.customer or None,
            "requested": round(need.requested),
            "committed": _whole(need.committed),
            "delivered": _whole(need.delivered),
            "planned": round(need.planned),
            "short": round(need.short),
            "unkept": _whole(need.unkept),
            "broken": _whole(broken[at]),
            "on_time": on_time_part(float(late), float(asked)),
            "response_weeks": _known(response),
            "cycle_weeks": _known(cycle),
        }
        for at, (need, (asked, late, response, cycle)) in enumerate(
            zip(needs_met(made.chain, plan), times, strict=True)
        )
    ]
    first = plan.network.monday(0).astype(date)
    questions, unjudged = _questions(made.chain, first), without_history(made.chain, first_week=first)
    short = sum(row["short"] > 0 for row in rows)
    told = sum(row["committed"] is not None for row in rows)
    none = "no demand that could be judged is in doubt" if unjudged else "no demand is in doubt"
    doubts = f"; {plural(len(questions), 'question')} to customers" if questions else f"; {none}"
    return {
        "said": f"{short:,} of {plural(len(rows), 'need')} come out short{doubts}.",
        "rows": sorted(rows, key=lambda row: (-row["short"], row["demand"])),
        "questions": questions,
        "notes": [
            "Response: weeks from request to delivery, of what comes. Cycle: from the first start to the delivery, "
            "waiting in stock included; what lay there as the plan began counts from then on."
        ]
        + (
            []
            if told == len(rows)
            else [f"{plural(len(rows) - told, 'need')} without a promise: that is not known, which is not 0."]
        )
        + ([BROKEN] if any(each is not None for each in broken) else [])
        + _without_history(unjudged, first),
    }


def _broken(plan: Plan) -> list[float | None]:
    """Of each demand the most pieces that a promise or call-off of it misses in its weeks; None without one."""
    found: list[float | None] = [None] * len(plan.network.demands.names)
    for floor, missing in zip(plan.network.floors, plan.breach.tolist(), strict=True):
        if floor.kind == "supplied" and len(floor.rows) == 1:
            found[floor.rows[0]] = max(found[floor.rows[0]] or 0.0, missing)
    return found


def _without_history(needs: Sequence[tuple[str, str]], first: date) -> list[str]:
    """What was not held against its own history, since there is too little of it."""
    if not needs:
        return []
    products = list(dict.fromkeys(product for product, _ in needs))
    return [
        f"Not held against its own history: {_named(products)} ({plural(len(needs), 'need')}), whose demand before "
        f"{week_name(first)} is not known for enough weeks. Rows of earlier weeks in the table demand give it."
    ]


def alerts_between(now: Chain, before: Chain, *, first_week: str | None = None, since: str = "") -> dict[str, Any]:
    """Groups and weeks whose linked demand has changed by a threshold of its sub-horizon or more (CX-0128).

    now, before  the chain as it is, and as it was a measurement interval ago
    first_week   in which the first sub-horizon begins, such as `2027-W05`; the first with open demand by default
    since        what `before` is, in words
    Returns      said, rows (an alert each), horizons (alerts by sub-horizon), notes
    Raises       ArgumentError for a chain without demand, or a week that is none
    """
    start = monday(first_week) if first_week is not None else _first(now)
    watched = alerts_of(now, before, start=start)
    rows = [
        {"group": alert.group, "week": week_name(alert.week), "sub_horizon": alert.sequence, "before": alert.before,
         "now": alert.now, "change": alert.change if np.isfinite(alert.change) else None,
         "threshold": alert.threshold.replace("_", " "), "at": alert.limit}
        for alert in watched.alerts
    ]  # fmt: skip
    against = f" against {since}" if since else ""
    groups = plural(len({row["group"] for row in rows}), "group")
    said = (
        f"{plural(len(rows), 'alert')} in {groups}{against}, from {week_name(start)} on."
        if rows
        else f"No demand has changed by a threshold{against}, from {week_name(start)} on."
    )
    return {
        "said": said,
        "rows": rows,
        "horizons": _by_horizon(rows),
        "notes": _unwatched(now, watched.unwatched, start),
    }


def _whole(pieces: float | None) -> int | None:
    return None if pieces is None else round(pieces)


def _known(weeks: float) -> float | None:
    return float(weeks) if np.isfinite(weeks) else None


def _questions(chain: Chain, first_week: date) -> list[dict[str, Any]]:
    above = [
        {"demand": each.product, "customer": each.customer or None, "question": "above its own history",
         "reason": str(each)}
        for each in above_history(chain, first_week=first_week)
    ]  # fmt: skip
    twice = [
        {"demand": each.product, "customer": each.customer or None, "question": "booked at several suppliers",
         "reason": str(each)}
        for each in booked_twice(chain)
    ]  # fmt: skip
    return above + twice


def _first(chain: Chain) -> date:
    first = first_open_week(chain)
    if first is None:
        raise ArgumentError("the chain has no demand, so none of it has changed. Fill in the table demand.")
    return first


def _by_horizon(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    numbers = sorted({row["sub_horizon"] for row in rows})
    return [
        {"sub_horizon": number, "alerts": len(own), "groups": len({row["group"] for row in own})}
        for number in numbers
        for own in [[row for row in rows if row["sub_horizon"] == number]]
    ]


def _unwatched(chain: Chain, groups: Sequence[str], start: date) -> list[str]:
    """What was not judged: products without a link, groups without thresholds."""
    found = []
    last = max(chain.demand["week"].to_pylist(), default=start)
    _, unlinked = linked_demand(chain, int(week_numbers(np.array([start], "datetime64[D]"))[0]), _weeks(start, last))
    if not chain.links.num_rows:
        found.append("No demand is linked to a capacity group, so nothing was judged. Fill in the table links.")
    elif unlinked:
        found.append(f"Not judged, since no link names it: {_named(unlinked)} ({plural(len(unlinked), 'product')}).")
    if not chain.alerts.num_rows:
        found.append("No threshold is told, so nothing was judged. Fill in the table alerts.")
    elif groups:
        found.append(f"Not judged, since it has no thresholds: {_named(groups)} ({plural(len(groups), 'group')}).")
    return found


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")


def _weeks(first: date, last: date) -> int:
    return max((last - first).days // 7 + 1, 1)
