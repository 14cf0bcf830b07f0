"""Memoranda as they are looked at: listed by state, shown with their history, side by side, what is due."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from sqlalchemy import select

from corecar.agree.differences import single_fields
from corecar.agree.life import OPEN, STATES, may_now
from corecar.agree.terms import Terms, terms_hash, terms_json, terms_value
from corecar.agree.volumes import agreed_weeks
from corecar.atomic import whole_file
from corecar.bridge.agree.acting import Number
from corecar.bridge.agree.due_promises import due_promises
from corecar.bridge.agree.negotiating import difference_rows
from corecar.bridge.agree.revoked_since import revoked_notes, revoked_since
from corecar.bridge.agree.visible_agreements import Kept, any_level, one, own_parties, seen
from corecar.bridge.calls import AtLeast, Call
from corecar.bridge.travel import Returned
from corecar.errors import AccessDenied, MappingError, NotFound
from corecar.plurals import plural
from corecar.store.catalogue.agreements import AgreementComment, AgreementFile, AgreementLink, AgreementShare
from corecar.store.catalogue.models import Party

StateWord = Literal["draft", "offered", "countered", "signed", "ended", "withdrawn", "refused", "expired"]
SOON = 30
"""Days before its last day from which on a memorandum is told to end (Corecar's default)."""
ANSWER = 7
"""Days after which an offer without a last day waits for an answer that was to come (Corecar's default)."""


def list_agreements(
    call: Call, *, state: Annotated[StateWord | None, "Only in this state."] = None,
    of: Annotated[str | None, "Only with this party."] = None,
) -> dict[str, Any]:  # fmt: skip
    """List the memoranda that you may see: who agrees on what, in which state, who has to sign, what you may do."""
    kept = [each for each in seen(call) if (state is None or each.standing.state == state) and _has(each, of)]
    states = Counter(each.standing.state for each in kept)
    told = ", ".join(f"{count} {name}" for name in STATES if (count := states[name]))
    if not kept:
        return {"said": "There is no memorandum. Draft one with: corecar agree new", "rows": []}
    made_of = {each.number: each.row.made_of for each in kept if each.level == "party"}
    revoked = list(revoked_since(call, kept))
    whose = {number: ", ".join(row["party"] for row in revoked if row["number"] == number) for number in made_of}
    return {"said": f"{plural(len(kept), 'memorandum', 'memoranda')}: {told}.",
            "rows": [list_row(call, each) | {"revoked": whose.get(each.number) or None} for each in kept],
            "details": {"made_of": made_of}, "notes": revoked_notes(revoked)}  # fmt: skip


def _has(kept: Kept, party: str | None) -> bool:
    return party is None or party in kept.parties


def list_row(call: Call, kept: Kept) -> dict[str, Any]:
    """A memorandum in one row."""
    terms, now = kept.terms, kept.standing
    last = kept.steps[-1]
    return {
        "number": kept.number, "state": now.state, "title": terms.subject.title, "kind": terms.kind,
        "parties": ", ".join(kept.parties), "revision": now.revision, "missing": ", ".join(now.missing(kept.parties)),
        "you_may": ", ".join(may_of(call, kept)), "until": now.until, "valid_from": terms.valid_from,
        "valid_until": terms.valid_until, "changed": last.at, "by": f"{last.person} of {last.party}",
        "earlier": terms.earlier.number if terms.earlier else None, "seen_as": kept.level,
    }  # fmt: skip


def may_of(call: Call, kept: Kept) -> list[str]:
    """What an actor may do now with a memorandum, for any of the parties it may act for."""
    return list(dict.fromkeys(way for ways in may_for(call, kept).values() for way in ways))


def may_for(call: Call, kept: Kept) -> dict[str, list[str]]:
    """The parties that an actor may act for, each with what it may do now."""
    if kept.level != "party":
        return {}
    own = own_parties(call.actor, kept.accounts) if call.actor.accounts else list(kept.parties)
    return {party: list(may_now(kept.standing, party, kept.parties)) for party in own}


def show(
    call: Call, number: Number, *,
    out: Annotated[str | Path | None, "Write its terms as JSON, the bytes that are signed.", Returned()] = None,
    pdf: Annotated[
        str | Path | None, "Write its PDF: the newest that somebody signed, else the text to sign.", Returned()
    ] = None,
) -> dict[str, Any]:  # fmt: skip
    """Show a memorandum: its terms, every step, what was said, who has to sign, what you may do.

    Raises  NotFound; AccessDenied for more than is shared with you; OutputError
    """
    kept = any_level(call, number)
    notes = _written(call, kept, out, pdf)
    answer: dict[str, Any] = {
        "said": f"{number} is {kept.standing.state}: {STATES[kept.standing.state]}.", "facts": _facts(call, kept),
        "rows": _steps(kept) if kept.level == "party" else [],
    }  # fmt: skip
    if kept.sees("volumes"):
        answer["volumes"] = volume_rows(kept.terms)
    if kept.sees("terms"):
        answer["fields"] = [{"field": field, "value": value} for field, value in single_fields(kept.terms)]
        answer["terms"] = terms_value(kept.terms)
    if kept.level == "party":
        answer |= {"comments": comments_of(call, kept), "you_may": may_of(call, kept), "links": _links(call, kept),
                   "shared": _shares(call, kept), "details": {"you_act_for": may_for(call, kept)}}  # fmt: skip
        revoked = list(revoked_since(call, [kept]))
        answer |= {"revoked": revoked} if revoked else {}
        notes = [*revoked_notes(revoked), *notes]
    return answer | {"notes": notes}


def _facts(call: Call, kept: Kept) -> dict[str, Any]:
    row = list_row(call, kept)
    facts = {name: row[name] for name in ("state", "title", "kind", "parties", "revision", "valid_from", "valid_until")}
    shown = kept.level == "party"
    return facts | {
        "number": kept.number, "sha256": kept.standing.terms_hash, "missing": row["missing"] if shown else None,
        "proposed_by": kept.standing.proposer if shown else None, "answer_until": row["until"] if shown else None,
        "made_of": kept.row.made_of if shown else None, "earlier": row["earlier"],
        "later": [each.number for each in seen(call) if each.row.earlier_id == kept.row.id],
        "first": kept.terms.earlier.first if kept.terms.earlier else kept.number, "seen_as": kept.level,
    }  # fmt: skip


def _steps(kept: Kept) -> list[dict[str, Any]]:
    return [
        {"step": step.number, "at": step.at, "action": step.action, "party": step.party, "by": step.person,
         "terms": step.terms_hash[:12], "reason": step.reason or None, "until": step.until,
         "file": (kept.files.get(step.number) or "")[:12] or None}
        for step in kept.steps
    ]  # fmt: skip


def volume_rows(terms: Terms) -> list[dict[str, Any]]:
    """What is agreed week by week, a row for each volume and week."""
    return [
        {"volume": at, "supplier": volume.supplier, "customer": volume.customer,
         "product": volume.product or terms.subject.product, "group": volume.group or terms.subject.group,
         "week": week.week, "agreed": week.agreed, "minimum": week.minimum, "maximum": week.maximum,
         "unit": volume.unit}
        for at, volume in enumerate(terms.volumes, 1)
        for week in agreed_weeks(volume)
    ]  # fmt: skip


def comments_of(call: Call, kept: Kept) -> list[dict[str, Any]]:
    """What was said about a memorandum, the earliest first."""
    asked = select(AgreementComment).where(AgreementComment.agreement_id == kept.row.id)
    return [
        {"at": row.at, "party": row.party, "by": row.person, "text": row.text, "field": row.field or None,
         "comment_id": row.identity}
        for row in call.session.scalars(asked.order_by(AgreementComment.id))
    ]  # fmt: skip


def _links(call: Call, kept: Kept) -> list[dict[str, Any]]:
    asked = select(AgreementLink).where(AgreementLink.agreement_id == kept.row.id)
    found = call.session.scalars(asked.order_by(AgreementLink.kind, AgreementLink.volume, AgreementLink.party))
    return [{"kind": row.kind, "volume": row.volume or None, "party": row.party, "identity": row.identity}
            for row in found]  # fmt: skip


def _shares(call: Call, kept: Kept) -> list[dict[str, Any]]:
    names = {party.id: party.name for party in call.session.scalars(select(Party))}
    asked = select(AgreementShare).where(AgreementShare.agreement_id == kept.row.id)
    found = call.session.scalars(asked.order_by(AgreementShare.by_party, AgreementShare.party_id))
    return [{"by": row.by_party, "with": names[row.party_id], "level": row.level} for row in found]


def _written(call: Call, kept: Kept, out: str | Path | None, pdf: str | Path | None) -> list[str]:
    """Write what was asked for. Raises AccessDenied for more than is shared; OutputError."""
    if (out is not None and not kept.sees("terms")) or (pdf is not None and kept.level != "party"):
        raise AccessDenied(f"{kept.number}: its parties do not share that with {call.actor.party}.")
    written = [] if out is None else [(out, terms_json(kept.terms))]
    written += [] if pdf is None else [(pdf, pdf_of(call, kept))]
    for path, content in written:
        with whole_file(path) as sibling:
            sibling.write_bytes(content)
    return [f"wrote: {path}" for path, _ in written]


def pdf_of(call: Call, kept: Kept) -> bytes:
    """The newest signed PDF of the terms that count; where nobody has signed them, their text.

    Raises  OutputError; MappingError for clauses of a library that is not here
    """
    digests = [
        kept.files[step.number] for step in kept.steps
        if step.number in kept.files and step.terms_hash == kept.standing.terms_hash
    ]  # fmt: skip
    found = call.session.get(AgreementFile, (kept.row.id, digests[-1])) if digests else None
    if found is not None:
        return found.content
    from corecar.agree.text import memorandum_pdf

    try:
        return memorandum_pdf(kept.terms)
    except MappingError as error:
        how = (
            f"corecar agree show {kept.number} --out terms.json, then corecar agree text terms.json FILE --clauses OWN"
        )
        raise MappingError(f"{error} Set its text by the library that has it: {how}", error.faults) from error


def diff(
    call: Call, number: Number,
    other: Annotated[str | None, "Another memorandum; without it the same one's step before the last terms."] = None, *,
    before: Annotated[int | None, "As it was after this step.", AtLeast(1)] = None,
    after: Annotated[int | None, "As it was after this step; without it now.", AtLeast(1)] = None,
) -> dict[str, Any]:  # fmt: skip
    """Show what changed side by side, field by field: between two steps of a memorandum, or two memoranda.

    Raises  NotFound for a memorandum or step that is not there
    """
    kept = one(call, number)
    if other is not None:
        later = one(call, other)
        first, second = _at(kept, before), _at(later, after)
        names = (number, other)
    else:
        second = _at(kept, after)
        first = _at(kept, before) if before else _earlier(call, kept, terms_hash(second))
        names = (f"{number} before", f"{number} now")
    rows = difference_rows(first, second)
    said = f"{plural(len(rows), 'field')} differ{'s' if len(rows) == 1 else ''}." if rows else "Nothing differs."
    facts = {"before": f"{names[0]} ({terms_hash(first)[:12]})", "after": f"{names[1]} ({terms_hash(second)[:12]})"}
    return {"said": said, "facts": facts, "rows": rows}


def _at(kept: Kept, step: int | None) -> Terms:
    if step is None:
        return kept.terms
    if step > len(kept.steps):
        raise NotFound(f"{kept.number} has {plural(len(kept.steps), 'step')}, so none {step}.")
    return kept.history[kept.steps[step - 1].terms_hash]


def _earlier(call: Call, kept: Kept, now: str) -> Terms:
    """The terms before these: the last other ones, or those of the memorandum that it changes or follows."""
    others = [step.terms_hash for step in kept.steps if step.terms_hash != now]
    if others:
        return kept.history[others[-1]]
    earlier = kept.terms.earlier
    found = next((each for each in seen(call, earlier.number)), None) if earlier else None
    return found.terms if found is not None and found.sees("terms") else kept.terms


def due(call: Call, *, until: Annotated[datetime | None, "Only what is due by this day."] = None) -> dict[str, Any]:
    """List what memoranda wait for, the earliest first: answers and signatures, answers to call-offs, deliveries from
    their week on, ends that come near.

    Each row says who does what by when, and whether it is yours.
    """
    own = [each for each in seen(call) if each.level == "party"]
    promises = due_promises(call, own)
    rows = [row for each in own for row in due_rows(call, each)]
    rows += [
        _due(call, each, one.party, one.due, one.what, call.now.date()) | {"since": one.since}
        for each in own for one in promises.get(each.number, ())
    ]  # fmt: skip
    rows = [row for row in rows if until is None or row["due"] <= until.date()]
    rows.sort(key=lambda row: (row["due"], row["number"], row["party"]))
    return {"said": "" if rows else "Nothing is due.", "rows": rows}


def due_rows(call: Call, kept: Kept) -> list[dict[str, Any]]:
    """What one memorandum waits for."""
    today, now = call.now.date(), kept.standing
    if now.state in OPEN:
        by = now.until or kept.steps[-1].at.date() + timedelta(days=ANSWER)
        return [_due(call, kept, party, by, "sign, counter or refuse" if party != now.proposer else "sign", today)
                for party in now.missing(kept.parties)]  # fmt: skip
    if now.state == "signed" and kept.terms.valid_until <= today + timedelta(days=SOON) and not _renewed(call, kept):
        return [_due(call, kept, party, kept.terms.valid_until, "renew it, or let it end", today)
                for party in kept.parties]  # fmt: skip
    return []


def _renewed(call: Call, kept: Kept) -> bool:
    return any(each.row.earlier_id == kept.row.id and each.standing.state in ("signed", *OPEN) for each in seen(call))


def _due(call: Call, kept: Kept, party: str, day: date, what: str, today: date) -> dict[str, Any]:
    mine = party in own_parties(call.actor, kept.accounts) or not call.actor.accounts
    return {"due": day, "overdue": day < today, "number": kept.number, "title": kept.terms.subject.title,
            "party": party, "what": what, "yours": mine, "since": kept.steps[-1].at}  # fmt: skip


def waiting_agreements(call: Call, limit: int) -> list[dict[str, Any]]:
    """What memoranda wait for from the own party, as `todo` lists it."""
    rows = [row for row in due(call)["rows"] if row["yours"]]
    return [
        {"kind": "memorandum", "what": row["number"], "file": None, "since": row["since"],
         "why": f"{row['party']} is to {row['what']}, until {row['due']}. See: corecar agree show {row['number']}"}
        for row in rows[:limit]
    ]  # fmt: skip
