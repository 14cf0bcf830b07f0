"""A lot whose files leave LOT_ID empty is told to have no name; a word of workspaces on files is told apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.lots import build_lot
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app


def test_a_lot_without_a_name_is_not_called_by_its_product_or_stage(tmp_path: Path) -> None:
    runs = {"product": ["PX"], "stage": ["wafer sort"], "temperature": ["25"]}
    lot = build_lot(
        np.ones((1, 40)), low=[0.0], high=[2.0], wafer="W01", x=list(range(40)), y=[0] * 40, runs=runs,
    )  # fmt: skip
    corecar.write(lot, tmp_path / "bare.stdf")
    shown = CliRunner().invoke(app, ["grade", str(tmp_path / "bare.stdf")])
    (line,) = [one for one in shown.stdout.splitlines() if one.startswith("lot ")]
    assert line.split(maxsplit=1)[1] == "without a name · PX · wafer sort · 25"


def test_limits_in_force_are_of_a_workspace_and_that_is_said_for_files(fictional_lot: Path) -> None:
    shown = CliRunner().invoke(app, ["grade", str(fictional_lot), "--static", "in-force"])
    said = " ".join(shown.output.split())
    assert shown.exit_code == 2
    assert "in-force is the limit set in force of a workspace, and what is graded are files." in said
    assert "no file of static limits" not in said
