"""Genealogy comes in as E142 transfer maps and Catena-X messages, and goes out as messages that fit their schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft4Validator  # type: ignore[import-untyped]
from tests.bridge.trace.told_events import story

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, DamagedSource, UnknownFormat

SCHEMAS = Path(__file__).resolve().parents[4] / "shared" / "data" / "catenax"
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MAP = """<?xml version="1.0"?>
<MapData xmlns="urn:semi-org:xsd.E142-1.V1005.SubstrateMap"><SubstrateMaps>
 <SubstrateMap SubstrateType="Strip" SubstrateId="S1" LayoutSpecifier="StripLayout/ChipLayout">
  <Overlay MapName="Xfer" MapVersion="1"><TransferMap FromSubstrateType="Wafer" FromSubstrateId="W1">
   {transfers}</TransferMap></Overlay>
 </SubstrateMap></SubstrateMaps></MapData>
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        yield made


def map_file(folder: Path, *transfers: tuple[int, int, int, int]) -> Path:
    items = "".join(f'<T FX="{a}" FY="{b}" TX="{c}" TY="{d}"/>' for a, b, c, d in transfers)
    path = folder / "strip.xml"
    path.write_text(MAP.format(transfers=items), encoding="utf-8")
    return path


def wafer(folder: Path) -> Path:
    return story(folder, "wafer.csv", of='E1,2025-12-01T00:00:00Z,create,out,wafer,W1,"0,0..9,9",100\n')


def test_a_transfer_map_tells_each_die_its_place_on_the_strip(house: Workspace, tmp_path: Path) -> None:
    house.trace_import(wafer(tmp_path))
    turned = [(9 - x, 7, x, 0) for x in range(10)] + [(x, 3, x, 1) for x in range(10)]
    house.trace_import(map_file(tmp_path, *turned), at=NEW_YEAR)
    assert house.trace_back("strip:S1@2,0")["said"] == "strip:S1@2,0: the die of W1 at 7,7."
    assert house.trace_back("strip:S1@2,1")["said"] == "strip:S1@2,1: the die of W1 at 2,3."
    rows = house.trace_forward(["wafer:W1@0,3..9,3"])["rows"]
    assert [(row["class"], row["places"], row["pieces"]) for row in rows] == [("strip", "0,1..9,1", 10)]


def test_a_map_without_transfers_is_refused(house: Workspace, tmp_path: Path) -> None:
    with pytest.raises(DamagedSource, match="there is no transfer in it"):
        house.trace_import(map_file(tmp_path))
    broken = tmp_path / "broken.xml"
    broken.write_text(MAP.format(transfers='<T FX="1" FY="1" TX="1"/>'), encoding="utf-8")
    with pytest.raises(DamagedSource, match="lacks FX, FY, TX or TY"):
        house.trace_import(broken)


def test_messages_fit_the_published_schemas(house: Workspace, tmp_path: Path) -> None:
    house.trace_import(story(tmp_path))
    answer = house.trace_export("vehicle:VIN1", out=tmp_path / "out", bpnl="BPNL00000003CSGV", part="CHIP-7")
    assert {row["aspect"] for row in answer["rows"]} == {
        "SerialPart", "Batch", "SingleLevelBomAsBuilt", "SingleLevelUsageAsBuilt",
    }  # fmt: skip
    for path in sorted((tmp_path / "out").iterdir()):
        aspect = path.name.split("-", 1)[0]
        message = json.loads(path.read_text(encoding="utf-8"))
        assert misfits(aspect, message) == [], path.name


def misfits(aspect: str, message: Any) -> list[str]:
    schema = json.loads((SCHEMAS / f"{aspect}-schema.4.0.0.json").read_text(encoding="utf-8"))
    return [error.message for error in Draft4Validator(schema).iter_errors(message)]


def test_what_one_workspace_tells_another_understands(house: Workspace, tmp_path: Path) -> None:
    house.trace_import(story(tmp_path))
    house.trace_export("vehicle:VIN1", out=tmp_path / "out", bpnl="BPNL00000003CSGV", part="CHIP-7")
    kept = [path for path in (tmp_path / "out").iterdir() if about_car(path)]
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for path in kept:
        path.rename(theirs / path.name)
    with corecar.init(tmp_path / "tier", owner="Demo Tier") as tier:
        lot = "R1,2026-03-01T00:00:00Z,create,out,lot,R1,,40\n"
        tier.trace_import(story(tmp_path, "reel.csv", of=lot))
        assert tier.trace_import(theirs)["events"] == 2
        found = {(row["class"], row["id"]) for row in tier.trace_back("VIN1")["rows"]}
        assert found == {("vehicle", "VIN1"), ("ecu", "K1"), ("lot", "R1")}


def about_car(path: Path) -> bool:
    """Whether a message tells what the reel, the ECU or the car are, or what went into the ECU and the car."""
    message = json.loads(path.read_text(encoding="utf-8"))
    if path.name.startswith("SingleLevelBom"):
        return len(message["childItems"]) == 1 and message["childItems"][0]["quantity"]["value"] == 1.0
    names = {one["value"] for one in message.get("localIdentifiers", [])}
    return bool(names & {"R1", "K1", "VIN1"})


def test_other_json_and_other_numbers_are_refused(house: Workspace, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"globalAssetId": "x"}', encoding="utf-8")
    with pytest.raises(UnknownFormat, match="this is none of SerialPart"):
        house.trace_import(other)
    house.trace_import(story(tmp_path))
    with pytest.raises(ArgumentError, match="bpnl"):
        house.trace_export("vehicle:VIN1", out=tmp_path / "out", bpnl="DEMO", part="CHIP-7")
