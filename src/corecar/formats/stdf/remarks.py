"""What tester and test program wrote in words: DTR and GDR as the `texts` table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corecar.compiled import compiled
from corecar.formats.stdf import kernel_state as kernel
from corecar.formats.stdf.columns import decode
from corecar.formats.stdf.rows import RECORDS
from corecar.formats.stdf.runs import Run
from corecar.formats.stdf.texts import LATIN1, NotUtf8, Speller
from corecar.tables import schema

DTR, GDR = (record.typ << 8 | record.sub for record in (RECORDS["DTR"], RECORDS["GDR"]))
BAR = ord("|")
DIGITS = 24
"""Room for one number as text; no other field grows more than threefold."""


def remark_table(runs: list[Run]) -> Any:
    """The `texts` table of all runs, in the order of the files."""
    pieces = [_run_remarks(place, run, run.encoding) for place, run in enumerate(runs) if _has_remarks(run)]
    if not pieces:
        return schema("texts").empty_table()
    return pa.concat_tables(pieces).combine_chunks()


def _has_remarks(run: Run) -> bool:
    counts = run.stream.working.counts
    return bool(counts[DTR] or counts[GDR])


def _run_remarks(place: int, run: Run, encoding: str | None) -> Any:
    working = run.stream.working
    rows = working.asides[: working.count(kernel.ASIDES)]
    code = rows["code"].copy()
    rows = rows.take(np.flatnonzero((code == DTR) | (code == GDR)))
    begun = rows["parts"].astype(np.int64)
    arrays = [
        pa.array(np.full(len(rows), place, np.uint32)),
        pa.array(rows["sequence"].astype(np.uint64)),
        pa.array(rows["offset"].astype(np.uint64)),
        pa.array((begun + run.first_part - 1).astype(np.uint32), mask=begun == 0),
        pa.array(["DTR", "GDR"], pa.string()).take(pa.array((rows["code"] == GDR).astype(np.int8))),
        _texts(run, rows, encoding),
    ]
    return pa.Table.from_arrays(arrays, schema=schema("texts"))


def _texts(run: Run, rows: Any, encoding: str | None) -> Any:
    """The text of each record; of a GDR its fields joined by `|`."""
    arena = run.stream.working.arena
    room = 3 * int(rows["length"].sum(dtype=np.int64)) + 2 * len(rows) + DIGITS
    wide, ends = np.empty(room, np.uint8), np.zeros(len(rows) + 1, np.int64)
    plain = np.ones(len(rows), np.bool_)
    at, length, code = (np.ascontiguousarray(rows[name]) for name in ("at", "length", "code"))
    used = spell_remarks(arena, at, length, code, run.stream.big_endian, wide, ends, plain)
    data = wide[:used].copy()
    try:
        texts, _ = Speller(encoding).spell(data, ends, None)
    except NotUtf8:
        texts, _ = Speller(LATIN1).spell(data, ends, None)
    return (
        texts if plain.all() else pc.replace_with_mask(texts, pa.array(~plain), _by_field(run, rows[~plain], encoding))
    )


def _by_field(run: Run, rows: Any, encoding: str | None) -> Any:
    """The text of GDRs with fields beyond integers and text, by the general decoder."""
    table = decode(
        run.stream.working.arena, rows["at"].copy(), rows["length"].copy(), RECORDS["GDR"],
        big_endian=run.stream.big_endian, encoding=encoding,
    )  # fmt: skip
    return pa.array(
        [
            "|".join(field["value"] for field in fields or [] if field["code"] != "B0")
            for fields in table["GEN_DATA"].to_pylist()
        ],
        pa.string(),
    )


@compiled
def spell_remarks(arena: Any, at: Any, length: Any, code: Any, big: bool, data: Any, ends: Any, plain: Any) -> Any:
    """Write the text of each record behind the last one's; returns the bytes used. `plain` goes False where a GDR
    holds more than integers and text; its text is then empty."""
    used: Any = np.int64(0)
    for row in range(len(at)):
        start, end = at[row], at[row] + length[row]
        begun = used
        if code[row] == DTR:
            size = min(np.int64(arena[start]), end - start - 1) if end > start else 0
            for i in range(size):
                data[used + i] = arena[start + 1 + i]
            used += size
            ends[row + 1] = used
            continue
        fields: Any = 0
        if end - start >= 2:
            first, second = np.int64(arena[start]), np.int64(arena[start + 1])
            fields = first * 256 + second if big else second * 256 + first
        place = start + 2
        for _ in range(fields):
            if place >= end:
                break
            kind = arena[place]
            place += 1
            if kind == 0:
                continue
            if kind == 10 and place < end:
                size = min(np.int64(arena[place]), end - place - 1)
                for i in range(size):
                    data[used + i] = arena[place + 1 + i]
                used += size
                place += 1 + size
            elif 1 <= kind <= 6:
                size = 1 << ((kind - 1) % 3)
                if place + size > end:
                    break
                value: Any = np.int64(0)
                for i in range(size):
                    byte = np.int64(arena[place + i]) if big else np.int64(arena[place + size - 1 - i])
                    value = value * 256 + byte
                if kind >= 4 and value >> (8 * size - 1):
                    value -= np.int64(1) << (8 * size)
                used = _write_number(value, data, used)
                place += size
            else:
                plain[row] = False
                break
            data[used] = BAR
            used += 1
        if used > begun:
            used -= 1
        if not plain[row]:
            used = begun
        ends[row + 1] = used
    return used


@compiled
def _write_number(value: int, data: Any, used: int) -> int:
    """A whole number in decimal digits."""
    if value < 0:
        data[used] = 45
        used += 1
        value = -value
    size, above = 1, 10
    while value >= above:
        size += 1
        above *= 10
    for i in range(size):
        data[used + size - 1 - i] = 48 + value % 10
        value //= 10
    return used + size
