"""Signed volumes in plans: floors that hold, or whose breach is named by clause, weeks and quantity; caps; alerts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.bridge.houses import house_in
from tests.bridge.negotiators import believe_signatures, signed_pdf, terms_file
from tests.chain.books import Book, write_book
from tests.chain.books import contested_book as book

import corecar
from corecar.bridge.plan.shared_plans import shown_table
from corecar.bridge.workspace import Workspace
from corecar.plan.tables import PLAN_TABLES
from corecar.store.catalogue.plans import Plan


def untested() -> Book:
    """The same with 3,000 chips that wait for their test at the packager, none in process."""
    made = book()
    made["wip"] = [{**made["wip"][0], "state": "held"}]
    made["stock"].append({"product": "MCU", "site": "FAB-1", "stage": "wafer", "quantity": "3000"})
    return made


def signed(house: Workspace, folder: Path, number: str, weeks: dict[str, Any], product: str = "CAR") -> None:
    """A memorandum between the packager and the second customer that both have signed."""
    periods = [{"period": week, **amounts} for week, amounts in weeks.items()]
    volume = {"supplier": "OSAT", "customer": "VANS", "unit": "piece", "product": product, "periods": periods}
    parties = [
        {"party": name, "name": f"Demo {name}", "role": role, "benefit": "a share"}
        for name, role in (("OSAT", "supplier"), ("VANS", "customer"))
    ]
    house.agree_new(terms=terms_file(folder, parties=parties, volumes=[volume], number=number), party="OSAT")
    house.agree_offer(number, party="OSAT")
    sha256, names = house.agree_show(number)["facts"]["sha256"], ["OSAT", "VANS"]
    for at, name in enumerate(names, 1):
        house.agree_signed(number, signed_pdf(folder, sha256, *names[:at]), party=name)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    believe_signatures(monkeypatch)
    with house_in(tmp_path) as made:
        made.chain_import([write_book(book(), tmp_path / "chain")])
        yield made


def supplied(house: Workspace, plan: int, customer: str = "VANS") -> dict[str, int]:
    rows = house.plan_show(plan, table="supply")["rows"]
    return {row["week"]: round(row["supplied"]) for row in rows if row["customer"] == customer}


def test_a_signed_volume_is_a_floor_in_the_plan_before_anybody_else_s_share(house: Workspace, tmp_path: Path) -> None:
    fair = supplied(house, house.plan()["plan"])
    assert sum(fair.values()) < 900
    signed(house, tmp_path, "M-1", {"2027-W02": {"agreed": 900}})
    kept = house.plan()
    assert "agreements" not in kept
    assert sum(supplied(house, kept["plan"]).values()) >= 900
    assert house.plan_show(kept["plan"])["options"]["agreed"] == ["M-1 volume 1"]


def test_a_volume_that_cannot_be_kept_is_named_by_clause_weeks_and_quantity(house: Workspace, tmp_path: Path) -> None:
    signed(house, tmp_path, "M-1", {"2027-W02": {"agreed": 1000}})
    book_without = {**book(), "wip": [{**book()["wip"][0], "state": "held"}]}
    house.chain_import([write_book(book_without, tmp_path / "held")])
    made = house.plan()
    (row,) = made["agreements"]
    assert {name: row[name] for name in ("memorandum", "clause", "customer", "from_week", "until_week", "missing")} == {
        "memorandum": "M-1", "clause": "volume 1", "customer": "VANS", "from_week": "2027-W02",
        "until_week": "2027-W02", "missing": 500,
    }  # fmt: skip
    assert made["notes"][0] == "breach: M-1, volume 1 (CAR of OSAT for VANS): 500 missing, 2027-W02 to 2027-W02."
    assert house.plan_show(made["plan"])["agreements"] == made["agreements"]
    (alert,) = house.alerts_now(kind=["memorandum"])["memorandum"]
    assert (alert["memorandum"], alert["clause"], alert["missing"]) == ("M-1", "volume 1", 500)


def test_without_a_memorandum_nothing_of_a_plan_changes(house: Workspace) -> None:
    assert "agreed" not in house.plan_show(house.plan()["plan"])["options"]


def test_what_a_customer_wants_above_its_maximum_is_not_planned_and_told(house: Workspace, tmp_path: Path) -> None:
    signed(house, tmp_path, "M-1", {"2027-W02": {"agreed": 200, "maximum": 300}})
    made = house.plan()
    assert 200 <= sum(supplied(house, made["plan"]).values()) <= 300
    left_out = made["details"]["left_out"]
    assert "M-1 volume 1: 700 pieces of CAR for VANS are wanted above its maximum call-off, 2027-W02" in left_out


def test_a_memorandum_that_ended_is_in_no_plan(house: Workspace, tmp_path: Path) -> None:
    signed(house, tmp_path, "M-1", {"2027-W02": {"agreed": 900}})
    house.agree_end("M-1", reason="over", party="VANS")
    assert "agreed" not in house.plan_show(house.plan()["plan"])["options"]


def test_lots_that_are_stopped_and_scenarios_tell_which_memorandum_they_breach(
    house: Workspace, tmp_path: Path
) -> None:
    signed(house, tmp_path, "M-1", {"2027-W02": {"agreed": 900}})
    assert "agreements" not in house.plan()
    for found in (house.impact(["L2"]), house.plan_whatif(scenarios=["lot L2 held"])):
        (row,) = found["agreements"]
        assert (row["memorandum"], row["clause"], row["missing"], row["before"]) == ("M-1", "volume 1", 400, 0)
        assert "breach: M-1, volume 1 (CAR of OSAT for VANS): 400 missing, 2027-W02 to 2027-W02." in found["notes"]


@contextmanager
def owner_and_reader(house: Workspace, folder: Path) -> Iterator[tuple[Workspace, Workspace]]:
    """The house with accounts: who owns its plans, and a planner of Demo Cars that is in no memorandum."""
    house.people_add("ann", role="administrator")
    house.people_add("bob", role="planner", party="Demo Cars")
    with corecar.open(folder / "house", actor="ann") as ann, corecar.open(folder / "house", actor="bob") as bob:
        yield ann, bob


def test_a_plan_that_is_shared_tells_nothing_of_memoranda_that_are_not(house: Workspace, tmp_path: Path) -> None:
    house.parties_add("Demo Cars")
    before = house.plan()["plan"]
    signed(house, tmp_path, "M-1", {"2027-W02": {"agreed": 200, "maximum": 300}})
    number = house.plan()["plan"]
    with owner_and_reader(house, tmp_path) as (ann, bob):
        for each in (before, number):
            ann.plan_share(each, "Demo Cars")
        told = [ann.plan_show(number), ann.plan_show(number, table="floors"), ann.plan_compare(before, number)]
        assert all("M-1" in str(each) for each in told)
        shown = [bob.plan_show(number, table=table) for table in ("floors", "prices")]
        for each in (bob.plan_show(number), bob.plan_compare(before, number), *shown):
            assert "M-1" not in str(each)
            assert "call-off" not in str(each)
        assert "agreed" not in bob.plan_show(number)["options"]


def test_a_sum_over_several_memoranda_is_told_to_nobody_who_may_not_see_them_all(
    house: Workspace, tmp_path: Path
) -> None:
    for party in ("OSAT", "VANS", "Demo Cars"):
        house.parties_add(party)
    signed(house, tmp_path, "M-1", {"2027-W02": {"agreed": 200, "maximum": 300}})
    signed(house, tmp_path, "M-2", {"2027-W02": {"agreed": 100, "maximum": 150}})
    number = house.plan()["plan"]
    both = "M-1 volume 1, M-2 volume 1: 550 pieces of CAR for VANS are wanted above their maximum call-offs, 2027-W02"
    assert both in house.plan_show(number)["details"]["left_out"]
    for party in ("OSAT", "VANS"):
        house.agree_share("M-2", "Demo Cars", level="volumes", party=party)
    with owner_and_reader(house, tmp_path) as (ann, bob):
        ann.plan_share(number, "Demo Cars")
        assert [row["least"] for row in ann.plan_show(number, table="floors")["rows"]] == [200, 300]
        assert bob.plan_show(number)["options"]["agreed"] == ["M-2 volume 1"]
        assert bob.plan_show(number, table="floors")["rows"] == []
        assert bob.plan_show(number)["details"]["left_out"] == []


def test_a_clause_that_stands_against_another_is_told_to_nobody_who_may_not_see_it() -> None:
    schema = pa.schema([pa.field(column.name, column.type) for column in PLAN_TABLES["floors"]])
    row = {
        "clause": "M-1 volume 1, CAR for VANS, for 2027-W02", "from_week": "2027-W02", "until_week": "2027-W02",
        "least": 9.0, "breach": 4.0, "unit": "piece", "against": "M-2 volume 1, PACK for VANS, at most, for 2027-W02",
    }  # fmt: skip
    plan = Plan(options={"agreed": []})
    (shown,) = shown_table("floors", pa.Table.from_pylist([row], schema), frozenset({"M-2 volume 1"}), plan).to_pylist()
    assert (shown["clause"], shown["against"]) == (row["clause"], "")


def test_a_stop_that_would_breach_a_memorandum_names_it_and_stands_among_the_alerts(
    house: Workspace, tmp_path: Path
) -> None:
    house.chain_import([write_book(untested(), tmp_path / "untested")])
    signed(house, tmp_path, "M-1", {"2027-W02": {"agreed": 900}})
    plain = house.stress(default=1.0)
    (row,) = [each for each in plain["agreements"] if each["stop"] == "OSAT-1"]
    assert {name: row[name] for name in ("memorandum", "clause", "from_week", "until_week")} == {
        "memorandum": "M-1", "clause": "volume 1", "from_week": "2027-W02", "until_week": "2027-W02",
    }  # fmt: skip
    assert row["missing"] == 400
    assert (
        "OSAT-1 stopped: breach: M-1, volume 1 (CAR of OSAT for VANS): 400 missing, 2027-W02 to 2027-W02."
        in plain["notes"]
    )
    assert house.stress(default=1.0, recheck=1)["week_by_week"][0]["stop"] == "OSAT-1"
    (alert,) = house.alerts_now(kind=["memorandum"])["memorandum"]
    assert (alert["because"], alert["memorandum"], alert["missing"]) == ("stress: OSAT-1", "M-1", 400)
    house.agree_end("M-1", reason="over", party="VANS")
    assert "memorandum" not in house.alerts_now(kind=["memorandum"])
    assert "agreements" not in house.stress(default=1.0)


def test_a_lot_held_after_the_plan_raises_an_alert_before_anybody_asks(
    house: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed(house, tmp_path, "M-1", {"2027-W02": {"agreed": 900}})
    house.plan()
    assert "memorandum" not in house.alerts_now(kind=["memorandum"])
    monkeypatch.setattr("corecar.bridge.mail.breached_memoranda.stopped_lots", lambda session, actor: ["L2"])
    (alert,) = house.alerts_now(kind=["memorandum"])["memorandum"]
    assert (alert["because"], alert["clause"], alert["missing"]) == ("stopped: L2", "volume 1", 400)
