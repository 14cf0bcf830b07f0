"""ISO weeks at the ends of years and across time zones; check characters of business partner numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corecar.chain import bpn
from corecar.chain.weeks import monday, week_name, week_numbers, week_of
from corecar.errors import ArgumentError

PUBLISHED = ["BPNL00000003CRHK", "BPNL00000003AYRE", "BPNL00000003B2OM", "BPNL00000003CML1", "BPNL00000003AZQP"]
"""Numbers of the network's own test companies."""


@given(st.dates(date(1990, 1, 1), date(2200, 12, 31)))
def test_a_day_lies_in_the_week_that_bears_its_name(day: date) -> None:
    first = monday(week_name(day))
    assert first.weekday() == 0
    assert timedelta(0) <= day - first < timedelta(7)


@pytest.mark.parametrize(
    ("day", "week"),
    [
        (date(2027, 1, 3), "2026-W53"), (date(2027, 1, 4), "2027-W01"), (date(2024, 12, 30), "2025-W01"),
        (date(2021, 1, 3), "2020-W53"), (date(2023, 1, 1), "2022-W52"),
    ],
)  # fmt: skip
def test_weeks_at_the_ends_of_years(day: date, week: str) -> None:
    assert week_name(day) == week


@pytest.mark.parametrize("word", ["2027-W53", "2027-W00", "2027-05", "W05", "", "27-W05"])
def test_what_is_no_week_is_refused(word: str) -> None:
    with pytest.raises(ArgumentError, match="Write"):
        monday(word)


def test_one_moment_is_of_two_weeks_where_clocks_differ() -> None:
    moment = datetime(2027, 1, 3, 18, tzinfo=UTC)
    assert [week_name(week_of(moment, zone)) for zone in ("UTC", "Asia/Shanghai", "America/Los_Angeles")] == [
        "2026-W53", "2027-W01", "2026-W53",
    ]  # fmt: skip
    with pytest.raises(ArgumentError, match="Asia/Shanghai"):
        week_of(moment, "China/Shanghai")


def test_numbers_of_weeks_count_on_over_a_year_of_53() -> None:
    days = np.arange(np.datetime64("2026-12-01"), np.datetime64("2027-02-01"))
    mondays = days[(days.astype(int) + 3) % 7 == 0]
    assert set(np.diff(week_numbers(mondays))) == {1}


@pytest.mark.parametrize("number", PUBLISHED)
def test_published_numbers_have_the_check_characters(number: str) -> None:
    assert bpn.wrong_check(number) == ""


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=10, max_size=10), st.integers(0, 9), st.integers(1, 35))
def test_one_wrong_character_is_seen(ten: str, place: int, shift: int) -> None:
    letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    number = bpn.completed("BPNS", ten)
    assert bpn.wrong_check(number) == ""
    other = letters[(letters.index(ten[place]) + shift) % 36]
    assert bpn.wrong_check(number[: 4 + place] + other + number[5 + place :]) != ""
