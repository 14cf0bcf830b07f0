"""`map composite` of a lot of a workspace: its insertions laid over each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.bridge.houses import house_in, small_lot
from typer.testing import CliRunner

import corecar
from corecar.bridge.workspace import Workspace
from corecar.cli.app import app
from corecar.errors import ArgumentError, NotFound


def bad_places(path: Path) -> set[tuple[int, int]]:
    """X and Y of the dies of a file of one wafer whose final attempt failed."""
    lot = corecar.read(path)
    failed = lot.final & ~lot.passed
    rows = lot.parts.select(["x", "y"]).to_pylist()
    return {(row["x"], row["y"]) for row, bad in zip(rows, failed, strict=True) if bad and row["x"] is not None}


@pytest.fixture
def twice(tmp_path: Path) -> tuple[Workspace, Path, Path]:
    """A lot with two insertions: the dies of one file, then those of another, at another temperature."""
    first, second = small_lot(tmp_path, 1), small_lot(tmp_path, 2)
    house = house_in(tmp_path)
    house.ingest([first, second], workers="inline")
    house.correct("SIM00002", lot="SIM00001", temperature="125", reason="the same wafers, hot")
    return house, first, second


def test_a_die_is_bad_where_any_or_all_insertions_say_so(twice: tuple[Workspace, Path, Path], tmp_path: Path) -> None:
    house, first, second = twice
    one, two = bad_places(first), bad_places(second)
    assert one != two
    with house:
        union = house.map_composite("SIM00001", figure=tmp_path / "composite.svg", maps=tmp_path / "maps")
        every = house.map_composite("SIM00001", rule="all")
    assert len(union["insertions"]) == 2
    assert union["details"]["composite"]["layers"] == [2]
    assert union["details"]["composite"]["failed"] == len(one | two)
    assert every["details"]["composite"]["failed"] == len(one & two)
    assert (tmp_path / "composite.svg").read_bytes().startswith(b"<svg")
    assert len(list((tmp_path / "maps").iterdir())) == 1
    assert any("whether places repeat was not judged" in note for note in union["notes"])


def test_the_command_takes_a_lot_by_its_name(twice: tuple[Workspace, Path, Path], tmp_path: Path) -> None:
    house, first, second = twice
    house.close()
    words = ["map", "composite", "SIM00001", "-w", str(tmp_path / "house"), "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout)
    assert answer["details"]["composite"]["failed"] == len(bad_places(first) | bad_places(second))
    wrong = CliRunner().invoke(app, [*words[:2], "SIM0001", *words[3:]])
    assert isinstance(wrong.exception, NotFound | SystemExit)
    mixed = CliRunner().invoke(app, ["map", "composite", str(first), "-w", str(tmp_path / "house")])
    assert mixed.exit_code != 0


def test_a_reticle_that_is_no_pair_is_told(twice: tuple[Workspace, Path, Path]) -> None:
    with twice[0] as house, pytest.raises(ArgumentError, match="reticle 3by4: expected two whole numbers"):
        house.map_composite("SIM00001", reticle="3by4")
