"""A value that a command refuses is a wrong call, exit code 2; what is not there, or damaged, is none, exit code 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in, small_lot
from typer.testing import CliRunner

from corecar.cli.app import app


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "100"})


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("house")
    with house_in(folder) as made:
        made.ingest([small_lot(folder, 1)], workers="inline")
    return str(folder / "house")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("lots", "--state", "lost"), 'no state is called "lost"'),
        (("lots", "--limit", "-5"), "lots: limit=-5: expected at least 0"),
        (("compare", "SIM00001", "SIM00001", "--limit", "-1"), "expected at least 0"),
        (("sql", "select 1", "--timeout", "nan"), "expected at least 0"),
        (("vacuum", "--silent-minutes", "-1"), "expected at least 0"),
        (("jobs", "work", "--once", "--every", "0"), "expected at least 0.05"),
        (("hold", "SIM00001", "--reason", " "), "needs a reason"),
        (("readings", "SIM00001", "99999999999"), "STDF numbers tests from 0"),
        (("people", "add", "", "--role", "reader"), "is no name of a person"),
        (("people", "add", "lin\r\nBcc: x@y.z", "--role", "reader"), "is no name of a person"),
        (("parties", "add", " "), "a party needs a name"),
        (("correct", "SIM00001", "--reason", "x"), "nothing to correct"),
        (("correct", "SIM00001", "--reason", "x", "--test-pass", "0"), "expected at least 1"),
        (("hold", "SIM00001", "--rason", "x"), "No such option"),
        (("share", "SIM00001", "Demo House"), "belongs to Demo House, which sees it anyway"),
        (("wafer", "SIM00001", "W01", "--pin", "A"), "Name the test too, with --test"),
        (("ingest", ""), "the path is empty"),
        (("backup", ""), "the path is empty"),
        (("publish", "delta", "--into", ""), "the path is empty"),
    ],
)
def test_a_refused_value_is_a_wrong_call(house: str, words: tuple[str, ...], told: str) -> None:
    shown = run(*words, "-w", house)
    assert (shown.exit_code, told in " ".join(shown.output.split())) == (2, True), shown.output


@pytest.mark.parametrize(
    "words",
    [
        ("init", ""),
        ("restore", "", "x"),
        ("grade", ""),
        ("grade", "lot.stdf", "--out="),
        ("lots", "-w", ""),
        ("info", "lot.stdf", ""),
        ("plan", "make", "chain", "--out", ""),
        ("draw", "wafers", ""),
        ("chain", "check", ""),
    ],
)
def test_an_empty_path_is_not_the_current_folder(words: tuple[str, ...]) -> None:
    shown = run(*words)
    assert (shown.exit_code, "the path is empty" in " ".join(shown.output.split())) == (2, True), shown.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("people", "change", "nobody", "--role", "reader"), 'nobody here is called "nobody"'),
        (("share", "NOLOT", "Demo House"), 'no lot is called "NOLOT"'),
        (("share", "SIM00001", "nobody"), "Known are: Demo House"),
        (("unshare", "SIM00001", "Demo House"), "is not shared with Demo House"),
        (("mapping", "try", "gone.toml"), "gone.toml: the file can't be opened"),
        (("jobs", "cancel", "99"), "there is no job 99"),
        (("wafer", "SIM00001", "W99"), "The wafers of these runs: W01"),
    ],
)
def test_what_is_not_there_is_no_wrong_call(house: str, words: tuple[str, ...], told: str) -> None:
    shown = run(*words, "-w", house)
    assert (shown.exit_code, told in " ".join(shown.output.split())) == (1, True), shown.output


def test_a_corrected_fact_that_cannot_be_leaves_the_run_in_its_lot(house: str, tmp_path: Path) -> None:
    mapping = tmp_path / "ours.toml"
    mapping.write_text('products = ["DEMO-HSD4"]\n', encoding="utf-8")
    with house_in(tmp_path) as made:
        made.ingest([small_lot(tmp_path, 1)], workers="inline")
        made.mapping_set(mapping)
    own = str(tmp_path / "house")
    shown = run("correct", "SIM00001", "--product", "DEMO-HSD9", "--reason", "typo", "-w", own)
    assert (shown.exit_code, "DEMO-HSD9" in shown.output) == (2, True), shown.output
    assert "SIM00001" in run("lots", "-w", own).output
    assert "Nothing to do" in run("todo", "-w", own).output


def test_a_correction_after_which_a_run_waits_says_why(tmp_path: Path) -> None:
    mapping = tmp_path / "ours.toml"
    mapping.write_text('required = ["customer"]\n', encoding="utf-8")
    with house_in(tmp_path) as made:
        made.ingest([small_lot(tmp_path, 1)], workers="inline")
        made.mapping_set(mapping)
    own = str(tmp_path / "house")
    shown = " ".join(run("correct", "SIM00001", "--temperature", "85", "--reason", "typo", "-w", own).output.split())
    assert "now in no lot. note: In no lot, under the mapping in force: No customer" in shown
    assert "--customer ..." in shown
