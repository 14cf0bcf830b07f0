"""What a run of a lot is: one stream of a file. In which order runs were tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corecar.formats.stdf.cold import Tables
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


def testing_order(rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Places of rows of `runs`, by retest pass and start where every file tells its start; else as given."""
    order = list(range(len(rows)))
    if all(row.get("start") for row in rows):
        order.sort(key=lambda place: (rows[place].get("test_pass") or 1, rows[place]["start"]))
    return order
