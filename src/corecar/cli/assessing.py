"""`assess`: capability, control charts, T-squared, outliers: of a table, of tester files, or of lots of a workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from corecar.cli.assess_answers import answer, draw
from corecar.cli.assess_columns import Alpha, Confidence, Figure, High, Low, Sheet, Tests, Value, grouping, opened
from corecar.cli.generated import ActorOption, WorkspaceOption
from corecar.cli.grading import refuse
from corecar.cli.options import Csv, Encoding, Identity, IdentityOption, Json, Retest, RetestOption, Salvage
from corecar.cli.studies import Stage, Temperature, study

NAMED = 12
"""Points that the sentence of a chart names."""
OF_TABLES = "is for tables, and what is named are tester files or lots. Leave it out; --test names a test."
OF_LOTS = "is for tester files and lots, and what is named is a table. Leave it out."


class Parts(StrEnum):
    """Which parts count."""

    all = "all"
    passing = "passing"


class Point(StrEnum):
    """What a point of a chart is."""

    reading = "reading"
    lot = "lot"
    wafer = "wafer"


class Group(StrEnum):
    """What is compared."""

    lot = "lot"
    wafer = "wafer"


Subjects = Annotated[
    list[str],
    typer.Argument(metavar="FILE", help="A table (CSV, Parquet, workbook); or tester files; or lots of a workspace."),
]
PartsOption = Annotated[Parts, typer.Option("--parts", help="Of tester files and lots: whether bad parts count too.")]


def capability(
    subjects: Subjects,
    value: Value = "value",
    test: Tests = None,
    low: Low = None,
    high: High = None,
    target: Annotated[float | None, typer.Option("--target", help="Target, for Cpm.")] = None,
    subgroup: Annotated[
        str | None,
        typer.Option("--subgroup", help="Size of subgroups, or their column; of lots: lot, wafer, site, tester, ..."),
    ] = None,
    within: Annotated[
        str | None, typer.Option("--within", help="Sigma within subgroups by: range, sd or pooled.")
    ] = None,
    distribution: Annotated[
        str,
        typer.Option("--distribution", help="For indices by percentiles: normal, lognormal, weibull, gamma or best."),
    ] = "normal",
    confidence: Confidence = 0.95,
    goal: Annotated[
        str | None, typer.Option("--goal", help="Cpk asked for: a number, special (1.67) or other (1.33).")
    ] = None,
    parts: PartsOption = Parts.all,
    sheet: Sheet = None,
    figure: Figure = None,
    probability_plot: Annotated[
        Path | None, typer.Option("--probability-plot", metavar="FILE", help="Draw the readings on normal paper.")
    ] = None,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """State capability: Cp, Cpk, Pp, Ppk with their bounds, robust and by percentiles.

    Of tester files and lots without --test: every test, the lowest Cpk first.
    """
    told = locals()
    given = {
        "test": test or [], "low": low, "high": high, "target": target, "subgroup": subgroup, "within": within,
        "distribution": distribution, "confidence": confidence, "goal": goal, "parts": parts.value, "figure": figure,
        "probability_plot": probability_plot,
    }  # fmt: skip
    if not _is_table(told):
        _of_pool("assess_capability", given, told)
        return
    from corecar.assess import capability as assess
    from corecar.bridge.study.lot_figures import as_goal, said_of_capability

    cells, name = opened(Path(subjects[0]), value, test[0] if test else None, sheet)
    readings = cells.numbers(name)[name]
    of_test = cells.limits.get(name, (None, None))
    found = assess(
        readings, of_test[0] if low is None else low, of_test[1] if high is None else high, target,
        grouping(cells, subgroup), within=within, distribution=distribution, confidence=confidence, goal=as_goal(goal),
    )  # fmt: skip
    if figure is not None:
        from corecar.report.figures.capability_chart import capability_chart

        draw(figure, capability_chart(readings, found, name, cells.units.get(name, "")))
    if probability_plot is not None:
        from corecar.report.figures.probability_plot import normal_plot

        draw(probability_plot, normal_plot(readings, found.mean, found.sd, name, cells.units.get(name, "")))
    answer(found, said_of_capability(name, found), json, csv)


def chart(
    subjects: Subjects,
    value: Value = "value",
    test: Tests = None,
    by: Annotated[
        Point, typer.Option("--by", help="Of tester files and lots: a point is a part, or the mean of a lot or wafer.")
    ] = Point.reading,
    kind: Annotated[str, typer.Option("--kind", help="I-mr, xbar-r, xbar-s, p, np, c, u, ewma or cusum.")] = "i-mr",
    rules: Annotated[
        str, typer.Option("--rules", help="Limits, western electric, nelson, or single rules with commas.")
    ] = "western electric",
    counting: Annotated[
        str, typer.Option("--counting", help="points, or differences as Minitab counts trends.")
    ] = "points",
    subgroup: Annotated[str | None, typer.Option("--subgroup", help="Column of subgroups, or their size.")] = None,
    sizes: Annotated[str | None, typer.Option("--sizes", help="Column of sample sizes, for p, np and u.")] = None,
    center: Annotated[float | None, typer.Option("--center", help="Known centre.")] = None,
    sigma: Annotated[float | None, typer.Option("--sigma", help="Known sigma.")] = None,
    width: Annotated[float, typer.Option("--width", help="Half-width of the limits in sigmas.")] = 3.0,
    weight: Annotated[float, typer.Option("--weight", help="Weight of the newest point in ewma.")] = 0.2,
    allowance: Annotated[float, typer.Option("--allowance", help="Of cusum: half the shift to find [sigmas].")] = 0.5,
    interval: Annotated[float, typer.Option("--interval", help="Of cusum: the sum that signals [sigmas].")] = 5.0,
    head_start: Annotated[float, typer.Option("--head-start", help="Of cusum: where sums begin [sigmas].")] = 0.0,
    parts: PartsOption = Parts.all,
    sheet: Sheet = None,
    figure: Figure = None,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Draw up a control chart and name the points that break a rule.

    Of tester files and lots: one test over the parts as they were tested, or --by lot or wafer.
    """
    told = locals()
    given: dict[str, Any] = {
        "by": by.value, "kind": kind, "rules": rules, "center": center, "sigma": sigma, "width": width,
        "weight": weight, "parts": parts.value, "figure": figure,
    }  # fmt: skip
    if not _is_table(told, by=by is not Point.reading):
        refuse({"--subgroup": subgroup, "--sizes": sizes}, OF_TABLES)
        refuse({"--counting": counting != "points", "--allowance": allowance != 0.5}, OF_TABLES)
        refuse({"--interval": interval != 5.0, "--head-start": head_start}, OF_TABLES)
        _of_pool("assess_chart", {**given, "test": _one(test)}, told)
        return
    from corecar.assess import chart as assess

    cells, name = opened(Path(subjects[0]), value, test[0] if test else None, sheet)
    chosen: Any = rules if "," not in rules else [rule.strip() for rule in rules.split(",")]
    found = assess(
        cells.numbers(name)[name], kind, chosen, counting=counting, subgroup=grouping(cells, subgroup),
        sizes=None if sizes is None else cells.numbers(sizes)[sizes], center=center, sigma=sigma, width=width,
        weight=weight, allowance=allowance, interval=interval, head_start=head_start,
    )  # fmt: skip
    if figure is not None:
        from corecar.report.figures.control_chart import control_chart

        draw(figure, control_chart(found, name, cells.units.get(name, "")))
    named = f"out: {', '.join(map(str, found.out[:NAMED]))}"
    more = f" and {len(found.out) - NAMED:,} more" if len(found.out) > NAMED else ""
    out = named + more if found.out else "no point out"
    answer(found, f"{name}, {found.kind} chart: {out} (limits {found.lcl:.6g} to {found.ucl:.6g})", json, csv)


def hotelling(
    subjects: Subjects,
    test: Tests = None,
    column: Annotated[list[str] | None, typer.Option("--column", help="A column to watch, once for each.")] = None,
    alpha: Alpha = 0.0027,
    covariance: Annotated[str, typer.Option("--covariance", help="Sample, robust or differences.")] = "sample",
    parts: PartsOption = Parts.all,
    sheet: Sheet = None,
    figure: Figure = None,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Watch several characteristics at once: Hotelling's T-squared of each row, and what drove those that are out."""
    told = locals()
    if not _is_table(told, several=True):
        refuse({"--column": column}, OF_TABLES)
        given = {"test": test or [], "alpha": alpha, "covariance": covariance, "parts": parts.value, "figure": figure}
        _of_pool("assess_hotelling", given, told)
        return
    from corecar.assess import hotelling as assess
    from corecar.bridge.study.study_columns import study_columns

    cells = study_columns(subjects[0], test or (), sheet=sheet)
    found = assess(cells.numbers(*(column or test or cells.columns)), alpha, covariance=covariance)
    if figure is not None:
        from corecar.report.figures.t_squared_chart import t_squared_chart

        draw(figure, t_squared_chart(found))
    out = f"{len(found.out)} of {found.n:,} rows beyond {found.limit:.4g}"
    answer(found, f"{' '.join(found.columns)}: {out} ({found.limit_kind})", json, csv)


def outliers(
    subjects: Subjects,
    value: Value = "value",
    test: Tests = None,
    most: Annotated[int, typer.Option("--most", help="Most outliers looked for; 1 is Grubbs' test.")] = 10,
    alpha: Alpha = 0.05,
    parts: PartsOption = Parts.all,
    sheet: Sheet = None,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Find outliers by Rosner's generalised ESD, or a single one by Grubbs' test.

    Of tester files and lots without --test: every test, and which parts they are.
    """
    told = locals()
    if not _is_table(told):
        given = {"test": test or [], "most": most, "alpha": alpha, "parts": parts.value}
        _of_pool("assess_outliers", given, told)
        return
    from corecar.assess import generalised_esd, grubbs

    cells, name = opened(Path(subjects[0]), value, test[0] if test else None, sheet)
    readings = cells.numbers(name)[name]
    if most == 1:
        single = grubbs(readings, alpha)
        answer(single, f"{name}: row {single.row} is the farthest out, p {single.p:.3g} (Grubbs)", json, csv)
        return
    found = generalised_esd(readings, most, alpha)
    answer(found, f"{name}: {found.count} of {found.n:,} readings are outliers (Rosner)", json, csv)


def between(
    subjects: Annotated[list[str], typer.Argument(metavar="LOT", help="Lots of a workspace, or tester files.")],
    group: Annotated[Group, typer.Option("--group", help="What to compare.")] = Group.lot,
    test: Tests = None,
    parts: PartsOption = Parts.all,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOption = Identity.auto,
    retest: RetestOption = Retest.last,
    salvage: Salvage = False,
    encoding: Encoding = None,
    workspace: WorkspaceOption = None,
    actor: ActorOption = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Compare lots or wafers with each other, test by test, the largest effect first."""
    given = {"group": group.value, "test": test or [], "parts": parts.value}
    study("assess_between", {"lots": subjects}, given, locals())


def _is_table(told: Mapping[str, Any], *, by: bool = False, several: bool = False) -> bool:
    """Whether the command is about columns: of a table, or of one tester file whose test is named.

    told     the options of the command
    by       whether an option was given that only tester files and lots know
    several  whether several tests are columns of one table
    """
    from corecar.bridge.study.study_columns import TABLES

    words: Sequence[str] = told["subjects"]
    of_lots = (told["stage"], told["temperature"], told["workspace"], told["actor"], told["salvage"], told["encoding"])
    chosen = told["identity"] is not Identity.auto or told["retest"] is not Retest.last
    if by or chosen or any(of_lots) or told["parts"] is not Parts.all or len(words) != 1:
        return False
    path, tests = Path(words[0]), told["test"] or ()
    if not path.is_file():
        return path.suffix.lower() in TABLES
    return path.suffix.lower() in TABLES if not tests else several or len(tests) == 1


def _of_pool(name: str, given: Mapping[str, Any], told: Mapping[str, Any]) -> None:
    refuse({"--value": told.get("value", "value") != "value", "--sheet": told["sheet"]}, OF_TABLES)
    study(name, {"lots": told["subjects"]}, {key: value for key, value in given.items() if value is not None}, told)
    for drawn in (given.get("figure"), given.get("probability_plot")):
        if drawn is not None:
            typer.echo(f"wrote {drawn}", err=True)


def _one(tests: Sequence[str] | None) -> str | None:
    """The test of a chart. Raises ArgumentError for several."""
    refuse({"--test": len(tests or ()) > 1}, "is for one test here. Name one; charts of others are other calls.")
    return tests[0] if tests else None
