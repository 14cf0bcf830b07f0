"""A containment on a workspace that holds both: traced events, and a chain whose plan counts on lots in process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from tests.bridge.houses import house_in
from tests.bridge.trace.told_events import story
from tests.chain.books import contested_book, write_book

from corecar.agree.contained import pages_text
from corecar.bridge.workspace import Workspace

EVENTS = """\
A1,2026-12-01T08:00:00Z,create,out,lot,L2,,3000
A2,2026-12-02T08:00:00Z,split,in,lot,L2,,1000
A2,2026-12-02T08:00:00Z,split,out,reel,R1,1..1000,1000
A2,2026-12-02T08:00:00Z,split,with,batch,EMC-7,,
A3,2026-12-03T08:00:00Z,ship,in,reel,R1,,
A3,2026-12-03T08:00:00Z,ship,with,party,Demo Cars,,
B1,2026-12-01T08:00:00Z,create,out,lot,ELSE,,50
B2,2026-12-02T08:00:00Z,transform,in,lot,ELSE,,50
B2,2026-12-02T08:00:00Z,transform,out,strip,S9,1..50,50
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    book = contested_book()
    book["parties"] = [
        {**row, **({"bpnl": "BPNL00000003CSGV"} if row["name"] == "Demo Cars" else {})} for row in book["parties"]
    ]
    with house_in(tmp_path) as made:
        made.chain_import([write_book(book, tmp_path / "chain")])
        made.plan()
        made.trace_import(story(tmp_path, of=EVENTS))
        yield made


def test_lots_in_process_that_are_held_take_cars_out_of_the_plan(house: Workspace, tmp_path: Path) -> None:
    answer = house.trace_contain(["lot:L2"], name="8D-1", reason="mould voids", out=tmp_path / "out")
    assert answer["states"] == {"in process": 2000, "shipped": 1000}
    assert answer["impact"].startswith("1 lot stopped: 3,000 good pieces of MCU do not come")
    assert sum(row["never"] for row in answer["losses"]) == 1500
    assert answer["losses"] == house.impact(["L2"])["rows"]
    report = (tmp_path / "out" / "8d.md").read_text(encoding="utf-8")
    assert answer["impact"] in report


def test_the_lot_behind_strips_in_process_counts(house: Workspace) -> None:
    answer = house.trace_contain(["strip:S9"], name="8D-2", reason="scratch")
    assert "(ELSE) is no lot in the chain's work in process" in answer["impact"]
    assert answer["losses"] == []


def test_the_alert_bears_the_numbers_of_its_parties_and_says_whose_are_missing(
    house: Workspace, tmp_path: Path
) -> None:
    answer = house.trace_contain(["lot:L2"], name="8D-1", reason="mould voids", out=tmp_path / "out")
    header = json.loads((tmp_path / "out" / "alert-1.json").read_text(encoding="utf-8"))["header"]
    assert (header["senderBpn"], header["receiverBpn"]) == ("Demo House", "BPNL00000003CSGV")
    (note,) = answer["notes"]
    assert note.startswith("No business partner number of Demo House is known")


def test_the_8d_is_a_pdf_with_d3_filled_in(house: Workspace, tmp_path: Path) -> None:
    answer = house.trace_contain(["lot:L2"], name="8D-1", reason="mould voids µ", out=tmp_path / "out")
    document = (tmp_path / "out" / "8d.pdf").read_bytes()
    assert PdfFileReader(BytesIO(document)).root["/Type"] == "/Catalog"
    pages = "".join(pages_text(document, "8d.pdf").split())
    told = ("D3 Containment", "in process 2,000", "Demo Cars: 1,000 pieces, alert written", "mould voids µ")
    heads = [f"D{number}" for number in range(1, 9)]
    assert [one for one in (*told, answer["impact"][:60], *heads) if one.replace(" ", "") not in pages] == []
