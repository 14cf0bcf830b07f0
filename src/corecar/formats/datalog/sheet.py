"""A CSV datalog cut into its parts: lines above the header, the header, rows about tests, the data."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from corecar.errors import DamagedSource
from corecar.faults import Faults, meant
from corecar.file_kinds import checked_table
from corecar.formats.datalog.mapping import Mapping
from corecar.formats.sources import Member, members

HEAD_ROWS = 300
"""Records searched for the header when the mapping gives no line."""


@dataclass(frozen=True)
class Sheet:
    """One CSV file before its cells mean anything. Lines are counted from 1, as a text editor shows them.

    content    the whole text as UTF-8, uint8
    head       line -> cells, for every line before the data
    start, end bytes of `content` that the data takes up
    """

    path: str
    member: Member
    content: Any
    delimiter: str
    head: dict[int, list[str]]
    header_line: int
    data_line: int
    start: int
    end: int

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The column headers, without surrounding blanks."""
        return tuple(cell.strip() for cell in self.head[self.header_line])

    @cached_property
    def data(self) -> memoryview:
        """The bytes of the data, without the lines before it and after it."""
        return memoryview(self.content)[self.start : self.end]

    @cached_property
    def data_lines(self) -> list[tuple[int, int]]:
        """Line and number of cells of every data record. Walks the whole file: only for telling faults."""
        found = records(self.data, self.delimiter)
        return [(self.data_line + line - 1, len(cells)) for line, cells, _ in found if cells]

    def labelled(self, label: int | str) -> list[str] | None:
        """The cells of a line before the data, by its number or by its first cell; None when there is none."""
        if isinstance(label, int):
            return self.head.get(label)
        wanted = _plain(label)
        found = (cells for line, cells in self.head.items() if line != self.header_line and _label(cells) == wanted)
        return next(found, None)

    def labels(self) -> list[str]:
        """First cells of the lines before the data, for advice."""
        firsts = (next((cell for cell in cells if cell.strip()), "") for cells in self.head.values())
        return [first for first in firsts if first]

    @cached_property
    def facts(self) -> dict[str, tuple[str, str]]:
        """Key in plain spelling -> (key, value) of the lines above the header: `Lot: A1`, `Lot=A1` or `Lot,A1`."""
        found: dict[str, tuple[str, str]] = {}
        for line, cells in self.head.items():
            if line < self.header_line:
                for key, value in _facts(cells):
                    found.setdefault(_plain(key), (key, value))
        return found

    def fact(self, key: str) -> str | None:
        """The value beside a key above the header; None when there is none."""
        return self.facts.get(_plain(key), ("", None))[1]


def open_sheet(path: str | Path, mapping: Mapping, faults: Faults) -> Sheet:
    """Find header and data of a CSV file by its mapping.

    Raises  SourceMissing, UnknownFormat for an empty file, DamagedSource for a cut compressed one, MappingError when
            there is no header or no data
    """
    member = members(path)[0]
    checked_table(member.name, member.head(), encoding=mapping.encoding)
    content = _utf8(member, mapping, faults)
    faults.settle()
    rows = list(_head(content, mapping))
    header = _find_header(rows, mapping, str(path), faults)
    faults.settle()
    place = _find_data(rows, header, mapping)
    if place is None:
        faults.add(str(path), "no data follows the header.", row=rows[header][0], advice="Check header_row.")
        faults.settle()
    data_line, start = place or (0, 0)
    head = {line: cells for line, cells, _ in rows if line < data_line and line not in mapping.skip_rows}
    end = _find_end(content, start, mapping)
    return Sheet(str(path), member, content, mapping.delimiter, head, rows[header][0], data_line, start, end)


def records(content: Any, delimiter: str) -> Iterator[tuple[int, list[str], int]]:
    """First line, cells and end [bytes] of each record; quoted cells may run over several lines."""
    taken = 0
    count = 0

    def lines() -> Iterator[str]:
        nonlocal taken, count
        view = memoryview(content)
        while taken < len(view):
            piece = bytes(view[taken : taken + 65536])
            while b"\n" not in piece and taken + len(piece) < len(view):
                piece = bytes(view[taken : taken + 4 * len(piece)])
            cut = piece.rfind(b"\n") + 1 or len(piece)
            for line in piece[:cut].splitlines(keepends=True):
                taken += len(line)
                count += 1
                yield line.decode("utf-8", "replace")

    previous = 0
    for cells in csv.reader(lines(), delimiter=delimiter):
        yield previous + 1, cells, taken
        previous = count


def _utf8(member: Member, mapping: Mapping, faults: Faults) -> Any:
    """The content as UTF-8 without a byte order mark; a UTF-8 file is not copied."""
    content = member.load()
    if member.cut:
        raise DamagedSource(member.name, f"{member.cut}.", advice="Copy the file again from its source.")
    if codecs.lookup(mapping.encoding).name in ("utf-8", "utf-8-sig", "ascii"):
        return content[3:] if bytes(content[:3]) == codecs.BOM_UTF8 else content
    try:
        return memoryview(content.tobytes().decode(mapping.encoding).removeprefix("\ufeff").encode())
    except UnicodeDecodeError as error:
        line = content[: error.start].tobytes().count(b"\n") + 1
        faults.add(member.name, f"these bytes are not {mapping.encoding}: {error.object[error.start : error.end]!r}.",
                   row=line, advice="Correct encoding under [file] in the mapping.")  # fmt: skip
        return b""


def _head(content: Any, mapping: Mapping) -> Iterator[tuple[int, list[str], int]]:
    """The first records, as many as can matter before the data."""
    last = max(mapping.header_row or 0, mapping.data_row or 0) + HEAD_ROWS
    for line, cells, end in records(content, mapping.delimiter):
        if line > last:
            return
        yield line, cells, end


def _find_header(rows: list[tuple[int, list[str], int]], mapping: Mapping, path: str, faults: Faults) -> int:
    """Place of the header in `rows`: the declared line, else the line that holds most of the mapping's columns."""
    if mapping.header_row is not None:
        at = next((at for at, row in enumerate(rows) if row[0] == mapping.header_row and row[1]), None)
        if at is None:
            faults.add(path, "the header was expected here, but the line is blank or not there.",
                       row=mapping.header_row, advice="Correct header_row.")  # fmt: skip
        return at or 0
    wanted = set(mapping.columns())
    scores = [len(wanted & {cell.strip() for cell in cells}) for _, cells, _ in rows]
    if wanted and not any(scores):
        known = [cell.strip() for _, cells, _ in rows for cell in cells if cell.strip()]
        for name in sorted(wanted):
            faults.add(path, f"no line among the first {len(rows)} holds this header.", column=name,
                       advice=meant(name, known[:2000]))  # fmt: skip
        return 0
    if not wanted:
        return next((at for at, row in enumerate(rows) if sum(1 for cell in row[1] if cell.strip()) > 1), 0)
    return scores.index(max(scores))


def _find_data(rows: list[tuple[int, list[str], int]], header: int, mapping: Mapping) -> tuple[int, int] | None:
    """Line and byte of the first data record: the first after the header that is no row about tests."""
    about = {_plain(label) for label in mapping.test_rows.values() if isinstance(label, str)}
    numbers = {label for label in mapping.test_rows.values() if isinstance(label, int)} | set(mapping.skip_rows)
    for at in range(header + 1, len(rows)):
        line, cells, _ = rows[at]
        if mapping.data_row is not None:
            if line >= mapping.data_row:
                return line, rows[at - 1][2]
        elif any(cell.strip() for cell in cells) and line not in numbers and _label(cells) not in about:
            return line, rows[at - 1][2]
    return None


def _find_end(content: Any, start: int, mapping: Mapping) -> int:
    """Where the data ends: before the first line that begins with `data_end`, else at the end of the file."""
    if mapping.data_end is None:
        return len(content)
    at = bytes(memoryview(content)[start:]).find(b"\n" + mapping.data_end.encode())
    return len(content) if at < 0 else start + at + 1


def _label(cells: list[str]) -> str:
    return _plain(next((cell for cell in cells if cell.strip()), ""))


def _plain(text: str) -> str:
    return text.strip().strip("#").rstrip(":= ").strip().casefold()


def _facts(cells: list[str]) -> Iterator[tuple[str, str]]:
    """Key and value of one line; `key: value` may stand in one cell, several of them in one line."""
    filled = [cell.strip() for cell in cells]
    for at, cell in enumerate(filled):
        key, mark, value = halves(cell)
        if mark and value:
            yield key, value
        elif at + 1 < len(filled) and cell and filled[at + 1]:
            yield cell, filled[at + 1]


def halves(cell: str) -> tuple[str, str, str]:
    """A cell split at its first `=` or `:`, whichever comes first."""
    marks = [(cell.index(mark), mark) for mark in ("=", ":", "：") if mark in cell]
    if not marks:
        return cell, "", ""
    at, mark = min(marks)
    return cell[:at].strip(), mark, cell[at + 1 :].strip()
