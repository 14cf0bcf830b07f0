"""Which tests a product or a change needs, against the reference tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corecar.errors import ArgumentError
from corecar.qualify.changes import asks_of_change, changes
from corecar.qualify.claims import Claim, objections
from corecar.qualify.planning import Asked, parts_needed, plan
from corecar.qualify.product import Product, described
from corecar.qualify.revisions import differing, rows_of
from corecar.standards.tabled import TABLED, UNCONFIRMED, table

TABLE_3 = Path(__file__).resolve().parents[3] / "shared" / "data" / "quality" / "aecq100h_table3.json"
GOLD = Product("P", 1, "leaded", "gold")
COPPER = Product("P", 1, "bga", "copper")


@pytest.mark.parametrize("name", TABLED)
def test_every_row_carries_its_clause_and_revision(name: str) -> None:
    for row in table(name):
        assert row["clause"].startswith(("AEC-Q", "AIAG PPAP", UNCONFIRMED)), row
        assert "revision" in row or "Rev" in row["clause"] or UNCONFIRMED in row["clause"], row


@pytest.mark.parametrize("name", TABLED)
def test_unconfirmed_names_columns_that_are_there(name: str) -> None:
    for row in table(name):
        assert set(row.get("unconfirmed", "").split()) <= row.keys(), row


@pytest.mark.skipif(not TABLE_3.exists(), reason="the parsed table of changes (aecq100h_table3.json) is not here")
def test_the_tests_of_each_change_are_those_of_table_3() -> None:
    given = json.loads(TABLE_3.read_text("utf-8"))["rows"]
    held = [row for row in changes("H") if row["area"] != "test"]
    assert len(held) == len(given) == 27
    for name, one in zip(given, held, strict=True):
        asks = asks_of_change(one["change"], "H")
        told = {("G1-G4" if test in ("G1", "G2", "G3", "G4") else test): when for test, when in asks.items()}
        assert told == {test: when.replace("*", "") for test, when in given[name].items()}, name


@pytest.mark.skipif(not TABLE_3.exists(), reason="the parsed table of changes (aecq100h_table3.json) is not here")
def test_the_plan_of_a_new_package_holds_table_3_and_what_goes_along() -> None:
    given = json.loads(TABLE_3.read_text("utf-8"))["rows"]["New Package"]
    rows = plan(Asked(GOLD, change="new-package"))
    listed = {row.test for row in rows if row.state != "goes along"}
    assert {"G1-G4" if test in ("G1", "G2", "G3", "G4") else test for test in listed} == given.keys()
    assert {row.test for row in rows if row.state == "goes along"} == {"A1", "E1"}
    assert {row.test: row.why for row in rows if row.state == "does not apply"}["A5"] == (
        "parts that need power temperature cycling only"
    )


@pytest.mark.parametrize(
    ("test", "lots", "units", "accept", "conditions"),
    [
        ("A2", 3, 77, 0, "130 C 85 % RH 96 h"),
        ("A4", 3, 77, 0, "-55 to 150 C 1000 cycles"),
        ("A6", 1, 45, 0, "150 C 1000 h or 175 C 500 h"),
        ("B1", 3, 77, 0, "125 C 1000 h"),
        ("B2", 3, 800, 0, "125 C 48 h or 150 C 24 h"),
        ("C3", 1, 15, 0, "95 %"),
        ("C4", 3, 10, 1.67, ""),
        ("E4", 1, 6, 0, ""),
        ("E5", 3, 30, 1.67, ""),
    ],
)
def test_lots_and_units_are_those_of_the_standard(
    test: str, lots: int, units: int, accept: float, conditions: str
) -> None:
    (row,) = [row for row in plan(Asked(GOLD)) if row.test == test]
    assert (row.lots, row.units, row.accept) == (lots, units, accept)
    assert conditions in row.conditions
    assert row.clause.startswith("AEC-Q100 Rev H, Table 2")


def test_copper_wire_adds_the_steps_of_q006() -> None:
    steps = {row.test: (row.lots, row.units) for row in plan(Asked(COPPER)) if row.group == "Q006"}
    assert steps["A4-2X-stress"] == (3, 70)
    assert steps["A6-2X-stress"] == (3, 44)
    assert steps["A2-1X-ball-and-stitch-pull"] == (3, 3)
    assert steps["A4-2X-ball-shear"] == (3, 2)
    assert steps["A6-1X-cross-section"] == (3, 1)
    assert not [test for test in steps if test.startswith("A5")], "no power temperature cycling, no step of it"
    assert not [row for row in plan(Asked(GOLD)) if row.group == "Q006"]


def test_parts_of_a_later_step_are_those_of_the_stress() -> None:
    gold, copper = plan(Asked(Product("P", 1, "bga", "gold"))), plan(Asked(COPPER))
    assert parts_needed(copper) - parts_needed(gold) == 3 * 45 - 45, "only storage takes three lots instead of one"


def test_a_module_adds_group_h() -> None:
    rows = plan(Asked(described("P", 2, "bga", "gold", ["modules"])))
    assert {row.test: row.units for row in rows if row.group == "H"}["LTSL"] == 30


def test_a_detail_that_nobody_told_leaves_a_test_open() -> None:
    def state(**details: bool) -> str:
        asked = Asked(Product("P", 1, "leaded", "gold", power_w=2), change="wire-bonding", details=details)
        return {row.test: row.state for row in plan(asked)}["A5"]

    assert state() == "open"
    assert state(**{"thinner-wire": True}) == "needed"
    assert state(**{"thinner-wire": False}) == "does not apply"


def test_a_test_is_left_out_only_with_a_reason() -> None:
    with pytest.raises(ArgumentError, match="A6 is left out without a reason"):
        plan(Asked(GOLD, skipped={"A6": " "}))
    (row,) = [row for row in plan(Asked(GOLD, skipped={"A6": "stored hotter for A2"})) if row.test == "A6"]
    assert (row.state, row.why, row.total) == ("skipped", "stored hotter for A2", 0)


def test_what_no_standard_gives_is_said() -> None:
    (row,) = [row for row in plan(Asked(GOLD)) if row.test == "C1"]
    assert row.to_confirm == f"lots: {UNCONFIRMED}"


def test_revisions_differ_and_what_is_carried_over_says_so() -> None:
    assert [(row["test"], row["what"]) for row in differing("H", "J")] == [("C7", "only in J")]
    assert rows_of("J")["A2"]["clause"].endswith(UNCONFIRMED)
    assert list(rows_of("J"))[13:16] == ["C5", "C6", "C7"]
    with pytest.raises(ArgumentError, match="Rev H, J"):
        rows_of("Z")


def test_family_data_is_never_claimed_for_electrical_distributions() -> None:
    claim = Claim("E5", "R-7", lots=3, units=30, same=("technology", "package", "site"))
    assert objections(claim, 3, 30) == [
        "electrical distributions are measured on the product itself (AEC-Q100-009 Rev B)"
    ]


def test_family_data_reaches_lots_and_units_without_unexplained_failures() -> None:
    good = Claim("B1", "R-7", lots=3, units=77, same=("technology", "site"))
    assert objections(good, 3, 77) == []
    short = objections(Claim("B1", "", lots=2, units=77, unexplained_fails=1, same=("technology", "site")), 3, 77)
    assert len(short) == 3
    assert short[0] == "a claim names the report that holds its data"


def test_copper_with_a_larger_die_cycles_three_lots() -> None:
    claim = Claim("A4", "R-7", lots=1, units=77, same=("package", "site"), copper_same=True, die_diagonal=120)
    assert any("115 %" in told for told in objections(claim, 3, 77, copper=True))


@pytest.mark.parametrize("told", ["colour=red", "power_w=much", "mems=perhaps"])
def test_a_fact_that_is_none_is_refused(told: str) -> None:
    with pytest.raises(ArgumentError, match=told.split("=")[0]):
        described("P", 1, "bga", "gold", [told])
