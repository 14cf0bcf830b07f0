"""Rows of the catalogue about packaging, and about what is done to be better: assembly values, actions, their history.

Assembly values come before a lot is tested, so they name their lot and do not point to a row of `lots`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime

from corecar.store.catalogue.models import HASH, Base, Person

UNFINISHED = ("open", "not confirmed")
"""States of an action in which something is still to be done, so that its due date can pass."""


class AssemblySource(Base):
    """One file of assembly measurements, taken in once by each owner. hash: SHA-256 of its decompressed content."""

    __tablename__ = "assembly_sources"
    __table_args__ = (UniqueConstraint("owner_id", "hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(HASH)
    path: Mapped[str] = mapped_column(Text)
    mapping: Mapped[str] = mapped_column(Text)
    rows: Mapped[int]
    ingested_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class AssemblyValue(Base):
    """One measured value of a packaging step.

    row     line of its file
    value   null where the file says that there is none
    time    as the machine's clock showed it: no zone
    extra   cells of columns that the mapping does not name
    """

    __tablename__ = "assembly_values"
    __table_args__ = (Index(None, "owner_id", "lot"), Index(None, "characteristic", "step"), Index(None, "source_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("assembly_sources.id"))
    row: Mapped[int]
    step: Mapped[str] = mapped_column(String(100))
    lot: Mapped[str] = mapped_column(String(200))
    product: Mapped[str | None] = mapped_column(String(200))
    strip: Mapped[str | None] = mapped_column(String(200))
    machine: Mapped[str | None] = mapped_column(String(200))
    material_batch: Mapped[str | None] = mapped_column(String(200))
    characteristic: Mapped[str] = mapped_column(String(200))
    special: Mapped[bool]
    value: Mapped[float | None]
    unit: Mapped[str | None] = mapped_column(String(40))
    low_limit: Mapped[float | None]
    high_limit: Mapped[float | None]
    time: Mapped[datetime] = mapped_column(DateTime())
    operator: Mapped[str | None] = mapped_column(String(200))
    extra: Mapped[dict[str, Any]]
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class Action(Base):
    """What is done about a finding. Its state is the last of its history.

    measure   what is compared before and after; subject: of which test or characteristic
    expected  the change of the figure that counts as the gain, with its sign
    due       when it should be done
    """

    __tablename__ = "actions"
    __table_args__ = (Index(None, "owner_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    finding: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(40))
    responsible: Mapped[str] = mapped_column(String(100))
    measure: Mapped[str] = mapped_column(String(40))
    figure: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str | None] = mapped_column(String(300))
    product: Mapped[str | None] = mapped_column(String(200))
    expected: Mapped[float]
    due: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class ActionEvent(Base):
    """One step of an action's history; rows are only ever added. figures: what a comparison found."""

    __tablename__ = "action_events"
    __table_args__ = (Index(None, "action_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    action_id: Mapped[int] = mapped_column(ForeignKey("actions.id"))
    state: Mapped[str] = mapped_column(String(20))
    step: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    figures: Mapped[dict[str, Any] | None]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    by: Mapped[Person] = relationship(lazy="joined")
