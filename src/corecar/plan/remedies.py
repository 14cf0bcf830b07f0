"""What would help a program that is short: changes at its blocking points, each verified by planning again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, inf

import numpy as np

from corecar.chain.chain import Chain
from corecar.chain.words import HELD
from corecar.errors import ArgumentError, Cancelled
from corecar.network.arrays import NONE, Network
from corecar.network.guards import check_network
from corecar.plan.blocking import Point
from corecar.plan.changes import Amount, Capacity, Change, Lot, NewRoute, OpenRoute, Stock, Weeks, applied
from corecar.plan.compare import Planner, by_rule
from corecar.plan.explain import Explanation, question
from corecar.plan.explain import pieces as told
from corecar.plan.plans import Plan

HELPS = 1e-4
"""Pieces from which a remedy counts as one."""
FULL = 0.999


@dataclass(frozen=True)
class Remedy:
    """A change that helps, as planning again has shown.

    change  what is done; `extra` units of it in all, in `unit`, and what they cost where that is known
    why     what stands against it now
    gained  pieces of the program that come by the week that was asked about, when all is planned anew
    could   pieces that would come by then if every other program keeps what it has and the rest is reserved for it
    pieces  of all programs that come over the whole plan; `value` of them
    lost    programs that come out worse by it, with the pieces that they lose
    """

    change: Change
    why: str
    extra: float
    unit: str
    cost: float | None
    gained: float
    could: float
    pieces: float
    value: float
    lost: Mapping[str, float]

    def __str__(self) -> str:
        cost = "" if self.cost is None else f", costs {self.cost:,.0f}"
        worse = "".join(f", {name} loses {told(amount)}" for name, amount in self.lost.items())
        reserved = f" ({told(self.could)} if reserved for it)" if self.could > self.gained + HELPS else ""
        return (
            f"{self.change}: {told(self.gained)} more in time{reserved}, {told(self.pieces)} more of all, "
            f"value {self.value:+,.0f}{cost}{worse}; {self.why}"
        )


@dataclass(frozen=True)
class _Idea:
    change: Change
    why: str
    extra: float = 0.0
    unit: str = ""
    priced: str = ""


def remedies(
    plan: Plan,
    answer: Explanation,
    *,
    chain: Chain | None = None,
    planner: Planner | None = None,
    unit_cost: Mapping[str, float] | None = None,
    most: int = 12,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Remedy, ...]:
    """What would help a short program, the best first: most pieces in time, then most if they are reserved, least cost.

    Under a rule that gives to others first, a remedy may help them and not the program: then `gained` is 0, `pieces`
    says what all gain, and `could` what the program would have if it were reserved.

    plan       that was explained; answer: why the program is short in it
    chain      that the network was made from: names routes that were left out, held lots and blocked stock
    planner    how the plan was made; exactly by cost where none is given. With another one than the plan's, gains mix
               the remedy with the planner
    unit_cost  cost of one more unit of a group, or of one more piece of an item, by name
    most       remedies that are tried at most, those of the strongest blocking points first
    stop       asked before each try; True ends with Cancelled
    Raises     ArgumentError where the answer is of another plan; what the planner raises; Cancelled
    """
    if answer.network is not plan.network:
        raise ArgumentError("the explanation is of another plan. Explain this one.")
    if not answer.short:
        return ()
    plan_it, costs = planner or by_rule(), unit_cost or {}
    found = []
    for idea in _first(most, _ideas(plan, answer, chain)):
        if stop():
            raise Cancelled("The search for remedies was stopped; nothing is changed.")
        network = applied([idea.change], plan.network, chain)
        check_network(network)
        remedy = _measured(plan, answer, idea, plan_it(network), costs)
        if max(remedy.gained, remedy.could) > HELPS:
            found.append(remedy)
    return tuple(sorted(found, key=_rank))


def _rank(remedy: Remedy) -> tuple[float, float, float, float, str]:
    cost = inf if remedy.cost is None else remedy.cost  # what is not known is not free
    return -round(remedy.gained, 3), -round(remedy.could, 3), cost, -remedy.value, str(remedy.change)


def _first(most: int, ideas: Iterator[_Idea]) -> list[_Idea]:
    """The first few, each once."""
    once: dict[str, _Idea] = {}
    for idea in ideas:
        once.setdefault(str(idea.change), idea)
    return list(once.values())[:most]


def _measured(plan: Plan, answer: Explanation, idea: _Idea, after: Plan, costs: Mapping[str, float]) -> Remedy:
    names = plan.network.demands.names
    row = names.index(answer.demand)
    came = after.supplied.sum(axis=1) - plan.supplied.sum(axis=1)
    price = costs.get(idea.priced)
    reserved = question(after.network, plan, row, answer.week, limit=answer.limit, scope=answer.scope).base.objective
    return Remedy(
        change=idea.change,
        why=idea.why,
        extra=idea.extra,
        unit=idea.unit,
        cost=None if price is None else price * idea.extra,
        gained=float(plan.behind[row, answer.week] - after.behind[row, answer.week]),
        could=answer.short - answer.spare - reserved,
        pieces=float(came.sum()),
        value=float(plan.network.demands.value @ came),
        lost={name: -float(less) for name, less in zip(names, came, strict=True) if less < -HELPS},
    )


def _ideas(plan: Plan, answer: Explanation, chain: Chain | None) -> Iterator[_Idea]:
    for point in answer.points:
        yield from _at_point(plan.network, answer, point)
    yield from _closed(answer)
    yield from _left_out(answer, chain)
    yield from _elsewhere(plan, answer)
    yield from _more_stock(answer)


def _at_point(network: Network, answer: Explanation, point: Point) -> Iterator[_Idea]:
    """As much more at a blocking point as helps."""
    if not point.more:
        return
    needed = point.useful
    if point.kind == "stock":
        yield _stock(network, point.name, needed, point.weeks[0], "nothing can be started that comes in time")
    elif point.kind == "capacity":
        span = _span(network, point.weeks)
        units = ceil(needed / len(point.weeks) * 100) / 100
        weeks = len(range(point.weeks[0], point.weeks[-1] + 1))
        why = f"{point.name} is full"
        change = Capacity(point.name, Amount("add", units), span)
        yield _Idea(change, why, units * weeks, point.unit, point.name)


def _closed(answer: Explanation) -> Iterator[_Idea]:
    """Routes of the network that are not open in the weeks in which they are missed."""
    for step in answer.steps:
        for cause in step.causes:
            if cause.reason == "closed":
                yield _Idea(OpenRoute(cause.name, _span(answer.network, cause.weeks)), "the route is not open then")


def _left_out(answer: Explanation, chain: Chain | None) -> Iterator[_Idea]:
    """What stands in the chain's tables for the scarce products and is not used: routes, lots, stock."""
    if chain is None:
        return
    products = {step.product for step in answer.steps}
    reasons = dict(reason.split(": ", 1) for reason in answer.network.left_out if ": " in reason)
    begin = answer.network.monday(0).astype(date)
    for row in chain.routes.to_pylist():
        reason = reasons.get(f"route {row['route']}")
        if row["product"] in products and reason is not None:
            yield _Idea(OpenRoute(row["route"], Weeks(begin)), f"left out: {reason}")
    for row in chain.wip.to_pylist():
        if row["product"] in products and row["state"] == HELD:
            yield _Idea(Lot((row["lot"],), held=False), "the lot is held")


def _elsewhere(plan: Plan, answer: Explanation) -> Iterator[_Idea]:
    """Routes that wait for a full group, qualified on another one of the same unit that does the same stage."""
    network, made = plan.network, plan.network.activities
    able = network.groups.maximum if answer.limit == "maximum" else network.groups.actual
    spare = np.maximum(able - plan.load, 0.0)
    for step in answer.steps:
        for cause in step.causes:
            if cause.reason != "full":
                continue
            row = made.names.index(cause.route)
            other = _spare_group(network, row, spare[:, list(cause.weeks)].sum(axis=1))
            if other != NONE:
                group = network.groups.names[other]
                change = NewRoute(f"{cause.route}-at-{group}", cause.route, group)
                yield _Idea(change, f"{cause.name} is full, {group} is not; needs a qualification")


def _spare_group(network: Network, activity: int, spare: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int:
    """The group with most to spare among those that do the same stage in the same unit; -1 where there is none."""
    made, groups, items = network.activities, network.groups, network.items
    own, stage = int(made.group[activity]), items.stage[int(made.output[activity])]
    doing = {
        int(made.group[row])
        for row in range(len(made))
        if made.group[row] != NONE and items.stage[int(made.output[row])] == stage
    }
    able = [
        group for group in sorted(doing - {own})
        if groups.unit[group] == groups.unit[own] and spare[group] > (1 - FULL) * groups.maximum[group].max(initial=0.0)
    ]  # fmt: skip
    return max(able, key=lambda group: (spare[group], groups.names[group]), default=NONE)


def _more_stock(answer: Explanation) -> Iterator[_Idea]:
    """Pieces of a scarce item in the week in which they are first missed, the fewest first."""
    network = answer.network
    lying = dict(zip(network.items.names, network.items.kept.tolist(), strict=True))
    steps = [step for step in answer.steps[1:] if lying[step.item]] or list(answer.steps[:1])
    for step in sorted(steps, key=lambda step: -step.worth)[:2]:
        needed = (answer.short - answer.spare) / step.worth
        yield _stock(network, step.item, needed, step.weeks[0], "bought or borrowed")


def _stock(network: Network, item: str, needed: float, week: int, why: str) -> _Idea:
    amount = float(ceil(needed - 1e-6))
    return _Idea(Stock(item, Amount("add", amount), _span(network, [week])), why, amount, "piece", item)


def _span(network: Network, weeks: Sequence[int]) -> Weeks:
    first = network.monday(min(weeks)).astype(date)
    return Weeks(first, first + timedelta(weeks=max(weeks) - min(weeks)))
