"""Tables of a chain from the sheets of a workbook, each cell as a person would write it."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from python_calamine import CalamineError, CalamineWorkbook

from corecar.chain.intake import REMARK
from corecar.chain.sheets import Sheet
from corecar.errors import DamagedSource, SourceMissing

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
GUIDE, LISTS = "Guide", "Lists"
TOLD = ("Case", "Effect", "Sums of money", "Limits of cells")
OF_OTHERS = ("With and without others", "Who benefits", "Margin by part")
"""Sheets of a case for new machines that say what came out; of what others change, where they do."""
NO_FACTS = (GUIDE, LISTS, *TOLD, *OF_OTHERS)
"""Sheets of workbooks of ours that hold nothing to take in."""


def workbook_sheets(path: Path) -> list[Sheet]:
    """The sheets of a workbook in their order; those without any cell and our own pages are left out.

    Raises  SourceMissing; DamagedSource for what is no workbook, or one under a password
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceMissing(path, f"cannot be read: {error.strerror}.", advice="Check the path.") from error
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            read = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names if name not in NO_FACTS]
            found = [_sheet(path, name, sheet.to_python(skip_empty_area=False)) for name, sheet in read]
    except CalamineError as error:
        raise DamagedSource(
            path, f"is no workbook that can be read ({error}).", advice="Save it as .xlsx without a password."
        ) from error
    return [sheet for sheet in found if sheet is not None]


def _sheet(path: Path, name: str, cells: list[list[Any]]) -> Sheet | None:
    """The rows below the first one in which something stands that is no remark."""
    first = next((at for at, row in enumerate(cells) if _is_header(row)), None)
    if first is None:
        return None
    header = [_text(value).strip() for value in cells[first]]
    below = cells[first + 1 :]
    columns = {
        word: pa.array([_text(row[place]) for row in below], pa.string())
        for place, word in enumerate(header)
        if word
    }  # fmt: skip
    counts = Counter(header)
    return Sheet(
        name, str(path), columns, np.arange(first + 2, first + 2 + len(below), dtype=np.int64),
        twice=tuple(word for word, count in counts.items() if count > 1 and word), header_row=first + 1,
    )  # fmt: skip


def _is_header(row: list[Any]) -> bool:
    texts = [_text(value).strip() for value in row]
    return any(texts) and not texts[0].startswith(REMARK)


def _text(value: Any) -> str:
    """A cell as text: numbers without a needless `.0`, days without a time of day."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)
