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
        json.dumps(CALLS[name](values).to_dict(), allow_nan=False)


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


ROWS = [
    {"part": part, "operator": operator, "value": 10.0 * part + operator + 0.1 * trial}
    for part in range(5)
    for operator in range(2)
    for trial in range(2)
]
COLUMNS = {name: [row[name] for row in ROWS] for name in ROWS[0]}

TABLES = [
    ROWS,
    tuple(ROWS),
    COLUMNS,
    pd.DataFrame(ROWS),
    pd.DataFrame(ROWS).to_records(index=False),
    pl.DataFrame(ROWS),
    pl.LazyFrame(ROWS),
    pa.table(COLUMNS),
    pa.RecordBatch.from_pydict(COLUMNS),
]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{type(table).__module__}.{type(table).__name__}")
@pytest.mark.filterwarnings("error")
def test_tables_come_in_any_form(table: Any) -> None:
    study = assess.gauge_study(table, part="part", operator="operator", value="value", method="range")
    assert (study.parts, study.operators, study.trials, study.ndc) == (5, 2, 2, 31)
    assert assess.hotelling(table, alpha=0.05).to_dict() == assess.hotelling(COLUMNS, alpha=0.05).to_dict()


@pytest.mark.parametrize("block", [pd.DataFrame(ROWS).to_numpy(), pd.DataFrame(ROWS).to_numpy().tolist()])
def test_columns_of_an_array_are_called_by_their_places(block: Any) -> None:
    assert assess.gauge_study(block, part=0, operator=1, value=2, method="range").ndc == 31  # type: ignore[arg-type]
    assert assess.hotelling(block).columns == ("column 1", "column 2", "column 3")
    with pytest.raises(CorecarError, match="there are: 0, 1, 2"):
        assess.gauge_study(block)


SUBGROUPS = {"a": [1.0, 2.0, 1.5], "b": [2.0, 1.0, 3.0], "c": [1.0, 1.0, None]}


@pytest.mark.parametrize(
    "values",
    [
        SUBGROUPS,
        pd.DataFrame(SUBGROUPS),
        pl.DataFrame(SUBGROUPS),
        pa.table(SUBGROUPS),
        pd.DataFrame(SUBGROUPS).to_numpy(),
        [[1.0, 2.0, 1.0], [2.0, 1.0, 1.0], [1.5, 3.0, None]],
        [pl.Series([1.0, 2.0, 1.0]), pl.Series([2.0, 1.0, 1.0]), pl.Series([1.5, 3.0, None])],
    ],
    ids=lambda values: f"{type(values).__module__}.{type(values).__name__}",
)
def test_rows_of_a_table_are_subgroups(values: Any) -> None:
    found = assess.chart(values, "Xbar-R")
    assert found.location.values == pytest.approx((4 / 3, 4 / 3, 2.25))
    assert found.missing == 1
    assert assess.capability(values, 0, 5).sigma_within == pytest.approx(found.sigma)


def test_a_table_of_one_column_is_a_column() -> None:
    for table in (pd.DataFrame({"x": [1.0, 2.0, 4.0]}), pl.DataFrame({"x": [1.0, 2.0, 4.0]}), {"x": [1.0, 2.0, 4.0]}):
        assert assess.capability(table, 0, 5).within_method == "moving range"
        assert assess.chart(table).average_spread == 1.5


def test_a_size_of_subgroups_may_come_as_a_whole_float() -> None:
    readings = [1.0, 2.0, 4.0, 3.0]
    of_floats, of_whole = (assess.capability(readings, 0, 5, subgroup=size) for size in (2.0, 2))
    assert of_floats.to_dict() == of_whole.to_dict()
    with pytest.raises(CorecarError, match=r"a whole size from 1 up was expected, found 1\.5"):
        assess.capability(readings, 0, 5, subgroup=1.5)


def test_limits_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(CorecarError, match="limits: numbers or None were expected, found 'wide'"):
        assess.capability([1.0, 2.0], "wide", 5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("I-MR", "i-mr"), ("XmR", "i-mr"), ("Individuals", "i-mr"), ("I-MR chart", "i-mr")),
        *(
            ("individuals and moving range", "i-mr"),
            ("Xbar-R", "xbar-r"),
            ("X-bar & R", "xbar-r"),
            ("xbar_s", "xbar-s"),
        ),
        *(("X\u0304-R", "xbar-r"), ("EWMA", "ewma"), ("CUSUM", "cusum"), ("P", "p"), ("np", "np"), ("u-chart", "u")),
        ("c chart", "c"),
    ],
)
def test_kinds_of_charts_are_spelled_as_people_spell_them(kind: str, name: str) -> None:
    subgroup, sizes = 2 if "xbar" in name else None, 10 if name in ("p", "np", "u") else None
    assert assess.chart([1.0, 2.0, 4.0, 3.0], kind, subgroup=subgroup, sizes=sizes).kind == name


@pytest.mark.parametrize(
    ("rules", "names"),
    [
        ("Nelson", [f"nelson-{number}" for number in range(1, 9)]),
        ("Nelson rules", [f"nelson-{number}" for number in range(1, 9)]),
        *(
            (name, [f"western-electric-{number}" for number in range(1, 5)])
            for name in ("we", "WECO", "Western_Electric")
        ),
        (["nelson 1", "Nelson2", "nelson rule 5"], ["nelson-1", "nelson-2", "nelson-5"]),
        (["WE 1", "we4"], ["western-electric-1", "western-electric-4"]),
    ],
)
def test_rules_are_spelled_as_people_spell_them(rules: Any, names: list[str]) -> None:
    assert list(assess.chart([1.0, 2.0, 4.0, 3.0], rules=rules).signals) == names


@pytest.mark.parametrize(("rules", "found"), [(5, "found 5"), ([1], 'rule "1"'), ("rule 1", 'rule "rule 1"')])
def test_rules_that_are_none_are_refused(rules: Any, found: str) -> None:
    with pytest.raises(CorecarError, match=found):
        assess.chart([1.0, 2.0, 4.0], rules=rules)


@pytest.mark.parametrize(
    "answer",
    [
        assess.capability([2.0, 2.0, 2.0], 0, 1),
        assess.fit(231, 1000, 0),
        assess.mtbf(1600, 0),
        assess.drift([1.0, 1.0, 1.0], [1.0, 1.0, 1.0], 0, 2),
        assess.compare_samples([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_figures_without_a_number_are_none_in_strict_json(answer: Any) -> None:
    assert json.loads(json.dumps(answer.to_dict(), allow_nan=False)) == answer.to_dict()


def test_words_are_no_readings() -> None:
    with pytest.raises(CorecarError, match="numbers were expected"):
        assess.capability(["high", "low"], 0, 1)


def test_a_list_is_no_table() -> None:
    with pytest.raises(CorecarError, match="a table of named columns was expected, found list"):
        assess.gauge_study([1, 2, 3])


def test_a_matrix_is_no_column_of_labels() -> None:
    with pytest.raises(CorecarError, match="first: one column of labels was expected, found list in row 1"):
        assess.kappa([[10, 2], [3, 15]], [[10, 2], [3, 15]])


def test_a_table_of_one_column_holds_times_and_states_too() -> None:
    found = assess.weibull(pd.DataFrame({"hours": [10.0, 20.0, 40.0]}), {"censored": [False, False, True]})
    assert found.shape == assess.weibull([10.0, 20.0, 40.0], [False, False, True]).shape


@pytest.mark.parametrize("samples", [([], [1.0, 2.0]), ([1.0, 2.0], [3.0])])
def test_samples_too_small_to_compare_are_refused(samples: tuple[list[float], list[float]]) -> None:
    with pytest.raises(CorecarError, match="needs two readings on each side"):
        assess.compare_samples(*samples)


def test_a_target_is_a_number_or_none() -> None:
    assert assess.capability([1.0, 2.0, 3.0], 0, 4, target=float("nan")).cpm is None
    assert assess.capability_of_summary(2, 1, 0, 4, target=float("nan")).cpm is None
    with pytest.raises(CorecarError, match="target: numbers or None were expected, found 'middle'"):
        assess.capability([1.0, 2.0, 3.0], 0, 4, target="middle")  # type: ignore[arg-type]
