"""Readings and labels as arrays, whatever they came in: lists, NumPy, pandas, Polars, Arrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import frexp, ldexp
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError, TooFewParts
from corecar.plurals import plural

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Sample:
    """The finite readings in their order, and how many others there were."""

    readings: FloatArray
    missing: int

    @property
    def constant(self) -> bool:
        """Whether all readings are one value, or so nearly that no spread is left in float64."""
        return bool(np.ptp(self.readings) == 0 or (len(self.readings) > 1 and deviation(self.readings, 0) == 0))

    @property
    def mean(self) -> float:
        """Mean, also of readings whose sum is beyond float64."""
        scale = power_of_two(self.readings)
        return float(np.mean(self.readings / scale)) * scale

    @property
    def median(self) -> float:
        """Median, likewise."""
        scale = power_of_two(self.readings)
        return float(np.median(self.readings / scale)) * scale

    @property
    def sd(self) -> float:
        """Standard deviation with n - 1; exactly 0 when all readings are one value, NaN for one reading."""
        if len(self.readings) < 2:
            return float("nan")
        return 0.0 if self.constant else deviation(self.readings)


def power_of_two(readings: FloatArray) -> float:
    """The power of two below the largest magnitude, 1 for nothing or zeros: dividing by it loses no digit.

    >>> power_of_two(np.array([-5.0, 3.0])), power_of_two(np.zeros(2))
    (4.0, 1.0)
    """
    largest = float(np.abs(readings).max(initial=0.0))
    return ldexp(1.0, frexp(largest)[1] - 1) if largest > 0 else 1.0


def deviation(readings: FloatArray, lost: int = 1) -> float:
    """Standard deviation, scaled so that squares of very large or small readings neither overflow nor vanish.

    lost  degrees of freedom taken off the count: 1 for a sample, 0 for a whole population
    Source  the two-pass algorithm on readings divided by a power of two; Chan, Golub and LeVeque (1983)

    >>> deviation(np.array([1e200, 3e200])) == 1e200 * 2**0.5
    True
    """
    scale = power_of_two(readings)
    return float(np.std(readings / scale, ddof=lost)) * scale


def floats(values: Any, what: str) -> FloatArray:
    """Any column of numbers as float64; null and masked become NaN.

    Raises  ArgumentError for what is no number
    """
    if np.ma.isMaskedArray(values):
        values = np.ma.filled(values.astype(np.float64), np.nan)
    try:
        if hasattr(values, "isna") and hasattr(values, "to_numpy"):
            return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), np.float64)
        return np.asarray(values, np.float64)
    except (TypeError, ValueError) as fault:
        raise ArgumentError(f"{what}: numbers were expected: {fault}. Convert the column first.") from fault


def column_of_floats(values: Any, what: str) -> FloatArray:
    """Like `floats`, of a column or a table of one column, and refuses anything but one dimension."""
    array = floats(readings_of(values), what)
    if array.ndim != 1:
        raise ArgumentError(f"{what}: one column was expected, found {array.ndim} dimensions {array.shape}.")
    return array


def sample(values: Any, what: str, least: int) -> Sample:
    """The finite readings of a column.

    least   how many finite readings the statistic needs
    Raises  TooFewParts below that
    """
    array = column_of_floats(values, what)
    readings = array[np.isfinite(array)]
    missing = len(array) - len(readings)
    if len(readings) < least:
        beside = f" beside {plural(missing, 'missing one')}" if missing else ""
        raise TooFewParts(
            f"{what}: needs {plural(least, 'reading')}, {len(readings)} found{beside}. Collect more readings."
        )
    return Sample(readings, missing)


def column(table: Any, name: str) -> Any:
    """One column of a table in any form that `with_columns` takes.

    Raises  ArgumentError that names the columns there are
    """
    table = with_columns(table)
    names = column_names(table)
    if name not in names:
        raise ArgumentError(f'no column "{name}" in the table; there are: {", ".join(map(str, names)) or "none"}.')
    return table[name]


def with_columns(table: Any) -> Any:
    """A table whose columns can be taken by name, from anything that is one.

    table  pandas, Polars (also lazy), Arrow, NumPy record array, dict of columns; or a list of dicts, one per row; or
           rows of two dimensions, whose columns are called 0, 1, ...
    """
    if hasattr(table, "collect_schema") and hasattr(table, "collect"):
        return table.collect()
    if isinstance(table, Sequence) and len(table) and all(isinstance(row, Mapping) for row in table):
        names = dict.fromkeys(name for row in table for name in row)
        return {name: [row.get(name) for row in table] for name in names}
    if two_dimensional(table):
        block = np.asarray(table)
        return {place: block[:, place] for place in range(block.shape[1])} if block.ndim == 2 else table
    return table


def two_dimensional(values: Any) -> bool:
    """Whether these are rows of values: an array of two dimensions, or a list of lists or of columns."""
    if isinstance(values, np.ndarray):
        return values.ndim == 2
    if not isinstance(values, (list, tuple)) or not len(values):
        return False
    return all(hasattr(row, "__len__") and not isinstance(row, (str, bytes, Mapping)) for row in values)


def readings_of(values: Any) -> Any:
    """Readings as they are; those of a table as its one column, or as one row of readings for each of its rows."""
    if not (isinstance(values, Mapping) or hasattr(values, "columns") or hasattr(values, "column_names")):
        return values
    table = with_columns(values)
    names = column_names(table)
    if len(names) == 1:
        return table[names[0]]
    columns = [column_of_floats(table[name], f'column "{name}"') for name in names]
    same_length("table", **{str(name): one for name, one in zip(names, columns, strict=True)})
    return np.column_stack(columns) if columns else np.empty(0)


def column_names(table: Any) -> list[Any]:
    """The names of a table's columns in their order."""
    table = with_columns(table)
    if isinstance(table, Mapping):
        return list(table)
    if hasattr(table, "column_names"):
        return list(table.column_names)
    if hasattr(table, "columns"):
        return list(table.columns)
    names = getattr(getattr(table, "dtype", None), "names", None)
    if names is None:
        raise ArgumentError(f"a table of named columns was expected, found {type(table).__name__}.")
    return list(names)


def labels(values: Any, what: str) -> tuple[IntArray, list[Any]]:
    """Groups by label: the group of each row, and the labels in the order of their first appearance.

    Raises  ArgumentError where a row has no label
    """
    items = [_label(item, row, what) for row, item in enumerate(_listed(values))]
    places: dict[Any, int] = {}
    codes = np.array([places.setdefault(item, len(places)) for item in items], np.intp)
    return codes, list(places)


def _listed(values: Any) -> list[Any]:
    for way in ("to_pylist", "tolist", "to_list"):
        if hasattr(values, way):
            return list(getattr(values, way)())
    return list(values)


def _label(item: Any, row: int, what: str) -> Any:
    if isinstance(item, (list, dict, np.ndarray)):
        raise ArgumentError(f"{what}: one column of labels was expected, found {type(item).__name__} in row {row + 1}.")
    if item is None or item != item:
        raise ArgumentError(f"{what}: row {row + 1} has no label. Leave the row out or name its group.")
    return item


def same_length(what: str, **columns: Any) -> None:
    """Raises ArgumentError when columns that belong together are not equally long."""
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        raise ArgumentError(f"{what}: columns of one length were expected, found {told} rows.")


def fraction(value: float, what: str) -> float:
    """A probability strictly between 0 and 1, such as a confidence. Raises ArgumentError for anything else."""
    if not 0 < value < 1:
        raise ArgumentError(f"{what}: a fraction between 0 and 1 was expected, found {value!r} (60 % is 0.6).")
    return float(value)


def spelled(value: Any, allowed: Sequence[str], what: str, aliases: Mapping[str, str] | None = None) -> str:
    """One of the words that are allowed, however its case, blanks and hyphens are written.

    aliases  other names, folded, and the word each stands for
    Raises   ArgumentError that lists the words
    """
    known = {folded(word): word for word in allowed} | dict(aliases or {})
    found = known.get(folded(value)) if isinstance(value, str) else None
    return choice(value, tuple(allowed), what) if found is None else found


def folded(name: str) -> str:
    """Letters and digits alone, in small: "Xbar & R" and "xbar-r" are one name; x with a bar above is "xbar"."""
    plain = name.casefold().replace("x\u0304", "xbar").replace(" and ", " ")
    return "".join(letter for letter in plain if letter.isalnum())


def choice(value: str, allowed: tuple[str, ...], what: str) -> str:
    """One of the words that are allowed. Raises ArgumentError that lists them."""
    if value not in allowed:
        raise ArgumentError(f'{what} "{value}": expected one of {", ".join(allowed)}.')
    return value
