"""Rows of the catalogue about mail: who reads where, who gets which alerts and reports, and what was written to whom.

The text of a letter is kept until it was handed over, and then no longer. No password is ever kept.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from corecar.store.catalogue.models import HASH, Base


class MailReader(Base):
    """Where a person reads mail: address, language (`corecar.words.LANGUAGES`), time zone as IANA names it."""

    __tablename__ = "mail_readers"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(320))
    language: Mapped[str] = mapped_column(String(10))
    zone: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))


class AlertSubscription(Base):
    """A person who gets alerts of a kind (`corecar.bridge.mail.alerts.KINDS`)."""

    __tablename__ = "alert_subscriptions"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))


class ScheduledReport(Base):
    """A report that a person gets every day or week.

    weekday     0 for Monday; None: every day
    at_time     `HH:MM` on the clock of the zone
    removed_at  no more are sent since then
    """

    __tablename__ = "scheduled_reports"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    report: Mapped[str] = mapped_column(String(40))
    weekday: Mapped[int | None]
    at_time: Mapped[str] = mapped_column(String(5))
    zone: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    removed_at: Mapped[datetime | None]


class Letter(Base):
    """A mail to one person.

    occasion     what it is about, once for each person: a report and its day, or a number for alerts
    text, html   what it says; empty once it was sent
    state        `waiting`, `sent`, `failed` (tried to the end), `withdrawn` (the account was shut)
    next_at      it is tried then; claim: the token of the process that is at it, until `claim_until`
    """

    __tablename__ = "letters"
    __table_args__ = (UniqueConstraint("person_id", "occasion"), Index(None, "state"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    occasion: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    tries: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    next_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    claim: Mapped[str | None] = mapped_column(String(40))
    claim_until: Mapped[datetime | None]


class ToldAlert(Base):
    """An alert that a letter told a person. key: SHA-256 of what makes it the same alert."""

    __tablename__ = "told_alerts"
    __table_args__ = (Index(None, "letter_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    key: Mapped[str] = mapped_column(HASH, primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
