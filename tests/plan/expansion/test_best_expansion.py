"""The best orders of a small house: those that trying all of them finds, within budgets, floor and staff."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from tests.plan.expansion.houses import BOARD, MACHINE, orders_in, short_chain

from corecar.network.model import weekly_model
from corecar.plan.expansion.exact import best_expansion
from corecar.plan.expansion.expansion import expanded
from corecar.solve import Solver

BUDGET = {"budget": "Q1", "from_week": "2027-W01", "until_week": "2027-W13", "amount": "1000000", "currency": "EUR"}
OTHER = {"cell": "T2", "group": "OSAT-1", "kind": "test", "machines": "1", "handlers": "1", "boards": "1", "sites": "4",
         "shifts": "0.2", "oee": "0.625"}  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "a tester needs a board": {},
    "money for one of them": {"budgets": [BUDGET]},
    "money late": {"budgets": [BUDGET | {"until_week": "2027-W02", "amount": "130000"}]},
    "floor for none": {"rooms": [{"site": "OSAT-1", "floor_m2": "9"}]},
    "staff for one": {"rooms": [{"site": "OSAT-1", "staff": "1.5"}]},
}
FEW = {"from_week": "2027-W01", "until_week": "2027-W02"}


def by_trying(chain: Any, margin: float) -> float:
    """The least cost of all orders that keep within the limits, each planned by itself."""
    network, orders = orders_in(chain)
    best = np.inf
    for each in product(*(range(int(most) + 1) for most in orders.most)):
        ordered = np.array(each, np.float64)
        by_option = np.bincount(orders.option, ordered, minlength=len(orders.means.options))
        if orders.broken(ordered) or any(
            many > option.most for many, option in zip(by_option, orders.means.options, strict=True)
        ):
            continue
        moved = expanded(network, orders, orders.hours(ordered))
        plan = Solver(weekly_model(moved).program).run()
        best = min(best, margin * plan.objective + float(orders.charge @ ordered))
    return float(best)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("margin", [0.02, 1.0])
def test_the_best_orders_are_those_that_trying_all_of_them_finds(name: str, margin: float) -> None:
    chain = short_chain(MACHINE | FEW, BOARD | FEW, **CASES[name])
    network, orders = orders_in(chain)
    found = best_expansion(network, orders, margin=margin)
    assert found.gap == pytest.approx(0.0, abs=1e-7)
    assert found.cost == pytest.approx(by_trying(chain, margin), rel=1e-9)
    assert not orders.broken(found.ordered)


def test_used_rented_and_converted_machines_are_tried_too() -> None:
    few = FEW | {"until_week": "2027-W01"}
    used = MACHINE | few | {"option": "USED", "part": "station", "way": "used", "price": "500000", "works": "0.8"}
    rented = MACHINE | few | {"option": "RENT", "part": "station", "way": "rent", "price": "9000", "rent_weeks": "3"}
    turned = MACHINE | few | {"option": "TURN", "part": "station", "way": "convert", "price": "1000",
                              "from_cell": "T2", "most": "1"}  # fmt: skip
    for machines in ((used, rented), (used, turned), (rented, turned)):
        chain = short_chain(*machines, cells=both())
        network, orders = orders_in(chain)
        found = best_expansion(network, orders, margin=0.5)
        assert found.cost == pytest.approx(by_trying(chain, 0.5), rel=1e-9)


def both() -> list[dict[str, str]]:
    from tests.plan.expansion.houses import short_book

    return [dict(short_book()["cells"][0]), OTHER]


def test_a_conversion_takes_away_what_it_gives() -> None:
    turned = MACHINE | {"option": "TURN", "part": "station", "way": "convert", "price": "0", "from_cell": "T2",
                        "most": "1", "lead_weeks": "1", "qualification_weeks": "2"}  # fmt: skip
    _, orders = orders_in(short_chain(turned, cells=both()))
    ordered = np.zeros(len(orders))
    ordered[0] = 1
    extra = orders.hours(ordered).reshape(2, -1)
    assert extra[0].tolist() == [0, 0, 0] + [5] * 4, "from delivery and qualification on"
    assert extra[1].tolist() == [0] + [-1] * 6, "from delivery on"


def test_a_rented_machine_makes_as_long_as_it_is_paid_for() -> None:
    rented = MACHINE | {"part": "station", "way": "rent", "price": "7", "rent_weeks": "3"}
    _, orders = orders_in(short_chain(rented))
    ordered = np.zeros(len(orders))
    ordered[0] = 2
    assert orders.hours(ordered).tolist() == [0, 0, 10, 10, 10, 0, 0]
    assert orders.charge[0] == 21


def test_a_board_alone_gives_nothing_where_testers_are_as_few() -> None:
    _, orders = orders_in(short_chain())
    ordered = np.zeros(len(orders))
    ordered[orders.option.tolist().index(1)] = 1
    assert not orders.hours(ordered).any()
