"""Whether sites, testers, boards or probe cards differ, and by how much: an effect size beside every p."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import nan, sqrt
from typing import Any

import numpy as np

from corecar.assess.correlation import robust_sigma, spread
from corecar.assess.distributions import chi_square_above, chi_square_quantile, t_two_sided
from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, IntArray, column_of_floats, fraction, labels, same_length
from corecar.errors import ArgumentError, TooFewParts
from corecar.standards import value


@dataclass(frozen=True)
class GroupBias(Figures):
    """What `group_bias` answers.

    medians, sigmas          by group, as counts are; sigmas are robust
    effect                   largest less smallest median, in robust sigmas within groups
                             (in standard deviations where quartiles coincide)
    p                        Kruskal-Wallis, of equal location; p_spread Brown-Forsythe, of equal spread
    spread_ratio             largest over smallest sigma
    verdict                  "hold" from an effect of 1.5, "warn" from 0.5 with p below 0.001, else "alike"
    """

    n: int
    missing: int
    medians: dict[Any, float]
    sigmas: dict[Any, float]
    counts: dict[Any, int]
    effect: float
    sigma_within: float
    p: float
    p_spread: float
    spread_ratio: float
    verdict: str


def group_bias(values: Any, groups: Any) -> GroupBias:
    """Whether the readings of a test differ between groups (sites, testers, boards, probe cards).

    values   readings; NaN where one is missing
    groups   label per reading
    Returns  GroupBias
    Raises   TooFewParts below two groups with two readings each
    Source   Kruskal and Wallis (1952); Brown and Forsythe (1974); limits in `standards/comparisons.csv`

    >>> found = group_bias([1.0, 1.1, 0.9, 1.0, 3.0, 3.1, 2.9, 3.0], [1] * 4 + [2] * 4)
    >>> found.medians, found.verdict
    ({1: 1.0, 2: 3.0}, 'hold')
    """
    readings = column_of_floats(values, "values")
    codes, names = labels(groups, "groups")
    same_length("group_bias", values=readings, groups=codes)
    return bias_of_codes(readings, codes, names)


def bias_of_codes(readings: FloatArray, codes: IntArray, names: list[Any]) -> GroupBias:
    """As `group_bias`, of float64 readings whose groups are numbered already; one of code -1 counts as missing."""
    there = np.isfinite(readings) & (codes >= 0)
    split = {name: readings[there & (codes == code)] for code, name in enumerate(names)}
    split = {name: group for name, group in split.items() if len(group)}
    if sum(len(group) > 1 for group in split.values()) < 2:
        raise TooFewParts("group_bias: needs two groups with at least two readings each.")
    medians = {name: float(np.median(group)) for name, group in split.items()}
    sigmas = {name: robust_sigma(group) for name, group in split.items()}
    within = spread(np.concatenate([group - medians[name] for name, group in split.items()]))
    apart = max(medians.values()) - min(medians.values())
    effect = apart / within if within > 0 else 0.0 if apart == 0 else float("inf")
    p, p_spread = _tests([group for group in split.values() if len(group) > 1])
    return GroupBias(
        n=int(there.sum()),
        missing=int(len(readings) - there.sum()),
        medians=medians,
        sigmas=sigmas,
        counts={name: len(group) for name, group in split.items()},
        effect=effect,
        sigma_within=within,
        p=p,
        p_spread=p_spread,
        spread_ratio=max(sigmas.values()) / min(sigmas.values()) if min(sigmas.values()) > 0 else nan,
        verdict=_verdict(effect, p),
    )


def _tests(groups: list[FloatArray]) -> tuple[float, float]:
    """p of equal location and of equal spread; 1 where nothing varies at all."""
    from scipy import stats

    together = np.concatenate(groups)
    location = 1.0 if np.ptp(together) == 0 else float(stats.kruskal(*groups).pvalue)
    away = [np.abs(group - np.median(group)) for group in groups]
    if all(np.ptp(distance) == 0 for distance in away):
        return location, 1.0 if np.ptp([distance[0] for distance in away]) == 0 else 0.0
    with np.errstate(all="ignore"):
        return location, float(stats.levene(*groups, center="median").pvalue)


def _verdict(effect: float, p: float) -> str:
    warn, warn_p, hold = (
        float(value("Comparisons", "group-bias", name)) for name in ("warn_effect", "warn_p", "hold_effect")
    )
    if effect >= hold:
        return "hold"
    return "warn" if effect >= warn and p < warn_p else "alike"


@dataclass(frozen=True)
class YieldBias(Figures):
    """What `yield_bias` answers.

    yields      by group
    p           chi-square, of equal yields; degrees is groups - 1
    differing   pairs of groups whose yields differ by more than Marascuilo's critical range, at `alpha`
    spread      largest less smallest yield
    """

    yields: dict[Any, float]
    chi_square: float
    degrees: int
    p: float
    alpha: float
    differing: tuple[tuple[Any, Any], ...]
    spread: float


def yield_bias(passed: Any, tested: Any, groups: Any = None, *, alpha: float = 0.05) -> YieldBias:
    """Whether the yields of groups differ, and between which.

    passed, tested  counts per group
    groups          their names; numbered from 1 unless given
    alpha           of all pairs together
    Raises          ArgumentError when more passed than were tested; TooFewParts below two groups
    Source          Marascuilo (1966); NIST/SEMATECH e-Handbook 7.4.7.4

    >>> yield_bias([95, 96, 80], [100, 100, 100], ["A", "B", "C"]).differing
    (('A', 'C'), ('B', 'C'))
    """
    fraction(alpha, "alpha")
    good, total = column_of_floats(passed, "passed"), column_of_floats(tested, "tested")
    names = list(range(1, len(good) + 1)) if groups is None else labels(groups, "groups")[1]
    same_length("yield_bias", passed=good, tested=total, groups=names)
    if len(names) < 2:
        raise TooFewParts("yield_bias: needs at least two groups.")
    if not ((good >= 0) & (total > 0) & (good <= total)).all():
        raise ArgumentError("yield_bias: passed from 0 to tested, and tested above 0, were expected in every group.")
    share, overall = good / total, float(good.sum() / total.sum())
    expected = overall * (1 - overall)
    chi_square = float((total * (share - overall) ** 2).sum() / expected) if expected > 0 else 0.0
    reach = sqrt(chi_square_quantile(1 - alpha, len(names) - 1))
    error = share * (1 - share) / total
    differing = tuple(
        (names[a], names[b])
        for a, b in combinations(range(len(names)), 2)
        if abs(share[a] - share[b]) > reach * sqrt(error[a] + error[b])
    )
    return YieldBias(
        yields=dict(zip(names, share.tolist(), strict=True)),
        chi_square=chi_square,
        degrees=len(names) - 1,
        p=chi_square_above(chi_square, len(names) - 1),
        alpha=alpha,
        differing=differing,
        spread=float(share.max() - share.min()),
    )


@dataclass(frozen=True)
class Equivalence(Figures):
    """What `equivalence` answers: two one-sided tests of a difference inside a margin.

    p           the larger of the two; equivalent when below alpha
    difference  mean of the second less the first [the readings' unit]
    """

    difference: float
    margin: float
    standard_error: float
    degrees: float
    p: float
    alpha: float
    equivalent: bool


def equivalence(first: Any, second: Any, margin: float, *, alpha: float = 0.05) -> Equivalence:
    """Whether two testers (boards, sites) agree within a margin, which a large p of a difference does not show.

    first, second  readings of each; NaN where one is missing
    margin         difference that would still not matter, such as 10 % of the tolerance [the readings' unit]
    alpha          of each one-sided test
    Raises         TooFewParts below two readings on a side
    Source         Schuirmann (1987), with Welch's degrees of freedom

    >>> equivalence([1.0, 1.1, 0.9, 1.0], [1.05, 1.1, 0.95, 1.0], 0.3).equivalent
    True
    """
    fraction(alpha, "alpha")
    if not margin > 0:
        raise ArgumentError(f"margin: more than 0 was expected, found {margin!r}.")
    sides = [side[np.isfinite(side)] for side in (column_of_floats(first, "first"), column_of_floats(second, "second"))]
    if min(map(len, sides)) < 2:
        raise TooFewParts("equivalence: needs at least two readings on each side.")
    parts = [0.0 if np.ptp(side) == 0 else float(side.var(ddof=1)) / len(side) for side in sides]
    error, difference = sqrt(sum(parts)), float(sides[1].mean() - sides[0].mean())
    if error == 0:
        inside = abs(difference) < margin
        return Equivalence(difference, margin, 0.0, nan, 0.0 if inside else 1.0, alpha, inside)
    degrees = 1 / sum((part / sum(parts)) ** 2 / (len(side) - 1) for part, side in zip(parts, sides, strict=True))
    nearest = (margin - abs(difference)) / error
    p = t_two_sided(nearest, degrees) / 2
    p = p if nearest >= 0 else 1 - p
    return Equivalence(difference, margin, error, degrees, p, alpha, p < alpha)
