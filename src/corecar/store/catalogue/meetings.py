"""Rows of the catalogue about meetings: when and where, who talks to whom at which table, and what came of it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from corecar.store.catalogue.models import Base


class Meeting(Base):
    """One meeting, from the proposal on.

    day             when it takes place
    rounds, tables  of its plan
    cancelled       why it does not take place; empty: it does
    by_name         who proposed it, as they were named
    """

    __tablename__ = "meetings"
    __table_args__ = (Index(None, "owner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    day: Mapped[date] = mapped_column(Date)
    place: Mapped[str] = mapped_column(Text)
    rounds: Mapped[int]
    tables: Mapped[int]
    cancelled: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class MeetingPair(Base):
    """A need and an offer that meet; never changed. Pairs of the same two parties share a seat.

    number             within the meeting, from 1
    round, table       its seat; None where there was no room
    needed_by, offered_by  parties as the chain's tables name them
    kind, title        of the need, as they were
    score              0 to 1 when it was proposed
    """

    __tablename__ = "meeting_pairs"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    round: Mapped[int | None]
    table: Mapped[int | None]
    need: Mapped[str] = mapped_column(Text)
    offer: Mapped[str] = mapped_column(Text)
    needed_by: Mapped[str] = mapped_column(Text)
    offered_by: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(Text)
    score: Mapped[float]


class MeetingOutcome(Base):
    """What came of a pair, as it was told at one time; rows are only ever added, the last one counts.

    outcome      agreed, going-on, declined, absent
    next_step    what is to be done; empty: nothing is
    responsible  who does it; due: until when
    """

    __tablename__ = "meeting_outcomes"
    __table_args__ = (Index(None, "meeting_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"))
    number: Mapped[int]
    outcome: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text)
    next_step: Mapped[str] = mapped_column(Text)
    responsible: Mapped[str] = mapped_column(Text)
    due: Mapped[date | None] = mapped_column(Date)
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class MeetingShare(Base):
    """A party other than the owner that may see a meeting: its plan, and what came of it."""

    __tablename__ = "meeting_shares"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meetings.id"), primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
