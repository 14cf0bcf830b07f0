"""Which lots limits may rest on, and when they are looked at again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.errors import ArgumentError
from corecar.screen.baselines import baseline_rules, choose_lots, next_review

Q001, Q002 = baseline_rules("AEC-Q001"), baseline_rules("AEC-Q002")
DAY = date(2026, 1, 5)


def weekly(count: int) -> list[date]:
    """So many lots, one a week, the last of them on DAY."""
    return [DAY - timedelta(weeks=count - 1 - row) for row in range(count)]


def test_the_first_limits_rest_on_all_lots() -> None:
    found = choose_lots(weekly(12), Q002, today=DAY)
    assert (found.rows, found.left_out, found.preliminary) == (tuple(range(12)), (), "")


def test_fewer_than_six_lots_make_preliminary_limits() -> None:
    assert choose_lots(weekly(5), Q002, today=DAY).preliminary == "5 lots, fewer than 6"
    assert choose_lots(weekly(6), Q002, today=DAY).preliminary == ""


def test_an_update_rests_on_the_lots_since_the_last_one() -> None:
    found = choose_lots(weekly(30), Q002, today=DAY, updated=DAY - timedelta(weeks=10))
    assert found.rows == tuple(range(20, 30))
    assert found.left_out[0] == (0, "before the last update on 2025-10-27")


def test_an_update_with_few_new_lots_rests_on_the_last_eight() -> None:
    found = choose_lots(weekly(30), Q002, today=DAY, updated=DAY - timedelta(weeks=3))
    assert found.rows == tuple(range(22, 30))


def test_lots_before_a_change_of_design_or_process_are_of_another_product() -> None:
    found = choose_lots(weekly(10), Q002, today=DAY, changed=DAY - timedelta(weeks=2))
    assert found.rows == (7, 8, 9)
    assert found.preliminary == "3 lots, fewer than 6"
    assert found.left_out[0] == (0, "before the change on 2025-12-22")


def test_static_limits_use_no_data_older_than_half_a_year() -> None:
    found = choose_lots(weekly(40), Q001, today=DAY)
    assert len(found.rows) == 27
    assert found.left_out[0][1] == "older than 182 days"


def test_a_lot_tested_later_changes_no_limit_of_an_earlier_day() -> None:
    there = choose_lots(weekly(10), Q002, today=DAY)
    later = choose_lots([*weekly(10), DAY + timedelta(1)], Q002, today=DAY)
    assert later.rows == there.rows
    assert later.left_out == ((10, "tested after 2026-01-05"),)


def test_a_date_of_update_in_the_future_is_refused() -> None:
    with pytest.raises(ArgumentError, match="updated=2026-01-06: expected a date up to today=2026-01-05"):
        choose_lots(weekly(3), Q002, today=DAY, updated=DAY + timedelta(1))


REVIEWS = [
    (Q002, 0, 29, 0, False),
    (Q002, 0, 30, 0, True),
    (Q002, 0, 1, 1, False),
    (Q002, 0, 1, 2, True),
    (Q002, 181, 29, 1, False),
    (Q002, 182, 29, 99, False),
    (Q002, 182, 181, 99, False),
    (Q002, 182, 182, 0, True),
    (Q001, 0, 181, 7, False),
    (Q001, 0, 182, 0, True),
    (Q001, 0, 20, 8, True),
    (Q001, 200, 20, 8, False),
    (Q001, 200, 182, 0, True),
]


@pytest.mark.parametrize(("rules", "age_at_update", "days_since", "lots_since", "due"), REVIEWS)
def test_limits_are_reviewed_often_at_first_and_twice_a_year_later(
    rules: object, age_at_update: int, days_since: int, lots_since: int, due: bool
) -> None:
    first = DAY - timedelta(days=age_at_update)
    today = DAY + timedelta(days=days_since)
    found = next_review(rules, first=first, updated=DAY, lots_since=lots_since, today=today)  # type: ignore[arg-type]
    assert found.due == due
    assert bool(found.reason) == due
    assert (found.by <= today) == due


def test_a_change_makes_limits_from_before_it_due_at_once() -> None:
    found = next_review(
        Q001, first=DAY, updated=DAY, lots_since=0, today=DAY + timedelta(5), changed=DAY + timedelta(3)
    )
    assert (found.due, found.reason) == (True, "changed on 2026-01-08, after the limits were set")


def test_limits_set_before_the_first_ones_are_refused() -> None:
    with pytest.raises(ArgumentError, match="expected a date from first="):
        next_review(Q001, first=DAY, updated=DAY - timedelta(1), lots_since=0, today=DAY)


days = st.lists(st.integers(0, 800), max_size=40).map(lambda ages: [DAY - timedelta(days=age) for age in ages])


@given(tested_on=days, since=st.none() | st.integers(0, 800))
def test_every_lot_is_used_or_left_out_with_a_reason_and_none_used_is_older_than_one_left_out(
    tested_on: list[date], since: int | None
) -> None:
    updated = None if since is None else DAY - timedelta(days=since)
    found = choose_lots(tested_on, Q001, today=DAY, updated=updated)
    assert sorted([*found.rows, *(row for row, _ in found.left_out)]) == list(range(len(tested_on)))
    assert all(why for _, why in found.left_out)
    newest = max((tested_on[row] for row, _ in found.left_out), default=date.min)
    assert all(tested_on[row] >= newest for row in found.rows)
