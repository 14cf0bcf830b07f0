"""The records of a stream that are not hot, as tables, and what the lot takes from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from corecar.formats.bins import Told
from corecar.formats.stdf import kernel_state as kernel
from corecar.formats.stdf.picks import pick
from corecar.formats.stdf.rows import BY_TYPE, RECORDS
from corecar.formats.stdf.scanner import Stream
from corecar.stdf_values import ALL_HEADS, NO_COORDINATE, UNKNOWN_COUNT

Tables = Mapping[str, dict[str, list[Any]]]
"""Columns by record type and field."""
SPELLED_ELSEWHERE = {50 << 8 | 30, 50 << 8 | 10}
"""DTR and GDR: there may be one per part, so `remarks` spells them as columns."""


class ColdTables(Mapping[str, dict[str, list[Any]]]):
    """Of each record type kept aside its `FIELDS`, and `_sequence` and `_parts`: the parts begun before the record.

    A type's columns are made when they are first asked for: test names of a thousand TSRs are seldom needed.
    """

    def __init__(self, stream: Stream, encoding: str | None) -> None:
        self._stream, self._encoding = stream, encoding
        self._rows = stream.working.asides[: stream.working.count(kernel.ASIDES)]
        codes = set(self._rows["code"].tolist()) - SPELLED_ELSEWHERE
        self._codes = {BY_TYPE[code >> 8, code & 255].name: code for code in sorted(codes)}
        self._made: dict[str, dict[str, list[Any]]] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def __getitem__(self, record: str) -> dict[str, list[Any]]:
        if record not in self._made:
            self._made[record] = self._columns(record, self._codes[record])
        return self._made[record]

    def _columns(self, record: str, code: int) -> dict[str, list[Any]]:
        chosen = self._rows[self._rows["code"] == code]
        columns = pick(
            self._stream.working.arena, chosen["at"], chosen["length"], RECORDS[record], FIELDS[record],
            big_endian=self._stream.big_endian, encoding=self._encoding,
        )  # fmt: skip
        return columns | {f"_{name}": chosen[name].tolist() for name in ("sequence", "parts")}


def rows_of(tables: Tables, record: str) -> list[dict[str, Any]]:
    """The records of a type as dictionaries; none when there are none."""
    columns = tables.get(record, {})
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def first_row(tables: Tables, record: str) -> dict[str, Any]:
    """The first record of a type as a dictionary; empty when there is none."""
    return {name: values[0] for name, values in tables.get(record, {}).items()}


def text(value: Any) -> str | None:
    """A text field without its padding; None where it says nothing."""
    return value.strip("\0 ") or None if isinstance(value, str) else None


def seconds(value: Any) -> int | None:
    """A STDF time, seconds since 1970 by the tester's clock; None where it is 0 or absent."""
    return int(value) if value else None


def run_row(tables: Tables) -> dict[str, Any]:
    """What MIR, MRR and SDR say of a run; keys are columns of `runs`."""
    mir, mrr, sdr = (first_row(tables, name) for name in ("MIR", "MRR", "SDR"))
    row = {column: text(mir.get(name)) for column, name in MIR_FIELDS.items()}
    return row | {
        "stage": "wafer sort" if "WIR" in tables or "WRR" in tables else "final test",
        "test_pass": test_pass(mir.get("RTST_COD")),
        "handler": text(sdr.get("HAND_ID")) or text(sdr.get("HAND_TYP")),
        "load_board": text(sdr.get("LOAD_ID")),
        "probe_card": text(sdr.get("CARD_ID")),
        "start": seconds(mir.get("START_T")),
        "finish": seconds(mrr.get("FINISH_T")),
    }


DIGITS = frozenset("0123456789")


def test_pass(code: Any) -> int:
    """1 for a first test; RTST_COD Y is a retest, a digit the number of times the lot was tested before."""
    if isinstance(code, str) and code in DIGITS:
        return int(code) + 1
    return 2 if code == "Y" else 1


MIR_FIELDS = {
    "lot": "LOT_ID", "sublot": "SBLOT_ID", "product": "PART_TYP", "test_program": "JOB_NAM", "revision": "JOB_REV",
    "test_code": "TEST_COD", "mode_code": "MODE_COD", "retest_code": "RTST_COD", "temperature": "TST_TEMP",
    "tester": "NODE_NAM", "tester_type": "TSTR_TYP", "operator": "OPER_NAM",
}  # fmt: skip

FIELDS: dict[str, tuple[str, ...]] = {
    "ATR": ("CMD_LINE",),
    "MIR": (*MIR_FIELDS.values(), "RTST_COD", "START_T"),
    "MRR": ("FINISH_T",),
    "SDR": ("HAND_ID", "HAND_TYP", "LOAD_ID", "CARD_ID"),
    "PMR": ("PMR_INDX", "LOG_NAM", "PHY_NAM", "CHAN_NAM"),
    "PGR": (),
    "WIR": ("HEAD_NUM", "START_T", "WAFER_ID"),
    "WRR": ("HEAD_NUM", "FINISH_T", "PART_CNT", "GOOD_CNT", "WAFER_ID"),
    "WCR": ("WAFR_SIZ", "DIE_HT", "DIE_WID", "WF_UNITS", "WF_FLAT", "CENTER_X", "CENTER_Y", "POS_X", "POS_Y"),
    "HBR": ("HEAD_NUM", "HBIN_NUM", "HBIN_CNT", "HBIN_PF", "HBIN_NAM"),
    "SBR": ("HEAD_NUM", "SBIN_NUM", "SBIN_CNT", "SBIN_PF", "SBIN_NAM"),
    "TSR": ("TEST_TYP", "TEST_NUM", "TEST_NAM"),
}
"""Of each record type kept aside the fields that a lot takes something from."""

UNITS = {0: None, 1: "in", 2: "cm", 3: "mm", 4: "mil"}


def wafer_rows(tables: Tables) -> list[dict[str, Any]]:
    """A row per WIR (or per WRR without one), with the stretch of parts it covers: `_from`, `_to`, by head."""
    starts, ends = rows_of(tables, "WIR"), rows_of(tables, "WRR")
    map_ = first_row(tables, "WCR")
    rows = []
    for begin in starts:
        head = begin.get("HEAD_NUM")
        later = [
            row["_sequence"] for row in starts if row["_sequence"] > begin["_sequence"] and row.get("HEAD_NUM") == head
        ]
        until = min(later, default=None)
        end: dict[str, Any] = next(
            (
                row
                for row in ends
                if row["_sequence"] > begin["_sequence"]
                and row.get("HEAD_NUM") in (head, ALL_HEADS)
                and (until is None or row["_sequence"] < until)
            ),
            {},
        )
        limit = next((row["_parts"] for row in starts if row["_sequence"] == until), None)
        rows.append(_wafer(begin, end, map_) | {"_from": begin["_parts"], "_to": end.get("_parts", limit)})
    if not starts:
        before: dict[Any, int] = {}
        for end in ends:
            head = end.get("HEAD_NUM")
            rows.append(_wafer({}, end, map_) | {"_from": before.get(head, 0), "_to": end["_parts"]})
            before[head] = end["_parts"]
    return rows


def _wafer(begin: dict[str, Any], end: dict[str, Any], map_: dict[str, Any]) -> dict[str, Any]:
    return {
        "wafer": text(begin.get("WAFER_ID")) or text(end.get("WAFER_ID")),
        "head": begin.get("HEAD_NUM", end.get("HEAD_NUM")),
        "start": seconds(begin.get("START_T")),
        "finish": seconds(end.get("FINISH_T")),
        "reported_parts": count(end.get("PART_CNT")),
        "reported_good": count(end.get("GOOD_CNT")),
        "wafer_size": map_.get("WAFR_SIZ") or None,
        "die_height": map_.get("DIE_HT") or None,
        "die_width": map_.get("DIE_WID") or None,
        "wafer_units": UNITS.get(map_.get("WF_UNITS", 0)),
        "flat": text(map_.get("WF_FLAT")),
        "center_x": coordinate(map_.get("CENTER_X")),
        "center_y": coordinate(map_.get("CENTER_Y")),
        "positive_x": text(map_.get("POS_X")),
        "positive_y": text(map_.get("POS_Y")),
    }


def count(value: Any) -> int | None:
    """A count of the summary; None where it is absent or 4,294,967,295."""
    return None if value is None or value == UNKNOWN_COUNT else int(value)


def added(counts: list[int | None]) -> int | None:
    """The sum of the known counts; None where none is known or the sum is more parts than a U4 counts: damage."""
    known = [value for value in counts if value is not None]
    return sum(known) if known and sum(known) < UNKNOWN_COUNT else None


def coordinate(value: Any) -> int | None:
    """A coordinate; None where it is absent or -32768."""
    return None if value is None or value == NO_COORDINATE else int(value)


def reported_bins(tables: Tables) -> dict[tuple[str, int], Told]:
    """What HBR and SBR say, by (`hard` or `soft`, bin).

    A record of head 255 is the tester's sum over its sites and is not added to them (STDF V4, HBR HEAD_NUM).
    """
    found: dict[tuple[str, int], Told] = {}
    for record, kind, prefix in (("HBR", "hard", "HBIN"), ("SBR", "soft", "SBIN")):
        rows = rows_of(tables, record)
        summed = {row[f"{prefix}_NUM"] for row in rows if row.get("HEAD_NUM") == ALL_HEADS}
        for row in rows:
            number = row.get(f"{prefix}_NUM")
            if number is None:
                continue
            old = found.get((kind, number), Told())
            verdict = {"P": True, "F": False}.get(row.get(f"{prefix}_PF") or "")
            counts = [
                old.count,
                None if number in summed and row.get("HEAD_NUM") != ALL_HEADS else count(row.get(f"{prefix}_CNT")),
            ]
            found[kind, number] = Told(
                old.name or text(row.get(f"{prefix}_NAM")),
                old.passed if old.passed is not None else verdict,
                added(counts),
            )
    return found
