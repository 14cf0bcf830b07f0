"""`verify` finds an override of which any row was changed behind Corecar's back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import text
from tests.bridge.houses import small_lot

import corecar
from corecar.bridge.workspace import Workspace

LOT, UNIT, SCREENS = "SIM00001", "W01 (2, 2)", ["dynamic-pat"]


@pytest.fixture
def house(tmp_path: Path, catalogue_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A lot with an override that ann proposed and bob approved, on SQLite and on PostgreSQL."""
    monkeypatch.setenv("CORECAR_DATABASE_URL", catalogue_url)
    yield from _overridden(tmp_path)


@pytest.fixture
def plain_house(tmp_path: Path) -> Iterator[Workspace]:
    yield from _overridden(tmp_path)


def _overridden(folder: Path) -> Iterator[Workspace]:
    with corecar.init(folder / "house", owner="Demo House") as opened:
        opened.ingest([small_lot(folder, 1)], workers="inline")
        opened.grade(LOT)
        for name in ("ann", "bob"):
            opened.people_add(name, role="quality")
        with corecar.open(folder / "house", actor="ann") as ann:
            ann.override_propose(LOT, [UNIT], screens=SCREENS, reason="looked at under the microscope")
        with corecar.open(folder / "house", actor="bob") as bob:
            bob.override_approve(1, reason="agreed")
        yield opened


def found(house: Workspace) -> list[str]:
    rows = house.verify()["rows"]
    assert {row["what"] for row in rows} <= {"override"}
    assert {row["where"] for row in rows} <= {"override 1"}
    return [row["problem"] for row in rows]


def change(house: Workspace, statement: str, **values: Any) -> None:
    def write(session: Any) -> None:
        session.execute(text(statement), values)

    house.store.catalogue.write(write)


def test_an_override_as_two_persons_decided_it_is_sound(house: Workspace) -> None:
    assert found(house) == []
    with corecar.open(house.store.folder, actor="ann") as ann:
        ann.override_withdraw(1, reason="it failed at the customer")
    assert found(house) == []
    assert house.verify()["sound"] is True


PROPOSED, APPROVED = "action = 'propose'", "action = 'approve'"
BOB = "(SELECT id FROM people WHERE name = 'bob')"
STEP = "UPDATE override_states SET"


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE overrides SET state = 'withdrawn'", "it is withdrawn, its history ends with approved"),
        (f"{STEP} by_name = 'ann' WHERE {APPROVED}", "bears the name ann, and was done by bob"),
        (f"{STEP} by_name = 'bob', by_id = {BOB} WHERE {PROPOSED}", "bob proposed and approved it, though"),
        (f"{STEP} two_persons = 'x' WHERE {APPROVED}", "is not who proposed and who approved it"),
        (f"{STEP} two_persons = 'x' WHERE {PROPOSED}", "speaks of the rule of two persons"),
        (f"{STEP} reason = 'because' WHERE {PROPOSED}", 'the reason of "propose" is not the one that the audit has'),
        (f"{STEP} reason = ' ' WHERE {APPROVED}", '"approve" has no reason'),
        (f"{STEP} action = 'withdraw', state = 'withdrawn' WHERE {APPROVED}", 'no call in the audit did "withdraw"'),
        (f"DELETE FROM override_states WHERE {APPROVED}", "it is approved, its history ends with proposed"),
        (f"DELETE FROM override_states WHERE {PROPOSED}", "which does not follow nothing"),
        ("DELETE FROM override_states", "it has no history"),
        ("DELETE FROM audit WHERE verb = 'override_approve'", 'no call in the audit did "approve"'),
    ],
)
def test_a_tampered_row_is_found(plain_house: Workspace, statement: str, told: str) -> None:
    change(plain_house, statement)
    problems = found(plain_house)
    assert any(told in problem for problem in problems), problems
    assert all(problem.endswith(".") for problem in problems)


@pytest.mark.parametrize(
    ("screens", "told"),
    [(["nnr"], "had been rejected by dynamic-pat too"), (["dynamic-pat", "nnr"], "its screens differ from what")],
)
def test_tampered_screens_are_found(plain_house: Workspace, screens: list[str], told: str) -> None:
    change(plain_house, "UPDATE overrides SET screens = :screens", screens=json.dumps(screens))
    assert any(told in problem for problem in found(plain_house))


def test_a_part_that_no_screen_had_rejected_is_found(house: Workspace) -> None:
    parts = [{"insertion": _insertion(house), "unit": unit} for unit in (UNIT, "W01 (3, 3)")]
    change(house, "UPDATE overrides SET parts = :parts", parts=json.dumps(parts))
    problems = found(house)
    assert any("no screen had rejected W01 (3, 3)" in problem for problem in problems)
    assert any("its parts and units differ from what the audit has" in problem for problem in problems)


def _insertion(house: Workspace) -> str:
    with house.store.catalogue.reading() as session:
        (parts,) = session.execute(text("SELECT parts FROM overrides")).one()
    kept = json.loads(parts) if isinstance(parts, str) else parts
    return str(kept[0]["insertion"])


def test_an_approval_by_the_proposer_without_accounts_is_sound_and_the_summary_sheet_names_the_part(
    tmp_path: Path,
) -> None:
    with corecar.init(tmp_path / "house", owner="Demo House") as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        house.grade(LOT)
        house.override_propose(LOT, [UNIT], screens=SCREENS, reason="looked at")
        house.override_approve(1, reason="agreed")
        assert found(house) == []
        house.grade(LOT, out=tmp_path / "after")
    book = CalamineWorkbook.from_path(next((tmp_path / "after").glob("*.xlsx")))
    rows = {str(row[0]): str(row[1]) for row in book.get_sheet_by_name("Summary").to_python() if row[0]}
    assert float(rows["overridden"]) == 1
    assert rows["overrides"].startswith(f"{UNIT}: rejected by dynamic-pat; override 1, approved by ")
