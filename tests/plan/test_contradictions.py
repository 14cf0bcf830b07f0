"""A signed minimum and a signed maximum that cannot both be kept: the plan names the two of them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.network.test_network_of_a_chain import week
from tests.network.test_promises import ALL, made, two_customers
from tests.network.test_signed_promises import SITES, volume

from corecar.bridge.agree.signed_volumes import breach_notes, breached
from corecar.chain.chain import Chain
from corecar.chain.weeks import week_name
from corecar.network.agreements import with_signed
from corecar.plan.rules import Rule
from corecar.plan.steering import plan_network
from corecar.plan.tables import plan_tables

BREACH_OF_BOTH = (
    "breach: M-1, volume 1 (MCU of CHIPS for North): 57 missing, 2027-W09 to 2027-W09. "
    "M-2, volume 1 maximum stands against it."
)


def only_north() -> Chain:
    demand = [{"product": "CAR", "customer": "North", "week": week(number), "quantity": 1_000.0} for number in ALL]
    return two_customers(None, sites=SITES, demand=demand)


def at_most(amount: float, **changed: Any) -> dict[str, Any]:
    """A second memorandum that agrees on no more than a maximum, the same in every week."""
    weeks = [[week_name(week(number)), 0.0, 0.0, amount] for number in ALL]
    return volume(0.0, clause="M-2 volume 1", product="", group="PACK", weeks=weeks) | changed


def floors_with(volumes: list[dict[str, Any]], rule: Rule) -> list[dict[str, Any]]:
    chain = only_north()
    network = with_signed(chain, made(chain), volumes)
    rows: list[dict[str, Any]] = plan_tables(plan_network(network, rule=rule))["floors"].to_pylist()
    return rows


@pytest.mark.parametrize("rule", ["cost", "max_min_fill"])
def test_of_a_minimum_and_a_maximum_that_contradict_each_other_the_plan_names_both(rule: Rule) -> None:
    """95 good pieces of 0.95 need 100 starts in week 3; the group allows 40 up to then. So 38 pieces come of 95."""
    volumes = [volume(95.0, product="MCU"), at_most(10.0)]
    (row,) = breached(floors_with(volumes, rule), volumes)
    assert (row["memorandum"], row["clause"], row["missing"]) == ("M-1", "volume 1", 57)
    assert row["against"] == "M-2, volume 1 maximum"
    assert breach_notes([row]) == [BREACH_OF_BOTH]


def test_where_a_plan_breaks_some_of_both_each_names_the_other() -> None:
    """Up to week 4 a test more breaks the one maximum, which costs less than a promised test; from then on two."""
    volumes = [volume(60.0, product="", group="TEST"), at_most(5.0, product="MCU", group="")]
    rows = breached(floors_with(volumes, "cost"), volumes)
    assert [(row["memorandum"], row["clause"], row["missing"], row["against"]) for row in rows] == [
        ("M-1", "volume 1", 28, "M-2, volume 1 maximum"),
        ("M-2", "volume 1 maximum", 5, "M-1, volume 1"),
    ]


@pytest.mark.parametrize("rule", ["cost", "max_min_fill"])
def test_a_minimum_that_no_maximum_stands_against_names_none(rule: Rule) -> None:
    volumes = [volume(950.0, product="MCU"), at_most(2_000.0)]
    (row,) = breached(floors_with(volumes, rule), volumes)
    assert row["missing"] > 0
    assert "against" not in row


def test_a_plan_kept_before_this_was_told_names_none() -> None:
    volumes = [volume(95.0, product="MCU"), at_most(10.0)]
    rows = [{key: value for key, value in row.items() if key != "against"} for row in floors_with(volumes, "cost")]
    assert "against" not in breached(rows, volumes)[0]
