"""A chip whose ECID says another die than its events or its map is listed, and gives an alert."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.trace.told_events import story
from tests.trace.test_ecids import encoded

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import Conflict, MappingError, NotFound
from corecar.formats.stdf.encode import encode_record

LAYOUT = """\
[ecid]
decoder = "bit-fields"
bits = 64
[lot]
bits = [0, 26]
form = "base36"
prefix = "S"
digits = 5
[wafer]
bits = [26, 6]
prefix = "W"
digits = 2
[x]
bits = [32, 12]
form = "signed"
[y]
bits = [44, 12]
form = "signed"
"""
GOOD, BAD, ODD = encoded(1, 1, 2, 3), encoded(1, 1, 9, 9), "0xNONE"
EVENTS = f"""\
A,2026-03-01T08:00:00Z,create,out,wafer,S00001-W01,"0,0..9,9",100
B,2026-03-02T08:00:00Z,transform,in,wafer,S00001-W01,"2,3",1
B,2026-03-02T08:00:00Z,transform,out,unit,U1,,1
B,2026-03-02T08:00:00Z,transform,with,ecid,{GOOD},,
C,2026-03-02T08:00:00Z,transform,in,wafer,S00001-W01,"4,4",1
C,2026-03-02T08:00:00Z,transform,out,unit,U2,,1
T,2026-03-03T08:00:00Z,test,in,unit,U2,,
T,2026-03-03T08:00:00Z,test,with,ecid,{BAD},,
V,2026-03-03T08:00:00Z,test,in,unit,U1,,
V,2026-03-03T08:00:00Z,test,with,ecid,{ODD},,
"""


def probed(path: Path, chips: dict[tuple[int, int], str]) -> Path:
    """A file of wafer W01 of lot S00001, whose chips tell their identity by generic data."""
    records: list[tuple[str, dict[str, Any]]] = [
        ("FAR", {"CPU_TYPE": 2, "STDF_VER": 4}),
        ("MIR", {"LOT_ID": "S00001", "PART_TYP": "P", "TST_TEMP": "25", "START_T": 1_770_000_000}),
        ("WIR", {"HEAD_NUM": 1, "WAFER_ID": "W01"}),
    ]
    for (x, y), chip in chips.items():
        name = {"code": "Cn", "value": "ECID"}
        records.append(("PIR", {"HEAD_NUM": 1, "SITE_NUM": 1}))
        records.append(("GDR", {"GEN_DATA": [name, {"code": "Cn", "value": chip}]}))
        records.append(("PRR", {"HEAD_NUM": 1, "SITE_NUM": 1, "NUM_TEST": 0, "PART_FLG": 0, "HARD_BIN": 1,
                                "SOFT_BIN": 1, "X_COORD": x, "Y_COORD": y, "TEST_T": 0}))  # fmt: skip
    records.append(("WRR", {"HEAD_NUM": 1, "FINISH_T": 1_770_000_100, "PART_CNT": len(chips)}))
    records.append(("MRR", {"FINISH_T": 1_770_000_200}))
    path.write_bytes(b"".join(encode_record(name, values, big_endian=False) for name, values in records))
    return path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("chips")
    layout = folder / "layout.toml"
    layout.write_text(LAYOUT, encoding="utf-8")
    with corecar.init(folder / "house", owner="Demo House") as made:
        made.trace_import(story(folder, of=EVENTS))
        with pytest.raises(Conflict, match="nobody said how ECIDs are decoded"):
            made.trace_ecids()
        assert "ecid" not in made.alerts_now()
        made.trace_decoder(layout)
        chips = {(0, 0): encoded(1, 1, 0, 0), (0, 1): encoded(1, 1, 5, 5), (0, 2): encoded(2, 1, 0, 2)}
        made.ingest([probed(folder / "sort.stdf", chips)], workers="inline")
        yield made


def test_an_identity_leads_to_the_die_that_the_genealogy_knows(house: Workspace) -> None:
    answer = house.trace_decode(GOOD)
    assert answer["facts"] == {"lot": "S00001", "wafer": "W01", "x": 2, "y": 3, "what": "wafer:S00001-W01@2,3"}
    assert house.trace_forward([answer["facts"]["what"]])["rows"][0]["id"] == "U1"
    assert house.trace_decode(encoded(7, 1, 0, 0))["facts"]["what"] is None
    with pytest.raises(NotFound, match="no die has this identity"):
        house.trace_decode("0xNONE")


def test_chips_that_say_another_die_than_their_events_or_their_map_are_listed(house: Workspace) -> None:
    answer = house.trace_ecids()
    assert (answer["agree"], answer["differ"]) == (2, 4)
    rows = {row["ecid"]: row for row in answer["rows"]}
    assert rows[BAD]["says"] == "S00001 W01 (9, 9)"
    assert rows[BAD]["recorded"] == "S00001-W01 (4, 4)"
    assert rows[BAD]["where"] == "event of unit U2"
    assert "no number to base 16" in rows[ODD]["why"]
    assert rows[encoded(1, 1, 5, 5)]["recorded"] == "W01 (0, 1)"
    assert rows[encoded(1, 1, 5, 5)]["where"] == "test data of lot S00001"
    assert rows[encoded(2, 1, 0, 2)]["why"] == "of lot S00001"
    assert GOOD not in rows


def test_each_of_them_is_an_alert(house: Workspace) -> None:
    assert {row["ecid"] for row in house.alerts_now(kind=["ecid"])["ecid"]} == {
        row["ecid"] for row in house.trace_ecids()["rows"]
    }


def test_a_layout_may_be_a_table(house: Workspace, tmp_path: Path) -> None:
    table = tmp_path / "layout.csv"
    table.write_text(
        "field,first,bits,form,prefix,digits\necid,,64,hex,,\nlot,0,26,base36,S,5\nwafer,26,6,,W,2\n"
        "x,32,12,signed,,\ny,44,12,signed,,\n", encoding="utf-8",
    )  # fmt: skip
    before = house.trace_decode(GOOD)
    house.trace_decoder(table)
    assert house.trace_decode(GOOD) == before
    table.write_text("field,first,bits\necid,,many\n", encoding="utf-8")
    with pytest.raises(MappingError, match="line 2: first, bits and digits"):
        house.trace_decoder(table)


def test_a_layout_that_cannot_be_used_changes_nothing(house: Workspace, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text('[ecid]\ndecoder = "mine"\n', encoding="utf-8")
    with pytest.raises(MappingError, match="there are bit-fields, pattern"):
        house.trace_decoder(broken)
    assert house.trace_decode(GOOD)["facts"]["wafer"] == "W01"
