"""Single fields of terms set from a line, as a person types it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.agree.memoranda import VALUE, value_with

from corecar.agree.changing import with_changes
from corecar.agree.terms import terms_in
from corecar.errors import ArgumentError

CHANGES: list[tuple[str, Any]] = [
    ("quality.ppm_most=0.5", lambda value: value["quality"]["ppm_most"] == 0.5),
    ("law=", lambda value: "law" not in value),
    ("note=two words", lambda value: value["note"] == "two words"),
    ("parties[DEMO-OSAT].benefit=work", lambda value: value["parties"][1]["benefit"] == "work"),
    ("parties[0].benefit=work", lambda value: value["parties"][0]["benefit"] == "work"),
    ("volumes[0].periods[2027-W06].agreed=7", lambda value: value["volumes"][0]["periods"][1]["agreed"] == 7),
    ("volumes[0].periods[2027-W06]=", lambda value: len(value["volumes"][0]["periods"]) == 1),
    ("volumes[0].periods[+].period=2027-W07", lambda value: value["volumes"][0]["periods"][2]["period"] == "2027-W07"),
    ("quality.screens[nnr]=iddq", lambda value: value["quality"]["screens"] == ["dynamic-pat", "iddq"]),
    ('quality.screens=["a"]', lambda value: value["quality"]["screens"] == ["a"]),
    ("earlier.how=amends", lambda value: value["earlier"] == {"how": "amends"}),
]


@pytest.mark.parametrize(("change", "holds"), CHANGES, ids=[change for change, _ in CHANGES])
def test_a_line_sets_the_field_that_it_names(change: str, holds: Any) -> None:
    assert holds(with_changes(VALUE, [change]))


def test_what_is_changed_stays_as_it_was() -> None:
    before = value_with()
    with_changes(VALUE, ["parties[0].benefit=work", "quality="])
    assert before == VALUE


def test_changes_follow_each_other() -> None:
    lines = ["volumes[0].periods[+].period=2027-W07", "volumes[0].periods[2027-W07].agreed=500"]
    assert terms_in(with_changes(VALUE, lines)).volumes[0].periods[2].agreed == 500


LOST = ("law", "=x", "volumes.unit=piece", "volumes[9].unit=piece", "parties[X].role=customer", "a..b=1", "[0]=1",
        "law[0]=1")  # fmt: skip


@pytest.mark.parametrize("line", LOST)
def test_a_line_that_leads_nowhere_is_told(line: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        with_changes(VALUE, [line])
    assert line in str(caught.value)
