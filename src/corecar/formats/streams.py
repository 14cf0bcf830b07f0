"""One file as the runs it holds: every STDF stream a lot of its own, with the place of its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corecar.errors import UnknownFormat
from corecar.formats.prepared import prepared_lot
from corecar.formats.reading import Meter, Passing, checked_on_error, scan
from corecar.formats.sources import Member, members
from corecar.formats.stdf.joining import join
from corecar.formats.stdf.texts import checked_encoding
from corecar.lot import Lot, OnError, Progress


@dataclass(frozen=True)
class Streamed:
    """One run of a file and where it lies.

    lot          the lot that this run alone makes
    start, stop  its bytes are content[start:stop] of the decompressed content; stop is None where it is all of it
                 and was not counted (a CSV datalog, a folder of Parquet files)
    member       of a zip: the file in it that the content is; else None
    """

    lot: Lot
    start: int
    stop: int | None
    member: str | None


def read_streams(
    path: str | Path, *, encoding: str | None = None, on_error: OnError = "raise", progress: Progress | None = None
) -> list[Streamed]:
    """Read one file as the runs that it holds, in the order of the file; nothing is joined or left out.

    path      a tester file, plain or compressed; a CSV datalog with its mapping beside it, or a folder that
              `corecar.write` made as `.parquet`, is one stream
    encoding, on_error, progress  as in `corecar.read`
    Raises    SourceMissing, UnknownFormat, UnsupportedVersion, DamagedSource, ArgumentError

    >>> [one.lot.runs.num_rows for one in read_streams("lot.stdf.gz")]  # doctest: +SKIP
    [1]
    """
    strict, codec = checked_on_error(on_error) == "raise", checked_encoding(encoding)
    prepared = prepared_lot([Path(path)])
    if prepared is not None:
        return [Streamed(prepared, 0, None, None)]
    found = members(path)
    meter = Meter(progress, sum(member.size for member in found))
    return [one for member in found for one in _streams(member, strict, codec, meter)]


def stream_in_passing(passed: Passing, *, encoding: str | None = None) -> Streamed | None:
    """The run of a file whose content has passed; None unless it is healthy STDF of one stream that is all of it.

    encoding  as in `corecar.read`
    """
    if passed.scanned is None or len(passed.scanned) != 1 or passed.member.inner is not None:
        return None
    one = passed.scanned.pop()
    lot = join([one], identity="auto", choice="last", encoding=checked_encoding(encoding))
    return Streamed(lot, one.start, one.stop, None)


def run_ids(path: str | Path, streams: Sequence[Streamed], content: str) -> list[str]:
    """The run id of each stream: the SHA-256 of its bytes in the decompressed content, 64 hex digits.

    content  SHA-256 of the file's whole decompressed content, which is the id of a stream that is all of it; only
             files that hold several streams, and zip archives, are read again
    """
    if len(streams) == 1 and streams[0].member is None:
        return [content]
    hashes = [digest for member in members(path) for digest in _digests(member, streams)]
    return [digest.hexdigest() for digest in hashes]


def _streams(member: Member, strict: bool, codec: str | None, meter: Meter) -> Iterator[Streamed]:
    scanned = scan(member, strict, meter)
    if len(scanned) > 1 and scanned[1].start == 0:
        problem = f"{len(scanned)} ATDF files stand in it one behind the other."
        raise UnknownFormat(member.name, problem, advice="Split it before each FAR line.")
    while scanned:
        one = scanned.pop(0)
        lot = join([one], identity="auto", choice="last", encoding=codec)
        yield Streamed(lot, one.start, one.stop, member.inner)


def _digests(member: Member, streams: Sequence[Streamed]) -> Iterator[hashlib._Hash]:
    spans = [(one.start, one.stop) for one in streams if one.member == member.inner]
    digests = [hashlib.sha256() for _ in spans]
    place = 0
    for piece in member.chunks():
        for (start, stop), digest in zip(spans, digests, strict=True):
            digest.update(piece[max(start - place, 0) : None if stop is None else max(stop - place, 0)])
        place += len(piece)
    yield from digests
