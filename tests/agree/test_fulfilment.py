"""How a memorandum was kept: call-offs against bands, what was late or short, a score for each party."""

from __future__ import annotations

from datetime import date

import pytest
from tests.agree.memoranda import terms_with

from corecar.agree.fulfilment import KeptWeek, Move, MoveKind, kept_weeks, scores

TERMS = terms_with()
AFTER = date(2027, 3, 1)
NEAR, FAR = date(2027, 1, 25), date(2026, 12, 1)
"""One and nine weeks ahead of 2027-W05: no change is agreed, and a fifth more or a quarter less."""


def move(kind: MoveKind, quantity: float, day: date, week: str = "2027-W05") -> Move:
    return Move(kind, 1, week, quantity, day)


def first_week(*moves: Move, today: date = AFTER) -> KeptWeek:
    return kept_weeks(TERMS, moves, today)[0]


CALLED = [
    (1000, NEAR, 0), (1001, NEAR, 1), (999, NEAR, -1), (1200, FAR, 0), (1250, FAR, 50), (800, FAR, 0), (790, FAR, -10),
]  # fmt: skip


@pytest.mark.parametrize(("quantity", "day", "beyond"), CALLED)
def test_a_call_off_is_held_against_the_band_of_its_weeks_ahead(quantity: float, day: date, beyond: float) -> None:
    assert first_week(move("call-off", quantity, day)).beyond == pytest.approx(beyond)


def test_of_call_offs_of_one_week_the_last_counts() -> None:
    week = first_week(move("call-off", 1200, FAR), move("call-off", 900, FAR))
    assert (week.asked, week.promised) == (900, 900)


def test_what_has_not_come_is_short_once_the_week_is_over_and_what_came_later_is_late() -> None:
    moves = (move("call-off", 1000, NEAR), move("delivery", 700, date(2027, 2, 7)))
    assert first_week(*moves, today=date(2027, 2, 7)).short == 0
    assert first_week(*moves).short == 300
    week = first_week(*moves, move("delivery", 300, date(2027, 2, 8)))
    assert (week.delivered, week.late, week.short) == (1000, 300, 0)


def test_no_more_is_owed_than_may_be_called_off() -> None:
    assert first_week(move("call-off", 5000, NEAR)).short == 1000


def test_each_party_has_a_score_of_what_it_owed() -> None:
    moves = [
        move("call-off", 1000, NEAR), move("answer", 1000, date(2027, 1, 28)), move("delivery", 1000, date(2027, 2, 5)),
        move("defects", 2, date(2027, 2, 20)), move("call-off", 500, NEAR, "2027-W06"),
        move("answer", 500, date(2027, 1, 26), "2027-W06"), move("delivery", 400, date(2027, 2, 12), "2027-W06"),
    ]  # fmt: skip
    weeks = kept_weeks(TERMS, moves, AFTER)
    supplier, customer = scores(TERMS, weeks, AFTER)
    assert (supplier.party, supplier.promises, supplier.kept, supplier.kept_share) == ("DEMO-CHIPS", 2, 1, 0.5)
    assert (supplier.answers, supplier.in_time, supplier.answer_days) == (2, 1, 2.0)
    assert supplier.ppm == pytest.approx(2 / 1400 * 1e6)
    assert (customer.party, customer.promises, customer.kept) == ("DEMO-CARS", 2, 1)


def test_nothing_is_a_promise_before_its_week_is_over() -> None:
    weeks = kept_weeks(TERMS, [move("call-off", 1000, NEAR)], NEAR)
    assert [score.promises for score in scores(TERMS, weeks, NEAR)] == [0, 0]
