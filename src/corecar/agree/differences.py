"""What changed from terms to other terms, side by side, a row for each field.

Rows of a list are told apart by what they are of, a party, a week, a clause, so that one more in the middle is one
change and not a change of all that follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from corecar.agree.terms import Terms, terms_value

KEYS = {
    "parties": ("party",),
    "volumes": ("supplier", "customer", "product", "group", "unit"),
    "periods": ("period",),
    "bands": ("from_weeks",),
    "clauses": ("clause",),
}
"""By what rows of each list are told apart; texts by themselves."""


@dataclass(frozen=True)
class Change:
    """One field that differs: its path, and its value before and after; None where it is not there."""

    field: str
    before: Any
    after: Any


def differences(before: Terms, after: Terms) -> list[Change]:
    """Every field that differs between two terms, in the order of the fields; none where they are the same."""
    return list(_between(terms_value(before), terms_value(after), ""))


def single_fields(terms: Terms) -> list[tuple[str, Any]]:
    """Every field of terms with its value, but for those of lists that are tables of their own: parties, what is agreed
    by week, clauses; bands among them, each by its path as changes name it."""
    every = _between({}, terms_value(terms), "")
    return [
        (each.field, each.after)
        for each in every
        if each.field.partition("[")[0] not in ("form", "parties", "clauses") and not _of_volume(each.field)
    ]


def _of_volume(field: str) -> bool:
    """Whether a field is a volume's own, which tables of volumes tell; its bands are not."""
    return field.startswith("volumes[") and "].bands[" not in field


def _between(before: Any, after: Any, place: str) -> Iterator[Change]:
    if before == after and type(before) is type(after):
        return
    if before is None and isinstance(after, (dict, list)):
        before = type(after)()
    if after is None and isinstance(before, (dict, list)):
        after = type(before)()
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _fields(before, after, place)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _fields(_by_key(before, place), _by_key(after, place), place, "[{}]")
    elif before != after:
        yield Change(place, before, after)


def _fields(before: dict[str, Any], after: dict[str, Any], place: str, form: str = ".{}") -> Iterator[Change]:
    for name in (*before, *(each for each in after if each not in before)):
        inner = f"{place}{form.format(name)}".removeprefix(".")
        yield from _between(before.get(name), after.get(name), inner)


def _by_key(rows: list[Any], place: str) -> dict[str, Any]:
    """Rows by what they are of; of a list of texts each text is there or not."""
    key = KEYS.get(place.rsplit(".", 1)[-1])
    if key is None:
        return {str(row): row for row in rows}
    return {" ".join(str(row[name]) for name in key if name in row): row for row in rows}
