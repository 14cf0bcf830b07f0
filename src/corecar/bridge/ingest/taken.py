"""What a worker brings back from one file, before any of it is true: values only, small enough to travel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from corecar.bridge.ingest.discovery import Candidate
from corecar.store.capture import Captured
from corecar.store.lake import Written


@dataclass(frozen=True)
class TakenRun:
    """One run of the file.

    id            SHA-256 of the stream's decompressed bytes
    first, last   its stretch of the decompressed content, in bytes
    row           its row of `runs` as plain values
    counts        parts, tests, results, wafers, and the four counts of the yields
    written       its files in the lake, not listed yet
    """

    id: str
    stream: int
    first: int
    last: int
    row: dict[str, Any]
    counts: dict[str, int]
    written: tuple[Written, ...]


@dataclass(frozen=True)
class Taken:
    """A file that was read, stored and laid out as columns; `encoding` as it was named for its texts."""

    candidate: Candidate
    captured: Captured
    compression: str | None
    format: str | None
    extra: dict[str, Any]
    warnings: tuple[str, ...]
    salvaged: bool
    runs: tuple[TakenRun, ...]
    encoding: str | None = None

    def written_keys(self) -> Iterator[str]:
        """Every file that was written for it."""
        yield self.captured.stored_key
        for run in self.runs:
            yield from (written.key for written in run.written)


@dataclass(frozen=True)
class Refused:
    """A file that could not be read.

    problem  kind of the error, message: its sentence
    key      where a copy of the file lies as it came; None when there is none
    later    it is no bad file: it still grows, or is gone; it is taken another time
    other    it is no tester file and was not named by the user
    """

    candidate: Candidate
    problem: str
    message: str
    key: str | None = None
    later: bool = False
    other: bool = False
