"""Answers against the truth of simulated movements: they may be coarser, and never leave an affected piece out."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from corecar.faults import Faults
from corecar.simulate.movements import Movements, move_lots
from corecar.trace.blocks import Entries
from corecar.trace.holders import NothingKnown
from corecar.trace.kinds import KINDS, POOL
from corecar.trace.ledger import record
from corecar.trace.lines import Thing, read_events
from corecar.trace.places import read_places
from corecar.trace.ranges import both, size
from corecar.trace.walk import Part, Reached, backward, edges_in_memory, forward


def entries_of(moved: Movements) -> Entries:
    faults = Faults()
    events = read_events("moved.csv", moved.lines, faults)
    entries = record("moved.csv", events, NothingKnown(), 1, faults)
    faults.settle()
    return entries


def parts_at(entries: Entries, thing: tuple[str, str], place: str) -> list[Part]:
    """All ranges that may be meant by a place of a thing; the whole thing where none is told."""
    found = []
    for block in entries.blocks:
        if block.thing != thing:
            continue
        asked = read_places(place)
        if asked is None or block.places is None:
            found.append(Part(block.first, block.first, block.last))
        elif (shared := block.places.shares(asked)) is not None:
            offsets = [(0, block.last - block.first)] if shared.name else block.places.offsets(shared)
            found += [Part(block.first, block.first + a, block.first + b) for a, b in offsets]
    return found


def ahead(entries: Entries, parts: list[Part]) -> Reached:
    return forward(parts, edges_in_memory(entries.edges, forward=True), edges_in_memory(entries.edges, forward=False))


def now(entries: Entries, found: Reached) -> tuple[Counter[Thing], Counter[Thing]]:
    """How many pieces may be in each thing now, and how many of them are sure."""
    possible: Counter[Thing] = Counter()
    sure: Counter[Thing] = Counter()
    for block in entries.blocks:
        left, _, since = entries.left.get(block.thing, (0, None, 0))
        if block.thing.kind == POOL or left == 0 or block.first < since:
            continue
        stays = found.stays.get(block.first, [])
        possible[block.thing] += size(both(found.of(block.first), stays))
        sure[block.thing] += size(both(found.sure.get(block.first, []), stays))
    return possible, sure


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), lost=st.sampled_from([0.0, 0.2, 0.5, 1.0]), steps=st.integers(0, 40))
def test_no_affected_piece_is_left_out_of_a_suspect_wafer(seed: int, lost: float, steps: int) -> None:
    moved = move_lots(seed, steps=steps, lost=lost)
    entries = entries_of(moved)
    die = moved.pieces[seed % len(moved.pieces)]
    (wafer, place) = die.path[0]
    width = int(place.split(",")[0])
    zone = [piece for piece in moved.pieces
            if piece.path[0][0] == wafer and int(piece.path[0][1].split(",")[0]) >= width]  # fmt: skip
    parts = [part for piece in zone for part in parts_at(entries, wafer, piece.path[0][1])]
    possible, sure = now(entries, ahead(entries, parts))
    truth = Counter(piece.now for piece in zone)
    for thing, count in truth.items():
        assert possible[Thing(*thing)] >= count, f"{thing}: {count} affected, {possible[Thing(*thing)]} told"
    inside = Counter(piece.now for piece in moved.pieces)
    for thing, count in sure.items():
        left = entries.left[thing][0]
        assert left == inside[thing]
        if count:
            assert truth[thing] >= 1 or count < size_of(entries, thing)


def size_of(entries: Entries, thing: Thing) -> int:
    return sum(block.last - block.first + 1 for block in entries.blocks if block.thing == thing)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), lost=st.sampled_from([0.0, 0.2, 0.5, 1.0]), steps=st.integers(0, 40))
def test_the_true_die_is_among_those_that_a_piece_may_have_come_from(seed: int, lost: float, steps: int) -> None:
    moved = move_lots(seed, steps=steps, lost=lost)
    entries = entries_of(moved)
    piece = moved.pieces[seed % len(moved.pieces)]
    thing, place = piece.path[-1]
    start = parts_at(entries, thing, place)
    found = backward(start, edges_in_memory(entries.edges, forward=False))
    (die,) = parts_at(entries, *piece.path[0])
    assert both(found.of(die.block), [(die.first, die.last)])
    for passed, at in piece.path:
        assert any(both(found.of(part.block), [(part.first, part.last)]) for part in parts_at(entries, passed, at))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(5, 40))
def test_where_every_place_is_told_an_answer_is_exact(seed: int, steps: int) -> None:
    moved = move_lots(seed, steps=steps, lost=0.0, mixing=False)
    entries = entries_of(moved)
    for piece in moved.pieces[:: max(1, len(moved.pieces) // 5)]:
        possible, sure = now(entries, ahead(entries, parts_at(entries, *piece.path[0])))
        assert +possible == +sure == Counter({Thing(*piece.now): 1})


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), steps=st.integers(5, 40))
def test_no_piece_that_a_tool_tested_is_left_out(seed: int, steps: int) -> None:
    moved = move_lots(seed, steps=steps)
    entries = entries_of(moved)
    for tool in {tool for piece in moved.pieces for tool in piece.used}:
        events = {mark.event for mark in entries.marks if mark.thing == tool}
        parts = [Part(*touch[1:]) for touch in entries.touches if touch.event in events]
        possible, _ = now(entries, ahead(entries, parts))
        for thing, count in Counter(piece.now for piece in moved.pieces if tool in piece.used).items():
            assert possible[Thing(*thing)] >= count


def test_movements_have_every_kind_of_event() -> None:
    kinds = {line.split(",")[2] for seed in range(20) for line in move_lots(seed).lines[1:]}
    assert kinds == set(KINDS) - {"move", "hold", "release", "ship"}
