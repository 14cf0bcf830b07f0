"""The steps of a memorandum but its signature: revise, offer, counter, refuse, withdraw, end; amend and renew."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from corecar.agree.changing import with_changes
from corecar.agree.differences import differences
from corecar.agree.drafts import of_earlier, sound_number
from corecar.agree.fields import fields_of
from corecar.agree.life import Action, Step
from corecar.agree.terms import AMENDS, RENEWS, Terms, terms_in
from corecar.bridge.agree.acting import ForParty, Number, Reason, Revision, acting, notes_of, take
from corecar.bridge.agree.beginning import begin, fresh_number
from corecar.bridge.agree.terms_files import Changes, TermsFile, changed_terms
from corecar.bridge.agree.visible_agreements import Kept, one
from corecar.bridge.calls import Call
from corecar.errors import ArgumentError, WrongState
from corecar.faults import meant
from corecar.plurals import plural
from corecar.store.catalogue.agreements import AgreementComment

Until = Annotated[datetime | None, "Last day for an answer; after it the terms are off the table."]
NewNumber = Annotated[str | None, "Number of the new one; without it the next one."]
LONGEST = 5_000
"""Characters of a comment."""


def revise(
    call: Call, number: Number, *, terms: TermsFile = None, change: Changes = None, party: ForParty = None,
    revision: Revision = None,
) -> dict[str, Any]:  # fmt: skip
    """Change your draft before it is offered: whole terms from a file, or single fields.

    Raises  NotFound; ArgumentError for no change; MappingError; Conflict, WrongState, AccessDenied
    """
    kept = one(call, number, lock=True)
    found = changed_terms(kept.terms, terms, change)
    step = take(call, kept, "revise", party=party, revision=revision, terms=found)
    return _told(call, kept, step, f"{plural(_changed(kept.terms, found), 'field')} changed.")


def offer(
    call: Call, number: Number, *, until: Until = None, party: ForParty = None, revision: Revision = None
) -> dict[str, Any]:
    """Put your draft to the other parties, who sign, counter or refuse it.

    Raises  NotFound; Conflict, WrongState, AccessDenied, ArgumentError for a day that has passed
    """
    kept = one(call, number, lock=True)
    day = None if until is None else until.date()
    step = take(call, kept, "offer", party=party, revision=revision, until=day)
    others = ", ".join(each for each in kept.parties if each != step.party)
    return _told(call, kept, step, f"{others} may sign, counter or refuse it.")


def counter(
    call: Call, number: Number, *, terms: TermsFile = None, change: Changes = None, until: Until = None,
    reason: Reason = "", party: ForParty = None, revision: Revision = None,
) -> dict[str, Any]:  # fmt: skip
    """Put other terms to the other parties; what changed is told side by side. Signatures of earlier terms are void.

    Raises  NotFound; ArgumentError for no change; MappingError; Conflict where another was faster; WrongState,
    AccessDenied
    """
    kept = one(call, number, lock=True)
    found = changed_terms(kept.terms, terms, change)
    day = None if until is None else until.date()
    step = take(call, kept, "counter", party=party, revision=revision, terms=found, reason=reason, until=day)
    rows = difference_rows(kept.terms, found)
    return _told(call, kept, step, f"{plural(len(rows), 'field')} changed.") | {"rows": rows}


def refuse(call: Call, number: Number, *, reason: Reason, party: ForParty = None,
           revision: Revision = None) -> dict[str, Any]:  # fmt: skip
    """Refuse the terms on the table for good, with the reason.

    Raises  NotFound; Conflict, WrongState, AccessDenied, ArgumentError
    """
    return _simple(call, number, "refuse", reason, party, revision)


def withdraw(call: Call, number: Number, *, reason: Reason, party: ForParty = None,
             revision: Revision = None) -> dict[str, Any]:  # fmt: skip
    """Take back a draft, or terms that you proposed and that not all have signed, with the reason.

    Raises  NotFound; Conflict, WrongState, AccessDenied, ArgumentError
    """
    return _simple(call, number, "withdraw", reason, party, revision)


def end(call: Call, number: Number, *, reason: Reason, party: ForParty = None,
        revision: Revision = None) -> dict[str, Any]:  # fmt: skip
    """End a signed memorandum, with the reason. Its notice is told; from now on it is in no plan.

    Raises  NotFound; Conflict, WrongState, AccessDenied, ArgumentError
    """
    answer = _simple(call, number, "end", reason, party, revision)
    days = (kept := one(call, number)).terms.times and kept.terms.times.notice_days
    notes = [f"Its parties agreed on notice of {plural(round(days), 'day')}."] if days else []
    return answer | {"notes": [*notes, *answer["notes"]]}


def _simple(call: Call, number: str, action: Action, reason: str, party: str | None,
            revision: int | None) -> dict[str, Any]:  # fmt: skip
    kept = one(call, number, lock=True)
    return _told(call, kept, take(call, kept, action, party=party, revision=revision, reason=reason), "")


def comment(
    call: Call, number: Number, text: Annotated[str, "What you say to the other parties."], *,
    field: Annotated[str, "The field of the terms that it is about, such as volumes."] = "", party: ForParty = None,
) -> dict[str, Any]:  # fmt: skip
    """Say something to the other parties of a memorandum, about the whole of it or one field.

    Raises  NotFound; ArgumentError for nothing said, too much, or a field that there is none of
    """
    kept = one(call, number)
    said, top = text.strip(), field.split(".")[0].split("[")[0]
    if not said or len(said) > LONGEST:
        raise ArgumentError(f"a comment has 1 to {LONGEST:,} characters; this one has {len(said):,}.")
    if top and top not in fields_of(Terms):
        raise ArgumentError(f'there is no field "{top}". {meant(top, fields_of(Terms))}'.rstrip())
    by = acting(call, kept.accounts, party, kept.number)
    row = AgreementComment(
        agreement_id=kept.row.id, identity=str(uuid.uuid4()), party=by.party, person=by.person, field=field.strip(),
        text=said, at=call.now, **call.facts,
    )  # fmt: skip
    call.session.add(row)
    call.session.flush()
    return {"said": f"Said to the parties of {number}.", "number": number, "comment_id": row.identity,
            "notes": notes_of(call)}  # fmt: skip


def amend(
    call: Call, number: Number, *, terms: TermsFile = None, change: Changes = None, new_number: NewNumber = None,
    party: ForParty = None,
) -> dict[str, Any]:  # fmt: skip
    """Draft a change of a signed memorandum; once all have signed it takes its place.

    Raises  NotFound; WrongState for one that is not signed; ArgumentError for no change; MappingError, Conflict,
    AccessDenied
    """
    kept = _signed(call, number, ("signed",), "amend")
    changed_terms(kept.terms, terms, change)
    return _follow(call, kept, AMENDS, terms, change, new_number, party)


def renew(
    call: Call, number: Number, *, terms: TermsFile = None, change: Changes = None, new_number: NewNumber = None,
    party: ForParty = None,
) -> dict[str, Any]:  # fmt: skip
    """Draft what follows a signed memorandum: the same terms for the next span of the same length, or changed.

    Raises  NotFound; WrongState for one that was never signed; MappingError, Conflict, AccessDenied
    """
    kept = _signed(call, number, ("signed", "ended"), "renew")
    return _follow(call, kept, RENEWS, terms, change, new_number, party)


def _signed(call: Call, number: str, states: tuple[str, ...], action: str) -> Kept:
    kept = one(call, number)
    if kept.standing.state not in states:
        told = f'{number} is {kept.standing.state}, so "{action}" is not possible. It has to be {" or ".join(states)}.'
        raise WrongState(told, number, kept.standing.state, action, ())
    return kept


def _follow(
    call: Call, kept: Kept, how: str, terms: Any, change: list[str] | None,
    new_number: str | None, party: str | None,
) -> dict[str, Any]:  # fmt: skip
    named = sound_number(new_number or fresh_number(call))
    base = kept.terms if terms is None else changed_terms(kept.terms, terms, None)
    first = kept.terms.earlier.first if kept.terms.earlier else kept.number
    value = of_earlier(kept.terms, how, named, first)
    if terms is not None:
        value = of_earlier(base, AMENDS, named, first) | {"earlier": value["earlier"]}
    made = terms_in(with_changes(value, change or ()), named)
    begin(call, made, {"earlier": {"number": kept.number, "how": how}}, party=party, earlier=kept)
    rows = difference_rows(kept.terms, made)
    said = f"{named} is drafted: it {how} {kept.number}. Put it to the others with: corecar agree offer {named}"
    return {"said": said, "number": named, "rows": rows, "notes": notes_of(call)}


def difference_rows(before: Terms, after: Terms) -> list[dict[str, Any]]:
    """What differs between two terms, a row for each field, as text a person reads."""
    return [
        {"field": each.field, "before": _shown(each.before), "after": _shown(each.after)}
        for each in differences(before, after)
    ]


def _shown(value: Any) -> str | None:
    return None if value is None else f"{value:,.12g}" if isinstance(value, float) else str(value)


def _changed(before: Terms, after: Terms) -> int:
    return len(differences(before, after))


def _told(call: Call, kept: Kept, step: Step, more: str) -> dict[str, Any]:
    state = one(call, kept.number).standing
    said = f"{kept.number} is {state.state}, by {step.person} of {step.party}. {more}".rstrip()
    return {"said": said, "number": kept.number, "state": state.state, "revision": step.number,
            "sha256": state.terms_hash, "notes": notes_of(call)}  # fmt: skip
