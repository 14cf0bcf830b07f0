"""Weeks and months of agreed volumes: their days, and a month spread over its weeks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from corecar.chain.weeks import monday, week_name

if TYPE_CHECKING:
    from corecar.agree.terms import Band, Period, Volume

_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True)
class AgreedWeek:
    """What is agreed of one ISO week, in the unit of the volume; `maximum` is at least what is agreed."""

    week: str
    agreed: float
    minimum: float
    maximum: float


def is_month(period: str) -> bool:
    """Whether a period is a month rather than an ISO week."""
    return _MONTH.fullmatch(period) is not None


def first_day(period: str) -> date:
    """The first day of a week or month. Raises ArgumentError for a week that its year does not have.

    >>> first_day("2027-W05"), first_day("2027-02")
    (datetime.date(2027, 2, 1), datetime.date(2027, 2, 1))
    """
    found = _MONTH.fullmatch(period)
    return monday(period) if found is None else date(int(found[1]), int(found[2]), 1)


def last_day(period: str) -> date:
    """The last day of a week or month; errors as of `first_day`.

    >>> last_day("2027-W05"), last_day("2027-02")
    (datetime.date(2027, 2, 7), datetime.date(2027, 2, 28))
    """
    first = first_day(period)
    if not is_month(period):
        return first + timedelta(days=6)
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def weeks_of(period: str) -> list[str]:
    """The ISO weeks of a period: itself, or of a month those whose Thursday lies in it, as a year has its weeks.

    >>> weeks_of("2027-01")
    ['2027-W01', '2027-W02', '2027-W03', '2027-W04']
    """
    if not is_month(period):
        return [period]
    first, last = first_day(period), last_day(period)
    thursday = first + timedelta(days=(3 - first.weekday()) % 7)
    return [week_name(thursday + timedelta(days=7 * step)) for step in range((last - thursday).days // 7 + 1)]


def agreed_weeks(volume: Volume) -> list[AgreedWeek]:
    """A volume week by week, the earliest first; a month is spread evenly over its weeks."""
    return sorted((week for period in volume.periods for week in _spread(period)), key=lambda each: each.week)


def _spread(period: Period) -> Iterator[AgreedWeek]:
    weeks = weeks_of(period.period)
    maximum = period.agreed if period.maximum is None else period.maximum
    for week in weeks:
        yield AgreedWeek(week, *(part / len(weeks) for part in (period.agreed, period.minimum or 0.0, maximum)))


def band_at(volume: Volume, weeks_ahead: int) -> Band | None:
    """The flexibility of a call-off so many weeks ahead of delivery; None where nothing was agreed of it."""
    for band in volume.bands:
        if band.from_weeks <= weeks_ahead and (band.until_weeks is None or weeks_ahead <= band.until_weeks):
            return band
    return None


def by_week(volume: Volume) -> dict[str, AgreedWeek]:
    """A volume's weeks by their names."""
    return {each.week: each for each in agreed_weeks(volume)}
