"""The 8D report of a containment on paper: D2 and D3 are filled in, the others wait for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Any

from corecar.bridge.contain.papers import Rows, by_customer
from corecar.plurals import plural
from corecar.report.blocks import Column, Document, Facts, Points, Section, Table, Text
from corecar.report.pdf import typeset
from corecar.report.printable import printable

OPEN = (
    ("D1 Team", "To be named."), ("D4 Root cause", "To be found."),
    ("D5 Corrective actions chosen", "To be filled in."),
    ("D6 Corrective actions in place", "To be filled in."), ("D7 Prevention", "To be filled in."),
    ("D8 Closure", "To be filled in."),
)  # fmt: skip
"""The disciplines that people fill in."""
HEADS = (("state", "Where"), ("class", "Class"), ("id", "Id"), ("places", "Places"), ("pieces", "Pieces"),
         ("party", "Party"), ("resolution", "Resolved to"))  # fmt: skip
PAPER = 200
"""Rows of what is held that are printed; the list of customers has all of theirs."""


def eight_d_pdf(
    name: str, reason: str, whats: Sequence[str], rows: Rows, states: Mapping[str, int], impact: str, now: datetime,
    house: str,
) -> bytes:  # fmt: skip
    """The report as a PDF. house: whose it is. Raises OutputError."""
    pieces = sum(states.values())
    document = Document(
        title=f"8D report {printable(name, 60)}",
        subject=printable(reason, 200),
        state=("attention", "Contained"),
        answer=f"{plural(pieces, 'piece')} held in {plural(len(rows), 'place')}.",
        explanation="D2 and D3 are filled in from the genealogy; the other disciplines wait for their team.",
        front=(Facts((("Suspect", printable(", ".join(whats), 300)), ("Reason", printable(reason, 300)))),
               *_contained(rows, states, impact, now)),
        sections=_sections(reason, whats, rows),
        made=f"{now:%Y-%m-%d %H:%M} UTC", author=printable(house, 120), maker=f"Corecar {version('corecar')}",
    )  # fmt: skip
    return typeset(document)


def _contained(rows: Rows, states: Mapping[str, int], impact: str, now: datetime) -> tuple[Table | Text | Points, ...]:
    """D3: what is held where, whom it concerns, what supply loses."""
    where = Table((Column("Where"), Column("Pieces held", "right")),
                  tuple((state, f"{count:,}") for state, count in states.items()), len(states))  # fmt: skip
    told = tuple(printable(f"{party}: {plural(sum(row['pieces'] for row in found), 'piece')}, alert written", 200)
                 for party, found in by_customer(rows).items()) or ("Nobody outside has any.",)  # fmt: skip
    return (Text(f"D3 Containment, {now:%Y-%m-%d %H:%M} UTC", "lead"), where, Text("Customers", "lead"), Points(told),
            Text("Supply", "lead"), Text(printable(impact, 1000)))  # fmt: skip


def _sections(reason: str, whats: Sequence[str], rows: Rows) -> tuple[Section, ...]:
    """The disciplines in their order, and all that is held."""
    problem = Section(
        "D2 Problem", (Text(printable(reason, 1000)), Text(printable(f"Suspect: {', '.join(whats)}", 2000)))
    )
    coarse = sorted({printable(str(row["why"]), 300) for row in rows if row["why"]})
    fine = Points(tuple(coarse) or ("Each piece is known by itself.",))
    made = tuple(tuple(printable(_cell(row[name]), 80) for name, _ in HEADS) for row in rows)
    columns = tuple(Column(head, "right" if name == "pieces" else "left") for name, head in HEADS)
    held = Section(
        "D3 Containment: what is held", (Table(columns, made, len(made), PAPER), Text("Why no finer", "lead"), fine)
    )
    waiting = {head: Section(head, (Text(text),)) for head, text in OPEN}
    first = waiting.pop("D1 Team")
    return (first, problem, held, *waiting.values())


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value or "–")
