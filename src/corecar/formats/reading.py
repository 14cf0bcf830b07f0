"""From paths to one lot: recognise each file by its content, scan it, join what belongs together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from corecar.errors import ArgumentError, DamagedSource, SourceError, UnknownFormat, UnsupportedVersion
from corecar.file_kinds import look_of_content
from corecar.formats.prepared import prepared_lot
from corecar.formats.recognition import FAR_HEADS, HEAD, looks_like_atdf
from corecar.formats.sources import Member, members, shown
from corecar.formats.stdf import halves
from corecar.formats.stdf.joining import join
from corecar.formats.stdf.runs import Scanned
from corecar.formats.stdf.scanner import SALVAGE, Scanner
from corecar.formats.stdf.texts import checked_encoding
from corecar.formats.stdf.vax import VAX, in_ieee, says_vax
from corecar.formats.windows import Window, windows
from corecar.lot import Choice, Identity, Lot, OnError, Progress

CPU_TYPES = (2, 1)
"""FAR CPU_TYPE of a little-endian machine and of a big-endian one (STDF V4, FAR)."""
STEP = 1 << 24
"""Bytes scanned between two progress reports."""


def read(
    paths: str | Path | Iterable[str | Path],
    *,
    identity: Identity = "auto",
    retest: Choice = "last",
    encoding: str | None = None,
    on_error: OnError = "raise",
    progress: Progress | None = None,
) -> Lot:
    """Read the tester files of one lot and join them.

    paths     one file or several: STDF V4 or V4-2007, ATDF; plain, gzip, bz2, xz, zstd or zip; or one CSV datalog
              with its mapping beside it (`lot.csv.toml`), or one folder that `corecar.write` made as `.parquet`
    identity  what makes two attempts the same unit: `auto`, `flag`, `xy`, `ecid`, `part_text`, `part_id`, `none`
    retest    which attempt at a unit counts: `first`, `last`, `best`, `all`
    encoding  codec of the text; by default UTF-8, else Latin-1
    on_error  `raise` at the first damage, or `salvage` every whole record and say what was lost
    progress  called with (bytes done, bytes in all) of the files on disk
    Raises    SourceMissing, UnknownFormat, UnsupportedVersion, DamagedSource, ArgumentError

    >>> corecar.read("lot.stdf.gz").summary()["yield_final"]  # doctest: +SKIP
    0.946
    """
    checked_on_error(on_error)
    codec = checked_encoding(encoding)
    listed, again = once_each(_listed(paths))
    lot = prepared_lot(listed, identity=identity, retest=retest)
    if lot is None:
        scanned = [one for streams in scan_files(listed, on_error=on_error, progress=progress) for one in streams]
        lot = join(scanned, identity=identity, choice=retest, encoding=codec)
    notes = [f"{shown(path)} was named more than once and is read once." for path in again]
    return replace(lot, notes=(*notes, *lot.notes)) if notes else lot


def scan_files(paths: Sequence[Path], *, on_error: OnError, progress: Progress | None) -> list[list[Scanned]]:
    """The STDF streams of each file, in their order in it. Arguments and errors as of `read`."""
    strict = checked_on_error(on_error) == "raise"
    found = [members(path) for path in paths]
    meter = Meter(progress, sum(member.size for inside in found for member in inside))
    return [[one for member in inside for one in scan(member, strict, meter)] for inside in found]


def checked_on_error(on_error: OnError) -> OnError:
    """Raises ArgumentError for a word that is no way to deal with damage."""
    if on_error not in ("raise", "salvage"):
        raise ArgumentError(f'on_error="{on_error}": expected "raise" or "salvage".')
    return on_error


def _listed(paths: str | Path | Iterable[str | Path]) -> list[Path]:
    listed = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    if not listed:
        raise ArgumentError("no file was named. Name at least one tester file.")
    return listed


def once_each(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The files of a list, each once under the name it comes with first, and those named again."""
    first: dict[Path, Path] = {}
    again: dict[Path, None] = {}
    for path in paths:
        if first.setdefault(path.resolve(), path) is not path:
            again[first[path.resolve()]] = None
    return list(first.values()), list(again)


class Meter:
    """Adds up the bytes of all files for one progress report."""

    def __init__(self, report: Progress | None, total: int) -> None:
        self.report, self.total, self.before = report, total, 0

    def at(self, member: Member, done: int) -> None:
        if self.report is not None:
            self.report(min(self.before + min(done, member.size), self.total), self.total)

    def finished(self, member: Member) -> None:
        self.at(member, member.size)
        self.before += member.size


def scan(member: Member, strict: bool, meter: Meter) -> list[Scanned]:
    """Every STDF stream of a file. Damage under salvage makes it start over with the whole content at hand."""
    if member.compression is None:
        return _scan_whole(member, strict, meter)
    try:
        reader = _Reader(member, strict=True)
        for window in windows(member):
            reader.take(window)
            meter.at(member, member.consumed)
        meter.finished(member)
        return reader.finished(window.origin + window.size)
    except (DamagedSource, _NeedsWhole) as fault:
        if strict and isinstance(fault, DamagedSource):
            raise
        member.cut, member.consumed = "", 0
        return _scan_whole(member, strict, meter)


def _scan_whole(member: Member, strict: bool, meter: Meter) -> list[Scanned]:
    """Like `scan`, with the whole content mapped or in memory."""
    content = member.load()
    data = as_stdf(member, content)
    reader = _Reader(member, strict=strict, whole=True)
    place = reader.take_halves(data, lambda done: meter.at(member, done))
    while place < len(data) or not reader.scanners:
        stop = min(place + STEP, len(data))
        window = Window(data, place, stop, len(data), 0, True)
        reader.take(window)
        place = max(window.left_at, stop if stop == len(data) else window.left_at)
        meter.at(member, place if member.compression is None else member.consumed)
    meter.finished(member)
    found = reader.finished(len(data))
    if len(data) == len(content):
        return found
    return [replace(one, start=0, stop=len(content), format="ATDF") for one in found]


class Passing:
    """A healthy file that is scanned on its way to someone who takes its bytes: what was scanned is what was passed on.

    scanned  after the last block: its streams; None where the content has to be read as a whole, since it is damaged
             or translated first
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self.scanned: list[Scanned] | None = None

    def blocks(self) -> Iterator[memoryview]:
        """The content in blocks, each of which stays as it is until the next but one is asked for."""
        reader: _Reader | None = _Reader(self.member, strict=True)
        end = 0
        for window in windows(self.member, buffers=3):
            try:
                if reader is not None:
                    reader.take(window)
            except (SourceError, _NeedsWhole):
                reader = None
            if reader is None:
                window.left_at = window.size
            yield window.fresh
            end = window.origin + window.size
        if reader is not None:
            with suppress(SourceError):
                self.scanned = reader.finished(end)


class _NeedsWhole(Exception):
    """This content is not to be read window by window."""


class _Reader:
    """Feeds the windows of one file to a scanner per STDF stream.

    whole  they are windows of the whole content, translated where that is due
    """

    def __init__(self, member: Member, *, strict: bool, whole: bool = False) -> None:
        self.member, self.strict, self.whole = member, strict, whole
        self.scanners: list[Scanner] = []
        self.starts: list[int] = []

    def take(self, window: Window) -> None:
        """Scan one window; `window.left_at` then says from where its bytes are still needed."""
        if window.last and self.member.cut and self.strict:
            problem = f"{self.member.cut} after {window.origin + window.size:_} bytes of content."
            raise DamagedSource(self.member.name, problem, advice=self._advice(), offset=window.origin + window.size)
        if not self.scanners:
            self._begin(window, window.start)
        place, another = window.start, False
        while True:
            place, another = self.scanners[-1].feed(
                window.data, place, window.stop, origin=window.origin, size=window.size, last=window.last
            )
            if not another:
                break
            if place + 6 > window.size and not window.last:
                break
            self._begin(window, place)
        window.left_at = place

    def take_halves(self, data: Any, report: Callable[[int], None]) -> int:
        """Let two cores scan a large file; returns the place from which to go on."""
        if not halves.pays(len(data)):
            return 0
        self._begin(Window(data, 0, len(data), len(data), 0, True), 0)
        return halves.scan_in_halves(self.scanners[0], data, report)

    def finished(self, end: int) -> list[Scanned]:
        """The streams, each after its last byte; `end` is the length of the decompressed content."""
        streams = [scanner.finish() for scanner in self.scanners]
        if self.member.note:
            streams[-1].warnings.append(self.member.note)
        if self.member.cut:
            streams[-1].salvaged = True
            streams[-1].warnings.insert(0, f"{self.member.cut[0].upper()}{self.member.cut[1:]}; the rest is lost.")
        size, compression = self.member.size, self.member.compression
        spans = zip(streams, self.starts, [*self.starts[1:], end], strict=True)
        return [Scanned(stream, size, compression, start, stop) for stream, start, stop in spans]

    def _advice(self) -> str:
        return self.scanners[-1].advice() if self.scanners else SALVAGE.format("what is whole")

    def _begin(self, window: Window, place: int) -> None:
        head = window.data[place : min(place + HEAD, window.size)].tobytes()
        big_endian = FAR_HEADS.get(head[:4])
        if big_endian is None:
            if not self.scanners and self.member.compression is not None and looks_like_atdf(head):
                raise _NeedsWhole
            raise _refusal(self.member, head[:6])
        if len(head) > 5 and head[5] != 4:
            raise UnsupportedVersion(
                self.member.name, f"this is STDF of version {head[5]}; Corecar reads version 4.",
                advice="Have the tester write V4, or convert it with the tester maker's tool.",
                offset=window.origin + place, record="FAR",
            )  # fmt: skip
        if not self.scanners and not self.whole and not big_endian and head[4:5] == bytes([VAX]):
            raise _NeedsWhole
        self.scanners.append(self._scanner(head, big_endian))
        self.starts.append(window.origin + place)

    def _scanner(self, head: bytes, big_endian: bool) -> Scanner:
        """A scanner for a stream that begins with these bytes; it notes a CPU_TYPE that says otherwise than they do."""
        scanner = Scanner(self.member.name, big_endian=big_endian, strict=self.strict)
        said = head[4] if len(head) > 4 else None
        if said in CPU_TYPES and said != CPU_TYPES[big_endian]:
            scanner.stream.warnings.append(
                f"CPU_TYPE {said} says otherwise, but the records are {'big' if big_endian else 'little'} endian."
            )
        if said == VAX and not self.member.note:
            scanner.stream.warnings.append("CPU_TYPE 0 is a VAX, but the numbers are in IEEE form and were read so.")
        return scanner


def as_stdf(member: Member, data: Any) -> Any:
    """The content as STDF bytes with IEEE numbers; ATDF is translated, and so are the numbers of a VAX."""
    if says_vax(data):
        translated = in_ieee(data, path=member.name)
        if translated is None:
            return data
        member.note = "CPU_TYPE 0 is a VAX, and the numbers are in its form; they were translated."
        return translated
    if not looks_like_atdf(data[:HEAD].tobytes()):
        return data
    from corecar.formats.atdf import to_stdf

    return np.frombuffer(to_stdf(data.tobytes(), path=member.name), np.uint8)


def _refusal(member: Member, head: bytes) -> SourceError:
    """Why content that does not begin with a FAR is not read, and what to do with it."""
    if not head and member.cut:
        return DamagedSource(member.name, f"{member.cut}; nothing of it is readable.", advice="Copy it again.")
    if not head:
        return UnknownFormat(member.name, "it holds no data.", advice="Copy it again from the tester.")
    look = look_of_content(member.head())
    problem = f"this looks like {look}; expected a tester file (STDF or ATDF)."
    if look in ("a CSV table", "a text file"):
        advice = "A CSV datalog is read through a mapping: corecar datalog propose FILE."
        return UnknownFormat(member.name, problem, advice=advice)
    if look == "binary data":
        problem += " It does not begin with a FAR record (bytes 02 00 00 0A or 00 02 00 0A)."
    return UnknownFormat(member.name, problem, advice="Check that it is the tester's own file.")
