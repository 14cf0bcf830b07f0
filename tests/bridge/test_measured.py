"""Yields and pieces an hour of routes, from fictional lots; the plan that rests on them can be counted by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in, small_lot
from tests.chain.books import Book, small_book, write_book

from corecar.bridge.measured.measuring import stage_of
from corecar.errors import ArgumentError
from corecar.store.catalogue.models import Run

PRODUCT = "DEMO-HSD4"
"""As the simulated lots name it."""


def book() -> Book:
    """The chip is what the simulated lots hold; 2,000 of its dies wait for a sort that is assumed to lose a fifth."""
    made = small_book()
    for rows in made.values():
        for row in rows:
            row.update({name: PRODUCT for name, value in row.items() if value == "MCU"})
    made["parties"][1]["name"] = "Demo House"
    made["routes"] = [
        {"route": "WAFER", "product": PRODUCT, "stage": "wafer", "site": "FAB-1", "group": "FAB-1", "lead_weeks": "14"},
        {"route": "SORT", "product": PRODUCT, "stage": "sort", "site": "OSAT-1", "group": "OSAT-1", "lead_weeks": "0",
         "use": "0.002", "yield": "0.8"},
        {"route": "SORT-ABROAD", "product": PRODUCT, "stage": "sort", "site": "FAB-1", "lead_weeks": "9"},
    ]  # fmt: skip
    made["stock"] = [{"product": PRODUCT, "stage": "wafer", "site": "OSAT-1", "quantity": "2000"}]
    made["capacity"] = [{"group": "OSAT-1", "week": week, "actual": "400"} for week in ("2027-W01", "2027-W02")]
    del made["wip"]
    return made


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("measured")
    with house_in(folder) as made:
        made.ingest([small_lot(folder, seed) for seed in (1, 2, 3)])
        made.chain_import([write_book(book(), folder / "chain")])
        yield made


def counts(house: Any) -> tuple[int, int, float]:
    """Units, good ones by their bins and hours of all runs, straight from the catalogue."""
    with house.store.catalogue.reading() as session:
        runs = session.query(Run).all()
        hours = sum((run.finish - run.start).total_seconds() for run in runs) / 3600
        return sum(run.final_tested for run in runs), sum(run.final_good for run in runs), hours


def test_yield_and_hours_of_a_route_stand_beside_what_is_assumed(house: Any) -> None:
    answer = house.measured()
    tested, good, hours = counts(house)
    made = {row["number"]: row for row in answer["rows"]}
    assert {row["route"] for row in answer["rows"]} == {"SORT"}
    assert (made["yield"]["assumed"], made["yield"]["measured"]) == (0.8, pytest.approx(good / tested))
    assert made["yield"]["low"] < good / tested < made["yield"]["high"]
    assert (made["use"]["assumed"], made["use"]["measured"]) == (0.002, pytest.approx(hours / tested))
    assert all(row["taken"] for row in answer["rows"])
    assert "some lots by their bins alone" in made["yield"]["why"]
    assert answer["said"] == (
        "2 numbers of 1 route measured, 2 of them sure enough for a plan; the other 2 of 3 routes are as assumed."
    )
    (floor,) = answer["insertions"]
    assert (floor["lots"], floor["units"], floor["screened"]) == (3, tested, 0)
    assert floor["units_per_hour"] == pytest.approx(tested / hours)
    assert floor["retest_rate"] > 0
    assert floor["index_s"] > 0


def test_a_plan_rests_on_what_was_measured_and_each_number_can_stay_assumed(house: Any) -> None:
    tested, good, _ = counts(house)
    assumed = house.plan()
    assert assumed["rows"][0]["supplied"] == 800
    measured = house.plan(measured=True)
    assert measured["rows"][0]["supplied"] == round(2000 * good / tested / 2)
    assert {(row["route"], row["number"]) for row in measured["measured"]} == {("SORT", "yield"), ("SORT", "use")}
    assert any("2 numbers of routes as measured" in note for note in measured["notes"])
    switched = house.plan(measured=True, assumed=["SORT.yield"])
    assert switched["rows"][0]["supplied"] == 800
    assert [row["number"] for row in switched["measured"]] == ["use"]
    shown = house.plan_show(measured["plan"])
    assert shown["options"]["measured"][0]["route"] == "SORT"


def test_a_question_to_such_a_plan_is_of_the_same_numbers(house: Any) -> None:
    tested, good, _ = counts(house)
    number = house.plan(measured=True)["plan"]
    base = house.plan_whatif(scenarios=["demand CAR +0%"], plan=number)["rows"][0]
    assert base["supplied"] == round(2000 * good / tested / 2)


def test_screens_count_once_a_lot_is_graded(house: Any) -> None:
    for lot in ("SIM00001", "SIM00002", "SIM00003"):
        house.grade(lot)
    answer = house.measured()
    row = next(row for row in answer["rows"] if row["number"] == "yield")
    shippable = [house.lot(f"SIM0000{seed}")["gradings"][0] for seed in (1, 2, 3)]
    tested, _, _ = counts(house)
    assert row["measured"] == pytest.approx(sum(each["shippable"] for each in shippable) / tested)
    assert "after all screens" in row["why"]


def test_few_lots_are_not_enough_and_what_was_not_measured_cannot_be_switched(house: Any) -> None:
    answer = house.measured(least_lots=4)
    assert not any(row["taken"] for row in answer["rows"])
    assert answer["rows"][0]["why"].startswith("3 lots, a plan asks for 4")
    with pytest.raises(ArgumentError, match='"SORT-ABROAD" was not measured'):
        house.plan(measured=True, assumed=["SORT-ABROAD"])
    with pytest.raises(ArgumentError, match="only --measured"):
        house.plan(assumed=["SORT.yield"])


def test_lots_that_are_stopped_in_the_workspace_are_no_supply(house: Any, tmp_path: Path) -> None:
    rows = book()
    rows["wip"] = [{"lot": "SIM00002", "product": PRODUCT, "quantity": "400", "state": "in-transit",
                    "stage": "sort", "week": "2027-W01"}]  # fmt: skip
    house.chain_import([write_book(rows, tmp_path / "chain")])
    with_it = house.plan(measured=True)["rows"][0]["supplied"]
    house.hold("SIM00002", reason="looked at")
    answer = house.plan(measured=True)
    assert answer["rows"][0]["supplied"] == with_it - 200
    assert any("lots SIM00002" in note for note in answer["notes"])


@pytest.mark.parametrize(
    ("word", "stage"),
    [("wafer sort", "sort"), ("CP1", "sort"), ("EWS", "sort"), ("final test", "test"), ("FT2", "test"),
     ("burn-in", "burn-in"), ("BI", "burn-in"), ("visual", None)],
)  # fmt: skip
def test_words_of_testers_mean_stages(word: str, stage: str | None) -> None:
    assert stage_of(word) == stage
