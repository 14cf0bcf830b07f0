"""Gates, FMEA, control plan, change notice and 8D: taken in, held against each other and the plan, packed, verified."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import small_lot

import corecar
from corecar.bridge.files.submissions import verify_submission
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError

FMEA = {"item": "die attach", "failure_mode": "void", "severity": "8", "occurrence": "3", "detection": "4",
        "special": "bond line"}  # fmt: skip
CONTROL = {"step": "die attach", "characteristic": "thickness", "special": "bond line", "method": "X-ray",
           "reaction": "hold the lot", "test": "C3"}  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        made.qualify_open("DEMO-MCU", grade=1, package="leaded", wire="gold", change="package-marking",
                          detail=["rework-or-new-cure"])  # fmt: skip
        yield made


def written(folder: Path, kind: str, *rows: dict[str, str]) -> Path:
    path = folder / f"{kind}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def lacking(answer: dict[str, Any], key: str = "rows") -> list[str]:
    return [row["finding"] for row in answer[key]]


def test_a_special_characteristic_is_followed_to_the_test_that_controls_it(house: Workspace, tmp_path: Path) -> None:
    answer = house.qualify_table(1, written(tmp_path, "process-fmea", FMEA))
    assert lacking(answer) == ["special characteristic bond line: no row of the control plan has it"]
    answer = house.qualify_table(1, written(tmp_path, "control-plan", CONTROL | {"test": ""}))
    assert lacking(answer) == ["special characteristic bond line: neither a test nor a chart controls it"]
    answer = house.qualify_table(1, written(tmp_path, "control-plan", CONTROL | {"test": "A9"}))
    assert lacking(answer) == ["test A9: the plan does not have it"]
    assert house.qualify_table(1, written(tmp_path, "control-plan", CONTROL))["rows"] == []
    (row,) = house.qualify_tables(1, table="process-fmea")["rows"]
    assert row["rpn"] == 96
    there = {row["element"]: row["documents"] for row in house.qualify_ppap(1)["rows"] if row["documents"]}
    assert there == {"process-fmea": "process-fmea.csv", "control-plan": "control-plan.csv"}


@pytest.mark.parametrize(
    ("kind", "row", "said"),
    [("process-fmea", FMEA | {"severity": "11"}, 'row 2, severity: "11": a rating of 1 to 10'),
     ("process-fmea", FMEA | {"item": " "}, "row 2, item: it is empty"),
     ("apqp", {"phase": "1", "gate": "g", "due": "soon"}, 'due: "soon": a day'),
     ("control-plan", {"step": "x"}, "a column characteristic was expected"),
     ("recipe", {"x": "y"}, 'no table is called "recipe"')],
)  # fmt: skip
def test_a_cell_that_says_nothing_is_named(
    house: Workspace, tmp_path: Path, kind: str, row: dict[str, str], said: str
) -> None:
    with pytest.raises(ArgumentError, match=said):
        house.qualify_table(1, written(tmp_path, kind, row))


def test_the_template_is_a_workbook_that_comes_in_when_it_is_filled_in(house: Workspace, tmp_path: Path) -> None:
    house.qualify_template(tmp_path / "tables.xlsx")
    with pytest.raises(ArgumentError, match="apqp, row 2, due: it is empty"):
        house.qualify_table(1, tmp_path / "tables.xlsx")
    answer = house.qualify_table(1, tmp_path / "tables.xlsx", table="eight-d")
    assert lacking(answer) == ["8D-1: D1, D2, D3, D4, D5, D6, D7, D8 not done"]
    assert len(house.qualify_tables(1, table="eight-d")["rows"]) == 8


def test_a_chart_that_nothing_measured_is_told_here_and_offline(house: Workspace, tmp_path: Path) -> None:
    lost = "chart bond line: no test and no characteristic of that name was measured"
    row = CONTROL | {"test": "", "chart": "bond line"}
    assert lacking(house.qualify_table(1, written(tmp_path, "control-plan", row))) == [lost]
    house.qualify_pack(1, tmp_path / "before")
    faults = [row["fault"] for row in verify_submission(tmp_path / "before")["rows"]]
    assert f"control-plan: {lost}" in faults
    mapping, pulls = tmp_path / "lines.toml", tmp_path / "lines.csv"
    columns = ("step", "lot", "characteristic", "value", "time")
    mapping.write_text("[columns]\n" + "".join(f'{name} = "{name}"\n' for name in columns), encoding="utf-8")
    pulls.write_text(",".join(columns) + "\ndie attach,L1,bond line,21.5,2026-11-02 08:15\n", encoding="utf-8")
    house.assembly_ingest(pulls, mapping=mapping)
    assert house.qualify_tables(1)["findings"] == []
    house.qualify_pack(1, tmp_path / "after")
    assert f"control-plan: {lost}" not in [row["fault"] for row in verify_submission(tmp_path / "after")["rows"]]


def test_a_chart_of_a_test_that_testers_measured_is_found(house: Workspace, tmp_path: Path) -> None:
    house.ingest([small_lot(tmp_path, 1)], workers="inline")
    (test, *_) = house.assess_capability(["SIM00001"])["rows"]
    row = CONTROL | {"test": "", "chart": str(test["name"])}
    assert lacking(house.qualify_table(1, written(tmp_path, "control-plan", row))) == []


def test_a_gate_that_is_overdue_is_told_offline_by_the_day_of_the_check(house: Workspace, tmp_path: Path) -> None:
    gate = {"phase": "1 plan", "gate": "needs are known", "due": "2090-01-31", "done": ""}
    house.qualify_table(1, written(tmp_path, "apqp", gate))
    house.qualify_pack(1, tmp_path / "pack")
    told = "apqp: needs are known: it was due on 2090-01-31"
    by_day = {
        day: [row["fault"] for row in verify_submission(tmp_path / "pack", today=day)["rows"]]
        for day in (date(2090, 1, 31), date(2090, 2, 1))
    }
    assert [told in faults for faults in by_day.values()] == [False, True]


def test_a_gate_whose_day_is_past_is_told(house: Workspace, tmp_path: Path) -> None:
    gate = {"phase": "1 plan", "gate": "needs are known", "due": "2026-01-31", "done": ""}
    house.qualify_table(1, written(tmp_path, "apqp", gate, gate | {"gate": "second", "done": "2026-01-30"}))
    assert lacking(house.qualify_tables(1), "findings") == ["needs are known: it was due on 2026-01-31"]


def test_tables_stand_in_the_submission_and_are_judged_again_offline(house: Workspace, tmp_path: Path) -> None:
    house.qualify_table(1, written(tmp_path, "process-fmea", FMEA))
    notice = [{"subject": "change", "said": "laser marking"}, {"subject": "answer until", "said": "2027-03-01"}]
    house.qualify_table(1, written(tmp_path, "change-notice", *notice))
    answer = house.qualify_pack(1, tmp_path / "pack")
    lost = "process-fmea: special characteristic bond line: no row of the control plan has it"
    assert lost in [row["missing"] for row in answer["rows"]]
    assert (tmp_path / "pack/documents/process-fmea/process-fmea.csv").read_text().startswith("item,failure_mode")
    assert "laser marking" in (tmp_path / "pack/documents/change-documents/change-notice.csv").read_text()
    faults = [row["fault"] for row in verify_submission(tmp_path / "pack")["rows"]]
    assert lost in faults
    assert not [fault for fault in faults if "is not in the folder" in fault]
