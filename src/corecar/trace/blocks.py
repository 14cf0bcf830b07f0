"""What a ledger writes: blocks of pieces, edges between them, events that touched them. Rows that only ever grow.

Each piece has a whole number, its key, within a thing; it gets a new one whenever it goes into another thing. Pieces
that go into a thing together lie side by side in one block, so that a wafer of 10,000 die is one row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from corecar.trace.lines import Thing
from corecar.trace.places import Places

EXACT = 1
"""Flag of an edge: the n-th piece of one range became the n-th piece of the other."""
PLACED = 2
"""Flag of an edge: the pieces were taken by their places, so that these are empty now."""


class Block(NamedTuple):
    """Pieces that went into a thing together.

    first, last  their keys, one for each place; without places one for each piece
    quantity     how many of them are pieces: a rectangle of places on a round wafer holds fewer
    event        number of the event that put them there
    """

    first: int
    last: int
    thing: Thing
    places: Places | None
    quantity: int
    event: int
    at: datetime

    @property
    def single(self) -> bool:
        """Whether it is one piece."""
        return self.first == self.last


class Edge(NamedTuple):
    """Pieces of one range that became pieces of another: each its own counterpart where `EXACT`, else any of them."""

    from_block: int
    from_first: int
    from_last: int
    to_block: int
    to_first: int
    to_last: int
    flags: int

    @property
    def exact(self) -> bool:
        return bool(self.flags & EXACT)


class Touch(NamedTuple):
    """Pieces that an event touched where they were."""

    event: int
    block: int
    first: int
    last: int


class Mark(NamedTuple):
    """A side input of an event."""

    event: int
    thing: Thing


@dataclass
class Entries:
    """Everything that a file of events adds.

    events  reference, time and kind of each, by its number
    left    of each holder that changed: how many pieces are in it now, when any were last taken, since which key
    """

    events: list[tuple[str, datetime, str]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    touches: list[Touch] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    left: dict[Thing, tuple[int, datetime | None, int]] = field(default_factory=dict)
