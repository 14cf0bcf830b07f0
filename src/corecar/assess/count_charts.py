"""Control charts of counts: nonconforming parts (p, np) and nonconformities (u, c)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from corecar.assess.chart_panels import ChartOptions, Panels, known_or, panel
from corecar.assess.samples import FloatArray, column_of_floats, floats, same_length
from corecar.errors import ArgumentError, TooFewParts

_ROUNDING = 1e-6
"""How far a rate multiplied by its size may be from a whole number."""


def proportions(values: Any, options: ChartOptions) -> Panels:
    """p and np: nonconforming parts of `sizes` parts. Source: NIST/SEMATECH e-Handbook 6.3.3.2."""
    found, sizes, numbers, missing = _counted(values, options.sizes, options.kind, whole=True)
    center = known_or(options.center, float(found.sum() / sizes.sum()), "center")
    if not 0 <= center <= 1:
        raise ArgumentError(f"center of a {options.kind} chart: a fraction from 0 to 1 was expected, found {center:g}.")
    sigma = np.sqrt(center * (1 - center) / sizes)
    half, scale = options.constants.width * sigma, 1.0
    if options.kind == "np":
        scale = _one_size(sizes, "np")
    location = panel(
        "np" if options.kind == "np" else "proportions",
        numbers,
        found / sizes * scale,
        center * scale,
        sigma * scale,
        half * scale,
        floor=0.0,
    )
    location = replace(location, upper=tuple(min(upper, scale) for upper in location.upper))
    return Panels(location, center * scale, float(sigma[0] * scale), missing=missing, notes=_notes(center))


def counts(values: Any, options: ChartOptions) -> Panels:
    """u and c: nonconformities on `sizes` units. Source: NIST/SEMATECH e-Handbook 6.3.3.1."""
    sizes_given = 1.0 if options.kind == "c" and options.sizes is None else options.sizes
    found, sizes, numbers, missing = _counted(values, sizes_given, options.kind, whole=False)
    if options.kind == "c":
        _one_size(sizes, "c")
        sizes = np.ones(len(sizes))
    center = known_or(options.center, float(found.sum() / sizes.sum()), "center")
    if center < 0:
        raise ArgumentError(f"center of a {options.kind} chart: 0 or more was expected, found {center:g}.")
    sigma = np.sqrt(center / sizes)
    location = panel("per unit", numbers, found / sizes, center, sigma, options.constants.width * sigma, floor=0.0)
    return Panels(location, center, float(sigma[0]), missing=missing, notes=_notes(center))


def _counted(values: Any, sizes: Any, kind: str, *, whole: bool) -> tuple[FloatArray, FloatArray, Any, int]:
    """Counts and sizes of the points that have both, their numbers from 1, and how many lack."""
    if sizes is None:
        raise ArgumentError(f"a {kind} chart needs `sizes=`: how many parts each count was found on.")
    found, size = column_of_floats(values, "values"), floats(sizes, "sizes")
    size = np.full(len(found), float(size)) if size.ndim == 0 else size
    same_length(f"{kind} chart", values=found, sizes=size)
    numbers = np.flatnonzero(np.isfinite(found) & np.isfinite(size) & (size > 0)) + 1
    if not len(numbers):
        raise TooFewParts(f"a {kind} chart needs at least one count on a size above 0.")
    kept, of = found[numbers - 1], size[numbers - 1]
    wrong = np.flatnonzero((kept < 0) | (whole & (kept > of)))
    if len(wrong):
        point = wrong[0]
        raise ArgumentError(
            f"{kind} chart: point {numbers[point]} has {kept[point]:g} of {of[point]:g}. Give counts, not fractions."
        )
    whole_counts = np.rint(kept)
    broken = np.flatnonzero(np.abs(kept - whole_counts) > _ROUNDING * np.maximum(1, kept))
    if len(broken):
        point = broken[0]
        raise ArgumentError(
            f"{kind} chart: point {numbers[point]} has {kept[point]:g}, which is no count. Give counts, not fractions: "
            "multiply rates by their sizes."
        )
    return whole_counts, of, numbers, len(found) - len(numbers)


def _one_size(sizes: FloatArray, kind: str) -> float:
    if np.ptp(sizes) != 0:
        raise ArgumentError(f"a {kind} chart needs one size for all points; use {'p' if kind == 'np' else 'u'}.")
    return float(sizes[0])


def _notes(center: float) -> tuple[str, ...]:
    return () if center > 0 else ("nothing was found at all: the centre is 0, so the first count will signal",)
