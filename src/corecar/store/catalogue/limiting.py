"""Rows of the catalogue about limit sets: limits of a product from their proposal on, and each step of their life."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from corecar.store.catalogue.models import HASH, Base

_IN_FORCE: dict[str, Any] = dict.fromkeys(("sqlite_where", "postgresql_where"), text("state = 'released'"))
"""One limit set at most is in force for a product, stage and temperature."""


class LimitSet(Base):
    """Limits of all tests of a product at one insertion, from their proposal on; the content never changes.

    name     what people call it; version counts the sets of its product, stage and temperature (empty: not said)
    content  the limits as `corecar static` writes them; hash is that of its bytes in UTF-8
    tests    how many have limits; origin: what they were made of; preliminary: why they are, else empty
    set_on   day of the limits
    state    the last of its history
    """

    __tablename__ = "limit_sets"
    __table_args__ = (
        UniqueConstraint("owner_id", "product", "stage", "temperature", "version"), Index(None, "state"),
        Index("ix_limit_sets_in_force", "owner_id", "product", "stage", "temperature", unique=True, **_IN_FORCE),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    product: Mapped[str] = mapped_column(String(200))
    stage: Mapped[str] = mapped_column(String(100))
    temperature: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    content: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(HASH)
    tests: Mapped[int]
    origin: Mapped[str] = mapped_column(Text)
    preliminary: Mapped[str] = mapped_column(Text)
    set_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(20))
    state_since: Mapped[datetime]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class LimitSetState(Base):
    """One step in the life of a limit set; rows are only ever added. `by_name` is who did it, as they were named."""

    __tablename__ = "limit_set_states"
    __table_args__ = (Index(None, "set_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(ForeignKey("limit_sets.id"))
    state: Mapped[str] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
