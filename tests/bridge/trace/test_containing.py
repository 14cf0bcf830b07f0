"""A containment holds all suspect pieces, tells customers, is followed to closure; a drill compares with the truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bridge.trace.told_events import story

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import Conflict, NotFound

AFTER = """\
S1,2099-01-01T00:00:00Z,scrap,in,reel,R1,18,
S2,2099-01-02T00:00:00Z,release,in,reel,R1,19..20,
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        made.trace_import(story(tmp_path))
        yield made


def test_all_suspect_pieces_are_held_and_customers_are_told(house: Workspace, tmp_path: Path) -> None:
    answer = house.trace_contain(["wafer:W1@0,1..9,1"], name="8D-7", reason="scratch: µ", out=tmp_path / "out")
    assert answer["states"] == {"in vehicle": 1, "shipped": 9}
    assert answer["customers"] == [{"party": "Demo Tier", "pieces": 9}]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "8d.md", "8d.pdf", "alert-1.json", "customers.csv",
    ]  # fmt: skip
    alert = json.loads((tmp_path / "out" / "alert-1.json").read_text(encoding="utf-8"))
    assert alert["content"]["type"] == "QM-Alert"
    assert len(alert["content"]["listOfAffectedItems"]) == 1
    report = (tmp_path / "out" / "8d.md").read_text(encoding="utf-8")
    assert "| shipped | 9 |" in report
    assert "Demo Tier: 9 pieces" in report
    assert all(row["held"] for row in house.trace_forward(["wafer:W1@0,1..9,1"])["rows"])


def test_the_status_is_followed_to_closure(house: Workspace, tmp_path: Path) -> None:
    house.trace_contain(["wafer:W1@0,1..9,1"], name="8D-7", reason="scratch")
    assert house.trace_contained("8D-7")["said"] == "8D-7: 0 of 10 pieces closed, 10 held still."
    house.trace_import(story(tmp_path, "after.csv", of=AFTER))
    answer = house.trace_contained("8D-7")
    assert answer["said"] == "8D-7: 3 of 10 pieces closed, 7 held still."
    assert {row["state"] for row in answer["rows"] if row["closed"]} == {"scrapped", "shipped"}


def test_a_held_piece_that_goes_on_is_not_closed(house: Workspace, tmp_path: Path) -> None:
    house.trace_contain(["wafer:W1@0,1..9,1"], name="8D-7", reason="scratch")
    went = "M,2099-01-01T00:00:00Z,mount,in,reel,R1,18,\nM,2099-01-01T00:00:00Z,mount,out,ecu,K9,U1,1\n"
    house.trace_import(story(tmp_path, "went.csv", of=went))
    assert house.trace_contained("8D-7")["closed"] == 0


def test_what_is_only_possible_is_held_too(house: Workspace) -> None:
    answer = house.trace_contain(["wafer:W1@0,4"], name="8D-8", reason="scratch")
    assert answer["states"] == {"in process": 60}
    assert answer["impact"].startswith("What supply loses is not known")
    assert house.trace_contained("8D-8")["pieces"] == 60


def test_a_name_is_used_once(house: Workspace) -> None:
    house.trace_contain(["wafer:W1"], name="8D-7", reason="scratch")
    with pytest.raises(Conflict, match="a containment 8D-7 is there already"):
        house.trace_contain(["wafer:W2"], name="8D-7", reason="scratch")
    with pytest.raises(NotFound):
        house.trace_contained("8D-9")


@pytest.mark.parametrize("lost", [0.0, 0.5])
def test_a_drill_leaves_nothing_out(house: Workspace, lost: float) -> None:
    before = house.trace_imports()
    answer = house.trace_drill(steps=60, lost=lost, seed=5)
    assert answer["completeness"] == 1.0
    assert 0.0 < answer["precision"] <= 1.0
    assert len(answer["rows"]) == 20
    assert house.trace_imports() == before


def test_pieces_are_closed_where_they_are_and_only_those_of_the_containment(house: Workspace, tmp_path: Path) -> None:
    house.trace_contain(["wafer:W1@0,1..9,1"], name="8D-7", reason="scratch: µ")
    scrapped = house.trace_close("8D-7", "reel:R1@18", end="scrap", reason="cracked")
    released = house.trace_close("8D-7", "reel:R1", end="release", reason="measured again")
    assert scrapped["said"] == "8D-7: 1 piece of reel:R1@18 scrapped."
    assert released["said"] == "8D-7: 8 pieces of reel:R1 released."
    answer = house.trace_contained("8D-7", out=tmp_path / "papers")
    assert answer["said"] == "8D-7: 9 of 10 pieces closed, 1 held still."
    assert answer["facts"]["reason"] == "scratch: µ"
    assert answer["customers"] == [{"party": "Demo Tier", "pieces": 8, "closed": 8}]
    assert "scratch: µ" in (tmp_path / "papers" / "8d.md").read_text("utf-8")
    (row,) = house.trace_containments()["rows"]
    assert (row["containment"], row["state"], row["pieces"], row["held"]) == ("8D-7", "held", 10, 1)
    house.trace_close("8D-7", "VIN1", end="release", reason="measured in the car")
    assert house.trace_containments()["said"] == "1 containment, 0 of them not closed."
    with pytest.raises(Conflict, match="holds no piece of reel:R1 still"):
        house.trace_close("8D-7", "reel:R1", end="scrap", reason="again")
    outside = house.trace_forward(["reel:R1@1..10"])["rows"]
    assert not any(row["held"] or row["released"] for row in outside)


def test_mixed_pieces_and_die_on_a_wafer_are_scrapped_too(house: Workspace) -> None:
    house.trace_contain(["wafer:W1@0,4..9,5", "wafer:W2@2,6..5,7"], name="8D-9", reason="scratch")
    before = house.trace_contained("8D-9")["pieces"]
    for what in ("lot:REST", "wafer:W1", "wafer:W2"):
        house.trace_close("8D-9", what, end="scrap", reason="all of it")
    answer = house.trace_contained("8D-9")
    assert (answer["closed"], answer["pieces"]) == (before, before)
