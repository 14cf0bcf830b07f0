"""Edges of the catalogue as a party may follow them: through its own and what is shared with it, and one step more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from corecar.bridge.access import Actor
from corecar.store.catalogue.bulk import moment_from, rows_among
from corecar.store.catalogue.tracing import TraceShare
from corecar.trace.blocks import Edge
from corecar.trace.lines import Thing
from corecar.trace.places import Places, read_places
from corecar.trace.walk import Part

ONE_BY_ONE = 60
"""Ranges that are asked for singly; of more, the edges of their whole blocks are looked up."""
_COLUMNS = "e.from_block, e.from_first, e.from_last, e.to_block, e.to_first, e.to_last, e.flags, b.owner_id"
_ALL = {
    True: f"SELECT {_COLUMNS} FROM trace_edges e JOIN trace_blocks b ON b.first = e.to_block "
    "WHERE e.from_block IN {among}",
    False: f"SELECT {_COLUMNS} FROM trace_edges e JOIN trace_blocks b ON b.first = e.from_block "
    "WHERE e.to_block IN {among}",
}
_ONE = {
    True: text(
        f"SELECT {_COLUMNS} FROM trace_edges e JOIN trace_blocks b ON b.first = e.to_block "
        "WHERE e.from_block = :block AND e.from_first <= :last AND e.from_last >= :first"
    ),
    False: text(
        f"SELECT {_COLUMNS} FROM trace_edges e JOIN trace_blocks b ON b.first = e.from_block "
        "WHERE e.to_block = :block AND e.to_first <= :last AND e.to_last >= :first"
    ),
}
_BLOCKS = """SELECT b.first, b.last, b.places, b.quantity, b.event_id, b.owner_id, t.id, t.kind, t.name, t."left",
             t.since, e.kind, e.reference, e.at FROM trace_blocks b JOIN trace_things t ON t.id = b.thing_id
             JOIN trace_events e ON e.id = b.event_id WHERE b.first IN {among}"""


@dataclass(frozen=True, slots=True)
class SeenBlock:
    """A block of the catalogue with the thing it is in and the event that put it there.

    left, since  of the thing: pieces in it now, key of its first block since it was last empty
    """

    first: int
    last: int
    places: Places | None
    quantity: int
    event_id: int
    owner_id: int
    thing_id: int
    thing: Thing
    left: int
    since: int
    event_kind: str
    event: str
    at: datetime

    @property
    def holds(self) -> bool:
        """Whether pieces may be in it still."""
        return self.left > 0 and self.first >= self.since


class SeenEdges:
    """How a party follows edges. beyond: blocks of others at which it had to stop, with their owner's number."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self.session = session
        self.owners = visible_owners(session, actor)
        self.beyond: dict[int, int] = {}
        self._owner: dict[int, int] = {}

    def start(self, parts: Iterable[Part], owner_id: int) -> list[Part]:
        """Parts to begin at, of one owner."""
        listed = list(parts)
        self._owner.update((part.block, owner_id) for part in listed)
        return listed

    def onward(self, parts: Sequence[Part]) -> Iterable[Edge]:
        """The edges that leave parts."""
        return self._edges(parts, forward=True, bounded=True)

    def back(self, parts: Sequence[Part]) -> Iterable[Edge]:
        """The edges that lead to parts."""
        return self._edges(parts, forward=False, bounded=True)

    def whole(self, parts: Sequence[Part]) -> Iterable[Edge]:
        """The edges that lead to parts, whoever may see them: only to tell whether everything that mixed is meant."""
        return self._edges(parts, forward=False, bounded=False)

    def _edges(self, parts: Sequence[Part], *, forward: bool, bounded: bool) -> Iterable[Edge]:
        mine = [part for part in parts if not bounded or self._owner[part.block] in self.owners]
        if bounded:
            stopped = {part.block for part in parts if self._owner[part.block] not in self.owners}
            self.beyond.update((block, self._owner[block]) for block in stopped)
        if len(mine) <= ONE_BY_ONE:
            found = [row for part in mine for row in self.session.execute(_ONE[forward], part._asdict())]
        else:
            found = rows_among(self.session, _ALL[forward], dict.fromkeys(part.block for part in mine))  # type: ignore[assignment]
        for *edge, owner in found:
            made = Edge(*edge)
            self._owner.setdefault(made.to_block if forward else made.from_block, owner)
            yield made

    def blocks(self, numbers: Iterable[int]) -> dict[int, SeenBlock]:
        """Blocks by their first key."""
        found = {}
        for row in rows_among(self.session, _BLOCKS, numbers):
            first, last, places, quantity, event_id, owner, thing_id, kind, name, left, since, event_kind, event, at = (
                row
            )
            moment = moment_from(at)
            assert moment is not None
            found[first] = SeenBlock(first, last, read_places(places or ""), quantity, event_id, owner, thing_id,
                                     Thing(kind, name), left, since, event_kind, event, moment)  # fmt: skip
        return found


def visible_owners(session: Session, actor: Actor) -> set[int]:
    """Numbers of the parties whose genealogy an actor may see: the own, and those that share all of theirs."""
    shared = session.scalars(select(TraceShare.owner_id).filter_by(party_id=actor.party_id))
    return {actor.party_id, *shared}
