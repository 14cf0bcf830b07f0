"""Results of many lots from a table, and results that an 8D sets aside: the history has them, they do not count."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, NotFound
from corecar.simulate import simulate_stress


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        made.qualify_open("DEMO-MCU", grade=1, package="leaded", wire="gold", change="die-scribe-separate")
        yield made


def states(house: Workspace) -> dict[str, str]:
    return {row["test"]: row["state"] for row in house.qualify_show(1)["rows"]}


def told(folder: Path, *rows: str) -> Path:
    path = folder / "report.csv"
    path.write_text("\n".join(["test,lot,units,fails,value", *rows]) + "\n", encoding="utf-8")
    return path


def test_a_laboratorys_table_fills_several_tests_at_once(house: Workspace, tmp_path: Path) -> None:
    rows = [f"{test},L{lot},77,0," for test in ("A1", "A2") for lot in (1, 2, 3)]
    answer = house.qualify_results(1, told(tmp_path, *rows))
    assert answer["said"] == "6 results of 2 tests added to qualification 1."
    assert (states(house)["A1"], states(house)["A2"], states(house)["A3"]) == ("passed", "passed", "missing")


@pytest.mark.parametrize(
    ("row", "said"),
    [("A1,L1,x,0,", 'row 3: units="x"'), ("A9,L1,77,0,", 'row 3: .*no test "A9"'), ("A1,L1,7,8,", "row 3: fails=8"),
     ("A1,,7,0,", "row 3: lot: write it"), ("A1,L1,7,0,high", 'row 3: value="high"')],
)  # fmt: skip
def test_a_row_that_says_nothing_is_named_and_none_is_added(
    house: Workspace, tmp_path: Path, row: str, said: str
) -> None:
    with pytest.raises(ArgumentError, match=said):
        house.qualify_results(1, told(tmp_path, "A1,L1,77,0,", row))
    assert states(house)["A1"] == "missing"


def test_a_table_without_its_columns_is_refused(house: Workspace, tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text("test,lot\nA1,L1\n")
    with pytest.raises(ArgumentError, match="a column units was expected"):
        house.qualify_results(1, tmp_path / "report.csv")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"test,lot,units\nA1,L1,77\nA1,L\xe9,77\n", "row 3: it is not written in UTF-8"),
     (b"test,lot,units\nA1,L1,40\nA1,L1,40\n", "row 3: it repeats row 2"),
     (b"test,lot,units,failed\nA1,L1,77,5\n", 'column "failed" is none of .*"fails"'),
     (b"test,lot,units,Fails\nA1,L1,77,5\n", 'column "Fails" is none of .*"fails"'),
     (b"test,lot,lot,units\nA1,L1,L2,77\n", 'column "lot" stands twice'),
     (b"test,lot,units\nA1,L1,77,5\n", "row 2: it has more cells"),
     (b"test;lot;units\nA1;L1;77\n", "found test;lot;units"),
     (b"test,lot,units\nA1,L1,99999999999999999999\n", "row 2: units=9+: a lot has at most"),
     (b"test,lot,units,value\nA1,L1,77,nan\n", "row 2: value=nan: a finite number")],
)  # fmt: skip
def test_a_table_that_would_be_read_otherwise_than_it_was_meant_is_refused(
    house: Workspace, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "report.csv").write_bytes(content)
    with pytest.raises(ArgumentError, match=said):
        house.qualify_results(1, tmp_path / "report.csv")
    assert states(house)["A1"] == "missing"


def test_a_table_with_a_mark_at_its_beginning_and_blanks_in_its_head_is_read(house: Workspace, tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_bytes(b"\xef\xbb\xbf test, lot ,units,operator\nA1,L1,77,Ann\n")
    assert house.qualify_results(1, tmp_path / "report.csv")["said"] == "1 result of 1 test added to qualification 1."


def test_the_same_parts_read_again_are_no_more_parts(house: Workspace, tmp_path: Path) -> None:
    table = tmp_path / "life.csv"
    read = [("500 h", 39, 0), ("1000 h", 39, 1)]
    table.write_text(
        "test,lot,units,fails,read_point\n" + "".join(f"A1,L1,{n},{fails},{point}\n" for point, n, fails in read)
    )
    house.qualify_results(1, table)
    (row,) = [row for row in house.qualify_show(1)["rows"] if row["test"] == "A1"]
    assert (row["tested"], row["fails"]) == (39, 1)
    with pytest.raises(ArgumentError, match="row 2: it stands already"):
        house.qualify_results(1, table)
    house.qualify_result(1, "A1", lot="L1", units=38, read_point="500h")
    (row,) = [row for row in house.qualify_show(1)["rows"] if row["test"] == "A1"]
    assert row["tested"] == 77, "other parts of the lot at the same read point"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_value_that_is_no_number_proves_nothing(house: Workspace, value: float) -> None:
    with pytest.raises(ArgumentError, match="a finite number was expected"):
        house.qualify_result(1, "A1", lot="L1", units=77, value=value)
    assert states(house)["A1"] == "missing"


def test_what_drifted_is_set_aside_with_its_reason_and_another_lot_takes_its_place(
    house: Workspace, tmp_path: Path
) -> None:
    house.qualify_results(1, told(tmp_path, "A4,L1,77,0,", "A4,L2,77,0,"))
    planted = None
    for name, drifting in (("TC3", 8), ("TC4", 0)):
        before, after = tmp_path / f"{name}-pre.stdf", tmp_path / f"{name}-post.stdf"
        made = simulate_stress(before, after, lot=name, drifting=drifting, seed=len(name) + drifting)
        house.ingest([before, after])
        answer = house.qualify_runs(1, "A4", before=f"{name}-PRE", after=f"{name}-POST", control=list(made.controls))
        planted = planted or (made, answer)
    assert planted is not None
    assert len(planted[1]["findings"]) == 1
    assert "8 units moved apart" in planted[1]["findings"][0]
    assert states(house)["A4"] == "failed"
    answer = house.qualify_exclude(1, "A4", lot="TC3-POST", reason="8D-17: a worn socket")
    assert answer["state"] == "passed"
    shown = house.qualify_show(1, test="A4")
    assert [(row["lot"], row["counts"]) for row in shown["lots"]] == [
        ("L1", True), ("L2", True), ("TC3-POST", False), ("TC4-POST", True)
    ]  # fmt: skip
    assert ("aside", "8D-17: a worn socket") in [(row["kind"], row["said"]) for row in shown["history"]]
    assert {row["finding"] for row in shown["drift"]} == {""}
    with pytest.raises(NotFound, match="no result of lot"):
        house.qualify_exclude(1, "A4", lot="TC3-POST", reason="again")


def test_one_document_may_belong_to_several_elements(house: Workspace, tmp_path: Path) -> None:
    (tmp_path / "fmea.pdf").write_bytes(b"%PDF-1.7")
    house.qualify_attach(1, "design-fmea, process-fmea", tmp_path / "fmea.pdf")
    there = [row["element"] for row in house.qualify_ppap(1)["rows"] if row["state"] == "there"]
    assert there == ["design-fmea", "process-fmea", "warrant"]
    with pytest.raises(NotFound):
        house.qualify_attach(1, "design-fmea,nothing", tmp_path / "fmea.pdf")
