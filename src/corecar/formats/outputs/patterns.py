"""Test records as patterns: the bytes that all readings of a test share, and whole records where one differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.formats.outputs.streams import Encoder
from corecar.formats.stdf.columns import ByteArray
from corecar.lot import Float32Array, Int64Array, Lot, UInt16Array, UInt32Array

HEAD_AT, SITE_AT, TEST_FLAG_AT, PARAMETER_FLAG_AT, VALUE_AT = 8, 9, 10, 11, 12
"""Where the bytes that change stand in a PTR, counted from its header; an FTR shares the first three (STDF V4)."""

MULTIPLE_VALUES_AT = 16
"""Where RTN_STAT begins in an MPR, counted from its header."""


@dataclass(frozen=True)
class Readings:
    """All readings of a lot in the order of test, part and execution: results and repeats together.

    offsets as in `Results`; execution is 1 for a result; source is the row of `part` in `Results`, -1 for a repeat
    """

    offsets: Int64Array
    part: UInt32Array
    value: Float32Array
    flags: UInt16Array
    execution: UInt16Array | None

    def of(self, test: int, parts: slice) -> slice:
        """Rows of one test and a stretch of parts."""
        first, last = int(self.offsets[test]), int(self.offsets[test + 1])
        low, high = np.searchsorted(self.part[first:last], (parts.start, parts.stop)).tolist()
        return slice(first + low, first + high)


def all_readings(lot: Lot) -> Readings:
    """Results and repeats of a lot, merged."""
    m = lot.measurements
    if lot.repeats.num_rows == 0:
        return Readings(m.offsets, m.part, m.value, m.flags, None)
    repeats = lot.repeats.sort_by([("test", "ascending"), ("part", "ascending"), ("execution", "ascending")])
    test, part, execution, value, flags = (
        repeats[name].to_numpy() for name in ("test", "part", "execution", "value", "flags")
    )
    of_result = np.repeat(np.arange(lot.tests.num_rows, dtype=np.uint64), np.diff(m.offsets))
    place = np.searchsorted(of_result << 32 | m.part, test.astype(np.uint64) << 32 | part, side="right")
    offsets = m.offsets + np.concatenate([[0], np.cumsum(np.bincount(test, minlength=lot.tests.num_rows))])
    first = np.ones(len(m), np.uint16)
    return Readings(
        offsets.astype(np.int64),
        np.insert(m.part, place, part),
        np.insert(m.value, place, value),
        np.insert(m.flags, place, flags),
        np.insert(first, place, execution),
    )


@dataclass
class Patterns:
    """The bytes of short records by test, and whole records by reading.

    start, length  int64, shape (tests,): the short record of each test in `shared`
    functional     uint8, shape (tests,): 1 for FTR, which has no PARM_FLG and no RESULT
    index          int64, ascending: readings that have a record of their own, or none (length 0)
    own_start, own_length  int64: that record in `own`
    """

    shared: ByteArray
    start: Int64Array
    length: Int64Array
    functional: ByteArray
    index: Int64Array
    own_start: Int64Array
    own_length: Int64Array
    own: ByteArray


class PatternMaker:
    """Makes the patterns of a lot, one run after the other."""

    def __init__(self, lot: Lot, readings: Readings, pins: dict[str, int], encode: Encoder) -> None:
        self.lot, self.readings, self.pins, self.encode = lot, readings, pins, encode
        self.tests: list[dict[str, Any]] = lot.tests.to_pylist()
        self.head = lot.parts["head"].to_numpy()
        self.site = lot.parts["site"].to_numpy()
        self.groups = _pin_groups(self.tests)
        self.limits = _limits_by_test(lot)
        self.dropped = 0
        self._shared = self._short_records()

    def of_run(self, parts: slice) -> Patterns:
        """The patterns of one run: the first record of each test tells its limits, unit and scales."""
        own: list[tuple[Int64Array, Int64Array, ByteArray]] = []
        for test, facts in enumerate(self.tests):
            span = self.readings.of(test, parts)
            if facts["kind"] == "parametric" and span.stop > span.start:
                own.append(self._whole_records(test, span))
        for members in self.groups.values():
            own += self._multiple_records(members, parts)
        return self._patterns(own)

    def _patterns(self, own: list[tuple[Int64Array, Int64Array, ByteArray]]) -> Patterns:
        index = np.concatenate([np.empty(0, np.int64), *(piece[0] for piece in own)])
        length = np.concatenate([np.empty(0, np.int64), *(piece[1] for piece in own)])
        content = np.concatenate([np.empty(0, np.uint8), *(piece[2] for piece in own)])
        start = np.cumsum(length) - length
        order = np.argsort(index, kind="stable")
        return Patterns(*self._shared, index[order], start[order], length[order], content)

    def _short_records(self) -> tuple[ByteArray, Int64Array, Int64Array, ByteArray]:
        records = [self._short(facts) for facts in self.tests]
        length = np.array([len(record) for record in records], np.int64)
        functional = np.array([facts["kind"] == "functional" for facts in self.tests], np.uint8)
        return np.frombuffer(b"".join(records), np.uint8), np.cumsum(length) - length, length, functional

    def _short(self, facts: dict[str, Any]) -> bytes:
        if facts["kind"] == "functional":
            return self.encode("FTR", TEST_NUM=facts["number"], TEST_TXT=facts["name"] or None, OPT_FLAG=0xFF)
        if facts["kind"] == "multiple":
            return b""
        return self.encode("PTR", TEST_NUM=facts["number"], RESULT=0.0, TEST_TXT=facts["name"] or None)

    def _whole_records(self, test: int, span: slice) -> tuple[Int64Array, Int64Array, ByteArray]:
        """The first PTR of a test, and those held against limits of their own."""
        rows = {span.start: self.tests[test]}
        for row, limits in self._own_limits(test, span):
            if row == span.start:
                self.dropped += 1
            else:
                rows[row] = self.tests[test] | limits
        records = [
            self._whole("PTR", facts, row, RESULT=float(self.readings.value[row])) for row, facts in rows.items()
        ]
        lengths = np.array([len(record) for record in records], np.int64)
        return np.array(list(rows), np.int64), lengths, np.frombuffer(b"".join(records), np.uint8)

    def _own_limits(self, test: int, span: slice) -> Iterator[tuple[int, dict[str, Any]]]:
        """Readings of a test that have limits of their own."""
        part = self.readings.part
        for of_part, execution, limits in self.limits.get(test, ()):
            row = span.start + int(np.searchsorted(part[span], of_part)) + execution - 1
            if row < span.stop and part[row] == of_part:
                yield row, limits

    def _whole(self, record: str, facts: dict[str, Any], row: int, **values: Any) -> bytes:
        """A record with everything that is known of its test."""
        part, flags = int(self.readings.part[row]), int(self.readings.flags[row])
        return self.encode(
            record, TEST_NUM=facts["number"], HEAD_NUM=int(self.head[part]), SITE_NUM=int(self.site[part]),
            TEST_FLG=flags & 0xFF, PARM_FLG=flags >> 8, TEST_TXT=facts["name"] or "", ALARM_ID="",
            **_descriptions(facts), **values,
        )  # fmt: skip

    def _multiple_records(self, members: list[int], parts: slice) -> Iterator[tuple[Int64Array, Int64Array, ByteArray]]:
        """The MPRs of one multiple-result test; the readings of its other pins get no record of their own."""
        spans = [self.readings.of(test, parts) for test in members]
        index = np.concatenate([np.arange(span.start, span.stop) for span in spans])
        if not len(index):
            return
        pin = np.repeat(np.arange(len(members)), [span.stop - span.start for span in spans])
        key = [pin, self.readings.flags[index], self.readings.part[index]]
        if self.readings.execution is not None:
            key.insert(2, self.readings.execution[index])
        order = np.lexsort(key)
        index, pin = index[order], pin[order]
        new = np.ones(len(index), np.bool_)
        new[1:] = np.any([column[order][1:] != column[order][:-1] for column in key[1:]], axis=0)
        starts = np.append(np.flatnonzero(new), len(index))
        regular = self._regular(members, index, pin, starts, parts)
        yield from self._regular_records(members, index, starts[:-1][regular])
        yield self._irregular_records(members, index, pin, starts, np.flatnonzero(~regular))
        silent = index[~new]
        yield silent, np.zeros(len(silent), np.int64), np.empty(0, np.uint8)

    def _regular(
        self, members: list[int], index: Int64Array, pin: Int64Array, starts: Int64Array, parts: slice
    ) -> npt.NDArray[np.bool_]:
        """Records of all pins, without limits of their own, behind the first."""
        regular: npt.NDArray[np.bool_] = np.diff(starts) == len(members)
        special = {part for test in members for part, *_ in self.limits.get(test, ())}
        part = self.readings.part[index[starts[:-1]]]
        regular &= ~np.isin(part, np.fromiter(special, np.uint32, len(special)))
        regular[0] = False
        return regular

    def _regular_records(
        self, members: list[int], index: Int64Array, starts: Int64Array
    ) -> Iterator[tuple[Int64Array, Int64Array, ByteArray]]:
        if not len(starts):
            return
        facts, count = self.tests[members[0]], len(members)
        short = self.encode("MPR", TEST_NUM=facts["number"], RTN_STAT=[0] * count, RTN_RSLT=[0.0] * count,
                            TEST_TXT=facts["name"] or None)  # fmt: skip
        out = np.tile(np.frombuffer(short, np.uint8), (len(starts), 1))
        leader = index[starts]
        part, flags = self.readings.part[leader], self.readings.flags[leader]
        for at, column in ((HEAD_AT, self.head[part]), (SITE_AT, self.site[part]), (TEST_FLAG_AT, flags & 0xFF),
                           (PARAMETER_FLAG_AT, flags >> 8)):  # fmt: skip
            out[:, at] = column
        order = ">f4" if self.encode.big_endian else "<f4"
        values = self.readings.value[index[starts[:, None] + np.arange(count)]].astype(order)
        first = MULTIPLE_VALUES_AT + (count + 1) // 2
        out[:, first : first + 4 * count] = values.view(np.uint8)
        yield leader, np.full(len(starts), out.shape[1], np.int64), out.reshape(-1)

    def _execution(self, row: int) -> int:
        """Of which execution within its part a reading is."""
        return 1 if self.readings.execution is None else int(self.readings.execution[row])

    def _irregular_records(
        self, members: list[int], index: Int64Array, pin: Int64Array, starts: Int64Array, records: Int64Array
    ) -> tuple[Int64Array, Int64Array, ByteArray]:
        """The first MPR, and those that lack pins or have limits of their own, with everything that is known."""
        own = {
            (part, execution, test): limits for test in members for part, execution, limits in self.limits.get(test, ())
        }
        out = []
        for record in records.tolist():
            rows = index[starts[record] : starts[record + 1]]
            pins = [members[at] for at in pin[starts[record] : starts[record + 1]].tolist()]
            facts = self.tests[pins[0]]
            limits = own.get((int(self.readings.part[rows[0]]), self._execution(rows[0]), pins[0]), {})
            if record == 0:
                self.dropped += bool(limits)
                limits = {}
            out.append(
                self._whole(
                    "MPR", facts | limits, int(rows[0]), RTN_STAT=[0] * len(pins),
                    RTN_RSLT=self.readings.value[rows].tolist(),
                    RTN_INDX=[self.pins.get(self.tests[test]["pin"] or "", 0) for test in pins],
                )
            )  # fmt: skip
        lengths = np.array([len(record) for record in out], np.int64)
        return index[starts[:-1][records]], lengths, np.frombuffer(b"".join(out), np.uint8)


def _descriptions(facts: dict[str, Any]) -> dict[str, Any]:
    """OPT_FLAG to HI_SPEC of a test's first record; OPT_FLAG bit 1 is always set (STDF V4, PTR)."""
    absent = (
        (0x01, "result_scale"), (0x04, "low_spec"), (0x08, "high_spec"), (0x40, "low_limit"), (0x80, "high_limit"),
    )  # fmt: skip
    option = 0x02 | sum(bit for bit, fact in absent if facts[fact] is None)
    return {
        "OPT_FLAG": option, "RES_SCAL": facts["result_scale"], "LLM_SCAL": facts["low_scale"],
        "HLM_SCAL": facts["high_scale"], "LO_LIMIT": facts["low_limit"], "HI_LIMIT": facts["high_limit"],
        "UNITS": facts["unit"] or "", "C_RESFMT": facts["result_format"] or "", "C_LLMFMT": facts["low_format"] or "",
        "C_HLMFMT": facts["high_format"] or "", "LO_SPEC": facts["low_spec"], "HI_SPEC": facts["high_spec"],
    }  # fmt: skip


def _pin_groups(tests: list[dict[str, Any]]) -> dict[tuple[Any, ...], list[int]]:
    """Multiple-result tests: the rows of their pins by number and name."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for test, facts in enumerate(tests):
        if facts["kind"] == "multiple":
            groups.setdefault((facts["number"], facts["name"]), []).append(test)
    return groups


def _limits_by_test(lot: Lot) -> dict[int, list[tuple[int, int, dict[str, Any]]]]:
    """Test -> (part, execution, limits), in order."""
    found: dict[int, list[tuple[int, int, dict[str, Any]]]] = {}
    for row in lot.part_limits.to_pylist():
        limits = {"low_limit": row["low_limit"], "high_limit": row["high_limit"]}
        found.setdefault(row["test"], []).append((row["part"], row["execution"] or 1, limits))
    return found


def pin_indices(lot: Lot) -> dict[str, int]:
    """PMR index of each pin that a multiple-result test names, from 1."""
    names = [pin for pin in lot.tests["pin"].to_pylist() if pin]
    return {pin: index for index, pin in enumerate(dict.fromkeys(names), 1)}
