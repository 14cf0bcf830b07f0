"""`assess`: capability, control charts, gauge studies and the like, of a table or of the tests of a tester file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corecar.cli.options import Csv, Json

if TYPE_CHECKING:
    from corecar.assess.figures import Figures
    from corecar.bridge.study_columns import Cells

Table = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="A table (CSV, Parquet, workbook) with headers; or a tester file with --test."),
]
Sheet = Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook; the first when not given.")]
Test = Annotated[str | None, typer.Option("--test", help="Number or name of a test: FILE is then a tester file.")]
Tests = Annotated[list[str] | None, typer.Option("--test", help="Number or name of a test, once for each.")]
Value = Annotated[str, typer.Option("--value", help="Column of the readings.")]
Low = Annotated[float | None, typer.Option("--low", help="Low limit; of a tester file the test's own when not given.")]
High = Annotated[float | None, typer.Option("--high", help="High limit; likewise.")]
Figure = Annotated[Path | None, typer.Option("--figure", metavar="FILE", help="Draw it: .svg, .png or .html.")]
Confidence = Annotated[float, typer.Option("--confidence", help="A fraction: 0.95 is 95 %.")]
Alpha = Annotated[float, typer.Option("--alpha", help="Probability of a false alarm.")]
First = Annotated[str, typer.Option("--first", help="Column of the first.")]
Second = Annotated[str, typer.Option("--second", help="Column of the second.")]


NAMED = 12
"""Points that the sentence of a chart names."""


class GaugeMethod(StrEnum):
    """How a gauge study is worked out."""

    anova = "anova"
    range = "range"


class Weights(StrEnum):
    """What a near miss counts."""

    none = "none"
    linear = "linear"
    quadratic = "quadratic"


def capability(
    file: Table,
    value: Value = "value",
    test: Test = None,
    low: Low = None,
    high: High = None,
    target: Annotated[float | None, typer.Option("--target", help="Target, for Cpm.")] = None,
    subgroup: Annotated[str | None, typer.Option("--subgroup", help="Column of subgroups, or their size.")] = None,
    distribution: Annotated[
        str,
        typer.Option("--distribution", help="normal, lognormal, weibull, gamma or best: for indices by percentiles."),
    ] = "normal",
    confidence: Confidence = 0.95,
    goal: Annotated[
        str | None, typer.Option("--goal", help="Cpk asked for: a number, special (1.67) or other (1.33).")
    ] = None,
    sheet: Sheet = None,
    figure: Figure = None,
    probability_plot: Annotated[
        Path | None, typer.Option("--probability-plot", metavar="FILE", help="Draw the readings on normal paper.")
    ] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State the capability of a process: Cp, Cpk, Pp, Ppk with their bounds, robust and by percentiles."""
    from corecar.assess import capability as assess

    cells, name = _opened(file, value, test, sheet)
    readings = cells.numbers(name)[name]
    of_test = cells.limits.get(name, (None, None))
    found = assess(
        readings, of_test[0] if low is None else low, of_test[1] if high is None else high, target,
        _grouping(cells, subgroup), distribution=distribution, confidence=confidence, goal=_goal(goal),
    )  # fmt: skip
    bound = found.bounds.get("cpk")
    floor = f", at least {bound.at_least:.2f} with {confidence:.0%} confidence" if bound is not None else ""
    cpk = "no limit, so no index" if found.cpk is None else f"Cpk {found.cpk:.2f}{floor}; Ppk {found.ppk:.2f}"
    _answer(found, f"{name}: {cpk} ({found.n:,} readings)", json, csv)
    if figure is not None:
        from corecar.report.figures.capability_chart import capability_chart

        _draw(figure, capability_chart(readings, found, name, cells.units.get(name, "")))
    if probability_plot is not None:
        from corecar.report.figures.probability_plot import normal_plot

        _draw(probability_plot, normal_plot(readings, found.mean, found.sd, name))


def chart(
    file: Table,
    value: Value = "value",
    test: Test = None,
    kind: Annotated[str, typer.Option("--kind", help="i-mr, xbar-r, xbar-s, p, np, c, u, ewma or cusum.")] = "i-mr",
    rules: Annotated[
        str, typer.Option("--rules", help="western electric, nelson, or single rules with commas.")
    ] = "western electric",
    counting: Annotated[
        str, typer.Option("--counting", help="points, or differences as Minitab counts trends.")
    ] = "points",
    subgroup: Annotated[str | None, typer.Option("--subgroup", help="Column of subgroups, or their size.")] = None,
    sizes: Annotated[str | None, typer.Option("--sizes", help="Column of sample sizes, for p, np and u.")] = None,
    center: Annotated[float | None, typer.Option("--center", help="Known centre.")] = None,
    sigma: Annotated[float | None, typer.Option("--sigma", help="Known sigma.")] = None,
    weight: Annotated[float, typer.Option("--weight", help="Weight of the newest point in ewma.")] = 0.2,
    sheet: Sheet = None,
    figure: Figure = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Draw up a control chart and name the points that break a rule."""
    from corecar.assess import chart as assess

    cells, name = _opened(file, value, test, sheet)
    chosen: Any = rules if "," not in rules else [rule.strip() for rule in rules.split(",")]
    found = assess(
        cells.numbers(name)[name], kind, chosen, counting=counting, subgroup=_grouping(cells, subgroup),
        sizes=None if sizes is None else cells.numbers(sizes)[sizes], center=center, sigma=sigma, weight=weight,
    )  # fmt: skip
    named = f"out: {', '.join(map(str, found.out[:NAMED]))}"
    more = f" and {len(found.out) - NAMED:,} more" if len(found.out) > NAMED else ""
    out = named + more if found.out else "no point out"
    _answer(found, f"{name}, {found.kind} chart: {out} (limits {found.lcl:.6g} to {found.ucl:.6g})", json, csv)
    if figure is not None:
        from corecar.report.figures.control_chart import control_chart

        _draw(figure, control_chart(found, name, cells.units.get(name, "")))


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
    parts_over: Annotated[
        str, typer.Option("--parts-over", help="After pooling, parts over pooled repeatability or interaction.")
    ] = "pooled",
    sheet: Sheet = None,
    figure: Figure = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Assess a gauge or tester: repeatability, reproducibility, %GRR and distinct categories."""
    from corecar.assess import gauge_study

    cells, name = _opened(file, value, None, sheet)
    table = {"part": cells.labels(part), "operator": cells.labels(operator), "value": cells.numbers(name)[name]}
    found = gauge_study(table, method=method.value, tolerance=tolerance, parts_over=parts_over)
    said = (
        f"{name}: GRR {found.percent_grr:.2f} % of total variation by {found.method}, ndc {found.ndc}: {found.verdict}"
    )
    _answer(found, said, json, csv)
    if figure is not None:
        from corecar.report.figures.gauge_chart import gauge_chart

        _draw(figure, gauge_chart(table, found, name))


def hotelling(
    file: Table,
    tests: Tests = None,
    column: Annotated[list[str] | None, typer.Option("--column", help="A column to watch, once for each.")] = None,
    alpha: Alpha = 0.0027,
    covariance: Annotated[str, typer.Option("--covariance", help="sample, robust or differences.")] = "sample",
    sheet: Sheet = None,
    figure: Figure = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Watch several characteristics at once: Hotelling's T-squared of each row, and what drove those that are out."""
    from corecar.assess import hotelling as assess
    from corecar.bridge.study_columns import study_columns

    cells = study_columns(file, tests or (), sheet=sheet)
    found = assess(cells.numbers(*(column or tests or cells.columns)), alpha, covariance=covariance)
    out = f"{len(found.out)} of {found.n:,} rows beyond {found.limit:.4g}"
    _answer(found, f"{' '.join(found.columns)}: {out} ({found.limit_kind})", json, csv)
    if figure is not None:
        from corecar.report.figures.t_squared_chart import t_squared_chart

        _draw(figure, t_squared_chart(found))


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

    cells, name = _opened(file, time, None, sheet)
    times = cells.numbers(name)[name]
    flags = None if censored is None else cells.flags(censored)
    found = assess(times, flags, method=method, confidence=confidence)
    said = f"{name}: shape {found.shape:.4g}, scale {found.scale:.4g}; {found.failures} of {found.n} failed"
    _answer(found, said, json, csv)
    if figure is not None:
        from corecar.report.figures.probability_plot import weibull_plot

        _draw(figure, weibull_plot(times, flags, found, name))


def fit(
    units: Annotated[list[float], typer.Option("--units", help="Units in a test, once for each test.")],
    hours: Annotated[list[float], typer.Option("--hours", help="Its hours.")],
    fails: Annotated[int, typer.Option("--fails", help="Failures of all tests together.")],
    confidence: Confidence = 0.6,
    activation_energy: Annotated[float | None, typer.Option("--activation-energy", help="[eV].")] = None,
    stress: Annotated[float | None, typer.Option("--stress", help="Temperature of the test [degrees Celsius].")] = None,
    use: Annotated[float | None, typer.Option("--use", help="Temperature of use [degrees Celsius].")] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State a failure rate in FIT from life tests, at a confidence."""
    from corecar.assess import fit as assess

    found = assess(units, hours, fails, confidence, activation_energy=activation_energy, stress_c=stress, use_c=use)
    _answer(found, f"{found.fit:.2f} FIT at most, at {confidence:.0%} confidence, with {fails} failures", json, csv)


def drift(
    file: Table,
    before: Annotated[str, typer.Option("--before", help="Column of the readings before stress.")] = "before",
    after: Annotated[str, typer.Option("--after", help="Column of those after it, of the same unit.")] = "after",
    low: Low = None,
    high: High = None,
    limit: Annotated[float | None, typer.Option("--limit", help="Most that a unit may drift.")] = None,
    sheet: Sheet = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Compare readings before and after stress, unit by unit."""
    from corecar.assess import drift as assess

    cells, _ = _opened(file, before, None, sheet)
    columns = cells.numbers(before, after)
    found = assess(columns[before], columns[after], low, high, limit=limit)
    _answer(found, f"{before} to {after}: mean drift {found.mean:.6g}, largest {found.largest:.6g}", json, csv)


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

    cells, _ = _opened(file, first, None, sheet)
    found = assess(cells.labels(first), cells.labels(second), weights=weights.value, confidence=confidence)
    _answer(found, f"{first} and {second}: kappa {found.kappa:.3f} over {found.n:,} parts", json, csv)


def correlate(
    file: Table,
    first: First = "first",
    second: Second = "second",
    low: Low = None,
    high: High = None,
    guard_band: Annotated[
        float | None, typer.Option("--guard-band", help="Guard band in force [readings' unit].")
    ] = None,
    sheet: Sheet = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Correlate two testers, sites or insertions over the same parts."""
    from corecar.assess import correlate as assess

    cells, _ = _opened(file, first, None, sheet)
    columns = cells.numbers(first, second)
    found = assess(columns[first], columns[second], low, high, guard_band=guard_band)
    _answer(found, f"{first} and {second}: r {found.r:.4f}, bias {found.bias:.6g} over {found.n:,} parts", json, csv)


def bias(
    file: Table,
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

    cells, name = _opened(file, value, test, sheet)
    _answer(group_bias(cells.numbers(name)[name], cells.labels(group)), f"{name} by {group}", json, csv)


def outliers(
    file: Table,
    value: Value = "value",
    test: Test = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Most outliers looked for; 1 is Grubbs' test.")] = 10,
    alpha: Alpha = 0.05,
    sheet: Sheet = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Find outliers by Rosner's generalised ESD, or a single one by Grubbs' test."""
    from corecar.assess import generalised_esd, grubbs

    cells, name = _opened(file, value, test, sheet)
    readings = cells.numbers(name)[name]
    if most == 1:
        single = grubbs(readings, alpha)
        _answer(single, f"{name}: row {single.row} is the farthest out, p {single.p:.3g} (Grubbs)", json, csv)
        return
    found = generalised_esd(readings, most, alpha)
    _answer(found, f"{name}: {found.count} of {found.n:,} readings are outliers (Rosner)", json, csv)


def guard_band(
    sigma: Annotated[float, typer.Option("--sigma", help="Standard deviation of the measurement.")],
    low: Annotated[float | None, typer.Option("--low", help="Low limit of the specification.")] = None,
    high: Annotated[float | None, typer.Option("--high", help="High limit.")] = None,
    k: Annotated[float | None, typer.Option("--k", help="Width in sigmas.")] = None,
    risk: Annotated[
        float | None, typer.Option("--risk", help="Or: probability of passing a part at the limit.")
    ] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Set test limits inside the specification by what the measurement is worth."""
    from corecar.assess import guard_band as assess

    found = assess(low, high, sigma, k=k, risk=risk)
    _answer(found, f"test limits a guard band of {found.guard_band:.6g} inside the specification", json, csv)


def sample_size(
    reliability: Annotated[float, typer.Option("--reliability", help="To be shown, a fraction: 0.99 is 99 %.")],
    confidence: Confidence = 0.9,
    fails: Annotated[int, typer.Option("--fails", min=0, help="Failures that are allowed.")] = 0,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say how many units show a reliability at a confidence."""
    from corecar.assess import sample_size as assess

    found = assess(reliability, confidence, fails)
    _answer(found, f"{found.n:,} units with at most {fails} failures", json, csv)


def _opened(file: Path, value: str, test: str | None, sheet: str | None) -> tuple[Cells, str]:
    """The columns of a file, and the name of that with the readings."""
    from corecar.bridge.study_columns import study_columns

    cells = study_columns(file, () if test is None else (test,), sheet=sheet)
    name = value if test is None else test
    cells.cells(name)
    return cells, name


def _grouping(cells: Cells, subgroup: str | None) -> Any:
    """A size, the labels of a column, or nothing; a column that is called like a number is a column."""
    if subgroup is None:
        return None
    return int(subgroup) if subgroup.isdigit() and subgroup not in cells.columns else cells.labels(subgroup)


def _goal(goal: str | None) -> float | str | None:
    try:
        return None if goal is None else float(goal)
    except ValueError:
        return goal


def _answer(found: Figures, said: str, json: bool, csv: bool) -> None:
    from corecar.bridge.told_figures import figures_table, told
    from corecar.cli.answers import print_answer
    from corecar.cli.forms import Form, form
    from corecar.cli.spreadsheet import print_csv

    wanted = form(json, csv)
    if wanted is Form.CSV:
        print_csv([("figures", figures_table(found))])
    else:
        print_answer(found.to_dict() if wanted is Form.JSON else told(found, said), wanted)


def _draw(figure: Path, svg: str) -> None:
    from corecar.report.figures.saved import save_figure

    save_figure(figure, svg)
    typer.echo(f"wrote {figure}", err=True)
