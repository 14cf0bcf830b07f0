"""Touchdowns as bytes: the records of one touchdown are packed once, then readings are patched in for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from corecar.lot import BoolArray, Float32Array, Int64Array
from corecar.simulate.packing import FTR, MPR, PIR, PRR, PTR, Packing, text
from corecar.simulate.program import Program, ProgramTest
from corecar.simulate.verdicts import Verdict
from corecar.stdf_values import ABOVE, BELOW, FAILED, HIGH_EQUAL_PASSES, LOW_EQUAL_PASSES, PART_FAILED

Style = Literal["lean", "text", "full"]
Bytes = npt.NDArray[np.uint8]

HEAD = 1
CHUNK = 2048
"""Touchdowns packed at a time, so that memory does not grow with the wafer."""

LIMITS_PASS = LOW_EQUAL_PASSES | HIGH_EQUAL_PASSES
"""PARM_FLG of a reading equal to a limit: it passes."""

ID_DIGITS, TEXT_DIGITS = 6, 9
NO_TEST = -1


@dataclass(frozen=True)
class Attempts:
    """The parts of some touchdowns, tested at one go; touchdowns are numbered from 0 without gaps.

    values      float32, shape (columns, parts) [each test's unit]
    touchdown   int64, shape (parts,), ascending
    site        int64, shape (parts,)
    x, y        shape (parts,)
    part_id     int64, shape (parts,): PART_ID, a counter
    unit        int64, shape (parts,): number of the packaged unit, in PART_TXT; -1 at wafer sort
    time_ms     int64, shape (parts,): TEST_T [ms]
    """

    values: Float32Array
    verdict: Verdict
    touchdown: Int64Array
    site: Int64Array
    x: Int64Array
    y: Int64Array
    part_id: Int64Array
    unit: Int64Array
    time_ms: Int64Array


@dataclass(frozen=True)
class Template:
    """The bytes of one touchdown with every site down, and where the changing fields stand in it.

    data        uint8, shape (bytes,)
    owner       int64, shape (bytes,): record that a byte belongs to
    test, site  int64, shape (records,): test of each record (-1 for PIR and PRR) and its site
    value       int64, shape (columns, sites): first byte of each RESULT; -1 for functional tests
    flag        int64, shape (tests, sites): TEST_FLG, before PARM_FLG where the record has one
    part        int64, shape (sites,): first byte of each PRR body
    """

    data: Bytes
    owner: Int64Array
    test: Int64Array
    site: Int64Array
    value: Int64Array
    flag: Int64Array
    part: Int64Array


class _Drawing:
    """A template while its records are laid one after the other."""

    def __init__(self, program: Program, packing: Packing, sites: int) -> None:
        self.program, self.packing = program, packing
        self.records: list[bytes] = []
        self.places: list[tuple[int, int]] = []
        self.length = 0
        self.value = np.full((len(program.owner), sites), NO_TEST, dtype=np.int64)
        self.flag = np.zeros((len(program.tests), sites), dtype=np.int64)
        self.part = np.zeros(sites, dtype=np.int64)

    def add(self, kind: tuple[int, int], body: bytes, test: int, site: int) -> int:
        """Lay a record; the position of its body."""
        record = self.packing.record(kind, body)
        self.records.append(record)
        self.places.append((test, site))
        self.length += len(record)
        return self.length - len(body)

    def finished(self) -> Template:
        data = np.frombuffer(b"".join(self.records), dtype=np.uint8)
        owner = np.repeat(np.arange(len(self.records)), [len(record) for record in self.records])
        test, site = np.array(self.places).T
        return Template(data, owner, test, site, self.value, self.flag, self.part)


def touchdown_template(program: Program, packing: Packing, sites: int, style: Style, *, units: bool) -> Template:
    """One touchdown: PIR of all sites, each test on all sites in turn, PRR of all sites.

    style  `lean`: a test's records stop before OPT_FLAG and carry no name; `text`: with the name; `full`: with
           limits, units and formats
    units  PART_TXT holds the unit's own number
    """
    drawing = _Drawing(program, packing, sites)
    for site in range(sites):
        drawing.add(PIR, bytes([HEAD, site]), NO_TEST, site)
    for row, test in enumerate(program.tests):
        for site in range(sites):
            _add_test(drawing, row, test, site, style)
    blank = text("0" * ID_DIGITS) + text("U" + "0" * TEXT_DIGITS if units else "")
    for site in range(sites):
        body = packing.fields("BBBHHHhhI", HEAD, site, 0, 0, 1, 1, 0, 0, 0) + blank
        drawing.part[site] = drawing.add(PRR, body, NO_TEST, site)
    return drawing.finished()


def packed_touchdowns(
    program: Program, packing: Packing, lean: Template, full: Template, attempts: Attempts, described: BoolArray
) -> Iterator[bytes]:
    """The records of all attempts, touchdown by touchdown, some thousand touchdowns at a time.

    described  bool, shape (tests,): tests whose limits and names the file already holds; kept up to date. While one is
               missing, touchdowns are written in full
    """
    starts = np.searchsorted(attempts.touchdown, np.arange(attempts.touchdown.max() + 2))
    first = 0
    while first < len(starts) - 1:
        template, last = lean, min(first + CHUNK, len(starts) - 1)
        if not described.all():
            template, last = full, first + 1
            described |= attempts.verdict.executed[:, starts[first] : starts[last]].any(axis=1)
        yield _packed(program, packing, template, attempts, slice(int(starts[first]), int(starts[last])))
        first = last


def _packed(program: Program, packing: Packing, template: Template, attempts: Attempts, parts: slice) -> bytes:
    row = attempts.touchdown[parts] - attempts.touchdown[parts.start]
    site = attempts.site[parts]
    pages = np.repeat(template.data[None, :], int(row[-1]) + 1, axis=0)
    _patch_readings(pages, template, program, packing, attempts, parts, row)
    _patch_parts(pages, template, packing, attempts, parts, row)
    executed = np.zeros((len(pages), len(template.part), len(program.tests) + 1), dtype=np.bool_)
    executed[row, site, :-1] = attempts.verdict.executed[:, parts].T
    executed[row, site, NO_TEST] = True
    kept = executed[:, template.site, template.test]
    whole: BoolArray = np.all(kept, axis=1)
    return b"".join(
        page.tobytes() if complete else page[keep[template.owner]].tobytes()
        for page, complete, keep in zip(pages, whole, kept, strict=True)
    )


def _patch_readings(
    pages: Bytes,
    template: Template,
    program: Program,
    packing: Packing,
    attempts: Attempts,
    parts: slice,
    row: Int64Array,
) -> None:
    """Put RESULT, TEST_FLG and PARM_FLG in their places."""
    site, verdict = attempts.site[parts], attempts.verdict
    columns = np.flatnonzero(template.value[:, 0] >= 0)
    _put(pages, row, template.value[np.ix_(columns, site)].T, attempts.values[columns, parts].T, packing.order + "f4")
    flag = template.flag[:, site].T
    pages[row[:, None], flag] = np.where(verdict.failed[:, parts], FAILED, 0).T
    above = np.logical_or.reduceat(verdict.above[:, parts], program.starts, axis=0)
    below = np.logical_or.reduceat(verdict.below[:, parts], program.starts, axis=0)
    parametric = [row for row, test in enumerate(program.tests) if test.kind != "functional"]
    bits = LIMITS_PASS | np.where(above, ABOVE, 0) | np.where(below, BELOW, 0)
    pages[row[:, None], flag[:, parametric] + 1] = bits[parametric].T


def _patch_parts(
    pages: Bytes, template: Template, packing: Packing, attempts: Attempts, parts: slice, row: Int64Array
) -> None:
    """Put the fields of the PRR in their places (STDF V4, PRR)."""
    place, verdict = template.part[attempts.site[parts]], attempts.verdict
    fields = (
        (2, np.where(verdict.good[parts], 0, PART_FAILED), "u1"),
        (3, verdict.executed[:, parts].sum(axis=0), "u2"),
        (5, verdict.hard_bin[parts], "u2"),
        (7, verdict.soft_bin[parts], "u2"),
        (9, attempts.x[parts], "i2"),
        (11, attempts.y[parts], "i2"),
        (13, attempts.time_ms[parts], "u4"),
    )
    for offset, values, code in fields:
        _put(pages, row, (place + offset)[:, None], values[:, None], packing.order + code)
    _put_digits(pages, row, place + 18, attempts.part_id[parts], ID_DIGITS)
    if (attempts.unit >= 0).all():
        _put_digits(pages, row, place + 18 + ID_DIGITS + 2, attempts.unit[parts], TEXT_DIGITS)


def _put(pages: Bytes, row: Int64Array, place: Int64Array, values: npt.NDArray[np.generic], code: str) -> None:
    """Write values of one type at places of shape (parts, fields)."""
    raw = np.ascontiguousarray(values.astype(code)).view(np.uint8).reshape(*values.shape, -1)
    for byte in range(raw.shape[-1]):
        pages[row[:, None], place + byte] = raw[..., byte]


def _put_digits(pages: Bytes, row: Int64Array, place: Int64Array, numbers: Int64Array, digits: int) -> None:
    for digit in range(digits):
        pages[row, place + digit] = ord("0") + numbers // 10 ** (digits - 1 - digit) % 10


def _add_test(drawing: _Drawing, row: int, test: ProgramTest, site: int, style: Style) -> None:
    kind = {"parametric": PTR, "multiple": MPR, "functional": FTR}[test.kind]
    body = _BODIES[test.kind](drawing.packing, test, site, style)
    start = drawing.add(kind, body, row, site)
    drawing.flag[row, site] = start + 6
    if test.kind != "functional":
        first = start + 8 + (4 + (test.columns + 1) // 2 if test.kind == "multiple" else 0)
        column = drawing.program.starts[row]
        drawing.value[column : column + test.columns, site] = first + 4 * np.arange(test.columns)


def _parametric(packing: Packing, test: ProgramTest, site: int, style: Style) -> bytes:
    """A PTR with a blank RESULT."""
    head = packing.fields("IBBBBf", test.number, HEAD, site, 0, LIMITS_PASS, 0.0)
    if style != "full":
        return head + text(test.name if style == "text" else "", "")
    return head + text(test.name, "") + _limits(packing, test, b"") + text(test.unit, *_formats(test))


def _multiple(packing: Packing, test: ProgramTest, site: int, style: Style) -> bytes:
    """An MPR with blank RTN_RSLT; its pins are the first ones of the PMRs."""
    pins = test.columns
    head = packing.fields("IBBBBHH", test.number, HEAD, site, 0, LIMITS_PASS, pins, pins)
    head += bytes((pins + 1) // 2) + bytes(4 * pins)
    if style != "full":
        return head + text(test.name if style == "text" else "", "")
    sweep = packing.fields("ff", 0.0, 0.0) + packing.fields(f"{pins}H", *range(1, pins + 1))
    return head + text(test.name, "") + _limits(packing, test, sweep) + text(test.unit, "", *_formats(test))


def _functional(packing: Packing, test: ProgramTest, site: int, style: Style) -> bytes:
    """An FTR up to TEST_TXT; OPT_FLAG says that no counter in it is valid."""
    counters = packing.fields("IIIIiihHHH", *[0] * 10)
    return (
        packing.fields("IBBBB", test.number, HEAD, site, 0, 0xFF)
        + counters
        + text(f"{test.name.lower()}.pat", "", "", test.name)
    )


_BODIES = {"parametric": _parametric, "multiple": _multiple, "functional": _functional}


def _limits(packing: Packing, test: ProgramTest, after: bytes) -> bytes:
    """OPT_FLAG to HI_LIMIT; bits 2 and 3: no specification limits, 6 and 7: no low, no high limit (STDF V4, PTR)."""
    missing = (0x40 if test.low is None else 0) | (0x80 if test.high is None else 0)
    scales = [test.result_scale] * 3
    return packing.fields("Bbbbff", 0x0E | missing, *scales, test.low or 0.0, test.high or 0.0) + after


def _formats(test: ProgramTest) -> tuple[str, str, str]:
    shown = "%7.0f" if test.shape == "stepped" else "%9.3f"
    return shown, shown, shown
