"""Assessments against plain loops, SciPy's distributions and optimisers, and scikit-learn."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import optimize, stats
from sklearn.metrics import cohen_kappa_score

from corecar.assess import capability, chart, gauge_study, kappa, weibull

seeds = st.integers(0, 100_000)


def western_electric(z: Any) -> dict[str, set[int]]:
    """Points, from 1, at which each zone rule signals, by looking at every window."""
    found: dict[str, set[int]] = {f"western-electric-{n}": set() for n in range(1, 5)}
    for end in range(len(z)):
        for rule, (points, of, sigma) in enumerate(((1, 1, 3), (2, 3, 2), (4, 5, 1), (8, 8, 0)), 1):
            window = z[max(0, end - of + 1) : end + 1]
            above, below = sum(window > sigma), sum(window < -sigma)
            if (above >= points and z[end] > sigma) or (below >= points and z[end] < -sigma):
                found[f"western-electric-{rule}"].add(end + 1)
    return found


def nelson(z: Any, x: Any) -> dict[str, set[int]]:
    """The same for Nelson's eight rules, counted in points."""
    found: dict[str, set[int]] = {f"nelson-{n}": set() for n in range(1, 9)}
    for end in range(len(z)):
        point = end + 1

        def last(count: int, end: int = end) -> Any:
            return z[end - count + 1 : end + 1] if end + 1 >= count else np.array([])

        steps = [b - a for a, b in pairwise(x[max(0, end - 13) : end + 1])]
        checks = {
            1: abs(z[end]) > 3,
            2: len(last(9)) > 0 and (all(last(9) > 0) or all(last(9) < 0)),
            3: len(last(6)) > 0 and (all(s > 0 for s in steps[-5:]) or all(s < 0 for s in steps[-5:])),
            4: len(last(14)) > 0 and all(a * b < 0 for a, b in pairwise(steps)),
            5: any(sum(side * z[max(0, end - 2) : point] > 2) >= 2 and side * z[end] > 2 for side in (1, -1)),
            6: any(sum(side * z[max(0, end - 4) : point] > 1) >= 4 and side * z[end] > 1 for side in (1, -1)),
            7: len(last(15)) > 0 and all(abs(last(15)) < 1),
            8: len(last(8)) > 0 and all(abs(last(8)) > 1),
        }
        for rule, told in checks.items():
            if told:
                found[f"nelson-{rule}"].add(point)
    return found


def wandering(seed: int, length: int = 120) -> Any:
    """Readings with drifts, shifts, quiet and restless stretches, so that every rule has something to find."""
    random = np.random.default_rng(seed)
    pieces = [
        random.normal(size=20), random.normal(1.5, 0.7, 15), np.linspace(-2, 2, 12) + random.normal(0, 0.05, 12),
        random.normal(0, 0.3, 20), random.choice([-1, 1], 12) * random.uniform(1.05, 2.5, 12),
        np.tile([-0.8, 0.9], 10) + random.normal(0, 0.1, 20), random.normal(-1.3, 1, length),
    ]  # fmt: skip
    return np.concatenate([pieces[place] for place in random.permutation(len(pieces))])[:length]


@given(seeds)
def test_runs_rules_signal_where_every_window_says(seed: int) -> None:
    readings = wandering(seed)
    found = chart(readings, center=0.1, sigma=0.9, rules="western electric").signals
    z = (readings - 0.1) / 0.9
    assert {name: set(told) for name, told in found.items()} == western_electric(z)
    found = chart(readings, center=0.1, sigma=0.9, rules="nelson").signals
    assert {name: set(told) for name, told in found.items()} == nelson(z, readings)


@given(seeds, st.floats(0.05, 1), st.floats(0.1, 1), st.floats(2, 6))
def test_moving_averages_and_cumulative_sums_are_those_of_a_loop(
    seed: int, weight: float, allowance: float, interval: float
) -> None:
    readings = wandering(seed, 60)
    smooth, z = pd.Series(np.concatenate([[0.1], readings])).ewm(alpha=weight, adjust=False).mean().to_numpy()[1:], []
    width = 3 * 0.9 * np.sqrt(weight / (2 - weight) * (1 - (1 - weight) ** (2 * np.arange(1, 61))))
    found = chart(readings, "ewma", center=0.1, sigma=0.9, weight=weight)
    assert found.location.values == pytest.approx(smooth)
    assert found.location.upper == pytest.approx(0.1 + width)
    assert set(found.out) == set((np.flatnonzero(np.abs(smooth - 0.1) > width) + 1).tolist())
    high = low = 0.0
    for reading in (readings - 0.1) / 0.9:
        high, low = max(0.0, high + reading - allowance), max(0.0, low - reading - allowance)
        z.append((high, low))
    sums = chart(readings, "cusum", center=0.1, sigma=0.9, allowance=allowance, interval=interval)
    assert set(sums.out) == {place for place, pair in enumerate(z, 1) if max(pair) > interval}


@given(seeds, st.integers(2, 8), st.integers(4, 30), st.floats(0.5, 0.99))
def test_bounds_of_capability_are_those_of_the_formulas(seed: int, size: int, groups: int, confidence: float) -> None:
    values = np.random.default_rng(seed).normal(5, 1, (groups, size))
    found = capability(values, 1, 10, 5.2, within="pooled", confidence=confidence, constants="exact")
    n, mean, sd = values.size, values.mean(), values.std(ddof=1)
    within = np.sqrt(values.var(axis=1, ddof=1).mean())
    tail, z = (1 - confidence) / 2, stats.norm.ppf((1 + confidence) / 2)
    degrees = groups * (size - 1)
    cp, cpk = 9 / 6 / sd, min(mean - 1, 10 - mean) / 3 / sd
    assert found.pp == pytest.approx(cp)
    assert found.ppk == pytest.approx(cpk)
    expected = {
        "pp": (cp * np.sqrt(stats.chi2.ppf([tail, 1 - tail], n - 1) / (n - 1))),
        "ppk": cpk + np.array([-z, z]) * np.sqrt(1 / (9 * n) + cpk**2 / (2 * (n - 1))),
    }
    away = (mean - 5.2) / sd
    cpm = 9 / 6 / np.sqrt(values.var() + (mean - 5.2) ** 2)
    freedom = n * (1 + away**2) ** 2 / (1 + 2 * away**2)
    expected["cpm"] = cpm * np.sqrt(stats.chi2.ppf([tail, 1 - tail], freedom) / freedom)
    unbiased = found.sigma_within / within
    expected["cp"] = 9 / 6 / within / unbiased * np.sqrt(stats.chi2.ppf([tail, 1 - tail], degrees) / degrees)
    for name, pair in expected.items():
        bounds = found.bounds[name]
        assert bounds is not None
        assert (bounds.lower, bounds.upper) == pytest.approx(tuple(pair)), name
    one_sided = found.bounds["ppk"]
    assert one_sided is not None
    assert one_sided.at_least == pytest.approx(
        cpk - stats.norm.ppf(confidence) * np.sqrt(1 / (9 * n) + cpk**2 / (2 * (n - 1)))
    )


@given(seeds, st.floats(0.5, 4), st.integers(8, 60), st.floats(0.2, 0.95), st.floats(1e-3, 1e5))
def test_life_fits_are_the_likeliest_of_an_optimiser(
    seed: int, shape: float, n: int, quantile: float, scale: float
) -> None:
    random = np.random.default_rng(seed)
    lived = random.weibull(shape, n) * scale
    end = np.quantile(lived, quantile) * random.uniform(0.5, 1.5, n)
    time, alive = np.minimum(lived, end), lived > end
    assume((~alive).sum() >= 3)
    found = weibull(time, alive, confidence=0.9)

    def unlikely(parameters: Any) -> float:
        k, u = np.exp(parameters[1]), (np.log(time) - parameters[0]) * np.exp(parameters[1])
        return float(-(np.log(k) + u - np.log(time))[~alive].sum() + np.exp(np.minimum(u, 50)).sum())

    fitted = optimize.minimize(
        unlikely,
        [np.log(time.mean()), 0.0],
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 4000},
    )
    assert found.log_likelihood == pytest.approx(-fitted.fun, abs=1e-6 * max(1, abs(fitted.fun)))
    assert (np.log(found.scale), np.log(found.shape)) == pytest.approx(tuple(fitted.x), abs=2e-4)
    step = 1e-4
    at = np.array([np.log(found.scale), np.log(found.shape)])
    hessian = np.empty((2, 2))
    for i, j in np.ndindex(2, 2):
        a, b = np.eye(2)[i] * step, np.eye(2)[j] * step
        hessian[i, j] = (unlikely(at + a + b) - unlikely(at + a - b) - unlikely(at - a + b) + unlikely(at - a - b)) / (
            4 * step**2
        )
    errors = np.sqrt(np.diag(np.linalg.inv(hessian))) * stats.norm.ppf(0.95)
    assert np.log(found.scale_upper or 0) - at[0] == pytest.approx(errors[0], rel=1e-3)
    assert np.log(found.shape_upper or 0) - at[1] == pytest.approx(errors[1], rel=1e-3)


@given(seeds, st.sampled_from([("none", None), ("linear", "linear"), ("quadratic", "quadratic")]), st.integers(2, 5))
def test_agreement_is_that_of_scikit_learn(seed: int, weights: tuple[str, str | None], categories: int) -> None:
    random = np.random.default_rng(seed)
    first = np.concatenate([np.arange(categories), random.integers(0, categories, 40)])
    second = np.where(random.random(len(first)) < 0.6, first, random.integers(0, categories, len(first)))
    found = kappa(first, second, weights=weights[0])
    assert found.kappa == pytest.approx(cohen_kappa_score(first, second, weights=weights[1]))


@given(seeds, st.integers(8, 10), st.integers(2, 3), st.integers(2, 3))
def test_a_study_by_ranges_is_that_of_its_formulas(seed: int, parts: int, operators: int, trials: int) -> None:
    """AIAG MSA: K1, K2 and K3 of the manual for 2 and 3 trials, 2 and 3 appraisers, and more than 15 ranges."""
    random = np.random.default_rng(seed)
    value = (
        random.normal(0, 2, (parts, 1, 1))
        + random.normal(0, 0.5, (operators, 1))
        + random.normal(size=(parts, operators, trials)) * 0.3
    )
    k1, k2 = {2: 0.8862, 3: 0.5908}[trials], {2: 0.7071, 3: 0.5231}[operators]
    k3 = {8: 0.3375, 9: 0.3249, 10: 0.3146}[parts]
    ev = np.ptp(value, axis=2).mean() * k1
    av = np.sqrt(max((np.ptp(value.mean(axis=(0, 2))) * k2) ** 2 - ev**2 / (parts * trials), 0))
    pv = np.ptp(value.mean(axis=(1, 2))) * k3
    part, operator, _ = (grid.ravel() for grid in np.indices(value.shape))
    found = gauge_study({"part": part, "operator": operator, "value": value.ravel()}, method="range")
    assert (found.ev, found.av, found.pv) == pytest.approx((ev, av, pv))
    assert found.percent_grr == pytest.approx(100 * np.hypot(ev, av) / np.sqrt(ev**2 + av**2 + pv**2))
    assert found.ndc_exact == pytest.approx(1.41 * pv / np.hypot(ev, av))
