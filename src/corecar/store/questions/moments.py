"""Measures of several runs as those of one population: exact where that is possible, null where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.capability import capability

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

COUNTS = ("n", "failed", "passing_n")
QUARTILES = ("q1", "median", "q3")
LIMITS = ("low_limit", "high_limit")
MERGED = (*LIMITS, *COUNTS, "mean", "sd", "minimum", *QUARTILES, "maximum", "cpk")


def group_codes(table: Any, names: tuple[str, ...]) -> tuple[Codes, Codes]:
    """Number of the group of each row, and the first row of each group; null equals null.

    Groups are numbered in the order of their first rows.
    """
    codes = np.zeros(table.num_rows, np.int64)
    for name in names:
        column = table[name].combine_chunks().dictionary_encode(null_encoding="encode")
        part = column.indices.to_numpy().astype(np.int64)
        codes = np.unique(codes * (len(column.dictionary) + 1) + part, return_inverse=True)[1]
    _, first, codes = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[codes], first[order]


def merged(rows: Any, codes: Codes, groups: int) -> dict[str, Any]:
    """Measures of each group of rows, as Arrow columns named in `MERGED`.

    rows    measures with limits
    codes   the group of each row, from 0
    groups  how many there are
    Counts add up; mean and standard deviation follow from the moments of the parts, minimum and maximum from theirs.
    Quartiles of several parts do not follow from theirs: null. So are limits that differ, and Cpk with them.
    """
    counts = {name: _summed(_floats(rows, name), codes, groups) for name in COUNTS}
    held = _floats(rows, "passing_n") > 0
    sources = _summed(held.astype(np.float64), codes, groups)
    mean, sd = _moments(rows, codes, groups, counts["passing_n"])
    limits = {name: _agreed(_floats(rows, name), codes, groups) for name in LIMITS}
    alone = np.bincount(codes, minlength=groups) == 1
    cpk = np.where(alone, _only(_floats(rows, "cpk"), codes, groups), _capability(mean, sd, limits))
    columns: dict[str, Any] = {name: pa.array(values.astype(np.uint64)) for name, values in counts.items()}
    columns |= {name: nullable(values).cast(pa.float32()) for name, (values, _) in limits.items()}
    columns |= {"mean": nullable(mean), "sd": nullable(sd), "cpk": nullable(cpk)}
    columns["minimum"] = nullable(_extreme(np.fmin, _floats(rows, "minimum"), codes, groups))
    columns["maximum"] = nullable(_extreme(np.fmax, _floats(rows, "maximum"), codes, groups))
    for name in QUARTILES:
        only = _only(np.where(held, _floats(rows, name), np.nan), codes, groups)
        columns[name] = nullable(np.where(sources == 1, only, np.nan))
    return {name: columns[name] for name in MERGED}


def nullable(values: Floats) -> Any:
    """float64 with null for what is not finite."""
    return pa.array(values, mask=~np.isfinite(values))


def _floats(rows: Any, name: str) -> Floats:
    """A column as float64, NaN for null."""
    found: Floats = rows[name].cast(pa.float64()).to_numpy()
    return found


def _summed(values: Floats, codes: Codes, groups: int) -> Floats:
    return np.asarray(np.bincount(codes, values, groups), np.float64)


def _moments(rows: Any, codes: Codes, groups: int, total: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each group; deviations are from its mean, so that no digits cancel."""
    n, mean, sd = (np.nan_to_num(_floats(rows, name)) for name in ("passing_n", "mean", "sd"))
    with np.errstate(invalid="ignore", divide="ignore"):
        rough = _summed(n * mean, codes, groups) / total
        centre = rough + _summed(n * (mean - rough[codes]), codes, groups) / total
        inside = _summed(np.maximum(n - 1, 0) * sd**2, codes, groups)
        squares = inside + _summed(n * (mean - centre[codes]) ** 2, codes, groups)
        return centre, np.where(total > 1, np.sqrt(squares / (total - 1)), np.nan)


def _agreed(values: Floats, codes: Codes, groups: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The value that all rows of a group share, else NaN; and whether they agree, on a value or on its absence."""
    low, high = _extreme(np.fmin, values, codes, groups), _extreme(np.fmax, values, codes, groups)
    absent = _summed(np.isnan(values).astype(np.float64), codes, groups)
    rows = np.bincount(codes, minlength=groups)
    same = ((low == high) & (absent == 0)) | (absent == rows)
    return np.where(same, low, np.nan), same


def _capability(mean: Floats, sd: Floats, limits: dict[str, tuple[Floats, npt.NDArray[np.bool_]]]) -> Floats:
    (low, low_same), (high, high_same) = limits["low_limit"], limits["high_limit"]
    return np.where(low_same & high_same, capability(mean, sd, low, high), np.nan)


def _only(values: Floats, codes: Codes, groups: int) -> Floats:
    """The one value of each group that has just one."""
    return _extreme(np.fmax, values, codes, groups)


def _extreme(pick: np.ufunc, values: Floats, codes: Codes, groups: int) -> Floats:
    out = np.full(groups, np.nan)
    pick.at(out, codes, values)
    return out
