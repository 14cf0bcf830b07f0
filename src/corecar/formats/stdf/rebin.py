"""Parts moved to another bin in a copy of an STDF file, byte for byte the same otherwise.

What changes: HARD_BIN, SOFT_BIN and PART_FLG of the parts moved; the counts in HBR, SBR, PCR and WRR that follow from
them; new HBR and SBR where the bin was not there; one ATR that says who did it.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass

from corecar.errors import ArgumentError
from corecar.formats.stdf.bin_counts import (
    BIN_RECORDS,
    BinRow,
    GoodRow,
    Move,
    NewBin,
    recount_bins,
    recount_good,
    wafer_rows,
)
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.part_records import FAR, HBR, PCR, PRR, SBR, WIR, WRR, PartRecords, part_records
from corecar.formats.stdf.wafer_spans import Mark
from corecar.stdf_values import NO_BIN, PART_FAILED, PART_NO_VERDICT

HIGHEST_BIN = 32767

BYTES_AS_TEXT = "latin-1"
"""A codec in which each byte is a character, so that names go through as they are."""
_GOOD_COUNT = {PCR: 14, WRR: 18}
"""Offset of GOOD_CNT in the body of each record that has it."""
_BIN_COUNT, _BIN_NAME = 4, 9
"""Offsets of HBIN_CNT and SBIN_CNT, HBIN_NAM and SBIN_NAM in the body."""

Edits = dict[int, tuple[int, bytes]]
"""Position of a stretch of the file -> where it ends, and the bytes that take its place."""


@dataclass(frozen=True)
class Rebinned:
    """A re-binned copy.

    content   the bytes
    warnings  counts of the tester that were too small for what moved, one sentence each
    """

    content: bytes
    warnings: tuple[str, ...]


def rebin(
    content: bytes,
    new_bins: Mapping[int, tuple[int, int]],
    *,
    parts: int | None = None,
    name: str = "Screened out",
    mark: str = "corecar grade",
    modified: int | None = None,
) -> Rebinned:
    """Move parts to failing bins in a copy of an STDF file.

    content   an undamaged STDF V4 file, decompressed; several streams one after the other are fine
    new_bins  hard and soft bin of each part to move; parts are numbered in the order they begin, over all streams
    parts     how many parts the caller knows of; another number in the content is an error
    name      HBIN_NAM and SBIN_NAM of bins that the stream does not have yet
    mark      CMD_LINE of the audit record that is added; `modified` its MOD_TIM in seconds since 1970, now by default
    Raises    ArgumentError for damaged content, a part that is not there or has no PRR, or a bin above 32767
    Source    STDF Specification V4: PRR, HBR, SBR, PCR, WRR, ATR

    A count of all heads (HEAD_NUM 255) changes with every part, any other with the parts of its head and site.
    """
    records = part_records(content)
    if parts is not None and parts != records.parts:
        raise ArgumentError(f"The content has {records.parts} parts, {parts} were expected: it is not what was graded.")
    moves = _moves(content, records, new_bins)
    edits: Edits = {}
    for row, move in moves.items():
        edits[move.place] = (int(records.end[row]), _moved_part(content, records, row, move.new))
    moved = list(moves.values())
    warnings = [*_recount_bins(content, records, moved, name, edits), *_recount_good(content, records, moved, edits)]
    _sign(records, mark, int(time.time()) if modified is None else modified, edits)
    return Rebinned(_assembled(content, edits), tuple(warnings))


def _moves(content: bytes, records: PartRecords, new_bins: Mapping[int, tuple[int, int]]) -> dict[int, Move]:
    """What changes, by row of the records."""
    for part, bins in new_bins.items():
        if not 0 <= part < records.parts:
            raise ArgumentError(f"part {part}: the file has parts 0 to {records.parts - 1}.")
        if not all(0 <= number <= HIGHEST_BIN for number in bins):
            raise ArgumentError(f"part {part}: bins {bins}: expected numbers from 0 to {HIGHEST_BIN}.")
    numbers = {int(records.part[row]): row for row in (records.code == PRR).nonzero()[0].tolist()}
    lost = sorted(set(new_bins) - set(numbers))
    if lost:
        raise ArgumentError(f"part {lost[0]}: has no PRR, so it has no bins to change. Leave it out.")
    rows = sorted(numbers[part] for part in new_bins)
    return {row: _move(content, records, row, new_bins[int(records.part[row])]) for row in rows}


def _move(content: bytes, records: PartRecords, row: int, new: tuple[int, int]) -> Move:
    body = _padded(_body(content, records, row), bool(records.is_big[row]))
    hard, soft = struct.unpack_from(_order(records, row) + "HH", body, 5)
    passed = body[2] & (PART_FAILED | PART_NO_VERDICT) == 0
    place = int(records.start[row])
    return Move(place, int(records.stream[row]), body[0], body[1], (hard, soft), new, passed, passes=False)


def _order(records: PartRecords, row: int) -> str:
    return ">" if records.is_big[row] else "<"


def _padded(body: bytes, is_big: bool) -> bytes:
    """The body of a PRR with the fields up to SOFT_BIN, which the file may have omitted."""
    default = struct.pack((">" if is_big else "<") + "BBBHHH", 1, 1, 0, 0, 0, NO_BIN)
    return body + default[len(body) :]


def _moved_part(content: bytes, records: PartRecords, row: int, new: tuple[int, int]) -> bytes:
    order = _order(records, row)
    start = int(records.start[row])
    body = bytearray(_padded(_body(content, records, row), order == ">"))
    body[2] = (body[2] | PART_FAILED) & ~PART_NO_VERDICT & 0xFF
    struct.pack_into(order + "HH", body, 5, *new)
    return struct.pack(order + "H", len(body)) + content[start + 2 : start + 4] + bytes(body)


def _recount_bins(content: bytes, records: PartRecords, moves: list[Move], name: str, edits: Edits) -> list[str]:
    """Take the parts moved off their old bins' counts and put them on the new ones'."""
    told = []
    for record, code in zip(BIN_RECORDS, (HBR, SBR), strict=True):
        places = _rows(records, code)
        rows = [_bin_row(content, records, row) for row in places]
        counts, added, odd = recount_bins(record, rows, moves, name.encode().decode(BYTES_AS_TEXT))
        for place, row, count in zip(places, rows, counts, strict=True):
            if count != row.counted and count is not None:
                _write_count(content, records, place, _BIN_COUNT, count, edits)
        for new in added:
            _add_bin(content, records, places[new.behind], record, new, edits)
        told += odd
    return told


def _bin_row(content: bytes, records: PartRecords, row: int) -> BinRow:
    body = _body(content, records, row)
    order = _order(records, row)
    number = struct.unpack_from(order + "H", body, 2)[0] if len(body) >= _BIN_COUNT else None
    counted = struct.unpack_from(order + "I", body, _BIN_COUNT)[0] if len(body) >= _BIN_COUNT + 4 else None
    name = body[_BIN_NAME + 1 : _BIN_NAME + 1 + body[_BIN_NAME]] if len(body) > _BIN_NAME else b""
    head, site = _place(body)
    return BinRow(int(records.stream[row]), head, site, number, counted, name.decode(BYTES_AS_TEXT))


def _body(content: bytes, records: PartRecords, row: int) -> bytes:
    return content[int(records.start[row]) + 4 : int(records.end[row])]


def _place(body: bytes) -> tuple[int, int]:
    """Head and site; 1 where the record ends before them."""
    head, site = (body[:2] + b"\1\1"[len(body) :])[:2]
    return head, site


def _add_bin(content: bytes, records: PartRecords, row: int, record: str, new: NewBin, edits: Edits) -> None:
    """Put a record for a new bin behind the last one of the same head and site."""
    start, end = int(records.start[row]), int(records.end[row])
    before = edits.get(start, (end, content[start:end]))[1]
    head, site = _place(content[start + 4 : end])
    values = {"NUM": new.number, "CNT": new.counted, "PF": new.verdict, "NAM": new.name}
    fields = {"HEAD_NUM": head, "SITE_NUM": site} | {f"{record[0]}BIN_{key}": value for key, value in values.items()}
    added = encode_record(record, fields, big_endian=bool(records.is_big[row]), encoding=BYTES_AS_TEXT)
    edits[start] = (end, before + added)


def _recount_good(content: bytes, records: PartRecords, moves: list[Move], edits: Edits) -> list[str]:
    """Take the parts moved off the good counts of their site, of all sites and of their wafer."""
    places = _rows(records, WIR, WRR)
    goods = [_good_count(content, records, row) for row in places]
    starts = [int(records.start[row]) for row in places]
    marks = [
        Mark(int(records.stream[row]), _place(_body(content, records, row))[0], start, int(records.code[row]) == WIR)
        for row, start in zip(places, starts, strict=True)
    ]
    wafers = {places[row]: found for row, found in wafer_rows(marks, starts, goods).items()}
    sites = {row: _site_row(content, records, row) for row in _rows(records, PCR)}
    told = []
    for record, rows in (("PCR", sites), ("WRR", wafers)):
        counts, odd = recount_good(record, list(rows.values()), moves)
        for (row, found), count in zip(rows.items(), counts, strict=True):
            if count != found.good and count is not None:
                _write_count(content, records, row, _GOOD_COUNT[int(records.code[row])], count, edits)
        told += odd
    return told


def _site_row(content: bytes, records: PartRecords, row: int) -> GoodRow:
    head, site = _place(_body(content, records, row))
    return GoodRow(int(records.stream[row]), head, site, int(records.start[row]), _good_count(content, records, row))


def _good_count(content: bytes, records: PartRecords, row: int) -> int | None:
    """GOOD_CNT; None where the record has none."""
    at, body = _GOOD_COUNT.get(int(records.code[row])), _body(content, records, row)
    if at is None or len(body) < at + 4:
        return None
    return int(struct.unpack_from(_order(records, row) + "I", body, at)[0])


def _write_count(content: bytes, records: PartRecords, row: int, at: int, count: int, edits: Edits) -> None:
    start, end = int(records.start[row]), int(records.end[row])
    changed = bytearray(content[start:end])
    struct.pack_into(_order(records, row) + "I", changed, 4 + at, count)
    edits[start] = (end, bytes(changed))


def _rows(records: PartRecords, *codes: int) -> list[int]:
    mask = records.code == codes[0]
    for code in codes[1:]:
        mask = mask | (records.code == code)
    rows: list[int] = mask.nonzero()[0].tolist()
    return rows


def _sign(records: PartRecords, mark: str, modified: int, edits: Edits) -> None:
    """One ATR a stream, right behind the FAR: the latest change stands first."""
    for row in _rows(records, FAR):
        at = int(records.end[row])
        fields = {"MOD_TIM": modified, "CMD_LINE": mark[:255]}
        record = encode_record("ATR", fields, big_endian=bool(records.is_big[row]))
        end, there = edits.get(at, (at, b""))
        edits[at] = (end, record + there)


def _assembled(content: bytes, edits: Edits) -> bytes:
    pieces, position = [], 0
    for start, (end, replacement) in sorted(edits.items()):
        pieces += [content[position:start], replacement]
        position = end
    return b"".join([*pieces, content[position:]])
