"""Assembly measurements of fictional lots in a workspace: taken in, charted, judged, holding the lot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.bridge.houses import small_lot

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, ArgumentError, MappingError, NotFound

MAPPING = """
[columns]
step = "step"
lot = "lot"
strip = "strip"
machine = "machine"
characteristic = "characteristic"
value = "value"
unit = "unit"
low_limit = "low"
high_limit = "high"
time = "time"

[characteristics."wire pull"]
special = true
"""
HEADER = "step,lot,strip,machine,characteristic,value,unit,low,high,time\n"


def pulls(lot: str, day: int, mean: float, seed: int, sd: float = 0.4) -> str:
    """Wire pulls of a lot: 5 strips with 8 readings each [gf]."""
    random = np.random.default_rng(seed)
    return "".join(
        f"wire bond,{lot},S{strip},WB-07,wire pull,{random.normal(mean, sd):.3f},gf,4,,"
        f"2026-11-{day:02d} 0{strip}:{reading:02d}\n"
        for strip in range(1, 6)
        for reading in range(8)
    )


def thickness(lot: str, day: int) -> str:
    """Bond line thicknesses whose spread is too wide for the limits [um]."""
    random = np.random.default_rng(9)
    return "".join(
        f"die attach,{lot},S1,DA-02,bond line thickness,{random.normal(25, 5.5):.3f},um,10,40,"
        f"2026-11-{day:02d} 10:{n:02d}\n"
        for n in range(40)
    )


def put(house: Workspace, folder: Path, text: str, name: str) -> dict[str, object]:
    (folder / "map.toml").write_text(MAPPING, encoding="utf-8")
    (folder / name).write_text(HEADER + text, encoding="utf-8")
    answer: dict[str, object] = house.assembly_ingest(folder / name, mapping=folder / "map.toml")
    return answer


@pytest.fixture
def house(tmp_path: Path, catalogue_url: str) -> Iterator[Workspace]:
    """A workspace on SQLite, and one on PostgreSQL."""
    with corecar.init(tmp_path / "house", owner="Demo House", database=catalogue_url) as made:
        yield made


def test_the_same_content_is_taken_in_once_whatever_it_is_called(house: Workspace, tmp_path: Path) -> None:
    assert put(house, tmp_path, pulls("A1", 2, 9, 1), "one.csv")["new"] is True
    assert put(house, tmp_path, pulls("A1", 2, 9, 1), "two.csv")["new"] is False
    assert [(row["lot"], row["values"]) for row in house.assembly_list()["rows"]] == [("A1", 40)]


def test_a_file_with_a_fault_leaves_nothing(house: Workspace, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="line 42"):
        put(house, tmp_path, pulls("A1", 2, 9, 1) + "wire bond,A1,S1,WB-07,wire pull,weak,gf,4,,2026-11-02\n", "a.csv")
    assert house.assembly_list()["rows"] == []


def test_values_come_back_with_the_line_they_stood_in(house: Workspace, tmp_path: Path) -> None:
    put(house, tmp_path, pulls("A1", 2, 9, 1), "one.csv")
    rows = house.assembly_values("A1")["rows"]
    lines = (tmp_path / "one.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 40
    assert all(float(lines[row["row"] - 1].split(",")[5]) == row["value"] for row in rows)


def test_cpk_is_held_against_the_goal_of_its_kind(house: Workspace, tmp_path: Path) -> None:
    put(house, tmp_path, pulls("A1", 2, 9, 1) + thickness("A1", 2), "one.csv")
    pull, line = house.assembly_capability("A1")["rows"]
    assert (pull["goal"], pull["goal_met"], line["goal"], line["goal_met"]) == (1.67, True, 1.33, False)
    assert pull["cpk"] == pytest.approx((pull["mean"] - 4) / (3 * 0.4), rel=0.25)


def test_a_strip_that_moved_signals_on_the_chart(house: Workspace, tmp_path: Path) -> None:
    put(house, tmp_path, "".join(pulls(f"A{n}", n, 9, n) for n in (1, 2, 3)) + pulls("A4", 4, 7.2, 4), "one.csv")
    found = house.assembly_chart("wire pull", rules="limits")
    signalled = [row["strip"] for row in found["rows"] if row["signals"]]
    assert len(found["rows"]) == 20
    assert {f"A4 S{n}" for n in range(1, 6)} <= set(signalled)


def test_each_reason_to_hold_is_told_by_its_rule(house: Workspace, tmp_path: Path) -> None:
    quiet = "".join(pulls(f"A{n}", n, 9, n) for n in (1, 2, 3))
    put(house, tmp_path, quiet + pulls("A4", 4, 7.2, 4) + thickness("A4", 4), "one.csv")
    weak = "wire bond,A4,S5,WB-07,wire pull,3.1,gf,4,,2026-11-04 06:00\n"
    put(house, tmp_path, weak, "two.csv")
    reasons = house.assembly_judge("A4")["rows"]
    assert {(row["characteristic"], row["rule"]) for row in reasons} >= {
        ("wire pull", "limits"), ("wire pull", "chart"), ("bond line thickness", "cpk"),
    }  # fmt: skip
    assert house.assembly_judge("A1")["rows"] == []


def test_a_lot_is_held_with_the_reason_in_its_history(house: Workspace, tmp_path: Path) -> None:
    house.ingest([small_lot(tmp_path, 1)], workers="inline")
    put(house, tmp_path, thickness("SIM00001", 4), "one.csv")
    assert house.assembly_hold("SIM00001")["held"] is True
    shown = house.lot("SIM00001")
    assert shown["state"] == "held"
    assert "bond line thickness: Cpk" in shown["history"][-1]["reason"]
    assert shown["assembly"][0]["characteristic"] == "bond line thickness"


def test_a_quiet_lot_stays_as_it_is(house: Workspace, tmp_path: Path) -> None:
    house.ingest([small_lot(tmp_path, 1)], workers="inline")
    put(house, tmp_path, pulls("SIM00001", 4, 9, 1), "one.csv")
    assert house.assembly_hold("SIM00001")["held"] is False
    assert house.lot("SIM00001")["state"] == "received"


def test_a_lot_without_test_data_cannot_be_held_yet(house: Workspace, tmp_path: Path) -> None:
    put(house, tmp_path, thickness("A1", 4), "one.csv")
    with pytest.raises(NotFound, match="A1"):
        house.assembly_hold("A1")


def test_another_party_sees_the_values_of_lots_that_are_shared_with_it(house: Workspace, tmp_path: Path) -> None:
    house.ingest([small_lot(tmp_path, 1)], workers="inline")
    put(house, tmp_path, pulls("SIM00001", 4, 9, 1) + pulls("A2", 5, 9, 2), "one.csv")
    house.parties_add("Chips Ltd")
    house.people_add("boss", role="administrator")
    with corecar.open(tmp_path / "house", actor="boss") as boss:
        boss.people_add("guest", role="engineer", party="Chips Ltd")
        boss.share("SIM00001", party="Chips Ltd")
    with corecar.open(tmp_path / "house", actor="guest") as guest:
        assert [row["lot"] for row in guest.assembly_list()["rows"]] == ["SIM00001"]
        with pytest.raises(NotFound):
            guest.assembly_values("A2")
        with pytest.raises(AccessDenied):
            guest.hold("SIM00001", reason="x")


def test_a_lot_or_characteristic_that_is_nearly_named_is_suggested(house: Workspace, tmp_path: Path) -> None:
    put(house, tmp_path, pulls("ASSY-0001", 2, 9, 1), "one.csv")
    with pytest.raises(NotFound, match=r'of lot ASSY-001 is here\. Did you mean "ASSY-0001"'):
        house.assembly_values("ASSY-001")
    with pytest.raises(NotFound, match=r'Did you mean "wire pull"'):
        house.assembly_chart("wire pul", lot="ASSY-0001")


def test_missing_readings_are_counted_and_their_lines_named(house: Workspace, tmp_path: Path) -> None:
    lines = pulls("A1", 2, 9, 1).splitlines(keepends=True)
    for at in (2, 16):
        fields = lines[at].split(",")
        lines[at] = ",".join([*fields[:5], "nan", *fields[6:]])
    put(house, tmp_path, "".join(lines), "one.csv")
    note = f"wire bond, wire pull: 2 of 40 readings are missing and not judged ({tmp_path / 'one.csv'}: lines 4, 18)."
    for answer in (house.assembly_judge("A1"), house.assembly_capability("A1"), house.assembly_chart("wire pull")):
        assert note in answer["notes"]
    assert note in house.assembly_list("A1")["notes"]
    assert house.assembly_judge("A1")["rows"] == []


def test_of_many_missing_readings_the_first_lines_are_named(house: Workspace, tmp_path: Path) -> None:
    gone = "".join(f"wire bond,A1,S1,WB-07,wire pull,nan,gf,4,,2026-11-02 0{n % 8}:00\n" for n in range(13))
    put(house, tmp_path, gone, "one.csv")
    notes = house.assembly_judge("A1")["notes"]
    assert any("13 of 13 readings are missing" in note and "11 and 3 more)." in note for note in notes), notes


def test_chart_and_capability_are_written_as_documents_and_pictures(house: Workspace, tmp_path: Path) -> None:
    put(house, tmp_path, pulls("A1", 2, 9, 1) + pulls("A2", 3, 7.2, 4), "one.csv")
    plain = house.assembly_chart("wire pull", rules="limits")
    answer = house.assembly_chart("wire pull", rules="limits", out=tmp_path / "chart.html")
    page = (tmp_path / "chart.html").read_text(encoding="utf-8")
    assert answer["rows"] == plain["rows"]
    assert answer["written"] == str(tmp_path / "chart.html")
    assert f"wrote: {tmp_path / 'chart.html'}" in answer["notes"]
    assert answer["said"] in page
    assert all(f"A{lot} S{strip}" in page for lot in (1, 2) for strip in range(1, 6))
    assert "A1, A2" in page
    assert "WB-07" in page
    assert "wrote:" not in page
    cpk = house.assembly_capability("A2", out=tmp_path / "cpk.html")["rows"][0]["cpk"]
    assert f"Cpk {cpk:.2f}" in (tmp_path / "cpk.html").read_text(encoding="utf-8")
    beginnings = {"pdf": b"%PDF", "png": b"\x89PNG", "svg": b"<svg"}
    for ending, begin in beginnings.items():
        house.assembly_chart("wire pull", out=tmp_path / f"chart.{ending}")
        house.assembly_capability("A2", out=tmp_path / f"cpk.{ending}")
        for name in ("chart", "cpk"):
            assert begin in (tmp_path / f"{name}.{ending}").read_bytes()[:60], (name, ending)


def test_a_picture_holds_one_characteristic_and_a_document_all(house: Workspace, tmp_path: Path) -> None:
    single = "plating,A1,S1,PL-1,tin thickness,9,um,7,,2026-11-02 11:00\n"
    put(house, tmp_path, pulls("A1", 2, 9, 1) + thickness("A1", 2) + single, "one.csv")
    with pytest.raises(ArgumentError, match=r"there are 2 \(wire bond, wire pull; die attach, bond line thickness\)"):
        house.assembly_capability("A1", out=tmp_path / "cpk.svg")
    with pytest.raises(ArgumentError, match="no picture to draw"):
        house.assembly_capability("A1", characteristic="tin thickness", out=tmp_path / "cpk.svg")
    assert not (tmp_path / "cpk.svg").exists()
    answer = house.assembly_capability("A1", out=tmp_path / "cpk.html")
    page = (tmp_path / "cpk.html").read_text(encoding="utf-8")
    assert answer["said"] == "1 of 3 characteristics below the Cpk goal; 1 without a Cpk."
    assert answer["said"] in page
    assert all(
        f"{name}: 40 readings, Cpk" in page for name in ("wire bond, wire pull", "die attach, bond line thickness")
    )
    assert "plating, tin thickness: no Cpk, too few values." in page


def test_a_file_of_another_ending_is_refused_before_anything_is_worked_out(house: Workspace, tmp_path: Path) -> None:
    for verb in (house.assembly_chart, house.assembly_capability):
        with pytest.raises(ArgumentError, match=r"chart\.doc: expected a file that ends in \.html, \.pdf"):
            verb("wire pull", out=tmp_path / "chart.doc")
