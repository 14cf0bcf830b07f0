"""Who gets which report when: every day or week, at a time of the clock in a zone."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from corecar.bridge.calls import Call
from corecar.bridge.mail.readers import Whom, checked_zone, person_meant, reader_of
from corecar.bridge.mail.reports import REPORTS
from corecar.bridge.mail.subscriptions import seen_people
from corecar.errors import ArgumentError, NotFound
from corecar.faults import alike
from corecar.store.catalogue.mail import ScheduledReport
from corecar.store.catalogue.models import Person

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Day = Literal["day", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def due_day(schedule: ScheduledReport, now: datetime) -> date | None:
    """The last day at whose hour a report fell due, on the clock of its zone; None where none has since it was asked.

    What fell due while nobody sent is not made up for: of several days the last one counts.
    """
    zone = ZoneInfo(schedule.zone)
    at, today = time.fromisoformat(schedule.at_time), now.astimezone(zone).date()
    for day in (today - timedelta(days=back) for back in range(8)):
        if schedule.weekday is not None and day.weekday() != schedule.weekday:
            continue
        moment = datetime.combine(day, at, zone).astimezone(UTC)
        if moment <= now:
            return day if moment > schedule.at else None
    return None


def reports_add(
    call: Call,
    which: Annotated[str, f"Which report: {', '.join(REPORTS)}."],
    *,
    at: Annotated[str, "When, as HH:MM on the clock of the time zone."],
    every: Annotated[Day, "Every day, or on which day of the week."] = "day",
    zone: Annotated[str | None, "The time zone, such as Asia/Shanghai; without it that of the address."] = None,
    person: Whom = None,
) -> dict[str, Any]:
    """Get a report by mail every day or week.

    Raises  ArgumentError for a report, time or zone that there is none of; Conflict where no address is known;
            AccessDenied, NotFound
    """
    if which not in REPORTS:
        raise ArgumentError(f'there is no report "{which}".{alike(which, REPORTS)} There are: {", ".join(REPORTS)}.')
    if not CLOCK.fullmatch(at):
        raise ArgumentError(f'at="{at}": expected a time such as 07:30.')
    whom = person_meant(call, person)
    reader = reader_of(call.session, whom)
    made = ScheduledReport(
        person_id=whom.id, report=which, weekday=None if every == "day" else WEEKDAYS.index(every), at_time=at,
        zone=reader.zone if zone is None else checked_zone(zone), at=call.now, by_id=call.actor.person_id,
    )  # fmt: skip
    call.session.add(made)
    call.session.flush()
    when = f"every {every} at {at} {made.zone}"
    return {"said": f"Report {made.id}, {which}, goes to {reader.address} {when}.", "report": made.id}


def reports_remove(call: Call, number: Annotated[int, "Its number."]) -> dict[str, Any]:
    """Get a report by mail no more. Raises NotFound, AccessDenied."""
    found = call.session.get(ScheduledReport, number)
    seen = {person.id for person in seen_people(call)}
    if found is None or found.removed_at is not None or found.person_id not in seen:
        raise NotFound(f"there is no report {number}. See: corecar reports list")
    found.removed_at = call.now
    return {"said": f"Report {number} is sent no more.", "report": number}


def reports_list(call: Call) -> dict[str, Any]:
    """List the reports that go out by mail: yours, and your party's where you administer."""
    rows = schedule_rows(call, [person.id for person in seen_people(call)])
    return {"said": "" if rows else f"No report goes out. Reports: {', '.join(REPORTS)}.", "rows": rows}


def schedule_rows(call: Call, people: Collection[int]) -> list[dict[str, Any]]:
    """The reports that these people get."""
    asked = select(ScheduledReport, Person.name).join(Person, Person.id == ScheduledReport.person_id)
    asked = asked.where(ScheduledReport.person_id.in_(people), ScheduledReport.removed_at.is_(None))
    return [
        {"number": row.id, "person": name, "report": row.report,
         "every": "day" if row.weekday is None else WEEKDAYS[row.weekday], "at": row.at_time, "zone": row.zone}
        for row, name in call.session.execute(asked.order_by(ScheduledReport.id))
    ]  # fmt: skip
