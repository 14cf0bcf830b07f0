"""Many events taken in at once by the compiled ledger: what they add, as columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.trace import ledger_columns as c
from corecar.trace.compiled_ledger import FITS, FULL, run
from corecar.trace.event_columns import EventColumns, IntArray, microseconds, place_row
from corecar.trace.holders import Holder
from corecar.trace.places import Places

SPARE = 1024
"""Rows of a table beyond those that are surely needed."""


@dataclass
class Added:
    """What events add, int64, a row each.

    blocks   columns B_..., the keys of pools' blocks with the thing `NONE`
    edges, touches  columns D_..., U_...
    things   columns T_..., of all that the events name
    key      the next key
    """

    blocks: IntArray
    edges: IntArray
    touches: IntArray
    things: IntArray
    key: int


def take_in(columns: EventColumns, known: Mapping[int, Holder], first_key: int) -> Added | None:
    """What events add to what is known; None where one breaks a rule, or more must be known: then ask `ledger`.

    known      what those things hold that are recorded, by their number
    first_key  the first key that no piece has
    """
    room = 1
    while True:
        state = _state(columns, known, first_key, room)
        answer = run(*state)
        if answer == FITS:
            blocks, edges, touches = (int(state.counts[place]) for place in (c.C_BLOCKS, c.C_EDGES, c.C_TOUCHES))
            before = sum(len(holder.blocks) for holder in known.values())
            return Added(state.blocks[before:blocks], state.edges[:edges], state.touches[:touches], state.things,
                         int(state.counts[c.C_KEY]))  # fmt: skip
        if answer != FULL:
            return None
        room *= 4


def block_places(columns: EventColumns, blocks: IntArray) -> list[str | None]:
    """The places of each block, as files write them."""
    texts: list[str | None] = [str(places) for places in columns.places]
    texts.append(None)  # the place c.NONE is the last one
    found = [texts[number] for number in blocks[:, c.B_PLACE].tolist()]
    for row in np.flatnonzero((blocks[:, c.B_PLACE] == c.NONE) & (blocks[:, c.B_FORM] != c.NONE)).tolist():
        left, right, low, high = (int(bound) for bound in blocks[row, [c.B_LEFT, c.B_RIGHT, c.B_LOW, c.B_HIGH]])
        found[row] = str(Places(left, right, low, high, bool(blocks[row, c.B_FORM] == c.GRID)))
    return found


def _state(columns: EventColumns, known: Mapping[int, Holder], first_key: int, room: int) -> c.State:
    """The tables before the first event.

    room  how many times as large as usual they are
    """
    blocks = sum(len(holder.blocks) for holder in known.values())
    gone = sum(len(holder.emptied_of(block)) for holder in known.values() for block in holder.blocks)
    rows, events = len(columns.lines), len(columns.at)
    widest = int(np.max(columns.end - columns.ins, initial=0)) + 1

    def table(length: int, width: int) -> IntArray:
        return np.zeros((length, width), np.int64)

    things = table(max(len(columns.sorts), 1), 11)
    things[: len(columns.sorts), c.T_CLASS] = columns.sorts
    things[:, [c.T_HEAD, c.T_TAIL, c.T_SOURCE]] = c.NONE
    things[:, c.T_TAKEN_AT] = c.NEVER
    places = np.array([place_row(one) for one in columns.places] or [(0,) * 6], np.int64)
    told = np.stack([columns.at, columns.kind, columns.ins, columns.outs, columns.end, columns.scrap], axis=1)
    state = c.State(
        np.ascontiguousarray(told), np.ascontiguousarray(columns.lines), c.kind_rows(), places, things,
        table(blocks + (rows + events) * room + SPARE, 14), table((rows + events) * room + SPARE, 7),
        table(rows * room + SPARE, 4), table(gone + rows * room + SPARE, 3), table(2 * rows * room + SPARE, 2),
        table((widest + SPARE) * room, 3), table(widest, 8), table(2 * widest, 5), table(2 * widest, 7),
        np.zeros(columns.pairs, np.int64), np.zeros(12, np.int64),
    )  # fmt: skip
    state.counts[c.C_KEY] = first_key
    for number, holder in known.items():
        _know(state, columns, number, holder)
    return state


def _know(state: c.State, columns: EventColumns, number: int, holder: Holder) -> None:
    """Put in what a thing holds before the first event."""
    thing: Any = state.things[number]
    thing[c.T_KNOWN], thing[c.T_LEFT], thing[c.T_SINCE] = 1, holder.left, holder.since
    if holder.taken_at is not None:
        thing[c.T_TAKEN_AT] = microseconds(holder.taken_at)
    for block in holder.blocks:
        at = int(state.counts[c.C_BLOCKS])
        row = state.blocks[at]
        row[[c.B_FIRST, c.B_LAST, c.B_THING, c.B_QUANTITY]] = block.first, block.last, number, block.quantity
        row[[c.B_PLACE, c.B_EVENT, c.B_NEXT, c.B_GONE, c.B_FORM]] = c.NONE
        row[c.B_AT] = microseconds(block.at)
        if block.places is not None:
            bounds = place_row(block.places)
            row[[c.B_FORM, c.B_LEFT, c.B_RIGHT, c.B_LOW, c.B_HIGH]] = bounds[:5]
            if bounds[c.P_FORM] == c.NAMED:
                row[c.B_PLACE] = columns.place(block.places)
        _know_emptied(state, at, holder.emptied_of(block))
        if thing[c.T_HEAD] == c.NONE:
            thing[c.T_HEAD] = at
        else:
            state.blocks[thing[c.T_TAIL], c.B_NEXT] = at
        thing[c.T_TAIL] = at
        state.counts[c.C_BLOCKS] += 1


def _know_emptied(state: c.State, block: int, ranges: list[tuple[int, int]]) -> None:
    """Put in which places of a block were emptied before the first event."""
    for first, last in reversed(ranges):
        at = int(state.counts[c.C_GONE])
        state.gone[at, [c.G_FIRST, c.G_LAST, c.G_NEXT]] = first, last, state.blocks[block, c.B_GONE]
        state.blocks[block, c.B_GONE] = at
        state.counts[c.C_GONE] += 1


__all__ = ["Added", "block_places", "take_in"]
