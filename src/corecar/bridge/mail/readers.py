"""Who reads mail where: address, language and time zone of a person, told by the person or by an administrator."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from corecar.bridge.access import own_permissions
from corecar.bridge.calls import Call
from corecar.bridge.mail.settings import checked_address
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound
from corecar.store.catalogue.mail import MailReader
from corecar.store.catalogue.models import Person
from corecar.words import LANGUAGES

Whom = Annotated[str | None, "Whose; without it your own. For others it takes an administrator."]


def person_meant(call: Call, person: str | None) -> Person:
    """The person a call is about: the actor, or another one where the actor administers.

    Raises  AccessDenied for somebody else's, NotFound
    """
    session, actor = call.session, call.actor
    mine = session.get_one(Person, actor.person_id)
    if person is None or person == mine.name:
        return mine
    if "administer" not in own_permissions(actor):
        raise AccessDenied(f"{actor.name} is {actor.role}: only an administrator says what mail others get.")
    found = session.scalar(select(Person).where(Person.name == person))
    if found is None or (found.party_id != actor.party_id and actor.party != actor.house):
        raise NotFound(f'nobody here is called "{person}". See: corecar people list')
    return found


def reader_of(session: Session, person: Person) -> MailReader:
    """Where a person reads mail. Raises Conflict where nobody told."""
    found = session.get(MailReader, person.id)
    if found is None:
        raise Conflict(
            f"no mail address of {person.name} is known. Tell it with: "
            f"corecar mail address ADDRESS --person {person.name}"
        )
    return found


def checked_zone(zone: str) -> str:
    """A time zone as IANA names it. Raises ArgumentError for one that there is none of."""
    try:
        return ZoneInfo(zone).key
    except (ValueError, OSError, KeyError) as error:
        raise ArgumentError(
            f'there is no time zone "{zone}". Write it like Asia/Shanghai, Europe/Berlin or UTC.'
        ) from error


def mail_address(
    call: Call,
    address: Annotated[str | None, "Where mail goes; without it the one that is known stays."] = None,
    *,
    language: Annotated[str | None, "The language of mails: en or zh."] = None,
    zone: Annotated[str | None, "The time zone of times in mails, such as Asia/Shanghai."] = None,
    person: Whom = None,
) -> dict[str, Any]:
    """Tell where a person reads mail, in which language and time zone. At first it is English and UTC.

    Raises  ArgumentError for what is no address, language or zone; Conflict where no address is known yet;
            AccessDenied for others, NotFound
    """
    if language is not None and language not in LANGUAGES:
        raise ArgumentError(f'language="{language}": expected one of {", ".join(LANGUAGES)}.')
    zone = None if zone is None else checked_zone(zone)
    address = None if address is None else checked_address(address)
    whom = person_meant(call, person)
    found = call.session.get(MailReader, whom.id)
    if found is None:
        if address is None:
            reader_of(call.session, whom)
        found = MailReader(person_id=whom.id, address=str(address), language=language or "en", zone=zone or "UTC")
        call.session.add(found)
    found.address, found.language, found.zone = address or found.address, language or found.language, zone or found.zone
    found.at, found.by_id = call.now, call.actor.person_id
    facts = {"person": whom.name, "address": found.address, "language": found.language, "zone": found.zone}
    return {"said": f"Mail for {whom.name} goes to {found.address}.", "facts": facts}


def mail_me(call: Call) -> dict[str, Any]:
    """Say where you read mail, which alerts and which reports you get."""
    from corecar.bridge.mail.schedules import schedule_rows
    from corecar.bridge.mail.subscriptions import kinds_of

    found = call.session.get(MailReader, call.actor.person_id)
    if found is None:
        return {
            "said": "No mail address of yours is known, so you get no mail.",
            "facts": {},
            "kinds": [],
            "reports": [],
        }
    facts = {"address": found.address, "language": found.language, "zone": found.zone}
    kinds = kinds_of(call.session, call.actor.person_id)
    rows = schedule_rows(call, [call.actor.person_id])
    return {"said": "", "facts": facts | {"alerts": ", ".join(kinds) or None}, "kinds": kinds, "reports": rows}
