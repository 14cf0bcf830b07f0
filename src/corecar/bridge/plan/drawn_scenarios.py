"""Many scenarios of a plan, drawn by chance: `corecar plan chances`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from corecar.bridge.plan.asked_plan import asked_plan
from corecar.bridge.plan.planning import ChainPlan
from corecar.errors import ArgumentError
from corecar.network.arrays import Network
from corecar.plan.chances import Advance, Chance, Chances, Outcome, chances, drawn
from corecar.plan.solving import never
from corecar.plurals import plural
from corecar.store.executors import open_executor

WORST = 10
"""Scenarios that are told one by one."""
TAIL = 0.05
"""Part of the scenarios that counts as the worst."""


def drawn_scenarios(
    made: ChainPlan, *, scenarios: int = 100, demand: float = 0.1, stops: float = 1.0, down: int = 4, left: float = 0.0,
    seed: int = 0, gap: float = 0.01, workers: str = "inline", stop: Callable[[], bool] = never,
    advance: Advance | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Plan many scenarios of a plan's network and say what the worst of them cost on the mean.

    demand   each demand is drawn within this part of itself, up or down
    stops    groups that stop, on the mean, each for `down` weeks with `left` of its capacity
    gap      at which the plan of a scenario is good enough
    workers  `inline`, `processes:N`, or a cluster's address; what comes out does not depend on it
    Returns  said, facts, rows (a quantile each), worst (the worst scenarios), notes, details
    Raises   ArgumentError for what cannot be drawn; SolverError for a static plan; Cancelled
    """
    if down < 1 or scenarios < 1:
        raise ArgumentError(f"scenarios={scenarios}, down={down}: expected at least 1 of each.")
    asked = asked_plan(made, stop)
    plan, network = asked.plan, asked.plan.network
    chance = Chance(demand, stops, min(down, network.weeks), left)
    with open_executor(workers) if workers != "inline" else nullcontext() as executor:
        found = chances(
            plan, scenarios=scenarios, chance=chance, seed=seed, gap=gap, worst=TAIL, executor=executor, stop=stop,
            advance=advance,
        )  # fmt: skip
    worst = sorted(found.outcomes, key=lambda one: -one.cost)[:WORST]
    wide = max(one.gap for one in found.outcomes)
    notes = [
        "Each scenario is planned at least cost, promises and delay counted and shares of a rule not, from this plan's "
        "starts and prices.",
    ]
    if down > network.weeks:
        notes.append(f"The plan has {plural(network.weeks, 'week')}, so no stop takes the {down} that were asked for.")
    if wide > gap:
        notes.append(
            f"Up to {wide:.2%} of a cost may be the plan's distance from the best, more than the {gap:.2%} asked."
        )
    return {
        "said": _said(made, found),
        "facts": {
            "scenarios": len(found.outcomes),
            "drawn": f"demand within {demand:.0%}, {stops:g} stop(s) of {plural(chance.weeks, 'week')} on the mean, "
            f"seed {seed}",
            "widest_gap": f"{wide:.2%}",
        },
        "rows": [_quantile(found, part) for part in (0.05, 0.25, 0.5, 0.75, 0.95, 1.0)],
        "worst": [_told(network, chance, seed, one) for one in worst],
        "notes": notes,
        "details": {
            "cvar": {"least": found.cvar[0], "most": found.cvar[1], "worst": TAIL},
            "outcomes": [vars(one) | {"gap": one.gap} for one in found.outcomes],
        },
    }


def _said(made: ChainPlan, found: Chances) -> str:
    lost = np.array([one.lost for one in found.outcomes])
    low, high = found.cvar
    worst = f"the mean cost of the worst {TAIL:.0%} is {low:,.0f} to {high:,.0f} {made.currency}".rstrip()
    return (
        f"In {plural(len(lost), 'scenario')} {worst}; in {int((lost > 0).sum())} something never comes, worth "
        f"{lost.mean():,.0f} {made.currency}".rstrip()
        + " on the mean of all."
    )


def _quantile(found: Chances, part: float) -> dict[str, Any]:
    """What so many scenarios do not exceed, number by number."""

    def of(values: list[float], at: float = part) -> float:
        return float(np.quantile(np.array(values), at, method="inverted_cdf"))

    outcomes = found.outcomes
    return {
        "scenarios_up_to": part,
        "cost": of([one.cost for one in outcomes]),
        "lost_value": of([one.lost for one in outcomes]),
        "fill_at_least": of([one.fill for one in outcomes], 1.0 - part),
    }


def _told(network: Network, chance: Chance, seed: int, one: Outcome) -> dict[str, Any]:
    """A scenario with what it drew."""
    moved = drawn(network, chance, seed, one.scenario)
    stopped = []
    for group in np.flatnonzero((moved.groups.maximum < network.groups.maximum).any(axis=1)).tolist():
        weeks = np.flatnonzero(moved.groups.maximum[group] < network.groups.maximum[group])
        first, last = (network.week_name(int(week)) for week in (weeks[0], weeks[-1]))
        stopped.append(f"{network.groups.names[group]} {first}..{last}")
    before, now = network.demands.wanted.sum(), moved.demands.wanted.sum()
    return {
        "scenario": one.scenario,
        "demand_change": float(now / before - 1.0) if before else 0.0,
        "stopped": stopped,
        "cost": one.cost,
        "plan_gap": one.gap,
        "fill": one.fill,
        "lost_value": one.lost,
    }
