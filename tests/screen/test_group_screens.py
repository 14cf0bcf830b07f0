"""Screens of related tests: what no single test shows, groups found and named, and what is said where none can be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lots import FAIL, build_lot

from corecar.lot import Lot
from corecar.screen import Recipe, Screening, screen
from corecar.screen.distances import component_distances, incomplete_slope
from corecar.screen.recipe import parse_recipe, read_recipe
from corecar.screen.related_tests import correlated_groups, correlated_pairs

EVERY = ("mahalanobis", "pca-residual", "pair-residual")


def recipe_of(*rows: str) -> Recipe:
    return replace(parse_recipe("\n".join(f"[[screen]]\n{row}" for row in rows), "ours.toml"), kill_budget=1.0)


def readings(n: int = 600, seed: int = 1) -> Any:
    """Five tests of one cause, three of another, two of none; shape (10, n)."""
    random = np.random.default_rng(seed)
    cause = random.normal(size=(2, n))
    noise = random.normal(size=(10, n))
    return np.array([*(cause[0] + 0.2 * noise[:5]), *(cause[1] + 0.1 * noise[5:8]), *noise[8:]])


def odd_readings(n: int = 600) -> Any:
    """The same with a part 7 that breaks the relation of two tests, each reading being usual."""
    values = readings(n)
    values[0, 7], values[1, 7] = 1.5, -1.5
    return values


def found_by(found: Screening, kind: str) -> set[int]:
    return {row["part"] for row in found.verdicts.to_pylist() if row["rule"] == kind}


def records(found: Screening, kind: str) -> list[dict[str, Any]]:
    return [row for row in found.limits.to_pylist() if row["screen"] == kind]


@pytest.mark.parametrize("kind", EVERY)
def test_a_part_that_breaks_a_relation_is_rejected_though_each_reading_is_usual(kind: str) -> None:
    found = screen(build_lot(odd_readings()), recipe_of(f'kind = "{kind}"\nhard = 95'))
    assert found_by(found, kind) == {7}
    assert found_by(found, "dynamic-pat") == set()
    assert found.dispositions["new_hard_bin"].to_pylist()[7] == 95
    for row in found.verdicts.to_pylist():
        assert found.limits.to_pylist()[row["limit"]]["screen"] == kind
    assert kind == "pair-residual" or "1000 T0" in found.dispositions["reasons"].to_pylist()[7]
    assert "1001 T1" in found.dispositions["reasons"].to_pylist()[7]


@pytest.mark.parametrize("kind", ["mahalanobis", "pca-residual"])
def test_groups_are_found_by_correlation(kind: str) -> None:
    found = records(screen(build_lot(readings()), recipe_of(f'kind = "{kind}"')), kind)
    named = [row["estimator"].split(": ")[1].split(", ") for row in found]
    assert [[int(one.split()[0]) - 1000 for one in group] for group in named] == [[0, 1, 2, 3, 4], [5, 6, 7]]
    assert all(row["applied"] and row["n"] == 600 and row["high"] > 0 for row in found)


def test_a_group_grows_no_larger_than_allowed() -> None:
    found = records(screen(build_lot(readings()), recipe_of('kind = "mahalanobis"\nmost = 3')), "mahalanobis")
    assert [row["estimator"].count("T") for row in found] == [3, 2, 3]


def test_groups_are_named_by_patterns() -> None:
    recipe = recipe_of('kind = "mahalanobis"\ngroups = [["T0", "1001"], ["T8", "T9"], ["nothing*"]]')
    found = screen(build_lot(odd_readings()), recipe)
    assert [row["estimator"].split(": ")[1] for row in records(found, "mahalanobis")] == [
        "1000 T0, 1001 T1",
        "1008 T8, 1009 T9",
    ]
    assert found_by(found, "mahalanobis") == {7}
    assert any("1 group of the recipe with fewer than two tests" in note for note in found.notes)


def test_pairs_are_named_by_patterns() -> None:
    found = screen(build_lot(odd_readings()), recipe_of('kind = "pair-residual"\npairs = [["T0", "T1"], ["T0", "x"]]'))
    row = next(row for row in found.verdicts.to_pylist() if row["rule"] == "pair-residual")
    assert (row["part"], row["test"]) == (7, 1)
    assert row["reason"].startswith("1001 T1 against 1000 T0, ")
    assert any("1 pair of the recipe without exactly two tests" in note for note in found.notes)


def test_wafers_at_different_levels_make_no_relation_and_hide_none() -> None:
    random = np.random.default_rng(3)
    wafer = np.repeat(np.arange(6), 100)
    apart = random.normal(size=(2, 600)) + 50 * wafer
    values = np.concatenate([odd_readings(), apart])
    values[:2] += 30 * wafer
    lot = build_lot(values, wafer=[f"W{one}" for one in wafer], x=[*range(600)], y=0)
    found = screen(lot, recipe_of('kind = "mahalanobis"'))
    named = [row["estimator"].split(": ")[1] for row in records(found, "mahalanobis")]
    assert not any("T10" in name for name in named)
    assert found_by(found, "mahalanobis") == {7}
    pooled = screen(lot, recipe_of('kind = "mahalanobis"\nscope = "lot"'))
    assert any("T10" in row["estimator"] for row in records(pooled, "mahalanobis"))


def test_conditions_are_populations_of_their_own() -> None:
    values = odd_readings(1200)
    values[:, 600:] = values[:, 600:] * 3 + 10
    lot = build_lot(values, run=[0] * 600 + [1] * 600, runs={"lot": ["L", "L"], "temperature": ["25", "125"],
                                                            "stage": ["final test"] * 2})  # fmt: skip
    found = screen(lot, recipe_of('kind = "mahalanobis"'))
    assert {row["scope"] for row in records(found, "mahalanobis")} == {"lot, final test, 25", "lot, final test, 125"}
    assert found_by(found, "mahalanobis") == {7}


@pytest.mark.parametrize("kind", EVERY)
def test_parts_that_lack_a_reading_are_counted_not_passed_in_silence(kind: str) -> None:
    values = odd_readings()
    values[2, 100:110] = np.nan
    found = screen(build_lot(values), recipe_of(f'kind = "{kind}"'))
    assert found_by(found, kind) == {7}
    assert any("of readings" in note and "lack one and were not judged" in note for note in found.notes)
    assert {row["n"] for row in records(found, kind)} == {590, 600}


def test_a_part_under_an_alarm_is_judged_but_makes_no_limit() -> None:
    values = odd_readings()
    flags = np.zeros(values.shape, np.uint16)
    flags[0, 7] = 1
    flags[0, 9] = FAIL
    found = screen(build_lot(values, flags=flags), recipe_of('kind = "mahalanobis"'))
    assert records(found, "mahalanobis")[0]["n"] == 598
    assert found_by(found, "mahalanobis") == {7}


def test_failed_parts_make_no_limits_and_are_not_judged() -> None:
    values = odd_readings()
    passed = np.arange(600) != 7
    found = screen(build_lot(values, passed=passed), recipe_of('kind = "mahalanobis"'))
    assert found_by(found, "mahalanobis") == set()
    assert records(found, "mahalanobis")[0]["n"] == 599


TOO_LITTLE = [
    (readings(12), "12 complete good parts, fewer than 5 for each of 5 tests"),
    (np.random.default_rng(1).normal(size=(4, 400)), "no tests correlated by 0.7 or more"),
    (np.ones((4, 400)), "4 tests with no spread between the quartiles"),
]


@pytest.mark.parametrize(("values", "message"), TOO_LITTLE)
def test_where_a_screen_cannot_be_applied_it_says_why(values: Any, message: str) -> None:
    recipe = recipe_of('kind = "mahalanobis"\ngroups = [["T0", "T1", "T2", "T3", "T4"]]' if len(values) == 10
                       else 'kind = "mahalanobis"')  # fmt: skip
    found = screen(build_lot(values), replace(recipe, least=2))
    assert found_by(found, "mahalanobis") == set()
    assert any(note.startswith("mahalanobis: not applied: ") and message in note for note in found.hold), found.hold


def test_tests_that_ran_on_few_of_the_good_parts_are_left_out() -> None:
    values = odd_readings()
    values[3, 200:] = np.nan
    found = screen(build_lot(values), recipe_of('kind = "mahalanobis"'))
    assert found_by(found, "mahalanobis") == {7}
    assert any("1 test executed on too few of the good parts (stopped on a fail" in note for note in found.notes)
    assert "T3" not in records(found, "mahalanobis")[0]["estimator"]


def test_a_test_that_follows_from_others_is_left_out_and_named() -> None:
    values = odd_readings()
    values[4] = values[2] - values[3]
    values[8] = values[1] * 2 + 5
    recipe = recipe_of('kind = "mahalanobis"\ngroups = [["T0", "T1", "T2", "T3", "T4", "T8"]]')
    found = screen(build_lot(values), recipe)
    record = records(found, "mahalanobis")[0]
    assert record["fallback"].startswith("left out, constant or following from others: 1004 T4, 1008 T8")
    assert record["applied"]
    assert any("left out, constant or following from others" in note for note in found.notes)
    assert 7 in found_by(found, "mahalanobis")


def test_a_plane_that_most_parts_lie_in_is_singular() -> None:
    values = readings()
    values[1] = values[0]
    values[1, :60] += 1 + np.arange(60)
    found = screen(build_lot(values), recipe_of('kind = "mahalanobis"\ngroups = [["T0", "T1"]]'))
    record = records(found, "mahalanobis")[0]
    assert (record["applied"], record["high"]) == (False, None)
    assert "singular: most parts lie in a plane" in record["fallback"]
    assert any("singular" in why for why in found.hold)


def test_t_squared_within_the_components_is_judged_when_asked() -> None:
    values = readings()
    values[:5, 9] = 12
    plain = screen(build_lot(values), recipe_of('kind = "pca-residual"'))
    asked = screen(build_lot(values), recipe_of('kind = "pca-residual"\nt_squared = true'))
    assert found_by(plain, "pca-residual") == set()
    assert found_by(asked, "pca-residual") == {9}
    assert len(records(asked, "pca-residual")) == 2 * len(records(plain, "pca-residual"))


def test_the_limit_of_a_normal_population_keeps_its_promise() -> None:
    random = np.random.default_rng(4)
    values = random.normal(size=(6, 40_000)) + 1.5 * random.normal(size=40_000)
    for kind in ("mahalanobis", "pca-residual"):
        recipe = recipe_of(f'kind = "{kind}"\nalpha = 0.002\nlimit = "chi-square"\ncorrelation = 0.5')
        share = len(found_by(screen(build_lot(values), recipe), kind)) / 40_000
        assert share == pytest.approx(0.002, rel=0.35), kind


def test_heavy_tails_widen_the_limit_of_a_distance() -> None:
    random = np.random.default_rng(5)
    values = (random.normal(size=(4, 3000)) + random.normal(size=3000) * 2) / np.sqrt(random.chisquare(4, 3000) / 4)
    counts = {}
    for kind in ("chi-square", "wider", "spread"):
        found = screen(build_lot(values), recipe_of(f'kind = "mahalanobis"\nlimit = "{kind}"'))
        counts[kind] = len(found_by(found, "mahalanobis"))
    assert counts["chi-square"] > 3 * counts["wider"] > 0
    assert counts["spread"] == counts["wider"]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_verdicts_do_not_depend_on_units_or_on_the_order_of_parts(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = odd_readings(300)
    factor, order = 10.0 ** random.integers(-6, 6, (10, 1)), random.permutation(300)
    recipe = recipe_of('kind = "mahalanobis"', 'kind = "pca-residual"', 'kind = "pair-residual"')
    plain, scaled = screen(build_lot(values), recipe), screen(build_lot(values * factor), recipe)
    mixed = screen(build_lot(values[:, order]), recipe)
    for kind in EVERY:
        assert found_by(plain, kind) == found_by(scaled, kind)
        assert found_by(plain, kind) == {int(order[part]) for part in found_by(mixed, kind)}


def test_the_same_lot_gives_the_same_bits() -> None:
    recipe = recipe_of('kind = "mahalanobis"', 'kind = "pca-residual"', 'kind = "pair-residual"')
    one, other = (screen(build_lot(odd_readings()), recipe) for _ in range(2))
    assert one.limits.equals(other.limits)
    assert one.verdicts.equals(other.verdicts)


def test_pairs_are_those_of_the_strongest_correlation() -> None:
    lot: Lot = build_lot(readings())
    from corecar.screen.levelled import levelled

    found = levelled(lot, np.arange(10), "lot", read_recipe())
    assert correlated_pairs(found, 0.98) == [(5, 6), (5, 7)] or len(correlated_pairs(found, 0.98)) == 2
    assert correlated_groups(found, 0.9, 20) == [(0, 1, 2, 3, 4), (5, 6, 7)]
    r = np.corrcoef(readings())
    for one, other in correlated_pairs(found, 0.9):
        rest = [k for k in range(10) if k not in (one, other)]
        assert r[one, other] > min(r[one, rest].max(), r[other, rest].max()) - 0.01


def test_ties_are_found_across_many_tests() -> None:
    from corecar.screen.levelled import levelled

    values = np.random.default_rng(6).normal(size=(1100, 120))
    values[1000] = values[3] + 0.1 * values[4]
    values[700] = -values[600] + 0.1 * values[5]
    found = levelled(build_lot(values), np.arange(1100), "lot", read_recipe())
    assert correlated_groups(found, 0.9, 20) == [(3, 1000), (600, 700)]
    assert correlated_pairs(found, 0.9) == [(3, 1000), (600, 700)]


@given(st.floats(-5, 5), st.floats(-100, 100), st.integers(0, 1000))
def test_a_line_is_found_though_a_fifth_of_the_readings_lie_off(slope: float, intercept: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    x = random.normal(size=100)
    y = slope * x + intercept
    y[:20] += random.normal(size=20) * 1000
    found = incomplete_slope(x, y)
    assert found == pytest.approx((slope, intercept), abs=1e-6 * (1 + abs(intercept)) + 1e-6)


def test_the_residual_is_what_the_leading_components_leave() -> None:
    rows = (
        np.random.default_rng(8).normal(size=(500, 1)) * [1.0, 1.0, 1.0]
        + np.random.default_rng(9).normal(size=(500, 3)) * 0.1
    )
    found = component_distances(rows, np.ones(500, bool), 0.9, 1e-6)
    assert found.leading == 1
    assert found.residual is not None
    direction = np.linalg.eigh(np.cov(np.clip(rows, -3, 3), rowvar=False))[1][:, -1]
    away = rows - np.clip(rows, -3, 3).mean(axis=0)
    left = away - np.outer(away @ direction, direction)
    assert found.residual.squared == pytest.approx((left**2).sum(axis=1))
    assert found.residual.shares.sum(axis=1) == pytest.approx(found.residual.squared)


@given(st.lists(st.integers(0, 2**64 - 1)))
def test_hashes_stand_as_sixteen_digits(marks: list[int]) -> None:
    from corecar.screen.evidence import hexadecimal

    assert hexadecimal(np.array(marks, np.uint64)).to_pylist() == [f"{mark:016x}" for mark in marks]
