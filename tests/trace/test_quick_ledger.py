"""The compiled ledger against the plain one: the same blocks, edges, touches and holders, and no fault overlooked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.trace.told import FILLED_OUT_OF_ORDER, FILLED_SIDE_BY_SIDE, csv_of, recorded, refused

from corecar.errors import MappingError
from corecar.faults import Faults
from corecar.simulate.movements import move_lots
from corecar.trace.blocks import Entries
from corecar.trace.event_columns import EPOCH, read_columns
from corecar.trace.holders import NothingKnown
from corecar.trace.ledger import record
from corecar.trace.ledger_columns import NEVER, NONE
from corecar.trace.lines import Thing, read_events
from corecar.trace.quick_ledger import block_places, take_in

WAFER = "E1 0 create out wafer W1 0,0..9,9 80"
REEL = (WAFER, "E2 1 transform in wafer W1 0,0..4,0", "E2 1 transform out reel R1 1..5")


def plainly(lines: list[str]) -> dict[str, Any] | None:
    """What the plain ledger adds; None where it refuses."""
    faults = Faults()
    entries: Entries = record("x.csv", read_events("x.csv", lines, faults), NothingKnown(), 7, faults)
    if faults or not entries.events:
        return None
    return {
        "blocks": [(b.first, b.last, *b.thing, b.places and str(b.places), b.quantity, b.event)
                   for b in entries.blocks],
        "edges": sorted(tuple(edge) for edge in entries.edges),
        "touches": sorted(tuple(touch) for touch in entries.touches),
        "marks": sorted((mark.event, *mark.thing) for mark in entries.marks),
        "left": {(*thing, *held) for thing, held in entries.left.items()},
    }  # fmt: skip


def quickly(lines: list[str]) -> dict[str, Any] | None:
    """What the compiled ledger adds; None where it leaves the file to the plain one."""
    columns = read_columns(("\n".join(lines) + "\n").encode())
    added = None if columns is None else take_in(columns, {}, 7)
    if columns is None or added is None:
        return None

    def thing(number: int, event: int, key: int) -> Thing:
        return Thing("pool", f"{columns.references[event]} {key}") if number == NONE else columns.thing(number)

    blocks = [(first, last, *thing(number, event, first), places, quantity, event)
              for (first, last, number, _, quantity, event, *_), places
              in zip(added.blocks.tolist(), block_places(columns, added.blocks), strict=True)]  # fmt: skip
    left = {
        (*columns.thing(n), row[1], None if row[2] == NEVER else EPOCH + timedelta(microseconds=row[2]), row[3])
        for n, row in enumerate(added.things.tolist()) if row[6]
    }  # fmt: skip
    edges = sorted((a, b, c, d, e, f, g) for a, b, c, d, e, f, g in added.edges.tolist())
    return {
        "blocks": blocks, "edges": edges, "touches": sorted(map(tuple, added.touches.tolist())),
        "marks": sorted((event, *columns.thing(number)) for event, number in columns.marks.tolist()), "left": left,
    }  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), lost=st.sampled_from([0.0, 0.2, 0.5, 1.0]), steps=st.integers(0, 60))
def test_both_ledgers_make_the_same_of_simulated_movements(seed: int, lost: float, steps: int) -> None:
    lines = move_lots(seed, steps=steps, lost=lost).lines
    assert quickly(lines) == plainly(lines) is not None


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), draw=st.data())
def test_neither_ledger_overlooks_what_the_other_refuses(seed: int, draw: st.DataObject) -> None:
    lines = list(move_lots(seed, steps=20, lost=0.3).lines)
    for _ in range(draw.draw(st.integers(1, 3))):
        row = draw.draw(st.integers(1, len(lines) - 1))
        cells = lines[draw.draw(st.integers(1, len(lines) - 1))].split(",")
        if draw.draw(st.booleans()):
            lines[row] = ",".join(cells)
        else:
            del lines[row]
    assert quickly(lines) == plainly(lines)


STORIES = [
    [*REEL, "E3 2 move in reel R1", "E3 2 move with place P", "E4 2 ship in reel R1 2", "E4 2 ship with party T"],
    [WAFER, "E3 1 move in wafer W1", "E2 5 scrap in wafer W1 0,0..9,4 50", "E5 6 hold in wafer W1 0,5"],
    [*(f"E0 0 create out wafer W{n} - 10" for n in range(6)), *(f"E9 1 transform in wafer W{n}" for n in range(6)),
     *(f"E9 1 transform out strip S{n} - 12" for n in range(5))],
    [WAFER, "E2 1 transform in wafer W1 2,3..7,4", "E2 1 transform out strip S 1..12", "E3 2 relabel in wafer W1",
     "E3 2 relabel out wafer W2 - 68", "E4 3 transform in wafer W2 0,0..9,0", "E4 3 transform out strip T 1..10"],
    ["E1 0 create out lot A - 9", "E2 1 split in lot A - 4", "E2 1 split out lot B - 4", "E3 2 merge in lot A - 2",
     "E3 2 merge out lot C - 2", "E4 3 merge in lot B", "E4 3 merge out lot C - 4", "E5 4 rework in lot C - 1",
     "E5 4 rework out lot A - 1"],
    ["E1 0 create out lot A - 9", "E2 1 split in lot A - 4", "E2 1 split out lot B - 4", "E3 2 split in lot B - 1",
     "E3 2 split out lot C - 1", "E4 3 create out lot D - 5", "E5 4 merge in lot D", "E5 4 merge out lot B - 5"],
    [*REEL, "E3 2 pack in reel R1", "E3 2 pack out tray T 1..5 5", "E4 3 pack in tray T", "E4 3 pack out reel R2 1..5",
     "E5 4 pack in wafer W1 0,1..4,1", "E5 4 pack out tray T 1..5", "E6 5 scrap in tray T 2", "E6 5 scrap in tray T 4"],
    [WAFER, "E2 1 transform in wafer W1 3,3 - a", "E2 1 transform in wafer W1 5,5 - b",
     "E2 1 transform out strip S 1 - b", "E2 1 transform out strip S 2 - a"],
    [*REEL, *(f"M{n} 2 mount {row}" for n in range(3) for row in (f"in reel R1 {n + 1}", f"out ecu K{n} U1")),
     "V 3 install in ecu K1", "V 3 install out vehicle VIN1 brake"],
    FILLED_OUT_OF_ORDER, FILLED_SIDE_BY_SIDE,
]  # fmt: skip


@pytest.mark.parametrize("rows", STORIES)
def test_both_ledgers_make_the_same_of_a_story(rows: list[str]) -> None:
    recorded(*rows)
    lines = csv_of(*rows)
    assert quickly(lines) == plainly(lines) is not None


@pytest.mark.parametrize(
    "rows",
    [
        ["E1 0 create out lot A - 9", "E2 1 split in lot A - 4", "E2 1 split out lot B - 4", "E3 2 merge in lot B",
         "E3 2 merge out lot A - 4"],
        [*REEL, "E3 2 ship in reel R1"],
        [*REEL, "E3 2 scrap in reel R1 - 6"],
        [*REEL, "E3 2 scrap in wafer W1 0,0"],
        [*REEL, "E3 2 mount in reel R1 1", "E3 2 mount out ecu K U1", "E4 3 mount in reel R1 2",
         "E4 3 mount out ecu K U1"],
        [*REEL, "E3 2 merge in reel R1", "E3 2 merge in reel R1", "E3 2 merge out lot X - 10"],
        [WAFER, "E2 1 transform in wafer W1 0,0..4,0", "E2 1 transform out reel R1 1..4"],
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_left_to_the_plain_ledger(rows: list[str]) -> None:
    assert quickly(csv_of(*rows)) is None
    assert refused(*rows)


@pytest.mark.parametrize(
    "cell", ['a"b', " W1", "W\t1", "", "x" * 201, "W\u2028 1", '"W\n1"', "W1,"], ids=str.encode
)  # fmt: skip
def test_a_cell_that_must_be_looked_at_is_left_to_the_plain_ledger(cell: str) -> None:
    lines = csv_of(*REEL)
    text = "\n".join([*lines, f"E9,2026-03-02T00:00:00Z,create,out,wafer,{cell},,5,"])
    assert read_columns(text.encode()) is None


def test_marks_and_names_in_any_script_are_plain() -> None:
    lines = [
        "event,note,at,kind,role,class,id,places,quantity",
        'E1,"a, b",2026-03-01T08:00:00+08:00,create,out,lot,批次 7,,5',
    ]
    columns = read_columns("\r\n".join(lines).encode("utf-8-sig"))
    assert columns is not None
    assert columns.thing(0) == ("lot", "批次 7")
    assert quickly(lines) == plainly(lines) is not None


def test_faults_of_a_large_file_are_told_as_of_a_small_one() -> None:
    with pytest.raises(MappingError, match="it takes 6 pieces where there are 5 pieces of reel R1"):
        recorded(*REEL, "E3 2 scrap in reel R1 - 6")
