"""Connections to a SQLite catalogue are kept, each for the process and the file that it was opened with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, text

from corecar.store import catalogue as store
from corecar.store.catalogue import Catalogue, sqlite_url


def written(catalogue: Catalogue, number: int) -> None:
    catalogue.write(lambda session: session.execute(text("CREATE TABLE IF NOT EXISTS noted (number)")))
    catalogue.write(lambda session: session.execute(text("INSERT INTO noted VALUES (:number)"), {"number": number}))


def noted(catalogue: Catalogue) -> list[int]:
    with catalogue.reading() as session:
        return list(session.scalars(text("SELECT number FROM noted")))


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with closing(Catalogue(sqlite_url(tmp_path / "corecar.db"))) as opened:
        written(opened, 1)
        yield opened


def test_one_connection_serves_many_transactions(catalogue: Catalogue) -> None:
    opened: list[object] = []
    event.listen(catalogue.engine, "connect", lambda connection, _: opened.append(connection))
    for number in range(2, 9):
        written(catalogue, number)
        assert len(noted(catalogue)) == number
    assert opened == []


def test_a_catalogue_that_was_replaced_is_read_from_the_new_file(catalogue: Catalogue, tmp_path: Path) -> None:
    with closing(Catalogue(sqlite_url(tmp_path / "other.db"))) as other:
        written(other, 2)
    assert noted(catalogue) == [1]
    for beside in tmp_path.glob("corecar.db-*"):
        beside.unlink()
    (tmp_path / "other.db").replace(tmp_path / "corecar.db")
    assert noted(catalogue) == [2]


def test_a_process_that_was_forked_opens_its_own(catalogue: Catalogue) -> None:
    child = os.fork()
    if not child:
        status = 1
        try:
            written(catalogue, 2)
            status = 0 if noted(catalogue) == [1, 2] else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    written(catalogue, 3)
    assert noted(catalogue) == [1, 2, 3]


def test_what_a_forked_process_writes_stays_when_the_first_one_closes(catalogue: Catalogue) -> None:
    with catalogue.reading(), catalogue.reading():
        pass  # two connections are kept from now on
    listening, telling = os.pipe()
    child = os.fork()
    if not child:
        status = 1
        try:
            written(catalogue, 2)
            os.read(listening, 1)
            written(catalogue, 3)
            status = 0
        finally:
            os._exit(status)
    while noted(catalogue) != [1, 2]:
        assert os.waitpid(child, os.WNOHANG) == (0, 0)
    catalogue.close()
    os.write(telling, b".")
    os.close(telling)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(listening)
    assert noted(catalogue) == [1, 2, 3]


def test_a_file_that_is_read_without_a_lock_is_opened_anew_each_time(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.close()
    monkeypatch.setattr(store, "_settled", lambda _: True)  # for root every folder is one to write in
    with closing(Catalogue(sqlite_url(tmp_path / "corecar.db"))) as backup:
        assert backup.is_read_only
        assert noted(backup) == [1]
        written(catalogue, 2)
        catalogue.close()
        assert noted(backup) == [1, 2]


def test_a_folder_can_be_taken_away_and_put_back(catalogue: Catalogue, tmp_path: Path) -> None:
    catalogue.close()
    shutil.copy(tmp_path / "corecar.db", tmp_path / "kept.db")
    written(catalogue, 2)
    catalogue.close()
    assert not list(tmp_path.glob("corecar.db-*"))
    (tmp_path / "kept.db").replace(tmp_path / "corecar.db")
    assert noted(catalogue) == [1]
