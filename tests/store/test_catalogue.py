"""The catalogue on SQLite and on a real PostgreSQL: transactions, revisions, copies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session
from tests.database_server import DatabaseServer

from corecar.errors import CatalogueError
from corecar.store.catalogue import Catalogue, every, revisions, upgrading
from corecar.store.catalogue.copying import copy_rows
from corecar.store.catalogue.every import METADATA
from corecar.store.catalogue.models import Party, Person, Setting

pytestmark = pytest.mark.usefixtures("migrations_by_alembic")
MIGRATE = """
import os, sys, time
from sqlalchemy import event
from corecar.store.catalogue import upgrading
from corecar.store.catalogue import Catalogue
catalogue = Catalogue(sys.argv[1])
if sys.argv[2] != "whole":
    @event.listens_for(catalogue.engine, "after_cursor_execute")
    def tell(connection, cursor, statement, *_):
        global made
        made = globals().get("made", 0) + ("CREATE TABLE" in statement)
        if made == int(sys.argv[2]):
            print("half-way", flush=True)
            time.sleep(60)
upgrading.upgrade(catalogue)
print("done", flush=True)
"""


def test_the_revisions_are_those_that_alembic_finds() -> None:
    config = Config()
    config.set_main_option("script_location", str(revisions.SCRIPTS))
    scripts = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert list(revisions.all_revisions()) == scripts[::-1]


@pytest.fixture
def catalogue(empty: Catalogue) -> Catalogue:
    """A catalogue of the newest revision without a row."""
    upgrading.upgrade(empty)
    return empty


@pytest.fixture
def empty(catalogue_url: str) -> Iterator[Catalogue]:
    """A catalogue without a table."""
    with closing(Catalogue(catalogue_url)) as found:
        yield found


def parties(catalogue: Catalogue) -> list[str]:
    with catalogue.reading() as session:
        return list(session.scalars(select(Party.name).order_by(Party.id)))


def test_a_transaction_happens_whole_or_not_at_all(catalogue: Catalogue) -> None:
    def half(session: Session) -> None:
        session.add(Party(name="half"))
        session.flush()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        catalogue.write(half)
    catalogue.write(lambda session: session.add(Party(name="whole")))
    assert parties(catalogue) == ["whole"]


def test_what_somebody_else_added_first_is_a_conflict_and_is_not_tried_again(catalogue: Catalogue) -> None:
    catalogue.write(lambda session: session.add(Party(name="one")))
    tries = []

    def again(session: Session) -> None:
        tries.append(session)
        session.add(Party(name="one"))

    with pytest.raises(CatalogueError) as caught:
        catalogue.write(again)
    assert (caught.value.conflict, caught.value.passing, len(tries)) == (True, False, 1)


def test_what_passes_is_done_again_from_its_start(catalogue: Catalogue) -> None:
    tries = []

    def work(session: Session) -> str:
        tries.append(session)
        session.add(Party(name="once"))
        session.flush()
        if len(tries) < 4:
            raise CatalogueError("the server restarts.", passing=True)
        return "done"

    assert catalogue.write(work) == "done"
    assert (len(tries), parties(catalogue)) == (4, ["once"])


def test_a_reader_sees_one_state_while_others_write(catalogue: Catalogue) -> None:
    with catalogue.reading() as session:
        before = session.scalar(select(func.count()).select_from(Party))
        catalogue.write(lambda other: other.add(Party(name="late")))
        assert session.scalar(select(func.count()).select_from(Party)) == before == 0
    assert parties(catalogue) == ["late"]


def test_writers_at_once_lose_nothing(catalogue: Catalogue) -> None:
    catalogue.write(lambda session: session.add(Setting(name="count", value={"n": 0})))

    def add(session: Session) -> None:
        row = session.scalars(select(Setting).where(Setting.name == "count").with_for_update()).one()
        row.value = {"n": row.value["n"] + 1}

    def ten() -> None:
        for _ in range(10):
            catalogue.write(add)

    threads = [threading.Thread(target=ten) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with catalogue.reading() as session:
        assert session.get_one(Setting, "count").value == {"n": 40}


def test_the_migrations_make_what_the_models_say(catalogue: Catalogue) -> None:
    with catalogue.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_database_that_is_away_is_told_in_our_words() -> None:
    away = Catalogue("postgresql://nobody@127.0.0.1:1/none")
    for ask in (upgrading.upgrade, revisions.revision_of):
        with pytest.raises(CatalogueError, match=r"127\.0\.0\.1") as caught:
            ask(away)
        assert caught.value.passing
    away.close()


def migrating(url: str, tables: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", MIGRATE, url, tables], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("tables", ["1", "4", "12"])
def test_a_migration_killed_half_way_leaves_the_old_revision_whole(
    catalogue_url: str, empty: Catalogue, tables: str
) -> None:
    with migrating(catalogue_url, tables) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half-way\n"
        os.kill(process.pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while True:  # PostgreSQL may need a moment to see that its client is gone
        names = inspect(empty.engine).get_table_names()
        if names == [] or time.monotonic() > until:
            break
    assert names == []
    upgrading.upgrade(empty)
    revisions.check(empty)


def test_two_processes_that_migrate_at_once_both_end_well(catalogue_url: str, empty: Catalogue) -> None:
    processes = [migrating(catalogue_url, "whole") for _ in range(3)]
    assert [process.communicate()[0] for process in processes] == ["done\n"] * 3
    assert [process.returncode for process in processes] == [0] * 3
    revisions.check(empty)


def test_who_comes_second_to_migrate_leaves_the_copy_of_the_first_alone(tmp_path: Path) -> None:
    with closing(Catalogue(f"sqlite:///{tmp_path / 'one.db'}")) as catalogue:
        copy = upgrading.upgrade(catalogue, kept="as-it-was")
        assert copy is not None
        before = copy.read_bytes()
        assert upgrading.upgrade(catalogue, kept="as-it-was") is None
        assert copy.read_bytes() == before
    with closing(Catalogue(f"sqlite:///{copy}")) as kept:
        assert revisions.revision_of(kept) is None


@pytest.mark.parametrize("way", ["sqlite to postgresql", "postgresql to sqlite"])
def test_a_copy_keeps_every_row_and_numbers_new_ones_on(
    tmp_path: Path, database_server: DatabaseServer, way: str
) -> None:
    ends = [f"sqlite:///{tmp_path / 'one.db'}", database_server.fresh()]
    source, target = map(Catalogue, ends if way.startswith("sqlite") else reversed(ends))
    for each in (source, target):
        upgrading.upgrade(each)

    def fill(session: Session) -> None:
        now = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
        session.add_all([Party(id=7, name="欧 house"), Setting(name="s", value={"at": now.isoformat(), "n": None})])
        session.flush()
        session.add_all([Person(id=number, name=f"p{number}", party_id=7, role="reader") for number in range(1, 2502)])

    source.write(fill)
    with source.reading() as old:
        counts = target.write(lambda new: copy_rows(old, new))
    assert (counts["people"], counts["parties"]) == (2501, 1)
    for table in METADATA.sorted_tables:
        with source.reading() as old, target.reading() as new:
            order = list(table.primary_key)
            assert (
                new.execute(select(table).order_by(*order)).all() == old.execute(select(table).order_by(*order)).all()
            )
    target.write(lambda session: session.add(Person(name="new", party_id=7, role="reader")))
    with target.reading() as session:
        assert session.scalar(select(Person.id).where(Person.name == "new")) == 2502
    for each in (source, target):
        each.close()


def test_a_server_that_restarts_in_a_transaction_loses_and_doubles_nothing(database_server: DatabaseServer) -> None:
    catalogue = Catalogue(database_server.fresh())
    upgrading.upgrade(catalogue)
    tries = []

    def work(session: Session) -> None:
        tries.append(session)
        session.add(Party(name=f"party {len(tries)}"))
        session.flush()
        if len(tries) == 1:
            database_server.restart()
        session.scalar(select(func.count()).select_from(Party))

    catalogue.write(work)
    assert parties(catalogue) == ["party 2"]
    catalogue.close()


def test_every_file_of_rows_is_among_the_tables() -> None:
    folder = Path(every.__file__).parent
    rows = {path.stem for path in folder.glob("*.py") if "__tablename__ =" in path.read_text(encoding="utf-8")}
    assert rows == {module.__name__.rsplit(".", 1)[-1] for module in every.FILES}
