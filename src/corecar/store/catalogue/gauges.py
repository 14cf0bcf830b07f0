"""Rows of the catalogue about gauge studies: who measured which parts with what, and what each test's study found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from corecar.store.catalogue.models import HASH, Base, Person


class GaugeStudy(Base):
    """One study of a gauge. Its readings and figures never change; it may be retired, with the reason.

    gauge            what was studied: tester, board, instrument
    source           the file or the lots that its readings are from
    hash             SHA-256 of its readings and of how they were studied
    method, design, options  how the figures were worked out
    part_is, operator_is     what tells parts and operators apart: columns of the table or of the lots
    parts, operators         label of each reading
    """

    __tablename__ = "gauge_studies"
    __table_args__ = (Index(None, "owner_id", "hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gauge: Mapped[str] = mapped_column(String(200))
    product: Mapped[str | None] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(HASH)
    method: Mapped[str] = mapped_column(String(20))
    design: Mapped[str] = mapped_column(String(20))
    options: Mapped[dict[str, Any]]
    part_is: Mapped[str] = mapped_column(String(200))
    operator_is: Mapped[str] = mapped_column(String(200))
    parts: Mapped[list[str]] = mapped_column(deferred=True)
    operators: Mapped[list[str]] = mapped_column(deferred=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    retired_at: Mapped[datetime | None]
    retired_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    retired_reason: Mapped[str | None] = mapped_column(Text)

    by: Mapped[Person] = relationship(lazy="joined", foreign_keys=by_id)
    retired_by: Mapped[Person | None] = relationship(lazy="joined", foreign_keys=retired_by_id)


class GaugeStudyTest(Base):
    """One test of a study.

    number     its place among the tests of the study, from 1
    readings   in the order of the study's parts and operators [unit]
    low_limit, high_limit, tolerance  what the gauge was held against [unit]
    figures    all that `corecar.assess.gauge_study` answered
    """

    __tablename__ = "gauge_study_tests"

    study_id: Mapped[int] = mapped_column(ForeignKey("gauge_studies.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    test: Mapped[str] = mapped_column(Text)
    unit: Mapped[str | None] = mapped_column(String(40))
    low_limit: Mapped[float | None]
    high_limit: Mapped[float | None]
    tolerance: Mapped[float | None]
    readings: Mapped[list[float]] = mapped_column(JSON(none_as_null=True), deferred=True)
    figures: Mapped[dict[str, Any]]
