"""Results of parametric and multiple-result tests held against new limits; whole tables at once.

TEST_FLG bit 7 and PARM_FLG bits 3 and 4 follow from the limits again, honouring PARM_FLG bits 6 and 7 (a result equal
to a limit passes). Left alone are results that count for nothing (TEST_FLG bits 1 to 5, not a number), and a fail that
the old limits do not explain (an alarm, for example) stays a fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corecar.formats.stdf.amend import stream_of, with_column
from corecar.formats.stdf.columns import RAW
from corecar.formats.stdf.new_limits import NewLimit
from corecar.formats.stdf.pins import PIN_FIELDS, pin_names
from corecar.lot import BoolArray
from corecar.lot import failed as says_fail
from corecar.stdf_values import (
    ABOVE,
    ALTERNATE,
    BELOW,
    FAILED,
    HIGH_EQUAL_PASSES,
    LOW_EQUAL_PASSES,
    NO_VERDICT,
    UNUSABLE,
)

Rows = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float32]

NOTHING_YET = 0x02 | 0x01 | 0x04 | 0x08
"""OPT_FLAG of a record that had none: no scale, no specification limits; bit 1 is always set."""


@dataclass(frozen=True)
class Side:
    """The fields and bits of one limit."""

    limit: str
    scale: str
    default: int
    absent: int
    equal_passes: int


LOW = Side("LO_LIMIT", "LLM_SCAL", 0x10, 0x40, LOW_EQUAL_PASSES)
HIGH = Side("HI_LIMIT", "HLM_SCAL", 0x20, 0x80, HIGH_EQUAL_PASSES)


@dataclass(frozen=True)
class Tests:
    """Which test each record of a table belongs to.

    test     int64, shape (records,): number of the test, from 0
    first    int64, shape (tests,): the first record of each test, which defaults come from
    numbers  TEST_NUM of each test; `names` its name, empty where the file gives none
    """

    test: Rows
    first: Rows
    numbers: tuple[int, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """A table after re-judging.

    table    the records with new flags and limits
    tests    which test each belongs to
    failed   bool, shape (records,): it said fail before; `fails`: it says fail now
    touched  bool, shape (tests,): the test has new limits
    used     lines of the limits file that fit a test
    rewritten  records whose own limits changed
    """

    table: Any
    tests: Tests
    failed: BoolArray
    fails: BoolArray
    touched: BoolArray
    used: frozenset[int]
    rewritten: int


def find_tests(tables: Mapping[str, Any], name: str) -> Tests:
    """Number the tests of a table by (stream, TEST_NUM, name).

    A record without a name has the name of its number, where that has just one; else the last name before it of
    that number at its head and site.
    """
    table = tables[name]
    stream = stream_of(tables, table)
    number = integers(table, "TEST_NUM", 0)
    texts = table["TEST_TXT"].combine_chunks()
    coded = (texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts).dictionary_encode()
    spelled = [(text or "").strip("\0 ") for text in coded.dictionary.to_pylist()]
    names = sorted(set(spelled) - {""})
    place = {text: index for index, text in enumerate(names)}
    translate = np.array([*(place.get(text, -1) for text in spelled), -1])
    code = translate[coded.indices.fill_null(len(spelled)).to_numpy(zero_copy_only=False)]
    code = _filled_names(
        stream << 32 | number, integers(table, "HEAD_NUM", 1) << 8 | integers(table, "SITE_NUM", 1), code
    )
    known, place_of = np.unique(stream << 32 | number, return_inverse=True)
    unique, first, test = np.unique(place_of * (len(names) + 1) + code + 1, return_index=True, return_inverse=True)
    numbers = known[unique // (len(names) + 1)] & 0xFFFF_FFFF
    spelled = ["", *names]
    return Tests(test, first, tuple(numbers.tolist()), tuple(spelled[c] for c in (unique % len(spelled)).tolist()))


def _filled_names(number: Rows, site: Rows, code: Rows) -> Rows:
    """The names with those of records that have none filled in."""
    if not (code < 0).any() or not (code >= 0).any():
        return code
    unique, place = np.unique(number, return_inverse=True)
    many = int(code.max()) + 1
    pairs = np.unique(place[code >= 0] * many + code[code >= 0])
    often = np.bincount(pairs // many, minlength=len(unique))
    only = np.full(len(unique), -1)
    only[pairs // many] = pairs % many
    code = np.where((code < 0) & (often[place] == 1), only[place], code)
    if not ((code < 0) & (often[place] > 1)).any():
        return code
    order = np.lexsort((np.arange(len(code)), site, number))
    fresh = np.ones(len(code), dtype=bool)
    fresh[1:] = (number[order][1:] != number[order][:-1]) | (site[order][1:] != site[order][:-1])
    begins = np.maximum.accumulate(np.where(fresh, np.arange(len(code)), 0))
    last = np.maximum.accumulate(np.where(code[order] >= 0, np.arange(len(code)), -1))
    carried = np.where(last >= begins, code[order][np.maximum(last, 0)], -1)
    filled = np.empty_like(code)
    filled[order] = carried
    return filled


@np.errstate(invalid="ignore")
def rejudge(tables: Mapping[str, Any], name: str, limits: Sequence[NewLimit]) -> Judged:
    """Hold a table of PTR or MPR against new limits.

    tables  tables of records as `read_records` gives them
    name    `PTR` or `MPR`
    limits  the new limits; a row with the test's own name wins over one with an empty name
    Source  STDF Specification V4: PTR and MPR, TEST_FLG, PARM_FLG, OPT_FLAG
    """
    table = tables[name]
    tests = find_tests(tables, name)
    chosen = _chosen(tests, limits)
    touched = np.array([bool(rows) for rows in chosen], dtype=bool)
    used = frozenset(limit.line for rows in chosen for limit in rows.values())
    flags = integers(table, "TEST_FLG", 0)
    failed = says_fail(flags)
    rows = np.flatnonzero(touched[tests.test]) if len(touched) else np.empty(0, np.int64)
    if not len(rows):
        return Judged(table, tests, failed, failed.copy(), touched, used, 0)
    readings = _readings(tables, name, tests, rows)
    old = [effective_limits(table, tests, side)[rows] for side in (LOW, HIGH)]
    new = [
        _new_limits(readings, tests, rows, chosen, side, before) for side, before in zip((LOW, HIGH), old, strict=True)
    ]
    table, fails = _reflagged(table, rows, readings, old, new, failed)
    table, rewritten = _rewritten(table, tests, chosen)
    table = with_column(table, RAW, pa.nulls(table.num_rows, pa.binary()))
    return Judged(table, tests, failed, fails, touched, used, rewritten)


def integers(table: Any, field: str, default: int) -> Rows:
    """A whole-number column as int64, with `default` for null."""
    return np.array(table[field].cast(pa.int64()).fill_null(default).to_numpy(), dtype=np.int64)


def _chosen(tests: Tests, limits: Sequence[NewLimit]) -> list[dict[str, NewLimit]]:
    """For each test its new limits by pin."""
    by_test: dict[tuple[int, str], dict[str, NewLimit]] = {}
    for limit in limits:
        by_test.setdefault((limit.number, limit.name), {})[limit.pin] = limit
    return [
        by_test.get((number, ""), {}) | (by_test.get((number, name), {}) if name else {})
        for number, name in zip(tests.numbers, tests.names, strict=True)
    ]


def effective_limits(table: Any, tests: Tests, side: Side) -> Reals:
    """The limit that held for each record, NaN where none did: its own, or that of the test's first record."""
    option = integers(table, "OPT_FLAG", -1)
    value = table[side.limit].fill_null(np.nan).to_numpy().astype(np.float32)
    says = (option >= 0) & ~np.isnan(value)
    own = np.where(says & (option & (side.default | side.absent) == 0), value, np.float32(np.nan))
    default = own[tests.first][tests.test]
    takes_default = (option < 0) | ((option & side.default != 0) & (option & side.absent == 0))
    return np.where(takes_default, default, own).astype(np.float32)


@dataclass(frozen=True)
class _Readings:
    """Results of the records to judge, flat.

    value  float32, shape (readings,); `record` int64: place of each reading's record among those judged
    pin    object array of pin names, or None where the table has no pins
    """

    value: Reals
    record: Rows
    pin: Any


def _readings(tables: Mapping[str, Any], name: str, tests: Tests, rows: Rows) -> _Readings:
    table = tables[name]
    if name == "PTR":
        value = table["RESULT"].take(pa.array(rows)).fill_null(np.nan).to_numpy()
        return _Readings(value.astype(np.float32), np.arange(len(rows)), None)
    lists = table["RTN_RSLT"].take(pa.array(rows)).combine_chunks()
    lists = pa.concat_arrays(lists.chunks) if isinstance(lists, pa.ChunkedArray) else lists
    lengths = np.asarray(lists.value_lengths().fill_null(0).to_numpy(zero_copy_only=False), dtype=np.int64)
    record = np.repeat(np.arange(len(rows)), lengths)
    within = np.arange(len(record)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return _Readings(lists.flatten().to_numpy(), record, _pins(tables, table, tests, rows[record], within))


def _pins(tables: Mapping[str, Any], table: Any, tests: Tests, row: Rows, within: Rows) -> Any:
    """The pin of each reading: logical, else physical, else channel name, else the index; `#n` without an index."""
    column = table["RTN_INDX"].combine_chunks()
    column = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    lengths = np.asarray(column.value_lengths().fill_null(0).to_numpy(zero_copy_only=False), dtype=np.int64)
    starts = np.cumsum(lengths) - lengths
    source = np.where(lengths[row] > within, row, tests.first[tests.test[row]])
    known = lengths[source] > within
    flat = np.append(column.flatten().to_numpy(), np.uint16(0))
    index = np.where(known, flat[np.where(known, starts[source] + within, len(flat) - 1)], 0)
    names = pin_names(*(tables["PMR"][name].to_pylist() for name in PIN_FIELDS)) if "PMR" in tables else {}
    spelled = {number: names.get(number, str(number)) for number in np.unique(index).tolist()}
    return np.array(
        [spelled[i] if k else f"#{w}" for i, k, w in zip(index.tolist(), known.tolist(), within.tolist(), strict=True)],
        dtype=object,
    )


def _new_limits(
    readings: _Readings, tests: Tests, rows: Rows, chosen: list[dict[str, NewLimit]], side: Side, old: Reals
) -> Reals:
    """The limit each reading is to be held against."""
    test = tests.test[rows][readings.record]
    limit = old[readings.record].copy()
    for number in np.unique(test).tolist():
        for pin, new in sorted(chosen[number].items()):
            value = new.low if side is LOW else new.high
            if value is not None and (not pin or readings.pin is not None):
                own = (test == number) & (True if not pin else readings.pin == pin)
                limit[own] = np.float32(value)
    return limit


def _outside(readings: _Readings, limit: Reals, parameter: Rows, side: Side) -> BoolArray:
    equal_fails = (parameter & side.equal_passes == 0)[readings.record]
    beyond = readings.value > limit if side is HIGH else readings.value < limit
    return np.asarray(beyond | ((readings.value == limit) & equal_fails))


def _any(marks: BoolArray, record: Rows, count: int) -> BoolArray:
    return np.bincount(record[marks], minlength=count) > 0


def _reflagged(
    table: Any, rows: Rows, readings: _Readings, old: list[Reals], new: list[Reals], failed: BoolArray
) -> tuple[Any, BoolArray]:
    """(table, fails): TEST_FLG and PARM_FLG of the records judged, and which records of the table say fail now."""
    flags, parameter = integers(table, "TEST_FLG", 0), integers(table, "PARM_FLG", 0)
    count = len(rows)
    own = parameter[rows]
    was = [
        _any(_outside(readings, limit[readings.record], own, side), readings.record, count)
        for limit, side in zip(old, (LOW, HIGH), strict=True)
    ]
    now = [
        _any(_outside(readings, limit, own, side), readings.record, count)
        for limit, side in zip(new, (LOW, HIGH), strict=True)
    ]
    limited = _any(~np.isnan(new[0]) | ~np.isnan(new[1]), readings.record, count)
    numeric = _any(~np.isnan(readings.value), readings.record, count)
    judged = (flags[rows] & UNUSABLE == 0) & numeric & (limited | (flags[rows] & NO_VERDICT == 0))
    unexplained = failed[rows] & ~(was[0] | was[1])
    fail = now[0] | now[1] | unexplained
    verdict = (flags[rows] & ~(FAILED | NO_VERDICT)) | np.where(fail, FAILED, 0)
    bits = (own & ~(ABOVE | BELOW | ALTERNATE)) | np.where(now[0], BELOW, 0) | np.where(now[1], ABOVE, 0)
    flags[rows] = np.where(judged, verdict, flags[rows])
    parameter[rows] = np.where(judged, bits, own)
    table = with_column(table, "TEST_FLG", _bytes(flags, table["TEST_FLG"]))
    table = with_column(table, "PARM_FLG", _bytes(parameter, table["PARM_FLG"]))
    return table, says_fail(flags)


def _bytes(values: Rows, before: Any) -> Any:
    return pa.array(values.astype(np.uint8), mask=before.is_null().to_numpy())


def _rewritten(table: Any, tests: Tests, chosen: list[dict[str, NewLimit]]) -> tuple[Any, int]:
    """(table, records changed): the new limits in the first record of each test and in those that carry their own."""
    option = integers(table, "OPT_FLAG", -1)
    is_first = np.zeros(len(option), dtype=bool)
    is_first[tests.first] = True
    bare = option < 0
    changed = np.zeros(len(option), dtype=bool)
    for side in (LOW, HIGH):
        sides = [rows.get("") for rows in chosen]
        value = np.array([_side(limit, side) for limit in sides], dtype=np.float64)
        given = np.array(
            [limit is not None and (limit.low if side is LOW else limit.high) is not None for limit in sides]
        )
        rows = given[tests.test] & (is_first | (~bare & (option & side.default == 0)))
        option = np.where(rows & bare & (option < 0), NOTHING_YET | LOW.absent | HIGH.absent, option)
        absent = np.isnan(value[tests.test])
        before = option.copy()
        option = np.where(rows, option & ~(side.default | side.absent) | np.where(absent, side.absent, 0), option)
        table = _with_limit(table, side, rows, value[tests.test], (before & (side.default | side.absent)) != 0)
        changed |= rows
    table = with_column(table, "OPT_FLAG", pa.array(np.maximum(option, 0).astype(np.uint8), mask=option < 0))
    return table, int(changed.sum())


def _side(limit: NewLimit | None, side: Side) -> float:
    value = None if limit is None else (limit.low if side is LOW else limit.high)
    return np.nan if value is None else value


def _with_limit(table: Any, side: Side, rows: BoolArray, value: Any, unscaled: BoolArray) -> Any:
    """The limit in these records; where it had no valid display scale, the result's."""
    old = table[side.limit].fill_null(0.0).to_numpy()
    limit = np.where(rows, np.nan_to_num(value, nan=0.0), old).astype(np.float32)
    missing = table[side.limit].is_null().to_numpy() & ~rows
    table = with_column(table, side.limit, pa.array(limit, mask=missing))
    scale, result = (integers(table, field, 0) for field in (side.scale, "RES_SCAL"))
    scale = np.where(rows & unscaled, result, scale).astype(np.int8)
    missing = table[side.scale].is_null().to_numpy() & ~rows
    return with_column(table, side.scale, pa.array(scale, mask=missing))
