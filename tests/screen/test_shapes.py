"""Limits that follow the shape of a population: each fallback, when it is taken, and what the record says of it."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from corecar.errors import ArgumentError
from corecar.screen import dynamic_limits
from corecar.screen.gaps import widened
from corecar.screen.limit_record import LimitRecord, population_hash
from corecar.screen.medcouple import medcouple
from corecar.screen.modes import two_modes
from corecar.screen.population_limit import Own, population_limit
from corecar.screen.shape_rules import ShapeRules
from corecar.screen.shapes import ANY, ShapedLimits, shaped_limits


def drawn(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def one(found: ShapedLimits) -> LimitRecord:
    assert len(found.records) == 1
    return found.records[0]


def two_humps(apart: float = 8.0, lower: int = 500, upper: int = 500) -> np.ndarray:
    return np.concatenate([drawn().normal(size=lower), apart + drawn(2).normal(size=upper)])


def test_a_symmetric_population_gets_the_limits_of_the_standard() -> None:
    values = drawn().normal(size=500).astype(np.float32)
    found, formula = one(shaped_limits(values)), dynamic_limits(values)
    assert (found.low, found.high, found.sigma) == (formula.low, formula.high, formula.sigma)
    assert found.sigma_low == found.sigma_high == pytest.approx(formula.sigma)
    assert (found.estimator, found.fallback) == (formula.estimator, "")


PLAIN = [
    (np.full(120, 2.0), {}, "not screenable: all readings are equal"),
    (np.repeat([7.0, 8.0, 9.0], [1, 98, 1]), {}, "discrete, 3 different values: sigma raised to 0.5 LSB"),
    (np.arange(55.0), {"low": 60.0}, "small-n: 55 readings, fewer than 100; 55 readings that the tester passed lie"),
    (np.arange(60.0), {}, "small-n: 60 readings, fewer than 100"),
]


@pytest.mark.parametrize(("values", "own", "words"), PLAIN)
def test_what_the_dynamic_screen_falls_back_to_this_one_does_too(
    values: np.ndarray, own: dict[str, float], words: str
) -> None:
    found = one(shaped_limits(values, own=Own(**own)))
    formula = dynamic_limits(values, low_limit=own.get("low"))
    assert (found.low, found.high, found.estimator) == (formula.low, formula.high, formula.estimator)
    assert found.fallback.startswith(words)


def test_few_readings_take_the_static_limits() -> None:
    found = one(shaped_limits(np.arange(12.0), own=Own(0, 50, static_low=-3, static_high=9)))
    assert (found.low, found.high, found.fallback) == (-3, 9, "12 readings, fewer than 30: static limits used")
    assert found.beyond([9.0, 9.5, -4.0]).tolist() == [False, True, True]


def test_few_readings_without_static_limits_are_not_screened_and_say_so() -> None:
    found = one(shaped_limits(np.arange(12.0)))
    assert (found.applied, found.fallback) == (False, "12 readings, fewer than 30: not screened")
    assert one(shaped_limits([np.nan, np.inf])).fallback.startswith("executed on 0 of 2 good parts")
    assert one(shaped_limits([])).fallback == "no usable readings: not screened"


def test_a_test_that_stopped_on_fail_is_a_sample_and_gets_no_limits() -> None:
    values = np.concatenate([drawn().normal(size=900), np.full(100, np.nan)])
    found = one(shaped_limits(values))
    assert not found.applied
    assert found.fallback == "executed on 900 of 1,000 good parts, fewer than 95%: not screened"
    assert (found.n, found.median) == (900, np.median(values[:900]))
    assert one(shaped_limits(values[:900], parts=940)).applied
    assert not one(shaped_limits(values[:900], parts=948)).applied


def test_leakage_is_screened_on_its_logarithm() -> None:
    values = drawn().lognormal(mean=-20, sigma=0.8, size=2000)
    found = one(shaped_limits(values))
    logs = np.log10(values)
    q1, centre, q3 = np.quantile(logs, [0.25, 0.5, 0.75])
    reach = 6 * (q3 - q1) / 1.35
    assert (found.low, found.high) == pytest.approx((10 ** (centre - reach), 10 ** (centre + reach)), rel=1e-12)
    assert found.fallback == f"skewed (medcouple {medcouple(np.sort(values)):.2f}): log"
    assert found.estimator == "median, IQR/1.35 of log10|x|"
    assert not found.beyond(values).any()
    assert (values > (dynamic_limits(values).high or 0.0)).any()


def test_negative_leakage_is_the_mirror_of_positive() -> None:
    values = drawn().lognormal(sigma=0.8, size=2001)
    there, mirrored = one(shaped_limits(values)), one(shaped_limits(-values))
    assert there.high is not None
    assert there.low is not None
    assert (mirrored.low, mirrored.high) == pytest.approx((-there.high, -there.low), rel=1e-9)


def test_skewed_readings_of_both_signs_get_a_sigma_for_each_side() -> None:
    values = drawn().gamma(1.5, size=2000) - 0.1
    found = one(shaped_limits(values))
    q1, centre, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    assert found.low == pytest.approx(centre - 6 * (centre - q1) / 0.6745)
    assert found.high == pytest.approx(centre + 6 * (q3 - centre) / 0.6745)
    assert found.sigma_low == pytest.approx((centre - q1) / 0.6745)
    assert found.fallback.endswith("log does not fit: split sigma")


@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_the_adjusted_boxplot_reaches_further_towards_the_long_tail(mirror: float) -> None:
    values = mirror * drawn().gamma(1.5, size=2000)
    found = one(shaped_limits(values, ShapeRules(skewed="boxplot", gap=0)))
    q1, _, q3 = np.quantile(values, [0.25, 0.5, 0.75])
    fence, skewness = (6 / 1.35 - 0.5) * (q3 - q1), medcouple(np.sort(values))
    exponents = (-4, 3) if skewness >= 0 else (-3, 4)
    assert found.low == pytest.approx(q1 - fence * np.exp(exponents[0] * skewness))
    assert found.high == pytest.approx(q3 + fence * np.exp(exponents[1] * skewness))


def test_a_skew_that_chance_makes_is_no_skew() -> None:
    skewed = [one(shaped_limits(drawn(seed).normal(size=120))).fallback.count("skewed") for seed in range(200)]
    assert sum(skewed) <= 3


@pytest.mark.parametrize("way", ["log", "split", "boxplot"])
def test_a_recipe_names_what_a_skewed_population_gets(way: str) -> None:
    found = one(shaped_limits(drawn().lognormal(size=1000), ShapeRules(skewed=way)))
    assert {"log": ": log", "split": ": split sigma", "boxplot": ": adjusted boxplot"}[way] in found.fallback
    assert ("skewed", way) in found.parameters
    assert "skewed" not in one(shaped_limits(drawn().lognormal(size=1000), ShapeRules(skewed="none"))).fallback


def test_two_modes_that_a_site_explains_are_split_by_site() -> None:
    values = two_humps()
    found = shaped_limits(values, factors={"wafer": np.arange(1000) % 7, "site": np.repeat([1, 2], 500)})
    assert [record.scope for record in found.records] == ["site 1", "site 2"]
    assert found.records[0].fallback == "two modes, split by site"
    assert found.flags == ()
    for site, record in enumerate(found.records):
        formula = dynamic_limits(values[500 * site : 500 * (site + 1)])
        assert (record.low, record.high) == (formula.low, formula.high)
    swapped = np.concatenate([values[500:], values[:500]])
    assert found.beyond(swapped)[:500].mean() > 0.8


def test_two_modes_that_nothing_explains_get_a_limit_each_and_a_flag() -> None:
    values = two_humps(20.0)
    found = shaped_limits(values, factors={"wafer": np.arange(1000) % 7})
    assert [record.scope for record in found.records] == ["lower mode", "upper mode"]
    assert set(found.group.tolist()) == {ANY}
    assert found.flags[0].endswith("not explained by wafer. Find what makes the difference before release.")
    assert not found.beyond(values).any()
    between = found.beyond(np.where(np.arange(1000) == 3, 10.0, values))
    assert np.flatnonzero(between).tolist() == [3]


def test_with_a_high_limit_only_nothing_between_two_modes_is_rejected() -> None:
    values = two_humps(20.0)
    found = shaped_limits(values, own=Own(high=100.0))
    probe = np.where(np.arange(1000) == 3, 10.0, np.where(np.arange(1000) == 4, 40.0, values))
    assert np.flatnonzero(found.beyond(probe)).tolist() == [4]


def test_a_mode_too_small_for_limits_stands_and_is_flagged() -> None:
    found = shaped_limits(two_humps(20.0, 200, 15))
    assert found.records[1].fallback.endswith("15 readings, fewer than 30: stands as it is")
    assert not found.beyond(two_humps(20.0, 200, 15)).any()
    assert "(200 and 15 readings)" in found.flags[0]


def test_a_mode_of_one_value_stands_with_some_steps_to_either_side() -> None:
    values = np.concatenate([np.arange(300) / 100, np.full(60, 20.0)])
    found = shaped_limits(values)
    assert found.records[1].fallback.endswith("all readings are equal: stands as it is")
    assert (found.records[1].low, found.records[1].high) == pytest.approx((19.94, 20.06))
    assert not found.beyond(values).any()
    assert found.beyond(np.where(np.arange(360) == 359, 20.5, values)).sum() == 1


def test_a_mode_beyond_the_tests_own_limits_gets_none_and_rejects_nothing() -> None:
    found = shaped_limits(two_humps(20.0, 200, 15), own=Own(high=10.0))
    assert [record.applied for record in found.records] == [True, False]
    assert not found.beyond(two_humps(20.0, 200, 15)).any()


ONE_MODE: list[Any] = [
    stats.norm(),
    stats.t(3),
    stats.expon(),
    stats.lognorm(1.0),
    stats.logistic(),
]


@pytest.mark.parametrize("population", ONE_MODE, ids=lambda one: one.dist.name)
def test_a_skew_or_a_tail_is_not_taken_for_two_modes(population: Any) -> None:
    found = [two_modes(population.rvs(size=400, random_state=seed)) for seed in range(100)]
    assert sum(one.found for one in found if one is not None) <= 2


def test_a_fitted_mixture_is_the_best_that_was_looked_for() -> None:
    values = two_humps(5.0, 700, 300)
    found = two_modes(values)
    assert found is not None
    assert found.weight == pytest.approx((0.7, 0.3), abs=0.02)
    assert found.centre == pytest.approx((0.0, 5.0), abs=0.15)
    mixture = sum(
        w * stats.norm(c, s).pdf(values) for w, c, s in zip(found.weight, found.centre, found.sd, strict=True)
    )
    single = stats.norm(values.mean(), values.std()).logpdf(values).sum()
    gain = 2 * (np.log(mixture).sum() - single) - 3 * np.log(len(values))
    assert found.gain == pytest.approx(gain, rel=1e-3)


def test_the_tail_that_hangs_together_stands_and_what_lies_apart_is_rejected() -> None:
    body = stats.norm.ppf((np.arange(1000) + 0.5) / 1000)
    tail = 3.5 + 0.5 * np.arange(12)
    values = np.concatenate([body, tail, [15.0]])
    found = one(shaped_limits(values))
    assert found.high == tail[-1]
    assert np.flatnonzero(found.beyond(values)).tolist() == [1012]
    assert found.fallback == "heavy tails, 7 readings beyond: 6 without a gap of 1 sigma stand"
    assert one(shaped_limits(values, ShapeRules(gap=0))).beyond(values).sum() == 7


def test_a_few_outliers_are_no_heavy_tail() -> None:
    values = np.concatenate([drawn().normal(size=1000), [6.5, 7.0, 7.4, 7.9]])
    assert one(shaped_limits(values)).beyond(values).sum() >= 3


@given(
    values=hnp.arrays(np.float64, st.integers(1, 60), elements=st.integers(-30, 30).map(float)),
    limit=st.integers(-20, 20).map(float),
    gap=st.integers(0, 5).map(float),
)
def test_the_gap_rule_rejects_only_what_no_chain_of_small_gaps_joins(
    values: np.ndarray, limit: float, gap: float
) -> None:
    ordered = np.sort(values)
    moved, stand = widened(ordered, limit, gap, above=True)
    assert moved >= limit
    assert stand == ((ordered > limit) & (ordered <= moved)).sum()
    rejected, kept = ordered[ordered > moved], ordered[ordered <= moved]
    assert not len(rejected) or not len(kept) or rejected[0] - kept[-1] > gap
    mirrored = widened(-ordered[::-1], -limit, gap, above=False)
    assert mirrored == (-moved, stand)


populations = hnp.arrays(np.float32, st.integers(0, 250), elements=st.floats(-1e6, 1e6, width=32))
sides = st.none() | st.floats(-2e6, 2e6)
ways = st.sampled_from(("auto", "log", "split", "boxplot", "none"))


@given(values=populations, low=sides, high=sides, way=ways)
def test_no_limit_is_wider_than_the_tests_own_or_of_zero_width(
    values: np.ndarray, low: float | None, high: float | None, way: str
) -> None:
    for record in shaped_limits(values, ShapeRules(skewed=way, medcouple=0.0), own=Own(low, high)).records:
        assert low is None or record.low is None or record.low >= low
        assert high is None or record.high is None or record.high <= high
        if record.low is not None and record.high is not None and record.n >= 30:
            assert record.low < record.high or record.clamp


@given(values=populations, seed=st.integers(0, 2**32 - 1), way=ways)
def test_a_record_is_derived_again_to_the_same_bits_from_the_parts_in_any_order(
    values: np.ndarray, seed: int, way: str
) -> None:
    rules = ShapeRules(skewed=way)
    there = shaped_limits(values, rules)
    again = shaped_limits(drawn(seed).permutation(values), rules)
    assert [record.digest() for record in there.records] == [record.digest() for record in again.records]
    assert there.records == again.records


def test_a_negative_zero_changes_no_bit() -> None:
    values = np.repeat([0.0, 1.0, 2.0], 40)
    signed = np.where(np.arange(120) < 20, -0.0, values)
    found = [shaped_limits(one).records[0].digest() for one in (values, signed, signed[::-1])]
    assert len(set(found)) == 1


@given(values=populations)
def test_the_reading_order_decides_which_parts_and_not_how_many(values: np.ndarray) -> None:
    found = shaped_limits(values)
    assert found.beyond(values).sum() == shaped_limits(values[::-1]).beyond(values[::-1]).sum()
    assert not found.beyond(np.full(len(values), np.nan)).any()


def test_another_reading_gives_another_hash_and_another_parameter_another_digest() -> None:
    values = drawn().normal(size=100)
    record = population_limit(values, ShapeRules(), Own())
    assert population_hash(values) != population_hash(np.concatenate([values[:-1], [9.0]]))
    assert population_hash(values) != population_hash(values.astype(np.float32))
    assert population_hash([0.0, 1.0]) == population_hash([1.0, -0.0])
    assert record.digest() != population_limit(values, ShapeRules(gap=2.0), Own()).digest()
    assert record.digest() != replace(record, low=np.nextafter(record.low or 0.0, 9.0)).digest()
    assert record.to_dict()["parameters"]["gap"] == 1.0
    with pytest.raises(FrozenInstanceError):
        record.low = 0.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"skewed": "boxcox"}, "auto, log"),
        ({"heavy": 2.0}, "heavy=2.0"),
        ({"gap": -1.0}, "gap=-1.0"),
        ({"width": 0.0}, "w"),
    ],
)
def test_a_rule_outside_its_range_is_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        ShapeRules(**wrong)


def test_a_factor_of_another_length_is_named() -> None:
    with pytest.raises(ArgumentError, match=r'factor "site": \(2,\) values for \(3,\) readings'):
        shaped_limits(np.zeros(3), factors={"site": [1, 2]})
