"""The rows of a record as numbers that a compiled loop can walk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.formats.stdf.rows import RECORDS, Field

LAYOUT, SIZE, COUNT_FIELD, COUNT_CONSTANT, WIDTH_FIELD, GATE_FIELD, GATE_MASK, GATE_VALUE = range(8)
"""Columns of a plan's steps."""

NONE, CONSTANT = -1, -2
"""In COUNT_FIELD: the field is a single value; the field is an array whose length is COUNT_CONSTANT."""


@dataclass(frozen=True)
class Plan:
    """One layout of a record: its fields, and `steps`, int64 of shape (fields, 8), one row for each."""

    fields: tuple[Field, ...]
    steps: npt.NDArray[np.int64]


def _step(field: Field, place: dict[str, int]) -> list[int]:
    count: Any = field.count
    gate = field.when
    return [
        field.type_code.layout,
        field.type_code.size,
        place[count] if isinstance(count, str) else NONE if count is None else CONSTANT,
        count if isinstance(count, int) else 0,
        NONE if field.width is None else place[field.width],
        NONE if gate is None else place[gate.flags],
        0 if gate is None else gate.mask,
        0 if gate is None else gate.value,
    ]


def _plan(fields: tuple[Field, ...]) -> Plan:
    place = {field.name: index for index, field in enumerate(fields)}
    steps = np.array([_step(field, place) for field in fields], dtype=np.int64).reshape(len(fields), 8)
    return Plan(fields, steps)


@cache
def plans(record: str) -> tuple[Plan, ...]:
    """The plans of a record's layouts, in the order in which they are tried."""
    return tuple(_plan(layout) for layout in RECORDS[record].layouts)
