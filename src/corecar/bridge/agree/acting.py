"""Who takes a step of a memorandum, for which of its parties, and how it comes into the catalogue."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from sqlalchemy import select

from corecar.agree.life import Action, By, Right, Step, next_step
from corecar.agree.terms import Terms, terms_hash, terms_json
from corecar.bridge.access import Actor, own_permissions
from corecar.bridge.agree.visible_agreements import Kept, own_parties
from corecar.bridge.calls import Call
from corecar.errors import AccessDenied, ArgumentError, Conflict
from corecar.store.catalogue.agreements import AgreementParty, AgreementStep, AgreementTerms
from corecar.store.catalogue.models import Party

Number = Annotated[str, "The memorandum's number."]
ForParty = Annotated[
    str | None,
    "The party of the memorandum that you act for. Where the workspace has accounts it is your own.",
]
Revision = Annotated[
    int | None, "The last step that you have seen; where another was taken since, nothing is done and you are told."
]
Reason = Annotated[str, "Why; the other parties read it."]
RIGHTS: dict[Right, str] = {"negotiate": "plan", "sign": "sign"}
"""The permission that each right of a step is."""
NOT_ENFORCED = "Not enforced: a workspace without accounts can't tell whether somebody acts for the own party."


def acting(call: Call, parties: dict[str, int | None], party: str | None, named: str) -> By:
    """Who acts, and for which party.

    parties  of the memorandum, each with its number in the workspace
    Raises   AccessDenied for a party that is not the actor's own; ArgumentError where it has to be said
    """
    actor = call.actor
    own = own_parties(actor, parties)
    if not actor.accounts:
        own = list(parties)
    chosen = party or (own[0] if len(own) == 1 else actor.party if actor.party in own else None)
    if chosen is None and own:
        raise ArgumentError(f"{named}: say for which party you act: {', '.join(own)}.")
    if chosen is None or chosen not in own:
        known = f" Its parties are {', '.join(parties)}."
        raise AccessDenied(f"{named}: {actor.name} of {actor.party} does not act for {chosen or 'any of them'}.{known}")
    return By(actor.name, chosen, rights_of(actor))


def rights_of(actor: Actor) -> frozenset[Right]:
    """What an actor may do about memoranda of the own party."""
    held = own_permissions(actor)
    return frozenset(right for right, permission in RIGHTS.items() if permission in held)


def notes_of(call: Call) -> list[str]:
    """What is not held to in this workspace."""
    return [] if call.actor.accounts else [NOT_ENFORCED]


def take(
    call: Call, kept: Kept, action: Action, *, party: str | None = None, revision: int | None = None,
    terms: Terms | None = None, reason: str = "", until: date | None = None, file_sha256: str | None = None,
) -> Step:  # fmt: skip
    """Take a step of a memorandum and keep it; errors as of `next_step`.

    kept      read with a lock
    revision  what the actor has seen; None: the last step
    terms     new ones; without them those that count
    """
    by = acting(call, kept.accounts, party, kept.number)
    names = kept.parties if terms is None else tuple(each.party for each in terms.parties)
    _same_memorandum(kept, terms, action)
    step = next_step(
        kept.steps, action, by, named=kept.number, parties=names, valid_until=(terms or kept.terms).valid_until,
        revision=len(kept.steps) if revision is None else revision,
        terms_hash=terms_hash(terms) if terms is not None else kept.standing.terms_hash,
        at=call.now, reason=reason, until=until,
    )  # fmt: skip
    if terms is not None:
        keep_terms(call, kept.row.id, terms, known=kept.history)
    keep_step(call, kept.row.id, step, file_sha256)
    return step


def _same_memorandum(kept: Kept, terms: Terms | None, action: Action) -> None:
    """Raises Conflict for terms of another memorandum, or of other parties once they were offered."""
    if terms is None:
        return
    if terms.number != kept.number:
        raise Conflict(f"{kept.number}: these terms are of {terms.number}. Give the number {kept.number} in them.")
    if terms.earlier != kept.terms.earlier:
        raise Conflict(f"{kept.number}: what it changes or follows stays. Leave the field earlier as it was.")
    names = {each.party for each in terms.parties}
    if action != "revise" and names != set(kept.parties):
        raise Conflict(
            f"{kept.number}: its parties are {', '.join(kept.parties)}, and stay. For others make another memorandum."
        )


def keep_terms(call: Call, agreement: int, terms: Terms, *, known: dict[str, Terms]) -> None:
    """Keep terms once, and who their parties are in this workspace."""
    digest = terms_hash(terms)
    if digest not in known:
        call.session.add(AgreementTerms(
            agreement_id=agreement, sha256=digest, content=terms_json(terms).decode("utf-8")
        ))  # fmt: skip
    there = set(call.session.scalars(select(AgreementParty.party).where(AgreementParty.agreement_id == agreement)))
    for party in terms.parties:
        if party.party not in there:
            account = call.session.scalar(select(Party.id).where(Party.name == party.party))
            call.session.add(AgreementParty(agreement_id=agreement, party=party.party, account_id=account))


def keep_step(call: Call, agreement: int, step: Step, file_sha256: str | None = None) -> None:
    """Add a step to the catalogue."""
    call.session.add(AgreementStep(
        agreement_id=agreement, number=step.number, action=step.action, party=step.party, person=step.person,
        terms_sha256=step.terms_hash, reason=step.reason, until=step.until, file_sha256=file_sha256, at=step.at,
        **call.facts,
    ))  # fmt: skip
