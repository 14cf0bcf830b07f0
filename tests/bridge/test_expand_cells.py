"""How full each cell is: from Python, the command line and a workspace, with what testers measured there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.bridge.houses import house_in
from tests.chain.books import small_book, write_book
from tests.chain.test_cells import CELL, RUN
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app
from corecar.errors import ArgumentError


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    """Chips that lie after the wafer stage, and a test cell that is to test them."""
    rows = small_book()
    rows["stock"] = [{"product": "MCU", "stage": "wafer", "site": "OSAT-1", "quantity": "30000"}]
    rows["demand"][1]["quantity"] = "5000"
    rows["capacity"][2]["actual"] = "12"
    del rows["wip"]
    rows["cells"], rows["cell_runs"] = [CELL], [RUN]
    return write_book(rows, tmp_path / "chain")


def test_a_plan_says_how_full_its_cells_are(sheets: Path) -> None:
    made = corecar.plan_chain(sheets)
    answer = made.cells()
    (row,) = answer["rows"]
    pieces = float(made.planned.plan.start[made.planned.network.activities.names.index("MCU-T")].sum())
    assert pieces == pytest.approx(6000), "12 h of the table at 0.002 h each"
    assert row["used_hours"] == pytest.approx(pieces / made.planned.network.weeks * 1.05 / 1200)
    assert row["busiest_week"] == "2027-W01"
    assert row["busiest_utilisation"] == pytest.approx(pieces * 1.05 / 1200 / (3 * 134.4))
    assert (row["limited_by"], row["one_more_hours"]) == ("load board", pytest.approx(134.4))
    (run,) = answer["runs"]
    assert run["units_an_hour"] == pytest.approx(1200)
    assert run["good_a_week"] == pytest.approx(3 * 134.4 / (1.05 / 1200))
    assert run["rates_from"] == "assumed"
    assert "The cells of OSAT-1 give 403 h a week, the table capacity says 6 h" in " ".join(answer["notes"])


def test_the_command_says_the_same_of_files_and_of_a_workspace(sheets: Path, tmp_path: Path) -> None:
    run = CliRunner()
    of_files = run.invoke(app, ["expand", "cells", str(sheets), "--json"])
    assert of_files.exit_code == 0, of_files.output
    rows = json.loads(of_files.stdout)["rows"]
    with house_in(tmp_path) as house:
        house.chain_import([sheets])
        house.plan()
        told = house.expand_cells(out=tmp_path / "out")
        assert told["rows"] == rows
    assert {"answer.pdf", "answer.html", "rows.csv", "runs.csv"} <= {path.name for path in (tmp_path / "out").iterdir()}


def test_a_chain_without_cells_says_what_to_fill_in(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"no cells\. Fill in the tables cells and cell_runs"):
        corecar.plan_chain(write_book(small_book(), tmp_path / "chain")).cells()
