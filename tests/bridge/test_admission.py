"""Files that are read at one moment become true in one transaction of few statements; each answers for itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select
from tests.bridge.houses import packed_copy, small_lot

import corecar
from corecar.bridge.ingest import ingestion
from corecar.bridge.ingest.admission import Admission, Admitted, admit
from corecar.bridge.ingest.discovery import find
from corecar.bridge.ingest.intake import Task, take_in
from corecar.bridge.ingest.taken import Taken
from corecar.bridge.workspace import Workspace
from corecar.errors import CatalogueError
from corecar.store.catalogue.models import Lot, LotState, Run, Source
from corecar.store.catalogue.sessions import writing_session
from corecar.store.filing import DEFAULT


@pytest.fixture
def house(catalogue_url: str, tmp_path: Path) -> Iterator[Workspace]:
    with corecar.init(tmp_path / "house", database=catalogue_url) as house:
        yield house


@pytest.fixture
def lots(tmp_path: Path) -> list[Path]:
    return [small_lot(tmp_path, seed) for seed in range(1, 6)]


def together(house: Workspace, paths: Sequence[Path], token: str) -> list[Admitted]:
    """Take files in and admit them in one transaction."""
    objects, catalogue = house.store.objects, house.store.catalogue
    tasks = [Task(candidate, objects, token, "raise", None) for candidate in find(paths, recursive=False)]
    files = [taken for taken in map(take_in, tasks) if isinstance(taken, Taken)]
    admission = Admission(1, "somebody", 1, datetime.now(UTC), DEFAULT, token)
    return catalogue.write(lambda session: admit(session, files, admission))


def rows(house: Workspace, model: Any) -> int:
    with house.store.catalogue.reading() as session:
        return int(session.scalar(select(func.count()).select_from(model)) or 0)


def test_files_of_one_transaction_that_hold_the_same_give_one_run(house: Workspace, lots: list[Path]) -> None:
    with writing_session(house.store.catalogue, "test") as token:
        first, again, other = together(house, [lots[0], packed_copy(lots[0]), lots[1]], token)
        assert [one.new for one in (first, again, other)] == [1, 0, 1]
        assert (again.known, len(again.left) > 1, first.left) == (1, True, ())
        for key in again.left:
            house.store.objects.delete(key)
    assert rows(house, Run) == rows(house, Source) == rows(house, Lot) == rows(house, LotState) == 2
    assert house.verify()["rows"] == []


def test_runs_of_one_transaction_come_one_after_the_other(house: Workspace, lots: list[Path]) -> None:
    with writing_session(house.store.catalogue, "test") as token:
        together(house, lots, token)
    with house.store.catalogue.reading() as session:
        assert len(set(session.scalars(select(Run.ingested_at)))) == len(lots)


def test_statements_do_not_grow_with_the_files(house: Workspace, lots: list[Path]) -> None:
    counts = list[int]()

    def count(*_: Any) -> None:
        counts[-1] += 1

    with writing_session(house.store.catalogue, "test") as token:
        event.listen(house.store.catalogue.engine, "before_cursor_execute", count)
        for some in (lots[:1], lots[1:]):
            counts.append(0)
            together(house, some, token)
        counts.append(0)
    one, four, _ = counts
    assert four == one <= 15


@pytest.mark.parametrize("others", [1, 4])
def test_what_the_catalogue_refuses_of_one_file_is_not_the_fault_of_its_neighbours(
    house: Workspace, lots: list[Path], monkeypatch: pytest.MonkeyPatch, others: int
) -> None:
    def refusing(session: Any, files: Sequence[Taken], admission: Any) -> list[Admitted]:
        answer = admit(session, files, admission)
        if any(one.candidate.path == str(lots[0]) for one in files):
            raise CatalogueError("a value that does not fit.")
        return answer

    def at_once(crew: Any, function: Any, tasks: Any, **_: Any) -> Iterator[list[Any]]:
        yield [(task, function(task)) for task in tasks]

    monkeypatch.setattr(ingestion, "admit", refusing)
    monkeypatch.setattr(ingestion, "work_together", at_once)
    with pytest.raises(CatalogueError, match="does not fit"):
        house.ingest(lots[: others + 1], workers="inline")
    assert rows(house, Run) == rows(house, Lot) == others
    monkeypatch.undo()
    assert house.ingest(lots[: others + 1], workers="inline")["new"] == 1
    assert house.verify()["rows"] == []
