"""How far two judgements of the same parts agree: kappa, bins that switch, McNemar."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

import numpy as np

from corecar.assess.distributions import binomial_at_most, chi_square_above, normal_quantile, normal_two_sided
from corecar.assess.figures import Figures
from corecar.assess.samples import FloatArray, choice, column_of_floats, fraction, labels, same_length
from corecar.errors import ArgumentError, TooFewParts

WEIGHTS = ("none", "linear", "quadratic")


@dataclass(frozen=True)
class Kappa(Figures):
    """What `kappa` answers.

    kappa             1 for full agreement, 0 for that of chance; NaN when both say one category throughout
    se                standard error; lower, upper the interval around the kappa that was found
    z, p              against a kappa of 0
    agreement         share of parts judged alike (weighted); expected is that of chance
    matrix            parts by first (row) and second (column) judgement, in the order of `categories`
    """

    n: int
    kappa: float
    se: float
    lower: float
    upper: float
    z: float
    p: float
    agreement: float
    expected: float
    confidence: float
    weights: str
    categories: tuple[Any, ...]
    matrix: tuple[tuple[int, ...], ...]
    notes: tuple[str, ...]


def kappa(first: Any, second: Any, *, weights: str = "none", confidence: float = 0.95) -> Kappa:
    """Cohen's kappa between two judgements of the same parts.

    first, second  a category (bin, verdict, grade) per part, in the same order
    weights        "none"; "linear" or "quadratic" when categories are ordered and a near miss counts for something
    confidence     two-sided, of the interval
    Returns        Kappa
    Raises         TooFewParts without a part; ArgumentError for columns of different length
    Source         Cohen (1960, 1968); standard errors of Fleiss, Cohen and Everitt (1969)

    >>> found = kappa([1] * 20 + [2] * 5 + [1] * 10 + [2] * 15, [1] * 25 + [2] * 25)
    >>> round(found.kappa, 2), found.matrix
    (0.4, ((20, 10), (5, 15)))
    """
    choice(weights, WEIGHTS, "weights")
    chance = fraction(confidence, "confidence")
    categories, matrix = cross_table(first, second, "kappa")
    n = int(matrix.sum())
    shares = matrix / n
    credit = _credit(len(categories), weights)
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    seen, expected = float((credit * shares).sum()), float(rows @ credit @ columns)
    told = (n, seen, expected, chance, weights, categories, matrix)
    if expected >= 1:
        return _kappa(told, nan, nan, nan, "both say one category throughout: there is no agreement beyond chance")
    value = (seen - expected) / (1 - expected)
    means = (credit @ columns)[:, None] + (rows @ credit)[None, :]
    around = (shares * (credit - means * (1 - value)) ** 2).sum() - (value - expected * (1 - value)) ** 2
    at_zero = (np.outer(rows, columns) * (credit - means) ** 2).sum() - expected**2
    scale = sqrt(n) * (1 - expected)
    return _kappa(told, value, sqrt(max(0.0, around)) / scale, sqrt(max(0.0, at_zero)) / scale)


def _kappa(told: Any, value: float, se: float, se_at_zero: float, *notes: str) -> Kappa:
    n, seen, expected, confidence, weights, categories, matrix = told
    reach = normal_quantile((1 + confidence) / 2) * se
    z = value / se_at_zero if se_at_zero > 0 else nan
    return Kappa(
        n=n,
        kappa=value,
        se=se,
        lower=value - reach,
        upper=value + reach,
        z=z,
        p=normal_two_sided(z),
        agreement=seen,
        expected=expected,
        confidence=confidence,
        weights=weights,
        categories=categories,
        matrix=_rows(matrix),
        notes=notes,
    )


def _credit(size: int, weights: str) -> FloatArray:
    """What a pair of categories counts, from 0 to 1."""
    if weights == "none" or size < 2:
        return np.eye(size)
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size))) / (size - 1)
    return np.asarray(1 - apart ** (1 if weights == "linear" else 2), np.float64)


def cross_table(first: Any, second: Any, what: str) -> tuple[tuple[Any, ...], FloatArray]:
    """Categories in order, and how many parts have each pair of them."""
    (one, one_names), (other, other_names) = labels(first, "first"), labels(second, "second")
    same_length(what, first=one, second=other)
    if not len(one):
        raise TooFewParts(f"{what}: no parts. Give one judgement per part and side.")
    categories = _ordered({*one_names, *other_names})
    place = {category: number for number, category in enumerate(categories)}
    matrix = np.zeros((len(categories), len(categories)))
    rows = np.array([place[name] for name in one_names])[one]
    columns = np.array([place[name] for name in other_names])[other]
    np.add.at(matrix, (rows, columns), 1)
    return categories, matrix


def _ordered(categories: Collection[Any]) -> tuple[Any, ...]:
    try:
        return tuple(sorted(categories))
    except TypeError:
        return tuple(sorted(categories, key=lambda category: (type(category).__name__, str(category))))


def _rows(matrix: FloatArray) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(count) for count in row) for row in matrix)


@dataclass(frozen=True)
class McNemar(Figures):
    """What `mcnemar` answers: whether more parts went from pass to fail than from fail to pass, or the reverse.

    p            exact, two-sided, from the binomial distribution
    chi_square   with continuity correction, and p_chi_square from it; NaN when nothing changed
    """

    n: int
    pass_to_fail: int
    fail_to_pass: int
    p: float
    chi_square: float
    p_chi_square: float


def mcnemar(first: Any, second: Any) -> McNemar:
    """Whether the verdicts of the same parts shifted between two insertions.

    first, second  bool per part: True where it passed
    Source         McNemar (1947); exact binomial form

    >>> found = mcnemar([True] * 12 + [False] * 5, [False] * 10 + [True] * 2 + [True] * 2 + [False] * 3)
    >>> found.pass_to_fail, found.fail_to_pass, round(found.p, 4)
    (10, 2, 0.0386)
    """
    before, after = column_of_floats(first, "first"), column_of_floats(second, "second")
    same_length("mcnemar", first=before, second=after)
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise ArgumentError("mcnemar: a verdict per part and side was expected; leave out parts that lack one.")
    one, other = before != 0, after != 0
    return _mcnemar(len(one), int((one & ~other).sum()), int((~one & other).sum()))


def _mcnemar(n: int, lost: int, gained: int) -> McNemar:
    changed = lost + gained
    if changed == 0:
        return McNemar(n, 0, 0, 1.0, nan, nan)
    exact = min(1.0, 2 * binomial_at_most(min(lost, gained), changed, 0.5))
    chi_square = max(0, abs(lost - gained) - 1) ** 2 / changed
    return McNemar(n, lost, gained, exact, chi_square, chi_square_above(chi_square, 1))


@dataclass(frozen=True)
class BinSwitching(Figures):
    """What `bin_switching` answers.

    matrix          parts by first (row) and second (column) bin, in the order of `bins`
    switched        parts whose bin differs
    failed, recovered   parts that failed first, and how many of those passed then; recovery_rate None when none failed
    recovered_by_bin    by first bin: (failed, recovered)
    recovery_limit  mean + 3 s of the history given, and alarm when the rate is above it
    """

    n: int
    bins: tuple[Any, ...]
    matrix: tuple[tuple[int, ...], ...]
    switched: int
    switched_share: float
    failed: int
    recovered: int
    recovery_rate: float | None
    recovered_by_bin: dict[Any, tuple[int, int]]
    recovery_limit: float | None
    alarm: bool
    kappa: float
    mcnemar: McNemar


def bin_switching(
    first: Any, second: Any, good: Collection[Any] = (1,), *, recovery_history: Sequence[float] | None = None
) -> BinSwitching:
    """How parts moved between bins from one insertion or attempt to the next.

    first, second     bin per part, in the same order
    good              the bins of passing parts
    recovery_history  recovery rates of at least two earlier lots, for the alarm
    Returns           BinSwitching
    Raises            TooFewParts without a part

    >>> found = bin_switching([1, 1, 5, 5, 7], [1, 5, 1, 5, 7])
    >>> found.switched, found.recovered, found.failed
    (2, 1, 3)
    """
    bins, matrix = cross_table(first, second, "bin_switching")
    passing = np.isin(np.arange(len(bins)), [row for row, name in enumerate(bins) if name in set(good)])
    failed, recovered = int(matrix[~passing].sum()), int(matrix[~passing][:, passing].sum())
    lost = int(matrix[passing][:, ~passing].sum())
    n, switched = int(matrix.sum()), int(matrix.sum() - np.trace(matrix))
    rate, limit = (recovered / failed if failed else None), _history_limit(recovery_history)
    by_bin = {
        name: (int(matrix[row].sum()), int(matrix[row][passing].sum()))
        for row, name in enumerate(bins)
        if not passing[row] and matrix[row].sum()
    }
    return BinSwitching(
        n=n,
        bins=bins,
        matrix=_rows(matrix),
        switched=switched,
        switched_share=switched / n,
        failed=failed,
        recovered=recovered,
        recovery_rate=rate,
        recovered_by_bin=by_bin,
        recovery_limit=limit,
        alarm=limit is not None and rate is not None and rate > limit,
        kappa=kappa(first, second).kappa,
        mcnemar=_mcnemar(n, lost, recovered),
    )


def _history_limit(history: Sequence[float] | None) -> float | None:
    if history is None:
        return None
    rates = column_of_floats(history, "recovery_history")
    if len(rates) < 2 or not np.isfinite(rates).all():
        raise TooFewParts("recovery_history: the rates of at least two earlier lots are needed.")
    return float(rates.mean() + 3 * rates.std(ddof=1))
