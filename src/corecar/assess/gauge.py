"""Gauge repeatability and reproducibility: how much of what is seen is the measurement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite, isnan, nan, sqrt
from typing import Any

import numpy as np

from corecar.assess.figures import Figures
from corecar.assess.gauge_design import GaugeDesign, gauge_design
from corecar.assess.gauge_variances import (
    AnovaRow,
    GaugeVariances,
    RangeFigures,
    crossed_variances,
    nested_variances,
    range_variances,
)
from corecar.assess.samples import choice, spelled
from corecar.errors import ArgumentError, TooFewParts
from corecar.standards import value as standard_value

METHODS, DESIGNS, PARTS_OVER = ("range", "anova"), ("crossed", "nested"), ("pooled", "interaction")
_METHOD_ALIASES = dict.fromkeys(("xbarr", "averagerange", "ranges"), "range")
Tolerance = float | tuple[float | None, float | None] | None


@dataclass(frozen=True)
class Component(Figures):
    """One source of variation.

    study_variation       6 sd [the readings' unit]
    percent_contribution  of the total variance
    percent_study         of the total standard deviation
    percent_tolerance     study variation of the tolerance; None without one
    """

    variance: float
    sd: float
    study_variation: float
    percent_contribution: float
    percent_study: float
    percent_tolerance: float | None


@dataclass(frozen=True)
class GaugeStudy(Figures):
    """What `gauge_study` answers; the method belongs beside every number that is quoted.

    ev, av               standard deviations of equipment (repeatability) and appraisers (reproducibility)
    grr, pv              of the gauge as a whole and of the parts
    tv                   of all together
    percent_*            of the total standard deviation (%study variation)
    ndc                  distinct categories, cut to a whole number; ndc_exact before that; ndc_enough from 5 up
    verdict              "good" below 10 % of the total, "rejected" above 30 %, else "conditional";
                         `verdict_by_tolerance` alike of the tolerance
    components           by name: repeatability, reproducibility, operator, interaction, gauge, part, total
    anova                the table used; full_anova the one before pooling
    """

    method: str
    design: str
    parts: int
    operators: int
    trials: int
    mean: float
    ev: float
    av: float
    grr: float
    pv: float
    tv: float
    percent_ev: float
    percent_av: float
    percent_grr: float
    percent_pv: float
    percent_tolerance: float | None
    ndc: int
    ndc_exact: float
    ndc_enough: bool
    verdict: str | None
    verdict_by_tolerance: str | None
    components: dict[str, Component]
    pooled: bool
    anova: tuple[AnovaRow, ...]
    full_anova: tuple[AnovaRow, ...]
    ranges: RangeFigures | None
    notes: tuple[str, ...]


def gauge_study(
    table: Any,
    part: str = "part",
    operator: str | None = "operator",
    value: str = "value",
    method: str = "anova",
    tolerance: Tolerance = None,
    *,
    design: str = "crossed",
    pool_above: float | None = None,
    parts_over: str = "pooled",
    process_sd: float | None = None,
) -> GaugeStudy:
    """Repeatability and reproducibility of a complete, balanced study.

    table       one row per reading: pandas, Polars, Arrow, a dict of columns, a list of dicts, or an array of two
                dimensions, whose columns are called 0, 1, 2
    part        the column that tells parts apart
    operator    the column that tells operators (or testers, boards, sites) apart; None when there was one
    value       the column of readings
    method      "anova", or "range" (average and range)
    tolerance   its width, or the pair (low, high) with None where a side has no limit [the readings' unit]; of one side
                3 sd are held against the distance from the mean to that limit
    design      "crossed": every operator measured every part; "nested": each had parts of its own (by "anova" alone)
    process_sd  the known standard deviation of the process, which then is the total; otherwise from the parts studied
    pool_above  p above which the interaction is taken for repeatability; 0.05 unless given
    parts_over  what the parts' mean square is held against once the interaction is pooled: "pooled" repeatability, as
                in AIAG's reference study, or the "interaction" all the same, as the package gageRR prints it
    Returns     GaugeStudy
    Raises      ArgumentError for an unbalanced study, TooFewParts below 2 parts or 2 trials; by "range" one trial is
                enough where there are several operators, for the gauge as a whole
    Source      AIAG MSA 4th edition

    >>> rows = [(p, o, 10 * p + o + 0.1 * t) for p in range(5) for o in range(2) for t in range(2)]
    >>> part, operator, value = zip(*rows)
    >>> study = gauge_study({"part": part, "operator": operator, "value": value}, method="range")
    >>> study.ndc, study.verdict
    (31, 'good')
    """
    method = spelled(method, METHODS, "method", _METHOD_ALIASES)
    choice(design, DESIGNS, "design")
    choice(parts_over, PARTS_OVER, "parts_over")
    if method == "range" and design == "nested":
        raise ArgumentError('gauge study: a nested design is computed by method="anova"; "range" is for crossed ones.')
    study = gauge_design(table, part, operator, value, design, 1 if method == "range" and operator is not None else 2)
    if study.shape[0] == 1 and study.shape[2] == 1:
        raise TooFewParts("gauge study: one operator and one trial repeat nothing. Measure each part at least twice.")
    level = _parameter("pool_above") if pool_above is None else pool_above
    spread = float(np.ptp(study.readings))
    near = study if spread > 0 else replace(study, readings=np.zeros(study.shape))
    with np.errstate(over="ignore"):
        if method == "range":
            found = range_variances(near)
        else:
            found = nested_variances(near) if design == "nested" else crossed_variances(near, level, parts_over)
    return _answered(study, found, method, tolerance, process_sd)


def _answered(
    study: GaugeDesign, found: GaugeVariances, method: str, tolerance: Tolerance, process_sd: float | None
) -> GaugeStudy:
    operators, parts, trials = study.shape
    mean = float(study.readings.mean())
    variances = _variances(found, process_sd)
    _in_reach(variances["total"], float(np.ptp(study.readings)))
    room = _room(tolerance, mean)
    parts_of = {name: _component(variance, variances["total"], room) for name, variance in variances.items()}
    gauge = parts_of["gauge"]
    exact = _categories(gauge.sd, parts_of["part"].sd)
    ndc = max(1, int(exact)) if isfinite(exact) else 0
    notes = found.notes + (
        ("no variation at all: nothing can be said of the gauge",) if variances["total"] == 0 else ()
    )
    return GaugeStudy(
        method=method,
        design=study.design,
        parts=parts,
        operators=operators,
        trials=trials,
        mean=mean,
        ev=parts_of["repeatability"].sd,
        av=parts_of["reproducibility"].sd,
        grr=gauge.sd,
        pv=parts_of["part"].sd,
        tv=parts_of["total"].sd,
        percent_ev=parts_of["repeatability"].percent_study,
        percent_av=parts_of["reproducibility"].percent_study,
        percent_grr=gauge.percent_study,
        percent_pv=parts_of["part"].percent_study,
        percent_tolerance=gauge.percent_tolerance,
        ndc=ndc,
        ndc_exact=exact,
        ndc_enough=exact >= _parameter("categories_least"),
        verdict=_verdict(gauge.percent_study),
        verdict_by_tolerance=_verdict(gauge.percent_tolerance),
        components=parts_of,
        pooled=len(found.anova) < len(found.full_anova),
        anova=found.anova,
        full_anova=found.full_anova,
        ranges=found.ranges,
        notes=notes,
    )


def _variances(found: GaugeVariances, process_sd: float | None) -> dict[str, float]:
    reproducibility = found.operator + (found.interaction or 0.0)
    gauge = found.repeatability + reproducibility if found.gauge is None else found.gauge
    variances = {"repeatability": found.repeatability, "reproducibility": reproducibility, "operator": found.operator}
    if found.interaction is not None:
        variances["interaction"] = found.interaction
    if process_sd is None:
        return variances | {"gauge": gauge, "part": found.part, "total": gauge + found.part}
    if not process_sd > 0 or process_sd**2 < gauge:
        raise ArgumentError(
            f"process_sd: more than the gauge's own {sqrt(gauge):g} was expected, found {process_sd!r}."
        )
    return variances | {"gauge": gauge, "part": process_sd**2 - gauge, "total": process_sd**2}


def _in_reach(total: float, spread: float) -> None:
    if not isfinite(total) or (total == 0 and spread > 0):
        raise ArgumentError(
            f"gauge study: readings {spread:g} apart have squares beyond float64. Give them in another unit."
        )


def _room(tolerance: Tolerance, mean: float) -> float | None:
    """What six standard deviations are held against."""
    if tolerance is None:
        return None
    if isinstance(tolerance, (tuple, list)):
        low, high = tolerance
        if low is not None and high is not None:
            tolerance = high - low
        elif low is None and high is None:
            return None
        else:
            tolerance = 2 * abs((low if high is None else high) - mean)  # type: ignore[operator]
    try:
        width = float(tolerance)
    except (TypeError, ValueError) as fault:
        raise ArgumentError(f"tolerance: a width or a pair of limits was expected, found {tolerance!r}.") from fault
    if not width > 0 or not isfinite(width):
        raise ArgumentError(f"tolerance: a width above 0 was expected, found {tolerance!r}.")
    return width


def _component(variance: float, total: float, room: float | None) -> Component:
    sd = sqrt(variance)
    width = _parameter("study_width") * sd
    return Component(
        variance,
        sd,
        width,
        100 * variance / total if total > 0 else nan,
        100 * sd / sqrt(total) if total > 0 else nan,
        None if room is None else 100 * width / room,
    )


def _categories(gauge: float, part: float) -> float:
    if gauge == 0:
        return inf if part > 0 else nan
    return _parameter("category_factor") * part / gauge


def _verdict(percent: float | None) -> str | None:
    if percent is None or isnan(percent):
        return None
    if percent < _parameter("good_below"):
        return "good"
    return "conditional" if percent <= _parameter("rejected_above") else "rejected"


def _parameter(name: str) -> float:
    return float(standard_value("AIAG-MSA", "gauge-study", name))
