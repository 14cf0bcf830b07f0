"""A genealogy as things in layers and the steps between them; of many alike the largest are told singly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

MOST = 12
"""Things of one class in one layer that are told singly."""


@dataclass(frozen=True)
class Node:
    """A thing that was met. Several alike in one: `things` of them, without a name.

    order   key of its first piece: the lower, the older
    places  of the pieces that are meant, as files write them
    sure    whether they are the ones; asked: whether the question was about it
    """

    kind: str
    name: str
    order: int
    pieces: int
    places: str = ""
    sure: bool = True
    held: bool = False
    asked: bool = False
    party: str = ""
    owner: str = ""
    things: int = 1
    layer: int = 0


@dataclass(frozen=True)
class Step:
    """Pieces that went from one thing to another; from, to: places in the list of things. events: of several the first.

    sure  whether it is known which of them went
    """

    from_: int
    to: int
    kind: str
    event: str
    at: datetime
    pieces: int
    sure: bool = True
    events: int = 1


@dataclass(frozen=True)
class Genealogy:
    """Things and the steps between them."""

    nodes: tuple[Node, ...]
    steps: tuple[Step, ...]


def layered(found: Genealogy) -> Genealogy:
    """Each thing one layer behind the last that it was made of; what was asked about or made of nothing first.

    A step back, as rework makes it, counts for nothing.

    >>> nodes = (Node("wafer", "W1", 1, 80), Node("strip", "S1", 81, 50))
    >>> step = Step(0, 1, "transform", "E3", datetime(2026, 3, 5), 50)
    >>> [node.layer for node in layered(Genealogy(nodes, (step,))).nodes]
    [0, 1]
    """
    onward: dict[int, set[int]] = {}
    waits = [0] * len(found.nodes)
    for step in found.steps:
        if step.from_ != step.to and step.to not in onward.setdefault(step.from_, set()):
            onward[step.from_].add(step.to)
            waits[step.to] += 1
    layers, left = [0] * len(found.nodes), sorted(range(len(found.nodes)), key=lambda at: -found.nodes[at].order)
    placed: set[int] = set()
    ready = [at for at in left if not waits[at]]
    while ready or left:
        at = ready.pop() if ready else left.pop()  # nothing is ready within a cycle: the oldest breaks it
        if at in placed:
            continue
        placed.add(at)
        for to in onward.get(at, ()):
            if to in placed:
                continue
            layers[to] = max(layers[to], layers[at] + 1)
            waits[to] -= 1
            if not waits[to]:
                ready.append(to)
    return Genealogy(tuple(replace(node, layer=layer) for node, layer in zip(found.nodes, layers, strict=True)),
                     found.steps)  # fmt: skip


def collapsed(found: Genealogy, most: int = MOST) -> Genealogy:
    """Of each layer and class at most so many things, the largest; the others as one, and their steps as one.

    What was asked about stays. Nodes come in the order of their layers.
    """
    alike: dict[tuple[int, str], list[int]] = {}
    for place, node in enumerate(found.nodes):
        alike.setdefault((node.layer, node.kind), []).append(place)
    nodes: list[Node] = []
    now: dict[int, int] = {}
    for _, places in sorted(alike.items()):
        ordered = sorted(places, key=lambda place: _rank(found.nodes[place]))
        alone = ordered if len(ordered) <= most else ordered[: most - 1]
        for place in alone:
            now[place] = len(nodes)
            nodes.append(found.nodes[place])
        rest = ordered[len(alone) :]
        if rest:
            now |= dict.fromkeys(rest, len(nodes))
            nodes.append(_as_one([found.nodes[place] for place in rest]))
    return Genealogy(tuple(nodes), _gathered(found.steps, now))


def _rank(node: Node) -> tuple[bool, int, int]:
    return not node.asked, -node.pieces, node.order


def _as_one(nodes: Sequence[Node]) -> Node:
    first = nodes[0]
    return Node(
        first.kind, "", min(node.order for node in nodes), sum(node.pieces for node in nodes),
        sure=all(node.sure for node in nodes), held=all(node.held for node in nodes),
        asked=any(node.asked for node in nodes), party=_one_of(node.party for node in nodes),
        owner=_one_of(node.owner for node in nodes), things=len(nodes), layer=first.layer,
    )  # fmt: skip


def _one_of(texts: Iterable[str]) -> str:
    found = set(texts)
    return found.pop() if len(found) == 1 else ""


def _gathered(steps: Iterable[Step], now: dict[int, int]) -> tuple[Step, ...]:
    """Steps between the same two things as one, by the first of their events."""
    made: dict[tuple[int, int], Step] = {}
    for step in sorted(steps, key=lambda step: (step.at, step.event)):
        ends = now[step.from_], now[step.to]
        if ends not in made:
            made[ends] = replace(step, from_=ends[0], to=ends[1])
            continue
        before = made[ends]
        other = step.event != before.event
        made[ends] = replace(before, pieces=before.pieces + step.pieces, sure=before.sure and step.sure,
                             events=before.events + step.events * other)  # fmt: skip
    return tuple(made.values())
