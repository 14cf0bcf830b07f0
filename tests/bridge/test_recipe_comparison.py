"""Two recipes on the same lots, and a new recipe made from one that is there."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import corecar
from corecar.bridge.files.recipe_files import new_recipe
from corecar.bridge.grade.recipe_comparison import compare_recipes
from corecar.cli.app import app
from corecar.errors import ArgumentError, OutputError, RecipeError
from corecar.screen import read_recipe
from corecar.screen.recipe import SHIPPED

runner = CliRunner()


def rejected(source: Path, recipe: str) -> dict[str, set[int]]:
    """Parts that each screen of a recipe rejects when the lot is graded by it alone."""
    out: dict[str, set[int]] = {}
    for row in corecar.grade(source, recipe=recipe).verdicts.to_pylist():
        out.setdefault(row["rule"], set()).add(row["part"])
    return out


def test_counts_are_those_of_grading_by_each_recipe(real_lot: Path, fictional_lot: Path) -> None:
    answer = compare_recipes("aec-q001", "zero-defect", [real_lot, fictional_lot])
    expected: dict[str, list[int]] = {}
    for source in (real_lot, fictional_lot):
        a, b = rejected(source, "aec-q001"), rejected(source, "zero-defect")
        a, b = ({**found, "all together": set().union(*found.values())} for found in (a, b))
        for name in {*a, *b}:
            mine, its = a.get(name, set()), b.get(name, set())
            counts = [len(mine), len(its), len(mine & its), len(mine - its), len(its - mine)]
            expected[name] = [x + y for x, y in zip(expected.get(name, [0] * 5), counts, strict=True)]
    found = {row["screen"]: list(row.values())[1:] for row in answer["rows"]}
    assert {name: counts for name, counts in found.items() if any(counts)} == expected
    assert answer["rows"][-1]["screen"] == "all together"


def test_yields_and_parts_that_differ_are_those_of_the_two_gradings(real_lot: Path) -> None:
    answer = compare_recipes("aec-q001", "zero-defect", [real_lot])
    a, b = (corecar.grade(real_lot, recipe=recipe) for recipe in ("aec-q001", "zero-defect"))
    row = answer["lots"][0]
    assert (row["may_ship_a"], row["may_ship_b"]) == (a.shippable, b.shippable)
    assert row["yield_change"] == pytest.approx((b.shippable - a.shippable) / a.tested)
    assert (row["held_a"], row["held_b"]) == (bool(a.hold), bool(b.hold))
    ships = [
        dict(zip(g.dispositions["unit"].to_pylist(), g.dispositions["shippable"].to_pylist(), strict=True))
        for g in (a, b)
    ]
    differ = {unit for unit in ships[0] if ships[0][unit] != ships[1][unit]}
    assert {part["part"] for part in answer["parts_that_differ"]} == differ != set()
    assert all(part["why"] for part in answer["parts_that_differ"])


def test_a_recipe_against_itself_differs_in_nothing(real_lot: Path) -> None:
    answer = compare_recipes("aec-q001", read_recipe(), [real_lot])
    assert answer["parts_that_differ"] == []
    assert all(row["only_a"] == row["only_b"] == 0 and row["both"] == row["kills_a"] for row in answer["rows"])
    with pytest.raises(ArgumentError, match="no lot was given"):
        compare_recipes("aec-q001", "zero-defect", [])


def test_the_command_compares_files_and_exports(real_lot: Path, tmp_path: Path) -> None:
    out = tmp_path / "cmp"
    told = runner.invoke(app, ["recipe", "compare", "aec-q001", "zero-defect", str(real_lot), "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "may ship by A, aec-q001 1" in told.output
    content = json.loads((out / "comparison.json").read_text(encoding="utf-8"))
    parts = list(csv.DictReader((out / "parts.csv").read_text(encoding="utf-8").splitlines()))
    assert [part["part"] for part in parts] == [part["part"] for part in content["parts_that_differ"]]
    screens = list(csv.DictReader((out / "screens.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["screen"] for row in screens] == [row["screen"] for row in content["rows"]]


def test_lots_of_a_workspace_are_compared_as_their_files_are(real_lot: Path, tmp_path: Path) -> None:
    house = tmp_path / "house"
    with corecar.init(house) as opened:
        opened.ingest([real_lot], workers="inline")
        name = opened.lots()["rows"][0]["lot"]
        kept = opened.recipe_compare("aec-q001", "zero-defect", [name])
    assert kept["rows"] == compare_recipes("aec-q001", "zero-defect", [real_lot])["rows"]
    told = runner.invoke(app, ["recipe", "compare", "aec-q001", "zero-defect", name, "-w", str(house), "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["rows"] == kept["rows"]
    mixed = runner.invoke(app, ["recipe", "compare", "aec-q001", "zero-defect", name, str(real_lot), "-w", str(house)])
    assert mixed.exit_code != 0


@pytest.mark.parametrize("begin", SHIPPED)
def test_a_new_recipe_is_the_shipped_one_under_its_own_name(begin: str, tmp_path: Path) -> None:
    made = new_recipe(tmp_path / "ours.toml", begin, version="2026-11")
    again, shipped = read_recipe(tmp_path / "ours.toml"), read_recipe(begin)
    assert made == again
    assert (again.name, again.version) == ("ours", "2026-11")

    def rest(values: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in values.items() if key not in ("name", "version")}

    assert rest(again.parameters()) == rest(shipped.parameters())
    assert "#" in (tmp_path / "ours.toml").read_text(encoding="utf-8")


def test_a_new_recipe_from_one_without_a_name_gets_one(tmp_path: Path) -> None:
    (tmp_path / "bare.toml").write_text("[dynamic-pat]\nwidth = 5\n", encoding="utf-8")
    made = new_recipe(tmp_path / "new.toml", tmp_path / "bare.toml", name='our "best"')
    assert (made.name, made.width) == ('our "best"', 5.0)


def test_a_recipe_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    told = runner.invoke(app, ["recipe", "new", str(tmp_path / "ours.toml"), "--from", "zero-defect"])
    assert told.exit_code == 0, told.output
    assert "ours 1. Change it, then: corecar recipe check" in told.output
    with pytest.raises(OutputError, match="it stays as it is"):
        new_recipe(tmp_path / "ours.toml")
    with pytest.raises(RecipeError, match="Did you mean zero-defect"):
        new_recipe(tmp_path / "other.toml", "zero-defekt")
    with pytest.raises(RecipeError, match="expected a text"):
        new_recipe(tmp_path / "other.toml", name=" ")
    assert not (tmp_path / "other.toml").exists()


INKED = """[recipe]
name = "inked"   # file = "not this one"

[[screen]]
kind = "ink"
file = {file}   # from the inspection
"""


@pytest.mark.parametrize("spelled", ['"maps/ink.csv"', "'maps/ink.csv'", '"maps/\\u0069nk*.csv"'])
def test_a_new_recipe_elsewhere_looks_for_the_same_file(
    spelled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "old" / "inked.toml").write_text(INKED.format(file=spelled), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    new_recipe("new/ours.toml", "old/inked.toml")
    text = (tmp_path / "new" / "ours.toml").read_text(encoding="utf-8")
    name = "ink*.csv" if "*" in spelled else "ink.csv"
    assert f'file = "../old/maps/{name}"   # from the inspection' in text
    for recipe in ("new/ours.toml", tmp_path / "new" / "ours.toml"):
        file = Path(dict(read_recipe(recipe).screens[0].parameters)["file"])
        assert file.resolve() == tmp_path / "old" / "maps" / name


def test_a_new_recipe_beside_the_old_one_or_with_an_absolute_file_keeps_it_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "inked.toml").write_text(INKED.format(file='"./ink.csv"'), encoding="utf-8")
    new_recipe(tmp_path / "ours.toml", tmp_path / "inked.toml")
    assert 'file = "./ink.csv"   # from' in (tmp_path / "ours.toml").read_text(encoding="utf-8")
    (tmp_path / "new").mkdir()
    (tmp_path / "far.toml").write_text(INKED.format(file=f"'{tmp_path}/ink.csv'"), encoding="utf-8")
    new_recipe(tmp_path / "new" / "ours.toml", tmp_path / "far.toml")
    assert f"file = '{tmp_path}/ink.csv'   # from" in (tmp_path / "new" / "ours.toml").read_text(encoding="utf-8")


def test_a_file_that_cannot_be_told_from_elsewhere_is_said_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "inked.toml").write_text(INKED.format(file='"""ink.csv"""'), encoding="utf-8")
    with pytest.raises(RecipeError, match=r"screen 1 ink: file .*ink\.csv could not be told from another folder"):
        new_recipe(tmp_path / "new" / "ours.toml", tmp_path / "inked.toml")
    assert not (tmp_path / "new" / "ours.toml").exists()
