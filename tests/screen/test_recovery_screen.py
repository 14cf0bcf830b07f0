"""Recovery rates against the lots before, and retests of bins that may not be retested, of real files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.retested_files import Wanted, retested_lot
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app
from corecar.errors import ArgumentError, RecipeError
from corecar.screen.lot_yields import RetestRow
from corecar.screen.recipe import parse_recipe
from corecar.screen.recovery_limits import recovery_verdicts

USUAL: Wanted = {(5, 1): (20, 4), (5, 2): (20, 5), (8, 1): (3, 1)}
HIGH: Wanted = {(5, 1): (20, 4), (5, 2): (20, 19), (8, 1): (3, 1)}
RECIPE = """
[[screen]]
kind = "recovery-rate"

[[screen]]
kind = "retest"
retestable = [5]
"""


def usual(number: int) -> Wanted:
    """Lots that differ a little."""
    return {(5, 1): (20, 3 + number % 3), (5, 2): (20, 4 + number % 2), (8, 1): (3, 1)}


def written(folder: Path, count: int, last: Wanted, once_more: int = 0) -> list[Path]:
    files = [retested_lot(folder / f"l{n}.stdf", n, usual(n)) for n in range(1, count)]
    return [*files, retested_lot(folder / f"l{count}.stdf", count, last, once_more=once_more)]


def graded(files: list[Path], folder: Path, recipe: str = RECIPE) -> corecar.Grade:
    """The last file, with the others as its history."""
    path = folder / "ours.toml"
    path.write_text(recipe, encoding="utf-8")
    for file in files[:-1]:
        corecar.grade(file, recipe=path, out=folder / "graded" / file.stem)
    history = [folder / "graded"] if len(files) > 1 else []
    return corecar.grade(files[-1], recipe=path, history=history)


def said(sentences: tuple[str, ...], word: str) -> list[str]:
    return [one for one in sentences if one.startswith(word)]


def test_a_lot_that_recovers_more_than_the_lots_before_is_held(tmp_path: Path) -> None:
    found = graded(written(tmp_path, 8, HIGH), tmp_path)
    (held,) = said(found.hold, "recovery-rate")
    assert "19 of 20 retested first fails in hard bin 5 at site 2 recovered (95.0%), above SBL2" in held
    assert "from 7 lots. Review the test cell" in held
    assert said(found.notes, "recovery-rate: not judged") == [
        "recovery-rate: not judged: hard bin 8 at site 1: fewer than 5 retested."
    ]
    rows = {row["scope"]: row for row in found.limits.to_pylist() if row["screen"] == "recovery-rate"}
    high = rows["hard bin 5 at site 2"]
    assert (high["n"], high["applied"], 0.3 < high["high"] < 0.9) == (20, True, True)
    assert not rows["hard bin 8 at site 1"]["applied"]


def test_a_lot_like_those_before_is_not_held(tmp_path: Path) -> None:
    found = graded(written(tmp_path, 8, USUAL), tmp_path)
    assert said(found.hold, "recovery-rate") == []


def test_few_lots_make_preliminary_limits_that_hold_nothing(tmp_path: Path) -> None:
    found = graded(written(tmp_path, 4, HIGH), tmp_path)
    assert said(found.hold, "recovery-rate") == []
    assert any("hard bin 5 at site 2" in one for one in said(found.notes, "Preliminary: recovery-rate"))


def test_without_lots_before_it_holds_unless_the_recipe_lets_it_go(tmp_path: Path) -> None:
    files = written(tmp_path, 1, HIGH)
    why = "recovery-rate: not applied: 0 earlier lots with counted retests, fewer than 2."
    assert said(graded(files, tmp_path).hold, why)
    lenient = RECIPE.replace('"recovery-rate"', '"recovery-rate"\noptional = true')
    found = graded(files, tmp_path, lenient)
    assert said(found.notes, why)
    assert not said(found.hold, why)


def test_summaries_of_an_older_corecar_are_told_not_taken_for_no_retests(tmp_path: Path) -> None:
    files = written(tmp_path, 4, HIGH)
    graded(files, tmp_path)
    for summary in (tmp_path / "graded").glob("*/summary.json"):
        kept = json.loads(summary.read_text(encoding="utf-8"))
        del kept["yields"]["counts"]["retests"]
        summary.write_text(json.dumps(kept), encoding="utf-8")
    found = corecar.grade(files[-1], recipe=tmp_path / "ours.toml", history=[tmp_path / "graded"])
    assert any("3 earlier lots made no limits" in one for one in said(found.notes, "recovery-rate"))


def test_retests_after_bins_that_are_not_listed_hold_the_lot_with_their_counts(tmp_path: Path) -> None:
    found = graded(written(tmp_path, 1, USUAL, once_more=2), tmp_path)
    (held,) = said(found.hold, "retest")
    assert held.startswith(
        "retest: 5 retests followed a bin that is not listed as retestable (5): bin 8 (3), bin 1 that passed (2)."
    )
    every = RECIPE.replace("[5]", "[1, 5, 8]")
    assert said(graded([tmp_path / "l1.stdf"], tmp_path, every).hold, "retest") == []


def test_a_bin_that_is_never_retested_cannot_be_retestable() -> None:
    with pytest.raises(RecipeError, match="bin 5 is both retestable and never"):
        parse_recipe('[[screen]]\nkind = "retest"\nretestable = [5]\nnever = [5]', "ours.toml")


def test_sites_are_put_together_where_the_recipe_says_so() -> None:
    mine = [RetestRow(5, 1, 4, 4, 4), RetestRow(5, 2, 4, 4, 4)]
    before = {f"L{n}": [RetestRow(5, 1, 10, 10, 1), RetestRow(5, 2, 10, 10, 1)] for n in range(6)}
    apart = recovery_verdicts(mine, before)
    assert [each.verdict for each in apart] == ["fewer than 5 retested"] * 2
    (together,) = recovery_verdicts(mine, before, by_site=False)
    assert (together.site, together.verdict) == (None, "above SBL2")
    with pytest.raises(ArgumentError, match="least=0"):
        recovery_verdicts(mine, before, least=0)


def test_the_command_holds_a_file_against_those_before_and_names_other_bins(tmp_path: Path) -> None:
    *before, mine = written(tmp_path, 8, HIGH)
    words = ["recovery", str(mine), *(word for path in before for word in ("--baseline", str(path)))]
    shown = CliRunner().invoke(app, [*words, "--retestable", "5", "--json"])
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.stdout)
    rows = {(row["bin"], row["site"]): row for row in answer["rows"]}
    assert (rows[5, 2]["verdict"], rows[5, 2]["baseline_lots"]) == ("above SBL2", 7)
    assert (rows[5, 1]["verdict"], rows[8, 1]["verdict"]) == ("within", "fewer than 5 retested")
    assert rows[8, 1]["share_limit"] is None
    assert answer["retested_after"][1] == {"bin": 8, "passed": False, "retests": 3, "retestable": False}
    assert "3 retests outside the retestable bins" in answer["said"]
    own = CliRunner().invoke(app, ["recovery", str(mine), "--baseline", str(mine)])
    assert (own.exit_code, "cannot be its own baseline" in own.output) == (2, True)


def test_a_workspace_holds_a_lot_against_what_it_graded_before(tmp_path: Path) -> None:
    files = written(tmp_path, 8, HIGH)
    (tmp_path / "ours.toml").write_text(RECIPE, encoding="utf-8")
    with corecar.init(tmp_path / "house", owner="Demo House") as house:
        house.ingest(files, workers="inline")
        answers = [house.grade(f"L{n}", recipe=str(tmp_path / "ours.toml")) for n in range(1, 9)]
        told = house.recovery(["L8"], baseline=[f"L{n}" for n in range(1, 8)], retestable=[5])
    assert [bool(said(tuple(one["hold"]), "recovery-rate")) for one in answers] == [True] * 2 + [False] * 5 + [True]
    assert {row["verdict"] for row in told["rows"] if (row["bin"], row["site"]) == (5, 2)} == {"above SBL2"}
