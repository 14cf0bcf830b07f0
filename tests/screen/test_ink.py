"""Good dies at the places of an ink list, from the recipe and from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.screen.maps import lot_of, units

import corecar
from corecar.errors import RecipeError
from corecar.lot import Lot
from corecar.screen import Screening, screen
from corecar.screen.recipe import parse_recipe

MAP = ["111", "1X1", "111"]


def screened(lot: Lot, keys: str) -> Screening:
    return screen(lot, parse_recipe(f'[[screen]]\nkind = "ink"\nhard = 97\nsoft = 97\n{keys}', "ours.toml"))


def inked(lot: Lot, found: Screening) -> set[tuple[str, int, int]]:
    parts = [row["part"] for row in found.verdicts.to_pylist() if row["rule"] == "ink"]
    return set(units(lot, np.array(parts, np.int64)))


def test_places_are_inked_on_every_wafer_or_on_one_and_only_where_the_die_is_good() -> None:
    lot = lot_of(MAP, MAP)
    found = screened(lot, 'places = [[0, 2], [1, 1], ["W02", 2, 0]]')
    assert inked(lot, found) == {("W01", 0, 2), ("W02", 0, 2), ("W02", 2, 0)}
    assert not any(reason.startswith(("ink", "The screens reject")) for reason in found.hold)
    assert {row["new_bin"] for row in found.verdicts.to_pylist()} == {97}


def test_a_file_gives_reasons_and_a_place_without_a_die_is_told(tmp_path: Path) -> None:
    path = tmp_path / "ink.csv"
    path.write_text("wafer,x,y,reason\nW01,0,0,handling scratch\n,9,9,\n", encoding="utf-8")
    lot = lot_of(MAP, MAP)
    found = screened(lot, f'file = "{path.as_posix()}"')
    assert inked(lot, found) == {("W01", 0, 0)}
    assert [row["reason"] for row in found.verdicts.to_pylist()] == ["on the ink list: handling scratch"]
    assert "ink: 1 listed place without a tested die: any wafer 9, 9." in found.notes


def test_a_list_that_cannot_be_read_says_where(tmp_path: Path) -> None:
    path = tmp_path / "ink.csv"
    path.write_text("x,y\n0,zero\n", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"ink.csv: row 2: expected columns x and y"):
        screened(lot_of(MAP), f'file = "{path.as_posix()}"')
    with pytest.raises(RecipeError, match="cannot be read"):
        screened(lot_of(MAP), 'file = "none.csv"')


def test_no_place_at_all_holds_the_lot() -> None:
    assert "ink: not applied: no place is named." in screened(lot_of(MAP), "").hold


def test_a_die_of_a_real_wafer_is_inked(real_lot: Path) -> None:
    lot = corecar.read(real_lot)
    assert inked(lot, screened(lot, "places = [[17, -4], [19, -3]]")) == {("GAL-LOT-02", 17, -4)}
