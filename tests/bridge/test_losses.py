"""From a short program to the lots, tests and wafer zones that cost it most, on lots with a planted zone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.bridge.houses import house_in
from tests.chain.books import small_book, write_book

import corecar
from corecar.bridge.loop.losses import chips_of
from corecar.errors import NotFound

SIZE: dict[str, Any] = {"wafers": 1, "dies": 300, "tests": 8, "product": "MCU"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("losses")
    book = small_book()
    book["stock"] = [{"product": "MCU", "site": "OSAT-1", "quantity": "3000"}]
    del book["wip"]
    files = [
        corecar.simulate_lot(folder / "bad.stdf", seed=1, lot="BAD", bad_zone=True, **SIZE),
        corecar.simulate_lot(folder / "good.stdf", seed=2, lot="GOOD", **SIZE),
        corecar.simulate_lot(folder / "other.stdf", seed=3, lot="OTHER", **{**SIZE, "product": "ELSE"}),
    ]
    with house_in(folder) as made:
        made.ingest(files)
        made.chain_import([write_book(book, folder / "chain")])
        made.plan()
        yield made


def test_the_lot_with_the_bad_zone_costs_most_and_the_zone_is_told(house: Any) -> None:
    answer = house.losses()
    first, second = answer["rows"]
    assert (first["lot"], second["lot"]) == ("BAD", "GOOD")
    lot = house.lot("BAD")["insertions"][0]
    assert first["lost"] == lot["final_tested"] - lot["final_good"]
    assert first["cars_at_most"] == round(first["lost"] / 2)
    assert first["zone"] == "high X, high Y"
    assert first["zone_fail_rate"] > 3 * first["elsewhere_fail_rate"]
    assert first["worst_test"]
    assert answer["said"].startswith("600 of CAR never come; 2 lots of its chips were tested")
    assert "BAD cost most" in answer["said"]
    assert answer["notes"] == ["This is about plan 1.", "No tester file tells anything of MCU2."]


def test_a_stopped_lot_costs_all_of_its_units(house: Any) -> None:
    house.hold("GOOD", reason="to be looked at")
    first = house.losses("CAR")["rows"][0]
    assert (first["lot"], first["state"], first["lost"]) == ("GOOD", "held", first["tested"])
    house.grade("GOOD")
    with pytest.raises(NotFound, match='no demand "CARR"'):
        house.losses("CARR")


def test_a_bill_leads_to_its_chips_over_all_levels(tmp_path: Path) -> None:
    chain = corecar.read_chain(write_book(small_book(), tmp_path / "chain"))
    assert chips_of(chain, "CAR") == {"MCU": 2.0, "MCU2": 2.0}
    assert chips_of(chain, "MCU") == {"MCU": 1.0}
