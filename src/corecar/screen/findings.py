"""What one screen found, in one shape for all screens: rejected parts with reasons, and the record they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.lot import Float64Array, Int64Array, Lot
from corecar.tables import schema

NO_TEST = -1


@dataclass(frozen=True, eq=False)
class Findings:
    """The outcome of one screen; the arrays have one entry per verdict.

    rule      the screen
    records   its rows of the `limits` table, numbered from 0
    part      int64: row of `parts`
    test      int64: row of `tests`, `NO_TEST` where the screen judges no single test
    limit     int64: row of `records`
    value     float64: what was held against the limit
    distance  float64: from the median, in robust sigmas; NaN where there is none
    reasons   why, in words
    notes     what a reader must know, one sentence each
    hold      why the lot must wait, one sentence each: for what the screen found
    unjudged  what of the lot the screen did not judge and why, one sentence each
    held      whether anything was held against a limit; None where the records say it (`applied`)
    """

    rule: str
    records: Any
    part: Int64Array
    test: Int64Array
    limit: Int64Array
    value: Float64Array
    distance: Float64Array
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())
    hold: tuple[str, ...] = field(default=())
    unjudged: tuple[str, ...] = field(default=())
    held: bool | None = None

    @property
    def is_idle(self) -> bool:
        """Whether the screen judged nothing at all."""
        return not (self.held if self.held is not None else bool(pc.any(self.records["applied"]).as_py()))


def nothing(rule: str, unjudged: Sequence[str], notes: Sequence[str] = (), hold: Sequence[str] = ()) -> Findings:
    """A screen that judged nothing, and why."""
    none, no_values = np.empty(0, np.int64), np.empty(0)
    rows = schema("limits").empty_table()
    return Findings(rule, rows, none, none, none, no_values, no_values, (), tuple(notes), tuple(hold), tuple(unjudged))


def record_rows(screen: str, version: str, rows: Sequence[dict[str, Any]]) -> Any:
    """Rows of the `limits` table; what a row doesn't say is null, or empty where the table has a text."""
    blank = {"screen": screen, "version": version, "quartile_rule": "", "clamp": "", "fallback": "", "applied": True}
    full = [{**blank, "limit": number, **row} for number, row in enumerate(rows)]
    return pa.Table.from_pylist(full, schema=schema("limits"))


def verdict_rows(lot: Lot, found: Findings, first: int, hard_bin: int) -> Any:
    """The rows of a screen in the `verdicts` table.

    first     row of the `limits` table at which the screen's records begin
    hard_bin  bin that its rejects are given
    """
    target = schema("verdicts")
    count = len(found.part)
    with np.errstate(over="ignore"):  # a squared distance beyond float32 is told as infinite
        value = found.value.astype(np.float32)
    columns = {
        "part": pa.array(found.part),
        "test": pa.array(found.test, mask=found.test == NO_TEST),
        "rule": pa.repeat(found.rule, count),
        "limit": pa.array(found.limit + first),
        "value": pa.array(value),
        "distance": pa.array(found.distance, mask=np.isnan(found.distance)),
        "old_bin": lot.parts["hard_bin"].take(pa.array(found.part)).combine_chunks(),
        "new_bin": pa.array(np.full(count, hard_bin)),
        "reason": pa.array(found.reasons, pa.string()),
    }
    return pa.Table.from_arrays([_cast(columns[name.name], name.type) for name in target], schema=target)


def _cast(column: Any, kind: Any) -> Any:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return array.cast(kind)
