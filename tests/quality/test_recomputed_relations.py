"""Screens of several readings of a part against scikit-learn, SciPy and plain NumPy; the verdicts of whole lots."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import linalg, stats
from sklearn.covariance import MinCovDet
from sklearn.decomposition import PCA
from tests.lots import build_lot
from tests.quality import plainly

from corecar.lot import Lot
from corecar.screen import Screening, screen
from corecar.screen.recipe import parse_recipe

SEEDS = range(3)
WAFERS = 4


def related(seed: int, parts: int = 2400, tests: int = 8) -> tuple[Any, Any, Any]:
    """Readings of tests with two common causes, wafers at different levels, some odd parts; flags; wafers."""
    random = np.random.default_rng(seed)
    wafer = np.arange(parts) % WAFERS
    mixing = random.normal(size=(tests, 2))
    values = mixing @ random.normal(size=(2, parts)) + 0.3 * random.normal(size=(tests, parts))
    values += 5.0 * wafer
    odd = random.choice(parts, 12, replace=False)
    values[:, odd] += random.choice([-1.5, 1.5], size=(tests, 12))
    flags = np.zeros(values.shape, np.uint16)
    flags[-1, random.choice(parts, 25, replace=False)] = 0x01
    flags[-2, random.choice(parts, 15, replace=False)] = 0x02
    return np.float32(values), flags, wafer


def lot_of(values: Any, flags: Any, wafer: Any, **columns: Any) -> Lot:
    parts = values.shape[1]
    columns = {"passed": (np.arange(parts) % 29 != 0).tolist(), **columns}
    return build_lot(
        values, flags=flags, wafer=[f"W{one}" for one in wafer.tolist()], x=(np.arange(parts) // WAFERS).tolist(), y=0,
        **columns,
    )  # fmt: skip


def screened(lot: Lot, kind: str, keys: str = "", **more: Any) -> tuple[set[int], list[dict[str, Any]]]:
    """Parts that a screen rejects, and its records."""
    found: Screening = screen(lot, parse_recipe(f'[[screen]]\nkind = "{kind}"\n{keys}\n', "by hand"), **more)
    parts = {row["part"] for row in found.verdicts.to_pylist() if row["rule"] == kind}
    return parts, [row for row in found.limits.to_pylist() if row["screen"] == kind]


def scaled(values: Any, flags: Any, wafer: Any, good: Any) -> tuple[Any, Any, Any]:
    """Parts with all readings, those readings less their wafer's median by robust sigma, and which make limits."""
    x: Any = values.astype(np.float64)
    making = good & ((flags & plainly.REFUSED) == 0)
    level = np.zeros_like(x)
    for test in range(len(x)):
        for one in range(WAFERS):
            mine = wafer == one
            level[test, mine] = np.median(x[test, making[test] & mine])
    x = (x - level).astype(np.float32).astype(np.float64)
    sigma = np.array([plainly.robust(x[test, making[test]])[1] for test in range(len(x))])
    whole = good & ((flags & plainly.UNUSABLE) == 0).all(axis=0)
    part = np.flatnonzero(whole)
    return part, (x[:, part] / sigma[:, None]).T, making[:, part].all(axis=0)


def own_limit(squared: Any, alpha: float) -> float:
    """A limit from the cube roots of squared distances, as if those were normal."""
    root = np.cbrt(squared)
    q1, centre, q3 = np.quantile(root, (0.25, 0.5, 0.75))
    return float((centre + stats.norm.isf(alpha) * (q3 - q1) / 1.349) ** 3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("limit", ["chi-square", "spread", "wider"])
def test_robust_distances_give_the_verdicts_of_scikit_learn(seed: int, limit: str) -> None:
    values, flags, wafer = related(seed)
    lot = lot_of(values, flags, wafer)
    part, rows, counted = scaled(values, flags, wafer, lot.passed)
    theirs = MinCovDet(support_fraction=0.75, random_state=0).fit(rows[counted]).mahalanobis(rows)
    bound = {"chi-square": stats.chi2.isf(1e-6, rows.shape[1]), "spread": own_limit(theirs[counted], 1e-6)}
    high = bound.get(limit, max(bound.values()))
    found, records = screened(lot, "mahalanobis", f'limit = "{limit}"\ngroups = [["*"]]')
    assert records[0]["high"] == pytest.approx(high, rel=0.02)
    sure = {int(one) for one in part[theirs > 1.03 * high]}
    assert sure <= found <= {int(one) for one in part[theirs > 0.97 * high]}
    assert len(sure) > 6
    assert records[0]["n"] == counted.sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_residuals_of_components_give_the_verdicts_of_scikit_learn(seed: int) -> None:
    values, flags, wafer = related(seed)
    lot = lot_of(values, flags, wafer)
    part, rows, counted = scaled(values, flags, wafer, lot.passed)
    fitted = PCA(svd_solver="full").fit(np.clip(rows[counted], -3, 3))
    leading = int(np.argmax(np.cumsum(fitted.explained_variance_ratio_) >= 0.9)) + 1
    scores = fitted.transform(rows)
    squared = (scores[:, leading:] ** 2).sum(axis=1)
    high = own_limit(squared[counted], 1e-6)
    found, records = screened(lot, "pca-residual", 'limit = "spread"\ngroups = [["*"]]')
    assert records[0]["high"] == pytest.approx(high, rel=1e-6)
    assert f"{leading} leading principal component" in records[0]["estimator"]
    assert found == {int(one) for one in part[squared > high]}
    assert len(found) > 6
    within = (scores[:, :leading] ** 2 / fitted.explained_variance_[:leading]).sum(axis=1)
    both, pair = screened(lot, "pca-residual", 'limit = "chi-square"\nt_squared = true\ngroups = [["*"]]')
    assert pair[1]["high"] == pytest.approx(stats.chi2.isf(1e-6, leading))
    assert both == {int(one) for one in part[(squared > pair[0]["high"]) | (within > pair[1]["high"])]}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_residual_limit_leaves_as_many_normal_residuals_beyond_as_said(seed: int) -> None:
    values, flags, wafer = related(seed)
    lot = lot_of(values, flags, wafer)
    _, rows, counted = scaled(values, flags, wafer, lot.passed)
    left = np.sort(linalg.eigvalsh(np.cov(np.clip(rows[counted], -3, 3), rowvar=False)))[::-1]
    leading = int(np.argmax(np.cumsum(left) >= 0.9 * left.sum())) + 1
    high = screened(lot, "pca-residual", 'limit = "chi-square"\nalpha = 0.001\ngroups = [["*"]]')[1][0]["high"]
    drawn = np.random.default_rng(seed).chisquare(1, size=(1_000_000, len(left) - leading)) @ left[leading:]
    assert (drawn > high).mean() == pytest.approx(0.001, rel=0.12)


@pytest.mark.parametrize("seed", SEEDS)
def test_residuals_of_a_pair_are_those_of_the_incomplete_method_of_theil(seed: int) -> None:
    values, flags, wafer = related(seed, tests=2)
    values[1] = np.float32(0.7 * values[0] + 0.2 * np.random.default_rng(seed).normal(size=values.shape[1]))
    values[1, 100:107] += 3
    flags = flags[:1].repeat(2, axis=0)
    flags[1, 50:60], flags[0, 70:75] = 0x01, 0x02
    lot = lot_of(values, flags, wafer)
    x: Any = values.astype(np.float64)
    making = lot.passed & ((flags & plainly.REFUSED) == 0)
    for test in range(2):
        for one in range(WAFERS):
            x[test, wafer == one] -= np.median(x[test, making[test] & (wafer == one)])
    x = x.astype(np.float32).astype(np.float64)
    part = np.flatnonzero(lot.passed & ((flags & plainly.UNUSABLE) == 0).all(axis=0))
    (first, second), counted = x[:, part], making[:, part].all(axis=0)
    order = np.argsort(first[counted], kind="stable")
    a, b = first[counted][order], second[counted][order]
    half = len(a) // 2
    run = a[len(a) - half :] - a[:half]
    slope = np.median((b[len(a) - half :] - b[:half])[run > 0] / run[run > 0])
    away = second - np.median(b - slope * a) - slope * first
    centre, sigma = plainly.robust(away[counted])
    found, records = screened(lot, "pair-residual", 'pairs = [["1000", "1001"]]')
    assert (records[0]["low"], records[0]["high"]) == pytest.approx((centre - 6 * sigma, centre + 6 * sigma))
    assert found == {int(one) for one in part[np.abs(away - centre) > 6 * sigma]}
    assert found >= {one for one in range(100, 107) if lot.passed[one]}


def currents(seed: int, vectors: int = 6, parts: int = 1200) -> tuple[Any, Any, Any]:
    """Standby currents above 0 of parts that differ by a factor, some vectors of some parts too high."""
    random = np.random.default_rng(seed)
    wafer = np.arange(parts) % WAFERS
    values = np.exp(random.normal(0, 0.5, parts) + 0.05 * random.normal(size=(vectors, parts))) * 1e-6
    values *= np.linspace(1, 1.5, vectors)[:, None] * (1 + 0.2 * wafer)
    values[random.integers(0, vectors, 15), random.choice(parts, 15, replace=False)] *= 2.5
    flags = random.choice([0, 0x01, 0x02], p=[0.99, 0.005, 0.005], size=values.shape).astype(np.uint16)
    return np.float32(values), flags, wafer


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("order", ["sequence", "sorted"])
def test_steps_of_standby_currents_are_those_of_numpy(seed: int, scale: str, order: str) -> None:
    values, flags, wafer = currents(seed)
    lot = lot_of(values, flags, wafer, names=[f"IDDQ_{n}" for n in range(len(values))])
    usable = (flags & plainly.UNUSABLE) == 0
    x = np.where(usable & lot.passed, values.astype(np.float64), np.nan)
    whole = np.isfinite(x).all(axis=0) & ((flags & plainly.REFUSED) == 0).all(axis=0)
    if scale == "log":
        x = np.log10(x)
    if order == "sorted":
        x = np.where(np.isfinite(x).all(axis=0), np.sort(x, axis=0), np.nan)
    expected, limits = set(), []
    for step in np.diff(x, axis=0):
        known = np.isfinite(step)
        level = np.array([np.median(step[whole & (wafer == one)]) for one in range(WAFERS)])[wafer]
        away = step - level
        centre, sigma = plainly.robust(away[known & whole])
        limits.append((centre - 6 * sigma, centre + 6 * sigma))
        expected |= {int(one) for one in np.flatnonzero(known & (np.abs(away - centre) > 6 * sigma))}
    found, records = screened(lot, "iddq-delta", f'scale = "{scale}"\norder = "{order}"')
    assert [(row["low"], row["high"]) for row in records] == [pytest.approx(pair) for pair in limits]
    assert found == expected
    assert expected


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("most", [0.0, 2.2])
def test_ratios_of_standby_currents_are_those_of_numpy(seed: int, most: float) -> None:
    values, flags, wafer = currents(seed)
    lot = lot_of(values, flags, wafer, names=[f"IDDQ_{n}" for n in range(len(values))])
    fit = lot.passed & ((flags & plainly.UNUSABLE) == 0).all(axis=0)
    ratio = values.max(axis=0).astype(float) / values.min(axis=0).astype(float)
    centre, sigma = plainly.robust(np.log(ratio[fit & ((flags & plainly.REFUSED) == 0).all(axis=0)]))
    high = most or float(np.exp(centre + 6 * sigma))
    found, records = screened(lot, "iddq-ratio", f"limit = {most}")
    assert (records[0]["low"], records[0]["high"]) == (None, pytest.approx(high))
    assert found == {int(one) for one in np.flatnonzero(fit & (ratio > high))}
    assert found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("of_width", [0.0, 0.04, 0.1])
@pytest.mark.parametrize("control", [False, True])
def test_drifts_over_a_stress_are_those_of_numpy(seed: int, of_width: float, control: bool) -> None:
    random = np.random.default_rng(seed)
    values, flags, wafer = related(seed, parts=800, tests=2)
    later = (values + 0.1 + 0.05 * random.normal(size=values.shape)).astype(np.float32)
    later[0, random.choice(800, 10, replace=False)] += 1
    later_flags = flags[:, ::-1].copy()
    ids = [f"U{n:03}" for n in range(800)]
    sides = {"low": [-30.0, None], "high": [30.0, None], "part_id": ids}
    before, after = lot_of(values, flags, wafer, **sides), lot_of(later, later_flags, wafer, **sides)
    known = np.array([control and one.startswith("U00") for one in ids])
    keys = f"of_width = {of_width}" + ('\ncontrol = ["U00*"]' if control else "")
    expected, limits = set(), []
    good = after.passed & ~known
    for test in range(2):
        drift = later[test].astype(float) - values[test].astype(float)
        both = flags[test] | later_flags[test]
        whole = (both & plainly.UNUSABLE) == 0
        drift -= np.median(drift[known & whole]) if control else 0
        centre, sigma = plainly.robust(drift[good & before.passed & ((both & plainly.REFUSED) == 0)])
        bound = 60 * of_width if of_width and test == 0 else np.inf
        low, high = max(centre - 6 * sigma, -bound), min(centre + 6 * sigma, bound)
        limits.append((low, high))
        expected |= {int(one) for one in np.flatnonzero(good & whole & ((drift < low) | (drift > high)))}
    found, records = screened(after, "drift", keys, before=before)
    assert [(row["low"], row["high"]) for row in records] == [pytest.approx(pair) for pair in limits]
    assert found == expected
    assert expected
