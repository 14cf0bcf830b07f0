"""Memoranda whose signers' certificates were revoked after they had signed, as far as lists that came in tell.

A signature that was taken stays: it was verified when it came. That its certificate was taken back since is told, with
whether that was before or after the signature came, since that is for the parties to weigh.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from sqlalchemy import select

from corecar.agree.life import OPEN, Step
from corecar.agree.revoked_signers import Signer, signers_of, taken_back
from corecar.agree.trust import Revocation, Trust
from corecar.agree.verify import party_of
from corecar.bridge.agree.visible_agreements import Kept
from corecar.bridge.calls import Call
from corecar.store.catalogue.agreements import AgreementAuthority, AgreementFile, AgreementRevocationList

TOLD_OF = (*OPEN, "signed", "ended")
"""States of memoranda whose signatures count or counted."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Lists:
    """What an authority of a party has taken back: its certificate, and its lists in DER."""

    party: str
    account: int | None
    root: x509.Certificate
    lists: tuple[bytes, ...]

    def is_of(self, party: str, account: int | None) -> bool:
        """Whether a party signs by it, or did."""
        return self.account == account if account is not None else self.party == party


def lists_here(call: Call) -> list[Lists]:
    """The lists that revoke anything, with the authorities that parties sign or once signed by."""
    found: dict[str, list[bytes]] = {}
    asked = select(AgreementRevocationList, AgreementAuthority.sha256).join(
        AgreementAuthority, AgreementAuthority.id == AgreementRevocationList.authority_id
    )
    for row, authority in call.session.execute(asked):
        if len(x509.load_der_x509_crl(row.content)):
            found.setdefault(authority, []).append(row.content)
    asked_of = select(AgreementAuthority).where(AgreementAuthority.sha256.in_(found))
    return [
        Lists(each.party, each.account_id, x509.load_pem_x509_certificate(each.certificate.encode("ascii")),
              tuple(found[each.sha256]))
        for each in (call.session.scalars(asked_of) if found else ())
    ]  # fmt: skip


def revoked_since(call: Call, memoranda: Iterable[Kept]) -> Iterator[Row]:
    """A row for each party whose signature counts and whose certificate was revoked, of memoranda seen as a party."""
    lists = lists_here(call)
    for kept in memoranda if lists else ():
        if kept.level == "party" and kept.standing.state in TOLD_OF:
            yield from _of_one(call, kept, lists)


def _of_one(call: Call, kept: Kept, lists: list[Lists]) -> Iterator[Row]:
    steps = {each.party: each for each in kept.steps if _counts(each, kept)}
    named = {party: [each for each in lists if each.is_of(party, kept.accounts[party])] for party in steps}
    if not any(named.values()):
        return
    last = max(steps.values(), key=lambda step: step.number)
    file = call.session.get_one(AgreementFile, (kept.row.id, kept.files[last.number]))
    for signer in signers_of(file.content, file.name):
        party = party_of(signer.holder.organisation, kept.terms.parties)
        own = named.get(party.party) if party is not None else None
        found = _taken_back(call, signer, own) if own else None
        if party is not None and found is not None:
            yield _row(kept, steps[party.party], signer, found)


def _counts(step: Step, kept: Kept) -> bool:
    """Whether a step is a signature of the terms that count, with its file."""
    return step.action == "sign" and step.terms_hash == kept.standing.terms_hash and step.number in kept.files


def _taken_back(call: Call, signer: Signer, own: list[Lists]) -> Revocation | None:
    roots = tuple(each.root for each in own)
    return taken_back(signer, roots, Trust(roots, tuple(der for each in own for der in each.lists), call.now))


def _row(kept: Kept, step: Step, signer: Signer, found: Revocation) -> Row:
    assert found.since is not None
    return {
        "number": kept.number, "party": step.party, "person": signer.holder.person, "revoked": found.since,
        "reason": found.reason if found.reason != "unspecified" else "", "taken": step.at,
        "order": "before it was taken" if found.since <= step.at else "after it was taken",
    }  # fmt: skip


def revoked_notes(rows: Iterable[Row]) -> list[str]:
    """A sentence for each."""
    return [
        f"{row['number']}: the certificate by which {row['person']} signed for {row['party']} was revoked on "
        f"{row['revoked']:%Y-%m-%d %H:%M} UTC, {_when(row)}."
        for row in rows
    ]


def _when(row: Row) -> str:
    """Whether that was before or after the signature came, and what it means."""
    if row["order"].startswith("before"):
        return "before its signature was taken here: ask the party whether it was its own"
    return "after its signature was taken here: the signature stands, and no new one by it is taken"
