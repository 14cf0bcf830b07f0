"""Send what is due: the verbs about letters, and the work that `corecar serve` does every minute."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

from sqlalchemy import select

from corecar.bridge.calls import AtLeast, Call, Store
from corecar.bridge.mail.alerts import Known
from corecar.bridge.mail.delivery import NoServer, NotTaken, connected, hand_over, message_of
from corecar.bridge.mail.letters import trial_letter
from corecar.bridge.mail.outbox import (
    FAILED,
    WAITING,
    Held,
    give_back,
    hold_due,
    note_failed,
    note_sent,
    still_held,
    write_due,
)
from corecar.bridge.mail.readers import Whom, person_meant, reader_of
from corecar.bridge.mail.settings import MailServer, mail_server, needed_server
from corecar.bridge.mail.subscriptions import seen_people
from corecar.bridge.workspace import identity_of
from corecar.errors import Conflict, NotFound, WorkspaceError
from corecar.plurals import plural
from corecar.store.catalogue.mail import Letter

Clock = Callable[[], datetime]
Stopped = Callable[[], bool]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Outcome:
    """What a round of sending did. notes: why letters could not be written, or not be handed over."""

    sent: int = 0
    failed: int = 0
    notes: list[str] = field(default_factory=list)


def send_due(
    store: Store, *, known: Known | None = None, clock: Clock = _now, stopped: Stopped = bool
) -> Outcome | None:
    """Write what is due and hand over what waits; None where no mail server is set.

    known    what costly alerts were found before, kept by whoever calls this again and again
    stopped  asked before each letter
    """
    with store.catalogue.reading() as session:
        server = mail_server(session)
    if server is None:
        return None
    done = Outcome(notes=write_due(store, server, clock(), known, stopped))
    while not stopped():
        letters = hold_due(store, clock())
        if not letters:
            break
        if not _handed_over(store, server, letters, done, clock, stopped):
            break
    return done


def _handed_over(
    store: Store, server: MailServer, letters: list[Held], done: Outcome, clock: Clock, stopped: Stopped
) -> bool:
    """Hand letters over on one line; whether the server can be had for more."""
    identity = identity_of(store.catalogue)
    waiting = list(letters)
    try:
        with connected(server) as line:
            while waiting and not stopped():
                held = waiting[0]
                if still_held(store, held, clock()):
                    message = message_of(held, server, identity)
                    _one(store, held, partial(hand_over, line, message), done, clock)
                waiting.pop(0)
    except (NoServer, WorkspaceError) as error:
        done.notes.append(str(error))
        for held in waiting:
            note_failed(store, held, clock(), str(error), for_good=False)
        done.failed += len(waiting)
        return False
    finally:
        give_back(store, waiting)
    return not stopped()


def _one(store: Store, held: Held, hand: Callable[[], None], done: Outcome, clock: Clock) -> None:
    """Hand one letter over and note it. Raises NoServer."""
    try:
        hand()
    except NotTaken as error:
        note_failed(store, held, clock(), str(error), for_good=error.for_good)
        done.failed += 1
        done.notes.append(f"letter {held.id} to {held.to}: {error}")
    else:
        note_sent(store, held, clock())
        done.sent += 1


def mail_send(call: Call) -> dict[str, Any]:
    """Send what is due now: alerts that are new, reports that fell due, letters that wait to be tried again.

    `corecar serve` does so every minute by itself. Nothing is sent twice, also where two of them are at it at once.
    Raises  Conflict where no mail server is set
    """
    done = send_due(call.store, stopped=call.stopped)
    if done is None:
        raise Conflict("no mail server is set. Set one with: corecar mail set HOST --sender ADDRESS")
    failed = f", {plural(done.failed, 'letter')} not: see corecar mail list" if done.failed else ""
    said = f"{plural(done.sent, 'letter')} sent{failed}." if done.sent or done.failed else "Nothing is due."
    return {"said": said, "sent": done.sent, "failed": done.failed, "notes": done.notes}


def mail_try(call: Call, *, person: Whom = None) -> dict[str, Any]:
    """Send a letter that only shows that letters arrive, at once.

    Raises  Conflict where no mail server is set, no address is known, or the server does not take the letter;
            AccessDenied, NotFound
    """
    with call.store.catalogue.reading() as session:
        here = Call(call.actor, call.store, call.now, call.report, call.stopped, session)
        server, whom = needed_server(session), person_meant(here, person)
        reader = reader_of(session, whom)
    made = trial_letter(whom.name, reader.language, reader.zone, server.url)
    held = Held(0, reader.address, made.subject, made.text, made.html, "", call.now)
    identity = f"{identity_of(call.store.catalogue)}.{call.now.timestamp():.0f}"
    try:
        with connected(server) as line:
            hand_over(line, message_of(held, server, identity))
    except (NoServer, NotTaken) as error:
        raise Conflict(str(error)) from error
    return {"said": f"A letter to {reader.address} was taken by {server.host}.", "address": reader.address}


def mail_list(
    call: Call,
    *,
    every: Annotated[bool, "Also those that were sent."] = False,
    limit: Annotated[int, "At most so many, the latest.", AtLeast(0)] = 50,
) -> dict[str, Any]:
    """List letters that wait or failed, with why; with --every also those that were sent. Yours alone, unless you
    administer."""
    names = {person.id: person.name for person in seen_people(call)}
    asked = select(Letter).where(Letter.person_id.in_(names))
    if not every:
        asked = asked.where(Letter.state.in_((WAITING, FAILED)))
    rows = [
        {"letter": letter.id, "person": names[letter.person_id], "subject": letter.subject, "state": letter.state,
         "at": letter.at, "sent": letter.sent_at, "tries": letter.tries,
         "next": letter.next_at if letter.state == WAITING else None, "error": letter.error}
        for letter in call.session.scalars(asked.order_by(Letter.id.desc()).limit(limit))
    ]  # fmt: skip
    return {"said": "" if rows else "There is no letter." if every else "No letter waits or failed.", "rows": rows}


def mail_retry(call: Call, letter: Annotated[int, "Its number."]) -> dict[str, Any]:
    """Try a letter again with the next round, one that was given up too. Raises NotFound; Conflict for one sent."""
    seen = {person.id for person in seen_people(call)}
    found = call.session.get(Letter, letter)
    if found is None or found.person_id not in seen:
        raise NotFound(f"there is no letter {letter}. See: corecar mail list --every")
    if not found.text:
        raise Conflict(f"letter {letter} is {found.state}; there is nothing left to send.")
    found.state, found.next_at, found.tries = WAITING, call.now, 0
    return {"said": f"Letter {letter} is tried with the next round.", "letter": letter}
