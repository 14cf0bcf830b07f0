"""Statistical yield and bin limits: published figures, equal risks, and what always holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from corecar.errors import ArgumentError, TooFewParts
from corecar.screen.rate_history import RateHistory, bin_history, yield_history
from corecar.screen.yield_limits import METHODS, RISKS, RateLimit, rate_limit

TESTED = [10_000] * 6


@pytest.fixture(scope="module")
def published(shared: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared / "quality" / "fixtures.json").read_text())
    return found


def six_yields(published: dict[str, Any]) -> RateHistory:
    return yield_history([round(100 * percent) for percent in published["syl"]["y"]], TESTED)


def six_bins(published: dict[str, Any]) -> RateHistory:
    return bin_history([round(100 * percent) for percent in published["sbl"]["b"]], TESTED, bin_name="hard bin 7")


def test_six_lots_give_the_published_yield_limits(published: dict[str, Any]) -> None:
    found = six_yields(published)
    assert 100 * found.mean == pytest.approx(97.18333, abs=5e-6)
    assert 100 * found.sd == pytest.approx(0.318852, abs=5e-7)
    assert 100 * rate_limit(found, 1).limit == pytest.approx(published["syl"]["syl1"], abs=5e-7)
    assert 100 * rate_limit(found, 2).limit == pytest.approx(published["syl"]["syl2"], abs=5e-7)
    assert 100 * rate_limit(found, 1).limit == pytest.approx(96.22678, abs=5e-6)
    assert 100 * rate_limit(found, 2).limit == pytest.approx(95.90792, abs=5.1e-6)


def test_six_lots_give_the_published_bin_limits(published: dict[str, Any]) -> None:
    found = six_bins(published)
    assert 100 * found.mean == pytest.approx(0.306667, abs=5e-7)
    assert 100 * found.sd == pytest.approx(0.0301109, abs=5e-8)
    assert 100 * rate_limit(found, 1).limit == pytest.approx(published["sbl"]["sbl1"], abs=5e-7)
    assert 100 * rate_limit(found, 2).limit == pytest.approx(published["sbl"]["sbl2"], abs=5e-7)


def test_the_deviation_is_that_of_a_sample_and_not_of_a_population(published: dict[str, Any]) -> None:
    rates = np.array(published["syl"]["y"])
    wrong = rates.mean() - 3 * rates.std(ddof=0)
    assert wrong == pytest.approx(96.3101, abs=5e-5)
    assert 100 * rate_limit(six_yields(published), 1).limit != pytest.approx(wrong, abs=1e-3)


def test_the_risks_are_those_of_three_and_four_deviations() -> None:
    assert RISKS[1] == pytest.approx(stats.norm.sf(3), rel=5e-4)
    assert RISKS[2] == pytest.approx(stats.norm.sf(4), rel=5e-4)


def lots(seed: int, rows: int = 20, spread: float = 40.0) -> tuple[np.ndarray, np.ndarray]:
    """Failing and tested parts of lots of unequal size whose rates differ more than chance makes them."""
    draw = np.random.default_rng(seed)
    tested = draw.integers(800, 3000, rows)
    return draw.binomial(tested, draw.beta(spread * 0.02, spread * 0.98, rows)), tested


def test_beta_binomial_parameters_agree_with_moments_computed_apart() -> None:
    failed, tested = lots(1)
    found = bin_history(failed, tested, bin_name="hard bin 7")
    rates, rate = failed / tested, failed.sum() / tested.sum()
    between = (tested * (rates - rate) ** 2).sum() / (rate * (1 - rate))
    room = tested.sum() - (tested**2).sum() / tested.sum() - (len(tested) - 1)
    assert found.correlation == pytest.approx((between - (len(tested) - 1)) / room, rel=1e-12)
    table = np.array([failed, tested - failed])
    assert found.dispersion * (len(tested) - 1) == pytest.approx(
        stats.chi2_contingency(table, correction=False).statistic, rel=1e-9
    )


@pytest.mark.parametrize("level", [1, 2])
@pytest.mark.parametrize("seed", range(5))
def test_equal_risk_counts_agree_with_scipy(level: int, seed: int) -> None:
    failed, tested = lots(seed)
    found = bin_history(failed, tested, bin_name="hard bin 7")
    weight = (1 - found.correlation) / found.correlation
    shape = found.failing * weight, (1 - found.failing) * weight
    counted = rate_limit(found, level, method="beta-binomial", parts=1500).count
    assert counted is not None
    beyond = stats.betabinom.sf([counted - 1, counted], 1500, *shape)
    assert beyond[1] < RISKS[level] <= beyond[0]
    poisson = rate_limit(found, level, method="poisson", parts=1500)
    assert poisson.count == int(stats.poisson.isf(RISKS[level], 1500 * found.failing))
    assert "differ" in poisson.fallback


def test_lots_that_chance_alone_makes_differ_get_a_binomial_and_say_so() -> None:
    found = bin_history([10, 11, 10, 9, 10, 11], [1000] * 6, bin_name="hard bin 7")
    limit = rate_limit(found, 1, method="beta-binomial")
    assert (limit.method, limit.count) == ("binomial", int(stats.binom.isf(RISKS[1], 1000, found.failing)))
    assert limit.fallback == "the rows differ no more than chance makes them: binomial"


def test_a_skewed_bin_false_alarms_less_under_equal_risk_than_under_the_normal_form() -> None:
    draw = np.random.default_rng(5)
    tested = np.full(4000, 2000)
    failed = draw.binomial(tested, draw.beta(0.5, 99.5, 4000))
    found = bin_history(failed[:200], tested[:200], bin_name="hard bin 7")
    alarms = {
        method: sum(rate_limit(found, 1, method=method).beyond(int(k), 2000) for k in failed[200:])
        for method in ("normal", "beta-binomial")
    }
    assert alarms["beta-binomial"] < 3 * 3800 * RISKS[1] < alarms["normal"]


def test_a_percentile_needs_as_many_rows_as_show_its_risk_and_says_when_there_are_fewer() -> None:
    draw = np.random.default_rng(2)
    failed = draw.poisson(30, 2000)
    found = bin_history(
        failed, [1000] * 2000, bin_name="hard bin 7", scope="wafer", lots=[str(i % 80) for i in range(2000)]
    )
    first = rate_limit(found, 1, method="percentile")
    assert first.limit == np.quantile(failed / 1000, 1 - RISKS[1])
    assert first.fallback == ""
    second = rate_limit(found, 2, method="percentile")
    assert second.fallback == "2000 rows, fewer than the 31,576 that show this risk: the extreme rows stand for it"


def test_rows_weigh_alike_unless_weights_are_asked_for() -> None:
    good, tested = [90, 1900], [100, 2000]
    assert yield_history(good, tested).mean == pytest.approx(0.925)
    weighted = yield_history([90, 1900, 960], [100, 2000, 1000], weighted=True)
    check = DescrStatsW([0.9, 0.95, 0.96], weights=[100, 2000, 1000])
    assert weighted.mean == pytest.approx(check.mean)
    lost = sum(n * n for n in (100, 2000, 1000)) / 3100
    assert weighted.sd == pytest.approx(np.sqrt(check.sumsquares / (3100 - lost)))


def test_rows_of_one_yield_get_a_binomial_spread() -> None:
    found = yield_history([950] * 6, [1000] * 6)
    limit = rate_limit(found, 1, parts=400)
    assert limit.sigma == pytest.approx(np.sqrt(0.05 * 0.95 / 400))
    assert limit.limit == pytest.approx(0.95 - 3 * np.sqrt(0.05 * 0.95 / 400))
    assert limit.fallback == "zero spread between the rows: binomial sigma"


@pytest.mark.parametrize("method", [method for method in METHODS if method != "percentile"])
def test_a_bin_that_was_never_seen_gets_no_limit_of_zero(method: str) -> None:
    limit = rate_limit(bin_history([0] * 6, [1000] * 6, bin_name="hard bin 9"), 2, method=method)
    assert limit.limit > 0
    assert "no failing part in the history: one is assumed" in limit.fallback
    assert not limit.beyond(1, 1000)
    assert limit.beyond(20, 1000)


def test_limits_beyond_zero_and_one_are_clamped_and_say_so() -> None:
    wild = yield_history([10, 990, 20, 980, 30, 970], [1000] * 6)
    assert (rate_limit(wild, 2).limit, rate_limit(wild, 2).clamp) == (0.0, "low")
    wild = bin_history([10, 990, 20, 980, 30, 970], [1000] * 6, bin_name="hard bin 7")
    assert (rate_limit(wild, 2).limit, rate_limit(wild, 2).clamp) == (1.0, "high")


def test_fewer_lots_than_the_standard_asks_make_preliminary_limits() -> None:
    wafers = yield_history([95, 96, 97, 98, 95, 96], [100] * 6, scope="wafer", lots=["A", "A", "B", "B", "C", "C"])
    assert rate_limit(wafers, 1).fallback == "preliminary: 3 lots, fewer than 6"


def test_one_row_has_no_spread() -> None:
    with pytest.raises(TooFewParts, match="1 row of history: a spread needs at least 2, and AEC-Q002 asks for 6 lots"):
        yield_history([95], [100])


WRONG: list[tuple[Callable[[], object], str]] = [
    (lambda: yield_history([101, 90], [100, 100]), "row 0: 101 of 100 parts"),
    (lambda: yield_history([0.97, 0.98], [100, 100]), "expected whole numbers"),
    (lambda: yield_history([1, 2, 3], [5, 5]), "one of each per row"),
    (lambda: yield_history([1, 2], [5, 5], scope="waver"), "wafer, wafer lot, assembly lot"),
    (lambda: rate_limit(yield_history([1, 2], [5, 5]), 3), "level=3"),
    (lambda: rate_limit(yield_history([1, 2], [5, 5]), 1, method="weibull"), "normal, percentile"),
    (lambda: rate_limit(yield_history([1, 2], [5, 5]), 1, parts=0), "parts=0"),
    (lambda: rate_limit(yield_history([1, 2], [5, 5]), 1, method="percentile", quartile_rule="9"), "type 7"),
]


@pytest.mark.parametrize(("call", "message"), WRONG)
def test_what_cannot_be_is_refused_by_name(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        call()


def test_a_limit_is_never_changed() -> None:
    limit = rate_limit(yield_history([95, 96, 97], [100] * 3), 1)
    with pytest.raises(FrozenInstanceError):
        limit.limit = 0.5  # type: ignore[misc]


rows = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 500)).map(lambda p: (min(p), max(p))), min_size=2, max_size=30
)


def both(found: RateHistory, method: str, parts: int) -> tuple[RateLimit, RateLimit]:
    return rate_limit(found, 1, method=method, parts=parts), rate_limit(found, 2, method=method, parts=parts)


@given(rows=rows, method=st.sampled_from(METHODS), parts=st.integers(1, 5000))
def test_level_two_lies_beyond_level_one_and_both_within_zero_and_one(
    rows: list[tuple[int, int]], method: str, parts: int
) -> None:
    hits, tested = zip(*rows, strict=True)
    low = both(yield_history(hits, tested), method, parts)
    high = both(bin_history(hits, tested, bin_name="hard bin 7"), method, parts)
    assert 0 <= low[1].limit <= low[0].limit <= 1
    assert 0 <= high[0].limit <= high[1].limit <= 1


@given(rows=rows, method=st.sampled_from(METHODS), seed=st.integers(0, 2**32 - 1))
def test_the_same_lots_in_any_order_give_the_same_bits(rows: list[tuple[int, int]], method: str, seed: int) -> None:
    hits, tested = np.array(rows).T
    order = np.random.default_rng(seed).permutation(len(rows))
    there, again = yield_history(hits, tested), yield_history(hits[order], tested[order])
    assert both(there, method, 1000) == both(again, method, 1000)
    assert there == again


@given(rows=rows, method=st.sampled_from(("normal", "beta-binomial", "poisson")))
def test_a_yield_limit_is_the_mirror_of_the_bin_limit_of_what_failed(rows: list[tuple[int, int]], method: str) -> None:
    good, tested = np.array(rows).T
    low = rate_limit(yield_history(good, tested), 1, method=method, parts=1000)
    high = rate_limit(bin_history(tested - good, tested, bin_name="all"), 1, method=method, parts=1000)
    assert low.limit == pytest.approx(1 - high.limit, abs=1e-12)
    assert low.count == high.count


def test_a_history_with_other_counts_has_another_hash() -> None:
    there = yield_history([95, 96], [100, 100])
    assert there.population != yield_history([95, 97], [100, 100]).population
    assert replace(there, population="") != there
