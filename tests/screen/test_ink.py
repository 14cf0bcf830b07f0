"""Good dies at the places of an ink list, from the recipe and from a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.screen.maps import lot_of, units

import corecar
from corecar.bridge.files.ink_maps import ink_list
from corecar.bridge.grade.wafer_maps import maps_as_tested
from corecar.errors import RecipeError
from corecar.formats.maps import BinDefinition, WaferMap, write_map
from corecar.lot import Lot
from corecar.report.blocks import Formula
from corecar.report.chapters.method import method
from corecar.report.evidence import Evidence
from corecar.screen import Screening, screen
from corecar.screen.recipe import parse_recipe, read_recipe

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
    with pytest.raises(RecipeError, match=rf"there is no file {Path.cwd().as_posix()}/none.csv: .*cannot be read"):
        screened(lot_of(MAP), 'file = "none.csv"')


def test_a_relative_file_is_looked_for_beside_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "ink.csv").write_text("x,y\n0,2\n", encoding="utf-8")
    recipe = tmp_path / "ours" / "recipe.toml"
    recipe.write_text('[[screen]]\nkind = "ink"\nhard = 97\nsoft = 97\nfile = "ink.csv"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    lot = lot_of(MAP)
    assert inked(lot, screen(lot, read_recipe(recipe))) == {("W01", 0, 2)}
    assert inked(lot, screen(lot, read_recipe("ours/recipe.toml"))) == {("W01", 0, 2)}
    (tmp_path / "ours" / "ink.csv").unlink()
    with pytest.raises(RecipeError, match=r"there is no file .*ours/ink.csv"):
        screen(lot, read_recipe("ours/recipe.toml"))


def ink_map(bins: list[list[int]], **changes: Any) -> WaferMap:
    known = (BinDefinition(1, True, "Good"), BinDefinition(7, False, "Scratch"))
    return replace(WaferMap("W01", np.array(bins, dtype=np.int32), lot="L", definitions=known), **changes)


def of_map(folder: Path, name: str, chart: WaferMap, lot: Lot) -> Screening:
    write_map(chart, folder / name)
    text = f'[[screen]]\nkind = "ink"\nhard = 97\nsoft = 97\nfile = "{(folder / name).as_posix()}"'
    return screen(lot, parse_recipe(text, "ours.toml"), read_list=ink_list)


SCRATCHED = [[1, 7, 7], [1, 7, 1], [1, 1, 1]]


@pytest.mark.parametrize("name", ["w01.xml", "w01.e142.xml", "w01.sinf"])
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_map_inks_its_bad_dies_in_every_format_however_it_lies(tmp_path: Path, name: str, turn: int) -> None:
    lot = lot_of(MAP, MAP, wafers={"wafer": ["W01", "W02"], "run": [0, 0], "head": [1, 1], "flat": ["D", "D"]})
    found = of_map(tmp_path, name, ink_map(SCRATCHED).turned(turn), lot)
    assert inked(lot, found) == {("W01", 1, 0), ("W01", 2, 0)}
    reason = found.verdicts.to_pylist()[0]["reason"]
    assert reason == f"on the ink list: bin 7{'' if 'sinf' in name else ' Scratch'} in {name}"
    assert not any(words.startswith("ink") for words in found.hold)


def test_a_map_in_other_coordinates_rejects_nothing_and_holds_the_lot(tmp_path: Path) -> None:
    lot = lot_of(MAP)
    found = of_map(tmp_path, "w01.xml", ink_map(SCRATCHED, first_x=1), lot)
    assert inked(lot, found) == set()
    assert any("has 3 dies where no die was tested, and lacks 3 tested dies" in words for words in found.hold)


def test_what_a_map_does_not_judge_is_said(tmp_path: Path) -> None:
    lot = lot_of(MAP)
    found = of_map(tmp_path, "w01.xml", ink_map([[1, 1, 7], [1, 1, 1], [-1, 1, 1]]), lot)
    assert inked(lot, found) == {("W01", 2, 0)}
    assert any("w01.xml says nothing of 1 die of W01" in note for note in found.notes)
    other = of_map(tmp_path, "w09.xml", ink_map(SCRATCHED, wafer="W09"), lot)
    assert any("the lot has no wafer W09" in note for note in other.notes)
    assert "ink: not applied: no place is named." in other.hold
    clean = of_map(tmp_path, "clean.xml", ink_map([[1] * 3] * 3), lot)
    assert not any(words.startswith("ink") for words in clean.hold)


def test_several_maps_are_named_by_a_pattern_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    lot = lot_of(MAP, MAP)
    for wafer in ("W01", "W02"):
        write_map(ink_map(SCRATCHED, wafer=wafer), tmp_path / f"{wafer}.sinf")
    recipe = parse_recipe(
        f'[[screen]]\nkind = "ink"\nhard = 97\nsoft = 97\nfile = "{tmp_path.as_posix()}/*.sinf"', "ours.toml"
    )
    assert len(inked(lot, screen(lot, recipe, read_list=ink_list))) == 4
    (tmp_path / "W02.sinf").write_text("LOT:A\nROWCT:2\nCOLCT:1\nRowData:01\n", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"W02.sinf: .*1 row, but ROWCT=2"):
        screen(lot, recipe, read_list=ink_list)
    with pytest.raises(RecipeError, match=r"no file fits .*none-\*.xml"):
        screened(lot, f'file = "{tmp_path.as_posix()}/none-*.xml"')


def test_grading_inks_by_the_composite_of_an_inspection_and_explains_it(fictional_lot: Path, tmp_path: Path) -> None:
    lot = corecar.read(fictional_lot)
    charts, _ = maps_as_tested(lot)
    place = np.argwhere(charts[0].good)[5]
    charts[0].bins[tuple(place)] = 4
    write_map(charts[0], tmp_path / "inspected.e142.xml")
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[[screen]]\nkind = "ink"\nhard = 97\nsoft = 97\nfile = "inspected.e142.xml"\n', encoding="utf-8")
    grade = corecar.grade(lot, recipe=recipe)
    (row,) = (row for row in grade.verdicts.to_pylist() if row["rule"] == "ink")
    assert row["reason"].endswith("in inspected.e142.xml")
    assert any(
        "does not pass on a map" in block.formula for block in method(Evidence(grade)) if isinstance(block, Formula)
    )


def test_no_place_at_all_holds_the_lot() -> None:
    assert "ink: not applied: no place is named." in screened(lot_of(MAP), "").hold


def test_a_die_of_a_real_wafer_is_inked(real_lot: Path) -> None:
    lot = corecar.read(real_lot)
    assert inked(lot, screened(lot, "places = [[17, -4], [19, -3]]")) == {("GAL-LOT-02", 17, -4)}
