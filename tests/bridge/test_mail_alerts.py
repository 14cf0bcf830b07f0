"""Each kind of alert is found where it arises, is the same as long as it is the same, and reaches a letter."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from tests.bridge.houses import cut_copy, house_in, small_lot
from tests.bridge.mail_servers import smtp_server
from tests.bridge.test_assembly_in_a_workspace import pulls, put
from tests.chain.books import small_book, write_book
from tests.match.markets import BASE, NEED, OFFER

import corecar
from corecar.bridge.access import actor_of
from corecar.bridge.calls import Call
from corecar.bridge.mail.alerts import KINDS, Alert, Known, standing
from corecar.bridge.mail.letters import ROWS, alert_letter
from corecar.bridge.mail.reports import part_of
from corecar.bridge.mail.sending import send_due
from corecar.bridge.workspace import Workspace
from corecar.screen.rate_history import RateHistory
from corecar.screen.yield_findings import Finding
from corecar.screen.yield_limits import RateLimit
from corecar.store.catalogue.chains import ChainImport
from corecar.store.catalogue.models import Grading


def found(house: Workspace, kind: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = house.alerts_now(kind=[kind]).get(kind, [])
    return rows


def a_finding() -> Finding:
    """A lot beyond its second yield limit."""
    whole: dict[str, Any] = {field.name: 0 for field in dataclasses.fields(RateHistory)}
    history = RateHistory(**(whole | {"screen": "syl", "subject": "yield", "scope": "lot", "rates": ()}))
    limit = RateLimit(history, "1", 2, "normal", 4.0, 0.001, 100, 0.95, 0.01, "", 0.91, None, "", "")
    return Finding("lot SIM00001", 80, 100, 0.8, limit)


def test_a_lot_beyond_its_yield_limit_gives_an_alert_with_the_limit(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        house.grade("SIM00001")
        assert found(house, "yield") == []
        with house.store.catalogue.writing() as session:
            summary = {"yields": {"findings": [a_finding().to_dict()]}}
            session.execute(update(Grading).values(summary=summary))
        (row,) = found(house, "yield")
        assert (row["lot"], row["rate"], row["limit"], row["action"]) == ("SIM00001", 0.8, "SYL2 91.0%", "quarantine")
        with house.store.catalogue.writing() as session:
            session.execute(update(Grading).values(at=datetime.now(UTC) - timedelta(days=8)))
        assert found(house, "yield") == []


def test_a_strip_that_signals_gives_an_alert(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        put(house, tmp_path, "".join(pulls(f"A{n}", n, 9, n) for n in (1, 2, 3)) + pulls("A4", 4, 7.2, 4), "one.csv")
        rows = found(house, "chart")
        assert {row["lot"] for row in rows} == {"A4"}
        assert any("signalled by the chart" in row["why"] for row in rows)


def test_a_plan_that_is_short_and_demand_that_changed_give_alerts(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        assert found(house, "shortage") == found(house, "demand") == []
        book = small_book()
        book["alerts"] = [{"group": "OSAT-1", "sequence": "1", "weeks": "26", "relative_up": "0.2"}]
        book["links"] = [{"group": "OSAT-1", "product": "CAR", "load_factor": "0.004"}]
        house.chain_import([write_book(book, tmp_path / "before")])
        with house.store.catalogue.writing() as session:
            session.execute(update(ChainImport).values(at=datetime.now(UTC) - timedelta(days=200)))
        book["demand"] = [row | {"quantity": str(10 * int(row["quantity"]))} for row in book["demand"]]
        house.chain_import([write_book(book, tmp_path / "after")])
        planned = house.plan()
        short = {row["demand"]: row["short"] for row in planned["rows"] if row["short"]}
        assert short
        assert {row["demand"]: row["short"] for row in found(house, "shortage")} == short
        alerts = house.plan_alerts()["rows"]
        assert len(found(house, "demand")) == len(alerts) > 0


def test_failed_jobs_quarantined_files_and_steps_that_are_late_give_alerts(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        lot = small_lot(tmp_path, 1)
        house.ingest([lot, cut_copy(lot)], workers="inline")
        with pytest.raises(corecar.CorecarError):
            house.grade("SIM00001", recipe=str(tmp_path / "none.toml"))
        (row,) = found(house, "job")
        assert (row["verb"], row["state"]) == ("grade", "failed")
        (file,) = found(house, "todo")
        assert file["kind"] == "quarantined file"
        house.chain_import([write_book({**BASE, "needs": [NEED], "offers": [OFFER]}, tmp_path / "market")])
        house.meeting_propose("Demo Day", day=datetime.now(UTC) + timedelta(days=20), place="Demo Town")
        house.meeting_record(1, 1, "going-on", next_step="samples", responsible="Lin", due=datetime(2020, 1, 1))
        (late,) = found(house, "meeting")
        assert late["next_step"] == "samples"


def test_every_kind_is_reached_by_a_letter(tmp_path: Path) -> None:
    with house_in(tmp_path) as house, smtp_server() as box:
        lot = small_lot(tmp_path, 1)
        house.ingest([lot, cut_copy(lot)], workers="inline")
        house.hold("SIM00001", reason="odd")
        house.mail_set("127.0.0.1", port=box.port, security="none", sender="corecar@example.com")
        house.mail_address("lin@example.com")
        house.alerts_subscribe(["all"])
        assert house.mail_send()["sent"] == 1
        text = str(box.mails[0].get_body(("plain",)).get_content())  # type: ignore[union-attr]
        assert "SIM00001" in text
        assert "quarantined file" in text
        assert house.mail_me()["kinds"] == list(KINDS)


def test_costly_alerts_are_looked_for_again_only_when_something_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []

    def find(call: Call) -> Any:
        looks.append(call.actor.name)
        yield Alert("shortage", ("x",), {"demand": "CAR"}, "/plan")

    monkeypatch.setitem(KINDS, "shortage", dataclasses.replace(KINDS["shortage"], find=find))
    with house_in(tmp_path) as house:
        known: Known = {}

        def look() -> list[Alert]:
            with house.store.catalogue.reading() as session:
                call = Call(actor_of(session, None), house.store, datetime.now(UTC), lambda *_: None, bool, session)
                return standing(call, "shortage", known)

        assert look() == look()
        assert len(looks) == 1
        house.parties_add("Demo Cars")
        look()
        assert len(looks) == 2


def test_a_letter_of_many_alerts_holds_few_and_says_how_many_more() -> None:
    alerts = [Alert("hold", (n,), {"lot": f"L{n}", "state": "held"}, f"/lots/{n}") for n in range(ROWS + 7)]
    written = alert_letter({"hold": alerts}, [part_of("hold", alerts)], "en", "UTC", "https://c.example")
    assert written.subject == "Corecar: Lots on hold or in quarantine: L0 and 56 more"
    assert "7 more are on the page." in written.text
    assert written.html.count("<tr>") == ROWS + 1
    assert f"https://c.example/lots/{ROWS - 1}" in written.text


def test_senders_of_several_processes_send_each_letter_once(tmp_path: Path, catalogue_url: str) -> None:
    people = [f"p{number}" for number in range(4)]
    with corecar.init(tmp_path / "house", owner="Demo House", database=catalogue_url) as house, smtp_server() as box:
        house.ingest([small_lot(tmp_path, 1)], workers="inline")
        house.hold("SIM00001", reason="odd")
        house.mail_set("127.0.0.1", port=box.port, security="none", sender="corecar@example.com")
        for person in people:
            house.people_add(person, role="reader")
            house.mail_address(f"{person}@example.com", person=person)
            house.alerts_subscribe(["hold"], person=person)
            house.reports_add("today", at="00:00", person=person)
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        gate, raised = threading.Barrier(3), list[BaseException]()

        def send() -> None:
            try:
                with corecar.open(tmp_path / "house") as mine:
                    gate.wait()
                    for _ in range(2):
                        send_due(mine.store, clock=lambda: tomorrow)
            except BaseException as error:
                raised.append(error)

        senders = [threading.Thread(target=send) for _ in range(3)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert raised == []
        assert sorted(box.to) == sorted(f"{person}@example.com" for person in people for _ in range(2))
        assert len({mail["Message-ID"] for mail in box.mails}) == 2 * len(people)
