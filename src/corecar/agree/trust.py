"""Who stands behind a certificate at a moment: a path to a trusted root, and whether an authority took it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from pyhanko_certvalidator import ValidationContext

CLOCKS_DIFFER = timedelta(minutes=10)
"""How far the clock of a signer may go ahead of that of the verifier."""


@dataclass(frozen=True)
class Trust:
    """Whom a verifier trusts.

    roots  certificates of authorities
    lists  lists of revoked certificates (CRL), in DER
    at     the moment for which certificates are judged; now, unless somebody asks for another
    """

    roots: tuple[x509.Certificate, ...]
    lists: tuple[bytes, ...]
    at: datetime

    def context(self, moment: datetime) -> ValidationContext:
        """What the library needs to look for a path; nothing is fetched, and no root is trusted but these."""
        from asn1crypto import x509 as asn1
        from pyhanko_certvalidator import ValidationContext

        roots = [asn1.Certificate.load(each.public_bytes(Encoding.DER)) for each in self.roots]
        return ValidationContext(
            trust_roots=roots, moment=moment, allow_fetching=False, revocation_mode="soft-fail",
            time_tolerance=timedelta(0),
        )  # fmt: skip

    @cached_property
    def read_lists(self) -> tuple[x509.CertificateRevocationList, ...]:
        """The lists, read."""
        return tuple(x509.load_der_x509_crl(each) for each in self.lists)


@dataclass(frozen=True)
class Revocation:
    """What the lists say of a certificate.

    looked_up  when the newest list of its authority was written; None when there is none
    since      when it was revoked; None when it was not
    reason     as the authority gave it
    stale      whether that list should have been replaced by the moment of the verdict
    """

    looked_up: datetime | None = None
    since: datetime | None = None
    reason: str = ""
    stale: bool = False


def revocation_of(
    certificate: x509.Certificate, issuers: Iterable[x509.Certificate], trust: Trust, moment: datetime
) -> Revocation:
    """What lists of revoked certificates say of one, of those lists that its own authority signed.

    moment  a revocation after it does not count
    """
    ours = [each for each in trust.read_lists if _is_of(each, certificate, issuers)]
    if not ours:
        return Revocation()
    newest = max(ours, key=lambda each: each.last_update_utc)
    stale = newest.next_update_utc is not None and newest.next_update_utc < trust.at
    for each in ours:
        row = each.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if row is not None and row.revocation_date_utc <= moment:
            return Revocation(newest.last_update_utc, row.revocation_date_utc, _reason(row), stale)
    return Revocation(newest.last_update_utc, stale=stale)


def _is_of(
    found: x509.CertificateRevocationList, certificate: x509.Certificate, issuers: Iterable[x509.Certificate]
) -> bool:
    if found.issuer != certificate.issuer:
        return False
    return any(signed_by(found, issuer) for issuer in issuers)


def signed_by(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Whether an authority wrote a list: its name stands in it, and its key signed it."""
    if issuer.subject != found.issuer:
        return False
    try:
        return found.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    except (InvalidSignature, TypeError, ValueError):
        return False


def _reason(row: x509.RevokedCertificate) -> str:
    try:
        return row.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        return ""


def chain_of(path: Any) -> tuple[x509.Certificate, ...]:
    """The certificates of a path as the library found it, the root first; none without a path."""
    return tuple(_loaded(path)) if path is not None else ()


def _loaded(path: Any) -> Iterator[x509.Certificate]:
    for each in path.iter_certs(include_root=True):
        yield x509.load_der_x509_certificate(each.dump())


def within(moment: datetime, certificate: x509.Certificate) -> datetime:
    """A moment, moved into the validity of a certificate: whether a path leads anywhere is another question."""
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return min(max(moment, first), last).astimezone(UTC)
