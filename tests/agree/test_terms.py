"""The terms of a memorandum: one sequence of bytes, one schema, and every fault told by its field."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agree.memoranda import VALUE, terms_with, value_with

from corecar.agree.canonical import canonical_json
from corecar.agree.terms import (
    published_schema,
    terms_hash,
    terms_in,
    terms_json,
    terms_schema,
    terms_value,
)
from corecar.agree.volumes import agreed_weeks, band_at, weeks_of
from corecar.errors import ArgumentError, MappingError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc_", max_size=3), inner, max_size=4),
)  # fmt: skip


def faults_of(value: Any) -> dict[str, str]:
    """Each field that does not fit, and why."""
    with pytest.raises(MappingError) as caught:
        terms_in(value, "memo.json")
    return {fault.column or "": fault.problem for fault in caught.value.faults}


def test_terms_come_back_from_their_bytes_as_they_were() -> None:
    terms = terms_with()
    again = terms_in(terms_json(terms))
    assert again == terms
    assert terms_hash(again) == terms_hash(terms)


def test_the_order_of_fields_and_the_form_of_numbers_change_no_byte() -> None:
    turned = dict(reversed(value_with().items()))
    turned["volumes"] = json.loads(json.dumps(turned["volumes"]).replace("1000", "1e3").replace("0.2,", "0.20,"))
    assert terms_json(terms_in(json.dumps(turned, indent=4))) == terms_json(terms_with())


def test_every_change_of_a_value_changes_the_hash() -> None:
    changed = [
        terms_with(number="M-2"),
        terms_with(valid_until="2028-01-01"),
        terms_with(law=None),
        terms_with(language="en"),
        terms_with(shortage={"rule": "priority", "priority": 2}),
    ]
    hashes = [terms_hash(each) for each in changed]
    assert len({*hashes, terms_hash(terms_with())}) == len(changed) + 1


def test_what_is_empty_is_as_good_as_left_out() -> None:
    assert terms_hash(terms_with(note="", earlier={}, law=VALUE["law"])) == terms_hash(terms_with())


def test_the_published_schema_is_made_from_the_fields() -> None:
    assert json.loads(published_schema()) == terms_schema()


def test_a_validator_that_knows_nothing_of_corecar_takes_the_terms_by_the_published_schema() -> None:
    schema = json.loads(published_schema())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(json.loads(terms_json(terms_with())))
    wrong: list[dict[str, Any]] = [
        {"kind": "gift"},
        {"valid_from": "soon"},
        {"parties": VALUE["parties"][:1]},
        {"x": 1},
    ]
    for each in wrong:
        assert not validator.is_valid(value_with(**each)), each


def test_every_field_that_does_not_fit_is_told_at_once_by_its_path() -> None:
    value = value_with(kind="prodct", valid_from="2027-02-30", colour="red", language=None)
    value["parties"][1] = {"party": "DEMO-OSAT", "role": 7, "name": "Demo"}
    value["volumes"][0]["periods"][0]["agreed"] = -1
    value["quality"]["ppap_level"] = 2.5
    found = faults_of(value)
    assert found == {
        "colour": "is no field.",
        "kind": '"prodct" is none of its words.',
        "parties[1].role": 'is "7", text was expected.',
        "parties[1].benefit": "is missing: what it gets from it.",
        "valid_from": '"2027-02-30" is not a day such as 2027-02-01.',
        "volumes[0].periods[0].agreed": "is -1, a number was expected from 0.",
        "quality.ppap_level": "is 2.5, a whole number was expected from 1 to 5.",
        "language": "is missing: of the text: en, zh, or both, the prevailing one first.",
    }


def test_the_message_names_the_document_the_field_and_what_to_write() -> None:
    with pytest.raises(
        MappingError, match=r'^memo\.json: kind: "prodct" is none of its words\. Did you mean "product"'
    ):
        terms_in(value_with(kind="prodct"), "memo.json")


CONTRADICTIONS: list[tuple[str, dict[str, Any], str]] = [
    ("valid_until", {"valid_until": "2027-01-03"}, "before"),
    ("valid_until", {"valid_until": "2099-01-03"}, "30 years"),
    ("parties", {"parties": [VALUE["parties"][0], VALUE["parties"][1]], "volumes": None}, "no customer"),
    ("parties[1].party", {"parties": [VALUE["parties"][0], VALUE["parties"][0], VALUE["parties"][2]]}, "already"),
    ("shortage.priority", {"shortage": {"rule": "priority"}}, "is needed"),
    ("shortage.share", {"shortage": {"rule": "proportional", "share": 0.5}}, "no meaning"),
    ("subject.group", {"kind": "capacity"}, "of which group"),
    ("clauses[1].clause", {"clauses": [{"clause": "a", "version": "1"}, {"clause": "a", "version": "2"}]}, "already"),
    ("earlier.number", {"earlier": {"how": "amends", "number": "M-2027-001", "terms_sha256": "0" * 64,
                                    "first": "M-1"}}, "itself"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "changed", "problem"), CONTRADICTIONS)
def test_fields_that_contradict_each_other_are_told(place: str, changed: dict[str, Any], problem: str) -> None:
    assert problem in faults_of(value_with(**changed))[place]


VOLUMES: list[tuple[str, dict[str, Any], str]] = [
    ("customer", {"customer": "DEMO-CHIPS"}, "is the supplier too"),
    ("supplier", {"supplier": "DEMO-CHIP"}, "none of the parties"),
    ("periods[0].minimum", {"periods": [{"period": "2027-W05", "agreed": 1, "minimum": 2}]}, "above"),
    ("periods[0].maximum", {"periods": [{"period": "2027-W05", "agreed": 3, "maximum": 2}]}, "below"),
    ("periods[0].period", {"periods": [{"period": "2027-W53", "agreed": 3}]}, "has weeks 1 to 52"),
    ("periods[0].period", {"periods": [{"period": "2029-W01", "agreed": 3}]}, "outside"),
    ("periods[1].period", {"periods": [{"period": "2027-W05", "agreed": 3}, {"period": "2027-03", "agreed": 3}]},
     "not of the kind"),
    ("periods[1].period", {"periods": [{"period": "2027-W05", "agreed": 3}, {"period": "2027-W05", "agreed": 3}]},
     "does not come after"),
    ("bands[0].from_weeks", {"bands": [{"from_weeks": 1, "up": 0, "down": 0}]}, "0 was expected"),
    ("bands[1].from_weeks", {"bands": [{"from_weeks": 0, "up": 0, "down": 0}, {"from_weeks": 5, "up": 0, "down": 0}]},
     "open"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "changed", "problem"), VOLUMES)
def test_a_volume_that_contradicts_itself_is_told(place: str, changed: dict[str, Any], problem: str) -> None:
    value = value_with()
    value["volumes"][0].update(changed)
    assert problem in faults_of(value)[f"volumes[0].{place}"]


UNSOUND = ['{"form": 1, "form": 2}', '{"a": NaN}', "[" * 100_000, "{", b"\xff\xfe", "[]", "x" * 5_000_000]


@pytest.mark.parametrize("text", UNSOUND, ids=range(len(UNSOUND)))
def test_what_is_no_sound_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(MappingError, match=r"^memo\.json: "):
        terms_in(text, "memo.json")


@pytest.mark.parametrize("odd", ["a\u202eb", "a\x00b", "a\u200bb", " ", 7, ["a"], 1e300, float("nan")])
def test_text_that_nobody_can_see_or_that_is_none_is_refused(odd: Any) -> None:
    assert set(faults_of(value_with(law=odd))) == {"law"}


def test_a_month_is_spread_over_the_weeks_whose_thursday_lies_in_it() -> None:
    value = value_with()
    value["volumes"][0]["periods"] = [{"period": "2027-02", "agreed": 400, "maximum": 480}]
    weeks = agreed_weeks(terms_in(value).volumes[0])
    assert [each.week for each in weeks] == ["2027-W05", "2027-W06", "2027-W07", "2027-W08"]
    assert {(each.agreed, each.minimum, each.maximum) for each in weeks} == {(100.0, 0.0, 120.0)}


@given(st.integers(1990, 2100))
def test_every_week_of_a_year_lies_in_one_month_of_it(year: int) -> None:
    found = [week for month in range(1, 13) for week in weeks_of(f"{year}-{month:02}")]
    assert len(found) == len(set(found)) in (52, 53)
    assert all(week.startswith(str(year)) for week in found)


def test_the_band_of_a_call_off_is_that_of_its_weeks_ahead() -> None:
    volume = terms_with().volumes[0]
    assert [(band := band_at(volume, ahead)) and band.up for ahead in (0, 4, 5, 99)] == [0, 0, 0.2, 0.2]


@given(JSON)
def test_canonical_json_is_the_same_value_and_stays_what_it_is(value: Any) -> None:
    written = canonical_json(value)
    again = json.loads(written, parse_int=float)
    assert again == value
    assert canonical_json(again) == written


NUMBERS = [(0.0, "0"), (-0.0, "0"), (1e21, "1e+21"), (1e20, "100000000000000000000"), (1e-6, "0.000001"),
           (1e-7, "1e-7"), (1.5e-9, "1.5e-9"), (0.1, "0.1"), (333333333.33333329, "333333333.3333333"),
           (2.0**69, "590295810358705700000"), (5e-324, "5e-324"),
           (1.7976931348623157e308, "1.7976931348623157e+308")]  # fmt: skip


@pytest.mark.parametrize(("value", "written"), NUMBERS)
def test_numbers_are_written_as_rfc_8785_has_them(value: float, written: str) -> None:
    assert canonical_json(value).decode() == written


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53 + 1, "\ud800"])
def test_what_json_cannot_hold_exactly_is_refused(value: Any) -> None:
    with pytest.raises(ArgumentError):
        canonical_json(value)


@given(st.data())
def test_no_change_of_one_place_is_read_without_a_word_or_a_crash(data: st.DataObject) -> None:
    value = deepcopy(VALUE)
    place: Any = value
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
        if not isinstance(place[key], (dict, list)) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(JSON)
    try:
        terms = terms_in(value)
    except MappingError:
        return
    assert terms_in(terms_value(terms)) == terms
