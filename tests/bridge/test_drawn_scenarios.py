"""Scenarios of a plan by chance: from Python and the command line, the same however many work at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.bridge.houses import house_in
from tests.chain.books import small_book, write_book
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app
from corecar.errors import ArgumentError
from corecar.plan.solving import solve


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    """1,500 of 2,100 cars can be made of what lies there; two groups, of which one may stop."""
    rows = small_book()
    rows["stock"] = [{"product": "MCU", "site": "OSAT-1", "quantity": "3000"}]
    del rows["wip"]
    return write_book(rows, tmp_path / "chain")


def test_the_worst_scenarios_are_told_with_what_they_drew(sheets: Path) -> None:
    made = corecar.plan_chain(sheets)
    answer = made.chances(scenarios=8, demand=0.2, stops=2.0, down=1, gap=0.001)
    assert [row["scenarios_up_to"] for row in answer["rows"]] == [0.05, 0.25, 0.5, 0.75, 0.95, 1.0]
    outcomes = answer["details"]["outcomes"]
    assert [one["scenario"] for one in outcomes] == list(range(8))
    for one in outcomes:
        assert one["bound"] <= one["cost"]
        assert one["gap"] <= 0.001
        assert one["lost"] == pytest.approx(20_000 * (1 - one["fill"]) * (1500 / one["fill"]), rel=1e-3)
    first = answer["worst"][0]
    assert first["cost"] == max(one["cost"] for one in outcomes) == answer["rows"][-1]["cost"]
    assert first["demand_change"] > 0.1, "dear are those in which more is wanted"
    assert any(row["stopped"] for row in answer["worst"])
    low, high = answer["details"]["cvar"]["least"], answer["details"]["cvar"]["most"]
    assert low <= first["cost"] == high
    assert "8 scenarios" in answer["said"]
    calm = made.chances(scenarios=2, demand=0.0, stops=0.0)
    assert calm["rows"][0]["cost"] == pytest.approx(solve(made.planned.network).cost, rel=0.01)
    with pytest.raises(ArgumentError, match="at least 1"):
        made.chances(scenarios=0)
    with pytest.raises(ArgumentError, match="cannot be drawn"):
        made.chances(demand=1.0)


def test_the_command_gives_the_same_of_files_of_a_workspace_and_on_processes(sheets: Path, tmp_path: Path) -> None:
    run = CliRunner()
    asked = ["plan", "chances", "--scenarios", "4", "--down", "1", "--json"]
    of_files = run.invoke(app, [*asked, str(sheets)])
    assert of_files.exit_code == 0, of_files.output
    rows = json.loads(of_files.stdout)["rows"]
    spread = run.invoke(app, [*asked, str(sheets), "--workers", "processes:2"])
    assert json.loads(spread.stdout)["rows"] == rows
    with house_in(tmp_path) as house:
        house.chain_import([sheets])
        house.plan()
        assert house.plan_chances(scenarios=4, down=1)["rows"] == rows
        told = house.plan_chances(scenarios=4, down=1, out=tmp_path / "out")
    assert (tmp_path / "out" / "worst.csv").is_file()
    assert told["notes"][-1] == "This is about plan 1."
    assert "Draw many scenarios" in run.invoke(app, ["plan", "chances", "--help"]).output
