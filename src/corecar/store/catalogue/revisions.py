"""The catalogue's revisions: which there are, and which one a database is of.

Every opening of a workspace asks. Alembic, which takes long to import, is left to `corecar.store.catalogue.upgrading`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from corecar.errors import WorkspaceError
from corecar.store.catalogue import Catalogue

SCRIPTS = Path(__file__).parent / "migrations"
_SCRIPT = re.compile(r"r(\d{4})_\w+\.py")


@cache
def all_revisions() -> tuple[str, ...]:
    """Every revision, the oldest first: the numbers of the scripts."""
    found = (_SCRIPT.fullmatch(path.name) for path in (SCRIPTS / "versions").iterdir())
    return tuple(sorted(match[1] for match in found if match))


def newest() -> str:
    """The revision that this Corecar works with."""
    return all_revisions()[-1]


def revision_of(catalogue: Catalogue) -> str | None:
    """The revision of a database; None for one without any table of ours."""
    with catalogue.reading() as session:
        return applied(session.connection())


def applied(connection: Connection) -> str | None:
    """The revision that Alembic noted last in a database; None where it noted none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    noted: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return noted


def check(catalogue: Catalogue) -> None:
    """Refuse a database that this Corecar cannot work with. Raises WorkspaceError that says what to do."""
    found = revision_of(catalogue)
    if found == newest():
        return
    if found is None:
        raise WorkspaceError(f"{catalogue}: this database holds no workspace. Make one with: corecar init DIR")
    if found in all_revisions():
        raise WorkspaceError(
            f"{catalogue}: the catalogue is of revision {found}, this Corecar needs {newest()}. "
            "Back it up, then bring it up to date with: corecar migrate"
        )
    raise WorkspaceError(
        f"{catalogue}: the catalogue is of revision {found}, made by a newer Corecar. Update Corecar on this machine."
    )
