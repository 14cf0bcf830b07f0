"""Capability of readings whose squares are beyond float64, and of readings with gaps."""

from __future__ import annotations

import numpy as np
import pytest

from corecar.assess import capability, capability_of_summary, chart
from corecar.assess.samples import deviation, power_of_two
from corecar.errors import TooFewParts

READINGS = np.array([9.8, 10.1, 10.0, 9.9, 10.2, 10.3, 9.7, 10.0])
INDICES = ("cp", "cpk", "pp", "ppk", "cpm")


@pytest.mark.parametrize("factor", [2.0**664, 2.0**-664, 1e200, 1e-200])
@pytest.mark.parametrize(("subgroup", "within"), [(None, None), (2, "range"), (2, "pooled"), (2, "sd")])
def test_indices_do_not_depend_on_the_unit(factor: float, subgroup: int | None, within: str | None) -> None:
    plain = capability(READINGS, 9.0, 11.0, 10.1, subgroup, within=within)
    far = capability(READINGS * factor, 9.0 * factor, 11.0 * factor, 10.1 * factor, subgroup, within=within)
    for name in INDICES:
        assert getattr(far, name) == pytest.approx(getattr(plain, name), rel=1e-9)
    assert far.robust.cpk == pytest.approx(plain.robust.cpk, rel=1e-9)
    assert far.percentile is not None
    assert plain.percentile is not None
    assert far.percentile.ppk == pytest.approx(plain.percentile.ppk, rel=1e-9)
    assert far.normality is not None
    assert plain.normality is not None
    assert far.normality.statistic == pytest.approx(plain.normality.statistic, rel=1e-9)
    assert far.sd == pytest.approx(plain.sd * factor, rel=1e-9)


def test_the_mean_of_readings_whose_sum_is_beyond_float64_is_right() -> None:
    found = capability([1.2e308, 1.4e308, 1.3e308, 1.1e308], low=1.0e308)
    assert found.mean == pytest.approx(1.25e308)
    assert found.ppk is not None
    assert found.ppk == pytest.approx(0.25 / (3 * np.std([1.2, 1.4, 1.3, 1.1], ddof=1)))


def test_cpm_of_a_summary_of_large_figures() -> None:
    far, plain = capability_of_summary(16e200, 2e200, 8e200, 20e200, 14e200), capability_of_summary(16, 2, 8, 20, 14)
    assert far.cpm == pytest.approx(plain.cpm)


def test_scaling_changes_no_digit_of_ordinary_readings() -> None:
    random = np.random.default_rng(1)
    for _ in range(50):
        readings = random.normal(random.normal(), 1, 30)
        assert deviation(readings) == float(np.std(readings, ddof=1))
        assert power_of_two(readings) <= np.abs(readings).max() < 2 * power_of_two(readings)


def test_charts_of_large_readings_have_limits() -> None:
    found = chart(READINGS * 1e200, "xbar-s", subgroup=2)
    plain = chart(READINGS, "xbar-s", subgroup=2)
    assert np.allclose(np.array(found.location.upper) / 1e200, plain.location.upper)


GAPS = np.array([10.0, 10.2, np.nan, 11.5, 11.4, np.nan, np.nan, 9.0, 9.1])


def test_a_gap_breaks_the_moving_range_in_capability_as_on_a_chart() -> None:
    """|x(i) - x(i - 1)| is of consecutive readings: 0.2, 0.1 and 0.1 here, not the jumps over the gaps."""
    found, charted = capability(GAPS, 8, 12), chart(GAPS, "i-mr")
    assert found.sigma_within == pytest.approx((0.2 + 0.1 + 0.1) / 3 / 1.128)
    assert found.sigma_within == pytest.approx(charted.sigma)
    assert found.average_range == pytest.approx(charted.average_spread)
    assert found.missing == charted.missing == 3
    assert found.n == 6


def test_infinite_readings_are_gaps_too() -> None:
    assert (
        capability(np.where(np.isnan(GAPS), np.inf, GAPS), 8, 12).sigma_within == capability(GAPS, 8, 12).sigma_within
    )


def test_readings_of_which_none_are_neighbours_have_no_moving_range() -> None:
    with pytest.raises(TooFewParts, match="no 2 neighbouring readings"):
        capability([1.0, np.nan, 2.0, np.nan, 3.0], 0, 4)
