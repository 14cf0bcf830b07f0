"""The repair: whatever starts go in, what comes out can be carried out; a feasible plan comes back as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.drawn_networks import drawn_network

from corecar.network.arrays import Floor, Network
from corecar.network.model import weekly_model
from corecar.plan.arithmetic import errors_of
from corecar.plan.repair import feasible
from corecar.plan.solving import solve
from corecar.plan.structure import structure_of, turned

EXACT = 1e-11


def promising(network: Network) -> Network:
    """The network with promises of all three kinds."""
    floors = (
        Floor("agreed volume", "supplied", (0,), tuple(range(network.weeks)), 40.0, 1e4),
        Floor("frozen week", "started", (0,), (1,), 3.0, 1e4),
        Floor("safety stock", "stock", (0,), (2, 3), 5.0, 1e4),
    )
    return replace(network, floors=floors if network.weeks > 3 else floors[:1])


@given(
    st.integers(0, 100_000),
    st.sampled_from([0.0, 0.1, 0.6, 3.0]),
    st.integers(1, 12),
    st.sampled_from([0.01, 1.0, 30.0, 1e6, 1e14]),
)
@settings(max_examples=200, deadline=None)
def test_garbage_becomes_a_plan_that_can_be_carried_out(seed: int, tightness: float, weeks: int, size: float) -> None:
    network = promising(drawn_network(seed, tightness=tightness, weeks=weeks))
    model = weekly_model(network)
    random = np.random.default_rng(seed)
    start = random.normal(0, size, network.activities.yields.shape)
    start[random.random(start.shape) < 0.05] = np.nan
    start[random.random(start.shape) < 0.05] = np.inf
    plan = feasible(model, start, None if seed % 2 else random.normal(0, size, network.demands.wanted.shape))
    assert errors_of(plan).worst < EXACT
    assert plan.cost >= solve(model).cost * (1 - 1e-9) - 1e-6


@pytest.mark.parametrize("seed", range(30))
def test_the_best_plan_comes_back_as_it_is(seed: int) -> None:
    model = weekly_model(drawn_network(seed, tightness=0.2 + 0.05 * seed))
    best = solve(model, method="simplex")
    plan = feasible(model, best.start, best.supplied)
    assert plan.cost == pytest.approx(best.cost, rel=1e-7)


@pytest.mark.parametrize("limit", ["actual", "maximum"])
def test_the_repair_keeps_to_the_capacity_of_the_model(limit: str) -> None:
    network = drawn_network(3, tightness=0.3)
    model = weekly_model(network, limit="actual" if limit == "actual" else "maximum")
    plan = feasible(model, np.full(network.activities.yields.shape, 1e3))
    able = network.groups.actual if limit == "actual" else network.groups.maximum
    assert (plan.load <= able * (1 + 1e-12)).all()
    assert (plan.load >= 0.99 * able).any()


def test_shares_hold_and_are_reached() -> None:
    """An alternate that may fill 70 % of a position, wished for alone, fills as much of it as the other allows."""
    network = drawn_network(2, tightness=5.0)
    made = network.activities
    assert (made.share < 1).any()
    limited = np.flatnonzero(made.share < 1)
    wishes = np.full(made.yields.shape, 3.0)
    wishes[limited[0]] = 30.0
    plan = feasible(weekly_model(network), wishes)
    assert errors_of(plan).share < EXACT
    filled = np.array([plan.start[made.output == made.output[row]].sum() for row in limited])
    parts = plan.start[limited].sum(axis=1) / np.maximum(filled, 1e-9)
    assert (parts <= made.share[limited] + 1e-9).all()
    assert (parts[filled > 0] > 0.6).any()


def test_without_starts_what_lies_there_is_supplied() -> None:
    network = drawn_network(4)
    plan = feasible(weekly_model(network), np.zeros(network.activities.yields.shape))
    assert not plan.start.any()
    assert plan.supplied.sum() > 0
    assert errors_of(plan).worst < EXACT


def test_the_graph_lists_each_pair_once_from_both_ends() -> None:
    network = drawn_network(5)
    graph = structure_of(network)
    assert sorted(graph.order.tolist()) == list(range(len(network.activities)))
    back = turned(graph.takers, len(network.activities))
    assert (back.starts == graph.taken.starts).all()
    assert graph.loads.starts[-1] == graph.loaders.starts[-1] >= (network.activities.use > 0).sum() - 1
    place = np.empty(len(network.activities), np.int64)
    place[graph.order] = np.arange(len(place))
    for activity, output in enumerate(network.activities.output.tolist()):
        taker = graph.takers.members[graph.takers.starts[output] : graph.takers.starts[output + 1]]
        assert (place[taker] > place[activity]).all()
