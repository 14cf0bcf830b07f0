"""Hotelling's T-squared: many characteristics watched as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from corecar.assess.distributions import beta_quantile, chi_square_quantile, f_quantile
from corecar.assess.figures import Figures
from corecar.assess.samples import (
    FloatArray,
    choice,
    column,
    column_names,
    column_of_floats,
    fraction,
    labels,
    two_dimensional,
    with_columns,
)
from corecar.errors import ArgumentError, TooFewParts
from corecar.plurals import plural
from corecar.robust_covariance import distances, minimum_covariance_determinant

COVARIANCES = ("sample", "differences", "robust")
LIMITS = ("exact", "chi-square")


@dataclass(frozen=True)
class Hotelling(Figures):
    """What `hotelling` answers. Rows (with subgroups: subgroups) are numbered from 1, incomplete ones count.

    t_squared      squared distance of each row of `points`
    limit          beyond it a row is `out`
    limit_kind     the distribution that gave it: "beta", "F" or "chi-square"
    contributions  of each row that is out: by column, how much smaller T-squared is without it
    missing        rows left out because a reading lacks
    """

    columns: tuple[str, ...]
    n: int
    missing: int
    covariance_kind: str
    alpha: float
    limit: float
    limit_kind: str
    center: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    points: tuple[int, ...]
    t_squared: tuple[float, ...]
    out: tuple[int, ...]
    contributions: dict[int, dict[str, float]]


@dataclass(frozen=True)
class _Base:
    """Where distances are measured from: centre, covariance, how many rows and in what size of subgroup."""

    center: FloatArray
    covariance: FloatArray
    rows: int
    size: int = 1


def hotelling(
    table: Any,
    alpha: float = 0.0027,
    *,
    columns: Any = None,
    covariance: str = "sample",
    support: float = 0.75,
    subgroup: Any = None,
    reference: Any = None,
    limit: str = "exact",
) -> Hotelling:
    """T-squared of each row (or subgroup) of a table, and the rows beyond the limit.

    table       one column per characteristic, one row per part; or an array of shape (rows, columns)
    alpha       how often a row of an unchanged process is beyond the limit
    columns     the columns to take; all unless given
    covariance  "sample"; "differences" of successive rows, which a shift does not widen; "robust" (minimum covariance
                determinant), which outliers do not widen
    support     of "robust": the share of rows taken for clean
    subgroup    a label per row, or the size of consecutive subgroups, all of one size: means are watched
    reference   a table of earlier rows that centre and covariance come from (phase II); otherwise the table itself;
                `subgroup` then is the size of subgroups in both
    limit       "exact" (beta or F; chi-square for the other covariances, which have none) or "chi-square"
    Returns     Hotelling
    Raises      TooFewParts with no more rows than columns; ArgumentError when a column follows from others
    Source      NIST/SEMATECH e-Handbook 6.5.4.3; Tracy, Young and Mason (1992); for differences Holmes and
                Mergen (1993) and Williams and others (2006)

    >>> found = hotelling({"x": [1.0, 2.0, 3.0, 4.0, 9.0], "y": [1.1, 1.9, 3.2, 3.9, 1.0]}, alpha=0.05)
    >>> found.limit_kind, found.out
    ('beta', (5,))
    """
    fraction(alpha, "alpha")
    choice(covariance, COVARIANCES, "covariance")
    choice(limit, LIMITS, "limit")
    names, rows = _matrix(table, columns)
    present = np.isfinite(rows).all(axis=1)
    own = rows if reference is None else _matrix(reference, names)[1]
    whole = np.isfinite(own).all(axis=1)
    origin, unit = _scale(own[whole], names)
    rows, own = (rows - origin) / unit, (own - origin) / unit
    if subgroup is not None:
        points, watched, base = _of_subgroups(rows, subgroup, covariance, None if reference is None else own)
    else:
        points, watched = np.flatnonzero(present) + 1, rows[present]
        base = _base(own[whole], covariance, support)
    t_squared = base.size * distances(watched, base.center, base.covariance)
    kind, bound = _limit(base, len(names), alpha, covariance, limit, known=reference is not None)
    beyond = np.flatnonzero(t_squared > bound)
    return Hotelling(
        columns=tuple(names),
        n=len(watched),
        missing=int(len(rows) - present.sum()),
        covariance_kind=covariance,
        alpha=alpha,
        limit=bound,
        limit_kind=kind,
        center=tuple((base.center * unit + origin).tolist()),
        covariance=tuple(map(tuple, (base.covariance * np.outer(unit, unit)).tolist())),
        points=tuple(points.tolist()),
        t_squared=tuple(t_squared.tolist()),
        out=tuple(points[beyond].tolist()),
        contributions={int(points[row]): _contributions(watched[row], base, names) for row in beyond},
    )


def _matrix(table: Any, columns: Any) -> tuple[list[str], FloatArray]:
    if two_dimensional(table):
        table = {f"column {place + 1}": read for place, read in with_columns(table).items()}
    table = with_columns(table)
    names = [str(name) for name in (column_names(table) if columns is None else columns)]
    if not names:
        raise ArgumentError("hotelling: a table with at least one column was expected, found none.")
    told = {str(name): name for name in column_names(table)}
    read = [column_of_floats(column(table, told.get(name, name)), f'column "{name}"') for name in names]
    if len({len(one) for one in read}) > 1:
        raise ArgumentError(f"hotelling: columns of one length were expected, found {[len(one) for one in read]}.")
    return names, np.column_stack(read)


def _scale(rows: FloatArray, names: list[str]) -> tuple[FloatArray, FloatArray]:
    """Mean and largest distance from it of each column: so scaled, volts and nanoamperes count alike."""
    n, width = rows.shape
    if n <= width + 1:
        raise TooFewParts(
            f"hotelling: {plural(width, 'column')} need more than {width + 1} complete rows, found {n}. "
            "Take more rows or fewer columns."
        )
    origin = rows.mean(axis=0)
    largest = np.abs(rows - origin).max(axis=0)
    if (largest == 0).any():
        raise ArgumentError(f'hotelling: column "{names[int(np.argmin(largest))]}" is constant. Leave it out.')
    return origin, largest


def _base(rows: FloatArray, covariance: str, support: float) -> _Base:
    n = len(rows)
    if covariance == "robust":
        return _Base(*minimum_covariance_determinant(rows, support), n)
    if covariance == "sample":
        return _Base(rows.mean(axis=0), np.atleast_2d(np.cov(rows, rowvar=False)), n)
    steps = np.diff(rows, axis=0)
    return _Base(rows.mean(axis=0), steps.T @ steps / (2 * (n - 1)), n)


def _of_subgroups(
    rows: FloatArray, subgroup: Any, covariance: str, earlier: FloatArray | None
) -> tuple[Any, Any, _Base]:
    """Numbers and means of the subgroups, and what they are held against; `earlier` are the rows of a reference."""
    if covariance != "sample":
        raise ArgumentError('hotelling: subgroups go with covariance="sample".')
    groups = _groups(rows, subgroup)
    own = groups if earlier is None else _groups(earlier, _as_size(subgroup))
    sizes = {len(group) for group in (*groups, *own)}
    if len(sizes) > 1 or max(sizes) < 2:
        raise ArgumentError(f"hotelling: subgroups of one size from 2 up were expected, found sizes {sorted(sizes)}.")
    means = np.array([group.mean(axis=0) for group in groups])
    center = np.mean([group.mean(axis=0) for group in own], axis=0)
    within = np.mean([np.atleast_2d(np.cov(group, rowvar=False)) for group in own], axis=0)
    return np.arange(1, len(groups) + 1), means, _Base(center, within, len(own), sizes.pop())


def _groups(rows: FloatArray, subgroup: Any) -> list[FloatArray]:
    """The complete rows of each subgroup."""
    if isinstance(subgroup, (int, float, np.number)):
        subgroup = np.arange(len(rows)) // _as_size(subgroup)
    codes, names = labels(subgroup, "subgroup")
    if len(codes) != len(rows):
        raise ArgumentError(f"subgroup: {len(rows)} labels were expected, found {len(codes)}.")
    present = np.isfinite(rows).all(axis=1)
    return [rows[present & (codes == code)] for code in range(len(names))]


def _as_size(subgroup: Any) -> int:
    size = float(subgroup) if isinstance(subgroup, (int, float, np.number)) else 0.0
    if not size >= 1 or size % 1:
        raise ArgumentError(f"subgroup: a whole size from 1 up was expected, found {subgroup!r}.")
    return int(size)


def _limit(base: _Base, width: int, alpha: float, covariance: str, limit: str, *, known: bool) -> tuple[str, float]:
    m, n = base.rows, base.size
    if limit == "chi-square" or covariance != "sample":
        return "chi-square", chi_square_quantile(1 - alpha, width)
    if n > 1:
        degrees = m * n - m - width + 1
        if degrees < 1:
            raise TooFewParts(f"hotelling: {m} subgroups of {n} are too few for {plural(width, 'column')}.")
        more = m + 1 if known else m - 1
        return "F", width * more * (n - 1) / degrees * f_quantile(1 - alpha, width, degrees)
    if known:
        return "F", width * (m + 1) * (m - 1) / (m * (m - width)) * f_quantile(1 - alpha, width, m - width)
    return "beta", (m - 1) ** 2 / m * beta_quantile(1 - alpha, width / 2, (m - 1 - width) / 2)


def _contributions(row: FloatArray, base: _Base, names: list[str]) -> dict[str, float]:
    """How much T-squared falls when one column is left out."""
    whole = float(distances(row[None], base.center, base.covariance)[0])
    told = {}
    for place, name in enumerate(names):
        others = [other for other in range(len(names)) if other != place]
        rest = 0.0
        if others:
            part = base.covariance[np.ix_(others, others)]
            rest = float(distances(row[None, others], base.center[others], part)[0])
        told[name] = base.size * (whole - rest)
    return told
