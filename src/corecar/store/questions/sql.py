"""SQL over the visible runs, for users who need not be trusted: it reads, and reaches nothing else."""

from __future__ import annotations

import concurrent.futures
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from corecar.errors import QuestionError
from corecar.plurals import plural
from corecar.store.lake.listing import Listing
from corecar.store.questions.explained import explained
from corecar.store.questions.sealed import Means, sealed
from corecar.store.questions.statements import checked

BATCH = 65_536
"""Rows that are fetched at a time."""

MOST_ROWS, MOST_BYTES = 1_000_000, 256 << 20
"""Of an answer: it is for a person or a program to look at, and stands in memory several times on its way."""
LOOK_S = 0.1
"""How often a waiting thread looks for Ctrl-C and the time."""

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What a question found.

    table  an Arrow table; column names are distinct
    more   rows beyond the limit, which are counted and not kept
    """

    table: Any
    more: int = 0

    @property
    def rest(self) -> str:
        """What to say below the rows: empty, or for example `1,200 more rows`."""
        return plural(self.more, "more row") if self.more else ""


@dataclass(frozen=True)
class Connection:
    """Where questions in SQL are asked. Each gets a database of its own and leaves nothing behind."""

    listing: Listing
    means: Means

    def ask(
        self, sql: str, parameters: Sequence[Any] = (), *, limit: int | None = None, timeout_s: float | None = 60.0
    ) -> Answer:
        """The answer to one SELECT (also WITH ... SELECT, VALUES, DESCRIBE, SUMMARIZE, SHOW TABLES).

        sql         reads from the listing's views by their names; `?` stands for a parameter
        parameters  values of the `?`, in order
        limit       rows to keep; None keeps all
        timeout_s   seconds after which the question is given up; None waits
        Raises      QuestionError for what is no such statement, names what is not there, fails, or takes too long
        """
        names = self.listing.views()
        with duckdb.connect(":memory:") as parser:
            try:
                statement = checked(parser, sql, names)
            except duckdb.Error as error:
                raise explained(error, self.listing, frozenset()) from error
        views = [name for name in names if name.lower() in statement.views]
        try:
            with sealed(self.listing, views, self.means, columns=statement.columns) as connection:
                return _interruptible(connection, lambda: _collected(connection, sql, parameters, limit), timeout_s)
        except (duckdb.Error, OSError, pa.ArrowException) as error:
            raise explained(error, self.listing, statement.views) from error


def open_sql(listing: Listing, *, memory_bytes: int = 2 << 30, threads: int | None = None) -> Connection:
    """A connection for questions in SQL over the visible rows.

    listing       what may be read
    memory_bytes  DuckDB's memory limit; nothing is spilt to disk
    threads       None for one per core

    >>> open_sql(listing).ask("select product, count(*) as parts from parts join runs using (run) group by all")
    ... # doctest: +SKIP
    """
    return Connection(listing, Means(memory_bytes, threads))


def ask_own(
    listing: Listing, views: Sequence[str], sql: str, parameters: Sequence[Any] = (), *, means: Means | None = None
) -> Any:
    """The rows of one of Corecar's own questions as an Arrow table; no user's text may stand in `sql`."""
    with own_questions(listing, views, means=means) as ask:
        return ask(sql, parameters)


@contextmanager
def own_questions(
    listing: Listing, views: Sequence[str], *, means: Means | None = None
) -> Iterator[Callable[[str, Sequence[Any]], Any]]:
    """A function that answers Corecar's own questions in one database: opening one costs as much as a question."""
    try:
        with sealed(listing, views, means or Means(), own=True) as connection:
            yield lambda sql, parameters: _interruptible(
                connection, lambda: _collected(connection, sql, parameters, None).table, None
            )
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        raise explained(error, listing, frozenset()) from error


def _collected(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[Any], limit: int | None) -> Answer:
    rows = connection.sql(sql, params=list(parameters)) if parameters else connection.sql(sql)
    reader = rows.to_arrow_reader(BATCH)
    kept, count, more, held = [], 0, 0, 0
    for batch in reader:
        take = batch.num_rows if limit is None else min(batch.num_rows, limit - count)
        kept.append(batch.slice(0, take))
        count, more = count + take, more + batch.num_rows - take
        held += kept[-1].nbytes
        if count > MOST_ROWS or held > MOST_BYTES:
            raise QuestionError(
                f"the answer has more than {MOST_ROWS:,} rows or {MOST_BYTES >> 20} MB. Let SQL count, group or limit, "
                "or read the lake's Parquet files themselves: corecar publish delta."
            )
    return Answer(_presentable(pa.Table.from_batches(kept, reader.schema)), more)


def _interruptible(connection: duckdb.DuckDBPyConnection, job: Callable[[], T], timeout_s: float | None) -> T:
    """Run in a second thread, since DuckDB does not look for Ctrl-C while it works; this one waits and interrupts."""
    latest = math.inf if timeout_s is None else time.monotonic() + timeout_s
    with concurrent.futures.ThreadPoolExecutor(1) as threads:
        future = threads.submit(job)
        try:
            while not concurrent.futures.wait([future], LOOK_S).done:
                if time.monotonic() > latest:
                    raise QuestionError(
                        f"the question took longer than {timeout_s:g} s and was given up. "
                        "Ask of fewer runs or rows, or allow more time."
                    )
            return future.result()
        finally:
            while not future.done():
                connection.interrupt()
                concurrent.futures.wait([future], 0.02)


def _presentable(table: Any) -> Any:
    """Distinct column names, and whole numbers as int64 where DuckDB gave 38 decimal digits."""
    table = table.rename_columns(_distinct(table.column_names))
    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type) and field.type.scale == 0:
            try:
                table = table.set_column(place, field.name, table.column(place).cast(pa.int64()))
            except pa.ArrowInvalid:
                continue
    return table


def _distinct(names: Sequence[str]) -> list[str]:
    """Names with a number behind those that were there already.

    >>> _distinct(["run", "run", "part"])
    ['run', 'run_2', 'part']
    """
    found: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in found or (number > 1 and candidate in names):
            number += 1
            candidate = f"{name}_{number}"
        found.append(candidate)
    return found
