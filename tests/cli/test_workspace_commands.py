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
BY_HAND = {
    "grade", "draw", "plan", "whatif", "recipe_compare", "limits_diff",
    "stress", "concentration", "indicators", "map_composite",
    "plan_explain", "plan_shortages", "plan_whatif", "plan_policy", "plan_chances", "plan_needs",
    "plan_alerts", "plan_lights", "expand_cells", "expand_plan", "expand_flow", "expand_frontier", "expand_case",
    "expand_shared",
    "bias", "test_time", "what_changed", "related", "drifts", "recovery", "bin_switch",
    "assess_capability", "assess_chart", "assess_hotelling", "assess_outliers", "assess_between",
    "match", "match_search",
}  # fmt: skip
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


def test_a_lot_that_is_graded_outside_a_workspace_says_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CORECAR_WORKSPACE", raising=False)
    done = run("grade", "SIM00001")
    assert done.exit_code == 1
    assert "SIM00001: there is no such file, and no workspace here." in done.stderr
    assert "--workspace DIR" in done.stderr


def test_a_workspace_that_does_not_come_about_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for folder in (tmp_path / "new" / "house", tmp_path / "mine"):
        done = run("init", str(folder), "--database", "postgresql://nobody@127.0.0.1:1/nothing")
        assert done.exit_code == 1, done.output
    assert [place.name for place in tmp_path.rglob("*")] == ["mine"]


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
    assert run("jobs", "list", "--every", "--json", "-w", str(house)).output.count('"verb": "grade"') == 0
    monkeypatch.chdir(house)
    monkeypatch.delenv("CORECAR_WORKSPACE", raising=False)
    mistyped = run("grade", "lott1.stdf")
    assert mistyped.exit_code == 1
    assert mistyped.output.startswith('corecar: lott1.stdf: no file is there, and no lot is called "lott1.stdf" in ')
    monkeypatch.chdir(tmp_path)
    assert "lott1.stdf" in run("grade", "lott1.stdf").output
    assert "no lot is called" not in run("grade", "lott1.stdf").output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("SIM00001", "--salvage"), "--salvage is for files"),
        (("SIM00001", "--encoding", "gbk"), "--encoding is for files"),
        (("SIM00001", "--truth", "nope.json"), "--truth is for files"),
        (("SIM00001", "--later", "--fail-on-hold"), "--fail-on-hold has to wait"),
        (("lot1.stdf", "--as", "jan"), "--workspace is for a lot"),
    ],
)
def test_an_option_of_files_is_refused_for_a_lot_and_the_other_way_round(
    house: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(house.parent)
    shown = run("grade", *words, "-w", "house")
    assert shown.exit_code == 2
    assert said in shown.output
    assert json.loads(run("lot", "SIM00001", "-w", "house", "--json").output)["state"] == "received"


def test_grading_a_lot_is_by_somebody_is_one_call_and_can_be_left_for_later(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(house)
    monkeypatch.delenv("CORECAR_WORKSPACE", raising=False)
    for name, role in (("jan", "engineer"), ("eva", "reader")):
        assert run("people", "add", name, "--role", role).exit_code == 0
    refused = run("grade", "SIM00001", "--as", "eva")
    assert (refused.exit_code, "eva is reader" in refused.output) == (1, True)
    stranger = run("grade", "SIM00001", "--as", "stranger")
    assert (stranger.exit_code, "is nobody that this workspace knows" in stranger.output) == (1, True)
    assert "is queued" in run("grade", "SIM00001", "--as", "jan", "--later").output
    assert json.loads(run("jobs", "work", "--once", "--json", "--as", "jan").output)["rows"][0]["state"] == "done"
    for _ in range(2):
        assert "parts may ship" in run("grade", "SIM00001", "--as", "jan", "--key", "K1").output
    shown = json.loads(run("lot", "SIM00001", "--as", "jan", "--json").output)
    assert len(shown["gradings"]) == 2
    assert {event["by"] for event in shown["history"][1:]} == {"jan"}


@pytest.mark.parametrize("name", ["²", "9" * 30])
def test_what_only_looks_like_the_number_of_a_lot_is_none(house: Path, name: str) -> None:
    for words in (("lot", name), ("grade", name)):
        shown = run(*words, "-w", str(house))
        assert (shown.exit_code, f'no lot is called "{name}"' in shown.output.replace("\n", "")) == (1, True)


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


def test_verify_fails_a_script_when_it_finds_a_fault(house: Path) -> None:
    assert run("verify", "-w", str(house)).exit_code == 0
    next((house / "lake" / "results").glob("*.parquet")).unlink()
    done = run("verify", "-w", str(house))
    assert done.exit_code == 1
    assert "1 fault found" in done.output
    assert run("verify", "-w", str(house), "--json").exit_code == 1
