"""Rows of the catalogue about qualifications: what is qualified, its plans of tests, evidence, and who agreed.

Plans and entries are only ever added; the state of a qualification is the last of its history.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from corecar.store.catalogue.models import HASH, Base, Person


class Qualification(Base):
    """One product, or one change of it, that is qualified.

    customer     for whom; null where it is for anybody
    route        the route of the chain that its approval qualifies; null where it is about none
    valid_until  end of the approval in force; null without one
    """

    __tablename__ = "qualifications"
    __table_args__ = (Index(None, "owner_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    product: Mapped[str] = mapped_column(String(200))
    customer: Mapped[str | None] = mapped_column(String(200))
    route: Mapped[str | None] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    valid_until: Mapped[datetime | None]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class QualificationPlan(Base):
    """One plan of tests, by its version from 1; the last one counts.

    asked  product, change, details and revision it was made for; rows: `tests`, as they were planned
    """

    __tablename__ = "qualification_plans"

    qualification_id: Mapped[int] = mapped_column(ForeignKey("qualifications.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    asked: Mapped[dict[str, Any]]
    rows: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class QualificationEntry(Base):
    """One entry of the history: a step, or something about one test or element of the submission.

    version  of the plan that it counts for
    kind     step, skip, claim, result, runs, aside, element, table, booking
    subject  the test or element; null of a step
    text     the reason, or what was found, in a person's words
    facts    what a machine reads
    """

    __tablename__ = "qualification_entries"
    __table_args__ = (Index(None, "qualification_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    qualification_id: Mapped[int] = mapped_column(ForeignKey("qualifications.id"))
    version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str | None] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    by: Mapped[Person] = relationship(lazy="joined")


class QualificationFile(Base):
    """A document, whole: report, drawing, certificate. subject: the test or element that it belongs to."""

    __tablename__ = "qualification_files"
    __table_args__ = (Index(None, "qualification_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    qualification_id: Mapped[int] = mapped_column(ForeignKey("qualifications.id"))
    version: Mapped[int]
    subject: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(HASH)
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    by: Mapped[Person] = relationship(lazy="joined")


class QualificationShare(Base):
    """A party other than the owner that may see a qualification with its evidence."""

    __tablename__ = "qualification_shares"

    qualification_id: Mapped[int] = mapped_column(ForeignKey("qualifications.id"), primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
