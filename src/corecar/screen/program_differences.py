"""Two revisions of a test program side by side: tests that came and went, limits that moved, and whom it would hit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.lot import BoolArray, Int64Array, Lot, failed
from corecar.stdf_values import NOT_EXECUTED, UNUSABLE

TestKey = tuple[int, str, str]
ADDED, REMOVED, MOVED, UNIT = "added", "removed", "limits moved", "unit changed"
Side = float | None


@dataclass(frozen=True)
class Turned:
    """Final parts whose verdict turns under the other limits; None where the readings do not tell."""

    fail: int | None
    passes: int | None


@dataclass(frozen=True)
class TestDifference:
    """One test that two revisions of a program do not share as it is.

    change          `added` (only b has it), `removed` (only a), `limits moved`, `unit changed`
    low_a ... high_b  its limits, None where there is none [its unit]
    of_a, of_b      parts of each run whose verdict by this test turns under the limits of the other
    """

    number: int
    name: str
    pin: str
    change: str
    unit_a: str
    unit_b: str
    low_a: Side
    low_b: Side
    high_a: Side
    high_b: Side
    of_a: Turned
    of_b: Turned

    def to_dict(self) -> dict[str, Any]:
        """As one flat row; what turned stands as `a_fails`, `a_passes`, `b_fails`, `b_passes`."""
        flat = {name: value for name, value in asdict(self).items() if name not in ("of_a", "of_b")}
        return flat | {
            "a_fails": self.of_a.fail, "a_passes": self.of_a.passes, "b_fails": self.of_b.fail,
            "b_passes": self.of_b.passes,
        }  # fmt: skip


@dataclass(frozen=True)
class ProgramDifferences:
    """What differs between two revisions of a test program.

    tests  one row per test that differs; the order is that of a, then of b
    same   tests that both have alike
    of_a   final parts of a whose verdict would turn under b, `of_b` of b under a
    """

    tests: tuple[TestDifference, ...]
    same: int
    of_a: Turned
    of_b: Turned


@dataclass
class _Run:
    """One run while it is held against the other: fails of each part, as they are and as they would be."""

    lot: Lot
    rows: dict[TestKey, int]
    worse: Int64Array
    better: Int64Array

    @classmethod
    def of(cls, lot: Lot) -> _Run:
        columns = (lot.tests[name].to_pylist() for name in ("number", "name", "pin"))
        rows: dict[TestKey, int] = {}
        for row, (number, name, pin) in enumerate(zip(*columns, strict=True)):
            rows.setdefault((int(number), name or "", pin or ""), row)
        parts = lot.parts.num_rows
        return cls(lot, rows, np.zeros(parts, dtype=np.int64), np.zeros(parts, dtype=np.int64))

    def limits(self, key: TestKey) -> tuple[Side, Side]:
        low, high = (float(limit[self.rows[key]]) for limit in self.lot.test_limits)
        return low if np.isfinite(low) else None, high if np.isfinite(high) else None

    def fact(self, column: str, key: TestKey) -> Any:
        return self.lot.tests[column][self.rows[key]].as_py()

    def turn(self, key: TestKey, low: Side, high: Side) -> Turned:
        """Hold the readings of a test against other limits; how many final parts turn by it."""
        m = self.lot.measurements
        span = m.of(self.rows[key])
        part, value, flags = m.part[span].astype(np.int64), m.value[span].astype(np.float64), m.flags[span]
        usable = ((flags & UNUSABLE) == 0) & np.isfinite(value) & self.lot.final[part]
        before = failed(flags)
        explained = self._beyond(value, key, *self.limits(key))
        now = np.where(usable, self._beyond(value, key, low, high) | (before & ~explained), before)
        return self._note(part, usable & ~before & now, usable & before & ~now)

    def drop(self, key: TestKey) -> Turned:
        """Leave a test out: whoever fails it does so no more."""
        m = self.lot.measurements
        span = m.of(self.rows[key])
        part = m.part[span].astype(np.int64)
        gone = failed(m.flags[span]) & self.lot.final[part]
        return self._note(part, np.zeros(len(part), dtype=bool), gone)

    def _note(self, part: Int64Array, worse: BoolArray, better: BoolArray) -> Turned:
        self.worse += np.bincount(part[worse], minlength=len(self.worse))
        self.better += np.bincount(part[better], minlength=len(self.better))
        return Turned(len(np.unique(part[worse])), len(np.unique(part[better])))

    def _beyond(self, value: npt.NDArray[np.float64], key: TestKey, low: Side, high: Side) -> BoolArray:
        """Readings that fail limits; one equal to a limit fails only where the test says so."""
        out = np.zeros(len(value), dtype=bool)
        if low is not None:
            out |= (value < low) | ((value == low) & (self.fact("low_equal_passes", key) is False))
        if high is not None:
            out |= (value > high) | ((value == high) & (self.fact("high_equal_passes", key) is False))
        return out

    def total(self) -> Turned:
        """Final parts whose verdict would turn: a good one that fails a test now; a bad one that fails none any more,
        and on which all was executed that most good parts went through."""
        lot = self.lot
        fails = np.bincount(lot.measurements.part[failed(lot.measurements.flags)], minlength=len(self.worse))
        to_fail = lot.final & lot.passed & (self.worse > 0)
        clean = (self.better > 0) & (fails - self.better + self.worse == 0)
        to_pass = lot.final & ~lot.passed & clean & self._went_through()
        return Turned(int(to_fail.sum()), int(to_pass.sum()))

    def _went_through(self) -> BoolArray:
        """Parts on which every test was executed that most good parts with readings have."""
        m = self.lot.measurements
        test = np.repeat(np.arange(len(m.offsets) - 1), np.diff(m.offsets))
        executed = (m.flags & NOT_EXECUTED) == 0
        good = self.lot.final & self.lot.passed
        logged = int((np.bincount(m.part, minlength=len(good)) > 0)[good].sum())
        often = np.bincount(test[executed & good[m.part]], minlength=len(m.offsets) - 1)
        asked = 2 * often > logged
        ran: BoolArray = np.bincount(m.part[executed & asked[test]], minlength=len(good)) >= int(asked.sum())
        return ran


def program_differences(a: Lot, b: Lot) -> ProgramDifferences:
    """What differs between the test programs of two runs, by number, name and pin of each test.

    Limits are those of each test's first reading. Parts are counted where their readings allow it: a reading that
    counts for nothing (TEST_FLG bits 1 to 5, not a number) stays as it was, and so does a fail that the limits do not
    explain. A test that the other program has not is failed by nobody there. Across a changed unit nothing is counted.
    Source  STDF Specification V4: PTR and MPR, TEST_FLG, PARM_FLG
    """
    left, right = _Run.of(a), _Run.of(b)
    found = tuple(_differences(left, right))
    same = len(left.rows.keys() & right.rows.keys()) - sum(one.change in (MOVED, UNIT) for one in found)
    return ProgramDifferences(found, same, left.total(), right.total())


def _differences(a: _Run, b: _Run) -> Iterator[TestDifference]:
    unknown = Turned(None, None)
    for key in dict.fromkeys((*a.rows, *b.rows)):
        here, there = key in a.rows, key in b.rows
        low_a, high_a = a.limits(key) if here else (None, None)
        low_b, high_b = b.limits(key) if there else (None, None)
        unit_a, unit_b = ((one.fact("unit", key) or "") if key in one.rows else "" for one in (a, b))
        sides: dict[str, Any] = {"unit_a": unit_a, "unit_b": unit_b, "low_a": low_a, "low_b": low_b,
                                 "high_a": high_a, "high_b": high_b}  # fmt: skip
        if here and not there:
            yield TestDifference(*key, REMOVED, **sides, of_a=a.drop(key), of_b=unknown)
        elif there and not here:
            yield TestDifference(*key, ADDED, **sides, of_a=unknown, of_b=b.drop(key))
        elif unit_a.strip() != unit_b.strip():
            yield TestDifference(*key, UNIT, **sides, of_a=unknown, of_b=unknown)
        elif (low_a, high_a) != (low_b, high_b):
            turned_a, turned_b = a.turn(key, low_b, high_b), b.turn(key, low_a, high_a)
            yield TestDifference(*key, MOVED, **sides, of_a=turned_a, of_b=turned_b)
