"""The readings of a gauge study: from a table with a row for each reading, or from lots whose parts were measured
again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from corecar.assess.pools import HARDWARE
from corecar.assess.samples import FloatArray
from corecar.bridge.calls import Call
from corecar.bridge.study.chosen_tests import chosen_tests, limits_of
from corecar.bridge.study.studied import studied_lots
from corecar.bridge.study.study_columns import TABLES, Cells, study_columns
from corecar.errors import ArgumentError, TooFewParts
from corecar.lot import BoolArray, Lot
from corecar.plurals import plural
from corecar.stdf_values import UNUSABLE
from corecar.strata import site_codes

PARTS_BY = ("die", "part_id", "part_text")
OPERATORS_BY = ("site", *HARDWARE, "operator", "lot")
MOST = 1_000_000
"""Readings of one study."""
LIMIT_COLUMNS = ("test", "unit", "low_limit", "high_limit")


@dataclass(frozen=True)
class TestReadings:
    """One test of a study: its readings in the order of the study's labels, and its limits [unit]."""

    __test__ = False

    test: str
    values: FloatArray
    unit: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class GaugeReadings:
    """All readings of a study.

    source               the file, or the lots, in words
    part_is, operator_is  what told parts and operators apart
    parts, operators     the label of each reading
    chosen               whether somebody named the tests, so that each has to be complete
    """

    source: str
    part_is: str
    operator_is: str
    parts: tuple[str, ...]
    operators: tuple[str, ...]
    tests: tuple[TestReadings, ...]
    chosen: bool
    notes: tuple[str, ...] = ()


def gauge_readings(
    call: Call,
    sources: Sequence[str],
    tests: Sequence[str],
    part: str | None,
    operator: str | None,
    sheet: str | None,
    limits: str | Path | None,
    insertion: tuple[str | None, str | None],
) -> GaugeReadings:
    """The readings of one table, or of lots of the workspace.

    tests, part, operator  columns of the table, or what `PARTS_BY` and `OPERATORS_BY` list of lots
    limits                 a table of limits by test; insertion: stage and temperature of lots
    Raises  ArgumentError where files and lots are mixed, for a column, test or word that there is none of, and for
            more readings than a study may have; MappingError for cells that are no numbers; NotFound; SourceMissing
    """
    files = [source for source in sources if Path(source).is_file() or Path(source).suffix.lower() in TABLES]
    if files and len(sources) > 1:
        raise ArgumentError(f"{files[0]}: is a file. Give one table of readings, or lots of the workspace.")
    if files:
        found = _of_table(files[0], tests or ("value",), part or "part", operator or "operator", sheet, limits)
    elif sheet is not None or limits is not None:
        told = "sheet" if sheet is not None else "limits"
        raise ArgumentError(f"--{told} goes with a table of readings; lots have their own limits. Leave it out.")
    else:
        found = _of_lots(call, sources, tests, part, operator or "site", insertion)
    count = len(found.parts) * len(found.tests)
    if count > MOST:
        raise ArgumentError(f"{plural(count, 'reading')}: a study keeps {MOST:,}. Name fewer tests with --test.")
    return found


def _of_table(
    path: str, tests: Sequence[str], part: str, operator: str, sheet: str | None, limits: str | Path | None
) -> GaugeReadings:
    if Path(path).suffix.lower() not in TABLES:
        raise ArgumentError(
            f"{Path(path).name}: a table of readings was expected ({', '.join(TABLES)}). Take a tester file in with: "
            "corecar ingest, and name its lot."
        )
    cells = study_columns(path, sheet=sheet)
    numbers = cells.numbers(*tests)
    labels = [tuple(map(_word, cells.labels(column))) for column in (part, operator)]
    told = {} if limits is None else _limits_in(limits, tests)
    made = tuple(TestReadings(test, np.array(numbers[test], np.float64), *told.get(test, ())) for test in tests)
    return GaugeReadings(Path(path).name, f'column "{part}"', f'column "{operator}"', labels[0], labels[1], made, True)


def _word(cell: Any) -> str:
    """A label as a person writes it: a workbook's 3.0 is 3."""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _limits_in(path: str | Path, tests: Sequence[str]) -> dict[str, tuple[str | None, float | None, float | None]]:
    """Unit, low and high limit by test. Raises ArgumentError for a test that is not studied, or stands twice."""
    cells = study_columns(path)
    names = [_word(cell) for cell in cells.labels("test")]
    for place, name in enumerate(names):
        if name not in tests or name in names[:place]:
            wrong = "stands twice" if name in tests else "is no column of readings that is studied"
            raise ArgumentError(
                f'{Path(path).name}: line {cells.first_row + place}: test "{name}" {wrong}. Leave that line out.'
            )
    units = [str(cell or "").strip() or None for cell in _column(cells, "unit", len(names))]
    sides = [cells.numbers(name)[name] if name in cells.columns else [np.nan] * len(names)
             for name in LIMIT_COLUMNS[2:]]  # fmt: skip
    return {name: (unit, _there(low), _there(high)) for name, unit, low, high in zip(names, units, *sides, strict=True)}


def _column(cells: Cells, name: str, count: int) -> list[Any]:
    return cells.columns.get(name, [None] * count)


def _there(limit: float) -> float | None:
    return float(limit) if np.isfinite(limit) else None


def _of_lots(
    call: Call, names: Sequence[str], tests: Sequence[str], part: str | None, operator: str,
    insertion: tuple[str | None, str | None],
) -> GaugeReadings:  # fmt: skip
    """Every complete attempt at every part is a reading; retests are what repeats it."""
    for word, known, option in ((part, PARTS_BY, "part"), (operator, OPERATORS_BY, "operator")):
        if word is not None and word not in known:
            raise ArgumentError(f'--{option} "{word}": of lots one of these was expected: {", ".join(known)}.')
    studied = studied_lots(call, names, stage=insertion[0], temperature=insertion[1])
    pool = studied.pool
    complete = [~np.asarray(lot.parts["incomplete"].to_numpy(zero_copy_only=False), np.bool_) for lot in pool.lots]
    by = part or ("die" if all(_has_dies(lot) for lot in pool.lots) else "part_id")
    parts = [label for lot, rows in zip(pool.lots, complete, strict=True) for label in _parts(lot, rows, by)]
    people = [label for lot, rows in zip(pool.lots, complete, strict=True) for label in _operators(lot, rows, operator)]
    for label, option, word in ((parts, "part", by), (people, "operator", operator)):
        if None in label:
            raise ArgumentError(f"{plural(label.count(None), 'part')} without {word}. Name another with --{option}.")
    made = []
    for test in chosen_tests(pool, tests):
        values = np.concatenate(
            [_readings(lot, row, rows) for lot, row, rows in zip(pool.lots, test.rows, complete, strict=True)]
        )
        made.append(TestReadings(test.title, values, test.named["unit"], *limits_of(test)))
    if not made or not parts:
        raise TooFewParts(f"{', '.join(names)}: no complete part has a reading. `corecar lot` says what was tested.")
    labels = (tuple(map(str, parts)), tuple(map(str, people)))
    return GaugeReadings(
        ", ".join(names),
        by,
        "test site" if operator == "site" else operator,
        *labels,
        tuple(made),
        bool(tests),
        studied.notes,
    )


def _has_dies(lot: Lot) -> bool:
    return not any(lot.parts[name].null_count for name in ("wafer", "x", "y"))


def _parts(lot: Lot, rows: BoolArray, by: str) -> list[str | None]:
    if by != "die":
        return list(compress(lot.parts[by].to_pylist(), rows.tolist()))
    wafers, columns, lines = (lot.parts[name].to_pylist() for name in ("wafer", "x", "y"))
    dies = [None if None in die else f"{die[0]} {die[1]},{die[2]}" for die in zip(wafers, columns, lines, strict=True)]
    return list(compress(dies, rows.tolist()))


def _operators(lot: Lot, rows: BoolArray, by: str) -> list[str | None]:
    if by == "site":
        codes, names = site_codes(lot)
        return [names[code] for code in codes[rows]]
    of_run = lot.runs[by].to_pylist()
    return [of_run[run] for run in lot.parts["run"].to_numpy()[rows]]


def _readings(lot: Lot, row: int, rows: BoolArray) -> FloatArray:
    """The usable readings of a test, of each complete part; NaN where it has none."""
    values = np.full(lot.parts.num_rows, np.nan)
    if row >= 0:
        span = lot.measurements.of(row)
        use = (lot.measurements.flags[span] & UNUSABLE) == 0
        values[lot.measurements.part[span][use]] = lot.measurements.value[span][use]
    return values[rows]
