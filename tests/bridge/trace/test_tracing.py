"""Events go into a workspace whole or not at all, and are asked back and forward on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.trace.told_events import STORY, rows, story

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, MappingError, NotFound


@pytest.fixture
def house(tmp_path: Path, catalogue_url: str) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House", database=catalogue_url) as made:
        yield made


@pytest.fixture
def told(house: Workspace, tmp_path: Path) -> Workspace:
    house.trace_import(story(tmp_path))
    return house


def by_id(rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["class"], row["id"]): row for row in rows}


def test_a_car_leads_back_to_its_die_with_tools_and_material(told: Workspace) -> None:
    answer = told.trace_back("VIN1")
    assert answer["said"] == "VIN1: the die of W1 at 6,1."
    found = by_id(answer["rows"])
    assert (found["wafer", "W1"]["places"], found["reel", "R1"]["places"]) == ("6,1", "17")
    assert {("equipment", "BOND-3"), ("batch", "WIRE-9"), ("test_program", "P7 rev B"), ("party", "Demo Tier")} <= set(
        found
    )
    assert all(row["sure"] for row in answer["rows"])
    assert ("wafer", "W2") not in found


def test_a_zone_of_a_wafer_leads_to_where_its_pieces_are(told: Workspace) -> None:
    answer = told.trace_forward(["wafer:W1@0,1..9,1"])
    found = by_id(answer["rows"])
    assert set(found) == {("reel", "R1"), ("vehicle", "VIN1")}
    assert (found["reel", "R1"]["state"], found["reel", "R1"]["party"]) == ("shipped", "Demo Tier")
    assert (found["reel", "R1"]["places"], found["reel", "R1"]["pieces"]) == ("11..16; 18..20", 9)
    assert found["vehicle", "VIN1"]["state"] == "in vehicle"
    assert {row["resolution"] for row in answer["rows"]} == {"unit"}


def test_what_mixed_is_told_no_finer_than_it_is_and_why(told: Workspace) -> None:
    answer = told.trace_forward(["wafer:W1@0,4"])
    (row,) = answer["rows"]
    assert (row["id"], row["sure"], row["resolution"], row["pieces"]) == ("REST", False, "lot", 60)
    assert "pieces mixed into lot REST in event E6" in row["why"]


def test_a_tool_in_a_time_window_leads_to_all_that_it_made(told: Workspace) -> None:
    answer = told.trace_forward(["equipment:BOND-3"], since=march(5), until=march(6))
    assert answer["states"] == {"in process": 60, "in vehicle": 1, "shipped": 39}
    with pytest.raises(NotFound, match="no event in that time used it"):
        told.trace_forward(["equipment:BOND-3"], since=march(6))
    moment = datetime(2026, 3, 5, 8, tzinfo=UTC)
    assert told.trace_forward(["equipment:BOND-3"], since=moment, until=moment)["states"] == answer["states"]
    with pytest.raises(ArgumentError, match="a time window goes with what events used"):
        told.trace_forward(["wafer:W1"], since=march(6))


def march(day: int) -> datetime:
    return datetime(2026, 3, day, tzinfo=UTC)


def test_a_later_file_goes_on_where_an_earlier_one_ended(house: Workspace, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    for number, events in enumerate(("E1 E2 T1", "E3 E4", "E5 E6 E7", "E8", "E9")):
        house.trace_import(story(tmp_path, f"{number}.csv", of=rows(events)))
    with corecar.init(whole / "house", owner="Demo House") as other:
        other.trace_import(story(whole))
        for ask in ("VIN1", "lot:REST"):
            assert house.trace_back(ask) == other.trace_back(ask)
        assert house.trace_forward(["wafer:W1"]) == other.trace_forward(["wafer:W1"])


def test_the_same_file_twice_is_taken_once(told: Workspace, tmp_path: Path) -> None:
    assert told.trace_import(story(tmp_path, "again.csv"))["new"] is False
    assert [row["events"] for row in told.trace_imports()["rows"]] == [10]


def test_a_file_with_a_fault_leaves_nothing(told: Workspace, tmp_path: Path) -> None:
    before = told.trace_forward(["wafer:W1"])
    wrong = 'X1,2026-04-01T08:00:00Z,scrap,in,wafer,W1,"0,9",1\nX2,2026-04-01T08:00:00Z,scrap,in,wafer,W1,"0,0",1\n'
    with pytest.raises(MappingError, match=r"line 3: event X2 .*place 0,0 of wafer W1 was emptied before"):
        told.trace_import(story(tmp_path, "wrong.csv", of=wrong))
    with pytest.raises(MappingError, match="it is recorded already"):
        told.trace_import(story(tmp_path, "twice.csv", of=rows("E9") + "\n"))
    assert told.trace_forward(["wafer:W1"]) == before
    assert len(told.trace_imports()["rows"]) == 1


def test_a_try_takes_nothing(house: Workspace, tmp_path: Path) -> None:
    assert house.trace_import(story(tmp_path), try_only=True)["said"].endswith("10 events fit. Nothing was taken in.")
    assert house.trace_imports()["rows"] == []


def test_a_name_that_nothing_has_says_what_is_alike(told: Workspace) -> None:
    with pytest.raises(NotFound, match=r'Did you mean "VIN1"\?'):
        told.trace_back("VIN2")


def test_a_party_sees_one_step_and_what_is_shared(house: Workspace, tmp_path: Path) -> None:
    house.parties_add("Demo Tier", kind="tier-1")
    house.people_add("boss", role="administrator")
    house.people_add("tia", role="engineer", party="Demo Tier")
    mine, theirs = "E1 E2 T1 E3 E4 E5 E6 E7", "E8 E9"
    boss = Workspace(house.store, "boss")
    tier = Workspace(house.store, "tia")
    boss.trace_import(story(tmp_path, "mine.csv", of=rows(mine)))
    tier.trace_import(story(tmp_path, "theirs.csv", of=rows(theirs)))
    assert {row["class"] for row in tier.trace_back("VIN1")["rows"]} == {"vehicle", "ecu", "reel"}
    down = boss.trace_forward(["wafer:W1@6,1"])
    assert [(row["class"], row["owner"]) for row in down["rows"]] == [("ecu", "Demo Tier")]
    assert any("Demo Tier" in note for note in down["notes"])
    with pytest.raises(NotFound):
        boss.trace_back("VIN1")
    tier.trace_share("Demo House")
    assert [row["class"] for row in boss.trace_forward(["wafer:W1@6,1"])["rows"]] == ["vehicle"]
    tier.trace_unshare("Demo House")
    assert boss.trace_forward(["wafer:W1@6,1"]) == down
    assert len(STORY.splitlines()) == 23
