"""Parts moved to another bin in a copy of an STDF file, byte for byte the same otherwise.

What changes: HARD_BIN, SOFT_BIN and PART_FLG of the parts moved; the counts in HBR, SBR, PCR and WRR that follow from
them; new HBR and SBR where the bin was not there; one ATR that says who did it.
"""

from __future__ import annotations

import struct
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from corecar.errors import ArgumentError
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.parts_walk import FAR, HBR, PCR, PRR, SBR, WIR, WRR, Walk, walk_parts

ALL_HEADS = 255
HIGHEST_BIN = 32767

_FAILED, _NO_VERDICT = 0x08, 0x10
_MISSING_COUNT = 0xFFFF_FFFF
_NO_SOFT_BIN = 65535
_NAMES = {HBR: "HBR", SBR: "SBR", PCR: "PCR", WRR: "WRR"}
_GOOD_COUNT = {PCR: 14, WRR: 18}
"""Offset of GOOD_CNT in the body of each record that has it."""
_BIN_COUNT = 4
"""Offset of HBIN_CNT and SBIN_CNT in the body."""

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


@dataclass(frozen=True)
class _Move:
    """One part that changes its bins: the row of the walk, and what its PRR said before."""

    row: int
    stream: int
    head: int
    site: int
    old: tuple[int, int]
    new: tuple[int, int]


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
    name      HBIN_NAM and SBIN_NAM of bins that have to be added
    mark      CMD_LINE of the audit record that is added; `modified` its MOD_TIM in seconds since 1970, now by default
    Raises    ArgumentError for damaged content, a part that is not there or has no PRR, or a bin above 32767
    Source    STDF Specification V4: PRR, HBR, SBR, PCR, WRR, ATR

    A count of all heads (HEAD_NUM 255) changes with every part, any other with the parts of its head and site.
    """
    walk = walk_parts(content)
    if parts is not None and parts != walk.parts:
        raise ArgumentError(f"The content has {walk.parts} parts, {parts} were expected: it is not what was graded.")
    moves = _moves(content, walk, new_bins)
    edits: Edits = {}
    for move in moves:
        edits[int(walk.start[move.row])] = (int(walk.end[move.row]), _moved_part(content, walk, move))
    warnings = [*_recount_bins(content, walk, moves, name, edits), *_recount_good(content, walk, moves, edits)]
    _sign(walk, mark, int(time.time()) if modified is None else modified, edits)
    return Rebinned(_assembled(content, edits), tuple(warnings))


def _moves(content: bytes, walk: Walk, new_bins: Mapping[int, tuple[int, int]]) -> list[_Move]:
    if not walk.whole:
        raise ArgumentError("The STDF content breaks off inside a record. Repair the file first: corecar repair.")
    for part, bins in new_bins.items():
        if not 0 <= part < walk.parts:
            raise ArgumentError(f"part {part}: the file has parts 0 to {walk.parts - 1}.")
        if not all(0 <= number <= HIGHEST_BIN for number in bins):
            raise ArgumentError(f"part {part}: bins {bins}: expected numbers from 0 to {HIGHEST_BIN}.")
    found = []
    for row in (walk.part >= 0).nonzero()[0].tolist():
        part = int(walk.part[row])
        if part in new_bins:
            body = _padded(content[int(walk.start[row]) + 4 : int(walk.end[row])], bool(walk.is_big[row]))
            old = struct.unpack_from(_order(walk, row) + "HH", body, 5)
            found.append(_Move(row, int(walk.stream[row]), body[0], body[1], (old[0], old[1]), new_bins[part]))
    if len(found) < len(new_bins):
        lost = sorted(set(new_bins) - {int(walk.part[move.row]) for move in found})
        raise ArgumentError(f"part {lost[0]}: has no PRR, so it has no bins to change. Leave it out.")
    return found


def _order(walk: Walk, row: int) -> str:
    return ">" if walk.is_big[row] else "<"


def _padded(body: bytes, is_big: bool) -> bytes:
    """The body of a PRR with the fields up to SOFT_BIN, which the file may have omitted."""
    default = struct.pack((">" if is_big else "<") + "BBBHHH", 1, 1, 0, 0, 0, _NO_SOFT_BIN)
    return body + default[len(body) :]


def _moved_part(content: bytes, walk: Walk, move: _Move) -> bytes:
    order = _order(walk, move.row)
    start = int(walk.start[move.row])
    body = bytearray(_padded(content[start + 4 : int(walk.end[move.row])], order == ">"))
    body[2] = (body[2] | _FAILED) & ~_NO_VERDICT & 0xFF
    struct.pack_into(order + "HH", body, 5, *move.new)
    return struct.pack(order + "H", len(body)) + content[start + 2 : start + 4] + bytes(body)


def _recount_bins(content: bytes, walk: Walk, moves: list[_Move], name: str, edits: Edits) -> list[str]:
    """Take the parts moved off their old bins' counts and put them on the new ones'."""
    change = _bin_changes(moves)
    warnings = []
    last: dict[tuple[int, int, int, int], int] = {}
    for row in _rows(walk, HBR, SBR):
        start, end = int(walk.start[row]), int(walk.end[row])
        if end - start < 4 + _BIN_COUNT + 4:
            continue
        head, site, number, count = struct.unpack_from(_order(walk, row) + "BBHI", content, start + 4)
        place = (int(walk.stream[row]), int(walk.code[row]), head, 0 if head == ALL_HEADS else site)
        last[place] = row
        by = change.pop((*place, number), 0)
        if by:
            edits[start] = (end, _counted(content[start:end], _BIN_COUNT, count + by, _order(walk, row)))
        if count + by < 0:
            warnings.append(
                f"{_NAMES[place[1]]} of bin {number} (head {head}, site {site}) counts {count}; {-by} left it."
            )
    for (stream, code, head, site, number), by in change.items():
        row = last.get((stream, code, head, site), -1)
        if row >= 0 and by > 0:
            _add_bin(content, walk, row, number, by, name, edits)
    return warnings


def _bin_changes(moves: list[_Move]) -> Counter[tuple[int, int, int, int, int]]:
    """How many parts each (stream, HBR or SBR, head, site, bin) gains; negative where it loses."""
    change: Counter[tuple[int, int, int, int, int]] = Counter()
    for move in moves:
        for code, old, new in zip((HBR, SBR), move.old, move.new, strict=True):
            for head, site in ((move.head, move.site), (ALL_HEADS, 0)):
                change[move.stream, code, head, site, old] -= 1
                change[move.stream, code, head, site, new] += 1
    return change


def _add_bin(content: bytes, walk: Walk, row: int, number: int, count: int, name: str, edits: Edits) -> None:
    """Put a record for a new bin behind the last one of the same head and site."""
    start, end = int(walk.start[row]), int(walk.end[row])
    before = edits.get(start, (end, content[start:end]))[1]
    kind = _NAMES[int(walk.code[row])]
    prefix = f"{kind[0]}BIN_"
    fields = {"HEAD_NUM": content[start + 4], "SITE_NUM": content[start + 5]}
    fields |= {prefix + "NUM": number, prefix + "CNT": count}
    record = encode_record(
        kind, {**fields, prefix + "PF": "F", prefix + "NAM": name}, big_endian=bool(walk.is_big[row])
    )
    edits[start] = (end, before + record)


def _recount_good(content: bytes, walk: Walk, moves: list[_Move], edits: Edits) -> list[str]:
    """Take the parts moved off the good counts of their site, of all sites and of their wafer."""
    moved = {move.row: move for move in moves}
    by_site = Counter((move.stream, move.head, move.site) for move in moves)
    by_stream = Counter(move.stream for move in moves)
    on_wafer: Counter[tuple[int, int]] = Counter()
    warnings = []
    for row in _rows(walk, PRR, WIR, WRR, PCR):
        start, code, stream = int(walk.start[row]), int(walk.code[row]), int(walk.stream[row])
        head, site = content[start + 4], content[start + 5]
        if code == PRR:
            on_wafer[stream, head] += row in moved
        elif code == WIR:
            on_wafer = Counter({key: n for key, n in on_wafer.items() if head not in (ALL_HEADS, key[1])})
        elif code == WRR:
            everywhere = sum(n for (s, _), n in on_wafer.items() if s == stream)
            less = everywhere if head == ALL_HEADS else on_wafer[stream, head]
            warnings += _less_good(content, walk, row, less, edits)
        else:
            less = by_stream[stream] if head == ALL_HEADS else by_site[stream, head, site]
            warnings += _less_good(content, walk, row, less, edits)
    return warnings


def _less_good(content: bytes, walk: Walk, row: int, less: int, edits: Edits) -> list[str]:
    start, end, code = int(walk.start[row]), int(walk.end[row]), int(walk.code[row])
    at = _GOOD_COUNT[code]
    if not less or end - start < 4 + at + 4:
        return []
    count = struct.unpack_from(_order(walk, row) + "I", content, start + 4 + at)[0]
    if count == _MISSING_COUNT:
        return []
    edits[start] = (end, _counted(content[start:end], at, count - less, _order(walk, row)))
    if count >= less:
        return []
    return [f"{_NAMES[code]} at byte {start:_} counts {count} good parts; {less} were moved to failing bins."]


def _counted(record: bytes, at: int, count: int, order: str) -> bytes:
    changed = bytearray(record)
    struct.pack_into(order + "I", changed, 4 + at, max(count, 0))
    return bytes(changed)


def _rows(walk: Walk, *codes: int) -> list[int]:
    mask = walk.code == codes[0]
    for code in codes[1:]:
        mask = mask | (walk.code == code)
    rows: list[int] = mask.nonzero()[0].tolist()
    return rows


def _sign(walk: Walk, mark: str, modified: int, edits: Edits) -> None:
    """One ATR a stream, right behind the FAR: the latest change stands first."""
    for row in _rows(walk, FAR):
        at = int(walk.end[row])
        fields = {"MOD_TIM": modified, "CMD_LINE": mark[:255]}
        record = encode_record("ATR", fields, big_endian=bool(walk.is_big[row]))
        end, there = edits.get(at, (at, b""))
        edits[at] = (end, record + there)


def _assembled(content: bytes, edits: Edits) -> bytes:
    pieces, position = [], 0
    for start, (end, replacement) in sorted(edits.items()):
        pieces += [content[position:start], replacement]
        position = end
    return b"".join([*pieces, content[position:]])
