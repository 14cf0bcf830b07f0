"""Several screens of dynamic limits in one recipe: each with a scope, a width or tests of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.lots import build_lot

import corecar
from corecar.bridge.grade.recipe_comparison import compare_recipes
from corecar.bridge.grade.whatif import what_if
from corecar.bridge.limits.limit_checks import check_limits
from corecar.errors import RecipeError
from corecar.lot import Lot
from corecar.report.chapters.method import STEPS
from corecar.screen import Recipe, screen
from corecar.screen.kept_recipes import recipe_of
from corecar.screen.limit_differences import recipe_limits
from corecar.screen.recipe import parse_recipe
from corecar.screen.rows import KINDS, PLACED
from corecar.screen.width_sweep import sweep_widths

TWO = """
[budget]
kill = 1.0

[[screen]]
kind = "dynamic-pat"

[[screen]]
kind = "dynamic-pat"
scope = "lot"
width = 5
include = ["two"]
hard = 91
soft = 91
"""


def two(text: str = TWO) -> Recipe:
    return parse_recipe(text, "two.toml")


def two_wafers() -> Lot:
    """Two tests on two wafers; part 10 is beyond 5 sigma of the lot in test two, part 150 beyond 6 of its wafer."""
    random = np.random.default_rng(4)
    values = random.normal(size=(2, 200)).astype(np.float32)
    values[1, 10], values[0, 150] = 5.6, 30
    wafers = ["W1"] * 100 + ["W2"] * 100
    return build_lot(values, wafer=wafers, names=["one", "two"])


def test_each_has_keys_of_its_own_and_takes_the_others_from_the_sections() -> None:
    first, second = two().dynamic
    assert (first.scope, first.width, first.include) == ("wafer", 6.0, ("*",))
    assert (second.scope, second.width, second.include, second.least) == ("lot", 5.0, ("two",), 30)
    assert "by wafer at 6 robust sigmas and by lot at 5 robust sigmas" in str(two())
    assert ("[[screen]] 2 dynamic-pat", "scope", "lot") in two().rows()


def test_each_makes_its_own_limits_and_gives_its_own_bin() -> None:
    found = screen(two_wafers(), two())
    limits = found.limits.to_pylist()
    assert [(row["test"], row["scope"].split(" ")[0], row["width"]) for row in limits] == [
        (0, "wafer", 6.0), (0, "wafer", 6.0), (1, "wafer", 6.0), (1, "wafer", 6.0), (1, "lot", 5.0),
    ]  # fmt: skip
    values = np.sort(two_wafers().measurements.value[200:].astype(np.float64))
    median, (low, high) = np.median(values), np.quantile(values, [0.25, 0.75])
    assert limits[4]["high"] == pytest.approx(median + 5 * (high - low) / 1.35, rel=1e-12)
    bins = {row["part"]: row["new_hard_bin"] for row in found.dispositions.to_pylist()}
    assert (bins[10], bins[150]) == (91, 90)
    assert [(one.screen, one.total) for one in found.kills.screens] == [("dynamic-pat 1", 1), ("dynamic-pat 2", 1)]


def test_one_of_them_that_sees_no_test_holds_the_lot_by_its_name() -> None:
    found = screen(two_wafers(), two(TWO.replace('"two"]', '"three"]')))
    assert any(reason.startswith("dynamic-pat 2: not applied: no test got limits") for reason in found.hold)
    assert 'The recipe\'s pattern "three" for dynamic-pat fits no test of this lot.' in found.notes
    optional = screen(two_wafers(), two(TWO.replace('"two"]', '"three"]\noptional = true')))
    assert not optional.hold


def test_a_reading_that_is_no_number_is_counted_once() -> None:
    lot = two_wafers()
    lot.measurements.value[230] = np.nan
    notes = [note for note in screen(lot, two()).notes if "not a number" in note]
    assert notes == ["1 reading of a good part is not a number; it was held against no limit."]


def test_notes_on_limits_say_of_which_screen_they_are() -> None:
    notes = screen(two_wafers(), two(TWO.replace("width = 5", "width = 5\nsmall = 500"))).notes
    told = "dynamic-pat 2: the limits of 1 test rest on fewer than 500 readings in some group (small-n)."
    assert told in notes


def test_a_recipe_that_was_kept_has_them_again() -> None:
    assert recipe_of(two().parameters()) == two()


MISTAKES = [
    ('kind = "dynamic-pat"\n[[screen]]\nkind = "dynamic-pat"', r"it stands twice with the same keys. Keys that a sec"),
    ('kind = "dynamic-pat"\nscop = "lot"', r"1 dynamic-pat scop: no such key. Did you mean scope\?"),
    ('kind = "dynamic-pat"\nscope = "waffer"', r"scope: expected lot \| wafer .*Did you mean wafer"),
    ('kind = "dynamic-pat"\nwidth = nan', r"width: expected a number above 0 and at most 100, got nan"),
    ('kind = "dynamic-pat"\ninclude = { a = 1 }\n[[screen]]\nkind = "dynamic-pat"', r"include: expected a list of pat"),
]


@pytest.mark.parametrize(("rows", "message"), MISTAKES)
def test_a_mistake_in_one_of_them_is_told(rows: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        two(f"[[screen]]\n{rows}\n")


def test_a_sweep_moves_only_those_that_have_the_width_of_the_section() -> None:
    sweep = sweep_widths(two_wafers(), two(), [5.0, 6.0])
    assert sweep.part.tolist() == [10, 150]
    assert sweep.rejected.tolist() == [[True, True], [False, True]]
    answer = what_if(two_wafers(), recipe=two(), start=6, stop=7, step=1)
    assert [(row["rejected"], row["with_others"]) for row in answer["rows"]] == [(1, 2), (1, 2)]
    own = two(TWO.replace('kind = "dynamic-pat"\n\n', 'kind = "dynamic-pat"\nwidth = 7\n\n'))
    with pytest.raises(RecipeError, match=r"every .* has a width of its own, so there is none to sweep"):
        what_if(two_wafers(), recipe=own)


def test_their_limits_come_out_again_from_the_files(fictional_lot: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "two.toml"
    recipe.write_text(TWO.replace('["two"]', '["*"]').replace('scope = "lot"', 'scope = "wafer"'), encoding="utf-8")
    corecar.grade(fictional_lot, recipe=recipe, out=tmp_path / "graded")
    checks = check_limits(tmp_path / "graded", [fictional_lot])
    assert len(checks) > 10
    assert {row.outcome for row in checks} == {"same"}
    page = (tmp_path / "graded" / "report.html").read_text(encoding="utf-8")
    assert "median ± 6 × robust sigma" in page
    assert "median ± 5 × robust sigma" in page


def test_the_method_of_a_report_explains_every_screen() -> None:
    explained = {step.screen for step in STEPS}
    assert set(KINDS) <= explained
    assert PLACED in explained


def test_their_limits_over_one_test_and_scope_are_compared_one_by_one() -> None:
    narrow = two(TWO.replace('scope = "lot"\n', ""))
    wide = two(TWO.replace('scope = "lot"\nwidth = 5', "width = 5.5"))
    rows, parts = recipe_limits(two_wafers(), narrow, wide)
    assert [(row["screen"], row["name"], row["scope"]) for row in rows] == [
        ("dynamic-pat (2)", "two", "wafer W1"), ("dynamic-pat (2)", "two", "wafer W2"),
    ]  # fmt: skip
    assert [row["only_a_rejects"] for row in rows] == [1, 0]
    assert {row["rejected_by"]: row["parts"] for row in parts} == {"a alone": 1, "b alone": 0, "both": 1}


def test_a_kind_that_rejects_nothing_stands_in_a_comparison_too() -> None:
    twice = '[[screen]]\nkind = "retest"\n\n[[screen]]\nkind = "retest"\ntries = 4\n'
    rows = compare_recipes(two(), two(twice), [two_wafers()])["rows"]
    assert "retest" in [row["screen"] for row in rows]
