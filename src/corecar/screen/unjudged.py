"""The one rule for what a screen did not judge: a screen that judged nothing holds the lot, unless it is optional."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from corecar.screen.findings import Findings
from corecar.screen.rows import ScreenRow

MAY_SHIP = "It is optional, so the lot need not wait for it."
HOW = "A screen of the recipe that could judge nothing holds the lot, unless its [[screen]] says optional = true."


def settled(row: ScreenRow, found: Findings, *, good: int) -> Findings:
    """Findings with what was not judged among the reasons to wait or among the notes.

    good  good final parts of the lot; where there is none, there was nothing to judge
    A screen that judged nothing at all holds the lot; an optional one, or one that judged a part of the lot, tells it.
    """
    if not found.is_idle:
        return replace(found, notes=(*found.notes, *found.unjudged))
    words = found.unjudged or (() if found.hold else (f"{row.kind}: not applied: no part could be judged.",))
    if row.optional:
        return replace(found, notes=(*found.notes, *(f"{one} {MAY_SHIP}" for one in words)))
    if not good:
        return replace(found, notes=(*found.notes, *words))
    return replace(found, hold=(*words, *found.hold))


def how_to_go_on(rows: Iterable[ScreenRow], found: Iterable[Findings], good: int) -> list[str]:
    """What a reader can do about screens that hold the lot because they judged nothing."""
    waits = any(one.is_idle and one.unjudged and not row.optional for row, one in zip(rows, found, strict=True))
    return [HOW] if waits and good else []
