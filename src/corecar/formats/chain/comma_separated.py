"""One table of a chain from a CSV: any usual separator and encoding, every cell a text with its row."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from corecar.chain.intake import REMARK
from corecar.chain.sheets import Sheet
from corecar.errors import DamagedSource, SourceMissing

SEPARATORS = ",;\t"
ENCODINGS = ("utf-8-sig", "gb18030")
"""Tried in this order, where no mark says UTF-16: what Excel in China writes is GBK, which is part of the second."""


def csv_sheet(path: Path) -> Sheet:
    """The table in a CSV; the file's name says which.

    Raises  SourceMissing; DamagedSource for bytes that are no text
    """
    content = _text(path)
    header_line = next((line for line in content.splitlines() if not _says_nothing(line)), "")
    separator = max(SEPARATORS, key=header_line.count)
    header = next(csv.reader([header_line], delimiter=separator), [])
    if not header:
        return Sheet(path.stem, str(path), {}, np.zeros(0, np.int64))
    return _rows(path, content, separator, header)


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith(REMARK)


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceMissing(path, f"cannot be read: {error.strerror}.", advice="Check the path.") from error
    for encoding in ("utf-16",) if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DamagedSource(path, "its bytes are text in neither UTF-8 nor GBK.", advice="Save it as CSV in UTF-8.")


def _rows(path: Path, content: str, separator: str, header: list[str]) -> Sheet:
    ragged: list[tuple[int, int, int]] = []
    blank: list[int] = []

    def odd(row: Any) -> str:
        if not _says_nothing(row.text):
            ragged.append((row.number, row.actual_columns, row.expected_columns))
        else:
            blank.append(row.number)
        return "skip"

    names = [str(place) for place in range(len(header))]
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(content.encode()),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=1 << 24),
            parse_options=arrow_csv.ParseOptions(
                delimiter=separator, newlines_in_values=True, ignore_empty_lines=len(names) == 1,
                invalid_row_handler=odd,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )  # fmt: skip
    except pa.ArrowInvalid as error:
        raise DamagedSource(path, f"is no CSV: {error}.", advice="Save it as CSV once more.") from error
    return _below_header(path, table, header, ragged, blank)


def _below_header(
    path: Path, table: Any, header: list[str], ragged: list[tuple[int, int, int]], blank: list[int]
) -> Sheet:
    """The rows below the first one that is not empty, each with its number in the file."""
    skipped = {number for number, _, _ in ragged} | set(blank)
    numbers = np.array(
        [number for number in range(1, table.num_rows + len(skipped) + 1) if number not in skipped], np.int64
    )
    top = next((at for at, cell in enumerate(table[0]) if not _says_nothing(cell.as_py())), 0)
    counts = Counter(name.strip() for name in header)
    columns = {name.strip(): table[place].slice(top + 1).combine_chunks() for place, name in enumerate(header)}
    twice = tuple(name for name, count in counts.items() if count > 1 and name)
    first = int(numbers[top]) if len(numbers) else 1
    return Sheet(path.stem, str(path), columns, numbers[top + 1 :], tuple(ragged), twice, first)
