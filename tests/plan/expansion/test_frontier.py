"""Money against cars short, what orders earn, and how they fare when demand moves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from tests.plan.expansion.houses import BOARD, MACHINE, short_chain

from corecar.network.from_chain import network_of
from corecar.plan.chances import Chance
from corecar.plan.expansion.by_prices import expansion_by_prices
from corecar.plan.expansion.cells import cells_of
from corecar.plan.expansion.earnings import earnings, regrets
from corecar.plan.expansion.exact import best_expansion
from corecar.plan.expansion.expansion import Expansion
from corecar.plan.expansion.frontier import efficient, frontier, within
from corecar.plan.expansion.kept import Kept
from corecar.plan.expansion.options import means_of
from corecar.plan.expansion.orders import orders_of
from corecar.plan.solving import solve

CHAIN = short_chain(MACHINE, BOARD)
NETWORK = network_of(CHAIN)
POINTS = frontier(
    NETWORK, means_of(CHAIN, NETWORK, cells_of(CHAIN)), partial(best_expansion, NETWORK, margin=1.0), points=5
)


def test_more_money_leaves_no_more_cars_short() -> None:
    short = [point.short for point in POINTS]
    assert len(short) == 5
    assert short == sorted(short, reverse=True)
    assert short[0] == pytest.approx(float(solve(NETWORK).short.sum()))
    assert short[-1] < short[0]
    for point in POINTS[:-1]:
        assert point.money is not None
        assert point.found.spent <= point.money + 1e-6
    assert next(iter(efficient(POINTS)))


@pytest.mark.parametrize("method", [best_expansion, partial(expansion_by_prices, gap=1e-6, time_limit=60.0)])
def test_points_that_begin_from_the_one_before_are_those_that_begin_anew(method: Callable[..., Expansion]) -> None:
    kept, means = Kept(), means_of(CHAIN, NETWORK, cells_of(CHAIN))
    begun = frontier(NETWORK, means, partial(method, NETWORK, margin=1.0, kept=kept), points=5)
    for one, other in zip(begun, POINTS, strict=True):
        assert one.found.cost == pytest.approx(other.found.cost, rel=1e-5)
        assert one.found.bound <= other.found.cost * (1 + 1e-9)
        assert not one.found.orders.broken(one.found.ordered)
    assert any(not each.ordered.any() for each in kept.tried)
    last = orders_of(within(means, POINTS[1].found.spent), NETWORK)
    best = kept.best(last)
    assert best is not None
    assert best.cost == pytest.approx(POINTS[1].found.cost, rel=1e-5), "orders above the sum are no beginning"


def test_earnings_add_up_by_plain_arithmetic() -> None:
    found, without = POINTS[-1].found, solve(NETWORK)
    told = earnings(found, without, margin=0.1, rate=0.08)
    won = 0.1 * 20_000 * float(found.plan.supplied.sum() - without.supplied.sum())
    assert told.won.sum() == pytest.approx(won)
    assert told.paid.sum() == pytest.approx(found.spent)
    assert told.left == pytest.approx(found.spent - found.charges)
    weeks = np.arange(NETWORK.weeks)
    by_hand = sum((told.won - told.paid) / 1.08 ** (weeks * 7 / 365.25)) + told.left / 1.08 ** (7 * 7 / 365.25)
    assert told.value == pytest.approx(by_hand)
    assert told.payback is not None
    assert (told.won - told.paid)[: told.payback + 1].sum() >= 0
    assert (told.won - told.paid)[: told.payback].sum() < 0
    assert earnings(found, without, margin=1e-9, rate=0.0).payback is None
    assert earnings(POINTS[0].found, without, margin=0.1, rate=0.0).payback is None


def test_regret_is_over_the_best_in_each_scenario() -> None:
    several = [POINTS[0].found, POINTS[-1].found]
    found = regrets(several, NETWORK, lambda network, _: solve(network), margin=1.0, chance=Chance(0.3, 0.0, 1),
                    scenarios=4, seed=3, part=0.25)  # fmt: skip
    costs = np.array([each.costs for each in found])
    assert np.array([each.regrets for each in found]) == pytest.approx(costs - costs.min(axis=0))
    assert found[1].expected == pytest.approx(costs[1].mean())
    assert found[0].tail == found[0].worst == costs[0].max()
    calm = regrets(several, NETWORK, lambda network, _: solve(network), margin=1.0, chance=Chance(0.0, 0.0, 1),
                   scenarios=1, seed=0, part=1.0)  # fmt: skip
    assert calm[1].expected == pytest.approx(several[1].cost)
