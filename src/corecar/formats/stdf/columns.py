"""Many records of one type as columns, without loss.

A column per field, named by the specification's capitals. A field omitted at the end of a record is null; a text of no
characters is "". Two more columns keep what the fields don't: `_extra`, bytes behind the last known field, and
`_raw`, the whole body of a record that its columns alone would not give back (a count that runs past the record's end,
unused half bytes that are not zero, text that the codec does not give back).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.formats.stdf import locate as kernel
from corecar.formats.stdf.codes import (
    BITS_TYPE,
    BYTES,
    CHARACTERS,
    NIBBLE,
    NUMBER,
    TEXT,
    UNSIGNED,
    VARIANT,
    VARIANT_TYPE,
    VARIANTS,
)
from corecar.formats.stdf.plans import Plan, plans
from corecar.formats.stdf.rows import Field, RecordType
from corecar.formats.stdf.texts import LATIN1, NotUtf8, Speller, checked_encoding, flat_array
from corecar.formats.stdf.variants import spell_variants

ByteArray = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]
EXTRA, RAW = "_extra", "_raw"


@dataclass(frozen=True)
class Columns:
    """Records of one type as columns.

    table     a column per field, then `_extra` and `_raw`
    broken    int64: the records (rows of `table`) in which a length or count runs past the record's end
    fields    the name of the field that does so, for each of them
    encoding  `ascii`, or the codec that the text was read with
    """

    table: Any
    broken: Positions
    fields: tuple[str, ...]
    encoding: str


def column_type(field: Field) -> Any:
    """The Arrow type of a field's column."""
    kind = field.type_code.arrow
    return pa.list_(kind) if field.is_array else kind


def record_schema(record_type: RecordType) -> Any:
    """The Arrow schema of a record's fields, without the columns that name its place in a file."""
    fields = [pa.field(f.name, column_type(f), metadata={"meaning": f.meaning}) for f in record_type.fields]
    return pa.schema([*fields, pa.field(EXTRA, pa.binary()), pa.field(RAW, pa.binary())])


def decode(
    content: ByteArray,
    offsets: Positions,
    lengths: npt.NDArray[Any],
    record_type: RecordType,
    *,
    big_endian: bool,
    encoding: str | None = None,
) -> Any:
    """The records as a table, a column per field; see the module's first lines.

    content      uint8: the file; may be read-only, for example a mapped file
    offsets      int64, shape (records,): where each record's body begins, after its header of four bytes
    lengths      integer, shape (records,): length of each body
    encoding     codec of the text; None tries UTF-8 over all of it, then takes Latin-1
    Returns      a table; its schema's metadata names the `encoding`
    Raises       ArgumentError for a codec that Python lacks
    Source       STDF Specification V4, "STDF Record Structure"
    """
    columns = decode_columns(content, offsets, lengths, record_type, big_endian=big_endian, encoding=encoding)
    return columns.table.replace_schema_metadata({"encoding": columns.encoding})


def decode_columns(
    content: ByteArray,
    offsets: Positions,
    lengths: npt.NDArray[Any],
    record_type: RecordType,
    *,
    big_endian: bool,
    encoding: str | None = None,
) -> Columns:
    """Like `decode`, with the records named whose counts don't fit."""
    chosen = checked_encoding(encoding)
    source = content.view()
    source.flags.writeable = False
    bodies = Bodies(source, np.asarray(offsets, np.int64), np.asarray(lengths, np.int64), big_endian)
    try:
        return _decode(bodies, record_type, Speller(chosen))
    except NotUtf8:
        return _decode(bodies, record_type, Speller(LATIN1))


@dataclass(frozen=True)
class Bodies:
    """Records of one type: the bytes they lie in, where the body of each begins and how long it is."""

    content: ByteArray
    offsets: Positions
    lengths: Positions
    big: bool

    def __len__(self) -> int:
        return len(self.offsets)

    def take(self, rows: npt.NDArray[Any]) -> Bodies:
        return Bodies(self.content, self.offsets[rows], self.lengths[rows], self.big)

    def cut(self, starts: Positions, sizes: Positions) -> tuple[ByteArray, Positions]:
        """Like `cut`, of these records' content."""
        return cut(self.content, starts, sizes)


def cut(content: ByteArray, starts: Positions, sizes: npt.NDArray[Any]) -> tuple[ByteArray, Positions]:
    """The bytes starts[i] .. starts[i] + sizes[i] of some content, one after the other, and where each ends."""
    ends = _ends(sizes)
    data = np.empty(int(ends[-1]), dtype=np.uint8)
    kernel.fetch_bytes(content, starts, ends, data)
    return data, ends


@dataclass(frozen=True)
class Places:
    """Where the fields of records lie, as the kernel `locate` writes it."""

    positions: Positions
    counts: npt.NDArray[np.int32]
    consumed: Positions
    broken: Positions
    padded: npt.NDArray[np.bool_]


def _decode(bodies: Bodies, record_type: RecordType, speller: Speller) -> Columns:
    candidates = plans(record_type.name)
    places = locate_fields(bodies, candidates[0])
    if len(candidates) == 1:
        table, broken = _table(bodies, candidates[0], places, speller)
        names = tuple(candidates[0].fields[index].name for index in places.broken[broken])
        return Columns(table, broken, names, speller.met)
    return _decode_by_layout(bodies, record_type, candidates, speller)


def _decode_by_layout(
    bodies: Bodies, record_type: RecordType, candidates: tuple[Plan, ...], speller: Speller
) -> Columns:
    layout = _choose_layouts(bodies, candidates)
    order, parts, broken, names = [], [], [], []
    for number in np.unique(layout):
        rows = np.flatnonzero(layout == number)
        plan = candidates[number]
        subset = bodies.take(rows)
        places = locate_fields(subset, plan)
        table, failed = _table(subset, plan, places, speller)
        parts.append(_widened(table, record_type))
        order.append(rows)
        broken.append(rows[failed])
        names += [plan.fields[index].name for index in places.broken[failed]]
    if not parts:
        return Columns(record_schema(record_type).empty_table(), np.empty(0, np.int64), (), speller.met)
    back = np.argsort(np.concatenate(order), kind="stable")
    return Columns(pa.concat_tables(parts).take(back), np.concatenate(broken), tuple(names), speller.met)


def _choose_layouts(bodies: Bodies, candidates: tuple[Plan, ...]) -> npt.NDArray[np.int64]:
    """For each record the first layout that ends where the record ends; the first of all where none does."""
    layout = np.zeros(len(bodies), dtype=np.int64)
    open_rows = np.arange(len(bodies))
    for number, plan in enumerate(candidates):
        subset = bodies.take(open_rows)
        places = locate_fields(subset, plan)
        exact = (places.broken == kernel.UNBROKEN) & (places.consumed == subset.lengths)
        layout[open_rows[exact]] = number
        open_rows = open_rows[~exact]
    return layout


def locate_fields(bodies: Bodies, plan: Plan) -> Places:
    """Find every field of every record."""
    records, fields = len(bodies), len(plan.fields)
    places = Places(
        np.empty((fields, records), np.int64),
        np.empty((fields, records), np.int32),
        np.empty(records, np.int64),
        np.empty(records, np.int64),
        np.empty(records, np.bool_),
    )
    kernel.locate(
        bodies.content,
        bodies.offsets,
        bodies.lengths,
        plan.steps,
        bodies.big,
        kernel.FIXED_VARIANTS,
        np.zeros(fields, np.int64),
        places.positions,
        places.counts,
        places.consumed,
        places.broken,
        places.padded,
    )
    return places


def _table(bodies: Bodies, plan: Plan, places: Places, speller: Speller) -> tuple[Any, Positions]:
    columns: dict[str, Any] = {}
    doubtful = places.padded.copy()
    for index, field in enumerate(plan.fields):
        counts = places.counts[index]
        width = None
        if field.width is not None:
            width = columns[field.width].fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        columns[field.name], doubt = _column(bodies, field, places.positions[index], counts, width, speller)
        if doubt is not None:
            doubtful |= doubt
    broken = np.flatnonzero(places.broken != kernel.UNBROKEN)
    doubtful[broken] = True
    surplus = bodies.lengths - places.consumed
    surplus[doubtful] = 0
    columns[EXTRA] = _kept(bodies, bodies.offsets + places.consumed, surplus, surplus > 0)
    columns[RAW] = _kept(bodies, bodies.offsets, np.where(doubtful, bodies.lengths, 0), doubtful)
    return pa.table(columns), broken


def _kept(bodies: Bodies, starts: Positions, sizes: Positions, valid: npt.NDArray[np.bool_]) -> Any:
    if not valid.any():
        return pa.nulls(len(bodies), pa.binary())
    return flat_array(pa.binary(), *bodies.cut(starts, sizes), valid)


def _column(
    bodies: Bodies, field: Field, positions: Positions, counts: npt.NDArray[np.int32], width: Any, speller: Speller
) -> tuple[Any, Any]:
    """(column, doubt): the field of every record, and where the column does not give the bytes back, or None."""
    valid = counts >= 0
    if not valid.any():
        return pa.nulls(len(bodies), column_type(field)), None
    mask = None if valid.all() else valid
    if field.is_array:
        ends = _ends(np.maximum(counts, 0))
        values, doubt = _elements(bodies, field, positions, ends, width, speller)
        offsets = pa.array(ends.astype(np.int32))
        column = pa.ListArray.from_arrays(offsets, values, mask=None if mask is None else pa.array(~mask))
        return column, None if doubt is None else _any_within(doubt, ends)
    layout = field.type_code.layout
    if layout in (TEXT, CHARACTERS):
        return speller.spell(*bodies.cut(positions, np.maximum(counts, 0)), mask)
    if layout == NUMBER:
        return _numbers(bodies, field, positions, counts, mask), None
    data = flat_array(pa.binary(), *bodies.cut(positions, np.maximum(counts, 0)), mask)
    if layout == BYTES:
        return data, None
    return _bits(bodies, positions, counts, data, mask), None


def _numbers(bodies: Bodies, field: Field, positions: Positions, counts: Any, mask: Any) -> Any:
    code = field.type_code
    out = np.empty(len(positions) * code.size, dtype=np.uint8)
    kernel.fetch_numbers(bodies.content, positions, counts, code.size, bodies.big, out)
    return pa.array(out.view(code.numpy), code.arrow, mask=None if mask is None else ~mask)


def _bits(bodies: Bodies, positions: Positions, counts: Any, data: Any, mask: Any) -> Any:
    out = np.empty(len(positions) * 2, dtype=np.uint8)
    kernel.fetch_numbers(bodies.content, positions - 2, counts, 2, bodies.big, out)
    null = None if mask is None else pa.array(~mask)
    return pa.StructArray.from_arrays([pa.array(out.view("<u2")), data], fields=list(BITS_TYPE), mask=null)


def _elements(
    bodies: Bodies, field: Field, positions: Positions, ends: Positions, width: Any, speller: Speller
) -> tuple[Any, Any]:
    """(values, doubt): the elements of all records' arrays, one array after the other."""
    code = field.type_code
    total = int(ends[-1])
    if code.layout == NUMBER:
        data, _ = bodies.cut(positions, np.diff(ends) * code.size)
        values = data.view(np.dtype(code.numpy).newbyteorder(">" if bodies.big else "<"))
        return pa.array(values.astype(code.numpy, copy=False), code.arrow), None
    if code.layout == NIBBLE:
        nibbles = np.empty(total, dtype=np.uint8)
        kernel.fetch_nibbles(bodies.content, positions, ends, nibbles)
        return pa.array(nibbles), None
    if code.layout == UNSIGNED:
        integers = np.empty(total, dtype=np.uint64)
        kernel.fetch_unsigned(bodies.content, positions, width, ends, bodies.big, integers)
        return pa.array(integers), None
    starts, sizes = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int64)
    if code.layout == VARIANT:
        return _variants(bodies, positions, ends, starts, sizes, speller)
    if code.layout == CHARACTERS:
        sizes = np.repeat(width, np.diff(ends))
        within = np.arange(total) - np.repeat(ends[:-1], np.diff(ends))
        starts = np.repeat(positions, np.diff(ends)) + within * sizes
    else:
        kernel.locate_texts(bodies.content, positions, ends, code.size, bodies.big, starts, sizes)
    return speller.spell(*bodies.cut(starts, sizes), None)


def _variants(
    bodies: Bodies, positions: Positions, ends: Positions, starts: Positions, sizes: Positions, speller: Speller
) -> tuple[Any, Any]:
    codes = np.empty(len(starts), dtype=np.uint8)
    kernel.locate_variants(bodies.content, positions, ends, bodies.big, kernel.FIXED_VARIANTS, codes, starts, sizes)
    data, value_ends = bodies.cut(starts, sizes)
    bits = np.empty(len(starts) * 2, dtype=np.uint8)
    kernel.fetch_numbers(bodies.content, starts - 2, np.where(codes == 12, 1, -1), 2, bodies.big, bits)
    texts, doubt = spell_variants(data, value_ends, codes, bits.view("<u2"), big_endian=bodies.big)
    text_ends = _ends(np.fromiter((len(t) for t in texts), np.int64, len(texts)))
    values, unspelled = speller.spell(np.frombuffer(b"".join(texts), np.uint8), text_ends, None)
    names = pa.array([VARIANTS[int(code)] for code in codes], pa.string())
    doubt = doubt if unspelled is None else doubt | unspelled
    return pa.StructArray.from_arrays([names, values], fields=list(VARIANT_TYPE)), doubt


def _widened(table: Any, record_type: RecordType) -> Any:
    """The table with every column of the record's other layouts added, null."""
    columns = []
    for field in record_schema(record_type):
        here = field.name in table.column_names
        columns.append(table[field.name].cast(field.type) if here else pa.nulls(table.num_rows, field.type))
    return pa.Table.from_arrays(columns, schema=record_schema(record_type).remove_metadata())


def _ends(sizes: npt.NDArray[Any]) -> Positions:
    ends = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=ends[1:])
    return ends


def _any_within(marks: npt.NDArray[np.bool_], ends: Positions) -> npt.NDArray[np.bool_]:
    """For each run ends[i] .. ends[i + 1] whether any of its marks is set."""
    total = np.concatenate(([0], np.cumsum(marks)))
    return np.asarray(total[ends[1:]] > total[ends[:-1]])
