"""The case with and without others' money, policies and memoranda: what each changes, and who benefits how much."""

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
from corecar.bridge.plan.planning import ChainPlan
from corecar.cli.app import app
from corecar.errors import ArgumentError

BUDGET = {"budget": "Q1", "from_week": "2027-W01", "until_week": "2027-W13", "amount": "100000", "currency": "EUR"}
OF_CARS = {"co_investment": "CARS-TESTER", "party": "CARS", "budget": "Q1", "option": "BUY-TESTER", "amount": "2000000",
           "currency": "EUR"}  # fmt: skip
GRANT = {"policy": "grant", "lever": "capex-share", "party": "FAB", "who": "OSAT-1", "from_week": "2027-W04",
         "units": "4", "capex": "300000", "share": "0.5"}  # fmt: skip


def told(folder: Path, **tables: Any) -> ChainPlan:
    book = short_book(MACHINE, BOARD, budgets=[BUDGET], **tables)
    return corecar.plan_chain(write_book(book, folder / "chain"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A house whose customer pays for testers, under a policy of capacity."""
    made = told(tmp_path_factory.mktemp("shared"), co_investments=[OF_CARS], policies=[GRANT])
    return made.shared(gap=0.0, scenarios=2)


def test_the_case_stands_side_by_side_with_and_without_each(both: dict[str, Any]) -> None:
    rows = {row["case"]: row for row in both["rows"]}
    assert [*rows] == ["as it is", "own money", "with co-investment", "with policies", "all together"]
    alone, money, policy = rows["own money"], rows["with co-investment"], rows["with policies"]
    assert (alone["orders"], alone["own_money"]) == (0, 0), "testers are dearer than the own budget"
    assert money["vehicles_won"] > alone["vehicles_won"]
    assert money["others_money"] in (900_000, 1_800_000)
    assert money["own_money"] <= 100_000
    assert policy["public_cost"] == 150_000
    assert rows["all together"]["vehicles_won"] >= max(money["vehicles_won"], policy["vehicles_won"])
    assert all(row["worst_value"] <= row["expected_value"] for row in both["rows"][1:])


def test_what_parties_get_adds_up_to_what_the_plans_say(both: dict[str, Any]) -> None:
    for name, sums in both["details"]["sums"].items():
        for gain, (parties, plans) in sums.items():
            assert parties == pytest.approx(plans, abs=1e-6 * (1 + abs(plans))), f"{gain} of {name}"
    parties = {(row["case"], row["party"]): row for row in both["parties"]}
    rows = {row["case"]: row for row in both["rows"]}
    more = rows["with co-investment"]["vehicles_won"] - rows["own money"]["vehicles_won"]
    assert parties["with co-investment", "CARS"]["vehicles_won"] == pytest.approx(more, abs=1)
    assert parties["with co-investment", "CARS"]["pays"] == rows["with co-investment"]["others_money"]
    assert parties["with policies", "FAB"]["pays"] == 150_000
    assert parties["with co-investment", "OSAT"]["pays"] == rows["with co-investment"]["own_money"] > 0


def test_margin_is_told_by_program_and_what_is_in_it(tmp_path: Path) -> None:
    book = short_book(MACHINE, BOARD, budgets=[BUDGET], co_investments=[OF_CARS])
    for row in book["products"]:
        if row["product"] == "MCU":
            row |= {"value": "30", "currency": "EUR"}
    answer = corecar.plan_chain(write_book(book, tmp_path / "chain")).shared(gap=0.0, scenarios=0)
    of = {row["part"]: row for row in answer["shares"] if row["case"] == "with co-investment"}
    cars = of["CAR"]["pieces_won"]
    assert of["MCU"]["pieces_won"] == pytest.approx(2 * cars, abs=2)
    assert of["MCU"]["party"] == "FAB"
    assert of["MCU"]["margin_won"] == pytest.approx(0.1 * 30 * 2 * cars, rel=1e-3)
    assert of["CAR"]["margin_won"] == pytest.approx(0.1 * (20_000 - 60) * cars, rel=1e-3)


def test_money_for_one_machine_pays_for_no_other(tmp_path: Path) -> None:
    """Boards are within the own budget; what a tester's money leaves over buys no board."""
    little = OF_CARS | {"option": "BUY-BOARD", "amount": "5000000"}
    answer = told(tmp_path, co_investments=[little]).shared(gap=0.0, scenarios=0)
    alone, money = answer["rows"][1:3]
    assert (money["orders"], money["others_money"]) == (0, 0), "boards alone add no hours, and no tester is paid"
    assert money["vehicles_won"] == alone["vehicles_won"]


def test_a_memorandum_is_kept_with_the_orders_and_holds_demand_up(tmp_path: Path) -> None:
    made = told(tmp_path, co_investments=[OF_CARS | {"option": ""}])
    terms = memorandum(tmp_path / "terms.json")
    answer = made.shared(memoranda=[terms], gap=0.0, scenarios=3, demand=0.6)
    rows = {row["case"]: row for row in answer["rows"]}
    assert rows["with memoranda"]["worst_value"] >= rows["own money"]["worst_value"]
    assert rows["all together"]["worst_value"] > rows["with co-investment"]["worst_value"], "demand is held up"
    missing = {(row["case"], row["plan"]): row["missing"] for row in answer["agreements"]}
    assert missing["all together", "without orders"] > missing.get(("all together", "with the orders"), 0)


def memorandum(path: Path) -> Path:
    """Terms by which the packaging house keeps 6,000 chips a week for the carmaker, all of them called off for sure."""
    signers = [{"party": party, "name": party, "role": role, "benefit": "chips and work", "country": "CN"}
               for party, role in (("OSAT", "supplier"), ("CARS", "customer"))]  # fmt: skip
    periods = [{"period": f"2027-W{week:02}", "agreed": 6000, "minimum": 6000, "maximum": 99_000}
               for week in range(3, 9)]  # fmt: skip
    path.write_text(json.dumps({
        "form": "corecar-memorandum-1", "number": "M-2027-001", "kind": "product", "parties": signers,
        "subject": {"title": "Body controllers", "product": "MCU"}, "language": "en",
        "valid_from": "2027-01-04", "valid_until": "2027-12-31",
        "volumes": [{"supplier": "OSAT", "customer": "CARS", "unit": "piece", "periods": periods}],
    }), "utf-8")  # fmt: skip
    return path


def test_nobody_else_has_a_part_in_it(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="nobody else has a part in it"):
        told(tmp_path).shared(scenarios=0)


def test_money_in_a_budget_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(corecar.errors.ChainError, match="budget"):
        told(tmp_path, co_investments=[OF_CARS | {"budget": "Q9"}])


def test_the_command_says_the_same_of_files_and_of_a_workspace(tmp_path: Path) -> None:
    book = short_book(MACHINE, BOARD, budgets=[BUDGET], co_investments=[OF_CARS])
    sheets = write_book(book, tmp_path / "chain")
    asked = ["expand", "shared", str(sheets), "--near", "0", "--scenarios", "1", "--json", "--out", str(tmp_path / "o")]
    of_files = CliRunner().invoke(app, asked)
    assert of_files.exit_code == 0, of_files.output
    found = json.loads(of_files.stdout)
    assert (tmp_path / "o" / "parties.csv").is_file()
    with house_in(tmp_path) as house:
        house.chain_import([sheets])
        house.plan()
        answer = house.expand_shared(gap=0.0, scenarios=1)
    assert answer["parties"] == found["parties"]
    assert answer["shares"] == found["shares"]
