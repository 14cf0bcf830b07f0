"""FIT, MTBF and acceleration factors to the printed digits."""

from __future__ import annotations

import json
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.assess.published import figures

from corecar.assess import (
    arrhenius,
    cycling_acceleration,
    fit,
    humidity_acceleration,
    mtbf,
    solder_acceleration,
    voltage_acceleration,
)
from corecar.errors import ArgumentError


@pytest.mark.parametrize("row", range(3))
def test_the_rate_of_a_life_test_without_failures(shared: Path, row: int) -> None:
    cases = figures(shared, "fit")
    test, case = cases[0], cases[row]
    found = fit(
        test["n"],
        test["h"],
        test["fails"],
        case["CL"],
        activation_energy=test["Ea"],
        stress_c=test["Ts"],
        use_c=test["Tu"],
    )
    assert round(found.fit, 3) == case["FIT"]
    assert round(found.acceleration[0], 4) == test["af"]


def test_the_quantile_behind_the_rate_is_told() -> None:
    found = fit(231, 1000, 0, 0.6)
    assert (round(found.chi_square, 6), found.degrees) == (1.832581, 2)
    assert round(found.chi_square / 2, 3) == 0.916


def test_the_definition_of_fit() -> None:
    assert fit(1e6, 1000, 5).fit_estimate == 5


def test_a_published_rate_that_is_wrong_by_a_decade_is_seen_as_such() -> None:
    """A report prints 15 FIT; its own figures give ten times as much (with 8.62e-5 eV/K and 273 K: 149.5)."""
    test: dict[str, Any] = {"activation_energy": 0.7, "stress_c": 85, "use_c": 25}
    assert fit(160, 1000, 0, 0.9, **test).fit == pytest.approx(149.5, rel=0.005)
    rounded = fit(160, 1000, 0, 0.9, **test, boltzmann=8.62e-5, zero_celsius=273)
    assert round(rounded.fit, 1) == 149.5


def test_constants_are_kept_with_the_result() -> None:
    ours = fit(231, 1000, 0, activation_energy=0.7, stress_c=125, use_c=55)
    xilinx = fit(
        231, 1000, 0, activation_energy=0.7, stress_c=125, use_c=55, boltzmann=8.617164e-5, zero_celsius=273.16
    )
    assert (ours.boltzmann_ev_per_k, ours.zero_celsius_k) == (8.617333262e-5, 273.15)
    assert (xilinx.boltzmann_ev_per_k, xilinx.zero_celsius_k) == (8.617164e-5, 273.16)
    assert ours.fit != xilinx.fit
    assert ours.fit == pytest.approx(xilinx.fit, rel=1e-3)


def test_tests_add_up_by_their_equivalent_hours() -> None:
    one = fit([77, 77, 77], 1000, [0, 1, 0], 0.6, acceleration=50)
    assert one.fit == pytest.approx(fit(231, 1000, 1, 0.6, acceleration=50).fit)
    assert one.fit == fit([77, 77, 77], 1000, 1, 0.6, acceleration=50).fit
    hot_and_hotter = fit([77, 77], [1000, 500], 0, activation_energy=0.7, stress_c=[125, 150], use_c=55)
    hours = 77 * 1000 * arrhenius(0.7, 55, 125) + 77 * 500 * arrhenius(0.7, 55, 150)
    assert hot_and_hotter.equivalent_hours == pytest.approx(hours)


def test_without_failures_the_estimate_is_zero_and_the_bound_is_not() -> None:
    found = fit(100, 1000, 0)
    assert (found.fit_estimate, found.mttf_estimate_hours) == (0.0, inf)
    assert found.fit * found.mttf_hours == pytest.approx(1e9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 1000, 0), "no device hours"),
        ((10, -1, 0), "hours: numbers from 0 up"),
        ((10, 1000, 0.5), "fails: whole numbers"),
        ((10, 1000, 0, 60), "60 % is 0.6"),
        (([1, 2], [1, 2, 3], 0), "one for each of the 3 tests"),
        ((10, float("nan"), 0), "hours: finite"),
    ],
)
def test_what_cannot_be_is_refused(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        fit(*arguments)  # type: ignore[arg-type]


def test_a_temperature_without_its_energy_is_refused() -> None:
    with pytest.raises(ArgumentError, match="belong together"):
        fit(10, 1000, 0, stress_c=125, use_c=55)


def test_the_factors_of_adi_within_a_percent(shared: Path) -> None:
    case = figures(shared, "arrhenius_adi")
    for stress in ("150", "135", "125", "85"):
        factor = arrhenius(case["Ea"], case["Tu"], float(stress))
        assert factor == pytest.approx(case[stress], rel=case["tol"])


@pytest.mark.parametrize(
    ("stress", "digits", "printed"), [(150, 2, 259.18), (135, 2, 128.00), (125, 2, 77.65), (85, 3, 7.953)]
)
def test_the_factors_of_adi_with_full_constants(stress: float, digits: int, printed: float) -> None:
    assert round(arrhenius(0.7, 55, stress), digits) == printed


def test_the_factors_of_nist() -> None:
    assert (round(arrhenius(0.5, 25, 125)), round(arrhenius(0.5, 25, 125), 2)) == (133, 132.66)
    assert 17_596 <= arrhenius(1.0, 25, 125) <= 17_600


def test_humidity_and_cycling_to_the_printed_digits() -> None:
    assert round(humidity_acceleration(30, 60, 85, 85), 1) == 564.3
    hotter = [round(humidity_acceleration(85, 85, 130, 85, activation_energy=energy), 2) for energy in (0.9, 0.8)]
    assert hotter == [25.92, 18.05]
    hours = [96 * humidity_acceleration(85, 85, 130, 85, activation_energy=energy) for energy in (0.8, 0.9)]
    assert [round(one) for one in hours] == [1733, 2488]
    assert round(cycling_acceleration(80, 205, 4), 2) == 43.12


@pytest.mark.parametrize(
    "call",
    [
        lambda: arrhenius(0.7, -300, 125),
        lambda: humidity_acceleration(30, 0, 85, 85),
        lambda: humidity_acceleration(30, 60, 85, 120),
        lambda: cycling_acceleration(0, 100),
        lambda: solder_acceleration(60, 100, 0, 24, 60, 100),
    ],
)
def test_conditions_that_cannot_be_are_refused(call: object) -> None:
    with pytest.raises(ArgumentError):
        call()  # type: ignore[operator]


def test_the_mean_time_of_nist() -> None:
    found = mtbf(1600, 2, 0.9)
    assert (found.mtbf_hours, round(found.lower_hours, 1), round(found.upper_hours, 1)) == (800, 254.1, 4502.5)


def test_a_mean_time_without_failures_has_only_a_lower_end() -> None:
    found = mtbf(1000, 0)
    assert (found.mtbf_hours, found.upper_hours) == (inf, inf)
    assert found.at_least_hours == pytest.approx(1000 / 2.302585, rel=1e-6)


def test_a_test_that_ended_at_a_failure_counts_one_less() -> None:
    assert mtbf(1600, 2, ended="failure").lower_hours > mtbf(1600, 2).lower_hours
    with pytest.raises(ArgumentError):
        mtbf(1600, 0, ended="failure")


def test_figures_go_through_json() -> None:
    told = fit(231, 1000, 0, activation_energy=0.7, stress_c=125, use_c=55).to_dict()
    assert json.loads(json.dumps(told)) == told


@given(st.floats(0.1, 2), st.floats(-50, 100), st.floats(-50, 200))
def test_a_factor_undoes_its_reverse(energy: float, use: float, stress: float) -> None:
    assert arrhenius(energy, use, stress) * arrhenius(energy, stress, use) == pytest.approx(1)
    assert (arrhenius(energy, use, stress) > 1) == (stress > use) or abs(stress - use) < 1e-9


@given(st.integers(1, 1000), st.integers(0, 20), st.floats(0.05, 0.99))
def test_more_confidence_and_more_failures_never_lower_the_bound(units: int, fails: int, confidence: float) -> None:
    rate = fit(units, 1000, fails, confidence).fit
    assert fit(units, 1000, fails, confidence + 0.005).fit > rate
    assert fit(units, 1000, fails + 1, confidence).fit > rate


def test_voltage_accelerates_exponentially() -> None:
    assert voltage_acceleration(3.0, 1.0, 1.5) == pytest.approx(voltage_acceleration(3.0, 1.0, 1.25) ** 2)


@pytest.mark.parametrize(
    ("hours", "energy", "message"),
    [(1e308, 0.7, "equivalent hours are no test's"), (1000, 1e9, "Give it in eV"), (1000, inf, "Give it in eV")],
)
def test_numbers_that_no_test_has_are_refused(hours: float, energy: float, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        fit(77, hours, 0, activation_energy=energy, stress_c=125, use_c=55)
