"""A new recipe over old lots: what it newly rejects is followed to where it is now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bridge.houses import small_lot
from tests.bridge.trace.told_events import story

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, NotFound

EVENTS = """\
A1,2026-03-01T08:00:00Z,create,out,wafer,SIM00001-W01,"1,1..9,9",60
A2,2026-03-02T08:00:00Z,transform,in,wafer,SIM00001-W01,"1,1..9,4",36
A2,2026-03-02T08:00:00Z,transform,out,strip,S1,"1,1..9,4",36
A3,2026-03-03T08:00:00Z,pack,in,strip,S1,"1,1..9,4",36
A3,2026-03-03T08:00:00Z,pack,out,reel,R1,1..36,36
A4,2026-03-04T08:00:00Z,ship,in,reel,R1,,
A4,2026-03-04T08:00:00Z,ship,with,party,Demo Tier,,
"""
STRICT = '[recipe]\nname = "strict"\nversion = "2"\n[dynamic-pat]\nwidth = 2.5\nleast = 20\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rescreened")
    (folder / "strict.toml").write_text(STRICT, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[Workspace]:
    with corecar.init(folder / "house", owner="Demo House") as made:
        made.ingest([small_lot(folder, 1), small_lot(folder, 2)], workers="inline")
        made.grade("SIM00001")
        made.trace_import(story(folder, of=EVENTS))
        yield made


def newly(folder: Path) -> set[str]:
    """The parts that the strict recipe rejects and the recipe of before does not, found without a workspace."""
    lot = corecar.read(folder / "lot1.stdf")
    ships = [
        {row["unit"] for row in corecar.grade(lot, recipe=recipe).dispositions.to_pylist() if row["shippable"]}
        for recipe in ("aec-q001", folder / "strict.toml")
    ]
    return ships[0] - ships[1]


def test_the_parts_that_are_newly_rejected_are_followed_by_state(house: Workspace, folder: Path) -> None:
    answer = house.trace_rescreen(folder / "strict.toml", ["SIM00001"])
    wanted = newly(folder)
    assert len(wanted) > 2
    assert {row["part"] for row in answer["suspects"]} == wanted
    shipped = sum(int(unit.split(", ")[-1].rstrip(")")) <= 4 for unit in wanted)
    assert 0 < shipped < len(wanted)
    assert answer["states"] == {"in process": len(wanted) - shipped, "shipped": shipped}
    assert {row["party"] for row in answer["rows"] if row["state"] == "shipped"} == {"Demo Tier"}
    (tally,) = answer["lots"]
    assert tally["newly_rejected"] == len(wanted)
    assert answer["said"].startswith(f"strict 2: {len(wanted)} parts of 1 lot newly rejected.")


def test_each_suspect_is_named_as_a_containment_takes_it(house: Workspace, folder: Path) -> None:
    suspects = house.trace_rescreen(folder / "strict.toml", ["SIM00001"])["suspects"]
    rows = house.trace_forward([row["what"] for row in suspects])
    assert sum(rows["states"].values()) == len(suspects)
    assert suspects[0]["what"].startswith("wafer:SIM00001-W01@")


def test_the_same_recipe_again_makes_no_suspect(house: Workspace) -> None:
    answer = house.trace_rescreen("aec-q001", ["SIM00001"])
    assert answer["suspects"] == []
    assert answer["said"].endswith("0 parts of 1 lot newly rejected. Nothing of them is in the genealogy.")


def test_lots_are_asked_for_and_what_is_not_known_is_said(house: Workspace, folder: Path) -> None:
    lot = corecar.read(folder / "lot1.stdf")
    product = lot.runs["product"].to_pylist()[0]
    answer = house.trace_rescreen(folder / "strict.toml", product=product)
    assert [row["lot"] for row in answer["lots"]] == ["SIM00001", "SIM00002"]
    notes = " ".join(answer["notes"])
    assert "Lot SIM00002 was not graded at" in notes
    assert "of lot SIM00002: no event tells of their wafers or units." in notes
    with pytest.raises(ArgumentError, match="no lot is named"):
        house.trace_rescreen("aec-q001")
    with pytest.raises(NotFound, match="no lot is such"):
        house.trace_rescreen("aec-q001", product="NONE")
