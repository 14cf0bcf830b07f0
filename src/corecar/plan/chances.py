"""Many scenarios of one network, each planned from the plan as it is: what a plan may cost, and the mean of the worst.

A scenario moves demand and takes capacity away. It begins from the old plan with the old prices held, so it takes a
part of the time that a plan from nothing takes, and it is as independent of the others as if it were alone: results do
not depend on how many work at once, nor in which order. Each cost stands between a plan's cost and its bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace

import numpy as np

from corecar.errors import ArgumentError, Cancelled
from corecar.network.arrays import Floats, Network
from corecar.network.model import weekly_model
from corecar.plan.first_order import plan_by_prices
from corecar.plan.plans import Plan
from corecar.plan.solving import never
from corecar.solve import Stop

BATCHES = 16
"""Parts that scenarios are cut into: what is sent to another process, the old plan above all, is sent so often."""


Advance = Callable[[int, int], None]
"""Told how many scenarios are done, and of how many."""


@dataclass(frozen=True)
class Chance:
    """What is drawn of each scenario.

    demand   half-width of the factor of each demand, the same in all weeks: 0.1 draws from 0.9 to 1.1
    stops    mean number of groups that stop, Poisson
    weeks    how long a stop takes; it begins in any week in which it ends within the horizon
    left     part of a stopped group's capacity that is left
    """

    demand: float = 0.1
    stops: float = 1.0
    weeks: int = 8
    left: float = 0.0

    def check(self, network: Network) -> None:
        """Raises ArgumentError for what cannot be drawn."""
        if not (0 <= self.demand < 1 and self.stops >= 0 and 0 <= self.left <= 1 and 1 <= self.weeks <= network.weeks):
            raise ArgumentError(
                f"{self} cannot be drawn: expected 0 <= demand < 1, stops >= 0, 0 <= left <= 1 and 1 to "
                f"{network.weeks} weeks."
            )


@dataclass(frozen=True)
class Outcome:
    """One scenario: its number, cost and bound of its plan, fill of all demands, the value of what never comes, steps
    that it took."""

    scenario: int
    cost: float
    bound: float
    fill: float
    lost: float
    steps: int

    @property
    def gap(self) -> float:
        """(cost - bound) / cost."""
        return max(self.cost - self.bound, 0.0) / max(abs(self.cost), 1e-300)


@dataclass(frozen=True)
class Chances:
    """All outcomes, in the order of their numbers.

    worst    the part of scenarios that the mean of the worst is over
    """

    outcomes: tuple[Outcome, ...]
    worst: float

    @property
    def cvar(self) -> tuple[float, float]:
        """Mean cost of the worst part of the scenarios (CVaR): not below the first, not above the second."""
        bounds, costs = (np.array(amounts) for amounts in zip(*((o.bound, o.cost) for o in self.outcomes), strict=True))
        return tail_mean(bounds, self.worst), tail_mean(costs, self.worst)


def tail_mean(costs: Floats, worst: float) -> float:
    """The mean of the dearest part of some costs, the last of them by the part of it that belongs (CVaR).

    worst   part of all, above 0 and at most 1
    Source  Rockafellar and Uryasev 2000: min over eta of eta + mean(max(cost - eta, 0)) / worst

    >>> tail_mean(np.array([1.0, 2.0, 3.0, 6.0]), 0.5)
    4.5
    """
    if not 0 < worst <= 1:
        raise ArgumentError(f"worst={worst}: expected a part above 0 and at most 1.")
    dear, count = np.sort(costs)[::-1], worst * len(costs)
    whole = min(math.floor(count + 1e-9), len(dear))
    rest = (count - whole) * float(dear[whole]) if whole < len(dear) else 0.0
    return (float(dear[:whole].sum()) + max(rest, 0.0)) / count


def drawn(network: Network, chance: Chance, seed: int, scenario: int) -> Network:
    """The network of one scenario: a pure function of seed and number."""
    random = np.random.default_rng([seed, scenario])
    factor = 1.0 + chance.demand * random.uniform(-1.0, 1.0, (len(network.demands), 1))
    maximum, actual = network.groups.maximum.copy(), network.groups.actual.copy()
    for _ in range(int(random.poisson(chance.stops)) if len(maximum) else 0):
        group = int(random.integers(len(maximum)))
        begin = int(random.integers(network.weeks - chance.weeks + 1))
        for capacity in (maximum, actual):
            capacity[group, begin : begin + chance.weeks] *= chance.left
    demands = replace(network.demands, wanted=network.demands.wanted * factor)
    return replace(network, demands=demands, groups=replace(network.groups, maximum=maximum, actual=actual))


def chances(
    plan: Plan, *, scenarios: int = 100, chance: Chance | None = None, seed: int = 0, gap: float = 0.01,
    most_steps: int = 20_000, worst: float = 0.05, executor: Executor | None = None, stop: Stop = never,
    advance: Advance | None = None,
) -> Chances:  # fmt: skip
    """Scenarios planned from one plan, with the mean of the worst.

    plan        a weekly plan with prices, of the network that scenarios are drawn from
    gap         at which a scenario's plan is good enough; most_steps: after which it is taken as it is
    executor    where scenarios are planned, a batch at a time; here and one by one where none is given
    stop        asked after each batch, and in each scenario that is planned here
    advance     told how many are done, of how many
    Raises      ArgumentError; Cancelled; what the executor raises
    """
    chance = chance or Chance()
    chance.check(plan.network)
    if scenarios < 1:
        raise ArgumentError(f"scenarios={scenarios}: expected at least 1.")
    tail_mean(np.zeros(1), worst)
    start = replace(plan, history=())
    batches = [range(part, scenarios, min(BATCHES, scenarios)) for part in range(min(BATCHES, scenarios))]
    found: list[Outcome] = []
    for batch in _each(executor, start, batches, chance, seed, gap, most_steps, stop):
        found += batch
        if advance is not None:
            advance(len(found), scenarios)
        if stop():
            raise Cancelled(f"The scenarios were stopped after {len(found)} of {scenarios}; nothing is changed.")
    return Chances(tuple(sorted(found, key=lambda one: one.scenario)), worst)


def _each(
    executor: Executor | None,
    start: Plan,
    batches: Sequence[range],
    chance: Chance,
    seed: int,
    gap: float,
    most: int,
    stop: Stop,
) -> Iterator[tuple[Outcome, ...]]:
    """The outcomes of each batch as it is done; what was not begun is called off when nobody asks on."""
    if executor is None:
        for number in (number for batch in batches for number in batch):
            yield planned(start, (number,), chance, seed, gap, most, stop)
        return
    waiting = [executor.submit(planned, start, batch, chance, seed, gap, most) for batch in batches]
    try:
        for one in as_completed(waiting):
            yield one.result()
    finally:
        for one in waiting:
            one.cancel()


def planned(
    start: Plan, numbers: Sequence[int], chance: Chance, seed: int, gap: float, most_steps: int, stop: Stop = never
) -> tuple[Outcome, ...]:
    """Some scenarios, each from the plan as it is, on one thread."""
    return tuple(_outcomes(start, numbers, chance, seed, gap, most_steps, stop))


def _outcomes(
    start: Plan, numbers: Sequence[int], chance: Chance, seed: int, gap: float, most_steps: int, stop: Stop
) -> Iterator[Outcome]:
    for number in numbers:
        model = weekly_model(drawn(start.network, chance, seed, number))
        plan = plan_by_prices(
            model, gap=gap, time_limit=math.inf, start=start, stop=stop, most_steps=most_steps, threads=1
        )
        wanted = float(plan.network.demands.wanted.sum())
        fill = float(plan.supplied.sum()) / wanted if wanted else 1.0
        lost = float(plan.network.demands.value @ plan.short)
        yield Outcome(number, plan.cost, plan.bound, fill, lost, plan.history[-1].iterations)
