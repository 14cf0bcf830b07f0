"""Kappa, McNemar and switched bins, against statsmodels and by hand."""

from __future__ import annotations

import json
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.assess import bin_switching, kappa, mcnemar
from corecar.errors import ArgumentError, TooFewParts


def judged(seed: int, n: int = 300, categories: int = 4) -> tuple[np.ndarray, np.ndarray]:
    drawn = np.random.default_rng(seed)
    first = drawn.integers(0, categories, n)
    return first, np.where(drawn.random(n) < 0.6, first, drawn.integers(0, categories, n))


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
@pytest.mark.parametrize("seed", range(3))
def test_kappa_agrees_with_an_independent_library(weights: str, seed: int) -> None:
    from statsmodels.stats.inter_rater import cohens_kappa

    found = kappa(*judged(seed), weights=weights)
    wanted = {} if weights == "none" else {"weights": np.arange(4), "wt": weights}
    theirs = cohens_kappa(np.array(found.matrix), **wanted)
    assert (found.kappa, found.se) == pytest.approx((theirs.kappa, theirs.std_kappa))
    assert (found.lower, found.upper) == pytest.approx((theirs.kappa_low, theirs.kappa_upp))
    assert (found.z, found.p) == pytest.approx((theirs.z_value, theirs.pvalue_two_sided))


def test_full_agreement_is_one_and_chance_is_none() -> None:
    assert kappa([1, 2, 1, 2], [1, 2, 1, 2]).kappa == 1
    assert kappa([1, 1, 2, 2], [1, 2, 1, 2]).kappa == 0


def test_one_category_throughout_says_that_kappa_is_open() -> None:
    found = kappa([1, 1, 1], [1, 1, 1])
    assert (isnan(found.kappa), found.agreement) == (True, 1.0)
    assert found.notes[0].startswith("both say one category")
    assert json.loads(json.dumps(found.to_dict()))["kappa"] is None


def test_judgements_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ArgumentError, match="first 2, second 3"):
        kappa([1, 2], [1, 2, 3])
    with pytest.raises(TooFewParts, match="no parts"):
        kappa([], [])
    with pytest.raises(ArgumentError, match="row 2 has no label"):
        kappa([1, None], [1, 2])


@pytest.mark.parametrize(("lost", "gained"), [(10, 2), (3, 15), (30, 12)])
def test_mcnemar_agrees_with_an_independent_library(lost: int, gained: int) -> None:
    from statsmodels.stats.contingency_tables import mcnemar as theirs

    first = [True] * (lost + 5) + [False] * (gained + 7)
    second = [False] * lost + [True] * 5 + [True] * gained + [False] * 7
    found = mcnemar(first, second)
    table = [[5, lost], [gained, 7]]
    assert found.p == pytest.approx(theirs(table, exact=True).pvalue)
    assert found.p_chi_square == pytest.approx(theirs(table, exact=False, correction=True).pvalue)


def test_verdicts_that_never_change_show_no_shift() -> None:
    found = mcnemar([True, False], [True, False])
    assert (found.p, found.pass_to_fail, found.fail_to_pass) == (1.0, 0, 0)


def test_bins_that_switch_by_hand() -> None:
    found = bin_switching([1, 1, 1, 5, 5, 5, 7, 7], [1, 5, 1, 1, 1, 7, 7, 7], good=(1,))
    assert found.bins == (1, 5, 7)
    assert found.matrix == ((2, 1, 0), (2, 0, 1), (0, 0, 2))
    assert (found.switched, found.failed, found.recovered, found.recovery_rate) == (4, 5, 2, 0.4)
    assert found.recovered_by_bin == {5: (3, 2), 7: (2, 0)}
    assert (found.mcnemar.pass_to_fail, found.mcnemar.fail_to_pass) == (1, 2)


def test_a_recovery_above_its_history_is_an_alarm() -> None:
    first, second = [5] * 100, [1] * 30 + [5] * 70
    history = [0.10, 0.12, 0.11, 0.09]
    found = bin_switching(first, second, recovery_history=history)
    assert found.recovery_limit == pytest.approx(np.mean(history) + 3 * np.std(history, ddof=1))
    assert found.alarm
    assert not bin_switching(first, second, recovery_history=[0.1, 0.5, 0.3]).alarm
    with pytest.raises(TooFewParts, match="two earlier lots"):
        bin_switching(first, second, recovery_history=[0.1])


def test_no_failure_leaves_the_recovery_open() -> None:
    assert bin_switching([1, 1], [1, 1]).recovery_rate is None


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=40))
def test_kappa_is_the_same_both_ways_round(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    one, other = kappa(first, second), kappa(second, first)
    assert other.kappa == pytest.approx(one.kappa, nan_ok=True)
    assert np.array(other.matrix).T.tolist() == np.array(one.matrix).tolist()
