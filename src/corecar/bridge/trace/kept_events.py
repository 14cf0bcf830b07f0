"""The genealogy in the catalogue, as the ledger needs to know it, and what a ledger adds to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from corecar.bridge.calls import Call
from corecar.store.catalogue.bulk import add_rows, moment_from, rows_among
from corecar.store.catalogue.models import Setting
from corecar.store.catalogue.tracing import (
    TraceBlock,
    TraceEdge,
    TraceEvent,
    TraceMark,
    TraceThing,
    TraceTouch,
)
from corecar.trace.blocks import PLACED, Block, Entries
from corecar.trace.holders import Holder
from corecar.trace.lines import Thing
from corecar.trace.places import read_places

COUNTERS = "trace counters"
"""The setting that holds the next key of a piece and the next numbers of events and things."""
_THINGS = """SELECT id, name, "left", taken_at, since FROM trace_things
             WHERE owner_id = :owner AND kind = :kind AND name IN {among}"""
_RECEIVED = """SELECT DISTINCT t.id, t.name, t."left", t.taken_at, t.since FROM trace_things t
               JOIN trace_blocks b ON b.thing_id = t.id JOIN trace_touches u ON u.block = b.first
               JOIN trace_events e ON e.id = u.event_id AND e.kind = 'ship'
               JOIN trace_marks m ON m.event_id = e.id JOIN trace_things p ON p.id = m.thing_id AND p.kind = 'party'
               WHERE p.name = :party AND t.owner_id <> :owner AND t.kind = :kind AND t.name IN {among}"""
_BLOCKS = """SELECT b.first, b.last, b.thing_id, b.places, b.quantity, b.event_id, e.at FROM trace_blocks b
             JOIN trace_events e ON e.id = b.event_id WHERE b.thing_id IN {among} ORDER BY b.first"""
_EMPTIED = f"""SELECT from_block, from_first, from_last FROM trace_edges
               WHERE from_block IN {{among}} AND flags >= {PLACED}"""
_SOURCES = """SELECT DISTINCT t.kind, t.name FROM trace_blocks b JOIN trace_edges e ON e.to_block = b.first
              JOIN trace_blocks s ON s.first = e.from_block JOIN trace_things t ON t.id = s.thing_id
              WHERE b.thing_id = :thing"""


@dataclass
class Counters:
    """The next key of a piece, the next numbers of events and things."""

    key: int
    event: int
    thing: int


def counters(session: Session) -> Counters:
    """What is counted on, held until the transaction ends so that nobody else counts the same."""
    row = session.get(Setting, COUNTERS, with_for_update=True)
    if row is None:
        row = Setting(name=COUNTERS, value={"key": 1, "event": 1, "thing": 1})
        session.add(row)
        session.flush()
    return Counters(**row.value)


class KeptEvents:
    """What is recorded in a workspace, as one party knows it: its own things, and those that were shipped to it."""

    def __init__(self, call: Call) -> None:
        self.session, self.actor = call.session, call.actor
        self.ids: dict[Thing, int] = {}

    def holders(self, things: set[Thing]) -> dict[Thing, Holder]:
        """Those of these things that are known, with what they hold."""
        found = self._things(things, _THINGS)
        if self._receives():
            found |= self._things(things - found.keys(), _RECEIVED)
        by_id = {self.ids[thing]: holder for thing, holder in found.items()}
        since = {number: holder.since for number, holder in by_id.items()}
        blocks = []
        for first, last, thing, places, quantity, event, at in rows_among(self.session, _BLOCKS, by_id):
            if first < since[thing]:
                continue
            holder, moment = by_id[thing], moment_from(at)
            assert moment is not None
            holder.add(Block(first, last, holder.thing, read_places(places or ""), quantity, event, moment))
            blocks.append((first, holder))
        self._empty(dict(blocks))
        return found

    def _receives(self) -> bool:
        """Whether any other party ever shipped to this one."""
        asked = select(TraceThing.id).where(
            TraceThing.kind == "party", TraceThing.name == self.actor.party, TraceThing.owner_id != self.actor.party_id
        )
        return self.session.scalar(asked.limit(1)) is not None

    def _things(self, things: Iterable[Thing], statement: str) -> dict[Thing, Holder]:
        found: dict[Thing, Holder] = {}
        by_kind: dict[str, list[str]] = {}
        for thing in things:
            by_kind.setdefault(thing.kind, []).append(thing.name)
        given = {"owner": self.actor.party_id}
        if statement is _RECEIVED:
            given["party"] = self.actor.party  # type: ignore[assignment]
        for kind, names in by_kind.items():
            rows = rows_among(self.session, statement, names, kind=kind, **given)
            for number, name, left, taken_at, since in rows:
                thing = Thing(kind, name)
                self.ids[thing] = number
                found[thing] = Holder(thing, left=left, taken_at=moment_from(taken_at), since=since)
        return found

    def _empty(self, holders: dict[int, Holder]) -> None:
        gone: dict[int, list[tuple[int, int]]] = {}
        for block, first, last in rows_among(self.session, _EMPTIED, holders):
            gone.setdefault(block, []).append((first, last))
        for holder in {id(one): one for one in holders.values()}.values():
            for block in holder.blocks:
                if block.first in gone:
                    holder.emptied(block, gone[block.first])

    def references(self, names: set[str]) -> set[str]:
        """Those of these events that are recorded."""
        asked = "SELECT reference FROM trace_events WHERE owner_id = :owner AND reference IN {among}"
        return {row[0] for row in rows_among(self.session, asked, names, owner=self.actor.party_id)}

    def sources(self, thing: Thing) -> set[Thing]:
        """The things from which a thing's pieces came directly."""
        number = self.ids.get(thing)
        if number is None:
            asked = select(TraceThing.id).filter_by(owner_id=self.actor.party_id, kind=thing.kind, name=thing.name)
            number = self.session.scalar(asked)
        if number is None:
            return set()
        return {Thing(*row) for row in self.session.execute(text(_SOURCES), {"thing": number})}

    def keep(self, entries: Entries, imported: int, next_: Counters) -> None:
        """Add what a ledger says to the catalogue."""
        owner = self.actor.party_id
        self._keep_things(entries, next_)
        first, ids = next_.event, self.ids
        tables = (
            (TraceEvent, ("id", "import_id", "reference", "kind", "at", "owner_id"),
             ((first + n, imported, name, kind, at, owner) for n, (name, at, kind) in enumerate(entries.events))),
            (TraceBlock, ("first", "last", "thing_id", "places", "quantity", "event_id", "owner_id"),
             ((b.first, b.last, ids[b.thing], None if b.places is None else str(b.places), b.quantity,
               first + b.event, owner) for b in entries.blocks)),
            (TraceEdge, ("from_block", "from_first", "from_last", "to_block", "to_first", "to_last", "flags"),
             sorted(entries.edges)),
            (TraceTouch, ("event_id", "block", "first", "last"),
             {(first + t.event, t.first): (first + t.event, t.block, t.first, t.last)
              for t in entries.touches}.values()),
            (TraceMark, ("thing_id", "at", "event_id"),
             {(ids[m.thing], entries.events[m.event][1], first + m.event) for m in entries.marks}),
        )  # fmt: skip
        for table, columns, rows in tables:
            add_rows(self.session, table.__table__, columns, rows)  # type: ignore[arg-type]
        next_.key = max((block.last for block in entries.blocks), default=next_.key - 1) + 1
        next_.event = first + len(entries.events)
        self.count_on(next_)

    def count_on(self, next_: Counters) -> None:
        """Keep what the next ones are."""
        row = self.session.get(Setting, COUNTERS)
        assert row is not None
        row.value = asdict(next_)

    def know(self, things: Iterable[Thing]) -> None:
        """Learn the ids of those of these things that are the party's own."""
        self._things([thing for thing in things if thing not in self.ids], _THINGS)

    def change(self, held: list[tuple[int, int, datetime | None, int]]) -> None:
        """Note what things hold now: id, pieces, when any were taken, since which key."""
        table = TraceThing.__table__
        rows = [dict(zip(("number", "left", "taken_at", "since"), row, strict=True)) for row in held]
        if rows:
            self.session.connection().execute(table.update().where(table.c.id == bindparam("number")), rows)  # type: ignore[attr-defined]

    def _keep_things(self, entries: Entries, next_: Counters) -> None:
        """New things, and what those that were there hold now."""
        owner = self.actor.party_id
        sides = {mark.thing for mark in entries.marks}
        self.know(sides)
        self.change([(self.ids[thing], *held) for thing, held in entries.left.items() if thing in self.ids])
        new = []
        for thing in dict.fromkeys([*(block.thing for block in entries.blocks), *sorted(sides)]):
            if thing not in self.ids:
                left, taken_at, since = entries.left.get(thing, (0, None, 0))
                self.ids[thing] = next_.thing
                new.append((next_.thing, thing.kind, thing.name, left, taken_at, since, owner))
                next_.thing += 1
        columns = ("id", "kind", "name", "left", "taken_at", "since", "owner_id")
        add_rows(self.session, TraceThing.__table__, columns, new)  # type: ignore[arg-type]
