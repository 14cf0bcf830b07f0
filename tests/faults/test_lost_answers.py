"""Each commit happens, and its first answer is lost on the way: work is done once, and no row stands twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import local
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.faults.dying import dies_at
from tests.faults.houses import House, prove_whole

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import CatalogueError, NotFound
from corecar.store.catalogue import Catalogue
from corecar.store.catalogue.models import Audit, Grading, Job, LakeFile, LotState
from corecar.store.lake import merging

HISTORY = ["received", "screened", "held"]
"""States of a lot once it is graded: so few parts are never let go without review."""


@pytest.fixture
def answers_lost(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every transaction that may be tried again commits, and is then told that the connection was lost, once."""
    write, writing, at_hand, lost = Catalogue.write, Catalogue.writing, local(), list[str]()

    def losing_write(self: Catalogue, work: Callable[[Any], Any], **named: Any) -> Any:
        at_hand.due = True
        return write(self, work, **named)

    @contextmanager
    def losing_writing(self: Catalogue) -> Iterator[Any]:
        with writing(self) as session:
            yield session
        if getattr(at_hand, "due", False):
            at_hand.due = False
            lost.append("lost")
            raise CatalogueError("the connection was lost.", passing=True)

    monkeypatch.setattr(Catalogue, "write", losing_write)
    monkeypatch.setattr(Catalogue, "writing", losing_writing)
    return lost


@pytest.fixture(autouse=True)
def soon_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two files of a size be enough to merge."""
    monkeypatch.setattr(merging, "FAN", 2)


def filled(house: House, testers: Path) -> Path:
    """A fresh workspace that holds two lots, of which nothing was merged."""

    def fill(workspace: Workspace) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("corecar.bridge.ingest.ingestion.compact_what_is_due", lambda *_: iter(()))
            workspace.ingest([testers], workers="inline")

    return house.like("filled", fill)


def rows_of(workspace: Workspace, model: Any, /, **columns: Any) -> int:
    with workspace.store.catalogue.reading() as session:
        return int(session.scalar(select(func.count()).select_from(model).filter_by(**columns)) or 0)


def test_a_lot_is_graded_once(house: House, testers: Path, answers_lost: list[str]) -> None:
    with corecar.open(filled(house, testers)) as workspace:
        answer = workspace.grade("SIM00001")
        shown = workspace.lot("SIM00001")
        assert len(shown["gradings"]) == 1
        assert [event["state"] for event in shown["history"]] == HISTORY
        assert (answer["state"], shown["state"]) == ("held", "held")
        assert rows_of(workspace, Job) == rows_of(workspace, Job, state="done") == 2
        workspace.grade("SIM00001")
        assert len(workspace.lot("SIM00001")["gradings"]) == 2
    assert len(answers_lost) > 4


def test_files_are_merged_once(house: House, testers: Path, answers_lost: list[str]) -> None:
    folder = filled(house, testers)
    with corecar.open(folder) as workspace:
        before = rows_of(workspace, LakeFile, retired_at=None)
        answer = workspace.compact()
        assert answer["into"] > 0
        assert rows_of(workspace, LakeFile, retired_at=None) == before - answer["merged"] + answer["into"]
    assert answers_lost
    prove_whole(folder)


def test_tables_are_published_once(house: House, testers: Path, answers_lost: list[str]) -> None:
    folder = filled(house, testers)
    with corecar.open(folder) as workspace:
        assert {row["version"] for row in workspace.publish_delta()["rows"]} == {0}
        assert rows_of(workspace, LakeFile, table="runs") == 1
        assert {row["version"] for row in workspace.publish_delta()["rows"]} == {0}
    assert answers_lost


def test_a_long_look_is_one_job(house: House, testers: Path, answers_lost: list[str]) -> None:
    with corecar.open(filled(house, testers)) as workspace:
        before = rows_of(workspace, Job)
        assert workspace.verify()["sound"]
        assert rows_of(workspace, Job) == before + 1
        assert rows_of(workspace, Job, state="running") == 0
    assert answers_lost


def test_queued_jobs_are_queued_and_done_once(house: House, testers: Path, answers_lost: list[str]) -> None:
    with corecar.open(filled(house, testers)) as workspace:
        for lot in ("SIM00001", "SIM00002"):
            workspace.call("grade", lot, later=True)
        assert rows_of(workspace, Job, state="queued") == 2
        assert [row["state"] for row in workspace.jobs_work(once=True)["rows"]] == ["done", "done"]
        assert (rows_of(workspace, Grading), rows_of(workspace, LotState, state="screened")) == (2, 2)
        assert rows_of(workspace, Job, state="running") == rows_of(workspace, Audit, outcome="running") == 0
    assert answers_lost


def test_a_refusal_is_on_record_once(house: House, answers_lost: list[str]) -> None:
    with corecar.open(house.fresh()) as workspace:
        with pytest.raises(NotFound):
            workspace.hold("NOBODY", reason="x")
        assert rows_of(workspace, Audit, verb="hold", outcome="refused") == 1
    assert answers_lost


def test_a_refusal_is_on_record_also_where_its_first_transaction_was_taken_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, taken_back = Catalogue.writing, list[str]()

    @contextmanager
    def failing_once(self: Catalogue) -> Iterator[Any]:
        with writing(self) as session:
            yield session
            session.flush()
            if not taken_back and any(isinstance(row, Audit) for row in session.identity_map.values()):
                taken_back.append("once")
                raise CatalogueError("the connection was lost.", passing=True)

    monkeypatch.setattr(Catalogue, "writing", failing_once)
    with corecar.open(house.fresh()) as workspace:
        with pytest.raises(NotFound):
            workspace.hold("NOBODY", reason="x")
        assert rows_of(workspace, Audit, verb="hold", outcome="refused") == 1
    assert taken_back


@pytest.mark.slow
def test_a_grading_that_dies_at_any_step_and_is_gone_on_with_is_one(house: House, testers: Path) -> None:
    step, died = 1, True
    while died:
        folder = filled(house, testers)

        def grade(folder: Path = folder) -> None:
            with corecar.open(folder) as workspace:
                workspace.grade("SIM00001", idempotency_key="this one")

        died = dies_at(grade, step)
        grade()
        with corecar.open(folder) as workspace:
            shown = workspace.lot("SIM00001")
        assert len(shown["gradings"]) == 1
        assert [event["state"] for event in shown["history"]] == HISTORY
        step += 1
    assert step > 6
