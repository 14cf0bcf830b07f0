"""Who gets what is scarce: by cost, by priority class, in one proportion, or by lexicographic max-min.

Each rule is a sequence of runs of one program; what a run settled is a lower bound of the next, and the last run takes
the cheapest plan that keeps all of it. Promises (floors) are settled before any of them.

Source: Ogryczak, Luss, Pioro, Nace and Tomaszewski, "Fair optimization and
networks: a survey", Journal of Applied Mathematics 2014.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from corecar.errors import ArgumentError, Cancelled, SolverError
from corecar.network.arrays import Floats, Integers
from corecar.network.model import Model
from corecar.plan.plans import Plan, plan_of
from corecar.program import Entries, Program, Solution
from corecar.solve import INFINITE, Method, Solver, Stop

Rule = Literal["cost", "priority", "proportional", "max_min_fill", "max_min_quantity"]
Over = Literal["horizon", "week"]
RULES: dict[Rule, str] = {
    "cost": "the cheapest plan, a piece that is late or lost counted by its value",
    "priority": "class after class: what a class can have, no later one takes",
    "proportional": "every demand at least the same part of what it wants, as large as can be",
    "max_min_fill": "the lowest fill as high as can be, then the next lowest, and so on",
    "max_min_quantity": "the smallest quantity as large as can be, then the next, none above what is wanted",
}
SLACK = 1e-7
"""Part by which a settled level is lowered, so that rounding does not make the next run infeasible."""
TOUCHED = 1e-6
"""Part of the price of a level from which on a demand's row counts as binding; the parts of all rows add up to 1."""


@dataclass(frozen=True)
class Level:
    """One step of a max-min rule: the level, the demands that are settled at it, and the time it took."""

    value: float
    settled: tuple[int, ...]
    week: int | None
    seconds: float


@dataclass(frozen=True)
class Shared:
    """A plan with how it came to be: the rule, what it was taken over, and its levels in their order."""

    plan: Plan
    rule: Rule
    over: Over
    levels: tuple[Level, ...]


def share_out(
    model: Model, rule: Rule = "cost", *, over: Over = "horizon", method: Method = "choose", time_limit: float = 600.0,
    stop: Stop = lambda: False,
) -> Shared:  # fmt: skip
    """A plan by a rule.

    Where the cheapest plan supplies everything over the horizon, it is the plan by every rule that shares out.

    over        whether a max-min or proportional rule looks at each demand's sum over the horizon, or week by week at
                its sum so far, each week settled before the next
    time_limit  seconds for all runs together
    stop        asked between runs and within them; True ends with Cancelled
    Raises      ArgumentError for a rule that is none; Infeasible, SolverError, Cancelled
    """
    if rule not in RULES:
        raise ArgumentError(f'there is no rule "{rule}". There are: {", ".join(RULES)}.')
    if over not in ("horizon", "week"):
        raise ArgumentError(f'over="{over}": expected "horizon" or "week".')
    runs = _Runs(model, method, time_limit, stop)
    levels: list[Level] = []
    if over == "horizon" and rule not in ("cost", "priority"):
        begun = time.perf_counter()
        plan = plan_of(model, runs.cheapest())
        if not (plan.short > SLACK * (1.0 + model.network.demands.total)).any():
            return Shared(plan, rule, over, (_everything(model, rule, time.perf_counter() - begun),))
    if rule != "cost" and model.network.floors:
        _keep_promises(runs)
    if rule == "priority":
        levels = _by_class(runs)
    elif rule != "cost":
        levels = _by_level(runs, rule, over)
    return Shared(plan_of(model, runs.cheapest()), rule, over, tuple(levels))


class _Runs:
    """One program with a variable `level` behind its own, and rows that tie it to what demands are supplied with.

    Per target (a demand up to a week) there are two rows: `tied`, supplied - weight x level >= 0, open while it rises,
    and `kept`, supplied >= what was settled.
    """

    def __init__(self, model: Model, method: Method, time_limit: float, stop: Stop) -> None:
        self.model, self.method, self.stop = model, method, stop
        self.until = time.monotonic() + time_limit
        self.own = model.places.count
        self.solver = Solver(_with_level(model.program), what="the plan")
        self.rows = len(model.program.row_low)

    def run(self, *, goes_on: bool = False) -> Solution:
        """One run; where it goes on from the last one, whose point must still fit all rows, a few steps suffice."""
        if self.stop():
            raise Cancelled("The plan was stopped; nothing is changed.")
        left = self.until - time.monotonic()
        if left <= 0:
            raise SolverError("the plan was not finished in its time. Give it more time, or plan fewer weeks.")
        if goes_on and self.method != "interior-point-only":
            return self.solver.run(method="primal-simplex", time_limit=left, stop=self.stop)
        self.solver.forget()
        floors = np.arange(self.model.rows["floor"].start, self.model.rows["floor"].stop)
        if self.method in ("choose", "simplex") and len(floors):
            return self.solver.run_without(floors, method=self.method, time_limit=left, stop=self.stop)
        return self.solver.run(method=self.method, time_limit=left, stop=self.stop)

    def cost(self, own: Floats, level: float) -> None:
        """The objective: costs of the model's variables, and of the level."""
        self.solver.change_cost(np.arange(self.own + 1), np.append(own, level))

    def cheapest(self, *, goes_on: bool = False) -> Solution:
        """The cheapest plan that keeps what was settled."""
        self.cost(self.model.program.cost, 0.0)
        return self.run(goes_on=goes_on)

    def add(self, entries: Entries, low: Floats, high: Floats) -> Integers:
        """Further rows; returns their numbers."""
        self.solver.add_rows(entries, low, high)
        self.rows += len(low)
        return np.arange(self.rows - len(low), self.rows)


def _with_level(program: Program) -> Program:
    return replace(
        program,
        cost=np.append(program.cost, 0.0),
        low=np.append(program.low, 0.0),
        high=np.append(program.high, INFINITE),
    )


def _keep_promises(runs: _Runs) -> None:
    """Promises come before any rule: what they cannot but be short of, by price, is not exceeded by what follows."""
    columns = runs.model.places.breach
    price = np.array([promise.price for promise in runs.model.network.floors])
    cost = np.zeros(runs.own)
    cost[columns] = price
    runs.cost(cost, 0.0)
    least = runs.run().objective
    bound = np.array([least + SLACK * (1.0 + abs(least))])
    runs.add(Entries(np.zeros(len(columns), np.int64), columns, price), np.array([-INFINITE]), bound)


def _everything(model: Model, rule: Rule, seconds: float) -> Level:
    """The only level of a plan that supplies every demand in full: no rule has anything left to share out."""
    total = model.network.demands.total
    value = float(total.max(initial=0.0)) if rule == "max_min_quantity" else 1.0
    return Level(value, tuple(np.flatnonzero(total > 0).tolist()), None, seconds)


def _by_class(runs: _Runs) -> list[Level]:
    """Class by class the least value that is late or lost; each is kept before the next."""
    demands, places = runs.model.network.demands, runs.model.places
    found = []
    for rank in np.unique(demands.priority).tolist():
        begun = time.perf_counter()
        members = np.flatnonzero(demands.priority == rank)
        columns, late = places.behind[members].ravel(), demands.late[members].ravel()
        cost = np.zeros(runs.own)
        cost[columns] = late
        runs.cost(cost, 0.0)
        least = runs.run().objective
        bound = np.array([least + SLACK * (1.0 + abs(least))])
        runs.add(Entries(np.zeros(len(columns), np.int64), columns, late), np.array([-INFINITE]), bound)
        found.append(Level(least, tuple(members.tolist()), None, time.perf_counter() - begun))
    return found


def _by_level(runs: _Runs, rule: Rule, over: Over) -> list[Level]:
    weeks = runs.model.network.weeks
    found: list[Level] = []
    for until in [weeks] if over == "horizon" else range(1, weeks + 1):
        found += _raise_all(runs, rule, until, None if over == "horizon" else until - 1)
    return found


def _raise_all(runs: _Runs, rule: Rule, until: int, week: int | None) -> list[Level]:
    """Settle every demand's supply up to a week, the lowest first."""
    demands = runs.model.network.demands
    wanted = demands.wanted[:, :until].sum(axis=1)
    rising = np.flatnonzero(wanted > 0)
    if not len(rising):
        return []
    weight = np.ones(len(wanted)) if rule == "max_min_quantity" else wanted
    tied, kept = _tie(runs, rising, weight, until)
    found: list[Level] = []
    while len(rising):
        begun = time.perf_counter()
        worth = weight[rising].sum()
        runs.cost(np.zeros(runs.own), -float(worth))
        solution = runs.run(goes_on=bool(found) or week is None)
        level = float(solution.x[-1])
        done = (solution.prices[tied] * weight[rising] > TOUCHED * worth) | (
            level * weight[rising] >= wanted[rising] * (1 - SLACK)
        )
        if rule == "proportional" or not done.any():
            done[:] = True
        settled = level * weight[rising[done]]
        runs.solver.change_rows(kept[done], settled * (1 - SLACK) - SLACK, np.full(done.sum(), INFINITE))
        runs.solver.change_rows(tied[done], np.full(done.sum(), -INFINITE), np.full(done.sum(), INFINITE))
        found.append(Level(level, tuple(rising[done].tolist()), week, time.perf_counter() - begun))
        rising, tied, kept = rising[~done], tied[~done], kept[~done]
    return found


def _tie(runs: _Runs, demands: Integers, weight: Floats, until: int) -> tuple[Integers, Integers]:
    """Rows that tie the level to what demands are supplied with up to a week, and rows for what is settled."""
    columns = runs.model.places.supplied[demands, :until]
    row, week = np.nonzero(columns >= 0)
    supplied = Entries(row, columns[row, week], np.ones(len(row)))
    count = len(demands)
    level = Entries(np.arange(count), np.full(count, runs.own), -weight[demands])
    both = Entries(*(np.concatenate(pair) for pair in zip(supplied, level, strict=True)))
    tied = runs.add(both, np.zeros(count), np.full(count, INFINITE))
    kept = runs.add(supplied, np.full(count, -INFINITE), np.full(count, INFINITE))
    return tied, kept
