"""Letters that are due: each is written once, whoever looks at the same time, and held by one sender at a time.

An alert is written to a person once: letter and alerts are one transaction, and their keys are unique. A sender holds
letters by a token for a while; one that dies in between leaves them to the next, so that a letter may arrive twice only
where the sender died between the server's yes and its own note. Both copies have the same Message-ID.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from corecar.bridge.access import actor_of
from corecar.bridge.calls import Call, Store
from corecar.bridge.mail.alerts import Alert, Known, standing
from corecar.bridge.mail.letters import Written, alert_letter, report_letter
from corecar.bridge.mail.reports import REPORTS, part_of
from corecar.bridge.mail.schedules import due_day
from corecar.bridge.mail.settings import MailServer
from corecar.bridge.mail.subscriptions import kinds_of
from corecar.errors import CatalogueError, CorecarError
from corecar.store.catalogue.mail import Letter, MailReader, ScheduledReport, ToldAlert
from corecar.store.catalogue.models import Person

WAITING, SENT, FAILED, WITHDRAWN = "waiting", "sent", "failed", "withdrawn"
AT_ONCE = 50
"""Letters that one sender holds at a time."""
HELD = timedelta(minutes=10)
"""How long a sender holds a letter without a sign of life."""
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440, 1440))
"""How long it is waited after each try; after the last one a letter is given up."""


def write_due(
    store: Store, server: MailServer, now: datetime, known: Known | None = None, stopped: Callable[[], bool] = bool
) -> list[str]:
    """Write the letters that are due now, for every reader with what this reader may see.

    Returns  why somebody's letter could not be written, a sentence each
    """
    notes = []
    for name, reader in _readers(store):
        if stopped():
            break
        try:
            _write_alerts(store, server, now, name, reader, known)
            _write_reports(store, server, now, name, reader)
        except CatalogueError as error:
            if not error.conflict:  # another sender wrote the same letter at this moment
                raise
        except CorecarError as error:
            notes.append(f"{name}: {error}")
    return notes


def _readers(store: Store) -> list[tuple[str, MailReader]]:
    with store.catalogue.reading() as session:
        asked = select(MailReader, Person).join(Person, Person.id == MailReader.person_id).where(Person.active)
        return [(person.name, reader) for reader, person in session.execute(asked.order_by(Person.id))]


def _call(store: Store, session: Session, name: str, now: datetime) -> Call:
    """A call by a reader, in a session that only reads. Raises AccessDenied for one whom nobody knows any more."""
    return Call(actor_of(session, name), store, now, lambda *_: None, bool, session)


def _write_alerts(
    store: Store, server: MailServer, now: datetime, name: str, reader: MailReader, known: Known | None
) -> None:
    with store.catalogue.reading() as session:
        kinds = kinds_of(session, reader.person_id)
        if not kinds:
            return
        call = _call(store, session, name, now)
        found = {kind: standing(call, kind, known) for kind in kinds}
        told = _told(session, reader.person_id, found)
    if all(alert.key in told for alerts in found.values() for alert in alerts):
        return

    def write(session: Session) -> None:
        told = _told(session, reader.person_id, found)
        new = {kind: _untold(alerts, told) for kind, alerts in found.items()}
        new = {kind: alerts for kind, alerts in new.items() if alerts}
        if not new:
            return
        parts = [part_of(kind, alerts) for kind, alerts in new.items()]
        written = alert_letter(new, parts, reader.language, reader.zone, server.url)
        letter = _added(session, reader.person_id, f"alerts:{secrets.token_hex(8)}", written, now)
        keys = dict.fromkeys(alert.key for alerts in new.values() for alert in alerts)
        session.add_all(ToldAlert(person_id=reader.person_id, key=key, letter_id=letter.id) for key in keys)
        session.flush()

    store.catalogue.write(write)


def _told(session: Session, person_id: int, found: Mapping[str, Iterable[Alert]]) -> set[str]:
    """The keys, of those that were found, that a letter told a person."""
    keys = {alert.key for alerts in found.values() for alert in alerts}
    asked = select(ToldAlert.key).where(ToldAlert.person_id == person_id)
    return keys & set(session.scalars(asked))


def _untold(alerts: Iterable[Alert], told: set[str]) -> list[Alert]:
    return list({alert.key: alert for alert in alerts if alert.key not in told}.values())


def _write_reports(store: Store, server: MailServer, now: datetime, name: str, reader: MailReader) -> None:
    with store.catalogue.reading() as session:
        due = list(_due_reports(session, reader.person_id, now))
        call = _call(store, session, name, now) if due else None
        written = [
            (occasion, report_letter(report, day, list(REPORTS[report].parts(call)), reader.language, reader.zone,
                                     server.url))
            for occasion, report, day in due
            if call is not None
        ]  # fmt: skip
    for occasion, letter in written:

        def write(session: Session, occasion: str = occasion, letter: Written = letter) -> None:
            if not _is_written(session, reader.person_id, occasion):
                _added(session, reader.person_id, occasion, letter, now)

        store.catalogue.write(write)


def _due_reports(session: Session, person_id: int, now: datetime) -> Iterator[tuple[str, str, str]]:
    """Occasion, report and day of what fell due and was not written."""
    asked = select(ScheduledReport).where(ScheduledReport.person_id == person_id, ScheduledReport.removed_at.is_(None))
    for schedule in session.scalars(asked.order_by(ScheduledReport.id)):
        day = due_day(schedule, now)
        if day is None:
            continue
        occasion = f"report:{schedule.id}:{day.isoformat()}"
        if not _is_written(session, person_id, occasion):
            yield occasion, schedule.report, day.isoformat()


def _is_written(session: Session, person_id: int, occasion: str) -> bool:
    asked = select(Letter.id).where(Letter.person_id == person_id, Letter.occasion == occasion)
    return session.scalar(asked) is not None


def _added(session: Session, person_id: int, occasion: str, written: Written, now: datetime) -> Letter:
    letter = Letter(
        person_id=person_id, occasion=occasion, subject=written.subject, text=written.text, html=written.html,
        state=WAITING, tries=0, at=now, next_at=now,
    )  # fmt: skip
    session.add(letter)
    session.flush()
    return letter


@dataclass(frozen=True)
class Held:
    """A letter that this sender holds. to: the address where its reader reads mail now."""

    id: int
    to: str
    subject: str
    text: str
    html: str
    claim: str
    at: datetime


def hold_due(store: Store, now: datetime) -> list[Held]:
    """Hold the letters that are due and that nobody else holds, the oldest first.

    One whose reader has no account or no address any more is withdrawn.
    """
    claim = secrets.token_hex(16)

    def hold(session: Session) -> list[Held]:
        mine = list(session.scalars(select(Letter).where(Letter.claim == claim)))
        if not mine:  # else this very transaction was committed, and only the answer of the database was lost
            free = or_(Letter.claim.is_(None), Letter.claim_until < now)
            asked = select(Letter).where(Letter.state == WAITING, Letter.next_at <= now, free)
            mine = list(session.scalars(asked.order_by(Letter.id).limit(AT_ONCE).with_for_update(skip_locked=True)))
        return list(_held(session, mine, claim, now))

    return store.catalogue.write(hold)


def _held(session: Session, letters: Iterable[Letter], claim: str, now: datetime) -> Iterator[Held]:
    for letter in letters:
        reader = session.get(MailReader, letter.person_id)
        if reader is None or not session.get_one(Person, letter.person_id).active:
            letter.state, letter.text, letter.html, letter.claim = WITHDRAWN, "", "", None
            continue
        letter.claim, letter.claim_until = claim, now + HELD
        yield Held(letter.id, reader.address, letter.subject, letter.text, letter.html, claim, letter.at)


def still_held(store: Store, held: Held, now: datetime) -> bool:
    """Whether this sender holds a letter still, which it then does for another while."""

    def hold(session: Session) -> bool:
        letter = session.get(Letter, held.id, with_for_update=True)
        if letter is None or letter.claim != held.claim or letter.state != WAITING:
            return False
        letter.claim_until = now + HELD
        return True

    return store.catalogue.write(hold)


def note_sent(store: Store, held: Held, now: datetime) -> None:
    """Note that the server took a letter; its text is kept no longer."""
    _note(store, held, lambda letter: _sent(letter, now))


def _sent(letter: Letter, now: datetime) -> None:
    letter.state, letter.sent_at, letter.error, letter.text, letter.html = SENT, now, None, "", ""


def note_failed(store: Store, held: Held, now: datetime, error: str, *, for_good: bool) -> None:
    """Note that a letter could not be handed over, and when it is tried again, if it is."""

    def fail(letter: Letter) -> None:
        letter.error = error
        if for_good or letter.tries >= len(BACK_OFF):
            letter.state = FAILED
        else:
            letter.next_at = now + BACK_OFF[letter.tries - 1]

    _note(store, held, fail)


def _note(store: Store, held: Held, change: Callable[[Letter], None]) -> None:
    def note(session: Session) -> None:
        letter = session.get(Letter, held.id, with_for_update=True)
        if letter is None or letter.claim != held.claim:
            return  # noted before, and only the answer of the database was lost; or somebody else holds it
        letter.tries += 1
        letter.claim = letter.claim_until = None
        change(letter)

    store.catalogue.write(note)


def give_back(store: Store, letters: Iterable[Held]) -> None:
    """Let go of letters that were not tried."""
    for held in letters:

        def let_go(session: Session, held: Held = held) -> None:
            letter = session.get(Letter, held.id, with_for_update=True)
            if letter is not None and letter.claim == held.claim:
                letter.claim = letter.claim_until = None

        with suppress(CatalogueError):
            store.catalogue.write(let_go)
