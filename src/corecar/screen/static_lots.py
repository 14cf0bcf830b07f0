"""Static limits of all tests from lots that were read, and a lot held against them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError, TooFewParts
from corecar.lot import BoolArray, Int64Array, Lot
from corecar.plurals import plural
from corecar.screen.die_areas import die_areas
from corecar.screen.dispositions import labels_of_tests
from corecar.screen.findings import Findings, nothing, record_rows
from corecar.screen.limit_record import LimitRecord
from corecar.screen.lot_yields import lot_yields
from corecar.screen.population_limit import VERSION, Own
from corecar.screen.shape_rules import ShapeRules
from corecar.screen.static import SCREEN, StaticLimits, static_limits
from corecar.screen.verdicts import readings_beyond
from corecar.stdf_values import ALARM, FAILED, UNUSABLE
from corecar.strata import wafer_codes
from corecar.temperatures import temperature_c

TestKey = tuple[int, str, str]
"""Number, name and pin: what makes tests of several lots one."""

INSERTION = ("product", "stage", "temperature")

NAMED = 3


@dataclass(frozen=True)
class StaticTest:
    """Static limits of one test over a baseline; `why` says why there are none, `unit` what their numbers are in."""

    key: TestKey
    limits: StaticLimits | None
    why: str = ""
    unit: str = ""


def static_limits_of_lots(
    lots: Sequence[Lot],
    *,
    today: date,
    updated: date | None = None,
    changed: date | None = None,
    preliminary: bool = False,
    rules: ShapeRules | None = None,
) -> tuple[StaticTest, ...]:
    """Static limits of every parametric test of a product at one insertion.

    lots    of one product, stage and temperature, each with the day of its test; retests resolved
    others  as in `static_limits`. The test's own limits are those of the lot that was tested last
    Only good final parts count, without readings that are flagged unusable, failed or under an alarm.
    Raises  ArgumentError for lots of several insertions, of one name, or without a day
    Source  AEC-Q001 Rev D
    """
    days = _days(lots)
    ordered = sorted(lots, key=lambda lot: (days[lot_yields(lot).lot], lot_yields(lot).lot))
    columns = [_Columns.of(lot) for lot in ordered]
    keys = dict.fromkeys(key for one in columns for key in one.rows)
    how: dict[str, Any] = {"today": today, "updated": updated, "changed": changed, "preliminary": preliminary}
    return tuple(_of_test(key, columns, days, rules, how) for key in keys)


def baseline_readings(lots: Sequence[Lot], tests: Sequence[StaticTest]) -> Iterator[npt.NDArray[np.float32] | str]:
    """For each test the readings that its limits rest on, or why they are not to be had.

    lots  those of the baseline, read as they were then; others among them are left alone
    """
    columns = {one.name: one for one in map(_Columns.of, lots)}
    for test in tests:
        if test.limits is None:
            yield test.why
            continue
        missing = [name for name in test.limits.lots if name not in columns]
        if missing:
            yield f"lot {missing[0]} of its baseline is not among the files"
            continue
        away = {name for name, _ in test.limits.left_out}
        yield np.concatenate([columns[name].readings_without(test.key, away) for name in test.limits.lots])


def static_screen(lot: Lot, tests: Sequence[StaticTest]) -> Findings:
    """Good final parts beyond static limits, with a record per test that was held against some.

    A test of the lot for which there are no static limits is told. Limits for another product, stage or temperature are
    not applied.
    """
    rows = tests_by_key(lot)
    low, high = (np.full((lot.tests.num_rows, 1), np.nan) for _ in range(2))
    found = {test.key: test.limits.record for test in tests if test.limits is not None and test.limits.record.applied}
    unfit = next((why for record in found.values() if (why := _unfit(lot, record))), "")
    if not found:
        unfit = f"{SCREEN}: not applied: the limits that were given are none. Make them from more lots: corecar static."
    if unfit:
        return nothing(SCREEN, [unfit])
    held = [(row, found[key]) for key, row in rows.items() if key in found]
    for row, record in held:
        low[row], high[row] = (np.nan if side is None else side for side in (record.low, record.high))
    codes = np.where(lot.final & lot.passed, np.int32(0), np.int32(-1))
    at, test = readings_beyond(lot.measurements, codes, low, high)
    part, value = lot.measurements.part[at].astype(np.int64), lot.measurements.value[at].astype(np.float64)
    order = np.lexsort((test, part))
    at, test, part, value = at[order], test[order], part[order], value[order]
    place = {row: number for number, (row, _) in enumerate(held)}
    limit = np.array([place[row] for row in test.tolist()], dtype=np.int64)
    records = [record for _, record in held]
    distance = np.array([_distance(v, records[number]) for v, number in zip(value, limit, strict=True)], dtype=float)
    names = labels_of_tests(lot)
    reasons = [f"{names[row]}, {far:.1f} sigma" for row, far in zip(test.tolist(), distance.tolist(), strict=True)]
    kept = ("scope", "population", "n", "estimator", "quartile_rule", "width", "q1", "median", "q3", "sigma", "low",
            "high", "clamp", "fallback")  # fmt: skip
    table = [{"test": row, **{name: getattr(record, name) for name in kept}} for row, record in held]
    early = dict.fromkeys(t.limits.preliminary for t in tests if t.limits is not None and t.limits.preliminary)
    notes = tuple(f"{SCREEN}: the limits are preliminary: {why}." for why in early)
    without = _without_limits([names[row] for key, row in rows.items() if key not in found])
    return Findings(
        SCREEN, record_rows(SCREEN, VERSION, table), part, test, limit, value, distance, tuple(reasons), notes,
        unjudged=without,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Columns:
    """One lot as a baseline sees it: rows of its tests by key, good parts, wafers and die areas."""

    lot: Lot
    name: str
    rows: dict[TestKey, int]
    good: BoolArray
    wafer: npt.NDArray[np.str_] | None
    area: Int64Array | None

    @classmethod
    def of(cls, lot: Lot) -> _Columns:
        codes, names = wafer_codes(lot)
        placed = len(names) > 0 and not (lot.parts["x"].null_count or lot.parts["y"].null_count)
        wafer = np.array([*names, ""])[codes] if placed else None
        area = _areas(lot, codes) if placed else None
        return cls(lot, lot_yields(lot).lot, tests_by_key(lot), lot.final & lot.passed, wafer, area)

    def readings(self, key: TestKey) -> tuple[Int64Array, npt.NDArray[np.float32]]:
        """Parts and values of one test that make limits."""
        if key not in self.rows:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        m = self.lot.measurements
        span = m.of(self.rows[key])
        part, value = m.part[span].astype(np.int64), m.value[span]
        counts = self.good[part] & ((m.flags[span] & (UNUSABLE | FAILED | ALARM)) == 0) & np.isfinite(value)
        return part[counts], value[counts]

    def readings_without(self, key: TestKey, left_out: Collection[str]) -> npt.NDArray[np.float32]:
        """Values of one test that make limits, without wafers that were left out."""
        part, value = self.readings(key)
        if self.wafer is None:
            return value
        away = [name for name in np.unique(self.wafer).tolist() if f"{self.name} wafer {name}" in left_out]
        return value[~np.isin(self.wafer[part], away)]


def _of_test(
    key: TestKey, columns: Sequence[_Columns], days: dict[str, date], rules: ShapeRules | None, how: dict[str, Any]
) -> StaticTest:
    found = [one.readings(key) for one in columns]
    values = np.concatenate([value for _, value in found])
    names = np.repeat([one.name for one in columns], [len(value) for _, value in found])
    places: dict[str, Any] = {}
    if all(one.wafer is not None and one.area is not None for one in columns):
        pairs = list(zip(columns, found, strict=True))
        places["wafer"] = np.concatenate([one.wafer[part] for one, (part, _) in pairs if one.wafer is not None])
        places["area"] = np.concatenate([one.area[part] for one, (part, _) in pairs if one.area is not None])
    last = [one for one in columns if key in one.rows][-1]
    low, high = (float(limit[last.rows[key]]) for limit in last.lot.test_limits)
    own = Own(low if np.isfinite(low) else None, high if np.isfinite(high) else None)
    unit = last.lot.tests["unit"][last.rows[key]].as_py() or ""
    try:
        found_limits = static_limits(values, names, days, rules=rules, own=own, **places, **how)
        return StaticTest(key, _for_insertion(found_limits, last.lot), unit=unit)
    except TooFewParts as error:
        return StaticTest(key, None, str(error), unit)


def _for_insertion(limits: StaticLimits, lot: Lot) -> StaticLimits:
    """The limits with what they are for: no lot of another product, stage or temperature is held against them."""
    named = dict(zip(INSERTION, lot_yields(lot).insertion, strict=True))
    return replace(limits, record=limits.record.with_parameters(**named))


def _unfit(lot: Lot, record: LimitRecord) -> str:
    """Why a lot can't be held against limits of another insertion, in words; empty when it can."""
    kept = dict(record.parameters)
    product, stage, temperature = (str(kept.get(name, "")) for name in INSERTION)
    asked, found = (product, stage, temperature_c(temperature) or ""), lot_yields(lot).insertion
    if asked == found:
        return ""
    told = [" ".join(word for word in one if word) or "nothing that has a name" for one in (asked, found)]
    return f"{SCREEN}: not applied: the limits are for {told[0]}, the lot is of {told[1]}."


def _days(lots: Sequence[Lot]) -> dict[str, date]:
    counted = [lot_yields(lot) for lot in lots]
    insertions = sorted({one.insertion for one in counted})
    if len(insertions) > 1:
        told = " and ".join(" ".join(word for word in one if word) or "nothing" for one in insertions[:2])
        raise ArgumentError(f"the lots are of {told}: static limits are made for one product, stage and temperature.")
    days = {one.lot: one.tested_on for one in counted if one.tested_on is not None}
    if len(days) < len(counted):
        raise ArgumentError("each lot needs a name of its own and a day of test: give every file of a lot in one lot.")
    return days


def tests_by_key(lot: Lot) -> dict[TestKey, int]:
    """Rows of the tests with values, by key; of several of one key the first."""
    out: dict[TestKey, int] = {}
    columns = (lot.tests[name].to_pylist() for name in ("number", "name", "pin", "kind"))
    for row, (number, name, pin, kind) in enumerate(zip(*columns, strict=True)):
        if kind != "functional":
            out.setdefault((int(number), name or "", pin or ""), row)
    return out


def _areas(lot: Lot, codes: npt.NDArray[np.int32]) -> Int64Array:
    x, y = (lot.parts[name].to_numpy().astype(np.int64) for name in ("x", "y"))
    out = np.zeros(len(codes), dtype=np.int64)
    for wafer in np.unique(codes[codes >= 0]).tolist():
        mine = codes == wafer
        out[mine] = die_areas(x[mine], y[mine])
    return out


def _distance(value: float, record: LimitRecord) -> float:
    known = record.median is not None and record.sigma
    return abs(value - (record.median or 0.0)) / (record.sigma or 1.0) if known else float("nan")


def _without_limits(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    more = f" and {plural(len(names) - NAMED, 'more test')}" if len(names) > NAMED else ""
    return (f"{SCREEN}: not applied to {', '.join(names[:NAMED])}{more}: no static limits.",)
