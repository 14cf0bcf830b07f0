"""The walk finds all that pieces became and came from: exactly where it is told, else all that may be meant."""

from __future__ import annotations

from tests.trace.told import back, block_of, onward, recorded

from corecar.trace.ranges import size
from corecar.trace.walk import Part

TWO_WAFERS = ("E1 0 create out wafer W1 0,0..9,9 100", "E2 0 create out wafer W2 0,0..9,9 100")
CHAIN = (
    *TWO_WAFERS,
    "E3 1 transform in wafer W1 0,0..9,9", "E3 1 transform out strip S1 0,0..9,9",
    "E4 2 pack in strip S1 0,0..9,4", "E4 2 pack out reel R1 1..50",
    "E5 3 mount in reel R1 17", "E5 3 mount out ecu K1 U1 1",
    "E6 4 install in ecu K1", "E6 4 install out vehicle VIN1 brake 1",
)  # fmt: skip


def test_a_car_leads_back_to_one_die() -> None:
    entries = recorded(*CHAIN)
    vehicle = block_of(entries, "vehicle", "VIN1")
    found = back(entries, Part(vehicle.first, vehicle.first, vehicle.last))
    wafer = block_of(entries, "wafer", "W1")
    assert found.sure[wafer.first] == [(wafer.first + 16, wafer.first + 16)]
    assert wafer.places is not None
    assert wafer.places.at(16) == "6,1"
    assert not found.possible


def test_a_zone_of_a_wafer_leads_to_its_cars() -> None:
    entries = recorded(*CHAIN)
    wafer, vehicle = block_of(entries, "wafer", "W1"), block_of(entries, "vehicle", "VIN1")
    found = onward(entries, Part(wafer.first, wafer.first + 10, wafer.first + 19))
    assert found.sure[vehicle.first] == [(vehicle.first, vehicle.last)]
    reel = block_of(entries, "reel", "R1")
    assert size(found.stays[reel.first]) == 9


def test_pieces_that_mixed_are_possible_all_of_them_and_it_is_known_where() -> None:
    entries = recorded(*TWO_WAFERS, "E3 1 merge in wafer W1", "E3 1 merge in wafer W2", "E3 1 merge out lot L - 200",
                       "E4 2 split in lot L - 30", "E4 2 split out sublot A - 30")  # fmt: skip
    wafer, lot, part = (block_of(entries, *one) for one in (("wafer", "W1"), ("lot", "L"), ("sublot", "A")))
    found = onward(entries, Part(wafer.first, wafer.first, wafer.first))
    assert size(found.possible[lot.first]) == 200
    assert size(found.possible[part.first]) == 30
    assert found.mixed[lot.first] == lot.first
    assert size(found.stays[lot.first]) == 200


def test_all_that_mixed_is_sure_where_all_of_it_is_meant() -> None:
    entries = recorded(*TWO_WAFERS, "E3 1 merge in wafer W1", "E3 1 merge in wafer W2", "E3 1 merge out lot L - 200")
    wafers = [block_of(entries, "wafer", name) for name in ("W1", "W2")]
    lot = block_of(entries, "lot", "L")
    found = onward(entries, *[Part(one.first, one.first, one.last) for one in wafers])
    assert found.sure[lot.first] == [(lot.first, lot.last)]
    assert not found.possible.get(lot.first)
    assert lot.first in onward(entries, Part(wafers[0].first, wafers[0].first, wafers[0].last)).possible


def test_a_split_wafer_leaves_what_was_taken_by_place_out() -> None:
    entries = recorded(TWO_WAFERS[0], "E3 1 scrap in wafer W1 0,0..9,0", "E4 2 transform in wafer W1",
                       "E4 2 transform out lot L - 90")  # fmt: skip
    wafer, lot = block_of(entries, "wafer", "W1"), block_of(entries, "lot", "L")
    assert lot.first not in onward(entries, Part(wafer.first, wafer.first, wafer.first + 9)).blocks
    assert lot.first in onward(entries, Part(wafer.first, wafer.first, wafer.first + 10)).blocks
