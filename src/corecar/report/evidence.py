"""A graded lot laid out as plain arrays over parts, once, so that every chapter counts the same parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.graded import Grade
from corecar.lot import BoolArray, Float64Array, Int64Array, failed
from corecar.report.printable import printable
from corecar.report.quantities import Display, decimals_written, display_for
from corecar.stdf_values import UNUSABLE

RULE_NAMES = {
    "dynamic-pat": "dynamic PAT",
    "static-pat": "static PAT",
    "gdbn": "good die in bad neighbourhood",
    "nnr": "nearest neighbour residual",
    "ncr": "neighbour current ratio",
    "mahalanobis": "robust Mahalanobis distance",
    "pca-residual": "residual of principal components",
    "pair-residual": "residual of related tests",
    "iddq-delta": "steps of the standby current",
    "iddq-ratio": "ratio of standby currents",
    "drift": "drift over a stress",
    "z-pat": "composite wafer (Z-PAT)",
    "parametric-z-pat": "composite wafer, readings (parametric Z-PAT)",
}
"""Names of screens that people use; another rule goes by its own name."""


def rule_name(rule: str | None) -> str:
    """The name of a screen in a sentence; of several of one kind with its place behind it."""
    kind, _, place = (rule or "screening").partition(" ")
    name = RULE_NAMES.get(kind, printable(kind.replace("-", " ")))
    return f"{name} {printable(place)}" if place else name


def integers(column: Any, missing: int = -1) -> Int64Array:
    """An integer column as int64, `missing` where it is null."""
    filled: Int64Array = pc.fill_null(pc.cast(column, pa.int64()), missing).to_numpy()
    return filled


def numbers(column: Any) -> Float64Array:
    """A numeric column as float64, NaN where it is null."""
    filled: Float64Array = pc.fill_null(pc.cast(column, pa.float64()), float("nan")).to_numpy()
    return filled


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key under which W2 comes before W10."""
    pieces = re.findall(r"\d+|\D+", name)
    return tuple((0, int(p), "") if p.isdecimal() and p.isascii() else (1, 0, p) for p in pieces)


@dataclass(frozen=True)
class Readings:
    """The usable readings of one test on final parts.

    value     float64, shape (readings,) [the test's unit]
    good      bool: the tester called the part good
    rejected  bool: this test's verdict rejected the part
    part      row of `parts`
    failed    bool: the tester flagged the reading as failed
    """

    value: Float64Array
    good: BoolArray
    rejected: BoolArray
    part: Int64Array
    failed: BoolArray


@dataclass(frozen=True)
class Evidence:
    """What the chapters of a report draw from; every array is over the rows of `parts` unless it says otherwise."""

    grade: Grade

    @cached_property
    def disposed(self) -> Int64Array:
        """Rows of `parts` that have a disposition, in its order."""
        return integers(self.grade.dispositions["part"])

    @cached_property
    def final(self) -> BoolArray:
        """The attempt that counts."""
        return self.grade.lot.final

    @cached_property
    def passed(self) -> BoolArray:
        """Good at the tester."""
        return self.grade.lot.passed

    @cached_property
    def shippable(self) -> BoolArray:
        """Good at the tester, and rejected by no screen or let through by an override."""
        ships: BoolArray = self._over_parts(pc.cast(self.grade.dispositions["shippable"], pa.int64()), 0) == 1
        return ships

    @cached_property
    def rejected(self) -> BoolArray:
        """Good at the tester, rejected by a screen."""
        rejected: BoolArray = self.judged & self.passed & ~self.shippable
        return rejected

    @cached_property
    def overridden(self) -> dict[int, int]:
        """Number of the override that lets a rejected part through, by row of `parts`."""
        return {int(row["part"]): int(row["override"]) for row in self.grade.overrides}

    @cached_property
    def judged(self) -> BoolArray:
        """Parts that have a disposition."""
        mask: BoolArray = np.zeros(self.count, dtype=bool)
        mask[self.disposed] = True
        return mask

    @cached_property
    def count(self) -> int:
        """Rows of `parts`."""
        return int(self.grade.lot.parts.num_rows)

    @cached_property
    def tested(self) -> int:
        """Units tested, each counted once; attempts where the files give no final yield."""
        return self.grade.tested

    @cached_property
    def units(self) -> dict[int, str]:
        """How a person finds a part, by row of `parts`."""
        names = self.grade.dispositions["unit"].to_pylist()
        return {int(part): printable(name) for part, name in zip(self.disposed, names, strict=True)}

    def bins(self, kind: str, *, after: bool) -> Int64Array:
        """Bin of every disposed part before or after screening, kind `hard` or `soft`; -1 where none."""
        return self._over_parts(self.grade.dispositions[f"{'new' if after else 'old'}_{kind}_bin"], -1)

    def _over_parts(self, column: Any, missing: int) -> Int64Array:
        out = np.full(self.count, missing, dtype=np.int64)
        out[self.disposed] = integers(column, missing)
        return out

    @cached_property
    def bin_names(self) -> dict[tuple[str, int], str]:
        """Names of bins by (kind, number): the file's own, and for a bin that only screening uses its rules."""
        table = self.grade.lot.bins
        rows = zip(table["kind"].to_pylist(), table["bin"].to_pylist(), table["name"].to_pylist(), strict=True)
        named = {(kind, number): printable(name, 40) for kind, number, name in rows if name}
        for kind in ("hard", "soft"):
            for number, name in self._screen_bins(kind).items():
                named.setdefault((kind, number), name)
        return named

    def _screen_bins(self, kind: str) -> dict[int, str]:
        after = self.bins(kind, after=True)
        rules: dict[int, set[str]] = {}
        for part, rule in zip(self.verdict_part, self.verdict_rule, strict=True):
            if self.rejected[part]:
                rules.setdefault(int(after[part]), set()).add(rule_name(rule))
        return {number: "rejected by " + ", ".join(sorted(names)) for number, names in rules.items()}

    @cached_property
    def wafer_names(self) -> tuple[str, ...]:
        """Wafers of the disposed parts, in natural order."""
        return tuple(sorted((name for name in self._wafers[1]), key=natural))

    @cached_property
    def wafer(self) -> Int64Array:
        """Index into `wafer_names`; -1 at final test."""
        codes, names = self._wafers
        place = {name: i for i, name in enumerate(self.wafer_names)}
        order = np.array([place[name] for name in names] + [-1], dtype=np.int64)
        return order[codes]

    @cached_property
    def _wafers(self) -> tuple[Int64Array, list[str]]:
        column = self.grade.lot.parts["wafer"]
        plain = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        encoded = pc.dictionary_encode(pc.cast(plain, pa.string()))
        return integers(encoded.indices), encoded.dictionary.to_pylist()

    @cached_property
    def site(self) -> Int64Array:
        """Site number."""
        return integers(self.grade.lot.parts["site"])

    @cached_property
    def x(self) -> Int64Array:
        """Die column."""
        return integers(self.grade.lot.parts["x"], 0)

    @cached_property
    def y(self) -> Int64Array:
        """Die row."""
        return integers(self.grade.lot.parts["y"], 0)

    @cached_property
    def placed(self) -> BoolArray:
        """Disposed parts with a wafer and coordinates, that is: what a wafer map shows."""
        parts = self.grade.lot.parts
        known = pc.and_(pc.is_valid(parts["x"]), pc.is_valid(parts["y"])).to_numpy(zero_copy_only=False)
        placed: BoolArray = self.judged & known & (self.wafer >= 0)
        return placed

    @cached_property
    def verdict_part(self) -> Int64Array:
        """Row of `parts` of each verdict."""
        return integers(self.grade.verdicts["part"])

    @cached_property
    def verdict_test(self) -> Int64Array:
        """Row of `tests` of each verdict; -1 for a rule that judges no single test."""
        return integers(self.grade.verdicts["test"])

    @cached_property
    def verdict_rule(self) -> list[str]:
        """Rule of each verdict."""
        rules: list[str] = self.grade.verdicts["rule"].to_pylist()
        return rules

    @cached_property
    def verdicts_by_test(self) -> Int64Array:
        """Verdicts of each test, shape (tests,)."""
        tests = self.verdict_test
        return np.bincount(tests[tests >= 0], minlength=self.tests.num_rows)

    @cached_property
    def rejected_by_rule(self) -> dict[str, int]:
        """Parts that each rule rejected, most first; a part may stand under several rules."""
        parts: dict[str, set[int]] = {}
        for part, rule in zip(self.verdict_part, self.verdict_rule, strict=True):
            parts.setdefault(rule, set()).add(int(part))
        return dict(sorted(((rule, len(found)) for rule, found in parts.items()), key=lambda row: -row[1]))

    @cached_property
    def limits_by_test(self) -> dict[int, list[int]]:
        """Rows of `limits` that were applied, by row of `tests`."""
        limits = self.grade.limits
        applied = pc.fill_null(limits["applied"], True).to_numpy(zero_copy_only=False)
        rows: dict[int, list[int]] = {}
        for row, test in enumerate(integers(limits["test"])):
            if applied[row]:
                rows.setdefault(int(test), []).append(row)
        return rows

    @property
    def tests(self) -> Any:
        """The lot's `tests` table."""
        return self.grade.lot.tests

    @cached_property
    def _test_rows(self) -> dict[str, list[Any]]:
        rows: dict[str, list[Any]] = self.tests.to_pydict()
        return rows

    def test(self, row: int, column: str) -> Any:
        """One field of one test."""
        return self._test_rows[column][row]

    def test_name(self, row: int, most: int = 60) -> str:
        """A test's name, with its pin; its number when it has none."""
        name = printable(self.test(row, "name"), most) or f"test {self.test(row, 'number')}"
        pin = printable(self.test(row, "pin"), 24)
        return f"{name} [{pin}]" if pin else name

    @cached_property
    def lot_measures(self) -> dict[int, dict[str, Any]]:
        """The lot's row of `measures` for each test, by row of `tests`."""
        table = self.grade.measures
        rows = table.filter(pc.equal(table["scope"], "lot")).to_pylist()
        return {row["test"]: row for row in rows}

    @cached_property
    def worst_first(self) -> list[int]:
        """Rows of `tests`: most verdicts first, then lowest Cpk, then most failed readings, then as tested."""
        worst = float("inf")

        def rank(row: int) -> tuple[float, float, float, int]:
            found = self.lot_measures.get(row, {})
            cpk = found.get("cpk")
            return (-int(self.verdicts_by_test[row]), worst if cpk is None else cpk, -(found.get("failed") or 0), row)

        return sorted(range(self.tests.num_rows), key=rank)

    def display(self, row: int) -> Display:
        """How this test's numbers are shown."""
        found = self.lot_measures.get(row, {})
        values = (self.test(row, "low_limit"), self.test(row, "high_limit"), found.get("median"), found.get("maximum"))
        written = decimals_written(self.test(row, "result_format"), self.test(row, "result_scale"))
        sensible = [v for v in values if v is not None and abs(v) < 1e20]
        return display_for(sensible, self.test(row, "unit"), spread=found.get("sd"), written=written)

    def readings(self, row: int) -> Readings:
        """Usable, finite readings of a test on final parts."""
        measured = self.grade.lot.measurements
        span = measured.of(row)
        part = measured.part[span]
        use = self.final[part] & ((measured.flags[span] & UNUSABLE) == 0) & np.isfinite(measured.value[span])
        part = part[use]
        struck = np.zeros(self.count, dtype=bool)
        struck[self.verdict_part[self.verdict_test == row]] = True
        value, flags = measured.value[span][use].astype(np.float64), measured.flags[span][use]
        return Readings(value, self.passed[part], struck[part], part.astype(np.int64), failed(flags))
