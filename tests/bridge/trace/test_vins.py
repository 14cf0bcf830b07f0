"""Vehicles may be kept by a keyed hash of their number; a question by the plain number works still."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bridge.trace.told_events import story

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, Conflict, MappingError, NotFound, WorkspaceError

KEY = "0123456789abcdef0123456789abcdef"
SECOND = """\
X1,2026-03-12T08:00:00Z,mount,in,reel,R1,18,
X1,2026-03-12T08:00:00Z,mount,out,ecu,K2,U1,1
X2,2026-03-13T08:00:00Z,install,in,ecu,K2,,
X2,2026-03-13T08:00:00Z,install,out,vehicle,{vin},{place},1
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    monkeypatch.setenv("CORECAR_VIN_KEY", KEY)
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        made.trace_import(story(tmp_path))
        yield made


def names_at_rest(house: Workspace) -> str:
    """All bytes of the catalogue."""
    with house.store.catalogue.reading() as session:
        from sqlalchemy import text

        return " ".join(row[0] for row in session.execute(text("SELECT name FROM trace_things")))


def test_no_number_is_left_and_a_question_by_number_works(house: Workspace) -> None:
    before = house.trace_back("VIN1")
    assert "VIN1" in names_at_rest(house)
    assert house.trace_vins("hashed")["hashed"] == 1
    assert "VIN1" not in names_at_rest(house)
    for asked in ("VIN1", "vehicle:VIN1", "vin1", "VIN1@brake"):
        answer = house.trace_back(asked)
        assert answer["said"].endswith(before["said"].split(": ", 1)[1])
        assert answer["rows"][0]["id"].startswith("hmac:")
    assert [row["class"] for row in house.trace_forward(["VIN1"])["rows"]] == ["vehicle"]


def test_vehicles_that_come_in_later_are_hashed_and_checked_as_before(house: Workspace, tmp_path: Path) -> None:
    house.trace_vins("hashed")
    with pytest.raises(MappingError, match="brake"):
        house.trace_import(story(tmp_path, "twice.csv", of=SECOND.format(vin="vin1", place="brake")))
    house.trace_import(story(tmp_path, "more.csv", of=SECOND.format(vin="VIN2", place="brake")))
    assert "VIN2" not in names_at_rest(house)
    assert house.trace_back("VIN2")["said"].startswith("VIN2: the die of W1")


def test_an_export_says_that_it_tells_the_hash(house: Workspace, tmp_path: Path) -> None:
    house.trace_vins("hashed")
    answer = house.trace_export("VIN1", out=tmp_path / "out", bpnl="BPNL00000003CSGV", part="CHIP-7")
    assert answer["notes"] == ["1 vehicle: told by a keyed hash, not by the number (VIN), as kept."]
    written = " ".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").iterdir())
    assert "VIN1" not in written
    assert any("hmac:" in json.dumps(json.loads(path.read_text())) for path in (tmp_path / "out").iterdir())


def test_without_the_key_or_with_another_it_is_told(
    house: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.trace_vins("hashed")
    monkeypatch.setenv("CORECAR_VIN_KEY", "another key, just as long")
    with pytest.raises(WorkspaceError, match="not the key under which vehicles are hashed"):
        house.trace_back("VIN1")
    with pytest.raises(Conflict, match="under another key"):
        house.trace_vins("hashed")
    monkeypatch.delenv("CORECAR_VIN_KEY")
    with pytest.raises(WorkspaceError, match="CORECAR_VIN_KEY: holds no key"):
        house.trace_import(story(tmp_path, "more.csv", of=SECOND.format(vin="VIN2", place="brake")))
    assert house.trace_back("K1")["said"].startswith("K1: the die")
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    house.trace_vins("hashed", key_file=file)
    assert house.trace_back("VIN1")["said"].startswith("VIN1: the die")
    with pytest.raises(ArgumentError, match="Name one of them"):
        house.trace_vins("hashed", key_file=file, key_variable="CORECAR_X")


def test_plain_again_holds_for_those_to_come(house: Workspace, tmp_path: Path) -> None:
    house.trace_vins("hashed")
    house.trace_vins("plain")
    house.trace_import(story(tmp_path, "more.csv", of=SECOND.format(vin="VIN2", place="brake")))
    names = names_at_rest(house)
    assert "VIN2" in names
    assert "VIN1" not in names
    assert house.trace_back("VIN1")["rows"][0]["class"] == "vehicle"
    with pytest.raises(NotFound):
        house.trace_back("VIN3")
