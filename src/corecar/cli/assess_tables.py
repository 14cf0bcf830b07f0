"""`assess`: gauge studies, nested levels, life, drift, agreement and correlation, of a table."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from corecar.cli.assess_answers import answer, draw
from corecar.cli.assess_columns import (
    Confidence,
    Figure,
    First,
    Second,
    Sheet,
    Table,
    TableOrTester,
    Test,
    Value,
    opened,
)
from corecar.cli.grading import refuse
from corecar.cli.options import Csv, Json
from corecar.errors import ArgumentError

LowLimit = Annotated[float | None, typer.Option("--low", help="Low limit.")]
HighLimit = Annotated[float | None, typer.Option("--high", help="High limit.")]


class GaugeMethod(StrEnum):
    """How a gauge study is worked out."""

    anova = "anova"
    range = "range"


class Design(StrEnum):
    """Who measured which parts."""

    crossed = "crossed"
    nested = "nested"


class Weights(StrEnum):
    """What a near miss counts."""

    none = "none"
    linear = "linear"
    quadratic = "quadratic"


def gauge(
    file: Table,
    value: Value = "value",
    part: Annotated[str, typer.Option("--part", help="Column of parts.")] = "part",
    operator: Annotated[
        str, typer.Option("--operator", help="Column of operators, testers, boards or sites.")
    ] = "operator",
    method: Annotated[
        GaugeMethod, typer.Option("--method", help="Analysis of variance, or average and range.")
    ] = GaugeMethod.anova,
    tolerance: Annotated[float | None, typer.Option("--tolerance", help="Width of the specification.")] = None,
    low: Annotated[float | None, typer.Option("--low", help="Instead of a width: the low limit.")] = None,
    high: Annotated[float | None, typer.Option("--high", help="Instead of a width: the high limit.")] = None,
    design: Annotated[
        Design, typer.Option("--design", help="Whether every operator measured every part, or parts of their own.")
    ] = Design.crossed,
    pool_above: Annotated[
        float | None, typer.Option("--pool-above", help="p above which the interaction is repeatability; 0.05 without.")
    ] = None,
    parts_over: Annotated[
        str, typer.Option("--parts-over", help="After pooling, parts over pooled repeatability or interaction.")
    ] = "pooled",
    process_sd: Annotated[
        float | None, typer.Option("--process-sd", help="Known standard deviation of the process.")
    ] = None,
    sheet: Sheet = None,
    figure: Figure = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Assess a gauge or tester: repeatability, reproducibility, %GRR and distinct categories."""
    from corecar.assess import gauge_study

    cells, name = opened(file, value, None, sheet)
    table = {"part": cells.labels(part), "operator": cells.labels(operator), "value": cells.numbers(name)[name]}
    width: Any = tolerance
    if low is not None or high is not None:
        refuse({"--tolerance": tolerance}, "is a width, and --low or --high was given too. Leave one of them out.")
        width = (low, high)
    found = gauge_study(
        table,
        method=method.value,
        tolerance=width,
        design=design.value,
        pool_above=pool_above,
        parts_over=parts_over,
        process_sd=process_sd,
    )
    said = (
        f"{name}: GRR {found.percent_grr:.2f} % of total variation by {found.method}, ndc {found.ndc}: {found.verdict}"
    )
    if figure is not None:
        from corecar.report.figures.gauge_chart import gauge_chart

        draw(figure, gauge_chart(table, found, name))
    answer(found, said, json, csv)


def nested(
    file: Table,
    level: Annotated[
        list[str], typer.Option("--level", help="Column of a level of time, the outermost first; once for each.")
    ],
    value: Value = "value",
    within: Annotated[
        list[str] | None, typer.Option("--within", help="Column whose groups are studied apart and pooled; repeatable.")
    ] = None,
    sd: Annotated[str | None, typer.Option("--sd", help="Column of standard deviations, where rows are cells.")] = None,
    repeats: Annotated[int | None, typer.Option("--repeats", help="Readings behind each row, with --sd.")] = None,
    sheet: Sheet = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Study readings nested in days and runs: repeatability, reproducibility, stability."""
    from corecar.assess import nested_study

    cells, name = opened(file, value, None, sheet)
    labels = {column: cells.labels(column) for column in (*level, *(within or ()))}
    numbers = cells.numbers(name) if sd is None else cells.numbers(name, sd)
    found = nested_study({**labels, **numbers}, level, name, within=within or (), sd=sd, repeats=repeats)
    steps = ", ".join(f"{one.name} {one.sd:.6g}" for one in found.levels)
    answer(found, f"{name}: {steps}; of one reading {found.reproducibility_sd:.6g}", json, csv)


def weibull(
    file: Table,
    time: Annotated[
        str, typer.Option("--time", help="Column of times to failure, or to the end of the test.")
    ] = "time",
    censored: Annotated[
        str | None, typer.Option("--censored", help="Column: yes where the unit had not failed.")
    ] = None,
    method: Annotated[str, typer.Option("--method", help="likelihood or rank regression.")] = "likelihood",
    confidence: Confidence = 0.95,
    sheet: Sheet = None,
    figure: Figure = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Fit a Weibull life: shape, scale, B10, with units that had not failed."""
    from corecar.assess import weibull as assess

    cells, name = opened(file, time, None, sheet)
    times = cells.numbers(name)[name]
    flags = None if censored is None else cells.flags(censored)
    found = assess(times, flags, method=method, confidence=confidence)
    said = f"{name}: shape {found.shape:.4g}, scale {found.scale:,.6g}; {found.failures} of {found.n} failed"
    if figure is not None:
        from corecar.report.figures.probability_plot import weibull_plot

        draw(figure, weibull_plot(times, flags, found, name))
    answer(found, said, json, csv)


def drift(
    file: Table,
    before: Annotated[str, typer.Option("--before", help="Column of the readings before stress.")] = "before",
    after: Annotated[str, typer.Option("--after", help="Column of those after it, of the same unit.")] = "after",
    low: LowLimit = None,
    high: HighLimit = None,
    limit: Annotated[float | None, typer.Option("--limit", help="Most that a unit may drift.")] = None,
    control: Annotated[
        str | None, typer.Option("--control", help="Column: yes for control units, which were not stressed.")
    ] = None,
    goal: Annotated[float | None, typer.Option("--goal", help="Cpk asked for after stress; 1.67 without it.")] = None,
    share: Annotated[
        float | None, typer.Option("--share", help="Share of units that the guard band is to cover, a fraction.")
    ] = None,
    confidence: Annotated[float | None, typer.Option("--confidence", help="Confidence of that, a fraction.")] = None,
    sheet: Sheet = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Compare readings before and after stress, unit by unit."""
    from corecar.assess import drift as assess

    cells, _ = opened(file, before, None, sheet)
    columns = cells.numbers(before, after)
    (first, second), apart = _apart(columns[before], columns[after], None if control is None else cells.flags(control))
    found = assess(first, second, low, high, limit=limit, control=apart, goal=goal, share=share, confidence=confidence)
    answer(found, f"{before} to {after}: mean drift {found.mean:.6g}, largest {found.largest:.6g}", json, csv)


def kappa(
    file: Table,
    first: First = "first",
    second: Second = "second",
    weights: Annotated[Weights, typer.Option("--weights", help="What a near miss counts.")] = Weights.none,
    confidence: Confidence = 0.95,
    sheet: Sheet = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State how far two verdicts on the same parts agree, beyond chance."""
    from corecar.assess import kappa as assess

    cells, _ = opened(file, first, None, sheet)
    found = assess(cells.labels(first), cells.labels(second), weights=weights.value, confidence=confidence)
    answer(found, f"{first} and {second}: kappa {found.kappa:.3f} over {found.n:,} parts", json, csv)


def correlate(
    file: Table,
    first: First = "first",
    second: Second = "second",
    low: LowLimit = None,
    high: HighLimit = None,
    guard_band: Annotated[
        float | None, typer.Option("--guard-band", help="Guard band in force [readings' unit].")
    ] = None,
    sheet: Sheet = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Correlate two testers, sites or insertions over the same parts."""
    from corecar.assess import correlate as assess

    cells, _ = opened(file, first, None, sheet)
    columns = cells.numbers(first, second)
    found = assess(columns[first], columns[second], low, high, guard_band=guard_band)
    answer(found, f"{first} and {second}: r {found.r:.4f}, bias {found.bias:.6g} over {found.n:,} parts", json, csv)


def bias(
    file: TableOrTester,
    value: Value = "value",
    test: Test = None,
    group: Annotated[
        str, typer.Option("--group", help="Column of sites, testers, boards; of a tester file site or wafer.")
    ] = "site",
    sheet: Sheet = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Compare groups of readings: sites, testers, boards, sockets."""
    from corecar.assess import group_bias

    cells, name = opened(file, value, test, sheet)
    answer(group_bias(cells.numbers(name)[name], cells.labels(group)), f"{name} by {group}", json, csv)


def _apart(before: list[float], after: list[float], control: list[bool] | None) -> tuple[Any, Any]:
    """Readings of the stressed units and of the control units; None where there are none."""
    if control is None:
        return (before, after), None
    pairs = list(zip(before, after, control, strict=True))
    sides = [[(one, other) for one, other, held in pairs if held is kind] for kind in (False, True)]
    stressed, held = (([one for one, _ in side], [other for _, other in side]) for side in sides)
    if not sides[1]:
        raise ArgumentError("control: no row says yes. Leave --control out, or mark the control units.")
    return stressed, held
