"""Time to survive and performance impact: the published small case, and the invariants on drawn networks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.plan.drawn_networks import drawn_network

from corecar.errors import ArgumentError
from corecar.network.arrays import Activities, Demands, Groups, Items, Network
from corecar.stress import steady as steady_module
from corecar.stress.steady import LONGEST, StandingStill, Steady, activities_at

CHECKS = Path(__file__).parents[3] / "shared" / "data" / "chain" / "checks.json"


def shared_sites(case: dict[str, Any]) -> Network:
    """Each site makes each product."""
    sites, products = list(case["capacity"]), list(case["demand"])
    pairs = [(site, product) for site in range(len(sites)) for product in range(len(products))]
    count, ones = len(pairs), np.ones((len(pairs), 1))
    able = np.array([[float(case["capacity"][site])] for site in sites])
    wanted = np.array([[float(case["demand"][product])] for product in products])
    value = np.array([float(case["loss"][product]) for product in products])
    names, kinds = tuple(products), ("",) * len(products)
    return Network(
        first_week=0,
        weeks=1,
        items=Items(
            names, names, kinds, np.array([float(case["inventory"][p]) for p in products]), 0 * wanted, 0 * value,
            np.ones(len(products), np.bool_),
        ),
        activities=Activities(
            names=tuple(f"{sites[s]} {products[p]}" for s, p in pairs),
            site=tuple(sites[s] for s, _ in pairs),
            output=np.array([p for _, p in pairs]),
            group=np.array([s for s, _ in pairs]),
            use=np.ones(count),
            lead=np.zeros(count, np.int64),
            yields=ones,
            cost=0 * ones,
            most=np.inf * ones,
            starts=np.zeros(count + 1, np.int64),
            items=np.zeros(0, np.int64),
            quantities=np.zeros(0),
            share=np.ones(count),
        ),
        groups=Groups(tuple(sites), tuple(sites), ("piece",) * len(sites), np.full(len(sites), -1), able, able),
        demands=Demands(
            names, names, kinds, np.arange(len(products)), wanted, value, np.ones(len(products), np.int64), wanted
        ),
    )  # fmt: skip


def test_the_published_small_case() -> None:
    if not CHECKS.exists():
        pytest.skip(f"{CHECKS} is not there")
    case = json.loads(CHECKS.read_text("utf-8"))["simchi_levi_small"]
    network = shared_sites(case)
    steady = Steady(network)
    closed = [activities_at(network, sites) for sites in case["scenarios"].values()]
    losses = [steady.loss(each, case["ttr"]) for each in closed]
    impact = np.array([loss.value for loss in losses])
    assert impact == pytest.approx(case["disruption_cost"], abs=1e-3)
    assert impact / impact.max() == pytest.approx(case["risk_exposure_index"], abs=5e-4)
    assert [loss.lost.sum() for loss in losses] == pytest.approx(case["lost_units"], abs=1e-6)
    survived = [steady.survival(each) for each in closed]
    assert survived[0] == np.inf
    assert survived[1:] == pytest.approx(case["tts"][1:], rel=1e-6)


@pytest.mark.parametrize("tightness", [0.3, 0.7, 3.0])
@pytest.mark.parametrize("seed", range(5))
def test_impact_and_survival_agree(seed: int, tightness: float) -> None:
    """A loss beyond the undisturbed one means a time to survive below the time to recover.

    Without a shortage of its own the network loses exactly then."""
    network = with_sites(drawn_network(seed, tightness=tightness))
    steady = Steady(network)
    calm = len(steady.undisturbed) == 1 and steady.undisturbed[0].slope == 0
    for group in range(len(network.groups)):
        closed = np.flatnonzero(network.activities.group == group)
        survived = steady.survival(closed)
        for weeks in (1.0, 4.0, 12.0):
            impact = steady.loss(closed, weeks).value
            assert impact >= 0
            if impact > 10 * steady.least:
                assert survived < weeks
            elif calm and impact == 0:
                assert survived >= weeks * (1 - 1e-4)


def test_nothing_closed_loses_nothing_more_and_survives() -> None:
    for seed in range(4):
        steady = Steady(drawn_network(seed, tightness=0.4))
        nobody = np.zeros(0, np.int64)
        assert steady.loss(nobody, 6.0).value == 0
        assert steady.survival(nobody) == np.inf


@pytest.mark.parametrize("seed", range(4))
def test_the_undisturbed_loss_is_what_single_runs_say(seed: int) -> None:
    steady = Steady(drawn_network(seed, tightness=0.3))
    for weeks in (0.5, 1.0, 2.5, 7.0, 30.0, 400.0, 999.0):
        direct = steady.at(weeks).value
        assert steady.undisturbed_at(weeks) == pytest.approx(direct, rel=1e-5, abs=10 * steady.least)


@pytest.mark.parametrize("seed", range(4))
def test_survival_in_a_shortage_is_where_single_runs_begin_to_differ(seed: int) -> None:
    """Against a walk over time, run by run."""
    network = drawn_network(seed, tightness=0.3)
    steady = Steady(network)
    closed = np.flatnonzero(network.activities.group == 0)
    survived = steady.survival(closed)
    for weeks in np.linspace(0.05, 12, 40):
        more = steady.loss(closed, float(weeks)).value
        if weeks < survived * 0.999:
            assert more <= 3 * steady.least
        elif weeks > survived * 1.001 + 0.05:
            break


@pytest.mark.parametrize("tightness", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("seed", range(4))
def test_in_a_shortage_of_many_bends_survival_is_that_of_runs_from_nothing(
    monkeypatch: pytest.MonkeyPatch, seed: int, tightness: float
) -> None:
    """What begins near the answer, and where the run before ended, finds what runs from nothing find."""
    monkeypatch.setattr(steady_module, "MOST_BENDS", 1)
    network = drawn_network(seed, tightness=tightness)
    steady = Steady(network)
    for group in range(len(network.groups.names)):
        closed = np.flatnonzero(network.activities.group == group)
        loss, found = steady.answer(closed, 6.0)
        with StandingStill(steady, closed):
            plain = steady.last(steady.at, 6.0 if loss.value > 0 else LONGEST, steady.undisturbed[:1])
        assert min(found, LONGEST) == pytest.approx(plain, rel=1e-4, abs=1e-4)


def test_a_closed_site_is_open_again_afterwards() -> None:
    network = drawn_network(2)
    steady = Steady(network)
    closed = np.flatnonzero(network.activities.group == 1)
    first = steady.loss(closed, 5.0).value
    steady.survival(np.arange(len(network.activities)))
    assert steady.loss(closed, 5.0).value == pytest.approx(first, rel=1e-9)
    assert steady.loss(np.zeros(0, np.int64), 5.0).value == 0


def test_a_chain_without_demand_cannot_be_stressed() -> None:
    network = drawn_network(1)
    demands = replace(network.demands, wanted=0 * network.demands.wanted)
    with pytest.raises(ArgumentError, match="demands nothing"):
        Steady(replace(network, demands=demands))


def with_sites(network: Network) -> Network:
    made = network.activities
    site = tuple(network.groups.site[group] if group >= 0 else "" for group in made.group.tolist())
    return replace(network, activities=replace(made, site=site))
