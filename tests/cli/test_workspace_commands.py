"""The commands of a workspace are its verbs, and a person can read what they answer."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.bridge.houses import house_in, small_lot
from typer.testing import CliRunner

from corecar.bridge.registry import parameters_of
from corecar.bridge.verbs import WORKSPACE_VERBS
from corecar.cli.app import app

OF_EVERY_COMMAND = {"workspace", "actor", "json", "csv", "key", "later"}
BY_HAND = {"grade"}
"""Verbs whose command also does something without a workspace."""


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "100"})


@pytest.fixture
def house(tmp_path: Path) -> Path:
    with house_in(tmp_path) as made:
        made.ingest([small_lot(tmp_path, 1)], workers="inline")
    return tmp_path / "house"


def command_of(words: str) -> Any:
    command: Any = typer.main.get_command(app)
    for word in words.split():
        command = command.commands[word]
    return command


@pytest.mark.parametrize("name", sorted(WORKSPACE_VERBS.keys() - BY_HAND))
def test_a_command_takes_what_its_verb_takes(name: str) -> None:
    verb = WORKSPACE_VERBS[name]
    taken = {parameter.name: parameter for parameter in parameters_of(verb.load())}
    command = {parameter.name: parameter for parameter in command_of(verb.words).params}
    assert command.keys() - OF_EVERY_COMMAND == taken.keys()
    for parameter in taken.values():
        required = parameter.default is inspect.Parameter.empty
        assert command[parameter.name].required == required


def test_help_of_the_program_lists_every_verb() -> None:
    text = run("--help").output
    assert all(f"  {verb.words.split()[0]}" in text for verb in WORKSPACE_VERBS.values())


def test_a_lot_of_the_workspace_is_graded_by_its_name(house: Path) -> None:
    shown = run("grade", "SIM00001", "-w", str(house))
    assert shown.exit_code == 0
    assert "parts may ship" in shown.output
    assert json.loads(run("lot", "SIM00001", "-w", str(house), "--json").output)["state"] == "screened"


def test_what_is_neither_a_file_nor_a_lot_is_told(house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = run("grade", "NOBODY", "-w", str(house))
    assert shown.exit_code == 1
    assert 'no lot is called "NOBODY"' in shown.output
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CORECAR_WORKSPACE", raising=False)
    assert "NOBODY" in run("grade", "NOBODY").output


def test_a_lot_is_shown_with_its_yields_its_runs_and_its_history(house: Path) -> None:
    text = run("lot", "SIM00001", "-w", str(house)).output
    for heading in ("Insertions", "By wafer: wafer sort", "By bin: wafer sort", "Runs", "History"):
        assert f"\n{heading}" in text
    assert "%" in text
    assert "None" not in text


def test_no_workspace_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CORECAR_WORKSPACE", raising=False)
    shown = run("lots")
    assert shown.exit_code == 1
    assert "corecar init DIR" in shown.output


def test_the_nearest_workspace_upwards_is_meant(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = house / "lake" / "parts"
    monkeypatch.chdir(deep)
    monkeypatch.delenv("CORECAR_WORKSPACE", raising=False)
    assert "SIM00001" in run("lots").output
    monkeypatch.setenv("CORECAR_WORKSPACE", str(deep))
    assert "is no workspace" in run("lots").output


def test_a_folder_in_which_something_lies_is_no_place_for_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    shown = run("init", str(tmp_path))
    assert shown.exit_code == 1
    assert "something else lies there (mine.txt)" in shown.output


def test_a_wrong_word_lists_the_right_ones(house: Path) -> None:
    shown = run("people", "add", "li", "--role", "boss", "-w", str(house))
    assert shown.exit_code == 2
    assert "quality" in shown.output


def test_a_password_is_never_written_down(tmp_path: Path) -> None:
    from corecar.bridge.workspace import MARK, write_mark

    write_mark(tmp_path, "id", {"database": "postgresql://li:secret@db/corecar"})
    assert "secret" not in (tmp_path / MARK).read_text()
