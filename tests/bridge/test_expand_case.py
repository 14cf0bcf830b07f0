"""The case for a committee: two pages, a workbook that goes out and comes back, orders that were chosen."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from tests.bridge.houses import house_in
from tests.chain.books import write_book
from tests.plan.expansion.houses import BOARD, MACHINE, short_book
from typer.testing import CliRunner

import corecar
from corecar.bridge.plan.planning import ChainPlan
from corecar.cli.app import app
from corecar.errors import ArgumentError
from corecar.formats.chain.reading import read_chain
from corecar.report.expansion_case import case_document
from corecar.report.pdf import typeset

BUDGET = {"budget": "Q1", "from_week": "2027-W01", "until_week": "2027-W13", "amount": "1000000", "currency": "EUR"}


def planned(folder: Path, **tables: Any) -> ChainPlan:
    return corecar.plan_chain(write_book(short_book(MACHINE, BOARD, **tables), folder / "chain"))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path, dict[str, Any]]:
    """The case of a house in files, its folder, and what `expand plan` says of the same house."""
    folder = tmp_path_factory.mktemp("case")
    made = planned(folder, budgets=[BUDGET])
    return made.case(points=3, gap=0.0, scenarios=2, out=folder / "out"), folder / "out", made.expand(gap=0.0)


def test_its_figures_are_those_of_the_plan_with_the_orders(case: Any) -> None:
    answer, _, alone = case
    assert answer["rows"] == alone["rows"] != []
    assert answer["effect"] == alone["effect"]
    earned, (without, with_) = answer["earned"], answer["effect"]
    assert earned["won"] == with_["supplied"] - without["supplied"]
    assert earned["margin_won"] == pytest.approx(0.1 * (with_["value"] - without["value"]), abs=2)
    assert answer["sums"][-1]["net_present_value"] == earned["net_present_value"]
    assert f"win {earned['won']:,} vehicles, paid back in {earned['payback']}" in answer["said"]


def test_the_board_gets_two_pages(case: Any) -> None:
    _, folder, _ = case
    pages = [page.extract_text() for page in PdfReader(folder / "case.pdf").pages]
    assert len(pages) == 2
    assert "BUY-TESTER" in pages[0]
    for said in ("How much money", "What limits each cell today", "Worst regret", "interest of 8.0% a year", "tester"):
        assert said in pages[1], said
    assert "vehicles short" in (folder / "case.html").read_text("utf-8")


def test_two_pages_are_enough_for_many_orders_cells_and_sums(case: Any, tmp_path: Path) -> None:
    answer, *_ = case
    many = answer | {name: answer[name] * 40 for name in ("rows", "sums", "cells", "notes")}
    file = tmp_path / "many.pdf"
    file.write_bytes(typeset(case_document(many)))
    assert len(PdfReader(file).pages) == 2


def test_the_workbook_comes_back_as_tables_of_the_chain(case: Any, tmp_path: Path) -> None:
    answer, folder, _ = case
    book = short_book(MACHINE, BOARD)
    rest = {name: rows for name, rows in book.items() if name not in ("cells", "cell_runs", "machines")}
    chain = read_chain(write_book(rest, tmp_path / "rest"), folder / "committee.xlsx")
    before = read_chain(write_book(short_book(MACHINE, BOARD, budgets=[BUDGET]), tmp_path / "before"))
    for name in ("cells", "cell_runs", "machines", "budgets", "rooms", "co_investments"):
        assert chain[name].equals(before[name]), name
    chosen = chain.chosen_orders.to_pylist()
    assert {row["option"]: row["quantity"] for row in chosen} == {row["option"]: row["count"] for row in answer["rows"]}
    assert {row["assumption"]: row["value"] for row in chain.assumptions.to_pylist()}["interest"] == 0.08


def test_others_money_and_who_benefits_stand_in_the_case_and_its_workbook(tmp_path: Path) -> None:
    money = {"co_investment": "CARS-TESTER", "party": "CARS", "budget": "Q1", "amount": "2000000", "currency": "EUR"}
    made = planned(tmp_path, budgets=[BUDGET], co_investments=[money])
    answer = made.case(points=2, gap=0.0, scenarios=0, out=tmp_path / "out")
    assert [row["case"] for row in answer["shared"]] == ["as it is", "own money", "with co-investment"]
    assert answer["shared"][1]["own_money"] == answer["earned"]["paid"]
    reader = PdfReader(tmp_path / "out" / "case.pdf")
    assert len(reader.pages) == 2
    assert "Who benefits, with co-investment against own money" in reader.pages[0].extract_text()
    many = answer | {name: answer[name] * 40 for name in ("rows", "sums", "cells", "notes", "shared", "parties")}
    (tmp_path / "many.pdf").write_bytes(typeset(case_document(many)))
    assert len(PdfReader(tmp_path / "many.pdf").pages) == 2
    book = CalamineWorkbook.from_path(tmp_path / "out" / "committee.xlsx")
    assert {"With and without others", "Who benefits", "Margin by part", "co_investments"} <= set(book.sheet_names)


def test_what_was_chosen_is_reckoned_beside_the_best_and_says_what_it_breaks(tmp_path: Path) -> None:
    made = planned(
        tmp_path,
        budgets=[BUDGET],
        chosen_orders=[{"option": "BUY-TESTER", "week": "2027-W03", "quantity": "2"}],
        assumptions=[{"assumption": "interest", "value": "0.2", "note": "bank"}],
    )
    answer = made.case(points=1, scenarios=0, chosen=True)
    assert [(row["option"], row["ordered_in"], row["count"]) for row in answer["rows"]] == [
        ("BUY-TESTER", "2027-W03", 2)
    ]
    assert [row["plan"] for row in answer["effect"]] == ["without", "with the orders", "with the best"]
    assert "The orders break a limit: budget Q1 has 1,000,000, they take 1,800,000." in answer["notes"]
    rates = {row["assumption"]: (row["value"], row["note"]) for row in answer["assumptions"]}
    assert rates["interest"] == (0.2, "bank")
    assert rates["margin"][1] == "assumed here"
    assert made.case(points=1, scenarios=0, chosen=True, rate=0.1)["assumptions"][1]["value"] == 0.1


def test_a_chosen_order_that_makes_nothing_in_the_plan_is_refused_with_the_weeks(tmp_path: Path) -> None:
    made = planned(tmp_path, chosen_orders=[{"option": "BUY-TESTER", "week": "2027-W08", "quantity": "1"}])
    with pytest.raises(ArgumentError, match=r"BUY-TESTER in 2027-W08 makes nothing .* from 2027-W02 to 2027-W06"):
        made.case(points=1, scenarios=0, chosen=True)
    assert made.chain.chosen_orders.to_pylist()[0]["week"] == date(2027, 2, 22)


def test_nobody_chose(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="nobody chose orders"):
        planned(tmp_path).case(points=1, scenarios=0, chosen=True)


def test_nothing_is_bought_and_the_pages_say_why(tmp_path: Path) -> None:
    little = BUDGET | {"amount": "5000"}
    made = planned(tmp_path, budgets=[little])
    answer = made.case(points=3, scenarios=0, out=tmp_path / "out")
    assert answer["said"].startswith("Buy nothing, because budgets forbid it")
    assert "Nothing to buy" in PdfReader(tmp_path / "out" / "case.pdf").pages[0].extract_text()


def test_a_workspace_takes_the_workbook_in_and_reckons_what_was_chosen(tmp_path: Path) -> None:
    sheets = write_book(short_book(MACHINE, BOARD), tmp_path / "chain")
    asked = ["expand", "case", str(sheets), "--points", "1", "--scenarios", "0", "--out", str(tmp_path / "case")]
    of_files = CliRunner().invoke(app, asked)
    assert of_files.exit_code == 0, of_files.output
    with house_in(tmp_path) as house:
        house.chain_import([sheets])
        house.chain_import([tmp_path / "case" / "committee.xlsx"])
        house.plan()
        answer = house.expand_case(points=1, scenarios=0, chosen=True, out=tmp_path / "decided")
    assert answer["effect"][1]["supplied"] == answer["effect"][2]["supplied"]
    assert (tmp_path / "decided" / "committee.xlsx").is_file()
