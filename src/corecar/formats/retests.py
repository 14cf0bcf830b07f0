"""Which attempts are of the same unit, and which of them counts. Every decision is reported, never silent.

Two attempts are of one unit only for a reason: the tester flagged it (PART_FLG bits 0 and 1), they share wafer and
X/Y, or they share an identity that the file proves (ECID, PART_TXT) or the user vouches for. PART_ID is a counter
on most testers and restarts with every file, so it is an identity only when the user says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corecar.errors import ArgumentError
from corecar.lot import BoolArray, Choice, Identity, Int64Array, Retests
from corecar.stdf_values import NO_COORDINATE

IDENTITIES = ("auto", "flag", "xy", "ecid", "part_text", "part_id", "none")
CHOICES = ("first", "last", "best", "all")
SAME_ID, SAME_XY = 1, 2
"""PART_FLG bits: this part supersedes the one with the same PART_ID, with the same X/Y (STDF V4, PRR)."""


@dataclass(frozen=True)
class Attempts:
    """What is known of each attempt; arrays of shape (parts,), in the order the attempts began.

    group    int64: attempts of different groups are never of one unit (lot, stage, temperature, wafer)
    on_wafer bool: the attempt belongs to a wafer
    x, y     int16, -32768 where unknown
    flags    uint8, PART_FLG
    complete bool: has a PRR and did not end abnormally
    passed   bool
    part_id, part_text, ecid   Arrow text, null where there is none; `ecid` may be None for all
    test_pass uint16: 1 in a first test, 2 and up in a retest pass, by file
    """

    group: Int64Array
    on_wafer: BoolArray
    x: npt.NDArray[np.int16]
    y: npt.NDArray[np.int16]
    flags: npt.NDArray[np.uint8]
    complete: BoolArray
    passed: BoolArray
    part_id: Any
    part_text: Any
    ecid: Any
    test_pass: npt.NDArray[np.uint16]
    run: npt.NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class Resolved:
    """attempt (uint16) and superseded (bool) of each part, the report, and the number of its unit (int64)."""

    attempt: npt.NDArray[np.uint16]
    superseded: BoolArray
    report: Retests
    notes: tuple[str, ...]
    unit: Int64Array


def resolve(attempts: Attempts, identity: Identity = "auto", choice: Choice = "last") -> Resolved:
    """Number the attempts at each unit and choose the one that counts.

    Raises ArgumentError for an unknown identity or choice, or for one that the data cannot give.
    Source STDF V4, PRR PART_FLG; the reasons for each default stand in docs/explanation/retests.md.
    """
    if identity not in IDENTITIES:
        raise ArgumentError(f'identity="{identity}": expected one of {", ".join(IDENTITIES)}.')
    if choice not in CHOICES:
        raise ArgumentError(f'retest="{choice}": expected one of {", ".join(CHOICES)}.')
    identify: Callable[[Attempts], Found] = _IDENTIFY[identity]
    unit, name, reason, notes = identify(attempts)
    attempt, superseded, retested = _number(attempts, unit, choice)
    if name == "none":
        attempt = np.maximum(attempt, attempts.test_pass)
    report = Retests(name, choice, reason, retested, int(superseded.sum()))
    return Resolved(attempt, superseded, report, tuple(notes), unit)


Found = tuple[Int64Array, str, str, list[str]]


def _auto(attempts: Attempts) -> Found:
    flagged = (attempts.flags & (SAME_ID | SAME_XY)) != 0
    usable = _usable_xy(attempts)
    if flagged.any() or usable.any():
        unit = (
            _joined(_xy_units(attempts, usable), _flag_units(attempts))
            if flagged.any()
            else _xy_units(attempts, usable)
        )
        names = [name for name, there in (("flag", flagged.any()), ("xy", usable.any())) if there]
        return unit, " and ".join(names), _REASONS[tuple(names)], _xy_notes(attempts, usable)
    text = _proved(attempts)
    if text is not None:
        return (
            _text_units(attempts, text[1]),
            text[0],
            f"{text[0].upper()} names every unit and repeats only across files.",
            [],
        )
    return _none(attempts)


_REASONS = {
    ("flag",): "PART_FLG says which parts supersede earlier ones.",
    ("xy",): "Parts at the same wafer and X/Y are the same die.",
    (
        "flag",
        "xy",
    ): "PART_FLG says which parts supersede earlier ones; parts at the same wafer and X/Y are the same die.",
}


def _flag(attempts: Attempts) -> Found:
    return _flag_units(attempts), "flag", "asked for: only what PART_FLG says.", []


def _xy(attempts: Attempts) -> Found:
    usable = (attempts.x != NO_COORDINATE) & (attempts.y != NO_COORDINATE)
    if len(attempts) and not usable.any():
        raise ArgumentError('identity="xy": no part has X/Y coordinates. Choose another identity or "auto".')
    return _xy_units(attempts, usable), "xy", "asked for: wafer and X/Y.", _xy_notes(attempts, usable)


def _ecid(attempts: Attempts) -> Found:
    if attempts.ecid is None:
        raise ArgumentError('identity="ecid": no GDR of these files names a chip. Choose another identity or "auto".')
    return _text_units(attempts, attempts.ecid), "ecid", "asked for: the chip's own identity in GDR.", []


def _part_text(attempts: Attempts) -> Found:
    if len(attempts) and attempts.part_text.null_count == len(attempts):
        raise ArgumentError('identity="part_text": no part has a PART_TXT. Choose another identity or "auto".')
    return _text_units(attempts, attempts.part_text), "part_text", "asked for: PART_TXT.", []


def _part_id(attempts: Attempts) -> Found:
    if len(attempts) and attempts.part_id.null_count == len(attempts):
        raise ArgumentError('identity="part_id": no part has a PART_ID. Choose another identity or "auto".')
    note = "PART_ID was taken as the unit's identity because it was asked for; on most testers it is a counter."
    return _text_units(attempts, attempts.part_id), "part_id", "asked for: PART_ID.", [note]


def _none(attempts: Attempts, reason: str = "nothing in the files proves which attempts are one unit.") -> Found:
    notes = []
    runs = len(np.unique(attempts.run))
    if runs > 1:
        retests = int((attempts.test_pass > 1).sum())
        notes.append(
            f"{runs} runs without a unit identity: parts are not merged across them; {retests} part(s) of retest "
            "passes (by RTST_COD) count as recovered when good."
        )
    failed = int((attempts.complete & ~attempts.passed & (attempts.test_pass == 1)).sum())
    recovered = int((attempts.complete & attempts.passed & (attempts.test_pass > 1)).sum())
    if recovered > failed:
        notes.append(
            f"The retest passes hold {recovered} good part(s), more than the {failed} that failed in first passes: a "
            "file is missing or belongs to another lot. There is no final yield."
        )
    return (
        np.arange(len(attempts), dtype=np.int64),
        "none",
        reason,
        notes,
    )


_IDENTIFY = {
    "auto": _auto,
    "flag": _flag,
    "xy": _xy,
    "ecid": _ecid,
    "part_text": _part_text,
    "part_id": _part_id,
    "none": lambda attempts: _none(attempts, "asked for: no merging."),
}


def _usable_xy(attempts: Attempts) -> BoolArray:
    """Parts on wafers whose X/Y tell dies apart; a wafer with one and the same X/Y throughout does not."""
    known: BoolArray = attempts.on_wafer & (attempts.x != NO_COORDINATE) & (attempts.y != NO_COORDINATE)
    usable = known.copy()
    for group in np.unique(attempts.group[known]):
        rows = np.flatnonzero(known & (attempts.group == group))
        x, y = attempts.x[rows], attempts.y[rows]
        constant = len(rows) > 1 and bool((x == x[0]).all() and (y == y[0]).all())
        if constant and ((x[0] == 0 and y[0] == 0) or len(rows) > 16):
            usable[rows] = False
    return usable


def _xy_notes(attempts: Attempts, usable: BoolArray) -> list[str]:
    left = int((attempts.on_wafer & attempts.complete & ~usable).sum())
    return [f"{left} part(s) on wafers have no telling X/Y; each counts as a unit of its own."] if left else []


def _xy_units(attempts: Attempts, usable: BoolArray) -> Int64Array:
    unit = np.arange(len(attempts), dtype=np.int64)
    rows = np.flatnonzero(usable)
    x, y = (place[rows].astype(np.int64) - NO_COORDINATE for place in (attempts.x, attempts.y))
    return _first_of(unit, rows, attempts.group[rows] << 32 | x << 16 | y)


def _text_units(attempts: Attempts, text: Any) -> Int64Array:
    unit = np.arange(len(attempts), dtype=np.int64)
    rows = np.flatnonzero(text.is_valid().to_numpy(zero_copy_only=False))
    codes = text.dictionary_encode().indices.fill_null(0).to_numpy().astype(np.int64)
    return _first_of(unit, rows, attempts.group[rows] << 32 | codes[rows])


def _first_of(unit: Int64Array, rows: Int64Array, keys: Int64Array) -> Int64Array:
    """Give every row the number of the first row with the same key."""
    if len(rows):
        order = np.argsort(keys)
        starts = np.flatnonzero(np.append(True, np.diff(keys[order]) != 0))
        first = np.minimum.reduceat(order, starts)
        unit[rows[order]] = rows[np.repeat(first, np.diff(np.append(starts, len(rows))))]
    return unit


def _flag_units(attempts: Attempts) -> Int64Array:
    """Follow PART_FLG back: a flagged part belongs to the latest earlier part with its PART_ID or X/Y."""
    unit = np.arange(len(attempts), dtype=np.int64)
    latest: dict[tuple[object, ...], int] = {}
    part_id = attempts.part_id.to_pylist()
    for row in range(len(attempts)):
        group, flags = int(attempts.group[row]), int(attempts.flags[row])
        by_id = (group, "id", part_id[row])
        by_xy = (group, "xy", int(attempts.x[row]), int(attempts.y[row]))
        earlier = latest.get(by_id) if flags & SAME_ID else latest.get(by_xy) if flags & SAME_XY else None
        if earlier is not None:
            unit[row] = unit[earlier]
        latest[by_id] = latest[by_xy] = row
    return unit


def _joined(left: Int64Array, right: Int64Array) -> Int64Array:
    """Units of which either numbering says that they are one; a unit bears the number of its first row."""
    root = list(range(len(left)))

    def find(row: int) -> int:
        while root[row] != row:
            root[row] = root[root[row]]
            row = root[row]
        return row

    for row in range(len(root)):
        for earlier in (int(left[row]), int(right[row])):
            ends = find(row), find(earlier)
            root[max(ends)] = min(ends)
    return np.array([find(row) for row in range(len(root))], dtype=np.int64)


def _proved(attempts: Attempts) -> tuple[str, Any] | None:
    """A text that identifies units at final test: on every complete part, never twice in a file, no mere counter."""
    for name, text in (("ecid", attempts.ecid), ("part_text", attempts.part_text)):
        if text is None:
            continue
        complete = text.filter(pa.array(attempts.complete))
        if not len(complete) or complete.null_count:
            continue
        codes = complete.dictionary_encode().indices.to_numpy().astype(np.int64)
        pairs = attempts.run[attempts.complete].astype(np.int64) << 32 | codes
        counter = name == "part_text" and pc.all(pc.match_substring_regex(complete, "^[0-9]{1,6}$")).as_py()
        if len(np.unique(pairs)) == len(pairs) and not counter:
            return name, text
    return None


def _number(attempts: Attempts, unit: Int64Array, choice: str) -> tuple[npt.NDArray[np.uint16], BoolArray, int]:
    """Attempt numbers from 1, which attempts are superseded, and how many units were tested more than once.

    An incomplete attempt neither supersedes nor is superseded; it bears the number of the complete one to come.
    """
    order = np.argsort(unit, kind="stable")
    sorted_unit, complete = unit[order], attempts.complete[order]
    starts = np.ones(len(order), np.bool_)
    starts[1:] = sorted_unit[1:] != sorted_unit[:-1]
    before: Int64Array = np.cumsum(complete) - complete
    base: Int64Array = before[np.flatnonzero(starts)][np.cumsum(starts) - 1] if len(order) else before
    number = before - base + 1
    attempt = np.empty(len(order), np.uint16)
    attempt[order] = np.minimum(number, 65535)
    totals = np.bincount(np.cumsum(starts) - 1, weights=complete).astype(np.int64) if len(order) else np.zeros(0)
    superseded = np.zeros(len(order), np.bool_)
    if choice != "all":
        chosen = _chosen(attempts, order, starts, choice)
        superseded[attempts.complete] = True
        superseded[chosen] = False
    return attempt, superseded, int((totals > 1).sum())


def _chosen(attempts: Attempts, order: Int64Array, starts: BoolArray, choice: str) -> Int64Array:
    """The row that counts of each unit that has a complete attempt."""
    rows = order[attempts.complete[order]]
    group = (np.cumsum(starts) - 1)[attempts.complete[order]]
    if choice == "best":
        ranking = np.lexsort((rows, attempts.passed[rows], group))
        rows, group = rows[ranking], group[ranking]
    last = np.ones(len(rows), np.bool_)
    if choice == "first":
        last[1:] = group[1:] != group[:-1]
    elif len(rows):
        last[:-1] = group[1:] != group[:-1]
    return rows[last]
