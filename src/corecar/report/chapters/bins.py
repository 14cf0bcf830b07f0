"""Which bins the parts fell into, hard and soft, with names, counts and shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from corecar.report.blocks import Block, Column, Picture, Table, Text
from corecar.report.evidence import Evidence
from corecar.report.figures.bars import Bar, bar_chart
from corecar.report.figures.palette import fail_class
from corecar.report.quantities import DASH, count, plural, share

BARS_AT_MOST = 12
BARS_IN_FRONT = 5
HOLDS_AT_MOST = 3
"""Reasons to hold beside which the first page still has room for bins."""


@dataclass(frozen=True)
class BinColours:
    """Fail bins of the tester by count, most first, and how each is called."""

    ranked: tuple[int, ...]
    names: dict[int, str]

    def of(self, number: int) -> str:
        """Colour class of a fail bin."""
        if number not in self.ranked or number < 0:
            return "unknown"
        return fail_class(self.ranked.index(number) + 1)


def bin_colours(evidence: Evidence, kind: str) -> BinColours:
    """The colours of the tester's fail bins, in the order of their counts."""
    bins = evidence.bins(kind, after=False)[evidence.disposed]
    failed = bins[~evidence.passed[evidence.disposed]]
    numbers, counts = np.unique(failed, return_counts=True)
    ranked = sorted(zip(numbers.tolist(), counts.tolist(), strict=True), key=lambda row: (-row[1], row[0]))
    names = {number: bin_label(evidence, kind, number) for number, _ in ranked}
    return BinColours(tuple(number for number, _ in ranked), names)


def bin_label(evidence: Evidence, kind: str, number: int) -> str:
    """`5 Contact open`, or `bin 5` when the file names no such bin."""
    if number < 0:
        return "no bin recorded"
    name = evidence.bin_names.get((kind, number))
    return f"{number} {name}" if name else f"bin {number}"


@dataclass(frozen=True)
class BinCount:
    """Parts of one bin before and after screening, and whether good parts or a screen put parts there."""

    number: int
    before: int
    after: int
    passed: bool
    screens: bool


def counted_bins(evidence: Evidence, kind: str) -> list[BinCount]:
    """Bins before and after screening: fail bins by count after it, then the bins of good parts."""
    before = evidence.bins(kind, after=False)[evidence.disposed]
    after = evidence.bins(kind, after=True)[evidence.disposed]
    passed, rejected = evidence.passed[evidence.disposed], evidence.rejected[evidence.disposed]
    found = []
    for number in np.unique(np.concatenate([before, after])).tolist():
        good = bool((passed & ~rejected)[after == number].any())
        screens = not good and bool(rejected[after == number].any())
        found.append(BinCount(number, int((before == number).sum()), int((after == number).sum()), good, screens))
    return sorted(found, key=lambda row: (row.passed, -row.after, row.number))


def bin_blocks(evidence: Evidence, kind: str) -> tuple[Block, ...]:
    """Bars of the fail bins after screening, most first, and the table of all bins of this kind."""
    counted = counted_bins(evidence, kind)
    if not counted or not len(evidence.disposed) or all(row.number < 0 for row in counted):
        return (Text(f"The files record no {kind} bins.", "note"),)
    fails = [row for row in counted if not row.passed and row.after]
    blocks: list[Block] = []
    whole = len(evidence.disposed)
    if fails:
        alt = f"Parts in each {kind} fail bin after screening, most first"
        blocks.append(
            Picture(
                bar_chart(bars_of(evidence, kind, fails), whole, alt),
                alt,
                f"{kind.capitalize()} bins of rejected parts",
            )
        )
        blocks += _others(fails[BARS_AT_MOST:], whole)
    else:
        blocks.append(Text(f"Every part is in a {kind} bin of good parts.", "note"))
    return (*blocks, _table(evidence, kind, counted, whole), *_attempts_note(evidence, whole))


def _attempts_note(evidence: Evidence, whole: int) -> tuple[Text, ...]:
    """Where the files prove no unit identity, a retest stands in the bins beside the first test of the same unit."""
    if whole == evidence.tested:
        return ()
    return (Text(f"Counted over {whole:,} attempts: the files do not say which of them are of the same unit.", "note"),)


def bars_of(evidence: Evidence, kind: str, fails: list[BinCount]) -> list[Bar]:
    colours = bin_colours(evidence, kind)
    return [
        Bar(bin_label(evidence, kind, row.number), row.after, colours.of(row.number), row.screens)
        for row in fails[:BARS_AT_MOST]
    ]


def _others(rest: list[BinCount], whole: int) -> tuple[Text, ...]:
    """The bins without a bar, in words: together they may outnumber the first, and a bar would hide it."""
    if not rest:
        return ()
    parts = sum(row.after for row in rest)
    said = f"{plural(len(rest), 'other bin')}: {plural(parts, 'part')}, {share(parts, whole)}; see the table."
    return (Text(said, "note"),)


def most_frequent(evidence: Evidence) -> tuple[Picture, ...]:
    """The hard bins that took most parts, for the first page; nothing where none did or the page is full of reasons."""
    fails = [row for row in counted_bins(evidence, "hard") if not row.passed and row.after and row.number >= 0]
    if not fails or len(evidence.grade.hold) > HOLDS_AT_MOST:
        return ()
    alt = "Parts in the most frequent hard bins of rejected parts, after screening"
    bars = bars_of(evidence, "hard", fails[:BARS_IN_FRONT])
    return (Picture(bar_chart(bars, len(evidence.disposed), alt), alt, "Most frequent hard bins of rejected parts"),)


def _table(evidence: Evidence, kind: str, counted: list[BinCount], whole: int) -> Table:
    reported = _reported(evidence, kind)
    rows = [
        (
            str(row.number) if row.number >= 0 else DASH,
            evidence.bin_names.get((kind, row.number), DASH),
            "pass" if row.passed else "screen" if row.screens else "fail",
            count(row.before),
            share(row.before, whole),
            count(row.after),
            share(row.after, whole),
            count(reported.get(row.number)),
        )
        for row in counted
    ]
    columns = (
        Column(f"{kind.capitalize()} bin", "right"),
        Column("Name", weight=1),
        Column("Kind"),
        Column("As tested", "right"),
        Column("%", "right"),
        Column("After screening", "right"),
        Column("%", "right"),
        Column("Tester's count", "right"),
    )
    return Table(columns, tuple(rows), len(rows), paper=30, rest="report.html")


def _reported(evidence: Evidence, kind: str) -> dict[int, int | None]:
    rows = evidence.grade.lot.bins.to_pylist()
    return {row["bin"]: row["reported"] for row in rows if row["kind"] == kind}
