"""A weekly plan of any size with a proved gap: a first-order method, and two exact maps that make its points certain.

Every so many steps the prices of the method's point become a bound (`corecar.plan.bound`) and its starts a plan
(`corecar.plan.repair`), as they are and after some steps without costs; the best of each is kept. So plan, bound and
gap hold whether or not the method has come to rest.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from corecar.compiled import on_threads
from corecar.network.arrays import Floats, Network
from corecar.network.model import Model, weekly_model
from corecar.plan import halpern
from corecar.plan.bound import Prices, Proof, proved
from corecar.plan.one_piece import one_piece
from corecar.plan.plans import Plan, Step, gap_of
from corecar.plan.repair import feasible
from corecar.plan.scaled import Scaled, Singles, prices_at, scaled_of, starts_of
from corecar.plan.structure import Lists, Structure, structure_of
from corecar.solve import Stop

CHECK = 250
"""Steps between two looks at bound and plan."""
CHUNK = 50
"""Steps between two questions whether to stop."""
POLISH = 50
"""Steps without costs towards a plan."""
SMALL = 200_000
"""Variables up to which waiting for a second thread takes longer than it helps."""
PARTS = 64
"""Parts that rows are cut into, more than there are cores; the bits depend on it."""
SAFETY = 0.998 / 1.02
"""Part of the largest step that converges, with the error of the power iteration."""
POWER = 30
"""Rounds of the power iteration."""
LOW = 0.1
"""Weight up to which prices may have come to rest while variables wander."""
STALLED = 0.05
"""Part of the gap that has to close in the last quarter of all steps, else the weight is held or let go."""

Watch = Callable[[Step], None]


def plan_by_prices(
    model: Model,
    *,
    gap: float,
    time_limit: float,
    start: Plan | None = None,
    stop: Stop = lambda: False,
    watch: Watch = lambda _: None,
    most_steps: int = 1_000_000,
    threads: int | None = None,
) -> Plan:
    """A plan and a bound that are at most `gap` apart, or the nearest in the time; at least one plan in any time.

    time_limit  from when machine code is at hand: compiling it, once on a machine, is not counted [s]
    start       a plan of a network with the same items, activities and demands, to begin from with its prices
    stop        asked now and then; True ends with the best so far
    watch       told of every look
    most_steps  after which it ends, however far apart they are
    threads     to use; by default one for a model of up to `SMALL` variables, else all. The result is the same
    Raises      ArgumentError for a network whose items go round in a circle
    Source      Applegate and others 2021 (PDLP); Lu and Yang 2024 (reflected Halpern); Pock and Chambolle 2011
    """
    make_ready()
    begun = time.monotonic()
    few = 1 if len(model.program.cost) <= SMALL else None
    with on_threads(few if threads is None else threads):
        return _searched(model, begun, gap, time_limit, start, stop, watch, most_steps)


def _searched(
    model: Model, begun: float, gap: float, time_limit: float, start: Plan | None, stop: Stop, watch: Watch, most: int
) -> Plan:
    search = Search(model)
    if start is not None:
        search.begin_from(start)
    while True:
        step = search.look(time.monotonic() - begun)
        watch(step)
        if step.gap <= gap or search.done >= most:
            break
        search.turn()
        if not search.go(CHECK, lambda: stop() or time.monotonic() - begun > time_limit):
            watch(search.look(time.monotonic() - begun))
            break
    return search.best


@dataclass
class Point:
    """Where the method is: variables and prices, with their anchors, float32, and its state."""

    x: Singles
    y: Singles
    floors: Singles
    x_anchor: Singles
    y_anchor: Singles
    floors_anchor: Singles
    state: Floats

    @classmethod
    def at(cls, x: Singles, y: Singles, floors: Singles, eta: float, weight: float = 1.0) -> Point:
        """A point that is its own anchor."""
        state = np.zeros(halpern.STATE)
        state[halpern.OMEGA], state[halpern.ETA] = weight, eta
        return cls(x, y, floors, x.copy(), y.copy(), floors.copy(), state)


class Search:
    """One run of the method: its point, and the best plan and the best bound so far."""

    def __init__(self, model: Model) -> None:
        self.model, self.network = model, model.network
        self.graph: Structure = structure_of(self.network)
        self.scaled: Scaled = scaled_of(model, self.graph)
        self.able = model.program.row_high[model.rows["capacity"]].reshape(self.network.groups.maximum.shape)
        activities, items, demands, groups, shares = self.scaled.sizes
        weeks = self.network.weeks
        x = np.zeros((activities + items + 2 * demands, weeks), np.float32)
        y = np.zeros((items + demands + groups + shares, weeks), np.float32)
        self.x_bar = np.zeros_like(x)
        self.room, self.norms = np.zeros((PARTS, weeks), np.float32), np.zeros((2, PARTS))
        self.arrays = _Arrays(self.scaled, self.network)
        floors = np.zeros(len(self.network.floors), np.float32)
        self.eta = self._longest_step(x.copy(), y.copy(), floors.copy())
        self.point = Point.at(x, y, floors, self.eta)
        self.plan: Plan | None = None
        self.proof: tuple[Proof, Prices] | None = None
        self.history: list[Step] = []
        self.turned, self.free_weight = 0, 1.0  # steps when the weight was last held or let go, and what it was

    @property
    def done(self) -> int:
        """Steps so far."""
        return int(self.point.state[halpern.DONE])

    @property
    def best(self) -> Plan:
        """The best plan with the best bound so far."""
        assert self.plan is not None
        assert self.proof is not None
        (proof, prices), cost = self.proof, self.plan.cost
        bound = min(proof.bound, cost)
        return replace(self.plan, bound=bound, gap=gap_of(cost, bound), prices=prices, history=tuple(self.history))

    def begin_from(self, start: Plan) -> None:
        """Begin from a plan and its prices, where it is of the same rows and weeks; else from nothing."""
        activities, items, demands, _, _ = self.scaled.sizes
        shapes = (start.start.shape, start.stock.shape, start.supplied.shape)
        weeks = self.network.weeks
        if shapes != ((activities, weeks), (items, weeks), (demands, weeks)):
            return
        scales = self.scaled.scales
        pieces = np.concatenate([start.start, start.stock, start.supplied, start.behind])
        x = np.minimum(pieces / scales.variable[:, None], self.scaled.most).astype(np.float32)
        y, floors = np.zeros_like(self.point.y), np.zeros_like(self.point.floors)
        if start.prices is not None:
            y, floors = self._scaled_prices(start.prices)
        weight = start.history[-1].weight if start.history else 1.0
        self.point = Point.at(x, y, floors, self.eta, weight)

    def go(self, steps: int, stop: Stop) -> bool:
        """Some steps. False where it was stopped before their end."""
        for _ in range(steps // CHUNK):
            if stop():
                return False
            self._advance(self.point, CHUNK, priced=1.0, adapt=True)
        return True

    def look(self, seconds: float) -> Step:
        """Bound and plan of the point as it is; the best of each are kept."""
        point = self.point
        prices = prices_at(self.scaled, point.y, point.floors)
        proof = proved(self.network, prices, limit=self.able, graph=self.graph)
        if self.proof is None or proof.bound > self.proof[0].bound:
            self.proof = proof, prices
        for x in (point.x, self._polished()):
            plan = feasible(self.model, *starts_of(self.scaled, x), graph=self.graph)
            if self.plan is None or plan.cost < self.plan.cost:
                self.plan = plan
        assert self.plan is not None
        cost = self.plan.cost
        bound = min(self.proof[0].bound, cost)
        step = Step(seconds, self.done, cost, bound, float(point.state[halpern.OMEGA]))
        self.history.append(step)
        return step

    def turn(self) -> None:
        """Hold the weight at 1 where the gap has stood still for a quarter of all steps, or let it go again.

        Where prices have come to rest before the variables, the weight falls until the variables only wander; held at
        1, they come to rest too. Only steps count, not seconds, so the turns do not depend on the machine.
        """
        state = self.point.state
        held = state[halpern.HELD] == 0.0
        if held and state[halpern.OMEGA] > LOW:
            return
        since = self.done - max(self.done // 4, 2 * CHECK)
        then = [step for step in self.history if self.turned <= step.iterations <= since]
        if not then or then[-1].gap - self.history[-1].gap > STALLED * then[-1].gap:
            return
        self.turned = self.done
        self.free_weight, weight = (float(state[halpern.OMEGA]), 1.0) if held else (1.0, self.free_weight)
        state[halpern.HELD], state[halpern.OMEGA], state[halpern.INTEGRAL] = float(held), weight, 0.0

    def _polished(self) -> Singles:
        """The point's variables, some steps nearer to a plan, costs left out."""
        near = Point.at(self.point.x.copy(), np.zeros_like(self.point.y), np.zeros_like(self.point.floors), self.eta)
        self._advance(near, POLISH, priced=0.0, adapt=False)
        return near.x

    def _advance(self, point: Point, steps: int, *, priced: float, adapt: bool) -> None:
        halpern.advance(
            steps, priced, adapt, point.state, self.norms, self.room, point.x, point.x_anchor, self.x_bar, point.y,
            point.y_anchor, point.floors, point.floors_anchor, self.scaled.cost, self.scaled.most, self.scaled.step,
            *self.arrays.matrix, self.scaled.side, *self.arrays.metric, self.scaled.promised, *self.arrays.parts,
            *self.arrays.counts,
        )  # fmt: skip

    def _longest_step(self, x: Singles, y: Singles, floors: Singles) -> float:
        """eta: below 1 / ||Sigma^1/2 A T^1/2||, by a power iteration from ones."""
        x[:] = np.where(self.scaled.most > 0, 1.0, 0.0)
        size = 0.0
        for _ in range(POWER):
            size = float(
                halpern.stretched(
                    self.room, self.norms, x, y, floors, self.scaled.step, *self.arrays.matrix,
                    *self.arrays.metric, self.scaled.promised, *self.arrays.parts, *self.arrays.counts,
                )
            )  # fmt: skip
        return SAFETY / math.sqrt(size) if size > 0 else 1.0

    def _scaled_prices(self, prices: Prices) -> tuple[Singles, Singles]:
        _, items, demands, groups, _ = self.scaled.sizes
        scales, network = self.scaled.scales, self.network
        y = np.zeros(self.point.y.shape)
        y[:items] = -prices.item
        y[items : items + demands] = prices.item[network.demands.item]
        y[items + demands : items + demands + groups] = -np.maximum(prices.capacity, 0.0)
        y[items + demands + groups :] = -np.maximum(prices.share, 0.0)
        floors = np.zeros(len(network.floors))
        if len(prices.floor) == len(floors):
            floors = prices.floor * scales.floor / scales.money
        return (y * (scales.row / scales.money)[:, None]).astype(np.float32), floors.astype(np.float32)


@cache
def make_ready() -> None:
    """Have machine code at hand for all that the method calls, from disk or compiled now, by planning one piece."""
    with on_threads(1):
        search = Search(weekly_model(one_piece()))
        search.go(CHUNK, lambda: False)
        search.look(0.0)


class _Arrays:
    """The arrays of the matrix as the compiled functions take them, in their order."""

    def __init__(self, scaled: Scaled, network: Network) -> None:
        graph = scaled.graph
        _, items, demands, groups, _ = scaled.sizes
        self.matrix = (
            scaled.gives, network.activities.output.astype(np.int64), network.activities.lead.astype(np.int64),
            *_plain(scaled.taken), *_plain(scaled.loads),
            *_plain(scaled.takers), *_plain(scaled.loaders), graph.makers.starts, graph.makers.members,
            graph.wanted.starts, graph.wanted.members, network.demands.item.astype(np.int64), scaled.satisfies,
            *_plain(scaled.share), *_plain(scaled.shared),
        )  # fmt: skip
        self.metric = (scaled.dual, scaled.below, scaled.pivot, *_plain(scaled.floor), *_plain(scaled.floored))
        columns = np.concatenate([
            2 + sum(np.diff(lists.starts) for lists in (scaled.taken, scaled.loads, scaled.shared)),
            np.ones(items + 2 * demands),
        ])  # fmt: skip
        rows = np.concatenate([
            8 + np.diff(graph.makers.starts) + np.diff(graph.takers.starts), np.full(demands, 8.0),
            1 + np.diff(scaled.loaders.starts), 1 + np.diff(scaled.share.starts),
        ])  # fmt: skip
        self.parts = (_parts(columns), _parts(rows))
        self.counts = (items, groups)


def _plain(lists: Lists) -> tuple[Any, Any, Any]:
    return lists.starts, lists.members, lists.values.astype(np.float32)


def _parts(work: Floats) -> Any:
    """Where each of `PARTS` parts of about the same work begins, and where the last ends."""
    done = np.concatenate([[0.0], np.cumsum(work)])
    return np.searchsorted(done, np.linspace(0.0, done[-1], PARTS + 1)).astype(np.int64)
