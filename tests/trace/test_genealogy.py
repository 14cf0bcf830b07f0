"""Things stand in layers, also where rework goes round; of many alike the largest stand singly, no piece is lost."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from corecar.trace.genealogy import Genealogy, Node, Step, collapsed, layered

AT = datetime(2026, 3, 5, tzinfo=UTC)


def node(kind: str, name: str, order: int, pieces: int = 1, *, asked: bool = False) -> Node:
    return Node(kind, name, order, pieces, asked=asked)


def step(source: int, target: int, pieces: int = 1, event: str = "E1") -> Step:
    return Step(source, target, "transform", event, AT, pieces)


def test_a_thing_stands_behind_all_that_it_was_made_of() -> None:
    nodes = tuple(node("lot", name, at) for at, name in enumerate("ABCD"))
    made = layered(Genealogy(nodes, (step(0, 1), step(1, 2), step(0, 3), step(2, 3))))
    assert [one.layer for one in made.nodes] == [0, 1, 2, 3]


def test_rework_that_goes_round_stands_by_what_is_older() -> None:
    nodes = (node("lot", "L", 1), node("sublot", "S", 5), node("reel", "R", 9))
    made = layered(Genealogy(nodes, (step(0, 1), step(1, 0, event="rework"), step(0, 2))))
    assert [one.layer for one in made.nodes] == [0, 1, 1]


def test_of_many_alike_the_largest_and_what_was_asked_about_stand_singly() -> None:
    reels = tuple(node("reel", f"R{at}", at, pieces=at, asked=at == 1) for at in range(1, 8))
    wafer = node("wafer", "W", 0, 28)
    steps = tuple(step(0, at, pieces=at, event=f"E{at}") for at in range(1, 8))
    made = collapsed(layered(Genealogy((wafer, *reels), steps)), most=3)
    assert [(one.name, one.things, one.pieces) for one in made.nodes] == [
        ("W", 1, 28), ("R1", 1, 1), ("R7", 1, 7), ("", 5, 20)
    ]  # fmt: skip
    assert [(one.from_, one.to, one.pieces, one.events) for one in made.steps][-1] == (0, 2, 7, 1)
    assert (0, 3, 20, 5) in [(one.from_, one.to, one.pieces, one.events) for one in made.steps]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 50)), max_size=40), st.integers(2, 5))
def test_nothing_is_lost_whatever_became_of_what(found: list[tuple[int, int, int]], most: int) -> None:
    nodes = tuple(node("lot", f"L{at}", at, pieces=at + 1) for at in range(10))
    whole = Genealogy(nodes, tuple(step(source, to, pieces) for source, to, pieces in found))
    made = collapsed(layered(whole), most)
    assert sum(one.pieces for one in made.nodes) == sum(one.pieces for one in nodes)
    assert sum(one.things for one in made.nodes) == len(nodes)
    assert sum(one.pieces for one in made.steps) == sum(pieces for _, _, pieces in found)
    assert all(0 <= one.from_ < len(made.nodes) > one.to for one in made.steps)
