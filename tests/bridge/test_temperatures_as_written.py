"""25C and 25 are one temperature wherever one is asked for; the truth beside a simulated lot is no file of the lot."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.bridge.houses import house_in
from tests.lots import build_lot
from typer.testing import CliRunner

import corecar
from corecar.assess.pools import Pool
from corecar.bridge.limits.static_limits import read_whole_lot
from corecar.cli.app import app
from corecar.errors import SourceMissing
from corecar.lot import Lot
from corecar.screen.lot_yields import lot_yields
from corecar.screen.recipe import read_recipe
from corecar.screen.static_lots import static_limits_of_lots, static_screen
from corecar.screen.yield_screen import yield_screen

DAY = 20_600 * 86_400


def lot_at(temperature: str, number: int = 1) -> Lot:
    readings = np.random.default_rng(number).normal(size=(1, 200))
    runs: dict[str, Any] = {
        "lot": [f"L{number}"], "product": ["P"], "stage": ["final test"], "temperature": [temperature],
        "start": [DAY + number * 86_400],
    }  # fmt: skip
    return build_lot(readings, runs=runs)


@pytest.mark.parametrize("asked", ["25", "25C", "25.0 °C", "+25 deg C"])
def test_parts_of_a_temperature_are_found_however_it_is_written(asked: str) -> None:
    assert len(Pool([lot_at("25C")], temperature=asked)) == 200
    assert len(Pool([lot_at("25C", 1), lot_at("25", 2)], temperature=asked)) == 400


def test_lots_of_one_temperature_written_in_two_ways_make_limits_together() -> None:
    lots = [lot_at("25C" if number % 2 else "25", number) for number in range(1, 8)]
    tests = static_limits_of_lots(lots, today=date(2026, 6, 15))
    for temperature in ("25", "25C", "25.0"):
        assert not static_screen(lot_at(temperature, 9), tests).is_idle
    assert static_screen(lot_at("125C", 9), tests).is_idle
    assert static_screen(lot_at("room", 9), tests).is_idle


def test_lots_before_count_for_yield_limits_however_their_temperature_is_written() -> None:
    before = [lot_yields(lot_at("25", number)) for number in range(1, 8)]
    mine = replace(lot_yields(lot_at("25C", 9)))
    assert yield_screen(mine, before, read_recipe()).limits
    assert not yield_screen(replace(mine, temperature="125"), before, read_recipe()).limits


def test_filters_of_a_workspace_take_either(tmp_path: Path) -> None:
    corecar.write(lot_at("25C"), tmp_path / "L1.stdf")
    with house_in(tmp_path) as house:
        house.ingest([tmp_path / "L1.stdf"], workers="inline")
    said = set()
    for asked in ("25", "25C"):
        for words in (["assess", "capability", "L1", "--test", "1000"], ["trend", "1000"], ["related", "L1"]):
            done = CliRunner().invoke(app, [*words, "--temperature", asked, "-w", str(tmp_path / "house")])
            assert done.exit_code == 0, (words, done.output)
            said.add((words[0], done.output))
    assert len(said) == 3


def test_a_folder_with_the_truth_of_its_lot_is_read_as_the_lot(tmp_path: Path) -> None:
    corecar.write(lot_at("25C"), tmp_path / "lot.stdf")
    (tmp_path / "lot.truth.json").write_text('{"planted": []}', encoding="utf-8")
    (tmp_path / "lot.toml").write_text("", encoding="utf-8")
    how: dict[str, Any] = {"identity": "auto", "retest": "last", "on_error": "raise"}
    assert read_whole_lot(tmp_path, how).parts.num_rows == 200
    done = CliRunner().invoke(app, ["static", str(tmp_path), "--preliminary", "--out", str(tmp_path / "s.json")])
    assert done.exit_code == 0, done.output
    (tmp_path / "lot.stdf").unlink()
    shutil.move(tmp_path / "s.json", tmp_path.parent / "s.json")
    with pytest.raises(SourceMissing, match="the folder holds no tester file"):
        read_whole_lot(tmp_path, how)


def test_a_folder_of_parquet_files_is_one_lot_for_static_limits(tmp_path: Path) -> None:
    corecar.write(lot_at("25C"), tmp_path / "lot.parquet")
    found = read_whole_lot(tmp_path / "lot.parquet", {"identity": "auto", "retest": "last", "on_error": "raise"})
    assert pa.compute.count(found.parts["part"]).as_py() == 200
