"""Which thing became which is told and drawn, both ways, as far as the asker may see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.bridge.trace.told_events import story

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import ArgumentError, NotFound
from corecar.simulate.movements import move_lots


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", owner="Demo House") as made:
        made.trace_import(story(tmp_path))
        yield made


def test_a_car_stands_at_the_end_of_a_chain_that_begins_with_its_die(house: Workspace) -> None:
    answer = house.trace_graph(["VIN1"])
    assert answer["said"] == "VIN1: 6 things in 6 layers, 7 events from 2026-03-02 to 2026-03-11."
    assert [(row["layer"], row["class"], row["id"], row["places"]) for row in answer["things"]] == [
        (1, "wafer", "W1", "6,1"), (2, "strip", "S1", "17"), (3, "reel", "R1", "17"), (4, "shipment", "E7", ""),
        (5, "ecu", "K1", "U1"), (6, "vehicle", "VIN1", "brake"),
    ]  # fmt: skip
    assert [(row["from_thing"], row["to_thing"]) for row in answer["rows"]] == [
        ("W1", "S1"), ("S1", "R1"), ("R1", "E7"), ("E7", "K1"), ("K1", "VIN1"),
    ]  # fmt: skip
    assert answer["things"][3]["party"] == "Demo Tier"
    assert [row["event"] for row in answer["events"]] == ["E1", "T1", "E3", "E5", "E7", "E8", "E9"]
    assert answer["events"][2]["used"] == "batch WIRE-9, equipment BOND-3"


def test_forward_what_mixed_is_marked_and_told(house: Workspace) -> None:
    answer = house.trace_graph(["wafer:W1"], way="forward")
    found = {row["id"]: row for row in answer["things"]}
    assert (found["REST"]["sure"], found["R1"]["sure"], found["W1"]["asked"]) == (False, True, True)
    assert "W2" not in found
    assert answer["notes"][0].startswith("Pieces mixed in merge E6")


def test_it_is_drawn_with_a_box_for_each_thing_and_a_dot_for_each_event(house: Workspace, tmp_path: Path) -> None:
    graph, line = tmp_path / "graph.svg", tmp_path / "line.html"
    house.trace_graph(["wafer:W1"], way="forward", figure=graph, timeline=line)
    drawn = graph.read_text("utf-8")
    assert len(re.findall(r'<rect class="node[^"]*" x="[^"]*" y="[^"]*" width="[^"]*" height="40"', drawn)) == 7
    assert "shipment → Demo T" in drawn
    assert line.read_text("utf-8").count('<circle class="dot"') == 8
    with pytest.raises(ArgumentError, match="a drawing is written as"):
        house.trace_graph(["wafer:W1"], figure=tmp_path / "graph.docx")


def test_another_party_sees_one_step_and_it_is_said_whose_genealogy_it_sees(house: Workspace) -> None:
    house.parties_add("Demo Tier")
    house.people_add("tina", role="engineer", party="Demo Tier")
    with corecar.open(house.store.folder, actor="tina") as tier, pytest.raises(NotFound):
        tier.trace_graph(["VIN1"])
    house.trace_share("Demo Tier")
    with corecar.open(house.store.folder, actor="tina") as tier:
        answer = tier.trace_graph(["VIN1"])
        assert answer["facts"]["sees"] == "Demo House, Demo Tier"
        assert len(answer["things"]) == 6


def test_wherever_pieces_of_a_wafer_truly_went_stands_in_the_graph(tmp_path: Path) -> None:
    moved = move_lots(7, steps=60)
    file = tmp_path / "moves.csv"
    file.write_text("\n".join(moved.lines) + "\n", encoding="utf-8")
    with corecar.init(tmp_path / "house", owner="Demo House") as house:
        house.trace_import(file)
        kind, name = moved.pieces[0].path[0][0]
        answer = house.trace_graph([f"{kind}:{name}"], way="forward", most=1000)
    things = {(row["class"], row["id"]) for row in answer["things"]}
    truth = {thing for piece in moved.pieces if piece.path[0][0] == (kind, name) for thing, _ in piece.path}
    assert truth <= things
    steps = {(row["from_thing"], row["to_thing"]) for row in answer["rows"]}
    assert all(any(to == thing[1] for _, to in steps) for thing in truth - {(kind, name)})
