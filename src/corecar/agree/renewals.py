"""What a renewal has in place of the terms that it follows: the span that comes next, and its weeks and months."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from corecar.agree.terms import Terms, terms_value
from corecar.agree.volumes import first_day, is_month, last_day
from corecar.chain.weeks import week_name

WEEK = timedelta(weeks=1)


def next_span(terms: Terms) -> dict[str, Any]:
    """Validity and volumes of the span after some terms: no day lies between the two, no week and no month is in both.

    It is as many days long, and longer where its last week or month asks for it. What is agreed of the week, or the
    month, in which the earlier terms begin is agreed of the first that begins in the new span, and so on.
    """
    begins = terms.valid_until + timedelta(days=1)
    weeks, months = _weeks_between(terms.valid_from, begins), _months_between(terms.valid_from, begins)
    volumes = [_moved(volume, weeks, months) for volume in terms_value(terms).get("volumes", ())]
    ends = [last_day(each["period"]) for volume in volumes for each in volume["periods"]]
    until = max([begins + (terms.valid_until - terms.valid_from), *ends])
    return {"valid_from": begins.isoformat(), "valid_until": until.isoformat(), "volumes": volumes}


def _moved(volume: dict[str, Any], weeks: int, months: int) -> dict[str, Any]:
    """A volume, its weeks and its months so much later."""
    return volume | {
        "periods": [each | {"period": _later(each["period"], weeks, months)} for each in volume["periods"]]
    }


def _later(period: str, weeks: int, months: int) -> str:
    first = first_day(period)
    if not is_month(period):
        return week_name(first + weeks * WEEK)
    years, month = divmod(first.month - 1 + months, 12)
    return f"{first.year + years:04}-{month + 1:02}"


def _weeks_between(first: date, begins: date) -> int:
    """From the week of a day to the first that begins on another or after it."""
    return -((first - timedelta(days=first.weekday()) - begins).days // 7)


def _months_between(first: date, begins: date) -> int:
    """The same of months."""
    return 12 * (begins.year - first.year) + begins.month - first.month + (begins.day > 1)
