"""What a thing holds now: its blocks, which places were emptied, how many pieces are left."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from corecar.trace.blocks import Block
from corecar.trace.lines import Thing
from corecar.trace.places import Places
from corecar.trace.ranges import Ranges, joined, without


class Piece(NamedTuple):
    """A range of keys in one block."""

    block: Block
    first: int
    last: int


@dataclass(slots=True)
class Holder:
    """A thing that holds pieces, or held some.

    left      pieces in it now
    taken_at  when pieces were last taken; None where none were
    since     key of its first block since it was last empty
    sources   things from which its pieces came directly
    """

    thing: Thing
    blocks: list[Block] = field(default_factory=list)
    left: int = 0
    taken_at: datetime | None = None
    since: int = 0
    sources: set[Thing] = field(default_factory=set)
    _gone: dict[int, Ranges] = field(default_factory=dict)
    _at: dict[Places, list[Block]] = field(default_factory=dict)
    _wide: list[Block] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Put a block in, without counting its pieces."""
        self.blocks.append(block)
        if block.places is not None and (block.places.name or block.places.count == 1):
            self._at.setdefault(block.places, []).append(block)
        elif block.places is not None:
            self._wide.append(block)

    def renew(self, since: int) -> None:
        """It was empty and is filled again: what it held before is history."""
        self.blocks, self._gone, self._at, self._wide, self.since = [], {}, {}, [], since

    def take(self, piece: Piece) -> None:
        """Note that places were emptied."""
        gone = self._gone.setdefault(piece.block.first, [])
        at = bisect_left(gone, (piece.first, piece.last))
        before = at > 0 and gone[at - 1][1] == piece.first - 1
        after = at < len(gone) and gone[at][0] == piece.last + 1
        first = gone[at - 1][0] if before else piece.first
        last = gone[at][1] if after else piece.last
        gone[at - before : at + after] = [(first, last)]

    def inside(self) -> list[Piece]:
        """All ranges in which pieces may still be."""
        if self.left == 0:
            return []
        return [Piece(block, first, last) for block in self.blocks for first, last in self.alive(block)]

    def alive(self, block: Block) -> Ranges:
        """The keys of a block whose places were not emptied."""
        gone = self._gone.get(block.first)
        whole = [(block.first, block.last)]
        return without(whole, gone) if gone else whole

    def at(self, places: Places) -> list[Piece]:
        """The ranges at places, in the order of these; they may be emptied, and may be fewer than the places."""
        alone = self._at.get(places)
        if alone is not None:
            return [Piece(block, block.first, block.last) for block in alone]
        if places.name:
            return []
        blocks = self._wide if places.count == 1 else [*self._wide, *(one for few in self._at.values() for one in few)]
        found = [
            (at, Piece(block, block.first + first, block.first + last))
            for block in blocks if block.places is not None
            for at, first, last in block.places.in_order_of(places)
        ]  # fmt: skip
        found.sort(key=lambda each: each[0])
        return [piece for _, piece in found]

    def is_free(self, piece: Piece) -> bool:
        """Whether none of the range was emptied."""
        gone = self._gone.get(piece.block.first)
        if self.left == 0:
            return False
        return not gone or without([(piece.first, piece.last)], gone) == [(piece.first, piece.last)]

    def occupied(self, places: Places) -> bool:
        """Whether any of these places holds something."""
        if self.left == 0:
            return False
        for piece in self.at(places):
            gone = self._gone.get(piece.block.first)
            if not gone or without([(piece.first, piece.last)], gone):
                return True
        return False

    def history(self, until: datetime) -> list[Piece]:
        """All ranges in which pieces may have been at a time."""
        return [Piece(block, block.first, block.last) for block in self.blocks if block.at <= until]

    def emptied_of(self, block: Block) -> Ranges:
        """The keys of a block whose places were emptied."""
        return self._gone.get(block.first, [])

    def emptied(self, block: Block, gone: Ranges) -> None:
        """Note from what was kept which places of a block were emptied before."""
        self._gone[block.first] = joined(gone)


class Known(Protocol):
    """What was recorded before."""

    def holders(self, things: set[Thing]) -> dict[Thing, Holder]:
        """Those of these things that are known."""

    def references(self, names: set[str]) -> set[str]:
        """Those of these events that are known."""

    def sources(self, thing: Thing) -> set[Thing]:
        """The things from which a thing's pieces came directly."""


class NothingKnown:
    """A ledger that begins."""

    def holders(self, things: set[Thing]) -> dict[Thing, Holder]:
        return {}

    def references(self, names: set[str]) -> set[str]:
        return set()

    def sources(self, thing: Thing) -> set[Thing]:
        return set()
