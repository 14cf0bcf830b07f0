"""Limits of a file or of a grading derived again from the tester files, and every bit compared."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.bridge.houses import small_lot
from tests.lots import build_lot
from typer.testing import CliRunner

import corecar
from corecar.bridge.limits.limit_checks import check_limits
from corecar.bridge.limits.static_limits import make_static_limits
from corecar.cli.app import app
from corecar.errors import SourceError, SourceMissing
from corecar.screen import read_recipe
from corecar.screen.kept_recipes import recipe_of
from corecar.screen.recipe import SHIPPED, parse_recipe

runner = CliRunner()


def write_lot(folder: Path, number: int) -> Path:
    """A file of one lot of 60 dies in two wafers; the second wafer of lot 3 has dies of one row only."""
    values = np.random.default_rng(number).normal(size=(3, 60))
    values[2] = np.exp(values[2])
    seconds = ((date(2026, 6, number) - date(1970, 1, 1)).days) * 86_400
    runs: dict[str, Any] = {"lot": [f"L{number}"], "product": ["P"], "stage": ["wafer sort"], "start": [seconds]}
    spots = [(part % 6, part // 6 % 5) for part in range(60)]
    narrow = number == 3
    x = [place if narrow and part >= 30 else at for part, (at, place) in enumerate(spots)]
    y = [0 if narrow and part >= 30 else at for part, (_, at) in enumerate(spots)]
    lot = build_lot(
        values, low=-30.0, high=30.0, names=["VREF", "IDD", "LEAK"], wafer=["W1"] * 30 + ["W2"] * 30, x=x, y=y,
        runs=runs,
    )  # fmt: skip
    path = folder / f"L{number}.stdf"
    corecar.write(lot, path)
    return path


@pytest.fixture(scope="module")
def lots(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("lots")
    return [write_lot(folder, number) for number in range(1, 8)]


def test_static_limits_come_out_again_from_their_files(lots: list[Path], tmp_path: Path) -> None:
    made = make_static_limits(lots, tmp_path / "static.json")
    assert [len(test.limits.left_out) for test in made if test.limits] == [1, 1, 1]
    found = check_limits(tmp_path / "static.json", lots[::-1])
    assert [(one.name, one.outcome, one.why) for one in found] == [
        ("VREF", "same", ""), ("IDD", "same", ""), ("LEAK", "same", ""),
    ]  # fmt: skip


def test_a_changed_limit_and_other_files_are_told(lots: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "static.json"
    make_static_limits(lots, path)
    content = json.loads(path.read_text(encoding="utf-8"))
    high = content["tests"][0]["limits"]["record"]["high"]
    content["tests"][0]["limits"]["record"]["high"] = float(np.nextafter(high, 100.0))
    path.write_text(json.dumps(content), encoding="utf-8")
    outcomes = check_limits(path, lots)
    assert [one.outcome for one in outcomes] == ["different", "same", "same"]
    assert outcomes[0].why.startswith("high: ")
    fewer = check_limits(path, lots[:5])
    assert {(one.outcome, one.why) for one in fewer} == {
        ("not checked", "lot L6 of its baseline is not among the files")
    }
    assert runner.invoke(app, ["limits", "check", str(path), *map(str, lots[:5])]).exit_code == 1
    answer = runner.invoke(app, ["limits", "check", str(path), *map(str, lots)])
    assert answer.exit_code == 1
    assert answer.output.startswith("2 of 3 limits came out again, bit for bit; 1 different")


def test_limits_of_a_grading_come_out_again_from_its_files(tmp_path: Path) -> None:
    lot = small_lot(tmp_path, 1)
    corecar.grade(lot, out=tmp_path / "graded", recipe="zero-defect")
    found = check_limits(tmp_path / "graded", [lot])
    kept = pq.read_table(tmp_path / "graded" / "limits.parquet")
    assert len(found) == kept.num_rows > 8
    assert {one.outcome for one in found} == {"same"}
    answer = runner.invoke(app, ["limits", "check", str(tmp_path / "graded"), str(lot)])
    assert answer.exit_code == 0
    assert f"{kept.num_rows:,} of {kept.num_rows:,} limits came out again, bit for bit" in answer.output
    low = kept["low"].to_pylist()
    low[0] = -1e9 if low[0] is None else float(np.nextafter(low[0], -1e9))
    column = kept.column_names.index("low")
    touched = kept.set_column(column, kept.schema.field(column), pa.array(low, pa.float64()))
    pq.write_table(touched, tmp_path / "graded" / "limits.parquet")
    assert [one.outcome for one in check_limits(tmp_path / "graded", [lot])].count("different") == 1
    assert "different" in {one.outcome for one in check_limits(tmp_path / "graded", [small_lot(tmp_path, 2)])}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_recipe_comes_back_from_the_parameters_that_a_grading_kept(name: str) -> None:
    recipe = read_recipe(name)
    assert recipe_of(json.loads(json.dumps(recipe.parameters()))) == recipe


def test_tables_of_bins_in_a_recipe_come_back_too() -> None:
    recipe = parse_recipe('[[screen]]\nkind = "cluster"\nbin_limits = { 7 = 0.012, 8 = 0.5 }\n', "ours.toml")
    assert recipe_of(json.loads(json.dumps(recipe.parameters()))) == recipe


def test_what_holds_no_limits_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match=r"there is no summary.json in it"):
        check_limits(tmp_path, [])
    (tmp_path / "summary.json").write_text("{}", encoding="utf-8")
    (tmp_path / "limits.parquet").write_bytes(b"none")
    with pytest.raises(SourceError, match="is no whole folder of a grading"):
        check_limits(tmp_path, [])
