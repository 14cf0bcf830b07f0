"""Sorting and quantiles against NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from corecar.compiled import allocating
from corecar.order_statistics import QUARTILE_RULES, median, quantile, sort_packed, sortable, unsortable

NUMPY_NAMES = {"type 7": "linear", "type 6": "weibull", "type 5": "hazen", "lower": "lower", "higher": "higher"}


@allocating
def keys_of(bits: np.ndarray) -> np.ndarray:
    """`sortable` of each; it is called from compiled code only."""
    out = np.empty_like(bits)
    for i in range(len(bits)):
        out[i] = sortable(bits[i])
    return out


@allocating
def bits_of(keys: np.ndarray) -> np.ndarray:
    """`unsortable` of each."""
    out = np.empty_like(keys)
    for i in range(len(keys)):
        out[i] = unsortable(keys[i])
    return out


floats = hnp.arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6, width=32))


@pytest.mark.parametrize("rule", QUARTILE_RULES)
@given(values=floats, fraction=st.sampled_from([0.25, 0.5, 0.75, 0.125, 0.0, 1.0]))
def test_quantiles_agree_with_numpy(rule: str, values: np.ndarray, fraction: float) -> None:
    expected = np.quantile(values, fraction, method=NUMPY_NAMES[rule])  # type: ignore[call-overload]
    assert quantile(np.sort(values), fraction, QUARTILE_RULES[rule]) == pytest.approx(expected, rel=1e-12, abs=1e-9)


@given(values=floats)
def test_the_median_agrees_with_numpy(values: np.ndarray) -> None:
    assert median(np.sort(values)) == np.median(values)


@given(values=hnp.arrays(np.float32, st.integers(1, 50), elements=st.floats(allow_nan=False, width=32)))
def test_floats_sort_by_their_packed_keys_and_come_back(values: np.ndarray) -> None:
    bits = values.view(np.uint32)
    keys = keys_of(bits)
    ordered = values[np.argsort(keys, kind="stable")]
    assert np.array_equal(np.sort(values), ordered)
    assert np.array_equal(bits_of(keys), bits)


@given(items=hnp.arrays(np.uint64, st.integers(1, 300), elements=st.integers(0, 2**44 - 1)))
def test_packed_readings_are_sorted_by_group_and_value(items: np.ndarray) -> None:
    assert np.array_equal(sort_packed(items.copy(), np.empty_like(items), 44), np.sort(items))
