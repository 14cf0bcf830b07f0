"""What full demand would take of each group, by arithmetic that can be done by hand, and the light of CX-0128."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.plan.drawn_networks import drawn_network

from corecar.chain.comparison import LIGHTS
from corecar.network.arrays import Groups, Network
from corecar.network.requirements import required_starts, upstream
from corecar.plan.loads import asked_load, lights
from corecar.plan.solving import solve

CHECKS = Path(__file__).parents[3] / "shared" / "data" / "chain" / "checks.json"


def able(actual: float, maximum: float) -> Groups:
    one = np.ones((1, 1))
    return Groups(("g",), ("s",), ("piece",), np.array([-1]), actual * one, maximum * one)


@pytest.mark.parametrize(
    ("load", "light"), [(0, "green"), (100, "green"), (100.5, "orange"), (120, "orange"), (120.5, "red")]
)
def test_the_light_of_a_week(load: float, light: str) -> None:
    assert LIGHTS[int(lights(np.array([[load]]), able(100, 120))[0, 0])] == light


def plenty(seed: int) -> Network:
    """Without limits, stock or closed weeks, so that the cheapest plan starts just what is required."""
    network = drawn_network(seed, chips=5, tightness=1e6)
    made = network.activities
    return replace(
        network,
        items=replace(network.items, opening=0 * network.items.opening, arrivals=0 * network.items.arrivals),
        activities=replace(
            made,
            most=np.full_like(made.most, np.inf),
            share=np.ones(len(made)),
            yields=np.repeat(made.yields[:, :1], network.weeks, axis=1),
        ),
    )


@pytest.mark.parametrize("seed", range(4))
def test_without_limits_what_is_asked_for_is_what_a_plan_starts(seed: int) -> None:
    """Late weeks cannot be made up for, so the demand of the first weeks is left out."""
    network = plenty(seed)
    wanted = network.demands.wanted.copy()
    wanted[:, :6] = 0
    network = replace(network, demands=replace(network.demands, wanted=wanted))
    plan = solve(network)
    asked = required_starts(network, plan.start)
    assert plan.behind.max() < 1e-6
    assert asked.sum(axis=1) == pytest.approx(plan.start.sum(axis=1), rel=1e-6, abs=1e-6)


def test_stock_is_taken_before_anything_is_asked_for() -> None:
    network = plenty(1)
    rich = replace(network, items=replace(network.items, opening=np.where(network.items.kept, 1e6, 0.0)))
    assert asked_load(solve(rich)).max() == 0


def test_demand_that_cannot_be_met_is_asked_for_all_the_same() -> None:
    network = drawn_network(3, tightness=0.2)
    plan = solve(network)
    assert asked_load(plan).sum() > plan.load.sum()
    assert (lights(asked_load(plan), network.groups) == 2).any()
    assert not (lights(plan.load, network.groups) == 2).any()


def test_each_item_stands_before_all_that_go_into_it() -> None:
    network = drawn_network(5, chips=8, modules=6)
    order = {item: place for place, item in enumerate(upstream(network))}
    made = network.activities
    assert len(order) == len(network.items.names)
    for activity in np.flatnonzero(network.startable.any(axis=1)).tolist():
        for item in made.items[made.starts[activity] : made.starts[activity + 1]].tolist():
            assert order[int(made.output[activity])] < order[item]


def test_the_lights_of_the_reference_cases() -> None:
    if not CHECKS.exists():
        pytest.skip(f"{CHECKS} is not there")
    case = json.loads(CHECKS.read_text("utf-8"))["cx0128_traffic_light"]
    load, actual, maximum = (np.array([case[name]], np.float64) for name in ("demand", "actual", "maximum"))
    groups = Groups(("g",), ("s",), ("piece",), np.array([-1]), actual, maximum)
    assert [LIGHTS[light] for light in lights(load, groups)[0].tolist()] == case["light"]
