"""Events for tests, told in few words."""

from __future__ import annotations

from corecar.errors import MappingError
from corecar.faults import Faults
from corecar.trace.blocks import Block, Entries
from corecar.trace.holders import NothingKnown
from corecar.trace.ledger import record
from corecar.trace.lines import read_events
from corecar.trace.walk import Part, Reached, backward, edges_in_memory, forward

HEADER = "event,at,kind,role,class,id,places,quantity,pair"


STRIPS = [
    f"E{2 + n} 1 transform {row}" for n in range(2)
    for row in (f"in wafer W1 0,{n}..7,{n}", f"out strip S{n} 1..8")
]  # fmt: skip
FILLED_OUT_OF_ORDER = [
    "E1 0 create out wafer W1 0,0..9,9 80", *STRIPS,
    "E4 2 pack in strip S1 1..8", "E4 2 pack out reel R 9..16", "E5 3 pack in strip S0 1..8",
    "E5 3 pack out reel R 1..8",
    "E6 4 pack in reel R 1..16", "E6 4 pack out reel Q 1..16",
]  # fmt: skip
"""A reel whose last pockets were filled first, and from which all are taken in the order of pockets."""
FILLED_SIDE_BY_SIDE = [
    "E1 0 create out wafer W1 0,0..9,9 80", *STRIPS,
    "E4 2 pack in strip S1 1..8", "E4 2 pack out tray T 4,0..7,1", "E5 3 pack in strip S0 1..8",
    "E5 3 pack out tray T 0,0..3,1", "E6 4 pack in tray T 0,0..7,1", "E6 4 pack out reel Q 1..16",
]  # fmt: skip
"""A tray in two halves, the right one filled first, and from which all are taken row by row."""


def csv_of(*rows: str) -> list[str]:
    """Rows `event hour kind role class id [places] [quantity] [pair]`, a dash for an empty cell; hours count on."""
    lines = [HEADER]
    for row in rows:
        cells = ["" if cell == "-" else cell for cell in row.split()]
        cells[1] = f"2026-03-{1 + int(cells[1]) // 24:02}T{int(cells[1]) % 24:02}:00:00Z"
        cells += [""] * (9 - len(cells))
        lines.append(",".join(f'"{cell}"' if "," in cell else cell for cell in cells))
    return lines


def recorded(*rows: str) -> Entries:
    """What rows add to an empty ledger. Raises MappingError."""
    faults = Faults()
    events = read_events("events.csv", csv_of(*rows), faults)
    entries = record("events.csv", events, NothingKnown(), 1, faults)
    faults.settle()
    return entries


def refused(*rows: str) -> str:
    """What is said against rows."""
    try:
        recorded(*rows)
    except MappingError as error:
        return str(error)
    raise AssertionError("nothing was said against it")


def block_of(entries: Entries, kind: str, name: str) -> Block:
    """The one block in a thing."""
    (found,) = [block for block in entries.blocks if block.thing == (kind, name)]
    return found


def onward(entries: Entries, *parts: Part) -> Reached:
    return forward(parts, edges_in_memory(entries.edges, forward=True), edges_in_memory(entries.edges, forward=False))


def back(entries: Entries, *parts: Part) -> Reached:
    return backward(parts, edges_in_memory(entries.edges, forward=False))
