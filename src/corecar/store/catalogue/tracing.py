"""Rows of the catalogue about the genealogy of chips: things, what happened to them, and what became of what.

Rows are added, never changed, but for what a thing holds now, which is kept with it by the same transaction. A piece
has a whole number, its key; pieces that went into a thing together are one block (`corecar.trace.blocks`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from corecar.store.catalogue.models import HASH, Base, Party, Person

TOGETHER: dict[str, Any] = {"sqlite_with_rowid": False}
"""A table whose rows lie in the order of their key, without a second copy of it."""


class TraceImport(Base):
    """One file of events. hash: SHA-256 of its content; options: how it was read."""

    __tablename__ = "trace_imports"
    __table_args__ = (UniqueConstraint("owner_id", "hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(String(40))
    hash: Mapped[str] = mapped_column(HASH)
    events: Mapped[int]
    options: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    by: Mapped[Person] = relationship(lazy="joined")


class TraceThing(Base):
    """A thing that holds pieces, or that events used: wafer, reel, tool, material batch.

    left      pieces in it now
    taken_at  when any were last taken
    since     key of its first block since it was last empty
    """

    __tablename__ = "trace_things"
    __table_args__ = (UniqueConstraint("owner_id", "kind", "name"), Index(None, "name"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(Text)
    left: Mapped[int]
    taken_at: Mapped[datetime | None]
    since: Mapped[int]
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    owner: Mapped[Party] = relationship(lazy="joined")


class TraceEvent(Base):
    """One event. reference: its own id, as the owner's system says it."""

    __tablename__ = "trace_events"
    __table_args__ = (UniqueConstraint("owner_id", "reference"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    import_id: Mapped[int] = mapped_column(ForeignKey("trace_imports.id"))
    reference: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class TraceBlock(Base):
    """Pieces that went into a thing together, keys `first` to `last`, each at its place."""

    __tablename__ = "trace_blocks"
    __table_args__ = (Index(None, "thing_id"), Index(None, "event_id"))

    first: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
    thing_id: Mapped[int] = mapped_column(ForeignKey("trace_things.id"))
    places: Mapped[str | None] = mapped_column(String(100))
    quantity: Mapped[int]
    event_id: Mapped[int] = mapped_column(ForeignKey("trace_events.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class TraceEdge(Base):
    """Pieces of one range that became pieces of another; what `flags` say stands in `corecar.trace.blocks`."""

    __tablename__ = "trace_edges"
    __table_args__ = (Index(None, "to_block", "to_first"), TOGETHER)

    from_block: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_first: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    to_first: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_last: Mapped[int]
    to_last: Mapped[int]
    to_block: Mapped[int]
    flags: Mapped[int]


class TraceTouch(Base):
    """Pieces that an event touched where they were."""

    __tablename__ = "trace_touches"
    __table_args__ = (Index(None, "block"), TOGETHER)

    event_id: Mapped[int] = mapped_column(ForeignKey("trace_events.id"), primary_key=True)
    first: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
    block: Mapped[int]


class TraceMark(Base):
    """A side input of an event, by thing and time."""

    __tablename__ = "trace_marks"
    __table_args__ = (Index(None, "event_id"), TOGETHER)

    thing_id: Mapped[int] = mapped_column(ForeignKey("trace_things.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("trace_events.id"), primary_key=True)


class TraceShare(Base):
    """A party other than the owner that may see all of the owner's genealogy, not one step of it alone."""

    __tablename__ = "trace_shares"

    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
