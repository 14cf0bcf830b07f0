"""The rows of the catalogue: who, what was ingested, where it lies, what was decided.

Facts are appended rather than changed: a lot's state is the last row of its history, a correction stands beside what
it corrects. The columns of `runs` and `lots` that say what is true now are kept with them, for speed, by the same
transaction. Every fact row names its owner party; what other parties may see of a lot stands in `lot_shares`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import DateTime, TypeDecorator

HASH = String(64)
"""A SHA-256 in hexadecimal digits."""
BigId = BigInteger().with_variant(Integer, "sqlite")
"""A row number; SQLite counts rows itself only in a column of its own integer type."""


class Utc(TypeDecorator[datetime]):
    """A moment, kept in UTC: aware in Python, without a zone in the database."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Every table, with constraint names that migrations can speak of on any database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: Utc,
        dict[str, Any]: JSON(none_as_null=True),
        list[str]: JSON(none_as_null=True),
        int: BigId,
    }


class Setting(Base):
    """What holds for the whole workspace, by name."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[dict[str, Any]]


class Party(Base):
    """A company or institute: owner of facts, or one with whom they are shared."""

    __tablename__ = "parties"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str | None] = mapped_column(String(40))


class Person(Base):
    """Somebody who acts for a party. `role` says what they may do (`corecar.bridge.access`)."""

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    full_name: Mapped[str | None] = mapped_column(String(200))
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    role: Mapped[str] = mapped_column(String(20))
    active: Mapped[bool] = mapped_column(default=True)

    party: Mapped[Party] = relationship(lazy="joined")


class Source(Base):
    """One ingested file.

    hash      SHA-256 of its decompressed content; key: where the copy lies
    encoding  codec of its texts that was named when it was taken in; null: UTF-8, else Latin-1
    """

    __tablename__ = "sources"

    hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int]
    key: Mapped[str] = mapped_column(String(200))
    stored_bytes: Mapped[int]
    compression: Mapped[str | None] = mapped_column(String(20))
    format: Mapped[str | None] = mapped_column(String(40))
    extra: Mapped[dict[str, Any]]
    encoding: Mapped[str | None] = mapped_column(Text)
    warnings: Mapped[list[str]]
    salvaged: Mapped[bool] = mapped_column(default=False)
    ingested_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    runs: Mapped[list[Run]] = relationship(back_populates="source")


class Seen(Base):
    """A path whose content is known, so that a second look need not read it: same size, same time of change."""

    __tablename__ = "seen"

    path_hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    bytes: Mapped[int]
    modified_ns: Mapped[int]
    source_hash: Mapped[str] = mapped_column(ForeignKey("sources.hash"))


class Lot(Base):
    """A production lot: one name at one customer and product of one owner. `state` is the last of its history.

    unresolved  its runs changed since retests were resolved over them, so that no `ResolvedInsertion` of it is true
    """

    __tablename__ = "lots"
    __table_args__ = (
        UniqueConstraint("owner_id", "customer", "product", "name"), Index(None, "name"), Index(None, "unresolved"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    customer: Mapped[str] = mapped_column(String(200))
    product: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(20))
    state_since: Mapped[datetime]
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    unresolved: Mapped[bool] = mapped_column(default=True)

    runs: Mapped[list[Run]] = relationship(back_populates="lot")


class Run(Base):
    """One stream of one source. The named facts are the ones in force; `read` holds what the file itself said.

    id       SHA-256 of the stream's decompressed bytes
    stream   its number within the source, from 0; first_byte and last_byte its stretch of the decompressed content
    start    as the tester's clock showed it: no zone; finish likewise
    unfiled  why it belongs to no lot yet; null when it does
    """

    __tablename__ = "runs"
    __table_args__ = (Index(None, "lot_id"), Index(None, "source_hash"), Index(None, "start"), Index(None, "product"))

    id: Mapped[str] = mapped_column(HASH, primary_key=True)
    source_hash: Mapped[str] = mapped_column(ForeignKey("sources.hash"))
    stream: Mapped[int] = mapped_column(default=0)
    first_byte: Mapped[int]
    last_byte: Mapped[int]
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"))
    unfiled: Mapped[str | None] = mapped_column(Text)
    customer: Mapped[str | None] = mapped_column(String(200))
    product: Mapped[str | None] = mapped_column(String(200))
    lot_name: Mapped[str | None] = mapped_column(String(200))
    sublot: Mapped[str | None] = mapped_column(String(200))
    stage: Mapped[str | None] = mapped_column(String(100))
    temperature: Mapped[str | None] = mapped_column(String(40))
    test_pass: Mapped[int] = mapped_column(default=1)
    test_program: Mapped[str | None] = mapped_column(String(300))
    revision: Mapped[str | None] = mapped_column(String(300))
    tester: Mapped[str | None] = mapped_column(String(300))
    start: Mapped[datetime | None] = mapped_column(DateTime())
    finish: Mapped[datetime | None] = mapped_column(DateTime())
    read: Mapped[dict[str, Any]]
    parts: Mapped[int]
    tests: Mapped[int]
    results: Mapped[int]
    wafers: Mapped[int]
    first_tested: Mapped[int]
    first_good: Mapped[int]
    final_tested: Mapped[int]
    final_good: Mapped[int]
    ingested_at: Mapped[datetime]
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    lot: Mapped[Lot | None] = relationship(back_populates="runs")
    source: Mapped[Source] = relationship(back_populates="runs")


class Correction(Base):
    """A fact of a run set right by a person, with the reason; the file is not read again."""

    __tablename__ = "corrections"
    __table_args__ = (Index(None, "run_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"))
    fact: Mapped[str] = mapped_column(String(40))
    old: Mapped[str | None] = mapped_column(Text)
    new: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class ResolvedInsertion(Base):
    """One insertion of a lot with retests resolved over all its runs, kept so that lists need no part.

    A lot of one run that is filed as its file says has none: the counts of the run are its own.

    runs      of the insertion, in the order of testing
    identity  what made two attempts one unit, `none` where nothing does
    bins      `hard` and `soft`: rows of bin, final attempts
    again     `pairs`: rows of run, the run in which units of it were tested next, how many; null without any
    """

    __tablename__ = "resolved_insertions"
    __table_args__ = (Index(None, "lot_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    runs: Mapped[list[str]]
    identity: Mapped[str] = mapped_column(String(40))
    first_tested: Mapped[int]
    first_good: Mapped[int]
    final_tested: Mapped[int]
    final_good: Mapped[int]
    bins: Mapped[dict[str, Any]]
    again: Mapped[dict[str, Any] | None]


class LotState(Base):
    """One step of a lot's history; rows are only ever added."""

    __tablename__ = "lot_states"
    __table_args__ = (Index(None, "lot_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    state: Mapped[str] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))

    by: Mapped[Person] = relationship(lazy="joined")


class LotShare(Base):
    """A party other than the owner that may see a lot."""

    __tablename__ = "lot_shares"

    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))


class Grading(Base):
    """What grading a lot at one stage and temperature found: the summary, and which runs it covered.

    job_id  the job that graded; a job grades once, however often it is begun
    """

    __tablename__ = "gradings"
    __table_args__ = (Index(None, "lot_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"))
    stage: Mapped[str | None] = mapped_column(String(100))
    temperature: Mapped[str | None] = mapped_column(String(40))
    recipe: Mapped[str] = mapped_column(String(200))
    summary: Mapped[dict[str, Any]]
    runs: Mapped[list[str]]
    hold: Mapped[list[str]]
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))


class LakeFile(Base):
    """One immutable Parquet file of one table; it counts as long as `retired_at` is null."""

    __tablename__ = "lake_files"
    __table_args__ = (Index(None, "table", "retired_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    table: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(200), unique=True)
    bytes: Mapped[int]
    rows: Mapped[int]
    sha256: Mapped[str] = mapped_column(HASH)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    spans: Mapped[list[LakeSpan]] = relationship(back_populates="file", cascade="all, delete-orphan")


class LakeSpan(Base):
    """Which rows of a lake file are of which run. Where a merged file mixes runs, first_row is null."""

    __tablename__ = "lake_spans"
    __table_args__ = (Index(None, "run_id"),)

    file_id: Mapped[int] = mapped_column(ForeignKey("lake_files.id"), primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    first_row: Mapped[int | None]
    rows: Mapped[int]

    file: Mapped[LakeFile] = relationship(back_populates="spans")


class Quarantined(Base):
    """A file that a party could not ingest, kept as it came, with the error; resolved when a later try succeeded.

    The same path may wait for several parties, each with its own error and tries.
    """

    __tablename__ = "quarantined"
    __table_args__ = (UniqueConstraint("path_hash", "owner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text)
    path_hash: Mapped[str] = mapped_column(HASH)
    key: Mapped[str | None] = mapped_column(String(200))
    bytes: Mapped[int | None]
    modified_ns: Mapped[int | None]
    problem: Mapped[str] = mapped_column(String(60))
    message: Mapped[str] = mapped_column(Text)
    tries: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class WritingSession(Base):
    """Leave to write files that are not listed yet; each bears the token in its name, and vacuum spares it."""

    __tablename__ = "writing_sessions"

    token: Mapped[str] = mapped_column(String(16), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(40))
    host: Mapped[str] = mapped_column(String(200))
    process: Mapped[int]
    opened_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Job(Base):
    """A long verb: what was asked, how far it is, how it ended. `claim` is the fencing token of the process at work."""

    __tablename__ = "jobs"
    __table_args__ = (Index(None, "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    verb: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(20))
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    what: Mapped[str] = mapped_column(Text, default="")
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    tries: Mapped[int] = mapped_column(default=0)
    claim: Mapped[str | None] = mapped_column(String(40))
    host: Mapped[str | None] = mapped_column(String(200))
    process: Mapped[int | None]
    beat_at: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))


class Audit(Base):
    """Who called which verb that writes, with what, when, and how it ended; and who was let do nothing at all.

    by_id    the person of the call, owner_id the party they act for; both null for somebody whom nobody knows
    claimed  the name that such a caller gave; null for a person of the workspace
    job_id   the job as which the call is done; the two end in one transaction
    """

    __tablename__ = "audit"
    __table_args__ = (
        UniqueConstraint("by_id", "verb", "idempotency_key"),
        Index(None, "at"),
        Index(None, "job_id"),
        CheckConstraint(
            "by_id IS NOT NULL AND owner_id IS NOT NULL AND claimed IS NULL"
            " OR by_id IS NULL AND owner_id IS NULL AND claimed IS NOT NULL",
            name="by_somebody_or_claimed",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    verb: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[dict[str, Any]]
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    outcome: Mapped[str] = mapped_column(String(20))
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    claimed: Mapped[str | None] = mapped_column(Text)
    job_id: Mapped[int | None] = mapped_column(ForeignKey("jobs.id"))
