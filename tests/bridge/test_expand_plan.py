"""What to order and when: from Python, the command line and a workspace, and why nothing is to be bought."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in
from tests.chain.books import write_book
from tests.plan.expansion.houses import BOARD, MACHINE, short_book
from typer.testing import CliRunner

import corecar
from corecar.cli.app import app
from corecar.errors import ArgumentError, ChainError

BUDGET = {"budget": "Q1", "from_week": "2027-W01", "until_week": "2027-W13", "amount": "5000", "currency": "EUR"}


def told(tmp_path: Path, *machines: dict[str, Any], margin: float = 0.1, **tables: Any) -> dict[str, Any]:
    made = corecar.plan_chain(write_book(short_book(*machines, **tables), tmp_path / "chain"))
    return made.expand(margin=margin, gap=0.0)


def test_orders_are_told_with_what_the_plan_wins_by_them(tmp_path: Path) -> None:
    answer = told(tmp_path)
    assert {row["option"] for row in answer["rows"]} == {"BUY-TESTER", "BUY-BOARD"}
    first = answer["rows"][0]
    assert (first["ordered_in"], first["delivered_in"]) == ("2027-W02", "2027-W03"), "the plan begins with its demand"
    without, with_ = answer["effect"]
    assert with_["supplied"] > without["supplied"]
    assert answer["details"]["gap"] == pytest.approx(0.0, abs=1e-6)
    assert answer["facts"]["spent"] == sum(row["paid"] for row in answer["rows"])
    assert f"win {with_['supplied'] - without['supplied']:,} vehicles" in answer["said"]


@pytest.mark.parametrize(
    ("tables", "margin", "because"),
    [
        ({"budgets": [BUDGET]}, 0.1, "budgets forbid it: the least price is 60,000, the largest budget 5,000"),
        ({"rooms": [{"site": "OSAT-1", "staff": "0.5"}]}, 0.1, "there is no room for it: the least takes 1 people"),
        ({}, 1e-9, "nothing earns its price"),
        ({"capacity": [{"group": "OSAT-1", "week": "2027-W02", "actual": "900"}]}, 0.1, "no cell limits what is short"),
    ],
)
def test_nothing_is_bought_because(tmp_path: Path, tables: dict[str, Any], margin: float, because: str) -> None:
    if "capacity" in tables:
        tables["demand"] = [row | {"quantity": "90"} for row in short_book()["demand"]]
        tables["capacity"] = [row | {"actual": "900"} for row in short_book()["capacity"]]
    answer = told(tmp_path, margin=margin, **tables)
    assert answer["rows"] == []
    assert answer["said"].startswith(f"Buy nothing, because {because}"), answer["said"]


def test_what_comes_too_late_is_not_bought(tmp_path: Path) -> None:
    answer = told(tmp_path, MACHINE | {"lead_weeks": "30"})
    assert (
        "because nothing makes before the plan ends: the quickest takes 31 weeks, and the plan has 7 weeks"
        in answer["said"]
    )


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"lead_weeks": "-1"}, "is out of bounds: at least 0."),
        ({"price": "-5"}, "is out of bounds: at least 0."),
        ({"way": "convert"}, "is empty, and a conversion takes from a cell."),
        ({"from_cell": "T1"}, "is for conversions alone."),
        ({"way": "convert", "from_cell": "T1"}, "is the cell itself."),
    ],
)
def test_an_order_that_cannot_be_is_told(tmp_path: Path, cells: dict[str, str], said: str) -> None:
    with pytest.raises(ChainError) as caught:
        corecar.read_chain(write_book(short_book(MACHINE | cells), tmp_path / "chain"))
    assert said in [fault.problem for fault in caught.value.faults]


def test_prices_in_another_currency_than_values_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="machines are in CNY, values of products in EUR"):
        told(tmp_path, MACHINE | {"currency": "CNY"})


def test_the_command_says_the_same_of_files_and_of_a_workspace(tmp_path: Path) -> None:
    sheets = write_book(short_book(MACHINE, BOARD), tmp_path / "chain")
    of_files = CliRunner().invoke(app, ["expand", "plan", str(sheets), "--near", "0", "--json"])
    assert of_files.exit_code == 0, of_files.output
    rows = json.loads(of_files.stdout)["rows"]
    assert rows
    with house_in(tmp_path) as house:
        house.chain_import([sheets])
        house.plan()
        answer = house.expand_plan(gap=0.0, out=tmp_path / "out")
        assert answer["rows"] == rows
    assert {"answer.pdf", "rows.csv", "effect.csv"} <= {path.name for path in (tmp_path / "out").iterdir()}


def test_sums_of_money_are_held_against_what_stays_short(tmp_path: Path) -> None:
    made = corecar.plan_chain(write_book(short_book(MACHINE, BOARD), tmp_path / "chain"))
    answer = made.frontier(points=4, gap=0.0, scenarios=2)
    rows = answer["rows"]
    assert [row["short"] for row in rows] == sorted((row["short"] for row in rows), reverse=True)
    assert rows[0]["spent"] == 0
    assert rows[0]["net_present_value"] == 0
    assert rows[-1]["net_present_value"] > 0
    assert rows[-1]["payback"] > "2027-W02"
    assert min(row["worst_regret"] for row in rows) < max(row["worst_regret"] for row in rows)
    assert all(row["expected_cost"] <= row["cvar"] <= row["worst_cost"] for row in rows)
    assert "net present value of" in answer["said"]


def test_the_frontier_is_drawn_for_files_and_the_same_in_a_workspace(tmp_path: Path) -> None:
    sheets = write_book(short_book(MACHINE, BOARD), tmp_path / "chain")
    asked = ["expand", "frontier", str(sheets), "--points", "3", "--near", "0"]
    of_files = CliRunner().invoke(app, [*asked, "--json", "--out", str(tmp_path / "drawn")])
    assert of_files.exit_code == 0, of_files.output
    rows = json.loads(of_files.stdout)["rows"]
    assert "What stays short for each sum of money" in (tmp_path / "drawn" / "answer.html").read_text("utf-8")
    with house_in(tmp_path) as house:
        house.chain_import([sheets])
        house.plan()
        answer = house.expand_frontier(points=3, gap=0.0)
    drop = {"seconds"}
    assert [{k: v for k, v in row.items() if k not in drop} for row in answer["rows"]] == [
        {k: v for k, v in row.items() if k not in drop} for row in rows
    ]
