"""ISO weeks (ISO 8601): their names, their Mondays, and the week in which a moment falls at a place.

A week belongs to the year of its Thursday, so 2026 has a week 53 that reaches to 3 January 2027.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from corecar.errors import ArgumentError

Days = npt.NDArray[np.datetime64]

_WEEK = re.compile(r"(\d{4})-?W(\d{1,2})", re.IGNORECASE)


def monday(week: str) -> date:
    """The Monday of an ISO week as it is written.

    Raises  ArgumentError for what is no week, and for a week that its year does not have

    >>> monday("2026-W53"), monday("2027-W01")
    (datetime.date(2026, 12, 28), datetime.date(2027, 1, 4))
    """
    found = _WEEK.fullmatch(week.strip())
    if found is None:
        raise ArgumentError(f'"{week}" is no ISO week. Write it like 2027-W05.')
    year, number = int(found[1]), int(found[2])
    try:
        return date.fromisocalendar(year, number, 1)
    except ValueError:
        raise ArgumentError(f'"{week}": {year} has weeks 1 to {weeks_in(year)}. Write one of them.') from None


def week_name(day: date) -> str:
    """The ISO week of a day, as it is written.

    >>> week_name(date(2027, 1, 3)), week_name(date(2027, 1, 4))
    ('2026-W53', '2027-W01')
    """
    year, number, _ = day.isocalendar()
    return f"{year:04}-W{number:02}"


def weeks_in(year: int) -> int:
    """How many ISO weeks a year has: 52 or 53.

    >>> weeks_in(2026), weeks_in(2027)
    (53, 52)
    """
    return date(year, 12, 28).isocalendar().week


def week_of(moment: datetime, zone: str = "UTC") -> date:
    """The Monday of the week in which a moment falls where clocks run by a zone.

    moment  with its offset; without one it is the wall clock of the zone
    zone    IANA name
    Raises  ArgumentError for a zone that nobody knows

    >>> from datetime import timezone
    >>> new_year = datetime(2027, 1, 3, 20, tzinfo=timezone.utc)
    >>> week_name(week_of(new_year)), week_name(week_of(new_year, "Asia/Shanghai"))
    ('2026-W53', '2027-W01')
    """
    local = (moment if moment.tzinfo is None else moment.astimezone(zone_of(zone))).date()
    return local - timedelta(days=local.weekday())


def zone_of(name: str) -> ZoneInfo:
    """A time zone by its IANA name. Raises ArgumentError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ArgumentError(f'"{name}" is no time zone. Write an IANA name such as Asia/Shanghai.') from None


def is_zone(name: str) -> bool:
    """Whether there is a time zone of that IANA name.

    >>> is_zone("Asia/Shanghai"), is_zone("Shanghai"), is_zone("")
    (True, False, False)
    """
    try:
        zone_of(name)
    except ArgumentError:
        return False
    return True


def week_numbers(mondays: Days) -> npt.NDArray[np.int64]:
    """Mondays as numbers that count weeks, for arrays of a plan: equal weeks are equal, neighbours differ by one.

    mondays  datetime64[D], shape (rows,)

    >>> week_numbers(np.array(["2026-12-28", "2027-01-04"], "datetime64[D]")).tolist()
    [2974, 2975]
    """
    return (mondays.astype("datetime64[D]").astype(np.int64) + 3) // 7
