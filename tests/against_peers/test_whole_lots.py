"""Plans in whole lots beside the best there are, by SciPy's branch and bound on the same rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, csr_array
from tests.plan.drawn_networks import drawn_network

from corecar.network.arrays import Lots, Network
from corecar.network.model import Model, weekly_model
from corecar.plan.arithmetic import checked
from corecar.plan.in_whole_lots import in_whole_lots, with_whole_capacity
from corecar.plan.solving import solve

FAR = 1.25
"""Times the best cost in whole lots that rounding may cost on so few lots a week, at most."""
SECONDS, NEAR = 60.0, 0.01
"""For a branch and bound, which ends when its bound is so near to its best."""
TIMES = 40
"""How many more pieces there are than in the networks that are drawn."""


def in_lots(seed: int) -> Network:
    """A small network with wafers of 25 dies, some of at least 50 or 100, and some packaging of at least 60 pieces."""
    network = drawn_network(seed, chips=3, modules=2, programs=2, weeks=7, tightness=0.9)
    made, items, groups, demands = network.activities, network.items, network.groups, network.demands
    random = np.random.default_rng(seed)
    begins, count = np.diff(made.starts) == 0, len(made)
    step = np.where(items.kept[made.output], np.where(begins, 25.0, 1.0), 0.0)
    tested = (made.lead > 0) & ~begins & (step > 0)
    least = np.where(
        begins, random.choice([0.0, 50.0, 100.0], count), np.where(tested, random.choice([0, 60], count), 0)
    )
    return replace(
        network,
        activities=replace(made, lots=Lots(step, least), most=made.most * TIMES),
        items=replace(items, opening=items.opening * TIMES, arrivals=items.arrivals * TIMES),
        groups=replace(groups, actual=groups.actual * TIMES, maximum=groups.maximum * TIMES),
        demands=replace(demands, wanted=demands.wanted * TIMES),
    )


def by_scipy(model: Model) -> tuple[float, float]:
    """The least cost in whole lots, not below the first and not above the second number.

    A start is its step times a whole number, and 0 or at least the least.
    """
    program, lots = model.program, model.network.activities.lots
    assert lots is not None
    activity, week = np.nonzero(model.places.start >= 0)
    column = model.places.start[activity, week]
    count, starts = len(program.cost), len(column)
    matrix = csr_array((program.values, program.columns, program.starts), shape=program.shape)
    own = csr_array((np.ones(starts), (np.arange(starts), column)), shape=(starts, count))
    step, least = lots.step[activity], lots.least[activity]
    most = np.minimum(program.high[column], 1e5)
    rows = block_array([
        [matrix, None, None],
        [own, -csr_array(np.diag(np.where(step > 0, step, 1.0))), None],
        [own, None, -csr_array(np.diag(most))],
        [own, None, -csr_array(np.diag(least))],
    ], format="csc")  # fmt: skip
    none, some = np.zeros(starts), np.full(starts, np.inf)
    whole = np.where(step > 0, 1, 0)
    found = milp(
        np.concatenate([program.cost, none, none]),
        integrality=np.concatenate([np.zeros(count), whole, np.ones(starts)]),
        bounds=Bounds(
            np.concatenate([program.low, none, none]),
            np.concatenate([program.high, some, np.ones(starts)]),
        ),
        constraints=LinearConstraint(
            rows,
            np.concatenate([program.row_low, none, -some, none]),
            np.concatenate([program.row_high, none, none, some]),
        ),
        options={"mip_rel_gap": NEAR, "time_limit": SECONDS},
    )
    assert found.x is not None, found.message
    return float(found.mip_dual_bound), float(found.fun)


@pytest.mark.parametrize("seed", range(6))
def test_a_plan_in_whole_lots_lies_between_the_best_one_and_a_little_above(seed: int) -> None:
    network = in_lots(seed)
    model, whole = weekly_model(network), weekly_model(with_whole_capacity(network))
    free, near = solve(model, method="simplex"), solve(whole, method="simplex")
    plan, at_once = in_whole_lots(whole, near, solve), in_whole_lots(whole, near)
    for each in (plan, at_once):
        checked(replace(each, network=network), whole_lots=True)
    low, best = by_scipy(model)
    print(seed, free.cost, near.cost, low, best, plan.cost, at_once.cost)
    assert free.bound <= plan.bound * (1 + 1e-9)
    assert plan.bound <= best * (1 + 1e-6)
    assert low <= plan.cost * (1 + 1e-6)
    assert plan.cost <= min(FAR * best, at_once.cost)
    assert plan.gap == pytest.approx((plan.cost - plan.bound) / plan.cost)
