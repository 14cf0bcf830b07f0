"""Lists of revoked certificates that authorities of parties wrote: taken in, kept with when they expire, used."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from sqlalchemy import select

from corecar.agree.canonical import sha256_of
from corecar.agree.certificates import revoked_lists_in
from corecar.agree.trust import signed_by
from corecar.bridge.agree.revoked_since import revoked_notes, revoked_since
from corecar.bridge.agree.visible_agreements import seen
from corecar.bridge.calls import Call
from corecar.errors import Conflict
from corecar.plurals import plural
from corecar.store.catalogue.agreements import AgreementAuthority, AgreementRevocationList


def take_lists(
    call: Call, content: bytes, file: Path, party: str, authorities: Sequence[AgreementAuthority]
) -> dict[str, Any]:
    """Take lists of revoked certificates in, each for the authority of a party that signed it.

    Raises  UnknownFormat for a broken one; Conflict for one that no authority of the party signed, or an older one
    """
    taken = [_take(call, der, file, party, authorities) for der in revoked_lists_in(content, str(file))]
    call.session.flush()
    return {
        "said": f"{plural(len(taken), 'list')} of revoked certificates taken in for {party}.", "party": party,
        "rows": [_row(call, authority, row) for authority, row in taken],
        "notes": [*expired_notes(call, taken), *revoked_notes(revoked_since(call, seen(call)))],
    }  # fmt: skip


def _take(
    call: Call, der: bytes, file: Path, party: str, authorities: Sequence[AgreementAuthority]
) -> tuple[AgreementAuthority, AgreementRevocationList]:
    read = x509.load_der_x509_crl(der)
    of = next((each for each in authorities if signed_by(read, certificate_of(each))), None)
    if of is None:
        raise Conflict(
            f"{file.name}: no authority by which {party} signs wrote this list ({read.issuer.rfc4514_string()}). Tell "
            "its certificate first: corecar agree trust CERTIFICATE"
        )
    newest = next(iter(_lists(call, [of.sha256])), None)
    if newest is not None and newest.written_at >= read.last_update_utc:
        raise Conflict(
            f"{file.name}: it is of {_day(read.last_update_utc)}, and the list of {of.name} that is here is of "
            f"{_day(newest.written_at)}. Ask the authority for a newer one."
        )
    row = AgreementRevocationList(
        authority_id=of.id, sha256=sha256_of(der), content=der, written_at=read.last_update_utc,
        expires_at=read.next_update_utc, at=call.now, **call.facts,
    )  # fmt: skip
    call.session.add(row)
    return of, row


def lists_of(call: Call, authorities: Iterable[AgreementAuthority]) -> list[bytes]:
    """Every list of some authorities in DER, whichever party brought it: each is signed by its authority."""
    return [row.content for row in _lists(call, [each.sha256 for each in authorities])]


def newest_lists(call: Call, authorities: Iterable[AgreementAuthority]) -> dict[str, AgreementRevocationList]:
    """The last list that each authority wrote, by the SHA-256 of its certificate."""
    found: dict[str, AgreementRevocationList] = {}
    for each in authorities:
        rows = [] if each.sha256 in found else _lists(call, [each.sha256])
        found |= {each.sha256: rows[0]} if rows else {}
    return found


def expired_notes(call: Call, lists: Iterable[tuple[AgreementAuthority, AgreementRevocationList]]) -> list[str]:
    """A sentence for each list that its authority should have replaced by now."""
    told = [
        f"The list of {authority.name} expired on {_day(row.expires_at)}: what was revoked since is not known. Take a "
        "newer one in with: corecar agree trust LIST"
        for authority, row in lists
        if row.expires_at is not None and row.expires_at < call.now
    ]
    return list(dict.fromkeys(told))


def certificate_of(authority: AgreementAuthority) -> x509.Certificate:
    """An authority's certificate."""
    return x509.load_pem_x509_certificate(authority.certificate.encode("ascii"))


def _lists(call: Call, authorities: Sequence[str]) -> list[AgreementRevocationList]:
    asked = (
        select(AgreementRevocationList)
        .join(AgreementAuthority, AgreementAuthority.id == AgreementRevocationList.authority_id)
        .where(AgreementAuthority.sha256.in_(authorities))
    )
    return list(call.session.scalars(asked.order_by(AgreementRevocationList.written_at.desc())))


def _row(call: Call, authority: AgreementAuthority, row: AgreementRevocationList) -> dict[str, Any]:
    return {
        "authority": authority.name, "revoked": len(x509.load_der_x509_crl(row.content)), "written": row.written_at,
        "expires": row.expires_at, "expired": row.expires_at is not None and row.expires_at < call.now,
    }  # fmt: skip


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
