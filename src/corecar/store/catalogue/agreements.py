"""Rows of the catalogue about memoranda: their terms, the steps of their lives, what was said and what was delivered.

All of it is only ever added. Where a memorandum stands follows from its steps (`corecar.agree.life`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from corecar.store.catalogue.models import HASH, Base


class Agreement(Base):
    """One memorandum, from its draft on.

    number      as people name it; no other has it
    first_id    the first of its chain of amendments and renewals: itself, where it is none
    earlier_id  the one that it changes or follows; None where it is none
    made_of     `match`, `meeting`, `plan`, `file` or `earlier`, with what of it
    """

    __tablename__ = "agreements"
    __table_args__ = (Index(None, "owner_id"), Index(None, "first_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(100), unique=True)
    first_id: Mapped[int | None] = mapped_column(ForeignKey("agreements.id"))
    earlier_id: Mapped[int | None] = mapped_column(ForeignKey("agreements.id"))
    made_of: Mapped[dict[str, Any]]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class AgreementParty(Base):
    """A party of a memorandum, as its terms name it, and who that is in this workspace; None: nobody."""

    __tablename__ = "agreement_parties"
    __table_args__ = (Index(None, "account_id"),)

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    party: Mapped[str] = mapped_column(String(200), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))


class AgreementTerms(Base):
    """Terms that a memorandum had at some step: the bytes that `sha256` is of, as text."""

    __tablename__ = "agreement_terms"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(HASH, primary_key=True)
    content: Mapped[str] = mapped_column(Text)


class AgreementStep(Base):
    """One step (`corecar.agree.life.Step`); of two that would be the same number only one comes in.

    person       who took it, as they were named, for `party`
    file_sha256  the signed file that it came with
    """

    __tablename__ = "agreement_steps"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str] = mapped_column(String(20))
    party: Mapped[str] = mapped_column(String(200))
    person: Mapped[str] = mapped_column(Text)
    terms_sha256: Mapped[str] = mapped_column(HASH)
    reason: Mapped[str] = mapped_column(Text)
    until: Mapped[date | None] = mapped_column(Date)
    file_sha256: Mapped[str | None] = mapped_column(HASH)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class AgreementComment(Base):
    """What somebody of a party said to the others.

    identity  by which other systems know it
    field     what it is about; empty: the whole
    """

    __tablename__ = "agreement_comments"
    __table_args__ = (Index(None, "agreement_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreements.id"))
    identity: Mapped[str] = mapped_column(String(36), unique=True)
    party: Mapped[str] = mapped_column(String(200))
    person: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class AgreementFile(Base):
    """A signed file, in the catalogue itself: it and the step that it is of come in by one commit.

    findings  what its verification said when it came
    """

    __tablename__ = "agreement_files"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(HASH, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    findings: Mapped[list[str]]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class AgreementMove(Base):
    """What happened under a memorandum that holds, as a party told it at one time.

    kind      call-off, answer, delivery, defects
    volume    which of its volumes, from 1
    week      of delivery, such as 2027-W05
    quantity  called off, confirmed, delivered or defective, in the unit of the volume
    day       of the call-off, answer, delivery or finding
    party     that told it
    """

    __tablename__ = "agreement_moves"
    __table_args__ = (Index(None, "agreement_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreements.id"))
    kind: Mapped[str] = mapped_column(String(20))
    volume: Mapped[int]
    week: Mapped[str] = mapped_column(String(8))
    quantity: Mapped[float]
    day: Mapped[date] = mapped_column(Date)
    party: Mapped[str] = mapped_column(String(200))
    person: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class AgreementShare(Base):
    """What a party of a memorandum lets another party of the workspace see. level: standing, volumes, terms."""

    __tablename__ = "agreement_shares"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    by_party: Mapped[str] = mapped_column(String(200), primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    level: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))


class AgreementLink(Base):
    """What another system calls a memorandum, as a party told it: a data-space agreement, a capacity group.

    kind      data-space, capacity-group
    identity  as the other system has it
    """

    __tablename__ = "agreement_links"

    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreements.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    volume: Mapped[int] = mapped_column(primary_key=True)
    party: Mapped[str] = mapped_column(String(200), primary_key=True)
    identity: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class AgreementAuthority(Base):
    """An authority that a party signs by, as its own people or those who keep the workspace told it.

    certificate  in PEM; sha256: of its DER bytes
    account_id   of the party that it vouches for
    removed_at   since when it is trusted no more
    """

    __tablename__ = "agreement_authorities"
    __table_args__ = (Index(None, "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    party: Mapped[str] = mapped_column(String(200))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(HASH)
    certificate: Mapped[str] = mapped_column(Text)
    removed_at: Mapped[datetime | None]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class AgreementRevocationList(Base):
    """A list of revoked certificates (CRL) of an authority by which a party signs; the last one written counts.

    content     in DER; sha256: of it
    written_at  by the authority; expires_at: by when it wants to have written another
    """

    __tablename__ = "agreement_revocation_lists"
    __table_args__ = (Index(None, "authority_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    authority_id: Mapped[int] = mapped_column(ForeignKey("agreement_authorities.id"))
    sha256: Mapped[str] = mapped_column(HASH)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    written_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
