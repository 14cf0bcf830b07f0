"""What is left of a plan: it costs what was not spent yet, and the rest of a best plan is a best plan of the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.plan.drawn_networks import drawn_network

from corecar.network.arrays import Floor
from corecar.plan.arithmetic import errors_of
from corecar.plan.later_weeks import from_week
from corecar.plan.solving import solve


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("week", [1, 4])
def test_the_rest_of_the_best_plan_is_the_best_plan_of_the_rest(seed: int, week: int) -> None:
    network = drawn_network(seed, tightness=0.3 + 0.1 * seed)
    plan = solve(network, method="simplex")
    rest = from_week(plan, week)
    assert rest.network.weeks == network.weeks - week
    assert errors_of(rest).worst < 1e-7
    made, items = network.activities, network.items
    spent = (
        (made.cost[:, :week] * plan.start[:, :week]).sum()
        + (items.holding[:, None] * plan.stock[:, :week]).sum()
        + (network.demands.late[:, :week] * plan.behind[:, :week]).sum()
    )
    assert rest.cost + spent == pytest.approx(plan.cost, rel=1e-7)
    assert solve(rest.network, method="simplex").cost == pytest.approx(rest.cost, rel=1e-6)
    assert rest.bound == pytest.approx(rest.cost, rel=1e-5), "the prices of the weeks that are left prove it"


def test_promises_keep_what_is_left_of_them() -> None:
    network = drawn_network(1)
    floors = (
        Floor("over", "supplied", (0,), (0, 1), 9.0, 1e4),
        Floor("half", "supplied", (0,), tuple(range(8)), 40.0, 1e4),
        Floor("stock", "stock", (0,), (5,), 3.0, 1e4),
    )
    plan = solve(replace(network, floors=floors), method="simplex")
    half, stock = from_week(plan, 3).network.floors
    assert half.weeks == tuple(range(5))
    assert half.least == pytest.approx(max(40.0 - plan.supplied[0, :3].sum(), 0.0))
    assert (stock.weeks, stock.least) == ((2,), 3.0)
    assert from_week(plan, 0) is plan
    bare = from_week(replace(plan, prices=None), 2)
    assert np.isinf(bare.gap)
