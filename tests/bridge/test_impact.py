"""What stopped lots take away from a plan, on a chain that can be counted by hand: two chips a car, 20,000 EUR each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.bridge.houses import house_in, small_lot
from tests.chain.books import Book, small_book, write_book

import corecar
from corecar.bridge.loop.impact import impact_of
from corecar.bridge.plan import kept_weekly
from corecar.errors import ArgumentError, NotFound
from corecar.plan import replanning
from corecar.simulate import simulate_chain
from corecar.solve import Solver


def book() -> Book:
    """2,100 cars are wanted over two weeks; 2,000 chips lie there, 1,000 come with L1 and are held with L2."""
    made = small_book()
    made["stock"] = [{"product": "MCU", "site": "OSAT-1", "quantity": "2000"}]
    made["wip"] = [
        {"lot": "L1", "product": "MCU", "quantity": "1000", "state": "in-transit", "week": "2027-W02"},
        {"lot": "L2", "product": "MCU", "quantity": "600", "state": "held", "week": "2027-W02"},
    ]
    return made


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    return write_book(book(), tmp_path / "chain")


@pytest.fixture
def house(tmp_path: Path, sheets: Path) -> Any:
    with house_in(tmp_path) as made:
        made.chain_import([sheets])
        made.plan()
        yield made


def test_a_stopped_lot_costs_the_cars_that_its_chips_would_have_made(sheets: Path) -> None:
    answer = impact_of(corecar.plan_chain(sheets), ["L1"])
    (row,) = answer["rows"]
    assert (row["demand"], row["never"], row["value"]) == ("CAR", 500, 10_000_000)
    assert (row["from_week"], row["until_week"], row["in_week"]) == ("2027-W02", "2027-W02", "2027-W02")
    assert answer["supply"] == [
        {"product": "MCU", "stage": "test", "week": "2027-W02", "pieces": 1000, "finished": 1000}
    ]
    assert answer["said"] == (
        "1 lot stopped: 1,000 good pieces of MCU do not come; planned again, 500 vehicles of 1 demand never come, "
        "worth 10,000,000 EUR, most of CAR (500, from 2027-W02)."
    )
    assert answer["facts"]["planned_again"] == "no plan is better"
    assert {"who": "CARS", "as": "customer"} in answer["touched"] or answer["touched"]


def test_a_lot_that_is_held_already_costs_what_its_release_would_bring(sheets: Path) -> None:
    made = corecar.plan_chain(sheets)
    assert made.answer["rows"][0]["supplied"] == 1500
    (row,) = impact_of(made, ["L2"])["rows"]
    assert row["never"] == 300
    (both,) = impact_of(made, ["L*"])["rows"]
    assert both["never"] == 800


def test_another_change_comes_with_it(sheets: Path) -> None:
    made = corecar.plan_chain(sheets)
    (row,) = impact_of(made, [], change=["stock MCU -400"])["rows"]
    assert row["never"] == 200
    (row,) = impact_of(made, ["L1"], change=["stock MCU -400"])["rows"]
    assert row["never"] == 700


def test_names_that_are_nowhere_are_refused_with_the_nearest(sheets: Path) -> None:
    made = corecar.plan_chain(sheets)
    with pytest.raises(NotFound, match='no lot is called "L7"'):
        impact_of(made, ["L7"])
    with pytest.raises(NotFound, match="X"):
        impact_of(made, ["X*"])
    with pytest.raises(ArgumentError, match=r"LOT-9: not in the chain's work in process"):
        impact_of(made, ["LOT-9"], states={"LOT-9": "held"})


def test_a_workspace_asks_about_what_is_stopped_in_it(house: Any, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="no lot is held, quarantined or scrapped"):
        house.impact()
    house.ingest([small_lot(tmp_path, 1)])
    house.hold("SIM00001", reason="a wafer zone is bad")
    rows = book()
    rows["wip"][0]["lot"] = "SIM00001"
    house.chain_import([write_book(rows, tmp_path / "named")])
    house.plan()
    answer = house.impact(out=tmp_path / "out")
    assert answer["rows"][0]["never"] == 500
    assert answer["lots"][0]["state"] == "held"
    assert answer["notes"] == ["The base is plan 2 as it was kept."]
    written = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert written["said"] == answer["said"]
    assert "500 vehicles of 1 demand never come" in (tmp_path / "out" / "answer.html").read_text("utf-8")


def test_what_the_plan_does_not_count_on_is_said(house: Any, tmp_path: Path) -> None:
    house.ingest([small_lot(tmp_path, 2)])
    assert "the plan counts on nothing of it: SIM00002" in house.impact(["L1", "SIM00002"])["notes"][0]


def test_the_kept_plan_is_the_base_and_is_not_planned_again(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the base was planned again")

    monkeypatch.setattr(kept_weekly, "plan_of_chain", refuse)
    answer = house.impact(["L1"])
    assert answer["rows"][0]["never"] == 500
    assert answer["facts"]["base"] == "no plan is better"
    assert answer["facts"]["certainty"].endswith("and no plan is better than either")
    assert answer["notes"] == ["The base is plan 1 as it was kept."]


def test_the_kept_corner_of_a_plan_is_where_the_plan_after_a_stop_begins(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Any] = []
    nearby = Solver.nearby

    def counted(*arguments: Any, **named: Any) -> Any:
        found.append(nearby(*arguments, **named))
        return found[-1]

    monkeypatch.setattr(Solver, "nearby", counted)
    assert house.impact(["L1"])["rows"][0]["never"] == 500
    assert [each.status for each in found] == ["optimal"]
    with house.store.catalogue.engine.begin() as connection:
        connection.execute(text("DELETE FROM plan_tables WHERE \"table\" = 'corner'"))
    assert house.impact(["L1"])["rows"][0]["never"] == 500, "a plan without its corner is planned from nothing"
    assert len(found) == 1


def test_the_base_is_planned_again_where_its_tables_have_newer_versions(house: Any, tmp_path: Path) -> None:
    rows = book()
    rows["wip"][0]["quantity"] = "400"
    house.chain_import([write_book(rows, tmp_path / "fewer")])
    answer = house.impact(["L1"])
    assert answer["rows"][0]["never"] == 200
    assert answer["notes"][0].startswith("The base is plan 1, planned again, since there are new versions of: wip.")
    told = house.impact(["L1"], plan=1)
    assert told["rows"][0]["never"] == 500, "a plan that is named is as it was"
    assert told["notes"] == [
        "The base is plan 1 as it was kept; since then there are new versions of: wip. Plan again."
    ]


def test_a_plan_without_its_prices_is_planned_again(house: Any) -> None:
    with house.store.catalogue.engine.begin() as connection:
        connection.execute(text("DELETE FROM plan_tables WHERE \"table\" = 'prices'"))
    answer = house.impact(["L1"])
    assert answer["rows"][0]["never"] == 500
    assert "what was kept of it does not tell its prices" in answer["notes"][0]


def test_a_plan_in_whole_lots_is_planned_again_in_whole_lots(house: Any) -> None:
    house.plan(whole_lots=True)
    answer = house.impact(["L1"])
    assert answer["rows"][0]["never"] == 500
    assert answer["notes"] == ["The base is plan 2 as it was kept."]


def test_a_plan_beyond_the_small_size_is_answered_from_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares steer it by promises of their own, which no memorandum signed."""
    monkeypatch.setattr(replanning, "SMALL", 0)
    made = corecar.plan_chain(simulate_chain(), weeks=10, method="first-order", time_limit=5)
    answer = impact_of(made, ["L-CHIP0004-*"], time_limit=1)
    assert "agreements" not in answer
    assert answer["supply"]
    assert {row["product"] for row in answer["supply"]} == {"CHIP0004"}
