"""Demand against capacity: the standard's lights, linked series, nested groups; what was not judged is said."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from corecar.chain.chain import Chain
from corecar.chain.comparison import LIGHTS, compared, light_of
from corecar.chain.doubts import above_history, booked_twice, without_history
from corecar.chain.open_demand import first_open_week
from corecar.chain.tables import TABLES
from corecar.chain.volatility import alerts_of
from corecar.errors import ArgumentError

CHECKS = Path(__file__).parents[3] / "shared" / "data" / "chain" / "checks.json"
FIRST = date(2027, 2, 1)


def week(number: int) -> date:
    return FIRST + timedelta(weeks=number)


def chain_of(**tables: list[dict[str, Any]]) -> Chain:
    return Chain({name: pa.Table.from_pylist(rows, TABLES[name].schema) for name, rows in tables.items()})


def a_floor(**changed: list[dict[str, Any]]) -> Chain:
    """A test floor with a burn-in oven nested in it, one customer at two sites."""
    tables: dict[str, list[dict[str, Any]]] = {
        "groups": [
            {"group": "TEST", "site": "P", "unit": "hour"},
            {"group": "OVEN", "site": "P", "unit": "hour", "part_of": "TEST"},
        ],
        "links": [
            {"group": "TEST", "product": "MCU", "load_factor": 0.01},
            {"group": "TEST", "product": "MCU", "customer_site": "S2", "load_factor": 0.02},
            {"group": "OVEN", "product": "ADC", "category": "SR99", "load_factor": 0.5},
        ],
        "capacity": [
            {"group": "TEST", "week": week(0), "actual": 30.0, "maximum": 40.0},
            {"group": "TEST", "week": week(1), "actual": 20.0},
            {"group": "TEST", "customer": "A", "week": week(0), "actual": 5.0},
        ],
        "demand": [
            {"product": "MCU", "customer": "A", "customer_site": "S1", "week": week(0), "quantity": 1000.0},
            {"product": "MCU", "customer": "B", "customer_site": "S2", "week": week(0), "quantity": 500.0},
            {"product": "ADC", "customer": "A", "week": week(0), "quantity": 40.0, "category": "SR99"},
            {"product": "ADC", "customer": "A", "week": week(0), "quantity": 90.0},
            {"product": "MCU", "customer": "A", "week": week(1), "quantity": 3000.0},
            {"product": "MCU", "customer": "A", "week": week(9), "quantity": 3000.0},
        ],
    }
    return chain_of(**(tables | changed))


def test_the_lights_of_the_standard() -> None:
    if not CHECKS.exists():
        pytest.skip(f"{CHECKS} is not there")
    case = json.loads(CHECKS.read_text("utf-8"))["cx0128_traffic_light"]
    assert [LIGHTS[light] for light in light_of(case["demand"], case["actual"], case["maximum"])] == case["light"]


def test_rounding_is_no_shortage_and_untold_is_no_light() -> None:
    assert light_of([0.1 + 0.2, 1.0, 1.001], [0.3, np.nan, 1.0], [0.3, np.nan, 1.0]).tolist() == [0, 3, 2]


def test_linked_series_add_up_by_their_load_factors() -> None:
    found = compared(a_floor(), first_week=FIRST, weeks=2)
    oven, test = found.groups.index("OVEN"), found.groups.index("TEST")
    assert found.demand[oven].tolist() == [20.0, 0.0]
    assert found.demand[test].tolist() == [1000 * 0.01 + 500 * 0.02 + 20, 30.0]
    assert [LIGHTS[light] for light in found.light[test]] == ["orange", "red"]
    assert [LIGHTS[light] for light in found.light[oven]] == ["no capacity told"] * 2
    assert found.flexible[test].tolist() == [10.0, 0.0]
    assert found.unlinked == ("ADC",)


def test_one_customer_is_held_against_what_is_told_for_it() -> None:
    found = compared(a_floor(), first_week=FIRST, weeks=1, customer="A")
    test = found.groups.index("TEST")
    assert (found.demand[test, 0], found.actual[test, 0]) == (30.0, 5.0)
    assert LIGHTS[found.light[test, 0]] == "red"
    with pytest.raises(ArgumentError, match="at least one"):
        compared(a_floor(), first_week=FIRST, weeks=0)


def test_both_sides_get_the_same_bits_whatever_the_order_of_rows() -> None:
    rows = a_floor().demand.to_pylist()
    one, other = (compared(a_floor(demand=some), first_week=FIRST, weeks=2).demand for some in (rows, rows[::-1]))
    assert one.tobytes() == other.tobytes()


def watched(before: float, now: float, **thresholds: float) -> list[str]:
    """Alerts on one week of the second sub-horizon."""

    def chain(quantity: float) -> Chain:
        return a_floor(
            links=[{"group": "TEST", "product": "MCU"}],
            demand=[{"product": "MCU", "week": week(5), "quantity": quantity}],
            alerts=[
                {"group": "TEST", "sequence": 1, "weeks": 4, "absolute_up": 0.0},
                {"group": "TEST", "sequence": 2, "weeks": 4} | thresholds,
            ],
        )  # fmt: skip

    return [alert.threshold for alert in alerts_of(chain(now), chain(before), start=FIRST).alerts]


@pytest.mark.parametrize(
    ("before", "now", "thresholds", "reached"),
    [
        (100, 120, {"relative_up": 0.2}, ["relative_up"]),
        (100, 119, {"relative_up": 0.2}, []),
        (100, 69, {"relative_down": 0.3, "relative_up": 0.1}, ["relative_down"]),
        (100, 150, {"absolute_up": 50.0, "relative_up": 0.6}, ["absolute_up"]),
        (100, 150, {"absolute_down": 1.0}, []),
        (0, 5, {"relative_up": 9.0}, ["relative_up"]),
        (100, 100, {"relative_up": 0.0}, []),
    ],
)
def test_each_sub_horizon_has_its_thresholds(
    before: float, now: float, thresholds: dict[str, float], reached: list[str]
) -> None:
    assert watched(before, now, **thresholds) == reached


def test_an_alert_reads_as_a_sentence_and_unwatched_groups_are_named() -> None:
    links = [{"group": name, "product": "MCU"} for name in ("TEST", "OVEN")]
    alerts = [{"group": "OVEN", "sequence": 1, "weeks": 2, "relative_up": 0.1}]
    before, now = (
        a_floor(links=links, alerts=alerts, demand=[{"product": "MCU", "week": week(1), "quantity": q}])
        for q in (100.0, 150.0)
    )
    found = alerts_of(now, before, start=FIRST)
    said = "OVEN in 2027-W06: demand 100 -> 150 (+50%); relative_up of sub-horizon 1 is 0.1"
    assert [str(alert) for alert in found.alerts] == [said]
    assert found.unwatched == ("TEST",)


def of_weeks(*quantities: float, supplier: str | None = None, **cells: Any) -> list[dict[str, Any]]:
    return [
        {"product": "CAR", "customer": "A", "supplier": supplier, "week": week(n - 4), "quantity": q} | cells
        for n, q in enumerate(quantities)
    ]


def test_demand_above_its_own_history_is_asked_about() -> None:
    (found,) = above_history(chain_of(demand=of_weeks(10, 10, 10, 10, 40, 20)), first_week=FIRST)
    assert str(found) == "CAR for A: 30 a week, 3.0 times the 10 of the last 4 weeks"
    assert above_history(chain_of(demand=of_weeks(10, 10, 10, 10, 15, 15)), first_week=FIRST) == ()
    assert above_history(chain_of(demand=of_weeks(10, 10, 10, 10, 40)), first_week=week(-1)) == ()
    (spike,) = above_history(chain_of(demand=of_weeks(10, 4, 10, 10, 8, 40, 0, 0, 0, 16)), first_week=FIRST)
    assert str(spike) == (
        "CAR for A: up to 40 in 2 weeks from 2027-W06 on, 4.0 times the largest of the last 4 weeks, 10"
    )
    assert above_history(chain_of(demand=of_weeks(10, 4, 10, 10, 8, 15, 0)), first_week=FIRST) == ()
    late = of_weeks(40, 40, 40, 40, 40, delivered=10.0)
    assert above_history(chain_of(demand=late), first_week=FIRST)[0].before == 10


def test_demand_with_too_short_a_history_is_named_as_not_judged() -> None:
    assert without_history(chain_of(demand=of_weeks(10, 10, 10, 10, 40)), first_week=FIRST) == ()
    assert without_history(chain_of(demand=of_weeks(10, 10, 10, 10, 40)), first_week=week(-1)) == (("CAR", "A"),)
    assert without_history(chain_of(demand=of_weeks(10, 10, 10, 10)), first_week=FIRST) == ()


def test_open_demand_begins_behind_what_came() -> None:
    group = {"groups": [{"group": "OVEN", "site": "S", "unit": "piece"}]}

    def begins(*rows: dict[str, Any], capacity: int | None = None) -> date | None:
        able = [{"group": "OVEN", "week": week(capacity), "actual": 1.0}] if capacity is not None else []
        return first_open_week(chain_of(demand=list(rows), capacity=able, **group))

    came, missed = of_weeks(10, 10, delivered=10.0), of_weeks(10, 10, delivered=4.0)
    untold = of_weeks(0, 0, 0, 5, supplier="S")[3:]
    assert begins(*of_weeks(0, 10)) == week(-4)
    assert begins(*came, *untold) == week(-1)
    assert begins(*missed, *untold) == begins(*missed, *untold, capacity=-4) == week(-4)
    assert begins(*missed, *untold, capacity=-3) == week(-3)
    assert begins(*missed, *untold, capacity=0) == week(-1)
    assert begins(*came) == week(-4)
    assert begins() is None


def test_a_need_that_stands_at_two_suppliers_is_asked_about_and_a_split_one_is_not() -> None:
    twice = of_weeks(50, 60, supplier="S") + of_weeks(50, 55, supplier="T")
    (found,) = booked_twice(chain_of(demand=twice))
    assert (found.suppliers, found.pieces) == (("S", "T"), 105.0)
    assert str(found).startswith("CAR for A: booked at S and T in 2 weeks from 2027-W01 on; 105 pieces")
    assert booked_twice(chain_of(demand=of_weeks(60, supplier="S") + of_weeks(20, supplier="T"))) == ()
