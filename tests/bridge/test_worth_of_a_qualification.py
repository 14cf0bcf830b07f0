"""What approving a qualification would earn, in cars and weeks, from the prices of a kept plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.chain.books import small_book, write_book

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import Conflict

LAPSED = {"ppap": "none", "valid_until": "2026-01-01"}
WEEKS = [f"2027-W{week:02d}" for week in range(1, 9)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    """A chain whose only test route is qualified no more, so that no car of eight weeks can be built."""
    book = small_book()
    book["routes"][1] |= LAPSED
    book["bills"] = book["bills"][:2]
    book["demand"] = [{"product": "CAR", "customer": "CARS", "week": week, "quantity": "1000"} for week in WEEKS]
    book["capacity"] = [{"group": "FAB-1", "week": WEEKS[0], "actual": "100"}]
    book["capacity"] += [{"group": "OSAT-1", "week": week, "actual": "120"} for week in WEEKS]
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        made.chain_import([write_book(book, tmp_path / "chain")])
        made.plan()
        yield made


def test_a_qualification_is_worth_the_cars_that_its_route_lets_build(house: Workspace) -> None:
    given = {"grade": 1, "package": "bga", "wire": "gold", "change": "package-marking"}
    house.qualify_open("MCU", **given, route="MCU-T")
    soon = house.qualify_worth(1, week="2027-W04")["rows"][1]
    late = house.qualify_worth(1, week="2027-W08")["rows"][1]
    assert (soon["supplied_change"], soon["value_change"]) == (8000, 160_000_000)
    assert late["on_time"] < soon["on_time"]


def test_one_that_is_about_no_route_says_so(house: Workspace) -> None:
    house.qualify_open("MCU", grade=1, package="bga", wire="gold")
    with pytest.raises(Conflict, match="about no route"):
        house.qualify_worth(1, week="2027-W04")
