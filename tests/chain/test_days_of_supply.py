"""Days of supply: the standard's table, and what it means at the ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.chain.days_of_supply import days_of_supply
from corecar.errors import ArgumentError

CHECKS = Path(__file__).parents[3] / "shared" / "data" / "chain" / "checks.json"

amounts = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), min_size=1, max_size=12)


def test_the_table_of_the_standard() -> None:
    if not CHECKS.exists():
        pytest.skip(f"{CHECKS} is not there")
    for case in json.loads(CHECKS.read_text("utf-8"))["cx0145_days_of_supply"]["cases"]:
        found = days_of_supply(case["stock0"], case["demand"], case["deliveries"])
        assert found.tolist() == pytest.approx(case["dos"])


def test_days_without_demand_are_covered_and_a_long_stock_counts_the_days_that_are_known() -> None:
    assert days_of_supply(10, [0, 0, 20, 5], [0, 0, 0, 0]).tolist() == [1.5, 0.5, 0.0]
    assert days_of_supply(100, [1, 1, 1], [0, 0, 0]).tolist() == [2.0, 1.0]
    assert days_of_supply(0, [5, 0], [0, 0]).tolist() == [0.0]


@given(st.integers(0, 200), amounts)
def test_what_a_day_covers_is_what_lies_there(stock: int, days: list[tuple[int, int]]) -> None:
    """Taking whole days and the part of the next from the stock leaves nothing, unless it lasts to the end."""
    demand, deliveries = [day[0] for day in days], [day[1] for day in days]
    left = stock
    for day, lasts in enumerate(days_of_supply(stock, demand, deliveries).tolist()):
        left += deliveries[day] - demand[day]
        following = demand[day + 1 :]
        whole = int(lasts)
        covered = sum(following[:whole]) + (lasts - whole) * (following[whole] if whole < len(following) else 0)
        assert covered <= max(left, 0) + 1e-9
        assert whole == len(following) or covered == pytest.approx(max(left, 0)) or left < 0


@pytest.mark.parametrize(
    ("stock", "demand", "deliveries"), [(-1, [1], [0]), (1, [float("nan")], [0]), (1, [1, 2], [0])]
)
def test_what_is_no_stock_is_refused(stock: float, demand: list[float], deliveries: list[float]) -> None:
    with pytest.raises(ArgumentError, match="expected"):
        days_of_supply(stock, demand, deliveries)
