"""What is mistyped on the command line of a workspace is answered with what to type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in, small_lot
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "100"})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("mistyped")
    with house_in(folder) as made:
        made.ingest([small_lot(folder, seed) for seed in (1, 2)], workers="inline")
    return str(folder / "house")


@pytest.mark.parametrize("named", ["sim00001", "SIM0001"])
def test_a_lot_that_is_spelled_alike_is_proposed(house: str, named: str) -> None:
    shown = run("lot", named, "-w", house)
    assert shown.exit_code == 1
    assert 'Did you mean "SIM00001"' in shown.output
    assert "Did you mean" not in run("lot", "QX", "-w", house).output


def test_a_moment_that_is_none_is_answered_with_examples(house: str) -> None:
    shown = run("audit", "--since", "yesterday", "-w", house)
    assert shown.exit_code == 2
    assert "2026-11-25 14:30" in " ".join(shown.output.split())
    assert "ingest" in run("audit", "--since", "2020-01-01", "-w", house).output
    assert "ingest" not in run("audit", "--since", "2999-01-01 00:00", "-w", house).output


def test_a_run_is_named_by_as_many_digits_as_no_other_begins_with(house: str) -> None:
    with corecar.open(house) as workspace:
        runs = [row["run"] for row in workspace.sql("select run from runs order by run")["rows"]]
    digits = next(n for n in range(1, 64) if runs[0][:n] != runs[1][:n])
    shown = run("correct", runs[0][:digits], "--sublot", "X1", "--reason", "read off the box", "-w", house)
    assert "1 run corrected" in shown.output
    none = run("correct", "", "--sublot", "X1", "--reason", "read off the box", "-w", house)
    assert none.exit_code == 1


def test_a_release_says_why(house: str) -> None:
    shown = run("release", "SIM00001", "-w", house)
    assert (shown.exit_code, "--reason" in shown.output) == (2, True)


def test_a_lost_file_of_the_lake_says_how_to_find_it(tmp_path: Path) -> None:
    with house_in(tmp_path) as made:
        made.ingest([small_lot(tmp_path, 1)], workers="inline")
    for path in (tmp_path / "house" / "lake" / "parts").rglob("*.parquet"):
        path.unlink()
    shown = run("sql", "select count(*) from parts", "-w", str(tmp_path / "house"))
    assert shown.exit_code == 1
    assert "corecar verify" in shown.output


def test_the_speed_of_little_is_not_told(tmp_path: Path) -> None:
    house_in(tmp_path).close()
    shown = run("ingest", str(small_lot(tmp_path, 1)), "-w", str(tmp_path / "house"), "--workers", "inline")
    assert " MB in " in shown.output
    assert "MB/s" not in shown.output
