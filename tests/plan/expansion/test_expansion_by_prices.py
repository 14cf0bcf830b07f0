"""Orders by prices of hours: never better than the best, never below the bound, whatever the prices are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.plan.expansion.houses import BOARD, MACHINE, orders_in, short_chain
from tests.plan.expansion.test_best_expansion import BUDGET, CASES, OTHER, both

from corecar.network.model import weekly_model
from corecar.plan.bound import Prices, proved
from corecar.plan.expansion.by_prices import Master, expansion_by_prices
from corecar.plan.expansion.exact import best_expansion
from corecar.plan.expansion.expansion import expanded
from corecar.plan.solving import never


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("margin", [0.02, 1.0])
def test_orders_by_prices_close_in_on_the_best(name: str, margin: float) -> None:
    network, orders = orders_in(short_chain(**CASES[name]))
    best = best_expansion(network, orders, margin=margin)
    found = expansion_by_prices(network, orders, margin=margin, gap=1e-6, time_limit=60.0)
    assert found.bound <= best.cost * (1 + 1e-9)
    assert best.cost <= found.cost * (1 + 1e-9)
    assert found.gap <= 1e-6
    assert not orders.broken(found.ordered)
    assert found.plan.network.groups.maximum == pytest.approx(
        expanded(network, orders, orders.hours(found.ordered)).groups.maximum
    )


def test_conversions_and_rents_are_found_by_prices_too() -> None:
    rented = MACHINE | {"option": "RENT", "part": "station", "way": "rent", "price": "9000", "rent_weeks": "3"}
    turned = MACHINE | {"option": "TURN", "part": "station", "way": "convert", "price": "1000", "from_cell": "T2",
                        "most": "1"}  # fmt: skip
    network, orders = orders_in(short_chain(rented, turned, cells=both(), budgets=[BUDGET]))
    best = best_expansion(network, orders, margin=0.3)
    found = expansion_by_prices(network, orders, margin=0.3, gap=1e-6, time_limit=60.0)
    assert found.cost == pytest.approx(best.cost, rel=2e-6)
    assert OTHER["cell"] == "T2"


def test_garbage_prices_give_a_poor_bound_and_never_a_wrong_one() -> None:
    network, orders = orders_in(short_chain(MACHINE, BOARD))
    best = best_expansion(network, orders, margin=0.1).cost
    draw = np.random.default_rng(7)
    model = weekly_model(network)
    shape = Prices(np.zeros((len(network.items.names), network.weeks)), np.zeros_like(model.able),
                   np.zeros((0, network.weeks)), np.zeros(len(network.floors)))  # fmt: skip
    for _ in range(60):
        size = 10 ** draw.uniform(0, 5)
        garbage = replace(
            shape, item=draw.normal(0, size, shape.item.shape), capacity=draw.normal(0, size * 100, model.able.shape)
        )
        extra = draw.uniform(0, 12, len(orders.cell))
        moved = expanded(network, orders, extra)
        proof = proved(moved, garbage, limit=weekly_model(moved).able)
        master = Master(orders, 0.1, 1e6)
        master.add(proof.bound, proof.prices.capacity, extra)
        for whole in (False, True):
            found = master.choose(whole=whole, gap=0.0, time_limit=30.0, stop=never)
            assert master.worth(found) <= best * (1 + 1e-9)


def test_no_orders_give_more_hours_than_the_most() -> None:
    turned = MACHINE | {"option": "TURN", "part": "station", "way": "convert", "price": "1000", "from_cell": "T2",
                        "most": "1"}  # fmt: skip
    _, orders = orders_in(short_chain(MACHINE, BOARD, turned, cells=both()))
    draw, most = np.random.default_rng(5), orders.most_hours()
    for _ in range(50):
        ordered = np.zeros(len(orders))
        for option, count in enumerate([2, 2, 1]):
            ordered[draw.choice(np.flatnonzero(orders.option == option))] = draw.integers(0, count + 1)
        assert (orders.hours(ordered) <= most + 1e-9).all()


def test_the_time_limit_ends_it_with_the_best_so_far() -> None:
    network, orders = orders_in(short_chain())
    found = expansion_by_prices(network, orders, margin=1.0, gap=0.0, time_limit=0.0)
    assert found.tries >= 1
    assert found.bound <= found.cost
