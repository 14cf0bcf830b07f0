"""How a memorandum comes into a workspace: its number, its parties, its first step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from corecar.agree.drafts import next_number
from corecar.agree.life import next_step
from corecar.agree.terms import Terms, terms_hash
from corecar.bridge.access import named_party
from corecar.bridge.agree.acting import acting, keep_step, keep_terms
from corecar.bridge.agree.visible_agreements import Kept
from corecar.bridge.calls import Call
from corecar.errors import ArgumentError, Conflict
from corecar.faults import meant
from corecar.store.catalogue.agreements import Agreement, AgreementParty
from corecar.store.catalogue.models import Party


def fresh_number(call: Call) -> str:
    """The next number of a memorandum of this year."""
    return next_number(call.session.scalars(select(Agreement.number)), call.now.date())


def begin(
    call: Call, terms: Terms, made_of: dict[str, Any], *, party: str | None, bind: Sequence[str] = (),
    earlier: Kept | None = None,
) -> Agreement:  # fmt: skip
    """Keep a draft.

    party    for which the actor drafts it
    bind     `PARTY=WORKSPACE PARTY`, where the two are named differently
    earlier  the memorandum that it changes or follows
    Raises   Conflict for a number that is taken; AccessDenied, ArgumentError
    """
    if call.session.scalar(select(Agreement.id).where(Agreement.number == terms.number)) is not None:
        raise Conflict(f"{terms.number} is taken. Give another number, or none for the next one.")
    names = [each.party for each in terms.parties]
    accounts = _accounts(call, names, bind) | ({} if earlier is None else earlier.accounts)
    by = acting(call, accounts, party, terms.number)
    step = next_step(
        (), "draft", by, named=terms.number, parties=names, valid_until=terms.valid_until, revision=0,
        terms_hash=terms_hash(terms), at=call.now,
    )  # fmt: skip
    first = None if earlier is None else earlier.row.first_id or earlier.row.id
    row = Agreement(
        number=terms.number, first_id=first, earlier_id=None if earlier is None else earlier.row.id, made_of=made_of,
        at=call.now, **call.facts,
    )  # fmt: skip
    call.session.add(row)
    call.session.flush()
    call.session.add_all(AgreementParty(agreement_id=row.id, party=name, account_id=accounts[name]) for name in names)
    call.session.flush()
    keep_terms(call, row.id, terms, known={})
    keep_step(call, row.id, step)
    return row


def _accounts(call: Call, names: Sequence[str], bind: Sequence[str]) -> dict[str, int | None]:
    """The parties of terms, each with its number in the workspace: the one told, or the one of that name."""
    asked = select(Party).where(Party.name.in_(names))
    found = {party.name: party.id for party in call.session.scalars(asked)}
    accounts: dict[str, int | None] = {name: found.get(name) for name in names}
    for each in bind:
        name, equals, own = each.partition("=")
        if not equals or name not in accounts:
            raise ArgumentError(f'"{each}": write PARTY=WORKSPACE PARTY. {meant(name, names)}'.rstrip())
        accounts[name] = named_party(call.session, own).id
    return accounts
