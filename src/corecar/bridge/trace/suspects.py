"""What is asked about: things and places in them, or what events used, within a time window."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, text

from corecar.bridge.calls import Call
from corecar.bridge.trace.seen_edges import SeenBlock, SeenEdges
from corecar.bridge.trace.vins import VEHICLE, vin_hash
from corecar.errors import ArgumentError, NotFound
from corecar.faults import alike
from corecar.store.catalogue.bulk import moment_as_kept, rows_among
from corecar.store.catalogue.tracing import TraceThing
from corecar.trace.kinds import HOLDERS, SIDES
from corecar.trace.places import Places, read_places
from corecar.trace.walk import Part

_USED = "SELECT event_id FROM trace_marks WHERE thing_id = :thing AND at >= :since AND at <= :until"
_EVER = (datetime(1, 1, 2), datetime(9999, 12, 30))
_TOUCHED = "SELECT block, first, last FROM trace_touches WHERE event_id IN {among}"
_MADE = "SELECT first, last FROM trace_blocks WHERE event_id IN {among}"


def suspects(
    call: Call, edges: SeenEdges, named: str, since: datetime | None = None, until: datetime | None = None
) -> list[Part]:
    """The pieces that a word means: `VIN1`, `wafer:W1`, `wafer:W1@0,0..9,9`, `equipment:BOND-3`.

    since, until  of what events used, only those events, both included; without meaning for what holds pieces
    Raises  NotFound, ArgumentError
    """
    things, places = _things(call, edges, named)
    parts: list[Part] = []
    for thing in things:
        if thing.kind in SIDES:
            parts += edges.start(of_events(call, thing, since, until), thing.owner_id)
            continue
        numbers = call.session.execute(text("SELECT first FROM trace_blocks WHERE thing_id = :n"), {"n": thing.id})
        blocks = edges.blocks(row[0] for row in numbers)
        found = [part for block in blocks.values() for part in within(block, places)]
        if places is not None and not found:
            raise NotFound(f"{thing.kind} {thing.name} has no place {places}.")
        parts += edges.start(found, thing.owner_id)
    if not parts:
        why = "no event in that time used it." if since or until else "no event used it."
        raise NotFound(f'"{named}": {why}')
    return parts


def check_window(whats: Iterable[str], since: datetime | None, until: datetime | None) -> None:
    """Raises ArgumentError for a time window where nothing is asked about that events used."""
    if (since is None and until is None) or any(what.partition(":")[0] in SIDES for what in whats):
        return
    raise ArgumentError("a time window goes with what events used, named with its class, such as equipment:BOND-3. "
                        f"Classes: {', '.join(SIDES)}.")  # fmt: skip


def of_events(call: Call, thing: TraceThing, since: datetime | None, until: datetime | None) -> list[Part]:
    """What the events that used a thing made, or touched where it was."""
    low, high = since or _EVER[0], until or _EVER[1]
    window = {
        "since": moment_as_kept(low) if since else str(low),
        "until": moment_as_kept(high) if until else str(high),
    }
    events = [row[0] for row in call.session.execute(text(_USED), {"thing": thing.id, **window})]
    touched = [Part(*row) for row in rows_among(call.session, _TOUCHED, events)]
    return touched + [Part(first, first, last) for first, last in rows_among(call.session, _MADE, events)]


def within(block: SeenBlock, places: Places | None) -> list[Part]:
    """The pieces of a block at places; all of it where None are named."""
    if places is None:
        return [Part(block.first, block.first, block.last)]
    shared = block.places.shares(places) if block.places is not None else None
    if shared is None or block.places is None:
        return []
    if shared.name:
        return [Part(block.first, block.first, block.last)]
    return [Part(block.first, block.first + a, block.first + b) for a, b in block.places.offsets(shared)]


def _things(call: Call, edges: SeenEdges, named: str) -> tuple[list[TraceThing], Places | None]:
    """The things of a name that the actor may see, and the places that stand behind it. Raises NotFound."""
    found = _called(call, edges, named)
    places = None
    if not found and "@" in named:
        head, tail = named.rsplit("@", 1)
        found = _called(call, edges, head)
        try:
            places = read_places(tail.strip())
        except ValueError as error:
            raise ArgumentError(f'"{tail}": {error}') from None
    if not found:
        kinds = ", ".join((*HOLDERS, *SIDES))
        raise NotFound(f'nothing of the name "{named}" is recorded.{_near(call, edges, named)} '
                       f"A class may stand before it, such as wafer:W1. Classes: {kinds}.")  # fmt: skip
    kinds_found = sorted({thing.kind for thing in found})
    if len(kinds_found) > 1:
        which = ", ".join(f"{kind}:{found[0].name}" for kind in kinds_found)
        raise NotFound(f'"{named}" is the name of several things. Name one with its class: {which}.')
    return found, places


def _called(call: Call, edges: SeenEdges, named: str) -> list[TraceThing]:
    asked = select(TraceThing).where(TraceThing.owner_id.in_(edges.owners))
    kind, _, name = named.partition(":")
    if name and kind in (*HOLDERS, *SIDES):
        found = list(call.session.scalars(asked.filter_by(kind=kind, name=name)).unique())
        if found or kind != VEHICLE:
            return found or _by_name(call, asked, named)
        named = name
    return _by_name(call, asked, named) or _by_number(call, asked, named)


def _by_name(call: Call, asked: Select[TraceThing], named: str) -> list[TraceThing]:
    return list(call.session.scalars(asked.filter_by(name=named)).unique())


def _by_number(call: Call, asked: Select[TraceThing], vin: str) -> list[TraceThing]:
    """The vehicle of a number where vehicles are kept hashed. Raises WorkspaceError where the key cannot be had."""
    hashed = vin_hash(call.session, asked=True)
    if hashed is None:
        return []
    return list(call.session.scalars(asked.filter_by(kind=VEHICLE, name=hashed(vin))).unique())


def _near(call: Call, edges: SeenEdges, named: str) -> str:
    start: Any = TraceThing.name.startswith(named[:3], autoescape=True)
    asked = select(TraceThing.name).where(TraceThing.owner_id.in_(edges.owners), start)
    return alike(named.partition(":")[2] or named, list(call.session.scalars(asked.limit(1000))))
