"""Certificates of signers: whom they name, how long they hold, whether they come from an authority for trials."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from corecar.errors import UnknownFormat

TRIAL = "TRIAL ONLY - no legal effect"
"""The organisational unit in the subject of a trial authority and of every certificate that it issues."""
LARGEST_CERTIFICATES = 2_000_000
"""Bytes of a file of certificates or of a list of revoked ones; a larger one is refused unread."""


@dataclass(frozen=True)
class Holder:
    """Whom a certificate names.

    person         common name
    organisation   the party, as the authority wrote it
    issuer         common name of the authority
    serial         in hexadecimal
    valid_from     first moment (UTC); `valid_until` the last
    trial          whether it comes from an authority for trials
    sha256         fingerprint, in hexadecimal
    """

    person: str
    organisation: str
    issuer: str
    serial: str
    valid_from: datetime
    valid_until: datetime
    trial: bool
    sha256: str

    def holds_at(self, moment: datetime) -> bool:
        """Whether the certificate is valid at a moment, as far as its dates go."""
        return self.valid_from <= moment <= self.valid_until


def holder_of(certificate: x509.Certificate) -> Holder:
    """Whom a certificate names, and for how long."""
    subject, issuer = certificate.subject, certificate.issuer
    return Holder(
        person=_first(subject, NameOID.COMMON_NAME),
        organisation=_first(subject, NameOID.ORGANIZATION_NAME),
        issuer=_first(issuer, NameOID.COMMON_NAME) or issuer.rfc4514_string(),
        serial=f"{certificate.serial_number:x}",
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
        trial=is_trial(subject) or is_trial(issuer),
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
    )


def is_trial(name: x509.Name) -> bool:
    """Whether a name bears the mark of an authority for trials."""
    return TRIAL in (unit.value for unit in name.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME))


def _first(name: x509.Name, of: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(of)
    return str(found[0].value) if found else ""


def same_name(one: str, other: str) -> bool:
    """Whether two names of organisations are the same but for case, width and blanks.

    >>> same_name("Yue  Ling", "yue ling"), same_name("Yue Ling", "Yueling")
    (True, False)
    """
    return bool(one.strip()) and _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def certificates_in(content: bytes, place: str) -> tuple[x509.Certificate, ...]:
    """The certificates of a file: PEM, one or several, or one in DER.

    place   what the file is called in errors
    Raises  UnknownFormat when it holds none
    """
    try:
        if len(content) > LARGEST_CERTIFICATES:
            raise ValueError
        if b"-----BEGIN" in content:
            return tuple(x509.load_pem_x509_certificates(content))
        return (x509.load_der_x509_certificate(content),)
    except ValueError:
        raise UnknownFormat(
            place, "holds no certificate (PEM or DER was expected).", advice="Ask the authority for its PEM file."
        ) from None


def revoked_lists_in(content: bytes, place: str) -> tuple[bytes, ...]:
    """The lists of revoked certificates (CRL) of a file, each in DER: PEM, one or several, or one in DER.

    Raises  UnknownFormat when it holds none
    """
    try:
        if len(content) > LARGEST_CERTIFICATES:
            raise ValueError
        if b"-----BEGIN" in content:
            pieces = content.split(b"-----BEGIN X509 CRL-----")[1:]
            lists = [x509.load_pem_x509_crl(b"-----BEGIN X509 CRL-----" + piece) for piece in pieces]
        else:
            lists = [x509.load_der_x509_crl(content)]
        if not lists:
            raise ValueError
    except ValueError:
        raise UnknownFormat(
            place, "holds no list of revoked certificates (CRL, PEM or DER).", advice="Ask the authority for its list."
        ) from None
    return tuple(each.public_bytes(Encoding.DER) for each in lists)


def as_pem(certificates: Iterable[x509.Certificate]) -> bytes:
    """Certificates as one PEM file."""
    return b"".join(each.public_bytes(Encoding.PEM) for each in certificates)
