"""Whether two lots hold the same, table by table, with a message that names the first differences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.lot import TABLE_NAMES, Lot

PLACES = (("runs", "source"), ("texts", "sequence"), ("texts", "offset"))
"""What changes whenever a lot is written anew: where it stands and where its texts stand."""

REPORTED = (("bins", "reported"), ("wafers", "reported_parts"), ("wafers", "reported_good"))


def assert_same(
    found: Lot, wanted: Lot, *, but: Iterable[tuple[str, str]] = (), tables: Iterable[str] = TABLE_NAMES
) -> None:
    """Every table equal, bit for bit in the floats; an empty text counts as null."""
    skipped = {*PLACES, *but}
    differences = []
    for name in tables:
        left, right = getattr(found, name), getattr(wanted, name)
        if left.num_rows != right.num_rows:
            differences.append(f"{name}: {left.num_rows} rows instead of {right.num_rows}")
            continue
        for column in left.column_names:
            if (name, column) not in skipped and not _equal(left[column], right[column]):
                pairs = zip(left[column].to_pylist(), right[column].to_pylist(), strict=True)
                shown = [(row, *pair) for row, pair in enumerate(pairs) if pair[0] != pair[1]][:3]
                differences.append(f"{name}.{column}: {shown}")
    assert not differences, "\n".join(differences)


def _equal(left: Any, right: Any) -> bool:
    left, right = _plain(left), _plain(right)
    if pa.types.is_floating(left.type):
        found, wanted = (column.to_numpy(zero_copy_only=False) for column in (left, right))
        return left.is_null().equals(right.is_null()) and np.array_equal(found, wanted, equal_nan=True)
    return bool(left.equals(right))


def _plain(column: Any) -> Any:
    array = column.combine_chunks()
    if pa.types.is_dictionary(array.type):
        array = pc.cast(array, pa.string())
    return pc.if_else(pc.equal(array, ""), None, array) if pa.types.is_string(array.type) else array
