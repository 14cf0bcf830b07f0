"""Capability and outliers, test by test: of lots of a workspace, or of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from corecar.assess import capability as assess_capability
from corecar.assess import generalised_esd
from corecar.assess.pool_groups import GROUPS, groups, in_time, part_rows
from corecar.assess.pools import Pool, PooledTest
from corecar.assess.process_capability import Capability
from corecar.assess.samples import FloatArray
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.study.chosen_tests import chosen_tests, limits_of
from corecar.bridge.study.studied import Studied, studied_lots
from corecar.bridge.study.studies import IdentityOfUnits, Lots, Retest, Stage, Temperature
from corecar.bridge.study.told_figures import told
from corecar.bridge.travel import Returned
from corecar.errors import ArgumentError, TooFewParts
from corecar.plurals import plural

Tests = Annotated[Sequence[str], "Tests by number or name, several times; all that have readings without it."]
Parts = Annotated[Literal["all", "passing"], "Whether bad parts count too."]
Figure = Annotated[str | Path | None, "Draw one test into this file: .svg, .png or .html.", Returned()]
Alpha = Annotated[float, "Probability of a false alarm.", AtLeast(0)]


def capability(
    call: Call,
    lots: Lots,
    *,
    test: Tests = (),
    low: Annotated[float | None, "Low limit of one test; its own without it."] = None,
    high: Annotated[float | None, "High limit of one test; its own without it."] = None,
    target: Annotated[float | None, "Target of one test, for Cpm."] = None,
    subgroup: Annotated[
        str | None, f"A number of parts tested one after the other, or: {', '.join(GROUPS)}. Single parts without it."
    ] = None,
    within: Annotated[str | None, "Sigma within subgroups by: range, sd or pooled."] = None,
    distribution: Annotated[str, "For indices by percentiles: normal, lognormal, weibull, gamma or best."] = "normal",
    confidence: Annotated[float, "Of the bounds: 0.95 is 95 %.", AtLeast(0)] = 0.95,
    goal: Annotated[str | None, "Cpk asked for: a number, `special` (1.67) or `other` (1.33)."] = None,
    parts: Parts = "all",
    figure: Figure = None,
    probability_plot: Annotated[str | Path | None, "Draw the readings of one test on normal paper.", Returned()] = None,
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOfUnits = "auto",
    retest: Retest = "last",
) -> dict[str, Any]:
    """State Cp, Cpk, Pp, Ppk and Cpm of the tests of lots with their bounds, the worst first; of one test in full.

    From the final parts, in the order in which they were tested.
    Raises  NotFound; ArgumentError for a test that is not there, or parts of several stages or temperatures
    """
    how: dict[str, Any] = {"stage": stage, "temperature": temperature, "identity": identity, "retest": retest}
    return capability_answer(
        studied_lots(call, lots, **how), test=test, low=low, high=high, target=target, subgroup=subgroup,
        within=within, distribution=distribution, confidence=confidence, goal=goal, parts=parts, figure=figure,
        probability_plot=probability_plot,
    )  # fmt: skip


def capability_answer(
    studied: Studied,
    *,
    test: Sequence[str] = (),
    low: float | None = None,
    high: float | None = None,
    target: float | None = None,
    subgroup: str | None = None,
    goal: str | float | None = None,
    parts: str = "all",
    figure: str | Path | None = None,
    probability_plot: str | Path | None = None,
    **options: Any,
) -> dict[str, Any]:
    """The same of lots that were read."""
    pool, tests = studied.pool, chosen_tests(studied.pool, test)
    alone = {"low": low, "high": high, "target": target, "figure": figure, "probability_plot": probability_plot}
    _for_one(tests, alone)
    order, codes = in_time(pool), _subgroups(pool, subgroup)
    options |= {"goal": as_goal(goal), "target": target}
    found: list[tuple[PooledTest, FloatArray, Capability]] = []
    left: dict[str, int] = {}
    for one in tests:
        own = limits_of(one)
        limits = own[0] if low is None else low, own[1] if high is None else high
        readings, labels = _measured(pool, one, parts, order, codes)
        if limits == (None, None) and len(tests) > 1:
            left["has no limits"] = left.get("has no limits", 0) + 1
            continue
        if len(readings) < 2 and len(tests) > 1:
            left["has fewer than two readings"] = left.get("has fewer than two readings", 0) + 1
            continue
        found.append((one, readings, assess_capability(readings, *limits, subgroup=labels, **options)))
    notes = [*studied.notes, *(f"{plural(count, 'test')} left out that {why}" for why, count in left.items())]
    if len(found) == 1 and len(tests) == 1:
        _draw_one(*found[0], figure, probability_plot)
        return _of_one(*found[0], notes)
    return _of_several(found, options["goal"], notes)


def as_goal(goal: str | float | None) -> float | str | None:
    """A number where it is one, else the word."""
    try:
        return None if goal is None else float(goal)
    except ValueError:
        return goal


def _for_one(tests: Sequence[PooledTest], given: dict[str, Any]) -> None:
    for name, value in given.items():
        if value is not None and len(tests) != 1:
            word = name.replace("_", " ")
            raise ArgumentError(f"{word}: is for one test, and {len(tests)} are meant. Name one with its number.")


def _subgroups(pool: Pool, subgroup: str | None) -> Any:
    """Nothing, a size, or the codes of groups by part. Raises ArgumentError for what parts cannot be grouped by."""
    if subgroup is None:
        return None
    if str(subgroup).isdigit() and int(subgroup) > 0:
        return int(subgroup)
    if subgroup not in GROUPS:
        raise ArgumentError(f'subgroup "{subgroup}": a size was expected, or one of {", ".join(GROUPS)}.')
    return groups(pool, subgroup)[0]


def _measured(pool: Pool, test: PooledTest, parts: str, order: Any, codes: Any) -> tuple[FloatArray, Any]:
    """The readings there are, in order, and the subgroup of each."""
    readings = pool.readings(test).astype(np.float64)[order]
    use = np.isfinite(readings)
    if parts == "passing":
        use &= pool.passed[order]
    if codes is None or isinstance(codes, int):
        return readings[use], codes
    labels = codes[order]
    use &= labels >= 0
    return readings[use], labels[use]


def _row(test: PooledTest, found: Capability) -> dict[str, Any]:
    bound = found.bounds.get("cpk")
    return {
        **test.named,
        "low_limit": found.low,
        "high_limit": found.high,
        "n": found.n,
        "mean": found.mean,
        "sd": found.sd,
        "cp": found.cp,
        "cpk": found.cpk,
        "cpk_at_least": None if bound is None else bound.at_least,
        "pp": found.pp,
        "ppk": found.ppk,
        "cpm": found.cpm,
        "robust_cpk": found.robust.cpk,
        "expected_ppm": found.expected_ppm_overall.total,
        "goal_met": found.goal_met,
    }


def _of_one(test: PooledTest, readings: FloatArray, found: Capability, notes: Sequence[str]) -> dict[str, Any]:
    answer = told(found, said_of_capability(test.title, found))
    first = {"said": answer.pop("said"), "facts": answer.pop("facts"), "rows": [known(_row(test, found))]}
    notes = [*notes, *answer.pop("notes")]
    return {**first, **answer, "notes": notes, "details": {"capability": found.to_dict()}}


def said_of_capability(name: str, found: Capability) -> str:
    """Cpk with its bound, and Ppk, in a sentence."""
    if found.cpk is None:
        return f"{name}: no index, for want of a limit or of variation ({plural(found.n, 'reading')})"
    bound = found.bounds.get("cpk")
    floor = f", at least {bound.at_least:.2f} with {found.confidence:.0%} confidence" if bound is not None else ""
    return f"{name}: Cpk {found.cpk:.2f}{floor}; Ppk {found.ppk:.2f} ({plural(found.n, 'reading')})"


def _of_several(
    found: Sequence[tuple[PooledTest, FloatArray, Capability]], goal: float | str | None, notes: Sequence[str]
) -> dict[str, Any]:
    rows = [known(_row(test, figures)) for test, _, figures in found]
    rows.sort(key=lambda row: (row["cpk"] is None, row["cpk"] or 0.0))
    below = sum(row["goal_met"] is False for row in rows)
    said = f"{plural(len(rows), 'test')}, the lowest Cpk first."
    if goal is not None:
        said += f" {below:,} below the goal of {found[0][2].goal if found else goal}."
    still = sum(row["cpk"] is None for row in rows)
    more = [f"{plural(still, 'test')} without an index: the readings do not vary"] if still else []
    return {"said": said, "rows": rows, "notes": [*notes, *more]}


def _draw_one(
    test: PooledTest, readings: FloatArray, found: Capability, figure: str | Path | None, paper: str | Path | None
) -> None:
    from corecar.report.figures.capability_chart import capability_chart
    from corecar.report.figures.probability_plot import normal_plot
    from corecar.report.figures.saved import save_figure

    if figure is not None:
        save_figure(figure, capability_chart(readings.tolist(), found, test.title, test.named["unit"] or ""))
    if paper is not None:
        unit = test.named["unit"] or ""
        save_figure(paper, normal_plot(readings.tolist(), found.mean, found.sd, test.title, unit))


def outliers(
    call: Call,
    lots: Lots,
    *,
    test: Tests = (),
    most: Annotated[int, "Most outliers looked for in a test.", AtLeast(1)] = 10,
    alpha: Alpha = 0.05,
    parts: Parts = "all",
    stage: Stage = None,
    temperature: Temperature = None,
    identity: IdentityOfUnits = "auto",
    retest: Retest = "last",
) -> dict[str, Any]:
    """Find the parts whose readings are outliers by Rosner's generalised ESD, test by test; no part is failed by it.

    Raises  NotFound; ArgumentError for a test that is not there, or parts of several stages or temperatures
    """
    how: dict[str, Any] = {"stage": stage, "temperature": temperature, "identity": identity, "retest": retest}
    return outliers_answer(studied_lots(call, lots, **how), test=test, most=most, alpha=alpha, parts=parts)


def outliers_answer(
    studied: Studied, *, test: Sequence[str] = (), most: int = 10, alpha: float = 0.05, parts: str = "all"
) -> dict[str, Any]:
    """The same of lots that were read."""
    pool, tests = studied.pool, chosen_tests(studied.pool, test)
    rows: list[dict[str, Any]] = []
    few = looked = with_some = 0
    for one in tests:
        readings = pool.readings(one).astype(np.float64)
        if parts == "passing":
            readings[~pool.passed] = np.nan
        try:
            found = generalised_esd(readings, most, alpha)
        except TooFewParts:
            few += 1
            continue
        looked, with_some = looked + 1, with_some + bool(found.count)
        steps = found.steps[: found.count]
        named = part_rows(pool, [step.row - 1 for step in steps])
        rows += [
            {**one.named, **part, "reading": step.suspect, "statistic": step.statistic, "critical": step.critical}
            for part, step in zip(named, steps, strict=True)
        ]
    said = f"{plural(len(rows), 'outlier')} in {with_some:,} of {plural(looked, 'test')}."
    notes = [f"{plural(few, 'test')} left out that had fewer than {most + 2} readings"] if few else []
    if any(len(one) == most for one in _by_test(rows)):
        notes.append(f"a test has as many outliers as were looked for, {most}: there may be more")
    return {"said": said, "rows": rows, "notes": [*studied.notes, *notes]}


def _by_test(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    found: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["number"], row["name"], row["pin"]), []).append(row)
    return list(found.values())


def known(row: dict[str, Any]) -> dict[str, Any]:
    """The row with None for what there was no figure of."""
    return {name: None if isinstance(value, float) and value != value else value for name, value in row.items()}
