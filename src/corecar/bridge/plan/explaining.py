"""Why a program is short and what helps: the answers of `corecar plan explain` and `corecar plan shortages`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from corecar.bridge.plan.asked_plan import AskedPlan, asked_plan
from corecar.bridge.plan.planning import ChainPlan
from corecar.chain.weeks import monday, week_name
from corecar.errors import ArgumentError
from corecar.plan.blocking import Point
from corecar.plan.explain import REASONS, Explanation, Step, explain, weeks_told
from corecar.plan.plans import Plan
from corecar.plan.remedies import Remedy, remedies
from corecar.plan.shortfalls import shortfalls_of
from corecar.plan.solving import never
from corecar.plurals import plural

NOTHING = 1e-6
"""Part of what is wanted that counts as nothing."""
REMEDIES = 6
"""Remedies that are tried where nobody says."""


def explained(
    made: ChainPlan,
    demand: str | None = None,
    week: str | None = None,
    *,
    tries: int = REMEDIES,
    costs: Sequence[str] = (),
    stop: Callable[[], bool] = never,
) -> dict[str, Any]:
    """Why a demand of a plan is short in a week: what it waits for, what blocks, and what would help.

    demand  its name; without it the one of which most value never comes, or else is furthest behind
    week    such as `2027-W30`; without it the last one, or where all comes in the end, that in which it is most behind
    tries   remedies that are planned, those of the strongest blocking points first
    costs   `NAME=AMOUNT`: what one more unit of a group, or one more piece of an item, costs
    Returns said, facts, rows (what is scarce and why), blocking_points, remedies, notes, details
    Raises  ArgumentError for a name or a week that is not there; SolverError for a static plan; Cancelled
    """
    priced = dict(_priced(each) for each in costs)
    asked = asked_plan(made, stop)
    name, when = _asked(asked.plan, demand, week)
    answer = explain(asked.plan, name, when, limit=asked.limit)
    helping = _helping(asked, answer, priced, tries, stop) if tries else ()
    first, *_ = answer.sentences
    return {
        "said": " ".join(answer.sentences[: 1 + bool(answer.spare) + _goes_to_others(answer)]),
        "facts": _facts(answer, first),
        "rows": [row for step in answer.steps for row in _why(answer, step)],
        "blocking_points": [_point(answer, point) for point in answer.points],
        "remedies": [_remedy(remedy) for remedy in helping],
        "notes": _notes(answer, helping, tries),
        "details": {
            "demand": answer.demand,
            "week": _week(asked.plan, answer.week),
            "wanted": answer.wanted,
            "short": answer.short,
            "spare": answer.spare,
            "first": answer.first,
            "scope": answer.scope,
            "sentences": list(answer.sentences),
        },
    }


def shortages(made: ChainPlan) -> dict[str, Any]:
    """Every demand and week of a plan in which something is behind, with why, the most value first.

    Returns  said, rows, notes
    Raises   SolverError for a static plan
    """
    asked = asked_plan(made)
    plan = asked.plan
    value = dict(zip(plan.network.demands.names, plan.network.demands.value.tolist(), strict=True))
    rows = [
        {"demand": each.demand, "week": _week(plan, each.week), "behind": round(each.short),
         "value": round(each.short * value[each.demand]), "reason": str(each), "name": each.name}
        for each in shortfalls_of(plan, limit=asked.limit)
    ]  # fmt: skip
    rows.sort(key=lambda row: (-row["value"], row["demand"], row["week"]))
    demands = plural(len({row["demand"] for row in rows}), "demand")
    return {
        "said": f"{demands} are behind in {plural(len(rows), 'week')} in all, the most value first."
        if rows
        else "Nothing is behind in any week.",
        "rows": rows,
        "notes": ["A reason is read off the plan; corecar plan explain DEMAND measures it."] if rows else [],
    }


def _asked(plan: Plan, demand: str | None, week: str | None) -> tuple[str, date | int]:
    """The demand and week that are meant."""
    demands = plan.network.demands
    if demand is None:
        if not len(demands):
            raise ArgumentError("the plan has no demand, so nothing is short.")
        at_end, ever = plan.short * demands.value, (plan.behind * demands.value[:, None]).max(axis=1)
        demand = demands.names[int(np.argmax(at_end if at_end.max() > NOTHING else ever))]
    if week is not None:
        return demand, monday(week)
    if demand not in demands.names:
        return demand, 0
    behind, last = plan.behind[demands.names.index(demand)], plan.network.weeks - 1
    return demand, last if behind[last] > NOTHING * (1.0 + behind.max()) else int(np.argmax(behind))


def _priced(given: str) -> tuple[str, float]:
    name, _, amount = given.rpartition("=")
    try:
        cost = float(amount)
    except ValueError:
        cost = float("nan")
    if not name or not cost >= 0:
        raise ArgumentError(f'"{given}" is no cost. Write NAME=AMOUNT, such as TEST-1=4500.')
    return name, cost


def _helping(
    asked: AskedPlan, answer: Explanation, costs: Mapping[str, float], tries: int, stop: Callable[[], bool]
) -> tuple[Remedy, ...]:
    plan = asked.plan
    known = {*plan.network.groups.names, *plan.network.items.names}
    for name in costs:
        if name not in known:
            raise ArgumentError(f'there is no group or item "{name}" that could cost something.')
    return remedies(plan, answer, chain=asked.chain, planner=asked.planner, unit_cost=costs, most=tries, stop=stop)


def _goes_to_others(answer: Explanation) -> bool:
    return any(sentence.startswith("Served before all") for sentence in answer.sentences[:3])


def _week(plan: Plan, week: int) -> str:
    return week_name(plan.network.monday(week).astype(date))


def _facts(answer: Explanation, first: str) -> dict[str, Any]:
    if not answer.short:
        return {}
    return {
        "others_keep": f"{answer.spare:,.0f} of them could come while every other demand keeps what it has",
        "served_first": f"{answer.first:,.0f} short if it were served before all others",
        "asked_about": "the whole plan" if answer.scope == "whole" else "what lies upstream of the demand",
    }


def _why(answer: Explanation, step: Step) -> list[dict[str, Any]]:
    """A row for each reason why no more of an item is made; what it waits for is one of them."""
    waits = [
        _reason(answer, step, "waits for a part that is scarce", part, "", step.weeks, step.worth)
        for part in step.parts
    ]
    return waits + [
        _reason(answer, step, REASONS[cause.reason], cause.name, cause.route, cause.weeks, cause.worth)
        for cause in step.causes
    ]


def _reason(
    answer: Explanation, step: Step, reason: str, name: str, route: str, weeks: Sequence[int], worth: float
) -> dict[str, Any]:
    return {
        "item": step.item,
        "name": name,
        "reason": reason,
        "weeks": weeks_told(answer.network, weeks),
        "worth": worth,
        "route": route if route not in ("", name) else None,
    }


def _point(answer: Explanation, point: Point) -> dict[str, Any]:
    return {
        "name": point.name,
        "what": point.kind,
        "site": point.site or None,
        "weeks": weeks_told(answer.network, point.weeks),
        "unit": point.unit if point.kind != "stock" else "piece",
        "price": point.more,
        "range": round(point.reach, 2),
        "price_x_range": round(point.gain),
        "loses": point.less if np.isfinite(point.less) else None,
        "all_gained": round(point.best),
        "with_about": round(point.useful, 2),
    }


def _remedy(remedy: Remedy) -> dict[str, Any]:
    return {
        "remedy": str(remedy.change),
        "in_time": round(remedy.gained),
        "if_reserved": round(remedy.could),
        "of_all": round(remedy.pieces),
        "value": round(remedy.value),
        "cost": None if remedy.cost is None else round(remedy.cost),
        "reason": remedy.why,
        "loses": {name: round(lost) for name, lost in remedy.lost.items()},
        "extra": round(remedy.extra, 2) or None,
        "unit": remedy.unit or None,
    }


def _notes(answer: Explanation, helping: Sequence[Remedy], tries: int) -> list[str]:
    if not answer.short:
        return []
    found = []
    if answer.points:
        found.append(
            f"A price is pieces of {answer.demand} gained by one more unit, measured by solving again; it holds up to "
            "its range. A price of 0: more of that alone gives nothing, because something else blocks as well."
        )
    if helping:
        found.append(
            "Each remedy was planned again by the same rule: in time counts this demand, if reserved what it could "
            "have when all others keep what they had, of all every demand over the whole plan."
        )
        if all(remedy.cost is None for remedy in helping):
            found.append("No cost of these is known: give those of groups and items with --cost NAME=AMOUNT.")
    elif tries:
        found.append("None of the remedies that were tried helps it. Try more with --remedies, or look at the rule.")
    return found
