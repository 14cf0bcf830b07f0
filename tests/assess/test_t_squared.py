"""Hotelling's T-squared: published distances, masking undone, limits that keep their promise."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.assess import hotelling
from corecar.errors import ArgumentError, TooFewParts

STACKLOSS = [
    *(5.0787, 5.4044, 2.5399, 1.6177, 0.0920, 0.5974, 3.4324, 3.4324, 1.8513, 3.0485, 2.1483),
    *(3.3911, 2.1982, 3.1641, 2.8569, 1.6691, 7.2901, 2.2595, 2.5384, 0.6513, 4.7383),
]


@pytest.fixture(scope="module")
def stackloss() -> Any:
    """Brownlee's plant data, the three columns that explain."""
    from statsmodels.datasets import stackloss

    return stackloss.load_pandas().exog


def test_the_distances_of_the_stackloss_data(stackloss: Any) -> None:
    found = hotelling(stackloss, alpha=0.025, limit="chi-square")
    assert [round(distance, 4) for distance in found.t_squared] == STACKLOSS
    assert (round(found.limit, 4), found.out) == (9.3484, ())


def test_the_robust_form_finds_what_the_plain_one_masks(stackloss: Any) -> None:
    found = hotelling(stackloss, alpha=0.025, covariance="robust", support=0.62)
    distances = dict(zip(found.points, found.t_squared, strict=True))
    assert {row: round(distances[row], 1) for row in found.out} == {1: 28.3, 2: 29.4, 3: 16.4, 17: 10.2, 21: 13.0}


@pytest.mark.parametrize("limit", ["exact", "chi-square"])
@pytest.mark.parametrize("covariance", ["sample", "differences"])
def test_an_unchanged_process_is_out_as_often_as_said(covariance: str, limit: str) -> None:
    drawn = np.random.default_rng(1)
    rows = drawn.multivariate_normal(np.zeros(3), np.array([[1, 0.5, 0], [0.5, 1, 0], [0, 0, 2]]), 20_000)
    found = hotelling(rows, alpha=0.02, covariance=covariance, limit=limit)
    assert len(found.out) / found.n == pytest.approx(0.02, rel=0.2)


def test_small_samples_keep_the_promise_too() -> None:
    drawn = np.random.default_rng(2)
    out = [len(hotelling(drawn.normal(size=(15, 3)), alpha=0.05).out) for _ in range(800)]
    assert np.mean(out) / 15 == pytest.approx(0.05, rel=0.12)
    later = [
        len(hotelling(drawn.normal(size=(15, 3)), alpha=0.05, reference=drawn.normal(size=(15, 3))).out)
        for _ in range(800)
    ]
    assert np.mean(later) / 15 == pytest.approx(0.05, rel=0.2)


def test_subgroups_keep_the_promise_too() -> None:
    drawn = np.random.default_rng(3)
    out = [len(hotelling(drawn.normal(size=(60, 2)), alpha=0.05, subgroup=3).out) for _ in range(400)]
    assert np.mean(out) / 20 == pytest.approx(0.05, rel=0.2)


def test_a_subgroup_of_means_by_hand() -> None:
    rows = np.random.default_rng(4).normal(size=(20, 2))
    found = hotelling(rows, subgroup=np.repeat(list("abcde"), 4))
    within = np.mean([np.cov(rows[first : first + 4], rowvar=False) for first in range(0, 20, 4)], axis=0)
    away = rows.reshape(5, 4, 2).mean(axis=1) - rows.mean(axis=0)
    assert found.t_squared == pytest.approx([4 * one @ np.linalg.inv(within) @ one for one in away])
    assert found.limit_kind == "F"


def test_a_broken_relation_is_out_where_each_column_alone_is_not() -> None:
    drawn = np.random.default_rng(5)
    x = drawn.normal(size=200)
    table = pd.DataFrame({"vth": x, "iddq": x + drawn.normal(0, 0.05, 200), "fmax": drawn.normal(size=200)})
    table.loc[99, ["vth", "iddq"]] = [1.0, -1.0]
    found = hotelling(table)
    assert found.out == (100,)
    contributions = found.contributions[100]
    assert contributions["fmax"] < 5 < min(contributions["vth"], contributions["iddq"])


def test_rows_that_lack_a_reading_are_left_out_and_counted() -> None:
    rows = np.random.default_rng(6).normal(size=(20, 2))
    rows[4, 1] = np.nan
    found = hotelling(rows)
    assert (found.n, found.missing, 5 in found.points) == (19, 1, False)


def test_a_column_that_follows_from_others_is_refused() -> None:
    x = np.random.default_rng(7).normal(size=20)
    with pytest.raises(ArgumentError, match="constant or follows from others"):
        hotelling({"x": x, "y": 2 * x + 1})
    with pytest.raises(ArgumentError, match='column "y" is constant'):
        hotelling({"x": x, "y": np.ones(20)})


@pytest.mark.parametrize("covariance", ["sample", "differences", "robust"])
def test_units_may_differ_by_many_decades(covariance: str) -> None:
    rows = np.random.default_rng(11).normal(size=(60, 3))
    scaled = hotelling(rows * [1e-12, 1, 1e9] + [1e-11, 0, -1e9], covariance=covariance)
    plain = hotelling(rows, covariance=covariance)
    assert scaled.t_squared == pytest.approx(plain.t_squared, rel=1e-6)
    assert scaled.covariance[0][2] == pytest.approx(plain.covariance[0][2] * 1e-3)
    assert scaled.center[2] == pytest.approx(plain.center[2] * 1e9 - 1e9)


def test_earlier_rows_are_taken_by_the_names_of_their_columns() -> None:
    table = pd.DataFrame(np.random.default_rng(12).normal(size=(30, 2)) * [1, 5], columns=["a", "b"])
    later = table.head(5)
    assert hotelling(later, reference=table).t_squared == hotelling(later, reference=table[["b", "a"]]).t_squared


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(TooFewParts, match="3 columns need more than 4 complete rows, found 4"):
        hotelling(np.random.default_rng(8).normal(size=(4, 3)))


def test_some_columns_of_a_table_are_enough() -> None:
    table = pd.DataFrame(np.random.default_rng(9).normal(size=(30, 3)), columns=["a", "b", "c"])
    assert hotelling(table, columns=["a", "c"]).t_squared == hotelling(table[["a", "c"]]).t_squared


def test_figures_go_through_json() -> None:
    told = hotelling(np.random.default_rng(10).normal(size=(30, 2)), alpha=0.3).to_dict()
    assert json.loads(json.dumps(told))["out"] == told["out"]


@given(st.integers(0, 10_000))
def test_distances_do_not_depend_on_units_or_on_mixing_columns(seed: int) -> None:
    drawn = np.random.default_rng(seed)
    rows, mixing = drawn.normal(size=(20, 3)), drawn.normal(size=(3, 3)) + 3 * np.eye(3)
    assert hotelling(rows @ mixing + 5).t_squared == pytest.approx(hotelling(rows).t_squared, rel=1e-6)


@given(st.integers(0, 10_000))
def test_distances_add_up_to_their_degrees_of_freedom(seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(20, 3))
    assert sum(hotelling(rows).t_squared) == pytest.approx(3 * 19)


def test_many_rows_hide_no_cluster_of_outliers() -> None:
    drawn = np.random.default_rng(13)
    rows = drawn.normal(size=(5000, 4))
    rows[:1000] = drawn.normal(size=(1000, 4)) * 0.1 + [6, 6, 0, 0]
    assert hotelling(rows, alpha=1e-6).out == ()
    found = hotelling(rows, alpha=1e-6, covariance="robust").out
    assert set(range(1, 1001)) <= set(found)
    assert len(found) < 1010
