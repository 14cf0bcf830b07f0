"""Moments of messages: with any offset, to the day and the week of the place that they are about."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from corecar.chain.weeks import week_name, week_of, zone_of

_MIDNIGHT = re.compile(r"T24:00:00(\.0+)?")


def moment(text: str) -> datetime:
    """A moment as messages write it; 24:00:00 is the midnight that follows.

    Raises  ValueError

    >>> moment("2026-12-31T24:00:00Z").isoformat()
    '2027-01-01T00:00:00+00:00'
    """
    whole = _MIDNIGHT.sub("T00:00:00", text)
    read = datetime.fromisoformat(_six_digits(whole))
    return read + timedelta(days=1) if whole != text else read


def _six_digits(text: str) -> str:
    """Seconds with at most six digits behind the point, which is what Python holds."""
    return re.sub(r"(\.\d{6})\d+", r"\1", text)


def day_there(text: str, zone: str) -> date:
    """The day on which a moment falls where clocks run by a zone; without an offset it is that place's own clock.

    >>> day_there("2026-12-31T23:30:00Z", "Asia/Shanghai")
    datetime.date(2027, 1, 1)
    """
    read = moment(text)
    return (read if read.tzinfo is None else read.astimezone(zone_of(zone))).date()


def week_there(text: str, zone: str) -> str:
    """The ISO week in which a moment falls where clocks run by a zone.

    >>> week_there("2027-01-03T20:00:00Z", "Asia/Shanghai"), week_there("2027-01-03T20:00:00Z", "UTC")
    ('2027-W01', '2026-W53')
    """
    return week_name(week_of(moment(text), zone))
