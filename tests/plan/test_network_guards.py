"""Networks that cannot be planned on are refused by name; those that pass always have a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.plan.drawn_networks import drawn_network

from corecar.errors import ArgumentError
from corecar.network.arrays import Floor, Network
from corecar.network.guards import check_network
from corecar.network.model import weekly_model
from corecar.plan.arithmetic import errors_of
from corecar.plan.plans import plan_of
from corecar.solve import solve


def with_(part: str, name: str, place: Any, value: float) -> Network:
    """A drawn network with one amount changed."""
    network = drawn_network(1)
    array = getattr(getattr(network, part), name).copy()
    array[place] = value
    return replace(network, **{part: replace(getattr(network, part), **{name: array})})


def promising(**changed: Any) -> Network:
    floor = Floor("clause 4", "supplied", (0,), (0,), 1.0, 1.0)
    return replace(drawn_network(1), floors=(replace(floor, **changed),))


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (with_("demands", "wanted", (0, 2), -1), "demand of car0 in week 3 is -1"),
        (with_("demands", "late", (0, 0), -1), "cost of being late of car0"),
        (with_("groups", "maximum", (1, 0), np.nan), "maximum capacity of group1 in week 1 is nan"),
        (with_("items", "opening", 0, np.inf), "opening stock of chip0 wafer is inf"),
        (with_("activities", "cost", (0, 1), -2), "cost of fab0.0 in week 2 is -2"),
        (with_("activities", "most", (0, 1), np.nan), "most per week of fab0.0"),
        (with_("activities", "lead", 0, -1), "lead time of fab0.0 is -1"),
        (with_("activities", "share", 0, 2), "share of fab0.0 is 2; at most 1"),
        (with_("activities", "output", 0, 99), "output of fab0.0 is number 99"),
        (with_("demands", "item", 0, -1), "item of car0 is number -1"),
        (with_("groups", "part_of", 0, 1), "group group0 is nested in itself.\ngroup group1 is nested in itself"),
        (replace(drawn_network(1), weeks=7), r"items: arrivals has the shape \(14, 8\), \(14, 7\) was expected"),
        (promising(kind="builds"), 'promise "clause 4" is on "builds"; expected supplied, started, stock'),
        (promising(rows=(7,)), "counts over a row that is not there"),
        (promising(weeks=(8,)), "counts over a week outside the horizon"),
        (promising(least=float("nan")), "nan pieces"),
    ],
)
def test_what_cannot_be_is_named(network: Network, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        weekly_model(network)


def test_names_that_are_there_twice_are_named() -> None:
    network = drawn_network(1)
    demands = replace(network.demands, names=("car0", "car0", "car2"))
    with pytest.raises(ArgumentError, match="demand car0 is there more than once"):
        check_network(replace(network, demands=demands))


def test_stock_where_nothing_can_lie_is_named() -> None:
    network = drawn_network(1)
    place = int(np.flatnonzero(~network.items.kept)[0])
    with pytest.raises(ArgumentError, match="nothing can lie there"):
        check_network(with_("items", "opening", place, 3.0))


def test_what_is_made_of_itself_within_a_week_is_named_and_over_weeks_is_rework() -> None:
    network = drawn_network(1)
    made = network.activities
    wafer, tested = made.names.index("fab0.0"), made.names.index("test0.0")
    starts = made.starts + (np.arange(len(made.starts)) > wafer)
    circle = replace(
        made,
        starts=starts,
        items=np.insert(made.items, made.starts[wafer], made.output[tested]),
        quantities=np.insert(made.quantities, made.starts[wafer], 1.0),
        lead=np.zeros_like(made.lead),
    )
    with pytest.raises(ArgumentError, match="chip0 wafer is made of itself within a week"):
        check_network(replace(network, activities=circle))
    check_network(replace(network, activities=replace(circle, lead=np.ones_like(made.lead))))


@given(st.integers(0, 10_000), st.floats(0.0, 1.0))
@settings(max_examples=20, deadline=None)
def test_whatever_passes_has_a_plan(seed: int, part: float) -> None:
    """Nothing that passes is infeasible: no capacity, no stock, promises beyond what can be."""
    network = drawn_network(seed)
    random = np.random.default_rng(seed)
    groups = replace(
        network.groups, maximum=network.groups.maximum * (random.random(network.groups.maximum.shape) < part)
    )
    floors = tuple(Floor(kind, kind, (0,), (1, 2), 1e4, 10.0) for kind in ("supplied", "started", "stock"))
    network = replace(network, groups=groups, floors=floors)
    model = weekly_model(network)
    plan = plan_of(model, solve(model.program))
    assert errors_of(plan).worst < 1e-7


def test_a_promise_of_stock_is_kept_where_it_can_be() -> None:
    network = drawn_network(3)
    item = int(np.argmax(network.items.opening))
    plain = weekly_model(replace(network, floors=(Floor("duty", "stock", (item,), (4,), 5.0, 1e5),)))
    plan = plan_of(plain, solve(plain.program))
    assert plan.stock[item, 4] >= 5 - 1e-6 or plan.breach[0] > 0
    assert plan.breach[0] < 5
