"""How a caller proves to be a person: by password, by the session of a browser, by a token, by a one-time link.

Passwords are kept as argon2 hashes. Tokens and the names of sessions are 256 random bits, kept as SHA-256: a hash that
takes long would only slow down every call, since nobody guesses such a name. Every refusal says the same, so that
nobody learns which half was wrong; after `ATTEMPTS` wrong passwords the account rests for `LOCKED`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, get_args

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from corecar.bridge.access import ACCOUNTS, has_accounts, local_name
from corecar.bridge.verbs import Permission
from corecar.errors import AccessDenied, ArgumentError, DependencyMissing
from corecar.store.catalogue import Catalogue
from corecar.store.catalogue.credentials import BrowserSession, Login, Token
from corecar.store.catalogue.models import Person, Setting

if TYPE_CHECKING:
    from pwdlib import PasswordHash

ATTEMPTS = 5
LOCKED = timedelta(minutes=15)
LINK_LASTS = timedelta(days=2)
SESSION_LASTS = timedelta(hours=12)
SHORTEST = 12
"""Letters of a password at least: length is what counts (NIST SP 800-63B, 5.1.1)."""
LONGEST = 200
USED_EVERY = timedelta(minutes=10)
"""How exactly it is kept when a token was last used: a call that looks should seldom write."""
TOKEN_BEGINS = "corecar_"
REFUSED = "name and password do not fit, or the account rests after too many wrong ones. Try again later, or ask an "
REFUSED += "administrator for a new link: corecar people link"


@dataclass(frozen=True)
class Proven:
    """Who a caller proved to be. scopes: permissions that the proof holds; None for all that the person has."""

    person: str
    scopes: frozenset[Permission] | None = None


def new_secret(begins: str = "") -> str:
    """256 random bits, in letters that fit into an address."""
    return begins + secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is kept of a token, a link or the name of a session: 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def password_login(catalogue: Catalogue, name: str, password: str, now: datetime | None = None) -> str:
    """Begin a session of a browser; what its cookie is to hold.

    Raises  AccessDenied, with the same words whatever is wrong
    """
    at = now or datetime.now(UTC)

    def attempt(session: Session) -> tuple[str | None, int] | None:
        found = session.execute(
            select(Login, Person.active).join(Person, Person.id == Login.person_id).where(Person.name == name)
        ).one_or_none()
        login, active = (None, False) if found is None else (found[0], bool(found[1]))
        rests = login is not None and login.locked_until is not None and login.locked_until > at
        if login is None or rests or not active or login.password is None:
            return None
        return login.password, login.person_id

    with catalogue.reading() as session:
        known = attempt(session)
    fits = _verified(password, None if known is None else known[0])
    if known is None:
        raise AccessDenied(REFUSED)
    secret = new_secret()

    def conclude(session: Session) -> bool:
        login = session.get_one(Login, known[1], with_for_update=True)
        if login.locked_until is not None and login.locked_until > at:
            return False
        if not fits:
            login.failures += 1
            if login.failures >= ATTEMPTS:
                login.failures, login.locked_until = 0, at + LOCKED
            return False
        login.failures, login.locked_until = 0, None
        session.execute(delete(BrowserSession).where(BrowserSession.until < at))
        session.merge(BrowserSession(hash=hash_of(secret), person_id=known[1], at=at, until=at + SESSION_LASTS))
        return True

    if not catalogue.write(conclude):
        raise AccessDenied(REFUSED)
    return secret


def session_person(catalogue: Catalogue, secret: str, now: datetime | None = None) -> Proven | None:
    """Whose session of a browser this is; None for one that ended, or never was."""
    at = now or datetime.now(UTC)
    with catalogue.reading() as session:
        asked = (
            select(Person.name)
            .join(BrowserSession, BrowserSession.person_id == Person.id)
            .where(BrowserSession.hash == hash_of(secret), BrowserSession.until > at, Person.active)
        )
        name = session.scalar(asked)
    return None if name is None else Proven(name)


def log_out(catalogue: Catalogue, secret: str) -> None:
    """End a session of a browser."""
    catalogue.write(
        lambda session: session.execute(delete(BrowserSession).where(BrowserSession.hash == hash_of(secret)))
    )


def token_person(catalogue: Catalogue, secret: str, now: datetime | None = None) -> Proven | None:
    """For whom a token acts, and what it may; None for one that is unknown, has ended or was revoked."""
    at = now or datetime.now(UTC)
    with catalogue.reading() as session:
        found = session.execute(
            select(Token, Person.name)
            .join(Person, Person.id == Token.person_id)
            .where(Token.hash == hash_of(secret), Token.revoked_at.is_(None), Person.active)
        ).one_or_none()
    if found is None:
        return None
    token, name = found
    if token.until is not None and token.until <= at:
        return None
    if token.used_at is None or at - token.used_at > USED_EVERY:
        catalogue.write(lambda session: setattr(session.get_one(Token, token.id), "used_at", at))
    held = frozenset(scope for scope in get_args(Permission) if scope in token.scopes)
    return Proven(name, held)


def make_link(session: Session, person: Person, now: datetime) -> str:
    """A one-time link's secret, by which a person chooses a password; what was chosen before holds until then."""
    secret = new_secret()
    login = session.get(Login, person.id)
    if login is None:
        login = Login(person_id=person.id, failures=0)
        session.add(login)
    login.link_hash, login.link_until = hash_of(secret), now + LINK_LASTS
    return secret


def first_link(catalogue: Catalogue) -> tuple[str, str] | None:
    """Who is to choose a password first, and the secret of the link; None where an administrator can log in.

    A server believes nobody, so the workspace has accounts from its first start on.
    """

    def look(session: Session) -> tuple[str, str] | None:
        chosen = select(Login.person_id).where(Login.password.is_not(None))
        administrators = select(Person).where(Person.role == "administrator", Person.active).order_by(Person.id)
        if session.scalars(administrators.where(Person.id.in_(chosen))).first() is not None:
            return None
        named = session.scalars(administrators.where(Person.name == local_name())).first()
        person = named or session.scalars(administrators).first()
        if person is None:
            return None
        if not has_accounts(session):
            session.get_one(Setting, ACCOUNTS).value = {"on": True}
        return person.name, make_link(session, person, datetime.now(UTC))

    return catalogue.write(look)


def person_of_link(catalogue: Catalogue, secret: str, now: datetime | None = None) -> str | None:
    """Whose one-time link this is; None for one that was used, has ended or never was."""
    at = now or datetime.now(UTC)
    with catalogue.reading() as session:
        return session.scalar(
            select(Person.name)
            .join(Login, Login.person_id == Person.id)
            .where(Login.link_hash == hash_of(secret), Login.link_until > at, Person.active)
        )


def choose_password(catalogue: Catalogue, secret: str, password: str, now: datetime | None = None) -> str:
    """Choose a password by a one-time link, which is used up by it; the person's name. All sessions of before end.

    Raises  ArgumentError for a password that is too short or too long; AccessDenied for a link that does not hold
    """
    at = now or datetime.now(UTC)
    if not SHORTEST <= len(password) <= LONGEST:
        raise ArgumentError(f"a password has {SHORTEST} to {LONGEST} letters; several words are easy to keep in mind.")
    hashed = hasher().hash(password)

    def choose(session: Session) -> str | None:
        login = session.scalar(
            select(Login).where(Login.link_hash == hash_of(secret), Login.link_until > at).with_for_update()
        )
        person = None if login is None else session.get_one(Person, login.person_id)
        if login is None or person is None or not person.active:
            return None
        if password.casefold() == person.name.casefold():
            raise ArgumentError("a password is not the name. Choose another.")
        login.password, login.changed_at = hashed, at
        login.link_hash = login.link_until = login.locked_until = None
        login.failures = 0
        session.execute(delete(BrowserSession).where(BrowserSession.person_id == person.id))
        return person.name

    name = catalogue.write(choose)
    if name is None:
        raise AccessDenied("this link was used, or has ended. Ask an administrator for a new one: corecar people link")
    return name


@cache
def hasher() -> PasswordHash:
    """Argon2id with its recommended cost (RFC 9106). Raises DependencyMissing."""
    try:
        from pwdlib import PasswordHash
    except ModuleNotFoundError as error:
        raise DependencyMissing('passwords need a package more. Install it with: pip install "corecar[web]"') from error
    return PasswordHash.recommended()


@cache
def _nobodys() -> str:
    return hasher().hash(secrets.token_urlsafe(16))


def _verified(password: str, hashed: str | None) -> bool:
    """Whether a password fits; as slow for an account that is not there, so that the time tells nothing."""
    fits = hasher().verify(password[:LONGEST], hashed or _nobodys())
    return fits and hashed is not None
