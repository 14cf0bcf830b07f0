"""Answers of a workspace as a person reads them, and their tables as CSV."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in, small_lot
from typer.testing import CliRunner

from corecar.bridge.verbs import WORKSPACE_VERBS
from corecar.cli.answers import print_answer
from corecar.cli.app import app
from corecar.cli.forms import Form
from corecar.report.quantities import percent


def run(*words: str) -> Any:
    return CliRunner().invoke(app, list(words), env={"COLUMNS": "100"})


def parsed(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("house")
    with house_in(folder) as made:
        made.ingest([small_lot(folder, seed) for seed in (1, 2)], workers="inline")
        made.hold("SIM00002", reason='said "odd, very"')
    return str(folder / "house")


QUESTIONS: dict[str, tuple[str, ...]] = {
    "todo": (),
    "lots": (),
    "sql": ("select lot, start, parts from runs order by lot",),
    "trend": ("1050",),
    "compare": ("SIM00001", "SIM00002"),
    "pareto": (),
    "readings": ("SIM00001", "1050"),
    "wafer": ("SIM00001", "W01", "--test", "1050"),
    "jobs_list": ("--every",),
    "people_list": (),
    "parties_list": (),
    "audit": (),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_table_of_a_question_comes_as_csv_with_every_row_of_its_json(house: str, name: str) -> None:
    words = (*WORKSPACE_VERBS[name].words.split(), *QUESTIONS[name], "-w", house)
    answer = json.loads(run(*words, "--json").stdout)
    rows = answer if isinstance(answer, list) else answer["rows"]
    found = parsed(run(*words, "--csv").stdout)
    assert rows
    assert [list(row) for row in found] == [list(rows[0])] * len(rows)
    for row, cells in zip(rows, found, strict=True):
        for column, value in row.items():
            if isinstance(value, str):
                assert cells[column].replace(" ", "T") == value.replace(" ", "T")
            if isinstance(value, float):
                assert float(cells[column]) == pytest.approx(value)


def test_several_tables_come_as_one_that_says_which_a_row_is_of(house: str) -> None:
    rows = parsed(run("lot", "SIM00001", "-w", house, "--csv").stdout)
    tables = {row["table"] for row in rows}
    assert {"Insertions", "By wafer: wafer sort WS1 25", "Runs", "History"} <= tables
    (insertion,) = [row for row in rows if row["table"] == "Insertions"]
    answer = json.loads(run("lot", "SIM00001", "-w", house, "--json").stdout)
    assert float(insertion["final_yield"]) == answer["insertions"][0]["final_yield"]


def test_csv_of_no_row_has_its_columns_and_notes_go_to_stderr(house: str) -> None:
    assert run("sql", "select lot, parts from runs where parts < 0", "-w", house, "--csv").stdout == "lot,parts\n"
    limited = run("sql", "select lot from runs order by lot", "--limit", "1", "-w", house, "--csv")
    assert (limited.stdout, limited.stderr.strip()) == ("lot\nSIM00001\n", "1 more row")
    none = run("lots", "--state", "scrapped", "-w", house, "--csv")
    assert (none.stdout, none.stderr.strip()) == ("", "No lot is such.")


def test_json_and_csv_together_are_a_wrong_call_and_change_nothing(house: str, tmp_path: Path) -> None:
    shown = run("ingest", str(small_lot(tmp_path, 3)), "-w", house, "--json", "--csv")
    assert (shown.exit_code, "not both" in shown.output) == (2, True)
    assert "SIM00003" not in run("lots", "-w", house).output


def test_a_command_whose_answer_may_hold_a_table_offers_csv(house: str) -> None:
    with_tables = {verb.name for verb in WORKSPACE_VERBS.values() if verb.table}
    assert QUESTIONS.keys() <= with_tables
    assert {"lot", "verify", "ingest", "retry", "mapping_try", "jobs_work", "publish_delta"} <= with_tables
    for name in with_tables:
        assert "--csv" in run(*WORKSPACE_VERBS[name].words.split(), "--help").output


def test_rates_are_told_in_percent_and_json_has_the_numbers(house: str) -> None:
    row = json.loads(run("pareto", "-w", house, "--json").stdout)["rows"][0]
    line = next(line for line in run("pareto", "-w", house).output.split("\n") if row["name"] in line)
    assert line.split()[-3:] == [percent(row[name]) for name in ("rate", "share", "cumulative")]


def test_columns_of_sql_are_shown_as_they_are_whatever_they_are_called(house: str) -> None:
    shown = run("sql", "select 0.5 as my_yield, 0.25 as first_yield, 0.125 as rate", "-w", house).output
    assert shown.split()[-3:] == ["0.5", "0.25", "0.125"]


def test_columns_of_sql_in_which_nothing_stands_are_shown_too(house: str) -> None:
    shown = run("sql", "select null as part_mark, max(parts) as most from runs where lot = 'none'", "-w", house).output
    assert [line.split() for line in shown.splitlines()] == [["part", "mark", "most"], ["–", "–"]]


def test_what_finds_nothing_says_so(house: str) -> None:
    assert run("sql", "select lot from runs where parts < 0", "-w", house).output == "no rows\n"


def test_readings_beyond_a_screen_say_how_to_get_them(house: str) -> None:
    last = run("readings", "SIM00001", "1050", "-w", house).output.rstrip().split("\n")[-1]
    assert last == "the first 40 of 61 rows; --csv and --json print all"


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (0.0333, "3.3%"),
        (0.0, "0.0%"),
        (1.0, "100.0%"),
        (0.00004, "0.004%"),
        (0.99999, "99.999%"),
        (-0.0125, "-1.2%"),
        (1 - 1e-11, "100.0%"),
        (1e-12, "0.0%"),
        (-1e-12, "0.0%"),
        (0.99999999, "99.999999%"),
    ],
)
def test_a_share_is_neither_nothing_nor_all_unless_it_is(fraction: float, text: str) -> None:
    assert percent(fraction) == text


@pytest.mark.parametrize("words", [("readings", "SIM00001", "ILEAK*"), ("wafer", "SIM00001", "W01", "--test", "1050")])
def test_readings_show_their_run_last_and_short(house: str, words: tuple[str, ...]) -> None:
    head, first = run(*words, "-w", house).output.split("\n")[:2]
    rows = json.loads(run(*words, "-w", house, "--json").stdout)
    assert head.split()[-1] == "run"
    assert first.split()[-1] == rows[0]["run"][:12]
    assert first.split()[-3 if words[0] == "wafer" else -4].startswith(f"{rows[0]['value']:.2e}"[:3])


def test_an_account_is_shut_and_opened_again(tmp_path: Path) -> None:
    house_in(tmp_path).close()
    own = str(tmp_path / "house")
    run("people", "add", "jan", "--role", "reader", "-w", own)
    assert run("people", "change", "jan", "--no-active", "-w", own).output == "jan is now reader, shut.\n"
    assert "nobody that this workspace knows" in run("lots", "--as", "jan", "-w", own).output
    assert run("people", "change", "jan", "--active", "-w", own).output == "jan is now reader.\n"


def test_facts_stand_under_each_other_and_large_numbers_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    answer = {"facts": {"hhi": 0.5, "single_sources": "a third"}, "rows": [{"value": 57_690_000.5, "reading": 1.5e-7}]}
    print_answer(answer, Form.TABLE)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["hhi             0.50", "single sources  a third"]
    assert lines[-1].split() == ["57,690,000", "1.5e-07"]
