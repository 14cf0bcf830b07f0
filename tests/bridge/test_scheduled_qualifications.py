"""When a laboratory does the tests of qualifications: what is told, drawn and refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, Conflict, Infeasible, NotFound, SourceMissing
from corecar.qualify.planning import Asked, parts_needed, plan
from corecar.qualify.product import Product
from corecar.report.answer_pictures import pictures_of

TABLE = """laboratory,equipment,number,weeks,holds,cost_a_week
Demo Lab,HAST chamber,1,,,2500
Demo Lab,thermal cycling chamber,1,2027-W08..,,2000
Demo Lab,tester,1,,,
"""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        for product in ("DEMO-MCU", "DEMO-PMIC"):
            made.qualify_open(product, grade=1, package="leaded", wire="gold", change="die-scribe-separate")
        yield made


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "laboratory.csv"
    path.write_text(TABLE, encoding="utf-8")
    return {"laboratory": path, "start": "2027-W05"}


def test_the_earliest_submission_and_what_it_waits_for(house: Workspace, given: dict[str, Any]) -> None:
    answer = house.qualify_schedule([1], **given, part_price=2.0)
    (product,) = answer["products"]
    assert answer["facts"]["proved"]
    # three lots of 500 h (3 weeks) one after another from 2027-W08, read in the week after, and two weeks of papers
    assert (product["tests_end"], product["ppap"]) == ("2027-W17", "2027-W19")
    assert product["waits_for"].startswith("A4, lot ")
    assert [row["waits_for"] for row in answer["chain"]][-1] == "weeks of the thermal cycling chamber"
    rows = plan(Asked(Product("P", 1, "leaded", "gold"), change="die-scribe-separate"))
    assert product["parts"] == parts_needed(rows) == 693
    assert product["cost"] == 693 * 2 + 6 * 2500 + 9 * 2000


def test_two_products_wait_for_each_other(house: Workspace, given: dict[str, Any]) -> None:
    answer = house.qualify_schedule([1, 2], **given)
    assert answer["facts"]["proved"]
    assert sorted(row["ppap"] for row in answer["products"]) == ["2027-W19", "2027-W28"]
    assert any("taken by DEMO-" in row["waits_for"] for row in answer["rows"])


def test_it_is_drawn_with_a_line_for_each_test_of_a_lot(
    house: Workspace, given: dict[str, Any], tmp_path: Path
) -> None:
    answer = house.qualify_schedule([1], **given, figure=tmp_path / "gantt.svg")
    drawn = (tmp_path / "gantt.svg").read_text("utf-8")
    (picture,) = pictures_of("qualify_schedule", answer)
    for text in ("A4 · 3 temperature cycling", "PPAP 2027-W19", "the submission waits for it"):
        assert text in drawn
        assert text in picture.svg
    assert drawn.count("<title>") == len(answer["rows"]) == 12


def test_results_that_are_there_bring_it_forward(house: Workspace, given: dict[str, Any]) -> None:
    for lot in ("L1", "L2"):
        house.qualify_result(1, "A4", lot=lot, units=77)
    answer = house.qualify_schedule([1], **given)
    assert [row["lot"] for row in answer["rows"] if row["test"] == "A4"] == [3]
    assert answer["products"][0]["ppap"] < "2027-W19"


def test_what_cannot_be_scheduled_is_told(house: Workspace, given: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        house.qualify_schedule([9], **given)
    with pytest.raises(ArgumentError, match="B1 is not to be done"):
        house.qualify_schedule([1], **given, hours=["B1=500"])
    with pytest.raises(ArgumentError, match="each once"):
        house.qualify_schedule([1, 1], **given)
    with pytest.raises(SourceMissing):
        house.qualify_schedule([1], laboratory=tmp_path / "none.csv", start="2027-W05")
    given["laboratory"].write_text(TABLE.replace("2027-W08..", "2027-W08..2027-W12"), encoding="utf-8")
    with pytest.raises(Infeasible):
        house.qualify_schedule([1], **given)
    for test in ("A1", "A2", "A3", "A4", "E1"):
        house.qualify_skip(1, test, reason="as before")
    with pytest.raises(Conflict, match="no test that is still to be done"):
        house.qualify_schedule([1], **given)
