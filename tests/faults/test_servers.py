"""A database server that goes away, is full, or lets nobody write; two houses begun on one."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine.default import DefaultDialect
from tests.database_server import DatabaseServer, give_to_server
from tests.faults.disks import filled, mounted
from tests.faults.houses import House, prove_whole
from tests.faults.works import MIGRATIONS, due

import corecar
from corecar.errors import CatalogueError, CorecarError
from corecar.store.catalogue import Catalogue
from corecar.store.lake import merging


@pytest.fixture(autouse=True)
def soon_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let two files of a size be enough to merge."""
    monkeypatch.setattr(merging, "FAN", 2)


def test_two_houses_begun_on_one_database_at_once_are_one(database_server: DatabaseServer, tmp_path: Path) -> None:
    url, lake = database_server.fresh(), str(tmp_path / "lake")
    made = "import sys, corecar; print(corecar.init(sys.argv[1], database=sys.argv[2], lake=sys.argv[3]).store.folder)"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", made, str(tmp_path / name), url, lake], stdout=subprocess.PIPE, text=True
        )
        for name in "abc"
    ]
    assert [process.communicate()[0].strip() for process in processes] == [str(tmp_path / name) for name in "abc"]
    for name in "abc":
        corecar.open(tmp_path / name).close()


def test_a_server_that_restarts_again_and_again_during_an_ingest_costs_nothing(served: House, testers: Path) -> None:
    task = due("ingest", served, testers)
    failures: list[BaseException] = []

    def take() -> None:
        try:
            task.call()
        except BaseException as error:
            failures.append(error)

    for _ in range(3):
        thread = threading.Thread(target=take)
        thread.start()
        served.server.restart()
        thread.join()
    task.call()
    assert [error for error in failures if not isinstance(error, CorecarError)] == []
    prove_whole(task.folder)


LOOK_TWICE = """
import sys
from sqlalchemy import text
from corecar.store.catalogue import Catalogue
catalogue = Catalogue(sys.argv[1])
for _ in range(2):
    with catalogue.reading() as first, catalogue.reading() as second:
        found = [session.scalar(text("SELECT 1")) for session in (first, second)]
    print(found, flush=True)
    sys.stdin.readline()
print(catalogue.write(lambda session: session.scalar(text("SELECT 2"))), flush=True)
"""


def test_a_server_that_restarts_between_two_questions_prints_no_traceback(database_server: DatabaseServer) -> None:
    command = [sys.executable, "-c", LOOK_TWICE, database_server.fresh()]
    streams: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, text=True, **streams) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            assert process.stdout.readline() == "[1, 1]\n"
            database_server.restart()
            process.stdin.write("\n")
            process.stdin.flush()
        told, noise = process.communicate(timeout=60)
    assert (told, noise, process.returncode) == ("2\n", "", 0)


def test_a_connection_lost_while_it_is_told_how_to_isolate_is_taken_anew(
    database_server: DatabaseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = Catalogue(database_server.fresh())
    dialect = type(catalogue.engine.dialect)
    told, lost = dialect.set_isolation_level, catalogue.engine.dialect.loaded_dbapi.InterfaceError("network error")
    failing = [lost]

    def set_once_failing(self: Any, connection: Any, level: Any) -> None:
        if failing:
            raise failing.pop()
        told(self, connection, level)

    monkeypatch.setattr(dialect, "set_isolation_level", set_once_failing)
    assert catalogue.read(lambda session: session.scalar(text("SELECT 3"))) == 3
    assert failing == []
    failing.append(lost)
    with pytest.raises(CatalogueError, match="network error"), catalogue.reading():
        pass
    catalogue.close()


def at_commit(monkeypatch: pytest.MonkeyPatch, number: int, harm: Callable[[], None]) -> list[int]:
    """Do some harm once, when a transaction is about to commit for the n-th time; the commits so far."""
    commit, count = DefaultDialect.do_commit, [0]

    def harmed(self: DefaultDialect, connection: Any) -> None:
        count[0] += 1
        if count[0] == number:
            harm()
        commit(self, connection)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(DefaultDialect, "do_commit", harmed)
    return count


@pytest.mark.parametrize("number", [1, 4])
@pytest.mark.parametrize("work", ["ingest", "compact", "vacuum"])
def test_a_server_that_restarts_when_a_transaction_is_to_commit_is_waited_for(
    work: str, number: int, served: House, testers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = due(work, served, testers)
    count = at_commit(monkeypatch, number, served.server.restart)
    task.call()
    assert count[0] > number or work == "vacuum"
    monkeypatch.undo()
    prove_whole(task.folder)
    served.remove(task.folder)


@pytest.mark.parametrize("work", ["init", *MIGRATIONS])
def test_a_migration_that_the_server_broke_off_left_the_old_revision_and_is_done_again(
    work: str, served: House, testers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = due(work, served, testers)
    at_commit(monkeypatch, 1, served.server.restart)
    with pytest.raises(CatalogueError):
        task.call()
    task.whole()
    task.call()
    prove_whole(task.folder, runs=0 if work == "init" else 2)
    served.remove(task.folder)


def test_a_server_whose_disk_is_full_is_told_and_costs_nothing(served: House, testers: Path) -> None:
    task = due("ingest", served, testers)
    database, server = served.database_of(task.folder), served.server
    with mounted(server.folder / "small", "-o", "size=20m") as disk:
        place = disk / "tables"
        place.mkdir()
        give_to_server(place)
        server.statement(f"CREATE TABLESPACE small LOCATION '{place}'")
        server.statement(f"ALTER DATABASE {database} SET TABLESPACE small")
        corecar.open(task.folder).close()
        with filled(disk), pytest.raises(CatalogueError, match="space"):
            task.call()
        task.call()
        prove_whole(task.folder)
        served.remove(task.folder)
        server.statement("DROP TABLESPACE small")
