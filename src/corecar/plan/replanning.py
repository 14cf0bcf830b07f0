"""A kept plan planned again with something changed, quickly: the moves that the change makes are added to it.

From the kept starts and prices the first-order method takes the same steps twice, in the network as it was and in the
changed one. How far it wanders is the same in both, so what the two points differ by is the change; added to the kept
starts and made to fit (`corecar.plan.repair`) that is the plan after it, which differs from the kept one by the change
and not by how far a method was from the best elsewhere. The kept prices bound what any plan costs under the change
(weak duality), so its gap is known at once. Where it is larger than was asked for, the search in the changed network
goes on by itself; where it is very large, from the first step on. A plan that is small enough to be found outright is.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from corecar.network.arrays import Floats, Network
from corecar.network.model import Limit, Model, weekly_model
from corecar.plan.bound import proved
from corecar.plan.first_order import make_ready
from corecar.plan.plans import Plan, gap_of
from corecar.plan.repair import feasible, valued
from corecar.plan.restored import by_names, prices_by_names
from corecar.plan.rules import Over, Rule
from corecar.plan.search import CHECK, VERY_FAR, Search
from corecar.plan.solving import SMALL
from corecar.plan.steering import Planned, plan_network, steered_model
from corecar.plan.structure import has_order
from corecar.solve import Stop

PER_VARIABLE, AT_LEAST = 4e-6, 1.5
"""Seconds of the whole search where nobody says: for each variable of the weekly model, and at least."""
ENOUGH = 1.05
"""How many times the gap of the kept plan the gap after the change may be and count as near enough."""
ROUNDS = 2
"""How often the same steps are taken twice at most."""
STEPS, STEPS_LARGE, LARGE = 250, 150, 500_000
"""Steps of a round, and those for models of more than so many variables, where each takes longer and moves as much."""


@dataclass(frozen=True)
class Made:
    """How plans are made: rule, method and gap as they were asked for.

    time_limit  seconds of a wider search; None: by size
    outright    seconds of a plan that is found from nothing
    """

    rule: Rule
    over: Over
    exact: bool
    limit: Limit
    gap: float
    method: str
    stop: Stop
    time_limit: float | None = None
    outright: float = 120.0
    whole_lots: bool = False


@dataclass(frozen=True)
class Side:
    """One plan, by the network's own prices: without the shares that steered it in `plan.cost` and `plan.breach`.

    steered  its cost with them: what bound and gap are of
    """

    plan: Plan
    steered: float

    @property
    def open(self) -> float:
        """By how much it may lie above the best plan [cost]."""
        return max(self.steered - self.plan.bound, 0.0)


@dataclass(frozen=True)
class Replanned:
    """Before a change and after it.

    alone  the plan before with every start kept that still can be, and nothing else done about it
    """

    before: Side
    after: Side
    alone: Plan

    @property
    def costs(self) -> float:
        """What the change costs, by the two plans."""
        return self.after.plan.cost - self.before.plan.cost

    @property
    def between(self) -> tuple[float, float]:
        """What it costs the best plans lies between these, whichever they are, shares that steer them included."""
        return self.after.plan.bound - self.before.steered, self.after.steered - self.before.plan.bound

    @property
    def certain(self) -> bool:
        """Whether the gaps of both plans together are smaller than what the change costs."""
        return self.before.open + self.after.open < abs(self.costs)


def replanned(base: Planned, before: Network, after: Network, made: Made, model: Model | None = None) -> Replanned:
    """A plan before a change and after it, from a plan of much the same network.

    base    its weekly plan's starts and prices are where both begin
    before, after  networks; `before` may be the network of `base`, which is then planned already
    model   the weekly one of `base`, where it is at hand
    Raises  SolverError where there is no weekly plan to begin from; Infeasible, Cancelled
    """
    weekly = base.weekly
    assert weekly is not None, "only a weekly plan is planned again"
    if _outright(base, made):
        one = side_of(base) if before is base.network else _from_nothing(before, base, made)
        other = _from_nothing(after, base, made)
        alone = _alone(one.plan, after, made.limit)
        if alone.cost < other.plan.cost and not made.whole_lots:
            gained = alone.cost - other.plan.cost
            steered = other.steered + gained
            bound, prices = other.plan.bound, other.plan.prices
            other = Side(replace(alone, bound=bound, gap=gap_of(steered, bound), prices=prices), steered)
        return Replanned(one, other, alone)
    return _from_kept(base.network, weekly, before, after, made, model)


def replanned_at_least_cost(kept: Plan, after: Network, *, gap: float, time_limit: float, stop: Stop) -> Replanned:
    """A plan at least cost, without shares, before a change of its network and after it.

    kept        with prices; gap, time_limit  of the plan after the change, from when its first steps are taken [s]
    Raises      Infeasible, Cancelled
    """
    made = Made("cost", "horizon", False, "maximum", gap, "first-order", stop, time_limit)
    return _from_kept(kept.network, kept, kept.network, after, made, None)


def side_of(planned: Planned) -> Side:
    """A plan by its network's own prices."""
    assert planned.weekly is not None
    return Side(planned.without_shares, planned.weekly.cost)


def _outright(base: Planned, made: Made) -> bool:
    """Whether plans are found from nothing: whole lots, settled shares, networks that go round, small models."""
    assert base.weekly is not None
    return (
        made.whole_lots
        or base.exact
        or base.variables <= SMALL
        or not has_order(base.network)
        or base.weekly.prices is None
    )


def _from_nothing(network: Network, base: Planned, made: Made) -> Side:
    return side_of(
        plan_network(
            network, rule=made.rule, over=made.over, exact=made.exact, limit=made.limit, gap=made.gap,
            whole_lots=made.whole_lots, time_limit=made.outright, method=made.method, start=base.weekly, stop=made.stop,
        )
    )  # fmt: skip


def _alone(plan: Plan, network: Network, limit: Limit) -> Plan:
    """The starts of a plan in another network, as far as they can be."""
    start = by_names(plan.start, plan.network.activities.names, network.activities.names)
    return feasible(weekly_model(network, limit=limit), start)


def _from_kept(
    network: Network, weekly: Plan, before: Network, after: Network, made: Made, own: Model | None
) -> Replanned:
    """network: that of the plan without the shares that steer it."""
    make_ready()
    model = own or weekly_model(weekly.network, limit=made.limit)
    kept = _Steps(model, weekly)
    first = weekly
    if before is not network:
        first, _ = _moved(kept, _model(before, made), made)
    changed = _model(after, made)
    second, of_search = _moved(kept, changed, made)
    if of_search and before is network:
        first = _better(weekly, feasible(model, *kept.last, graph=kept.search.graph))
    alone = _repaired(changed, first)
    return Replanned(_bare(first, before), _bare(_better(second, alone), after), _bare(alone, after).plan)


class _Steps:
    """Steps from a kept plan in one model, and where they led to, by their number."""

    def __init__(self, model: Model, kept: Plan) -> None:
        self.search = Search(model)
        self.search.begin_from(kept)
        self.found: dict[int, tuple[Floats, Floats]] = {}

    def after(self, steps: int, stop: Stop) -> tuple[Floats, Floats]:
        """Starts and supplies after so many steps."""
        while steps not in self.found and self.search.go(steps - self.search.done, stop):
            self.found[self.search.done] = self.search.wishes()
        return self.found.get(steps) or self.search.wishes()

    @property
    def last(self) -> tuple[Floats, Floats]:
        """Those after the most steps."""
        return self.found[max(self.found)] if self.found else self.search.wishes()


def _moved(kept: _Steps, model: Model, made: Made) -> tuple[Plan, bool]:
    """The plan of a changed model: the kept plan with the moves that the change makes, or what the search itself found
    where that is cheaper; and whether it is."""
    base = kept.search.begun
    assert base is not None
    until = time.monotonic() + _seconds(model, made)

    def over() -> bool:
        return made.stop() or time.monotonic() > until

    steps = _Steps(model, _by_names(base, model.network))
    best, of_search = _bounded(model, _repaired(model, base), base), False
    enough = max(made.gap, ENOUGH * base.gap)
    round_ = STEPS_LARGE if model.places.count > LARGE else STEPS
    rounds = 0 if best.gap > VERY_FAR else ROUNDS
    for count in range(round_, rounds * round_ + 1, round_):
        own, other = kept.after(count, over), steps.after(count, over)
        best = _better(best, _carried(model, base, own, other))
        found = feasible(model, *other, graph=steps.search.graph)
        of_search = found.cost < best.cost
        best = _better(best, found)
        if best.gap <= enough or over():
            break
    while best.gap > enough and not over():
        steps.search.look(stop=over)
        found = steps.search.best
        of_search |= found.cost < best.cost
        best = _better(best, found, found.bound)
        steps.search.turn()
        steps.search.go(CHECK, over)
    return best, of_search


def _carried(model: Model, base: Plan, own: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> Plan:
    """A plan with what one point differs from another by, made to fit a model."""
    here, there = base.network, model.network
    names = (here.activities.names, there.activities.names)
    demands = (here.demands.names, there.demands.names)
    start = by_names(base.start, *names) + other[0] - by_names(own[0], *names)
    supplied = by_names(base.supplied, *demands) + other[1] - by_names(own[1], *demands)
    return feasible(model, start, supplied)


def _better(one: Plan, other: Plan, bound: float | None = None) -> Plan:
    """The cheaper of two plans of a model, with the bound of the first or a higher one."""
    cheaper = one if one.cost <= other.cost else other
    best = min(one.bound if bound is None else max(one.bound, bound), cheaper.cost)
    return replace(cheaper, bound=best, gap=gap_of(cheaper.cost, best), prices=one.prices)


def _seconds(model: Model, made: Made) -> float:
    if made.time_limit is not None:
        return made.time_limit
    return max(AT_LEAST, PER_VARIABLE * model.places.count)


def _by_names(plan: Plan, network: Network) -> Plan:
    """A plan and its prices by the rows of another network: where a search there may begin, no plan of it."""
    old, rows = plan.network, network
    demands = (old.demands.names, rows.demands.names)
    prices = None if plan.prices is None else prices_by_names(plan.prices, old, rows)
    return replace(
        plan, network=network, prices=prices, start=by_names(plan.start, old.activities.names, rows.activities.names),
        stock=by_names(plan.stock, old.items.names, rows.items.names),
        supplied=by_names(plan.supplied, *demands), behind=by_names(plan.behind, *demands),
    )  # fmt: skip


def _model(network: Network, made: Made) -> Model:
    _, _, model = steered_model(
        network, rule=made.rule, over=made.over, exact=made.exact, limit=made.limit, stop=made.stop
    )
    return model


def _repaired(model: Model, plan: Plan) -> Plan:
    """The starts of a plan in a model, as far as they can be."""
    names = (plan.network.activities.names, model.network.activities.names)
    demands = (plan.network.demands.names, model.network.demands.names)
    return feasible(model, by_names(plan.start, *names), by_names(plan.supplied, *demands))


def _bounded(model: Model, plan: Plan, kept: Plan) -> Plan:
    """A plan with the bound that the prices of a kept plan prove in its model; the kept bound where it is its own."""
    assert kept.prices is not None
    prices = prices_by_names(kept.prices, kept.network, model.network)
    bound = proved(model.network, prices, limit=model.able).bound
    if model.network is kept.network:
        bound = max(bound, kept.bound)
    bound = min(bound, plan.cost)
    return replace(plan, bound=bound, gap=gap_of(plan.cost, bound), prices=prices)


def _bare(plan: Plan, network: Network) -> Side:
    """A plan of a steered network by the prices of the network itself."""
    own = valued(network, plan.start, plan.stock, plan.supplied, plan.behind)
    prices = plan.prices and plan.prices.promises_alone(len(network.floors))
    return Side(replace(own, bound=plan.bound, gap=plan.gap, prices=prices), plan.cost)
