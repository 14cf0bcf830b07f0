"""The tables of an STDF file after parts changed their bins and verdicts: HBR, SBR, PCR and WRR follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from corecar.formats.stdf.amend import ROOM, Tables, stream_of, with_column, with_rows
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
from corecar.formats.stdf.rejudge import integers
from corecar.formats.stdf.wafer_spans import Mark

PLACE = (("HEAD_NUM", 1), ("SITE_NUM", 1), ("offset", 0))
"""Fields that say whose a count is and where it stands, with what holds where they are missing."""


def recount(tables: Tables, moves: Sequence[Move], *, name: str) -> list[str]:
    """Let the counts follow the moves; a bin that had no record gets one, where its head and site have records.

    moves    their places are `sequence` of the PRRs
    name     HBIN_NAM and SBIN_NAM of bins that are new to the file
    Returns  a sentence for each count that was too small. Changes `tables`.
    """
    if not moves:
        return []
    told = []
    for record in BIN_RECORDS:
        if record in tables:
            told += _recount_bins(tables, record, moves, name)
    if "PCR" in tables:
        told += _write_good(tables, "PCR", _site_rows(tables), moves)
    if "WRR" in tables:
        told += _write_good(tables, "WRR", _wafer_rows(tables), moves)
    return told


def _recount_bins(tables: Tables, record: str, moves: Sequence[Move], name: str) -> list[str]:
    table, prefix = tables[record], f"{record[0]}BIN"
    owners = (stream_of(tables, table), integers(table, "HEAD_NUM", 1), integers(table, "SITE_NUM", 1))
    numbers, counts, names = (table[f"{prefix}_{field}"].to_pylist() for field in ("NUM", "CNT", "NAM"))
    columns = zip(*(owner.tolist() for owner in owners), numbers, counts, names, strict=True)
    rows = [
        BinRow(stream, head, site, number, counted, text or "") for stream, head, site, number, counted, text in columns
    ]
    counts, added, told = recount_bins(record, rows, moves, name)
    tables[record] = with_column(table, f"{prefix}_CNT", pa.array(counts, pa.uint32()))
    with_rows(tables, record, _added_rows(table, prefix, added))
    return told


def _added_rows(table: Any, prefix: str, added: Sequence[NewBin]) -> list[dict[str, Any]]:
    sequence, heads, sites = (table[field].to_pylist() for field in ("sequence", "HEAD_NUM", "SITE_NUM"))
    return [
        {
            "sequence": sequence[new.behind] + 1 + place % (ROOM - 1),
            "HEAD_NUM": heads[new.behind],
            "SITE_NUM": sites[new.behind],
            f"{prefix}_NUM": new.number,
            f"{prefix}_CNT": new.counted,
            f"{prefix}_PF": new.verdict,
            f"{prefix}_NAM": new.name,
        }
        for place, new in enumerate(added)
    ]


def _site_rows(tables: Tables) -> list[GoodRow]:
    table = tables["PCR"]
    heads, sites, offsets = (integers(table, *field).tolist() for field in PLACE)
    columns = zip(stream_of(tables, table).tolist(), heads, sites, offsets, table["GOOD_CNT"].to_pylist(), strict=True)
    return [GoodRow(stream, head, site, offset, good) for stream, head, site, offset, good in columns]


def _wafer_rows(tables: Tables) -> list[GoodRow]:
    """The WRRs in the order of their table."""
    found: list[tuple[Mark, int, int | None]] = []
    for record in ("WIR", "WRR"):
        if record in tables:
            table = tables[record]
            streams, heads = stream_of(tables, table).tolist(), integers(table, "HEAD_NUM", 1).tolist()
            counts = table["GOOD_CNT"].to_pylist() if record == "WRR" else [None] * table.num_rows
            places, offsets = table["sequence"].to_pylist(), integers(table, "offset", 0).tolist()
            for stream, head, place, offset, count in zip(streams, heads, places, offsets, counts, strict=True):
                found.append((Mark(stream, head, place, record == "WIR"), offset, count))
    found.sort(key=lambda entry: entry[0].place)
    marks, offsets, counts = zip(*found, strict=True)
    rows = wafer_rows(marks, offsets, counts)
    return [rows[row] for row in sorted(rows)]


def _write_good(tables: Tables, record: str, rows: Sequence[GoodRow], moves: Sequence[Move]) -> list[str]:
    counts, told = recount_good(record, rows, moves)
    tables[record] = with_column(tables[record], "GOOD_CNT", pa.array(counts, pa.uint32()))
    return told
