"""One interface for every method: the same best plan, a bound that holds, and what happens when time runs out."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.plan.drawn_networks import drawn_network

from corecar.errors import ArgumentError, Cancelled, SolverError
from corecar.network.arrays import Floor
from corecar.network.model import weekly_model
from corecar.plan import solving
from corecar.plan.arithmetic import errors_of
from corecar.plan.solving import METHODS, chosen, least_cost, solve
from corecar.solve import Solver


@pytest.mark.parametrize("method", [name for name in METHODS if name != "first-order"])
@pytest.mark.parametrize("seed", range(3))
def test_every_method_finds_the_same_cost_and_proves_it(method: str, seed: int) -> None:
    network = drawn_network(seed)
    plan, other = solve(network, method=method), solve(weekly_model(network), method="simplex")
    assert plan.cost == pytest.approx(other.cost, rel=1e-7)
    assert (plan.bound, plan.gap) == (plan.cost, 0.0)
    assert errors_of(plan).worst < 1e-6


def test_a_small_model_gets_the_first_method_and_a_large_one_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = (weekly_model(drawn_network(1, weeks=weeks)) for weeks in (8, 60))
    monkeypatch.setattr(solving, "SMALL", len(small.program.cost))
    monkeypatch.setattr(solving, "LARGE", len(large.program.cost))
    assert chosen("choose", small) == "simplex"
    assert chosen("choose", large) == "interior-point"
    assert chosen("choose", weekly_model(large.network.over_the_horizon())) == "simplex"
    monkeypatch.setattr(solving, "LARGE", len(large.program.cost) - 1)
    assert chosen("choose", large) == "first-order"
    assert chosen("interior-point-only", small) == "interior-point-only"
    with pytest.raises(ArgumentError, match=r'no method "simplx". Did you mean "simplex"'):
        chosen("simplx", small)


def test_the_limit_is_that_of_the_model() -> None:
    network = drawn_network(2, tightness=0.5)
    assert solve(network, limit="actual").cost > solve(network, limit="maximum").cost + 1e-6


@pytest.mark.parametrize("seed", range(20))
def test_no_plan_costs_less_than_all_weeks_in_one(seed: int) -> None:
    network = drawn_network(seed, tightness=0.3 + 0.05 * seed)
    promise = Floor("agreed", "supplied", (0,), (1, 2), 30.0, 900.0)
    for limit in ("actual", "maximum"):
        model = weekly_model(replace(network, floors=(promise,)), limit=limit)
        assert least_cost(model) <= solve(model).cost + 1e-6


def test_a_plan_that_was_not_finished_has_the_bound_of_all_weeks_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends at its time limit with a point that can be done, as the simplex method may."""
    model = weekly_model(drawn_network(4, tightness=0.5))
    best = solve(model)

    class Late:
        def __init__(self, program: Any, what: str) -> None:
            self.inner = Solver(program, what=what)

        def run(self, **options: Any) -> Any:
            found = self.inner.run(**options)
            idle = replace(found, objective=found.objective * 2, bound=-np.inf, gap=np.inf, status="time limit")
            return idle if options else found

    monkeypatch.setattr(solving, "Solver", Late)
    plan = solve(model)
    assert plan.bound == pytest.approx(least_cost(model))
    assert plan.bound <= best.cost
    assert plan.gap == pytest.approx((plan.cost - plan.bound) / plan.cost)


def test_without_time_there_is_no_plan_and_it_says_so() -> None:
    with pytest.raises(SolverError, match=r"the plan of [\d,]+ variables was not solved"):
        solve(drawn_network(1, chips=30, modules=20, programs=20, weeks=30), time_limit=0.0)


def test_a_run_under_way_stops_when_it_is_asked_to() -> None:
    network = drawn_network(1, chips=60, modules=40, programs=40, groups=12, weeks=50)
    begun = time.monotonic()
    with pytest.raises(Cancelled, match="stopped as asked"):
        solve(network, method="interior-point", stop=lambda: time.monotonic() - begun > 0.2)
    assert time.monotonic() - begun < 20
