"""Events become blocks and edges; what breaks a rule is told with its row, and nothing of it counts."""

from __future__ import annotations

import pytest
from tests.trace.told import (
    FILLED_OUT_OF_ORDER,
    FILLED_SIDE_BY_SIDE,
    back,
    block_of,
    recorded,
    refused,
)

from corecar.faults import Faults
from corecar.trace.blocks import Entries
from corecar.trace.lines import COLUMNS, read_events
from corecar.trace.walk import Part

WAFER = "E1 0 create out wafer W1 0,0..9,9 80"
REEL = (
    WAFER,
    "E2 1 transform in wafer W1 0,0..4,0", "E2 1 transform out reel R1 1..5",
)  # fmt: skip


def test_a_wafer_of_many_die_is_one_block() -> None:
    entries = recorded("E1 0 create out wafer W1 0,0..99,99 7854")
    assert len(entries.blocks) == 1
    assert (entries.blocks[0].last - entries.blocks[0].first + 1, entries.blocks[0].quantity) == (10_000, 7854)


def test_die_taken_by_place_are_known_one_by_one() -> None:
    entries = recorded(*REEL)
    (edge,) = entries.edges
    wafer, reel = block_of(entries, "wafer", "W1"), block_of(entries, "reel", "R1")
    assert edge.exact
    assert (edge.from_first, edge.from_last) == (wafer.first, wafer.first + 4)
    assert (edge.to_first, edge.to_last) == (reel.first, reel.last)
    assert entries.left[wafer.thing][0] == 75


def die_of(entries: Entries, reel: str, pocket: int) -> list[tuple[int, int]]:
    """The die that a pocket's piece surely came from, as x and y."""
    there, wafer = block_of(entries, "reel", reel), block_of(entries, "wafer", "W1")
    found = back(entries, Part(there.first, there.first + pocket - 1, there.first + pocket - 1))
    assert not found.possible.get(wafer.first)
    return [divmod(key - wafer.first, 10)[::-1] for a, b in found.sure[wafer.first] for key in range(a, b + 1)]


def test_pieces_keep_their_order_by_places_whatever_was_filled_first() -> None:
    entries = recorded(*FILLED_OUT_OF_ORDER)
    assert [die_of(entries, "Q", pocket) for pocket in (1, 8, 9, 16)] == [[(0, 0)], [(7, 0)], [(0, 1)], [(7, 1)]]


def test_rectangles_side_by_side_are_emptied_row_by_row() -> None:
    entries = recorded(*FILLED_SIDE_BY_SIDE)
    assert [die_of(entries, "Q", pocket) for pocket in (1, 4, 5, 8)] == [[(0, 0)], [(3, 0)], [(0, 1)], [(3, 1)]]
    assert [die_of(entries, "Q", pocket) for pocket in (9, 12, 13, 16)] == [[(4, 0)], [(7, 0)], [(4, 1)], [(7, 1)]]


def test_what_lies_mixed_goes_any_to_any() -> None:
    entries = recorded("E1 0 create out lot L1 - 100", "E2 1 split in lot L1", "E2 1 split out sublot A - 60",
                       "E2 1 split out sublot B - 40")  # fmt: skip
    assert [edge.flags for edge in entries.edges] == [0, 0]
    assert {edge.to_last - edge.to_first + 1 for edge in entries.edges} == {60, 40}


def test_many_to_many_passes_one_pool() -> None:
    makes = [f"E0 0 create out wafer W{n} - 10" for n in range(6)]
    takes = [f"E9 1 transform in wafer W{n}" for n in range(6)] + [
        f"E9 1 transform out strip S{n} - 12" for n in range(5)
    ]
    entries = recorded(*makes, *takes)
    assert len(entries.edges) == 6 + 5


def test_a_relabelled_wafer_keeps_each_die_at_its_place() -> None:
    entries = recorded(WAFER, "E2 1 relabel in wafer W1", "E2 1 relabel out wafer W1b - 80")
    assert str(block_of(entries, "wafer", "W1b").places) == "0,0..9,9"
    assert entries.edges[0].exact


def test_events_in_place_touch_what_is_there() -> None:
    entries = recorded(*REEL, "E3 2 test in reel R1", "E3 2 test with test_program P7")
    (touch,), (mark,) = entries.touches, entries.marks
    assert (touch.last - touch.first + 1, mark.thing.name) == (5, "P7")


def test_an_event_told_late_touches_all_that_may_have_been_there() -> None:
    entries = recorded(WAFER, "E2 5 scrap in wafer W1 0,0..9,4")
    late = recorded(WAFER, "E3 1 move in wafer W1", "E3 1 move with place P", "E2 5 scrap in wafer W1 0,0..9,4 50")
    assert entries.left[("wafer", "W1")][0] == 30  # type: ignore[index]
    assert [touch.last - touch.first + 1 for touch in late.touches] == [100]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([WAFER, "E1 0 create out wafer W2 - 5", WAFER.replace("E1", "E2")], "wafer W1 is there already"),
        (["E1 0 move in lot L9"], "lot L9 is not known."),
        (["E1 2 create out lot L1 - 5", "E2 1 scrap in lot L1"], "event E1 makes it at 2026-03-01 02:00:00 (line 2)"),
        ([*REEL, "E3 0 scrap in reel R1"], "reel R1 is not known at 2026-03-01 00:00:00"),
        ([*REEL, "E3 2 scrap in reel R1 - 6"], "it takes 6 pieces where there are 5 pieces of reel R1."),
        ([*REEL, "E3 2 scrap in wafer W1 0,0"], "place 0,0 of wafer W1 was emptied before."),
        ([*REEL, "E3 2 scrap in wafer W1 10,0"], "wafer W1 has no place 10,0."),
        ([WAFER, "E2 1 transform in wafer W1 0,0..4,0", "E2 1 transform out reel R1 1..4"], "5 pieces go in and 4"),
        ([*REEL, "E3 2 scrap in reel R1", "E4 3 scrap in reel R1"], "reel R1 holds nothing any more."),
        ([WAFER, "E2 1 transform in wafer W1 - 5", "E2 1 transform out wafer W1 - 5"], "would be made of itself"),
        (["E1 0 create out lot A - 9", "E2 1 split in lot A - 4", "E2 1 split out lot B - 4", "E3 2 merge in lot B",
          "E3 2 merge out lot A - 4"], "lot B came from lot A itself: a cycle."),
        ([*REEL, "E3 2 ship in reel R1"], "it does not say which party."),
        ([*REEL, "E3 2 mount in reel R1 1", "E3 2 mount out reel X - 1"], "mount puts into ecu, not into reel."),
        ([*REEL, "E3 2 mount in reel R1 1", "E3 2 mount out ecu K U1", "E4 3 mount in reel R1 2",
          "E4 3 mount out ecu K U1"], "place U1 of ecu K holds something already."),
        (["E1 0 create out lot A - 0"], '"0": expected a whole number of pieces'),
        (["E1 0 create out lot A - -4"], '"-4": expected a whole number'),
        (["E1 0 creat out lot A - 4"], '"creat" is not known. Did you mean "create"?'),
        (["E1 0 create out lot A 4..1"], "the last place stands before the first"),
        (["E1 0 create out lot A - 4", "E1 1 create out lot B - 4"], "Each event has one kind and one time."),
        ([*REEL, "E3 2 merge in reel R1", "E3 2 merge in reel R1", "E3 2 merge out lot X - 10"], "stands in it twice"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_told(rows: list[str], said: str) -> None:
    message = refused(*rows)
    assert said in message
    assert message.startswith("events.csv: line ") or "\nevents.csv: line " in message


def test_a_vehicle_takes_one_ecu_of_a_kind() -> None:
    ecus = [row for n in (1, 2) for row in (
        f"M{n} 2 mount in reel R1 {n}", f"M{n} 2 mount out ecu K{n} U1",
        f"V{n} 3 install in ecu K{n}", f"V{n} 3 install out vehicle VIN1 brake 1")]  # fmt: skip
    assert "place brake of vehicle VIN1 holds something already." in refused(*REEL, *ecus)
    assert recorded(*REEL, *ecus[:3], ecus[3].replace("brake", "steer"), *ecus[4:]).blocks[-1].thing.name == "VIN1"


def test_rework_may_come_back() -> None:
    entries = recorded("E1 0 create out lot A - 9", "E2 1 split in lot A - 4", "E2 1 split out lot B - 4",
                       "E3 2 rework in lot B", "E3 2 rework out lot A - 4")  # fmt: skip
    assert entries.left[("lot", "A")][0] == 9  # type: ignore[index]


def test_a_tray_is_used_again_when_it_is_empty() -> None:
    entries = recorded(*REEL, "E3 2 pack in reel R1", "E3 2 pack out tray T 1..5 5", "E4 3 pack in tray T",
                       "E4 3 pack out reel R2 1..5 5",
                       "E5 4 pack in wafer W1 0,1..4,1", "E5 4 pack out tray T 1..5")  # fmt: skip
    assert entries.left[("tray", "T")][0] == 5  # type: ignore[index]


def test_rows_of_a_pair_go_together() -> None:
    entries = recorded(WAFER, "E2 1 transform in wafer W1 3,3 - a", "E2 1 transform in wafer W1 5,5 - b",
                       "E2 1 transform out strip S 1 - b", "E2 1 transform out strip S 2 - a")  # fmt: skip
    wafer = block_of(entries, "wafer", "W1")
    first = {edge.from_first - wafer.first: edge.to_block for edge in entries.edges}
    assert all(edge.exact for edge in entries.edges)
    places = {block.first: str(block.places) for block in entries.blocks}
    assert {n: places[block] for n, block in first.items()} == {33: "2", 55: "1"}


def test_a_file_without_its_columns_says_which_are_missing() -> None:
    faults = Faults()
    read_events("x.csv", ["event,at,kind", "E1,2026-01-01,create"], faults)
    assert len(faults) == 1
    assert COLUMNS[3] == "role"
