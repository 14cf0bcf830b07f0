"""Orders for a chain of any size: plans tell what an hour of each cell is worth, orders follow, a bound says how good.

Each plan of some extra hours proves a cut: with its prices of capacity mu, no plan of other extra hours e' costs less
than bound - mu (e' - e). The orders that are best by all cuts so far are planned next. The least that the cuts allow is
a bound on every choice of orders (docs/explanation/expansion-method.md), whether or not anything has converged.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

import numpy as np

from corecar.network.arrays import Floats, Network
from corecar.network.model import Limit, weekly_model
from corecar.plan.bound import proved
from corecar.plan.expansion.expansion import Expansion, expanded
from corecar.plan.expansion.kept import Kept, Tried
from corecar.plan.expansion.orders import Orders
from corecar.plan.plans import Plan, gap_of
from corecar.plan.solving import never, solve
from corecar.program import Entries, Program, Solution, by_rows
from corecar.solve import INFINITE, Solver, Stop

PLAN_PART = 0.4
"""Part of the gap that is asked for that each plan may have of its own."""
PLAN_TIME = 0.08
"""Part of the time that one plan may take where it comes not so near; a plan of any gap proves a cut."""
LOOSE_PART = 0.5
"""Part of it up to which orders in parts are good enough to go on with whole ones."""
TOWARDS = 0.6
"""How far the next plan's hours lie from the best known towards those that the cuts ask for; while orders are parts."""
MASTER = 40.0
"""Seconds that one choice of whole orders may take."""
PARTS_TIME = 0.6
"""Part of the time after which whole orders are chosen, however far parts have come."""
PARTED = 12
"""Plans of orders in parts, at most."""


@dataclass
class Master:
    """Orders and what the cuts say of the plan's cost.

    scale  of the plan's cost, so that the solver sees numbers about 1
    """

    orders: Orders
    margin: float
    scale: float
    cuts: list[tuple[Floats, float]] = field(default_factory=list)

    def add(self, bound: float, capacity: Floats, extra: Floats) -> None:
        """A cut: no plan with extra hours e' costs less than bound - mu (e' - extra).

        bound     of the plan with `extra`, float64 of shape (extras,)
        capacity  its prices of capacity, float64, shape (groups, weeks)
        """
        group = self.orders.group
        prices = np.maximum(capacity, 0.0).ravel()[group.row] * group.value
        worth = np.bincount(group.column, prices, minlength=len(extra))
        self.cuts.append((worth / self.scale, (bound + float(worth @ extra)) / self.scale))

    def choose(self, *, whole: bool, gap: float, time_limit: float, stop: Stop) -> Solution:
        """The best by all cuts: the plan's cost, orders, haves, extra hours. Raises SolverError, Cancelled."""
        orders, first = self.orders, 1
        cuts = [
            (np.flatnonzero(worth) + first + len(orders) + orders.haves, worth[np.flatnonzero(worth)], least)
            for worth, least in self.cuts
        ]
        own = len(orders.high)
        rows = [orders.rows.row, *(np.full(len(columns) + 1, own + at) for at, (columns, _, _) in enumerate(cuts))]
        columns = [orders.rows.column + first, *(np.append(columns, 0) for columns, _, _ in cuts)]
        values = [orders.rows.value, *(np.append(worth, 1.0) for _, worth, _ in cuts)]
        entries = Entries(*(np.concatenate(part) for part in (rows, columns, values)))
        starts, places, numbers = by_rows(entries, own + len(cuts))
        unit, count = self.margin * self.scale, first + orders.columns
        integer = np.zeros(count, np.bool_)
        integer[first : first + len(orders)] = whole
        none, more = np.zeros(orders.haves), np.full(orders.haves + len(orders.cell), INFINITE)
        program = Program(
            cost=np.concatenate([[1.0], orders.charge / unit, none, np.zeros(len(orders.cell))]),
            low=np.concatenate([[0.0], np.zeros(len(orders)), none, orders.least]),
            high=np.concatenate([[INFINITE], orders.most, more]),
            row_low=np.concatenate([orders.low, [least for _, _, least in cuts]]),
            row_high=np.concatenate([orders.high, np.full(len(cuts), INFINITE)]),
            starts=starts, columns=places, values=numbers, whole=integer if whole else None,
        )  # fmt: skip
        return Solver(program, what="the choice of orders").run(gap=gap, time_limit=time_limit, stop=stop)

    def ordered(self, found: Solution) -> Floats:
        """The orders of a choice, float64 of shape (orders,). Their hours are the most that they allow."""
        return found.x[1 : 1 + len(self.orders)]

    def worth(self, found: Solution) -> float:
        """What no orders and plan together cost less than, by a choice's bound."""
        return found.bound * self.margin * self.scale if math.isfinite(found.bound) else 0.0


def expansion_by_prices(
    network: Network, orders: Orders, *, margin: float, limit: Limit = "maximum", gap: float = 0.02,
    time_limit: float = 600.0, stop: Stop = never, start: Plan | None = None,
    kept: Kept | None = None,
) -> Expansion:  # fmt: skip
    """Orders whose cost with the plan's is at most `gap` above a bound, or the best that the time allows.

    start   a plan of the network without orders, to begin from
    kept    of earlier searches over the same network and options: the search begins with their cuts, which hold for any
            limits, and from the best of their orders that the limits allow; this one's are added
    Raises  ArgumentError for a network whose items go round in a circle; SolverError, Cancelled
    Source  Benders 1962; cuts of plans that are not the best: Zakeri, Philpott and Ryan 2000
    """
    search = _Search(network, orders, margin, limit, gap, time_limit, stop, start)
    begun = kept is not None and search.begin_with(kept)
    if not begun:
        search.look(np.zeros(len(orders.cell)), np.zeros(len(orders)))
    if len(orders):
        if not begun:
            search.look(orders.most_hours(), None)
        search.in_parts()
        search.whole()
    best = search.best
    assert best is not None
    cost, ordered, plan = best
    if kept is not None and search.master is not None:
        kept.scale, kept.cuts = search.master.scale, search.master.cuts
        for each in search.tried:
            kept.add(*each)
    return Expansion(orders, ordered, plan, cost, min(search.bound, cost), search.clock(), search.tries)


class _Search:
    """One search: cuts, the best whole orders, the best bound."""

    def __init__(
        self, network: Network, orders: Orders, margin: float, limit: Limit, gap: float, time_limit: float,
        stop: Stop, start: Plan | None,
    ) -> None:  # fmt: skip
        self.network, self.orders, self.margin, self.limit = network, orders, margin, limit
        self.gap, self.time_limit, self.stop = gap, time_limit, stop
        self.begun, self.tries, self.bound = time.monotonic(), 0, -math.inf
        self.plan: Plan | None = start
        self.best: tuple[float, Floats, Plan] | None = None
        self.master: Master | None = None
        self.tried: list[Tried] = []

    def begin_with(self, kept: Kept) -> bool:
        """Cuts of an earlier search, and the best of its orders; False where it kept none that the limits allow."""
        if not kept.cuts:
            return False
        self.master = Master(self.orders, self.margin, kept.scale, list(kept.cuts))
        best = kept.best(self.orders)
        if best is None:
            return False
        self.best, self.plan = (best.cost, best.ordered, best.plan), best.plan
        return True

    def clock(self) -> float:
        return time.monotonic() - self.begun

    def left(self, part: float = 1.0) -> float:
        """Seconds, at most a part of all, at least one: there is always a plan."""
        return max(min(self.time_limit - self.clock(), part * self.time_limit), 1.0)

    def over(self) -> bool:
        done = self.best is not None and gap_of(self.best[0], self.bound) <= self.gap
        return done or self.clock() > self.time_limit or self.stop()

    def look(self, extra: Floats, ordered: Floats | None) -> float:
        """Plan with extra hours, note its cut, and keep it where its orders are whole and better. Returns its cost."""
        model = weekly_model(expanded(self.network, self.orders, extra), limit=self.limit)
        plan = solve(
            model, gap=PLAN_PART * self.gap, time_limit=self.left(PLAN_TIME), start=self.plan, stop=self.stop
        )  # fmt: skip
        self.plan, self.tries = plan, self.tries + 1
        if self.master is None:
            self.master = Master(self.orders, self.margin, max(abs(plan.cost), 1.0))
        if plan.prices is not None:
            proof = proved(model.network, plan.prices, limit=model.able)
            self.master.add(proof.bound, proof.prices.capacity, extra)
        if ordered is not None:
            cost = self.margin * plan.cost + float(self.orders.charge @ ordered)
            self.tried.append(Tried(cost, ordered, plan))
            if self.best is None or cost < self.best[0]:
                self.best = cost, ordered, plan
        return plan.cost

    def in_parts(self) -> None:
        """Orders in parts: cuts come quickly, and their bound holds for whole orders too."""
        assert self.master is not None
        best, near = math.inf, np.zeros(len(self.orders))
        for _ in range(PARTED):
            if self.over() or self.clock() > PARTS_TIME * self.time_limit:
                return
            found = self.master.choose(whole=False, gap=0.0, time_limit=self.left(), stop=self.stop)
            self.bound = max(self.bound, self.master.worth(found))
            if gap_of(best, self.bound) <= LOOSE_PART * self.gap:
                return
            ordered = self.master.ordered(found)
            tried = near + TOWARDS * (ordered - near) if math.isfinite(best) else ordered
            cost = self.margin * self.look(self.orders.hours(tried), None) + float(self.orders.charge @ tried)
            if cost < best:
                best, near = cost, tried

    def whole(self) -> None:
        """Whole orders: those that the cuts choose are planned, until nothing is left between plan and bound."""
        assert self.master is not None
        seen: set[bytes] = set()
        while not self.over():
            seconds = min(self.left(), MASTER)
            found = self.master.choose(whole=True, gap=PLAN_PART * self.gap, time_limit=seconds, stop=self.stop)
            self.bound = max(self.bound, self.master.worth(found))
            ordered = np.rint(self.master.ordered(found))
            if ordered.tobytes() in seen or self.over():
                return
            seen.add(ordered.tobytes())
            self.look(self.orders.hours(ordered), ordered)
