"""A plan follows qualifications by itself: in from the approval, out when it lapses or a change reopens it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.chain.books import small_book, write_book

import corecar
from corecar.bridge.workspace import Workspace

WEEKS = [f"2027-W{week:02d}" for week in range(1, 9)]
LAST = datetime(2027, 2, 7, tzinfo=UTC)
"""The Sunday of 2027-W05."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    """A chain whose only test route is qualified no more, so that no car of eight weeks can be built."""
    book = small_book()
    book["routes"][1] |= {"ppap": "none", "valid_until": "2026-01-01"}
    book["bills"] = book["bills"][:2]
    book["demand"] = [{"product": "CAR", "customer": "CARS", "week": week, "quantity": "1000"} for week in WEEKS]
    book["capacity"] = [{"group": "FAB-1", "week": WEEKS[0], "actual": "100"}]
    book["capacity"] += [{"group": "OSAT-1", "week": week, "actual": "10"} for week in WEEKS]
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        made.chain_import([write_book(book, tmp_path / "chain")])
        made.qualify_open("MCU", grade=1, package="bga", wire="gold", change="package-marking",
                          detail=["rework-or-new-cure=no"], route="MCU-T")  # fmt: skip
        yield made


def approved(house: Workspace, until: datetime | None = None) -> None:
    house.qualify_propose(1, reason="whole")
    house.qualify_approve(1, reason="seen", until=until)


def supplied(house: Workspace) -> tuple[float, list[str]]:
    answer: dict[str, Any] = house.plan()
    return sum(row["supplied"] for row in answer["rows"]), [
        note for note in answer["notes"] if note.startswith("Route ")
    ]


def test_a_route_is_in_the_plan_from_its_approval_on_and_out_again_when_a_change_reopens_it(house: Workspace) -> None:
    assert supplied(house) == (0, [])
    approved(house)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert supplied(house) == (8000, [f"Route MCU-T is qualified from {today} on by qualification 1."])
    house.qualify_reopen(1, reason="new wire", change="wire-bonding")
    assert supplied(house) == (0, [f"Route MCU-T is out: qualification 1 was reopened on {today}."])


def test_a_route_lapses_in_the_plan_with_the_last_day_of_its_approval(house: Workspace) -> None:
    approved(house, LAST)
    pieces, (note,) = supplied(house)
    assert 0 < pieces < 8000
    assert note.endswith("until 2027-02-07 by qualification 1.")


def test_one_that_is_open_decides_nothing_and_a_kept_plan_stays_what_it_was(house: Workspace) -> None:
    approved(house)
    first = house.plan()
    house.qualify_open("MCU", grade=1, package="bga", wire="copper", change="wire-bonding", route="MCU-T")
    assert supplied(house)[0] == 8000
    house.qualify_reopen(1, reason="a change")
    answer = house.plan_whatif(scenarios=["demand * +0%"], plan=first["plan"])
    assert answer["rows"][0]["supplied"] == 8000


def test_an_approval_that_is_past_leaves_the_route_out(house: Workspace) -> None:
    approved(house, datetime.now(UTC) + timedelta(days=1))
    assert supplied(house)[0] == 0


def test_stress_concentration_and_indicators_follow_qualifications_as_a_plan_does(house: Workspace) -> None:
    """The table has the only test route of the chip as out: nothing is there to be stopped until it is approved."""
    approved(house)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    answer = house.stress()
    assert f"Route MCU-T is qualified from {today} on by qualification 1." in answer["notes"]
    assert {row["stage"] for row in house.concentration()["rows"] if row["product"] == "MCU"} >= {"test"}
    covered = house.indicators()["rows"]
    house.qualify_reopen(1, reason="new wire", change="wire-bonding")
    again = house.stress()
    assert f"Route MCU-T is out: qualification 1 was reopened on {today}." in again["notes"]
    assert house.indicators()["rows"] != covered


def test_the_cells_of_a_kept_plan_stand_as_the_qualifications_were_when_it_was_made(house: Workspace) -> None:
    approved(house)
    house.plan()
    (kept,) = house.plan_list()["rows"]
    house.qualify_reopen(1, reason="new wire", change="wire-bonding")
    assert house.plan_show(kept["plan"])["rows"][0]["supplied"] > 0
