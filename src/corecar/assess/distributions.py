"""Quantiles and tails of the distributions that quality statistics rest on, from SciPy's special functions."""

from __future__ import annotations

from typing import Any


def _special() -> Any:
    """SciPy's special functions, imported when the first one is asked for: that takes as long as a small command."""
    from scipy import special

    return special


def normal_quantile(probability: float) -> float:
    """Quantile of the standard normal distribution."""
    return float(_special().ndtri(probability))


def normal_below(z: float) -> float:
    """Probability below z under the standard normal distribution."""
    return float(_special().ndtr(z))


def normal_two_sided(z: float) -> float:
    """Probability of being at least as far from 0 as z."""
    return float(2 * _special().ndtr(-abs(z)))


def chi_square_quantile(probability: float, degrees: float) -> float:
    """Quantile of chi-square; the degrees of freedom need not be whole."""
    return float(2 * _special().gammaincinv(degrees / 2, probability))


def chi_square_above(value: float, degrees: float) -> float:
    """Probability above a value of chi-square."""
    return float(_special().chdtrc(degrees, value))


def t_quantile(probability: float, degrees: float) -> float:
    """Quantile of Student's t."""
    return float(_special().stdtrit(degrees, probability))


def t_two_sided(value: float, degrees: float) -> float:
    """Probability of being at least as far from 0 as a value of Student's t."""
    return float(2 * _special().stdtr(degrees, -abs(value)))


def f_quantile(probability: float, numerator: float, denominator: float) -> float:
    """Quantile of Fisher's F."""
    return float(_special().fdtri(numerator, denominator, probability))


def f_above(value: float, numerator: float, denominator: float) -> float:
    """Probability above a value of Fisher's F."""
    return float(_special().fdtrc(numerator, denominator, value))


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Quantile of the beta distribution."""
    return float(_special().betaincinv(a, b, probability))


def binomial_at_most(count: int, trials: int, probability: float) -> float:
    """Probability of at most so many events in independent trials."""
    return 1.0 if count >= trials else float(_special().betainc(trials - count, count + 1, 1 - probability))
