"""A plan again from its tables, and planned again with something changed: by the moves that the change makes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from corecar.chain.chain import Chain
from corecar.network.arrays import Network
from corecar.network.from_chain import network_of
from corecar.plan import replanning
from corecar.plan.changes import with_lots
from corecar.plan.replanning import Made, replanned
from corecar.plan.restored import prices_by_names, restored, stock_of
from corecar.plan.solving import never
from corecar.plan.steering import Planned, plan_network
from corecar.plan.tables import plan_tables
from corecar.simulate import simulate_chain

WEEKS = 10
MADE = Made("max_min_fill", "horizon", False, "maximum", 0.01, "choose", never, time_limit=2.0)


@pytest.fixture(scope="module")
def chain() -> Chain:
    return simulate_chain()


@pytest.fixture(scope="module")
def network(chain: Chain) -> Network:
    return network_of(chain, first_week=date(2027, 1, 4), weeks=WEEKS)


@pytest.fixture(scope="module")
def base(network: Network) -> Planned:
    return plan_network(network, method="first-order", gap=0.01, time_limit=10)


def without(chain: Chain, *lots: str) -> Network:
    return network_of(with_lots(chain, lots, held=True), first_week=date(2027, 1, 4), weeks=WEEKS)


def lots_of(chain: Chain, product: str) -> list[str]:
    return [row["lot"] for row in chain.wip.to_pylist() if row["product"] == product and row["state"] != "held"]


def test_a_plan_comes_back_from_its_tables_without_planning(base: Planned) -> None:
    plan, tables = base.plan, plan_tables(base)
    found = restored(plan.network, tables["starts"], tables["supply"], tables["prices"])
    assert found is not None
    assert found.prices is not None
    assert plan.prices is not None
    assert found.cost == pytest.approx(plan.cost, rel=1e-9)
    np.testing.assert_allclose(found.behind, plan.behind, atol=1e-6)
    np.testing.assert_allclose(found.stock, plan.stock, atol=1e-3 * plan.stock.max())
    for name in ("item", "capacity", "share", "floor"):
        np.testing.assert_array_equal(getattr(found.prices, name), getattr(plan.prices, name))


def test_tables_of_another_network_are_no_plan_of_this_one(base: Planned, chain: Chain) -> None:
    tables = plan_tables(base)
    shorter = network_of(chain, first_week=date(2027, 1, 4), weeks=WEEKS - 2)
    assert restored(shorter, tables["starts"], tables["supply"]) is None
    poorer = without(chain, *(row["lot"] for row in chain.wip.to_pylist()))
    assert restored(poorer, tables["starts"], tables["supply"]) is None, "it would take what does not lie there"


def test_what_lies_is_what_came_less_what_went(base: Planned) -> None:
    plan = base.plan
    np.testing.assert_allclose(stock_of(plan.network, plan.start, plan.supplied), plan.stock, atol=1e-3)


def test_prices_go_along_by_name(base: Planned) -> None:
    plan = base.plan
    assert plan.prices is not None
    network = plan.network
    items = network.items
    turned = replace(network, items=replace(items, names=items.names[::-1]))
    there = prices_by_names(plan.prices, network, turned)
    np.testing.assert_array_equal(there.item, plan.prices.item[::-1])
    np.testing.assert_array_equal(there.floor, plan.prices.floor)


def test_nothing_that_is_lost_costs_nothing(base: Planned, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replanning, "SMALL", 0)
    found = replanned(base, network, replace(network, left_out=("something",)), MADE)
    assert found.costs == pytest.approx(0.0, abs=1e-6 * found.before.plan.cost)
    assert found.after.plan.gap <= 1.05 * max(base.plan.gap, MADE.gap)
    for side in (found.before, found.after):
        assert side.plan.prices is not None
        assert len(side.plan.prices.floor) == len(side.plan.breach) == len(network.floors)


@pytest.mark.parametrize("chip", ["CHIP0004", "CHIP0010"])
def test_the_loss_lies_between_what_the_gaps_allow(
    base: Planned, network: Network, chain: Chain, chip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against the exact plans of both networks, found from nothing."""
    changed = without(chain, *lots_of(chain, chip))
    exact = [plan_network(each, gap=0.0).plan for each in (network, changed)]
    monkeypatch.setattr(replanning, "SMALL", 0)
    found = replanned(base, network, changed, MADE)
    assert found.before.plan.start is base.plan.start, "the kept plan is the base as it is"
    low, high = found.between
    lost = exact[1].cost - exact[0].cost
    assert low - 1e-6 * abs(low) <= lost <= high + 1e-6 * abs(high)
    assert found.after.plan.bound <= exact[1].cost * (1 + 1e-9)
    assert exact[1].cost <= found.after.steered * (1 + 1e-9)
    assert found.after.plan.cost <= found.alone.cost * (1 + 1e-9), "planned again is no dearer than not"


def test_a_small_loss_is_no_noise_of_the_gap(base: Planned, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pieces that do not come cost at most a car or two, however far the plans are from the best."""
    monkeypatch.setattr(replanning, "SMALL", 0)
    arrivals = network.items.arrivals.copy()
    row, week = np.unravel_index(arrivals.argmax(), arrivals.shape)
    arrivals[row, week] -= 2.0
    fewer = replace(network, items=replace(network.items, arrivals=arrivals))
    found = replanned(base, network, fewer, MADE)
    apart = np.abs(found.after.plan.behind - found.before.plan.behind)
    assert apart.max() <= 3
    assert abs(found.costs) <= 3 * network.demands.late.sum(axis=1).max()
    assert not found.certain
    assert found.between[0] < 0 < found.between[1]


def test_a_small_model_is_planned_outright(base: Planned, network: Network, chain: Chain) -> None:
    changed = without(chain, *lots_of(chain, "CHIP0004")[:3])
    found = replanned(base, network, changed, replace(MADE, gap=0.0))
    exact = plan_network(changed, gap=0.0)
    assert found.after.steered == pytest.approx(exact.plan.cost, rel=1e-6)
