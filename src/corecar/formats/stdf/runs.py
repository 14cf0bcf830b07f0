"""The runs of a lot: one per stream, in the order they were tested, each content once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corecar.formats.stdf import kernel_state as kernel
from corecar.formats.stdf.cold import ColdTables, Tables, run_row, wafer_rows
from corecar.formats.stdf.scanner import Stream


@dataclass(frozen=True)
class Scanned:
    """A stream and where it came from: bytes on disk, compression; its bytes in the decompressed content.

    start, stop  the stream is content[start:stop]
    format       what the content is; ATDF, which is text, was translated before it was scanned
    """

    stream: Stream
    size: int
    compression: str | None
    start: int = 0
    stop: int = 0
    format: str = "STDF"


@dataclass(frozen=True)
class Run:
    """One stream as a run of the lot.

    encoding    codec of its texts; None for UTF-8, else Latin-1
    cold        its records that are not hot, a table per type
    row         its columns of `runs`
    first_part  number in the lot of its first part
    parts       its rows of the kernel's parts table
    wafers      its rows of `wafers`, with the stretch of parts each covers
    """

    scanned: Scanned
    encoding: str | None
    cold: Tables
    row: dict[str, Any]
    first_part: int
    parts: Any
    wafers: list[dict[str, Any]]

    @property
    def stream(self) -> Stream:
        return self.scanned.stream


def runs_of(
    scanned: list[Scanned], encodings: Sequence[str | None], facts: Sequence[Mapping[str, Any]] | None = None
) -> tuple[list[Run], list[str]]:
    """The runs, and what a reader must know about their choice and order.

    encodings  for each stream, the codec of its texts; None for UTF-8, else Latin-1
    facts      for each stream, columns of `runs` that stand in place of what its records say
    """
    notes: list[str] = []
    kept: list[tuple[Scanned, str | None, Tables, dict[str, Any]]] = []
    seen: dict[tuple[Any, ...], str] = {}
    for one, encoding, stated in zip(scanned, encodings, facts or [{}] * len(scanned), strict=True):
        fingerprint = _fingerprint(one.stream) if len(scanned) > 1 else ()
        if fingerprint in seen:
            notes.append(f"{one.stream.path} holds the same testing as {seen[fingerprint]} and was left out.")
            continue
        seen[fingerprint] = one.stream.path
        tables = ColdTables(one.stream, encoding)
        kept.append((one, encoding, tables, run_row(tables) | dict(stated)))
    order = testing_order([row for *_, row in kept])
    if order != sorted(order):
        notes.append("The files were put in the order of their retest pass and start time.")
    runs: list[Run] = []
    first_part = 0
    for place in order:
        one, encoding, cold, row = kept[place]
        parts = one.stream.working.parts[: one.stream.working.count(kernel.PARTS)]
        wafers = [wafer | {"run": len(runs)} for wafer in wafer_rows(cold)]
        runs.append(Run(one, encoding, cold, row, first_part, parts, wafers))
        first_part += len(parts)
    return runs, notes


def testing_order(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Places of rows of `runs`, by retest pass and start where every file tells its start; else as given."""
    order = list(range(len(rows)))
    if all(row.get("start") for row in rows):
        order.sort(key=lambda place: (rows[place].get("test_pass") or 1, rows[place]["start"]))
    return order


def _fingerprint(stream: Stream) -> tuple[Any, ...]:
    """Equal for streams of equal content, however they were compressed."""
    working = stream.working
    parts = working.parts[: working.count(kernel.PARTS)]
    arena = hash(working.arena[: working.count(kernel.ARENA)].tobytes())
    sums = working.count(kernel.SEQUENCE), len(parts), working.count(kernel.CHECKSUM)
    return *sums, arena, hash(parts["offset"].tobytes())
