"""Closes the file of a test run that broke off: the records that should have followed are added.

What is there stays as it is, byte for byte, up to a last record that is cut. Added are, where missing: a PRR for each
part still open (marked as ended abnormally, pass or fail unknown, bin 0), a WRR for each wafer still open, and, in a
stream without MRR, the counts of parts and bins over all sites and the MRR. An ATR says that this was done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corecar.formats.stdf.columns import ByteArray, decode
from corecar.formats.stdf.encode import encode_record
from corecar.formats.stdf.marks import REPAIR
from corecar.formats.stdf.records import Stretch, is_far, stretches
from corecar.formats.stdf.rows import RECORDS
from corecar.formats.stdf.wafer_spans import Mark, Span, wafer_spans
from corecar.stdf_values import ALL_HEADS, NO_BIN, PART_ABNORMAL, PART_FAILED, PART_NO_VERDICT

Rows = npt.NDArray[np.int64]
HEAD_AT = {"PIR": 0, "PRR": 0, "PTR": 4, "MPR": 4, "FTR": 4}
"""Where HEAD_NUM and, behind it, SITE_NUM stand in a record's body."""
TESTS = ("PTR", "MPR", "FTR")
COUNTS = ("PCR", "HBR", "SBR")
UNKNOWN_TIME = 0
MOST_TESTS = 65_535
"""Tests that NUM_TEST counts, two bytes."""
NOTE = f"closed by {REPAIR}"
HEADER, FAR_BODY = 4, 2
"""Bytes of a record's header, and of a FAR; one of another length is written anew."""


@dataclass(frozen=True)
class Repaired:
    """A closed file.

    content  its bytes; the same as before where nothing was missing
    done     what was added or left out, one sentence each; empty where nothing was missing
    """

    content: bytes
    done: tuple[str, ...]


@dataclass
class _Stream:
    """The records from one FAR to the next.

    kinds    int64, shape (records,): typ * 256 + sub
    starts   int64, shape (records,): where each begins; `ends` likewise. Bytes between two of them were lost
    sites    int64, shape (records,): head * 256 + site, -1 where the record has none
    added    (record it goes behind, rank at that place, bytes)
    aborted  (record, head) of each part closed here
    """

    big: bool
    kinds: Rows
    starts: Rows
    ends: Rows
    sites: Rows
    added: list[tuple[int, int, bytes]] = field(default_factory=list)
    aborted: list[tuple[int, int]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def rows(self, *names: str) -> Rows:
        """The records of these types, in order."""
        return np.flatnonzero(np.isin(self.kinds, [_kind(name) for name in names]))

    def add(self, behind: int, rank: int, name: str, values: dict[str, object]) -> None:
        """Add a record behind another; of several at one place, the lower rank comes first."""
        self.added.append((behind, rank, encode_record(name, values, big_endian=self.big, encoding="latin-1")))

    def table(self, data: ByteArray, name: str, rows: Rows) -> list[dict[str, Any]]:
        """The fields of some records of one type."""
        starts = self.starts[rows] + 4
        lengths = self.ends[rows] - starts
        found = decode(data, starts, lengths, RECORDS[name], big_endian=self.big, encoding="latin-1")
        return list(found.to_pylist())


def repair(content: ByteArray | bytes, *, path: str | Path, when: int) -> Repaired:
    """Close a file that broke off.

    content  uint8 or bytes: the decompressed file
    path     its name, for messages
    when     the time of the repair, for the ATR [seconds since 1970]
    Raises   UnknownFormat, UnsupportedVersion as `read_records` does
    Source   STDF Specification V4: order of records; PRR, PART_FLG
    """
    data = np.frombuffer(content, np.uint8) if isinstance(content, bytes) else content
    streams, lost = _streams(data, path)
    pieces: list[bytes] = []
    done = list(lost)
    for number, stream in enumerate(streams, start=1):
        _close_parts(stream)
        _close_wafers(stream, data)
        if not len(stream.rows("MRR")):
            _close_lot(stream, data)
        if stream.done or (lost and number == len(streams)):
            behind = int(stream.rows("FAR", "ATR").max(initial=0))
            stream.add(behind, 0, "ATR", {"MOD_TIM": when, "CMD_LINE": REPAIR})
        pieces += _spliced(stream, data)
        done += stream.done
    return Repaired(b"".join(pieces), tuple(done))


def _kind(name: str) -> int:
    return RECORDS[name].typ * 256 + RECORDS[name].sub


def _streams(data: ByteArray, path: str | Path) -> tuple[list[_Stream], list[str]]:
    """The whole records of each FAR, and what was lost."""
    gathered: list[list[Stretch]] = []
    lost: list[str] = []
    for found in stretches(data, path=path, on_error="salvage"):
        if isinstance(found, str):
            lost.append(found)
        elif len(found.offsets):
            if is_far(data, int(found.offsets[0])):
                gathered.append([])
            gathered[-1].append(found)
    return [_stream(data, parts) for parts in gathered], lost


def _stream(data: ByteArray, parts: list[Stretch]) -> _Stream:
    """The records of one FAR without those whose wrong length reaches into the next one."""
    starts = np.concatenate([part.offsets for part in parts])
    lengths = np.concatenate([part.lengths for part in parts]).astype(np.int64)
    kinds = np.concatenate([part.kinds for part in parts]).astype(np.int64)
    fits = np.append(starts[:-1] + 4 + lengths[:-1] <= starts[1:], True)
    sound = bool(fits[0]) and lengths[0] == FAR_BODY
    if not sound:
        fits[0], lengths[0] = True, -HEADER
    starts, lengths, kinds = starts[fits], lengths[fits], kinds[fits]
    sites = np.full(len(kinds), -1)
    for name, before in HEAD_AT.items():
        rows = np.flatnonzero((kinds == _kind(name)) & (lengths >= before + 2))
        at = starts[rows] + 4 + before
        sites[rows] = data[at].astype(np.int64) * 256 + data[at + 1]
    stream = _Stream(parts[0].big_endian, kinds, starts, starts + 4 + lengths, sites)
    if not sound:
        stream.add(0, -1, "FAR", {"CPU_TYPE": 1 if stream.big else 2, "STDF_VER": 4})
    return stream


def _close_parts(stream: _Stream) -> None:
    """A PRR for every PIR that none follows before the next PIR of its head and site."""
    begins = stream.kinds == _kind("PIR")
    marks = stream.rows("PIR", "PRR")
    tests = stream.rows(*TESTS)
    for site in np.unique(stream.sites[marks]).tolist():
        own = marks[stream.sites[marks] == site]
        ends = np.append(own[1:], len(stream.kinds))
        is_open = begins[own] & np.append(begins[own[1:]], True)
        measured = tests[stream.sites[tests] == site]
        for begin, end in zip(own[is_open].tolist(), ends[is_open].tolist(), strict=True):
            within = measured[(measured > begin) & (measured < end)]
            _close_part(stream, begin, within, site)
    if stream.aborted:
        count = len(stream.aborted)
        stream.done.append(
            f"{count} open part{'s' * (count > 1)} got a PRR that says: ended abnormally, pass or fail unknown, bin 0"
        )


def _close_part(stream: _Stream, begin: int, tests: Rows, site: int) -> None:
    behind = int(tests[-1]) if len(tests) else begin
    head, number = divmod(site, 256)
    values: dict[str, object] = {"HEAD_NUM": head, "SITE_NUM": number, "PART_FLG": PART_ABNORMAL | PART_NO_VERDICT}
    values |= {"NUM_TEST": min(len(tests), MOST_TESTS), "HARD_BIN": 0, "PART_TXT": NOTE}
    stream.add(behind, 1, "PRR", values)
    stream.aborted.append((behind, head))


def _close_wafers(stream: _Stream, data: ByteArray) -> None:
    """A WRR for every WIR that none follows before the next WIR of its head."""
    found = sorted(
        (row, name, fields)
        for name in ("WIR", "WRR")
        for row, fields in zip(stream.rows(name).tolist(), stream.table(data, name, stream.rows(name)), strict=True)
    )
    marks = [Mark(0, fields["HEAD_NUM"] or 0, row, name == "WIR") for row, name, fields in found]
    for span in wafer_spans(marks):
        if span.wir is not None and span.wrr is None:
            _close_wafer(stream, data, span, found[span.wir][2])


def _close_wafer(stream: _Stream, data: ByteArray, span: Span, wafer: dict[str, Any]) -> None:
    begin, end = span.after, len(stream.kinds) if span.before is None else span.before
    own = (
        stream.sites[begin + 1 : end] >= 0
        if span.head == ALL_HEADS
        else stream.sites[begin + 1 : end] >> 8 == span.head
    )
    within = np.arange(begin + 1, end)[own]
    parts = within[stream.kinds[within] == _kind("PRR")]
    flags = [part["PART_FLG"] or 0 for part in stream.table(data, "PRR", parts)]
    aborted = sum(begin <= row < end and span.head in (ALL_HEADS, other) for row, other in stream.aborted)
    values = {
        "HEAD_NUM": span.head,
        "SITE_GRP": wafer["SITE_GRP"],
        "FINISH_T": UNKNOWN_TIME,
        "PART_CNT": len(flags) + aborted,
        "ABRT_CNT": aborted + sum(bool(flag & PART_ABNORMAL) for flag in flags),
        "GOOD_CNT": sum(not flag & (PART_FAILED | PART_NO_VERDICT) for flag in flags),
        "WAFER_ID": wafer["WAFER_ID"],
        "EXC_DESC": NOTE,
    }
    stream.add(int(within[-1]) if len(within) else begin, 2, "WRR", values)
    stream.done.append(f"wafer {wafer['WAFER_ID'] or '(no name)'} got a WRR that counts {values['PART_CNT']} parts")


def _close_lot(stream: _Stream, data: ByteArray) -> None:
    """Counts over all sites, where the stream has none, and the MRR."""
    last = len(stream.kinds) - 1
    if not len(stream.rows(*COUNTS)):
        parts = stream.table(data, "PRR", stream.rows("PRR"))
        closed = {"PART_FLG": PART_ABNORMAL | PART_NO_VERDICT, "HARD_BIN": 0, "SOFT_BIN": NO_BIN}
        parts += [closed] * len(stream.aborted)
        _add_counts(stream, last, parts)
    stream.add(last, 9, "MRR", {"FINISH_T": UNKNOWN_TIME, "EXC_DESC": NOTE})
    stream.done.append("an MRR was added; the time of the end is unknown")


def _add_counts(stream: _Stream, last: int, parts: list[dict[str, Any]]) -> None:
    everywhere: dict[str, object] = {"HEAD_NUM": ALL_HEADS, "SITE_NUM": ALL_HEADS}
    flags = [part["PART_FLG"] or 0 for part in parts]
    counts = {
        "PART_CNT": len(parts),
        "ABRT_CNT": sum(bool(flag & PART_ABNORMAL) for flag in flags),
        "GOOD_CNT": sum(not flag & (PART_FAILED | PART_NO_VERDICT) for flag in flags),
    }
    stream.add(last, 5, "PCR", everywhere | counts)
    for rank, (name, bin_field, short) in enumerate((("HBR", "HARD_BIN", "H"), ("SBR", "SOFT_BIN", "S")), start=6):
        numbers = [part[bin_field] for part in parts]
        for number in sorted({n for n in numbers if n is not None and n != NO_BIN}):
            here = [flag for flag, n in zip(flags, numbers, strict=True) if n == number]
            verdict = {f"{short}BIN_NUM": number, f"{short}BIN_CNT": len(here), f"{short}BIN_PF": _verdict(here)}
            stream.add(last, rank, name, everywhere | verdict)
    stream.done.append(f"counts of {len(parts)} parts over all sites were added (PCR, HBR, SBR)")


def _verdict(flags: list[int]) -> str:
    """P where all parts of a bin passed, F where all failed, else a blank."""
    said = {" " if flag & PART_NO_VERDICT else "F" if flag & PART_FAILED else "P" for flag in flags}
    return said.pop() if len(said) == 1 else " "


def _spliced(stream: _Stream, data: ByteArray) -> list[bytes]:
    """The stream's whole records with the added ones between them; lost bytes are left out."""
    gaps = np.flatnonzero(stream.starts[1:] != stream.ends[:-1]).tolist()
    cuts = [*stream.added, *((row, 0, b"") for row in gaps)]
    nexts = [*stream.starts[1:].tolist(), int(stream.ends[-1])]
    pieces = []
    at = int(stream.starts[0])
    for behind, _, record in sorted(cuts, key=lambda entry: entry[:2]):
        pieces += [data[at : int(stream.ends[behind])].tobytes(), record]
        at = nexts[behind]
    return [*pieces, data[at : int(stream.ends[-1])].tobytes()]
