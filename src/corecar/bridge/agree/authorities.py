"""Authorities that parties sign by: who vouches for the names in a signature, as each party told it for itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from sqlalchemy import select

from corecar.bridge.access import named_party, own_permissions, require_house
from corecar.bridge.agree.revocation_lists import expired_notes, newest_lists, take_lists
from corecar.bridge.calls import Call
from corecar.bridge.travel import Sent
from corecar.errors import AccessDenied, ArgumentError, Conflict, NotFound, SourceMissing, UnknownFormat
from corecar.store.catalogue.agreements import AgreementAuthority

LARGEST_BYTES = 4_000_000
"""Of a list; a certificate has some thousand."""
OfParty = Annotated[
    str | None,
    "The party that it vouches for; without it your own. Of another one only the workspace's keeper says it.",
]


def trust(
    call: Call,
    file: Annotated[str | Path, "The authority's certificate, or its list of revoked ones (PEM or DER).", Sent()], *,
    of: OfParty = None,
) -> dict[str, Any]:  # fmt: skip
    """Tell by which authority a party signs: `agree signed` takes its signatures by this one alone; or which of its
    certificates it revoked (CRL), which counts from then on.

    Raises  SourceMissing, UnknownFormat for what is neither; AccessDenied for another party; Conflict for a certificate
    that is there, a list of an authority that is not, or one older than the last
    """
    party, account = _party(call, of)
    content = _content(Path(file))
    if _is_list(content):
        return take_lists(call, content, Path(file), party, authorities_of(call, party))
    name, digest, text = certificate_in(Path(file), content)
    known = [row for row in authorities_of(call, party) if row.sha256 == digest]
    if known:
        raise Conflict(f"{party} signs by {name} already.")
    call.session.add(AgreementAuthority(
        party=party, account_id=account, name=name, sha256=digest, certificate=text, removed_at=None, at=call.now,
        **call.facts,
    ))  # fmt: skip
    return {"said": f"Signatures of {party} are taken by {name}.", "party": party, "authority": name,
            "sha256": digest}  # fmt: skip


def distrust(
    call: Call, authority: Annotated[str, "The first digits of its SHA-256, as `corecar agree authorities` tells."], *,
    of: OfParty = None,
) -> dict[str, Any]:  # fmt: skip
    """Take signatures of a party by an authority no more; those that were taken stay.

    Raises  NotFound, AccessDenied; ArgumentError where the digits are of several
    """
    party, _ = _party(call, of)
    found = [row for row in authorities_of(call, party) if row.sha256.startswith(authority.lower())]
    if not found:
        raise NotFound(f"{party} signs by no authority {authority}. `corecar agree authorities` lists them.")
    if len(found) > 1:
        raise ArgumentError(f"{authority}: {len(found)} authorities of {party} begin so. Give more digits.")
    found[0].removed_at = call.now
    return {"said": f"Signatures of {party} are taken by {found[0].name} no more.", "party": party}


def list_authorities(call: Call) -> dict[str, Any]:
    """List by which authorities parties sign here, and until when their lists of revoked certificates count."""
    asked = select(AgreementAuthority).where(AgreementAuthority.removed_at.is_(None))
    found = list(call.session.scalars(asked.order_by(AgreementAuthority.party, AgreementAuthority.id)))
    lists = newest_lists(call, found)
    rows = [
        {"party": row.party, "authority": row.name, "sha256": row.sha256, "since": row.at,
         "list_written": lists[row.sha256].written_at if row.sha256 in lists else None,
         "list_expires": lists[row.sha256].expires_at if row.sha256 in lists else None}
        for row in found
    ]  # fmt: skip
    said = "" if rows else "No party has said by whom it signs. Say it with: corecar agree trust FILE"
    old = expired_notes(call, [(row, lists[row.sha256]) for row in found if row.sha256 in lists])
    return {"said": said, "rows": rows, "notes": old}


def authorities_of(call: Call, party: str, account: int | None = None) -> list[AgreementAuthority]:
    """The authorities that a party signs by now: by its number in the workspace, or its name in the terms."""
    of = AgreementAuthority.party == party if account is None else AgreementAuthority.account_id == account
    asked = select(AgreementAuthority).where(of, AgreementAuthority.removed_at.is_(None))
    return list(call.session.scalars(asked.order_by(AgreementAuthority.id)))


def _party(call: Call, of: str | None) -> tuple[str, int | None]:
    """The party that is spoken of. Raises AccessDenied where that is not for the actor."""
    if of is None or of == call.actor.party:
        return call.actor.party, call.actor.party_id
    require_house(call.actor, "agree trust")
    if "administer" not in own_permissions(call.actor):
        raise AccessDenied(f"agree trust: {call.actor.name} may not speak for {of}. Ask an administrator.")
    try:
        return of, named_party(call.session, of).id
    except NotFound:
        return of, None


def _content(file: Path) -> bytes:
    if not file.is_file():
        raise SourceMissing(file, "there is no such certificate.", advice="Name the file of the authority.")
    with file.open("rb") as stream:
        return stream.read(LARGEST_BYTES + 1)


def _is_list(content: bytes) -> bool:
    """Whether it is a list of revoked certificates, by its label in PEM, or as what it can be read in DER."""
    from cryptography import x509

    if b"-----BEGIN" in content:
        return b"-----BEGIN X509 CRL-----" in content
    try:
        x509.load_der_x509_crl(content)
    except ValueError:
        return False
    return True


def certificate_in(file: Path, content: bytes) -> tuple[str, str, str]:
    """An authority's name, the SHA-256 of its certificate, and that certificate in PEM.

    content  of the file
    Raises   UnknownFormat for what is no certificate, or not one of an authority
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.serialization import Encoding

    advice = "Name the certificate of the authority that issues the party's own, in PEM or DER."
    try:
        pem = content.lstrip().startswith(b"-----BEGIN CERTIFICATE")
        read = (x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate)(content)
        constraint = read.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, x509.ExtensionNotFound) as error:
        raise UnknownFormat(file, f"this is no certificate of an authority ({error}).", advice=advice) from None
    if not constraint.ca:
        raise UnknownFormat(file, "this is a signer's certificate, not its authority's.", advice=advice)
    digest = read.fingerprint(hashes.SHA256()).hex()
    return read.subject.rfc4514_string(), digest, read.public_bytes(Encoding.PEM).decode("ascii")
