"""A certificate of conformance as data, and every line that its pages have to say.

The content is plain values, ready for JSON. The pages are made from it alone, so that whoever has both can tell whether
they agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FORMAT = "corecar certificate of conformance 1"
TITLE = "Certificate of conformance"
Content = Mapping[str, Any]
NONE = "–"
"""How an empty cell is set."""


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it: a table, or paragraphs where it has no columns."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def lines(self) -> Iterator[str]:
        """What a reader of the page sees of it, line by line."""
        yield self.heading
        if self.columns:
            yield " ".join(self.columns)
        yield from (" ".join(row) for row in self.rows)


def lines_of(content: Content) -> list[str]:
    """Every line that the pages of a certificate have to say.

    Raises  KeyError, TypeError, ValueError, AttributeError where the content is no certificate
    """
    return [TITLE, *(" ".join(row) for row in facts_of(content)),
            *(line for section in sections_of(content) for line in section.lines)]  # fmt: skip


def facts_of(content: Content) -> list[tuple[str, str]]:
    """What the certificate is about, as names and values."""
    if content["format"] != FORMAT:
        raise ValueError(f'format "{content["format"]}" is not {FORMAT}')
    return [
        ("Shipment", content["shipment"]), ("Supplier", content["supplier"]),
        ("Customer", content["customer"] or NONE), ("Shipped", _moment(content["shipped_at"])),
        ("Pieces", f"{content['pieces']:,}"), ("Events", ", ".join(content["events"])),
    ]  # fmt: skip


def sections_of(content: Content) -> list[Section]:
    """The tables of the pages, in their order; one without rows is left out, gaps never are."""
    lots = content["lots"]
    insertions = [(lot["lot"], one) for lot in lots for one in lot["insertions"]]
    found = [
        _table("What was shipped", "class id places pieces", content["shipped"]),
        _table("What it was made from", "class id places pieces sure", content["made_from"]),
        _table("Test programs in the genealogy", "program event at", content["programs"], at=_moment),
        _table("Lots", "lot product state", lots),
        _table("Tests", "lot insertion temperature programs recipe graded_at", _with_lot(insertions),
               graded_at=_moment),
        _table("Yields", "lot insertion tested good may_ship yield", _with_lot(insertions), **{"yield": _percent}),
        _table("Yield and bin limits (SYL, SBL)", "lot insertion limit scope subject value lots",
               _within(insertions, "yield_limits"), value=_percent),
        _table("Beyond yield and bin limits", "lot insertion said", _within(insertions, "beyond")),
        _table("Screens", "lot insertion screen rejected records applied", _within(insertions, "screens")),
        _table("Limit records", "lot insertion screen sha256", _within(insertions, "screens")),
        _table("Holds of the last grading", "lot insertion said", _within(insertions, "holds")),
        _table("Overrides", "lot override unit rejected_by proposed_by approved_by reason",
               _of_lots(lots, "overrides")),
        _table("Waivers", "lot at by reason", _of_lots(lots, "waivers"), at=_moment),
    ]  # fmt: skip
    shown = [section for section in found if section.rows]
    gaps = tuple((gap,) for gap in content["gaps"]) or (("Nothing is missing that the records could say.",),)
    return [*shown, Section("What this certificate cannot say", (), gaps)]


def _table(
    heading: str, columns: str, rows: Sequence[Mapping[str, Any]], **manners: Callable[[Any], str]
) -> Section:  # fmt: skip
    names = columns.split()
    told = tuple(tuple(manners.get(name, _cell)(row[name]) for name in names) for row in rows)
    return Section(heading, tuple(name.replace("_", " ") for name in names), told)


def _with_lot(insertions: Sequence[tuple[str, Content]]) -> list[dict[str, Any]]:
    return [{"lot": lot, **one} for lot, one in insertions]


def _within(insertions: Sequence[tuple[str, Content]], what: str) -> list[dict[str, Any]]:
    return [{"lot": lot, "insertion": one["insertion"], **row} for lot, one in insertions for row in one[what]]


def _of_lots(lots: Sequence[Content], what: str) -> list[dict[str, Any]]:
    return [{"lot": lot["lot"], **row} for lot in lots for row in lot[what]]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or NONE
    return NONE if value is None or value == "" else str(value)


def _moment(value: str) -> str:
    """A moment of ISO 8601 to the minute.

    >>> _moment("2026-03-09T08:00:00Z")
    '2026-03-09 08:00 UTC'
    """
    return f"{value[:10]} {value[11:16]} UTC"


def _percent(value: float | None) -> str:
    return NONE if value is None else f"{value:.2%}"
