"""Readings less what the neighbours, or the other wafers, let expect."""

from __future__ import annotations

import statistics
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lots import build_lot
from tests.screen.maps import EIGHT, lot_of, row_of, units

from corecar.errors import ArgumentError
from corecar.lot import Lot
from corecar.screen import dynamic_limits, read_recipe
from corecar.screen.dies import lay_out
from corecar.screen.place_residuals import place_residuals
from corecar.screen.residual_screens import ncr, nnr, parametric_z_pat
from corecar.screen.residuals import largest_ratios, on_grid, residuals

PUBLISHED = [
    [10, 10.2, 10.1, 10.3, 10.2], [10.1, 10.3, 10.2, 10.4, 10.3], [10.2, 10.4, 11.0, 10.5, 10.4],
    [10.3, 10.5, 10.4, 10.6, 10.5], [10.4, 10.6, 10.5, 10.7, 10.6],
]  # fmt: skip

INVALID, ALARM, REFUSED = 0x02, 0x01, 0xBF

grids = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda shape: st.lists(
        st.lists(st.none() | st.integers(0, 50), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)


def as_array(rows: Any) -> Any:
    return np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=np.float64)


def brute(grid: Any, reach: int, farthest: int, least: int) -> Any:
    out = np.full(grid.shape, np.nan)
    for y, x in np.argwhere(~np.isnan(grid)).tolist():
        for ring in range(reach, farthest + 1):
            near = [
                grid[j, i]
                for j in range(max(y - ring, 0), min(y + ring + 1, grid.shape[0]))
                for i in range(max(x - ring, 0), min(x + ring + 1, grid.shape[1]))
                if (j, i) != (y, x) and not np.isnan(grid[j, i])
            ]
            if len(near) >= least:
                out[y, x] = grid[y, x] - statistics.median(near)
                break
    return out


def test_the_published_residuals_and_their_limits() -> None:
    found = on_grid(PUBLISHED)
    assert round(found[2, 2], 3) == 0.6
    others = np.delete(found.ravel(), 12)
    assert (round(others.min(), 3), round(others.max(), 3)) == (-0.2, 0.2)
    limits = dynamic_limits(found.ravel(), least=25)
    assert (round(limits.median, 3), round(limits.sigma, 6)) == (-0.1, 0.148148)
    assert round((found[2, 2] - limits.median) / limits.sigma, 3) == 4.725
    raw = dynamic_limits(np.ravel(PUBLISHED), least=25)
    assert (round(raw.median, 1), round(raw.sigma, 4), round(raw.high or 0, 4)) == (10.4, 0.2222, 11.7333)
    assert round((11.0 - raw.median) / raw.sigma, 1) == 2.7


def one_wafer(grid: Any, **columns: Any) -> Lot:
    """A lot of one wafer with the readings of a map."""
    places = np.argwhere(~np.isnan(grid))
    return build_lot(
        grid[tuple(places.T)], wafer=["W01"] * len(places), y=places[:, 0].tolist(), x=places[:, 1].tolist(), **columns
    )


def of_lot(lot: Lot, **options: Any) -> Any:
    good = lot.final & lot.passed
    return residuals(lot.measurements, np.array([0]), good, lay_out(lot), refused=REFUSED, **options)


@given(grids, st.integers(1, 2), st.integers(2, 3), st.integers(1, 9))
def test_residuals_are_those_of_a_plain_loop(rows: Any, reach: int, farthest: int, least: int) -> None:
    grid = as_array(rows)
    if np.isnan(grid).all():
        return
    options = {"reach": reach, "farthest": farthest, "neighbours": least}
    expected = brute(grid, reach, farthest, least)
    np.testing.assert_array_equal(on_grid(grid, **options), expected)
    np.testing.assert_array_equal(of_lot(one_wafer(grid), **options), expected[~np.isnan(grid)].astype(np.float32))


@given(grids)
def test_a_wafer_turned_or_mirrored_has_the_same_residuals(rows: Any) -> None:
    grid = as_array(rows)
    for turn in EIGHT:
        np.testing.assert_array_equal(turn(on_grid(grid)), on_grid(np.ascontiguousarray(turn(grid))))


@given(grids, st.integers(-100, 100))
def test_a_shift_of_the_whole_wafer_changes_no_residual(rows: Any, shift: int) -> None:
    grid = as_array(rows)
    np.testing.assert_array_equal(on_grid(grid), on_grid(grid + shift))


def test_a_mean_weighs_neighbours_by_their_distance() -> None:
    found = on_grid([[4.0, 2.0], [2.0, 0.0]], estimator="mean")
    assert found[0, 0] == pytest.approx(4 - (2 + 2 + 0) / (2 + 0.5**0.5))
    lot = one_wafer(np.array([[4.0, 2.0], [2.0, 0.0]]))
    np.testing.assert_allclose(of_lot(lot, estimator="mean"), found.ravel(), rtol=1e-6)


def test_failed_parts_and_unusable_readings_are_no_neighbours() -> None:
    grid = np.zeros((5, 5))
    grid[2, 2] = 7
    around = grid.copy()
    around[1, 1:4] = 1000
    bad = (around == 1000).ravel()
    failed = of_lot(one_wafer(around, passed=(~bad).tolist()))
    assert failed[12] == 7
    assert np.isnan(failed[bad]).all()
    flagged = of_lot(one_wafer(around, flags=bad * INVALID))
    assert (flagged[12], np.isnan(flagged[bad]).all()) == (7, True)
    alarmed = of_lot(one_wafer(around, flags=bad * ALARM))
    assert (alarmed[12], alarmed[bad].tolist()) == (7, [1000] * 3)


def test_an_infinite_reading_is_judged_and_is_no_neighbour() -> None:
    grid = np.zeros((4, 4))
    grid[1, 1] = np.inf
    found = of_lot(one_wafer(grid))
    assert np.isinf(found[5])
    assert found[[0, 2, 6]].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "mode"}, "expected one of median, mean"),
        ({"reach": 0}, "expected 1 <= reach <= farthest"),
        ({"reach": 3, "farthest": 2}, "expected 1 <= reach <= farthest"),
        ({"farthest": 1, "neighbours": 9}, "neighbours=9: a reach of 1 has 8"),
    ],
)
def test_a_neighbourhood_that_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        of_lot(one_wafer(np.zeros((3, 3))), **options)


def tilted(seed: int = 1, size: int = 30, steep: float = 1.0) -> Any:
    """A wafer with a gradient and some noise."""
    y, x = np.mgrid[:size, :size]
    return 10 + steep * (0.5 * x + 0.3 * y) + np.random.default_rng(seed).normal(0, 0.1, (size, size))


def test_a_die_unlike_its_neighbours_is_found_where_wafer_limits_see_nothing() -> None:
    grid = tilted()
    grid[15, 15] += 1.5
    lot = one_wafer(grid, names=["IDDQ"])
    found = nnr(lot, lay_out(lot), row_of("nnr"), read_recipe())
    assert units(lot, found.part) == {("W01", 15, 15)}
    assert found.value[0] == pytest.approx(grid[15, 15])
    assert found.reasons == (f"1000 IDDQ, {found.distance[0]:.1f} sigma from its neighbours",)
    wide = dynamic_limits(grid.ravel())
    assert grid[15, 15] < (wide.high or 0)


def test_the_record_of_residuals_says_what_was_taken_off_and_re_derives_to_the_same_bits() -> None:
    lot = one_wafer(tilted())
    first, second = (nnr(lot, lay_out(lot), row_of("nnr"), read_recipe()) for _ in range(2))
    assert first.records.equals(second.records)
    row = first.records.to_pylist()[0]
    own = dynamic_limits(of_lot(lot), width=6)
    assert (row["n"], row["median"], row["sigma"], row["low"], row["high"]) == (
        900, own.median, own.sigma, own.low, own.high,
    )  # fmt: skip
    assert row["estimator"] == "less median of neighbours within 1 to 3; median, IQR/1.35"
    assert (row["scope"], row["screen"], row["width"], row["applied"]) == ("wafer W01", "nnr", 6.0, True)


def test_few_dies_are_not_screened_and_say_so() -> None:
    lot = one_wafer(as_array(PUBLISHED))
    found = nnr(lot, lay_out(lot), row_of("nnr"), read_recipe())
    assert found.records["fallback"].to_pylist() == ["25 residuals, fewer than 30: not screened"]
    assert found.unjudged[0].startswith("nnr: not applied to 1 of 1 test: fewer than 30 good dies")
    kept = nnr(lot, lay_out(lot), row_of("nnr", least=20, width=4), read_recipe())
    assert units(lot, kept.part) == {("W01", 2, 2)}


@pytest.mark.parametrize("effect", ["site", "reticle"])
def test_an_effect_of_site_or_reticle_is_taken_off_first(effect: str) -> None:
    grid = tilted(steep=0.1)
    grid[:, ::3] += 5
    grid[15, 15] += 1.5
    lot = one_wafer(grid, site=[1 + x % 3 for _ in range(30) for x in range(30)])
    assert len(nnr(lot, lay_out(lot), row_of("nnr"), read_recipe()).part) == 0
    found = nnr(lot, lay_out(lot), row_of("nnr", effects=[effect], reticle=[1, 3]), read_recipe())
    assert units(lot, found.part) == {("W01", 15, 15)}
    assert f"without {effect}" in found.records["estimator"][0].as_py()


def test_site_and_reticle_are_polished_off_together() -> None:
    grid = tilted(steep=0.1)
    grid[:, ::3] += 5
    grid[::2] -= 4
    grid[15, 15] += 1.5
    lot = one_wafer(grid, site=[1 + x % 3 for _ in range(30) for x in range(30)])
    row = row_of("nnr", effects=["site", "reticle"], reticle=[2, 1], sweeps=4)
    assert units(lot, nnr(lot, lay_out(lot), row, read_recipe()).part) == {("W01", 15, 15)}


def test_readings_with_too_few_neighbours_are_told() -> None:
    grid = np.full((20, 20), np.nan)
    grid[:6, :6] = np.random.default_rng(1).normal(size=(6, 6))
    grid[15, 15] = 1e6
    lot = one_wafer(grid)
    found = nnr(lot, lay_out(lot), row_of("nnr"), read_recipe())
    assert len(found.part) == 0
    assert found.unjudged == ("nnr: not applied to 1 reading of good dies: too few neighbours.",)


def test_only_the_tests_of_the_row_are_screened() -> None:
    grid = tilted()
    grid[15, 15] += 5
    places = np.argwhere(~np.isnan(grid))
    lot = build_lot(
        np.stack([grid.ravel()] * 2), wafer=["W01"] * 900, y=places[:, 0].tolist(), x=places[:, 1].tolist(),
        names=["IDDQ", "VOUT"],
    )  # fmt: skip
    found = nnr(lot, lay_out(lot), row_of("nnr", include=["idd*"]), read_recipe())
    assert found.test.tolist() == [0]
    assert found.records["test"].to_pylist() == [0]


def stacked_readings(seed: int = 3, wafers: int = 8, size: int = 8) -> Any:
    """Readings of several wafers that share a pattern and differ as a whole, shape (wafers, size, size)."""
    random = np.random.default_rng(seed)
    pattern = random.normal(0, 5, (size, size))
    return np.float32(pattern + 20 * np.arange(wafers)[:, None, None] + random.normal(0, 0.1, (wafers, size, size)))


def brute_places(values: Any, least: int) -> Any:
    out = np.full(values.shape, np.nan)
    for wafer, y, x in np.argwhere(~np.isnan(values)).tolist():
        others = [v for w, v in enumerate(values[:, y, x].tolist()) if w != wafer and not np.isnan(v)]
        if len(others) >= least:
            out[wafer, y, x] = values[wafer, y, x] - statistics.median(others)
    return out


@given(
    st.lists(st.lists(st.none() | st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=6),
    st.integers(1, 4),
)
def test_readings_less_the_other_wafers_are_those_of_a_plain_loop(rows: Any, least: int) -> None:
    values = as_array(rows)[:, None, :]
    places = np.argwhere(~np.isnan(values))
    if not len(places):
        return
    lot = build_lot(values[tuple(places.T)], wafer=[f"W{w}" for w in places[:, 0]], y=0, x=places[:, 2].tolist())
    good = lot.final & lot.passed
    found = place_residuals(lot.measurements, np.array([0]), good, lay_out(lot), refused=REFUSED, least=least)
    np.testing.assert_array_equal(found, brute_places(values, least)[tuple(places.T)])


def test_a_reading_that_makes_no_expectation_is_held_against_the_other_wafers() -> None:
    lot = build_lot([1, 2, 3, 50], wafer=["A", "B", "C", "D"], x=0, y=0, flags=[0, 0, 0, ALARM])
    found = place_residuals(lot.measurements, np.array([0]), lot.passed, lay_out(lot), refused=REFUSED, least=2)
    assert found.tolist() == [-1.5, 0.0, 1.5, 48.0]


def test_a_die_unlike_its_place_on_the_other_wafers_is_found() -> None:
    values = stacked_readings()
    values[4, 3, 5] += 2
    lot = lot_of(*[["1" * 8] * 8] * 8, values=values.ravel())
    found = parametric_z_pat(lot, lay_out(lot), row_of("parametric-z-pat"), read_recipe())
    assert units(lot, found.part) == {("W05", 5, 3)}
    assert found.reasons[0].endswith("sigma from its place on the other wafers")
    few = parametric_z_pat(lot, lay_out(lot), row_of("parametric-z-pat", least_wafers=8), read_recipe())
    assert (len(few.part), few.records.num_rows) == (0, 0)
    assert few.unjudged[0].startswith("parametric-z-pat: not applied to 1 of 1 test")


def test_a_reading_many_times_a_neighbours_is_found() -> None:
    grid = np.ones((4, 4))
    grid[1, 1], grid[3, 3] = 5, -1
    lot = one_wafer(grid, names=["IDDQ"])
    ratios = largest_ratios(lot.measurements, np.array([0]), lot.passed, lay_out(lot), refused=REFUSED)
    assert (ratios[5], ratios[0], np.isnan(ratios[15])) == (5.0, 1.0, True)
    found = ncr(lot, lay_out(lot), row_of("ncr", limit=3), replace(read_recipe()))
    assert units(lot, found.part) == {("W01", 1, 1)}
    assert found.reasons == ("1000 IDDQ, 5.0 times a neighbour's",)
    assert found.records.to_pylist()[0]["n"] == 15


def test_many_tests_and_wafers_share_the_cores_without_a_difference() -> None:
    random = np.random.default_rng(2)
    values = random.normal(size=(9, 3 * 64)).astype(np.float32)
    lot = lot_of(*[["1" * 8] * 8] * 3, values=values)
    good, dies, tests = lot.passed, lay_out(lot), np.arange(9)
    found = residuals(lot.measurements, tests, good, dies, refused=REFUSED).reshape(9, 3, 8, 8)
    for test in range(9):
        for wafer in range(3):
            own = on_grid(values[test].reshape(3, 8, 8)[wafer])
            np.testing.assert_array_equal(found[test, wafer], own.astype(np.float32))
