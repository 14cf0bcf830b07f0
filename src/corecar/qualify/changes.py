"""Which tests a change of design, wafer process or packaging asks for (AEC-Q100, Table 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corecar.errors import ArgumentError
from corecar.faults import alike
from corecar.qualify.revisions import changes_of, letters, rows_of


def changes(revision: str) -> list[dict[str, Any]]:
    """The changes that a revision knows, each with its tests.

    >>> [row["tests"] for row in changes("H") if row["change"] == "die-scribe-separate"]
    ['A2 A3 A4 A5 (M)']
    """
    found: dict[str, dict[str, Any]] = {}
    for row in changes_of(revision):
        one = found.setdefault(row["change"], {"change": row["change"], "area": row["area"], "listed": []})
        one["listed"].append(row["test"] + (f" ({row['when']})" if row["when"] else ""))
        one["clause"] = row["clause"]
    return [{"change": one["change"], "area": one["area"], "tests": " ".join(one["listed"]), "clause": one["clause"]}
            for one in found.values()]  # fmt: skip


def asks_of_change(change: str, revision: str) -> dict[str, str]:
    """The tests that a change asks for: test -> letters of its conditions, empty for one without.

    Raises  ArgumentError for a change that the revision does not know

    >>> asks_of_change("package-marking", "H")
    {'C3': 'B'}
    """
    rows = changes_of(revision)
    known = dict.fromkeys(row["change"] for row in rows)
    if change not in known:
        near = alike(change, known) or f" There are: {', '.join(known)}."
        raise ArgumentError(f'no change is called "{change}".{near}')
    return {row["test"]: row["when"] for row in rows if row["change"] == change}


def condition(when: str, of_product: frozenset[str], of_change: Mapping[str, bool]) -> tuple[bool | None, str]:
    """Whether the letters of a cell hold, and what they ask.

    of_product  facts of the product: what is not among them does not hold
    of_change   details of the change that somebody told; what nobody told is open
    Returns     True, False, or None where it hangs on a detail that nobody told; the meanings in words

    >>> condition("E", frozenset(), {})
    (None, 'only where the thickness changes')
    >>> condition("H", frozenset(), {})[0]
    False
    """
    if not when:
        return True, ""
    answers: list[bool | None] = []
    for letter in when:
        row = letters()[letter]
        answers.append(row["fact"] in of_product if row["of"] == "product" else of_change.get(row["fact"]))
    meaning = "; ".join(letters()[letter]["meaning"] for letter in when)
    if False in answers:
        return False, meaning
    return (None if None in answers else True), meaning


def details() -> list[str]:
    """Details of a change that decide whether a test is asked for."""
    return [row["fact"] for row in letters().values() if row["of"] == "change"]


def name_of(test: str, revision: str) -> str:
    """The name of a test."""
    return rows_of(revision)[test]["name"]
