"""Some fields of a few records as plain Python lists: what a lot takes from the records that are not hot.

Making an Arrow column takes as long as a hundred values here, and a file has sixty such columns of one value each.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from corecar.formats.stdf.codes import NUMBER
from corecar.formats.stdf.columns import Bodies, ByteArray, locate_fields
from corecar.formats.stdf.plans import plans
from corecar.formats.stdf.rows import Field, RecordType
from corecar.formats.stdf.texts import LATIN1, UTF8


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
            texts[field.name] = _pieces(content, places.positions[index], places.counts[index])
    return found | _spelled(texts, encoding)


def _numbers(bodies: Bodies, field: Field, positions: Any, there: Any) -> list[Any]:
    code = field.type_code
    kind = np.dtype(code.numpy).newbyteorder(">" if bodies.big else "<")
    if not there.all():
        values = iter(_numbers(bodies, field, positions[there], there[there]))
        return [next(values) if each else None for each in there.tolist()]
    raw = bodies.content[positions[:, None] + np.arange(code.size)]
    return list(raw.view(kind)[:, 0].tolist())


def _pieces(content: ByteArray, positions: Any, counts: Any) -> list[bytes | None]:
    view: Any = content.data
    return [
        bytes(view[at : at + count]) if count >= 0 else None
        for at, count in zip(positions.tolist(), counts.tolist(), strict=True)
    ]


def _spelled(texts: dict[str, list[bytes | None]], encoding: str | None) -> dict[str, list[str | None]]:
    """The texts, in one codec for all."""
    if encoding is not None:
        return _decoded(texts, encoding, "replace")
    try:
        return _decoded(texts, UTF8, "strict")
    except UnicodeDecodeError:
        return _decoded(texts, LATIN1, "strict")


def _decoded(texts: dict[str, list[bytes | None]], codec: str, errors: str) -> dict[str, list[str | None]]:
    return {
        name: [None if piece is None else piece.decode(codec, errors) for piece in pieces]
        for name, pieces in texts.items()
    }
