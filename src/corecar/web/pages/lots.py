"""Lots: the list of them, and tester files that are sent in."""

from __future__ import annotations

from collections import Counter

from starlette.requests import Request

from corecar.store.lot_states import STATES
from corecar.web.pages.file_drop import FileDrop
from corecar.web.pages.parts import empty, sentence, table
from corecar.web.pages.visitor import Visitor

MOST = 100_000


async def lots(visitor: Visitor, request: Request) -> None:
    say, state = visitor.say, request.query_params.get("state") or None
    rows = await visitor.columns("lots", limit=MOST, state=state if state in STATES else None)
    if not len(rows) and state is None:
        _drop(visitor)
        empty(
            say("No lot yet."), how_to=say("Send tester files in above: STDF, CSV of testers, with .gz or .zst or not.")
        )
        return
    counts = Counter(rows["state"].to_pylist() if len(rows) else ())
    told = say(", ").join(f"{count:,} {say.word(name)}" for name, count in counts.items())
    there = say("Lots: {count} ({states})", count=f"{len(rows):,}", states=told)
    sentence(there if len(rows) else say("No lot is such."))
    _drop(visitor)
    table(visitor, rows, "lots", opens="/lots/{}", key="number")


def _drop(visitor: Visitor) -> None:
    """Where tester files are sent in, for those who may."""
    if visitor.may("ingest"):
        FileDrop(visitor, visitor.say("Send tester files in, or drop them here"), verb="ingest", field="paths")
