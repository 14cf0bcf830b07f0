"""Drafts of memoranda out of a need and an offer, a pair of a meeting, a plan; and by which authority a party signs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.bridge.houses import house_in
from tests.bridge.negotiators import Table, negotiators
from tests.chain.books import Book, small_book, write_book
from tests.match.markets import BASE, NEED, OFFER

from corecar.agree.authority import make_authority, revoked_list
from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound, UnknownFormat


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Workspace]:
    with house_in(tmp_path) as house:
        house.chain_import([write_book({**BASE, "needs": [NEED], "offers": [OFFER]}, tmp_path / "market")])
        yield house


@pytest.fixture
def planned(tmp_path: Path) -> Iterator[Workspace]:
    book: Book = small_book()
    book["stock"] = [{"product": "MCU", "site": "OSAT-1", "quantity": "3000"}]
    with house_in(tmp_path) as house:
        house.chain_import([write_book(book, tmp_path / "chain")])
        house.plan()
        yield house


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    with negotiators(tmp_path) as found:
        yield found


def drafted(house: Workspace, **source: Any) -> Any:
    return house.agree_new(**source, try_only=True)["details"]["terms"]


def test_a_need_and_an_offer_that_fit_become_a_draft(market: Workspace) -> None:
    terms = drafted(market, need="N1", offer="O1")
    assert terms["kind"] == "product"
    assert terms["subject"] == {
        "title": "Body controller",
        "title_zh": "车规级车身控制器芯片",
        "need": "N1",
        "offer": "O1",
    }
    assert [(each["party"], each["name"], each["role"]) for each in terms["parties"]] == [
        ("CHIPS", "Demo Chips", "supplier"), ("CARS", "Demo Cars", "customer"),
    ]  # fmt: skip
    (volume,) = terms["volumes"]
    assert (volume["supplier"], volume["customer"], volume["unit"]) == ("CHIPS", "CARS", "piece")
    assert [volume["periods"][at] for at in (0, -1)] == [
        {"period": "2027-W10", "agreed": 12000}, {"period": "2027-W40", "agreed": 12000},
    ]  # fmt: skip
    assert (terms["valid_from"], terms["valid_until"]) == ("2027-03-08", "2027-10-10")
    assert terms["quality"] == {"grade": 1, "certificates": ["IATF 16949"]}
    assert terms["times"] == {"delivery_weeks": 4, "answer_days": 5}


def test_what_is_booked_of_an_offer_is_not_promised_in_a_draft(market: Workspace, tmp_path: Path) -> None:
    market.chain_import([write_book({"needs": [NEED | {"quantity": "24000"}]}, tmp_path / "more")])
    market.qualify_open("DEMO-MCU", grade=1, package="leaded", wire="gold", change="die-scribe-separate")
    schedule = market.qualify_schedule([1], offer=["O1=HAST chamber"], start="2027-W10")["facts"]["schedule"]
    booked = {row["first_week"] for row in market.qualify_book(schedule, test=["A2"])["rows"]}
    agreed = {row["period"]: row["agreed"] for row in drafted(market, need="N1", offer="O1")["volumes"][0]["periods"]}
    assert {week for week, quantity in agreed.items() if quantity == 24000 - 77} == booked
    assert {agreed[week] for week in agreed.keys() - booked} == {24000}


def test_what_somebody_gives_stands_above_what_was_found(market: Workspace) -> None:
    terms = drafted(market, need="N1", offer="O1", change=["shortage.rule=max_min_fill"], number="MOU-7")
    assert (terms["shortage"], terms["number"]) == ({"rule": "max_min_fill"}, "MOU-7")


def test_a_draft_names_what_is_not_there(market: Workspace) -> None:
    with pytest.raises(NotFound, match='there is no need "N2"'):
        market.agree_new(need="N2", offer="O1")
    with pytest.raises(NotFound, match="meeting 3"):
        market.agree_new(meeting=3, pair=1)
    with pytest.raises(NotFound, match="there is no plan 3"):
        market.agree_new(plan=3, demand="CAR")


def test_a_pair_of_a_meeting_becomes_a_draft(market: Workspace) -> None:
    market.meeting_propose("Demo Day", day=datetime(2027, 1, 20), place="Demo Town")
    made = market.agree_new(meeting=1, pair=1, party="CARS")
    assert made["parties"] == ["CHIPS", "CARS"]
    assert market.agree_show(made["number"])["facts"]["made_of"] == {"meeting": {"meeting": 1, "pair": 1}}


def test_whoever_leads_the_meeting_of_others_signs_as_its_coordinator(market: Workspace) -> None:
    market.parties_add("CARS")
    market.meeting_propose("Demo Day", day=datetime(2027, 1, 20), place="Demo Town")
    terms = drafted(market, meeting=1, pair=1)
    assert [(each["party"], each["role"]) for each in terms["parties"]][2] == ("Demo House", "coordinator")


def test_what_a_plan_gives_becomes_a_draft(planned: Workspace) -> None:
    terms = drafted(planned, plan=1, demand="CAR", supplier="OSAT")
    (volume,) = terms["volumes"]
    supply = [row for row in planned.plan_show(1, table="supply")["rows"] if row["supplied"] >= 1]
    assert [(each["period"], each["agreed"]) for each in volume["periods"]] == [
        (row["week"], int(row["supplied"])) for row in supply
    ]
    assert [each["party"] for each in terms["parties"]] == ["OSAT", "CARS"]
    with pytest.raises(ArgumentError, match="is both sides"):
        planned.agree_new(plan=1, demand="CAR", supplier="CARS")
    with pytest.raises(NotFound, match='plan 1 has no demand "TRUCK"'):
        planned.agree_new(plan=1, demand="TRUCK")


def test_a_party_says_for_itself_by_which_authority_it_signs(table: Table) -> None:
    authority = trustme.CA(organization_name="Demo Authority")
    file = table.folder / "authority.pem"
    file.write_bytes(authority.cert_pem.bytes())
    told = table.car.agree_trust(file)
    assert told["party"] == "DEMO-CARS"
    with pytest.raises(Conflict, match="already"):
        table.car.agree_trust(file)
    with pytest.raises(AccessDenied):
        table.chi.agree_trust(file, of="DEMO-CARS")
    with pytest.raises(AccessDenied, match='needs the permission "sign"'):
        table.chi_plans.agree_trust(file)
    table.keeper.agree_trust(file, of="OUTSIDE")
    assert [row["party"] for row in table.off.agree_authorities()["rows"]] == ["DEMO-CARS", "OUTSIDE"]
    table.car.agree_distrust(told["sha256"][:8])
    assert [row["party"] for row in table.off.agree_authorities()["rows"]] == ["OUTSIDE"]


def test_a_list_of_revoked_certificates_is_taken_of_an_own_authority_and_only_a_newer_one(table: Table) -> None:
    now = datetime.now(UTC)
    office, other = (make_authority(name, now=now - timedelta(days=900)) for name in ("Demo Office", "Demo Stranger"))
    files = {name: table.folder / name for name in ("office.pem", "old.pem", "new.der", "foreign.pem")}
    files["office.pem"].write_bytes(office.certificate.public_bytes(Encoding.PEM))
    files["old.pem"].write_bytes(revoked_list(office, (), now=now - timedelta(days=800)))
    fresh = x509.load_pem_x509_crl(revoked_list(office, (), now=now - timedelta(minutes=1)))
    files["new.der"].write_bytes(fresh.public_bytes(Encoding.DER))
    files["foreign.pem"].write_bytes(revoked_list(other, (), now=now))
    with pytest.raises(Conflict, match="no authority by which DEMO-CARS signs wrote this list"):
        table.car.agree_trust(files["old.pem"])
    table.car.agree_trust(files["office.pem"])
    old = table.car.agree_trust(files["old.pem"])
    assert old["rows"][0]["expired"]
    assert "what was revoked since is not known" in old["notes"][0]
    assert table.off.agree_authorities()["notes"] == old["notes"], "it is told wherever authorities are listed"
    with pytest.raises(Conflict, match="no authority by which DEMO-CARS signs"):
        table.car.agree_trust(files["foreign.pem"])
    assert table.car.agree_trust(files["new.der"])["notes"] == []
    (row,) = table.off.agree_authorities()["rows"]
    assert row["list_written"] == fresh.last_update_utc
    assert row["list_expires"] == fresh.next_update_utc
    with pytest.raises(Conflict, match="Ask the authority for a newer one"):
        table.car.agree_trust(files["old.pem"])
    with pytest.raises(AccessDenied):
        table.chi.agree_trust(files["new.der"], of="DEMO-CARS")


def test_what_is_no_certificate_of_an_authority_is_refused(table: Table) -> None:
    file = table.folder / "x.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nx", encoding="utf-8")
    with pytest.raises(UnknownFormat, match="no certificate of an authority"):
        table.car.agree_trust(file)
    leaf = trustme.CA(organization_name="Demo Authority").issue_cert("car.example")
    file.write_bytes(leaf.cert_chain_pems[0].bytes())
    with pytest.raises(UnknownFormat, match="a signer's certificate"):
        table.car.agree_trust(file)
