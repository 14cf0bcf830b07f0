"""Rows of one table with the place each came from, so that whatever is found later can say where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.chain.columns import Table
from corecar.chain.weeks import week_name
from corecar.errors import CellFault

Places = npt.NDArray[np.int64]
THERE = 0
"""In the place of a row's number: it was there before."""


@dataclass(frozen=True)
class Rows:
    """Rows of a table.

    table   which
    data    an Arrow table in its schema
    places  int64, shape (rows,): the row of its file as a spreadsheet counts; THERE for one that was there before
    files   int64, shape (rows,): which of `paths` it came from
    """

    table: Table
    data: Any
    places: Places
    files: Places
    paths: tuple[str, ...]

    def __len__(self) -> int:
        return int(self.data.num_rows)

    def fault(
        self, row: int, column: str, rule: str, problem: str, advice: str = "", value: str | None = None
    ) -> CellFault:
        """A fault of one of the rows, counted from 0.

        value  what stands there; None takes it from the row
        """
        came = int(self.places[row]) != THERE
        text = self.text(row, column) if value is None and column else value or ""
        there = "" if came else self.said(row)
        return CellFault(
            self.paths[self.files[row]] if came else "", self.table.name, int(self.places[row]) if came else None,
            column, text, rule, f"{there}{problem}", advice,
        )  # fmt: skip

    def said(self, row: int) -> str:
        """What names a row that was there before: `of the row that is there, route R1, `."""
        key = ", ".join(f"{name} {self.text(row, name)}" for name in self.table.key if self.text(row, name))
        return f"of the row that is there ({key}) "

    def text(self, row: int, column: str) -> str:
        """A cell as it is written; empty where it is."""
        return written(self.data[column][row].as_py(), self.table.column(column).kind)

    def of(self, kept: Any) -> Rows:
        """The rows of a mask or an array of row numbers."""
        chosen = np.flatnonzero(kept) if kept.dtype == bool else kept
        taken = self.data.take(pa.array(chosen, pa.int64()))
        return replace(self, data=taken, places=self.places[chosen], files=self.files[chosen])


def written(value: Any, kind: str) -> str:
    """A value as a person writes it.

    >>> written(date(2027, 2, 1), "week"), written(0.97, "number"), written(True, "flag"), written(None, "text")
    ('2027-W05', '0.97', 'yes', '')
    """
    if value is None:
        return ""
    if kind == "week":
        return week_name(value)
    if kind == "flag":
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def there(table: Table, data: Any) -> Rows:
    """Rows that were there before."""
    none = np.zeros(data.num_rows, np.int64)
    return Rows(table, data, none, none, ("",))


def joined(parts: Iterable[Rows]) -> Rows:
    """Rows of one table from several places, one behind the other."""
    several = list(parts)
    if len(several) == 1:
        return several[0]
    paths: list[str] = []
    files = []
    for part in several:
        files.append(part.files + len(paths))
        paths.extend(part.paths)
    data = pa.concat_tables([part.data for part in several]).unify_dictionaries()
    return Rows(
        several[0].table, data, np.concatenate([part.places for part in several]), np.concatenate(files), tuple(paths)
    )
