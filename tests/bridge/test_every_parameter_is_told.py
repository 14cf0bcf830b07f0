"""Every parameter of every verb is explained: on the command line, in the reference, and nowhere under another name."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from types import ModuleType
from typing import Annotated, get_args, get_origin

import pytest
from typer.testing import CliRunner

from corecar.bridge.registry import parameters_of
from corecar.bridge.verbs import WORKSPACE_VERBS, Verb
from corecar.cli.app import app


def _generated_pages() -> ModuleType:
    """The module that makes the reference; its folder is no package."""
    path = Path(__file__).resolve().parents[2] / "docs" / "generated_pages.py"
    specification = importlib.util.spec_from_file_location("reference_pages", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


VERBS = list(WORKSPACE_VERBS.values())
AS_WORDS = [verb.name for verb in VERBS]
OWN_COMMAND = {
    "grade", "draw", "plan", "whatif", "recipe_compare", "limits_diff",
    "stress", "concentration", "indicators", "map_composite",
    "plan_explain", "plan_shortages", "plan_whatif", "plan_policy", "plan_chances", "plan_needs",
    "plan_alerts", "plan_lights", "expand_cells", "expand_plan", "expand_flow", "expand_frontier", "expand_case",
    "expand_shared",
    "bias", "test_time", "what_changed", "related", "drifts", "recovery", "bin_switch",
    "assess_capability", "assess_chart", "assess_hotelling", "assess_outliers", "assess_between",
    "match", "match_search",
}  # fmt: skip
"""Their commands also take files outside a workspace, so they are written by hand."""
PLACE = inspect.Parameter.POSITIONAL_OR_KEYWORD
ROW_OF_DOCSTRING = re.compile(r"^(\w+(?:, \w+)*) {2,}\S", re.MULTILINE)


def help_of(verb: Verb) -> str:
    shown = CliRunner().invoke(app, [*verb.words.split(), "--help"], env={"TERM": "dumb"}, prog_name="corecar")
    assert shown.exit_code == 0, shown.output
    return shown.output


@pytest.fixture(scope="module")
def sections() -> dict[str, str]:
    """The part of the reference page about each verb."""
    pieces = re.split(r"^## ", _generated_pages().verbs(), flags=re.MULTILINE)[1:]
    return {piece.split("\n", 1)[0]: piece for piece in pieces}


@pytest.mark.parametrize("verb", VERBS, ids=AS_WORDS)
def test_each_parameter_says_in_a_sentence_what_it_is(verb: Verb) -> None:
    for parameter in parameters_of(verb.load()):
        assert get_origin(parameter.annotation) is Annotated, parameter.name
        told = get_args(parameter.annotation)[1]
        assert re.match(r"[A-Z`0-9].*\.$", told, re.DOTALL), f"{parameter.name}: {told!r}"
        assert len(told.split()) > 1, f"{parameter.name}: {told!r} says nothing"


@pytest.mark.parametrize("verb", VERBS, ids=AS_WORDS)
def test_the_command_line_tells_each_parameter(verb: Verb) -> None:
    shown = " ".join(help_of(verb).split())
    for parameter in parameters_of(verb.load()):
        told = get_args(parameter.annotation)[1]
        if verb.name in OWN_COMMAND:
            assert parameter.kind is PLACE or re.search(rf"--{flag_of(parameter)} (<[^>]+> |[A-Z]+ )?[A-Z]", shown), (
                parameter.name
            )
        elif parameter.kind is PLACE:
            assert f"{place_of(parameter)} <" in shown, parameter.name
            assert told in shown, parameter.name
        else:
            assert f"--{flag_of(parameter)}" in shown, parameter.name
            assert told in shown, parameter.name


def flag_of(parameter: inspect.Parameter) -> str:
    return parameter.name.replace("_", "-")


def place_of(parameter: inspect.Parameter) -> str:
    """The word that stands for a parameter without a name: FILE for each of several files."""
    listed = "list" in str(get_args(parameter.annotation)[0])
    return parameter.name.upper().rstrip("S") if listed else parameter.name.upper()


@pytest.mark.parametrize("verb", VERBS, ids=AS_WORDS)
def test_the_reference_tells_each_parameter(verb: Verb, sections: dict[str, str]) -> None:
    for parameter in parameters_of(verb.load()):
        (row,) = [line for line in sections[verb.name].split("\n") if line.startswith(f"| `{parameter.name}` |")]
        assert row.endswith(f"| {get_args(parameter.annotation)[1].replace('|', chr(92) + '|')} |")


@pytest.mark.parametrize("verb", VERBS, ids=AS_WORDS)
def test_a_docstring_names_no_parameter_that_is_not_there(verb: Verb) -> None:
    function = verb.load()
    text = inspect.getdoc(function) or ""
    first = text.split("\n", 1)[0]
    assert re.match(r"[A-Z].*[.:]", first), f"{verb.name} begins with {first!r}"
    known = {*inspect.signature(function).parameters, "Raises", "Returns", "Source"}
    named = {name for names in ROW_OF_DOCSTRING.findall(text) for name in names.split(", ")}
    assert named <= known


def test_a_row_of_a_docstring_is_recognised() -> None:
    assert ROW_OF_DOCSTRING.findall("Promise.\n\nlot, by   of which\nRaises  NotFound\n") == ["lot, by", "Raises"]
