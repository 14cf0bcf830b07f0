"""Plans with something changed beside the plan as it is: `corecar plan whatif` and `corecar plan policy`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from corecar.bridge.agree.signed_volumes import breach_notes, breached_by, newly_breached
from corecar.bridge.plan.asked_plan import asked_plan
from corecar.bridge.plan.planning import ChainPlan
from corecar.chain.chain import Chain
from corecar.errors import ArgumentError, Cancelled
from corecar.plan.compare import Comparison, Difference, Summary, compared
from corecar.plan.policies import Effect, Policy, PriorityClass, effect_of, read_policies
from corecar.plan.scenarios import FORMS, Scenario, read_scenarios, scenario_of
from corecar.plan.solving import never
from corecar.plan.tabled_policies import policies_in
from corecar.plurals import plural, signed

MOVED = 5
"""Groups of a scenario whose load moves most."""
MOVES = 1e-4
"""Part of what is wanted by which a fill has to change to be told."""
WITHOUT, TOGETHER = "without", "all together"


def what_if(
    made: ChainPlan, scenarios: Iterable[str | Scenario] = (), *, file: str | Path | None = None,
    stop: Callable[[], bool] = never,
) -> dict[str, Any]:  # fmt: skip
    """Scenarios planned by the rule of a plan and held against it, side by side.

    scenarios  each a line, or several with semicolons between: `demand * +20%; site FAB-1 down 2027-W10..W13`, with
               `NAME: ` before them where it is to have a name
    file       a TOML file of [[scenario]] tables
    Returns    said, rows (a plan each), demands, groups, notes, details (lines of each scenario, gap of each plan)
    Raises     ArgumentError for a line that is not understood or names what is not there; SolverError, Cancelled
    """
    several = [each if isinstance(each, Scenario) else scenario_from(each) for each in scenarios]
    several += read_scenarios(file) if file is not None else ()
    if not several:
        raise ArgumentError(f'no scenario was given. Write a change such as "{FORMS[0]}", or name a file.')
    asked = asked_plan(made, stop)
    found = compared(
        asked.plan.network, several, chain=asked.chain, planner=asked.planner, limit=asked.limit, stop=stop
    )
    base, *rest = found.summaries
    broken = _agreements(made, found)
    return ({"agreements": broken} if broken else {}) | {
        "said": " ".join(_told(made, each, summary) for each, summary in zip(found.differences, rest, strict=True)),
        "rows": [_row(summary, base, "scenario") for summary in found.summaries],
        "demands": _demands(found),
        "groups": [row for each in found.differences for row in _groups(each)],
        "notes": [*breach_notes(broken), *(note for each in found.differences for note in _touched(each))],
        "details": {
            "scenarios": {each.name: list(each.changes) for each in found.differences},
            "gaps": {each.name: plan.gap for each, plan in zip(found.summaries, found.plans, strict=True)},
        },
    }


def _agreements(made: ChainPlan, found: Comparison) -> list[dict[str, Any]]:
    """Signed volumes that a scenario breaches and the plan does not, or not so much."""
    before, *after = (breached_by(plan, made.options.agreed) for plan in found.plans)
    several = zip((each.name for each in found.differences), after, strict=True)
    return [{"scenario": name} | row for name, rows in several for row in newly_breached(before, rows)]


def policy_effects(
    made: ChainPlan, policies: Sequence[Policy] | None = None, *, file: str | Path | None = None,
    stop: Callable[[], bool] = never,
) -> dict[str, Any]:  # fmt: skip
    """A plan with policies and without: each alone, then all together.

    policies  those to look at; without them those of a file, or of the chain's table `policies`
    file      a TOML file of [[policy]] tables
    Returns   said, rows (a plan each), demands, parties (benefit of each), policies, broken, notes
    Raises    ArgumentError for a policy that is none or names what is not there; SolverError, Cancelled
    """
    several = list(policies) if policies is not None else _given(made.chain, file)
    if not several:
        raise ArgumentError(
            "there is no policy. Fill in the table policies of the chain, or name a TOML file of [[policy]] tables."
        )
    asked = asked_plan(made, stop)
    beyond = [each.name for each in several if not each.weeks.reach(asked.plan.network)]
    several = [each for each in several if each.name not in beyond]
    if not several:
        raise ArgumentError(f"no policy holds in the weeks of the plan: {', '.join(beyond)}. Plan more weeks.")
    sets = [(each.name, [each]) for each in several] + ([(TOGETHER, several)] if len(several) > 1 else [])
    effects: list[tuple[str, Effect]] = []
    for name, chosen in sets:
        if stop():
            raise Cancelled(f'The comparison was stopped before "{name}"; nothing is changed.')
        effects.append(
            (name, effect_of(asked.plan.network, chosen, chain=asked.chain, planner=asked.planner, limit=asked.limit))
        )
    last_name, last = effects[-1]
    base = last.without
    rows = [_row(base, base, "plan") | {"plan": WITHOUT, "public_cost": 0.0, "broken": 0}]
    rows += [
        _row(effect.with_, base, "plan")
        | {"plan": name, "public_cost": effect.public_cost, "broken": len(effect.broken)}
        for name, effect in effects
    ]
    return {
        "said": _effect_told(made, last_name, last),
        "rows": rows,
        "demands": [
            {"plan": name, "demand": demand, "fill_before": fill, "fill_now": effect.with_.fill[demand]}
            for name, effect in effects
            for demand, fill in effect.without.fill.items()
            if abs(effect.with_.fill[demand] - fill) > MOVES
        ],
        "parties": _parties(effects),
        "policies": [_described(policy) for policy in several],
        "broken_promises": [
            {"plan": name, "clause": clause, "missing": round(missing)}
            for name, effect in effects
            for clause, missing in effect.broken.items()
        ],
        "notes": [*_policy_notes(made, several), *_beyond(beyond)],
    }


def scenario_from(text: str) -> Scenario:
    """A scenario from `NAME: LINE; LINE`, or from its lines alone. Raises ArgumentError."""
    name, colon, lines = text.partition(": ")
    if not colon:
        name, lines = text, text
    several = [line.strip() for line in lines.split(";") if line.strip()]
    if not several:
        raise ArgumentError(f'"{text}" changes nothing. Write a change such as "{FORMS[0]}".')
    return scenario_of(name.strip(), *several)


def _given(chain: Chain, file: str | Path | None) -> list[Policy]:
    return list(read_policies(file) if file is not None else policies_in(chain))


def _row(summary: Summary, base: Summary, title: str) -> dict[str, Any]:
    return {
        title: summary.name,
        "wanted": round(summary.wanted),
        "supplied": round(summary.pieces),
        "fill": summary.pieces / summary.wanted if summary.wanted else 1.0,
        "on_time": summary.on_time,
        "value": round(summary.value),
        "supplied_change": round(summary.pieces - base.pieces),
        "on_time_change": summary.on_time - base.on_time,
        "value_change": round(summary.value - base.value),
        "full": summary.full,
    }


def _told(made: ChainPlan, each: Difference, summary: Summary) -> str:
    fill = summary.pieces / summary.wanted if summary.wanted else 1.0
    money = f"{signed(each.value)} {made.currency}".strip()
    return f"{each.name}: {signed(each.pieces)} {made.piece}s supplied ({fill:.1%} of what is wanted then), {money}."


def _demands(found: Comparison) -> list[dict[str, Any]]:
    """Fill of every demand that differs, scenario by scenario, the one that loses most first."""
    return [
        {"scenario": each.name, "demand": name, "fill_before": before, "fill_now": now}
        for each in found.differences
        for name, (before, now) in sorted(each.fill.items(), key=lambda pair: (pair[1][1] - pair[1][0], pair[0]))
    ]


def _groups(each: Difference) -> list[dict[str, Any]]:
    most = sorted(each.loads.items(), key=lambda pair: (-abs(pair[1][1] - pair[1][0]), pair[0]))[:MOVED]
    return [
        {"scenario": each.name, "group": name, "load_before": round(before), "load_now": round(now)}
        for name, (before, now) in most
    ]


def _touched(each: Difference) -> list[str]:
    told = []
    for what, names in (("routes that begin", each.begun), ("routes that end", each.ended)):
        if names:
            told.append(f"{what}: {', '.join(names[:MOVED])}{', ...' if len(names) > MOVED else ''}")
    told.append(f"{plural(len(each.customers), 'customer')} and {plural(len(each.sites), 'site')} are touched")
    return [f"{each.name}: {'; '.join(told)}."]


def _effect_told(made: ChainPlan, name: str, effect: Effect) -> str:
    money = f"{signed(effect.value)} {made.currency}".strip()
    return (
        f"With {name}: {signed(effect.pieces)} {made.piece}s, output value {money}, on time "
        f"{100 * effect.on_time:+.1f} points, public cost {effect.public_cost:,.0f}."
    )


def _parties(effects: Sequence[tuple[str, Effect]]) -> list[dict[str, Any]]:
    names = sorted({party for _, effect in effects for party in effect.benefit})
    rows = [
        {"party": party, **{name: round(effect.benefit.get(party, 0.0)) for name, effect in effects}} for party in names
    ]
    return [row for row in rows if any(row[name] for name, _ in effects)]


def _described(policy: Policy) -> dict[str, Any]:
    values = {name.rstrip("_"): value for name, value in vars(policy).items() if name not in ("name", "weeks")}
    weeks = str(getattr(policy, "weeks", "")).strip()
    told = {name: value for name, value in values.items() if value not in (None, "", ())}
    return {"policy": policy.name, "lever": getattr(policy, "lever", ""), "sets": told, "weeks": weeks or None}


def _beyond(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    return [f"Left out, since none of their weeks lies in the plan: {', '.join(names)}. Plan more weeks to see them."]


def _policy_notes(made: ChainPlan, policies: Sequence[Policy]) -> list[str]:
    notes = [
        "The benefit of a party is what its supplies are worth more, and what its sites are paid more for what they "
        "start, as the plan counts it: no profit, and no effect outside of the chain."
    ]
    if made.options.rule != "priority" and any(isinstance(policy, PriorityClass) for policy in policies):
        notes.append(f"A class counts only under the rule priority; this plan is shared out by {made.options.rule}.")
    return notes
