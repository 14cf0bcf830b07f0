"""The counts of an STDF file after parts changed their bins and verdicts: HBR, SBR, PCR and WRR."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from corecar.formats.stdf.amend import ROOM, Tables, stream_of, with_column, with_rows
from corecar.formats.stdf.rejudge import integers

ALL_HEADS, NO_BIN, UNKNOWN_COUNT = 255, 65_535, 0xFFFF_FFFF


@dataclass(frozen=True)
class Move:
    """One part that changed: its record, stream, head and site; hard and soft bin before and after; `good` is 1 when
    it passes now, -1 when it fails now, 0 when its verdict stayed."""

    sequence: int
    key: int
    old: tuple[int, int]
    new: tuple[int, int]
    good: int


def recount(tables: Tables, moves: Sequence[Move]) -> None:
    """Let the counts follow the moves; a bin that had no record gets one, where its head and site have records.

    Counts of all heads (HEAD_NUM 255) follow every part, others the parts of their head and site. Changes `tables`.
    """
    if not moves:
        return
    for place, (name, prefix) in enumerate((("HBR", "HBIN"), ("SBR", "SBIN"))):
        if name in tables:
            _recount_bins(tables, name, prefix, _bin_changes(moves, place), place, moves)
    if "PCR" in tables:
        _recount_good(tables, moves)
    if "WRR" in tables:
        _recount_wafers(tables, moves)


def _bin_changes(moves: Sequence[Move], place: int) -> Counter[tuple[int, int, int]]:
    """What each (stream, head and site, bin) gains."""
    change: Counter[tuple[int, int, int]] = Counter()
    for move in moves:
        for site in (move.key & 0xFFFF, ALL_HEADS << 8):
            change[move.key >> 16, site, move.old[place]] -= 1
            change[move.key >> 16, site, move.new[place]] += 1
    return change


def _sites(table: Any) -> list[int]:
    """Head and site in one number; all heads are one site."""
    heads, sites = integers(table, "HEAD_NUM", 1), integers(table, "SITE_NUM", 1)
    return list(np.where(heads == ALL_HEADS, ALL_HEADS << 8, heads << 8 | sites).tolist())


def _recount_bins(
    tables: Tables, name: str, prefix: str, change: Counter[tuple[int, int, int]], place: int, moves: Sequence[Move]
) -> None:
    table = tables[name]
    streams, sites = stream_of(tables, table).tolist(), _sites(table)
    numbers, counts = table[f"{prefix}_NUM"].to_pylist(), table[f"{prefix}_CNT"].to_pylist()
    last: dict[tuple[int, int], int] = {}
    for row, key in enumerate(zip(streams, sites, numbers, strict=True)):
        by = change.pop(key, 0)
        last[key[:2]] = row
        if by and counts[row] is not None:
            counts[row] = max(counts[row] + by, 0)
    tables[name] = with_column(table, f"{prefix}_CNT", pa.array(counts, pa.uint32()))
    failing = {move.new[place] for move in moves if move.good < 0}
    sequence, heads, numbers_of_site = (table[field].to_pylist() for field in ("sequence", "HEAD_NUM", "SITE_NUM"))
    added: list[dict[str, Any]] = []
    for (stream, site, number), by in sorted(change.items()):
        row = last.get((stream, site), -1)
        if by > 0 and row >= 0 and number != NO_BIN:
            place_of = {"sequence": sequence[row] + 1 + len(added) % (ROOM - 1), "HEAD_NUM": heads[row]}
            verdict = "F" if number in failing else "P"
            named = {"NUM": number, "CNT": by, "PF": verdict, "NAM": ""}
            fields = {f"{prefix}_{key}": value for key, value in named.items()}
            added.append(place_of | {"SITE_NUM": numbers_of_site[row]} | fields)
    with_rows(tables, name, added)


def _recount_good(tables: Tables, moves: Sequence[Move]) -> None:
    change: Counter[tuple[int, int]] = Counter()
    for move in moves:
        for site in (move.key & 0xFFFF, ALL_HEADS << 8):
            change[move.key >> 16, site] += move.good
    table = tables["PCR"]
    keys = zip(stream_of(tables, table).tolist(), _sites(table), strict=True)
    tables["PCR"] = with_column(table, "GOOD_CNT", _moved(table["GOOD_CNT"], [change[key] for key in keys]))


def _recount_wafers(tables: Tables, moves: Sequence[Move]) -> None:
    """GOOD_CNT of each wafer: the parts of its head between the WRR before and its own."""
    table = tables["WRR"]
    streams, heads = stream_of(tables, table).tolist(), integers(table, "HEAD_NUM", 1).tolist()
    ends = table["sequence"].to_pylist()
    begins: dict[tuple[int, int], int] = {}
    change = []
    for stream, head, end in zip(streams, heads, ends, strict=True):
        begin = begins.get((stream, head), -1)
        begins[stream, head] = end
        change.append(
            sum(
                move.good
                for move in moves
                if begin < move.sequence < end
                and move.key >> 16 == stream
                and head in (ALL_HEADS, move.key >> 8 & 0xFF)
            )
        )
    tables["WRR"] = with_column(table, "GOOD_CNT", _moved(table["GOOD_CNT"], change))


def _moved(counts: Any, change: Sequence[int]) -> Any:
    moved = [
        count if count is None or count == UNKNOWN_COUNT else max(count + by, 0)
        for count, by in zip(counts.to_pylist(), change, strict=True)
    ]
    return pa.array(moved, pa.uint32())
