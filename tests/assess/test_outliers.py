"""Grubbs and Rosner to the printed digits; constants of normal populations."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.assess.published import ROSNER, figures

from corecar.assess import cpk_fallout, generalised_esd, grubbs
from corecar.assess.distributions import normal_quantile
from corecar.errors import ArgumentError, TooFewParts


def test_the_mass_spectrometer_of_nist(shared: Path) -> None:
    case = figures(shared, "grubbs_nist")
    found = grubbs(case["x"], side="high")
    assert (round(found.g, 6), round(found.critical, 6)) == (case["G"], case["crit_1s_05"])
    assert (round(found.mean, 5), round(found.sd, 6)) == (206.43375, 15.852564)
    assert (found.outlier, found.suspect, found.row) == (True, 245.57, 8)
    assert round(grubbs(case["x"]).critical, 6) == 2.126645


def test_the_three_outliers_of_rosner() -> None:
    found = generalised_esd(ROSNER)
    assert [round(step.statistic, 3) for step in found.steps] == [
        *(3.119, 2.943, 3.179, 2.810, 2.816, 2.848, 2.279, 2.310, 2.102, 2.067),
    ]
    assert [round(step.critical, 3) for step in found.steps] == [
        *(3.159, 3.151, 3.144, 3.136, 3.128, 3.120, 3.112, 3.103, 3.094, 3.085),
    ]
    assert (found.count, found.outliers, found.rows) == (3, (5.34, 5.42, 6.01), (52, 53, 54))


def test_a_single_step_is_masked_where_several_are_not() -> None:
    assert not grubbs(ROSNER).outlier
    assert generalised_esd(ROSNER, most=2).count == 0


def test_the_constants_of_a_normal_population() -> None:
    assert round(2 * normal_quantile(0.75), 5) == 1.34898
    assert round(1 / normal_quantile(0.75), 5) == 1.48260
    assert round(cpk_fallout(2.0).total, 5) == 0.00197
    assert round(cpk_fallout(1.5).above, 4) == 3.3977


def test_clean_samples_are_suspected_as_often_as_said() -> None:
    drawn = np.random.default_rng(1)
    samples = drawn.normal(size=(3000, 12))
    assert np.mean([grubbs(one).outlier for one in samples]) == pytest.approx(0.05, abs=0.012)
    assert np.mean([grubbs(one, side="low").outlier for one in samples]) == pytest.approx(0.05, abs=0.012)
    assert np.mean([generalised_esd(one, 3).count > 0 for one in drawn.normal(size=(1500, 30))]) < 0.07


def test_constant_readings_have_no_outlier_and_say_so() -> None:
    found = grubbs([1.0] * 5)
    assert (found.outlier, isnan(found.g), found.notes) == (False, True, ("no variation: there is nothing to test",))
    assert generalised_esd([1.0] * 5, 2).count == 0


def test_rows_count_missing_readings() -> None:
    found = grubbs([float("nan"), 1.0, 1.1, 0.9, 1.0, 50.0])
    assert (found.missing, found.row, found.outlier) == (1, 6, True)


def test_few_readings_are_refused_or_said() -> None:
    with pytest.raises(TooFewParts, match="grubbs: needs 3 readings, 2 found"):
        grubbs([1.0, 2.0])
    with pytest.raises(TooFewParts, match="needs 12 readings"):
        generalised_esd([1.0] * 11)
    assert generalised_esd([1.0, 2.0, 3.0, 50.0], 1).notes == (
        "4 readings: the critical values are good from 25, rough from 15",
    )


@pytest.mark.parametrize("most", [0, -1, 1.5])
def test_a_number_of_outliers_that_cannot_be_is_refused(most: int) -> None:
    with pytest.raises(ArgumentError, match="most"):
        generalised_esd(ROSNER, most)


@given(st.lists(st.floats(-100, 100), min_size=5, max_size=30))
def test_p_and_critical_value_say_the_same(values: list[float]) -> None:
    assume(np.ptp(values) > 1e-3)
    found = grubbs(values)
    assert found.outlier == (found.p < found.alpha)


@given(st.lists(st.floats(-100, 100), min_size=8, max_size=30), st.floats(0.1, 10), st.floats(-50, 50))
def test_outliers_do_not_depend_on_the_unit(values: list[float], factor: float, shift: float) -> None:
    assume(np.ptp(values) > 1e-3)
    other = grubbs(np.array(values) * factor + shift)
    assert other.g == pytest.approx(grubbs(values).g, rel=1e-6)
