"""The walk along edges: from pieces to all that they became, or to all that they came from.

An answer may be coarser than the truth, never narrower: where pieces mixed and nobody told which went where, all that
may be meant are in it, marked as possible, with the event at which they mixed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from corecar.trace.blocks import PLACED, Edge
from corecar.trace.ranges import Ranges, clipped, joined, without

MOST_STEPS = 1000
"""Things in a row that a piece goes through at most; the keys of what is made are always higher, so none comes back."""


class Part(NamedTuple):
    """A range of keys within a block."""

    block: int
    first: int
    last: int


Next = Callable[[Sequence[Part]], Iterable[Edge]]
"""Edges that leave any of these parts; it may also give edges that miss them."""


@dataclass
class Reached:
    """What a walk met: of each block the ranges that are sure and those that are possible only.

    stays  of each block the ranges whose places nobody is known to have emptied: pieces may be there still
    mixed  of each block where its pieces, or those they came through, last mixed: the block into which or out of which
    """

    sure: dict[int, Ranges] = field(default_factory=dict)
    possible: dict[int, Ranges] = field(default_factory=dict)
    stays: dict[int, Ranges] = field(default_factory=dict)
    mixed: dict[int, int] = field(default_factory=dict)

    def of(self, block: int) -> Ranges:
        """All ranges of a block that were met."""
        return joined([*self.sure.get(block, []), *self.possible.get(block, [])])

    @property
    def blocks(self) -> set[int]:
        return self.sure.keys() | self.possible.keys()


def forward(start: Iterable[Part], follow: Next, sources: Next) -> Reached:
    """Everything that pieces became.

    start    ranges to begin at
    follow   how to look up the edges that leave ranges
    sources  how to look up those that lead to ranges: where all that mixed is sure, so is all that came of it
    """
    return _walk(start, follow, sources)


def backward(start: Iterable[Part], sources: Next) -> Reached:
    """Everything that pieces came from. start: ranges to begin at; sources: how to look up the edges to them."""
    return _walk(start, sources, None)


def _walk(start: Iterable[Part], follow: Next, sources: Next | None) -> Reached:
    found = Reached()
    ahead = {True: _gathered(start), False: {}}
    for _ in range(MOST_STEPS):
        fresh = {sure: _new(found, parts, sure=sure) for sure, parts in ahead.items()}
        if not fresh[True] and not fresh[False]:
            break
        ahead = _step(found, fresh, follow, forward=sources is not None)
        if sources is not None:
            _settle(found, ahead, sources)
    return found


def _settle(found: Reached, ahead: dict[bool, dict[int, Ranges]], sources: Next) -> None:
    """Make sure what is possible ahead where everything that it came from is sure."""
    parts = [Part(block, *one) for block, ranges in ahead[False].items() for one in ranges]
    if not parts:
        return
    unsure: dict[int, Ranges] = {}
    for edge in sources(parts):
        here = [(edge.from_first, edge.from_last)]
        if without(here, found.sure.get(edge.from_block, [])):
            unsure.setdefault(edge.to_block, []).append((edge.to_first, edge.to_last))
    for block, ranges in list(ahead[False].items()):
        sure = without(ranges, joined(unsure.get(block, [])))
        if sure:
            ahead[True][block] = joined([*ahead[True].get(block, []), *sure])


def _gathered(parts: Iterable[Part]) -> dict[int, Ranges]:
    made: dict[int, Ranges] = {}
    for block, first, last in parts:
        made.setdefault(block, []).append((first, last))
    return {block: joined(ranges) for block, ranges in made.items()}


def _new(found: Reached, parts: dict[int, Ranges], *, sure: bool) -> dict[int, Ranges]:
    """Of these ranges those not met before, which are noted; what was possible and is sure now counts as new."""
    fresh: dict[int, Ranges] = {}
    for block, ranges in parts.items():
        left = without(ranges, found.sure.get(block, []))
        if not sure:
            left = without(left, found.possible.get(block, []))
        if not left:
            continue
        fresh[block] = left
        into = found.sure if sure else found.possible
        into[block] = joined([*into.get(block, []), *left])
        if sure and block in found.possible:
            found.possible[block] = without(found.possible[block], left)
    return fresh


def _step(
    found: Reached, fresh: dict[bool, dict[int, Ranges]], follow: Next, *, forward: bool
) -> dict[bool, dict[int, Ranges]]:
    """The ranges one edge further, those that are sure and the others."""
    asked = [Part(block, *one) for parts in fresh.values() for block, ranges in parts.items() for one in ranges]
    there: dict[bool, dict[int, Ranges]] = {True: {}, False: {}}
    emptied: dict[int, Ranges] = {}
    for edge in follow(asked):
        here, to = _ends(edge, forward=forward)
        for sure, parts in fresh.items():
            ranges = parts.get(here.block)
            hit = clipped(ranges, here.first, here.last) if ranges else []
            if not hit:
                continue
            if edge.flags & PLACED:
                emptied.setdefault(here.block, []).extend(hit)
            if edge.exact:
                shift = to.first - here.first
                there[sure].setdefault(to.block, []).extend((a + shift, b + shift) for a, b in hit)
                if here.block in found.mixed:
                    found.mixed.setdefault(to.block, found.mixed[here.block])
            else:
                there[False].setdefault(to.block, []).append((to.first, to.last))
                found.mixed[to.block] = edge.to_block
    for parts in fresh.values():
        for block, ranges in parts.items():
            rest = without(ranges, joined(emptied.get(block, [])))
            if rest:
                found.stays[block] = joined([*found.stays.get(block, []), *rest])
    return {sure: {block: joined(ranges) for block, ranges in parts.items()} for sure, parts in there.items()}


def _ends(edge: Edge, *, forward: bool) -> tuple[Part, Part]:
    source = Part(edge.from_block, edge.from_first, edge.from_last)
    target = Part(edge.to_block, edge.to_first, edge.to_last)
    return (source, target) if forward else (target, source)


def edges_in_memory(edges: Iterable[Edge], *, forward: bool) -> Next:
    """How to look up edges that are all in memory."""
    by_block: dict[int, list[Edge]] = {}
    for edge in edges:
        by_block.setdefault(edge.from_block if forward else edge.to_block, []).append(edge)

    def follow(parts: Sequence[Part]) -> Iterable[Edge]:
        for block in dict.fromkeys(part.block for part in parts):
            yield from by_block.get(block, ())

    return follow
