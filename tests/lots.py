"""Small lots built by hand, for tests of everything that comes after reading."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.lot import Lot, Results, Retests
from corecar.tables import TABLES, schema

FAIL = 0x80


def table(name: str, rows: int, /, **columns: Any) -> Any:
    """A table of `corecar.tables`; a column not given is null, or 0 and False where it may not be."""
    arrays = []
    for field in schema(name):
        values = columns.get(field.name)
        if values is None:
            arrays.append(pa.nulls(rows, field.type))
        else:
            listed = [values] * rows if np.isscalar(values) else list(values)
            arrays.append(pa.array(listed, _plain(field.type)).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema(name))


def _plain(kind: Any) -> Any:
    return pa.string() if pa.types.is_dictionary(kind) else kind


def build_lot(
    values: npt.ArrayLike,
    *,
    low: Any = None,
    high: Any = None,
    passed: Any = True,
    flags: Any = None,
    wafer: Any = None,
    x: Any = None,
    y: Any = None,
    site: Any = 1,
    head: Any = 1,
    run: Any = 0,
    hard_bin: Any = None,
    superseded: Any = False,
    incomplete: Any = False,
    attempt: Any = 1,
    part_id: Any = None,
    kind: Any = "parametric",
    names: Any = None,
    numbers: Any = None,
    runs: dict[str, Any] | None = None,
    repeats: dict[str, Any] | None = None,
    part_limits: dict[str, Any] | None = None,
    wafers: dict[str, Any] | None = None,
    bins: dict[str, Any] | None = None,
    texts: dict[str, Any] | None = None,
    identity: str = "xy",
    sources: tuple[Any, ...] = (),
    units: Any = None,
) -> Lot:
    """A lot from a matrix of values, shape (tests, parts); NaN where a part has no reading.

    Scalars stand for every part or every test; `runs` and the like are columns of those tables.
    """
    matrix = np.atleast_2d(np.asarray(values, dtype=np.float32))
    tests, parts = matrix.shape
    good = np.broadcast_to(passed, parts)
    part_columns = {
        "part": range(parts),
        "run": run,
        "wafer": wafer,
        "x": x,
        "y": y,
        "part_id": part_id,
        "head": head,
        "site": site,
        "hard_bin": np.where(good, 1, 7).tolist() if hard_bin is None else hard_bin,
        "soft_bin": np.where(good, 1, 7).tolist() if hard_bin is None else hard_bin,
        "passed": good.tolist(),
        "attempt": attempt,
        "superseded": superseded,
        "incomplete": incomplete,
        "flags": 0,
    }
    columns = runs or {"lot": ["L1"], "stage": ["wafer sort" if wafer is not None else "final test"]}
    run_count = len(next(iter(columns.values())))
    test_columns = {
        "test": range(tests),
        "number": numbers or [1000 + row for row in range(tests)],
        "name": names or [f"T{row}" for row in range(tests)],
        "low_limit": low,
        "high_limit": high,
        "kind": kind,
    }
    return Lot(
        runs=table("runs", run_count, run=range(run_count), **{"test_pass": 1, **columns}),
        parts=table("parts", parts, **part_columns),
        tests=table("tests", tests, **test_columns),
        measurements=_results(matrix, flags),
        repeats=_extra("repeats", repeats),
        part_limits=_extra("part_limits", part_limits),
        bins=_extra("bins", bins),
        wafers=_extra("wafers", wafers),
        texts=_extra("texts", texts),
        sources=sources,
        retests=Retests(identity, "last", "built by hand", 0, 0),
        units=None if units is None else np.asarray(units, np.int64),
    )


def _extra(name: str, columns: dict[str, Any] | None) -> Any:
    assert columns is None or set(columns) <= {column.name for column in TABLES[name]}
    return table(name, len(next(iter(columns.values()))), **columns) if columns else table(name, 0)


def _results(matrix: npt.NDArray[np.float32], flags: Any) -> Results:
    present = ~np.isnan(matrix) if flags is None else np.ones(matrix.shape, dtype=bool)
    bits = np.zeros(matrix.shape, np.uint16) if flags is None else np.asarray(flags, np.uint16).reshape(matrix.shape)
    offsets = np.concatenate([[0], np.cumsum(present.sum(axis=1))]).astype(np.int64)
    return Results(offsets, np.nonzero(present)[1].astype(np.uint32), matrix[present], bits[present])
