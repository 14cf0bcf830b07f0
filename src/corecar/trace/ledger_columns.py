"""What the compiled ledger works on: rows of whole numbers, and what stands in which column of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from corecar.trace.kinds import CARRIERS, HOLDERS, KINDS, POOL, SIDES

NONE = -1
"""No place, no quantity, no pair, no block: what there is counts from 0."""
NEVER = -(2**63)
"""The moment at which nothing was taken."""
ROW, GRID, NAMED = 0, 1, 2
"""Forms of places; `NONE` where there are none."""

E_AT, E_KIND, E_INS, E_OUTS, E_END, E_SCRAP = range(6)
"""An event: moment [us], number of its kind, its rows in from `INS` to `OUTS`, out from there to `END`, and the thing
that holds what it scraps."""
L_THING, L_PLACE, L_QUANTITY, L_PAIR = range(4)
"""A row of an event."""
P_FORM, P_LEFT, P_RIGHT, P_LOW, P_HIGH, P_COUNT = range(6)
"""Places, and how many they are; what is named has its own number, and bounds that say nothing."""
K_IN_PLACE, K_CREATES, K_ADDS, K_KEEPS, K_RETURNS, K_SCRAPS, K_INTO = range(7)
"""A kind of event; `INTO`: a bit for each class of what it may fill, 0 for any."""
T_CLASS, T_LEFT, T_TAKEN_AT, T_SINCE, T_HEAD, T_TAIL, T_CHANGED, T_MARK, T_SOURCE, T_KNOWN, T_STACK = range(11)
"""A thing: what a holder knows of it, its first and last block, the first of its sources, whether it was recorded
before; `MARK` and `STACK` are for searches."""
B_FIRST, B_LAST, B_THING, B_PLACE, B_QUANTITY, B_EVENT, B_AT, B_NEXT, B_GONE = range(9)
B_FORM, B_LEFT, B_RIGHT, B_LOW, B_HIGH = range(9, 14)
"""A block, the next one of its thing, the first range of it that was emptied, and its places; `PLACE` is their number,
`NONE` for those that were cut out of others."""
D_FROM, D_FROM_FIRST, D_FROM_LAST, D_TO, D_TO_FIRST, D_TO_LAST, D_FLAGS = range(7)
"""An edge."""
U_EVENT, U_BLOCK, U_FIRST, U_LAST = range(4)
"""A touch."""
G_FIRST, G_LAST, G_NEXT = range(3)
"""A range of a block that was emptied."""
S_THING, S_NEXT = range(2)
"""A source of a thing."""
I_BLOCK, I_FIRST, I_LAST = range(3)
"""A piece: a range of keys in one block."""
A_THING, A_PIECES, A_END, A_QUANTITY, A_PLACED, A_WHOLE, A_PAIR, A_NEXT = range(8)
"""What a row takes: its pieces from `PIECES` to `END`, and the next of its group."""
M_THING, M_PLACE, M_QUANTITY, M_PAIR, M_NEXT = range(5)
"""What a row makes, and the next of its group."""
R_TAKE, R_LAST_TAKE, R_MAKE, R_LAST_MAKE, R_TAKEN, R_MADE, R_PAIR = range(7)
"""Rows of an event that go together: the first and the last of each side, pieces on each side."""
C_KEY, C_BLOCKS, C_EDGES, C_TOUCHES, C_GONE, C_SOURCES, C_PIECES, C_TAKES, C_MAKES, C_GROUPS, C_FULL, C_MARK = range(12)
"""The next key, how many of each there are, whether a table was full, the last mark that was given."""

CLASSES = (*HOLDERS, *SIDES, POOL)
"""Classes of things; the number of one is its place."""
CARRYING = sum(1 << CLASSES.index(name) for name in CARRIERS)
SCRAP_CLASS, VEHICLE_CLASS, POOL_CLASS = (CLASSES.index(name) for name in ("scrap", "vehicle", POOL))
KIND_NAMES = tuple(KINDS)


class State(NamedTuple):
    """All tables of a run: int64, shape (rows, columns)."""

    events: Any
    lines: Any
    kinds: Any
    places: Any
    things: Any
    blocks: Any
    edges: Any
    touches: Any
    gone: Any
    sources: Any
    pieces: Any
    takes: Any
    makes: Any
    groups: Any
    pairs: Any
    counts: Any


def kind_rows() -> Any:
    """The kinds of events as rows of whole numbers."""
    rows = [
        (kind.in_place, kind.takes == "none", kind.adds, kind.keeps, kind.returns, kind.name == "scrap",
         sum(1 << CLASSES.index(name) for name in kind.into))
        for kind in KINDS.values()
    ]  # fmt: skip
    return np.array(rows, np.int64)
