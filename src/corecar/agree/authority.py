"""A certificate authority for trials: whoever has no authority of their own can try signing with it.

Everything that it issues bears `certificates.TRIAL` in its subject. It proves nothing about anybody: whoever holds the
folder can issue any name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from corecar.agree.certificates import TRIAL
from corecar.errors import ArgumentError

AUTHORITY_DAYS = 3650
CERTIFICATE_DAYS = 730
LIST_DAYS = 365
"""How long a list of revoked certificates counts as fresh; a new one is written with each revocation."""
MOST_DAYS = 7300
LONGEST_NAME = 64
"""Characters of a common name or an organisation (X.520, ub-common-name)."""

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Authority:
    """An authority for trials: its certificate and its key."""

    certificate: x509.Certificate
    key: Key


@dataclass(frozen=True)
class Issued:
    """A certificate and the key that goes with it."""

    certificate: x509.Certificate
    key: Key


def make_authority(name: str, *, now: datetime, days: int = AUTHORITY_DAYS) -> Authority:
    """A new authority for trials.

    name    whose it is, as everybody will read it
    now     the first moment of its validity, with a zone
    Raises  ArgumentError for a name or a span that a certificate cannot hold
    """
    key = _new_key()
    subject = _name(f"Corecar trial authority of {_sound(name, 'name', LONGEST_NAME - 27)}", name)
    ours = (key.public_key(), key.public_key())
    builder = _certificate(subject, subject, ours, now, now + timedelta(days=_span(days)))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(authority=True), critical=True)
    return Authority(builder.sign(key, hashes.SHA256()), key)


def issue(authority: Authority, person: str, party: str, *, now: datetime, days: int = CERTIFICATE_DAYS) -> Issued:
    """A certificate, with a new key, for a person who signs for a party.

    person  name of the person
    party   name of the party, as the terms of its memoranda have it
    days    how long it is valid, at most as long as the authority itself
    Raises  ArgumentError for a name or a span that a certificate cannot hold
    """
    key, issuer = _new_key(), authority.certificate
    subject = _name(_sound(person, "person"), _sound(party, "party"))
    until = min(now + timedelta(days=_span(days)), issuer.not_valid_after_utc)
    builder = _certificate(subject, issuer.subject, (key.public_key(), authority.key.public_key()), now, until)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(authority=False), critical=True)
    return Issued(builder.sign(authority.key, hashes.SHA256()), key)


@dataclass(frozen=True)
class Revoked:
    """One certificate that counts no more: its serial number, and since when."""

    serial: int
    since: datetime


def revoked_list(authority: Authority, revoked: tuple[Revoked, ...], *, now: datetime) -> bytes:
    """The list of revoked certificates (CRL), in PEM."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    builder = builder.last_update(now).next_update(now + timedelta(days=LIST_DAYS))
    for each in revoked:
        row = x509.RevokedCertificateBuilder().serial_number(each.serial).revocation_date(each.since)
        builder = builder.add_revoked_certificate(row.build())
    about = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    builder = builder.add_extension(about, critical=False)
    builder = builder.add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _new_key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    subject: x509.Name, issuer: x509.Name, keys: tuple[ec.EllipticCurvePublicKey, ec.EllipticCurvePublicKey],
    now: datetime, until: datetime,
) -> x509.CertificateBuilder:  # fmt: skip
    """What an authority and what it issues have in common; `keys` are the subject's and the issuer's."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(keys[0])
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[0]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[1]), critical=False)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority, content_commitment=not authority, key_cert_sign=authority, crl_sign=authority,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(common: str, organisation: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, TRIAL),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _sound(text: str, what: str, longest: int = LONGEST_NAME) -> str:
    told = " ".join(text.split())
    if not told or len(told) > longest or not told.isprintable():
        raise ArgumentError(
            f'{what} "{text[:80]}" cannot stand in a certificate. Write 1 to {longest} characters that can be seen.'
        )
    return told


def _span(days: int) -> int:
    if not 0 < days <= MOST_DAYS:
        raise ArgumentError(f"{days} days is no span of a certificate. Give 1 to {MOST_DAYS:,}.")
    return days
