"""Rows of the catalogue about how a person proves to be one: passwords, sessions of a browser, tokens of programs.

Nothing here can be used by whoever reads it: passwords are kept as argon2 hashes, tokens and session names as SHA-256.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from corecar.store.catalogue.models import HASH, Base


class Login(Base):
    """How one person logs in.

    password      argon2 hash; None until the person chose one
    failures      wrong passwords in a row
    locked_until  no password is looked at before
    link_hash     SHA-256 of the one-time link by which a password may be chosen; None: there is none
    changed_at    when the password was last chosen
    """

    __tablename__ = "logins"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    password: Mapped[str | None] = mapped_column(String(200))
    failures: Mapped[int]
    locked_until: Mapped[datetime | None]
    link_hash: Mapped[str | None] = mapped_column(HASH, unique=True)
    link_until: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]


class BrowserSession(Base):
    """A person who logged in with a browser. hash: SHA-256 of what its cookie holds; until: it ends then."""

    __tablename__ = "browser_sessions"
    __table_args__ = (Index(None, "person_id"),)

    hash: Mapped[str] = mapped_column(HASH, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime]
    until: Mapped[datetime]


class Token(Base):
    """By which a program acts for a person.

    hash    SHA-256 of the token
    scopes  permissions that it holds, of those that the person's role has
    until   it ends then; None: it does not end by itself
    used_at about when it was last used; None: never
    """

    __tablename__ = "tokens"
    __table_args__ = (Index(None, "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    hash: Mapped[str] = mapped_column(HASH, unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    scopes: Mapped[list[str]]
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
