"""The tests of AEC-Q100 as a revision has them, and what differs between two revisions."""

from __future__ import annotations

from typing import Any

from corecar.errors import ArgumentError
from corecar.standards.tabled import UNCONFIRMED, table

Row = dict[str, str]


def revisions() -> dict[str, Row]:
    """The revisions that Corecar has rows of, by letter."""
    return {row["revision"]: row for row in table("q100_revisions")}


def rows_of(revision: str) -> dict[str, Row]:
    """The tests of a revision by their number, in the order of their groups.

    A revision builds upon another: what it has no rows of its own for is carried over from there, and says so.
    Raises  ArgumentError for a revision that there are no rows of

    >>> rows_of("H")["B1"]["grade_1"]
    '125 C 1000 h'
    """
    head = _head(revision)
    own = {row["test"]: row for row in table("q100_tests") if row["revision"] == revision}
    if not head["builds_on"]:
        return own
    before = rows_of(head["builds_on"])
    carried = {test: _carried(row, revision) for test, row in before.items() if test not in own}
    return dict(sorted({**carried, **own}.items(), key=lambda item: _order(item[0])))


def differing(first: str, second: str) -> list[dict[str, Any]]:
    """What differs between two revisions: a row for each test and column.

    >>> [(row["test"], row["what"]) for row in differing("H", "J")]
    [('C7', 'only in J')]
    """
    one, other = rows_of(first), rows_of(second)
    found: list[dict[str, Any]] = []
    for test in sorted({*one, *other}, key=_order):
        if test not in one or test not in other:
            where, row = (first, one.get(test)) if test in one else (second, other.get(test))
            assert row is not None
            found.append(_difference(test, row, f"only in {where}", "", row["name"]))
            continue
        for column in one[test]:
            if column in ("revision", "clause", "unconfirmed") or one[test][column] == other[test][column]:
                continue
            found.append(_difference(test, other[test], column, one[test][column], other[test][column]))
    return found


def changes_of(revision: str) -> tuple[Row, ...]:
    """Rows of the table of changes; those of the revision it builds upon where it has none of its own."""
    head = _head(revision)
    rows = tuple(row for row in table("q100_changes") if row["revision"] == revision)
    return rows if rows or not head["builds_on"] else changes_of(head["builds_on"])


def letters() -> dict[str, Row]:
    """What the letters in the table of changes mean."""
    return {row["letter"]: row for row in table("q100_letters")}


def _head(revision: str) -> Row:
    known = revisions()
    if revision not in known:
        raise ArgumentError(f'revision "{revision}": there are rows of AEC-Q100 Rev {", ".join(known)}.')
    return known[revision]


def _carried(row: Row, revision: str) -> Row:
    return {**row, "clause": f"{row['clause']}, carried over to Rev {revision}: {UNCONFIRMED}"}


def _difference(test: str, row: Row, what: str, before: str, now: str) -> dict[str, Any]:
    return {"test": test, "name": row["name"], "what": what, "first": before, "second": now, "clause": row["clause"],
            "to_confirm": row["unconfirmed"]}  # fmt: skip


def _order(test: str) -> tuple[str, int]:
    return test[0], int(test[1:])
