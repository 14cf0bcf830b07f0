"""`corecar match`: on files and in a workspace the same answer; its help, its workbook, what goes wrong."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.bridge.houses import house_in
from tests.chain.books import write_book
from tests.match.markets import BASE, NEED, OFFER
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app
from corecar.match import weights_text

DAY = ("--day", "2027-01-04")
OFFERS = [OFFER, OFFER | {"offer": "O2", "grade": "2"}, OFFER | {"offer": "O3", "interfaces": "", "title_zh": "控制器"}]
ALONE = NEED | {"need": "N2", "package_family": "QFN"}


def run(*words: str) -> Any:
    return CliRunner().invoke(app, ["match", *words], env={"COLUMNS": "160"})


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return write_book({**BASE, "needs": [NEED, ALONE], "offers": OFFERS}, tmp_path / "chain")


def test_without_a_word_the_pairs_are_meant_and_files_answer_as_the_workspace_does(book: Path, tmp_path: Path) -> None:
    of_files = run(str(book), "--json", *DAY)
    assert of_files.exit_code == 0, of_files.output
    assert run("pairs", str(book), "--json", *DAY).output == of_files.output
    with house_in(tmp_path) as house:
        house.chain_import([book])
        of_house = house.match(day=corecar_day())
    rows = json.loads(of_files.output)["rows"]
    assert rows == of_house["rows"]
    assert [(row["need"], row["offer"], row["open"]) for row in rows] == [("N1", "O1", None), ("N1", "O3", 1)]
    assert run("-w", str(tmp_path / "house"), "--json", *DAY).output == of_files.output


def corecar_day() -> Any:
    from datetime import datetime

    return datetime(2027, 1, 4)


def test_one_need_is_explained_with_every_refusal(book: Path) -> None:
    told = json.loads(run(str(book), "--need", "N1", "--explain", "--json", *DAY).output)
    assert [row["offer"] for row in told["refused"]] == ["O2"]
    assert told["refused"][0]["why"].startswith("grade 2 offered, grade 1 needed; re-qualification would take 26 weeks")
    assert len(told["parts"]) == 7 * 2
    assert told["questions"][0]["why"] == "interfaces: CAN FD, LIN needed, the offer does not say"
    alone = run(str(book), "--need", "N2", *DAY)
    assert "0 offers of 3 of the kind chip fit N2" in alone.output
    assert "LQFP offered, QFN needed" in alone.output
    unknown = run(str(book), "--need", "N3")
    assert unknown.exit_code == 1
    assert 'no need is called "N3". There is "N1", "N2".' in unknown.output


def test_a_need_that_no_offer_fits_is_told_with_its_nearest_miss(book: Path) -> None:
    told = json.loads(run(str(book), "--json", *DAY).output)
    assert [(row["need"], row["offer"]) for row in told["alone"]] == [("N2", "O1")]
    assert told["notes"] == ["no offer fits 1 need; --need ID --explain says why."]


def test_csv_has_a_row_for_each_pair(book: Path) -> None:
    done = run(str(book), "--need", "N1", "--csv", *DAY)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["offer"] for row in rows][:2] == ["O1", "O3"]
    assert rows[0]["earns"] == "96000.0"


def test_the_workbook_says_who_talks_to_whom_and_what_about(book: Path, tmp_path: Path) -> None:
    out = tmp_path / "who.xlsx"
    assert run(str(book), "--out", str(out), *DAY).exit_code == 0
    sheets = openpyxl.load_workbook(out)
    assert sheets.sheetnames == [
        "Summary", "Who talks to whom", "By party", "Parts of scores", "Questions", "Needs", "Nearest misses",
    ]  # fmt: skip
    pairs = list(sheets["Who talks to whom"].iter_rows(values_only=True))
    first = dict(zip(pairs[0], pairs[1], strict=True))
    assert (first["needed_by_name"], first["offered_by_name"]) == ("Demo Cars", "Demo Chips")
    assert first["need_title_zh"] == "车规级车身控制器芯片"
    by_party = list(sheets["By party"].iter_rows(min_row=2, max_col=2, values_only=True))
    assert by_party == [("CARS", "CHIPS"), ("CARS", "CHIPS"), ("CHIPS", "CARS"), ("CHIPS", "CARS")]
    misses = list(sheets["Nearest misses"].iter_rows(min_row=2, values_only=True))
    assert [row[:2] for row in misses] == [("N2", "O1"), ("N2", "O3"), ("N2", "O2")]
    refused = run(str(book), "--out", str(tmp_path / "who.csv"), *DAY)
    assert (refused.exit_code, "Name it like who.xlsx" in refused.output) == (2, True)


def test_words_are_searched_in_files_and_in_a_workspace(book: Path, tmp_path: Path) -> None:
    shown = json.loads(run("search", "车身", str(book), "--json").output)
    assert [row["name"] for row in shown["rows"]] == ["N1", "N2"]
    with house_in(tmp_path) as house:
        house.chain_import([book])
        assert house.match_search("车身") == shown
        assert [row["name"] for row in house.match_search("control", of="offers")["rows"]] == ["O1", "O2", "O3"]
        with pytest.raises(corecar.CorecarError, match="of the kind"):
            house.match_search("x", kind="tests")
    assert "Nothing is found" in run("search", "光刻", str(book)).output


def test_weights_are_printed_to_copy_and_a_file_of_them_is_checked(book: Path, tmp_path: Path) -> None:
    assert run("weights").output == weights_text()
    own = tmp_path / "own.toml"
    own.write_text(weights_text().replace("distance = 5.0", "distanse = 5.0"), encoding="utf-8")
    for words in (("weights", str(own)), (str(book), "--weights", str(own))):
        wrong = run(*words)
        assert (wrong.exit_code, 'Did you mean "distance"?' in wrong.output.replace("\n", " ")) == (1, True)


def test_a_workspace_and_files_are_not_mixed(book: Path, tmp_path: Path) -> None:
    mixed = run(str(book), "-w", str(tmp_path))
    assert (mixed.exit_code, "Name no files" in mixed.output.replace("\n", " ")) == (2, True)
    missing = run(str(tmp_path / "nothing"))
    assert (missing.exit_code, "no file or folder is there" in missing.output) == (1, True)


def test_a_chain_without_needs_or_offers_says_how_to_begin(tmp_path: Path) -> None:
    empty = run(str(write_book({"parties": BASE["parties"]}, tmp_path / "bare")))
    assert (empty.exit_code, "corecar chain import" in empty.output) == (0, True)


def test_a_word_that_is_mistyped_is_told_with_the_one_that_is_meant(book: Path) -> None:
    done = run(str(book), "--method", "stabel")
    said = " ".join(done.output.split())
    assert (done.exit_code, '"stabel" is none of its words. Did you mean "stable"?' in said) == (2, True), said
    assert "Value error" not in said
