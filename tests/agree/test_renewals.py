"""A renewal goes on where the earlier terms end."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.agree.memoranda import VALUE, terms_with

from corecar.agree.drafts import of_earlier
from corecar.agree.renewals import next_span
from corecar.agree.terms import Terms, terms_in
from corecar.agree.volumes import first_day, last_day
from corecar.chain.weeks import week_name


def spanning(first: date, last: date, periods: list[str]) -> Terms:
    volume = VALUE["volumes"][0] | {"periods": [{"period": each, "agreed": 1000} for each in periods]}
    return terms_with(valid_from=first.isoformat(), valid_until=last.isoformat(), volumes=[volume])


def moved(terms: Terms) -> list[str]:
    return [each["period"] for each in next_span(terms)["volumes"][0]["periods"]]


def test_no_week_is_lost_where_the_terms_begin_and_end_in_the_middle_of_weeks() -> None:
    weeks = [f"2026-W{number}" for number in range(46, 52)]
    terms = spanning(date(2026, 11, 15), date(2026, 12, 20), weeks)
    assert next_span(terms)["valid_from"] == "2026-12-21"
    assert moved(terms) == ["2026-W52", "2026-W53", "2027-W01", "2027-W02", "2027-W03", "2027-W04"]


def test_months_go_on_in_the_months_that_follow() -> None:
    terms = spanning(date(2026, 10, 1), date(2026, 12, 31), ["2026-10", "2026-12"])
    assert moved(terms) == ["2027-01", "2027-03"]
    assert next_span(terms)["valid_until"] == "2027-04-02"


def test_a_span_that_ends_within_a_month_is_renewed_until_the_last_month_that_it_names_is_over() -> None:
    terms = spanning(date(2026, 10, 20), date(2026, 11, 10), ["2026-10", "2026-11"])
    assert moved(terms) == ["2026-12", "2027-01"]
    assert next_span(terms)["valid_until"] == "2027-01-31"


@given(
    first=st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    days=st.integers(0, 800),
    by_month=st.booleans(),
)
def test_a_renewal_leaves_no_day_out_and_has_no_week_or_month_in_common(first: date, days: int, by_month: bool) -> None:
    last = first + timedelta(days=days)
    each_day = [first + timedelta(days=day) for day in range(days + 1)]
    periods = sorted({f"{day:%Y-%m}" if by_month else week_name(day) for day in each_day})
    span = next_span(spanning(first, last, periods))
    later = [each["period"] for each in span["volumes"][0]["periods"]]
    assert date.fromisoformat(span["valid_from"]) == last + timedelta(days=1)
    assert date.fromisoformat(span["valid_until"]) - last > timedelta(days=days)
    assert not set(later) & set(periods)
    starts = [first_day(each) for each in later]
    assert starts[0] > last
    assert all(last_day(one) + timedelta(days=1) == start for one, start in zip(later, starts[1:], strict=False))


def test_a_renewal_is_sound_terms_that_name_the_earlier_ones() -> None:
    terms = terms_in(of_earlier(terms_with(), "renews", "M-2", "M-2027-001"))
    assert terms.earlier is not None
    assert (terms.earlier.how, terms.earlier.number) == ("renews", "M-2027-001")
    assert [each.period for each in terms.volumes[0].periods] == ["2028-W05", "2028-W06"]
