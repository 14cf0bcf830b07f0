"""Tests: the distributions of the worst, statistics of all, the limits derived for them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow.compute as pc

from corecar.report.blocks import Block, Column, Gallery, Picture, Table, Text
from corecar.report.evidence import Evidence, integers, numbers, rule_name
from corecar.report.figures.histogram import Line, histogram
from corecar.report.figures.wafer_map import swatch
from corecar.report.printable import printable
from corecar.report.quantities import DASH, Display, count, decimals_for, number

HISTOGRAMS = 8
ROWS_AT_MOST = 3000
"""Rows of a table in the HTML; the files beside the report hold all of them."""


def distributions(evidence: Evidence) -> tuple[Block, ...]:
    """Histograms of the tests with most verdicts, then lowest Cpk."""
    pictures = []
    for row in evidence.worst_first:
        picture = _histogram(evidence, row)
        if picture is not None:
            pictures.append(picture)
        if len(pictures) == HISTOGRAMS:
            break
    if not pictures:
        return (Text("No test has readings to draw.", "note"),)
    legend = (
        (swatch("pass"), "good at the tester"),
        (swatch("failed"), "failed at the tester (this or another test)"),
        (swatch("reject", struck=True), "diamond: good part rejected by this test's derived limit"),
    )
    caption = (
        "Test limits solid, derived limits dashed; a band holds the limits of all wafers or sites, each for its own "
        "parts. Beyond: readings outside the axis. Most verdicts first, then lowest Cpk."
    )
    return (Gallery(tuple(pictures), 2, "", caption, legend),)


def _histogram(evidence: Evidence, row: int) -> Picture | None:
    readings = evidence.readings(row)
    if not len(readings.value):
        return None
    display = evidence.display(row)
    name = evidence.test_name(row, 44)
    lines = spec_lines(evidence, row, display) + derived_lines(evidence, row, display)
    alt = f"Distribution of {name}, {len(readings.value):,} readings"
    svg = histogram(readings.value, readings.good, readings.rejected, lines, display, evidence.test_name(row, 30), alt)
    cpk = evidence.lot_measures.get(row, {}).get("cpk")
    facts = [f"{evidence.test(row, 'number')} {name}", f"Cpk {number(cpk, 2)}"]
    verdicts = int(evidence.verdicts_by_test[row])
    return Picture(svg, alt, "  ·  ".join(facts + ([f"{verdicts:,} rejected"] if verdicts else [])))


def spec_lines(evidence: Evidence, row: int, display: Display) -> list[Line]:
    """The test's own limits, as far as it has any."""
    limits = (("low", evidence.test(row, "low_limit")), ("high", evidence.test(row, "high_limit")))
    return [
        Line(value, f"{side} limit {brief(display, value)}", brief(display, value), False, side == "low")
        for side, value in limits
        if value is not None and math.isfinite(value)
    ]


def derived_lines(evidence: Evidence, row: int, display: Display) -> list[Line]:
    """The applied limits of a test that are tighter than its own; of many (by wafer), the extremes of each side."""
    own = (evidence.test(row, "low_limit"), evidence.test(row, "high_limit"))
    applied = evidence.limits_by_test.get(row, [])
    scopes = {str(evidence.grade.limits["scope"][place]).split(" ")[0] for place in applied}
    by = f"by {scopes.pop()}" if len(scopes) == 1 else "by group"
    lines = []
    for side, beyond in zip(("low", "high"), own, strict=True):
        column = numbers(evidence.grade.limits[side])[applied]
        found = sorted({float(v) for v in column if math.isfinite(v)} - {beyond})
        if not found:
            continue
        ends = tuple(dict.fromkeys((found[0], found[-1])))
        words = " to ".join(dict.fromkeys(brief(display, value) for value in ends))
        said = f"{side} derived, {by}: {words}" if len(ends) > 1 else f"{side} derived {words}"
        outer = found[0] if side == "low" else found[-1]
        for value in ends:
            texts = (said, words) if value == outer else ("", "")
            lines.append(Line(value, *texts, True, side == "low"))
    return lines


def brief(display: Display, value: float) -> str:
    """A limit as written in a drawing: four significant digits."""
    shown = display.scale.of(value)
    return number(shown, min(decimals_for(shown, 4), display.decimals))


def statistics(evidence: Evidence) -> tuple[Block, ...]:
    """Statistics of every test over the lot, worst first."""
    tests = evidence.worst_first
    if not tests:
        return (Text("The files hold no tests.", "note"),)
    rows = tuple(_statistics_row(evidence, row) for row in tests[:ROWS_AT_MOST])
    heads = ("Low limit", "High limit", "Mean", "Sd", "Min", "Median", "Max", "Cpk")
    columns = (
        Column("Number", "right"),
        Column("Test", weight=1),
        Column("Read", "right"),
        Column("Failed", "right"),
        Column("Rejected", "right"),
        Column("n (good)", "right"),
        Column("Unit"),
        *(Column(head, "decimal") for head in heads),
    )
    note = Text(
        "Read: usable readings of all parts. Mean to Cpk are of the good parts' readings, n (good). Worst first: most "
        "rejected, then lowest Cpk.",
        "note",
    )
    return note, Table(columns, rows, len(tests), paper=80, rest="report.html and summary.json")


def _statistics_row(evidence: Evidence, row: int) -> tuple[str, ...]:
    found = evidence.lot_measures.get(row, {})
    display = evidence.display(row)
    values = (
        evidence.test(row, "low_limit"),
        evidence.test(row, "high_limit"),
        *(found.get(name) for name in ("mean", "sd", "minimum", "median", "maximum")),
    )
    return (
        str(evidence.test(row, "number")),
        evidence.test_name(row),
        count(found.get("n")),
        count(found.get("failed")),
        count(int(evidence.verdicts_by_test[row])),
        count(found.get("passing_n")),
        display.scale.unit or DASH,
        *(display.show(value) for value in values),
        number(found.get("cpk"), 2),
    )


def derived_limits(evidence: Evidence) -> tuple[Block, ...]:
    """Limits that screening derived: those that rejected parts, then applied ones, those with a fallback first."""
    limits = evidence.grade.limits
    if not limits.num_rows:
        return (Text("No limits were derived.", "note"),)
    order = _limit_order(evidence)[:ROWS_AT_MOST]
    rows = tuple(_limit_row(evidence, row) for row in limits.take(order).to_pylist())
    columns = (
        Column("Number", "right"),
        Column("Test", weight=2),
        Column("Scope"),
        Column("n", "right"),
        Column("Unit"),
        Column("Median", "decimal"),
        Column("Sigma", "decimal"),
        Column("Low", "decimal"),
        Column("High", "decimal"),
        Column("Clamped"),
        Column("Fallback", weight=2),
    )
    table = Table(columns, rows, limits.num_rows, paper=40, rest="report.html").without_empty("Clamped", "Fallback")
    said = "Limits that rejected parts first, then applied ones, with a fallback first."
    if any(column.title == "Clamped" for column in table.columns):
        said += " Clamped: the test's own limit is the tighter one on that side."
    return Text(said, "note"), table


def _limit_order(evidence: Evidence) -> Any:
    limits = evidence.grade.limits
    struck = np.zeros(limits.num_rows, dtype=np.int64)
    used = integers(evidence.grade.verdicts["limit"])
    place = {int(limit): row for row, limit in enumerate(integers(limits["limit"]))}
    np.add.at(struck, [place[int(limit)] for limit in used if int(limit) in place], 1)
    fell_back = pc.not_equal(pc.fill_null(limits["fallback"], ""), "").to_numpy(zero_copy_only=False)
    applied = pc.fill_null(limits["applied"], True).to_numpy(zero_copy_only=False)
    return np.lexsort((np.arange(limits.num_rows), ~fell_back, ~applied, -struck))


def _limit_row(evidence: Evidence, row: dict[str, Any]) -> tuple[str, ...]:
    if row["test"] is None:
        return _place_row(row)
    display = evidence.display(row["test"])
    fine = Display(display.scale, min(display.decimals + 1, 9))
    fallback = printable(row["fallback"], 200)
    applied = row["applied"] in (True, None)
    return (
        str(evidence.test(row["test"], "number")),
        evidence.test_name(row["test"], 44),
        printable(row["scope"], 40),
        count(row["n"]),
        display.scale.unit or DASH,
        *(fine.show(row[name]) for name in ("median", "sigma", "low", "high")),
        row["clamp"] or "",
        fallback or ("" if applied else "not applied"),
    )


def _place_row(row: dict[str, Any]) -> tuple[str, ...]:
    """A limit of a screen that judges places rather than readings."""
    shown = (DASH if row[name] is None else f"{row[name]:.4g}" for name in ("median", "sigma", "low", "high"))
    what = f"{rule_name(row['screen'])}: {printable(row['estimator'], 100)}"
    applied = "" if row["applied"] in (True, None) else "not applied"
    words = printable(row["fallback"], 200) or applied
    return (DASH, what, printable(row["scope"], 40), count(row["n"]), DASH, *shown, row["clamp"] or "", words)


def verdicts(evidence: Evidence) -> tuple[Block, ...]:
    """The good parts that screens rejected, farthest from their limits first."""
    table = evidence.grade.verdicts
    if not table.num_rows:
        return (Text("No good part was rejected by a screen.", "note"),)
    far = np.abs(numbers(table["distance"]))
    order = np.argsort(np.where(np.isnan(far), -1, -far), kind="stable")[:ROWS_AT_MOST]
    applied = _limits_of(evidence, {int(v) for v in integers(table["limit"])[order]})
    rows = tuple(_verdict_row(evidence, row, applied.get(row["limit"], {})) for row in table.take(order).to_pylist())
    columns = (
        Column("Part"),
        Column("Number", "right"),
        Column("Test", weight=1),
        Column("Reading", "right"),
        Column("Limit", "right"),
        Column("Distance", "right"),
        Column("Screen"),
        Column("Hard bin", "right"),
    )
    note = Text("Distance is from the median in robust sigmas; farthest first.", "note")
    return note, Table(columns, rows, table.num_rows, paper=60, rest="verdicts.parquet")


def _limits_of(evidence: Evidence, wanted: set[int]) -> dict[int, dict[str, Any]]:
    limits = evidence.grade.limits
    at = np.flatnonzero(np.isin(integers(limits["limit"]), list(wanted)))
    return {row["limit"]: row for row in limits.take(at).to_pylist()}


def _bins(evidence: Evidence, row: dict[str, Any]) -> str:
    """The hard bin before and after; that of an overridden part is kept."""
    old, new = (DASH if row[name] is None else str(row[name]) for name in ("old_bin", "new_bin"))
    number_ = evidence.overridden.get(row["part"])
    return f"{old} → {new}" if number_ is None else f"{old}, override {number_}"


def _verdict_row(evidence: Evidence, row: dict[str, Any], limit: dict[str, Any]) -> tuple[str, ...]:
    test, value = row["test"], row["value"]
    number_of_test = reading = crossed = DASH
    name = printable(row["reason"], 80) if test is None else DASH
    if test is not None:
        display = evidence.display(test)
        number_of_test, name = str(evidence.test(test, "number")), evidence.test_name(test, 44)
        reading = display.show(value, unit=True)
        low, high = limit.get("low"), limit.get("high")
        if value is not None and low is not None and value < low:
            crossed = f"≥ {display.show(low)}"
        elif value is not None and high is not None and value > high:
            crossed = f"≤ {display.show(high)}"
    distance = row["distance"]
    return (
        evidence.units.get(row["part"], str(row["part"])),
        number_of_test,
        name,
        reading,
        crossed,
        DASH if distance is None else f"{number(distance, 1)} σ",
        rule_name(row["rule"]),
        _bins(evidence, row),
    )
