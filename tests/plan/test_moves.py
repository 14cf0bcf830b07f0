"""Moves make plans cheaper, never dearer, and break no row, whatever prices guide them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.drawn_networks import drawn_network
from tests.plan.test_certificate import promising

from corecar import simulate_chain
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.plan import halpern
from corecar.plan.bound import prices_of, proved
from corecar.plan.certificate import ROW, check_plan, table_of
from corecar.plan.moves import cheaper, loaded
from corecar.plan.plans import gap_of
from corecar.plan.reduced import reduced_costs
from corecar.plan.repair import feasible
from corecar.plan.search import Search
from corecar.plan.structure import structure_of
from corecar.solve import solve


@given(st.integers(0, 100_000), st.sampled_from([0.3, 0.8, 2.0]), st.integers(1, 10), st.sampled_from([0.01, 1.0, 1e3]))
@settings(max_examples=150, deadline=None)
def test_with_any_prices_a_plan_stays_within_its_rows_and_becomes_no_dearer(
    seed: int, tightness: float, weeks: int, size: float
) -> None:
    network = drawn_network(seed, tightness=tightness, weeks=weeks)
    model, random = weekly_model(network), np.random.default_rng(seed)
    graph = structure_of(network)
    plan = feasible(model, random.uniform(0, 30, network.activities.yields.shape), graph=graph)
    proof = proved(network, prices_of(model, random.normal(0, size, len(model.program.row_low))), graph=graph)
    moved = cheaper(model, plan, proof, graph=graph)
    checked = check_plan(table_of(network), moved)
    assert checked.violation <= ROW
    assert checked.value == pytest.approx(moved.cost, rel=1e-9)
    assert moved.cost <= plan.cost
    assert moved.cost >= proof.bound - 1e-7 * abs(moved.cost)


def test_a_province_s_gap_shrinks_by_moves_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    model = weekly_model(network_of(simulate_chain("small"), weeks=40))
    search = Search(model)
    with monkeypatch.context() as patch:
        patch.setattr("corecar.plan.search.cheaper", lambda model, plan, proof, graph: plan)
        while search.done < 3500:
            search.look()
            search.turn()
            search.go(250, lambda: False)
    assert search.proof is not None
    assert search.plan is not None
    proof, plan = search.proof[0], search.plan
    moved = cheaper(model, plan, proof, graph=search.graph)
    assert gap_of(moved.cost, proof.bound) < 0.9 * gap_of(plan.cost, proof.bound)
    assert check_plan(table_of(model.network), moved).violation <= ROW


@pytest.mark.parametrize("seed", range(8))
def test_what_is_promised_or_shared_out_is_left_as_it_is(seed: int) -> None:
    network = promising(seed)
    model, graph = weekly_model(network), structure_of(network)
    plan = feasible(model, np.full(network.activities.yields.shape, 10.0), graph=graph)
    proof = proved(network, prices_of(model, solve(model.program, method="simplex").prices), graph=graph)
    moved = cheaper(model, plan, proof, graph=graph)
    assert check_plan(table_of(network), moved).violation <= ROW
    assert (moved.breach <= plan.breach + 1e-9).all()
    for floor in network.floors:
        if floor.kind == "started":
            assert np.array_equal(moved.start[list(floor.rows)], plan.start[list(floor.rows)])
        if floor.kind == "supplied":
            assert np.array_equal(moved.supplied[list(floor.rows)], plan.supplied[list(floor.rows)])


@pytest.mark.parametrize("seed", range(8))
def test_reduced_costs_and_free_capacity_are_what_a_plan_costs_beyond_the_bound(seed: int) -> None:
    network = replace(drawn_network(seed, tightness=0.7), floors=())
    made = replace(network.activities, share=np.ones(len(network.activities)))
    network = replace(network, activities=made)
    model = weekly_model(network)
    plan = feasible(model, np.full(made.yields.shape, 5.0))
    proof = proved(network, prices_of(model, solve(model.program, method="simplex").prices))
    reduced, demands = reduced_costs(network, proof), network.demands
    waste = (reduced.start * plan.start).sum() + (reduced.stock * plan.stock).sum()
    waste += (reduced.behind * plan.behind).sum()
    limited = np.isfinite(made.most) & network.startable
    waste -= (np.where(limited, made.most, 0.0) * np.minimum(reduced.start, 0.0)).sum()
    waste += ((proof.prices.item[demands.item] - proof.demand) * plan.supplied).sum()
    waste += ((model.able - loaded(network, plan.start)) * proof.prices.capacity).sum()
    assert waste == pytest.approx(plan.cost - proof.bound, rel=1e-7)


def test_what_dies_away_becomes_0_before_a_processor_slows_down() -> None:
    search = Search(weekly_model(network_of(simulate_chain("small"), weeks=24)))
    search.go(2000, lambda: False)
    for values in (search.point.x, search.point.y):
        small = np.abs(values[values != 0])
        assert small.min() >= halpern.NOTHING
