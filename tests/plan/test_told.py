"""Figures of a plan by arithmetic that can be done by hand, from its tables alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.plan.drawn_networks import drawn_network

from corecar.plan import told
from corecar.plan.steering import plan_network
from corecar.plan.tables import PLAN_TABLES, plan_tables


def supply(*rows: tuple[str, list[float], list[float]]) -> Any:
    """Demands with what is wanted and what comes in each week, a piece worth 10."""
    found: list[dict[str, Any]] = []
    for name, wanted, came in rows:
        behind = np.cumsum(np.array(wanted) - np.array(came)).tolist()
        for week, values in enumerate(zip(wanted, came, behind, strict=True), 1):
            found.append({"demand": name, "product": name, "customer": "", "priority": 1, "week": f"2027-W{week:02}",
                          "wanted": values[0], "supplied": values[1], "behind": values[2], "value": 10.0})  # fmt: skip
    schema = pa.schema([pa.field(column.name, column.type) for column in PLAN_TABLES["supply"]])
    return pa.Table.from_pylist(found, schema=schema)


def test_late_and_short_are_told_apart() -> None:
    """100 wanted in each of three weeks; 60, 100, 100 come: 40 behind throughout, of which the last never come."""
    (row,) = told.programs(supply(("CAR", [100, 100, 100], [60, 100, 100])))
    assert (row["short"], row["late"]) == (40, 80)
    assert row["on_time"] == pytest.approx(0.6)
    assert row["fill"] == pytest.approx(260 / 300)
    assert row["weeks_behind"] == pytest.approx(120 / 300)
    assert (row["value"], row["value_short"]) == (2600, 400)


def test_the_worst_stands_first_and_the_whole_is_their_sum() -> None:
    table = supply(("A", [10, 10], [10, 10]), ("B", [10, 10], [0, 10]), ("C", [10, 10], [0, 20]))
    assert [row["demand"] for row in told.programs(table)] == ["B", "C", "A"]
    whole = told.whole(table)
    assert (whole["wanted"], whole["supplied"], whole["short"], whole["late"]) == (60, 50, 10, 20)
    assert whole["on_time"] == pytest.approx(0.5)


def test_a_change_is_priced_by_what_is_supplied() -> None:
    before, now = supply(("A", [10], [4]), ("B", [5], [5])), supply(("A", [10], [9]), ("B", [5], [5]), ("C", [2], [2]))
    rows = told.changes(before, now)
    assert [(row["demand"], row["gain"]) for row in rows] == [("A", 50), ("C", 20)]
    assert rows[1]["wanted_before"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_tables_of_a_plan_hold_all_that_it_is(seed: int) -> None:
    planned = plan_network(drawn_network(seed, tightness=0.5))
    tables = plan_tables(planned)
    assert tables["supply"]["supplied"].to_numpy().sum() == pytest.approx(planned.plan.supplied.sum())
    assert tables["starts"]["pieces"].to_numpy().sum() == pytest.approx(planned.plan.start.sum(), abs=1e-3)
    assert tables["load"]["load"].to_numpy().sum() == pytest.approx(planned.plan.load.sum())
    whole = told.whole(tables["supply"])
    assert whole["short"] == pytest.approx(planned.plan.short.sum(), abs=1e-3)
    assert whole["supplied"] + whole["short"] == pytest.approx(whole["wanted"])
    groups = told.groups(tables["load"])
    assert {row["group"] for row in groups} == set(planned.network.groups.names)
    assert all(row["use"] <= 1 + 1e-6 for row in groups)


def test_a_plan_up_to_the_actual_capacity_is_full_by_that() -> None:
    network = drawn_network(1, tightness=0.3)
    groups = told.groups(plan_tables(plan_network(network, limit="actual"))["load"])
    assert max(row["full"] for row in groups) > 0


def test_a_plan_without_floors_breaks_none_and_one_with_tells_which() -> None:
    network = drawn_network(2)
    assert told.breaches(plan_tables(plan_network(network))["floors"]) == []
    from corecar.network.arrays import Floor

    promised = replace(network, floors=(Floor("agreed", "supplied", (0,), (1, 3), 1e5, 1e4),))
    (row,) = told.breaches(plan_tables(plan_network(promised))["floors"])
    assert row["clause"] == "agreed"
    assert row["from_week"] < row["until_week"]
    assert 0 < row["missing"] < row["promised"] == 1e5


def test_a_group_that_is_not_used_has_no_fullest_week() -> None:
    rows = [{"group": name, "site": "S", "unit": "piece", "week": f"2027-W{week:02}", "asked": 0.0, "load": load,
             "actual": 9.0, "maximum": 9.0, "limit": 9.0, "light": "green"}
            for name, loads in (("IDLE", (0.0, 0.0)), ("BUSY", (1.0, 5.0)))
            for week, load in enumerate(loads, 1)]  # fmt: skip
    schema = pa.schema([pa.field(column.name, column.type) for column in PLAN_TABLES["load"]])
    found = {row["group"]: row["fullest"] for row in told.groups(pa.Table.from_pylist(rows, schema=schema))}
    assert found == {"IDLE": None, "BUSY": "2027-W02"}
