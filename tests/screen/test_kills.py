"""What each screen costs, alone and together, and the budgets that hold a lot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.lots import build_lot

import corecar
from corecar.errors import RecipeError
from corecar.screen import Recipe, read_recipe, screen
from corecar.screen.recipe import parse_recipe

NNR = '[[screen]]\nkind = "nnr"\n'
NNR_AT = 'kind = "nnr"\nwidth = {0}.0\nkill = {0}e-3'


def recipe_with(*rows: str, total: float = 1.0) -> Recipe:
    text = f"[budget]\nkill = {total}\n" + "\n".join(f"[[screen]]\n{row}" for row in rows)
    return parse_recipe(text, "ours.toml")


def test_a_screen_over_its_own_budget_holds_the_lot(real_lot: Path) -> None:
    lot = corecar.read(real_lot)
    found = screen(lot, recipe_with('kind = "dynamic-pat"', 'kind = "nnr"\nkill = 0.0'))
    rejected = next(one.total for one in found.kills.screens if one.screen == "nnr")
    assert rejected > 0
    over = [sentence for sentence in found.hold if "own budget" in sentence]
    assert len(over) == 1
    assert over[0].startswith(f"Screen 2, nnr, rejects {rejected:,} of ")
    assert "more than its own budget of 0.00%. Most by: " in over[0]
    roomy = screen(lot, recipe_with('kind = "dynamic-pat"', 'kind = "nnr"\nkill = 1.0'))
    assert not [sentence for sentence in roomy.hold if "budget" in sentence]


def test_a_part_share_just_at_the_budget_is_within_it() -> None:
    lot = build_lot([*range(99), 1e6])
    assert screen(lot, recipe_with('kind = "dynamic-pat"\nkill = 0.01')).hold == ()
    assert "own budget of 0.90%" in screen(lot, recipe_with('kind = "dynamic-pat"\nkill = 0.009')).hold[0]


def test_unique_shared_and_all_rejects_add_up(real_lot: Path) -> None:
    found = screen(corecar.read(real_lot), recipe_with('kind = "gdbn"\ncount_limit = 3', 'kind = "nnr"'))
    by_rule = {
        rule: set(found.verdicts["part"].to_numpy()[np.array(found.verdicts["rule"].to_pylist()) == rule].tolist())
        for rule in ("gdbn", "nnr", "dynamic-pat")
    }
    kills = found.kills
    assert [one.screen for one in kills.screens] == ["gdbn", "nnr", "dynamic-pat"]
    for one in kills.screens:
        others = set().union(*(parts for rule, parts in by_rule.items() if rule != one.screen))
        assert one.total == len(by_rule[one.screen])
        assert one.unique == len(by_rule[one.screen] - others)
        for other, parts in by_rule.items():
            assert kills.overlap[one.screen][other] == len(by_rule[one.screen] & parts)
    assert kills.rejected == len(set().union(*by_rule.values())) > 0
    assert kills.to_dict()["share"] == kills.rejected / kills.good


def test_a_screen_that_rejects_nobody_is_in_the_list() -> None:
    kills = screen(build_lot(np.arange(100)), read_recipe()).kills
    assert [(one.screen, one.total, one.unique) for one in kills.screens] == [("dynamic-pat", 0, 0)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("kill = 2", r"ours.toml: \[\[screen\]\] 1 nnr kill: expected a number from 0 to 1, got 2"),
        ("kil = 0.1", r"ours.toml: \[\[screen\]\] 1 nnr kil: no such key. Did you mean kill\?"),
    ],
)
def test_a_wrong_budget_names_the_screen_and_the_key(row: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_recipe(NNR + row, "ours.toml")


def test_a_budget_stands_among_the_parameters() -> None:
    recipe = parse_recipe(NNR + "kill = 0.005", "ours.toml")
    assert recipe.parameters()["screen 1 nnr kill"] == 0.005
    assert "screen 1 nnr kill" not in parse_recipe(NNR, "ours.toml").parameters()


def test_two_screens_of_one_kind_are_counted_and_budgeted_each(real_lot: Path) -> None:
    found = screen(corecar.read(real_lot), recipe_with('kind = "dynamic-pat"', NNR_AT.format(6), NNR_AT.format(12)))
    names = [one.screen for one in found.kills.screens]
    assert names == ["dynamic-pat", "nnr 2", "nnr 3"]
    wide, narrow = found.kills.screens[2], found.kills.screens[1]
    assert 0 < wide.total < narrow.total
    assert wide.unique == 0
    assert found.kills.overlap["nnr 2"]["nnr 3"] == wide.total
    assert (narrow.budget, wide.budget) == (0.006, 0.012)
