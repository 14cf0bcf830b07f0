"""The counts of HBR, SBR, PCR and WRR after parts changed their bins and verdicts: moves and counts in, counts out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from corecar.formats.stdf.wafer_spans import Mark, wafer_spans
from corecar.stdf_values import ALL_HEADS, NO_BIN, UNKNOWN_COUNT

BIN_RECORDS = ("HBR", "SBR")
"""Records that count bins, in the order of `Move.old` and `Move.new`."""


class Move(NamedTuple):
    """One part that changed: where its PRR stands, whose it is, hard and soft bin and verdict before and after.

    place   grows along the file, like the places of the wafers' marks
    passed  whether it was good before; `passes` whether it is good now
    """

    place: int
    stream: int
    head: int
    site: int
    old: tuple[int, int]
    new: tuple[int, int]
    passed: bool
    passes: bool


class BinRow(NamedTuple):
    """An HBR or SBR; number and counted are None where the record ends before them, the name is empty where none is."""

    stream: int
    head: int
    site: int
    number: int | None
    counted: int | None
    name: str


class NewBin(NamedTuple):
    """A record to be added behind row `behind`, of the same head and site."""

    behind: int
    number: int
    counted: int
    verdict: str
    name: str


class GoodRow(NamedTuple):
    """A PCR or WRR: whose parts it counts.

    site    None for every site
    good    GOOD_CNT
    offset  where the record stands in the file, for messages
    after   it counts parts that end behind this place and before `before`; None for the end of the stream
    """

    stream: int
    head: int
    site: int | None
    offset: int
    good: int | None
    after: int = -1
    before: int | None = None


def recount_bins(
    record: str, rows: Sequence[BinRow], moves: Sequence[Move], name: str
) -> tuple[list[int | None], list[NewBin], list[str]]:
    """New counts of all rows, the bins to be added, and a sentence for each count too small for what left it.

    record  HBR or SBR
    name    of a bin that is new to the stream; one that stands there for another head or site keeps its name

    A count of all heads (HEAD_NUM 255) follows every part, any other the parts of its head and site. A bin is added
    where its head and site have records already.
    """
    change = _bin_changes(BIN_RECORDS.index(record), moves)
    counts, told = [], []
    last: dict[tuple[int, int, int], int] = {}
    for row, (stream, head, site, number, count, _) in enumerate(rows):
        owner = (stream, head, 0 if head == ALL_HEADS else site)
        last[owner] = row
        by = 0 if number is None else change.pop((*owner, number), 0)
        counts.append(count if count is None else max(count + by, 0))
        if count is not None and count + by < 0:
            told.append(f"{record} of bin {number} (head {head}, site {site}) counts {count}; {-by} left it.")
    gained = [
        (last[place[:3]], place[3], by)
        for place, by in sorted(change.items())
        if by > 0 and place[3] != NO_BIN and place[:3] in last
    ]
    return counts, _new_bins(record, rows, moves, gained, name), told


def _bin_changes(which: int, moves: Sequence[Move]) -> Counter[tuple[int, int, int, int]]:
    """How many parts each (stream, head, site, bin) gains; negative where it loses."""
    change: Counter[tuple[int, int, int, int]] = Counter()
    for move in moves:
        for head, site in ((move.head, move.site), (ALL_HEADS, 0)):
            change[move.stream, head, site, move.old[which]] -= 1
            change[move.stream, head, site, move.new[which]] += 1
    return change


def _new_bins(
    record: str, rows: Sequence[BinRow], moves: Sequence[Move], gained: Sequence[tuple[int, int, int]], name: str
) -> list[NewBin]:
    which = BIN_RECORDS.index(record)
    failing = {move.new[which] for move in moves if not move.passes}
    names: dict[tuple[int, int | None], str] = {}
    for row in rows:
        names[row.stream, row.number] = names.get((row.stream, row.number)) or row.name
    return [
        NewBin(row, number, by, "F" if number in failing else "P", names.get((rows[row].stream, number), name))
        for row, number, by in gained
    ]


def wafer_rows(marks: Sequence[Mark], offsets: Sequence[int], counts: Sequence[int | None]) -> dict[int, GoodRow]:
    """The WRRs as rows to be counted anew, by their row among the marks.

    marks   WIR and WRR in the order of the file; `offsets` and `counts` say of each its place and its GOOD_CNT
    """
    return {
        span.wrr: GoodRow(
            span.stream, span.head, None, offsets[span.wrr], counts[span.wrr], span.after, span.before
        )
        for span in wafer_spans(marks)
        if span.wrr is not None
    }  # fmt: skip


def recount_good(record: str, rows: Sequence[GoodRow], moves: Sequence[Move]) -> tuple[list[int | None], list[str]]:
    """New GOOD_CNT of all rows, and a sentence for each that was too small; a missing count stays missing.

    record  PCR or WRR, for the sentences
    """
    columns = [(move.stream, move.head, move.site, move.place, move.passes - move.passed) for move in moves]
    stream, head, site, place, gain = np.array(columns, np.int64).reshape(-1, 5).T
    counts, told = [], []
    for row in rows:
        own = (stream == row.stream) & (place > row.after)
        if row.head != ALL_HEADS:
            own &= head == row.head
            if row.site is not None:
                own &= site == row.site
        if row.before is not None:
            own &= place < row.before
        by = int(gain[own].sum())
        if row.good is None or row.good == UNKNOWN_COUNT:
            counts.append(row.good)
            continue
        counts.append(max(row.good + by, 0))
        if row.good + by < 0:
            told.append(f"{record} at byte {row.offset:_} counts {row.good} good parts; {-by} fewer pass now.")
    return counts, told
