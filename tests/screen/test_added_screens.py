"""Screens that a recipe adds: their order and bins, what they say where they can't be applied, mistakes in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lots import build_lot
from tests.screen.maps import EIGHT, lot_of

from corecar import grade
from corecar.errors import RecipeError
from corecar.lot import Lot
from corecar.screen import Recipe, Screening, read_recipe, recipe_text, screen
from corecar.screen.recipe import parse_recipe
from corecar.screen.rows import KINDS, RELATIONS, RETESTS, STANDARD, default
from corecar.screen.screening import PLACELESS
from corecar.standards import parameters

RING = ["11111111", "1XXX1111", "1X1X1111", "1XXX1111", "11111111", "11111111", "1111111X", "11111111"]


def recipe_of(*rows: str) -> Recipe:
    return replace(parse_recipe("\n".join(f"[[screen]]\n{row}" for row in rows), "ours.toml"), kill_budget=1.0)


def verdicts(found: Screening) -> set[tuple[int, str]]:
    return set(zip(found.verdicts["part"].to_pylist(), found.verdicts["rule"].to_pylist(), strict=True))


def ring_lot(**columns: Any) -> Lot:
    """The ring, with an odd reading on the die inside of it."""
    values = np.random.default_rng(1).normal(size=64).astype(np.float32)
    values[18] = 40
    return lot_of(RING, values=values, **columns)


def test_the_shipped_recipe_without_added_screens_stays_as_it_was() -> None:
    recipe = read_recipe("aec-q001")
    assert recipe.screens == ()
    assert [row.kind for row in recipe.ordered] == ["dynamic-pat"]
    assert not any("screen" in key for key in recipe.parameters())
    assert screen(ring_lot(), recipe).limits["screen"].to_pylist() == ["dynamic-pat"]


def test_every_screen_has_its_verdicts_its_record_and_its_reason() -> None:
    recipe = recipe_of('kind = "gdbn"\nhard = 91\nsoft = 191', 'kind = "cluster"\ndilation = 0\nhard = 92')
    found = screen(ring_lot(), recipe)
    assert verdicts(found) == {(18, "gdbn"), (18, "cluster"), (18, "dynamic-pat")}
    for row in found.verdicts.to_pylist():
        assert found.limits.to_pylist()[row["limit"]]["screen"] == row["rule"]
        assert found.limits["limit"][row["limit"]].as_py() == row["limit"]
        assert (row["test"] is None) == (row["rule"] != "dynamic-pat")
    row = next(row for row in found.dispositions.to_pylist() if row["part"] == 18)
    assert (row["old_hard_bin"], row["new_hard_bin"], row["new_soft_bin"]) == (1, 91, 191)
    first, second, third = row["reasons"].split("; ")
    assert first == "gdbn: 8 failed neighbours, limit 5"
    assert second == "cluster: beside or inside of a cluster of 8 failed dies"
    assert third.startswith("dynamic-pat: 1000 T0, ")


@pytest.mark.parametrize(
    ("order", "bins"),
    [
        (('kind = "gdbn"\nhard = 91', 'kind = "dynamic-pat"'), 91),
        (('kind = "dynamic-pat"', 'kind = "gdbn"\nhard = 91'), 90),
        (('kind = "dynamic-pat"\nhard = 89', 'kind = "gdbn"\nhard = 91'), 89),
        (('kind = "cluster"\ndilation = 0\nhard = 92', 'kind = "gdbn"\nhard = 91'), 92),
    ],
)
def test_the_first_screen_that_rejects_a_part_gives_its_bins(order: tuple[str, ...], bins: int) -> None:
    found = screen(ring_lot(), recipe_of(*order))
    assert found.dispositions["new_hard_bin"].to_pylist()[18] == bins


def test_no_screen_sees_what_another_one_rejected() -> None:
    alone = screen(ring_lot(), recipe_of('kind = "gdbn"\ncount_limit = 3'))
    after = screen(ring_lot(), recipe_of('kind = "cluster"\ndilation = 2', 'kind = "gdbn"\ncount_limit = 3'))
    chosen = {part for part, rule in verdicts(after) if rule == "gdbn"}
    assert chosen == {part for part, rule in verdicts(alone) if rule == "gdbn"}


def test_parts_that_the_tester_failed_keep_their_bins() -> None:
    found = screen(ring_lot(), recipe_of('kind = "cluster"'))
    lot = ring_lot()
    failed = np.flatnonzero(~lot.passed)
    table = found.dispositions.to_pylist()
    assert {table[part]["new_hard_bin"] for part in failed} == {7}
    assert not set(failed.tolist()) & {part for part, _ in verdicts(found)}


APART = ("dynamic-pat", "static-pat", "drift", "recovery-rate", *PLACELESS)
EVERY = tuple(f'kind = "{kind}"' for kind in KINDS if kind not in APART)


def test_wafers_without_coordinates_are_never_silently_passed() -> None:
    lot = build_lot(np.arange(200), wafer=["W01"] * 200)
    found = screen(lot, recipe_of(*EVERY))
    kinds = [row.kind for row in recipe_of(*EVERY).screens]
    assert list(found.hold) == [f"{kind}: not applied: no coordinates." for kind in kinds]
    assert set(found.limits["screen"].to_pylist()) == {"dynamic-pat"}


def test_a_lot_without_wafers_says_that_its_places_were_not_screened() -> None:
    found = screen(build_lot(np.arange(200)), recipe_of('kind = "gdbn"', 'kind = "nnr"\noptional = true'))
    assert found.hold == ("gdbn: not applied: no wafers.",)
    assert [note for note in found.notes if note.startswith("nnr: not applied: no wafers. It is optional")]


def test_some_parts_without_coordinates_hold_the_lot() -> None:
    places = divmod(np.arange(199), 20)
    lot = build_lot(np.arange(200), wafer=["W01"] * 200, x=[*places[1], None], y=[*places[0], None])
    found = screen(lot, recipe_of('kind = "gdbn"', 'kind = "nnr"'))
    assert found.hold == ("gdbn, nnr: not applied: no coordinates: 1 part on wafers has none.",)


def test_more_rejects_than_the_budget_name_the_screen() -> None:
    recipe = replace(recipe_of('kind = "cluster"'), kill_budget=0.02)
    found = screen(ring_lot(), recipe)
    assert "Most by: cluster (17), 1000 T0 (1)." in found.hold[0]


def test_dies_of_the_edge_ring_are_foreseen_and_in_no_budget() -> None:
    recipe = replace(recipe_of('kind = "edge-ring"\nexclusion_mm = 0\nrows = 1'), kill_budget=0.02)
    found = screen(ring_lot(), recipe)
    assert len({part for part, rule in verdicts(found) if rule == "edge-ring"}) == 27
    assert found.hold == ()


def test_a_bin_of_a_screen_that_the_tester_uses_for_good_parts_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"\[\[screen\]\] gdbn hard = 1: the tester puts good parts"):
        screen(ring_lot(), recipe_of('kind = "gdbn"\nhard = 1'))


def test_every_screen_runs_on_one_lot_and_re_derives_to_the_same_bits() -> None:
    random = np.random.default_rng(7)
    maps = [["".join("X" if random.random() < 0.06 else "1" for _ in range(12)) for _ in range(12)] for _ in range(6)]
    values = random.normal(size=(3, 6 * 144)).astype(np.float32)
    recipe = recipe_of(*(row + "\nrows = 1" if "edge" in row else row for row in EVERY))
    first, second = (screen(lot_of(*maps, values=values), recipe) for _ in range(2))
    assert first.limits.equals(second.limits)
    assert first.verdicts.equals(second.verdicts)
    assert set(first.limits["screen"].to_pylist()) == set(KINDS) - ({*APART} - {"dynamic-pat"})


@settings(max_examples=15)
@given(st.integers(0, 2**32 - 1), st.sampled_from(range(8)))
def test_a_wafer_turned_or_mirrored_has_the_same_verdicts(seed: int, way: int) -> None:
    random = np.random.default_rng(seed)
    grid = np.where(random.random((9, 9)) < 0.15, "X", "1")
    grid[2:5, 3:6] = "X"
    grid[3, 4] = "1"
    values = random.integers(0, 20, (9, 9)).astype(float)
    values[6, 6] = 1000
    turn = EIGHT[way]
    kinds = ('kind = "gdbn"\ncount_limit = 4', 'kind = "cluster"', 'kind = "scratch"', 'kind = "nnr"', 'kind = "ncr"')
    answers = []
    straight = (grid, values, np.arange(81).reshape(9, 9))
    for letters, readings, place in (straight, tuple(turn(one) for one in straight)):
        lot = lot_of(["".join(row) for row in letters], values=readings.ravel())
        found = screen(lot, recipe_of(*kinds))
        answers.append({(int(place.ravel()[part]), rule) for part, rule in verdicts(found)})
    assert answers[0] == answers[1]


def test_the_keys_of_a_screen_are_the_rows_of_the_standard() -> None:
    rows = [*parameters(STANDARD), *parameters(RELATIONS), *parameters(RETESTS)]
    rows = [row for row in rows if row.rule != "recovery"]
    named = {(row.rule, row.parameter) for row in rows}
    assert len(named) == len(rows)
    assert named <= {(kind, key.key) for kind, keys in KINDS.items() for key in keys}
    for kind, keys in KINDS.items():
        for key in keys:
            assert key.holds(default(kind, key)), (kind, key.key)


MISTAKES = [
    ('kind = "gdnb"', r"ours.toml: \[\[screen\]\] 1 kind: 'gdnb' is not a screen. Did you mean gdbn\?"),
    ("hard = 91", r"\[\[screen\]\] 1 kind: it is missing. Known are: gdbn, "),
    ('kind = "gdbn"\nedgy = 1', r"\[\[screen\]\] 1 gdbn edgy: no such key. Did you mean edge\?"),
    ('kind = "gdbn"\nedge = "scal"', r"1 gdbn edge: expected scale \| .* got 'scal'. Did you mean scale\?"),
    ('kind = "gdbn"\nbins = [70000]', r"1 gdbn bins: expected a list of hard bins, got \[70000\]"),
    ('kind = "gdbn"\nhard = 40000', r"1 gdbn hard: expected a whole number from 0 to 32767, got 40000"),
    ('kind = "gdbn"\nmethod = 3', r"1 gdbn method: expected count \| share \| yield, got 3"),
    ('kind = "nnr"\nreach = 3\nfarthest = 2', r"farthest 2 is less than reach 3"),
    ('kind = "nnr"\nfarthest = 1\nneighbours = 9', r"neighbours 9: within 1 steps there are 8"),
    ('kind = "nnr"\neffects = ["reticle"]', r'effects name "reticle", but reticle is empty'),
    ('kind = "nnr"\neffects = ["lot"]', r'effects: expected a list of "site" and "reticle"'),
    ('kind = "z-pat"\nalpha = 0', r"alpha: expected a number above 0"),
    ('kind = "z-pat"\nreticle = [3]', r"reticle: expected no or two whole numbers"),
    ('kind = "edge-ring"\nexclusion_mm = 0', r"exclusion_mm and rows are both 0"),
    ('kind = "cluster"\nbin_limits = { 7 = 3 }', r"bin_limits: expected a table of hard bins"),
    ('kind = "ink"\nfile = 3', r"1 ink file: expected the path of a CSV .* got 3"),
    ('kind = "cluster"\nholes = 1', r"holes: expected true or false, got 1"),
    ('kind = "dynamic-pat"\n[[screen]]\nkind = "dynamic-pat"', r"dynamic-pat: it stands twice"),
]


@pytest.mark.parametrize(("rows", "message"), MISTAKES)
def test_a_mistake_names_the_screen_the_key_and_what_was_expected(rows: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_recipe(f"[[screen]]\n{rows}\n", "ours.toml")


def test_screens_that_are_no_list_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"write \[\[screen\]\] above each"):
        parse_recipe('[screen]\nkind = "gdbn"\n', "ours.toml")


def test_the_zero_defect_recipe_names_its_screens() -> None:
    recipe = read_recipe("zero-defect")
    assert [row.kind for row in recipe.ordered] == ["gdbn", "cluster", "z-pat", "dynamic-pat", "nnr"]
    assert recipe.hard_bins == (91, 92, 93, 90, 94)
    assert "besides gdbn, cluster, z-pat, nnr" in str(recipe)
    assert recipe.parameters()["screen 1 gdbn count_limit"] == 5
    assert replace(recipe, name="aec-q001", screens=()) == read_recipe("aec-q001")
    assert parse_recipe(recipe_text("zero-defect"), "x") == recipe


def test_grading_writes_every_screens_bins_reasons_and_records(fictional_lot: Path, tmp_path: Path) -> None:
    import corecar
    from corecar.formats.maps import read_map

    found = grade(fictional_lot, recipe="zero-defect", out=tmp_path / "graded")
    assert {"gdbn", "cluster", "z-pat", "nnr", "dynamic-pat"} == set(found.limits["screen"].to_pylist())
    assert sum(found.summary()["rejected_by_screen"].values()) >= found.rejected > 0
    again = corecar.read(tmp_path / "graded" / f"{fictional_lot.name.split('.')[0]}.screened.stdf")
    final = found.dispositions
    bins = again.parts["hard_bin"].take(final["part"]).to_pylist()
    assert bins == final["new_hard_bin"].to_pylist()
    assert len(set(bins) & {90, 91, 92, 93, 94}) > 1
    chart = read_map(next((tmp_path / "graded" / "maps").glob("*.after.xml")))
    named = {known.code: known.name for known in chart.definitions}
    assert {named[code] for code in set(bins) & {90, 91, 92, 93, 94} & set(named)} == {"Screened out"}
    page = (tmp_path / "graded" / "report.html").read_text(encoding="utf-8")
    assert "Clusters of failed dies" in page
    assert "cluster of" in page


DEGENERATE: dict[str, Lot] = {
    "one part": build_lot([1.0], wafer=["W01"], x=[3], y=[4]),
    "all failed": build_lot(np.ones(9), wafer=["W01"] * 9, x=[*range(9)], y=0, passed=False),
    "no readings": build_lot(np.full(9, np.nan), wafer=["W01"] * 9, x=[*range(9)], y=0),
    "readings that are no numbers": build_lot(
        np.full(40, np.nan), flags=[0] * 40, wafer=["W01"] * 40, x=[*range(40)], y=0
    ),
    "constant": lot_of(*[["1" * 9] * 9] * 6),
    "functional only": lot_of(*[["1" * 9] * 9] * 6, kind="functional"),
    "verdicts unknown": build_lot(np.ones(9), wafer=["W01"] * 9, x=[*range(9)], y=0, passed=[None] * 9),
    "one row": build_lot(np.arange(40), wafer=["W01"] * 40, x=[*range(40)], y=-5),
}


@pytest.mark.parametrize("lot", DEGENERATE.values(), ids=DEGENERATE.keys())
def test_a_lot_with_little_in_it_is_screened_without_rejecting_anyone(lot: Lot) -> None:
    found = screen(lot, recipe_of(*(row + "\nexclusion_mm = 3" if "edge" in row else row for row in EVERY)))
    assert {rule for _, rule in verdicts(found)} <= {"ncr"}
    assert found.dispositions.num_rows == lot.parts.num_rows
