"""Alerts and reports by mail, over a real SMTP server: once each, tried again, and with what the reader may see."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from tests.bridge.houses import small_lot
from tests.bridge.mail_servers import Box, free_port, smtp_server

import corecar
from corecar.bridge.mail.outbox import BACK_OFF, hold_due, still_held
from corecar.bridge.mail.schedules import WEEKDAYS
from corecar.bridge.mail.sending import send_due
from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound
from corecar.store.catalogue.mail import Letter
from corecar.store.catalogue.models import Lot

EVIL = 'L1"><script>alert(1)</script>\r\nBcc: thief@example.com\r\n\r\nhello'
URL = "https://corecar.example.com"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two lots, of which one is held."""
    folder = tmp_path_factory.mktemp("mail")
    with corecar.init(folder / "house", owner="Demo House") as house:
        house.ingest([small_lot(folder, 1), small_lot(folder, 2)], workers="inline")
        house.hold("SIM00001", reason="odd readings")
    return folder / "house"


@pytest.fixture
def house(lived: Path, tmp_path: Path) -> Iterator[Workspace]:
    """A copy of it, with accounts: lin reads for the house, mo for Demo Cars."""
    import shutil

    shutil.copytree(lived, tmp_path / "house")
    with corecar.open(tmp_path / "house") as house:
        house.parties_add("Demo Cars", kind="carmaker")
        house.people_add("lin", role="quality")
        house.people_add("mo", role="reader", party="Demo Cars")
        yield house


def as_person(house: Workspace, name: str) -> Workspace:
    return Workspace(house.store, name)


def mailing(house: Workspace, port: int, **how: Any) -> None:
    house.mail_set("127.0.0.1", port=port, security="none", sender="corecar@example.com", **how)


def reading(house: Workspace, name: str, *kinds: str, **how: Any) -> None:
    house.mail_address(f"{name}@example.com", person=name, **how)
    if kinds:
        house.alerts_subscribe(list(kinds), person=name)


def text_of(box: Box, number: int = -1) -> str:
    part = box.mails[number].get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(box: Box, number: int = -1) -> str:
    part = box.mails[number].get_body(("html",))
    assert part is not None
    return str(part.get_content())


def test_a_held_lot_is_told_once_with_its_reason_and_a_link(house: Workspace) -> None:
    with smtp_server() as box:
        mailing(house, box.port, url=URL)
        reading(house, "lin", "hold")
        assert house.mail_send()["sent"] == 1
        assert house.mail_send()["said"] == "Nothing is due."
        (mail,) = box.mails
        number = next(row["number"] for row in house.lots()["rows"] if row["lot"] == "SIM00001")
        assert (mail["To"], mail["From"]) == ("lin@example.com", "Corecar <corecar@example.com>")
        assert mail["Subject"] == "Corecar: Lots on hold or in quarantine: SIM00001"
        assert "odd readings" in text_of(box)
        assert f"{URL}/lots/{number}" in text_of(box)
        assert f'<a href="{URL}/lots/{number}">SIM00001</a>' in html_of(box)
        house.hold("SIM00002", reason="next")
        assert house.mail_send()["sent"] == 1
        assert "SIM00002" in text_of(box)
        assert "SIM00001" not in text_of(box)


def test_a_lot_that_is_held_again_is_told_again(house: Workspace) -> None:
    with smtp_server() as box:
        mailing(house, box.port)
        reading(house, "lin", "hold")
        house.mail_send()
        house.grade("SIM00001")
        as_person(house, "lin").release("SIM00001", reason="fine")
        assert house.mail_send()["sent"] == 0
        house.hold("SIM00001", reason="odd again")
        assert house.mail_send()["sent"] == 1
        assert len(box.mails) == 2


def test_a_party_is_told_only_of_lots_that_are_shared_with_it(house: Workspace) -> None:
    with smtp_server() as box:
        mailing(house, box.port)
        reading(house, "mo", "all")
        house.reports_add("quality", at="00:00", person="mo")
        assert house.mail_send()["sent"] == 0
        house.share("SIM00001", "Demo Cars")
        assert house.mail_send()["sent"] == 1
        assert box.to == ["mo@example.com"]
        assert "SIM00001" in text_of(box)
        assert "SIM00002" not in text_of(box)
        house.unshare("SIM00001", "Demo Cars")
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        send_due(house.store, clock=lambda: tomorrow)
        assert "SIM00001" not in text_of(box)
        assert "SIM00002" not in text_of(box)


def test_a_server_that_is_down_is_tried_again_with_growing_pauses(house: Workspace) -> None:
    port = free_port()
    mailing(house, port)
    reading(house, "lin", "hold")
    begun = datetime.now(UTC)
    outcome = send_due(house.store, clock=lambda: begun)
    assert outcome is not None
    assert (outcome.sent, outcome.failed) == (0, 1)
    (row,) = house.mail_list()["rows"]
    assert (row["state"], row["tries"]) == ("waiting", 1)
    assert row["next"] == begun + BACK_OFF[0]
    assert f"127.0.0.1:{port}" in row["error"]
    early = send_due(house.store, clock=lambda: begun + timedelta(seconds=30))
    assert early is not None
    assert (early.sent, early.failed) == (0, 0)
    second = begun + BACK_OFF[0]
    send_due(house.store, clock=lambda: second)
    assert house.mail_list()["rows"][0]["next"] == second + BACK_OFF[1]
    with smtp_server(port) as box:
        last = second + BACK_OFF[1]
        sent = send_due(house.store, clock=lambda: last)
        assert sent is not None
        assert (sent.sent, len(box.mails)) == (1, 1)
    assert house.mail_list()["rows"] == []
    assert house.mail_list(every=True)["rows"][0]["state"] == "sent"


def test_a_letter_is_given_up_after_its_last_try_and_goes_out_when_it_is_asked_to(house: Workspace) -> None:
    port = free_port()
    mailing(house, port)
    reading(house, "lin", "hold")
    now = datetime.now(UTC)
    for pause in (timedelta(0), *BACK_OFF):
        now += pause
        send_due(house.store, clock=lambda now=now: now)  # type: ignore[misc]
    (row,) = house.mail_list()["rows"]
    assert (row["state"], row["next"]) == ("failed", None)
    house.mail_retry(row["letter"])
    with smtp_server(port) as box:
        assert house.mail_send()["sent"] == 1
        assert len(box.mails) == 1
    with pytest.raises(Conflict, match="nothing left to send"):
        house.mail_retry(row["letter"])


def test_what_the_server_never_takes_is_not_tried_again_and_holds_up_no_other(house: Workspace) -> None:
    with smtp_server() as box:
        mailing(house, box.port)
        reading(house, "lin", "hold")
        reading(house, house.me()["facts"]["person"], "hold")
        box.refusals = ["550 no such person"]
        answer = house.mail_send()
        assert (answer["sent"], answer["failed"], len(box.mails)) == (1, 1, 1)
        (row,) = house.mail_list()["rows"]
        assert row["state"] == "failed"
        assert "550" in row["error"]


def test_two_senders_at_once_send_each_letter_once(house: Workspace) -> None:
    people = [f"p{number}" for number in range(6)]
    for person in people:
        house.people_add(person, role="reader")
    with smtp_server() as box:
        mailing(house, box.port)
        for person in people:
            reading(house, person, "hold")
        gate, raised = threading.Barrier(4), list[BaseException]()

        def send() -> None:
            try:
                with corecar.open(house.store.folder) as mine:
                    gate.wait()
                    for _ in range(3):
                        send_due(mine.store)
            except BaseException as error:
                raised.append(error)

        senders = [threading.Thread(target=send) for _ in range(4)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert raised == []
        assert sorted(box.to) == sorted(f"{person}@example.com" for person in people)
        assert len({mail["Message-ID"] for mail in box.mails}) == len(people)


def test_a_sender_that_died_leaves_its_letters_to_the_next_one(house: Workspace) -> None:
    with smtp_server() as box:
        mailing(house, box.port)
        reading(house, "lin", "hold")
        box.refusals = ["451 later"]
        send_due(house.store)
        later = datetime.now(UTC) + timedelta(minutes=2)
        (held,) = hold_due(house.store, later)
        assert hold_due(house.store, later) == []
        after = later + timedelta(minutes=11)
        done = send_due(house.store, clock=lambda: after)
        assert done is not None
        assert done.sent == 1
        assert not still_held(house.store, held, after)


def test_names_make_no_headers_and_no_script(house: Workspace) -> None:
    with house.store.catalogue.writing() as session:
        session.execute(update(Lot).where(Lot.name == "SIM00001").values(name=EVIL, product=EVIL))
    with smtp_server() as box:
        mailing(house, box.port, url=URL)
        reading(house, "lin", "hold")
        house.reports_add("quality", at="00:00", person="lin")
        house.mail_send()
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        send_due(house.store, clock=lambda: tomorrow)
        assert len(box.mails) == 2
        for number, mail in enumerate(box.mails):
            assert mail["Bcc"] is None
            assert mail.defects == []
            assert "<script" not in html_of(box, number)
            assert "&lt;script&gt;" in html_of(box, number)
        assert box.to == ["lin@example.com"] * 2
        assert "\n" not in box.mails[0]["Subject"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "lin",
        "lin@",
        "@x.com",
        "a@b.com\r\nBcc: c@d.com",
        "a@b.com, c@d.com",
        "<a@b.com>",
        "ä@b.com",
        "a b@c.d",
        "x@y@z.com",
    ],
)
def test_what_is_no_address_is_refused(house: Workspace, address: str) -> None:
    with pytest.raises(ArgumentError, match="no mail address"):
        house.mail_address(address, person="lin")


def test_a_report_goes_out_once_at_its_hour_on_the_clock_of_its_zone(house: Workspace) -> None:
    with smtp_server() as box:
        mailing(house, box.port)
        reading(house, "lin", zone="Asia/Shanghai")
        house.reports_add("quality", at="07:30", person="lin")
        start = datetime.now(UTC)
        due = start.replace(hour=23, minute=30, second=0, microsecond=0)
        due += timedelta(days=due <= start)
        for moment, count in ((due - timedelta(minutes=1), 0), (due, 1), (due + timedelta(hours=3), 1),
                              (due + timedelta(days=1), 2), (due + timedelta(days=5), 3)):  # fmt: skip
            send_due(house.store, clock=lambda moment=moment: moment)  # type: ignore[misc]
            assert len(box.mails) == count, moment
        assert "SIM00002" in text_of(box)
        assert "Asia/Shanghai" in text_of(box)


def test_a_weekly_report_goes_out_on_its_day(house: Workspace) -> None:
    with smtp_server() as box:
        mailing(house, box.port)
        reading(house, "lin")
        now = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0)
        day = WEEKDAYS[(now + timedelta(days=3)).weekday()]
        house.reports_add("today", at="06:00", every=day, person="lin")
        for later in range(1, 15):
            send_due(house.store, clock=lambda later=later: now + timedelta(days=later))  # type: ignore[misc]
        assert [mail["Date"].datetime for mail in box.mails] == [now + timedelta(days=3), now + timedelta(days=10)]


def test_a_report_is_in_the_language_of_its_reader(house: Workspace) -> None:
    with smtp_server() as box:
        mailing(house, box.port, url=URL)
        reading(house, "lin", "hold", language="zh")
        house.mail_send()
        assert "扣留" in box.mails[0]["Subject"]
        assert "批次: SIM00001" in text_of(box)
        assert '<html lang="zh">' in html_of(box)


def test_an_encrypted_line_and_a_log_in_whose_password_is_kept_outside(
    house: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ssl

    import trustme

    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    secret = tmp_path / "password"
    secret.write_text("right: 1\n", encoding="utf-8")
    how: dict[str, Any] = {"security": "starttls", "sender": "corecar@example.com", "user": "corecar"}
    with smtp_server(tls=context, password="right: 1") as box:
        house.mail_address("lin@example.com", person="lin")
        house.mail_set("127.0.0.1", port=box.port, password_file=secret, **how)
        assert "there" in house.mail_show()["facts"]["password"]
        assert "right" not in str(house.mail_show())
        assert "right" not in str(house.audit()["rows"])
        house.mail_try(person="lin")
        assert (box.users, box.to) == (["corecar"], ["lin@example.com"])
        monkeypatch.setenv("CORECAR_MAIL_PASSWORD", "wrong")
        house.mail_set("127.0.0.1", port=box.port, **how)
        with pytest.raises(Conflict, match="refused"):
            house.mail_try(person="lin")
        monkeypatch.setenv("CORECAR_MAIL_PASSWORD", "right: µ")
        with pytest.raises(Conflict, match="ASCII"):
            house.mail_try(person="lin")
        monkeypatch.delenv("SSL_CERT_FILE")
        with pytest.raises(Conflict, match="certificate"):
            house.mail_try(person="lin")


def test_settings_that_would_give_a_password_away_are_refused(house: Workspace) -> None:
    with pytest.raises(ArgumentError, match="in clear"):
        house.mail_set("mail.example.com", security="none", sender="a@example.com", user="corecar")
    with pytest.raises(ArgumentError, match="begins with CORECAR_"):
        house.mail_set("mail.example.com", sender="a@example.com", user="corecar", password_variable="AWS_SECRET")
    for host in ("mail example.com", "mail\r\nx", ""):
        with pytest.raises(ArgumentError, match="host"):
            house.mail_set(host, sender="a@example.com")
    for url in ("javascript:alert(1)", "corecar.example.com", 'https://x"y.com', "https://u:p@x.com"):
        with pytest.raises(ArgumentError, match="url"):
            house.mail_set("mail.example.com", sender="a@example.com", url=url)


def test_a_password_is_kept_for_the_server_and_name_that_it_was_set_for(house: Workspace, tmp_path: Path) -> None:
    how: dict[str, Any] = {"sender": "a@example.com", "user": "corecar"}
    with pytest.raises(ArgumentError, match="no mail server was set before"):
        house.mail_set("mail.example.com", keep_password=True, **how)
    house.mail_set("mail.example.com", password_file=tmp_path / "password", **how)
    house.mail_set("mail.example.com", port=2525, keep_password=True, **how)
    kept = house.mail_show()["details"]["settings"]
    assert (kept["port"], kept["file"]) == (2525, str(tmp_path / "password"))
    for host, user in (("elsewhere.example.com", "corecar"), ("mail.example.com", "root")):
        with pytest.raises(ArgumentError, match=r"the password is of corecar at mail\.example\.com"):
            house.mail_set(host, keep_password=True, **how | {"user": user})
    with pytest.raises(ArgumentError, match="Say one of the two"):
        house.mail_set("mail.example.com", keep_password=True, password_variable="CORECAR_X", **how)
    assert house.mail_show()["details"]["settings"] == kept


def test_only_an_administrator_says_what_others_get_and_hands_mail_over(house: Workspace) -> None:
    lin, mo = as_person(house, "lin"), as_person(house, "mo")
    lin.mail_address("lin@example.com")
    lin.alerts_subscribe(["hold"])
    lin.reports_add("today", at="07:00")
    with pytest.raises(AccessDenied, match="only an administrator"):
        lin.alerts_subscribe(["hold"], person="mo")
    with pytest.raises(NotFound):
        mo.reports_remove(lin.reports_list()["rows"][0]["number"])
    for verb in ("mail_send", "mail_show"):
        with pytest.raises(AccessDenied):
            mo.call(verb)
    assert mo.alerts_list()["rows"] == mo.reports_list()["rows"] == mo.mail_list(every=True)["rows"] == []
    assert lin.mail_me()["kinds"] == ["hold"]


def test_a_shut_account_gets_nothing_not_even_what_waits(house: Workspace) -> None:
    port = free_port()
    mailing(house, port)
    reading(house, "lin", "hold")
    house.mail_send()
    house.people_change("lin", active=False)
    with smtp_server(port) as box:
        later = datetime.now(UTC) + timedelta(minutes=5)
        send_due(house.store, clock=lambda: later)
        assert box.mails == []
    with house.store.catalogue.reading() as session:
        (letter,) = session.query(Letter).all()
        assert (letter.state, letter.text, letter.html) == ("withdrawn", "", "")


def test_who_has_no_address_or_names_what_there_is_not_is_told_what_to_do(house: Workspace) -> None:
    lin = as_person(house, "lin")
    with pytest.raises(Conflict, match="corecar mail address"):
        lin.alerts_subscribe(["hold"])
    lin.mail_address("lin@example.com")
    with pytest.raises(ArgumentError, match='Did you mean "hold"'):
        lin.alerts_subscribe(["hld"])
    with pytest.raises(ArgumentError, match="no report"):
        lin.reports_add("todai", at="07:00")
    for wrong in ("7:00", "24:00", "07:60", "noon"):
        with pytest.raises(ArgumentError, match="such as 07:30"):
            lin.reports_add("today", at=wrong)
    with pytest.raises(ArgumentError, match="time zone"):
        lin.mail_address(zone="Mars/Olympus")
    with pytest.raises(Conflict, match="no mail server"):
        house.mail_send()
    assert send_due(house.store) is None


def test_alerts_that_stand_are_listed_without_any_mail(house: Workspace) -> None:
    answer = house.alerts_now()
    assert [row["lot"] for row in answer["hold"]] == ["SIM00001"]
    assert as_person(house, "mo").alerts_now()["said"] == "Nothing gives an alert."
