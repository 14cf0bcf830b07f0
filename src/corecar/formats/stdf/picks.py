"""Some fields of a few records as plain Python lists: what a lot takes from the records that are not hot.

Making an Arrow column takes as long as a hundred values here, and a file has sixty such columns of one value each. A
handful of records is read by hand, for calling a compiled loop takes as long as reading ten.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from itertools import pairwise
from struct import Struct
from typing import Any, NamedTuple

import numpy as np

from corecar.formats.stdf.codes import CHARACTERS, NUMBER, TEXT
from corecar.formats.stdf.columns import Bodies, ByteArray, locate_fields
from corecar.formats.stdf.plans import plans
from corecar.formats.stdf.rows import Field, RecordType
from corecar.formats.stdf.texts import LATIN1, UTF8
from corecar.machine_code import letter

FEW = 8
"""Records up to which they are read by hand."""


def pick(
    content: ByteArray,
    offsets: Any,
    lengths: Any,
    record_type: RecordType,
    fields: Collection[str],
    *,
    big_endian: bool,
    encoding: str | None,
) -> dict[str, list[Any]]:
    """The values of some fields by record; None where a record ends before the field.

    content, offsets, lengths  uint8 and integers: the bytes, and where in them the bodies of the records lie
    fields                     names of numbers and texts of a record that has one layout
    encoding                   codec of the text; None takes UTF-8 when all of it is, else Latin-1
    """
    (plan,) = plans(record_type.name)
    if len(offsets) <= FEW and (steps := _steps(record_type.name, frozenset(fields), big_endian)) is not None:
        return _by_hand(content, offsets, lengths, steps, encoding)
    source = content.view()
    source.flags.writeable = False
    starts, sizes = np.ascontiguousarray(offsets, np.int64), np.ascontiguousarray(lengths, np.int64)
    bodies = Bodies(source, starts, sizes, big_endian)
    places = locate_fields(bodies, plan)
    found: dict[str, list[Any]] = {}
    texts: dict[str, list[bytes | None]] = {}
    for index, field in enumerate(plan.fields):
        if field.name in fields and field.type_code.layout == NUMBER:
            found[field.name] = _numbers(bodies, field, places.positions[index], places.counts[index] >= 0)
        elif field.name in fields:
            texts[field.name] = _pieces(bodies, places.positions[index], places.counts[index])
    return found | _spelled(texts, encoding)


class _Step(NamedTuple):
    """A field: its name when it is wanted, how its number lies when it is one, the bytes that it has at least, and
    whether the first of them counts those of its text."""

    name: str | None
    number: Struct | None
    least: int
    counted: bool


@cache
def _steps(record: str, fields: frozenset[str], big_endian: bool) -> tuple[_Step, ...] | None:
    """The fields of a record up to the last one wanted; None where they are not all numbers and texts."""
    (plan,) = plans(record)
    byte_order = ">" if big_endian else "<"
    last = max((place for place, field in enumerate(plan.fields) if field.name in fields), default=-1)
    steps: list[_Step] = []
    for field in plan.fields[: last + 1]:
        code, name = field.type_code, field.name if field.name in fields else None
        if field.is_array or field.when is not None or field.width is not None:
            return None
        if code.layout == NUMBER:
            steps.append(_Step(name, Struct(byte_order + letter(np.dtype(code.numpy))), code.size, False))
        elif code.layout == CHARACTERS or (code.layout == TEXT and code.size == 1):
            steps.append(_Step(name, None, code.size, code.layout == TEXT))
        else:
            return None
    return tuple(steps)


def _by_hand(
    content: ByteArray, offsets: Any, lengths: Any, steps: tuple[_Step, ...], encoding: str | None
) -> dict[str, list[Any]]:
    """Like `pick`, record by record."""
    records = len(offsets)
    numbers: dict[str, list[Any]] = {step.name: [None] * records for step in steps if step.name and step.number}
    texts: dict[str, list[bytes | None]] = {
        step.name: [None] * records for step in steps if step.name and not step.number
    }
    for row, (start, length) in enumerate(zip(offsets.tolist(), lengths.tolist(), strict=True)):
        raw = content[start : start + length].tobytes()
        at = 0
        for name, number, least, counted in steps:
            stop = at + least
            if stop > length:
                break
            if counted:
                at, stop = stop, min(stop + raw[at], length)
            if name is not None and number is not None:
                numbers[name][row] = number.unpack_from(raw, at)[0]
            elif name is not None:
                texts[name][row] = raw[at:stop]
            at = stop
    return numbers | _spelled(texts, encoding)


def _numbers(bodies: Bodies, field: Field, positions: Any, there: Any) -> list[Any]:
    code = field.type_code
    kind = np.dtype(code.numpy).newbyteorder(">" if bodies.big else "<")
    if not there.all():
        values = iter(_numbers(bodies, field, positions[there], there[there]))
        return [next(values) if each else None for each in there.tolist()]
    raw = bodies.content[positions[:, None] + np.arange(code.size)]
    return list(raw.view(kind)[:, 0].tolist())


def _pieces(bodies: Bodies, positions: Any, counts: Any) -> list[bytes | None]:
    data, ends = bodies.cut(positions, np.maximum(counts, 0))
    return [piece if count >= 0 else None for piece, count in zip(sliced(data, ends), counts.tolist(), strict=True)]


def sliced(data: ByteArray, ends: Any) -> list[bytes]:
    """The stretches data[ends[i]:ends[i + 1]] as bytes."""
    whole, edges = data.tobytes(), ends.tolist()
    return [whole[start:stop] for start, stop in pairwise(edges)]


def _spelled(texts: dict[str, list[bytes | None]], encoding: str | None) -> dict[str, list[str | None]]:
    """The texts, in one codec for all."""
    if encoding is not None:
        return _decoded(texts, encoding, "replace")
    try:
        return _decoded(texts, UTF8, "strict")
    except UnicodeDecodeError:
        return _decoded(texts, LATIN1, "strict")


def _decoded(texts: dict[str, list[bytes | None]], codec: str, errors: str) -> dict[str, list[str | None]]:
    """Most texts of many records are the same few, such as units."""
    pieces = {piece for column in texts.values() for piece in column if piece is not None}
    spelled: dict[bytes | None, str | None] = {piece: piece.decode(codec, errors) for piece in pieces}
    spelled[None] = None
    return {name: [spelled[piece] for piece in column] for name, column in texts.items()}
