"""What verbs say about commands is not shown on pages, and leads to the page where the step is taken."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import corecar
from corecar.bridge.verbs import WORKSPACE_VERBS
from corecar.web.pages.frame import PLACES as RAIL
from corecar.words import words_of
from corecar.words.in_pages import COMMAND, PLACES, VERB, in_pages, place_of

ROOT = Path(corecar.__file__).parent
SPOKEN = ("bridge", "match", "plan", "stress", "chain", "store", "screen", "assess", "network", "formats", "web")

WITHOUT_A_PAGE = {
    "backup", "vacuum", "verify", "publish", "migrate", "sql", "mapping", "assembly", "qualify", "trace",
}  # fmt: skip
"""First words of commands that no page does."""


def said(node: ast.AST) -> str | None:
    """A text of the source; what is filled in stands as a number."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return None


def docs_of(tree: ast.Module) -> set[int]:
    homes = (ast.Module, ast.FunctionDef, ast.ClassDef)
    found = {id(node.body[0].value) for node in ast.walk(tree)
             if isinstance(node, homes) and node.body and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    return found | {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}


def texts() -> Iterator[str]:
    """Every text of the verbs that names a command or an option."""
    for home in SPOKEN:
        for path in sorted((ROOT / home).rglob("*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            left_out = docs_of(tree)
            for node in ast.walk(tree):
                text = said(node) if id(node) not in left_out else None
                if text and " " in text.strip() and COMMAND.search(text) and "var(--" not in text:
                    yield text


def test_no_text_of_a_verb_shows_a_command_on_a_page() -> None:
    found = sorted(set(texts()))
    assert len(found) > 150
    assert [text for text in found if COMMAND.search(in_pages(text))] == []


def test_whatever_verb_a_text_names_has_a_page_that_is_on_the_rail() -> None:
    verbs = {verb.words.split()[0] for verb in WORKSPACE_VERBS.values()}
    named = {found["words"].split()[0] for text in texts() for found in VERB.finditer(text)} & verbs
    assert {"lot", "plan", "chain", "match", "meeting", "limits", "action", "gauge", "jobs", "people"} <= named
    assert {word for words in PLACES.values() for word in words} >= named - WITHOUT_A_PAGE
    assert set(PLACES) <= {place.path for place in RAIL}


@pytest.mark.parametrize(
    ("verb", "page", "place"),
    [
        ("no plan was made yet. Make one with: corecar plan", "no plan was made yet.", "/plan"),
        ('no lot is called "X". `corecar lots` lists them.', 'no lot is called "X".', "/lots"),
        ("See: corecar lot L-1", "", "/lots"),
        (
            "A reason is read off the plan; corecar plan explain DEMAND measures it.",
            "A reason is read off the plan; Explain on the page Plan measures it.", "/plan",
        ),
        ("no offer fits 5 needs; --need ID --explain says why.",
         "no offer fits 5 needs; choose one in the table to see why.", ""),
        ("Times to recover are a template, to be confirmed: give your own with --default and --own.",
         "Times to recover are a template, to be confirmed.", ""),
        ('proposed; another person looks at it (corecar limits show 3) and approves: corecar limits approve 3 --reason '
         '"..."', "proposed; another person looks at it and approves", "/recipes"),
        ("lot L was not graded yet. Grade it first: corecar grade L", "lot L was not graded yet. Grade it first",
         "/lots"),
        ("--every 1: look at most twice a second.", "every 1: look at most twice a second.", ""),
        ("Lot L is held since 2026-11-27 07:04 UTC.", "Lot L is held since 2026-11-27 07:04 UTC.", ""),
    ],
)  # fmt: skip
def test_a_sentence_keeps_what_it_says_without_its_command(verb: str, page: str, place: str) -> None:
    assert in_pages(verb) == page
    assert place_of(verb) == place
    assert words_of("en").told(verb) == page
    assert not re.search("corecar [a-z]|--[a-z]", words_of("zh").told(verb))
