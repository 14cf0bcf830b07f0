"""How columns lie in Parquet: encodings, statistics, row groups; measured in docs/decisions/lake-layout.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

ROW_GROUP = 1 << 17
"""Rows of a row group: one test of a large run lies in one or two of them."""

SPLIT, DIFFERENCES = "BYTE_STREAM_SPLIT", "DELTA_BINARY_PACKED"
_COUNTING_UP = ("part", "sequence", "offset")
_ROW_NUMBERS = ("test", "part")
_SIGNED = {pa.uint8(): pa.int16(), pa.uint16(): pa.int32(), pa.uint32(): pa.int64(), pa.uint64(): pa.int64()}


def writer_options(columns: Any, *, statistics: Sequence[str] | None = None) -> dict[str, Any]:
    """Arguments of pyarrow's `ParquetWriter` for a table with these columns, an Arrow schema.

    A number's bytes are split, so that signs, exponents and long runs fold to nothing, and a mantissa costs no more
    than it holds; what counts up within a test or a file lies as differences; text lies in a dictionary.
    statistics  columns that get a least and a largest value per row group; all of them by default
    """
    texts = [field.name for field in columns if _is_text(field.type)]
    plain = [field for field in columns if not _is_text(field.type)]
    return {
        "compression": "zstd",
        "compression_level": 1,
        "use_dictionary": texts,
        "column_encoding": {field.name: _encoding(field) for field in plain},
        "write_statistics": True if statistics is None else list(statistics),
        "max_rows_per_page": ROW_GROUP,
        "write_batch_size": ROW_GROUP,
        "write_page_checksum": True,
    }


def at_rest(columns: Any) -> Any:
    """An Arrow schema in types that every reader of Parquet and Delta knows; meaning and unit stay with the fields.

    Unsigned numbers become signed ones wide enough (a row number of one run fits 31 bits), dictionaries plain text,
    and seconds microseconds.
    """
    return pa.schema([field.with_type(_plain(field)) for field in columns])


NEWER = {"part_limits": ("execution",)}
"""Columns of tables that files of an earlier release lack."""


def with_newer_columns(rows: Any, table: str, columns: Any) -> Any:
    """Rows of a table as read from a file, with columns that it lacks because an earlier release wrote it, as nulls.

    columns  an Arrow schema that has them, and the order in which they stand
    """
    for name in NEWER.get(table, ()):
        if name not in rows.column_names and name in columns.names:
            empty = pa.nulls(rows.num_rows, columns.field(name).type)
            place = min(columns.get_field_index(name), rows.num_columns)
            rows = rows.add_column(place, columns.field(name), empty)
    return rows


def _plain(field: Any) -> Any:
    if field.name in _ROW_NUMBERS:
        return pa.int32()
    if pa.types.is_timestamp(field.type):
        return pa.timestamp("us")
    return pa.string() if _is_text(field.type) else _SIGNED.get(field.type, field.type)


def _is_text(type: Any) -> bool:
    return bool(pa.types.is_string(type) or pa.types.is_dictionary(type))


def _encoding(field: Any) -> str:
    if pa.types.is_boolean(field.type):
        return "PLAIN"
    return DIFFERENCES if field.name in _COUNTING_UP else SPLIT
