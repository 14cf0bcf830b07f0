"""What Alembic does to an empty database is noted once and then done again: the same statements, without making them.

Most tests begin with a workspace of their own, and making its tables anew took longer than what many of them try. A
database that holds anything is migrated by Alembic itself, and so is the first empty one of each kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import alembic.command
import pytest
from alembic.config import Config
from sqlalchemy import Connection, event

Statements = list[tuple[str, Any]]
TABLES = {
    "sqlite": "SELECT count(*) FROM sqlite_master",
    "postgresql": "SELECT count(*) FROM pg_catalog.pg_class WHERE relnamespace = 'public'::regnamespace",
}
"""How many tables and indexes a database has."""

by_alembic = alembic.command.upgrade
recorded: dict[tuple[str, str], Statements] = {}
"""What a migration to a revision consists of, for each kind of database."""


def upgrade(config: Config, revision: str) -> None:
    """Bring a database to a revision, as `alembic.command.upgrade` does."""
    connection: Connection = config.attributes["connection"]
    migration = (connection.dialect.name, revision)
    if not _is_empty(connection):
        by_alembic(config, revision)
    elif migration in recorded:
        for statement, parameters in recorded[migration]:
            connection.exec_driver_sql(statement, parameters)
    else:
        with _noted(connection) as statements:
            by_alembic(config, revision)
        recorded[migration] = statements


def _is_empty(connection: Connection) -> bool:
    driver: Any = connection.connection.driver_connection
    with closing(driver.cursor()) as cursor:
        cursor.execute(TABLES[connection.dialect.name])
        return bool(cursor.fetchone()[0] == 0)


@contextmanager
def _noted(connection: Connection) -> Iterator[Statements]:
    """The statements that are executed in the block."""
    statements: Statements = []

    def note(*told: Any) -> None:
        _, _, statement, parameters, _, many = told
        assert not many
        statements.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", note)


@pytest.fixture(autouse=True, scope="session")
def recorded_migrations() -> Iterator[None]:
    """Let empty databases be migrated by what was recorded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alembic.command, "upgrade", upgrade)
        yield


@pytest.fixture
def migrations_by_alembic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Alembic migrate every database of a test."""
    monkeypatch.setattr(alembic.command, "upgrade", by_alembic)


__all__ = ["migrations_by_alembic", "recorded_migrations"]
