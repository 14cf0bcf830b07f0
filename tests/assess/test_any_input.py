"""Whatever comes in: an answer of plain figures, or one of Corecar's errors; never a warning, never another error."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corecar import CorecarError, assess

anything = st.lists(
    st.one_of(
        st.floats(-1e6, 1e6),
        st.sampled_from([0.0, 1.0, 1.0, 2.0, -1.0, 1e-300, 1e100, float("nan"), float("inf"), -float("inf")]),
    ),
    max_size=25,
)

CALLS: dict[str, Callable[[Any], Any]] = {
    "capability": lambda x: assess.capability(x, -1, 3, 1),
    "capability of one limit": lambda x: assess.capability(x, None, 3, subgroup=3),
    "capability by percentiles": lambda x: assess.capability(x, 0, 3, distribution="best"),
    "capability in subgroups": lambda x: assess.capability(x, -1, 3, subgroup=4, within="pooled"),
    **{f"chart {kind}": partial(assess.chart, kind=kind, rules="nelson") for kind in ("i-mr", "ewma", "cusum")},
    **{f"chart {kind}": partial(assess.chart, kind=kind, subgroup=3) for kind in ("xbar-r", "xbar-s")},
    **{f"chart {kind}": partial(assess.chart, kind=kind, sizes=10) for kind in ("p", "np", "u", "c")},
    "hotelling": lambda x: assess.hotelling({"a": x, "b": x[::-1]}, 0.05),
    "hotelling robust": lambda x: assess.hotelling({"a": x, "b": x[::-1]}, 0.05, covariance="robust"),
    "weibull": lambda x: assess.weibull(x, [number % 3 == 0 for number in range(len(x))]),
    "weibull by ranks": lambda x: assess.weibull(x, method="rank regression"),
    "grubbs": assess.grubbs,
    "generalised_esd": lambda x: assess.generalised_esd(x, 2),
    "correlate": lambda x: assess.correlate(x, x[::-1], -1, 3),
    "drift": lambda x: assess.drift(x, x[::-1], -1, 3),
    "equivalence": lambda x: assess.equivalence(x, x[::-1], 0.5),
    "group_bias": lambda x: assess.group_bias(x, [number % 3 for number in range(len(x))]),
    "yield_bias": lambda x: assess.yield_bias(x, [10] * len(x)),
    "kappa": lambda x: assess.kappa(x, x[::-1]),
    "mcnemar": lambda x: assess.mcnemar(x, x[::-1]),
    "bin_switching": lambda x: assess.bin_switching(x, x[::-1]),
    "fit": lambda x: assess.fit(10, x, 1),
    "gauge_study": lambda x: assess.gauge_study(study(x)),
    "gauge_study by ranges": lambda x: assess.gauge_study(study(x), method="range", tolerance=3),
    "gauge_study nested": lambda x: assess.gauge_study(study(x), design="nested"),
    "nested_study": lambda x: assess.nested_study(study(x), ["operator"], within=["part"]),
}


def study(values: list[float]) -> dict[str, list[Any]]:
    """As many readings as make a balanced study of two operators and two trials."""
    parts = len(values) // 4
    rows = [(part, operator) for part in range(parts) for operator in "AB" for _ in range(2)]
    return {"part": [p for p, _ in rows], "operator": [o for _, o in rows], "value": values[: 4 * parts]}


@pytest.mark.parametrize("name", CALLS)
@given(values=anything)
@settings(max_examples=60)
def test_any_column_gives_an_answer_or_a_clear_error(name: str, values: list[float]) -> None:
    with suppress(CorecarError):
        json.dumps(CALLS[name](values).to_dict())


READINGS = [1.0, 2.0, None, 4.0, 3.0]


@pytest.mark.parametrize(
    "column",
    [
        READINGS,
        np.array([1, 2, np.nan, 4, 3]),
        np.ma.masked_invalid(np.array([1, 2, np.nan, 4, 3])),
        pd.Series(READINGS),
        pd.Series(READINGS, dtype="Float64"),
        pl.Series(READINGS),
        pa.array(READINGS),
        pa.chunked_array([READINGS[:2], READINGS[2:]]),
        pa.array([1, 2, None, 4, 3]),
        [Decimal(1), Decimal(2), None, Decimal(4), Decimal(3)],
    ],
    ids=lambda column: f"{type(column).__module__}.{type(column).__name__}",
)
def test_readings_come_in_any_column(column: Any) -> None:
    found = assess.capability(column, 0, 5)
    assert (found.n, found.missing, found.mean) == (4, 1, 2.5)
    assert assess.chart(column, sigma=1).location.points == (1, 2, 4, 5)


@pytest.mark.parametrize(
    "column",
    [
        list("aabb"),
        np.array(list("aabb")),
        pd.Series(list("aabb")),
        pd.Series(list("aabb"), dtype="category"),
        pl.Series(list("aabb")),
        pa.array(list("aabb")),
        pa.array(list("aabb")).dictionary_encode(),
    ],
    ids=lambda column: f"{type(column).__module__}.{type(column).__name__}",
)
def test_labels_come_in_any_column(column: Any) -> None:
    assert assess.group_bias([1.0, 2.0, 3.0, 4.0], column).medians == {"a": 1.5, "b": 3.5}


def test_words_are_no_readings() -> None:
    with pytest.raises(CorecarError, match="numbers were expected"):
        assess.capability(["high", "low"], 0, 1)


def test_a_list_is_no_table() -> None:
    with pytest.raises(CorecarError, match="a table of named columns was expected, found list"):
        assess.gauge_study([1, 2, 3])
