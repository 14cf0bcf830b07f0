"""One database of facts: transactions that happen whole or not at all, once, on SQLite and on PostgreSQL.

SQLite stands in WAL mode with full synchronisation, so that what was committed survives a power cut; a writing
transaction takes the write lock when it begins, so that it never fails half-way for want of it. PostgreSQL does the
same by row locks and unique keys. Work that a lost connection or a lock interrupted is done again from its start: see
`Catalogue.write`.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from weakref import WeakSet

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError as UrlError
from sqlalchemy.exc import DBAPIError, DisconnectionError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool, QueuePool

from corecar.errors import CatalogueError, DependencyMissing

T = TypeVar("T")
WAIT_S = 60.0
"""How long a transaction waits for another one's lock, or for a server that restarts."""
DRIVER = "postgresql+pg8000"
WRITES = "corecar_writes"
"""Execution option of a connection whose transaction is to write."""
OPENED = "opened"
"""What a kept connection to a file was opened with: see `_opened`."""
ANY_THREAD = {"timeout": WAIT_S, "check_same_thread": False}
"""How a file is opened: a connection that is kept serves one thread after the other."""
NONE_KEPT: dict[str, Any] = {"poolclass": NullPool}
SOME_KEPT: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 4, "max_overflow": -1}
_SERIALIZATION, _DEADLOCK = "40001", "40P01"
_SERVER_GONE = ("57P01", "57P02", "57P03", "08000", "08003", "08006", "08001", "53300")
"""PostgreSQL's codes for: shut down, crashed, starting up, connection lost, too many connections (Appendix A)."""
logging.getLogger("sqlalchemy.pool").addHandler(logging.NullHandler())
"""A connection that a restarted server broke off cannot be closed either. The pool logs that with a traceback, which
goes to stderr where nobody listens, though the work is done again and ends well. A program that logs gets it as before.
"""


class Catalogue:
    """The database behind a workspace.

    url           `sqlite:////path/corecar.db` or `postgresql://user@host/database` (driver pg8000)
    is_read_only  it lies where nobody can write, as a backup on a disk that is mounted read-only
    """

    def __init__(self, url: str | URL) -> None:
        self.url = _checked(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.is_read_only = self.is_sqlite and _settled(Path(self.url.database or ""))
        self.engine = _sqlite(self.url, read_only=self.is_read_only) if self.is_sqlite else _postgresql(self.url)
        if self.is_sqlite:
            _open_here.add(self)

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the catalogue and changes nothing.

        Raises  CatalogueError when the database cannot be reached.
        """
        with self.translated(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin() as transaction, Session(connection, expire_on_commit=False) as session:
                yield session
                session.expunge_all()
                transaction.rollback()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One writing transaction, tried once: committed when the block ends, rolled back when it raises."""
        with self.translated():
            connection = self.engine.connect().execution_options(**{WRITES: True})
            with connection, connection.begin(), Session(connection, expire_on_commit=False) as session:
                yield session
                session.flush()

    def read(self, work: Callable[[Session], T], *, wait_s: float = WAIT_S) -> T:
        """Look something up in one state of the catalogue; again when a lost connection interrupted it.

        Raises  CatalogueError when the database stays out of reach
        """
        return self._patiently(self.reading, work, wait_s)

    def write(self, work: Callable[[Session], T], *, wait_s: float = WAIT_S) -> T:
        """Do some work in one writing transaction; again from its start when a lock or a lost connection interrupted
        it.

        work    called with the session; it may be called more than once, and a commit whose answer was lost may have
                happened: so it looks first whether what it is to add is there
        wait_s  how long to go on trying [s]
        Raises  CatalogueError when the database stays out of reach or stays locked
        """
        return self._patiently(self.writing, work, wait_s)

    def _patiently(
        self, opened: Callable[[], AbstractContextManager[Session]], work: Callable[[Session], T], wait_s: float
    ) -> T:
        until = time.monotonic() + wait_s
        pause = 0.01
        while True:
            try:
                with opened() as session:
                    return work(session)
            except CatalogueError as error:
                if not error.passing or time.monotonic() > until:
                    raise
            time.sleep(pause * (0.5 + random.random()))
            pause = min(2 * pause, 1.0)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """What the database or its driver raises in the block arrives as CatalogueError."""
        try:
            yield
        except DBAPIError as error:
            raise self._ours(error) from error
        except SQLAlchemyError as error:
            raise CatalogueError(f"{self}: {error}") from error
        except self.engine.dialect.loaded_dbapi.Error as error:  # where SQLAlchemy sets or resets how it isolates
            raise self._ours(DBAPIError(None, None, error)) from error
        except ConnectionError as error:  # pg8000 lets it through where the server goes while it is being asked
            raise CatalogueError(f"{self}: the connection was lost ({error}).", passing=True) from error

    def _ours(self, error: DBAPIError) -> CatalogueError:
        """What went wrong in one sentence, and whether the same may succeed in a moment."""
        text = _sentence(error)
        passing = error.connection_invalidated or _is_passing(error, text)
        advice = (
            "Is the server running, and may this user connect?"
            if not self.is_sqlite
            else "Is the disk full, the folder writable, another program holding the file?"
        )
        return CatalogueError(f"{self}: {text} {advice}", passing=passing, conflict=_is_conflict(error, text))


_open_here: WeakSet[Catalogue] = WeakSet()
"""SQLite's catalogues of this process."""


def _close_before_a_fork() -> None:
    """SQLite counts its locks by process: a fork would believe that it holds those of the connections it inherits."""
    for catalogue in list(_open_here):
        catalogue.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_close_before_a_fork)


def sqlite_url(path: Path) -> URL:
    """The URL of a catalogue in a file."""
    return URL.create("sqlite", database=str(path))


def _checked(url: str | URL) -> URL:
    try:
        parsed = make_url(url)
    except UrlError as error:
        raise CatalogueError(
            f"{url}: this is no database URL. Expected postgresql://user@host/name, or nothing for SQLite."
        ) from error
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername=DRIVER)
    if parsed.get_backend_name() != "sqlite":
        raise CatalogueError(f"{parsed.drivername}: the catalogue is kept in SQLite or PostgreSQL.")
    return parsed


def _sqlite(url: URL, *, read_only: bool) -> Engine:
    """Connections to a file; a few of them are kept open.

    A new one reads the whole schema, and whenever the last one closes, SQLite moves its log into the database and waits
    for the disk: each took longer than most transactions. None is kept to a file that is read without a lock: what it
    remembers of the file would not change when somebody else writes there.
    """
    place = url.database or ""
    if read_only:
        quoted = quote(str(Path(place).resolve()))
        url = url.set(database=f"file:{quoted}", query={"uri": "true", "immutable": "1", "mode": "ro"})
    engine = create_engine(url, **(NONE_KEPT if read_only else SOME_KEPT), connect_args=ANY_THREAD)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # transactions begin where SQLAlchemy says, not where sqlite3 guesses
        for pragma in (
            ("foreign_keys=ON",) if read_only else ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
        ):
            connection.execute(f"PRAGMA {pragma}")
        record.info[OPENED] = _opened(place)

    @event.listens_for(engine, "checkout")
    def still_that_file(_: Any, record: Any, __: Any) -> None:
        if record.info[OPENED] != _opened(place):
            raise DisconnectionError(f"{place}: opened before this process began, or before the file was replaced.")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _opened(place: str) -> tuple[int, ...]:
    """This process and the file that lies at a place now: what a kept connection must have been opened with."""
    try:
        there = os.stat(place)
    except OSError:
        return (os.getpid(),)
    return os.getpid(), there.st_dev, there.st_ino


def _settled(database: Path) -> bool:
    """Whether a catalogue lies where nobody can write, as on a backup's disk, whole as it is: then it is read without
    SQLite's files beside it."""
    left = database.with_name(f"{database.name}-wal")
    return database.is_file() and not os.access(database.parent, os.W_OK) and not left.exists()


def _postgresql(url: URL) -> Engine:
    from corecar.store.catalogue.servers import encrypt_where_offered

    try:
        engine = create_engine(url, pool_pre_ping=True, pool_size=4)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise DependencyMissing(
            "the driver for PostgreSQL is not installed. Install it with: pip install 'corecar[postgresql]'"
        ) from error
    encrypt_where_offered(engine)
    return engine


def _sentence(error: DBAPIError) -> str:
    """The database's own words, without SQL and without the driver's wrapping."""
    cause = error.orig
    detail = cause.args[0] if cause is not None and cause.args else cause
    if isinstance(detail, dict):  # pg8000 gives the fields of PostgreSQL's error message
        detail = detail.get("M", detail)
    text = str(detail).strip()
    return text if text.endswith(".") else f"{text}."


def _code(error: DBAPIError) -> str:
    cause = error.orig
    detail = cause.args[0] if cause is not None and cause.args else None
    return str(detail.get("C", "")) if isinstance(detail, dict) else ""


def _is_passing(error: DBAPIError, text: str) -> bool:
    code = _code(error)
    if code:
        return code in (_SERIALIZATION, _DEADLOCK, *_SERVER_GONE)
    locked = "database is locked" in text or "database table is locked" in text
    lost = any(
        word in text.lower() for word in ("connection", "network error", "can't create a connection", "broken pipe")
    )
    return locked or lost or isinstance(error.orig, OSError)


def _is_conflict(error: DBAPIError, text: str) -> bool:
    """Somebody else added the same first."""
    return _code(error) == "23505" or text.startswith("UNIQUE constraint failed")
