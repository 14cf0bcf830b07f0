"""Asking the genealogy: back to where pieces came from, forward to where they are now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import select

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.trace.die_lots import DieLots, die_met
from corecar.bridge.trace.seen_edges import SeenBlock, SeenEdges
from corecar.bridge.trace.suspects import check_window, suspects
from corecar.bridge.trace.tested_die import told_of_die
from corecar.garbage import no_collection
from corecar.plurals import plural
from corecar.store.catalogue.bulk import moment_from, rows_among
from corecar.store.catalogue.models import Party
from corecar.trace.kinds import POOL
from corecar.trace.ranges import Ranges, both, size
from corecar.trace.states import resolution, state_of
from corecar.trace.walk import Part, Reached, backward, forward

Limit = Annotated[int, "At most so many rows; all of them are counted.", AtLeast(0)]
Whats = Annotated[
    list[str],
    "Name, or class and name: `wafer:W1`, `wafer:W1@0,0..9,9` for part of it, `equipment:BOND-3`, `batch:EMC-7`.",
]
_SIDES_OF_BLOCKS = """SELECT m.event_id, t.kind, t.name FROM trace_marks m JOIN trace_things t ON t.id = m.thing_id
                      WHERE m.event_id IN {among}"""
_TOUCHES = """SELECT u.block, u.first, u.last, e.id, e.kind, e.reference, e.at FROM trace_touches u
              JOIN trace_events e ON e.id = u.event_id WHERE u.block IN {among} ORDER BY e.at, e.id"""


def trace_back(
    call: Call,
    what: Annotated[str, "Name of a vehicle, ECU, reel or unit; a class or place may stand beside: `reel:R1@17`."],
    *,
    results: Annotated[
        bool, "Also what testing said of each die: bins, verdict, recipe, hashes of the limit records."
    ] = False,
    test: Annotated[
        Sequence[str], "Also its values in tests of this name, pattern or number; `all` for every test."
    ] = (),
    lot: Annotated[Sequence[str], "Lots with the test data of the die, where the genealogy does not name them."] = (),
    limit: Limit = 1000,
) -> dict[str, Any]:
    """Say where pieces came from: unit, strip, die, wafer, lot, with the material, tools and programs of each event.

    Test results are found by lot, wafer and place, or by a unit's serial number. Where no event names the lot of a
    wafer, the one lot that has test data of a wafer of this name is taken, and a note says so.
    Raises  NotFound, ArgumentError
    """
    edges = SeenEdges(call.session, call.actor)
    rows, notes, found, blocks = came_from(call, edges, suspects(call, edges, what))
    answer = {"said": _said_back(what, blocks, found), "rows": rows[:limit], "found": len(rows), "notes": notes}
    if not (results or test or lot):
        return answer
    die, count = die_met(found, blocks, limit)
    told, values, records, more = told_of_die(call, die, DieLots(call, edges, blocks, lot), test)
    if count > len(die):
        more = [f"{count:,} die are behind it: results of the first {len(die):,} are told. Raise --limit.", *more]
    return answer | {"die": told, "limit_records": records, "values": values, "notes": [*notes, *more]}


def came_from(
    call: Call, edges: SeenEdges, start: Iterable[Part]
) -> tuple[list[dict[str, Any]], list[str], Reached, dict[int, SeenBlock]]:
    """Everything behind pieces: a row for each step and each input, the newest first; why it is no finer; the walk."""
    found = backward(start, edges.back)
    blocks = edges.blocks(found.blocks)
    open_to_me = {number: block for number, block in blocks.items() if block.owner_id in edges.owners}
    touches = touches_of(call, found, open_to_me)
    rows = [_step(block, found) for block in blocks.values() if block.thing.kind != POOL]
    rows += _inputs(call, open_to_me, touches)
    rows.sort(key=lambda row: (row["at"], row["role"], row["class"], row["id"]), reverse=True)
    return rows, mixing_and_beyond(call, edges, found, blocks), found, blocks


def trace_forward(
    call: Call,
    whats: Whats,
    *,
    since: Annotated[datetime | None, "Of what events used: only events from then on."] = None,
    until: Annotated[datetime | None, "Of what events used: only events until then."] = None,
    limit: Limit = 1000,
) -> dict[str, Any]:
    """Say where all pieces of a suspect set are now: in process, in stock, shipped to whom, in which ECU and vehicle.

    An answer may be coarser than the truth, never narrower: it says to what each row is resolved, and why no finer.
    Raises  NotFound, ArgumentError
    """
    check_window(whats, since, until)
    edges = SeenEdges(call.session, call.actor)
    start = [part for what in whats for part in suspects(call, edges, what, since, until)]
    rows, found, blocks = affected(call, edges, start)
    notes = mixing_and_beyond(call, edges, found, blocks)
    states: Counter[str] = Counter()
    for row in rows:
        states[row["state"]] += row["pieces"]
    said = f"{', '.join(whats)}: " + (", ".join(f"{count:,} {state}" for state, count in states.items()) or "nothing")
    return {"said": f"{said}.", "states": dict(states), "sure": sum(row["pieces"] for row in rows if row["sure"]),
            "rows": rows[:limit], "found": len(rows), "notes": notes}  # fmt: skip


@no_collection()
def affected(
    call: Call, edges: SeenEdges, start: Iterable[Part]
) -> tuple[list[dict[str, Any]], Reached, dict[int, SeenBlock]]:
    """Where suspect pieces are now, a row for each thing, certainty and state."""
    found = forward(start, edges.onward, edges.whole)
    blocks = edges.blocks(found.blocks)
    touches = touches_of(call, found, [number for number, one in blocks.items() if one.owner_id in edges.owners])
    to_whom = sides_of(call, {event[0] for there in touches.values() for _, event in there if event[1] == "ship"})
    owners = parties_of(call)
    rows: list[dict[str, Any]] = []
    for number, block in blocks.items():
        unseen = number in edges.beyond  # where it went from there is its owner's to say
        if not (block.holds or unseen) or block.thing.kind == POOL:
            continue
        for sure, ranges in ((True, found.sure), (False, found.possible)):
            here = ranges.get(number, [])
            here = here if unseen else both(here, found.stays.get(number, []))
            if here:
                rows += _rows_of(block, here, sure, found, blocks, touches.get(number, []), to_whom, owners)
    rows.sort(key=lambda row: (row["state"], row["class"], row["id"], row["places"]))
    return rows, found, blocks


def _rows_of(
    block: SeenBlock, here: Ranges, sure: bool, found: Reached, blocks: dict[int, SeenBlock],
    touches: list[tuple[tuple[int, int], tuple[Any, ...]]], to_whom: dict[int, list[tuple[str, str]]],
    owners: dict[int, str],
) -> list[dict[str, Any]]:  # fmt: skip
    """The rows of one block: its ranges, apart by what happened to them where they are."""
    apart: dict[tuple[tuple[Any, ...], ...], Ranges] = {}
    for one in _cut(here, [part for part, _ in touches]):
        events = tuple(event for part, event in touches if part[0] <= one[0] and one[1] <= part[1])
        apart.setdefault(events, []).append(one)
    mixed = blocks.get(found.mixed.get(block.first, 0))
    rows = []
    for events, ranges in apart.items():
        state, held, released = state_of(block.thing.kind, [(event[1], event[0]) for event in events])
        shipped = [name for event in events if event[1] == "ship" for kind, name in to_whom.get(event[0], ())
                   if kind == "party"]  # fmt: skip
        fine, why = resolution(sure, None if mixed is None else (mixed.thing, mixed.places, mixed.event, mixed.at))
        rows.append(
            {"state": state, "held": held, "released": released, "class": block.thing.kind, "id": block.thing.name,
             "places": places_told(block, ranges), "sure": sure,
             "pieces": min(size(ranges), block.left or block.quantity, block.quantity),
             "party": shipped[-1] if shipped else "", "resolution": fine, "why": why, "at": block.at,
             "owner": owners[block.owner_id]}
        )  # fmt: skip
    return rows


def _cut(ranges: Ranges, parts: list[tuple[int, int]]) -> Ranges:
    """Ranges cut wherever one of the parts begins or ends."""
    cuts = sorted({edge for first, last in parts for edge in (first, last + 1)})
    made: Ranges = []
    for first, last in ranges:
        start = first
        for cut in cuts:
            if start < cut <= last:
                made.append((start, cut - 1))
                start = cut
        made.append((start, last))
    return made


def places_told(block: SeenBlock, ranges: Ranges, most: int = 6) -> str:
    """The places of ranges, as files write them; the first few of many."""
    if block.places is None:
        return ""
    if block.places.name or ranges == [(block.first, block.last)]:
        return str(block.places)
    ends = [(block.places.at(a - block.first), block.places.at(b - block.first)) for a, b in ranges[:most]]
    told = "; ".join(first if first == last else f"{first}..{last}" for first, last in ends)
    return f"{told}; and {len(ranges) - most} more" if len(ranges) > most else told


def touches_of(
    call: Call, found: Reached, blocks: Iterable[int]
) -> dict[int, list[tuple[tuple[int, int], tuple[Any, ...]]]]:
    """Of each block the events in place that touched what was met: range and (number, kind, reference, time)."""
    there: dict[int, list[tuple[tuple[int, int], tuple[Any, ...]]]] = {}
    for block, first, last, *event in rows_among(call.session, _TOUCHES, blocks):
        if both(found.of(block), [(first, last)]):
            number, kind, reference, at = event
            there.setdefault(block, []).append(((first, last), (number, kind, reference, moment_from(at))))
    return there


def sides_of(call: Call, events: Iterable[int]) -> dict[int, list[tuple[str, str]]]:
    """What each of these events used, or to whom it was."""
    made: dict[int, list[tuple[str, str]]] = {}
    for event, kind, name in rows_among(call.session, _SIDES_OF_BLOCKS, events):
        made.setdefault(event, []).append((kind, name))
    return made


def parties_of(call: Call) -> dict[int, str]:
    """Names of parties by their number."""
    return {row[0]: row[1] for row in call.session.execute(select(Party.id, Party.name))}


def _step(block: SeenBlock, found: Reached) -> dict[str, Any]:
    ranges = found.of(block.first)
    sure = bool(found.sure.get(block.first)) and not found.possible.get(block.first)
    return {"role": "piece", "class": block.thing.kind, "id": block.thing.name, "places": places_told(block, ranges),
            "pieces": min(size(ranges), block.quantity), "sure": sure, "event": block.event, "kind": block.event_kind,
            "at": block.at}  # fmt: skip


def _inputs(
    call: Call, blocks: dict[int, SeenBlock], touches: dict[int, list[tuple[tuple[int, int], tuple[Any, ...]]]]
) -> list[dict[str, Any]]:
    """What the events along the way used: material, tools, programs, places, parties."""
    events = {block.event_id: (block.event_kind, block.event, block.at) for block in blocks.values()}
    events |= {event[0]: event[1:] for there in touches.values() for _, event in there}
    return [
        {"role": "with", "class": kind, "id": name, "places": "", "pieces": None, "sure": True,
         "event": events[event][1], "kind": events[event][0], "at": events[event][2]}
        for event, sides in sides_of(call, events).items() for kind, name in sides
    ]  # fmt: skip


def _said_back(what: str, blocks: dict[int, SeenBlock], found: Reached) -> str:
    wafers = [block for block in blocks.values() if block.thing.kind == "wafer"]
    die = sum(min(size(found.of(block.first)), block.quantity) for block in wafers)
    if not wafers:
        return f"{what}: no wafer is recorded behind it."
    at = f" at {places_told(wafers[0], found.of(wafers[0].first))}" if die == 1 else ""
    names = wafers[0].thing.name if len(wafers) == 1 else plural(len(wafers), "wafer")
    return f"{what}: {plural(die, 'die')} of {names}{at}." if die > 1 else f"{what}: the die of {names}{at}."


def mixing_and_beyond(call: Call, edges: SeenEdges, found: Reached, blocks: dict[int, SeenBlock]) -> list[str]:
    """Why an answer is no finer, and at whose pieces it ends."""
    return [*mixing_told(found, blocks), *beyond_told(call, edges, blocks)]


def mixing_told(found: Reached, blocks: dict[int, SeenBlock]) -> list[str]:
    """Where pieces mixed, so that the answer is no finer."""
    events = {}
    for number in found.mixed.values():
        block = blocks.get(number)
        if block is not None:
            events[block.event] = block
    return [f"Pieces mixed in {block.event_kind} {event} at {block.at:%Y-%m-%d %H:%M}: nobody told which went where."
            for event, block in sorted(events.items())][:20]  # fmt: skip


def beyond_told(call: Call, edges: SeenEdges, blocks: dict[int, SeenBlock]) -> list[str]:
    """At whose pieces the answer ends, as the actor may see one step of theirs and no more."""
    counts: Counter[int] = Counter()
    for block, owner in edges.beyond.items():
        counts[owner] += blocks[block].quantity if block in blocks else 0
    names = parties_of(call)
    told = "of which you see one step. Ask them, or ask them to share theirs."
    return [f"{plural(count, 'piece')} went through {names[owner]}, {told}" for owner, count in counts.items()]
