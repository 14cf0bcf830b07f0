"""One plan of one model, by a method that is chosen by the model's size or by name.

Every method gives a plan with its cost, a bound that no plan's cost lies below, and the gap between the two. A further
method is one row of `METHODS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from corecar.errors import ArgumentError
from corecar.faults import meant
from corecar.network.arrays import Network
from corecar.network.model import Limit, Model, weekly_model
from corecar.plan.plans import Plan, Step, plan_of
from corecar.plan.structure import has_order
from corecar.program import Basis
from corecar.solve import Method, Solver, Stop

TIME_LIMIT = 120.0
"""Seconds for a plan where nobody says."""

SMALL = 20_000
"""Variables of a weekly model up to which the simplex method is as quick as any, and ends at a corner."""
LARGE = 100_000
"""Variables of a weekly model above which HiGHS may take longer than anybody waits."""


Watch = Callable[[Step], None]
"""Who is told how plan and bound close in on each other."""


def unwatched(_: Step) -> None:
    """Nobody watches."""


def never() -> bool:
    """Nobody asks that the work stop."""
    return False


@dataclass(frozen=True)
class Question:
    """What a method is asked: a model, how near to the best is near enough, and how long it may take.

    gap    (cost - bound) / cost at which a plan is good enough; a method that finds the best plan does not stop there
    start  a plan of the same network to begin from; a method that cannot use one begins from nothing
    """

    model: Model
    gap: float
    time_limit: float
    start: Plan | None
    stop: Stop
    watch: Watch = unwatched


@dataclass(frozen=True)
class Way:
    """A method: what it does in a few words, whether it is the one for a model where nobody names it, its function."""

    does: str
    fits: Callable[[Model], bool]
    run: Callable[[Question], Plan]


def solve(
    model: Model | Network,
    *,
    gap: float = 0.01,
    time_limit: float = TIME_LIMIT,
    start: Plan | None = None,
    method: str = "choose",
    limit: Limit = "maximum",
    stop: Stop = never,
    watch: Watch = unwatched,
) -> Plan:
    """The cheapest plan of a model, or one that is proved to be near it.

    model       a model, or the network that one is made of up to `limit`
    gap, time_limit [s], start  as in `Question`
    method      a key of `METHODS`, or `choose` for the first that fits the model's size
    stop        asked now and then; True ends with Cancelled, or with the best plan so far of a method that has one
    watch       told how plan and bound close in, by a method that can tell
    Raises      ArgumentError for a method that is none; Infeasible; Cancelled; SolverError where the time ran out
                before there was any plan
    """
    made = weekly_model(model, limit=limit) if isinstance(model, Network) else model
    name = chosen(method, made)
    return METHODS[name].run(Question(made, gap, time_limit, start, stop, watch))


def chosen(method: str, model: Model) -> str:
    """The method that a model is solved by. Raises ArgumentError for one that is none."""
    if method == "choose":
        return next(name for name, way in METHODS.items() if way.fits(model))
    if method not in METHODS:
        raise ArgumentError(f'there is no method "{method}". {meant(method, ("choose", *METHODS))}')
    return method


def least_cost(model: Model) -> float:
    """A bound on the cost of every plan of a model, from all of its weeks taken as one.

    Added up over the weeks a plan is a plan of that one week: each start at the least cost that it has in any week,
    stock for nothing, and only what never comes counts as late. So none costs less.
    """
    network = model.network
    cost = np.where(network.startable, network.activities.cost, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    whole = replace(network, groups=replace(network.groups, maximum=model.able)).over_the_horizon()
    cheap = replace(whole.activities, cost=np.where(np.isfinite(cost), cost, 0.0))
    return Solver(weekly_model(replace(whole, activities=cheap)).program, what="the bound of the plan").run().bound


def _fits(model: Model, corner: Basis) -> bool:
    return (len(corner.rows), len(corner.columns)) == model.program.shape


def _by_highs(method: Method, question: Question) -> Plan:
    """A vertex or an inner point that HiGHS finds; where its time ran out, with the bound of all weeks in one."""
    model = question.model
    solver = Solver(model.program, what=f"the plan of {model.places.count:,} variables")
    corner = question.start.corner if question.start is not None else None
    if method == "simplex" and corner is not None and _fits(model, corner):
        near = solver.nearby(corner, time_limit=question.time_limit, stop=question.stop)
        if near is not None:
            return plan_of(model, near, solver.basis())
        method = "interior-point"  # what is far from the best plan of before is soonest found from inside
    floors = np.arange(model.rows["floor"].start, model.rows["floor"].stop)
    if method == "simplex" and len(floors):
        found = solver.run_without(floors, method=method, time_limit=question.time_limit, stop=question.stop)
    else:
        found = solver.run(method=method, time_limit=question.time_limit, stop=question.stop)
    at_corner = method != "interior-point-only" and found.status == "optimal"
    plan = plan_of(model, found, solver.basis() if at_corner else None)
    if math.isfinite(plan.bound):
        return plan
    bound = min(least_cost(model), plan.cost)
    return replace(plan, bound=bound, gap=(plan.cost - bound) / max(abs(plan.cost), 1e-300))


def _by_prices(question: Question) -> Plan:
    """A plan and a bound that a first-order method brings as near to each other as is asked, or as time allows."""
    from corecar.plan.first_order import plan_by_prices

    return plan_by_prices(
        question.model, gap=question.gap, time_limit=question.time_limit, start=question.start, stop=question.stop,
        watch=question.watch,
    )  # fmt: skip


def _is_large(model: Model) -> bool:
    """A weekly model that HiGHS may not finish, of a network whose items go round in no circle."""
    return model.places.count > LARGE and model.network.weeks > 1 and has_order(model.network)


def _is_small(model: Model) -> bool:
    """A static model, whose weeks do not bind one another, or a weekly one of a small chain."""
    return model.network.weeks == 1 or model.places.count <= SMALL


METHODS: dict[str, Way] = {
    "simplex": Way("the best plan, at a corner of what can be done", _is_small, partial(_by_highs, "simplex")),
    "first-order": Way("a plan and a bound that close in on each other, at any size", _is_large, _by_prices),
    "interior-point": Way("the best plan, from inside, then moved to a corner", lambda _: True,
                          partial(_by_highs, "interior-point")),
    "interior-point-only": Way("the best plan, left inside: where several are best, between them", lambda _: False,
                               partial(_by_highs, "interior-point-only")),
}  # fmt: skip
"""Methods in the order in which they are tried for a model; one that fits none is there by name only."""
