"""A large file is taken in by columns: the same rows as event by event, on both databases, and none of a wrong one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text
from tests.bridge.trace.told_events import HEADER, STORY

import corecar
from corecar.bridge.trace import importing
from corecar.bridge.workspace import Workspace
from corecar.errors import MappingError
from corecar.simulate.movements import move_lots

ROWS = (
    """SELECT reference, kind, at FROM trace_events""",
    """SELECT kind, name, "left", taken_at, since FROM trace_things""",
    """SELECT b.first, b.last, t.kind, t.name, b.places, b.quantity, e.reference FROM trace_blocks b
       JOIN trace_things t ON t.id = b.thing_id JOIN trace_events e ON e.id = b.event_id""",
    """SELECT from_block, from_first, from_last, to_block, to_first, to_last, flags FROM trace_edges""",
    """SELECT e.reference, u.block, u.first, u.last FROM trace_touches u JOIN trace_events e ON e.id = u.event_id""",
    """SELECT e.reference, t.kind, t.name, m.at FROM trace_marks m JOIN trace_events e ON e.id = m.event_id
       JOIN trace_things t ON t.id = m.thing_id""",
)


def given(url: str) -> str | None:
    """The database of a house: SQLite's is its own."""
    return None if url.startswith("sqlite") else url


def kept(house: Workspace) -> list[list[tuple[str, ...]]]:
    """What stands in the catalogue, without the numbers of things and events."""
    with house.store.catalogue.reading() as session:
        return [
            sorted(tuple(str(cell).removesuffix(".000000") for cell in row) for row in session.execute(text(asked)))
            for asked in ROWS
        ]


def indexes(house: Workspace) -> dict[str, set[str | None]]:
    look = inspect(house.store.catalogue.engine)
    return {name: {one["name"] for one in look.get_indexes(name)} for name in look.get_table_names() if "trace" in name}


def counted(house: Workspace) -> bool:
    """Whether PostgreSQL knows how many rows there are, without which it looks through whole tables for one."""
    if house.store.catalogue.engine.dialect.name != "postgresql":
        return True
    with house.store.catalogue.reading() as session:
        return bool(session.scalar(text("SELECT reltuples > 100 FROM pg_class WHERE relname = 'trace_edges'")))


def halves(lines: list[str]) -> list[list[str]]:
    """Lines of a file in two, no event in both."""
    names = list(dict.fromkeys(line.split(",")[0] for line in lines[1:]))
    first = set(names[: len(names) // 2])
    rest = [line for line in lines[1:] if line.split(",")[0] not in first]
    return [[lines[0], *(line for line in lines[1:] if line.split(",")[0] in first)], [lines[0], *rest]]


def taken_in(house: Workspace, folder: Path, parts: list[list[str]]) -> list[dict[str, Any]]:
    answers = []
    for number, lines in enumerate(parts):
        path = folder / f"{number}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        answers.append(house.trace_import(path))
    return answers


@pytest.mark.parametrize("seed", [3, 5])
def test_by_columns_and_event_by_event_the_catalogue_says_the_same(
    tmp_path: Path, catalogue_url: str, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    parts = halves(move_lots(seed, steps=80).lines)
    with corecar.init(tmp_path / "plain", owner="Demo House") as plain:
        told = taken_in(plain, tmp_path, parts)
        expected = kept(plain)
    monkeypatch.setattr(importing, "LARGE", 0)
    monkeypatch.setattr(importing, "record", None)
    with corecar.init(tmp_path / "quick", owner="Demo House", database=given(catalogue_url)) as quick:
        there = indexes(quick)
        assert taken_in(quick, tmp_path, parts) == told
        assert kept(quick) == expected
        assert indexes(quick) == there
        assert counted(quick)


def test_vehicles_of_a_large_file_are_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORECAR_VIN_KEY", "0123456789abcdef0123456789abcdef")
    monkeypatch.setattr(importing, "LARGE", 0)
    monkeypatch.setattr(importing, "record", None)
    with corecar.init(tmp_path / "house", owner="Demo House") as house:
        house.trace_vins("hashed")
        taken_in(house, tmp_path, [(HEADER + STORY).splitlines()])
        assert not any("VIN1" in cell for row in kept(house)[1] for cell in row)
        assert house.trace_back("VIN1")["said"] == "VIN1: the die of W1 at 6,1."


def test_nothing_is_kept_of_a_large_file_with_a_fault_and_it_is_told_by_its_row(
    tmp_path: Path, catalogue_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "LARGE", 0)
    lines = (HEADER + STORY).splitlines()
    with corecar.init(tmp_path / "house", owner="Demo House", database=given(catalogue_url)) as house:
        before = kept(house)
        wrong = [*lines, "Z1,2026-03-12T08:00:00Z,scrap,in,reel,R1,,41"]
        with pytest.raises(MappingError) as caught:
            taken_in(house, tmp_path, [wrong])
        assert "it takes 41 pieces where there are 39 pieces of reel R1." in str(caught.value)
        assert caught.value.faults[0].row == len(wrong)
        assert kept(house) == before
        taken_in(house, tmp_path, [lines])
        with pytest.raises(MappingError, match="it is recorded already"):
            taken_in(house, tmp_path, [[lines[0], lines[1].replace("W1", "W9")]])
