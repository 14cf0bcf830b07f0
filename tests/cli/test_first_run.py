"""What a first run says while machine code is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from corecar.cli.app import app

SAID = "making machine code, once; this takes about {} s\n"


@pytest.fixture(params=["nothing on disk", "all on disk"])
def on_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the disk is taken to hold the machine code."""
    held = bool(request.param == "all on disk")
    monkeypatch.setattr("corecar.compiled.has_code", lambda function: held)
    return held


@pytest.mark.parametrize(("command", "seconds"), [("info", 8), ("grade", 18)])
def test_a_first_run_says_so_beside_the_json(fictional_lot: Path, command: str, seconds: int, on_disk: bool) -> None:
    done = CliRunner().invoke(app, [command, str(fictional_lot), "--json"])
    assert done.exit_code == 0
    assert done.stderr == ("" if on_disk else SAID.format(seconds))
    assert json.loads(done.stdout)["parts"] > 0


def test_a_file_that_is_not_there_is_no_first_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corecar.compiled.has_code", lambda function: False)
    done = CliRunner().invoke(app, ["info", str(tmp_path / "none.stdf")])
    assert "making" not in done.stderr
