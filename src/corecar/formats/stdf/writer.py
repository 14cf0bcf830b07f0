"""Whole tables of records as an STDF file; what `read_records` gave comes back byte for byte.

Fields are written a column at a time by compiled loops. Records of the few types that have several layouts or typed
values, and records with a missing array in their middle, go through `encode_record` one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import ArgumentError
from corecar.formats.stdf import place
from corecar.formats.stdf.amend import freed_of_raw
from corecar.formats.stdf.codes import BITS, BYTES, CHARACTERS, NIBBLE, NUMBER, TEXT, VARIANT
from corecar.formats.stdf.columns import EXTRA, RAW, ByteArray, Positions, column_type
from corecar.formats.stdf.encode import LONGEST_BODY, encode_record
from corecar.formats.stdf.records import BIG_ENDIAN
from corecar.formats.stdf.rows import RECORDS, Field, RecordType
from corecar.formats.stdf.texts import ASCII, LATIN1, UTF8
from corecar.lot import BoolArray

BATCH = 1 << 16
BIG_ENDIAN_CPU, LITTLE_ENDIAN_CPU = 1, 2


@dataclass(frozen=True)
class _Piece:
    """Records that are bytes already: record r is data[starts[r]:starts[r + 1]] and stands at sequence[r]."""

    sequence: Positions
    data: ByteArray
    starts: Positions


def write_records(tables: Mapping[str, Any], *, big_endian: bool | None = None, encoding: str | None = None) -> bytes:
    """An STDF file from tables of its records, in the order of their `sequence`.

    tables      by record name, as `read_records` gives them; only `sequence` and the fields are needed. Records of
                unknown type stand under `180.1` with a column `raw`
    big_endian  the byte order; None keeps what the FAR table says. A FAR whose records change their byte order
                gets the CPU_TYPE that goes with it
    encoding    codec of the text; None takes the tables' own
    Returns     the file
    Raises      ArgumentError where a table is no table of records, lacks its sequence, or a value doesn't fit
    Source      STDF Specification V4
    """
    return assemble(tables, big_endian=big_endian, encoding=encoding).tobytes()


def assemble(tables: Mapping[str, Any], *, big_endian: bool | None = None, encoding: str | None = None) -> ByteArray:
    """Like `write_records`, as uint8 array without the last copy."""
    orders = _Orders(tables, big_endian)
    pieces: list[_Piece] = []
    for name, table in tables.items():
        if "sequence" not in table.column_names:
            raise ArgumentError(f"the {name} table has no column `sequence`, so the place of its records is unknown.")
        codec = encoding or _encoding_of(table)
        for rows, big, kept in orders.split(name, table):
            if not kept and name in RECORDS and RAW in rows.column_names:
                rows = freed_of_raw(name, rows)
            for first in range(0, rows.num_rows, BATCH):
                pieces += _pieces(name, rows.slice(first, BATCH), big, codec)
    return _joined(pieces)


def _encoding_of(table: Any) -> str:
    named = (table.schema.metadata or {}).get(b"encoding", b"utf-8").decode()
    return UTF8 if named == ASCII else str(named)


class _Orders:
    """Which byte order each record gets, and whether that is the one it was read in."""

    def __init__(self, tables: Mapping[str, Any], wanted: bool | None) -> None:
        far = tables.get("FAR")
        if far is None or far.num_rows == 0:
            raise ArgumentError("the tables hold no FAR record; an STDF file begins with one.")
        self.first = far["sequence"].to_numpy().astype(np.int64)
        order = np.argsort(self.first)
        self.first = self.first[order]
        known = BIG_ENDIAN in far.column_names
        stated = far[BIG_ENDIAN].to_numpy() if known else far["CPU_TYPE"].to_numpy() == BIG_ENDIAN_CPU
        self.read = stated[order].astype(bool)
        self.written = self.read if wanted is None else np.full(len(self.read), wanted)
        self.kept = (self.read == self.written) & known

    def split(self, name: str, table: Any) -> Iterator[tuple[Any, bool, bool]]:
        """(rows, big endian, as read) for each byte order in turn."""
        stream = np.searchsorted(self.first, table["sequence"].to_numpy().astype(np.int64), side="right") - 1
        np.maximum(stream, 0, out=stream)
        key = self.written[stream] * 2 + self.kept[stream]
        for found in np.unique(key).tolist():
            big, kept = bool(found >> 1), bool(found & 1)
            rows = table if (key == found).all() else table.filter(pa.array(key == found))
            yield (rows if kept or name != "FAR" else _with_cpu_type(rows, big)), big, kept


def _with_cpu_type(far: Any, big: bool) -> Any:
    cpu = pa.array(np.full(far.num_rows, BIG_ENDIAN_CPU if big else LITTLE_ENDIAN_CPU, np.uint8))
    return far.set_column(far.column_names.index("CPU_TYPE"), "CPU_TYPE", cpu)


def _pieces(name: str, table: Any, big: bool, encoding: str) -> list[_Piece]:
    table = table.combine_chunks()
    sequence = table["sequence"].to_numpy().astype(np.int64)
    if name not in RECORDS:
        return [_unknown(name, table, sequence, big)]
    record_type = RECORDS[name]
    columns = _checked(record_type, table)
    alone = len(record_type.layouts) > 1 or any(f.type_code.layout == VARIANT for f in record_type.fields)
    singly = np.full(table.num_rows, alone)
    singly |= columns[RAW].is_valid().to_numpy(False)
    if not singly.any():
        batch = _Batch(record_type, columns, encoding)
        singly = batch.gaps
        if not singly.any():
            return [batch.encode(sequence, big)]
    pieces = [_singly(record_type, columns, sequence, np.flatnonzero(singly), big, encoding)]
    if not singly.all():
        rest = pa.array(np.flatnonzero(~singly))
        others = {key: column.take(rest) for key, column in columns.items()}
        pieces += [_Batch(record_type, others, encoding).encode(sequence[~singly], big)]
    return pieces


def _checked(record_type: RecordType, table: Any) -> dict[str, Any]:
    """Every column of the record as one array of its own type; absent columns are null."""
    kinds = {field.name: column_type(field) for field in record_type.fields} | {EXTRA: pa.binary(), RAW: pa.binary()}
    unknown = sorted(set(table.column_names) - set(kinds) - {"sequence", "offset", BIG_ENDIAN})
    if unknown:
        raise ArgumentError(f"{record_type.name} has no field {', '.join(unknown)}. It has {', '.join(kinds)}.")
    columns: dict[str, Any] = {}
    for name, kind in kinds.items():
        if name not in table.column_names:
            columns[name] = pa.nulls(table.num_rows, kind)
            continue
        try:
            cast = table[name].cast(kind).combine_chunks()
        except pa.ArrowException as error:
            raise ArgumentError(f"{record_type.name} {name}: the column does not fit {kind}: {error}.") from error
        columns[name] = pa.concat_arrays(cast.chunks) if isinstance(cast, pa.ChunkedArray) else cast
    return columns


def _singly(
    record_type: RecordType,
    columns: dict[str, Any],
    sequence: Positions,
    rows: Any,
    big: bool,
    encoding: str,
) -> _Piece:
    table = pa.table(columns).take(pa.array(rows))
    records = [encode_record(record_type.name, row, big_endian=big, encoding=encoding) for row in table.to_pylist()]
    return _Piece(sequence[rows], np.frombuffer(b"".join(records), np.uint8), _ends([len(r) for r in records]))


def _unknown(name: str, table: Any, sequence: Positions, big: bool) -> _Piece:
    try:
        typ, sub = (int(part) for part in name.split("."))
        bodies = table["raw"].to_pylist()
        heads = [len(body).to_bytes(2, "big" if big else "little") + bytes([typ, sub]) for body in bodies]
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise ArgumentError(
            f"{name!r} is neither an STDF record nor a number like 180.1 with bodies in a column `raw`: {error}."
        ) from error
    data = b"".join(part for pair in zip(heads, bodies, strict=True) for part in pair)
    return _Piece(sequence, np.frombuffer(data, np.uint8), _ends([4 + len(body) for body in bodies]))


class _Batch:
    """Records of one type with one layout, written a field at a time.

    present  for each field a bool array: whether it is written at all
    gaps     bool, shape (records,): an array is missing although its count and a later field are there
    """

    def __init__(self, record_type: RecordType, columns: dict[str, Any], encoding: str) -> None:
        self.record_type = record_type
        self.fields = record_type.layouts[0]
        self.columns = columns
        self.encoding = encoding
        self.size = len(columns[RAW])
        last = np.full(self.size, -1)
        for index, field in enumerate(self.fields):
            last[_valid(columns[field.name])] = index
        self.present = [index <= last for index in range(len(self.fields))]
        names = {field.count for field in self.fields if isinstance(field.count, str)}
        self.counts: dict[Any, Positions] = {name: self._count(name) for name in names}
        self.gaps = np.zeros(self.size, dtype=bool)
        for index, field in enumerate(self.fields):
            if field.is_array:
                self.gaps |= self.present[index] & ~_valid(columns[field.name]) & (self.counts[field.count] > 0)

    def _count(self, name: str) -> Positions:
        """The values of a count field, taken from its arrays where it is null itself."""
        column = self.columns[name]
        counts: Positions = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        open_rows = ~_valid(column)
        for field in self.fields:
            if field.count == name:
                array = self.columns[field.name]
                valid, lengths = _valid(array), _lengths(array)
                counts = np.where(open_rows & valid, lengths, counts)
                open_rows &= ~valid
                wrong = np.flatnonzero(valid & (lengths != counts))
                if len(wrong):
                    raise ArgumentError(
                        f"{self.record_type.name} {field.name}: {lengths[wrong[0]]} elements in row {wrong[0]}, "
                        f"but {name} says {counts[wrong[0]]}."
                    )
        if len(counts) and counts.max() > _most(column.type):
            raise ArgumentError(f"{self.record_type.name} {name}: {counts.max()} does not fit {column.type}.")
        return counts

    def encode(self, sequence: Positions, big: bool) -> _Piece:
        """The records as bytes."""
        written = [index for index, present in enumerate(self.present) if present.any()]
        parts = [(self._part(self.fields[index], big), self.present[index]) for index in written]
        extra, extra_ends = _flat_bytes(self.columns[EXTRA])
        bodies = np.diff(extra_ends)
        for part, present in parts:
            bodies = bodies + np.where(present, part.sizes, 0)
        if len(bodies) and bodies.max() > LONGEST_BODY:
            raise ArgumentError(
                f"{self.record_type.name}: a record has {bodies.max():,} bytes; STDF allows {LONGEST_BODY:,}. Split it."
            )
        starts = _ends(bodies + 4)
        out = np.empty(int(starts[-1]), dtype=np.uint8)
        place.place_headers(out, starts[:-1], bodies, self.record_type.typ, self.record_type.sub, big)
        at = starts[:-1] + 4
        for part, present in parts:
            part.put(out, at, present)
        everywhere = np.ones(self.size, dtype=bool)
        place.place_runs(out, at, everywhere, extra, extra_ends, 0, np.zeros(self.size, np.int64), big)
        return _Piece(sequence, out, starts)

    def _part(self, field: Field, big: bool) -> _Part:
        column = self.columns[field.name]
        code = field.type_code
        if field.is_array:
            lists = _ends(_lengths(column))
            values = column.drop_null().flatten()
            if code.layout == TEXT:
                return _Part("texts", self._texts(field, values), lists, code.size, big)
            numbers = values.to_numpy(zero_copy_only=False)
            if code.layout == NIBBLE:
                if len(numbers) and numbers.max() > 15:
                    raise ArgumentError(f"{self.record_type.name} {field.name}: half a byte holds 0 to 15.")
                return _Part("nibbles", (numbers, lists), lists, 0, big)
            data = _in_order(numbers, code.numpy, big)
            return _Part("runs", (data, lists * code.size), np.zeros(self.size, np.int64), 0, big)
        if code.layout == NUMBER:
            empty = field.missing if field.missing is not None else code.empty
            counted = self.counts.get(field.name)
            values = column.fill_null(empty).to_numpy(zero_copy_only=False) if counted is None else counted
            return _Part("fixed", (_in_order(values, code.numpy, big), None), None, code.size, big)
        if code.layout == BITS:
            data, ends = _flat_bytes(column.field("data").fill_null(b""), _valid(column))
            bits = column.field("bits").fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
            bits[~_valid(column)] = 0
            if ((bits + 7) // 8 != np.diff(ends)).any():
                raise ArgumentError(
                    f"{self.record_type.name} {field.name}: `bits` and the bytes of `data` don't agree."
                )
            return _Part("runs", (data, ends), bits, code.size, big)
        if code.layout == BYTES:
            data, ends = _flat_bytes(column)
            self._check_lengths(field, np.diff(ends), 255)
            return _Part("runs", (data, ends), np.diff(ends), code.size, big)
        data, ends = self._texts(field, column)
        prefix = 0 if code.layout == CHARACTERS else code.size
        return _Part("runs", (data, ends), np.diff(ends), prefix, big)

    def _texts(self, field: Field, column: Any) -> tuple[ByteArray, Positions]:
        single = field.type_code.layout == CHARACTERS
        texts = column.fill_null(" " if single else "")
        data, ends = _text_bytes(texts, self.encoding, f"{self.record_type.name} {field.name}")
        lengths = np.diff(ends)
        if single and (lengths != 1).any():
            raise ArgumentError(
                f"{self.record_type.name} {field.name}: takes one character of one byte, not more or less."
            )
        self._check_lengths(field, lengths, 255 if field.type_code.size == 1 else LONGEST_BODY)
        return data, ends

    def _check_lengths(self, field: Field, lengths: Positions, most: int) -> None:
        if len(lengths) and lengths.max() > most:
            row = int(lengths.argmax())
            raise ArgumentError(
                f"{self.record_type.name} {field.name}: {lengths[row]} bytes in row {row}, {most} fit. Shorten it."
            )


@dataclass(frozen=True)
class _Part:
    """One field of every record, ready to be placed."""

    shape: str
    data: tuple[Any, Any]
    lists: Any
    prefix: int
    big: bool

    @property
    def sizes(self) -> Any:
        """Bytes of the field in each record."""
        if self.shape == "fixed":
            return self.prefix
        if self.shape == "runs":
            return np.diff(self.data[1]) + self.prefix
        if self.shape == "nibbles":
            return (np.diff(self.lists) + 1) // 2
        text_ends = self.data[1]
        return text_ends[self.lists[1:]] - text_ends[self.lists[:-1]] + self.prefix * np.diff(self.lists)

    def put(self, out: ByteArray, at: Positions, present: BoolArray) -> None:
        """Write the field of each record at `at`, and move `at` behind it."""
        data, ends = self.data
        if self.shape == "fixed":
            place.place_fixed(out, at, present, data, self.prefix)
        elif self.shape == "runs":
            place.place_runs(out, at, present, data, ends, self.prefix, self.lists, self.big)
        elif self.shape == "nibbles":
            place.place_nibbles(out, at, present, ends, data)
        else:
            place.place_texts(out, at, present, self.lists, data, ends, self.prefix, self.big)


def _joined(pieces: list[_Piece]) -> ByteArray:
    sequence = np.concatenate([piece.sequence for piece in pieces])
    sizes = np.concatenate([np.diff(piece.starts) for piece in pieces])
    order = np.argsort(sequence, kind="stable")
    ordered = sequence[order]
    twice = np.flatnonzero(ordered[1:] == ordered[:-1])
    if len(twice):
        raise ArgumentError(f"two records have the sequence number {ordered[twice[0]]}; each needs its own.")
    ends = _ends(sizes[order])
    targets = np.empty(len(order), dtype=np.int64)
    targets[order] = ends[:-1]
    out = np.empty(int(ends[-1]), dtype=np.uint8)
    first = 0
    for piece in pieces:
        count = len(piece.sequence)
        place.place_records(out, targets[first : first + count], _read_only(piece.data), piece.starts)
        first += count
    return out


def _text_bytes(texts: Any, encoding: str, where: str) -> tuple[ByteArray, Positions]:
    if encoding in (ASCII, UTF8):
        return _flat_bytes(texts)
    if encoding == LATIN1:
        data, ends = _flat_bytes(texts)
        out, new_ends = np.empty(len(data), np.uint8), np.empty(len(ends), np.int64)
        row = place.narrow_latin1(data, ends, out, new_ends)
        if row >= 0:
            raise ArgumentError(f"{where}: {texts[row].as_py()!r} has characters that Latin-1 lacks; write as utf-8.")
        return out[: int(new_ends[-1])], new_ends
    coded = texts.dictionary_encode()
    pieces = pa.array([text.encode(encoding, errors="replace") for text in coded.dictionary.to_pylist()], pa.binary())
    return _flat_bytes(pieces.take(coded.indices))


def _flat_bytes(array: Any, valid: BoolArray | None = None) -> tuple[ByteArray, Positions]:
    """(bytes, ends) of a `string` or `binary` array; null is empty."""
    if array.null_count:
        array = array.fill_null(b"" if pa.types.is_binary(array.type) else "")
    if valid is not None and not valid.all():
        array = pa.array(
            [b"" if not ok else value for ok, value in zip(valid, array.to_pylist(), strict=True)], pa.binary()
        )
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    flat = np.empty(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return _read_only(flat[ends[0] : ends[-1]]), ends - ends[0]


def _read_only(array: ByteArray) -> ByteArray:
    view = array.view()
    view.flags.writeable = False
    return view


def _in_order(values: Any, kind: str, big: bool) -> ByteArray:
    data = np.ascontiguousarray(values, dtype=np.dtype(kind).newbyteorder(">" if big else "<"))
    return _read_only(data.view(np.uint8).reshape(-1))


def _most(kind: Any) -> int:
    return int(np.iinfo(kind.to_pandas_dtype()).max)


def _valid(array: Any) -> BoolArray:
    return np.asarray(array.is_valid().to_numpy(zero_copy_only=False), dtype=bool)


def _lengths(array: Any) -> Positions:
    lengths = pc.list_value_length(array).fill_null(0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.int64)


def _ends(sizes: Any) -> Positions:
    ends = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=ends[1:])
    return ends
