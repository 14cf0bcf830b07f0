"""What a column of the chain's tables may hold: its kind, its bounds, what it refers to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

Kind = Literal["name", "text", "list", "number", "whole", "week", "date", "flag"]
"""name: identifies, refers or is one of few words; text: free; list: texts between semicolons; week: an ISO week."""

ARROW: dict[Kind, Any] = {
    "name": pa.dictionary(pa.int32(), pa.string()),
    "text": pa.string(),
    "list": pa.string(),
    "number": pa.float64(),
    "whole": pa.int32(),
    "week": pa.date32(),
    "date": pa.date32(),
    "flag": pa.bool_(),
}
"""The type of each kind in memory. A week is the date of its Monday, so that weeks compare and subtract as dates."""

WRITTEN: dict[Kind, str] = {
    "name": "name",
    "text": "text",
    "list": "texts between semicolons",
    "number": "number",
    "whole": "whole number",
    "week": "ISO week, as 2027-W05",
    "date": "date, as 2027-02-01",
    "flag": "yes or no",
}
"""How a person writes each kind."""


@dataclass(frozen=True)
class Column:
    """One column of a table of the chain.

    unit      where a bare number travels
    meaning   in words, with the unit left out
    key       rows that agree in all key columns are the same row; an empty cell agrees with an empty cell
    required  no cell may be empty
    choices   the words that it takes; any where there are none
    refers    the table whose key it must be in
    least     the smallest value; above: a bound that is not reached itself; most: the largest
    default   what an empty cell means, as written
    example   a cell of the template's example row
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    key: bool = False
    required: bool = False
    choices: tuple[str, ...] = ()
    refers: str = ""
    least: float | None = None
    above: float | None = None
    most: float | None = None
    default: str = ""
    example: str = ""

    @property
    def type(self) -> Any:
        """Its Arrow type."""
        return ARROW[self.kind]

    @property
    def bounds(self) -> str:
        """Its bounds in words; empty without any.

        >>> Column("yield", "number", "", above=0, most=1).bounds
        'above 0, at most 1'
        """
        said = (("at least", self.least), ("above", self.above), ("at most", self.most))
        return ", ".join(f"{word} {bound:g}" for word, bound in said if bound is not None)


@dataclass(frozen=True)
class Table:
    """One table of the chain.

    caption  what a row is
    columns  in the order in which they are written
    sheet    whether the template has a sheet for it; the others come from messages alone
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    sheet: bool = True

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that tell rows apart."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def schema(self) -> Any:
        """Its Arrow schema; unit and meaning travel as metadata of the fields."""
        return pa.schema([
            pa.field(c.name, c.type, metadata={"unit": c.unit, "meaning": c.meaning}) for c in self.columns
        ])  # fmt: skip

    def column(self, name: str) -> Column:
        """A column by its name. Raises KeyError."""
        return {column.name: column for column in self.columns}[name]
