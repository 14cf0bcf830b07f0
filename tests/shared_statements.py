"""Statements that SQLAlchemy has made into SQL for one workspace serve the next.

Each workspace has an engine of its own and made all its statements anew, which took a third of most tests. What is made
depends on the kind of database and its driver alone: all servers of the tests are of one version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql.pg8000 import PGDialect_pg8000
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

ROOM = 4000
"""Statements that are kept; all of Corecar's are fewer."""


@pytest.fixture(autouse=True, scope="session")
def shared_statements() -> Iterator[None]:
    """Let all engines of a kind keep their statements together."""
    begin, kept = Engine.__init__, LRUCache[Any, Any](ROOM)

    def with_statements(self: Engine, *given: Any, **named: Any) -> None:
        begin(self, *given, **named)
        self._compiled_cache = kept

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "__init__", with_statements)
        for dialect in (SQLiteDialect_pysqlite, PGDialect_pg8000):  # a statement is kept for its dialect
            patch.setattr(dialect, "__eq__", lambda self, other: type(self) is type(other))
            patch.setattr(dialect, "__hash__", lambda self: hash(type(self)))
        yield


__all__ = ["shared_statements"]
