"""The two-sample Anderson-Darling statistic against SciPy's, with ties and tails."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import corecar
from corecar.assess.anderson_darling import LEAST_P, MOST_P, two_sample_anderson_darling
from corecar.assess.changes import what_changed


def scipys(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = stats.anderson_ksamp([first, second])
    return float(found.statistic), float(found.pvalue)


@pytest.mark.parametrize("seed", range(12))
def test_statistic_and_p_are_those_of_scipy(seed: int) -> None:
    random = np.random.default_rng(seed)
    first, second = random.normal(0, 1, 30 + 7 * seed), random.normal(0.05 * seed, 1 + 0.05 * seed, 45)
    if seed % 2:
        first, second = first.round(1), second.round(1)
    statistic, p = two_sample_anderson_darling(first, second)
    wanted, chance = scipys(first, second)
    assert statistic == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    assert p == pytest.approx(chance, rel=0.02)


def test_tails_that_a_median_does_not_see_are_seen() -> None:
    random = np.random.default_rng(5)
    first, second = random.normal(size=800), random.standard_t(2, size=800)
    statistic, p = two_sample_anderson_darling(first, second)
    assert statistic > 6
    assert p == LEAST_P


def test_one_distribution_has_a_large_p_in_most_samples() -> None:
    random = np.random.default_rng(6)
    found = [two_sample_anderson_darling(random.normal(size=50), random.normal(size=70)) for _ in range(300)]
    assert np.mean([p < 0.05 for _, p in found]) == pytest.approx(0.05, abs=0.03)
    assert max(p for _, p in found) == MOST_P


def test_too_few_readings_or_one_value_have_none() -> None:
    for first, second in (([1.0], [2.0, 3.0]), ([1.0, 1.0, 1.0], [1.0, 1.0])):
        assert np.isnan(two_sample_anderson_darling(np.array(first), np.array(second))).all()


def test_what_changed_has_it_beside_the_other_statistics(tmp_path: Path) -> None:
    lots = [corecar.read(corecar.simulate_lot(tmp_path / f"{n}.stdf", wafers=1, dies=200, seed=n)) for n in (1, 2)]
    rows = what_changed(*lots).tests
    assert rows
    told = [row for row in rows if np.isfinite(row["anderson_darling"])]
    assert len(told) > len(rows) / 2
    assert all(LEAST_P <= row["p_tails"] <= MOST_P for row in told)
    changed = [row["anderson_darling"] for row in told if row["verdict"] == "changed"]
    alike = [row["anderson_darling"] for row in told if row["verdict"] == "alike"]
    assert np.median(changed) > np.median(alike)
