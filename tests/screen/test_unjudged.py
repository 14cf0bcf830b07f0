"""A screen of a recipe that could judge nothing holds the lot, whatever its kind; an optional one only says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.lots import build_lot
from tests.screen.maps import lot_of

from corecar.lot import Lot
from corecar.screen import screen
from corecar.screen.findings import nothing
from corecar.screen.kept_recipes import recipe_of
from corecar.screen.recipe import SHIPPED, Recipe, parse_recipe, read_recipe
from corecar.screen.rows import KINDS, PLACED
from corecar.screen.screening import Screening
from corecar.screen.unjudged import HOW, settled

TOLD = "no reading that a limit stands over"


def lot_of_nothing(**columns: Any) -> Lot:
    """Five good parts with one test: no wafers, no coordinates, no identity, no currents, too few of everything."""
    return build_lot(np.arange(5), identity="none", **columns)


def recipe(*rows: str, dynamic: bool = True) -> Recipe:
    """A recipe of these screens; the dynamic limits, which no recipe is without, optional unless they are asked for."""
    others = "" if dynamic else f'[[screen]]\nkind = "{PLACED}"\noptional = true\n'
    return parse_recipe(others + "".join(f"[[screen]]\n{row}\n" for row in rows), "ours.toml")


def of_kind(kind: str, extra: str = "") -> Recipe:
    return recipe(f'kind = "{kind}"\n{extra}', dynamic=kind == PLACED)


def reasons(found: Screening, kind: str) -> list[str]:
    """Reasons to wait that a screen which judged nothing gives."""
    return [one for one in found.hold if (TOLD in one if kind == PLACED else one.startswith(f"{kind}: not applied"))]


@pytest.mark.parametrize("kind", KINDS)
def test_a_screen_of_any_kind_that_judged_nothing_holds_the_lot_and_says_why(kind: str) -> None:
    found = screen(lot_of_nothing(), of_kind(kind))
    assert len(reasons(found, kind)) >= 1, found.hold
    assert set(found.hold) == set(reasons(found, kind))
    assert HOW in found.notes
    assert found.verdicts.num_rows == 0


@pytest.mark.parametrize("kind", KINDS)
def test_an_optional_screen_of_any_kind_that_judged_nothing_is_a_note(kind: str) -> None:
    found = screen(lot_of_nothing(), of_kind(kind, "optional = true"))
    words = TOLD if kind == PLACED else f"{kind}: not applied"
    assert found.hold == ()
    assert [note for note in found.notes if words in note and "optional" in note], found.notes
    assert HOW not in found.notes


@pytest.mark.parametrize("kind", KINDS)
def test_where_no_part_is_good_there_was_nothing_to_judge(kind: str) -> None:
    found = screen(lot_of_nothing(passed=False), of_kind(kind))
    assert found.hold == ()
    assert [note for note in found.notes if note.startswith(f"{kind}: not applied")], found.notes


@pytest.mark.parametrize("kind", KINDS)
def test_optional_is_kept_with_a_grading_and_read_back(kind: str) -> None:
    for extra in ("", "optional = true", "optional = false"):
        ours = of_kind(kind, extra)
        assert recipe_of(ours.parameters()) == ours
        assert ours.screens[-1].optional is (extra == "optional = true")


def test_a_screen_that_forgets_to_say_why_holds_the_lot_all_the_same() -> None:
    row = of_kind("gdbn").screens[-1]
    assert settled(row, nothing("gdbn", []), good=1).hold == ("gdbn: not applied: no part could be judged.",)


def test_what_was_partly_judged_is_a_note_with_names_and_counts() -> None:
    readings = np.random.default_rng(1).normal(size=(2, 200))
    readings[1] = 7.0
    lot = build_lot(readings, wafer=["W01"] * 200, x=[i % 20 for i in range(200)], y=[i // 20 for i in range(200)])
    found = screen(lot, of_kind("nnr"))
    assert not reasons(found, "nnr")
    assert [note for note in found.notes if note.startswith("nnr: not applied to 1 of 2 tests")], found.notes


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("gdbn", 'edge = "ignore"'),
        ("gdbn", "least = 9"),
        ("cluster", 'seeds = "statistical"'),
        ("edge-ring", "exclusion_mm = 3\nrows = 0"),
        ("z-pat", ""),
        ("parametric-z-pat", ""),
        ("ncr", ""),
        ("iddq-ratio", 'include = ["*"]\nlimit = 5'),
    ],
)
def test_a_record_without_a_die_judged_by_it_is_not_applied(kind: str, keys: str) -> None:
    """Four dies on one wafer: too few neighbours, too few wafers, no sizes, no current above 0."""
    lot = lot_of(["1X", "11"], values=np.full((2, 4), -1.0))
    found = screen(lot, of_kind(kind, keys))
    assert reasons(found, kind), (found.hold, found.notes)
    own = found.limits.filter(pa.compute.equal(found.limits["screen"], kind))
    assert not any(own["applied"].to_pylist())


def test_parts_without_coordinates_are_a_note_where_every_screen_of_places_is_optional() -> None:
    lot = build_lot(np.arange(200), wafer=["W01"] * 200, x=[*range(199), None], y=[0] * 199 + [None])
    some = screen(lot, recipe('kind = "gdbn"\noptional = true', 'kind = "cluster"'))
    told = "not applied: no coordinates: 1 part on wafers has none."
    assert some.hold == (f"cluster: {told}",)
    assert f"gdbn: {told}" in some.notes


def test_running_limits_that_reject_nobody_have_judged() -> None:
    readings = np.random.default_rng(2).normal(size=200)
    found = screen(build_lot(readings), of_kind("running-pat", "units = 100"))
    assert not reasons(found, "running-pat")
    assert reasons(screen(build_lot(readings), of_kind("running-pat", "units = 500")), "running-pat")


def test_optional_must_be_true_or_false() -> None:
    with pytest.raises(Exception, match=r"\[\[screen\]\] 1 nnr optional: expected true or false, got 'yes'"):
        parse_recipe('[[screen]]\nkind = "nnr"\noptional = "yes"', "ours.toml")


def test_a_recipe_that_ships_lets_a_lot_of_one_wafer_pass_without_its_stack() -> None:
    optional = {name: [row.kind for row in read_recipe(name).screens if row.optional] for name in SHIPPED}
    assert optional == {"aec-q001": [], "aec-q001+q002": [], "zero-defect": ["z-pat"]}
    readings = np.random.default_rng(3).normal(size=400)
    lot = lot_of(["1" * 20] * 20, values=readings)
    found = screen(lot, replace(read_recipe("zero-defect"), kill_budget=1.0))
    assert found.hold == ()
    assert [note for note in found.notes if note.startswith("z-pat: not applied: ") and "optional" in note]
