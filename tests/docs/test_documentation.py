"""The documentation and the code hold each other: nothing public without a page, nothing shown that is not so."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.docs.scripts import DOCS, ROOT, generated_pages, shown

import corecar
from corecar.bridge.verbs import WORKSPACE_VERBS
from corecar.cli.app import app
from corecar.cli.default_command import DEFAULTS
from corecar.tables import TABLES

HOW_TO = sorted((DOCS / "how-to").glob("*.md"))
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
COLD = (DOCS / "tutorial" / "first-lot.md", DOCS / "how-to" / "ingest.md")
"""Pages of which each command starts from scratch, as it does for a reader; those of other pages start warm."""


def all_commands() -> dict[str, Any]:
    """Every command by its words: `grade`, `simulate lot`."""

    def below(command: Any, words: tuple[str, ...]) -> dict[str, Any]:
        members = getattr(command, "commands", None)
        if members is None:
            return {" ".join(words): command}
        found: dict[str, Any] = {}
        for name, member in members.items():
            found.update(below(member, (*words, name)))
        return found

    return below(typer.main.get_command(app), ())


COMMANDS = all_commands()


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("words", COMMANDS)
def test_a_how_to_page_shows_every_command(words: str) -> None:
    shown_on = [page for page in HOW_TO if re.search(rf"corecar {words}\b", page.read_text(encoding="utf-8"))]
    assert shown_on, f"no page in docs/how-to shows `corecar {words}`"
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert all(f"how-to/{page.name}" in menu for page in shown_on)


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_argument_and_option_says_what_it_is(words: str) -> None:
    command = COMMANDS[words]
    assert command.help
    assert command.short_help
    silent = [parameter.name for parameter in command.params if not getattr(parameter, "help", None)]
    assert silent == []


def test_the_command_reference_holds_every_command_with_its_options() -> None:
    page = generated_pages.commands()
    for words, command in COMMANDS.items():
        section = page.split(f"## corecar {words}\n", 1)[1].split("\n## ", 1)[0]
        for parameter in command.params:
            assert any(option in section for option in parameter.opts if option.startswith("--")) or (
                not parameter.opts[0].startswith("--")
            )


def test_the_python_reference_holds_every_public_name() -> None:
    page = generated_pages.python()
    for name in set(corecar.__all__) - {"__version__"}:
        section = page.split(f"## corecar.{name}\n", 1)[1].split("\n## ", 1)[0]
        assert len(section.split()) > 5, f"corecar.{name} says nothing about itself"


def test_the_public_names_are_these() -> None:
    assert corecar.__all__ == [
        *(
            "CorecarError",
            "Lot",
            "Workspace",
            "__version__",
            "assess",
            "composite",
            "connect",
            "draw",
            "grade",
            "init",
            "open",
            "plan_chain",
            "read",
        ),
        *("read_chain", "read_map", "records", "simulate_chain", "simulate_lot", "write", "write_map"),
    ]


def test_the_table_reference_holds_every_table_and_column() -> None:
    page = generated_pages.tables()
    assert set(generated_pages.CAPTIONS) == set(TABLES)
    for table, columns in TABLES.items():
        section = page.split(f"## {table}\n", 1)[1].split("\n## ", 1)[0]
        assert [column.name for column in columns] == re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)


def _calls(line: str) -> Iterator[list[str]]:
    """The words of each command in a line of the shell."""
    words: list[str] = []
    splitter = shlex.shlex(line, posix=True, punctuation_chars="|>&;")
    splitter.whitespace_split, splitter.commenters = True, "#"
    for word in splitter:
        if set(word) <= set("|>&;"):
            yield words
            words = []
        else:
            words.append(word)
    yield words


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_shown_exists_with_the_options_shown(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    lines = re.findall(r"^(?:\$ )?(corecar .*)$", text, re.MULTILINE)
    for line in lines:
        for words in _calls(line):
            if words[:1] != ["corecar"] or words == ["corecar", "--help"]:
                continue
            found = next((name for name in COMMANDS if words[1 : 1 + len(name.split())] == name.split()), None)
            if found is None and words[1] in DEFAULTS:
                found = f"{words[1]} {DEFAULTS[words[1]]}"
            assert found is not None, f"{page.name} shows an unknown command: {line}"
            known = {
                option
                for parameter in COMMANDS[found].params
                for option in (*parameter.opts, *parameter.secondary_opts)
            } | {"--help"}
            assert {word for word in words if word.startswith("--")} <= known, f"{page.name}: {line}"


@pytest.mark.parametrize("page", [page for page in PAGES if shown.RUN.search(page.read_text("utf-8"))], ids=name_of)
def test_what_a_page_shows_is_what_is_printed(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    absent = shown.missing(text)
    if absent:
        if os.environ.get("CORECAR_REQUIRE") == "1" and shown.REAL.parent.exists():
            pytest.fail(f"{', '.join(absent)} is missing in {shown.REAL}")
        pytest.skip(f"{', '.join(absent)} is not on this machine")
    assert shown.refreshed(text, tmp_path, cold=page in COLD) == text, (
        f"refresh it: python docs/shown.py --write {name_of(page)}"
    )


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    files = [*generated_pages.FILES, *(f"{name}.md" for name in generated_pages.PAGES)]
    made = {DOCS / "reference" / name for name in files}
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        place = (page.parent / link).resolve()
        assert place.exists() or place in made, f"{page.name}: {link}"


@pytest.mark.parametrize(
    "name", ["README.md", "docs/index.md", "docs/tutorial/first-lot.md", "docs/tutorial/workspace.md"]
)
def test_a_newcomer_is_led_to_the_glossary(name: str) -> None:
    assert "explanation/glossary.md" in (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_page_shows_a_traceback(page: Path) -> None:
    assert "Traceback (most recent call last)" not in page.read_text(encoding="utf-8")


def test_a_shown_block_that_is_out_of_date_is_noticed(tmp_path: Path) -> None:
    page = "```console\n$ echo one\ntwo\n```\n"
    assert shown.refreshed(page, tmp_path) == "```console\n$ echo one\none\n```\n"


def test_left_out_lines_stay_left_out(tmp_path: Path) -> None:
    page = "```console\n$ seq 5\n1\n...\n5\n```\n"
    assert shown.refreshed(page, tmp_path) == page


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built documentation."""
    if importlib.util.find_spec("material") is None:
        pytest.skip("mkdocs-material is not installed; it comes with the extra `docs`")
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=True,
        timeout=300,
    )
    return folder


def test_the_documentation_builds_strictly(site: Path) -> None:
    assert (site / "index.html").exists()
    assert (site / "reference" / "commands.html").exists()


def test_the_built_pages_fetch_nothing_from_anywhere(site: Path) -> None:
    fetched = re.compile(r"""<(?:script|link|img|iframe|source)\b[^>]*(?:src|href)=["'](?:https?:)?//[^"']+["']""")
    for page in site.rglob("*.html"):
        found = [tag for tag in fetched.findall(page.read_text(encoding="utf-8")) if 'rel="canonical"' not in tag]
        assert found == [], page.name
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", sheet.read_text(encoding="utf-8")), sheet.name


def test_the_readme_has_its_parts_in_order() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    places = [
        text.index(part) for part in ("# Corecar", "![", "pip install", "first minute", "What it does", "Docu", "Licen")
    ]
    assert places == sorted(places)
    picture = re.search(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert picture is not None
    assert (ROOT / picture[1]).exists()


def test_the_page_of_jobs_names_every_verb_that_is_one() -> None:
    page = (DOCS / "how-to" / "jobs.md").read_text(encoding="utf-8")
    assert [verb.words for verb in WORKSPACE_VERBS.values() if verb.is_job and f"`{verb.words}`" not in page] == []
