"""Rows of the lake's measures for a question: those of its runs and of its test, and no other table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow.compute as pc

from corecar.store.lake.listing import Listing
from corecar.store.questions.chosen_test import IDENTITY, Identity, TestKey, checked_key, matching, the_one
from corecar.store.questions.sealed import quoted
from corecar.store.questions.sql import ask_own

COLUMNS = (
    "run", "number", "name", "pin", "kind", "unit", "low_limit", "high_limit", "group", "n", "failed", "passing_n",
    "mean", "sd", "minimum", "q1", "median", "q3", "maximum", "cpk",
)  # fmt: skip
COUNTED = ("run", *IDENTITY, "n", "failed")


def measured(listing: Listing, scope: str, columns: Sequence[str] = COLUMNS) -> Any:
    """All measures of one scope (`lot`, `wafer` or `site`) of the listing's runs."""
    return _rows(listing, columns, "scope = ?", [scope])


def measured_test(listing: Listing, scope: str, key: TestKey) -> Any:
    """Measures of the one test that a key names.

    Raises  ArgumentError for a key that names nothing; QuestionError when no test or several tests fit
    """
    checked_key(key)
    rows = _likely(listing, scope, key)
    found = matching(key, identities(rows))
    if len(found) != 1:
        found = [the_one(key, identities(_rows(listing, IDENTITY, "scope = ?", ["lot"], distinct=True)))]
        rows = _likely(listing, scope, TestKey(**vars(found[0])))
    return rows.filter(is_test(rows, found[0]))


def check_test(listing: Listing, key: TestKey) -> None:
    """That some run of the listing has a test that a key may name. Raises QuestionError, listing what is near."""
    known = identities(_rows(listing, IDENTITY, "scope = ?", ["lot"], distinct=True))
    if not matching(checked_key(key), known):
        the_one(key, known)


def identities(rows: Any) -> list[Identity]:
    """The tests that rows with the columns of `IDENTITY` are of."""
    distinct = rows.select(IDENTITY).group_by([*IDENTITY]).aggregate([])
    return [
        Identity(row["number"], *(row[name] or "" for name in IDENTITY if name != "number"))
        for row in distinct.to_pylist()
    ]


def is_test(rows: Any, test: Identity) -> Any:
    """Which rows are of this test, as Arrow booleans."""
    same = pc.equal(rows["number"], test.number)
    for name in ("name", "pin", "kind"):
        same = pc.and_(same, pc.equal(pc.fill_null(rows[name], ""), getattr(test, name)))
    return same


def _likely(listing: Listing, scope: str, key: TestKey) -> Any:
    """Rows of the test's number or, without one, of exactly its name: what the files are sorted by."""
    column, value = ("number", key.number) if key.number is not None else ("name", key.name)
    return _rows(listing, COLUMNS, f"scope = ? and {column} = ?", [scope, value])


def _rows(
    listing: Listing, columns: Sequence[str], where: str, parameters: Sequence[Any], *, distinct: bool = False
) -> Any:
    names = ", ".join(quoted(name) for name in columns)
    sql = f"select {'distinct ' if distinct else ''}{names} from measures where {where}"
    return ask_own(listing, ["measures"], sql, parameters)
