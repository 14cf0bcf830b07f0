"""Guard bands: how far inside the specification a test has to judge, since it does not measure exactly."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

from corecar.assess.capability_indices import limits
from corecar.assess.distributions import normal_below, normal_quantile
from corecar.assess.figures import Figures
from corecar.assess.samples import choice, fraction
from corecar.errors import ArgumentError
from corecar.standards import value

METHODS = ("k", "risk", "z540.3")


@dataclass(frozen=True)
class GuardBand(Figures):
    """What `guard_band` answers.

    guard_band      distance of each test limit from its specification limit [the readings' unit]
    low, high       test limits; None where the specification has none
    accepted_bad    probability that a part exactly at a specification limit passes
    uncertainty_ratio  width over twice the 95 % uncertainty (TUR); None with one limit
    """

    method: str
    guard_band: float
    low: float | None
    high: float | None
    accepted_bad: float
    uncertainty_ratio: float | None


def guard_band(
    low: float | None,
    high: float | None,
    sigma: float,
    *,
    k: float | None = None,
    risk: float | None = None,
    method: str | None = None,
) -> GuardBand:
    """Test limits inside the specification.

    low, high  specification limits; None where there is none [the readings' unit]
    sigma      of the measurement: repeatability, testers, boards, calibration, temperature together [same unit]
    k          guard band in sigmas; 3 unless given
    risk       instead of k: the probability at which a part exactly at its limit may still pass
    method     "k", "risk" or "z540.3" (2 % false acceptance for two limits); follows from what is given
    Returns    GuardBand
    Raises     ArgumentError without any limit, or when nothing is left between the test limits
    Source     AEC-Q100-009 Rev B (LTL = LSL + g sigma); ISO 14253-1; ANSI/NCSL Z540.3 method 6

    >>> found = guard_band(None, 10, 0.1)
    >>> round(found.high, 3), round(found.accepted_bad, 5)
    (9.7, 0.00135)
    """
    limit = limits(low, high)
    if limit.low is None and limit.high is None:
        raise ArgumentError("guard_band: at least one limit was expected.")
    if not sigma >= 0:
        raise ArgumentError(f"sigma: 0 or more was expected, found {sigma!r}.")
    way = choice(method or ("k" if risk is None else "risk"), METHODS, "method")
    ratio = None if limit.width is None or sigma == 0 else limit.width / (4 * sigma)
    band = _band(way, sigma, k, risk, ratio)
    inner_low = None if limit.low is None else limit.low + band
    inner_high = None if limit.high is None else limit.high - band
    if inner_low is not None and inner_high is not None and inner_low >= inner_high:
        raise ArgumentError(
            f"guard_band: {band:g} on each side leaves nothing of {limit.low:g} to {limit.high:g}. "
            "The measurement is too coarse for this tolerance."
        )
    accepted = normal_below(-band / sigma) if sigma > 0 else 0.5 if band == 0 else 0.0
    return GuardBand(way, band, inner_low, inner_high, accepted, ratio)


def _band(way: str, sigma: float, k: float | None, risk: float | None, ratio: float | None) -> float:
    if way == "risk":
        if risk is None or k is not None:
            raise ArgumentError("guard_band: give either k or risk.")
        return max(0.0, -normal_quantile(fraction(risk, "risk"))) * sigma
    if way == "z540.3":
        if ratio is None:
            raise ArgumentError("guard_band: z540.3 needs both limits and a sigma above 0.")
        return max(0.0, 2 * sigma * (1.04 - exp(0.38 * log(ratio) - 0.54)))
    factor = float(value("Comparisons", "guard-band", "k")) if k is None else k
    if not factor >= 0:
        raise ArgumentError(f"k: 0 or more was expected, found {factor!r}.")
    return factor * sigma
