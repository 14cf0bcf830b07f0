"""Which thing became which, from the die to the car, with the events in the order of time; told, and drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.trace.asking import (
    Limit,
    Whats,
    beyond_told,
    mixing_told,
    parties_of,
    places_told,
    sides_of,
    touches_of,
)
from corecar.bridge.trace.seen_edges import SeenBlock, SeenEdges
from corecar.bridge.trace.suspects import check_window, suspects
from corecar.bridge.travel import Returned
from corecar.plurals import plural
from corecar.trace.blocks import Edge
from corecar.trace.genealogy import MOST, Genealogy, Node, Step, collapsed, layered
from corecar.trace.kinds import POOL
from corecar.trace.ranges import Ranges, clipped, joined, size
from corecar.trace.states import state_of
from corecar.trace.walk import Part, Reached, backward, forward

Way = Literal["back", "forward", "both"]
Touches = dict[int, list[tuple[tuple[int, int], tuple[Any, ...]]]]


@dataclass
class Met:
    """What a walk met.

    asked   ranges that the question was about, by block; reached: one walk, or both
    blocks  that were met; touches: of those that are open to the actor; sides: what events used
    """

    asked: dict[int, Ranges]
    reached: list[Reached]
    blocks: dict[int, SeenBlock] = field(default_factory=dict)
    touches: Touches = field(default_factory=dict)
    sides: dict[int, list[tuple[str, str]]] = field(default_factory=dict)

    def of(self, block: int) -> Ranges:
        """Ranges of a block that were met."""
        return joined([one for reached in self.reached for one in reached.of(block)])

    def sure(self, block: int) -> bool:
        """Whether all pieces of a block that were met are the ones."""
        return not any(reached.possible.get(block) for reached in self.reached)


def trace_graph(
    call: Call,
    whats: Whats,
    *,
    way: Annotated[Way, "To where pieces came from, to where they went, or both."] = "both",
    since: Annotated[datetime | None, "Of what events used: only events from then on."] = None,
    until: Annotated[datetime | None, "Of what events used: only events until then."] = None,
    most: Annotated[int, "So many things alike are told singly; the rest of them as one.", AtLeast(2)] = MOST,
    figure: Annotated[
        str | Path | None, "Draw which thing became which into this file: .svg, .png or .html.", Returned()
    ] = None,
    timeline: Annotated[
        str | Path | None, "Draw the events over time into this file: .svg, .png or .html.", Returned()
    ] = None,
    limit: Limit = 1000,
) -> dict[str, Any]:
    """Say which thing became which, layer by layer, and what happened to them in order of time; and draw it.

    Things come in layers, from the die to the vehicle, with a shipment as a thing of its own; of many alike the largest
    are told singly. It ends where the genealogy of others ends that you may see.
    Raises  NotFound, ArgumentError
    """
    _checked(figure, timeline)
    check_window(whats, since, until)
    edges = SeenEdges(call.session, call.actor)
    start = [part for what in whats for part in suspects(call, edges, what, since, until)]
    met = _met(call, edges, start, way)
    told = collapsed(layered(_genealogy(edges, met, parties_of(call))), most)
    events, steps = _events(met), [_step_row(told, step) for step in told.steps]
    answer = {
        "said": _said(whats, told, events), "facts": {"sees": _sees(call, edges)},
        "rows": steps[:limit],
        "things": [_thing_row(node) for node in told.nodes], "events": events[:limit], "found": len(events),
        "notes": [*dict.fromkeys(note for reached in met.reached for note in mixing_told(reached, met.blocks)),
                  *beyond_told(call, edges, met.blocks)],
    }  # fmt: skip
    _drawn({**answer, "rows": steps, "events": events}, figure, timeline)
    return answer


def _checked(*files: str | Path | None) -> None:
    from corecar.report.figures.saved import checked_ending

    for file in files:
        if file is not None:
            checked_ending(file)


def _drawn(answer: dict[str, Any], figure: str | Path | None, timeline: str | Path | None) -> None:
    from corecar.report.answer_pictures import genealogy_drawn, timeline_drawn
    from corecar.report.figures.saved import save_figure

    for file, draw in ((figure, genealogy_drawn), (timeline, timeline_drawn)):
        if file is not None:
            save_figure(file, draw(answer))


def _met(call: Call, edges: SeenEdges, start: list[Part], way: Way) -> Met:
    asked: dict[int, Ranges] = {}
    for part in start:
        asked.setdefault(part.block, []).append((part.first, part.last))
    reached = [backward(start, edges.back)] if way != "forward" else []
    reached += [forward(start, edges.onward, edges.whole)] if way != "back" else []
    met = Met(asked, reached)
    every = Reached(sure={block: met.of(block) for block in set().union(*(one.blocks for one in reached))})
    met.blocks = edges.blocks(every.blocks)
    mine = [number for number, block in met.blocks.items() if block.owner_id in edges.owners]
    met.touches = touches_of(call, every, mine)
    events = {met.blocks[number].event_id for number in mine}
    events |= {event[0] for there in met.touches.values() for _, event in there}
    met.sides = sides_of(call, events)
    return met


def _genealogy(edges: SeenEdges, met: Met, owners: dict[int, str]) -> Genealogy:
    """The things that were met and the steps between them, shipments among them."""
    nodes: list[Node] = []
    place: dict[tuple[int, str, str], int] = {}
    of_block: dict[int, int] = {}
    for number, block in sorted(met.blocks.items()):
        key = (block.thing_id, block.thing.kind, "")
        if key not in place:
            place[key] = len(nodes)
            nodes.append(Node(block.thing.kind, block.thing.name, number, 0, owner=owners[block.owner_id]))
        at = of_block[number] = place[key]
        nodes[at] = _with(nodes[at], met, block)
    shipped = _shipments(met, nodes, of_block)
    steps = [step for edge in _edges(edges, met) if (step := _step(edge, met, of_block, shipped)) is not None]
    steps += [step for ways in shipped.values() for _, step in ways]
    return Genealogy(tuple(nodes), tuple(steps))


def _with(node: Node, met: Met, block: SeenBlock) -> Node:
    """A thing with one more of its blocks."""
    ranges = met.of(block.first)
    events = [event for _, event in met.touches.get(block.first, [])]
    held = state_of(node.kind, [(event[1], event[0]) for event in events])[1]
    return replace(
        node, pieces=node.pieces + min(size(ranges), block.quantity), places=places_told(block, ranges),
        sure=node.sure and met.sure(block.first), held=node.held or held, asked=node.asked or block.first in met.asked,
    )  # fmt: skip


Shipped = dict[int, list[tuple[tuple[int, int], Step]]]
"""Of each block the shipments of its pieces in order of time: range, and the step into the shipment."""


def _shipments(met: Met, nodes: list[Node], of_block: dict[int, int]) -> Shipped:
    """Add shipments as things; where pieces went into one."""
    place: dict[tuple[str, str], int] = {}
    made: Shipped = {}
    for block, touches in met.touches.items():
        for (first, last), (number, kind, reference, at) in touches:
            if kind != "ship":
                continue
            sides = dict(met.sides.get(number, ()))
            key = (str(sides.get("shipment", reference)), str(sides.get("party", "")))
            if key not in place:
                place[key] = len(nodes)
                nodes.append(Node("shipment", key[0], 0, 0, party=key[1], owner=nodes[of_block[block]].owner))
            before = [step.to for one, step in made.get(block, []) if clipped([one], first, last)]
            source = before[-1] if before else of_block[block]
            here = size(clipped(met.of(block), first, last))
            known = nodes[place[key]]
            nodes[place[key]] = replace(known, pieces=known.pieces + here, order=max(known.order, nodes[source].order),
                                        sure=known.sure and met.sure(block))  # fmt: skip
            step = Step(source, place[key], kind, reference, at, here, met.sure(block))
            made.setdefault(block, []).append(((first, last), step))
    return made


def _edges(edges: SeenEdges, met: Met) -> Iterable[Edge]:
    """Edges between what was met, each once."""
    parts = [Part(number, *one) for number in met.blocks for one in met.of(number)]
    found = dict.fromkeys(edge for edge in edges.back(parts) if edge.from_block in met.blocks)
    found |= dict.fromkeys(edge for edge in edges.onward(parts) if edge.to_block in met.blocks)
    return found


def _step(edge: Edge, met: Met, of_block: dict[int, int], shipped: Shipped) -> Step | None:
    """The step of an edge; None where pieces that were met do not go along it."""
    left = clipped(met.of(edge.from_block), edge.from_first, edge.from_last)
    right = clipped(met.of(edge.to_block), edge.to_first, edge.to_last)
    if not left or not right:
        return None
    made = met.blocks[edge.to_block]
    before = [step.to for one, step in shipped.get(edge.from_block, ())
              if step.at <= made.at and clipped([one], edge.from_first, edge.from_last)]  # fmt: skip
    source = before[-1] if before else of_block[edge.from_block]
    return Step(source, of_block[edge.to_block], made.event_kind, made.event, made.at, min(size(left), size(right)),
                edge.exact)  # fmt: skip


def _events(met: Met) -> list[dict[str, Any]]:
    """What happened, in order of time: what each event made or touched, and what it used."""
    found: dict[int, tuple[str, str, datetime, list[str]]] = {}
    pieces: Counter[int] = Counter()
    for block, there in met.touches.items():
        for (first, last), (number, kind, reference, at) in there:
            found.setdefault(number, (kind, reference, at, []))[3].append(str(met.blocks[block].thing))
            pieces[number] += min(size(clipped(met.of(block), first, last)), met.blocks[block].quantity)
    for block, one in met.blocks.items():
        if block in met.touches or one.event_id in met.sides or one.thing.kind != POOL:
            entry = found.setdefault(one.event_id, (one.event_kind, one.event, one.at, []))
            if one.thing.kind != POOL:
                entry[3].append(str(one.thing))
                pieces[one.event_id] += min(size(met.of(block)), one.quantity)
    return [
        {"at": at, "event": reference, "kind": kind, "things": _several(things), "pieces": pieces[number],
         "used": ", ".join(f"{side} {name}" for side, name in met.sides.get(number, ()))}
        for number, (kind, reference, at, things) in sorted(found.items(), key=lambda item: (item[1][2], item[0]))
    ]  # fmt: skip


def _several(things: Iterable[str], most: int = 4) -> str:
    names = list(dict.fromkeys(things))
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _sees(call: Call, edges: SeenEdges) -> str:
    """Whose genealogy the actor sees whole."""
    names = parties_of(call)
    return ", ".join(sorted(names[number] for number in edges.owners))


def _step_row(told: Genealogy, step: Step) -> dict[str, Any]:
    source, target = told.nodes[step.from_], told.nodes[step.to]
    return {
        "from_class": source.kind, "from_thing": _named(source), "to_class": target.kind, "to_thing": _named(target),
        "kind": step.kind, "event": step.event, "events": step.events, "at": step.at, "pieces": step.pieces,
        "sure": step.sure, "from_number": step.from_ + 1, "to_number": step.to + 1,
    }  # fmt: skip


def _thing_row(node: Node) -> dict[str, Any]:
    return {
        "layer": node.layer + 1, "class": node.kind, "id": _named(node), "things": node.things, "places": node.places,
        "pieces": node.pieces, "sure": node.sure, "held": node.held, "asked": node.asked, "party": node.party,
        "owner": node.owner,
    }  # fmt: skip


def _named(node: Node) -> str:
    return node.name if node.things == 1 else f"{node.things:,} more"


def _said(whats: Iterable[str], told: Genealogy, events: list[dict[str, Any]]) -> str:
    things = sum(node.things for node in told.nodes)
    layers = 1 + max((node.layer for node in told.nodes), default=0)
    said = f"{', '.join(whats)}: {plural(things, 'thing')} in {plural(layers, 'layer')}"
    if not events:
        return f"{said}."
    days = f"{events[0]['at']:%Y-%m-%d} to {events[-1]['at']:%Y-%m-%d}"
    return f"{said}, {plural(len(events), 'event')} from {days}."
