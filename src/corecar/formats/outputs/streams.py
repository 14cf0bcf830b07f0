"""The records of a lot that are not hot, run by run: what stands before the parts, between them and after them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.formats.stdf.cold import MIR_FIELDS, UNITS
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.marks import WRITE, marks_of, tells_loss
from corecar.lot import BoolArray, Int64Array, Lot, failed
from corecar.stdf_values import ALL_HEADS, NO_BIN, UNKNOWN_COUNT

MOST_SITES = 255
"""Sites that an SDR lists; their count is one byte."""
KINDS = {"parametric": "P", "multiple": "M", "functional": "F"}
WAFER_UNITS = {unit: code for code, unit in UNITS.items()}


@dataclass
class Encoder:
    """Records as bytes in one byte order."""

    big_endian: bool

    def __call__(self, name: str, **values: Any) -> bytes:
        return encode_record(name, values, big_endian=self.big_endian)


@dataclass
class Stretches:
    """Cold records between the parts of a run, by row of `parts`: bytes before its PIR, and right after it."""

    before: dict[int, bytes] = field(default_factory=dict)
    after: dict[int, bytes] = field(default_factory=dict)
    end: bytes = b""


def opening(lot: Lot, run: int, parts: slice, pins: dict[str, int], encode: Encoder, modified: int) -> bytes:
    """FAR to PMR of one run, with the texts that stand before its first part."""
    row = lot.runs.slice(run, 1).to_pylist()[0]
    command = WRITE if any(map(tells_loss, marks_of(lot))) else "corecar write"
    start = _seconds(lot.runs["start"])[run]
    out = [
        encode("FAR", CPU_TYPE=1 if encode.big_endian else 2, STDF_VER=4),
        encode("ATR", MOD_TIM=modified, CMD_LINE=command),
        encode("MIR", SETUP_T=start, START_T=start, **{name: row[column] for column, name in MIR_FIELDS.items()}),
    ]
    heads = lot.parts["head"].to_numpy()[parts]
    sites = lot.parts["site"].to_numpy()[parts]
    for head in np.unique(heads).tolist() or [1]:
        used = np.unique(sites[heads == head]).tolist()[:MOST_SITES]
        out.append(encode("SDR", HEAD_NUM=head, SITE_GRP=1, SITE_NUM=used, HAND_ID=row["handler"],
                          CARD_ID=row["probe_card"], LOAD_ID=row["load_board"]))  # fmt: skip
    out += [encode("PMR", PMR_INDX=index, LOG_NAM=pin, HEAD_NUM=1, SITE_NUM=1) for pin, index in pins.items()]
    return b"".join(out)


def stretches(lot: Lot, run: int, parts: slice, encode: Encoder, counted: bool) -> Stretches:
    """WIR, WRR, DTR and GDR of one run at their places among its parts."""
    out = Stretches()
    for row in lot.texts.filter(pc.equal(lot.texts["run"], run)).to_pylist():
        record = _text_record(row["kind"], row["text"] or "", encode)
        if row["part"] is None:
            out.before[parts.start] = out.before.get(parts.start, b"") + record
        else:
            out.after[row["part"]] = out.after.get(row["part"], b"") + record
    for place, record in _wafer_records(lot, run, parts, encode, counted):
        if place < parts.stop:
            out.before[place] = out.before.get(place, b"") + record
        else:
            out.end += record
    if parts.start == parts.stop:
        out.end = out.before.pop(parts.start, b"") + out.end
    return out


def _text_record(kind: str, text: str, encode: Encoder) -> bytes:
    if kind == "GDR":
        return encode("GDR", GEN_DATA=[{"code": "Cn", "value": piece} for piece in text.split("|")])
    return encode("DTR", TEXT_DAT=text)


def _wafer_records(lot: Lot, run: int, parts: slice, encode: Encoder, counted: bool) -> Iterator[tuple[int, bytes]]:
    """WIR and WRR of one run, each with the row of `parts` that it stands before.

    Wafers follow one another on each head; where the table has no row for a wafer that the parts name, one is made.
    """
    rows = lot.wafers.filter(pc.equal(lot.wafers["run"], run))
    table = rows.append_column("begin", pa.array(_seconds(rows["start"])))
    table = table.append_column("end", pa.array(_seconds(rows["finish"]))).to_pylist()
    heads = sorted({1 if row["head"] is None else row["head"] for row in table})
    found: list[tuple[int, int, bytes]] = []
    for head in heads or [None]:
        mine = [(at, row) for at, row in enumerate(table) if head is None or (row["head"] or head) == head]
        stretch = _Track(lot, parts, None if len(heads) < 2 else head, 1 if head is None else head, encode, counted)
        found += stretch.records(mine)
    for place, _, record in sorted(found, key=lambda item: item[:2]):
        yield place, record


class _Track:
    """The wafers of one head, or of all heads together where the table knows only one."""

    def __init__(self, lot: Lot, parts: slice, only: int | None, head: int, encode: Encoder, counted: bool) -> None:
        self.lot, self.head, self.encode, self.counted = lot, head, encode, counted
        rows = np.arange(parts.start, parts.stop)
        self.rows = rows if only is None else rows[lot.parts["head"].to_numpy()[rows] == only]
        self.stop = parts.stop

    def records(self, table: list[tuple[int, dict[str, Any]]]) -> list[tuple[int, int, bytes]]:
        """(place, order in the table, bytes) of each record."""
        out: list[tuple[int, int, bytes]] = []
        pending = list(table)
        last = table[0][0] if table else 0
        for first, following, name in self._runs():
            while pending and (pending[0][1]["wafer"] != name) and any(row["wafer"] == name for _, row in pending):
                last, row = pending.pop(0)
                out.append((first, last, self._begin(row) + self._end(row, slice(0, 0))))
            if pending and pending[0][1]["wafer"] == name:
                last, row = pending.pop(0)
            elif name is None:
                continue
            else:
                row = {"wafer": name}
            inside = slice(*np.searchsorted(self.rows, (first, following)).tolist())
            out.append((first, last, self._begin(row)))
            out.append((following, last, self._end(row, inside)))
        for at, row in pending:
            out.append((self.stop, at, self._begin(row) + self._end(row, slice(0, 0))))
        return out

    def _runs(self) -> Iterator[tuple[int, int, str | None]]:
        """First part, the part after the last, and wafer of each stretch of parts on one wafer."""
        if not len(self.rows):
            return
        names = pc.cast(self.lot.parts["wafer"].combine_chunks().take(pa.array(self.rows)), pa.string()).to_pylist()
        starts = [0, *(at for at in range(1, len(names)) if names[at] != names[at - 1])]
        for at, following in zip(starts, [*starts[1:], len(names)], strict=True):
            after = int(self.rows[following]) if following < len(names) else self.stop
            yield int(self.rows[at]), after, names[at]

    def _begin(self, row: dict[str, Any]) -> bytes:
        return self.encode("WIR", HEAD_NUM=self.head, START_T=row.get("begin", 0), WAFER_ID=row["wafer"] or "")

    def _end(self, row: dict[str, Any], inside: slice) -> bytes:
        tested, good = row.get("reported_parts"), row.get("reported_good")
        if self.counted:
            rows = self.rows[inside]
            tested, good = len(rows), int(self.lot.passed[rows].sum())
        return self.encode(
            "WRR", HEAD_NUM=self.head, FINISH_T=row.get("end", 0), PART_CNT=UNKNOWN_COUNT if tested is None else tested,
            GOOD_CNT=good, WAFER_ID=row["wafer"] or "",
        )  # fmt: skip


def closing(lot: Lot, run: int, parts: slice, spans: Int64Array, encode: Encoder, counted: bool) -> bytes:
    """WCR, TSR, HBR, SBR, PCR and MRR of one run.

    spans  int64, shape (tests, 2): first and last reading of each test in this run
    """
    out = [_wafer_map(lot, run, encode), *_test_summaries(lot, spans, encode)]
    out += _bin_summaries(lot, parts, encode, counted)
    complete = _bools(lot.parts["incomplete"], parts, invert=True)
    good = int((lot.passed[parts] & complete).sum())
    out.append(encode("PCR", HEAD_NUM=ALL_HEADS, SITE_NUM=ALL_HEADS, PART_CNT=int(complete.sum()),
                      ABRT_CNT=int((~complete).sum()), GOOD_CNT=good))  # fmt: skip
    out.append(encode("MRR", FINISH_T=_seconds(lot.runs["finish"])[run]))
    return b"".join(out)


def _wafer_map(lot: Lot, run: int, encode: Encoder) -> bytes:
    """The WCR: what the first wafer that knows it says of size and orientation; nothing where none does."""
    for row in lot.wafers.filter(pc.equal(lot.wafers["run"], run)).to_pylist():
        values = {
            "WAFR_SIZ": row["wafer_size"], "DIE_HT": row["die_height"], "DIE_WID": row["die_width"],
            "WF_UNITS": WAFER_UNITS.get(row["wafer_units"]) or None, "WF_FLAT": row["flat"],
            "CENTER_X": row["center_x"], "CENTER_Y": row["center_y"], "POS_X": row["positive_x"],
            "POS_Y": row["positive_y"],
        }  # fmt: skip
        if any(value is not None for value in values.values()):
            return encode("WCR", **values)
    return b""


def _test_summaries(lot: Lot, spans: Int64Array, encode: Encoder) -> Iterator[bytes]:
    """One TSR per test of the run; none for a number of which a test has no name, since a TSR would name it."""
    numbers, names, kinds = (lot.tests[column].to_pylist() for column in ("number", "name", "kind"))
    unnamed = {number for number, name in zip(numbers, names, strict=True) if not name}
    done: set[tuple[Any, ...]] = set()
    for test, (first, last) in enumerate(spans.tolist()):
        key = kinds[test], numbers[test], names[test]
        if first == last or numbers[test] in unnamed or key in done:
            continue
        done.add(key)
        fails = int(np.count_nonzero(failed(lot.measurements.flags[first:last])))
        yield encode("TSR", HEAD_NUM=ALL_HEADS, SITE_NUM=ALL_HEADS, TEST_TYP=KINDS[kinds[test]], TEST_NUM=numbers[test],
                     EXEC_CNT=last - first, FAIL_CNT=fails, TEST_NAM=names[test])  # fmt: skip


def _bin_summaries(lot: Lot, parts: slice, encode: Encoder, counted: bool) -> Iterator[bytes]:
    """HBR and SBR over all sites: the tester's own counts, or the complete parts of this run where it reported none."""
    complete = _bools(lot.parts["incomplete"], parts, invert=True)
    for kind, record, prefix in (("hard", "HBR", "HBIN"), ("soft", "SBR", "SBIN")):
        numbers = lot.parts[f"{kind}_bin"].fill_null(NO_BIN).to_numpy()[parts][complete]
        counts = np.bincount(numbers, minlength=NO_BIN + 1)
        for row in lot.bins.filter(pc.equal(lot.bins["kind"], kind)).to_pylist():
            count = int(counts[row["bin"]]) if counted else row["reported"]
            verdict = {True: "P", False: "F"}.get(row["passed"])
            values = {f"{prefix}_NUM": row["bin"], f"{prefix}_CNT": UNKNOWN_COUNT if count is None else count,
                      f"{prefix}_PF": verdict, f"{prefix}_NAM": row["name"]}  # fmt: skip
            yield encode(record, HEAD_NUM=ALL_HEADS, SITE_NUM=ALL_HEADS, **values)


def _bools(column: Any, rows: slice, *, invert: bool = False) -> BoolArray:
    filled: BoolArray = pc.fill_null(column, False).to_numpy(zero_copy_only=False)[rows]
    return ~filled if invert else filled


def _seconds(column: Any) -> list[int]:
    """Times as seconds since 1970; 0 where unknown."""
    seconds: list[int] = pc.fill_null(pc.cast(column, pa.int64()), 0).to_pylist()
    return seconds
