"""Records of Corecar beside those of a peer: what differs, and which differences are known and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

import numpy as np

Rows = Mapping[str, list[dict[str, Any]]]

ABSENT = "<no such field>"


@dataclass(frozen=True)
class Known:
    """A known difference: where it shows and the reason. `*` stands for any.

    file    file name, or a pattern
    record  record name
    field   field name, or `count` when the peer finds another number of records
    """

    file: str
    record: str
    field: str
    reason: str

    def covers(self, file: str, difference: Difference) -> bool:
        pairs = ((file, self.file), (difference.record, self.record), (difference.field, self.field))
        return all(fnmatch(value, pattern) for value, pattern in pairs)


@dataclass(frozen=True)
class Difference:
    """One field of one record type that is not the same, with its first example."""

    record: str
    field: str
    row: int
    ours: object
    theirs: object


def differences(ours: Rows, theirs: Rows) -> list[Difference]:
    """The first difference of every field; a record type with another number of rows is one difference."""
    found = []
    for record in sorted({*ours, *theirs}):
        left, right = ours.get(record, []), theirs.get(record, [])
        if len(left) != len(right):
            found.append(Difference(record, "count", 0, len(left), len(right)))
            continue
        found += _differing_fields(record, left, right)
    return found


def unexplained(file: str, found: Iterable[Difference], known: Iterable[Known]) -> list[Difference]:
    """The differences that no row of the table covers."""
    rows = list(known)
    return [difference for difference in found if not any(row.covers(file, difference) for row in rows)]


def stale(file: str, found: Iterable[Difference], known: Iterable[Known]) -> list[Known]:
    """Rows that name this very file and yet cover no difference: the peer has changed, or the reason was wrong."""
    differing = list(found)
    own = [row for row in known if row.file == file]
    return [row for row in own if not any(row.covers(file, difference) for difference in differing)]


def same(ours: object, theirs: object) -> bool:
    """Equal values; R4 numbers are held as doubles by some peers, and NaN equals NaN."""
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, float):
        return (math.isnan(ours) and math.isnan(theirs)) or bool(np.float32(ours) == np.float32(theirs))
    return type(ours) is type(theirs) and ours == theirs


def _differing_fields(record: str, left: list[dict[str, Any]], right: list[dict[str, Any]]) -> list[Difference]:
    found: dict[str, Difference] = {}
    for row, (ours, theirs) in enumerate(zip(left, right, strict=True)):
        for field in {**ours, **theirs}:
            if field in found:
                continue
            mine, other = ours.get(field, ABSENT), theirs.get(field, ABSENT)
            if not same(mine, other):
                found[field] = Difference(record, field, row, mine, other)
    return list(found.values())
