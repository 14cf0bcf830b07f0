"""Qualifications in a workspace: opened, given evidence, judged, approved by two people, reopened."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import corecar
from corecar.bridge.workspace import Workspace
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound, WrongState
from corecar.qualify.evidence import Evidence, Result, status
from corecar.qualify.planning import Asked, plan
from corecar.qualify.product import Product


@pytest.fixture
def house(tmp_path: Path, catalogue_url: str) -> Iterator[Workspace]:
    """A workspace on SQLite, and one on PostgreSQL."""
    with corecar.init(tmp_path / "house", owner="Demo House", database=catalogue_url) as made:
        yield made


def opened(house: Workspace, **changed: Any) -> int:
    given: dict[str, Any] = {"grade": 1, "package": "leaded", "wire": "gold", "change": "die-scribe-separate"}
    return int(house.qualify_open("DEMO-MCU", **{**given, **changed})["number"])


def filled(house: Workspace, number: int) -> None:
    """Good results of every test of a changed way of separating dies."""
    for test in ("A1", "A2", "A3", "A4"):
        for lot in ("L1", "L2", "L3"):
            house.qualify_result(number, test, lot=lot, units=77)
    house.qualify_result(number, "E1", lot="L1", units=231)


def gaps_of(house: Workspace, number: int) -> dict[str, str]:
    return {row["test"]: row["missing"] for row in house.qualify_show(number, gaps=True)["rows"]}


def test_gaps_are_listed_until_the_evidence_is_whole(house: Workspace) -> None:
    number = opened(house)
    assert gaps_of(house, number)["A2"] == "0 of 3 lots"
    answer = house.qualify_result(number, "A2", lot="L1", units=70)
    assert (answer["state"], answer["missing"]) == ("incomplete", ["1 of 3 lots", "lot L1: 70 of 77 units"])
    with pytest.raises(Conflict, match=r"has 6 gaps: A1: 0 of 3 lots.*and 1 more"):
        house.qualify_propose(number, reason="whole?")
    filled(house, number)
    assert gaps_of(house, number) == {}
    assert house.qualify_propose(number, reason="whole")["state"] == "proposed"


def test_a_fail_that_the_plan_does_not_allow_is_a_gap_that_no_further_lot_closes(house: Workspace) -> None:
    number = opened(house)
    filled(house, number)
    assert house.qualify_result(number, "A4", lot="L4", units=77, fails=1)["state"] == "failed"
    assert gaps_of(house, number) == {"A4": "1 fails, 0 allowed"}
    assert house.qualify_list()["rows"][0]["failed"] == 1


def test_two_people_agree_and_what_is_approved_takes_no_evidence(house: Workspace) -> None:
    house.people_add("eva", role="quality")
    house.people_add("lin", role="quality")
    house.people_add("jan", role="engineer")
    eva, lin, jan = (corecar.open(house.store.folder, actor=name) for name in ("eva", "lin", "jan"))
    with eva, lin, jan:
        number = opened(eva)
        filled(eva, number)
        eva.qualify_propose(number, reason="whole")
        with pytest.raises(AccessDenied, match="eva proposed qualification 1"):
            eva.qualify_approve(number, reason="me too")
        with pytest.raises(AccessDenied, match="release"):
            jan.qualify_approve(number, reason="me too")
        answer = lin.qualify_approve(number, reason="seen", until=datetime.now(UTC) + timedelta(days=300))
        assert answer["two_persons"] == "Proposed by eva, approved by lin."
        with pytest.raises(Conflict, match="approved: nothing is added"):
            eva.qualify_result(number, "A2", lot="L9", units=77)
        history = eva.qualify_show(number)["history"]
        assert [(row["kind"], row["by"]) for row in history if row["subject"] is None] == [
            ("open", "eva"), ("propose", "eva"), ("approve", "lin")
        ]  # fmt: skip


def test_a_change_reopens_it_with_the_tests_that_the_change_asks_for(house: Workspace) -> None:
    number = opened(house)
    filled(house, number)
    house.qualify_propose(number, reason="whole")
    house.qualify_approve(number, reason="seen")
    with pytest.raises(WrongState, match="approved"):
        house.qualify_propose(number, reason="again")
    house.qualify_reopen(
        number, reason="the marking is by laser", change="package-marking", detail=["rework-or-new-cure"]
    )
    shown = house.qualify_show(number)
    assert (shown["facts"]["version"], shown["facts"]["state"]) == (2, "open")
    assert [(row["test"], row["state"]) for row in shown["rows"]] == [("C3", "missing")]


def test_family_data_closes_a_gap_only_where_the_rules_allow_it(house: Workspace) -> None:
    number = opened(house, change="assembly-site-transfer")
    claimed = {"reference": "R-7", "product": "DEMO-MCU-2", "lots": 3, "same": ["package", "site", "technology"]}
    assert house.qualify_claim(number, "A3", units=77, **claimed)["stands"]
    refused = house.qualify_claim(number, "E5", units=30, **claimed)
    assert not refused["stands"]
    assert "Q100-009" in refused["rows"][0]["against"]
    states = {row["test"]: row["state"] for row in house.qualify_show(number)["rows"]}
    assert (states["A3"], states["E5"]) == ("family data", "incomplete")


def test_a_test_is_left_out_with_a_reason_only(house: Workspace) -> None:
    number = opened(house)
    with pytest.raises(ArgumentError, match="without a reason"):
        house.qualify_skip(number, "A3", reason=" ")
    house.qualify_skip(number, "A3", reason="as DEMO-2")
    assert "A3" not in gaps_of(house, number)
    with pytest.raises(NotFound, match="no test"):
        house.qualify_skip(number, "B9", reason="x")


def test_a_document_keeps_its_hash_and_closes_a_report(house: Workspace, tmp_path: Path) -> None:
    number = opened(house, change="leadframe-plating")
    report = tmp_path / "whiskers.pdf"
    report.write_bytes(b"%PDF-1.7 whiskers")
    attached = house.qualify_attach(number, "E12", report)
    shown = house.qualify_show(number, test="E12")
    assert shown["documents"][0]["sha256"] == attached["sha256"]
    assert shown["rows"][0]["state"] == "passed"
    empty = tmp_path / "empty.pdf"
    empty.touch()
    with pytest.raises(ArgumentError, match="0 bytes"):
        house.qualify_attach(number, "E12", empty)


def test_another_party_sees_what_was_shared_and_changes_nothing(house: Workspace) -> None:
    house.parties_add("Demo Cars", kind="carmaker")
    house.people_add("cho", role="quality", party="Demo Cars")
    number = opened(house)
    with corecar.open(house.store.folder, actor="cho") as cars:
        with pytest.raises(NotFound):
            cars.qualify_show(number)
        house.qualify_share(number, "Demo Cars")
        assert cars.qualify_list()["rows"][0]["product"] == "DEMO-MCU"
        with pytest.raises(AccessDenied, match="belongs to another party"):
            cars.qualify_skip(number, "A3", reason="no")
        house.qualify_unshare(number, "Demo Cars")
        assert cars.qualify_list()["rows"] == []


@pytest.mark.parametrize(
    ("test", "value", "state"),
    [("C4", 1.67, "failed"), ("C4", 1.68, "passed"), ("E3", 499, "failed"), ("E3", 500, "passed")],
)
def test_a_figure_is_judged_by_its_row(test: str, value: float, state: str) -> None:
    (row,) = [row for row in plan(Asked(Product("P", 1, "leaded", "gold"))) if row.test == test]
    results = [Result(lot, row.units, 0, value) for lot in ("L1", "L2", "L3")]
    assert status(row, Evidence(results)).state == state
