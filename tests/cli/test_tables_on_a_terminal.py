"""Tables on terminals of several widths: whole columns are left out and named, and no number or word is cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in, small_lot
from tests.cli.terminals import on_terminal, unstyled
from typer.testing import CliRunner

from corecar.cli.app import app
from corecar.cli.table import Column, drawn, folded, width_of

WIDTHS = (60, 80, 120, 200)
QUESTIONS = {
    "lots": ("lots",),
    "lot": ("lot", "SIM00001"),
    "trend": ("trend", "1050"),
    "trend by wafer": ("trend", "1050", "--by", "wafer"),
    "compare": ("compare", "SIM00001", "SIM00002"),
    "pareto of bins": ("pareto",),
    "pareto of tests": ("pareto", "--what", "test"),
    "readings": ("readings", "SIM00001", "1050"),
    "wafer": ("wafer", "SIM00001", "W01", "--test", "1050"),
    "sql": (
        "sql",
        "select run, lot, product, stage, temperature, start, finish, parts, results, tester, program from runs",
    ),
    "jobs": ("jobs", "list", "--every"),
    "people": ("people", "list"),
}
OF_FILES = {
    "tests": ("tests",),
    "parts": ("parts",),
    "grade": ("grade",),
    "records": ("records",),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("terminals")
    with house_in(folder) as made:
        made.ingest([small_lot(folder, seed) for seed in (1, 2)], workers="inline")
        made.grade("SIM00001")
        made.hold("SIM00002", reason="the map of wafer W01 has a ring of fails at its edge, which no lot before it had")
    return folder


def piped(*words: str) -> str:
    return str(CliRunner().invoke(app, list(words), env={"COLUMNS": "1000"}).stdout)


def words_of(text: str) -> set[str]:
    return {word.strip(":;,") for word in text.split()}


def check(columns: int, *words: str) -> list[str]:
    """No line is wider than the terminal, and no word is there that is not in what a pipe gets."""
    lines = on_terminal(columns, *words)
    assert max(map(width_of, lines)) <= columns
    remarks = "in every row no room for --csv and --json have it them has"
    assert words_of(" ".join(lines)) <= words_of(piped(*words)) | words_of(remarks) | named(words)
    return lines


def named(words: tuple[str, ...]) -> set[str]:
    """Names of columns as JSON has them, which the note on columns without room tells."""
    header = piped(*words, "--csv").split("\n")[0] if words[0] != "grade" else ""
    return set(header.split(","))


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("question", QUESTIONS)
def test_no_number_or_word_of_an_answer_is_cut(place: Path, question: str, columns: int) -> None:
    check(columns, *QUESTIONS[question], "-w", str(place / "house"))


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("command", OF_FILES)
def test_no_number_or_word_of_a_file_is_cut(place: Path, command: str, columns: int) -> None:
    (path,) = place.glob("*1.stdf*")
    check(columns, *OF_FILES[command], str(path))


def test_columns_without_room_are_named_and_the_more_telling_ones_stay(place: Path) -> None:
    text = "\n".join(on_terminal(80, "compare", "SIM00001", "SIM00002", "-w", str(place / "house")))
    head = text.split("\n")[:3]
    assert all(word in " ".join(head) for word in ("mean", "shift"))
    assert "no room for" in text
    assert "passing_n_a" in text.split("no room for")[1]
    assert "--csv and --json have them" in " ".join(text.split())


def test_a_run_is_named_by_twelve_digits(place: Path) -> None:
    house = str(place / "house")
    shown = piped("sql", "select run from runs", "-w", house).split()
    assert all(len(word) == 12 for word in shown[1:3])
    assert len(piped("sql", "select run from runs", "-w", house, "--csv").split()[1]) == 64


def column(name: str, *cells: str, **about: Any) -> Column:
    return Column(name, about.pop("head", name), cells, **about)


def lines(columns: list[Column], room: int) -> list[str]:
    return [unstyled(line) for line in drawn(columns, room).lines]


def test_heads_take_two_lines_before_a_column_gives_way() -> None:
    columns = [column("lot", "L1", "L2"), column("first_tested", "10", "9", head="first tested", right=True)]
    assert lines(columns, 40) == ["lot  first tested", "L1             10", "L2              9"]
    assert (lines(columns, 12), drawn(columns, 12).hidden) == (
        ["      first", "lot  tested", "L1       10", "L2        9"],
        [],
    )


def test_what_is_the_same_in_every_row_is_told_once() -> None:
    table = drawn([column("lot", "L1", "L2"), column("product", "GARNET", "GARNET"), column("n", "1", "2")], 8)
    assert table.same == {"product": "GARNET"}
    assert not table.hidden


def test_the_first_column_stays_however_narrow_the_terminal_is() -> None:
    table = drawn([column("lot", "L1", "L2"), column("a", "1", "2"), column("b", "123456", "9")], 6)
    assert table.hidden == ["b"]
    assert drawn([column("lot", "L1", "L2"), column("a", "1", "2")], 2).hidden == ["a"]


def test_a_text_is_wrapped_and_nothing_of_it_is_lost() -> None:
    text = "a ring of fails at the edge of the wafer, which no lot before this one had"
    shown = lines([column("lot", "L1"), column("reason", text, prose=True)], 34)
    assert max(map(width_of, shown)) <= 34
    assert " ".join(" ".join(shown[1:]).split()) == f"L1 {text}"


def test_ideograms_take_two_places() -> None:
    table = drawn([column("lot", "晶圆一号", "L2"), column("n", "12", "3", right=True)], 80)
    assert {width_of(line) for line in table.lines[1:]} == {12}
    assert folded("晶圆一号", 4) == ["晶圆", "一号"]
