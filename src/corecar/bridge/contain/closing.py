"""Closing pieces of a containment where they are: released, or scrapped; and the list of all containments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from sqlalchemy import select

from corecar.bridge.calls import Call
from corecar.bridge.contain.containing import FORMAT, REASON, Name, contained, keep_import, record_in_place
from corecar.bridge.trace.asking import affected
from corecar.bridge.trace.kept_events import KeptEvents, counters
from corecar.bridge.trace.seen_edges import SeenBlock, SeenEdges
from corecar.bridge.trace.suspects import suspects
from corecar.errors import Conflict, NotFound
from corecar.faults import Faults
from corecar.plurals import plural
from corecar.store.catalogue.tracing import TraceEvent, TraceImport
from corecar.trace.blocks import Touch
from corecar.trace.ledger import record
from corecar.trace.lines import Event, Line
from corecar.trace.ranges import Ranges, both, joined, size

ENDED = {"release": "released", "scrap": "scrapped"}


@dataclass(frozen=True)
class _Left:
    """Pieces of a block that a containment still holds: their keys, and places as the block has them."""

    block: SeenBlock
    ranges: Ranges


def close(
    call: Call,
    name: Name,
    what: Annotated[str, "Whose pieces: a thing with its class, and a place where it has several: `reel:R1@19..20`."],
    *,
    end: Annotated[Literal["release", "scrap"], "Whether they are let go, or scrapped."],
    reason: Annotated[str, "Why, as it is kept."],
) -> dict[str, Any]:
    """Release or scrap pieces that a containment holds, where they are; what is not of it stays as it is.

    Raises  NotFound; Conflict where none of it is held still
    """
    next_, kept = counters(call.session), KeptEvents(call)
    edges = SeenEdges(call.session, call.actor)
    left = list(_held_still(call, edges, name, what))
    if not left:
        raise Conflict(f"{name} holds no piece of {what} still.")
    number = 1 + len(kept.references({f"{end} {name} {one}" for one in range(1, 10_000)}))
    reference, count = f"{end} {name} {number}", sum(_count(one) for one in left)
    about = {"closes": name, "reason": reason}
    if end == "release":
        touches = [Touch(0, one.block.first, *part) for one in left for part in one.ranges]
        record_in_place(call, kept, (reference, end), name, touches, about)
    else:
        faults = Faults()
        event = Event(reference, call.now, "scrap", list(_lines(left)))
        entries = record(reference, [event], kept, next_.key, faults)
        faults.settle()
        kept.keep(entries, keep_import(call, reference, about), next_)
    return {"said": f"{name}: {plural(count, 'piece')} of {what} {ENDED[end]}.", "pieces": count, "event": reference}


def _held_still(call: Call, edges: SeenEdges, name: str, what: str) -> Iterator[_Left]:
    """The pieces of a thing that a containment holds still."""
    rows, found, blocks = affected(call, edges, suspects(call, edges, f"{REASON}:{name}"))
    open_rows = {(row["class"], row["id"]) for row in rows if row["state"] != "scrapped" and not row["released"]}
    named: dict[int, Ranges] = {}
    for part in suspects(call, edges, what):
        named.setdefault(part.block, []).append((part.first, part.last))
    mine = {number for number, block in blocks.items() if block.owner_id in edges.owners}
    for number in sorted(mine & named.keys()):
        block = blocks[number]
        here = both(both(found.of(number), found.stays.get(number, [])), joined(named[number]))
        if here and block.holds and tuple(block.thing) in open_rows:
            yield _Left(block, here)


def _count(one: _Left) -> int:
    return min(size(one.ranges), one.block.left or one.block.quantity)


def _lines(left: list[_Left]) -> Iterator[Line]:
    """What is scrapped, a line for each rectangle of places; all that is there where places say nothing."""
    for one in left:
        places, whole = one.block.places, [(one.block.first, one.block.last)]
        if places is None or places.name:
            yield Line(0, "in", one.block.thing, None, _count(one), "")
        elif one.ranges == whole and one.block.left == one.block.quantity:
            yield Line(0, "in", one.block.thing, None, None, "")
        else:
            for first, last in one.ranges:
                for part, _, _ in places.cut(first - one.block.first, last - one.block.first):
                    yield Line(0, "in", one.block.thing, part, None, "")


def list_containments(call: Call) -> dict[str, Any]:
    """List the containments: what is wrong, how many pieces each held, and how many are closed."""
    asked = (
        select(TraceImport, TraceEvent.reference).join(TraceEvent, TraceEvent.import_id == TraceImport.id)
        .where(TraceImport.owner_id == call.actor.party_id, TraceImport.format == FORMAT, TraceEvent.kind == "hold")
        .order_by(TraceImport.id.desc())
    )  # fmt: skip
    rows = [_listed(call, made, reference) for made, reference in call.session.execute(asked).unique()]
    held = sum(row["state"] == "held" for row in rows)
    said = f"{plural(len(rows), 'containment')}, {held:,} of them not closed." if rows else "No containment yet."
    return {"said": said, "rows": rows}


def _listed(call: Call, made: TraceImport, reference: str) -> dict[str, Any]:
    name = reference.removeprefix("hold ")
    try:
        found = contained(call, name, limit=0)
    except NotFound:
        found = {"pieces": 0, "closed": 0}
    held = found["pieces"] - found["closed"]
    return {"containment": name, "state": "held" if held else "closed", "pieces": found["pieces"], "held": held,
            "reason": made.options.get("reason"), "at": made.at, "by": made.by.name}  # fmt: skip
