"""Many scenarios from one plan: drawn alike whatever the order, costs between bound and plan, the mean of the worst."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from tests.plan.drawn_networks import drawn_network

from corecar.errors import ArgumentError, Cancelled
from corecar.network.model import weekly_model
from corecar.plan.chances import Chance, chances, drawn, tail_mean
from corecar.plan.first_order import plan_by_prices
from corecar.plan.plans import Plan
from corecar.plan.solving import solve

WILD = Chance(demand=0.2, stops=2.0, weeks=3)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_by_prices(weekly_model(drawn_network(4, tightness=0.6)), gap=0.005, time_limit=60.0)


def test_every_scenario_has_its_optimum_between_bound_and_cost(plan: Plan) -> None:
    found = chances(plan, scenarios=6, chance=WILD, seed=3, gap=0.02)
    assert [one.scenario for one in found.outcomes] == list(range(6))
    for one in found.outcomes:
        best = solve(drawn(plan.network, WILD, 3, one.scenario), method="simplex").cost
        assert one.bound <= best * (1 + 1e-9)
        assert best <= one.cost * (1 + 1e-9)
        assert one.gap <= 0.02
    low, high = found.cvar
    assert low <= high
    assert high == max(one.cost for one in found.outcomes), "5 % of six scenarios are a part of the worst"


def test_an_executor_gives_the_same_as_one_after_the_other(plan: Plan) -> None:
    alone = chances(plan, scenarios=5, chance=WILD, seed=1, gap=0.02)
    with ThreadPoolExecutor(2) as executor:
        assert chances(plan, scenarios=5, chance=WILD, seed=1, gap=0.02, executor=executor) == alone


def test_scenarios_tell_how_far_they_are_and_can_be_stopped(plan: Plan) -> None:
    told: list[tuple[int, int]] = []
    with pytest.raises(Cancelled, match="after 2 of 5"):
        chances(plan, scenarios=5, gap=0.05, stop=lambda: len(told) >= 2, advance=lambda *how: told.append(how))
    assert told == [(1, 5), (2, 5)]
    with ThreadPoolExecutor(1) as executor, pytest.raises(Cancelled):
        chances(plan, scenarios=5, gap=0.05, stop=lambda: True, executor=executor)


def test_a_scenario_moves_demand_and_stops_groups_within_the_horizon(plan: Plan) -> None:
    network = plan.network
    stopped = drawn(network, Chance(demand=0.1, stops=50.0, weeks=3), 0, 7)
    moved = stopped.demands.wanted[network.demands.wanted > 0] / network.demands.wanted[network.demands.wanted > 0]
    assert (np.abs(moved - 1) <= 0.1 + 1e-12).all()
    assert moved.std() > 0
    assert ((stopped.groups.maximum == 0) & (network.groups.maximum > 0)).sum() >= 3
    assert (drawn(network, WILD, 0, 7).demands.wanted == drawn(network, WILD, 0, 7).demands.wanted).all()


@pytest.mark.parametrize(("costs", "worst", "mean"), [([1, 2, 3, 6], 0.5, 4.5), ([1, 2, 3, 6], 1.0, 3.0),
                                                      ([1, 2, 3, 6], 0.375, 5.0), ([4.0], 0.05, 4.0)])  # fmt: skip
def test_the_mean_of_the_worst_is_what_rockafellar_and_uryasev_minimise(
    costs: list[float], worst: float, mean: float
) -> None:
    values = np.array(costs, np.float64)
    assert tail_mean(values, worst) == pytest.approx(mean)
    etas = np.append(values, values - 1e-3)
    assert min(eta + np.maximum(values - eta, 0).mean() / worst for eta in etas) == pytest.approx(mean)


@pytest.mark.parametrize("wrong", [{"demand": 1.0}, {"stops": -1.0}, {"weeks": 0}, {"weeks": 99}, {"left": 2.0}])
def test_what_cannot_be_drawn_is_refused(plan: Plan, wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match="cannot be drawn"):
        chances(plan, scenarios=1, chance=Chance(**wrong))
    with pytest.raises(ArgumentError, match="at least 1"):
        chances(plan, scenarios=0)
    with pytest.raises(ArgumentError, match="above 0"):
        chances(plan, scenarios=1, worst=0.0)
