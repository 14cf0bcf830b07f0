"""One record as bytes, from a mapping of field names to values.

The plain way, a field after the other; `corecar.formats.stdf.writer` does the same for whole tables.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from corecar.errors import ArgumentError
from corecar.formats.stdf.codes import BITS, BYTES, CHARACTERS, NIBBLE, NUMBER, TEXT, UNSIGNED, VARIANT
from corecar.formats.stdf.columns import EXTRA, RAW
from corecar.formats.stdf.rows import RECORDS, Field
from corecar.formats.stdf.variants import write_variant

LONGEST_BODY = 65_535


def encode_record(name: str, values: Mapping[str, object], *, big_endian: bool, encoding: str = "utf-8") -> bytes:
    """One record, header and body.

    values    value of each field; fields behind the last that has one are omitted, and None before it becomes what
              the specification writes for a missing value. Counts may be left out: they follow from their arrays.
              `_extra` is appended; `_raw` stands for the whole body. A `Dn` is {"bits": 9, "data": bytes}, a value of
              a GDR {"code": "U2", "value": "513"}.
    encoding  codec of the text
    Raises    ArgumentError for an unknown record or field, or a value that its field cannot hold
    Source    STDF Specification V4, "STDF Record Structure"

    >>> encode_record("PIR", {"HEAD_NUM": 1, "SITE_NUM": 4}, big_endian=True).hex()
    '0002050a0104'
    """
    record_type = RECORDS.get(name)
    if record_type is None:
        raise ArgumentError(f"{name!r} is no STDF record. Name one of {', '.join(RECORDS)}.")
    known = {field.name for field in record_type.fields} | {EXTRA, RAW}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ArgumentError(f"{name} has no field {', '.join(unknown)}. It has {', '.join(sorted(known))}.")
    body = values.get(RAW)
    if not isinstance(body, bytes):
        body = _body(name, record_type.layouts, values, big_endian, encoding)
    if len(body) > LONGEST_BODY:
        raise ArgumentError(f"{name}: the record has {len(body):,} bytes; STDF allows {LONGEST_BODY:,}. Split it.")
    header = len(body).to_bytes(2, "big" if big_endian else "little")
    return header + bytes([record_type.typ, record_type.sub]) + body


def _body(
    name: str, layouts: tuple[tuple[Field, ...], ...], values: Mapping[str, object], big: bool, encoding: str
) -> bytes:
    layout = layouts[choose_layout(name, layouts, values)]
    filled = _filled(layout, values)
    pieces = []
    for field in layout[: _last(layout, values) + 1]:
        if _gated_out(field, filled):
            continue
        try:
            pieces.append(_field_bytes(field, filled, big, encoding))
        except (ValueError, TypeError, OverflowError, KeyError, struct.error, AttributeError) as error:
            raise ArgumentError(
                f"{name} {field.name}: {filled[field.name]!r} does not fit {field.code}: {error}."
            ) from error
    extra = values.get(EXTRA)
    return b"".join(pieces) + (extra if isinstance(extra, bytes) else b"")


def choose_layout(name: str, layouts: tuple[tuple[Field, ...], ...], values: Mapping[str, object]) -> int:
    """Which layout of the record these values belong to: the first they fill without a gap, else the first that
    has all their fields."""
    if len(layouts) == 1:
        return 0
    given = {field for field, value in values.items() if value is not None and field not in (EXTRA, RAW)}
    holding = [number for number, layout in enumerate(layouts) if given <= {field.name for field in layout}]
    for number in holding:
        layout = layouts[number]
        before = layout[: _last(layout, values) + 1]
        if all((field.name in given) != _gated_out(field, values) for field in before):
            return number
    if not holding:
        raise ArgumentError(
            f"{name}: the fields {', '.join(sorted(given))} belong to different editions of the record."
        )
    return holding[0]


def _last(layout: Sequence[Field], values: Mapping[str, object]) -> int:
    return max((index for index, field in enumerate(layout) if values.get(field.name) is not None), default=-1)


def _gated_out(field: Field, values: Mapping[str, Any]) -> bool:
    gate = field.when
    return gate is not None and ((values.get(gate.flags) or 0) & gate.mask) != gate.value


def _filled(layout: Sequence[Field], values: Mapping[str, object]) -> dict[str, Any]:
    """The values with counts taken from arrays, and with what stands for a missing value elsewhere."""
    filled: dict[str, Any] = dict(values)
    for field in layout:
        array = filled.get(field.name)
        if isinstance(field.count, str) and array is not None and filled.get(field.count) is None:
            filled[field.count] = len(array)
    for field in layout:
        if filled.get(field.name) is None:
            empty = field.missing if field.missing is not None else field.type_code.empty
            count = filled.get(field.count) if isinstance(field.count, str) else field.count
            filled[field.name] = [empty] * int(count or 0) if field.is_array else empty
    return filled


def _field_bytes(field: Field, values: Mapping[str, Any], big: bool, encoding: str) -> bytes:
    value = values[field.name]
    width = field.type_code.size if field.width is None else int(values[field.width])
    if not field.is_array:
        return _WRITERS[field.type_code.layout](field, value, width, big, encoding)
    count = int(values[field.count]) if isinstance(field.count, str) else field.count
    if len(value) != count and not (field.width is not None and width == 0):
        raise ValueError(f"{len(value)} elements, but {field.count} says {count}")
    if field.type_code.layout == NIBBLE:
        return _nibbles(value)
    write = _WRITERS[field.type_code.layout]
    return b"".join(write(field, element, width, big, encoding) for element in value)


def _number(field: Field, value: Any, width: int, big: bool, encoding: str) -> bytes:
    kind = field.type_code.numpy[1]
    if kind == "f":
        return struct.pack(f"{'>' if big else '<'}{'f' if width == 4 else 'd'}", value)
    return int(value).to_bytes(width, "big" if big else "little", signed=kind == "i")


def _characters(field: Field, value: Any, width: int, big: bool, encoding: str) -> bytes:
    payload: bytes = value.encode(encoding).ljust(width)
    if len(payload) > width:
        raise ValueError(f"{len(payload)} bytes where {width} fit")
    return payload


def _text(field: Field, value: Any, width: int, big: bool, encoding: str) -> bytes:
    payload: bytes = value.encode(encoding)
    most = (1 << 8 * width) - 1
    if len(payload) > most:
        raise ValueError(f"{len(payload)} bytes where {most} fit")
    return len(payload).to_bytes(width, "big" if big else "little") + payload


def _bytes(field: Field, value: Any, width: int, big: bool, encoding: str) -> bytes:
    return len(value).to_bytes(width, "big" if big else "little") + bytes(value)


def _bits(field: Field, value: Any, width: int, big: bool, encoding: str) -> bytes:
    bits, data = int(value["bits"]), bytes(value["data"])
    if len(data) != (bits + 7) // 8:
        raise ValueError(f"{bits} bits take {(bits + 7) // 8} bytes, not {len(data)}")
    return bits.to_bytes(width, "big" if big else "little") + data


def _unsigned(field: Field, value: Any, width: int, big: bool, encoding: str) -> bytes:
    return int(value).to_bytes(width, "big" if big else "little")


def _variant(field: Field, value: Any, width: int, big: bool, encoding: str) -> bytes:
    return write_variant(value["code"], value["value"], big_endian=big, encoding=encoding)


def _nibbles(values: Sequence[int]) -> bytes:
    if any(not 0 <= value <= 15 for value in values):
        raise ValueError("half a byte holds 0 to 15")
    padded = [*values, 0]
    return bytes(padded[i] | padded[i + 1] << 4 for i in range(0, len(values), 2))


_WRITERS: dict[int, Callable[[Field, Any, int, bool, str], bytes]] = {
    NUMBER: _number,
    CHARACTERS: _characters,
    TEXT: _text,
    BYTES: _bytes,
    BITS: _bits,
    UNSIGNED: _unsigned,
    VARIANT: _variant,
}
