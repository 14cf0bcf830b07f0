"""Every text of the pages stands in every language, and no translation is of a text that is not there any more."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import corecar.bridge.mail
import corecar.web.pages
from corecar.bridge.access import ROLES
from corecar.bridge.verbs import WORKSPACE_VERBS, Permission
from corecar.chain.tables import TABLES
from corecar.chain.words import ALL_STAGES, PARTY_KINDS
from corecar.plan.tables import PLAN_TABLES
from corecar.store.lot_states import STATES
from corecar.words import LANGUAGES, words_of

PAGES = Path(corecar.web.pages.__file__).parent
LETTERS = Path(corecar.bridge.mail.__file__).parent
OTHERS = [code for code in LANGUAGES if code != "en"]
RAW = {"html", "label", "button", "sentence", "heading", "empty", "Field", "upload", "notes", "notify", "link"}
"""Functions whose texts people read."""


def texts() -> set[str]:
    """What pages, letters and drawings say: arguments of `say`, words of places, titles of pages and in letters."""
    found: set[str] = set()
    for path in sorted([*PAGES.glob("*.py"), *LETTERS.glob("*.py")]):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name == "say" and node.args and isinstance(node.args[0], ast.Constant):
                    found.add(str(node.args[0].value))
                if name in ("Kind", "Report", "Part") and node.args and isinstance(node.args[0], ast.Constant):
                    found.add(str(node.args[0].value))
                if name == "Place":
                    found.add(str(ast.literal_eval(node.args[1])))
    from corecar.web.pages.every import PAGES as every

    return found | {title for _, title, _ in every}


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_translated_and_none_is_left_over(code: str) -> None:
    words = words_of(code)
    assert sorted(texts() - words.texts.keys()) == []
    assert sorted(words.texts.keys() - texts()) == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_has_the_places_of_its_text(code: str) -> None:
    for text, other in words_of(code).texts.items():
        assert places(text) == places(other), text
        assert other.strip() or not text.strip()


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def spoken(path: Path) -> Iterator[tuple[int, str]]:
    """Texts that are handed to people without going through `say`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        for argument in node.args if name in RAW else ():
            for part in [argument] if isinstance(argument, ast.Constant) else []:
                if isinstance(part.value, str) and re.search(r"[A-Za-z]{2}", re.sub(r"<[^>]*>", "", part.value)):
                    yield node.lineno, part.value


def test_no_page_says_anything_in_one_language_alone() -> None:
    assert [(path.name, *said) for path in sorted(PAGES.glob("*.py")) for said in spoken(path)] == []


@pytest.mark.parametrize("code", OTHERS)
def test_every_column_of_the_chain_and_of_a_plan_has_a_name(code: str) -> None:
    chain = {column.name for table in TABLES.values() for column in table.columns}
    plan = {column.name for columns in PLAN_TABLES.values() for column in columns}
    assert sorted(name for name in chain | plan if name.replace("_", " ") not in words_of(code).names) == []


@pytest.mark.parametrize("code", OTHERS)
def test_states_roles_stages_and_kinds_have_words(code: str) -> None:
    known = {
        *STATES,
        *ROLES,
        *get_args(Permission),
        *ALL_STAGES,
        *PARTY_KINDS,
        "queued",
        "running",
        "done",
        "failed",
        "cancelled",
    }
    assert sorted(known - words_of(code).words.keys()) == []


@pytest.mark.parametrize("code", OTHERS)
def test_every_table_of_the_chain_has_a_word(code: str) -> None:
    said = words_of(code)
    assert [name for name in TABLES if said.word(name) == name] == []


@pytest.mark.parametrize("code", OTHERS)
def test_whatever_is_audited_or_left_as_a_job_has_a_name(code: str) -> None:
    names = words_of(code).names
    told = [verb.name for verb in WORKSPACE_VERBS.values() if verb.writes or verb.is_job]
    assert [name for name in told if name.replace("_", " ") not in names] == []


def test_names_and_words_fall_back_to_what_the_answer_says() -> None:
    english, chinese = words_of("en"), words_of("zh")
    assert (english.name("final_yield"), chinese.name("final_yield")) == ("Final yield", "终测良率")
    assert (english.word("quarantined"), chinese.word("quarantined")) == ("quarantined", "隔离")
    assert (english.name("no_such_thing"), chinese.name("no_such_thing")) == ("No such thing",) * 2
    assert words_of("xx") == english
