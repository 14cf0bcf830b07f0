"""The tables in the lake: which there are, their columns, their order of rows, the names of their files."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.columns_at_rest import at_rest
from corecar.errors import ArgumentError
from corecar.tables import schema

LAKE_TABLES = ("parts", "tests", "results", "repeats", "part_limits", "bins", "wafers", "texts", "measures")

RUNS_TABLE = "runs"
"""The facts in force of all runs, written for other engines when the lake is published."""

TEST_IDENTITY = ("number", "name", "pin", "kind", "unit", "low_limit", "high_limit")
"""Columns of `tests` that every measure repeats, so that a trend over years needs no other table."""

MEASURE_ORDER = ("scope", "number", "name", "pin", "kind", "group", "run")
"""How measures are sorted: all runs of one test lie together."""

PRUNED_BY = {"results": ("run", "test")}
"""Of which columns each row group tells the least and the largest value, so that readers can leave it out; of other
tables all do."""

_RUN = pa.field("run", pa.dictionary(pa.int32(), pa.string()), nullable=False,
                metadata={"unit": "", "meaning": "SHA-256 of the stream's bytes, 64 hex digits"})  # fmt: skip

_CUSTOMER = pa.field("customer", pa.string(), metadata={"unit": "", "meaning": "for whom, by the filing mapping"})


@cache
def lake_schema(table: str) -> Any:
    """The Arrow schema of a table in the lake: `run` first, then its columns of `corecar.tables` in types at rest.

    `run` is a dictionary in memory, since it is one value per run, and plain text in the file.
    Raises  ArgumentError for a table that the lake does not keep
    """
    if table == RUNS_TABLE:
        return pa.schema([_RUN, _CUSTOMER, *at_rest([field for field in schema("runs") if field.name != "run"])])
    if table not in LAKE_TABLES:
        raise ArgumentError(f'table "{table}": the lake keeps {", ".join(LAKE_TABLES)}.')
    fields = [field for field in schema(table) if field.name != "run"]
    if table == "measures":
        fields = [*(schema("tests").field(name) for name in TEST_IDENTITY), *fields]
    if table == "results":
        fields = [field.with_nullable(field.name == "passed") for field in fields]
    return pa.schema([_RUN, *at_rest(fields)])


def table_of(key: str) -> str:
    """The table of a file, by where it stands.

    >>> table_of("lake/parts/0123456789abcdef-89abcdef.parquet")
    'parts'
    """
    return key.split("/")[-2]


def table_key(table: str, name: str, token: str) -> str:
    """Where a file of a table stands: `lake/parts/0123456789abcdef-89abcdef.parquet`."""
    return f"lake/{table}/{name}-{token}.parquet"


def in_measure_order(measures: Any) -> npt.NDArray[np.int64]:
    """Row numbers that sort a measures table by `MEASURE_ORDER`, rows without a name or pin behind those with one."""
    return np.lexsort([_ranks(measures[name]) for name in reversed(MEASURE_ORDER)])


def _ranks(column: Any) -> npt.NDArray[np.integer]:
    """Numbers in the order of a column's values, which sort faster than texts."""
    if pa.types.is_integer(column.type):
        return np.asarray(column.to_numpy())
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    encoded = encoded.unify_dictionaries().combine_chunks()
    words = len(encoded.dictionary)
    ranks = np.full(words + 1, words, np.int32)
    ranks[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(words)
    return np.asarray(ranks[encoded.indices.fill_null(words).to_numpy()])
