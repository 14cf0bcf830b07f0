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
