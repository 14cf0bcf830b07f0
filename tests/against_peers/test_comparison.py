"""The comparison itself: a table of exceptions is worth nothing when differences go unseen."""

from __future__ import annotations

import pytest
from comparison import ABSENT, Difference, Known, differences, same, stale, unexplained

OURS = {"PTR": [{"TEST_NUM": 1, "RESULT": 0.5}, {"TEST_NUM": 1, "RESULT": 0.25}]}


def test_equal_records_have_no_difference() -> None:
    assert differences(OURS, {"PTR": [dict(row) for row in OURS["PTR"]]}) == []


def test_a_value_that_differs_is_shown_with_its_row() -> None:
    theirs = {"PTR": [OURS["PTR"][0], {"TEST_NUM": 1, "RESULT": 0.75}]}
    assert differences(OURS, theirs) == [Difference("PTR", "RESULT", 1, 0.25, 0.75)]


def test_a_record_too_few_is_a_difference() -> None:
    assert differences(OURS, {"PTR": OURS["PTR"][:1]}) == [Difference("PTR", "count", 0, 2, 1)]
    assert differences(OURS, {}) == [Difference("PTR", "count", 0, 2, 0)]


def test_a_field_that_only_one_side_has_is_a_difference() -> None:
    theirs = {"PTR": [{"TEST_NUM": 1}, {"TEST_NUM": 1}]}
    assert differences(OURS, theirs) == [Difference("PTR", "RESULT", 0, 0.5, ABSENT)]


@pytest.mark.parametrize(
    ("ours", "theirs", "equal"),
    [
        (0.1, 0.10000000149011612, True),
        (float("nan"), float("nan"), True),
        ([0.1, float("nan")], [0.10000000149011612, float("nan")], True),
        (0, 0.0, False),
        (None, "", False),
        (None, 0, False),
        ("", "", True),
        ([1], [1, 2], False),
    ],
)
def test_values_are_the_same_when_type_and_value_are(ours: object, theirs: object, equal: bool) -> None:
    assert same(ours, theirs) is equal


def test_a_known_difference_is_explained_where_it_was_declared_and_nowhere_else() -> None:
    known = (Known("a.stdf", "PTR", "RES*", "the peer rounds"),)
    found = [Difference("PTR", "RESULT", 0, 0.5, 0.75)]
    assert unexplained("a.stdf", found, known) == []
    assert unexplained("b.stdf", found, known) == found
    assert unexplained("a.stdf", [Difference("PTR", "TEST_NUM", 0, 1, 2)], known) != []


def test_an_exception_that_explains_nothing_is_stale() -> None:
    known = (Known("a.stdf", "PTR", "RESULT", "the peer rounds"),)
    assert stale("a.stdf", [], known) == list(known)
    assert stale("b.stdf", [], known) == []
