"""A catalogue of every earlier revision, with rows in every table, comes through `corecar migrate` as it was."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import BigInteger, Connection, Integer, MetaData, Table, select, text
from tests.bridge.houses import cut_copy, small_lot
from tests.bridge.negotiators import terms_file
from tests.bridge.test_retests_across_runs import first_of, second_of
from tests.bridge.trace.told_events import story
from tests.chain.books import small_book, write_book
from tests.database_server import DatabaseServer
from tests.gauge_files import gauge_table
from tests.match.markets import BASE, NEED, OFFER
from typer.testing import CliRunner

import corecar
from corecar.agree.authority import make_authority, revoked_list
from corecar.bridge.keep.restoring import migrate, restore
from corecar.bridge.logins import choose_password, password_login
from corecar.bridge.workspace import Workspace, id_in, write_mark
from corecar.cli.app import app
from corecar.errors import AccessDenied, CatalogueError, WorkspaceError
from corecar.store.catalogue import Catalogue, revisions, sqlite_url, upgrading
from corecar.store.catalogue.agreements import AgreementFile, AgreementMove
from corecar.store.catalogue.models import Audit, Lot, Party, Quarantined, ResolvedInsertion
from corecar.store.catalogue.sessions import writing_session

OURS_ALONE = "alembic_version"
"""The table that only says which revision it is."""
MIGRATE = """
import sys, time
from sqlalchemy import event
from corecar.store.catalogue import upgrading
from corecar.store.catalogue import Catalogue
catalogue = Catalogue(sys.argv[1])
@event.listens_for(catalogue.engine, "after_cursor_execute")
def tell(connection, cursor, statement, *_):
    if sys.argv[2] in statement:
        print("half-way", flush=True)
        time.sleep(60)
upgrading.upgrade(catalogue)
"""

SINCE = {
    "resolved_insertions": "0003",
    **dict.fromkeys(("limit_sets", "limit_set_states"), "0004"),
    **dict.fromkeys(("assembly_sources", "assembly_values", "actions", "action_events"), "0005"),
    **dict.fromkeys(("overrides", "override_states"), "0006"),
    **dict.fromkeys(("chain_imports", "chain_tables", "chain_shares"), "0007"),
    **dict.fromkeys(("meetings", "meeting_pairs", "meeting_outcomes", "meeting_shares"), "0008"),
    **dict.fromkeys(("plans", "plan_tables", "plan_shares"), "0009"),
    **dict.fromkeys(("logins", "browser_sessions", "tokens"), "0011"),
    **dict.fromkeys(("mail_readers", "alert_subscriptions", "scheduled_reports", "letters", "told_alerts"), "0012"),
    **dict.fromkeys(("gauge_studies", "gauge_study_tests"), "0013"),
    **dict.fromkeys(("agreements", "agreement_parties", "agreement_terms", "agreement_steps"), "0014"),
    **dict.fromkeys(("agreement_comments", "agreement_files", "agreement_moves", "agreement_shares"), "0014"),
    **dict.fromkeys(("agreement_links", "agreement_authorities"), "0014"),
    "agreement_revocation_lists": "0015",
    **dict.fromkeys(("trace_imports", "trace_things", "trace_events", "trace_blocks", "trace_edges"), "0016"),
    **dict.fromkeys(("trace_touches", "trace_marks", "trace_shares"), "0016"),
    **dict.fromkeys(("qualifications", "qualification_plans", "qualification_entries"), "0017"),
    **dict.fromkeys(("qualification_files", "qualification_shares"), "0017"),
    **dict.fromkeys(("offer_bookings", "offer_booking_ends"), "0018"),
}
"""Tables that the first revision did not have, and the one that brought each."""
BINS_SINCE = "0010"
"""Before it, kept final bins of parts without unit identity counted every attempt."""

EARLIER = revisions.all_revisions()[:-1]
FAR = datetime(2099, 1, 1, tzinfo=UTC)
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Lived:
    """A workspace in which everything was done once, and the rows of its catalogue."""

    folder: Path
    rows: Rows
    lots: list[dict[str, Any]]
    audit: list[dict[str, Any]]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """A workspace whose catalogue has rows in every table, also one of a process that is writing."""
    folder = tmp_path_factory.mktemp("lived")
    with corecar.init(folder / "house", owner="Demo 公司") as house:
        live(house, folder)
        with writing_session(house.store.catalogue, "ingest"):
            rows = rows_of(house.store.catalogue, tables_of(house.store.catalogue))
            yield Lived(folder / "house", rows, house.lots()["rows"], house.audit()["rows"])


def live(house: Workspace, folder: Path) -> None:
    first = small_lot(folder, 1)
    house.ingest([first, small_lot(folder, 2), cut_copy(first)], workers="inline")
    house.ingest([first_of(folder / "once.stdf", "FT", wafer=None)], workers="inline")
    house.ingest([second_of(folder / "again.stdf", "FT", wafer=None, again="1")], workers="inline")
    house.grade("SIM00001")
    house.hold("SIM00001", reason="odd: µ")
    house.release("SIM00001", reason="fine", idempotency_key="released")
    house.correct(house.lot("SIM00002")["runs"][0]["run"], stage="final test", test_pass=2, reason="mistyped")
    house.parties_add("Demo Cars", kind="carmaker")
    house.share("SIM00001", "Demo Cars")
    house.limits_propose(["SIM00001"], preliminary=True)
    house.override_propose("SIM00001", ["W01,2,2"], screens=["dynamic-pat"], reason="looked at: µ")
    mapping, pulls = folder / "pulls.toml", folder / "pulls.csv"
    columns = ("step", "lot", "characteristic", "value", "time")
    mapping.write_text("[columns]\n" + "".join(f'{name} = "{name}"\n' for name in columns), encoding="utf-8")
    pulls.write_text(",".join(columns) + "\nwire bond,SIM00001,wire pull,8.4,2026-11-02 08:15\n", encoding="utf-8")
    house.assembly_ingest(pulls, mapping=mapping)
    house.action_open("odd: µ", kind="yield", measure="yield", expected=0.02, responsible="Lin", due=FAR)
    house.gauge_keep([gauge_table(folder / "gauge.csv")], gauge="µ", operator="site", test=["vref", "idd"])
    house.gauge_retire(1, reason="old: µ")
    house.chain_import([write_book(small_book(), folder / "chain")])
    house.chain_share("demand", "Demo Cars")
    house.chain_import([write_book({**BASE, "needs": [NEED], "offers": [OFFER]}, folder / "market")])
    house.meeting_propose("Demo Day", day=datetime(2027, 1, 20), place="Demo Town")
    house.meeting_record(1, 1, "going-on", next_step="samples: µ", responsible="Lin", due=FAR)
    house.meeting_share(1, "Demo Cars")
    house.plan_share(house.plan()["plan"], "Demo Cars")
    house.trace_import(story(folder))
    house.trace_share("Demo Cars")
    house.qualify_open("CHIP", grade=1, package="leaded", wire="copper", change="package-marking")
    house.qualify_attach(1, "C3", pulls)
    house.qualify_share(1, "Demo Cars")
    live_bookings(house)
    live_agreements(house, folder)
    house.tokens_add("tester µ")
    house.people_add("lin", role="reader", party="Demo Cars")
    catalogue = house.store.catalogue
    choose_password(catalogue, house.people_link("lin")["secret"].removeprefix("/welcome/"), "long enough: µ")
    password_login(catalogue, "lin", "long enough: µ")
    house.mail_set("127.0.0.1", port=1, security="none", sender="corecar@example.com")
    house.mail_address("lin@example.com", language="zh", zone="Asia/Shanghai", person="lin")
    house.mail_address("demo@example.com")
    house.alerts_subscribe(["all"])
    house.reports_add("today", at="07:00", every="monday", person="lin")
    assert house.mail_send()["failed"] == 1
    house.compact(later=True)
    with pytest.raises(corecar.CorecarError):
        house.hold("NOBODY", reason="x")


def live_bookings(house: Workspace) -> None:
    """A booking that stands and one that was cancelled."""
    house.qualify_open("MCU", grade=1, package="leaded", wire="gold", change="die-scribe-separate")
    schedule = house.qualify_schedule([2], offer=["O1=HAST chamber"], start="2027-W05")["facts"]["schedule"]
    house.qualify_book(schedule, test=["A2"])
    house.qualify_cancel([1], reason="late: µ")


def live_agreements(house: Workspace, folder: Path) -> None:
    """A memorandum whose tables all have rows; moves and files need one that is signed, so they are put there."""
    house.agree_new(terms=terms_file(folder), party="DEMO-CARS")
    house.agree_comment("M-2027-001", "so be it: µ", party="DEMO-CARS")
    house.agree_link("M-2027-001", "data-space", "urn:x", party="DEMO-CARS")
    house.agree_share("M-2027-001", "Demo Cars", party="DEMO-CARS")
    office = make_authority("Demo Office", now=datetime(2026, 11, 1, tzinfo=UTC))
    (folder / "authority.pem").write_bytes(office.certificate.public_bytes(Encoding.PEM))
    (folder / "list.pem").write_bytes(revoked_list(office, (), now=datetime(2026, 11, 2, tzinfo=UTC)))
    house.agree_trust(folder / "authority.pem")
    house.agree_trust(folder / "list.pem")
    facts: dict[str, Any] = {"agreement_id": 1, "at": FAR, "by_id": 1, "owner_id": 1}
    moved: dict[str, Any] = {"kind": "call-off", "volume": 1, "week": "2027-W05", "quantity": 9.5, "day": FAR.date()}
    with house.store.catalogue.writing() as session:
        session.add(AgreementFile(sha256="0" * 64, name="µ.pdf", content=b"%PDF\x00", findings=["µ"], **facts))
        session.add(AgreementMove(party="DEMO-CARS", person="lin", note="µ", **moved, **facts))


def tables_of(catalogue: Catalogue) -> list[Table]:
    """The tables of a catalogue as the database itself describes them, in an order in which they can be filled."""
    found = MetaData()
    found.reflect(catalogue.engine)
    return [table for table in found.sorted_tables if table.name != OURS_ALONE]


def rows_of(catalogue: Catalogue, tables: list[Table]) -> Rows:
    """Every row, of the columns that these tables have."""
    with catalogue.engine.connect() as connection:
        return {
            table.name: [
                dict(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            ]
            for table in tables
        }


def filled(url: str, revision: str, rows: Rows) -> list[Table]:
    """Make a catalogue of a revision and put rows into every table of it; its tables."""
    with closing(Catalogue(url)) as catalogue:
        upgrading.upgrade(catalogue, revision)
        tables = tables_of(catalogue)
        with catalogue.engine.begin() as connection:
            for table in tables:
                known = [{name: row[name] for name in table.columns.keys()} for row in rows[table.name]]  # noqa: SIM118
                connection.execute(table.insert(), known)
                go_on_counting(connection, table)
    return tables


def go_on_counting(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number new rows after those that came with their numbers."""
    key = table.columns.get("id")
    if connection.dialect.name == "postgresql" and key is not None and isinstance(key.type, (BigInteger, Integer)):
        named = f"pg_get_serial_sequence('{table.name}', 'id')"
        connection.execute(text(f"SELECT setval({named}, (SELECT max(id) FROM {table.name}))"))


def test_every_table_has_rows_to_be_brought_along(lived: Lived) -> None:
    assert [name for name, rows in lived.rows.items() if not rows] == []
    assert len(lived.rows) >= 17


@pytest.mark.parametrize("earlier", revisions.all_revisions())
def test_every_row_of_every_earlier_revision_comes_through(catalogue_url: str, lived: Lived, earlier: str) -> None:
    tables = filled(catalogue_url, earlier, lived.rows)
    with closing(Catalogue(catalogue_url)) as catalogue:
        before = rows_of(catalogue, tables)
        missing = {name for name, since in SINCE.items() if earlier < since}
        assert {name: len(rows) for name, rows in before.items()} == {
            name: len(rows) for name, rows in lived.rows.items() if name not in missing
        }
        upgrading.upgrade(catalogue)
        revisions.check(catalogue)
        assert rows_of(catalogue, tables) == with_bins_to_count(before, earlier)
        after = rows_of(catalogue, tables_of(catalogue))
    assert [row["claimed"] for row in after["audit"]] == [None] * len(before["audit"])


def with_bins_to_count(rows: Rows, earlier: str) -> Rows:
    """The rows of an earlier revision as they must come through: lots whose kept bins are not true wait."""
    waiting = {row["lot_id"] for row in rows.get("resolved_insertions", ()) if row["identity"] == "none"}
    assert bool(waiting) == (earlier >= SINCE["resolved_insertions"])
    if earlier >= BINS_SINCE:
        return rows
    lots = [{**row, "unresolved": True} if row["id"] in waiting else row for row in rows["lots"]]
    return {**rows, "lots": lots}


def test_final_bins_that_an_earlier_release_kept_of_a_lot_without_identity_are_counted_anew(
    catalogue_url: str, tmp_path: Path, lived: Lived
) -> None:
    """Three of ten parts of FT failed at first and passed in a second run: no part of it ends in bin 20."""
    stale = {"hard": [[1, 10], [2, 3]], "soft": [[1, 10], [20, 3]]}
    kept = lived.rows["resolved_insertions"]
    rows = [{**row, "bins": stale} if row["identity"] == "none" else row for row in kept]
    assert rows != kept
    folder = tmp_path / "old"
    filled(catalogue_url, "0009", {**lived.rows, "resolved_insertions": rows})
    for inside in ("lake", "files"):
        shutil.copytree(lived.folder / inside, folder / inside)
    write_mark(folder, str(id_in(lived.folder)), {"database": catalogue_url})
    migrate(folder)
    with corecar.open(folder) as house:
        assert failed_of(house, "FT") == {}
        house.ingest([small_lot(tmp_path, 3)], workers="inline")
        with house.store.catalogue.reading() as session:
            assert [
                row.bins["soft"] for row in session.scalars(select(ResolvedInsertion).filter_by(identity="none"))
            ] == [[[1, 10], [20, 0]]]
            assert session.scalar(select(Lot.unresolved).filter_by(name="FT")) is False


def failed_of(house: Workspace, lot: str) -> dict[str, int]:
    """Failed parts of a lot by soft bin."""
    return {row["bin"]: row["failed"] for row in house.pareto(lot=lot, what="bin")["rows"]}


def test_one_path_waits_in_quarantine_once_for_each_party(catalogue_url: str, lived: Lived) -> None:
    """Two parties may each have a bad file at one path; one party has it once, whatever revision it comes from."""
    filled(catalogue_url, "0009", lived.rows)
    with closing(Catalogue(catalogue_url)) as catalogue:
        upgrading.upgrade(catalogue)
        carmaker = catalogue.read(lambda session: session.scalars(select(Party.id).filter_by(name="Demo Cars")).one())
        catalogue.write(lambda session: session.add(case_of(carmaker, lived)))
        with pytest.raises(CatalogueError, match="quarantined") as refused:
            catalogue.write(lambda session: session.add(case_of(carmaker, lived)))
        assert refused.value.conflict


def case_of(party: int, lived: Lived) -> Quarantined:
    (there,) = lived.rows["quarantined"]
    return Quarantined(**{name: value for name, value in there.items() if name != "id"} | {"owner_id": party})


@pytest.mark.parametrize("earlier", sorted({*EARLIER[::4], *EARLIER[-2:]}))
def test_a_workspace_of_an_earlier_revision_says_what_to_do_and_goes_on_after_it(
    catalogue_url: str, tmp_path: Path, lived: Lived, earlier: str
) -> None:
    folder = tmp_path / "old"
    filled(catalogue_url, earlier, lived.rows)
    for inside in ("lake", "files"):
        shutil.copytree(lived.folder / inside, folder / inside)
    write_mark(folder, str(id_in(lived.folder)), {"database": catalogue_url})
    sentence = f"is of revision {earlier}, this Corecar needs {revisions.newest()}.*corecar migrate"
    with pytest.raises(WorkspaceError, match=sentence):
        corecar.open(folder)
    told = CliRunner().invoke(app, ["lots", "-w", str(folder)], env={"COLUMNS": "400"})
    assert (told.exit_code, "corecar migrate" in told.output) == (1, True)
    broke_off = migrate(folder, stopped=lambda: True)
    assert (broke_off["before"], broke_off["resolved"]) == (earlier, 0)
    gone_on = migrate(folder)
    assert (gone_on["before"], gone_on["waiting"]) == (revisions.newest(), 0)
    assert gone_on["resolved"] == broke_off["waiting"]
    with corecar.open(folder) as house:
        assert house.verify()["sound"]
        assert house.lots()["rows"] == lived.lots
        assert house.audit()["rows"] == lived.audit
        assert house.release("SIM00001", reason="fine", idempotency_key="released")["lot"] == "SIM00001"
        assert house.jobs_work(once=True)["rows"][0]["state"] == "done"
        house.people_add("ann", role="reader")
    with corecar.open(folder, actor="stranger") as stranger, pytest.raises(AccessDenied):
        stranger.lots()
    with corecar.open(folder) as house:
        assert house.audit()["rows"][0]["claimed"] == "stranger"


def test_a_sqlite_catalogue_is_kept_as_it_was_beside_the_new_one(tmp_path: Path, lived: Lived) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    write_mark(folder, str(id_in(lived.folder)))
    tables = filled(str(sqlite_url(folder / "corecar.db")), "0001", lived.rows)
    with pytest.raises(WorkspaceError, match="corecar migrate"):
        restore(folder, tmp_path / "new")
    migrate(folder)
    with closing(Catalogue(sqlite_url(folder / f"corecar.before-{revisions.newest()}.db"))) as kept:
        assert revisions.revision_of(kept) == "0001"
        assert rows_of(kept, tables)["audit"] == [
            {name: row[name] for name in row if name not in ("claimed", "job_id")} for row in lived.rows["audit"]
        ]


def test_a_workspace_on_servers_alone_is_brought_up_by_its_url(database_server: DatabaseServer, lived: Lived) -> None:
    url = database_server.fresh()
    with pytest.raises(WorkspaceError, match="holds no workspace"):
        migrate(url)
    filled(url, "0001", lived.rows)
    told = CliRunner().invoke(app, ["migrate", url])
    waits = "3 lots still to be resolved again: repeat with the folder of the workspace."
    assert " ".join(told.output.split()) == f"The catalogue went from revision 0001 to {revisions.newest()}. {waits}"
    with closing(Catalogue(url)) as catalogue:
        revisions.check(catalogue)


@pytest.mark.parametrize("statement", ["ALTER TABLE", "CREATE INDEX ix_audit_job_id", "UPDATE alembic_version"])
def test_a_migration_killed_half_way_leaves_the_earlier_revision_whole(
    catalogue_url: str, lived: Lived, statement: str
) -> None:
    tables = filled(catalogue_url, "0001", lived.rows)
    with closing(Catalogue(catalogue_url)) as catalogue:
        before = rows_of(catalogue, tables)
        command = [sys.executable, "-c", MIGRATE, catalogue_url, statement]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "half-way\n"
            os.kill(process.pid, signal.SIGKILL)
        let_the_server_notice(catalogue)
        assert revisions.revision_of(catalogue) == "0001"
        assert rows_of(catalogue, tables_of(catalogue)) == before
        upgrading.upgrade(catalogue)
        assert rows_of(catalogue, tables) == before
        assert {table.name for table in tables_of(catalogue)} == set(lived.rows)


def let_the_server_notice(catalogue: Catalogue) -> None:
    """PostgreSQL may need a moment to see that its client is gone, and to let go of what that held.

    Each look is a transaction of its own: within one, the server shows the sessions as they were at its first look.
    """
    if catalogue.is_sqlite:
        return
    others = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    until = time.monotonic() + 30
    while True:
        with catalogue.engine.connect() as connection:
            if connection.scalar(others) == 0:
                return
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("person", "party", "claimed"), [(None, None, None), (1, 1, "ann"), (1, None, None), (None, 1, "ann")]
)
def test_an_audit_row_is_of_a_person_or_of_a_name_that_was_claimed_and_of_nobody_else(
    catalogue_url: str, lived: Lived, person: int | None, party: int | None, claimed: str | None
) -> None:
    filled(catalogue_url, revisions.newest(), lived.rows)
    row = Audit(verb="lots", arguments={}, outcome="refused", at=datetime.now(UTC))
    row.by_id, row.owner_id, row.claimed = person, party, claimed
    with (
        closing(Catalogue(catalogue_url)) as catalogue,
        pytest.raises(CatalogueError, match="somebody_or_claimed"),
    ):
        catalogue.write(lambda session: session.add(row))
