"""What DuckDB, Arrow and the file system report, as an error that says what to do about the question."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from corecar.errors import QuestionError
from corecar.store.lake.listing import Listing

_UNREADABLE = (duckdb.IOException, duckdb.PermissionException, OSError)
"""After the check of a statement only a view touches files; one that is gone is to DuckDB a path it may not search."""

_UNREADABLE_THROUGH_ARROW = ("FileNotFoundError", "IOError: ", "AWS Error", "stream registered as")
"""How DuckDB words an error of the file system below Arrow."""

_ADVICE: tuple[tuple[type[BaseException], str], ...] = (
    (duckdb.OutOfMemoryException, "Ask of fewer runs or columns, aggregate earlier, or allow more memory."),
    (duckdb.InternalException, "This is a fault of the database engine. Write the question differently."),
    (duckdb.FatalException, "This is a fault of the database engine. Write the question differently."),
)


def explained(error: BaseException, listing: Listing, views: Collection[str]) -> QuestionError:
    """The QuestionError for an error of a third party.

    views  those that the statement reads from, in lower case: their columns are listed when a name is unknown
    """
    if told := listing.objects.out_of_reach(error):
        return QuestionError(told)
    if isinstance(error, _UNREADABLE) or any(word in str(error) for word in _UNREADABLE_THROUGH_ARROW):
        return QuestionError("a file of the lake cannot be read. Ask again; if it stays so, see which: corecar verify")
    memory = isinstance(error, duckdb.OutOfMemoryException)
    problem = "the question needs more memory than it may use." if memory else _problem(error)
    advice = next((text for kind, text in _ADVICE if isinstance(error, kind)), "")
    if isinstance(error, duckdb.BinderException) and "column" in problem.lower():
        advice = " ".join(_columns(listing, view) for view in listing.views() if view.lower() in views)
    gap = "\n" if "\n" in problem else " "
    return QuestionError(f"{problem}{gap}{advice}".strip())


def _problem(error: BaseException) -> str:
    """The message without the class in front of it, with the line of SQL it points at."""
    text = str(error).strip()
    kind, mark, rest = text.partition(" Error: ")
    text = rest if mark and "\n" not in kind and len(kind) < 30 else text
    return "\n".join(line for line in text.split("\n") if line.strip())


def _columns(listing: Listing, view: str) -> str:
    return f"{view} has the columns {', '.join(listing.columns_of(view))}."
