"""What a planner reads of a plan: the sentence that matters, facts, the worst demands, the fullest groups, notes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from corecar.network.volume_units import as_told
from corecar.plan import told
from corecar.plurals import plural

WORST = 10
"""Programs and groups of a summary."""
APART = 0.001
"""Part of what is wanted from which on a plan is told to lie below its static shares."""
PROVED = 1e-9
"""A plan this near to its bound is as good as any."""
FREE = 0.5
"""A plan that costs less than this costs nothing, and no part of nothing can be saved."""
NAMED = 3
"""Examples of each reason for which something was left out."""


def answer_of(
    figures: Mapping[str, Any], tables: Mapping[str, Any], why: str = "", left_out: Sequence[str] = ()
) -> dict[str, Any]:
    """The summary of a plan from its figures and tables: the sentence, the worst programs, the fullest groups."""
    programs, groups = told.programs(tables["supply"]), told.groups(tables["load"])
    broken = told.breaches(tables["floors"])
    rest = len(programs) - WORST
    notes = [*([why] if why else []), *_ended(figures), *_steered(figures), *_lots(figures)]
    if rest > 0:
        notes.append(f"{plural(rest, 'more demand')} fare better; all of them stand in the table supply.")
    return {
        "said": said_of(figures),
        "facts": _facts(figures, len(broken)),
        "rows": [rounded(row) for row in programs[:WORST]],
        "groups": [rounded(row) for row in groups[:WORST]],
        "floors": [promise_row(row) for row in broken[:WORST]],
        "left_out": _reasons(left_out),
        "notes": notes,
        "details": {"figures": dict(figures), "left_out": list(left_out)},
    }


def _ended(figures: Mapping[str, Any]) -> list[str]:
    """Why a plan is farther from its bound than was asked for; nothing where it is not, or that does not know."""
    why = {
        "stopped": "The search was stopped as asked",
        "time": "The time was up",
    }.get(figures.get("ended", ""))
    if why is None:
        return []
    return [
        f"{why} before the gap of {figures['gap_asked']:.2%} was reached. This is the best plan so far: it can be "
        f"carried out, costs {figures['objective']:,.0f}, and no plan costs less than {figures['bound']:,.0f}, so at "
        f"most {figures['gap']:.2%} could be saved. More time brings the two nearer: --time-limit."
    ]


def _lots(figures: Mapping[str, Any]) -> list[str]:
    """What the plan does about lots; nothing where no route has a least one and none was asked for."""
    told_of = {
        "whole": "What routes start are whole pieces, wafers and least lots; choices among alternates of a bill follow "
        "from them. The gap is to the bound of starts of any size, which "
        "no plan in whole lots can beat either; so rounding costs at most that much.",
        "unkept": "Routes have a least lot, and starts of this plan may lie below it: --whole-lots keeps to them, week "
        "by week.",
    }
    return [told_of[figures["lots"]]] if figures.get("lots") else []


def _steered(figures: Mapping[str, Any]) -> list[str]:
    """How far shares that steer a plan are from what it gives; nothing of a plan that none steer, or that is there."""
    name, there, here = figures.get("farthest") or ("", 0.0, 0.0)
    if there - here < APART:
        return []
    return [
        f"Shares of the static plan, which knows no lead times, steer this one: {name} stays farthest below its own, "
        f"{here:.1%} of what is wanted instead of {there:.1%}. Only --exact shares out by the rule itself."
    ]


def said_of(figures: Mapping[str, Any]) -> str:
    """The sentence that matters: wanted, supplied, on time, short."""
    wanted, piece = figures["wanted"], figures["piece"]
    short = figures["short"]
    lacking = f"{_count(short, piece)} short{_money(figures['value_short'], figures)}" if round(short) else "none short"
    late = "" if figures["kind"] == "static" else f", {figures['on_time']:.1%} on time"
    return (
        f"{_count(figures['supplied'], '')} of {_count(wanted, piece)} ({figures['fill']:.1%}) can be supplied from "
        f"{figures['first_week']} to {figures['last_week']}{late}; {lacking}."
    )


def _facts(figures: Mapping[str, Any], broken: int) -> dict[str, Any]:
    kind = "all weeks as one, without lead times" if figures["kind"] == "static" else plural(figures["weeks"], "week")
    return {
        "value": f"{figures['value']:,.0f} {figures['currency']}".strip(),
        "kind": f"{figures['kind']}: {kind}, up to the {figures['limit']} capacity",
        "rule": figures["rule"],
        "cost": f"{figures['cost']:,.0f}, {nearness(figures['gap'], figures.get('objective'))}",
        "promises_broken": broken,
        "found_by": figures["method"],
        "response": _in_weeks(figures.get("response_weeks"), "from request to delivery, of what comes"),
        "cycle_time": _in_weeks(figures.get("cycle_weeks"), "from the first start to the delivery"),
    }


def nearness(gap: float, cost: float | None) -> str:
    """How near a plan is to the best one that there can be. cost: of it; None of a plan kept before it was told.

    >>> nearness(1.0, 1e-7), nearness(0.01, 5.0)
    ('nothing in it costs anything', 'at most 1.00% from the best')
    """
    if gap <= PROVED:
        return "no plan is better"
    if cost is not None and abs(cost) < FREE:
        return "nothing in it costs anything"
    return f"at most {gap:.2%} from the best"


def _in_weeks(weeks: float | None, what: str) -> str | None:
    """A mean time in words; None of a plan that does not know it, such as one kept before it was told."""
    return None if weeks is None else f"{weeks:.2f} weeks {what}"


def _money(value: float, figures: Mapping[str, Any]) -> str:
    return f", worth {value:,.0f} {figures['currency']}".rstrip()


def _count(value: float, noun: str) -> str:
    rounded = round(value)
    return plural(rounded, noun) if noun else f"{rounded:,}"


def _reasons(left_out: Sequence[str]) -> list[dict[str, Any]]:
    """What was not used, by reason, with how many and a few of them."""
    found: dict[str, list[str]] = defaultdict(list)
    for text in left_out:
        what, _, why = text.partition(": ")
        found[why].append(what)
    return [
        {
            "reason": why,
            "left_out": len(what),
            "such_as": ", ".join(what[:NAMED]) + (", ..." if len(what) > NAMED else ""),
        }
        for why, what in sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    ]


def promise_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A promise that is not kept, its amounts as they are told in its unit."""
    return {**row, **{name: as_told(row[name], row["unit"]) for name in ("promised", "missing")}}


def rounded(row: Mapping[str, Any]) -> dict[str, Any]:
    """Pieces and amounts as whole numbers, as they are counted; parts stay parts."""
    parts = ("fill", "on_time", "use", "weeks_behind")
    return {
        name: round(value) if isinstance(value, float) and name not in parts else value for name, value in row.items()
    }
