"""What lots tell of a route's risk, in matching and in stress, from fictional lots with planted outliers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in, small_lot
from tests.bridge.test_measured import PRODUCT, book
from tests.chain.books import Book, write_book

from corecar.chain.route_risk import RISK_NUMBERS, RouteRisk, assumed_risk, risk_factor, risk_factors
from corecar.errors import ArgumentError

LOTS = ("SIM00001", "SIM00002", "SIM00003")


def market() -> Book:
    """A carmaker needs sort of the chip; the house that sorts it and one far away offer it alike."""
    made = book()
    made["needs"] = [
        {
            "need": "N1",
            "party": "CARS",
            "kind": "test",
            "title": "wafer sort",
            "product": PRODUCT,
            "quantity": "1000",
            "unit": "piece",
        }
    ]
    made["offers"] = [
        {
            "offer": f"{party}-1",
            "party": party,
            "kind": "test",
            "title": "wafer sort",
            "product": PRODUCT,
            "quantity": "1000",
            "unit": "piece",
        }
        for party in ("OSAT", "FAB")
    ]
    made["routes"] = [row | {"lead_weeks": "0"} if row["route"] == "SORT-ABROAD" else row for row in made["routes"]]
    return made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("risk")
    with house_in(folder) as made:
        made.ingest([small_lot(folder, seed) for seed in (1, 2, 3)])
        made.chain_import([write_book(market(), folder / "chain")])
        yield made


def scores(answer: dict[str, Any]) -> dict[str, float]:
    return {row["offer"]: row["score"] for row in answer["rows"]}


def numbers(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["number"]: row for row in answer["risks"]}


def test_the_factor_is_the_weighted_sum_of_measured_over_assumed() -> None:
    assert risk_factor({}) == 1
    assert risk_factor({number: assumed_risk(number) for number in RISK_NUMBERS}) == 1
    assert risk_factor({"outliers": 0.02, "stopped": 0.1}) == pytest.approx(0.4 * 2 + 0.2 + 0.4 * 2)
    assert risk_factor({"outliers": 1.0}) == 5
    assert risk_factor(dict.fromkeys(RISK_NUMBERS, 0.0)) == 0.5
    few = RouteRisk("R", "stopped", 0.05, 1.0, 1, taken=False, why="1 lot, 3 are asked for")
    assert risk_factors([few]) == {}


def test_nothing_changes_where_nobody_asks_for_measured_risk(house: Any) -> None:
    plain = house.match()
    assert "risks" not in plain
    assert all("risk_factor" not in row for row in plain["rows"])
    stops = house.stress()
    assert "risks" not in stops
    assert all("risk_factor" not in row for row in stops["rows"])
    for verb in (house.match, house.stress):
        with pytest.raises(ArgumentError, match="assumed anyway: only --measured"):
            verb(assumed=["SORT.stopped"])


def test_a_chain_without_lots_says_that_all_is_as_assumed(tmp_path: Path) -> None:
    with house_in(tmp_path) as empty:
        empty.chain_import([write_book(market(), tmp_path / "chain")])
        for verb in (empty.match, empty.stress):
            plain, asked = verb(), verb(measured=True)
            assert asked["risks"] == []
            assert any("the risk of all of them is as assumed" in note for note in asked["notes"])
            for before, now in zip(plain["rows"], asked["rows"], strict=True):
                assert before.items() <= now.items()


def test_outliers_and_stopped_lots_take_off_the_score_of_the_route_that_they_ran_on(house: Any) -> None:
    before = scores(house.match())
    assert before["OSAT-1"] == before["FAB-1"]
    for lot in LOTS:
        house.grade(lot)
    screened = house.match(measured=True)
    outliers = numbers(screened)["outliers"]
    assert outliers["taken"]
    assert outliers["measured"] > outliers["assumed"], "planted outliers pass every test and are screened out"
    assert numbers(screened)["stopped"]["measured"] == 0
    house.hold(LOTS[0], reason="a wafer zone is bad")
    house.hold(LOTS[1], reason="a wafer zone is bad")
    held = house.match(measured=True)
    assert numbers(held)["stopped"]["measured"] == pytest.approx(2 / 3)
    assert scores(held)["OSAT-1"] < before["OSAT-1"]
    assert scores(held)["OSAT-1"] <= scores(screened)["OSAT-1"]
    assert scores(held)["FAB-1"] == before["FAB-1"], "no lot ran there"
    factors = {row["offer"]: row["risk_factor"] for row in held["rows"]}
    assert factors["OSAT-1"] == risk_factor({row["number"]: row["measured"] for row in held["risks"] if row["taken"]})
    assert factors["FAB-1"] == 1
    off = 0.2 * (1 - 1 / factors["OSAT-1"])
    assert scores(held)["OSAT-1"] == pytest.approx(max(before["OSAT-1"] - off, 0), abs=1e-3)
    parts = house.match(measured=True, explain=True)["parts"]
    (told,) = [row for row in parts if row["offer"] == "OSAT-1" and row["part"] == "measured risk"]
    assert told["value"] == pytest.approx(-off, abs=1e-3)
    assert scores(house.match()) == before, "without --measured nothing changes"


def test_each_number_can_stay_assumed(house: Any) -> None:
    every = numbers(house.match(measured=True))
    assert {"outliers", "stopped"} <= every.keys()
    kept = house.match(measured=True, assumed=["SORT"])
    assert scores(kept) == scores(house.match())
    assert [row["risk_factor"] for row in kept["risks"]] == [None] * len(every)
    one = house.match(measured=True, assumed=["SORT.outliers"])
    assert one["risks"][0]["risk_factor"] == risk_factor({"stopped": every["stopped"]["measured"]})
    with pytest.raises(ArgumentError, match=r'"SORT\.stoped" was not measured'):
        house.match(measured=True, assumed=["SORT.stoped"])


def test_the_site_of_such_a_route_rises_in_the_ranking_of_stops(house: Any) -> None:
    before = {row["stop"]: row for row in house.stress()["rows"]}
    answer = house.stress(measured=True, years=400)
    now = {row["stop"]: row for row in answer["rows"]}
    assert now["OSAT-1"]["rank"] <= before["OSAT-1"]["rank"]
    assert now["OSAT-1"]["risk_factor"] > 1
    assert now["OSAT-1"]["impact"] == before["OSAT-1"]["impact"]
    assert now["OSAT-1"]["weighted_impact"] == now["OSAT-1"]["impact"] * now["OSAT-1"]["risk_factor"]
    assert now["OSAT-1"]["chance"] == pytest.approx(now["OSAT-1"]["chance_assumed"] * now["OSAT-1"]["risk_factor"])
    assert now["FAB-1"]["risk_factor"] == 1
    plain = house.stress(years=400)["drawn_years"][0]
    assert answer["drawn_years"][0]["with_a_stop"] > plain["with_a_stop"], "it stops more often"
