"""Recipes: what is in one, and how a mistake in one is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from corecar.errors import RecipeError
from corecar.screen import read_recipe, recipe_text
from corecar.screen.recipe import parse_recipe
from corecar.screen.recipe_keys import KEYS


def test_the_shipped_recipe_is_found_by_its_name_with_or_without_ending() -> None:
    assert read_recipe() == read_recipe("aec-q001") == read_recipe("aec-q001.toml")
    assert read_recipe().title == "aec-q001 1"


def test_a_shown_recipe_reads_as_the_same_recipe(tmp_path: Path) -> None:
    copy = tmp_path / "ours.toml"
    copy.write_text(recipe_text(), encoding="utf-8")
    assert read_recipe(copy) == read_recipe()


def test_the_shipped_recipe_writes_out_every_key() -> None:
    text = recipe_text()
    assert [key for key in KEYS if f"\n{key.key} = " not in text] == []


def test_a_key_left_out_keeps_its_default() -> None:
    changed = parse_recipe("[dynamic-pat]\nwidth = 5\n", "ours.toml")
    assert changed.width == 5.0
    assert changed.quartile_rule == read_recipe().quartile_rule


def test_the_parameters_are_plain_values() -> None:
    parameters = read_recipe().parameters()
    assert parameters["kinds"] == ["parametric", "multiple"]
    assert {type(value) for value in parameters.values()} <= {str, int, float, bool, list}


MISTAKES = [
    (
        "[dynamic-pat]\nscope = 'waffer'\n",
        r"ours.toml: \[dynamic-pat\] scope: expected .* got 'waffer'. Did you mean wafer?",
    ),
    ("[dynamic-pat]\nwidht = 6\n", r"\[dynamic-pat\] widht: no such key. Did you mean width?"),
    ("[dinamic-pat]\nwidth = 6\n", r"\[dinamic-pat\]: a recipe has no such section. Did you mean dynamic-pat?"),
    ("[colours]\nred = 1\n", r"Known are: bins, budget, dynamic-pat, recipe"),
    ("recipe = 3\n", r"recipe must be a section"),
    ("[dynamic-pat]\nwidth = 0\n", r"width: expected a number above 0 .* got 0"),
    ("[dynamic-pat]\nwidth = true\n", r"width: expected a number .* got True"),
    ("[dynamic-pat]\nwidth = nan\n", r"width: expected a number .* got nan"),
    ("[dynamic-pat]\nleast = 1\n", r"least: expected a whole number from 2, got 1"),
    ("[dynamic-pat]\nleast = 30.5\n", r"least: expected a whole number"),
    ("[dynamic-pat]\nkinds = ['functional']\n", r"kinds: expected a list of"),
    ("[dynamic-pat]\ninclude = 'V*'\n", r"include: expected a list of patterns, got 'V\*'"),
    ("[dynamic-pat]\nalarmed = 1\n", r"alarmed: expected true or false, got 1"),
    ("[bins]\nhard = 40000\n", r"hard: expected a whole number from 0 to 32767, got 40000"),
    ("[budget]\nkill = 2\n", r"kill: expected a number from 0 to 1, got 2"),
    ('[recipe]\nname = "a\\u001b[31m"\n', r"name: expected a text of one line"),
    ("[recipe]\nname = ''\n", r"name: expected a text of one line, got ''"),
    ("width == 6", r"ours.toml: not TOML: .*; expected a recipe \(TOML\). Compare it with the shipped"),
]


@pytest.mark.parametrize(("text", "message"), MISTAKES)
def test_a_mistake_names_the_key_what_was_expected_and_the_nearest_word(text: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_recipe(text, "ours.toml")


def test_a_recipe_that_is_not_there_names_the_nearest_shipped_one() -> None:
    with pytest.raises(RecipeError, match=r"no such file.*Did you mean aec-q001"):
        read_recipe("aec-q01")


def test_a_recipe_that_is_not_text_says_so(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(RecipeError, match=r"ours.toml: this looks like text in UTF-16; expected a recipe"):
        read_recipe(path)


def test_a_recipe_says_what_it_does_in_a_sentence() -> None:
    assert "at 6 robust sigmas" in str(read_recipe())


def test_a_recipe_without_a_name_is_called_like_its_file_not_like_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "anon.toml").write_text("[dynamic-pat]\nwidth = 4.0\n", encoding="utf-8")
    assert read_recipe(tmp_path / "anon.toml").title == "anon 0"


def test_everything_that_is_wrong_is_told_at_once_with_row_key_value_and_rule() -> None:
    text = """
[dynamic-pat]
widht = 6
scope = "waffer"
[bins]
hard = 40000
[[screen]]
kind = "nnr"
estimator = "mediann"
reach = 3
farthest = 2
[[screen]]
kind = "gdnb"
[[screen]]
kind = "edge-ring"
exclusion_mm = 0
"""
    with pytest.raises(RecipeError, match=r"^6 places of the recipe do not fit:\n") as caught:
        parse_recipe(text, "ours.toml")
    rows = [(fault.row, fault.key, fault.value) for fault in caught.value.faults]
    assert rows == [
        ("[dynamic-pat]", "widht", 6),
        ("[dynamic-pat]", "scope", "waffer"),
        ("[bins]", "hard", 40000),
        ("[[screen]] 1 nnr", "estimator", "mediann"),
        ("[[screen]] 2", "kind", "gdnb"),
        ("[[screen]] 3 edge-ring", "", None),
    ]
    told = str(caught.value).splitlines()[1:]
    assert len(told) == 6
    assert all(line.startswith("ours.toml: [") for line in told)
    assert [line.rsplit(" ", 1)[-1] for line in told if "Did you mean" in line] == [
        "width?",
        "wafer?",
        "median?",
        "gdbn?",
    ]
    assert caught.value.faults[2].rule == "a whole number from 0 to 32767"


def test_more_faults_than_a_page_are_counted() -> None:
    with pytest.raises(RecipeError, match=r"and 10 more$") as caught:
        parse_recipe("[dynamic-pat]\n" + "".join(f"key{place} = 1\n" for place in range(30)), "ours.toml")
    assert len(caught.value.faults) == 30
