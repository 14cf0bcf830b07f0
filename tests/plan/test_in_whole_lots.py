"""Starts in whole lots: multiples, least lots, nobody starved, whole capacity, from the tables to the plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.chain.books import small_book, write_book
from tests.plan.drawn_networks import drawn_network

import corecar
from corecar import simulate_chain
from corecar.errors import SolverError
from corecar.network.arrays import NONE, Floor, Lots, Network
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.plan.arithmetic import checked, errors_of
from corecar.plan.in_whole_lots import gathered, in_whole_lots, with_whole_capacity
from corecar.plan.repair import feasible
from corecar.plan.solving import solve
from corecar.plan.steering import plan_network
from corecar.plan.structure import structure_of


def with_lots(network: Network, step: float, least: float) -> Network:
    """A network whose starts are multiples of a step, at least so many; what fills a position comes as it is needed."""
    made = network.activities
    lying = network.items.kept[made.output]
    return replace(
        network, activities=replace(made, lots=Lots(np.where(lying, step, 0.0), np.where(lying, least, 0.0)))
    )


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.3, 1.0, 3.0]), st.sampled_from([(1, 0), (3, 6), (7, 21)]),
       st.sampled_from([1.0, 30.0, 1e6]))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_wish_becomes_a_plan_in_whole_lots(
    seed: int, tightness: float, lot: tuple[float, float], size: float
) -> None:
    network = with_lots(drawn_network(seed, tightness=tightness, weeks=1 + seed % 9), *lot)
    wish = np.random.default_rng(seed).normal(0, size, network.activities.yields.shape)
    plan = feasible(weekly_model(network), wish, in_lots=True)
    assert errors_of(plan).worst < 1e-11
    checked(plan, whole_lots=True)


def one_stage(capacity: float, wanted: list[float], least: float) -> Network:
    """Routes that share one group and make one product each out of nothing, each wanted by a demand."""
    drawn = drawn_network(1, chips=4, modules=1, programs=1, groups=2, weeks=1)
    made, many = drawn.activities, len(wanted)
    nothing = np.zeros((many, 1))
    return replace(
        drawn,
        items=replace(drawn.items, names=drawn.items.names[:many], product=drawn.items.product[:many],
                      stage=drawn.items.stage[:many], opening=np.zeros(many), arrivals=nothing,
                      holding=np.zeros(many), kept=np.ones(many, np.bool_)),
        activities=replace(
            made, names=made.names[:many], site=made.site[:many], output=np.arange(many),
            group=np.zeros(many, np.int64), use=np.ones(many), lead=np.zeros(many, np.int64), yields=nothing + 1,
            cost=nothing, most=nothing + np.inf, starts=np.zeros(many + 1, np.int64), items=np.zeros(0, np.int64),
            quantities=np.zeros(0), share=np.ones(many), lots=Lots(np.ones(many), np.full(many, least)),
        ),
        groups=replace(drawn.groups, maximum=np.array([[capacity], [0.0]]), actual=np.array([[capacity], [0.0]]),
                       part_of=np.full(2, NONE)),
        demands=replace(
            drawn.demands, names=tuple(f"wants {row}" for row in range(many)), product=drawn.items.product[:many],
            customer=("",) * many, item=np.arange(many), wanted=np.array(wanted)[:, None], value=np.ones(many),
            priority=np.ones(many, np.int64), late=nothing + 1,
        ),
    )  # fmt: skip


def test_two_that_cannot_both_have_a_least_lot_are_not_both_left_without() -> None:
    network = one_stage(150.0, [100.0, 100.0], least=100.0)
    model = weekly_model(network)
    free = solve(model)
    assert free.supplied.sum() == pytest.approx(150)
    plan = in_whole_lots(model, replace(free, start=np.array([[75.0], [75.0]])))
    assert sorted(plan.start.ravel().tolist()) == [0.0, 100.0]
    assert plan.gap == pytest.approx((100 - 50) / 100), "the gap is to the bound of starts of any size"


def test_capacity_that_no_whole_lot_can_use_is_left_out() -> None:
    network = one_stage(340.7, [400.0], least=0.0)
    whole = with_whole_capacity(network)
    assert whole.groups.maximum[0, 0] == 340
    assert in_whole_lots(weekly_model(whole), solve(whole)).start[0, 0] == 340
    fives = replace(network, activities=replace(network.activities, lots=Lots(np.array([5.0]), np.zeros(1))))
    assert with_whole_capacity(fives).groups.maximum[0, 0] == 340
    mixed = one_stage(340.7, [1.0, 1.0], least=0.0)
    mixed = replace(mixed, activities=replace(mixed.activities, lots=Lots(np.array([1.0, 2.0]), np.zeros(2))))
    assert with_whole_capacity(mixed).groups.maximum[0, 0] == 340.7


def test_a_route_that_can_never_start_a_lot_starts_nothing() -> None:
    network = one_stage(340.0, [100.0, 100.0], least=100.0)
    made = replace(network.activities, most=np.array([[20.0], [np.inf]]))
    whole = with_whole_capacity(replace(network, activities=made))
    assert whole.activities.most.ravel().tolist() == [0.0, np.inf]
    few = replace(network, groups=replace(network.groups, actual=np.array([[90.0], [0.0]])))
    assert (with_whole_capacity(few, "actual").activities.most == 0).all()
    assert np.isinf(with_whole_capacity(few).activities.most).all()


def test_one_lot_of_far_more_than_is_wanted_is_started_where_that_is_best() -> None:
    model = weekly_model(one_stage(1e6, [200.0], least=50_000.0))
    assert in_whole_lots(model, solve(model)).start.ravel().tolist() == [50_000.0]


def test_a_frozen_week_is_kept_in_whole_lots() -> None:
    network = one_stage(240.0, [33.0], least=20.0)
    weeks = 3
    lots = Lots(np.array([10.0]), np.array([20.0]))
    wide = replace(
        network, weeks=weeks,
        items=replace(network.items, arrivals=np.zeros((1, weeks))),
        activities=replace(network.activities, lots=lots, yields=np.ones((1, weeks)), cost=np.zeros((1, weeks)),
                           most=np.full((1, weeks), np.inf)),
        groups=replace(network.groups, maximum=np.full((2, weeks), 240.0), actual=np.full((2, weeks), 240.0)),
        demands=replace(network.demands, wanted=np.array([[33.0, 47.0, 55.0]]), late=np.ones((1, weeks))),
        floors=tuple(Floor("frozen", "started", (0,), (week,), least, 10.0) for week, least in ((0, 33.0), (1, 47.0))),
    )  # fmt: skip
    plan = in_whole_lots(weekly_model(wide), solve(wide))
    assert plan.breach.tolist() == [0.0, 0.0]
    assert plan.behind.tolist() == [[0.0, 0.0, 0.0]]


def test_lots_are_gathered_behind_the_wish_or_ahead_of_it() -> None:
    network = one_stage(1e3, [400.0], least=0.0)
    lots = Lots(np.array([10.0]), np.array([20.0]))
    weeks = replace(network, weeks=4)
    wish, none = np.array([[6.0, 6.0, 6.0, 6.0]]), np.zeros((1, 4))
    made = replace(weeks, activities=replace(weeks.activities, yields=np.ones((1, 4))))
    graph = structure_of(network)
    assert gathered(made, graph, lots, wish, 1.0, none).tolist() == [[0, 0, 0, 20]]
    assert gathered(made, graph, lots, wish, 0.25, none).tolist() == [[20, 0, 0, 0]]
    assert gathered(made, graph, lots, wish, 0.25, none + 16).sum() == 40


def test_a_plan_that_is_not_in_whole_lots_is_found_out() -> None:
    model = weekly_model(one_stage(150.0, [70.5], least=0.0))
    checked(solve(model))
    with pytest.raises(SolverError, match="its lots is wrong"):
        checked(solve(model), whole_lots=True)


def test_a_province_in_whole_wafers_is_near_the_best_plan_of_any_size() -> None:
    network = network_of(simulate_chain("small"), weeks=26)
    lots = network.activities.lots
    assert lots is not None
    assert (lots.step > 100).any(), "fabs start whole wafers"
    plan = plan_network(network, rule="cost", whole_lots=True).plan
    assert 0 < plan.gap < 0.05
    assert plan.bound == pytest.approx(plan_network(network, rule="cost").plan.cost, rel=0.05)


def test_least_lots_of_a_sheet_are_told_or_kept_to(tmp_path: Path) -> None:
    rows = small_book()
    del rows["wip"]
    rows["stock"] = [{"product": "MCU", "stage": "wafer", "site": "OSAT-1", "quantity": "3010"}]
    rows["routes"][1] |= {"least_lot": "900", "lead_weeks": "0"}
    rows["capacity"].append({"group": "OSAT-1", "week": "2027-W02", "actual": "120"})
    sheets = write_book(rows, tmp_path / "chain")
    free = corecar.plan_chain(sheets)
    assert any("least lot" in note and "--whole-lots" in note for note in free.answer["notes"])
    made = corecar.plan_chain(sheets, whole_lots=True)
    started = made.planned.plan.start[made.planned.plan.network.activities.names.index("MCU-T")]
    assert (started == np.round(started)).all()
    assert started[started > 0].min() >= 900
    assert any("whole pieces, wafers and least lots" in note for note in made.answer["notes"])
    assert made.answer["rows"][0]["supplied"] == 1505
    assert "least lot" not in str(corecar.plan_chain(write_book(small_book(), tmp_path / "none")).answer["notes"])
    (row, *_) = made.what_if("demand CAR +50%")["rows"]
    assert row["supplied"] == 1505, "what is asked of a plan in whole lots is planned in whole lots"
