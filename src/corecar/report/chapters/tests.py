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
from corecar.report.quantities import DASH, Display, count, number

HISTOGRAMS = 8
ROWS_AT_MOST = 3000
"""Rows of a table in the HTML; the files beside the report hold all of them."""

LIMIT_LINES_AT_MOST = 3
"""Derived limits drawn one by one on a side; more of them are drawn as the tightest and the widest."""


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
    caption = "Test limits solid, derived limits dashed. Most verdicts first, then lowest Cpk."
    return (Gallery(tuple(pictures), 2, "", caption, legend),)


def _histogram(evidence: Evidence, row: int) -> Picture | None:
    readings = evidence.readings(row)
    if not len(readings.value):
        return None
    display = evidence.display(row)
    name = evidence.test_name(row, 44)
    lines = _spec_lines(evidence, row) + _derived_lines(evidence, row)
    alt = f"Distribution of {name}, {len(readings.value):,} readings"
    svg = histogram(readings.value, readings.good, readings.rejected, lines, display, evidence.test_name(row, 30), alt)
    cpk = evidence.lot_measures.get(row, {}).get("cpk")
    facts = [f"{evidence.test(row, 'number')} {name}", f"Cpk {number(cpk, 2)}"]
    verdicts = int(evidence.verdicts_by_test[row])
    return Picture(svg, alt, "  ·  ".join(facts + ([f"{verdicts:,} rejected"] if verdicts else [])))


def _spec_lines(evidence: Evidence, row: int) -> list[Line]:
    limits = (("low limit", evidence.test(row, "low_limit")), ("high limit", evidence.test(row, "high_limit")))
    return [Line(value, name, False) for name, value in limits if value is not None and math.isfinite(value)]


def _derived_lines(evidence: Evidence, row: int) -> list[Line]:
    """The applied limits of a test that are tighter than its own; of many, the tightest and widest a side."""
    own = {line.value for line in _spec_lines(evidence, row)}
    lines = []
    for side, extremes in (("low", ("widest", "tightest")), ("high", ("tightest", "widest"))):
        column = evidence.grade.limits[side].to_numpy()[evidence.limits_by_test.get(row, [])]
        found = sorted({float(v) for v in column if math.isfinite(v)} - own)
        if len(found) <= LIMIT_LINES_AT_MOST:
            lines += [Line(value, f"derived {side}", True) for value in found]
        else:
            lines += [
                Line(v, f"derived {side}, {word}", True)
                for v, word in zip((found[0], found[-1]), extremes, strict=True)
            ]
    return lines


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
        Column("n", "right"),
        Column("Failed", "right"),
        Column("Rejected", "right"),
        Column("Unit"),
        *(Column(head, "decimal") for head in heads),
    )
    note = Text("Statistics of good parts' usable readings; worst first: most rejected, then lowest Cpk.", "note")
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
        display.scale.unit or DASH,
        *(display.show(value) for value in values),
        number(found.get("cpk"), 2),
    )


def derived_limits(evidence: Evidence) -> tuple[Block, ...]:
    """Limits that screening derived, those that rejected parts first, then those with a fallback."""
    limits = evidence.grade.limits
    if not limits.num_rows:
        return (Text("No limits were derived.", "note"),)
    order = _limit_order(evidence)[:ROWS_AT_MOST]
    rows = tuple(_limit_row(evidence, row) for row in limits.take(order).to_pylist())
    columns = (
        Column("Test", weight=1.2),
        Column("Scope"),
        Column("n", "right"),
        Column("Unit"),
        Column("Median", "decimal"),
        Column("Sigma", "decimal"),
        Column("Low", "decimal"),
        Column("High", "decimal"),
        Column("Clamped"),
        Column("Fallback", weight=1),
    )
    note = Text(
        "Limits that rejected parts first, then those with a fallback. Clamped: the test's own limit is tighter.",
        "note",
    )
    return note, Table(columns, rows, limits.num_rows, paper=40, rest="report.html")


def _limit_order(evidence: Evidence) -> Any:
    limits = evidence.grade.limits
    struck = np.zeros(limits.num_rows, dtype=np.int64)
    used = integers(evidence.grade.verdicts["limit"])
    place = {int(limit): row for row, limit in enumerate(integers(limits["limit"]))}
    np.add.at(struck, [place[int(limit)] for limit in used if int(limit) in place], 1)
    fell_back = pc.not_equal(pc.fill_null(limits["fallback"], ""), "").to_numpy(zero_copy_only=False)
    return np.lexsort((np.arange(limits.num_rows), ~fell_back, -struck))


def _limit_row(evidence: Evidence, row: dict[str, Any]) -> tuple[str, ...]:
    display = evidence.display(row["test"])
    fine = Display(display.scale, min(display.decimals + 1, 9))
    fallback = printable(row["fallback"], 200)
    applied = "" if row["applied"] in (True, None) else "not applied"
    return (
        evidence.test_name(row["test"], 44),
        printable(row["scope"], 40),
        count(row["n"]),
        display.scale.unit or DASH,
        *(fine.show(row[name]) for name in ("median", "sigma", "low", "high")),
        row["clamp"] or "",
        "; ".join(words for words in (applied, fallback) if words),
    )


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


def _verdict_row(evidence: Evidence, row: dict[str, Any], limit: dict[str, Any]) -> tuple[str, ...]:
    test, value = row["test"], row["value"]
    name = reading = DASH
    crossed = DASH
    if test is not None:
        display = evidence.display(test)
        name, reading = evidence.test_name(test, 44), display.show(value, unit=True)
        low, high = limit.get("low"), limit.get("high")
        if value is not None and low is not None and value < low:
            crossed = f"≥ {display.show(low)}"
        elif value is not None and high is not None and value > high:
            crossed = f"≤ {display.show(high)}"
    distance = row["distance"]
    return (
        evidence.units.get(row["part"], str(row["part"])),
        name,
        reading,
        crossed,
        DASH if distance is None else f"{number(distance, 1)} σ",
        rule_name(row["rule"]),
        f"{DASH if row['old_bin'] is None else row['old_bin']} → {DASH if row['new_bin'] is None else row['new_bin']}",
    )
