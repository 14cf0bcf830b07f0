"""Which tests a recipe's screens look at: by name, number, list or class; and what fits none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.lots import build_lot

import corecar
from corecar.screen import read_recipe, screen
from corecar.screen.dynamic import screened_tests
from corecar.screen.recipe import parse_recipe


def names_of(real_lot: Path, *include: str, exclude: tuple[str, ...] = ()) -> set[str]:
    lot = corecar.read(real_lot)
    rows = screened_tests(lot, replace(read_recipe(), include=include, exclude=exclude))
    return {lot.tests["name"][row].as_py() for row in rows.tolist()}


def test_a_class_of_tests_is_chosen_by_its_unit(real_lot: Path) -> None:
    tests = corecar.read(real_lot).tests.to_pylist()
    unit = next(row["unit"] for row in tests if row["unit"])
    wanted = {row["name"] for row in tests if (row["unit"] or "").lower() == unit.lower()}
    every = {row["name"] for row in tests if row["kind"] in ("parametric", "multiple")}
    assert names_of(real_lot, f"unit:{unit}") == wanted & every
    assert names_of(real_lot, "*", exclude=(f"unit:{unit}",)) == every - wanted


def test_tests_are_chosen_by_a_list_of_names_and_numbers(real_lot: Path) -> None:
    first, second = [row for row in corecar.read(real_lot).tests.to_pylist() if row["kind"] == "parametric"][:2]
    assert names_of(real_lot, first["name"], str(second["number"])) >= {first["name"], second["name"]}


def test_a_pattern_without_a_class_is_held_against_no_unit() -> None:
    lot = build_lot(np.zeros((2, 40)), names=["VREF", "IDD"])
    assert screened_tests(lot, replace(read_recipe(), include=("kind:parametric",))).tolist() == [0, 1]
    assert screened_tests(lot, replace(read_recipe(), include=("parametric",))).tolist() == []


@pytest.mark.parametrize("row", ['include = ["NOSUCH*"]', 'exclude = ["NOSUCH*"]'])
def test_a_screen_that_names_an_unknown_test_says_which(real_lot: Path, row: str) -> None:
    recipe = parse_recipe(f'[[screen]]\nkind = "nnr"\n{row}', "ours.toml")
    notes = screen(corecar.read(real_lot), recipe).notes
    assert 'The recipe\'s pattern "NOSUCH*" for nnr fits no test of this lot.' in notes
