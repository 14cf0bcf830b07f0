"""What grading says of lots that some screen can't judge: each a clear line, none a silent pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.lots import build_lot
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app

runner = CliRunner()

RAMP = np.arange(60, dtype=np.float32)


def told(tmp_path: Path, values: Any, *options: str, **columns: Any) -> str:
    """What `corecar grade` prints of a lot that was written to a file, on one line."""
    path = tmp_path / "lot.stdf"
    corecar.write(build_lot(values, **columns), path)
    answer = runner.invoke(app, ["grade", str(path), *options])
    assert answer.exit_code == 0, answer.output
    return " ".join(answer.output.split())


def test_a_test_without_limits_is_held_against_the_statistics_or_said_to_be_left_out(tmp_path: Path) -> None:
    assert "could not be screened" not in told(tmp_path, [RAMP], low=np.nan, high=np.nan)
    recipe = tmp_path / "none.toml"
    recipe.write_text('[dynamic-pat]\nwithout_limits = "none"\n', encoding="utf-8")
    said = told(tmp_path, [RAMP, RAMP], "--recipe", str(recipe), low=[np.nan, -99], high=[np.nan, 99])
    assert "note: 1 of 2 tests could not be screened: the test has no limits (1)." in said


def test_a_test_that_reads_only_nan_is_told(tmp_path: Path) -> None:
    said = told(tmp_path, [RAMP, np.full(60, np.nan)], flags=np.zeros((2, 60)), low=-99, high=99)
    assert "1 of 2 tests could not be screened: no reading of a good part that is a number (1)." in said


def test_a_constant_test_is_told(tmp_path: Path) -> None:
    said = told(tmp_path, [RAMP, np.full(60, 2.5)], low=-99, high=99)
    assert "1 of 2 tests could not be screened: all readings are equal (1)." in said


def test_a_lot_of_one_part_is_held_since_nothing_saw_it(tmp_path: Path) -> None:
    said = told(tmp_path, [[1.0], [2.0]], low=-99, high=99)
    assert said.startswith("On hold: 1 of 1 part may ship after review")
    assert "2 of 2 tests could not be screened: fewer than 30 readings (2)." in said
    assert "hold: 1 of 1 good part (100.0%) has no reading that a limit stands over" in said


@pytest.mark.parametrize("kind", ["gdbn", "cluster", "scratch", "nnr", "ncr", "z-pat", "edge-ring", "parametric-z-pat"])
def test_a_wafer_without_coordinates_says_which_screen_was_not_applied(tmp_path: Path, kind: str) -> None:
    recipe = tmp_path / "spatial.toml"
    more = "rows = 1\n" if kind == "edge-ring" else ""
    recipe.write_text(f'[[screen]]\nkind = "{kind}"\n{more}', encoding="utf-8")
    said = told(tmp_path, [RAMP], "--recipe", str(recipe), low=-99, high=99, wafer=["W01"] * 60)
    assert f"{kind}: not applied: " in said
    assert "no coordinates" in said
    assert said.startswith("On hold"), said


def test_a_recipe_that_names_an_unknown_test_is_told(tmp_path: Path) -> None:
    recipe = tmp_path / "ours.toml"
    recipe.write_text('[dynamic-pat]\ninclude = ["*", "IDQQ"]\n', encoding="utf-8")
    said = told(tmp_path, [RAMP], "--recipe", str(recipe), low=-99, high=99)
    assert 'The recipe\'s pattern "IDQQ" fits no test of this lot.' in said
