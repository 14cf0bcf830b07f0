"""The lot report, chapter by chapter: the answer first, then the picture, the tables, the details and the method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import Enum
from importlib.metadata import version

from corecar.graded import Grade
from corecar.report.blocks import Block, Document, Gallery, Picture, Section, Table
from corecar.report.chapters import (
    bins,
    history,
    kills,
    method,
    opening,
    overridden,
    spread,
    tests,
    wafers,
    yield_limits,
)
from corecar.report.evidence import Evidence
from corecar.report.printable import printable


class Paper(Enum):
    """How a chapter stands on paper."""

    FLOWS = "after the chapter before it"
    NEW_PAGE = "on a page of its own"
    WIDE = "on pages turned on their side"


Chapter = Callable[[Evidence], tuple[Block, ...]]

_CHAPTERS: tuple[tuple[str, Chapter, Paper], ...] = (
    ("All wafers laid over one another", spread.over_one_another, Paper.NEW_PAGE),
    ("Yield of each wafer", wafers.wafer_table, Paper.FLOWS),
    ("Yield against the lots before", yield_limits.yield_limits, Paper.FLOWS),
    ("Hard bins", lambda evidence: bins.bin_blocks(evidence, "hard"), Paper.FLOWS),
    ("Soft bins", lambda evidence: bins.bin_blocks(evidence, "soft"), Paper.FLOWS),
    ("Yield loss of each screen", kills.yield_loss, Paper.FLOWS),
    ("Overrides", overridden.overrides, Paper.FLOWS),
    ("Rejected parts", tests.verdicts, Paper.FLOWS),
    ("Distributions of the worst tests", tests.distributions, Paper.NEW_PAGE),
    ("Worst tests by wafer", spread.by_wafer, Paper.NEW_PAGE),
    ("Worst tests by site", spread.by_site, Paper.FLOWS),
    ("Tests", tests.statistics, Paper.WIDE),
    ("Derived limits", tests.derived_limits, Paper.WIDE),
    ("Sites", wafers.site_yields, Paper.FLOWS),
    ("First and final yield", history.yields, Paper.FLOWS),
    ("Retests", history.retests, Paper.FLOWS),
    ("Test runs", history.insertions, Paper.FLOWS),
    ("Files", history.sources, Paper.FLOWS),
    ("Notes", history.notes, Paper.FLOWS),
    ("Method", method.method, Paper.FLOWS),
    ("Recipe parameters", method.parameters, Paper.FLOWS),
)
"""Title, what writes it, how it stands on paper. A chapter without blocks is left out."""


def lot_report(grade: Grade, *, author: str = "", made: datetime | None = None) -> Document:
    """The report of one graded lot as a document, ready for paper or page.

    author  who answers for it, as printed on the first page
    made    when it was made, with time zone; now by default
    """
    evidence = Evidence(grade)
    moment = made or datetime.now().astimezone()
    maps = wafers.maps(evidence)
    alone = len(maps) == 1
    picture = maps if alone else _front_picture(evidence)
    fictional = (history.fictional(evidence),) if grade.truth else ()
    front: tuple[Block, ...] = (*fictional, *opening.holds(evidence), opening.tiles(evidence), *picture)
    sections = [Section("Planted outliers", history.planted(evidence))] if grade.truth else []
    sections += _galleries(() if alone else maps)
    for title, chapter, paper in _CHAPTERS:
        blocks = chapter(evidence)
        if blocks:
            needed = paper if any(isinstance(block, (Table, Gallery)) for block in blocks) else Paper.FLOWS
            sections.append(Section(title, blocks, needed is Paper.NEW_PAGE, needed is Paper.WIDE))
    return Document(
        title="Lot screening report",
        subject=subject_of(grade),
        state=opening.state(evidence),
        answer=opening.answer(evidence),
        explanation=opening.explanation(evidence),
        front=(*front, opening.lot_facts(evidence), *bins.most_frequent(evidence)),
        sections=tuple(sections),
        made=f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip(),
        author=printable(author, 80),
        maker=f"Corecar {version('corecar')}",
    )


def _front_picture(evidence: Evidence) -> tuple[Block, ...]:
    """What a lot of several wafers shows first: the yield of each."""
    return tuple(block for block in wafers.wafer_yields(evidence) if isinstance(block, Picture))


def _galleries(maps: tuple[Gallery, ...]) -> list[Section]:
    """Each gallery of wafer maps under its own heading; two large ones each on a page of its own."""
    return [
        Section(
            f"Wafer maps: {gallery.title[:1].lower()}{gallery.title[1:]}",
            (replace(gallery, title=""),),
            new_page=place == 0 or len(gallery.items) > 6,
        )
        for place, gallery in enumerate(maps)
    ]


def subject_of(grade: Grade) -> str:
    """The lot by its name."""
    lots = [printable(lot, 60) for lot in dict.fromkeys(grade.lot.runs["lot"].to_pylist()) if lot]
    if not lots:
        return "Lot without a name"
    return f"Lot {', '.join(lots[:3])}" + (f" and {len(lots) - 3:,} more" if len(lots) > 3 else "")
