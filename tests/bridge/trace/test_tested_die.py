"""A backward answer tells of every die what testing said: bins, verdict, limit records, values of tests."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import small_lot
from tests.bridge.trace.told_events import story

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import NotFound

EVENTS = """\
A1,2026-03-01T08:00:00Z,create,out,wafer,W01,"1,1..9,9",60
A2,2026-03-02T08:00:00Z,transform,in,wafer,W01,"2,2",1
A2,2026-03-02T08:00:00Z,transform,out,unit,U1,,1
B1,2026-03-01T08:00:00Z,create,out,wafer,SIM00001-W01,"1,1..9,9",60
C1,2026-03-01T08:00:00Z,create,out,wafer,W99,"1,1..9,9",60
D1,2026-03-01T08:00:00Z,create,out,lot,SIM00001,,1
D2,2026-03-02T08:00:00Z,transform,in,lot,SIM00001,,1
D2,2026-03-02T08:00:00Z,transform,out,unit,000001,,1
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("tested")
    with corecar.init(folder / "house", owner="Demo House") as made:
        made.ingest([small_lot(folder, 1)], workers="inline")
        made.grade("SIM00001")
        made.trace_import(story(folder, of=EVENTS))
        yield made


@pytest.fixture(scope="module")
def lot(house: Workspace) -> corecar.Lot:
    return corecar.read(house.store.folder.parent / "lot1.stdf")  # type: ignore[union-attr]


def part_at(lot: corecar.Lot, x: int, y: int) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = [row for row in lot.parts.to_pylist() if (row["x"], row["y"]) == (x, y)]
    return found


def test_a_unit_leads_to_bins_and_verdict_of_its_die(house: Workspace, lot: corecar.Lot) -> None:
    answer = house.trace_back("U1", results=True)
    (row,) = answer["die"]
    part, graded = part_at(lot, 2, 2), corecar.grade(lot)
    (judged,) = [one for one in graded.dispositions.to_pylist() if one["part"] == part["part"]]
    assert (row["die"], row["lot"]) == ("W01 (2, 2)", "SIM00001")
    assert (row["hard_bin"], row["soft_bin"]) == (part["hard_bin"], part["soft_bin"])
    assert row["verdict"] == ("good" if judged["shippable"] else "screened out")
    assert row["recipe"] == graded.recipe
    assert "values" in answer
    assert answer["values"] == []


def test_the_limit_records_it_was_judged_by_are_named_by_their_hash(house: Workspace) -> None:
    answer = house.trace_back("U1", results=True)
    (record,) = answer["limit_records"]
    assert (record["screen"], len(record["sha256"])) == ("dynamic-pat", 64)
    assert answer["die"][0]["limit_records"] == f"dynamic-pat {record['sha256'][:12]}"


def test_values_are_those_of_the_file(house: Workspace, lot: corecar.Lot) -> None:
    part = part_at(lot, 2, 2)["part"]
    truth = {row["test"]: row["value"] for row in lot.results.to_pylist() if row["part"] == part}
    truth = {test: None if math.isnan(value) else value for test, value in truth.items()}
    names = {row["test"]: row["name"] for row in lot.tests.to_pylist()}
    every = house.trace_back("U1", test=["all"])["values"]
    assert {row["name"]: row["value"] for row in every} == {names[test]: value for test, value in truth.items()}
    number = every[0]["number"]
    assert house.trace_back("U1", test=[str(number)])["values"] == every[:1]
    assert {row["name"] for row in house.trace_back("U1", test=["idd*"])["values"]} == {
        name for name in names.values() if name.startswith("IDD")
    }


def test_a_wafer_that_is_named_after_its_lot_is_found(house: Workspace) -> None:
    answer = house.trace_back("wafer:SIM00001-W01@2,2", results=True)
    assert [row["lot"] for row in answer["die"]] == ["SIM00001"]
    assert answer["notes"] == []


def test_a_wafer_without_its_lot_is_matched_where_one_lot_alone_has_it_and_that_is_said(house: Workspace) -> None:
    answer = house.trace_back("wafer:W01@3,2", results=True)
    assert answer["die"][0]["lot"] == "SIM00001"
    assert "SIM00001 is the only one with test data of it" in answer["notes"][0]


def test_where_nothing_is_known_the_answer_says_so(house: Workspace) -> None:
    answer = house.trace_back("wafer:W99@2,2", results=True)
    assert (answer["die"][0]["verdict"], answer["die"][0]["why"]) == (
        "not known", "no lot with test data of it is known",
    )  # fmt: skip
    assert "No lot has test data of a wafer W99." in answer["notes"]
    assert house.trace_back("wafer:W99@2,2", lot=["SIM00001"])["die"][0]["why"] == "no test data of it in SIM00001"
    with pytest.raises(NotFound, match="SIM00001"):
        house.trace_back("wafer:W99", lot=["SIM0001"])


def test_a_unit_is_found_by_its_serial_number(house: Workspace, lot: corecar.Lot) -> None:
    (row,) = house.trace_back("unit:000001", results=True)["die"]
    (part,) = [one for one in lot.parts.to_pylist() if one["part_id"] == "000001"]
    assert (row["die"], row["part_id"], row["hard_bin"]) == ("000001", "000001", part["hard_bin"])


def test_of_many_die_the_first_are_told_and_all_are_counted(house: Workspace) -> None:
    answer = house.trace_back("wafer:W01", results=True, limit=5)
    assert len(answer["die"]) == 5
    assert "81 die are behind it: results of the first 5 are told. Raise --limit." in answer["notes"]


def test_two_lots_with_a_wafer_of_one_name_are_told_and_none_is_guessed(tmp_path: Path) -> None:
    with corecar.init(tmp_path / "house", owner="Demo House") as house:
        house.ingest([small_lot(tmp_path, 1), small_lot(tmp_path, 2)], workers="inline")
        house.trace_import(story(tmp_path, of=EVENTS))
        answer = house.trace_back("wafer:W01@3,2", results=True)
        assert answer["die"][0]["verdict"] == "not known"
        assert "2 lots have test data of a wafer of this name: SIM00001, SIM00002" in answer["notes"][0]
        (row,) = house.trace_back("wafer:W01@3,2", lot=["SIM00002"])["die"]
        assert (row["lot"], row["recipe"]) == ("SIM00002", "")
        assert row["why"].startswith("lot SIM00002 was not graded")
