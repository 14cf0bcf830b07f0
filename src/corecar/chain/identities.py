"""Columns as whole numbers: equal where values are equal, in the order of the values; rows by their keys likewise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Codes = npt.NDArray[np.int64]
_FULL = 1 << 62


def ranks(column: Any) -> Codes:
    """Numbers in the order of a column's values: 0 where it is null, the same number for the same value.

    column   an Arrow array or chunked array, shape (rows,)
    Returns  int64, shape (rows,)

    >>> ranks(pa.chunked_array([["b", None, "a", "b"]])).tolist()
    [2, 0, 1, 2]
    """
    whole = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
    if pa.types.is_string(whole.type):
        whole = whole.dictionary_encode()
    if pa.types.is_dictionary(whole.type):
        return _of_words(whole.unify_dictionaries().combine_chunks())
    flat = whole.combine_chunks()
    if not pa.types.is_floating(flat.type):
        return _of_whole_numbers(flat)
    missing = flat.is_null().to_numpy(zero_copy_only=False)
    _, inverse = np.unique(pc.fill_null(flat, 0.0).to_numpy(zero_copy_only=False), return_inverse=True)
    return np.where(missing, 0, inverse + 1).astype(np.int64)


def _of_whole_numbers(flat: Any) -> Codes:
    """Whole numbers, days and yes or no keep their distances: nothing needs to be sorted."""
    values = flat.cast(pa.int32()).cast(pa.int64())
    if values.null_count == len(values):
        return np.zeros(len(values), np.int64)
    counted = pc.fill_null(pc.add(pc.subtract(values, pc.min(values)), 1), 0)
    return np.asarray(counted.to_numpy(zero_copy_only=False))


def _of_words(encoded: Any) -> Codes:
    if isinstance(encoded, pa.ChunkedArray):  # no chunk at all
        return np.zeros(0, np.int64)
    words = len(encoded.dictionary)
    place = np.zeros(words + 1, np.int64)
    place[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(1, words + 1)
    return np.asarray(place[encoded.indices.fill_null(words).to_numpy(zero_copy_only=False)])


def settled(column: Any) -> Any:
    """A column as one array; names with a dictionary of what stands in it, in order, so that equal columns are the
    same bytes.

    >>> settled(pa.chunked_array([["b", "a"], ["b"]]).dictionary_encode()).indices.to_pylist()
    [1, 0, 1]
    """
    flat = column.combine_chunks()
    if not pa.types.is_dictionary(flat.type) or not len(flat):
        return flat
    words = flat.unique().drop_null().dictionary_decode().sort() if flat.null_count < len(flat) else []
    codes = np.unique(ranks(column), return_inverse=True)[1] - (1 if flat.null_count else 0)
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=codes < 0), pa.array(words, pa.string()))


def identities(columns: Sequence[Any]) -> Codes:
    """One number per row, the same for rows that agree in all columns, in the order of the columns.

    columns  Arrow arrays of one length
    Returns  int64, shape (rows,)

    >>> identities([pa.array(["a", "a", "b"]), pa.array([2, 1, None])]).tolist()
    [1, 0, 2]
    """
    first, *others = [ranks(column) for column in columns]
    whole = first
    for other in others:
        size = int(other.max(initial=0)) + 1
        if (int(whole.max(initial=0)) + 1) * size >= _FULL:
            whole = np.unique(whole, return_inverse=True)[1].astype(np.int64)
        whole = whole * size + other
    return whole if not others else np.unique(whole, return_inverse=True)[1].astype(np.int64)
