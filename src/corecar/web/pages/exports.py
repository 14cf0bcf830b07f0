"""Rows of a page as files that people take along."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from corecar.web.answers import FORMULAS

Row = Mapping[str, Any]


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> bytes:
    """Rows as CSV that no spreadsheet takes for formulas."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([[_safe(row.get(column)) for column in columns] for row in rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_workbook(rows: Iterable[Row], columns: Sequence[str]) -> bytes:
    """Rows as a workbook; every text is a text."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, columns)
        for place, row in enumerate(rows, 1):
            sheet.write_row(place, 0, [_plain(row.get(column)) for column in columns])
    return out.getvalue()


def as_zip(folder: Path) -> bytes:
    """The files of a folder, and of those in it, as one zip."""
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(path, path.relative_to(folder))
    return out.getvalue()


def _safe(value: Any) -> Any:
    """A cell of a CSV: a text that begins as a formula does is marked as a text."""
    plain = _plain(value)
    return f"'{plain}" if isinstance(plain, str) and plain.startswith(FORMULAS) else plain


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | Mapping):
        value = str(value)
    if isinstance(value, str):
        return "".join(letter for letter in value if letter in "\t\n" or ord(letter) >= 32)
    return value
