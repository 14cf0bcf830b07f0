"""A chain by rows, as messages are made of it: numbers of partners, what is covered, identities."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from corecar.chain.chain import Chain
from corecar.chain.rows import written
from corecar.chain.tables import TABLES
from corecar.formats.catenax.into_tables import UNITS
from corecar.plurals import plural

BETWEEN_STAGES = "messages have pieces that passed all stages, and these did not"
IN_WAFERS = "messages count in pieces, and these are wafers"
SPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""The name space of URLs (RFC 9562): identities of messages made anew follow from what they are about."""
UNIT_NAMES = {own: name for name, own in UNITS.items()}
ONE = {"parties": "party", "sites": "site", "products": "product"}
Row = dict[str, Any]
Content = dict[str, Any]


@dataclass
class Book:
    """A chain by rows, with the numbers that messages need.

    now      when the messages are made, with an offset
    covered  table and key of rows that a message says which goes out as it came
    notes    told of what could not be said in a message for want of a number
    left     rows that no message can say, counted by table and reason
    """

    chain: Chain
    now: str
    covered: set[tuple[str, tuple[str, ...]]]
    notes: list[str] = field(default_factory=list)
    left: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.parties, self.sites, self.products, self.groups = (
            {row[TABLES[name].key[0]]: row for row in self.chain[name].to_pylist()}
            for name in ("parties", "sites", "products", "groups")
        )

    def rows(self, table: str) -> list[Row]:
        """The rows of a table that no message says as it came."""
        rows = self.chain[table].to_pylist()
        if not self.covered:
            return list(rows)
        key = [(name, TABLES[table].column(name).kind) for name in TABLES[table].key]
        return [
            row for row in rows if (table, tuple(written(row[name], kind) for name, kind in key)) not in self.covered
        ]

    def sayable(self, table: str, rows: Iterable[Row], *reasons: tuple[str, Callable[[Row], bool]]) -> list[Row]:
        """The rows that a message can say. Each other one is counted under the first reason that holds for it."""
        found = []
        for row in rows:
            why = next((why for why, holds in reasons if holds(row)), None)
            if why is None:
                found.append(row)
            else:
                self.left[table, why] += 1
        return found

    def told_left(self) -> list[str]:
        """How many rows of each table are in no message, and why."""
        return [f"{plural(count, 'row')} of {table} in no message: {why}." for (table, why), count in self.left.items()]

    def number(self, table: str, name: str | None, column: str) -> str | None:
        """A number of a party, site or product; where it has none, a note says so."""
        row: Row = getattr(self, table).get(name, {})
        if row.get(column):
            return str(row[column])
        told = f"{name or f'a row that names no {ONE[table]}'} has no {column}: messages that need it were not written."
        if told not in self.notes:
            self.notes.append(told)
        return None


def rows_by(rows: Iterable[Row], *names: str) -> dict[tuple[Any, ...], list[Row]]:
    found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[tuple(row[name] for name in names)].append(row)
    return found


def without_none(content: Content) -> Content:
    return {name: value for name, value in content.items() if value is not None}


def identity_of(aspect: str, *parts: object) -> str:
    return str(uuid.uuid5(SPACE, " ".join([aspect, *map(str, parts)])))
