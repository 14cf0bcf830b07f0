"""Parameters of standards say where each value comes from."""

from __future__ import annotations

import pytest

from corecar.errors import ArgumentError
from corecar.screen import read_recipe
from corecar.standards import STANDARDS, parameters, value


@pytest.mark.parametrize("standard", STANDARDS)
def test_every_parameter_of_a_standard_names_its_source(standard: str) -> None:
    for row in parameters(standard):
        assert row.source.startswith((standard, "Corecar default", "template, to be confirmed")), row


@pytest.mark.parametrize("standard", STANDARDS)
def test_no_parameter_stands_twice(standard: str) -> None:
    keys = [(row.rule, row.parameter) for row in parameters(standard)]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("rule", "parameter", "field"),
    [
        ("dynamic-pat", "width", "width"),
        ("dynamic-pat", "quartile_rule", "quartile_rule"),
        ("dynamic-pat", "least", "least"),
        ("dynamic-pat", "small", "small"),
        ("dynamic-pat", "scope", "scope"),
        ("dynamic-pat", "coverage", "coverage"),
        ("dynamic-pat", "discrete_values", "discrete_values"),
        ("dynamic-pat", "discrete_fraction", "discrete_fraction"),
        ("dynamic-pat", "discrete_floor", "discrete_floor"),
        ("bins", "hard", "hard_bin"),
        ("bins", "soft", "soft_bin"),
        ("budget", "kill", "kill_budget"),
    ],
)
def test_the_shipped_recipe_has_the_values_of_the_table(rule: str, parameter: str, field: str) -> None:
    written = value("AEC-Q001", rule, parameter)
    used = getattr(read_recipe(), field)
    assert type(used)(written) == used


@pytest.mark.parametrize(("parameter", "field"), [("method", "yield_method"), ("bins_method", "yield_bins_method")])
def test_the_shipped_recipe_has_the_methods_of_the_table(parameter: str, field: str) -> None:
    for recipe in ("aec-q001", "aec-q001+q002"):
        assert getattr(read_recipe(recipe), field) == value("AEC-Q002", "yield", parameter)


def test_an_unknown_standard_names_the_known_ones() -> None:
    with pytest.raises(ArgumentError, match="AEC-Q001"):
        parameters("AEC-Q999")


def test_an_unknown_parameter_names_the_file_to_look_in() -> None:
    with pytest.raises(ArgumentError, match=r"aec_q001\.csv"):
        value("AEC-Q001", "dynamic-pat", "colour")
