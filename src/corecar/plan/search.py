"""One run of the first-order method: its point, and the best plan and the best bound that it has led to.

The method has a weight between the steps of variables and those of prices. Left to itself it falls while prices come to
rest, and the variables then wander; so a plan is looked for on a side way: from the same point, with the prices held
tight by a large weight, some hundred steps, which the main way does not follow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from corecar.network.arrays import Floats, Network
from corecar.network.model import Model
from corecar.plan import halpern
from corecar.plan.bound import Prices, Proof, proved
from corecar.plan.moves import cheaper
from corecar.plan.pace import Pace
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
PARTS = 64
"""Parts that rows are cut into, more than there are cores; the bits depend on it."""
SAFETY = 0.998 / 1.02
"""Part of the largest step that converges, with the error of the power iteration."""
POWER = 30
"""Rounds of the power iteration."""
LOW = 0.1
"""Weight up to which prices may have come to rest while variables wander."""
LEAST = 3e-4
"""The least weight."""
ASIDE = 20.0
"""Weight on a side way: large, so that variables settle at about the prices there are."""
ASIDE_FIRST, ASIDE_PART, ASIDE_MOST = 1000, 0.25, 1000
"""Steps up to the first side way, each part of all steps so far, at most so many; the next is at twice as many."""
CLIMB = 0.02
"""Part of itself that the bound gained in the last quarter of all steps, above which no plan is looked for."""
SETTLED, REST = 0.2, 0.005
"""Parts of the gap and of the bound that it gained in the last quarter of all steps, below which prices are held."""
SELDOM, RAW = 2, 4
"""While prices are held, looks of which one looks for a plan, and one for it at the variables as they are, too."""
STALLED = 0.1
"""Part of the gap that has to close while prices are held, else they are held less, or let go."""
FAR = 0.05
"""Gap above which prices of an earlier plan are not held any longer: they are too far from those that are sought."""
VERY_FAR = 0.4
"""The same before any step: what changed is more than a few prices, and steps with prices held would only be lost."""
FRUITFUL = 0.8
"""Part of the gap that is left at most where holding prices was of use, so that it is worth it again later."""
MOVABLE = 0.03
"""Gap below which moves are looked for."""
FRESH = 0.7
"""Part of the gap of the plan that moves were looked for in last, below which they are looked for again."""
NEAR, NEARER = 1.6, 0.95
"""Times the gap that is asked for, below which moves may be all that lacks; each time in a plan nearer by so much."""
HELD = ((10.0, 0.3), (3.0, 0.3))
"""Weights that prices are held with, one after the other, and how long each may go without closing the gap: a part of
all steps when it began. A large one soon leads near, a small one nearer."""

Clock = Callable[[], float]


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
        state[halpern.OMEGA], state[halpern.ETA], state[halpern.LEAST] = weight, eta, LEAST
        return cls(x, y, floors, x.copy(), y.copy(), floors.copy(), state)


class Search:
    """One run of the method: its point, and the best plan and the best bound so far."""

    def __init__(self, model: Model, pace: Pace | None = None, gap: float = 0.0) -> None:
        self.pace, self.wanted = pace or nullcontext, gap
        self.model, self.network = model, model.network
        self.graph: Structure = structure_of(self.network)
        self.scaled: Scaled = scaled_of(model, self.graph)
        self.able = model.able
        activities, items, demands, groups, shares = self.scaled.sizes
        weeks = self.network.weeks
        x = np.zeros((activities + items + 2 * demands, weeks), np.float32)
        y = np.zeros((items + demands + groups + shares, weeks), np.float32)
        self.x_bar = np.zeros_like(x)
        self.room, self.ways = np.zeros((2, PARTS, weeks), np.float32)
        self.norms = np.zeros((2, PARTS))
        self.arrays = _Arrays(self.scaled, self.network)
        floors = np.zeros(len(self.network.floors), np.float32)
        self.eta = self._longest_step(x.copy(), y.copy(), floors.copy())
        self.point = Point.at(x, y, floors, self.eta)
        self.plan: Plan | None = None
        self.moved = math.inf  # cost of the plan that moves were looked for in last
        self.proof: tuple[Proof, Prices] | None = None
        self.history: list[Step] = []
        self.held: Point | None = None  # where the method goes on while prices are held
        self.begun: Plan | None = None  # the plan that it began from
        self.done = 0  # steps so far, side ways not counted
        self.level, self.turned = 0, 0  # which of `HELD`; steps when prices were held or let go last
        self.aside = ASIDE_FIRST // 2  # steps at the last side way

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
        x = self._variables_of(start)
        y, floors = np.zeros_like(self.point.y), np.zeros_like(self.point.floors)
        if start.prices is not None:
            y, floors = self._scaled_prices(start.prices)
        self.point = Point.at(x, y, floors, self.eta)
        self.begun = start
        self._hold(0)

    def _variables_of(self, plan: Plan) -> Singles:
        """A plan's variables in the scales of the method."""
        pieces = np.concatenate([plan.start, plan.stock, plan.supplied, plan.behind])
        return np.minimum(pieces / self.scaled.scales.variable[:, None], self.scaled.most).astype(np.float32)

    def wishes(self) -> tuple[Floats, Floats]:
        """Starts and supplies of the point as it is, some steps nearer to a plan; neither fits all rows [piece]."""
        start, supplied = starts_of(self.scaled, self._polished(self.held or self.point))
        return start, supplied

    def go(self, steps: int, stop: Stop) -> bool:
        """Some steps. False where it was stopped before their end."""
        for _ in range(steps // CHUNK):
            if stop():
                return False
            self._advance(self.held or self.point, CHUNK, priced=1.0, adapt=True)
            self.done += CHUNK
        return True

    def look(self, clock: Clock = lambda: 0.0, stop: Stop = lambda: False) -> Step:
        """Bound and plan of the point as it is, told with the time afterwards; the best of each are kept.

        stop  asked now and then on a side way, which ends there
        """
        point = self.held or self.point
        prices = prices_at(self.scaled, point.y, point.floors)
        proof = proved(self.network, prices, limit=self.able, graph=self.graph)
        if self.proof is None or proof.bound > self.proof[0].bound:
            self.proof = proof, prices
        for x in self._variables(stop):
            start, supplied = starts_of(self.scaled, x)
            self._keep(feasible(self.model, start, supplied if x is point.x else None, graph=self.graph))
        assert self.plan is not None
        cost = self.plan.cost
        bound = min(self.proof[0].bound, cost)
        step = Step(clock(), self.done, cost, bound, float(point.state[halpern.OMEGA]))
        self.history.append(step)
        return step

    def _keep(self, plan: Plan) -> None:
        """Keep a plan if it is the best so far, made cheaper by moves if that may be worth their time."""
        assert self.proof is not None
        bound, best = self.proof[0].bound, self.plan
        gap, before = gap_of(plan.cost, bound), gap_of(self.moved, bound)
        if gap < min(MOVABLE, FRESH * before) or gap < min(NEAR * self.wanted, NEARER * before):
            self.moved = plan.cost
            plan = cheaper(self.model, plan, self.proof[0], graph=self.graph)
        if best is None or plan.cost < best.cost:
            self.plan = plan

    def _variables(self, stop: Stop) -> Iterator[Singles]:
        """Variables that may lead to a plan: of the point while its weight is large, of a side way when it is time."""
        point, look, now = self.held or self.point, self.done // CHECK, stop()
        seldom = self.held is not None and look % RAW != 0
        wanders = point.state[halpern.OMEGA] <= LOW or self._climbs()
        if self.plan is None or now or not (seldom or wanders):
            yield point.x
        if self.held is not None:
            if now or look % SELDOM == 0:
                yield self._polished(point)
        elif self.done >= 2 * self.aside and not now:
            self.aside = self.done
            yield self._polished(self._settled(stop))

    def _climbs(self) -> bool:
        """Whether the bound still gains so much that no plan is near."""
        return self.proof is not None and self._rose() > CLIMB * abs(self.proof[0].bound)

    def _rose(self) -> float:
        """What the bound gained in the last quarter of all steps."""
        then = [step.bound for step in self.history if step.iterations <= 0.75 * self.done]
        return self.proof[0].bound - then[-1] if then and self.proof is not None else math.inf

    def _settled(self, stop: Stop) -> Point:
        """The end of a side way."""
        near = self._with_prices_held(self.point, ASIDE)
        for _ in range(min(int(ASIDE_PART * self.done), ASIDE_MOST) // CHUNK + 1):
            if stop():
                break
            self._advance(near, CHUNK, priced=1.0, adapt=True)
        return near

    def _with_prices_held(self, point: Point, weight: float) -> Point:
        """A point as it is, to go on from with a weight of its own."""
        near = Point.at(point.x.copy(), point.y.copy(), point.floors.copy(), self.eta, weight)
        near.state[halpern.HELD] = 1.0
        return near

    def turn(self) -> None:
        """Hold prices where the bound has all but come to rest, less where the plan has too, and let them go at last.

        Only steps count, not seconds, so the turns do not depend on the machine.
        """
        if self.held is None:
            then, now = self._before(self.done - max((self.done - self.turned) // 4, 2 * CHECK)), self.history[-1]
            rose = now.bound - then.bound if then else math.inf
            settled = rose < min(SETTLED * (now.cost - now.bound), REST * abs(now.bound))
            if settled and self.point.state[halpern.OMEGA] <= LOW:
                self._hold(0)
            return
        far = FAR if self.done >= 2 * CHECK else VERY_FAR
        if self.turned == 0 and self.history[-1].gap > far:
            self._hold(len(HELD))
            return
        then = self._before(self.done - max(int(HELD[self.level][1] * self.turned), 2 * CHECK))
        if then is not None and then.gap - self.history[-1].gap < STALLED * then.gap:
            began = next(step.gap for step in self.history if step.iterations >= self.turned)
            self._hold(len(HELD) if self.history[-1].gap < FRUITFUL * began else self.level + 1)

    def _hold(self, level: int) -> None:
        """Hold prices with a weight, from where they are free or were held with the one before; let them go at last."""
        self.level, self.turned = level, self.done
        self.held = self._with_prices_held(self.held or self.point, HELD[level][0]) if level < len(HELD) else None

    def _before(self, done: int) -> Step | None:
        """The last look up to so many steps, since prices were held or let go."""
        return next((step for step in reversed(self.history) if self.turned <= step.iterations <= done), None)

    def _polished(self, point: Point) -> Singles:
        """The point's variables, some steps nearer to a plan, costs left out."""
        near = Point.at(point.x.copy(), np.zeros_like(point.y), np.zeros_like(point.floors), self.eta)
        self._advance(near, POLISH, priced=0.0, adapt=False)
        return near.x

    def _advance(self, point: Point, steps: int, *, priced: float, adapt: bool) -> None:
        with self.pace():
            halpern.advance(
                steps, priced, adapt, point.state, self.norms, self.room, self.ways, point.x, point.x_anchor,
                self.x_bar, point.y, point.y_anchor, point.floors, point.floors_anchor, self.scaled.cost,
                self.scaled.most, self.scaled.step, *self.arrays.matrix, self.scaled.side, *self.arrays.metric,
                self.scaled.promised, *self.arrays.parts, *self.arrays.counts,
            )  # fmt: skip

    def _longest_step(self, x: Singles, y: Singles, floors: Singles) -> float:
        """eta: below 1 / ||Sigma^1/2 A T^1/2||, by a power iteration from ones."""
        x[:] = np.where(self.scaled.most > 0, 1.0, 0.0)
        size = 0.0
        for _ in range(POWER):
            size = float(
                halpern.stretched(
                    self.room, self.ways, self.norms, x, y, floors, self.scaled.most, self.scaled.step,
                    *self.arrays.matrix, *self.arrays.metric, self.scaled.promised, *self.arrays.parts,
                    *self.arrays.counts,
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
