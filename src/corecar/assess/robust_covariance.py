"""Mean and covariance that outliers cannot pull: the minimum covariance determinant."""

from __future__ import annotations

import numpy as np

from corecar.assess.distributions import chi_square_above, chi_square_quantile
from corecar.assess.samples import FloatArray, IntArray
from corecar.errors import ArgumentError

_STARTS, _FIRST_STEPS, _KEPT, _LAST_STEPS = 500, 2, 10, 100
_CUT = 0.975
"""Share of a normal population that stays when the estimate is made anew from all that is not outlying."""


def minimum_covariance_determinant(rows: FloatArray, support: float = 0.75) -> tuple[FloatArray, FloatArray]:
    """Centre and covariance of the most compact part of the rows, made consistent and reweighted once.

    rows     float64, shape (n, columns), finite
    support  share of the rows taken for clean, 0.5 to 1
    Raises   ArgumentError when that part lies in a plane
    Source   Rousseeuw and Van Driessen (1999), FAST-MCD; Croux and Haesbroeck (1999) for consistency. Starts are drawn
             from a fixed seed, so that the same rows give the same answer
    """
    n, width = rows.shape
    count = int(support * n)
    if not width < count <= n:
        raise ArgumentError(f"support: more than {width} and at most {n} rows were expected, found {count}.")
    chosen = _best_subset(rows, count)
    center, covariance = _moments(rows[chosen])
    distance = distances(rows, center, covariance)
    distance /= np.median(distance) / chi_square_quantile(0.5, width)
    clean = distance < chi_square_quantile(_CUT, width)
    center, covariance = _moments(rows[clean])
    kept = 1 - chi_square_above(chi_square_quantile(_CUT, width), width + 2)
    return center, covariance * _CUT / kept


def distances(rows: FloatArray, center: FloatArray, covariance: FloatArray) -> FloatArray:
    """Squared Mahalanobis distance of each row. Raises ArgumentError when the covariance has no inverse."""
    away = rows - center
    if np.linalg.matrix_rank(covariance, hermitian=True) < len(covariance):
        raise ArgumentError("the covariance has no inverse: a column is constant or follows from others. Leave it out.")
    return np.asarray((away * np.linalg.solve(covariance, away.T).T).sum(axis=1), np.float64)


def _moments(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    return rows.mean(axis=0), np.atleast_2d(np.cov(rows, rowvar=False, bias=True))


def _best_subset(rows: FloatArray, count: int) -> IntArray:
    drawn = np.random.default_rng(0)
    n, width = rows.shape
    tried = []
    for _ in range(_STARTS):
        start = drawn.choice(n, width + 1, replace=False)
        tried.append(_concentrated(rows, start, count, _FIRST_STEPS))
    tried.sort(key=lambda one: one[0])
    settled = [_concentrated(rows, subset, count, _LAST_STEPS) for _, subset in tried[:_KEPT]]
    volume, subset = min(settled, key=lambda one: one[0])
    if not np.isfinite(volume):
        raise ArgumentError("more than half of the rows lie in a plane, so no robust covariance can be made of them.")
    return subset


def _concentrated(rows: FloatArray, subset: IntArray, count: int, steps: int) -> tuple[float, IntArray]:
    """The subset after some steps towards the rows nearest to its own centre, and the log of its determinant."""
    volume = np.inf
    for _ in range(steps):
        center, covariance = _moments(rows[subset])
        sign, log_determinant = np.linalg.slogdet(covariance)
        if sign <= 0:
            return (np.inf, subset) if len(subset) >= count else _spread_out(rows, center, count)
        away = rows - center
        distance = (away * np.linalg.solve(covariance, away.T).T).sum(axis=1)
        closest = np.argpartition(distance, count - 1)[:count]
        if len(subset) == count and log_determinant >= volume:
            break
        volume, subset = (log_determinant if len(subset) == count else np.inf), closest
    return float(np.linalg.slogdet(_moments(rows[subset])[1])[1]), subset


def _spread_out(rows: FloatArray, center: FloatArray, count: int) -> tuple[float, IntArray]:
    """The rows nearest to a centre whose few starting rows lay in a plane."""
    closest = np.argpartition(((rows - center) ** 2).sum(axis=1), count - 1)[:count]
    sign, log_determinant = np.linalg.slogdet(_moments(rows[closest])[1])
    return (float(log_determinant) if sign > 0 else np.inf), closest
