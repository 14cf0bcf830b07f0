"""The lower bound: the optimum at the optimal prices, never above it at any others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.drawn_networks import drawn_network

from corecar.errors import ArgumentError
from corecar.network.arrays import Floor, Network
from corecar.network.model import weekly_model
from corecar.plan.bound import Prices, lower_bound, prices_of
from corecar.plan.structure import steps_of
from corecar.solve import solve


def promising(seed: int, tightness: float = 0.6) -> Network:
    """A drawn network with promises of two kinds."""
    network = drawn_network(seed, tightness=tightness)
    weeks = tuple(range(network.weeks))
    wanted = float(network.demands.total[0])
    floors = (
        Floor("agreed volume", "supplied", (0,), weeks, 0.9 * wanted, 1e4),
        Floor("frozen week", "started", (0,), (1,), 3.0, 1e4),
    )
    return replace(network, floors=floors)


@pytest.mark.parametrize("seed", range(10))
def test_the_optimal_prices_give_the_optimum(seed: int) -> None:
    for network in (drawn_network(seed), drawn_network(seed, tightness=0.3), promising(seed)):
        model = weekly_model(network)
        found = solve(model.program, method="simplex")
        bound = lower_bound(network, prices_of(model, found.prices))
        assert bound == pytest.approx(found.objective, rel=1e-8, abs=1e-6)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from([0.01, 1.0, 50.0, 1e4]))
@settings(max_examples=120, deadline=None)
def test_garbage_gives_a_bound_that_holds(seed: int, other: int, size: float) -> None:
    network = promising(seed % 6) if seed % 2 else drawn_network(seed % 6, tightness=0.4)
    random = np.random.default_rng(other)
    model = weekly_model(network)
    prices = prices_of(model, random.normal(0, size, len(model.program.row_low)))
    optimum = solve(model.program).objective
    assert lower_bound(network, prices) <= optimum + 1e-7 * (1 + abs(optimum))


@given(st.integers(0, 10_000), st.floats(0.0, 0.3))
@settings(max_examples=60, deadline=None)
def test_prices_near_the_optimal_ones_give_a_bound_near_it_and_never_above(seed: int, noise: float) -> None:
    network = promising(seed % 5)
    model = weekly_model(network)
    found = solve(model.program, method="simplex")
    random = np.random.default_rng(seed)
    near = found.prices * (1 + noise * random.normal(size=len(found.prices)))
    assert lower_bound(network, prices_of(model, near)) <= found.objective + 1e-7 * (1 + abs(found.objective))


def test_what_is_no_number_counts_for_nothing() -> None:
    network = promising(1)
    model = weekly_model(network)
    nothing = prices_of(model, np.full(len(model.program.row_low), np.nan))
    zero = prices_of(model, np.zeros(len(model.program.row_low)))
    assert lower_bound(network, nothing) == lower_bound(network, zero)
    assert np.isfinite(lower_bound(network, prices_of(model, np.full(len(model.program.row_low), np.inf))))


def test_a_price_clamped_at_zero_would_lose_some_of_the_bound() -> None:
    """Without disposal the last week's stock may have a price below 0; a bound that forbids that is poorer."""
    lost = []
    for seed in range(12):
        network = drawn_network(seed, tightness=1.5)
        network = replace(network, items=replace(network.items, holding=50 * network.items.holding))
        model = weekly_model(network)
        found = solve(model.program, method="simplex")
        prices = prices_of(model, found.prices)
        clamped = replace(prices, item=np.maximum(prices.item, 0.0))
        assert lower_bound(network, prices) == pytest.approx(found.objective, rel=1e-8, abs=1e-6)
        lost.append(found.objective - lower_bound(network, clamped))
    assert max(lost) > 1.0


def test_what_goes_round_in_a_circle_has_no_order() -> None:
    network = drawn_network(1)
    made = network.activities
    items = made.items.copy()
    items[0] = made.output[-1]
    circle = replace(
        network,
        activities=replace(made, items=items, output=np.where(made.output == made.output[-1], items[-1], made.output)),
    )
    with pytest.raises(ArgumentError, match="round in a circle"):
        steps_of(circle)


def test_prices_are_shaped_as_the_rows() -> None:
    network = promising(2)
    model = weekly_model(network)
    prices = prices_of(model, np.arange(len(model.program.row_low), dtype=float))
    assert isinstance(prices, Prices)
    assert prices.item.shape == (len(network.items.names), network.weeks)
    assert prices.capacity.shape == network.groups.maximum.shape
    assert prices.share.shape == (int((network.activities.share < 1).sum()), network.weeks)
    assert prices.floor.shape == (2,)
