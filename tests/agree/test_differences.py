"""What a counter changed, side by side, by field."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.agree.memoranda import VALUE, terms_with, value_with

from corecar.agree.differences import Change, differences, single_fields
from corecar.agree.terms import terms_in
from corecar.errors import MappingError


def test_terms_that_are_the_same_differ_in_nothing() -> None:
    assert differences(terms_with(), terms_with()) == []


def test_a_changed_field_is_told_by_its_path_before_and_after() -> None:
    changed = value_with(law=None, shortage={"rule": "fixed-share", "share": 0.5})
    changed["quality"]["ppm_most"] = 5
    assert differences(terms_with(), terms_in(changed)) == [
        Change("shortage.rule", "priority", "fixed-share"),
        Change("shortage.priority", 1, None),
        Change("shortage.share", None, 0.5),
        Change("quality.ppm_most", 1, 5),
        Change("law", VALUE["law"], None),
    ]


def test_every_field_that_is_no_table_of_its_own_is_told_by_its_path() -> None:
    told = dict(single_fields(terms_with()))
    assert told["quality.ppm_most"] == 1
    assert told["shortage.rule"] == "priority"
    assert any(".bands[" in field and field.endswith(".up") for field in told)
    assert not [field for field in told if field.startswith(("parties", "clauses")) or "periods" in field]


def test_a_week_in_the_middle_is_one_change_and_not_one_of_all_that_follow() -> None:
    changed = value_with()
    changed["volumes"][0]["periods"].insert(1, {"period": "2027-W05", "agreed": 7})
    changed["volumes"][0]["periods"][0] = {"period": "2027-W04", "agreed": 5}
    place = "volumes[DEMO-CHIPS DEMO-CARS piece].periods"
    assert differences(terms_with(), terms_in(changed)) == [
        Change(f"{place}[2027-W05].agreed", 1000, 7),
        Change(f"{place}[2027-W05].minimum", 800, None),
        Change(f"{place}[2027-W05].maximum", 1200, None),
        Change(f"{place}[2027-W04].period", None, "2027-W04"),
        Change(f"{place}[2027-W04].agreed", None, 5),
    ]


def test_a_screen_that_is_added_and_one_that_goes_are_told() -> None:
    changed = value_with()
    changed["quality"]["screens"] = ["nnr", "iddq"]
    assert differences(terms_with(), terms_in(changed)) == [
        Change("quality.screens[dynamic-pat]", "dynamic-pat", None),
        Change("quality.screens[iddq]", None, "iddq"),
    ]


@given(st.data())
def test_terms_of_other_hashes_differ_in_a_field_unless_only_an_order_changed(data: st.DataObject) -> None:
    value: Any = deepcopy(VALUE)
    period = data.draw(st.sampled_from([0, 1]))
    field = data.draw(st.sampled_from(["agreed", "minimum", "maximum"]))
    value["volumes"][0]["periods"][period][field] = data.draw(st.integers(0, 3000))
    try:
        changed = terms_in(value)
    except MappingError:
        return
    assert bool(differences(terms_with(), changed)) == (changed != terms_with())
