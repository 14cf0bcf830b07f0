"""How many parts to look at, and what so many parts without or with failures prove."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, exp, lgamma, log
from typing import Any

from corecar.assess.distributions import beta_quantile, binomial_at_most, chi_square_quantile
from corecar.assess.figures import Figures
from corecar.assess.samples import fraction
from corecar.errors import ArgumentError


@dataclass(frozen=True)
class SamplePlan(Figures):
    """How many parts, with how many failures allowed, show which quality at which confidence."""

    n: int
    allowed_fails: int
    reliability: float
    confidence: float


@dataclass(frozen=True)
class FractionBound(Figures):
    """What a sample says of the fraction of failing parts.

    at_most       one-sided upper bound at `confidence`; at_least the one-sided lower bound
    lower, upper  the two-sided interval at the same confidence
    """

    n: int
    fails: int
    confidence: float
    estimate: float
    at_most: float
    at_least: float
    lower: float
    upper: float
    at_most_ppm: float


@dataclass(frozen=True)
class Dppm(Figures):
    """Defective parts per million: what was seen, and at most how many at `confidence`."""

    shipped: int
    returns: int
    confidence: float
    dppm: float
    at_most_dppm: float


@dataclass(frozen=True)
class LotPlan(Figures):
    """A sample of a lot that is refused at the first failure.

    n                exact, hypergeometric
    n_approximate    lot_size (1 - (1 - confidence) ** (1 / defectives)), as it is often printed
    """

    lot_size: int
    defectives: int
    confidence: float
    n: int
    n_approximate: int


def sample_size(reliability: float, confidence: float, allowed_fails: int = 0) -> SamplePlan:
    """The smallest sample that shows a reliability at a confidence.

    reliability    share that survives, 0 to 1
    confidence     0 to 1
    allowed_fails  failures in the sample that are still accepted
    Source         binomial distribution; without failures n = ln(1 - confidence) / ln(reliability)

    >>> sample_size(0.99, 0.9).n, sample_size(0.95, 0.9).n
    (230, 45)
    """
    fraction(reliability, "reliability")
    fraction(confidence, "confidence")
    fails = _whole(allowed_fails, "allowed_fails", 0)
    low, high = fails, max(1, fails)
    while not _shows(high, fails, reliability, confidence):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _shows(middle, fails, reliability, confidence) else (middle, high)
    return SamplePlan(high, fails, reliability, confidence)


def _shows(n: int, fails: int, reliability: float, confidence: float) -> bool:
    return binomial_at_most(fails, n, 1 - reliability) <= (1 - confidence) * (1 + 1e-12)


def fraction_bound(fails: int, n: int, confidence: float = 0.9) -> FractionBound:
    """Bounds of the failing fraction after so many failures in a sample.

    fails, n    counts
    confidence  0 to 1
    Returns     FractionBound
    Source      Clopper and Pearson (1934)

    >>> round(fraction_bound(0, 45, 0.9).at_most, 5)
    0.04988
    """
    n, fails = _whole(n, "n", 1), _whole(fails, "fails", 0)
    chance = fraction(confidence, "confidence")
    if fails > n:
        raise ArgumentError(f"fails: at most {n} were expected, found {fails}.")
    tail = (1 - chance) / 2
    return FractionBound(
        n=n,
        fails=fails,
        confidence=chance,
        estimate=fails / n,
        at_most=_upper(fails, n, chance),
        at_least=_lower(fails, n, 1 - chance),
        lower=_lower(fails, n, tail),
        upper=_upper(fails, n, 1 - tail),
        at_most_ppm=1e6 * _upper(fails, n, chance),
    )


def _upper(fails: int, n: int, probability: float) -> float:
    return 1.0 if fails == n else beta_quantile(probability, fails + 1, n - fails)


def _lower(fails: int, n: int, probability: float) -> float:
    return 0.0 if fails == 0 else beta_quantile(probability, fails, n - fails + 1)


def dppm(returns: int, shipped: int, confidence: float = 0.9) -> Dppm:
    """Outgoing quality from returns, with its upper bound; also what skipping a test may let through.

    returns     failures seen
    shipped     parts they were seen among
    confidence  one-sided, 0 to 1
    Source      Poisson: chi2(confidence, 2 returns + 2) / 2

    >>> round(dppm(0, 1_000_000, 0.95).at_most_dppm, 3), round(dppm(2, 1_000_000, 0.9).at_most_dppm, 3)
    (2.996, 5.322)
    """
    returns, shipped = _whole(returns, "returns", 0), _whole(shipped, "shipped", 1)
    bound = chi_square_quantile(fraction(confidence, "confidence"), 2 * returns + 2) / 2
    return Dppm(shipped, returns, confidence, 1e6 * returns / shipped, 1e6 * bound / shipped)


def lot_plan(lot_size: int, defectives: int, confidence: float = 0.9) -> LotPlan:
    """The smallest sample of a lot in which at least one of so many defectives is found at a confidence.

    lot_size    parts in the lot
    defectives  how many of them would be too many
    confidence  0 to 1
    Source      hypergeometric distribution

    >>> lot_plan(1000, 10, 0.9).n
    205
    """
    size, bad = _whole(lot_size, "lot_size", 1), _whole(defectives, "defectives", 1)
    chance = fraction(confidence, "confidence")
    if bad > size:
        raise ArgumentError(f"defectives: at most {size} were expected, found {bad}.")
    low, high = 0, size - bad + 1
    while high - low > 1:
        middle = (low + high) // 2
        missed = _none_found(size, bad, middle) <= 1 - chance
        low, high = (low, middle) if missed else (middle, high)
    return LotPlan(size, bad, chance, high, ceil(size * (1 - (1 - chance) ** (1 / bad))))


def _none_found(size: int, bad: int, n: int) -> float:
    """Probability that a sample holds none of the defectives."""
    if n > size - bad:
        return 0.0
    good = size - bad
    return exp(lgamma(good + 1) - lgamma(good - n + 1) - lgamma(size + 1) + lgamma(size - n + 1))


def defect_level(fab_yield: float, coverage: float) -> float:
    """The fraction of bad parts among those that passed: 1 - yield ** (1 - coverage).

    fab_yield  share of good parts before test, above 0 up to 1
    coverage   share of faults that the test finds, 0 to 1
    Source     Williams and Brown (1981)

    >>> round(1e6 * defect_level(0.9, 0.99))
    1053
    """
    if not (0 < fab_yield <= 1 and 0 <= coverage <= 1):
        raise ArgumentError(f"yield and coverage as fractions were expected, found {fab_yield!r} and {coverage!r}.")
    return 1 - exp((1 - coverage) * log(fab_yield))


def _whole(value: Any, what: str, least: int) -> int:
    if not value >= least or value % 1:
        raise ArgumentError(f"{what}: a whole number from {least} up was expected, found {value!r}.")
    return int(value)
