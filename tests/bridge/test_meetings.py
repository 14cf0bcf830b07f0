"""Meetings: proposed from ranked pairs, seated without double bookings, recorded, followed up, shared."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.bridge.houses import house_in
from tests.chain.books import write_book
from tests.match.markets import BASE, NEED, OFFER

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound

DAY = datetime(2027, 1, 20)
PARTIES = [
    {"party": name, "name": f"Demo {name}", "kind": "designer"} for name in ("C1", "C2", "C3", "S1", "S2", "S3")
]  # fmt: skip
BARE = {"site": ""}


@pytest.fixture
def house(tmp_path: Path) -> Any:
    needs = [NEED | BARE | {"need": f"N{place}{extra}", "party": f"C{place}"} for place in (1, 2, 3) for extra in "ab"]
    offers = [OFFER | BARE | {"offer": f"O{place}", "party": f"S{place}"} for place in (1, 2, 3)]
    tables = {"parties": [*BASE["parties"], *PARTIES], "needs": needs, "offers": offers}
    with house_in(tmp_path) as made:
        made.chain_import([write_book(tables, tmp_path / "chain")])
        yield made


def propose(house: Workspace, **how: Any) -> Any:
    return house.meeting_propose("Demo Day", day=DAY, place="Demo Town", **{"per_offer": 6, **how})


def test_a_meeting_is_seated_without_double_bookings_and_kept(house: Workspace) -> None:
    tried = propose(house, try_only=True)
    assert house.meeting_list()["rows"] == []
    made = propose(house)
    assert made["rows"] == tried["rows"]
    assert made["said"] == "Meeting 1, Demo Day, is on 2027-01-20 in Demo Town: 9 talks of 6 parties."
    seats = {(row["round"], row["table"], row["needed_by"], row["offered_by"]) for row in made["rows"]}
    assert len(made["rows"]) == 18
    assert len(seats) == 9
    assert set(Counter((at, party) for at, _, *both in seats for party in both).values()) == {1}
    assert {at for at, *_ in seats} == {1, 2, 3}
    shown = house.meeting_show(1)
    assert [[row[key] for key in ("pair", "round", "table", "need", "offer")] for row in shown["rows"]] == [
        [row[key] for key in ("pair", "round", "table", "need", "offer")] for row in made["rows"]
    ]


def test_talks_for_which_there_is_no_seat_are_told(house: Workspace) -> None:
    made = propose(house, rounds=2, tables=2)
    assert made["notes"][0] == "5 talks found no seat; more --rounds or --tables would seat them."
    assert len({(row["round"], row["table"]) for row in made["rows"] if row["round"]}) == 4


def test_a_day_that_has_passed_and_a_meeting_that_is_there_already_are_told(house: Workspace) -> None:
    far = datetime(2999, 1, 20)
    assert house.meeting_propose("Demo Day", day=far, place="Demo Town", per_offer=6)["notes"] == []
    again = "Demo Day on 2999-01-20 is there already, as meeting 1. Cancel the one that is not meant."
    assert house.meeting_propose(" Demo Day", day=far, place="x", try_only=True)["notes"] == [again]
    house.meeting_cancel(1, reason="moved")
    assert house.meeting_propose("Demo Day", day=far, place="x", try_only=True)["notes"] == []
    past = house.meeting_propose("Old Day", day=datetime(2020, 1, 20), place="x", try_only=True)["notes"]
    assert past == ["2020-01-20 has passed. Pairs of which nothing is told are due: corecar meeting due"]


def test_what_came_of_a_pair_and_what_is_due_is_listed_until_it_is_done(house: Workspace) -> None:
    propose(house)
    late, later = datetime(2026, 1, 5), datetime(2099, 1, 5)
    house.meeting_record(1, 1, "going-on", note="good", next_step="send samples", responsible="Lin", due=late)
    house.meeting_record(1, 2, "agreed", next_step="memorandum", responsible="Demo S1", due=later)
    house.meeting_record(1, 3, "absent")
    listed = house.meeting_due()["rows"]
    assert [(row["pair"], row["overdue"], row["responsible"]) for row in listed] == [
        (1, True, "Lin"), (2, False, "Demo S1"),
    ]  # fmt: skip
    assert [row["pair"] for row in house.meeting_due(until=datetime(2027, 1, 1))["rows"]] == [1]
    assert [row["pair"] for row in house.meeting_due(responsible="Demo S1")["rows"]] == [2]
    (row,) = house.meeting_list()["rows"]
    counts = {key: row[key] for key in ("pairs", "met", "agreed", "going_on", "declined", "absent", "not_told")}
    assert counts == {"pairs": 18, "met": 2, "agreed": 1, "going_on": 1, "declined": 0, "absent": 1, "not_told": 15}
    assert row["overdue"] == 1
    house.meeting_record(1, 1, "declined", note="too dear")
    assert [row["pair"] for row in house.meeting_due()["rows"]] == [2]
    history = [(row["pair"], row["outcome"]) for row in house.meeting_show(1)["history"]]
    assert history == [(1, "going-on"), (2, "agreed"), (3, "absent"), (1, "declined")]


def test_what_came_of_a_meeting_is_history_of_the_next_match(house: Workspace) -> None:
    made = propose(house)
    best = made["rows"][0]
    pair = next(row["pair"] for row in made["rows"] if row["need"] == "N1a" and row["offer"] == "O2")
    assert best["score"] == pytest.approx(made["rows"][-1]["score"])
    house.meeting_record(1, pair, "agreed")
    told = house.match(need="N1a", explain=True, day=DAY)
    assert told["rows"][0]["offer"] == "O2"
    why = [row["why"] for row in told["parts"] if (row["offer"], row["part"]) == ("O2", "history")]
    assert why == ["agreed at Demo Day, 2027-01-20"]


def test_what_is_wrong_with_a_record_is_told(house: Workspace) -> None:
    propose(house)
    with pytest.raises(NotFound, match="meeting list"):
        house.meeting_record(2, 1, "agreed")
    with pytest.raises(NotFound, match="no pair 99"):
        house.meeting_record(1, 99, "agreed")
    with pytest.raises(ArgumentError, match="--responsible and --due"):
        house.meeting_record(1, 1, "agreed", next_step="call")
    with pytest.raises(ArgumentError, match="going-on"):
        house.meeting_record(1, 1, "fine")
    with pytest.raises(ArgumentError, match="nobody to bring together"):
        house.meeting_propose("Nobody", day=DAY, place="x", kind=["research"])
    with pytest.raises(ArgumentError, match="name and a place"):
        house.meeting_propose(" ", day=DAY, place="x")


def test_a_meeting_is_cancelled_with_a_reason_unless_it_took_place(house: Workspace) -> None:
    propose(house)
    propose(house)
    house.meeting_record(1, 1, "agreed")
    with pytest.raises(Conflict, match="took place"):
        house.meeting_cancel(1, reason="snow")
    with pytest.raises(ArgumentError, match="--reason"):
        house.meeting_cancel(2, reason=" ")
    house.meeting_cancel(2, reason="snow")
    with pytest.raises(Conflict, match="snow"):
        house.meeting_record(2, 1, "agreed")
    assert [row["cancelled"] for row in house.meeting_list()["rows"]] == ["snow", None]


def test_a_meeting_is_its_owners_until_it_is_shared(house: Workspace) -> None:
    propose(house)
    house.parties_add("Demo Cars", kind="carmaker")
    house.people_add("ann", role="engineer", party="Demo Cars")
    with corecar.open(house.store.folder, actor="ann") as ann:
        assert ann.meeting_list()["rows"] == []
        with pytest.raises(NotFound):
            ann.meeting_show(1)
        house.meeting_share(1, "Demo Cars")
        assert [row["owner"] for row in ann.meeting_list()["rows"]] == ["Demo House"]
        assert len(ann.meeting_show(1)["rows"]) == 18
        with pytest.raises(AccessDenied, match="Only its owner"):
            ann.meeting_record(1, 1, "agreed")
        house.meeting_unshare(1, "Demo Cars")
        assert ann.meeting_list()["rows"] == []
    with pytest.raises(NotFound, match="not shared"):
        house.meeting_unshare(1, "Demo Cars")
    with pytest.raises(ArgumentError, match="sees it anyway"):
        house.meeting_share(1, "Demo House")


def test_the_workbook_has_the_plan_and_each_partys_day(house: Workspace, tmp_path: Path) -> None:
    propose(house)
    house.meeting_record(1, 1, "agreed")
    house.meeting_show(1, out=tmp_path / "day.xlsx")
    book = openpyxl.load_workbook(tmp_path / "day.xlsx")
    assert book.sheetnames == ["Table plan", "By party", "Pairs", "History"]
    grid = list(book["Table plan"].iter_rows(min_row=3, values_only=True))
    assert grid[0] == (None, "Table 1", "Table 2", "Table 3")
    assert sorted(cell for row in grid[1:4] for cell in row[1:] if cell) == sorted(
        f"C{one} / S{two}" for one in (1, 2, 3) for two in (1, 2, 3)
    )
    rounds = Counter((row[0], row[1]) for row in book["By party"].iter_rows(min_row=2, max_col=2, values_only=True))
    assert len(rounds) == 6 * 3
    with pytest.raises(ArgumentError, match=r"meeting\.xlsx"):
        house.meeting_show(1, out=tmp_path / "day.pdf")
