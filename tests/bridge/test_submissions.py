"""The submission folder: 18 elements by level, written from a qualification, checked offline, every tampering told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import corecar
from corecar.bridge.files.submissions import verify_submission
from corecar.bridge.workspace import Workspace
from corecar.cli.app import app
from corecar.errors import ArgumentError, OutputError, SourceError
from corecar.qualify.ppap import ELEMENTS, elements

MATRIX = {
    1: "RRRRRRRRRRRRSRRRRS", 2: "SSRRRRRRSSRSSSRRRS", 3: "SSSSSSSSSSSSSSRRSS",
    4: "*" * 17 + "S", 5: "R" * 18,
}  # fmt: skip
"""Levels of the AIAG table, an element a letter."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        yield made


@pytest.fixture
def approved(house: Workspace, tmp_path: Path) -> Workspace:
    """A qualification of a changed marking with all that level 2 submits."""
    house.qualify_open(
        "DEMO-MCU", grade=1, package="leaded", wire="gold", change="package-marking", customer="Demo Cars"
    )
    house.qualify_result(1, "C3", lot="L1", units=15)
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF-1.7 wetted")
    house.qualify_attach(1, "C3", report)
    for element in ELEMENTS:
        if element not in ("material-tests", "warrant", "appearance"):
            house.qualify_attach(1, element, report)
    house.qualify_skip(1, "appearance", reason="no surface that anybody sees")
    house.qualify_propose(1, reason="whole")
    house.qualify_approve(1, reason="seen")
    return house


@pytest.mark.parametrize("level", MATRIX)
def test_the_elements_of_a_level_are_those_of_the_table(level: int) -> None:
    rows = elements(level, {}, {}, tests_whole=True)
    letters = {"submit": "S", "retain": "R", "on request": "*"}
    assert "".join(letters[row["asks"]] for row in rows) == MATRIX[level]


def test_a_level_that_there_is_none_of_is_refused() -> None:
    with pytest.raises(ArgumentError, match="levels 1 to 5"):
        elements(6, {}, {}, tests_whole=True)


def test_a_submission_is_whole_and_sound(approved: Workspace, tmp_path: Path) -> None:
    assert approved.qualify_ppap(1)["missing"] == []
    answer = approved.qualify_pack(1, tmp_path / "pack", part="7-12")
    assert answer["rows"] == []
    found = verify_submission(tmp_path / "pack")
    assert found["rows"] == []
    assert found["facts"]["index"] == answer["sha256_of_index"]
    assert (tmp_path / "pack" / "submission.pdf").read_bytes().startswith(b"%PDF")
    shown = CliRunner().invoke(app, ["qualify", "verify", str(tmp_path / "pack")])
    assert shown.exit_code == 0, shown.output
    assert "Nothing speaks against this submission." in shown.output


def test_what_is_missing_is_told_and_stands_in_the_folder(house: Workspace, tmp_path: Path) -> None:
    given = {"grade": 1, "package": "leaded", "wire": "gold", "change": "package-marking"}
    house.qualify_open("DEMO-MCU", **given, detail=["rework-or-new-cure"])
    answer = house.qualify_pack(1, tmp_path / "pack", level=1)
    assert {row["missing"] for row in answer["rows"]} >= {"C3: 0 of 1 lots"}
    faults = [row["fault"] for row in verify_submission(tmp_path / "pack")["rows"]]
    assert "it is not approved" in faults
    assert "to be submitted and missing: appearance approval report" in faults
    assert CliRunner().invoke(app, ["qualify", "verify", str(tmp_path / "pack")]).exit_code == 1
    with pytest.raises(OutputError, match="Name a new folder"):
        house.qualify_pack(1, tmp_path / "pack")


def test_every_tampering_is_told(approved: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    approved.qualify_pack(1, folder)
    document = folder / "documents" / "C3" / "report.pdf"
    document.write_bytes(b"%PDF-1.7 better")
    (folder / "more.txt").write_text("x")
    (folder / "submission.xlsx").unlink()
    faults = {row["file"]: row["fault"] for row in verify_submission(folder)["rows"]}
    assert faults["documents/C3/report.pdf"].startswith("it was changed")
    assert faults["more.txt"] == "the index does not list it"
    assert faults["submission.xlsx"] == "it is missing"


def packed(house: Workspace, folder: Path) -> tuple[Path, Path, dict[str, Any]]:
    """The folder of a submission, its data's place, and what the data says."""
    house.qualify_pack(1, folder / "pack")
    data = folder / "pack" / "data" / "qualification.json"
    return folder / "pack", data, json.loads(data.read_text("utf-8"))


def faults_of(folder: Path) -> list[str]:
    return [row["fault"] for row in verify_submission(folder)["rows"]]


def test_a_verdict_that_its_evidence_does_not_bear_is_told(approved: Workspace, tmp_path: Path) -> None:
    folder, data, said = packed(approved, tmp_path)
    said["evidence"]["C3"]["results"][0]["fails"] = 2
    data.write_text(json.dumps(said), encoding="utf-8")
    faults = faults_of(folder)
    assert "C3: it says passed, its evidence says failed" in faults


@pytest.mark.parametrize(("name", "value"), [("fails", -5), ("units", float("nan")), ("value", float("nan"))])
def test_a_result_that_cannot_have_been_is_told(approved: Workspace, tmp_path: Path, name: str, value: float) -> None:
    folder, data, said = packed(approved, tmp_path)
    said["evidence"]["C3"]["results"][0][name] = value
    data.write_text(json.dumps(said), encoding="utf-8")
    assert any("is no count" in row["fault"] for row in verify_submission(folder)["rows"])


def test_a_test_without_a_verdict_is_told(approved: Workspace, tmp_path: Path) -> None:
    folder, data, said = packed(approved, tmp_path)
    data.write_text(json.dumps(said | {"statuses": {}}), encoding="utf-8")
    assert "C3: it has no verdict" in faults_of(folder)


def test_a_test_that_asks_for_less_than_its_revision_and_one_taken_out_are_told(
    approved: Workspace, tmp_path: Path
) -> None:
    folder, data, said = packed(approved, tmp_path)
    (row,) = said["tests"]
    forged = said | {"tests": [row | {"accept": 99.0}]}
    data.write_text(json.dumps(forged), encoding="utf-8")
    assert f"C3: the data says accept 99.0, the plan {row['accept']}" in faults_of(folder)
    data.write_text(json.dumps(said | {"tests": [], "statuses": {}, "evidence": {}}), encoding="utf-8")
    assert "C3: the plan asks for it, and the data has it not" in faults_of(folder)


def test_data_without_its_evidence_and_a_link_to_another_folder_are_told_in_words(
    approved: Workspace, tmp_path: Path
) -> None:
    folder, data, said = packed(approved, tmp_path)
    del said["evidence"]
    data.write_text(json.dumps(said), encoding="utf-8")
    (folder / "more").symlink_to(tmp_path)
    faults = {row["file"]: row["fault"] for row in verify_submission(folder)["rows"]}
    assert faults["data/qualification.json"] == "it cannot be judged: it has no 'evidence'"
    assert faults["more"] == "the index does not list it"


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"files": 3}'])
def test_what_is_no_submission_says_so(tmp_path: Path, content: str) -> None:
    (tmp_path / "index.json").write_text(content)
    with pytest.raises(SourceError, match="no submission folder"):
        verify_submission(tmp_path)
