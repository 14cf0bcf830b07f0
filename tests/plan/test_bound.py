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
from corecar.plan.solving import solve as planned
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


def test_what_goes_round_in_a_circle_is_named_with_what_to_do() -> None:
    """Modules go back to the wafers of a chip, weeks later: a circle that a plan can hold, but no order of making."""
    network = drawn_network(1)
    made, names = network.activities, network.items.names
    rework = made.names.index("fab0.0")
    assert made.starts[rework + 1] == made.starts[rework]
    circle = [names.index(name) for name in ("chip0 wafer", "chip0 test", "module0")]
    build = made.names.index("build0")
    items = made.items.copy()
    items[made.starts[build]] = circle[1]
    at = int(made.starts[rework])
    around = replace(
        network,
        activities=replace(
            made,
            lead=np.where(np.arange(len(made)) == rework, 2, made.lead),
            starts=made.starts + (np.arange(len(made.starts)) > rework),
            items=np.insert(items, at, circle[2]),
            quantities=np.insert(made.quantities, at, 0.05),
        ),
    )
    said = 'chip0 wafer > chip0 test > module0 > chip0 wafer.*the method "interior-point"'
    with pytest.raises(ArgumentError, match=said):
        steps_of(around)
    model = weekly_model(around)
    with pytest.raises(ArgumentError, match=said):
        planned(model, method="first-order")
    assert planned(model, method="interior-point").gap < 1e-6


@pytest.mark.parametrize("seed", range(6))
def test_what_is_taken_in_stands_in_an_earlier_step(seed: int) -> None:
    network = drawn_network(seed)
    steps, made = steps_of(network), network.activities
    rank = {int(item): at for at, level in enumerate(steps.items) for item in level}
    assert sorted(rank) == list(range(len(network.items.names)))
    for item in rank:
        makers = np.flatnonzero(made.output == item).tolist()
        taken = [rank[int(part)] for row in makers for part in made.items[made.starts[row] : made.starts[row + 1]]]
        assert rank[item] == max(taken, default=-1) + 1, "one after the last of what it is made of"
    for at, level in enumerate(steps.activities):
        assert {rank[int(item)] for item in made.output[level]} <= {at}


def test_prices_are_shaped_as_the_rows() -> None:
    network = promising(2)
    model = weekly_model(network)
    prices = prices_of(model, np.arange(len(model.program.row_low), dtype=float))
    assert isinstance(prices, Prices)
    assert prices.item.shape == (len(network.items.names), network.weeks)
    assert prices.capacity.shape == network.groups.maximum.shape
    assert prices.share.shape == (int((network.activities.share < 1).sum()), network.weeks)
    assert prices.floor.shape == (2,)
