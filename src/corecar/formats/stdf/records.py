"""Every record of an STDF file as tables, one a record type, without loss and with its place in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.compiled import compiled
from corecar.errors import ArgumentError, DamagedSource, UnknownFormat, UnsupportedVersion
from corecar.formats.stdf.columns import ByteArray, Columns, decode_columns, record_schema
from corecar.formats.stdf.footing import Footing, going_on, lost_footing, record_name
from corecar.formats.stdf.rows import RECORDS
from corecar.formats.stdf.texts import ASCII, LATIN1, checked_encoding
from corecar.lot import OnError
from corecar.plurals import are_left

FAR_TYPE, FAR_SUB = 0, 10
RECORDS_AT_ONCE = 1 << 20
"""Headers walked before their records are decoded; bounds the index in memory."""
BATCH_RECORDS = 1 << 16
BATCH_BYTES = 1 << 28
"""Records of one type decoded at once, and their bytes at most; bounds the working memory."""
BIG_ENDIAN = "_big_endian"
"""Column of the FAR table: the byte order of the records from this FAR on."""
DONE, FULL, AT_FAR, CUT_HEADER, CUT_BODY, LOST = range(6)


class Records(dict[str, Any]):
    """Tables by record name (`PTR`), or by number (`180.1`) where Corecar knows no such record.

    encoding  codec that the text was read with; `ascii` when it holds nothing else
    warnings  what was lost or odd, one sentence each
    """

    def __init__(self, tables: dict[str, Any], encoding: str, warnings: tuple[str, ...]) -> None:
        super().__init__(tables)
        self.encoding = encoding
        self.warnings = warnings


@dataclass(frozen=True)
class Stretch:
    """Consecutive records of one byte order: where their headers are, and their types and lengths.

    first    number in the file of the first of them
    offsets  int64, shape (records,): position of each header [bytes]
    lengths  uint16, shape (records,): bytes behind each header
    kinds    uint16, shape (records,): typ * 256 + sub
    """

    big_endian: bool
    first: int
    offsets: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.uint16]
    kinds: npt.NDArray[np.uint16]


@compiled
def walk(content: Any, start: int, big: bool, offsets: Any, lengths: Any, kinds: Any) -> tuple[int, int, int]:
    """Index records from `start` on. Returns (records, position reached, why it stopped).

    Stops at the end, when the index is full, before a FAR that is not the first record, or at a record that is cut.
    """
    at: Any = start
    size = len(content)
    for count in range(len(offsets)):
        if at == size:
            return count, at, DONE
        if at + 4 > size:
            return count, at, CUT_HEADER
        first, second = np.int64(content[at]), np.int64(content[at + 1])
        if content[at + 2] == FAR_TYPE and content[at + 3] == FAR_SUB and count > 0:
            return count, at, AT_FAR
        length = first * 256 + second if big else second * 256 + first
        if at + 4 + length > size:
            return count, at, CUT_BODY
        offsets[count] = at
        lengths[count] = length
        kinds[count] = np.int64(content[at + 2]) * 256 + np.int64(content[at + 3])
        at += 4 + length
    return len(offsets), at, FULL


def byte_order(content: ByteArray, at: int, default: bool) -> bool:
    """Whether a FAR at `at` begins big-endian records: by the bytes of its own length, not by its CPU_TYPE.

    A FAR is short, so exactly one byte of its length is zero; where that doesn't decide, `default` holds.
    """
    first, second = bool(content[at]), bool(content[at + 1])
    return default if first == second else second


def stretches(content: ByteArray, *, path: str | Path, on_error: OnError = "raise") -> Iterator[Stretch | str]:
    """The records of a file as indexed stretches, at most `RECORDS_AT_ONCE` each, and what was lost as a sentence.

    Raises  UnknownFormat where the content does not begin with a FAR, UnsupportedVersion for STDF V3,
            DamagedSource where the chain of records breaks, under on_error="raise"
    """
    if len(content) < 4 or content[2] != FAR_TYPE or content[3] != FAR_SUB:
        raise UnknownFormat(
            path,
            "this is no STDF: it does not begin with a FAR record (bytes 02 00 00 0A or 00 02 00 0A).",
            advice="Check that it is the tester's own file; CSV datalogs are read through a mapping.",
            offset=0,
        )
    at, number, reason = 0, 0, AT_FAR
    footing = Footing(big_endian=False)
    while reason != DONE:
        if reason == AT_FAR:
            footing = Footing(big_endian=byte_order(content, at, footing.big_endian))
            _check_version(content, at, path)
        offsets = np.empty(min(RECORDS_AT_ONCE, (len(content) - at) // 4 + 1), np.int64)
        lengths, kinds = np.empty(len(offsets), np.uint16), np.empty(len(offsets), np.uint16)
        count, at, reason = walk(content, at, footing.big_endian, offsets, lengths, kinds)
        held = _held(content, footing, offsets[:count], kinds[:count])
        if held < count:
            count, at, reason = held, int(offsets[held]), LOST
        yield Stretch(footing.big_endian, number, offsets[:count], lengths[:count], kinds[:count])
        number += count
        if reason in (CUT_HEADER, CUT_BODY, LOST):
            before = int(offsets[count - 1]) if count else None
            at, told = _mend(content, footing, at, before, number, reason, path, on_error)
            yield told
            reason = FULL if at < len(content) else DONE
        if reason == FULL and is_far(content, at):
            reason = AT_FAR


def _held(content: ByteArray, footing: Footing, offsets: Any, kinds: Any) -> int:
    """How many of the records stand on firm ground: up to the first of unknown type that nothing known follows."""
    rows = np.flatnonzero(footing.known[kinds] == 0)
    for row in rows:
        if footing.known[kinds[row]] == 0 and not footing.judge(content, int(offsets[row]), len(content), last=True):
            return int(row)
    return len(kinds)


def is_far(content: ByteArray, at: int) -> bool:
    """Whether the header at `at` is that of a FAR."""
    return at + 4 <= len(content) and bool(content[at + 2] == FAR_TYPE and content[at + 3] == FAR_SUB)


def _check_version(content: ByteArray, at: int, path: str | Path) -> None:
    if at + 6 <= len(content) and content[at + 5] != 4:
        raise UnsupportedVersion(
            path,
            f"this is STDF of version {content[at + 5]}; Corecar reads version 4.",
            advice="Have the tester write V4, or convert the file with the tester maker's converter.",
            offset=at,
            record="FAR",
        )


def _mend(
    content: ByteArray, footing: Footing, at: int, before: int | None, number: int, reason: int, path: str | Path,
    on_error: OnError,
) -> tuple[int, str]:  # fmt: skip
    """Where to go on behind damage at `at`, and what was lost; raises under on_error="raise"."""
    left, name, start = len(content) - at, "record header", at + 4
    problem = f"needs 4 bytes, {are_left(left)}: the file is cut short."
    if reason == CUT_BODY:
        length, code = footing.header(content, at)
        name = record_name(code)
        problem = f"needs {length} bytes, {are_left(left - 4)}: the file is cut short or REC_LEN is wrong."
    if reason == LOST:
        problem = lost_footing(footing.header(content, at)[1], before)
        start = at + 1 if before is None else before + 4
    if on_error == "raise":
        advice = f'Read it with on_error="salvage" to keep the {number:,} records before it.'
        raise DamagedSource(path, problem, advice=advice, offset=at, record=None if reason == LOST else name)
    found = footing.find(content, start, len(content))
    told = f"{name} at byte {at:_}: {problem} {going_on(at, found, len(content))}"
    return (found if found >= 0 else len(content)), f"{told} The {number:,} records before it were kept."


def read_records(
    content: ByteArray,
    *,
    path: str | Path,
    types: Iterable[str] | None = None,
    on_error: OnError = "raise",
    encoding: str | None = None,
) -> Records:
    """Every record of an STDF file, a table for each record type that occurs.

    Each table begins with `sequence` (uint64, number of the record in the file, from 0) and `offset` (uint64, position
    of its header); its other columns are described in `corecar.formats.stdf.columns`. Records that Corecar does not
    know have one column more, `raw`. The FAR table says in `_big_endian` in which byte order its records are.

    content   uint8: the decompressed file; may be a read-only mapped file
    path      its name, for messages
    types     names of the record types wanted; None for all
    on_error  `raise`, or `salvage` to keep every whole record
    encoding  codec of the text; None takes UTF-8 when all text in the file is, else Latin-1
    Raises    UnknownFormat, UnsupportedVersion, DamagedSource; ArgumentError for an argument that is not allowed
    Source    STDF Specification V4
    """
    if on_error not in ("raise", "salvage"):
        raise ArgumentError(f"on_error={on_error!r}: it is either 'raise' or 'salvage'.")
    wanted = None if types is None else _checked_types(types)
    reader = _Reader(content, path, wanted, on_error, checked_encoding(encoding))
    reader.read()
    if reader.needs_rereading():
        reader = _Reader(content, path, wanted, on_error, LATIN1)
        reader.read()
    return reader.result()


def _checked_types(types: Iterable[str]) -> frozenset[str]:
    names = frozenset([types] if isinstance(types, str) else types)
    unknown = sorted(name for name in names if name not in RECORDS and not _is_numbered(name))
    if unknown:
        raise ArgumentError(
            f"types: {', '.join(unknown)} is no STDF record. Name one of {', '.join(RECORDS)}, or a number like 180.1."
        )
    return names


def _is_numbered(name: str) -> bool:
    typ, dot, sub = name.partition(".")
    return bool(dot) and typ.isdigit() and sub.isdigit()


class _Reader:
    """One pass over a file: batches of decoded records by name, and what was met on the way."""

    def __init__(
        self,
        content: ByteArray,
        path: str | Path,
        wanted: frozenset[str] | None,
        on_error: OnError,
        encoding: str | None,
    ) -> None:
        self.content = content.view()
        self.content.flags.writeable = False
        self.path = path
        self.wanted = wanted
        self.on_error: OnError = on_error
        self.encoding = encoding
        self.batches: dict[str, list[Any]] = {}
        self.encodings: set[str] = set()
        self.warnings: list[str] = []

    def read(self) -> None:
        for found in stretches(self.content, path=self.path, on_error=self.on_error):
            if isinstance(found, str):
                self.warnings.append(found)
            else:
                self._read_stretch(found)

    def needs_rereading(self) -> bool:
        """Some batches were UTF-8, others Latin-1: one file has one codec."""
        return LATIN1 in self.encodings and len(self.encodings - {ASCII}) > 1

    def result(self) -> Records:
        met = self.encodings - {ASCII}
        encoding = met.pop() if met else ASCII
        metadata = {"encoding": encoding}
        order = {name: index for index, name in enumerate(RECORDS)}
        names = sorted(self.batches, key=lambda name: (order.get(name, len(order)), name))
        tables = {name: pa.concat_tables(self.batches[name]).replace_schema_metadata(metadata) for name in names}
        return Records(tables, encoding, tuple(self.warnings))

    def _read_stretch(self, stretch: Stretch) -> None:
        for kind in np.unique(stretch.kinds).tolist():
            name = record_name(kind)
            if self.wanted is not None and name not in self.wanted:
                continue
            rows = np.flatnonzero(stretch.kinds == kind)
            for batch in _batches(rows, stretch.lengths):
                self.batches.setdefault(name, []).append(self._read_batch(name, stretch, batch))

    def _read_batch(self, name: str, stretch: Stretch, rows: npt.NDArray[np.int64]) -> Any:
        offsets, lengths = stretch.offsets[rows], stretch.lengths[rows].astype(np.int64)
        places = [pa.array((rows + stretch.first).astype(np.uint64)), pa.array(offsets.astype(np.uint64))]
        if name not in RECORDS:
            bodies = pa.array(
                [self.content[o + 4 : o + 4 + n].tobytes() for o, n in zip(offsets, lengths, strict=True)]
            )
            return pa.table([*places, bodies.cast(pa.binary())], names=["sequence", "offset", "raw"])
        columns = decode_columns(
            self.content, offsets + 4, lengths, RECORDS[name], big_endian=stretch.big_endian, encoding=self.encoding
        )
        self.encodings.add(columns.encoding)
        self._note_broken(name, columns, offsets, lengths)
        table = pa.table([*places, *columns.table.columns], names=["sequence", "offset", *columns.table.column_names])
        if name == "FAR":
            return table.append_column(BIG_ENDIAN, pa.array([stretch.big_endian] * len(rows)))
        return table

    def _note_broken(self, name: str, columns: Columns, offsets: Any, lengths: Any) -> None:
        for row, field in zip(columns.broken.tolist(), columns.fields, strict=True):
            problem = f"{field} runs past the record's end (its length is given as {lengths[row]} bytes)."
            if self.on_error == "raise":
                advice = 'Read it with on_error="salvage" to keep what is whole of it.'
                raise DamagedSource(self.path, problem, advice=advice, offset=int(offsets[row]), record=name)
            self.warnings.append(f"{name} at byte {offsets[row]:_}: {problem} What is whole of it was kept.")


def _batches(rows: npt.NDArray[np.int64], lengths: npt.NDArray[np.uint16]) -> Iterator[npt.NDArray[np.int64]]:
    """Cut `rows` so that no piece holds more than BATCH_RECORDS records or BATCH_BYTES bytes."""
    while len(rows):
        piece = rows[:BATCH_RECORDS]
        total = np.cumsum(lengths[piece], dtype=np.int64)
        count = max(1, int(np.searchsorted(total, BATCH_BYTES, side="right")))
        yield piece[:count]
        rows = rows[count:]


def empty_records(name: str) -> Any:
    """A table of no records of a type, with the columns that `read_records` gives it."""
    places = [pa.field("sequence", pa.uint64()), pa.field("offset", pa.uint64())]
    return pa.schema([*places, *record_schema(RECORDS[name]).remove_metadata()]).empty_table()
