"""A database made by recorded statements is the one that Alembic makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from tests import recorded_migrations
from tests.recorded_migrations import by_alembic

from corecar.store.catalogue import Catalogue, revisions, upgrading


@pytest.fixture(params=["sqlite", "postgresql"])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Catalogue, Catalogue]]:
    """Two empty databases of one kind."""
    if request.param == "sqlite":
        urls = [f"sqlite:///{tmp_path / name}.db" for name in ("one", "other")]
    else:
        urls = [request.getfixturevalue("database_server").fresh() for _ in range(2)]
    with closing(Catalogue(urls[0])) as one, closing(Catalogue(urls[1])) as other:
        yield one, other


def plain(told: Any) -> str:
    """What SQLAlchemy tells, without places in memory."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(told))


def described(catalogue: Catalogue) -> dict[str, Any]:
    """All that a database says of itself."""
    found = inspect(catalogue.engine)
    told = {
        f"{what} of {table}": sorted(map(plain, rows)) if isinstance(rows, list) else plain(rows)
        for what in ("columns", "pk_constraint", "foreign_keys", "unique_constraints", "indexes", "check_constraints")
        for table, rows in getattr(found, f"get_multi_{what}")().items()
    }
    if catalogue.is_sqlite:
        with catalogue.reading() as session:
            told["sql"] = repr(session.execute(text("SELECT type, name, tbl_name, sql FROM sqlite_master")).all())
    return {**told, "revision": revisions.revision_of(catalogue)}


@pytest.mark.parametrize("revision", ["head", "0001"])
def test_recorded_statements_make_the_database_that_alembic_makes(
    two: tuple[Catalogue, Catalogue], revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = []

    def counted(*given: Any) -> None:
        called.append(given)
        by_alembic(*given)

    monkeypatch.setattr(recorded_migrations, "recorded", {})
    monkeypatch.setattr(recorded_migrations, "by_alembic", counted)
    for catalogue in two:
        upgrading.upgrade(catalogue, revision)
    assert len(called) == 1
    assert described(two[0]) == described(two[1])


def test_a_database_that_holds_something_is_migrated_by_alembic(
    two: tuple[Catalogue, Catalogue], monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrading.upgrade(two[0], "0001")
    monkeypatch.setattr(recorded_migrations, "recorded", {(two[0].engine.dialect.name, "head"): []})
    upgrading.upgrade(two[0])
    assert revisions.revision_of(two[0]) == revisions.newest()
