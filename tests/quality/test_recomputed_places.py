"""Screens of places against plain loops, SciPy and pandas: bad neighbourhoods, stacked wafers, residuals, yields."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal, stats
from tests.lots import build_lot
from tests.quality import plainly

from corecar.lot import Lot
from corecar.screen import bin_history, rate_limit, screen, yield_history
from corecar.screen.recipe import parse_recipe

ROWS, COLUMNS = 26, 24


def wafers(seed: int, count: int, share: float = 0.12) -> Any:
    """Round wafers, shape (count, rows, columns): 1 good, 0 failed, NaN without a die."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:ROWS, :COLUMNS]
    inside = ((x - COLUMNS / 2 + 0.5) / (COLUMNS / 2)) ** 2 + ((y - ROWS / 2 + 0.5) / (ROWS / 2)) ** 2 < 1
    good = random.random((count, ROWS, COLUMNS)) > share
    good[:, 8:12, 8:12] &= random.random((count, 4, 4)) > 0.5
    skipped = random.random((count, ROWS, COLUMNS)) < 0.02
    return np.where(inside & ~skipped, good.astype(float), np.nan)


def lot_from(grids: Any, values: Any = None, **columns: Any) -> Lot:
    """A lot with one part per die, in the order of wafers, rows and columns."""
    at = np.argwhere(~np.isnan(grids))
    readings = np.ones(len(at)) if values is None else values[..., *at.T]
    return build_lot(
        readings, wafer=[f"W{w + 1:02}" for w in at[:, 0].tolist()], y=at[:, 1].tolist(), x=at[:, 2].tolist(),
        passed=(grids[tuple(at.T)] == 1).tolist(), **columns,
    )  # fmt: skip


def rejected(lot: Lot, text: str, kind: str, test: int | None = None) -> set[tuple[str, int, int]]:
    """Wafer, y and x of the parts that a screen of a recipe rejects."""
    found = screen(lot, parse_recipe(f'[[screen]]\nkind = "{kind}"\n{text}', "by hand")).verdicts.to_pylist()
    parts = [row["part"] for row in found if row["rule"] == kind and test in (None, row["test"])]
    places = lot.parts.select(["wafer", "y", "x"]).take(pa.array(parts, pa.int64())).to_pylist()
    return {(row["wafer"], row["y"], row["x"]) for row in places}


def places(mask: Any) -> set[tuple[str, int, int]]:
    return {(f"W{w + 1:02}", y, x) for w, y, x in np.argwhere(mask).tolist()}


def spread(masks: Any, weights: Any) -> Any:
    """The weight of what is true around each place."""
    return np.stack([signal.convolve2d(one.astype(float), weights.astype(float), mode="same") for one in masks])


def kernel(reach: int, power: float) -> Any:
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    with np.errstate(divide="ignore"):
        return np.where((x == 0) & (y == 0), 0.0, (x**2 + y**2) ** (-power / 2))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("weight", "power"), [("even", 0), ("distance", 1), ("square", 2)])
@pytest.mark.parametrize("edge", ["scale", "pass", "fail", "ignore"])
@pytest.mark.parametrize("reach", [1, 2])
def test_bad_neighbourhoods_are_those_of_a_convolution(
    seed: int, weight: str, power: int, edge: str, reach: int
) -> None:
    grids = wafers(seed, 3)
    lot, around = lot_from(grids), kernel(reach, power)
    bad = spread(grids == 0, around)
    there = spread(~np.isnan(grids), around)
    count = spread(~np.isnan(grids), around > 0)
    whole, full = around.sum(), count > (around > 0).sum() - 0.5
    scores = {
        "scale": np.where(count > 2.5, bad / np.maximum(there, 1e-9) * whole, np.nan), "pass": bad,
        "fail": bad + whole - there, "ignore": np.where(full, bad, np.nan),
    }  # fmt: skip
    keys = f'weight = "{weight}"\nedge = "{edge}"\nreach = {reach}\nleast_yield = 0.3\n'
    most = 0.3321 * float(whole)
    with np.errstate(invalid="ignore"):
        expected = (grids == 1) & (scores[edge] >= most)
    assert rejected(lot, f'{keys}method = "count"\ncount_limit = {most!r}\n', "gdbn") == places(expected)
    assert rejected(lot, f'{keys}method = "share"\nshare_limit = 0.3321\n', "gdbn") == places(expected)
    assert expected.any()


@pytest.mark.parametrize("seed", range(3))
def test_predicted_yields_are_those_of_a_convolution(seed: int) -> None:
    grids = wafers(seed, 3)
    around = kernel(3, 1)
    good = spread(grids == 1, around)
    there = spread(~np.isnan(grids), around)
    prior = np.array([np.nanmean(one) for one in grids])[:, None, None]
    expected = (grids == 1) & ((good + 5 * prior) / (there + 5) < 0.7654)
    keys = 'method = "yield"\nyield_limit = 0.7654\nstrength = 5\nreach = 3\nweight = "distance"\n'
    assert rejected(lot_from(grids), keys, "gdbn") == places(expected)
    assert expected.any()


def poisson_binomial_tail(shares: Any, least: int) -> float:
    mass = np.array([1.0])
    for share in shares:
        mass = np.convolve(mass, [1 - share, share])
    return min(float(mass[least:].sum()), 1.0)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("method", ["bonferroni", "fdr", "share"])
def test_stacked_places_are_those_of_a_convolution_of_the_wafers_shares(seed: int, method: str) -> None:
    grids = wafers(seed, 12, share=0.04 + 0.02 * seed)
    share = np.array([1 - np.nanmean(one) for one in grids])
    there, bad = ~np.isnan(grids), grids == 0
    tested, failed = there.sum(axis=0), bad.sum(axis=0)
    at = np.argwhere(tested >= 5)
    chance = np.array([poisson_binomial_tail(share[there[:, y, x]], failed[y, x]) for y, x in at.tolist()])
    if method == "bonferroni":
        taken = chance < 0.05 / len(at)
    elif method == "fdr":
        taken = stats.false_discovery_control(chance) <= 0.05
    else:
        taken = failed[tuple(at.T)] / tested[tuple(at.T)] >= 0.41
    chosen = np.zeros((ROWS, COLUMNS), bool)
    chosen[tuple(at[taken & (failed[tuple(at.T)] > 0)].T)] = True
    found = rejected(lot_from(grids), f'method = "{method}"\nshare_limit = 0.41\n', "z-pat")
    assert found == places((grids == 1) & chosen)
    assert found


def residual(grid: Any, y: int, x: int, reach: int, farthest: int, least: int, estimator: str) -> float:
    """A reading less the median, or the mean by 1 / distance, of its neighbours; of a wider ring where too few."""
    for ring in range(reach, farthest + 1):
        near = [
            (grid[j, i], np.hypot(j - y, i - x))
            for j in range(max(0, y - ring), min(ROWS, y + ring + 1))
            for i in range(max(0, x - ring), min(COLUMNS, x + ring + 1))
            if (j, i) != (y, x) and np.isfinite(grid[j, i])
        ]
        if len(near) >= least:
            value, distance = np.array(near).T
            return float(
                grid[y, x] - (np.median(value) if estimator == "median" else np.average(value, weights=1 / distance))
            )
    return np.nan


def noisy(seed: int) -> tuple[Any, Any, Any, Any]:
    """Wafers with a gradient, effects of sites, flags and a few odd dies: maps, readings, flags, sites."""
    random = np.random.default_rng(seed)
    grids = wafers(seed, 3)
    y, x = np.mgrid[:ROWS, :COLUMNS]
    site = np.broadcast_to(1 + (x + 2 * y) % 4, grids.shape)
    values = 10 + 0.05 * x + 0.02 * y + 0.3 * np.arange(3)[:, None, None] + random.normal(0, 0.1, grids.shape)
    values += random.choice([-1, 1], grids.shape) * (random.random(grids.shape) < 0.004)
    values[random.random(grids.shape) < 0.01] = np.nan
    values = np.float32(values).astype(np.float64)
    flags = random.choice([0, 0x01, 0x02, 0x80], p=[0.97, 0.01, 0.01, 0.01], size=grids.shape)
    return grids, values, flags, site


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("reach", "farthest", "least", "estimator", "effects"),
    [(1, 3, 3, "median", []), (2, 3, 9, "median", []), (1, 2, 6, "mean", []), (1, 3, 3, "median", ["site"])],
)
def test_limits_of_neighbour_residuals_are_those_of_a_plain_loop(
    seed: int, reach: int, farthest: int, least: int, estimator: str, effects: list[str]
) -> None:
    """r = v - E, z = (r - median) / robust sigma, by wafer: each limit of the record and each die that is rejected."""
    grids, values, flags, site = noisy(seed)
    there = ~np.isnan(grids)
    good = grids == 1
    making = good & np.isfinite(values) & ((flags & plainly.REFUSED) == 0)
    judged = good & np.isfinite(values) & ((flags & plainly.UNUSABLE) == 0)
    levelled = values.copy()
    if effects:
        for wafer in range(3):
            for one in range(1, 5):
                mine = site[wafer] == one
                levelled[wafer][mine] -= np.median(values[wafer][making[wafer] & mine])
        levelled = np.float32(levelled).astype(np.float64)
    expected, rows = np.zeros(grids.shape, bool), {}
    for wafer in range(3):
        grid = np.where(making[wafer], levelled[wafer], np.nan)
        at = np.argwhere(judged[wafer]).tolist()
        away = np.full((ROWS, COLUMNS), np.nan)
        for y, x in at:
            here = grid.copy()
            here[y, x] = levelled[wafer, y, x]
            away[y, x] = residual(here, y, x, reach, farthest, least, estimator)
        mine = away[making[wafer] & np.isfinite(away)]
        centre, sigma = plainly.robust(mine)
        rows[f"wafer W{wafer + 1:02}"] = len(mine), centre, sigma, centre - 5 * sigma, centre + 5 * sigma
        with np.errstate(invalid="ignore"):
            expected[wafer] = np.abs(away - centre) > 5 * sigma
    inside = tuple(np.argwhere(there).T)
    lot = lot_from(grids, values, flags=flags[inside], site=site[inside].tolist())
    keys = (
        f'width = 5\nreach = {reach}\nfarthest = {farthest}\nneighbours = {least}\nestimator = "{estimator}"\n'
        f"effects = {effects}\n"
    )
    assert rejected(lot, keys, "nnr") == places(expected)
    assert expected.sum() > 2
    found = screen(lot, parse_recipe(f'[[screen]]\nkind = "nnr"\n{keys}', "by hand")).limits.to_pylist()
    records = {row["scope"]: row for row in found if row["screen"] == "nnr"}
    assert set(records) == set(rows)
    for scope, figures in rows.items():
        told = [records[scope][name] for name in ("n", "median", "sigma", "low", "high")]
        assert told == pytest.approx(list(figures), rel=1e-5, abs=2e-7)


@pytest.mark.parametrize("seed", range(3))
def test_residuals_to_the_other_wafers_are_those_of_pandas(seed: int) -> None:
    grids, values, flags, _ = noisy(seed)
    grids = np.concatenate([grids, wafers(seed + 100, 5)])
    random = np.random.default_rng(seed)
    values = np.concatenate([values, np.float32(10 + random.normal(0, 0.1, (5, ROWS, COLUMNS)))])
    flags = np.concatenate([flags, np.zeros((5, ROWS, COLUMNS), int)])
    grids[4, 13, 13], values[4, 13, 13] = 1, 12.0
    at = np.argwhere(~np.isnan(grids))
    table = pd.DataFrame(at, columns=["wafer", "y", "x"])
    table["value"], table["flags"] = values[tuple(at.T)], flags[tuple(at.T)]
    table = table[(grids[tuple(at.T)] == 1) & np.isfinite(table.value) & ((table["flags"] & plainly.UNUSABLE) == 0)]
    making = table[(table["flags"] & plainly.REFUSED) == 0]
    middle = making.groupby("wafer").value.median()
    table["level"] = np.float32(table.value - table.wafer.map(middle)).astype(float)
    making = table[(table["flags"] & plainly.REFUSED) == 0]
    at_place = dict(list(making.groupby(["y", "x"])))
    away = []
    for row in table.itertuples():
        others = at_place.get((row.y, row.x))
        others = [] if others is None else others.level[others.wafer != row.wafer]
        away.append(row.level - np.median(others) if len(others) >= 5 else np.nan)
    table["away"] = away
    expected = set()
    for wafer, group in table.groupby("wafer"):
        centre, sigma = plainly.robust(group.away[((group["flags"] & plainly.REFUSED) == 0) & np.isfinite(group.away)])
        for row in group[np.abs(group.away - centre) > 6 * sigma].itertuples():
            expected.add((f"W{wafer + 1:02}", row.y, row.x))
    inside = tuple(at.T)
    assert rejected(lot_from(grids, values, flags=flags[inside]), "", "parametric-z-pat") == expected
    assert ("W05", 13, 13) in expected


@pytest.mark.parametrize("seed", range(3))
def test_ratios_to_the_smallest_neighbour_are_those_of_a_plain_loop(seed: int) -> None:
    grids, values, flags, _ = noisy(seed)
    currents = np.float32(np.exp(values - 10)).astype(float)
    good = (grids == 1) & np.isfinite(currents)
    expected = np.zeros(grids.shape, bool)
    for w, y, x in np.argwhere(good & ((flags & plainly.UNUSABLE) == 0)).tolist():
        near = [
            currents[w, j, i]
            for j in range(max(0, y - 1), min(ROWS, y + 2))
            for i in range(max(0, x - 1), min(COLUMNS, x + 2))
            if (j, i) != (y, x) and good[w, j, i] and not flags[w, j, i] & plainly.REFUSED
        ]
        expected[w, y, x] = bool(near) and currents[w, y, x] / min(near) > 1.9
    inside = tuple(np.argwhere(~np.isnan(grids)).T)
    assert rejected(lot_from(grids, currents, flags=flags[inside]), "limit = 1.9\n", "ncr") == places(expected)
    assert expected.any()


rows = st.lists(st.tuples(st.integers(200, 3000), st.floats(0.001, 0.2)), min_size=6, max_size=15)


@given(rows, st.integers(0, 10_000), st.booleans(), st.integers(300, 4000))
def test_limits_of_yields_and_bins_are_those_of_scipy(
    lots: list[tuple[int, float]], seed: int, weighted: bool, parts: int
) -> None:
    random = np.random.default_rng(seed)
    tested = np.array([size for size, _ in lots])
    failed = random.binomial(tested, [share for _, share in lots])
    rates = pd.Series(failed / tested)
    weight = tested if weighted else np.ones(len(tested))
    mean = np.average(rates, weights=weight)
    sd = np.sqrt((weight * (rates - mean) ** 2).sum() / (weight.sum() - (weight**2).sum() / weight.sum()))
    bins = bin_history(failed, tested, bin_name="hard bin 7", weighted=weighted)
    yields = yield_history(tested - failed, tested, weighted=weighted)
    pooled = failed.sum() / tested.sum()
    for level, width, risk in ((1, 3, 1.350e-3), (2, 4, 3.167e-5)):
        if sd > 0:
            assert rate_limit(bins, level).limit == pytest.approx(min(mean + width * sd, 1), abs=1e-11)
            assert rate_limit(yields, level).limit == pytest.approx(max(1 - mean - width * sd, 0), abs=1e-11)
        if not pooled:
            continue
        poisson = rate_limit(bins, level, method="poisson", parts=parts).count
        assert poisson == min(parts, int(stats.poisson.isf(risk, parts * pooled)))
        found = rate_limit(bins, level, method="beta-binomial", parts=parts)
        between = (tested * (rates - pooled) ** 2).sum() / (pooled * (1 - pooled)) - (len(tested) - 1)
        correlation = between / (tested.sum() - (tested**2).sum() / tested.sum() - (len(tested) - 1))
        law: Any = stats.binom(parts, pooled)
        if correlation > 0:
            both = (1 - correlation) / correlation
            law = stats.betabinom(parts, pooled * both, (1 - pooled) * both)
        assert found.count is not None
        assert law.sf(found.count) < risk * (1 + 1e-6)
        assert found.count == 0 or law.sf(found.count - 1) > risk * (1 - 1e-6)
