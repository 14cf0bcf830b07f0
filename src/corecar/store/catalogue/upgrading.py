"""Bring a catalogue to the newest revision: Alembic, driven from Python, in one transaction."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from corecar.atomic import whole_file
from corecar.errors import CatalogueError, OutputError
from corecar.store.catalogue import WRITES, Catalogue
from corecar.store.catalogue.revisions import SCRIPTS, applied, newest

LOCK = 0x0C0_2ECA2
"""Number of the PostgreSQL advisory lock under which one process at a time migrates."""


def upgrade(catalogue: Catalogue, revision: str = "head", *, kept: str | None = None) -> Path | None:
    """Bring a database to a revision in one transaction, or leave it as it is; other processes wait meanwhile.

    kept     name of a copy of a SQLite catalogue as it was, made before anything changes; None: no copy
    Returns  where the copy lies; None when none was asked for, or another process had brought it up to date before
    """
    with (
        catalogue.translated(),
        catalogue.engine.connect().execution_options(**{WRITES: True}) as connection,
        connection.begin(),
    ):
        if not catalogue.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK})
        due = applied(connection) != newest()
        copy = copy_of_sqlite(catalogue, kept) if kept and due and catalogue.is_sqlite else None
        config = _config(connection)
        try:
            command.upgrade(config, revision)
        except Exception as error:
            raise CatalogueError(
                f"{catalogue}: could not be brought up to date: {error}. Nothing was changed."
            ) from error
    return copy


def copy_of_sqlite(catalogue: Catalogue, name: str) -> Path:
    """A copy of a SQLite catalogue as it is now, beside it; its path. What copying left that broke off is removed.

    Raises  OutputError when it could not be written
    """
    place = Path(str(catalogue.url.database))
    target = place.with_name(f"{place.stem}.{name}{place.suffix}")
    for unfinished in target.parent.glob(f".{target.name}.*.part*"):
        unfinished.unlink(missing_ok=True)
    try:
        with (
            closing(sqlite3.connect(place)) as source,
            whole_file(target) as sibling,
            closing(sqlite3.connect(sibling)) as copy,
        ):
            source.backup(copy)
    except sqlite3.Error as error:
        raise OutputError(
            f"{target}: the catalogue could not be copied: {error}. Is the disk full? Free space, then repeat."
        ) from error
    return target


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config
