"""New limits from a CSV file: which tests they are for, and what is wrong in which line.

Columns: `number`, `low_limit`, `high_limit`; optionally `name` (where a number has several tests), `pin` (of a
multiple-result test), `hard_bin` and `soft_bin` (of parts that fail by this limit). Limits are in the test's unit
without prefix. An empty limit leaves that side as it is; the word `none` takes the limit away.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from corecar.errors import MappingError, SourceMissing

COLUMNS = ("number", "name", "pin", "low_limit", "high_limit", "hard_bin", "soft_bin")
NEEDED = ("number", "low_limit", "high_limit")
HIGHEST_NUMBER, HIGHEST_BIN = 0xFFFF_FFFF, 32_767


@dataclass(frozen=True)
class NewLimit:
    """New limits of a test, or of one pin of it.

    number, name  the test; an empty name stands for every test of that number
    pin           the pin of a multiple-result test; empty for all
    low, high     the limit [the test's unit]; None leaves it as it is, NaN takes it away
    hard_bin      bin of parts that fail by it; None for the usual one, likewise soft_bin
    line          where it stands in the file
    """

    number: int
    name: str
    pin: str
    low: float | None
    high: float | None
    hard_bin: int | None
    soft_bin: int | None
    line: int


def read_limits(path: str | Path) -> tuple[NewLimit, ...]:
    """The new limits that stand in a CSV file (`,`, `;` or tab between columns; UTF-8 or Latin-1).

    Raises  SourceMissing; MappingError with every line that is wrong, or where columns are missing or unknown
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise SourceMissing(path, f"cannot be read: {error.strerror}.", advice="Check the path.") from error
    return parse_limits(_decoded(raw), name=str(path))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def parse_limits(text: str, *, name: str = "limits") -> tuple[NewLimit, ...]:
    """Like `read_limits`, from text; `name` is what messages call it."""
    lines = text.splitlines()
    header = lines[0] if lines else ""
    separator = max(",;\t", key=header.count)
    reader = csv.reader(lines, delimiter=separator)
    columns = [column.strip().lower() for column in next(reader, [])]
    missing = [column for column in NEEDED if column not in columns]
    unknown = [column for column in columns if column not in COLUMNS]
    if missing or unknown:
        lacks, surplus = ", ".join(missing) or "none", ", ".join(unknown) or "none"
        raise MappingError(
            f"{name}: line 1: missing columns: {lacks}; unknown columns: {surplus}. "
            f"The columns are {', '.join(COLUMNS)}; the needed ones are {', '.join(NEEDED)}."
        )
    found, wrong = [], []
    for cells in reader:
        if any(cell.strip() for cell in cells):
            try:
                found.append(_limit(dict(zip(columns, cells, strict=False)), reader.line_num))
            except ValueError as error:
                wrong.append(f"line {reader.line_num}: {error}")
    wrong += _twice(found)
    if wrong:
        raise MappingError(f"{name}: " + "; ".join(wrong[:10]) + ". Correct these lines.")
    if not found:
        raise MappingError(f"{name}: there is no line below the header. Write one line for each test to change.")
    return tuple(found)


def _limit(cells: dict[str, str], line: int) -> NewLimit:
    number = _whole(cells, "number", HIGHEST_NUMBER)
    if number is None:
        raise ValueError("number: is empty")
    low, high = _real(cells, "low_limit"), _real(cells, "high_limit")
    if low is not None and high is not None and low > high:
        raise ValueError(f"low_limit {low:g} is above high_limit {high:g}")
    if low is None and high is None:
        raise ValueError("both limits are empty; write `none` to take a limit away")
    return NewLimit(
        number,
        cells.get("name", "").strip(),
        cells.get("pin", "").strip(),
        low,
        high,
        _whole(cells, "hard_bin", HIGHEST_BIN),
        _whole(cells, "soft_bin", HIGHEST_BIN),
        line,
    )


def _whole(cells: dict[str, str], column: str, most: int) -> int | None:
    text = cells.get(column, "").strip()
    if not text:
        return None
    if not text.isdecimal() or int(text) > most:
        raise ValueError(f"{column}: {text!r} is no whole number from 0 to {most}")
    return int(text)


def _real(cells: dict[str, str], column: str) -> float | None:
    text = cells.get(column, "").strip()
    if not text:
        return None
    if text.lower() == "none":
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{column}: {text!r} is no number; write `none` for no limit")
    return value


def _twice(limits: list[NewLimit]) -> list[str]:
    first: dict[tuple[int, str, str], int] = {}
    wrong = []
    for limit in limits:
        line = first.setdefault((limit.number, limit.name, limit.pin), limit.line)
        if line != limit.line:
            wrong.append(
                f"line {limit.line}: test {limit.number} {limit.name} {limit.pin} stands in line {line} already"
            )
    return wrong
