"""A sheet as it was read: columns of texts, and which row of the file each came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Sheet:
    """One table of a workbook, folder or message before its cells are understood.

    table    its name as the file has it
    path     the file
    columns  header -> Arrow strings, shape (rows,); null or empty where the cell is
    rows     int64, shape (rows,): the row of the file as a spreadsheet counts, the header's being the first
    ragged   rows that have another number of cells than the header: row, cells found, cells expected
    twice    headers that stand in the file more than once
    """

    table: str
    path: str
    columns: dict[str, Any]
    rows: Rows
    ragged: tuple[tuple[int, int, int], ...] = ()
    twice: tuple[str, ...] = ()
    header_row: int = 1
