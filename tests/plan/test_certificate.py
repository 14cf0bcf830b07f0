"""The matrix made from the tables agrees with plan and bound, and finds what is wrong in either."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.drawn_networks import drawn_network

from corecar.errors import SolverError
from corecar.network.arrays import Floor, Network
from corecar.network.model import Model, weekly_model
from corecar.plan.bound import Proof, prices_of, proved
from corecar.plan.certificate import DUAL, ROW, certified, check_bound, check_plan, table_of
from corecar.plan.plans import plan_of
from corecar.plan.repair import feasible
from corecar.program import Solution
from corecar.solve import solve


def promising(seed: int, tightness: float = 0.6, weeks: int = 8) -> Network:
    """A drawn network with promises of all three kinds."""
    network = drawn_network(seed, tightness=tightness, weeks=weeks)
    floors = (
        Floor("agreed volume", "supplied", (0, 1), tuple(range(weeks)), 60.0, 1e4),
        Floor("frozen week", "started", (0, 3), (weeks // 2,), 3.0, 1e4),
        Floor("safety stock", "stock", (0, 5), (0, weeks - 1), 5.0, 1e4),
    )
    return replace(network, floors=floors)


def best(seed: int) -> tuple[Model, Solution, Proof]:
    """A model, its optimum by HiGHS, and what its prices prove."""
    model = weekly_model(promising(seed))
    found = solve(model.program, method="simplex")
    return model, found, proved(model.network, prices_of(model, found.prices))


@pytest.mark.parametrize("seed", range(15))
def test_the_best_plan_and_its_prices_map_back_to_the_optimum(seed: int) -> None:
    model, found, proof = best(seed)
    table, plan = table_of(model.network), plan_of(model, found)
    assert check_plan(table, plan).value == pytest.approx(found.objective, rel=1e-9)
    assert check_bound(table, proof).value == pytest.approx(found.objective, rel=1e-8)
    certified(table, plan, proof)
    certified(table, feasible(model, plan.start, plan.supplied), proof)


@given(st.integers(0, 100_000), st.sampled_from([0.0, 0.3, 2.0]), st.integers(1, 10), st.sampled_from([0.01, 1.0, 1e3]))
@settings(max_examples=150, deadline=None)
def test_garbage_in_gives_what_the_matrix_confirms(seed: int, tightness: float, weeks: int, size: float) -> None:
    network = promising(seed, tightness, weeks)
    model, table = weekly_model(network), table_of(network)
    random = np.random.default_rng(seed)
    proof = proved(network, prices_of(model, random.normal(0, size, len(model.program.row_low))))
    plan = feasible(model, random.normal(0, size, network.activities.yields.shape))
    proven, made = check_bound(table, proof), check_plan(table, plan)
    assert proven.violation <= DUAL
    assert made.violation <= ROW
    optimum = solve(model.program).objective
    assert proven.value - 1e-6 <= optimum * (1 + 1e-9)
    assert made.value + 1e-6 >= optimum * (1 - 1e-9)
    certified(table, plan, proof)


def test_the_matrix_is_that_of_the_model() -> None:
    """The same optimum by HiGHS, from either."""
    model, found, _ = best(3)
    table = table_of(model.network)
    matrix = table.matrix
    again = solve(
        replace(
            model.program, cost=table.cost, low=np.zeros_like(table.cost), high=table.most, row_low=table.low,
            row_high=table.high, starts=matrix.indptr, columns=matrix.indices, values=matrix.data,
        )
    )  # fmt: skip
    assert again.objective == pytest.approx(found.objective, rel=1e-9)


@pytest.mark.parametrize("part", ["start", "stock", "supplied", "behind", "breach"])
def test_a_piece_from_nowhere_is_found(part: str) -> None:
    model, found, proof = best(2)
    plan = plan_of(model, found)
    changed = getattr(plan, part).copy()
    changed.flat[np.argmax(changed)] -= 0.01
    wrong = replace(plan, **{part: changed})
    assert check_plan(table_of(model.network), wrong).violation > 1e-6
    with pytest.raises(SolverError, match="plan breaks a row"):
        certified(table_of(model.network), wrong, proof)


@pytest.mark.parametrize("part", ["item", "capacity", "floor"])
def test_a_price_that_proves_nothing_is_found(part: str) -> None:
    model, found, proof = best(2)
    prices = replace(proof.prices, **{part: getattr(proof.prices, part) + (5.0 if part != "capacity" else -5.0)})
    with pytest.raises(SolverError, match="bound breaks a reduced cost"):
        certified(table_of(model.network), plan_of(model, found), replace(proof, prices=prices))
