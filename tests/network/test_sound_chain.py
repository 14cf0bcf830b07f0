"""Tables that a plan would choke on are refused with all that is wrong; their order does not matter."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.network.test_network_of_a_chain import a_chain, week

from corecar.chain.chain import Chain
from corecar.errors import ChainError
from corecar.network.from_chain import network_of
from corecar.network.model import weekly_model
from corecar.plan.plans import Plan, plan_of
from corecar.solve import solve


def rows_of(table: str) -> list[dict[str, Any]]:
    return list(a_chain()[table].to_pylist())


def changed(table: str, row: int, **cells: Any) -> Chain:
    rows = rows_of(table)
    rows[row] |= cells
    return a_chain(**{table: rows})


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        (changed("demand", 2, quantity=-5.0), 'column "quantity": "-5".*CAR.*2027-W07.*at least 0 was expected'),
        (changed("demand", 2, quantity=float("nan")), "out of bounds: a finite number"),
        (changed("capacity", 0, actual=float("inf")), "out of bounds: a finite number"),
        (changed("capacity", 0, actual=None), "is empty"),
        (changed("routes", 0, lead_weeks=-1), 'column "lead_weeks": "-1"'),
        (changed("routes", 0, product="MCV"), 'Did you mean "MCU"'),
        (changed("routes", 0, stage="module-test"), "is no stage of a chip"),
        (changed("bills", 0, child="CAR"), "goes round in a circle: "),
        (changed("groups", 0, part_of="FAB"), "goes round in a circle: FAB > FAB"),
        (changed("products", 0, gross_die_per_wafer=None), "the gross die per wafer is not known"),
        (changed("routes", 2, use=None), "the capacity of TEST is in hours"),
        (a_chain(demand=[*rows_of("demand"), rows_of("demand")[0]]), "stands in the table more than once"),
        (a_chain(wip=[*rows_of("wip"), rows_of("wip")[1]]), '"L2".*more than once'),
    ],
)  # fmt: skip
def test_what_a_plan_would_choke_on_is_named(chain: Chain, said: str) -> None:
    with pytest.raises(ChainError, match=said):
        network_of(chain, first_week=week(0), weeks=6)


def test_of_a_circle_the_row_is_named_that_goes_against_the_order_of_kinds() -> None:
    """A chip that is made of the car: neither what the car is made of nor what the module is, is to blame."""
    wrong = {"parent": "MCU", "position": "10", "child": "CAR", "quantity": 1.0}
    with pytest.raises(ChainError, match="goes round") as caught:
        network_of(a_chain(bills=[*rows_of("bills"), wrong]))
    (fault,) = caught.value.faults
    assert (fault.column, fault.value) == ("child", "CAR")
    assert "parent MCU" in str(fault)


def test_everything_wrong_is_told_at_once() -> None:
    demand, routes = rows_of("demand"), rows_of("routes")
    demand[0]["quantity"], routes[1]["yield"] = -1.0, 1.5
    with pytest.raises(ChainError, match="2 places") as caught:
        network_of(a_chain(demand=demand, routes=routes))
    assert {(fault.sheet, fault.column) for fault in caught.value.faults} == {
        ("routes", "yield"),
        ("demand", "quantity"),
    }


def turned(chain: Chain, seed: int) -> Chain:
    """The rows of every table in another order, its words numbered in another way."""
    random = np.random.default_rng(seed)
    tables = {}
    for name, table in chain.tables.items():
        order = random.permutation(table.num_rows)
        plain = table.take(pa.array(order)).to_pylist()
        tables[name] = pa.Table.from_pylist(plain, table.schema)
    return Chain(tables)


def planned(chain: Chain) -> Plan:
    model = weekly_model(network_of(chain))
    return plan_of(model, solve(model.program))


@pytest.mark.parametrize("seed", range(6))
def test_rows_in_another_order_give_the_same_plan_to_the_bit(seed: int) -> None:
    two = a_chain(
        routes=[*rows_of("routes"), rows_of("routes")[2] | {"route": "R0", "cost": 0.1, "use": 0.02}],
        route_weeks=[{"route": "R1", "week": week(n), "yield": 0.8} for n in range(3)],
        demand=[
            {"product": product, "customer": who, "week": week(n), "quantity": 30.0 + n, "category": category}
            for product in ("CAR", "ECU") for who in ("A", "B") for n in range(6) for category in ("0001", "SR99")
        ],
    )  # fmt: skip
    one, other = planned(two), planned(turned(two, seed))
    assert one.network.activities.names == other.network.activities.names
    assert one.network.left_out == other.network.left_out
    for part in ("start", "stock", "supplied", "behind"):
        assert getattr(one, part).tobytes() == getattr(other, part).tobytes(), part
    assert one.cost == other.cost
    assert one.fill.tobytes() == other.fill.tobytes()


def test_a_week_of_a_qualification_that_ends_before_it_begins_opens_nothing() -> None:
    network = network_of(changed("routes", 1, valid_from=date(2027, 2, 9), valid_until=date(2027, 2, 8)))
    assert not (network.activities.most[network.activities.names.index("R2")] > 0).any()
