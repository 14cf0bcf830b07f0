"""Mean and covariance that outliers cannot pull: the minimum covariance determinant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.assess.distributions import chi_square_above, chi_square_quantile
from corecar.assess.samples import FloatArray
from corecar.errors import ArgumentError

_STARTS, _FIRST_STEPS, _KEPT, _LAST_STEPS = 500, 2, 10, 100
_GROUPS, _GROUP = 5, 300
"""Of more rows than two groups hold, starts are tried on so many groups of so many rows."""
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
    center, covariance = _most_compact(rows, count)
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
    return np.asarray(np.einsum("ij,ji->i", away, np.linalg.solve(covariance, away.T)), np.float64)


def _moments(rows: FloatArray) -> tuple[FloatArray, FloatArray]:
    return rows.mean(axis=0), np.atleast_2d(np.cov(rows, rowvar=False, bias=True))


@dataclass(frozen=True)
class _Cloud:
    """The centre and covariance of some rows, and the logarithm of their volume."""

    volume: float
    center: FloatArray
    covariance: FloatArray


def _most_compact(rows: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    drawn, n = np.random.default_rng(0), len(rows)
    if n <= 2 * _GROUP:
        clouds = _tried(rows, count / n, _STARTS, drawn)
    else:
        chosen = drawn.choice(n, min(n, _GROUPS * _GROUP), replace=False)
        groups = np.array_split(chosen, len(chosen) // _GROUP)
        found = [cloud for group in groups for cloud in _tried(rows[group], count / n, _STARTS // _GROUPS, drawn)]
        clouds = _best([_concentrated(rows[chosen], cloud, count / n, _FIRST_STEPS) for cloud in found])
    settled = _best([_concentrated(rows, cloud, count / n, _LAST_STEPS) for cloud in clouds])[0]
    if not np.isfinite(settled.volume):
        raise ArgumentError("more than half of the rows lie in a plane, so no robust covariance can be made of them.")
    return settled.center, settled.covariance


def _tried(rows: FloatArray, support: float, starts: int, drawn: np.random.Generator) -> list[_Cloud]:
    """The best of many random starts, each from one row more than there are columns."""
    n, width = rows.shape
    begun = (_cloud(rows[drawn.choice(n, width + 1, replace=False)]) for _ in range(starts))
    return _best([_concentrated(rows, cloud, support, _FIRST_STEPS) for cloud in begun])


def _best(clouds: list[_Cloud]) -> list[_Cloud]:
    return sorted(clouds, key=lambda cloud: cloud.volume)[:_KEPT]


def _cloud(rows: FloatArray) -> _Cloud:
    center, covariance = _moments(rows)
    sign, volume = np.linalg.slogdet(covariance)
    return _Cloud(float(volume) if sign > 0 else -np.inf, center, covariance)


def _concentrated(rows: FloatArray, cloud: _Cloud, support: float, steps: int) -> _Cloud:
    """Some steps towards the rows nearest to a cloud's own centre; each makes it smaller. A flat one is infinite."""
    count, volume = int(support * len(rows) + 1e-9), np.inf
    for _ in range(steps):
        away = rows - cloud.center
        spread = cloud.covariance if np.isfinite(cloud.volume) else np.eye(rows.shape[1])
        distance = np.einsum("ij,ji->i", away, np.linalg.solve(spread, away.T))
        cloud = _cloud(rows[np.argpartition(distance, count - 1)[:count]])
        if cloud.volume >= volume or not np.isfinite(cloud.volume):
            break
        volume = cloud.volume
    return cloud if np.isfinite(cloud.volume) else _Cloud(np.inf, cloud.center, cloud.covariance)
