"""The lot report, chapter by chapter: the answer first, then the picture, the tables, the details and the method."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version

from corecar.graded import Grade
from corecar.report.blocks import Block, Document, Gallery, Section
from corecar.report.chapters import bins, history, method, opening, tests, wafers
from corecar.report.evidence import Evidence
from corecar.report.printable import printable

Chapter = Callable[[Evidence], tuple[Block, ...]]

_CHAPTERS: tuple[tuple[str, Chapter, bool], ...] = (
    ("Yield of each wafer", wafers.wafer_yields, False),
    ("Hard bins", lambda evidence: bins.bin_blocks(evidence, "hard"), True),
    ("Soft bins", lambda evidence: bins.bin_blocks(evidence, "soft"), False),
    ("Rejected parts", tests.verdicts, False),
    ("Distributions of the worst tests", tests.distributions, True),
    ("Tests", tests.statistics, True),
    ("Derived limits", tests.derived_limits, False),
    ("Sites", wafers.site_yields, False),
    ("First and final yield", history.yields, False),
    ("Retests", history.retests, False),
    ("Test runs", history.insertions, False),
    ("Files", history.sources, False),
    ("Notes", history.notes, False),
    ("Method", method.method, False),
    ("Recipe parameters", method.parameters, False),
)
"""Title, what writes it, whether it starts a page of its own on paper. A chapter without blocks is left out."""


def lot_report(grade: Grade, *, author: str = "", made: datetime | None = None) -> Document:
    """The report of one graded lot as a document, ready for paper or page.

    author  who answers for it, as printed on the first page
    made    when it was made, with time zone; now by default
    """
    evidence = Evidence(grade)
    moment = made or datetime.now().astimezone()
    maps = wafers.maps(evidence)
    alone = len(maps) == 1
    front: tuple[Block, ...] = (*opening.holds(evidence), opening.tiles(evidence), *(maps if alone else ()))
    sections = [Section("Planted defects", history.planted(evidence))] if grade.truth else []
    sections += _galleries(() if alone else maps)
    for title, chapter, new_page in _CHAPTERS:
        blocks = chapter(evidence)
        if blocks:
            sections.append(Section(title, blocks, new_page))
    return Document(
        title="Lot screening report",
        subject=_subject(grade),
        state=opening.state(evidence),
        answer=opening.answer(evidence),
        explanation=opening.explanation(evidence),
        front=(*front, opening.lot_facts(evidence)),
        sections=tuple(sections),
        made=f"{moment:%Y-%m-%d %H:%M} {moment.tzname() or ''}".strip(),
        author=printable(author, 80),
        maker=f"Corecar {version('corecar')}",
    )


def _galleries(maps: tuple[Gallery, ...]) -> list[Section]:
    """Each gallery of wafer maps under its own heading, on its own page."""
    return [
        Section(f"Wafer maps: {gallery.title[:1].lower()}{gallery.title[1:]}",
                (Gallery(gallery.items, gallery.columns, "", gallery.caption, gallery.legend),), True)
        for gallery in maps
    ]  # fmt: skip


def _subject(grade: Grade) -> str:
    lots = [printable(lot, 60) for lot in dict.fromkeys(grade.lot.runs["lot"].to_pylist()) if lot]
    if not lots:
        return "Lot without a name"
    return f"Lot {', '.join(lots[:3])}" + (f" and {len(lots) - 3:,} more" if len(lots) > 3 else "")
