"""The lot against the lots before it: statistical yield and bin limits, and where the lot stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from corecar.report.blocks import Block, Column, Table, Text
from corecar.report.evidence import Evidence
from corecar.report.printable import printable
from corecar.report.quantities import DASH, count, plural

BIN = "hard bin "


def yield_limits(evidence: Evidence) -> tuple[Block, ...]:
    """Both levels of each limit beside the lot's own rate that is nearest to them; nothing without lots before."""
    limits = evidence.grade.yields.get("limits", [])
    if not limits:
        return ()
    first, second = ({_subject(one): one for one in limits if one["level"] == level} for level in (1, 2))
    worst: dict[tuple[str, str], int] = {}
    for found in evidence.grade.yields.get("findings", []):
        place = _subject(found["limit"])
        worst[place] = max(worst.get(place, 0), found["limit"]["level"])
    rows = tuple(_row(evidence, one, second[place], worst.get(place)) for place, one in first.items())
    columns = (
        Column("Rate"), Column("Of each"), Column("Earlier lots", "right"), Column("Mean", "right"),
        Column("Level 1", "right"), Column("Level 2", "right"), Column("This lot", "right"), Column("Beyond"),
        Column("Limits by"),
    )  # fmt: skip
    said = (
        f"Of {plural(len(rows), 'rate')} {'none is' if not worst else f'{len(worst):,} {_are(len(worst))}'} beyond "
        "limits. A yield must not be below, a bin's share not above them. This lot: the wafer or lot nearest to them; "
        "limits are for the usual size of a unit, each unit is judged by those for its own."
    )
    return Text(said, "note"), Table(columns, rows, len(rows))


def _are(found: int) -> str:
    return "is" if found == 1 else "are"


def _subject(limit: dict[str, Any]) -> tuple[str, str]:
    return limit["scope"], limit["subject"]


def _row(evidence: Evidence, first: dict[str, Any], second: dict[str, Any], level: int | None) -> tuple[str, ...]:
    rates = _rates(evidence, *_subject(first))
    nearest: Callable[[list[float]], float] = min if first["screen"] == "syl" else max
    method = printable(first["fallback"] or first["method"], 80)
    return (
        printable(first["subject"]), printable(first["scope"]), count(first["lots"]), _percent(first["mean"]),
        _percent(first["limit"]), _percent(second["limit"]), _percent(nearest(rates)) if rates else DASH,
        "" if level is None else f"level {level}", method,
    )  # fmt: skip


def _rates(evidence: Evidence, scope: str, subject: str) -> list[float]:
    """The yields, or shares in a bin, of the units of this lot."""
    units = [row for row in evidence.grade.yields["counts"]["rows"] if row["scope"] == scope and row["tested"]]
    if subject.startswith(BIN):
        return [row["bins"].get(subject.removeprefix(BIN), 0) / row["tested"] for row in units]
    return [row["good"] / row["tested"] for row in units]


def _percent(rate: float) -> str:
    return f"{rate * 100:.2f} %"
