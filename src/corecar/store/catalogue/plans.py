"""Rows of the catalogue about plans: what each was made of and how, where its tables lie, who may see it.

A plan never changes; a later one of the same owner is its next version.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from corecar.store.catalogue.models import HASH, Base, Person


class Plan(Base):
    """One plan. Its number is that of the row.

    inputs   `tables`: versions of the chain's tables that it was made of, each with its owner
    options  rule, horizon and whatever else it was asked for with
    figures  what it gives and costs: value, cost, bound, gap
    left_out `items`: what stands in the tables and was not used, each with its reason
    why      why it is no weekly plan; empty where it is one
    """

    __tablename__ = "plans"
    __table_args__ = (Index(None, "owner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    inputs: Mapped[dict[str, Any]]
    options: Mapped[dict[str, Any]]
    figures: Mapped[dict[str, Any]]
    left_out: Mapped[dict[str, Any]]
    why: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    by: Mapped[Person] = relationship(lazy="joined")


class PlanTable(Base):
    """One table of a plan. key: where its file lies; sha256: of the file's bytes."""

    __tablename__ = "plan_tables"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), primary_key=True)
    table: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    bytes: Mapped[int]
    rows: Mapped[int]
    sha256: Mapped[str] = mapped_column(HASH)


class PlanShare(Base):
    """A party other than the owner that may see a plan."""

    __tablename__ = "plan_shares"

    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"), primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
