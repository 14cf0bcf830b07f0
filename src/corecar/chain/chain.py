"""All tables of one chain in memory, as Arrow columns in the types of `corecar.chain.tables`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from corecar.chain.identities import identities
from corecar.chain.tables import TABLES
from corecar.errors import ArgumentError
from corecar.showing import Showing


class Chain(Showing):
    """The tables of a chain, each sorted by its key, so that the same facts are the same columns.

    tables  name -> Arrow table; those that are left out are empty

    Each table is an attribute: `chain.demand`.

    >>> Chain({}).demand.num_rows
    0
    """

    drawn_by = "report.notebook:chain_html"

    def __init__(self, tables: Mapping[str, Any]) -> None:
        unknown = sorted(tables.keys() - TABLES.keys())
        if unknown:
            raise ArgumentError(f'a chain has no table "{unknown[0]}". It has: {", ".join(TABLES)}.')
        self.tables: dict[str, Any] = {
            name: tables[name] if name in tables else table.schema.empty_table() for name, table in TABLES.items()
        }

    def __getattr__(self, name: str) -> Any:
        if name not in TABLES:
            raise AttributeError(f'a chain has no table "{name}". It has: {", ".join(TABLES)}.')
        return self.tables[name]

    def __getitem__(self, name: str) -> Any:
        """A table by its name. Raises KeyError."""
        return self.tables[name]

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {rows:,}" for name, rows in self.counts.items() if rows)
        return f"<Chain {counts or 'empty'}>"

    @property
    def counts(self) -> dict[str, int]:
        """Rows of each table."""
        return {name: table.num_rows for name, table in self.tables.items()}


def in_key_order(name: str, table: Any) -> Any:
    """A table's rows sorted by its key, empty cells first."""
    if table.num_rows < 2:
        return table
    order = identities([table[column] for column in TABLES[name].key]).argsort(kind="stable")
    return table.take(pa.array(order))
