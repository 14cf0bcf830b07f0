"""What a memorandum that holds waits for: answers within the response time agreed, deliveries from their week on."""

from __future__ import annotations

from datetime import date

import pytest
from tests.agree.memoranda import terms_with

from corecar.agree.fulfilment import Move, kept_weeks
from corecar.agree.waiting import waiting

ASKED = Move("call-off", 1, "2027-W05", 1000.0, date(2026, 12, 1))
ANSWERED = Move("answer", 1, "2027-W05", 1000.0, date(2026, 12, 2))
"""2027-W05 is 1 to 7 February."""


def told(*moves: Move, on: date, **changed: object) -> list[tuple[str, str, date]]:
    terms = terms_with(**changed)
    found = waiting(terms, kept_weeks(terms, moves, on), on)
    assert {each.party for each in found} <= {"DEMO-CHIPS"}
    return [(each.what, each.week, each.due) for each in waiting(terms, kept_weeks(terms, moves, on), on)]


def test_an_answer_is_waited_for_within_the_response_time_that_was_agreed() -> None:
    answer = "answer the call-off of 2027-W05 (volume 1)"
    assert told(ASKED, on=date(2026, 12, 1)) == [(answer, "2027-W05", date(2026, 12, 3))]
    assert told(ASKED, on=date(2026, 12, 1), times={"answer_days": 0.5}) == [(answer, "2027-W05", date(2026, 12, 2))]
    assert told(ASKED, on=date(2026, 12, 1), times=None) == [(answer, "2027-W05", date(2026, 12, 8))]
    assert told(ASKED, ANSWERED, on=date(2026, 12, 9)) == []
    assert told(on=date(2026, 12, 9)) == [], "nothing was called off"


def test_another_call_off_of_the_week_waits_for_another_answer() -> None:
    again = Move("call-off", 1, "2027-W05", 900.0, date(2026, 12, 7))
    assert [due for _, _, due in told(ASKED, ANSWERED, again, on=date(2026, 12, 7))] == [date(2026, 12, 9)]


@pytest.mark.parametrize(
    ("on", "delivered", "what"),
    [
        (date(2027, 1, 31), 0.0, []),
        (date(2027, 2, 1), 0.0, ["deliver 1,000 pieces of 2027-W05 (volume 1)"]),
        (date(2027, 2, 20), 400.0, ["deliver 600 pieces of 2027-W05 (volume 1)"]),
        (date(2027, 2, 20), 1000.0, []),
    ],
)
def test_what_is_not_delivered_is_due_by_the_end_of_its_week_and_stays_until_it_came(
    on: date, delivered: float, what: list[str]
) -> None:
    moves = [ASKED, ANSWERED, Move("delivery", 1, "2027-W05", delivered, on)]
    found = told(*moves, on=on)
    assert [each for each, _, _ in found] == what
    assert {due for _, _, due in found} <= {date(2027, 2, 7)}


def test_of_a_week_that_is_over_no_answer_is_waited_for_but_what_was_called_off() -> None:
    assert [what for what, _, _ in told(ASKED, on=date(2027, 2, 8))] == ["deliver 1,000 pieces of 2027-W05 (volume 1)"]


def test_no_more_is_owed_than_may_be_called_off() -> None:
    more = Move("call-off", 1, "2027-W05", 5000.0, date(2026, 12, 1))
    assert [what for what, _, _ in told(more, ANSWERED, on=date(2027, 2, 8))] == [
        "deliver 1,200 pieces of 2027-W05 (volume 1)"
    ]
