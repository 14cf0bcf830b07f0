"""Control charts and T-squared of lots of a workspace, or of files: over parts, lots or wafers in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np

from corecar.assess import chart as control_chart
from corecar.assess import hotelling as t_squared
from corecar.assess.control_charts import Chart
from corecar.assess.pool_groups import groups, in_time, part_rows
from corecar.assess.pools import Pool, PooledTest
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.study.chosen_tests import chosen_tests, one_test
from corecar.bridge.study.lot_figures import Figure, Parts
from corecar.bridge.study.studied import Studied, studied_lots
from corecar.bridge.study.studies import IdentityOfUnits, Lots, Retest, Stage, Temperature
from corecar.errors import ArgumentError, TooFewParts
from corecar.plurals import plural

Point = Literal["reading", "lot", "wafer"]
Kind = Literal["i-mr", "xbar-r", "xbar-s", "ewma", "cusum", "p"]
OF_SPREAD = ("xbar-r", "xbar-s")
BETWEEN = (
    "limits are those of the means themselves, as lots and wafers differ by more than their parts do; xbar-s shows"
)
BETWEEN += " what lies within"


def chart(
    call: Call,
    lots: Lots,
    *,
    test: Annotated[str, "The test, by number or name."],
    by: Annotated[Point, "What a point is: a part, or the mean of a lot or wafer."] = "reading",
    kind: Annotated[
        Kind, "The chart: i-mr, ewma and cusum of readings or means, xbar-r and xbar-s of groups, p of their fails."
    ] = "i-mr",
    rules: Annotated[str, "Which points signal: limits, western electric, nelson, or single rules with commas."] = (
        "western electric"
    ),
    center: Annotated[float | None, "Known centre."] = None,
    sigma: Annotated[float | None, "Known sigma.", AtLeast(0)] = None,
    width: Annotated[float, "Half-width of the limits in sigmas.", AtLeast(0)] = 3.0,
    weight: Annotated[float, "Weight of the newest point in ewma.", AtLeast(0)] = 0.2,
    parts: Parts = "all",
    figure: Figure = None,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOfUnits = "auto",
    retest: Retest = "last",
) -> dict[str, Any]:
    """Put one test on a control chart: part by part as tested, or one point for each lot or wafer in order of time.

    Raises  NotFound; ArgumentError for a test that is not there, or parts of several stages or temperatures;
    TooFewParts
    """
    how: dict[str, Any] = {"stage": stage, "temperature": temperature, "identity": identity, "retest": retest}
    return chart_answer(
        studied_lots(call, lots, **how), test=test, by=by, kind=kind, rules=rules, center=center, sigma=sigma,
        width=width, weight=weight, parts=parts, figure=figure,
    )  # fmt: skip


def chart_answer(
    studied: Studied,
    *,
    test: str,
    by: str = "reading",
    kind: str = "i-mr",
    rules: str = "western electric",
    parts: str = "all",
    figure: Any = None,
    **options: Any,
) -> dict[str, Any]:
    """The same of lots that were read. Raises ArgumentError for a chart of groups where points are readings."""
    pool, one = studied.pool, one_test(studied.pool, test)
    if by == "reading" and kind in (*OF_SPREAD, "p"):
        raise ArgumentError(f"{kind}: is a chart of groups. Say which: by lot or by wafer.")
    chosen: Any = rules if "," not in rules else [rule.strip() for rule in rules.split(",")]
    points, values, more = _points(pool, one, by, kind, parts)
    found = control_chart(values, kind, chosen, **more, **options)
    if figure is not None:
        from corecar.report.figures.control_chart import control_chart as drawn
        from corecar.report.figures.saved import save_figure

        unit = "" if kind == "p" else one.named["unit"] or ""
        save_figure(figure, drawn(found, one.title, unit))
    out, of = len(found.out), plural(len(found.location.points), "part" if by == "reading" else by)
    said = f"{one.title}, {found.kind} chart: {out:,} of {of} {'signals' if out == 1 else 'signal'}"
    said += f", {len(found.spread_signals):,} by the chart of spread." if found.spread_signals else "."
    notes = [*studied.notes, *found.notes, *([BETWEEN] if by != "reading" and kind == "i-mr" else [])]
    rows = _rows(found, points, one.named["unit"] if kind != "p" else None)
    return {"said": said, "rows": rows, "notes": notes, "details": {"chart": found.to_dict()}}


def _points(
    pool: Pool, test: PooledTest, by: str, kind: str, parts: str
) -> tuple[list[dict[str, Any]], Any, dict[str, Any]]:
    """What each point is, what it shows, and how the chart is to take it."""
    readings = pool.readings(test).astype(np.float64)
    use = np.isfinite(readings)
    if parts == "passing":
        use &= pool.passed
    if by == "reading":
        order = in_time(pool)
        order = order[use[order]]
        return part_rows(pool, order), readings[order], {}
    codes, names = groups(pool, by)
    executed, failing = pool.verdicts(test)
    use = (executed if kind == "p" else use) & (codes >= 0)
    there = [code for code in range(len(names)) if (use & (codes == code)).any()]
    if not there:
        raise TooFewParts(f"{test.title}: no {by} has a reading. Choose another test, or parts.")
    members = [np.flatnonzero(use & (codes == code)) for code in there]
    points = [{by: names[code], "n": len(rows)} for code, rows in zip(there, members, strict=True)]
    if kind == "p":
        return points, [int(failing[rows].sum()) for rows in members], {"sizes": [len(rows) for rows in members]}
    if kind in OF_SPREAD:
        labels = np.concatenate([np.full(len(rows), place) for place, rows in enumerate(members)])
        return points, readings[np.concatenate(members)], {"subgroup": labels}
    return points, [float(readings[rows].mean()) for rows in members], {}


def _rows(found: Chart, points: Sequence[dict[str, Any]], unit: str | None) -> list[dict[str, Any]]:
    """A row for each point of readings that signals; one for every point of groups."""
    rules: dict[int, list[str]] = {}
    for rule, numbers in found.signals.items():
        for number in numbers:
            rules.setdefault(number, []).append(rule)
    for number in found.spread_signals:
        rules.setdefault(number, []).append("spread")
    shown = found.location
    plain = "reading" if "part" in points[0] else "mean"
    name = {"p": "share", "ewma": "ewma", "cusum": "sum_above"}.get(found.kind, plain)
    below = found.low_side.values if found.low_side else [None] * len(shown.points)
    columns = zip(shown.points, shown.values, below, shown.lower, shown.upper, strict=True)
    rows = [
        {"point": number, **points[number - 1], name: value,
         **({} if other is None else {"sum_below": other}), "lcl": low, "center": shown.center, "ucl": high,
         "unit": unit, "signals": ", ".join(rules.get(number, ())) or None}
        for number, value, other, low, high in columns
    ]  # fmt: skip
    return [row for row in rows if "part" not in row or row["signals"]]


def hotelling(
    call: Call,
    lots: Lots,
    *,
    test: Annotated[Sequence[str], "A test to watch, by number or name; once for each."],
    alpha: Annotated[float, "Probability of a false alarm.", AtLeast(0)] = 0.0027,
    covariance: Annotated[Literal["sample", "robust", "differences"], "How the parts' covariance is estimated."] = (
        "sample"
    ),
    parts: Parts = "all",
    figure: Figure = None,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOfUnits = "auto",
    retest: Retest = "last",
) -> dict[str, Any]:
    """Watch several tests of lots at once: Hotelling's T-squared of each part, and what drove those that are out.

    Raises  NotFound; ArgumentError for a test that is not there or follows from others; TooFewParts
    """
    how: dict[str, Any] = {"stage": stage, "temperature": temperature, "identity": identity, "retest": retest}
    studied = studied_lots(call, lots, **how)
    return hotelling_answer(studied, test=test, alpha=alpha, covariance=covariance, parts=parts, figure=figure)


def hotelling_answer(
    studied: Studied,
    *,
    test: Sequence[str],
    alpha: float = 0.0027,
    covariance: str = "sample",
    parts: str = "all",
    figure: Any = None,
) -> dict[str, Any]:
    """The same of lots that were read. Raises ArgumentError without a test."""
    pool = studied.pool
    if not test:
        raise ArgumentError("hotelling: no test was named. Name those that belong together, each with --test.")
    order = in_time(pool)
    if parts == "passing":
        order = order[pool.passed[order]]
    table = {one.title: pool.readings(one).astype(np.float64)[order] for one in chosen_tests(pool, test)}
    found = t_squared(table, alpha, covariance=covariance)
    if figure is not None:
        from corecar.report.figures.saved import save_figure
        from corecar.report.figures.t_squared_chart import t_squared_chart

        save_figure(figure, t_squared_chart(found))
    distance = dict(zip(found.points, found.t_squared, strict=True))
    named = part_rows(pool, [order[number - 1] for number in found.out])
    rows = []
    for number, part in zip(found.out, named, strict=True):
        shares = found.contributions[number]
        driver = max(shares, key=lambda name: shares[name])
        rows.append({"point": number, **part, "t_squared": distance[number], "driven_by": driver})
    rows.sort(key=lambda row: -row["t_squared"])
    said = f"{len(rows):,} of {plural(found.n, 'part')} beyond {found.limit:.4g} ({found.limit_kind})."
    notes = [f"{plural(found.missing, 'part')} left out that lack a reading"] if found.missing else []
    return {"said": said, "rows": rows, "notes": [*studied.notes, *notes], "details": {"hotelling": found.to_dict()}}
