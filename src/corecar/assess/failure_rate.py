"""Failure rates from life tests: FIT and MTBF with the bounds of chi-square."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from corecar.assess.acceleration import BOLTZMANN, ZERO_CELSIUS, arrhenius
from corecar.assess.distributions import chi_square_quantile
from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, choice, floats, fraction
from corecar.errors import ArgumentError

_MOST_HOURS = 1e100
"""Equivalent hours that a test can stand for; more are a slip of the pen."""


@dataclass(frozen=True)
class FailureRate(Figures):
    """What `fit` answers, with everything it was computed from.

    fit                       upper bound at `confidence` [failures in 10^9 hours]
    fit_estimate              failures over equivalent hours, without a bound; 0 without a failure
    mttf_hours                lower bound, 10^9 / fit
    mttf_estimate_hours       infinite without a failure
    device_hours              units x hours
    equivalent_hours          device hours x acceleration
    acceleration              factor of each test
    chi_square, degrees       the quantile behind the bound; degrees are 2 fails + 2
    activation_energy_ev ...  None where the acceleration was given as a factor
    """

    fit: float
    fit_estimate: float
    mttf_hours: float
    mttf_estimate_hours: float
    fails: int
    confidence: float
    chi_square: float
    degrees: int
    device_hours: float
    equivalent_hours: float
    acceleration: tuple[float, ...]
    activation_energy_ev: float | None
    stress_c: tuple[float, ...] | None
    use_c: float | None
    boltzmann_ev_per_k: float
    zero_celsius_k: float


def fit(
    units: Any,
    hours: Any,
    fails: Any,
    confidence: float = 0.6,
    *,
    activation_energy: float | None = None,
    stress_c: Any = None,
    use_c: float | None = None,
    acceleration: Any = None,
    boltzmann: float = BOLTZMANN,
    zero_celsius: float = ZERO_CELSIUS,
) -> FailureRate:
    """The failure rate in FIT from one or several life tests; tests add up by their equivalent hours.

    units              units on test, one number or one per test
    hours              hours of each, likewise
    fails              failures of all tests together, or one number per test
    confidence         one-sided, 0 to 1 (usually 0.6 or 0.9)
    activation_energy  [eV], together with stress_c and use_c
    stress_c, use_c    junction temperatures [Celsius]; stress_c one number or one per test
    acceleration       a further factor (voltage, humidity), or the whole one when no temperatures are given
    boltzmann          [eV/K]
    zero_celsius       0 Celsius [K]
    Returns            FailureRate
    Raises             ArgumentError for no hours, fractions of failures, or temperatures without their energy
    Source             JESD85: chi2(confidence, 2 fails + 2) / (2 units hours acceleration)

    >>> rate = fit(231, 1000, 0, 0.6, activation_energy=0.7, stress_c=125, use_c=55)
    >>> round(rate.fit, 3), round(rate.acceleration[0], 3)
    (51.086, 77.645)
    """
    chance = fraction(confidence, "confidence")
    on_test, run, factor = _tests(units, hours, 1.0 if acceleration is None else acceleration)
    total = _failures(fails, len(on_test))
    given = (activation_energy is None, stress_c is None, use_c is None)
    if any(given) and not all(given):
        raise ArgumentError("fit: activation_energy, stress_c and use_c belong together; give all three or none.")
    stresses: tuple[float, ...] | None = None
    if activation_energy is not None and use_c is not None:
        stress = _per_test(stress_c, len(on_test), "stress_c")
        stresses = tuple(stress.tolist())
        thermal = [
            arrhenius(activation_energy, use_c, one, boltzmann=boltzmann, zero_celsius=zero_celsius) for one in stresses
        ]
        factor = factor * np.array(thermal)
    with np.errstate(over="ignore"):
        device, equivalent = float((on_test * run).sum()), float((on_test * run * factor).sum())
    if equivalent > _MOST_HOURS:
        raise ArgumentError(
            f"fit: {equivalent:g} equivalent hours are no test's. Check units, hours, activation energy, temperatures."
        )
    if not equivalent > 0:
        raise ArgumentError("fit: no device hours, so there is no rate. Give units and hours above 0.")
    chi_square = chi_square_quantile(chance, 2 * total + 2)
    rate, estimate = 1e9 * chi_square / (2 * equivalent), 1e9 * total / equivalent
    return FailureRate(
        fit=rate,
        fit_estimate=estimate,
        mttf_hours=1e9 / rate if rate else inf,
        mttf_estimate_hours=equivalent / total if total else inf,
        fails=total,
        confidence=chance,
        chi_square=chi_square,
        degrees=2 * total + 2,
        device_hours=device,
        equivalent_hours=equivalent,
        acceleration=tuple(factor.tolist()),
        activation_energy_ev=activation_energy,
        stress_c=stresses,
        use_c=use_c,
        boltzmann_ev_per_k=boltzmann,
        zero_celsius_k=zero_celsius,
    )


def _tests(*columns: Any) -> tuple[FloatArray, ...]:
    """Units, hours and factor of each test."""
    names = ("units", "hours", "acceleration")
    count = max(np.size(column) for column in columns)
    told = [_per_test(column, count, name) for name, column in zip(names, columns, strict=True)]
    for name, column in zip(names, told, strict=True):
        if (column < 0).any():
            raise ArgumentError(f"{name}: numbers from 0 up were expected, found {column.min():g}.")
    return tuple(told)


def _failures(fails: Any, tests: int) -> int:
    """Failures of all tests together."""
    counts = floats(fails, "fails").ravel()
    if len(counts) not in (1, tests):
        raise ArgumentError(
            f"fails: one number or one for each of the {tests} tests was expected, found {len(counts)}."
        )
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts % 1).any():
        raise ArgumentError("fails: whole numbers from 0 up were expected.")
    return int(counts.sum())


def _per_test(column: Any, count: int, name: str) -> FloatArray:
    array = floats(column, name).ravel()
    if len(array) not in (1, count):
        raise ArgumentError(
            f"{name}: one number or one for each of the {count} tests was expected, found {len(array)}."
        )
    if not np.isfinite(array).all():
        raise ArgumentError(f"{name}: finite numbers were expected.")
    return np.broadcast_to(array, (count,)).astype(np.float64)


@dataclass(frozen=True)
class MeanTime(Figures):
    """Mean time between failures with its two-sided interval; the upper end is infinite without a failure."""

    hours: float
    fails: int
    mtbf_hours: float
    lower_hours: float
    upper_hours: float
    at_least_hours: float
    confidence: float


def mtbf(hours: float, fails: int, confidence: float = 0.9, *, ended: str = "time") -> MeanTime:
    """Mean time between failures of a constant rate.

    hours       all running time together
    fails       failures in it
    confidence  two-sided; `at_least_hours` is one-sided at the same confidence
    ended       "time" when the test ended at a set time, "failure" when at a failure
    Source      NIST/SEMATECH e-Handbook 8.4.5.1

    >>> found = mtbf(1600, 2)
    >>> found.mtbf_hours, round(found.lower_hours, 1), round(found.upper_hours, 1)
    (800.0, 254.1, 4502.5)
    """
    chance = fraction(confidence, "confidence")
    choice(ended, ("time", "failure"), "ended")
    if not hours > 0 or fails < 0 or fails % 1 or (ended == "failure" and fails == 0):
        raise ArgumentError(f"mtbf: hours above 0 and a whole number of failures were expected: {hours!r}, {fails!r}.")
    more = 2 * fails + (2 if ended == "time" else 0)
    tail = (1 - chance) / 2
    upper = inf if fails == 0 else 2 * hours / chi_square_quantile(tail, 2 * fails)
    return MeanTime(
        hours=float(hours),
        fails=int(fails),
        mtbf_hours=hours / fails if fails else inf,
        lower_hours=2 * hours / chi_square_quantile(1 - tail, more),
        upper_hours=upper,
        at_least_hours=2 * hours / chi_square_quantile(chance, more),
        confidence=chance,
    )
