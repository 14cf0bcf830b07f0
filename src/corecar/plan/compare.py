"""Plans side by side: what a scenario changes against the plan as it is, and whom it touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from corecar.chain.chain import Chain
from corecar.errors import ArgumentError, Cancelled
from corecar.network.arrays import Network
from corecar.network.model import Limit, weekly_model
from corecar.plan.changes import applied
from corecar.plan.plans import Plan
from corecar.plan.punctuality import not_in_time, on_time_part
from corecar.plan.rules import Rule, share_out
from corecar.plan.scenarios import Scenario

Planner = Callable[[Network], Plan]
"""How a network is planned: by which rule and method."""
SAME = 1e-6
"""Part of an amount by which two plans may differ and count as the same."""
FULL = 0.999
"""Part of what it can do from which a group counts as full in a week."""


def by_rule(rule: Rule = "cost") -> Planner:
    """A planner that shares out by a rule, exactly."""
    return lambda network: share_out(weekly_model(network), rule).plan


@dataclass(frozen=True)
class Summary:
    """One plan in a few numbers.

    pieces   supplied of all demands; `value` of them
    wanted   requested of all demands
    on_time  part of what is requested that comes in its week or before, the oldest request served first
    cost     the plan's objective
    fill     by demand
    fullest  by group: the highest part of what it can do that a week takes; 0 for a group that can do nothing
    full     groups and weeks that are full
    """

    name: str
    pieces: float
    wanted: float
    value: float
    on_time: float
    cost: float
    fill: Mapping[str, float]
    fullest: Mapping[str, float]
    full: int


@dataclass(frozen=True)
class Difference:
    """A scenario against the base.

    changes   its lines
    pieces, value, cost, on_time  after less before
    fill      by demand that differs: before and after
    loads     by group whose load over the horizon differs: before and after [unit of the group]
    begun     routes that start something only now; ended: routes that start nothing any more
    customers of demands that differ; sites whose groups or routes differ
    """

    name: str
    changes: tuple[str, ...]
    pieces: float
    value: float
    cost: float
    on_time: float
    fill: Mapping[str, tuple[float, float]]
    loads: Mapping[str, tuple[float, float]]
    begun: tuple[str, ...]
    ended: tuple[str, ...]
    customers: tuple[str, ...]
    sites: tuple[str, ...]


@dataclass(frozen=True)
class Comparison:
    """The plan as it is, and each scenario: the same figures in the same order, and the plans themselves."""

    summaries: tuple[Summary, ...]
    differences: tuple[Difference, ...]
    plans: tuple[Plan, ...]


def compared(
    network: Network, scenarios: Iterable[Scenario], *, chain: Chain | None = None, planner: Planner | None = None,
    limit: Limit = "maximum", stop: Callable[[], bool] = lambda: False,
) -> Comparison:  # fmt: skip
    """Scenarios planned and held against the plan of the network as it is.

    chain    that the network was made from; needed by changes of lots and of routes that were left out
    planner  how each is planned; exactly by cost where none is given
    limit    up to which the planner plans; says which groups are full
    stop     asked before each plan; True ends with Cancelled
    Raises   ArgumentError as `changes.applied`, with the scenario's name; what the planner raises; Cancelled
    """
    plan_it = planner or by_rule()
    several = list(scenarios)
    networks = [
        _changed(network, scenario, chain) for scenario in several
    ]  # a wrong name is told before any is planned
    base = plan_it(network)
    plans = [base]
    for scenario, changed in zip(several, networks, strict=True):
        if stop():
            raise Cancelled(f'The comparison was stopped before scenario "{scenario.name}"; nothing is changed.')
        plans.append(plan_it(changed))
    names = ["as it is", *(scenario.name for scenario in several)]
    return Comparison(
        tuple(summary_of(plan, name, limit) for plan, name in zip(plans, names, strict=True)),
        tuple(difference(base, plan, scenario) for plan, scenario in zip(plans[1:], several, strict=True)),
        tuple(plans),
    )


def _changed(network: Network, scenario: Scenario, chain: Chain | None) -> Network:
    """The network as a scenario has it. Raises ArgumentError with the scenario's name."""
    try:
        return applied(scenario.changes, network, chain)
    except ArgumentError as error:
        raise ArgumentError(f'scenario "{scenario.name}": {error}') from None


def summary_of(plan: Plan, name: str = "", limit: Limit = "maximum") -> Summary:
    """A plan in a few numbers; groups are full against the capacity that it was planned up to."""
    network, load = plan.network, plan.load
    able = network.groups.maximum if limit == "maximum" else network.groups.actual
    part = np.divide(load, able, out=np.zeros_like(load), where=able > 0)
    supplied = plan.supplied.sum(axis=1)
    return Summary(
        name=name,
        pieces=float(supplied.sum()),
        wanted=float(network.demands.wanted.sum()),
        value=float(network.demands.value @ supplied),
        on_time=on_time(plan),
        cost=plan.cost,
        fill=dict(zip(network.demands.names, plan.fill.tolist(), strict=True)),
        fullest=dict(zip(network.groups.names, part.max(axis=1, initial=0.0).tolist(), strict=True)),
        full=int((part >= FULL).sum()),
    )


def on_time(plan: Plan) -> float:
    """Part of what is requested that comes in its week or before; 1 where nothing is requested."""
    wanted = plan.network.demands.wanted
    return on_time_part(float(not_in_time(plan.behind, wanted).sum()), float(wanted.sum()))


def difference(base: Plan, plan: Plan, scenario: Scenario) -> Difference:
    """What differs between two plans."""
    before, after = summary_of(base), summary_of(plan)
    fill = _differing(before.fill, after.fill)
    loads = _differing(_loads(base), _loads(plan))
    started, starts = _started(base), _started(plan)
    demands, groups, made = plan.network.demands, plan.network.groups, plan.network.activities
    routes = {name for name in starts.keys() | started.keys() if not _same(started.get(name, 0), starts.get(name, 0))}
    sites = {site for name, site in zip(groups.names, groups.site, strict=True) if name in loads}
    sites |= {site for name, site in zip(made.names, made.site, strict=True) if name in routes}
    customers = {who for name, who in zip(demands.names, demands.customer, strict=True) if name in fill}
    return Difference(
        name=scenario.name,
        changes=tuple(str(change) for change in scenario.changes),
        pieces=after.pieces - before.pieces,
        value=after.value - before.value,
        cost=after.cost - before.cost,
        on_time=after.on_time - before.on_time,
        fill=fill,
        loads=loads,
        begun=tuple(sorted(starts.keys() - started.keys())),
        ended=tuple(sorted(started.keys() - starts.keys())),
        customers=tuple(sorted(customers - {""})),
        sites=tuple(sorted(sites - {""})),
    )


def _loads(plan: Plan) -> dict[str, float]:
    return dict(zip(plan.network.groups.names, plan.load.sum(axis=1).tolist(), strict=True))


def _started(plan: Plan) -> dict[str, float]:
    """Pieces that each activity starts, of those that start any."""
    total = plan.start.sum(axis=1)
    scale = SAME * (1.0 + float(total.max(initial=0.0)))
    return {
        name: pieces
        for name, pieces in zip(plan.network.activities.names, total.tolist(), strict=True)
        if pieces > scale
    }


def _differing(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    return {
        name: (before.get(name, 0.0), value) for name, value in after.items() if not _same(before.get(name, 0.0), value)
    }


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= SAME * (1.0 + max(abs(one), abs(other)))
