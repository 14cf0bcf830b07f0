"""Rows of the catalogue about the chain: what was imported, where each version of a table lies, who may see it.

A version of a table is one immutable Parquet file; the newest of an owner counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from corecar.store.catalogue.models import HASH, Base, Person


class ChainImport(Base):
    """One import that changed something.

    files     as they were named
    changes   `tables`: of each table that had rows how many were added, changed, removed and stayed
    left_out  rows that were left out for their faults, and said so
    """

    __tablename__ = "chain_imports"
    __table_args__ = (Index(None, "owner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    files: Mapped[list[str]]
    changes: Mapped[dict[str, Any]]
    left_out: Mapped[int]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    by: Mapped[Person] = relationship(lazy="joined")


class ChainTable(Base):
    """One version of one table of an owner. key: where its file lies; sha256: of the file's bytes."""

    __tablename__ = "chain_tables"
    __table_args__ = (UniqueConstraint("owner_id", "table", "version"), Index(None, "import_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("chain_imports.id"))
    table: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    key: Mapped[str] = mapped_column(Text, unique=True)
    bytes: Mapped[int]
    rows: Mapped[int]
    sha256: Mapped[str] = mapped_column(HASH)
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    imported: Mapped[ChainImport] = relationship(lazy="joined")


class ChainShare(Base):
    """A party other than the owner that may see a table of the chain."""

    __tablename__ = "chain_shares"

    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    table: Mapped[str] = mapped_column(String(40), primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
