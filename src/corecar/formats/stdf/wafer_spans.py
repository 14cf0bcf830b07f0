"""Which stretch of a stream a wafer's parts lie in: from its WIR to its WRR, and what holds where one is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from corecar.stdf_values import ALL_HEADS


class Mark(NamedTuple):
    """A WIR or WRR.

    stream  number of its FAR, from 0
    head    HEAD_NUM; 255 stands for all heads
    place   where it stands: offset or number of the record, growing along the file
    begins  True for a WIR
    """

    stream: int
    head: int
    place: int
    begins: bool


class Span(NamedTuple):
    """The parts of one wafer: those of its stream and head (255: every head) that end between two places.

    after   the place they end behind; -1 for the start of the file
    before  the place they end before; None for the end of the stream
    wir     row of the mark that began it, the earliest if several; None where the WIR is missing
    wrr     row of the mark that ended it; None where the WRR is missing
    """

    stream: int
    head: int
    after: int
    before: int | None
    wir: int | None
    wrr: int | None


def wafer_spans(marks: Sequence[Mark]) -> list[Span]:
    """The spans of all wafers, in the order in which they end.

    marks   WIR and WRR in the order of the file
    Source  STDF Specification V4, WIR and WRR: a wafer of one head ends before the next one of that head begins

    A WRR ends the open wafers of its head; one of head 255 ends them all and is one span. Without an open wafer the
    span begins behind the last WRR of that head, so a WRR of head 255 behind those of each head covers their parts
    once more: it is their sum. A WIR without a WRR before the next WIR of its head ends there.
    """
    spans = []
    opened: dict[int, int] = {}
    ended: dict[int, int] = {}
    for row, mark in enumerate(marks):
        if row and mark.stream != marks[row - 1].stream:
            spans += [_unended(marks, wir, None) for wir in opened.values()]
            opened, ended = {}, {}
        met = [head for head in opened if mark.head == head or ALL_HEADS in (mark.head, head)]
        wirs = [opened.pop(head) for head in met]
        if mark.begins:
            spans += [_unended(marks, wir, mark.place) for wir in wirs]
            opened[mark.head] = row
            continue
        since = max(ended.get(mark.head, -1), ended.get(ALL_HEADS, -1))
        after = marks[wirs[0]].place if wirs else since
        spans.append(Span(mark.stream, mark.head, after, mark.place, wirs[0] if wirs else None, row))
        ended[mark.head] = mark.place
    return spans + [_unended(marks, wir, None) for wir in opened.values()]


def _unended(marks: Sequence[Mark], wir: int, before: int | None) -> Span:
    mark = marks[wir]
    return Span(mark.stream, mark.head, mark.place, before, wir, None)
