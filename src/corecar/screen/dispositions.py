"""What becomes of every final part after screening: bins before and after, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.lot import Lot
from corecar.tables import schema


def dispose(lot: Lot, verdicts: Any, soft_bins: npt.NDArray[np.uint16]) -> Any:
    """The `dispositions` table: one row per final part, with its bins before and after and why.

    verdicts   all screens' verdicts, the screen that decides on the bins first
    soft_bins  uint16, shape (verdicts,): soft bin that each verdict gives
    Screens move parts from good to rejected only: a part that the tester failed keeps its bins.
    """
    part = lot.chosen("final")
    whose, first = np.unique(verdicts["part"].to_numpy(), return_index=True)
    rejected = np.zeros(lot.parts.num_rows, dtype=bool)
    rejected[whose] = True
    hard, soft = (np.zeros(lot.parts.num_rows, dtype=np.uint16) for _ in range(2))
    hard[whose] = verdicts["new_bin"].to_numpy()[first]
    soft[whose] = soft_bins[first]
    chosen = lot.parts.take(pa.array(part)).combine_chunks()
    out = pa.array(rejected[part])
    columns = {
        "part": pa.array(part),
        "unit": pa.array(unit_labels(chosen), pa.string()),
        "old_hard_bin": _one(chosen["hard_bin"]),
        "new_hard_bin": pc.if_else(out, pa.array(hard[part]), _one(chosen["hard_bin"])),
        "old_soft_bin": _one(chosen["soft_bin"]),
        "new_soft_bin": pc.if_else(out, pa.array(soft[part]), _one(chosen["soft_bin"])),
        "shippable": pa.array(lot.passed[part] & ~rejected[part]),
        "reasons": pa.array(_reasons(verdicts, part), pa.string()),
        "override": pa.nulls(len(part), pa.uint32()),
    }
    target = schema("dispositions")
    return pa.Table.from_arrays([columns[field.name].cast(field.type) for field in target], schema=target)


def unit_labels(parts: Any) -> list[str]:
    """How a person finds each part: `W03 (12, -4)` on a wafer, else its part id, text or place in the lot."""
    rows = zip(*(parts[name].to_pylist() for name in ("wafer", "x", "y", "part_id", "part_text", "part")), strict=True)
    return [_unit(*row) for row in rows]


def _unit(wafer: str | None, x: int | None, y: int | None, part_id: str | None, text: str | None, part: int) -> str:
    if wafer is not None and x is not None and y is not None:
        return f"{wafer} ({x}, {y})"
    name = part_id or text or f"part {part}"
    return f"{wafer} {name}" if wafer is not None else name


def _reasons(verdicts: Any, part: npt.NDArray[np.uint32]) -> list[str]:
    words: dict[int, list[str]] = {}
    for which, rule, reason in zip(*(verdicts[name].to_pylist() for name in ("part", "rule", "reason")), strict=True):
        words.setdefault(which, []).append(f"{rule}: {reason}")
    return ["; ".join(words.get(which, ())) for which in part.tolist()]


def labels_of_tests(lot: Lot) -> list[str]:
    """How a person finds each test: number, name and, of a multiple-result test, the pin."""
    rows = zip(*(lot.tests[name].to_pylist() for name in ("number", "name", "pin")), strict=True)
    return [" ".join(str(word) for word in row if word not in (None, "")) for row in rows]


def _one(column: Any) -> Any:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
