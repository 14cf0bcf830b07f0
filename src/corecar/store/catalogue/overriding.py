"""Rows of the catalogue about overrides: which rejected parts of a lot are let through, and each step of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from corecar.store.catalogue.models import Base


class Override(Base):
    """Parts of a lot that one reason lets through, from the proposal on; parts and screens never change.

    parts    one entry per insertion and part: `insertion`, and `unit` as dispositions name it
    screens  the screens that it lets the parts through
    state    the last of its history
    """

    __tablename__ = "overrides"
    __table_args__ = (Index(None, "lot_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    parts: Mapped[list[dict[str, Any]]] = mapped_column(JSON(none_as_null=True))
    screens: Mapped[list[str]]
    state: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class OverrideState(Base):
    """One step in the life of an override; rows are only ever added.

    two_persons  of an approval, what the rule of two persons says of it; else empty
    by_name      who did it, as they were named
    """

    __tablename__ = "override_states"
    __table_args__ = (Index(None, "override_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    override_id: Mapped[int] = mapped_column(ForeignKey("overrides.id"))
    state: Mapped[str] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    two_persons: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
