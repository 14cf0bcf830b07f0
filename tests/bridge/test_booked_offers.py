"""Offers of laboratories: drawn on by a schedule, booked by it, gone for everybody else, cancelled, moved."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.laboratories import OFFERS, PARTIES, laboratories
from tests.bridge.negotiators import Table
from tests.chain.books import write_book
from tests.database_server import DatabaseServer

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, ArgumentError, Conflict, CorecarError, Infeasible, NotFound

HAST = ["O-HAST"]
NEED = {
    "need": "N-HAST", "party": "DEMO-CHIPS", "kind": "reliability", "title": "HAST", "quantity": "168", "unit": "hour",
    "from_week": "2027-W07", "until_week": "2027-W08",
}  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    with laboratories(tmp_path) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Table]:
    database: str | None = None
    if request.param == "postgresql":
        server: DatabaseServer = request.getfixturevalue("database_server")
        database = server.fresh()
    with laboratories(tmp_path, database) as made:
        yield made


def scheduled(house: Workspace, number: int, offers: list[str] = HAST, **how: Any) -> dict[str, Any]:
    answer: dict[str, Any] = house.qualify_schedule([number], offer=offers, start="2027-W05", **how)
    return answer


def weeks_of(answer: dict[str, Any]) -> list[tuple[str, int, str, str]]:
    return [(row["test"], row["lot"], row["first_week"], row["last_week"]) for row in answer["bookings"]]


def test_a_schedule_draws_on_offers_and_says_which_each_stress_is_at(table: Table) -> None:
    answer = scheduled(table.ann, 1, ["all", "O-TEST"])
    at = {(row["test"], row["lot"]): (row["offer"], row["laboratory"]) for row in answer["rows"]}
    assert {at["A2", lot] for lot in (1, 2, 3)} == {("O-HAST", "DEMO-LAB")}
    assert at["A4", 1] == ("O-TC", "DEMO-LAB")
    assert at["A1", 1] == ("O-HUM", "DEMO-LAB")
    # one chamber all week is 168 hours at 20 EUR; two lots of 77 parts lie in 154 places at once
    costs = {row["test"]: row["cost"] for row in answer["rows"]}
    assert costs["A2"] == 168 * 20
    taken = {row["offer"]: row["quantity"] for row in answer["bookings"]}
    assert (taken["O-HAST"], taken["O-TC"], taken["O-HUM"]) == (168, 168, 77)
    hours = [row for row in answer["bookings"] if row["offer"] == "O-TEST"]
    assert {row["equipment"] for row in hours} == {"tester"}
    by_week: dict[str, float] = {}
    for row in hours:
        assert row["first_week"] == row["last_week"] or row["quantity"] <= 40
        by_week[row["first_week"]] = by_week.get(row["first_week"], 0.0) + row["quantity"]
    assert max(by_week.values()) <= 40
    assert f"corecar qualify book {answer['facts']['schedule']}" in answer["said"]


def test_what_is_booked_is_kept_with_who_when_and_for_what(table: Table) -> None:
    number = scheduled(table.ann, 1)["facts"]["schedule"]
    answer = table.ann.qualify_book(number)
    assert answer["said"] == f"6 bookings of schedule {number} made."
    rows = table.ann.qualify_bookings(number=1)["rows"]
    assert {
        (row["state"], row["booked_by"], row["by"], row["offer"], row["quantity"], row["unit"]) for row in rows
    } == {("booked", "DEMO-OSAT", "ann", "O-HAST", 168, "hour")}
    assert {(row["test"], row["lot"]) for row in rows} == {(test, lot) for test in ("A2", "A3") for lot in (1, 2, 3)}
    (entry,) = [row for row in table.ann.qualify_show(1)["history"] if row["kind"] == "booking"]
    assert "A2, lot 1: 168 hours a week of O-HAST, 2027-W" in entry["said"]
    # the laboratory sees what is booked at its offers, another house does not
    assert len(table.lab.qualify_bookings()["rows"]) == 6
    assert table.lab.qualify_bookings()["rows"][0]["product"] == "ANN-MCU"
    assert table.bo.qualify_bookings()["rows"] == []
    with pytest.raises(AccessDenied):
        table.rea.qualify_book(number)


def test_what_is_booked_is_gone_for_a_later_schedule_of_somebody_else(table: Table) -> None:
    free = scheduled(table.bo, 2)
    table.ann.qualify_book(scheduled(table.ann, 1)["facts"]["schedule"])
    later = scheduled(table.bo, 2)
    assert later["products"][0]["ppap"] >= free["products"][0]["ppap"]
    mine = {row["first_week"] for row in later["bookings"]}
    theirs = {row["first_week"] for row in table.ann.qualify_bookings()["rows"]}
    assert not mine & theirs
    with pytest.raises(Conflict) as told:
        table.bo.qualify_book(free["facts"]["schedule"])
    first = free["bookings"][0]
    assert str(told.value) == (
        f"offer O-HAST of DEMO-LAB has no room in {first['first_week']} for {first['test']}, lot {first['lot']}: "
        "168 of 168 hours are booked, 168 were asked for. Nothing was booked. "
        "Make the schedule again: corecar qualify schedule"
    )
    assert table.bo.qualify_bookings()["rows"] == []
    table.bo.qualify_book(later["facts"]["schedule"])


def test_who_is_refused_hears_what_the_whole_schedule_asks_for_in_that_week(table: Table) -> None:
    theirs, mine = scheduled(table.ann, 1, ["O-TEST"]), scheduled(table.bo, 2, ["O-TEST"])
    table.ann.qualify_book(theirs["facts"]["schedule"])
    with pytest.raises(Conflict) as told:
        table.bo.qualify_book(mine["facts"]["schedule"])
    found = re.search(r"in (2027-W\d\d) .*: (\d+) of 40 hours are booked, (\d+) were asked for", str(told.value))
    assert found is not None
    sums = [sum(row["quantity"] for row in answer["bookings"] if row["first_week"] <= found[1] <= row["last_week"])
            for answer in (theirs, mine)]  # fmt: skip
    assert sums == [int(found[2]), int(found[3])]
    assert sum(sums) > 40


def test_two_bookings_at_once_one_wins_and_the_other_is_told(either: Table, tmp_path: Path) -> None:
    numbers = {"ann": scheduled(either.ann, 1), "bo": scheduled(either.bo, 2)}
    barrier, told = threading.Barrier(2), dict[str, dict[str, Any] | CorecarError]()

    def one(name: str) -> None:
        with corecar.open(tmp_path / "house", actor=name) as house:
            barrier.wait(30)
            try:
                told[name] = house.qualify_book(numbers[name]["facts"]["schedule"])
            except CorecarError as error:
                told[name] = error

    threads = [threading.Thread(target=one, args=(name,)) for name in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    (winner,) = [name for name, answer in told.items() if isinstance(answer, dict)]
    (loser,) = set(numbers) - {winner}
    assert isinstance(told[loser], Conflict)
    assert "has no room in 2027-W" in str(told[loser])
    assert {row["booked_by"] for row in either.lab.qualify_bookings()["rows"]} == {
        {"ann": "DEMO-OSAT", "bo": "DEMO-CHIPS"}[winner]
    }


def of_hast(answer: dict[str, Any]) -> set[str]:
    return {row["need"] for row in answer["rows"] if row["offer"] == "O-HAST"}


def test_match_takes_what_is_booked_off_the_offer_in_those_weeks_alone(table: Table, tmp_path: Path) -> None:
    late = NEED | {"need": "N-LATE", "from_week": "2027-W25", "until_week": "2027-W26"}
    table.bo.chain_import([write_book({"parties": PARTIES, "needs": [NEED, late]}, tmp_path / "needs")])
    both = {"N-HAST", "N-LATE"}
    assert of_hast(table.bo.match()) == both
    booking = table.ann.qualify_book(scheduled(table.ann, 1)["facts"]["schedule"])
    assert {"2027-W07", "2027-W08"} & {row["first_week"] for row in booking["rows"]}
    answer = table.bo.match()
    assert of_hast(answer) == {"N-LATE"}
    (miss,) = [row for row in table.bo.match(need="N-HAST")["refused"] if row["offer"] == "O-HAST"]
    assert "168 hours a week (168 of them booked by then) offered" in miss["why"]
    assert "What is booked of offers is not there in its weeks: O-HAST." in answer["notes"]
    assert "N-HAST" not in of_hast(table.bo.match(by="quantity"))
    numbers = [row["booking"] for row in table.ann.qualify_bookings()["rows"]]
    table.ann.qualify_cancel(numbers, reason="the wafers are late")
    assert of_hast(table.bo.match()) == both


def test_a_booking_is_cancelled_with_a_reason_by_its_party_or_by_the_laboratory(table: Table) -> None:
    table.ann.qualify_book(scheduled(table.ann, 1)["facts"]["schedule"], test=["A2"])
    one, two, three = sorted(row["booking"] for row in table.ann.qualify_bookings()["rows"])
    with pytest.raises(ArgumentError):
        table.ann.qualify_cancel([one], reason=" ")
    with pytest.raises(NotFound):
        table.bo.qualify_cancel([one], reason="ours")
    table.ann.qualify_cancel([one], reason="the wafers are late")
    table.lab.qualify_cancel([two], reason="the chamber is broken")
    with pytest.raises(Conflict, match="stands no more: the wafers are late"):
        table.ann.qualify_cancel([one], reason="again")
    every = {row["booking"]: row for row in table.ann.qualify_bookings(every=True)["rows"]}
    assert [(every[each]["state"], every[each]["why"], every[each]["ended_by"]) for each in (one, two, three)] == [
        ("cancelled", "the wafers are late", "ann"), ("cancelled", "the chamber is broken", "lab"),
        ("booked", None, None),
    ]  # fmt: skip
    assert [row["booking"] for row in table.ann.qualify_bookings()["rows"]] == [three]


def test_a_schedule_made_again_says_what_it_would_move_and_moves_it_when_it_is_booked(table: Table) -> None:
    number = scheduled(table.ann, 1)["facts"]["schedule"]
    table.ann.qualify_book(number)
    same = scheduled(table.ann, 1)
    assert "What is booked already stands in this schedule as it is." in same["notes"]
    assert table.ann.qualify_book(same["facts"]["schedule"])["said"].endswith("made. 6 bookings stood already.")
    moved = table.ann.qualify_schedule([1], offer=HAST, start="2027-W07")
    assert any(note.startswith("6 bookings of 6 that stand are not in this schedule: ") for note in moved["notes"])
    assert table.ann.qualify_book(moved["facts"]["schedule"])["said"].endswith("made. 6 earlier bookings moved.")
    states = [row["state"] for row in table.ann.qualify_bookings(every=True)["rows"]]
    assert sorted(states) == ["booked"] * 6 + ["moved"] * 6
    assert {row["schedule"] for row in table.ann.qualify_bookings()["rows"]} == {moved["facts"]["schedule"]}


def test_an_offer_that_says_too_little_or_is_not_there_is_told(table: Table) -> None:
    with pytest.raises(NotFound, match='no offer "O-HASTE"'):
        scheduled(table.ann, 1, ["O-HASTE"])
    with pytest.raises(ArgumentError, match="O-RES: it does not say of what equipment it is"):
        scheduled(table.ann, 1, ["O-RES"])
    with pytest.raises(ArgumentError, match="hours a week of the tester were expected, it says 154 pieces"):
        scheduled(table.ann, 1, ["O-HUM=tester"])
    with pytest.raises(ArgumentError, match='no test needs a "HAST oven"'):
        scheduled(table.ann, 1, ["O-HAST=HAST oven"])
    with pytest.raises(ArgumentError, match="neither a laboratory's table nor an offer"):
        table.ann.qualify_schedule([1], start="2027-W05")
    with pytest.raises(Infeasible):
        table.ann.qualify_schedule([1], offer=HAST, start="2027-W28")
    with pytest.raises(NotFound, match="no schedule 99"):
        table.ann.qualify_book(99)
    own = scheduled(table.ann, 1)["facts"]["schedule"]
    with pytest.raises(NotFound, match="no schedule"):
        table.bo.qualify_book(own)


def test_an_offer_that_changed_after_the_schedule_is_not_booked_beyond_what_it_has(
    table: Table, tmp_path: Path
) -> None:
    number = scheduled(table.ann, 1)["facts"]["schedule"]
    fewer = [OFFERS[0] | {"quantity": "84"}, *OFFERS[1:]]
    table.lab.chain_import([write_book({"offers": fewer}, tmp_path / "fewer")])
    with pytest.raises(Conflict, match="0 of 84 hours are booked, 168 were asked for"):
        table.ann.qualify_book(number)
