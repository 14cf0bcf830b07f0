"""Graded lots built by hand, for the tests of reports: every size and shape, with a known outcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from corecar.graded import Grade
from corecar.lot import Lot, Results, Retests, Source
from corecar.tables import schema

Floats = npt.NDArray[np.float64]

NAMES = ("Idd_standby", "VOUT_3V3", "Ileak VIN", "Rdson HS", "fosc", "t_rise", "Gain error", "Iq sleep")
UNITS = ("A", "V", "nA", "OHM", "Hz", "s", "%", "uA")
CENTRES = (0.0125, 3.3, 2.0, 0.045, 2.2e6, 12e-9, 0.2, 18.0)
SPREADS = (0.0004, 0.012, 0.3, 0.0012, 9e3, 0.4e-9, 0.08, 0.7)


Builder = Callable[..., Grade]


@pytest.fixture(scope="session")
def graded() -> Builder:
    """Builds a graded lot: see `graded_lot` for what can be chosen."""
    return graded_lot


def table(name: str, rows: int, /, **columns: Any) -> Any:
    """A table of `corecar.tables`; a column not given is null, one given as a single value is the same in all rows."""
    arrays = []
    for field in schema(name):
        values = columns.get(field.name)
        if values is None:
            arrays.append(pa.nulls(rows, field.type))
            continue
        listed = [values] * rows if np.isscalar(values) else list(values)
        plain = pa.string() if pa.types.is_dictionary(field.type) else field.type
        arrays.append(pa.array(listed, plain).cast(field.type))
    return pa.Table.from_arrays(arrays, schema=schema(name))


def disc(dies: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Coordinates of about so many dies that fill a round wafer, twice as high as wide."""
    side = int(np.ceil(np.sqrt(dies * 4 / np.pi * 2)))
    x, y = np.meshgrid(np.arange(side) - side // 2, np.arange(side // 2) - side // 4)
    inside = (x / (side / 2)) ** 2 + (y / (side / 4)) ** 2 <= 0.98
    return x[inside][:dies] if dies < inside.sum() else x[inside], y[inside][:dies] if dies < inside.sum() else y[
        inside
    ]


def graded_lot(
    *,
    wafers: int = 1,
    dies: int = 1400,
    tests: int = 8,
    struck: int = 12,
    fail_share: float = 0.07,
    coordinates: bool = True,
    lot_id: str = "A530-07",
    names: tuple[str, ...] = NAMES,
    configured: bool = True,
    hold: tuple[str, ...] = (),
    notes: tuple[str, ...] = ("All parts of this lot are invented for a test.",),
    truth: dict[str, Any] | None = None,
    seed: int = 7,
) -> Grade:
    """A graded lot with so many struck parts; `wafers=0` makes it a final test."""
    rng = np.random.default_rng(seed)
    x, y = disc(dies) if dies > 1 else (np.zeros(dies, np.int64), np.zeros(dies, np.int64))
    groups = max(wafers, 1)
    parts = len(x) * groups
    passed = rng.random(parts) >= fail_share
    if parts == 1:
        passed[:] = True
    values = _values(rng, tests, parts, passed)
    good = np.flatnonzero(passed)
    outliers = rng.choice(good, size=min(struck, len(good) // 2), replace=False) if tests else good[:0]
    for place, part in enumerate(outliers):
        values[place % min(tests, 3), part] += (8 + place % 5) * _spread(place % min(tests, 3))
    bins = np.where(passed, 1, rng.choice([5, 7, 11, 23], size=parts, p=[0.55, 0.25, 0.15, 0.05]))
    lot = _lot(
        values, passed, bins, np.tile(x, groups), np.tile(y, groups), wafers, coordinates, lot_id, names, configured
    )
    return _grade(lot, values, passed, bins, outliers, hold, notes, truth)


def _spread(test: int) -> float:
    return SPREADS[test % len(SPREADS)]


def _values(rng: np.random.Generator, tests: int, parts: int, passed: npt.NDArray[np.bool_]) -> Floats:
    values = np.empty((tests, parts))
    for test in range(tests):
        centre = CENTRES[test % len(CENTRES)]
        values[test] = centre + _spread(test) * np.clip(rng.normal(size=parts), -3.5, 3.5)
        values[test, ~passed] += _spread(test) * rng.normal(0, 6, size=int((~passed).sum()))
    return values


def _lot(
    values: Floats,
    passed: npt.NDArray[np.bool_],
    bins: npt.NDArray[np.int64],
    x: npt.NDArray[np.int64],
    y: npt.NDArray[np.int64],
    wafers: int,
    coordinates: bool,
    lot_id: str,
    names: tuple[str, ...],
    configured: bool,
) -> Lot:
    tests, parts = values.shape
    each = parts // max(wafers, 1)
    place = coordinates and wafers > 0
    rows = range(tests)
    low = [CENTRES[t % 8] - 9 * _spread(t) if t % 8 != 2 else None for t in rows]
    high = [CENTRES[t % 8] + 9 * _spread(t) for t in rows]
    wafer_names = [f"W{number}" for number in range(1, wafers + 1)]
    found, counts = np.unique(bins, return_counts=True)
    return Lot(
        runs=table(
            "runs", 1, run=0, lot=lot_id, product="PMIC 7", test_program="pmic7_ws", revision="C2", temperature="25C",
            stage="wafer sort" if wafers else "final test", tester="ETS-12", operator="night shift", test_pass=1,
            start=[datetime(2026, 10, 3, 21, 14)], finish=[datetime(2026, 10, 4, 3, 2)], source="a530.stdf.gz",
        ),
        parts=table(
            "parts", parts, part=range(parts), run=0, head=1, site=(np.arange(parts) % 4).tolist(),
            wafer=np.repeat(wafer_names, each).tolist() if wafers else None,
            x=x.tolist() if place else None, y=y.tolist() if place else None,
            part_id=[str(number + 1) for number in range(parts)], hard_bin=bins.tolist(), soft_bin=(bins * 10).tolist(),
            passed=passed.tolist(), attempt=1, superseded=False, incomplete=False, flags=0,
        ),
        tests=table(
            "tests", tests, test=rows, number=[1000 + 10 * t for t in rows],
            name=[names[t % len(names)] if t < len(names) else f"{names[t % len(names)]} {t}" for t in rows],
            unit=[UNITS[t % 8] for t in rows], low_limit=low, high_limit=high, kind="parametric",
        ),
        measurements=Results(
            np.arange(tests + 1, dtype=np.int64) * parts,
            np.tile(np.arange(parts, dtype=np.uint32), tests),
            values.astype(np.float32).ravel(),
            np.zeros(tests * parts, dtype=np.uint16),
        ),
        repeats=table("repeats", 0),
        part_limits=table("part_limits", 0),
        bins=table(
            "bins", len(found), kind="hard", bin=found.tolist(), first=counts.tolist(), final=counts.tolist(),
            name=[{1: "Good", 5: "Contact open", 7: "Leakage", 11: "Supply current"}.get(int(b)) for b in found],
            passed=[bool(b == 1) for b in found], reported=counts.tolist(),
        ),
        wafers=table(
            "wafers", wafers, wafer=wafer_names, run=0, head=1,
            **(
                {"die_width": 2.0, "die_height": 4.0, "wafer_units": "mm", "wafer_size": 200.0, "flat": "D",
                 "positive_x": "R", "positive_y": "U"} if configured else {}
            ),
        ),
        texts=table("texts", 0),
        sources=(Source("a530.stdf.gz", 4_200_000, "gzip", "STDF", "little", "V4", False, (), {"PRR": parts}),),
        retests=Retests("xy", "last", "Every part has coordinates on a wafer.", 0, 0),
    )  # fmt: skip


def _grade(
    lot: Lot,
    values: Floats,
    passed: npt.NDArray[np.bool_],
    bins: npt.NDArray[np.int64],
    outliers: npt.NDArray[np.int64],
    hold: tuple[str, ...],
    notes: tuple[str, ...],
    truth: dict[str, Any] | None,
) -> Grade:
    tests, parts = values.shape
    new = bins.copy()
    new[outliers] = 90
    ships = passed.copy()
    ships[outliers] = False
    q = np.percentile(values[:, passed], (25, 50, 75), axis=1) if tests and passed.any() else np.zeros((3, tests))
    sigma = np.maximum((q[2] - q[0]) / 1.35, 1e-30)
    judged = [place % min(tests, 3) for place in range(len(outliers))]
    good = values[:, passed]
    return Grade(
        lot=lot,
        recipe="aec-q001 1",
        parameters={"width": 6.0, "least": 30, "scope": "lot", "quartile_rule": "type 7", "discrete_floor": 0.5,
                    "kill_budget": 0.02},
        limits=table(
            "limits", tests, limit=range(tests), screen="dynamic-pat", version="1", test=range(tests), scope="lot",
            n=int(passed.sum()), estimator="median, IQR/1.35", quartile_rule="type 7", width=6.0, q1=q[0].tolist(),
            median=q[1].tolist(), q3=q[2].tolist(), sigma=sigma.tolist(), low=(q[1] - 6 * sigma).tolist(),
            high=(q[1] + 6 * sigma).tolist(), clamp="", applied=True, population="0",
            fallback=["1 LSB: every reading is equal" if t == 5 else "" for t in range(tests)],
        ),
        verdicts=table(
            "verdicts", len(outliers), part=outliers.tolist(), test=judged, rule="dynamic-pat", limit=judged,
            value=[values[t, p] for t, p in zip(judged, outliers, strict=True)],
            distance=[(values[t, p] - q[1, t]) / sigma[t] for t, p in zip(judged, outliers, strict=True)],
            old_bin=1, new_bin=90,
        ),
        dispositions=table(
            "dispositions", parts, part=range(parts), shippable=ships.tolist(),
            unit=[f"unit {part}" for part in range(parts)], old_hard_bin=bins.tolist(), new_hard_bin=new.tolist(),
            old_soft_bin=(bins * 10).tolist(), new_soft_bin=np.where(new == 90, 90, bins * 10).tolist(), reasons="",
        ),
        measures=table(
            "measures", tests, test=range(tests), scope="lot", group="", n=parts, failed=0, passing_n=good.shape[1],
            mean=_each(np.mean, good), sd=_each(np.std, good), minimum=_each(np.min, good),
            q1=q[0].tolist(), median=q[1].tolist(), q3=q[2].tolist(), maximum=_each(np.max, good),
            cpk=[1.2 + 0.1 * t for t in range(tests)],
        ),
        notes=notes,
        hold=hold,
        truth=truth,
    )  # fmt: skip


def _each(statistic: Any, good: Floats) -> list[float] | None:
    return [float(value) for value in statistic(good, axis=1)] if good.size else None
