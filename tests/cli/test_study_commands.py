"""`bias`, `test time`, `what changed`, `related`, `drifts` as commands: on files, on lots, and called wrongly."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in
from tests.planted_files import move, name_card, simulated
from typer.testing import CliRunner, Result

from corecar.cli.app import app

MOVED = 1070
LARGE = {"COLUMNS": "400", "TERM": "dumb"}


def run(*words: Any) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env=LARGE, prog_name="corecar")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two lots; in the second one site reads otherwise, behind another probe card."""
    folder = tmp_path_factory.mktemp("files")
    found = [simulated(folder, f"{seed}.stdf", seed, wafers=1) for seed in (1, 2)]
    move(found[1], MOVED, lambda row: 0.05 if row["SITE_NUM"] == 2 else 0.0)
    name_card(found[1], b"PC0999")
    return found


@pytest.fixture(scope="module")
def house(files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("house")
    with house_in(folder) as made:
        made.ingest(files, workers="inline")
    return str(folder / "house")


def test_what_changed_prints_ten_lines_and_the_tables_on_request(files: list[Path]) -> None:
    short = run("what", "changed", files[1], "--before", files[0])
    assert short.exit_code == 0
    assert "probe card PC0187 before, PC0999 now" in short.output
    assert "Hardware" not in short.output
    assert "Hardware" in run("what", "changed", files[1], "--before", files[0], "--tables").output


def test_json_and_csv_have_the_tables_of_what_changed(files: list[Path], house: str) -> None:
    found = json.loads(run("what", "changed", files[1], "--before", files[0], "--json").stdout)
    assert json.loads(run("what", "changed", "SIM00002", "--before", "SIM00001", "-w", house, "--json").stdout) == found
    rows = list(csv.DictReader(io.StringIO(run("what", "changed", files[1], "--before", files[0], "--csv").stdout)))
    tables = [row["table"] for row in rows]
    assert tables.count("Tests") == len(found["tests"])
    assert tables.count("Zones") == len(found["zones"]) == 7


@pytest.mark.parametrize("words", [("bias", "--by", "site"), ("test", "time"), ("related",), ("drifts",)])
def test_a_study_of_a_lot_is_that_of_its_file(files: list[Path], house: str, words: tuple[str, ...]) -> None:
    command = words[: 2 if words[0] == "test" else 1]
    options = words[len(command) :]
    of_file = json.loads(run(*command, files[1], *options, "--json").stdout)
    of_lot = json.loads(run(*command, "SIM00002", *options, "-w", house, "--json").stdout)
    assert of_lot["rows"] == of_file["rows"]
    assert of_file["rows"]
    shown = run(*command, files[1], *options).output
    assert str(of_file["rows"][0].get("name") or of_file["rows"][0]["test_a"]) in shown
    assert "nan" not in shown.split()


def test_the_moved_site_stands_first(files: list[Path]) -> None:
    row = json.loads(run("bias", files[1], "--by", "site", "--json").stdout)["rows"][0]
    assert (row["number"], row["highest"], row["verdict"]) == (MOVED, "2", "hold")


def test_what_is_called_wrongly_is_refused_with_what_to_do(
    files: list[Path], house: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed = run("bias", files[0], "SIM00001", "-w", house)
    assert (mixed.exit_code, "Name files alone, or lots alone" in mixed.output) == (2, True)
    of_lots = run("drifts", files[0], "-w", house)
    assert (of_lots.exit_code, "what is named are files" in of_lots.output) == (2, True)
    of_files = run("drifts", "SIM00001", "-w", house, "--salvage")
    assert (of_files.exit_code, "Leave it out" in of_files.output) == (2, True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CORECAR_WORKSPACE", raising=False)
    mistyped = run("bias", "no_such.stdf")
    assert (mistyped.exit_code, "no such file, and no workspace here" in mistyped.output) == (1, True)
    unknown = run("bias", "SIM99999", "-w", house)
    assert (unknown.exit_code, "no lot is called" in unknown.output) == (1, True)
    assert run("what", "changed", files[0]).exit_code == 2
