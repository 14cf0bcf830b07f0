"""The elements of a submission (PPAP) and what each level asks of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from corecar.errors import ArgumentError
from corecar.standards.tabled import table

ELEMENTS = {row["element"]: row["name"] for row in table("ppap_elements")}
"""The 18 elements by their key, in their order."""
ASKS = {"S": "submit", "R": "retain", "*": "on request"}
_BY_TESTS = "material-tests"
"""The element that the tests of the plan fill."""
_MADE = "warrant"
"""The element that the submission itself makes."""


def elements(
    level: int, documents: Mapping[str, Collection[str]], not_needed: Mapping[str, str], *, tests_whole: bool
) -> list[dict[str, Any]]:
    """The 18 elements, what the level asks of each, and whether it is there.

    level        1 to 5
    documents    element -> names of the documents attached to it
    not_needed   element -> why it does not apply
    tests_whole  whether every test of the plan is done
    Returns      `levels` of a row: what the levels 1 to 5 ask: S submit, R retain, * on request
    Raises       ArgumentError for a level that there is none of

    >>> [row["asks"] for row in elements(1, {}, {}, tests_whole=True)].count("submit")
    2
    """
    if level not in range(1, 6):
        raise ArgumentError(f"level={level}: a submission has the levels 1 to 5.")
    rows = []
    for row in table("ppap_elements"):
        key = row["element"]
        names = sorted(documents.get(key, ()))
        made = key == _MADE or (key == _BY_TESTS and tests_whole)
        reason = not_needed.get(key, "")
        state = "not needed" if reason else "there" if names or made else "missing"
        rows.append({
            "number": int(row["number"]), "element": key, "name": row["name"], "asks": ASKS[row[f"level_{level}"]],
            "levels": " ".join(row[f"level_{each}"] for each in range(1, 6)),
            "state": state, "documents": ", ".join(names), "why": reason, "clause": row["clause"],
        })  # fmt: skip
    return rows


def missing(rows: Collection[Mapping[str, Any]]) -> list[str]:
    """Elements that are to be submitted and are not there."""
    return [str(row["name"]) for row in rows if row["asks"] == "submit" and row["state"] == "missing"]
