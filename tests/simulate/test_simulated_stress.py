"""Units before and after a stress: good before, some drift within their limits, and the truth names them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import corecar
from corecar.bridge.qualify.stressed_units import stressed
from corecar.cli.app import app
from corecar.errors import ArgumentError
from corecar.simulate import simulate_stress, truth_path
from corecar.simulate.stressing import Planted


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Planted]:
    folder = tmp_path_factory.mktemp("stress")
    before, after = folder / "pre.stdf", folder / "post.stdf"
    return before, after, simulate_stress(before, after, lot="L1", seed=4)


def test_what_was_planted_is_found_and_nothing_else(files: tuple[Path, Path, Planted]) -> None:
    before, after, planted = files
    found = stressed(corecar.read(before), corecar.read(after), planted.controls)
    assert (found.pairs, found.controls, found.identity) == (77, 3, "part_text")
    assert len(found.findings) == 1
    (row,) = [row for row in found.rows if row["finding"]]
    assert (row["number"], row["subpopulation"], row["beyond"]) == (planted.test_number, 8, 0)
    assert all(unit in planted.units for unit in row["finding"].split("(")[1].split(" and ")[0].split(", "))


def test_every_unit_is_good_on_both_sides_of_the_stress(files: tuple[Path, Path, Planted]) -> None:
    for path, name in zip(files[:2], ("L1-PRE", "L1-POST"), strict=True):
        lot = corecar.read(path)
        assert lot.runs["lot"].to_pylist() == [name]
        assert len(lot.passed) == 80
        assert np.asarray(lot.passed).all()


def test_the_truth_names_the_units(files: tuple[Path, Path, Planted]) -> None:
    told = json.loads(truth_path(files[1]).read_text("utf-8"))
    assert told["drifting"] == list(files[2].units)
    assert (told["test_name"], len(told["controls"])) == ("VREF_1V2", 3)


def test_without_a_drift_nothing_is_found(tmp_path: Path) -> None:
    before, after = tmp_path / "pre.stdf", tmp_path / "post.stdf"
    planted = simulate_stress(before, after, drifting=0, seed=5)
    found = stressed(corecar.read(before), corecar.read(after), planted.controls)
    assert found.findings == []


def test_what_cannot_be_planted_is_refused(tmp_path: Path) -> None:
    before, after = tmp_path / "pre.stdf", tmp_path / "post.stdf"
    with pytest.raises(ArgumentError, match='test="IDDQ_VCC": it has no two limits'):
        simulate_stress(before, after, test="IDDQ_VCC")
    with pytest.raises(ArgumentError, match="drifting=78"):
        simulate_stress(before, after, drifting=78)
    assert CliRunner().invoke(app, ["simulate", "stress", str(before), str(after), "--test", "X"]).exit_code == 2
    assert not before.exists()
